"""Colours in three numbers: HSV, OKLCH and RGB agree, remember what a colour can't say, and know the gamut's edge."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdpaint.imaging.color import Color
from sdpaint.imaging.color_models import Hsv, Oklch, Rgb
from sdpaint.imaging.oklch import MAX_CHROMA, color_of, is_shown, most_chroma, oklch_of, srgb_of
from sdpaint.imaging.palette import Palette, Swatch, colors_of_picture, free_name
from sdpaint.imaging.pixels import premultiplied_from_rgb

level = st.integers(0, 255)
colors = st.builds(Color, level, level, level)
unit = st.floats(0, 1)


@pytest.mark.parametrize("model", [Hsv, Oklch, Rgb])
@given(color=colors)
def test_every_colour_comes_back(model, color):
    numbers = model()
    numbers.take(color)
    assert numbers.color == color
    assert all(0 <= value <= 1 for value in numbers.values)
    assert not numbers.take(color)


# Near black, a step of a byte is larger than what is asked for here.
@given(lightness=st.floats(0.2, 1), chroma=st.floats(0, MAX_CHROMA), hue=unit)
def test_what_no_screen_shows_keeps_lightness_and_hue(lightness, chroma, hue):
    shown = color_of(lightness, chroma, hue)
    found = oklch_of(shown)
    assert abs(found[0] - lightness) < 0.02
    assert found[1] <= chroma + 0.02


@given(lightness=st.floats(0.1, 0.95), hue=unit)
def test_the_edge_of_the_gamut_is_found(lightness, hue):
    edge = most_chroma(lightness, hue)
    assert 0 < edge < MAX_CHROMA
    for chroma, inside in ((edge * 0.99, True), (edge + 0.004, False)):
        coded = srgb_of(np.array([lightness]), np.array([chroma]), np.array([hue]))
        assert is_shown(coded)[0] == inside


def test_known_colours_in_oklch():
    # Ottosson's own values for sRGB's primaries.
    for color, expected in (
        (Color(255, 0, 0), (0.628, 0.2577, 29.23)),
        (Color(0, 255, 0), (0.8664, 0.2948, 142.5)),
        (Color(0, 0, 255), (0.452, 0.3132, 264.05)),
    ):
        lightness, chroma, hue = oklch_of(color)
        assert (lightness, chroma, hue * 360) == pytest.approx(expected, abs=0.05, rel=2e-3)


def test_a_grey_keeps_the_hue_that_was_set():
    for model in (Hsv(), Oklch()):
        model.take(Color(200, 40, 40))
        hue = model.values[2 if isinstance(model, Oklch) else 0]
        model.take(Color(90, 90, 90))
        assert model.values[2 if isinstance(model, Oklch) else 0] == hue


def test_numbers_beyond_the_gamut_stand_and_are_known_as_such():
    model = Oklch()
    model.take(Color(200, 40, 40))
    assert model.is_shown
    model.set_value(1, 1.0)
    assert model.values[1] == 1.0
    assert not model.is_shown
    assert model.color.red > 200


@pytest.mark.parametrize("model", [Hsv, Oklch, Rgb])
def test_a_ramp_goes_through_the_colour_at_its_value(model):
    numbers = model()
    numbers.take(Color(180, 120, 60))
    for channel in range(3):
        if model is Hsv and channel == 0:
            continue    # shown at its purest
        steps = 1001
        ramp = numbers.ramp(channel, steps)
        there = ramp.rgb[round(numbers.values[channel] * (steps - 1))].astype(int)
        assert np.abs(there - (180, 120, 60)).max() <= 2
        assert ramp.shown[round(numbers.values[channel] * (steps - 1))]


def test_the_chroma_ramp_ends_where_the_gamut_does():
    numbers = Oklch()
    numbers.take(Color(180, 120, 60))
    ramp = numbers.ramp(1, 331)
    edge = most_chroma(numbers.values[0], numbers.values[2])
    assert abs(int(ramp.shown.sum()) - edge * 1000) <= 2
    assert Rgb().ramp(0, 16).shown.all()


# -- palettes ------------------------------------------------------------------------------------------------------


@given(st.integers(0, 5), st.integers(0, 5))
def test_a_swatch_that_is_moved_is_where_it_was_put_and_none_is_lost(start, end):
    palette = Palette("p", tuple(Swatch(Color(i, 0, 0)) for i in range(6)))
    moved = palette.with_moved(start, end)
    assert moved.swatches[end] == palette.swatches[start]
    assert set(moved.swatches) == set(palette.swatches)
    assert moved.with_moved(end, start) == palette


def test_a_picture_of_few_colours_gives_just_these():
    rgb = np.zeros((40, 40, 3), np.uint8)
    rgb[:20] = (250, 10, 20)
    rgb[:, :10] = (20, 30, 240)
    found = colors_of_picture(premultiplied_from_rgb(rgb), 8)
    assert set(found) == {Color(0, 0, 0), Color(250, 10, 20), Color(20, 30, 240)}
    assert found[0] == Color(0, 0, 0)


def test_the_main_colours_of_a_noisy_picture_are_found_alike_each_time():
    rng = np.random.default_rng(2)
    rgb = np.where(rng.random((80, 80, 1)) < 0.5, (200, 60, 40), (30, 90, 160)) + rng.integers(-12, 12, (80, 80, 3))
    pixels = premultiplied_from_rgb(rgb.astype(np.uint8))
    first, second = colors_of_picture(pixels, 2)
    assert abs(first.blue - 160) < 8
    assert abs(second.red - 200) < 8
    assert colors_of_picture(pixels, 2) == (first, second)


def test_nothing_painted_gives_no_colours():
    assert colors_of_picture(np.zeros((8, 8, 4), np.uint8), 8) == ()


def test_a_name_that_is_taken_gets_a_number():
    assert free_name("a", ["a", "a 2"]) == "a 3"
