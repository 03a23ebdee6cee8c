"""A layer is filtered within canvas, selection and locked alpha, and nowhere else."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sdpaint.document.document import Document
from sdpaint.document.edits import new_document, with_layer_tiles
from sdpaint.document.filtering import blended, filtered, selected_histogram, with_alpha_of
from sdpaint.document.selection_edits import set_selection
from sdpaint.imaging.filter_table import FILTERS, FILTERS_BY_ID
from sdpaint.imaging.geometry import Rect, Size
from sdpaint.imaging.selection import coverage_map
from sdpaint.imaging.tiles import TileMap

BLUR = FILTERS_BY_ID["gaussianBlur"]
INVERT = FILTERS_BY_ID["invert"]
IDS = [spec.id for spec in FILTERS]


def layered(seed: int = 1, size: Size = Size(300, 200)) -> Document:
    """A document whose active layer has random valid pixels, some of them beyond the canvas."""
    random = np.random.default_rng(seed)
    pixels = random.integers(0, 256, (size.height + 40, size.width + 40, 4), np.uint8)
    pixels[..., 3] = np.where(random.random(pixels.shape[:2]) < 0.4, 255, pixels[..., 3])
    pixels[..., :3] = np.minimum(pixels[..., :3], pixels[..., 3:])
    document = new_document(size, None)
    return with_layer_tiles(document, document.active, TileMap.from_pixels(pixels, -20, -20))


def read(document: Document) -> np.ndarray:
    return document.active_layer.tiles.read(document.bounds)


def soft_selection(document: Document) -> Document:
    """Coverage that rises from 0 to 255 from left to right, and is 0 in the upper half."""
    coverage = np.zeros((document.size.height, document.size.width), np.uint8)
    coverage[100:] = np.linspace(0, 255, document.size.width).astype(np.uint8)
    return set_selection(document, coverage_map(coverage))


@pytest.mark.parametrize("name", IDS)
def test_what_is_not_selected_stays_bit_exact_and_what_is_wholly_selected_is_filtered(name):
    spec = FILTERS_BY_ID[name]
    document = soft_selection(layered())
    whole = filtered(replace(document, selection=None), document.active, spec, spec.defaults)
    result = filtered(document, document.active, spec, spec.defaults)
    before, after, selected = read(document), read(result), document.selection.read(document.bounds)
    assert np.array_equal(after[selected == 0], before[selected == 0])
    assert np.abs(after[selected == 255].astype(int) - read(whole)[selected == 255]).max(initial=0) <= 1
    assert (after[..., :3] <= after[..., 3:]).all()


@pytest.mark.parametrize("name", IDS)
def test_what_lies_beyond_the_canvas_is_kept(name):
    spec = FILTERS_BY_ID[name]
    document = layered()
    result = filtered(document, document.active, spec, spec.defaults)
    outside = Rect(-20, -20, 340, 20)
    assert np.array_equal(
        result.active_layer.tiles.read(outside), document.active_layer.tiles.read(outside)
    )


@pytest.mark.parametrize("name", IDS)
def test_locked_alpha_stays(name):
    spec = FILTERS_BY_ID[name]
    document = layered()
    document = replace(document, layers=(replace(document.layers[0], alpha_locked=True),))
    after = read(filtered(document, document.active, spec, spec.defaults))
    assert np.array_equal(after[..., 3], read(document)[..., 3])
    assert (after[..., :3] <= after[..., 3:]).all()


@pytest.mark.parametrize("name", [spec.id for spec in FILTERS if spec.identity is not None])
def test_where_nothing_changes_it_is_the_same_document(name):
    spec = FILTERS_BY_ID[name]
    document = layered()
    assert filtered(document, document.active, spec, {**spec.defaults, **spec.identity}) is document


@pytest.mark.parametrize("name", IDS)
def test_an_empty_layer_stays_empty(name):
    spec = FILTERS_BY_ID[name]
    document = new_document(Size(300, 200), None)
    assert filtered(document, document.active, spec, spec.defaults) is document


@pytest.mark.parametrize("name", IDS)
def test_a_part_is_filtered_as_in_the_whole(name):
    spec = FILTERS_BY_ID[name]
    document = layered()
    region = Rect(60, 50, 150, 90)
    whole = filtered(document, document.active, spec, spec.defaults)
    part = filtered(document, document.active, spec, spec.defaults, region)
    inside = part.active_layer.tiles.read(region).astype(int)
    assert np.abs(inside - whole.active_layer.tiles.read(region)).max() <= (1 if name == "motionBlur" else 0)
    above = Rect(0, 0, 300, 50)
    assert np.array_equal(part.active_layer.tiles.read(above), document.active_layer.tiles.read(above))


def test_a_blur_reaches_over_what_was_transparent_and_not_over_the_edge_of_the_canvas():
    document = new_document(Size(300, 200), (30, 60, 90))
    background = document.layers[0].id
    result = filtered(document, background, BLUR, {"radius": 20.0})
    assert np.abs(result.layers[0].tiles.read(document.bounds).astype(int) - (90, 60, 30, 255)).max() <= 1
    dot = with_layer_tiles(
        document, document.active, TileMap.from_pixels(np.full((20, 20, 4), 255, np.uint8), 120, 100)
    )
    blurred = filtered(dot, dot.active, BLUR, {"radius": 6.0})
    assert blurred.active_layer.tiles.read(Rect(112, 105, 1, 1))[0, 0, 3] > 0
    assert blurred.layers[0] is dot.layers[0]


def test_tiles_that_were_not_changed_are_shared():
    document = layered(size=Size(600, 600))
    document = set_selection(document, coverage_map(np.full((50, 50), 255, np.uint8), 300, 300))
    result = filtered(document, document.active, INVERT, {})
    changed = result.active_layer.tiles.changed_tiles(document.active_layer.tiles)
    assert changed == {(2, 2)}


@pytest.mark.parametrize("name", IDS)
def test_a_coarse_preview_is_valid_and_near_the_truth(name):
    spec = FILTERS_BY_ID[name]
    smooth = layered(size=Size(400, 300))
    smooth = filtered(smooth, smooth.active, BLUR, {"radius": 12.0})
    result = filtered(smooth, smooth.active, spec, spec.defaults, coarseness=2)
    after = read(result)
    assert (after[..., :3] <= after[..., 3:]).all()
    exact = read(filtered(smooth, smooth.active, spec, spec.defaults)).astype(int)
    if name not in ("addNoise", "threshold", "posterize"):
        assert np.abs(after - exact).mean() < 6


@settings(deadline=None, max_examples=50)
@given(st.integers(0, 2**32 - 1))
def test_blending_ends_exactly_at_both_and_stays_valid(seed):
    random = np.random.default_rng(seed)
    before, after = (random.integers(0, 256, (9, 9, 4), np.uint8) for _ in range(2))
    for each in (before, after):
        each[..., :3] = np.minimum(each[..., :3], each[..., 3:])
    coverage = random.choice(np.array([0, 1, 100, 254, 255], np.uint8), (9, 9))
    result = blended(before, after, coverage)
    assert np.array_equal(result[coverage == 0], before[coverage == 0])
    assert np.array_equal(result[coverage == 255], after[coverage == 255])
    assert (result[..., :3] <= result[..., 3:]).all()
    locked = with_alpha_of(before, after)
    assert np.array_equal(locked[..., 3], before[..., 3])
    assert (locked[..., :3] <= locked[..., 3:]).all()


def test_the_histogram_is_of_what_is_selected():
    document = new_document(Size(256, 256), (255, 255, 255))
    background = document.layers[0].id
    assert selected_histogram(document, background)[255] == 256 * 256
    document = set_selection(document, coverage_map(np.full((10, 20), 255, np.uint8), 5, 5))
    assert selected_histogram(document, background)[255] == 200
    assert selected_histogram(document, document.active) == (0.0,) * 256
