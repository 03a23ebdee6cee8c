"""Straight and premultiplied pixels: every value there is."""

from __future__ import annotations

import numpy as np

from sdpaint.imaging.pixels import (
    premultiplied_from_rgb,
    premultiplied_from_rgba,
    rgb_over,
    rgba_from_premultiplied,
)

ALPHA, VALUE = np.meshgrid(np.arange(256), np.arange(256), indexing="ij")
"""Every pair of alpha and colour."""


def every_pixel() -> np.ndarray:
    return np.dstack((VALUE, 255 - VALUE, VALUE // 2, ALPHA)).astype(np.uint8)


def test_premultiplying_rounds_to_nearest():
    bgra = premultiplied_from_rgba(every_pixel())
    assert np.array_equal(bgra[..., 2], np.rint(VALUE * ALPHA / 255))
    assert np.array_equal(bgra[..., 1], np.rint((255 - VALUE) * ALPHA / 255))
    assert np.array_equal(bgra[..., 3], ALPHA)


def test_there_and_back_and_there_again_is_the_same():
    bgra = premultiplied_from_rgba(every_pixel())
    assert np.array_equal(premultiplied_from_rgba(rgba_from_premultiplied(bgra)), bgra)


def test_every_possible_premultiplied_pixel_survives_the_way_through_a_file():
    blue = np.minimum(VALUE, ALPHA)
    bgra = np.dstack((blue, ALPHA - blue, blue // 2, ALPHA)).astype(np.uint8)
    assert np.array_equal(premultiplied_from_rgba(rgba_from_premultiplied(bgra)), bgra)


def test_straight_colours_are_the_nearest_ones():
    blue = np.minimum(VALUE, ALPHA)
    bgra = np.dstack((blue, blue, blue, ALPHA)).astype(np.uint8)
    expected = np.floor(blue * 255 / np.maximum(ALPHA, 1) + 0.5)
    assert np.array_equal(rgba_from_premultiplied(bgra)[..., 2], expected)


def test_what_is_transparent_has_no_colour():
    pixels = np.array([[[9, 8, 7, 0]]], np.uint8)
    assert not premultiplied_from_rgba(pixels).any()
    assert not rgba_from_premultiplied(pixels).any()


def test_colours_brighter_than_their_alpha_are_clipped():
    assert rgba_from_premultiplied(np.array([[[9, 200, 3, 100]]], np.uint8)).tolist() == [[[8, 255, 23, 100]]]


def test_what_is_given_stays_as_it_is():
    pixels = every_pixel()
    pixels.flags.writeable = False
    premultiplied_from_rgba(pixels)
    rgba_from_premultiplied(pixels)
    assert np.array_equal(pixels, every_pixel())


def test_views_are_understood():
    pixels = every_pixel()
    assert np.array_equal(premultiplied_from_rgba(pixels[3:90, 7:50]), premultiplied_from_rgba(pixels)[3:90, 7:50])


def test_opaque_pictures_only_change_their_order():
    rgb = every_pixel()[..., :3]
    bgra = premultiplied_from_rgb(rgb)
    assert np.array_equal(bgra[..., 2::-1], rgb)
    assert (bgra[..., 3] == 255).all()
    assert np.array_equal(rgba_from_premultiplied(bgra)[..., :3], rgb)


def test_transparent_pixels_show_the_paper():
    assert rgb_over(np.zeros((1, 1, 4), np.uint8), (10, 20, 30)).tolist() == [[[10, 20, 30]]]
    opaque = premultiplied_from_rgb(every_pixel()[..., :3])
    assert np.array_equal(rgb_over(opaque, (10, 20, 30)), every_pixel()[..., :3])
