"""Estimates of the time left."""

from __future__ import annotations

import pytest

from sdpaint.engine.pace import Pace


class _Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_the_time_left_follows_the_steps_measured() -> None:
    clock = _Clock()
    pace = Pace(1, clock)
    pace.start_picture(0)
    clock.now += 5.0  # the first step also warms up
    assert pace.seconds_left(1, 10) == pytest.approx(45.0)
    clock.now += 1.0
    assert pace.seconds_left(2, 10) == pytest.approx(8.0), "the slow first step is forgotten"
    clock.now += 8.0
    assert pace.seconds_left(10, 10) == pytest.approx(0.0)


def test_further_pictures_and_what_lies_between_them_count() -> None:
    clock = _Clock()
    pace = Pace(3, clock)
    pace.start_picture(0)
    for step in range(1, 5):
        clock.now += 1.0
        left = pace.seconds_left(step, 4)
    assert left == pytest.approx(8.0)
    clock.now += 2.0  # decoding
    pace.start_picture(1)
    clock.now += 1.0
    # 3 steps of this one and 4 of the next, and decoding twice
    assert pace.seconds_left(1, 4) == pytest.approx(7.0 + 4.0)
