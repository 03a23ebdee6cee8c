"""Snapping: onto the nearest line within reach, never farther, and what is snapped stays."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdpaint.imaging.geometry import Point
from sdpaint.imaging.snapping import Grid, SnapTargets, snap, snap_box

places = st.floats(-5000, 5000)
lines = st.lists(st.integers(-5000, 5000).map(float), max_size=6).map(tuple)
grids = st.none() | st.builds(Grid, st.integers(1, 300), st.integers(-50, 50), st.integers(-50, 50))
targets = st.builds(SnapTargets, lines, lines, grids)
points = st.builds(Point, places, places)
reaches = st.floats(0, 40)


@given(point=points, targets=targets, reach=reaches)
def test_a_point_is_pulled_no_farther_than_the_reach(point, targets, reach):
    moved = snap(point, targets, reach).point
    assert abs(moved.x - point.x) <= reach
    assert abs(moved.y - point.y) <= reach


@given(point=points, targets=targets, reach=reaches)
def test_what_was_snapped_stays_where_it_is(point, targets, reach):
    once = snap(point, targets, reach)
    again = snap(once.point, targets, reach)
    for line, before, after in ((once.x, once.point.x, again.point.x), (once.y, once.point.y, again.point.y)):
        if line is not None:
            assert after == before


@given(point=points, targets=targets, reach=reaches)
def test_a_point_lies_on_the_line_that_is_named_and_else_where_it_was(point, targets, reach):
    snapped = snap(point, targets, reach)
    assert snapped.point.x == (point.x if snapped.x is None else snapped.x)
    assert snapped.point.y == (point.y if snapped.y is None else snapped.y)


@given(point=points, targets=targets, reach=reaches)
def test_no_line_is_nearer_than_the_one_taken(point, targets, reach):
    snapped = snap(point, targets, reach)
    nearest = min((abs(line - point.x) for line in targets.xs), default=None)
    if nearest is not None and nearest <= reach:
        assert snapped.x is not None
        assert abs(snapped.point.x - point.x) <= nearest


@given(xs=st.lists(places, min_size=1, max_size=3), targets=targets, reach=reaches)
def test_a_box_is_pushed_so_that_one_of_its_places_lies_on_a_line(xs, targets, reach):
    pushed = snap_box(xs, xs, targets, reach)
    assert abs(pushed.point.x) <= reach
    if pushed.x is None:
        assert pushed.point.x == 0.0
    else:
        assert min(abs(x + pushed.point.x - pushed.x) for x in xs) < 1e-6


def test_a_guide_goes_before_a_grid_line_that_is_as_near():
    targets = SnapTargets(xs=(12.0,), grid=Grid(8))
    assert snap(Point(10.0, 500.3), targets, 3.0).x == 12.0


def test_a_grid_has_a_line_at_its_offset_on_each_axis():
    targets = SnapTargets(grid=Grid(50, offset_x=7, offset_y=-4))
    assert snap(Point(55.0, 48.0), targets, 5.0).point == Point(57.0, 46.0)


def test_what_is_no_number_isn_t_snapped():
    snapped = snap(Point(float("nan"), 3.0), SnapTargets(xs=(0.0,), ys=(0.0,)), 8.0)
    assert snapped.x is None
    assert snapped.point.y == 0.0


def test_a_grid_without_spacing_is_refused():
    with pytest.raises(ValueError, match="every 0 px"):
        Grid(0)
