"""Gradients: what colour comes where, without bands."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdpaint.imaging.color import BLACK, WHITE, Color
from sdpaint.imaging.geometry import Point, Rect
from sdpaint.imaging.gradient import (
    PRESETS,
    Gradient,
    GradientRepeat,
    GradientShape,
    Stop,
    checked_stops,
    color_at,
    noise,
)

GREY = (Stop(0.0, BLACK), Stop(1.0, WHITE))
CLEAR = Color(255, 255, 255, 0)


def gradient(shape: GradientShape, **attributes) -> Gradient:
    return Gradient(GREY, Point(100, 100), Point(200, 100), shape, dither=False, **attributes)


def grey_at(gradient: Gradient, x: int, y: int) -> int:
    return int(gradient.colors(Rect(x, y, 1, 1))[0, 0, 0])


@pytest.mark.parametrize(
    ("shape", "levels"),
    [
        # left of the start, at it, half-way, a quarter of the way up and down, beyond the end
        (GradientShape.LINEAR, (0, 1, 128, 1, 1, 255)),
        (GradientShape.REFLECTED, (126, 1, 128, 1, 1, 255)),
        (GradientShape.RADIAL, (126, 2, 128, 65, 65, 255)),
        (GradientShape.DIAMOND, (127, 2, 130, 66, 66, 255)),
        (GradientShape.ANGULAR, (127, 32, 0, 64, 191, 0)),
    ],
)
def test_each_shape_runs_its_own_way(shape, levels):
    wanted = gradient(shape)
    places = ((50, 100), (100, 100), (150, 100), (100, 125), (100, 74), (250, 100))
    found = [grey_at(wanted, x, y) for x, y in places]
    assert max(abs(a - b) for a, b in zip(found, levels, strict=True)) <= 1


def test_beyond_the_end_it_stops_begins_again_or_comes_back():
    places = (225, 325, -50)
    at = {
        repeat: [grey_at(gradient(GradientShape.LINEAR, repeat=repeat), x, 0) for x in places]
        for repeat in GradientRepeat
    }
    assert at[GradientRepeat.NONE] == [255, 255, 0]
    assert np.abs(np.subtract(at[GradientRepeat.REPEAT], [65, 65, 129])).max() <= 1
    assert np.abs(np.subtract(at[GradientRepeat.MIRROR], [190, 65, 129])).max() <= 1


def test_reversed_it_runs_from_the_last_colour_to_the_first():
    wanted = gradient(GradientShape.LINEAR, reverse=True)
    assert (grey_at(wanted, 50, 0), grey_at(wanted, 250, 0)) == (255, 0)


def test_dithering_shows_no_bands_and_keeps_the_mean():
    area = Rect(0, 0, 1024, 128)
    slow = (Stop(0.0, Color(100, 100, 100)), Stop(1.0, Color(108, 108, 108)))
    plain = Gradient(slow, Point(0, 0), Point(1024, 0), dither=False).colors(area)[..., 0]
    fine = Gradient(slow, Point(0, 0), Point(1024, 0)).colors(area)[..., 0]
    assert (np.abs(np.diff(plain[0].astype(int))) > 0).sum() == 8
    means = fine.reshape(128, 16, 64).mean(axis=(0, 2))
    exact = 100 + (np.arange(16) + 0.5) * 0.5
    assert np.abs(means - exact).max() < 0.03
    # No column stands out as the border of a band.
    assert np.abs(np.diff(fine.mean(axis=0))).max() < 0.35


def test_the_noise_is_even_and_belongs_to_its_place():
    whole = noise(Rect(0, 0, 256, 256))
    assert np.array_equal(whole[10:60, 100:200], noise(Rect(100, 10, 100, 50)))
    assert abs(whole.mean() - 0.5) < 0.01
    assert whole.min() > 0.0
    assert whole.max() < 1.0


def test_whole_levels_are_not_touched_by_dithering():
    solid = Gradient((Stop(0.0, Color(12, 200, 255)),), Point(0, 0), Point(1, 0))
    assert (solid.colors(Rect(0, 0, 300, 200)) == (255, 200, 12, 255)).all()


@given(
    st.lists(st.tuples(st.floats(0, 1), *(st.integers(0, 255) for _ in range(4))), min_size=1, max_size=6),
    st.floats(0, 1),
)
def test_no_colour_exceeds_its_alpha(stops, weight):
    made = Gradient(tuple(Stop(at, Color(*color)) for at, *color in stops), Point(3, 5), Point(40, 30))
    pixels = made.colors(Rect(-10, -10, 60, 60), weight)
    assert (pixels[..., :3] <= pixels[..., 3:]).all()


def test_a_transparent_stop_brings_no_colour_in():
    half = color_at((Stop(0.0, Color(200, 0, 0)), Stop(1.0, CLEAR)), 0.5)
    assert half == Color(200, 0, 0, 128)


def test_stops_are_put_in_order_and_counted():
    stops = checked_stops((Stop(1.0, WHITE), Stop(0.25, BLACK)))
    assert [stop.position for stop in stops] == [0.25, 1.0]
    with pytest.raises(ValueError, match="stops"):
        checked_stops(())
    with pytest.raises(ValueError, match="0 to 1"):
        Stop(1.5, BLACK)


def test_the_first_presets_follow_the_colours_in_hand():
    red, blue = Color(255, 0, 0), Color(0, 0, 255)
    assert [stop.color for stop in PRESETS[0].stops_for(red, blue)] == [red, blue]
    assert PRESETS[1].stops_for(red, blue)[-1].color == Color(255, 0, 0, 0)
    assert len({preset.name for preset in PRESETS}) == len(PRESETS)
