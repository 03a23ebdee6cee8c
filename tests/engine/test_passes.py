"""Large regions: composed small, worked out in tiles; progress, cancel and memory over all of it."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from sdpaint.engine.diffusion import DiffusionEngine
from sdpaint.generation.engine import CancelToken
from sdpaint.generation.events import Cancelled, ImageDone, Preview, Progress
from sdpaint.generation.passes import Passes, tiles_over
from sdpaint.generation.request import GenerationRequest
from sdpaint.imaging.geometry import Rect, Size
from sdpaint.imaging.masks import mask_bounds
from sdpaint.paths import starter_checkpoint
from tests.engine.support import images_of, landscape, make_request, picture, run

SIDE, TILE = 160, 96


def _request(first: Size | None = Size(80, 80), strength: float = 1.0, **changes: Any) -> GenerationRequest:
    mask = np.zeros((SIDE, SIDE), np.uint8)
    mask[24:140, 40:150] = 255
    request = make_request(image=landscape(SIDE), mask=mask, strength=strength, steps=5)
    tiles = tiles_over(request.size, Size(TILE, TILE), mask_bounds(mask))
    return replace(request, passes=Passes(first, tiles, min(strength, 0.4)), **changes)


def test_all_that_is_kept_comes_back_bit_by_bit(shared_engine: DiffusionEngine) -> None:
    request = _request()
    made = picture(shared_engine, request)
    assert made.shape == (SIDE, SIDE, 3)
    assert request.mask is not None
    assert request.image is not None
    kept = request.mask == 0
    assert np.array_equal(made[kept], request.image[kept])
    assert np.abs(made[~kept].astype(float) - request.image[~kept]).mean() > 5


def test_progress_runs_over_all_passes(shared_engine: DiffusionEngine) -> None:
    request = _request()
    events = run(shared_engine, request)
    assert request.passes is not None
    total = 5 + 2 * len(request.passes.tiles)
    done = [(event.step, event.steps) for event in events if isinstance(event, Progress) and event.steps]
    assert done == [(step, total) for step in range(total + 1)]
    shares = [event.fraction for event in events if isinstance(event, Progress)]
    assert all(after >= before for before, after in pairwise(shares[1:]))
    previews = [event.image for event in events if isinstance(event, Preview)]
    assert previews
    assert len(images_of(events)) == 1


def test_previews_of_a_tile_show_the_whole_picture(shared_engine: DiffusionEngine) -> None:
    events = run(shared_engine, _request(first=None, strength=0.4))
    previews = [event.image for event in events if isinstance(event, Preview)]
    assert previews
    assert {image.shape for image in previews} == {(SIDE // 8, SIDE // 8, 3)}


def test_no_more_than_a_tile_is_worked_on_at_once(engine: DiffusionEngine) -> None:
    loaded = engine._load(starter_checkpoint())
    sizes: list[int] = []
    networks = (loaded.components["unet"], loaded.vae.encoder, loaded.vae.decoder)
    for network, scale in zip(networks, (loaded.latent_px, 1, loaded.latent_px), strict=True):
        network.register_forward_pre_hook(
            lambda _, args, scale=scale: sizes.append(args[0].shape[-1] * args[0].shape[-2] * scale**2)
        )
    picture(engine, _request())
    assert max(sizes) == TILE * TILE


@pytest.mark.parametrize("step", [2, 6, 9])
def test_it_can_be_cancelled_in_every_pass(shared_engine: DiffusionEngine, step: int) -> None:
    cancel = CancelToken()

    def stop(event: Any) -> None:
        if isinstance(event, Progress) and event.step == step:
            cancel.cancel()

    events = run(shared_engine, _request(), cancel, stop)
    assert isinstance(events[-1], Cancelled)
    assert not any(isinstance(event, ImageDone) for event in events)


@pytest.mark.parametrize("step", [2, 6, 9])
def test_what_is_there_can_be_kept_in_every_pass(shared_engine: DiffusionEngine, step: int) -> None:
    cancel = CancelToken()

    def stop(event: Any) -> None:
        if isinstance(event, Progress) and event.step == step:
            cancel.finish_early()

    request = _request()
    (done,) = [event for event in run(shared_engine, request, cancel, stop) if isinstance(event, ImageDone)]
    assert not done.complete
    assert done.image.shape == (SIDE, SIDE, 3)
    assert request.mask is not None
    assert request.image is not None
    assert np.array_equal(done.image[request.mask == 0], request.image[request.mask == 0])


def test_the_same_seed_gives_the_same_picture_and_another_seed_another(shared_engine: DiffusionEngine) -> None:
    first, again = (picture(shared_engine, _request()) for _ in range(2))
    assert np.array_equal(first, again)
    two = images_of(run(shared_engine, replace(_request(), sampling=replace(_request().sampling, count=2))))
    assert np.array_equal(two[0], first)
    assert not np.array_equal(two[1], first)


def test_borders_of_tiles_do_not_show(shared_engine: DiffusionEngine) -> None:
    mask = np.full((SIDE, SIDE), 255, np.uint8)
    request = make_request(image=landscape(SIDE), mask=mask, strength=1.0, steps=8)
    tiles = tiles_over(request.size, Size(TILE, TILE), Rect(0, 0, SIDE, SIDE))
    made = picture(shared_engine, replace(request, passes=Passes(Size(80, 80), tiles, 0.4))).astype(float)
    starts = sorted({tile.x for tile in tiles} - {0}) + sorted({tile.right for tile in tiles} - {SIDE})
    steps = np.abs(np.diff(made, axis=1)).mean(axis=(0, 2))
    at_borders = np.mean([steps[start - 1] for start in starts])
    assert at_borders < 1.5 * steps.mean() + 0.5
