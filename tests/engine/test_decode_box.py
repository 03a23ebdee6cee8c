"""Decoding what an inpainted picture is laid back from, and no more."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import sdpaint.engine.diffusion as diffusion
from sdpaint.engine.autoencode import encode
from sdpaint.engine.decode_box import box_to_decode
from sdpaint.engine.diffusion import DiffusionEngine
from sdpaint.generation.color_match import LOOKED_AT_PX
from sdpaint.generation.engine import CancelToken
from sdpaint.generation.request import GenerationRequest
from sdpaint.imaging.geometry import Rect
from tests.engine.support import build_checkpoint, landscape, make_request, picture
from tests.engine.tiny_families import build_family

SIDE = 512


def corner_mask() -> np.ndarray:
    mask = np.zeros((SIDE, SIDE), np.uint8)
    mask[8:40, :32] = 255
    return mask


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint whose decoder is convolutions alone."""
    return build_checkpoint(tmp_path_factory.mktemp("local") / "sd", vae="tiny")


def request(checkpoint: Path, **changes: Any) -> GenerationRequest:
    return replace(make_request(checkpoint, image=landscape(SIDE), mask=corner_mask(), steps=1), **changes)


@pytest.fixture
def decoded(monkeypatch: pytest.MonkeyPatch) -> list[torch.Size]:
    """The shapes of all latents that are decoded."""
    shapes: list[torch.Size] = []
    decode = diffusion.decode

    def remember(loaded: Any, latents: torch.Tensor, cancel: CancelToken) -> np.ndarray:
        shapes.append(latents.shape)
        return decode(loaded, latents, cancel)

    monkeypatch.setattr(diffusion, "decode", remember)
    return shapes


def in_whole(engine: DiffusionEngine, asked: GenerationRequest, monkeypatch: pytest.MonkeyPatch) -> np.ndarray:
    with monkeypatch.context() as patch:
        patch.setattr(diffusion, "box_to_decode", lambda *_: None)
        return picture(engine, asked)


def test_the_box_is_what_the_whole_would_have_been_there_and_the_rest_is_as_it_was(
    shared_engine: DiffusionEngine, local: Path, decoded: list[torch.Size], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = request(local)
    made, whole = picture(shared_engine, asked), in_whole(shared_engine, asked, monkeypatch)
    box = (slice(0, 40 + LOOKED_AT_PX), slice(0, 32 + LOOKED_AT_PX))
    assert np.abs(made[box].astype(int) - whole[box]).max() <= 1
    made[box] = asked.image[box]
    assert np.array_equal(made, asked.image)
    part, everything = (shape[-1] * shape[-2] for shape in decoded)
    assert part < 0.2 * everything


@pytest.mark.parametrize("xl", [False, True])
def test_a_decoder_that_normalises_over_the_picture_decodes_all_of_it(
    shared_engine: DiffusionEngine, tiny_sd: Path, tiny_sdxl: Path, decoded: list[torch.Size], xl: bool
) -> None:
    picture(shared_engine, request(tiny_sdxl if xl else tiny_sd))
    assert decoded == [(1, 4, SIDE // 8, SIDE // 8)]


@pytest.mark.parametrize("name", ["ChromaPipeline", "Flux2KleinPipeline", "QwenImagePipeline", "SanaPipeline"])
def test_of_every_family_a_part_of_the_latents_covers_the_box(
    engine: DiffusionEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    loaded = engine._load(build_family(tmp_path / name, name))
    monkeypatch.setattr("sdpaint.engine.decode_box._reaches", {loaded.vae.decoder: 0})
    with torch.inference_mode():
        latents = encode(loaded, landscape(SIDE), None, CancelToken())
    box = box_to_decode(loaded, latents, request(loaded.info.path))
    assert box is not None
    assert box.cell_px * latents.shape[-1] == SIDE
    assert box.inner == Rect(0, 0, 32 + LOOKED_AT_PX, 40 + LOOKED_AT_PX)
    assert box.cells.right * box.cell_px >= box.inner.right
    assert box.cells.bottom * box.cell_px >= box.inner.bottom
    rows, columns = np.mgrid[0 : box.cells.height * box.cell_px, 0 : box.cells.width * box.cell_px]
    places = np.stack([rows, columns, rows], axis=2).astype(np.uint16)
    laid = box.laid_into(np.zeros((SIDE, SIDE, 3), np.uint16), places)
    assert tuple(laid[70, 60, :2]) == (70, 60)
    assert not laid[:, box.inner.right :].any()


@pytest.mark.parametrize("grown", [0, 400])
def test_without_a_mask_or_with_a_large_one_all_is_decoded(
    shared_engine: DiffusionEngine, local: Path, decoded: list[torch.Size], grown: int
) -> None:
    mask = np.zeros((SIDE, SIDE), np.uint8)
    mask[:, :grown] = 255
    picture(shared_engine, request(local, mask=mask))
    assert decoded == [(1, 4, SIDE // 8, SIDE // 8)]
