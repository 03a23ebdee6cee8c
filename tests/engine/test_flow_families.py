"""Stable Diffusion 3 and Flux, as tiny random networks of the true classes: shapes, what is kept, cancel, greys."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from sdpaint.checkpoints.identify import read_checkpoint
from sdpaint.engine.diffusion import DiffusionEngine
from sdpaint.engine.layout import packed, padded, unpacked
from sdpaint.errors import SettingsError
from sdpaint.generation.engine import CancelToken
from sdpaint.generation.events import Cancelled, ImageDone, Preview, Progress
from sdpaint.generation.families import FamilyName
from sdpaint.generation.request import GenerationMode, GenerationRequest, SamplerName
from sdpaint.imaging.geometry import Size
from tests.engine.support import (
    build_flow_checkpoint,
    centre_mask,
    failure_of,
    landscape,
    make_request,
    picture,
    run,
)

CLASSES = ("StableDiffusion3Pipeline", "FluxPipeline", "FluxFillPipeline", "FluxKontextPipeline")


@pytest.fixture(scope="module")
def checkpoints(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("flow")
    return {name: build_flow_checkpoint(folder / name, name) for name in CLASSES}


def request(checkpoint: Path, **changes: Any) -> GenerationRequest:
    return make_request(checkpoint, sampler=SamplerName.EULER, steps=4, **changes)


def test_they_are_told_apart(checkpoints: dict[str, Path]) -> None:
    infos = {name: read_checkpoint(path) for name, path in checkpoints.items()}
    assert [info.family for info in infos.values()] == [FamilyName.SD3, *[FamilyName.FLUX] * 3]
    assert [name for name, info in infos.items() if info.is_inpaint] == ["FluxFillPipeline"]
    assert [name for name, info in infos.items() if info.is_edit] == ["FluxKontextPipeline"]


@pytest.mark.parametrize("name", CLASSES)
@pytest.mark.parametrize("mode", [mode for mode in GenerationMode if mode is not GenerationMode.EXPAND])
@pytest.mark.parametrize("size", [(64, 64), (72, 56)])
def test_every_mode_gives_a_picture_of_the_size_that_was_asked_for(
    shared_engine: DiffusionEngine, checkpoints: dict[str, Path], name: str, mode: GenerationMode, size: tuple[int, int]
) -> None:
    width, height = size
    image = np.ascontiguousarray(landscape(96)[:height, :width])
    mask = np.ascontiguousarray(centre_mask(96)[:height, :width]) if mode is GenerationMode.INPAINT else None
    if mode is GenerationMode.TEXT_TO_IMAGE:
        asked = replace(request(checkpoints[name]), size=Size(width, height))
    else:
        asked = request(checkpoints[name], image=image, mask=mask)
    events = run(shared_engine, asked)
    (done,) = [event for event in events if isinstance(event, ImageDone)]
    assert done.image.shape == (height, width, 3)
    assert done.image.std() > 0
    assert any(isinstance(event, Preview) for event in events)


@pytest.mark.parametrize("name", CLASSES)
@pytest.mark.parametrize("strength", [0.5, 1.0])
def test_latents_outside_the_mask_are_kept(
    shared_engine: DiffusionEngine,
    checkpoints: dict[str, Path],
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    strength: float,
) -> None:
    import sdpaint.engine.diffusion as diffusion
    from sdpaint.engine.autoencode import encode

    finals: list[torch.Tensor] = []
    decode = diffusion.decode

    def remember(loaded: Any, latents: torch.Tensor, cancel: CancelToken) -> np.ndarray:
        finals.append(latents)
        return decode(loaded, latents, cancel)

    monkeypatch.setattr(diffusion, "decode", remember)
    image, mask = landscape(), centre_mask()
    picture(shared_engine, request(checkpoints[name], image=image, mask=mask, strength=strength))
    loaded = shared_engine._load(checkpoints[name])
    with torch.inference_mode():
        original = encode(loaded, image, None, CancelToken())
    kept = torch.from_numpy(mask[::8, ::8] == 0)
    assert torch.allclose(finals[0][..., kept], original[..., kept], atol=1e-5)
    assert not torch.allclose(finals[0][..., ~kept], original[..., ~kept], atol=1e-2)


@pytest.mark.parametrize("name", CLASSES)
def test_the_change_grows_with_the_grey_of_the_mask(
    shared_engine: DiffusionEngine, checkpoints: dict[str, Path], monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    import sdpaint.engine.diffusion as diffusion

    finals: list[torch.Tensor] = []
    decode = diffusion.decode

    def remember(loaded: Any, latents: torch.Tensor, cancel: CancelToken) -> np.ndarray:
        finals.append(latents)
        return decode(loaded, latents, cancel)

    monkeypatch.setattr(diffusion, "decode", remember)
    for grey in (0, 80, 160, 255):
        mask = np.full((64, 64), grey, np.uint8)
        picture(shared_engine, replace(
            request(checkpoints[name], image=landscape(), mask=mask, strength=1.0, prompt="sea"),
            sampling=replace(request(checkpoints[name]).sampling, steps=8, strength=1.0),
        ))
    changes = [float((latents - finals[0]).abs().mean()) for latents in finals]
    assert changes[0] == 0.0
    assert all(np.diff(changes) > 0), changes


@pytest.mark.parametrize("name", CLASSES)
def test_it_can_be_cancelled_within_a_step(
    shared_engine: DiffusionEngine, checkpoints: dict[str, Path], name: str
) -> None:
    cancel = CancelToken()

    def stop(event: Any) -> None:
        if isinstance(event, Progress) and event.step == 2:
            cancel.cancel()

    events = run(shared_engine, request(checkpoints[name], image=landscape(), mask=centre_mask(), strength=1.0),
                 cancel, stop)
    assert isinstance(events[-1], Cancelled)
    assert max(event.step for event in events if isinstance(event, Progress)) == 2


@pytest.mark.parametrize("name", CLASSES)
def test_what_is_there_can_be_kept(
    shared_engine: DiffusionEngine, checkpoints: dict[str, Path], name: str
) -> None:
    cancel = CancelToken()

    def stop(event: Any) -> None:
        if isinstance(event, Progress) and event.step == 2:
            cancel.finish_early()

    events = run(shared_engine, request(checkpoints[name], image=landscape(), mask=centre_mask(), strength=1.0),
                 cancel, stop)
    (done,) = [event for event in events if isinstance(event, ImageDone)]
    assert not done.complete
    assert done.image.shape == (64, 64, 3)


def test_a_sampler_of_another_kind_is_refused_with_a_remedy(
    shared_engine: DiffusionEngine, checkpoints: dict[str, Path]
) -> None:
    asked = make_request(checkpoints["FluxPipeline"], sampler=SamplerName.DDIM)
    error = failure_of(run(shared_engine, asked))
    assert isinstance(error, SettingsError)
    assert "Euler" in error.hint


def test_packing_is_undone() -> None:
    latents = torch.randn(1, 16, 6, 10)
    assert packed(latents).shape == (1, 15, 64)
    assert torch.equal(unpacked(packed(latents), Size(80, 48)), latents)


def test_padding_repeats_the_last_pixels() -> None:
    image = np.ascontiguousarray(landscape(64)[:56])
    asked = request(Path("x"), image=image, mask=np.ascontiguousarray(centre_mask(64)[:56]))
    larger = padded(asked, 16)
    assert larger.size == Size(64, 64)
    assert larger.image is not None
    assert (larger.image[56:] == image[55]).all()
    assert padded(larger, 16) is larger
