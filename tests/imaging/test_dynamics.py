"""Curves, and what sensors make of a brush."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdpaint.imaging.dynamics import FALLING, LINEAR, Curve, Drive, Driver, Property, Readings, Sensor

unit = st.floats(0, 1)


@st.composite
def curves(draw):
    inner = sorted(draw(st.sets(st.integers(1, 19), max_size=4)))
    xs = [0.0, *(i / 20 for i in inner), 1.0]
    return Curve(tuple((x, draw(unit)) for x in xs))


@given(curves())
def test_a_curve_goes_through_its_points_and_never_leaves_their_range(curve):
    low, high = min(y for _, y in curve.points), max(y for _, y in curve.points)
    assert curve.at(0.0) == pytest.approx(curve.points[0][1])
    assert curve.at(1.0) == pytest.approx(curve.points[-1][1])
    assert all(low - 1e-9 <= value <= high + 1e-9 for value in curve.table)


@given(st.lists(unit, min_size=2, max_size=5))
def test_a_curve_whose_points_rise_never_dips(heights):
    heights = sorted(heights)
    curve = Curve(tuple((i / (len(heights) - 1), y) for i, y in enumerate(heights)))
    assert all(b >= a - 1e-9 for a, b in zip(curve.table, curve.table[1:], strict=False))


def test_a_straight_curve_is_straight():
    assert [LINEAR.at(x / 8) for x in range(9)] == pytest.approx([x / 8 for x in range(9)])


@pytest.mark.parametrize(
    "points",
    [((0, 0),), ((0, 0), (0.5, 1)), ((0, 0), (0.6, 1), (0.4, 1), (1, 1)), ((0, 0), (1, 1.2)), ((0.1, 0), (1, 1))],
)
def test_points_that_make_no_curve_are_refused(points):
    with pytest.raises(ValueError):
        Curve(points)


def test_a_driver_multiplies_by_its_curve_as_far_as_its_strength_goes():
    drive = Drive([Driver(Property.SIZE, Sensor.PRESSURE, FALLING, 0.5)], seed=1)
    assert drive.factor(Property.SIZE, Readings(pressure=0.0)) == pytest.approx(1.0)
    assert drive.factor(Property.SIZE, Readings(pressure=1.0)) == pytest.approx(0.5)
    assert drive.factor(Property.FLOW, Readings(pressure=1.0)) == 1.0


def test_drivers_of_one_property_multiply():
    drive = Drive([Driver(Property.FLOW, Sensor.PRESSURE), Driver(Property.FLOW, Sensor.SPEED)], seed=1)
    assert drive.factor(Property.FLOW, Readings(pressure=0.5, speed=0.5)) == pytest.approx(0.25)


def test_without_pressure_its_drivers_rest():
    drive = Drive([Driver(Property.FLOW, Sensor.PRESSURE)], seed=1)
    assert drive.factor(Property.FLOW, Readings(pressure=None)) == 1.0


def test_the_angle_follows_the_direction_once_around():
    drive = Drive([Driver(Property.ANGLE, Sensor.DIRECTION)], seed=1)
    assert drive.follows_direction
    assert drive.turn(Readings(direction=0.25)) == pytest.approx(90.0)


def test_random_numbers_repeat_with_the_seed_and_differ_with_another():
    drivers = [Driver(Property.HUE, Sensor.RANDOM, strength=0.2)]

    def shifts(seed):
        drive = Drive(drivers, seed)
        return [drive.shift(Property.HUE, Readings()) for _ in range(20)]

    assert shifts(7) == shifts(7)
    assert shifts(7) != shifts(8)
    assert all(-0.2 <= shift <= 0.2 for shift in shifts(7))
    assert min(shifts(7)) < 0 < max(shifts(7))
