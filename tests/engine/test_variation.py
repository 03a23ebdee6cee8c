"""Variations: noise of other seeds mixed in, for every kind of call and family."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from sdpaint.engine.diffusion import DiffusionEngine
from sdpaint.engine.variation import slerp, varied
from sdpaint.generation.request import GenerationRequest, SamplerName, Variation
from tests.engine.support import (
    build_flow_checkpoint,
    centre_mask,
    images_of,
    landscape,
    make_request,
    picture,
    run,
)

FLOW = ("StableDiffusion3Pipeline", "FluxPipeline", "FluxFillPipeline", "FluxKontextPipeline")


def noise(seed: int) -> torch.Tensor:
    return torch.randn((1, 4, 16, 16), generator=torch.Generator().manual_seed(seed))


def test_a_share_of_0_is_the_one_noise_and_of_1_the_other() -> None:
    one, other = noise(1), noise(2)
    assert slerp(one, other, 0.0) is one
    assert slerp(one, other, 1.0) is other


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(0, 2**32 - 1), st.floats(0.0, 1.0))
def test_a_mix_is_as_strong_as_the_noises_that_it_is_made_of(seed: int, other_seed: int, share: float) -> None:
    one, other = noise(seed), noise(other_seed)
    norm = float(slerp(one, other, share).norm())
    low, high = sorted((float(one.norm()), float(other.norm())))
    assert low - 1e-2 <= norm <= high + 1e-2


def test_the_distance_from_the_noise_grows_with_the_share() -> None:
    one = noise(1)
    far = [float((varied(one, (Variation(2, share),)) - one).norm()) for share in (0.0, 0.1, 0.15, 0.45, 0.8, 1.0)]
    assert far[0] == 0.0
    assert far == sorted(far)
    assert len(set(far)) == len(far)


def requests(kind: str, checkpoint: Path | None = None) -> GenerationRequest:
    image = landscape(64)
    grey = np.where(centre_mask(64) > 0, 160, 0).astype(np.uint8)
    settings: dict[str, Any] = {
        "txt2img": {},
        "img2img": {"image": image},
        "inpaint": {"image": image, "mask": centre_mask(64)},
        "soft inpaint": {"image": image, "mask": grey},
        "inpaint at full strength": {"image": image, "mask": centre_mask(64), "strength": 1.0},
    }[kind]
    sampler = SamplerName.DDIM if checkpoint is None or "flow" not in str(checkpoint) else SamplerName.EULER
    return make_request(checkpoint, sampler=sampler, steps=3, **settings)


KINDS = ("txt2img", "img2img", "inpaint", "soft inpaint", "inpaint at full strength")


def check(engine: DiffusionEngine, request: GenerationRequest) -> None:
    plain = picture(engine, request).astype(int)
    same = picture(engine, replace(request, variations=(Variation(99, 0.0),)))
    assert np.array_equal(plain, same)
    slight = picture(engine, replace(request, variations=(Variation(99, 0.15),))).astype(int)
    assert (slight != plain).any()
    again = picture(engine, replace(request, variations=(Variation(99, 0.15),)))
    assert np.array_equal(slight, again)


@pytest.mark.parametrize("kind", KINDS)
def test_the_starter_varies_in_every_mode(shared_engine: DiffusionEngine, kind: str) -> None:
    check(shared_engine, requests(kind))


@pytest.mark.parametrize("kind", KINDS)
def test_a_dedicated_inpaint_network_varies_too(
    shared_engine: DiffusionEngine, tiny_sd_inpaint: Path, kind: str
) -> None:
    check(shared_engine, requests(kind, tiny_sd_inpaint))


@pytest.fixture(scope="module")
def flow(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("flow")
    return {name: build_flow_checkpoint(folder / name, name) for name in FLOW}


@pytest.mark.parametrize("name", FLOW)
@pytest.mark.parametrize("kind", ["txt2img", "img2img", "inpaint"])
def test_flow_families_vary_too(
    shared_engine: DiffusionEngine, flow: dict[str, Path], name: str, kind: str
) -> None:
    check(shared_engine, requests(kind, flow[name]))


def test_a_slight_variation_stays_nearer_than_a_strong_one(shared_engine: DiffusionEngine) -> None:
    request = make_request(side=128, steps=8)
    plain = picture(shared_engine, request).astype(float)

    def distance(share: float) -> float:
        others = [replace(request, variations=(Variation(seed, share),)) for seed in (5, 6)]
        return float(np.mean([np.abs(picture(shared_engine, each) - plain).mean() for each in others]))

    assert 0.0 < distance(0.15) < distance(0.45) < distance(1.0)


def test_each_picture_of_a_varied_job_can_be_made_alone(shared_engine: DiffusionEngine) -> None:
    request = replace(make_request(steps=3, count=2), variations=(Variation(2**32 - 1, 0.4),))
    together = images_of(run(shared_engine, request))
    assert not np.array_equal(*together)
    for index, image in enumerate(together):
        assert np.array_equal(picture(shared_engine, request.alone(index)), image)
