"""Selections as coverage: shapes, the wand, algebra, changes of the outline."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sdpaint.imaging.geometry import Point, Rect
from sdpaint.imaging.selection import (
    FULL_TILE,
    Likeness,
    SelectionChange,
    SelectionMode,
    alike,
    changed,
    combined,
    coverage_map,
    ellipse,
    intersected,
    inverted,
    polygon,
    rectangle,
    subtracted,
    tile_bounds,
    united,
    without_holes,
)
from sdpaint.imaging.tiles import TileMap

CANVAS = Rect(0, 0, 300, 200)


@st.composite
def selections(draw) -> TileMap:
    """Rectangles, ellipses and soft noise, on the canvas."""
    x, y = draw(st.integers(0, 280)), draw(st.integers(0, 180))
    width, height = draw(st.integers(1, 300 - x)), draw(st.integers(1, 200 - y))
    kind = draw(st.sampled_from(["rectangle", "ellipse", "noise", "all", "nothing"]))
    if kind == "all":
        return rectangle(CANVAS)
    if kind == "nothing":
        return TileMap(1)
    if kind == "rectangle":
        return rectangle(Rect(x, y, width, height))
    if kind == "ellipse":
        return ellipse(x, y, x + width, y + height, CANVAS)
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    return coverage_map(rng.integers(0, 256, (height, width), np.uint8), x, y)


def read(selection: TileMap) -> np.ndarray:
    return selection.read(CANVAS)


# -- algebra


@settings(max_examples=60)
@given(selections(), selections())
def test_algebra_is_that_of_fuzzy_sets_pixel_by_pixel(a, b):
    assert np.array_equal(read(united(a, b)), np.maximum(read(a), read(b)))
    assert np.array_equal(read(intersected(a, b)), np.minimum(read(a), read(b)))
    assert np.array_equal(read(subtracted(a, b)), np.minimum(read(a), 255 - read(b)))


@settings(max_examples=60)
@given(selections(), selections(), selections())
def test_algebra_keeps_its_laws(a, b, c):
    assert united(a, b) == united(b, a)
    assert intersected(a, b) == intersected(b, a)
    assert united(united(a, b), c) == united(a, united(b, c))
    assert intersected(a, united(b, c)) == united(intersected(a, b), intersected(a, c))
    assert united(a, a) == a == intersected(a, a)
    not_both = united(inverted(a, CANVAS), inverted(b, CANVAS))
    assert inverted(intersected(a, b), CANVAS) == not_both


@given(selections())
def test_inverting_twice_gives_the_selection_back(a):
    assert np.array_equal(read(inverted(a, CANVAS)), 255 - read(a))
    assert inverted(inverted(a, CANVAS), CANVAS) == a


@given(selections())
def test_whole_tiles_are_one_shared_array(a):
    for result in (united(a, a), inverted(a, CANVAS), united(a, inverted(a, CANVAS)), coverage_map(read(a))):
        assert all(tile is FULL_TILE for tile in result.tiles.values() if tile.min() == 255)
        assert FULL_TILE.min() == 255


@given(selections(), selections(), st.sampled_from(SelectionMode))
def test_a_combination_that_leaves_nothing_is_no_selection(a, b, mode):
    old = None if a.is_empty else a
    result = combined(old, b, mode, CANVAS)
    before = np.full((200, 300), 255, np.uint8) if old is None else read(a)
    expected = {
        SelectionMode.REPLACE: read(b),
        SelectionMode.ADD: read(b) if old is None else np.maximum(before, read(b)),
        SelectionMode.SUBTRACT: np.minimum(before, 255 - read(b)),
        SelectionMode.INTERSECT: np.minimum(before, read(b)),
    }[mode]
    if result is None:
        assert not expected.any()
    else:
        assert np.array_equal(read(result), expected)
        assert expected.any()


# -- shapes


@given(st.integers(-50, 350), st.integers(-50, 250), st.integers(0, 400), st.integers(0, 300))
def test_a_rectangle_covers_exactly_its_pixels(x, y, width, height):
    rect = Rect(x, y, width, height)
    expected = np.zeros((200, 300), np.uint8)
    inside = rect.intersected(CANVAS)
    expected[inside.top : inside.bottom, inside.left : inside.right] = 255
    assert np.array_equal(read(rectangle(rect)), expected)


@pytest.mark.parametrize("edges", [(20, 30, 220, 150), (20.5, 30.25, 60.5, 50), (10, 10, 14, 190)])
def test_an_ellipse_covers_its_area_with_soft_edges(edges):
    left, top, right, bottom = edges
    coverage = read(ellipse(*edges, CANVAS)).astype(float) / 255
    assert coverage.sum() == pytest.approx(math.pi * (right - left) * (bottom - top) / 4, rel=0.02)
    assert ((coverage > 0) & (coverage < 1)).any()
    hard = read(ellipse(*edges, CANVAS, antialias=False))
    assert set(np.unique(hard)) == {0, 255}


def test_a_polygon_covers_exact_shares_of_pixels():
    half = [Point(10, 10), Point(20.5, 10), Point(20.5, 20.25), Point(10, 20.25)]
    coverage = read(polygon(half, CANVAS))
    assert coverage[15, 15] == 255
    assert coverage[15, 20] == pytest.approx(128, abs=1)
    assert coverage[20, 15] == pytest.approx(64, abs=1)
    assert coverage.astype(int).sum() / 255 == pytest.approx(10.5 * 10.25, rel=0.005)


def test_a_polygon_that_crosses_itself_selects_all_that_it_goes_around():
    star = [
        Point(150 + 80 * math.sin(turn), 100 - 80 * math.cos(turn))
        for turn in (i * 4 * math.pi / 5 for i in range(5))
    ]
    assert read(polygon(star, CANVAS))[100, 150] == 255


@pytest.mark.parametrize("points", [[], [Point(3, 3)], [Point(3, 3), Point(90, 90)]])
def test_fewer_than_three_corners_are_no_polygon(points):
    assert polygon(points, CANVAS).is_empty


def test_shapes_end_at_the_edge_of_the_canvas():
    for shape in (
        ellipse(-100, -100, 500, 400, CANVAS),
        polygon([Point(-1e5, -1e5), Point(1e5, -1e5), Point(0, 1e5)], CANVAS),
    ):
        assert not shape.is_empty
        assert CANVAS.contains(shape.bounds())
    assert ellipse(400, 400, 500, 500, CANVAS).is_empty


# -- wand


def picture(*blocks: tuple[Rect, tuple[int, int, int, int]]) -> np.ndarray:
    pixels = np.zeros((60, 80, 4), np.uint8)
    for rect, color in blocks:
        pixels[rect.top : rect.bottom, rect.left : rect.right] = color
    return pixels


RED, GREY = (0, 0, 200, 255), (100, 100, 100, 255)


def test_the_wand_takes_what_hangs_together():
    pixels = picture((Rect(10, 10, 20, 20), RED), (Rect(50, 10, 10, 10), RED))
    one = alike(pixels, 15, 15, Likeness(tolerance=0))
    assert one.sum() == 255 * 400
    assert one[15, 15] == 255
    assert one[15, 55] == 0
    both = alike(pixels, 15, 15, Likeness(tolerance=0, contiguous=False))
    assert both.sum() == 255 * 500


def test_a_diagonal_line_is_a_wall():
    pixels = picture((Rect(0, 0, 80, 60), GREY))
    for i in range(60):
        pixels[i, i] = RED
    assert alike(pixels, 5, 50, Likeness(tolerance=0, antialias=False))[10, 70] == 0


@given(st.integers(0, 255), st.integers(0, 255))
def test_tolerance_is_the_largest_difference_of_a_channel(tolerance, level):
    pixels = picture((Rect(0, 0, 80, 60), (100, 100, 100, 255)), (Rect(40, 0, 40, 60), (100, level, 90, 255)))
    selected = alike(pixels, 3, 3, Likeness(tolerance, antialias=False))
    assert (selected[30, 60] == 255) == (max(abs(level - 100), 10) <= tolerance)


def test_transparency_is_told_from_black():
    pixels = picture((Rect(0, 0, 40, 60), (0, 0, 0, 255)))
    assert alike(pixels, 3, 3, Likeness(tolerance=32))[30, 60] == 0


def test_an_anti_aliased_edge_is_taken_by_its_share():
    pixels = picture((Rect(0, 0, 80, 60), (200, 200, 200, 255)), (Rect(40, 0, 1, 60), (125, 125, 125, 255)))
    pixels[:, 41:] = (50, 50, 50, 255)
    soft = alike(pixels, 3, 3, Likeness(tolerance=20))
    assert soft[30, 39] == 255
    assert soft[30, 40] == pytest.approx(128, abs=2)
    assert soft[30, 41] == 0
    hard = alike(picture((Rect(0, 0, 40, 60), RED)), 3, 3, Likeness(tolerance=20))
    assert set(np.unique(hard)) == {0, 255}


# -- changes of the outline


def square() -> TileMap:
    return rectangle(Rect(100, 60, 60, 60))


def test_growing_and_shrinking_move_the_edge():
    assert changed(square(), SelectionChange.GROW, 10, CANVAS).bounds() == Rect(90, 50, 80, 80)
    assert changed(square(), SelectionChange.SHRINK, 10, CANVAS).bounds() == Rect(110, 70, 40, 40)


def test_the_edge_of_the_canvas_is_no_outline():
    whole = rectangle(CANVAS)
    for change in (SelectionChange.SHRINK, SelectionChange.FEATHER, SelectionChange.GROW, SelectionChange.SMOOTH):
        assert changed(whole, change, 12, CANVAS) == whole
    assert changed(whole, SelectionChange.BORDER, 12, CANVAS).is_empty
    left = rectangle(Rect(0, 0, 100, 200))
    assert changed(left, SelectionChange.SHRINK, 10, CANVAS).bounds() == Rect(0, 0, 90, 200)


def test_feathering_keeps_the_half_at_the_edge():
    soft = read(changed(square(), SelectionChange.FEATHER, 10, CANVAS)).astype(int)
    assert soft[90, 130] == 255
    assert soft[90, 99] + soft[90, 100] == pytest.approx(255, abs=2)
    assert soft[90, 92] > 0
    assert soft[90, 89] == 0
    assert (np.diff(soft[90, 85:115]) >= 0).all()


def test_a_border_is_a_band_along_the_edge():
    band = read(changed(square(), SelectionChange.BORDER, 8, CANVAS))
    assert band[90, 130] == 0
    assert band[90, 97] == band[90, 102] == 255
    assert (band[90, 80:110] >= 128).sum() == 8


def test_smoothing_rounds_corners_and_drops_specks():
    speckled = united(square(), rectangle(Rect(20, 20, 2, 2)))
    smooth = read(changed(speckled, SelectionChange.SMOOTH, 8, CANVAS))
    assert smooth[20:22, 20:22].max() == 0
    assert smooth[60, 100] < 128
    assert smooth[60, 130] >= 128
    assert smooth[59, 130] < 128
    assert smooth[90, 130] == 255


def test_holes_are_filled_and_bays_are_not():
    ring = subtracted(square(), rectangle(Rect(120, 80, 10, 10)))
    assert without_holes(ring, CANVAS) == square()
    bay = subtracted(rectangle(Rect(0, 0, 60, 60)), rectangle(Rect(0, 20, 30, 10)))
    assert without_holes(bay, CANVAS) == bay


@settings(max_examples=40)
@given(selections(), st.sampled_from(SelectionChange), st.integers(0, 40))
def test_changes_stay_on_the_canvas_and_within_their_reach(a, change, amount):
    after = changed(a, change, amount, CANVAS)
    assert CANVAS.contains(after.bounds())
    if amount == 0:
        assert after == a
    if not a.is_empty:
        assert a.bounds().inflated(amount + 1).contains(after.bounds())


def test_tile_bounds_need_no_look_at_pixels():
    assert tile_bounds(square()) == Rect(0, 0, 256, 128)
    assert tile_bounds(TileMap(1)).is_empty
