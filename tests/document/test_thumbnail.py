"""Thumbnails."""

from __future__ import annotations

import numpy as np
import pytest

from sdpaint.document.thumbnail import Thumbnailer
from sdpaint.imaging.geometry import Rect, Size
from sdpaint.imaging.tiles import TileMap


def canvas_of(size: Size, color=(10, 20, 30, 255)) -> np.ndarray:
    pixels = np.zeros((size.height, size.width, 4), np.uint8)
    pixels[:] = color
    return pixels


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        (Size(1024, 512), (32, 64)),
        (Size(300, 900), (64, 21)),
        (Size(40, 30), (48, 64)),
        (Size(10000, 100), (1, 64)),
    ],
)
def test_a_thumbnail_has_the_proportions_of_the_canvas(size, expected):
    tiles = TileMap.from_pixels(canvas_of(size))
    picture = Thumbnailer(64).thumbnail("a", tiles, size)
    assert picture.shape == (*expected, 4)
    inner = picture[: max(1, expected[0] - 1), : expected[1] - 1]
    assert abs(inner.astype(int) - (10, 20, 30, 255)).max() <= 1


def test_what_lies_outside_the_canvas_isnt_shown():
    tiles = TileMap.from_pixels(canvas_of(Size(256, 256)), 256, 0)
    assert not Thumbnailer(64).thumbnail("a", tiles, Size(256, 256)).any()


def test_a_mask_gives_coverage():
    tiles = TileMap(1).with_pixels(Rect(0, 0, 256, 128), np.full((128, 256), 255, np.uint8))
    picture = Thumbnailer(64).thumbnail("m", tiles, Size(256, 256))
    assert picture.shape == (64, 64)
    assert picture[:31].min() == 255
    assert picture[33:].max() == 0


def test_a_change_gives_the_same_as_drawing_anew():
    size = Size(700, 500)
    random = np.random.default_rng(3)
    first = TileMap.from_pixels(np.full((500, 700, 4), 200, np.uint8))
    second = first.with_pixels(Rect(100, 90, 300, 200), random.integers(0, 256, (200, 300, 4), np.uint8))
    third = second.cleared(Rect(0, 0, 128, 128))
    drawer = Thumbnailer(64)
    for tiles in (first, second, third, first):
        assert np.array_equal(drawer.thumbnail("a", tiles, size), Thumbnailer(64).thumbnail("a", tiles, size))


def test_only_changed_tiles_are_reduced(monkeypatch):
    from sdpaint.document import thumbnail

    size = Size(1024, 1024)
    first = TileMap.from_pixels(canvas_of(size))
    drawer = Thumbnailer(64)
    drawer.thumbnail("a", first, size)
    counted = []
    real = thumbnail._reduced
    monkeypatch.setattr(thumbnail, "_reduced", lambda tile, factor: counted.append(1) or real(tile, factor))
    drawer.thumbnail("a", first.with_pixels(Rect(0, 0, 10, 10), np.zeros((10, 10, 4), np.uint8)), size)
    assert len(counted) == 1
    drawer.forget_all_but(set())
    drawer.thumbnail("a", first, size)
    assert len(counted) == 1 + 64
