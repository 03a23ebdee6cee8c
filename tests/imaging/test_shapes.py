"""Shapes: their outlines, and lines drawn along them."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest

from sdpaint.imaging.geometry import Point, Rect
from sdpaint.imaging.raster import filled_polygon, stroked_line
from sdpaint.imaging.shapes import at_an_angle, box_edges, ellipse, polygon, rectangle, walked


def area(points) -> float:
    return filled_polygon(points, Rect(0, 0, 200, 200)).sum() / 255


def test_an_ellipse_has_the_area_of_one():
    assert area(ellipse(20, 40, 180, 140).points) == pytest.approx(math.pi * 80 * 50, rel=2e-3)


def test_rounded_corners_take_away_what_lies_outside_their_circles():
    assert area(rectangle(20, 20, 120, 100).points) == pytest.approx(8000)
    assert area(rectangle(20, 20, 120, 100, 20).points) == pytest.approx(8000 - (4 - math.pi) * 400, rel=2e-3)
    # As far as there is room: a disc.
    assert area(rectangle(20, 20, 120, 120, 1000).points) == pytest.approx(math.pi * 2500, rel=2e-3)


def test_a_polygon_is_regular_and_a_star_goes_in_and_out():
    middle = Point(100, 100)
    hexagon = polygon(middle, Point(100, 40), 6)
    assert len(hexagon.points) == 6
    assert all((point - middle).length == pytest.approx(60) for point in hexagon.points)
    assert hexagon.points[0].y == pytest.approx(40)
    star = polygon(middle, Point(100, 40), 5, 0.5)
    assert [round((point - middle).length) for point in star.points] == [60, 30] * 5


def test_angles_go_by_fifteen_degrees_at_the_same_length():
    end = at_an_angle(Point(10, 10), Point(110, 20))
    assert end.y == pytest.approx(10)
    assert (end - Point(10, 10)).length == pytest.approx(math.hypot(100, 10))


@pytest.mark.parametrize(
    ("square", "centered", "edges"),
    [
        (False, False, (40, 70, 100, 100)),
        (True, False, (40, 40, 100, 100)),
        (False, True, (40, 70, 160, 130)),
        (True, True, (40, 40, 160, 160)),
    ],
)
def test_a_box_may_be_a_square_and_drawn_from_its_middle(square, centered, edges):
    assert box_edges(Point(100.2, 100.1), Point(40.3, 69.9), square, centered) == edges


def test_a_walk_goes_through_all_corners_and_back():
    places = walked(rectangle(0, 0, 30, 10), 4)
    assert places[0] == places[-1] == Point(0, 0)
    assert Point(30, 10) in places
    steps = [(b - a).length for a, b in pairwise(places)]
    assert max(steps) <= 4
    assert sum(steps) == pytest.approx(80)


def test_a_line_is_as_wide_as_asked_and_joins_are_sharp_or_round():
    box = rectangle(50, 50, 150, 150).points
    place = Rect(0, 0, 200, 200)
    sharp, round_ = (stroked_line(box, True, 20, place, is_round=each) for each in (False, True))
    assert sharp[100, 40:60].min() == 255
    assert not sharp[100, :40].any()
    assert (sharp[41, 41], round_[41, 41]) == (255, 0)
    assert sharp.sum() / 255 == pytest.approx(120 * 120 - 80 * 80)


def test_without_smoothing_every_pixel_is_in_or_out():
    line = stroked_line((Point(10, 10), Point(90, 43)), False, 5, Rect(0, 0, 100, 60), smooth=False)
    assert set(np.unique(line)) == {0, 255}
