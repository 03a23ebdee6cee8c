"""What steadies a hand."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest

from sdpaint.imaging.geometry import Point
from sdpaint.imaging.stabiliser import Stabiliser, StabiliserKind, Stabilising

TREMBLING = [Point(2.0 * i, 3.0 if i % 2 else -3.0) for i in range(80)]


def led(settings: Stabilising, way: list[Point], scale: float = 1.0) -> tuple[list[Point], list[Point]]:
    stabiliser = Stabiliser(settings, way[0], scale)
    return [stabiliser.follow(pos) for pos in way[1:]], stabiliser.settle()


def test_without_a_stabiliser_the_brush_is_at_the_pointer():
    followed, rest = led(Stabilising(), TREMBLING)
    assert followed == TREMBLING[1:]
    assert rest == []


def test_weights_take_the_trembling_out_and_more_the_stronger_they_are():
    spread = {}
    for strength in (0.1, 0.8):
        followed, _ = led(Stabilising(StabiliserKind.WEIGHTED, strength), TREMBLING)
        spread[strength] = max(abs(point.y) for point in followed[60:])
    assert spread[0.8] < spread[0.1] < 3.0
    assert spread[0.8] < 0.3


def test_a_weighted_stroke_reaches_the_pointer_when_it_is_lifted():
    followed, rest = led(Stabilising(StabiliserKind.WEIGHTED, 0.5), TREMBLING)
    assert followed[-1].x < TREMBLING[-1].x - 10
    assert rest[-1] == TREMBLING[-1]
    assert all(b.x >= a.x for a, b in pairwise(rest))


def test_a_rope_keeps_its_length_and_lets_small_movements_be():
    settings = Stabilising(StabiliserKind.ROPE, rope_px=20)
    followed, rest = led(settings, TREMBLING)
    assert followed[:5] == [TREMBLING[0]] * 5
    assert math.dist((followed[-1].x, followed[-1].y), (TREMBLING[-1].x, TREMBLING[-1].y)) == pytest.approx(20)
    assert max(abs(point.y) for point in followed[20:]) < 3
    assert rest == []


def test_a_rope_is_as_long_on_the_screen_at_any_zoom():
    settings = Stabilising(StabiliserKind.ROPE, rope_px=20)
    followed, _ = led(settings, [Point(0, 0), Point(100, 0)], scale=4.0)
    assert followed[-1] == Point(95, 0)


def test_a_sample_without_finite_coordinates_changes_nothing():
    stabiliser = Stabiliser(Stabilising(StabiliserKind.WEIGHTED), Point(1, 1))
    before = stabiliser.follow(Point(2, 2))
    assert stabiliser.follow(Point(math.nan, 0)) == before
