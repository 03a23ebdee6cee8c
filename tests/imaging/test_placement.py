"""Placement: gestures bring grips where the pointer is, keep what they should keep, and numbers say the same."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from sdpaint.imaging.geometry import Point, Rect
from sdpaint.imaging.placement import Placement

BOX = Rect(10, 20, 200, 100)
GRIPS = [(x, y) for x in (-1, 0, 1) for y in (-1, 0, 1) if (x, y) != (0, 0)]
SIDES = [(0, -1), (1, 0), (0, 1), (-1, 0)]
CORNERS = [(-1, -1), (1, -1), (1, 1), (-1, 1)]
factors = st.floats(0.2, 4.0) | st.floats(-4.0, -0.2)
spots = st.builds(Point, st.floats(-500, 500), st.floats(-500, 500))
placements = st.builds(
    Placement,
    box=st.just(BOX),
    pivot=st.builds(Point, st.floats(0, 250), st.floats(0, 150)),
    at=spots,
    scale_x=factors,
    scale_y=factors,
    angle=st.floats(-179, 180),
    skew=st.floats(-60, 60),
)


def near(a: Point, b: Point, within: float = 1e-6) -> bool:
    return (a - b).length < within * max(1.0, a.length)


def test_a_fresh_placement_changes_nothing():
    fresh = Placement.of(BOX)
    assert fresh.is_identity
    assert fresh.corners == (Point(10, 20), Point(210, 20), Point(210, 120), Point(10, 120))


@given(placement=placements, pos=spots)
def test_the_own_space_is_the_way_back(placement, pos):
    assert near(placement._affine.map(placement.own(pos)), pos, 1e-5)


@given(placement=placements, pos=spots)
def test_a_moved_pivot_moves_nothing_else(placement, pos):
    moved = placement.with_pivot(pos)
    assert moved.at == pos
    assert all(near(a, b, 1e-5) for a, b in zip(placement.corners, moved.corners, strict=True))


@given(placement=placements, toward=st.sampled_from(CORNERS), pos=spots)
def test_a_dragged_corner_is_under_the_pointer_and_the_opposite_one_stays(placement, toward, pos):
    scaled = placement.scaled(toward, pos)
    opposite = (-toward[0], -toward[1])
    assert near(scaled.grip_place(opposite), placement.grip_place(opposite), 1e-5)
    assume(abs(scaled.scale_x) > 0.01 and abs(scaled.scale_y) > 0.011)
    assert near(scaled.grip_place(toward), pos, 1e-4)


@given(placement=placements, toward=st.sampled_from(SIDES), pos=spots)
def test_a_dragged_side_leaves_the_other_direction_alone(placement, toward, pos):
    scaled = placement.scaled(toward, pos)
    assert (scaled.scale_x if toward[1] else scaled.scale_y) == (placement.scale_x if toward[1] else placement.scale_y)
    assert scaled.angle == placement.angle
    assert scaled.skew == placement.skew


@given(placement=placements, toward=st.sampled_from(GRIPS), pos=spots)
def test_a_kept_ratio_scales_both_sides_alike(placement, toward, pos):
    scaled = placement.scaled(toward, pos, keep_ratio=True)
    assume(abs(scaled.scale_x) > 0.02 and abs(scaled.scale_y) > 0.02)
    assert scaled.scale_x / placement.scale_x == pytest.approx(scaled.scale_y / placement.scale_y, rel=1e-6)


@given(placement=placements, toward=st.sampled_from(GRIPS), pos=spots)
def test_about_the_pivot_the_pivot_stays(placement, toward, pos):
    assert near(placement.scaled(toward, pos, about_pivot=True).at, placement.at, 1e-5)


@given(placement=placements, a=spots, b=spots)
def test_turning_keeps_the_pivot_and_all_lengths(placement, a, b):
    turned = placement.turned(a, b)
    assert turned.at == placement.at
    for p, q in zip(placement.corners, turned.corners, strict=True):
        assert (p - placement.at).length == pytest.approx((q - turned.at).length, rel=1e-6, abs=1e-6)


def test_a_turn_in_steps_ends_at_whole_steps():
    placement = Placement.of(BOX)
    turned = placement.turned(placement.at + Point(100, 0), placement.at + Point(90, 55), stepwise=True)
    assert turned.angle == 30.0


@given(placement=placements, toward=st.sampled_from(SIDES), by=st.builds(Point, st.floats(-80, 80), st.floats(-80, 80)))
def test_skewing_keeps_the_opposite_side(placement, toward, by):
    skewed = placement.skewed(toward, by)
    opposite = (-toward[0], -toward[1])
    assert near(skewed.grip_place(opposite), placement.grip_place(opposite), 1e-4)


def test_a_side_is_skewed_as_far_as_the_pointer_goes_along_it():
    skewed = Placement.of(BOX).skewed((0, -1), Point(50, 7))
    assert near(skewed.grip_place((0, -1)), Point(160, 20))
    assert skewed.skew == pytest.approx(-26.565, abs=0.001)
    upright = Placement.of(BOX).skewed((1, 0), Point(9, 40))
    assert near(upright.grip_place((1, 0)), Point(210, 110))
    assert near(upright.grip_place((-1, 0)), Point(10, 70))


def test_a_pulled_corner_goes_alone():
    pulled = Placement.of(BOX).pulled((1, -1), Point(260, 0))
    assert pulled.is_distorted
    assert near(pulled.projection.map(Point(210, 20)), Point(260, 0))
    for corner in (Point(10, 20), Point(210, 120), Point(10, 120)):
        assert near(pulled.projection.map(corner), corner)


def test_a_box_can_t_be_folded():
    placement = Placement.of(BOX)
    assert placement.pulled((-1, -1), Point(230, 130)) is placement


def test_a_flip_in_both_directions_is_half_a_turn():
    flipped = Placement.of(BOX).flipped(True).flipped(False)
    turned = Placement.of(BOX).turned_by(180)
    assert all(near(a, b) for a, b in zip(flipped.corners, turned.corners, strict=True))


def test_a_side_never_vanishes():
    squeezed = Placement.of(BOX).scaled((1, 0), Point(10, 70))
    assert abs(squeezed.scale_x) * BOX.width == pytest.approx(1.0)


def test_a_placement_with_numbers_is_where_they_say():
    placed = replace(Placement.of(BOX), at=Point(300, 300), scale_x=0.5, scale_y=2.0, angle=90.0)
    assert near(placed.corners[0], Point(400, 250))
