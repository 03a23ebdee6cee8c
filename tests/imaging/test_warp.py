"""Warping: exact where it can be, smooth where it must be, and colours stay within their alpha."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sdpaint.imaging.geometry import Point, Rect
from sdpaint.imaging.projection import Projection, is_convex
from sdpaint.imaging.tiles import TileMap
from sdpaint.imaging.warp import Interpolation, reduced_to, warped

WORLD = Rect(-2000, -2000, 4000, 4000)


def noise(width=60, height=40, seed=1, channels=4):
    rng = np.random.default_rng(seed)
    if channels == 1:
        return rng.integers(1, 256, (height, width), np.uint8)
    pixels = rng.integers(0, 256, (height, width, 4), np.uint8)
    pixels[..., 3] = np.maximum(pixels[..., 3], 1)
    np.minimum(pixels[..., :3], pixels[..., 3:], out=pixels[..., :3])
    return pixels


def about(pivot: Point, degrees: float) -> Projection:
    cos, sin = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    turn = Projection.linear(cos, -sin, sin, cos)
    return Projection.shift(-pivot.x, -pivot.y).then(turn).then(Projection.shift(pivot.x, pivot.y))


@given(dx=st.integers(-400, 400), dy=st.integers(-400, 400), kind=st.sampled_from(Interpolation))
def test_a_move_by_whole_pixels_is_exact(dx, dy, kind):
    pixels = noise()
    moved = warped(TileMap.from_pixels(pixels, 10, 20), Projection.shift(dx, dy), kind, Rect(0, 0, 1, 1))
    assert moved.bounds() == Rect(10 + dx, 20 + dy, 60, 40)
    assert np.array_equal(moved.read(moved.bounds()), pixels)


@pytest.mark.parametrize("kind", Interpolation)
@pytest.mark.parametrize("channels", [1, 4])
def test_a_quarter_turn_copies_pixels(kind, channels):
    pixels = noise(200, 150, channels=channels)
    turned = warped(TileMap.from_pixels(pixels, 40, 30), about(Point(140, 105), 90), kind, WORLD)
    place = Rect(65, 5, 150, 200)
    assert turned.bounds() == place
    assert np.array_equal(turned.read(place), np.rot90(pixels, -1))


@pytest.mark.parametrize("kind", [Interpolation.BICUBIC, Interpolation.LANCZOS, Interpolation.BILINEAR])
@settings(max_examples=15)
@given(degrees=st.floats(-180, 180), scale=st.floats(0.2, 3.0))
def test_colours_stay_within_their_alpha(kind, degrees, scale):
    projection = about(Point(30, 20), degrees).then(Projection.linear(scale, 0.1, 0.0, scale))
    result = warped(TileMap.from_pixels(noise()), projection, kind, WORLD)
    pixels = result.read(result.bounds())
    assert (pixels[..., :3] <= pixels[..., 3:]).all()


def test_what_is_reduced_keeps_the_share_of_every_pixel():
    checks = np.zeros((256, 256, 4), np.uint8)
    checks[::2, ::2] = checks[1::2, 1::2] = 255
    small = warped(TileMap.from_pixels(checks), Projection.linear(0.125, 0, 0, 0.125), Interpolation.BICUBIC, WORLD)
    inner = small.read(Rect(2, 2, 28, 28))
    assert abs(inner.astype(int) - 128).max() <= 1


def test_nearest_makes_no_new_colours():
    pixels = np.zeros((8, 8, 4), np.uint8)
    pixels[::2] = 255
    large = warped(TileMap.from_pixels(pixels), about(Point(4, 4), 31), Interpolation.NEAREST, WORLD)
    assert set(np.unique(large.read(large.bounds()))) <= {0, 255}


def test_a_turned_edge_is_smooth():
    full = np.full((100, 100, 4), 255, np.uint8)
    turned = warped(TileMap.from_pixels(full), about(Point(50, 50), 20), Interpolation.BILINEAR, WORLD)
    alpha = turned.read(turned.bounds())[..., 3]
    assert ((alpha > 20) & (alpha < 235)).sum() > 200
    assert abs(int(alpha.sum()) / 255 - 100 * 100) < 40


def test_what_lies_beyond_the_limit_is_left_out():
    full = TileMap.from_pixels(np.full((100, 100, 4), 255, np.uint8))
    result = warped(full, Projection.linear(20, 0, 0, 20), Interpolation.BILINEAR, Rect(-300, -300, 700, 700))
    assert Rect(-384, -384, 896, 896).contains(result.bounds())


def test_a_perspective_takes_corners_to_corners():
    start = Projection().corners(Rect(0, 0, 100, 50))
    end = (Point(10, 5), Point(120, 0), Point(90, 70), Point(0, 60))
    projection = Projection.of_corners(start, end)
    for p, q in zip(start, end, strict=True):
        assert (projection.map(p) - q).length < 1e-6
    back = projection.inverted()
    assert (back.map(projection.map(Point(33, 21))) - Point(33, 21)).length < 1e-6


def test_corners_on_a_line_are_refused():
    flat = (Point(0, 0), Point(1, 0), Point(2, 0), Point(3, 0))
    with pytest.raises(ValueError, match="line"):
        Projection.of_corners(flat, Projection().corners(Rect(0, 0, 9, 9)))


def test_a_folded_box_isn_t_convex():
    a, b, c, d = Projection().corners(Rect(0, 0, 10, 10))
    assert is_convex((a, b, c, d))
    assert is_convex((d, c, b, a))
    assert not is_convex((a, c, b, d))
    assert not is_convex((a, b, Point(2, 2), d))


def test_a_proxy_has_no_more_pixels_than_asked_for():
    assert reduced_to(noise(400, 100), 10_000).shape[:2] == (50, 200)
    pixels = noise(40, 10)
    assert reduced_to(pixels, 10_000) is pixels
