"""From samples to dabs, and from dabs to coverage."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdpaint.imaging.brush import BrushParams, Dab, StampCache
from sdpaint.imaging.geometry import Point, Rect
from sdpaint.imaging.stroke import StrokeBuffer, StrokePath
from sdpaint.imaging.tiles import TILE_SIZE, tile_rect

CANVAS = Rect(0, 0, 512, 384)
coordinates = st.floats(-200, 700)
points = st.lists(st.builds(Point, coordinates, coordinates), min_size=1, max_size=12)


def dabs_along(path: StrokePath, samples, pressures=None) -> list[Dab]:
    pressures = pressures or [None] * len(samples)
    dabs = path.begin(samples[0], pressures[0])
    for pos, pressure in zip(samples[1:], pressures[1:], strict=True):
        dabs += path.extend(pos, pressure)
    return dabs + path.finish()


def covered(buffer: StrokeBuffer, bounds: Rect = CANVAS) -> np.ndarray:
    result = np.zeros((bounds.bottom, bounds.right), np.uint8)
    for key in buffer.keys:
        rect = tile_rect(key).intersected(bounds)
        inside = rect.translated(-key[0] * TILE_SIZE, -key[1] * TILE_SIZE)
        result[rect.top : rect.bottom, rect.left : rect.right] = buffer.coverage(key, inside)
    return result


def painted(params: BrushParams, samples, pressures=None, bounds: Rect = CANVAS) -> np.ndarray:
    buffer = StrokeBuffer(params, bounds, StampCache())
    buffer.draw(dabs_along(StrokePath(params, bounds), samples, pressures))
    return covered(buffer, bounds)


def circle(n: int, radius=120.0, x=256.0, y=192.0) -> list[Point]:
    turns = [2 * math.pi * i / n for i in range(n + 1)]
    return [Point(x + radius * math.cos(t), y + radius * math.sin(t)) for t in turns]


# -- the path


def test_a_click_is_one_dab():
    dabs = dabs_along(StrokePath(BrushParams(size_px=24), CANVAS), [Point(100, 100)])
    assert dabs == [Dab(100, 100, 24.0)]


@given(points)
def test_dabs_lie_a_spacing_apart_however_the_samples_are_split(samples):
    params = BrushParams(size_px=20, spacing=0.2)
    wide = Rect(-1000, -1000, 3000, 3000)
    dabs = dabs_along(StrokePath(params, wide), samples)
    gaps = [math.hypot(b.x - a.x, b.y - a.y) for a, b in itertools.pairwise(dabs)]
    assert all(gap <= 4.0 + 1e-6 for gap in gaps)


def test_dabs_on_a_line_are_evenly_spaced_across_batches():
    params = BrushParams(size_px=20, spacing=0.2)
    samples = [Point(x, 50.0) for x in (10, 11, 12.5, 19, 19.2, 40, 43, 90)]
    dabs = dabs_along(StrokePath(params, CANVAS), samples)
    assert [dab.x for dab in dabs] == pytest.approx([10 + 4 * i for i in range(len(dabs))])
    assert dabs[-1].x > 90 - 4


@given(points)
def test_the_last_sample_is_reached(samples):
    params = BrushParams(size_px=20, spacing=0.2)
    wide = Rect(-1000, -1000, 3000, 3000)
    path = StrokePath(params, wide)
    dabs = dabs_along(path, samples)
    assert path.end == samples[-1]
    assert math.hypot(dabs[-1].x - samples[-1].x, dabs[-1].y - samples[-1].y) <= 4.0 + 1e-6


def test_a_circle_of_few_samples_has_no_corners():
    dabs = dabs_along(StrokePath(BrushParams(size_px=10, spacing=0.2), CANVAS), circle(12))
    headings = [math.atan2(b.y - a.y, b.x - a.x) for a, b in itertools.pairwise(dabs)]
    turns = [
        abs((b - a + math.pi) % (2 * math.pi) - math.pi) for a, b in itertools.pairwise(headings)
    ]
    # 12 straight pieces would turn by 30° at each sample; the curve spreads it over 30 dabs.
    assert math.degrees(max(turns)) < 4


def test_the_curve_stays_near_the_samples():
    dabs = dabs_along(StrokePath(BrushParams(size_px=10), CANVAS), circle(24))
    radii = [math.hypot(dab.x - 256, dab.y - 192) for dab in dabs]
    assert min(radii) > 118
    assert max(radii) <= 120.001


def test_a_reversal_is_followed_into_its_tip():
    dabs = dabs_along(StrokePath(BrushParams(size_px=4), CANVAS), [Point(50, 50), Point(300, 60), Point(50, 70)])
    assert max(dab.x for dab in dabs) > 299


def test_pressure_runs_evenly_along_the_path():
    params = BrushParams(size_px=100, spacing=0.02, pressure_size=True)
    samples = [Point(20 + 40 * i, 100) for i in range(10)]
    dabs = dabs_along(StrokePath(params, CANVAS), samples, [i / 9 for i in range(10)])
    sizes = [dab.size_px for dab in dabs]
    assert sizes == sorted(sizes)
    assert max(b - a for a, b in itertools.pairwise(sizes)) < 1.0


def test_opacity_changes_in_steps_too_small_to_be_seen_as_rings():
    params = BrushParams(size_px=100, spacing=0.5, pressure_size=False, pressure_opacity=True)
    samples = [Point(100, 100), Point(150, 100), Point(200, 100)]
    dabs = dabs_along(StrokePath(params, CANVAS), samples, [1.0, 0.5, 0.0])
    opacities = [dab.opacity for dab in dabs]
    assert max(a - b for a, b in itertools.pairwise(opacities)) <= 0.0301      # twice a step where the slope changes


@pytest.mark.parametrize("far", [1e7, -1e7, 1e15, 1e300])
def test_a_sample_far_away_costs_nothing_and_the_stroke_comes_back(far):
    params = BrushParams(size_px=10, spacing=0.1)
    dabs = dabs_along(StrokePath(params, CANVAS), [Point(100, 100), Point(far, 100), Point(300, 200)])
    assert len(dabs) < 3000
    assert math.hypot(dabs[-1].x - 300, dabs[-1].y - 200) <= 1.0
    assert all(CANVAS.inflated(7).contains_point(Point(dab.x, dab.y)) for dab in dabs)


@pytest.mark.parametrize("bad", [Point(math.nan, 5), Point(5, math.inf), Point(-math.inf, math.nan)])
def test_samples_that_are_no_numbers_are_dropped(bad):
    params = BrushParams(size_px=10)
    good = [Point(100, 100), Point(150, 120)]
    assert dabs_along(StrokePath(params, CANVAS), [bad, good[0], bad, good[1], bad]) == dabs_along(
        StrokePath(params, CANVAS), good
    )


def test_a_straight_line_goes_straight():
    path = StrokePath(BrushParams(size_px=10), CANVAS)
    dabs = [*path.begin(Point(10, 10)), *path.line_to(Point(210, 110))]
    assert all(dab.y - 10 == pytest.approx((dab.x - 10) / 2) for dab in dabs)
    assert dabs[-1].x == pytest.approx(210, abs=1.0)


# -- the buffer


@pytest.mark.parametrize("size", [1, 2, 3, 10, 64, 300])
@pytest.mark.parametrize("hardness", [1.0, 0.8, 0.0])
def test_a_stroke_has_no_gaps(size, hardness):
    params = BrushParams(size_px=size, hardness=hardness)
    row = painted(params, [Point(20.5, 100.5), Point(480.5, 100.5)])[100, 21:480]
    assert row.min() >= 0.85 * row.max()
    assert row.max() >= (150 if size < 3 and hardness < 1 else 250)


@pytest.mark.parametrize("size", [12, 64, 200])
@pytest.mark.parametrize("hardness", [1.0, 0.8, 0.5])
def test_edges_are_not_scalloped(size, hardness):
    params = BrushParams(size_px=size, hardness=hardness)
    image = painted(params, [Point(130, 150.3), Point(390, 150.3)]).astype(float)
    # The width of the stroke in covered pixels, column by column, well away from the round ends.
    width = image[:, 240:280].sum(axis=0) / 255
    assert np.ptp(width) < 0.012 * size + 0.1


def test_a_hard_line_is_as_wide_as_the_brush():
    for size in (1, 2, 5, 24, 100):
        params = BrushParams(size_px=size, hardness=1.0)
        image = painted(params, [Point(130, 150), Point(390, 150)]).astype(float)
        assert image[:, 260].sum() / 255 == pytest.approx(size, abs=0.3)


def test_overlap_at_full_flow_keeps_edges_anti_aliased():
    params = BrushParams(size_px=8, hardness=1.0, spacing=0.02)
    image = painted(params, [Point(100, 100.25), Point(300, 100.25)])
    edge = image[104, 150:250]      # the rim runs at 104.25: a quarter of the pixel
    assert 30 <= edge.min() <= edge.max() <= 110


def test_low_flow_builds_up_to_full_coverage():
    params = BrushParams(size_px=40, hardness=0.5, flow=0.02)
    buffer = StrokeBuffer(params, CANVAS, StampCache())
    buffer.draw([Dab(100, 100, 40.0)] * 600)
    assert covered(buffer)[100, 100] == 255


def test_a_dab_never_covers_more_than_its_opacity():
    params = BrushParams(size_px=40, hardness=0.5)
    buffer = StrokeBuffer(params, CANVAS, StampCache())
    buffer.draw([Dab(100, 100, 40.0, opacity=0.4)] * 50)
    assert covered(buffer).max() == 102
    buffer.draw([Dab(100, 100, 40.0, opacity=0.2)] * 50)
    assert covered(buffer).max() == 102


def test_brushes_under_a_pixel_cover_part_of_it():
    params = BrushParams(size_px=1, hardness=1.0)
    whole, part = (StrokeBuffer(params, CANVAS, StampCache()) for _ in range(2))
    whole.draw([Dab(10.5, 10.5, 1.0)])
    part.draw([Dab(10.5, 10.5, 0.25)])
    assert covered(whole)[10, 10] == 255
    assert covered(part)[10, 10] == pytest.approx(64, abs=1)


@given(points, st.sampled_from([1.0, 9.0, 64.0, 200.0]), st.sampled_from([0.0, 0.8, 1.0]))
def test_nothing_outside_the_canvas_is_touched(samples, size, hardness):
    bounds = Rect(0, 0, 200, 150)
    params = BrushParams(size_px=size, hardness=hardness)
    buffer = StrokeBuffer(params, bounds, StampCache())
    buffer.draw(dabs_along(StrokePath(params, bounds), samples))
    for key, part in buffer.take_dirty():
        at = part.translated(key[0] * TILE_SIZE, key[1] * TILE_SIZE)
        assert bounds.contains(at)
    for key in buffer.keys:
        whole = Rect(0, 0, TILE_SIZE, TILE_SIZE)
        inside = tile_rect(key).intersected(bounds).translated(-key[0] * TILE_SIZE, -key[1] * TILE_SIZE)
        image = buffer.coverage(key, whole)
        image[inside.top : inside.bottom, inside.left : inside.right] = 0
        assert not image.any()


@given(points)
def test_tiles_are_seamless(samples):
    params = BrushParams(size_px=30, hardness=0.4)
    dabs = dabs_along(StrokePath(params, CANVAS), samples)
    whole = StrokeBuffer(params, CANVAS, StampCache())
    whole.draw(dabs)
    # The same stroke moved by whole pixels crosses other tile borders and looks the same.
    moved_bounds = CANVAS.translated(37, 51)
    moved = StrokeBuffer(params, moved_bounds, StampCache())
    moved.draw([Dab(dab.x + 37, dab.y + 51, dab.size_px, dab.opacity) for dab in dabs])
    image = np.zeros((moved_bounds.bottom, moved_bounds.right), np.uint8)
    for key in moved.keys:
        rect = tile_rect(key).intersected(moved_bounds)
        inside = rect.translated(-key[0] * TILE_SIZE, -key[1] * TILE_SIZE)
        image[rect.top : rect.bottom, rect.left : rect.right] = moved.coverage(key, inside)
    # Off by one level where float rounding falls the other way; sub-pixel ties may round to another grid place.
    assert np.mean(np.abs(covered(whole).astype(int) - image[51:, 37:]) > 1) < 0.002


def test_dirty_parts_are_told_once():
    buffer = StrokeBuffer(BrushParams(size_px=10), CANVAS, StampCache())
    buffer.draw([Dab(127, 50, 10.0)])
    assert {key for key, _ in buffer.take_dirty()} == {(0, 0), (1, 0)}
    assert not list(buffer.take_dirty())
