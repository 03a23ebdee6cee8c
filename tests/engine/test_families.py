"""Every family of the table, as tiny random networks of the true classes: words, pictures, masks, cancel."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from diffusers import CogVideoXDDIMScheduler

import sdpaint.engine.diffusion as diffusion
from sdpaint.checkpoints.identify import read_checkpoint
from sdpaint.checkpoints.parts import PARTS, PIPELINE_FAMILIES
from sdpaint.engine.autoencode import encode
from sdpaint.engine.calls import CALLS, pipeline_class
from sdpaint.engine.diffusion import DiffusionEngine
from sdpaint.engine.loader import scheduler_config_of
from sdpaint.engine.samplers import make_scheduler
from sdpaint.generation.engine import CancelToken
from sdpaint.generation.events import Cancelled, ImageDone, Preview, Progress
from sdpaint.generation.families import FAMILIES, FamilyName
from sdpaint.generation.prompt.explain import Honours
from sdpaint.generation.request import GenerationRequest, SamplerName, Variation
from sdpaint.imaging.geometry import Size
from tests.engine.support import (
    build_refiner,
    centre_mask,
    failure_of,
    landscape,
    make_request,
    picture,
    run,
)
from tests.engine.tiny_families import TINY, build_family, build_lora, deep_prx


@pytest.fixture(scope="module")
def checkpoints(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("families")
    return {name: build_family(folder / name, name) for name in TINY}


@pytest.fixture(scope="module")
def family_engine() -> Any:
    engine = DiffusionEngine("cpu", "float32")
    yield engine
    engine.close()


def request(checkpoint: Path, **changes: Any) -> GenerationRequest:
    sampler = read_checkpoint(checkpoint).sampler
    return make_request(checkpoint, sampler=sampler, **{"steps": 2, "prompt": "sea", **changes})


@pytest.fixture
def finals(monkeypatch: pytest.MonkeyPatch) -> list[torch.Tensor]:
    """The latents of every picture, before they are decoded."""
    seen: list[torch.Tensor] = []
    decode = diffusion.decode

    def remember(loaded: Any, latents: torch.Tensor, cancel: CancelToken) -> np.ndarray:
        seen.append(latents)
        return decode(loaded, latents, cancel)

    monkeypatch.setattr(diffusion, "decode", remember)
    return seen


def test_every_family_has_its_calls_and_its_classes() -> None:
    assert set(CALLS) == set(FAMILIES) == set(FamilyName) == set(PIPELINE_FAMILIES.values())


@pytest.mark.parametrize("name", TINY)
def test_words_make_a_picture_that_follows_them(
    family_engine: DiffusionEngine, checkpoints: dict[str, Path], name: str
) -> None:
    asked = replace(request(checkpoints[name]), size=Size(72, 56))
    events = run(family_engine, asked)
    (done,) = [event for event in events if isinstance(event, ImageDone)]
    assert done.image.shape == (56, 72, 3)
    assert done.image.std() > 0
    assert any(isinstance(event, Preview) for event in events)
    assert [event.step for event in events if isinstance(event, Progress)][-2:] == [2, 0]
    assert (picture(family_engine, asked) == done.image).all()
    assert (picture(family_engine, replace(asked, prompt="a tree, a bird")) != done.image).any()
    varied = replace(asked, variations=(Variation(5, 0.5),))
    assert (picture(family_engine, varied) != done.image).any()
    unguided = replace(asked, sampling=replace(asked.sampling, guidance_scale=1.0))
    assert (picture(family_engine, unguided) != done.image).any()


@pytest.mark.parametrize("name", TINY)
def test_a_picture_changes_with_the_strength(
    family_engine: DiffusionEngine, checkpoints: dict[str, Path], name: str, finals: list[torch.Tensor]
) -> None:
    image = landscape(64)
    for strength in (0.5, 0.75, 1.0):
        picture(family_engine, request(checkpoints[name], image=image, strength=strength, steps=4, guidance=1.0))
    with torch.inference_mode():
        original = encode(family_engine._load(checkpoints[name]), image, None, CancelToken())
    apart = [float((latents - original).pow(2).mean().sqrt()) for latents in finals]
    assert 0 < apart[0] < apart[1] < apart[2], apart


@pytest.mark.parametrize("name", TINY)
@pytest.mark.parametrize("strength", [0.5, 1.0])
def test_what_lies_outside_the_mask_is_kept(
    family_engine: DiffusionEngine, checkpoints: dict[str, Path], name: str, strength: float,
    finals: list[torch.Tensor],
) -> None:
    image, mask = landscape(128), centre_mask(128)
    picture(family_engine, request(checkpoints[name], image=image, mask=mask, strength=strength, steps=4))
    with torch.inference_mode():
        original = encode(family_engine._load(checkpoints[name]), image, None, CancelToken())
    cell = 128 // original.shape[-1]
    kept = torch.from_numpy(mask[::cell, ::cell] == 0)
    assert torch.allclose(finals[0][..., kept], original[..., kept], atol=1e-4)
    assert not torch.allclose(finals[0][..., ~kept], original[..., ~kept], atol=1e-2)


@pytest.mark.parametrize("name", TINY)
def test_it_can_be_cancelled_within_a_step(
    family_engine: DiffusionEngine, checkpoints: dict[str, Path], name: str
) -> None:
    cancel = CancelToken()

    def stop(event: Any) -> None:
        if isinstance(event, Progress) and event.step == 1:
            cancel.cancel()

    events = run(family_engine, request(checkpoints[name], image=landscape(), strength=0.5, steps=4), cancel, stop)
    assert isinstance(events[-1], Cancelled)
    assert max(event.step for event in events if isinstance(event, Progress)) == 1


@pytest.mark.parametrize("sampler", SamplerName)
def test_a_text_pipeline_starts_late_with_every_sampler(
    family_engine: DiffusionEngine, checkpoints: dict[str, Path], finals: list[torch.Tensor], sampler: SamplerName
) -> None:
    checkpoint, image = checkpoints["KolorsPipeline"], landscape(64)
    for strength in (0.25, 0.5, 1.0):
        asked = make_request(checkpoint, image=image, strength=strength, steps=8, guidance=1.0, sampler=sampler)
        picture(family_engine, asked)
    with torch.inference_mode():
        original = encode(family_engine._load(checkpoint), image, None, CancelToken())
    apart = [float((latents - original).pow(2).mean().sqrt()) for latents in finals]
    assert 0 < apart[0] < apart[1] < apart[2], apart


def test_what_is_transparent_lies_on_white(
    family_engine: DiffusionEngine, checkpoints: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded = family_engine._load(checkpoints["QwenImage21Pipeline"])
    columns = torch.linspace(-1.0, 1.0, 64).expand(1, 3, 1, 64, 64)
    for alpha, expected in ((1.0, columns), (-1.0, torch.ones_like(columns)), (0.0, columns / 2 + 0.5)):
        pixels = torch.cat([columns, torch.full_like(columns[:, :1], alpha)], dim=1)
        monkeypatch.setattr(loaded.vae, "decode", lambda *_, pixels=pixels, **__: (pixels,))
        with torch.inference_mode():
            image = diffusion.decode(loaded, torch.zeros(1, 8, 4, 4), CancelToken())
        assert np.abs(image - (expected[0, :, 0].permute(1, 2, 0).numpy() + 1.0) * 127.5).max() <= 0.51


def test_an_autoencoder_of_fewer_latents_is_taken_as_it_is(
    family_engine: DiffusionEngine, tmp_path: Path, finals: list[torch.Tensor]
) -> None:
    checkpoint = build_family(tmp_path / "deep", "PRXPipeline", deep_prx)
    image, mask = landscape(128), centre_mask(128)
    made = picture(family_engine, request(checkpoint, image=image, mask=mask, strength=1.0))
    assert made.shape == (128, 128, 3)
    assert finals[0].shape == (1, 4, 4, 4)
    assert read_checkpoint(checkpoint).native_px == 512
    asked = replace(request(checkpoint), size=Size(72, 56))
    assert picture(family_engine, asked).shape == (56, 72, 3)


@pytest.mark.parametrize("mask", [None, centre_mask(64)])
def test_a_refiner_changes_what_is_there_and_says_that_it_makes_nothing_new(
    family_engine: DiffusionEngine, tmp_path: Path, mask: np.ndarray | None
) -> None:
    refiner = build_refiner(tmp_path / "refiner")
    assert read_checkpoint(refiner).is_refiner
    asked = request(refiner, image=landscape(64), mask=mask, strength=1.0, steps=4)
    assert picture(family_engine, asked).shape == (64, 64, 3)
    error = failure_of(run(family_engine, request(refiner)))
    assert "only refines" in error.message


def test_ddim_goes_the_way_of_cogviews_own_scheduler(checkpoints: dict[str, Path]) -> None:
    checkpoint = checkpoints["CogView3PlusPipeline"]
    own = CogVideoXDDIMScheduler.from_pretrained(checkpoint, subfolder="scheduler")
    info = read_checkpoint(checkpoint)
    ours = make_scheduler(info.sampler, scheduler_config_of(info), 5, seed=0)
    generator = torch.Generator().manual_seed(0)
    sample, predicted = (torch.randn((1, 16, 8, 8), generator=generator) for _ in range(2))
    found = []
    for scheduler in (own, ours):
        scheduler.set_timesteps(5)
        latents = sample
        for timestep in scheduler.timesteps:
            latents = scheduler.step(predicted, timestep, latents).prev_sample
        found.append(latents)
    assert own.timesteps.tolist() == ours.timesteps.tolist()
    assert torch.allclose(found[0], found[1], atol=1e-4)


TAKING_LORA = [name for name in TINY if Honours.ADAPTERS in FAMILIES[PIPELINE_FAMILIES[name]].honours]


@pytest.mark.parametrize("name", TAKING_LORA)
def test_a_lora_changes_its_pictures_and_is_gone_without_a_trace(
    family_engine: DiffusionEngine, checkpoints: dict[str, Path], name: str, tmp_path: Path
) -> None:
    build_lora(tmp_path / "ink.safetensors", checkpoints[name])

    def made(prompt: str) -> np.ndarray:
        asked = request(checkpoints[name], prompt=prompt)
        return picture(family_engine, replace(asked, adapter_files={"ink": tmp_path / "ink.safetensors"}))

    before, whole, half = made("sea"), made("sea<lora:ink:1>"), made("sea<lora:ink:0.4>")
    assert np.array_equal(made("sea"), before)
    assert len({each.tobytes() for each in (before, whole, half)}) == 3


def test_lora_are_taken_where_diffusers_can_load_them() -> None:
    for family, calls in CALLS.items():
        names = [each for each in (*calls.text, calls.image, calls.masked, *calls.edit) if each is not None]
        can = all(hasattr(pipeline_class(each), "load_lora_weights") for each in names)
        networks = PARTS[family][FAMILIES[family].network]
        can = can and all(hasattr(pipeline_class(each), "load_lora_adapter") for each in networks)
        assert can == (Honours.ADAPTERS in FAMILIES[family].honours), family
