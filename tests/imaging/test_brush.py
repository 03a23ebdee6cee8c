"""Brush parameters, dynamics and stamps."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdpaint.imaging.brush import (
    LIGHTEST_SIZE,
    MAX_SIZE_PX,
    MIN_SIZE_PX,
    BrushParams,
    StampCache,
    quantised_size,
    render_stamp,
    stepped_size,
)

parts = st.sampled_from([0.0, 0.25, 0.5, 0.75])


def coverage(stamp) -> np.ndarray:
    """What one dab covers on empty ground."""
    floor = 0.0 if stamp.floor is None else stamp.floor
    keep = 0.0 if stamp.keep is None else stamp.keep
    return np.broadcast_to(1.0 - (floor + (1.0 - floor) * keep), stamp.shape)


@pytest.mark.parametrize(
    "wrong",
    [{"size_px": 0.5}, {"size_px": 1001}, {"hardness": -0.1}, {"opacity": 1.5}, {"flow": 2}, {"spacing": 0}],
)
def test_parameters_outside_their_range_are_refused(wrong):
    with pytest.raises(ValueError, match="is"):
        BrushParams(**wrong)


def test_a_mouse_paints_at_the_nominal_size_and_opacity():
    params = BrushParams(size_px=40, pressure_size=True, pressure_opacity=True)
    assert params.size_at(None) == 40
    assert params.opacity_at(None) == 1.0


@given(st.floats(0, 1), st.floats(0, 1))
def test_a_stylus_paints_from_thin_to_nominal_as_it_is_pressed(one, other):
    params = BrushParams(size_px=40, pressure_opacity=True)
    light, firm = sorted((one, other))
    assert params.size_at(light) <= params.size_at(firm)
    assert params.opacity_at(light) <= params.opacity_at(firm)
    assert params.size_at(0.0) == pytest.approx(40 * LIGHTEST_SIZE)
    assert params.size_at(1.0) == pytest.approx(40)


def test_pressure_that_is_switched_off_changes_nothing():
    params = BrushParams(size_px=40, pressure_size=False, pressure_opacity=False)
    assert params.size_at(0.1) == 40
    assert params.opacity_at(0.1) == 1.0


def test_size_steps_grow_with_the_size():
    assert [stepped_size(size, 1) for size in (1, 10, 20, 50, 100, 200, 500)] == [2, 12, 25, 60, 120, 250, 600]
    assert [stepped_size(size, -1) for size in (2, 12, 25, 60, 120, 250, 600)] == [1, 10, 20, 50, 100, 200, 500]


@given(st.floats(MIN_SIZE_PX, MAX_SIZE_PX), st.integers(-40, 40))
def test_size_steps_stay_in_range_and_go_the_way_they_are_asked(size, steps):
    stepped = stepped_size(size, steps)
    assert MIN_SIZE_PX <= stepped <= MAX_SIZE_PX
    assert (stepped >= size) if steps >= 0 else (stepped <= size)


@given(st.floats(MIN_SIZE_PX, 1000))
def test_a_quantised_size_is_within_a_hundredth(size):
    assert abs(quantised_size(size) - size) <= size / 128
    assert quantised_size(round(size)) == pytest.approx(round(size), rel=1 / 128)


@given(st.sampled_from([1.0, 2.0, 7.0, 24.0, 64.0, 131.0]), st.floats(0, 1), parts, parts)
def test_a_stamp_is_full_in_the_core_and_empty_beyond_the_rim(size, hardness, part_x, part_y):
    stamp = render_stamp(size, hardness, 1.0, part_x, part_y)
    covered = coverage(stamp)
    height, width = covered.shape
    x = np.arange(width) + stamp.left + 0.5 - part_x
    y = np.arange(height) + stamp.top + 0.5 - part_y
    distance = np.hypot(x[None, :], y[:, None])
    radius = size / 2
    assert (covered[distance <= hardness * radius - 0.6] >= 0.999).all()
    assert (covered[distance >= radius + 0.5] <= 1e-6).all()
    assert covered.min() >= 0.0
    assert covered.max() <= 1.0


@given(st.sampled_from([5.0, 24.0, 64.0]), st.floats(0, 1), st.floats(0.01, 1))
def test_coverage_falls_steadily_from_the_centre(size, hardness, flow):
    stamp = render_stamp(size, hardness, flow, 0.5, 0.5)
    covered = coverage(stamp)
    row = covered[-stamp.top, -stamp.left :]
    assert (np.diff(row) <= 1e-6).all()
    assert row[0] == pytest.approx(flow, abs=0.02)


@pytest.mark.parametrize("hardness", [0.0, 0.3, 0.6])
def test_a_soft_falloff_has_no_kink_that_would_show_as_a_ring(hardness):
    stamp = render_stamp(200.0, hardness, 1.0, 0.5, 0.5)
    row = coverage(stamp)[-stamp.top, -stamp.left :].astype(np.float64)
    # The second difference of a quintic smoothstep is bounded by 5.78 / width²; a linear ramp would have 1 / width.
    width = 100 * (1 - hardness)
    assert np.abs(np.diff(row, 2)).max() < 8 / width**2 + 2 / 4096


def test_hard_edges_are_anti_aliased_by_where_the_dab_lies():
    left = coverage(render_stamp(9.0, 1.0, 1.0, 0.0, 0.5))
    right = coverage(render_stamp(9.0, 1.0, 1.0, 0.75, 0.5))
    for covered in (left, right):
        assert ((covered > 0.05) & (covered < 0.95)).any()
        assert covered.sum() == pytest.approx(np.pi * 4.5**2, rel=0.02)


def test_the_cache_gives_the_same_stamp_again_and_forgets_the_oldest():
    cache = StampCache(budget_bytes=3 * 4 * 40 * 40)
    _, _, first = cache.stamp_at(10, 10, 36, 0.5, 1.0)
    x, y, again = cache.stamp_at(1010.0, -90.0, 36, 0.5, 1.0)
    assert again is first
    assert (x, y) == (1010 + first.left, -90 + first.top)
    for size in (37, 38, 39):
        cache.stamp_at(10, 10, size, 0.5, 1.0)
    assert cache.stamp_at(10, 10, 36, 0.5, 1.0)[2] is not first


@given(st.floats(-500, 500), st.floats(-500, 500), st.sampled_from([1.0, 3.0, 24.0]))
def test_a_small_stamp_lies_within_a_fifth_of_a_pixel_of_where_it_should(x, y, size):
    column, row, stamp = StampCache().stamp_at(x, y, size, 1.0, 1.0)
    covered = coverage(stamp)
    height, width = covered.shape
    centre_x = (covered.sum(axis=0) * (np.arange(width) + column + 0.5)).sum() / covered.sum()
    centre_y = (covered.sum(axis=1) * (np.arange(height) + row + 0.5)).sum() / covered.sum()
    # a one-pixel disc is sampled by at most four pixels, which shifts its centre of mass a little
    # of a larger one its place is an eighth off at most, and the sampling of its rim adds a little
    slack = 0.3 if size == 1.0 else 0.2
    assert abs(centre_x - x) <= slack
    assert abs(centre_y - y) <= slack


@pytest.mark.parametrize("part_x", [0.0, 0.5])
@pytest.mark.parametrize("part_y", [0.0, 0.5])
@pytest.mark.parametrize("size", [130.0, 131.5, 501.0])
@pytest.mark.parametrize("hardness", [0.4, 1.0])
def test_a_mirrored_stamp_is_what_its_place_asks_for(size, hardness, part_x, part_y):
    mirrored = render_stamp(size, hardness, 1.0, part_x, part_y)
    whole = render_stamp(size, hardness, 1.0, part_x + 1e-9, part_y)
    a, b = coverage(mirrored), coverage(whole)
    assert (mirrored.left, mirrored.top) == (whole.left, whole.top)
    shared = a[: b.shape[0], : b.shape[1]], b[: a.shape[0], : a.shape[1]]
    assert np.abs(shared[0] - shared[1]).max() < 0.02
