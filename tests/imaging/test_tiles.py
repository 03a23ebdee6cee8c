"""TileMap against a plain array."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdpaint.imaging.geometry import Rect
from sdpaint.imaging.tiles import TILE_SIZE, TileMap, tile_rect

PLANE = Rect(-150, -140, 420, 400)
"""Where the tests draw; negative coordinates and tile borders included."""

rects = st.builds(
    Rect, st.integers(-150, 250), st.integers(-140, 240), st.integers(0, 160), st.integers(0, 160)
).map(lambda rect: rect.intersected(PLANE))
channels = st.sampled_from([1, 4])


def pixels(rect: Rect, channel_count: int, seed: int) -> np.ndarray:
    shape = (rect.height, rect.width) if channel_count == 1 else (rect.height, rect.width, 4)
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)


def slices(rect: Rect) -> tuple[slice, slice]:
    at = rect.translated(-PLANE.x, -PLANE.y)
    return slice(at.top, at.bottom), slice(at.left, at.right)


@st.composite
def drawings(draw, channel_count=None):
    """A map and the array that it should equal, from a few edits."""
    count = channel_count or draw(channels)
    tiles, plane = TileMap(count), TileMap(count).read(PLANE)
    for seed, rect in enumerate(draw(st.lists(rects, max_size=4))):
        if draw(st.booleans()):
            new = pixels(rect, count, seed)
            tiles, plane[slices(rect)] = tiles.with_pixels(rect, new), new
        else:
            tiles, plane[slices(rect)] = tiles.cleared(rect), 0
    return tiles, plane


@given(drawings())
def test_a_map_reads_as_what_was_drawn(drawing):
    tiles, plane = drawing
    assert np.array_equal(tiles.read(PLANE), plane)


@given(drawings(), rects)
def test_any_part_reads_as_that_part(drawing, rect):
    tiles, plane = drawing
    assert np.array_equal(tiles.read(rect), plane[slices(rect)])


@given(drawings(), rects)
def test_an_edit_leaves_the_old_map_as_it_was(drawing, rect):
    tiles, plane = drawing
    tiles.with_pixels(rect, pixels(rect, tiles.channels, 99))
    assert np.array_equal(tiles.read(PLANE), plane)


@given(drawings(), rects)
def test_an_edit_shares_every_tile_that_it_does_not_touch(drawing, rect):
    tiles, _ = drawing
    edited = tiles.with_pixels(rect, pixels(rect, tiles.channels, 99))
    touched = set(rect.tiles(TILE_SIZE))
    assert tiles.changed_tiles(edited) <= touched
    for key in tiles.tiles.keys() - touched:
        assert edited.tile(key) is tiles.tile(key)


@given(drawings(), drawings())
def test_changed_tiles_hold_every_difference(one, other):
    (a, _), (b, _) = one, other
    if a.channels != b.channels:
        return
    changed = a.changed_tiles(b)
    assert changed == b.changed_tiles(a)
    for key in a.tiles.keys() | b.tiles.keys():
        if key not in changed:
            assert np.array_equal(a.read(tile_rect(key)), b.read(tile_rect(key)))


@given(drawings())
def test_no_tile_of_zeros_is_kept(drawing):
    tiles, plane = drawing
    assert all(tile.any() for tile in tiles.tiles.values())
    assert tiles.is_empty == (not plane.any())


@given(drawings())
def test_equality_is_of_pixels_not_of_identity(drawing):
    tiles, plane = drawing
    again = TileMap(tiles.channels).with_pixels(PLANE, plane)
    assert again == tiles
    assert (again != tiles) is False


@given(drawings())
def test_bounds_are_the_smallest_around_the_pixels(drawing):
    tiles, plane = drawing
    bounds = tiles.bounds()
    used = plane if plane.ndim == 2 else plane.any(axis=2)
    if not used.any():
        assert bounds.is_empty
        return
    rows, columns = np.flatnonzero(used.any(axis=1)), np.flatnonzero(used.any(axis=0))
    assert bounds == Rect.from_edges(
        int(columns[0]) + PLANE.x, int(rows[0]) + PLANE.y, int(columns[-1]) + 1 + PLANE.x, int(rows[-1]) + 1 + PLANE.y
    )


@given(drawings(), rects)
def test_cropping_keeps_what_is_inside(drawing, rect):
    tiles, plane = drawing
    expected = np.zeros_like(plane)
    expected[slices(rect)] = plane[slices(rect)]
    assert np.array_equal(tiles.cropped(rect).read(PLANE), expected)


@given(drawings(), st.integers(-300, 300), st.integers(-300, 300))
def test_moving_moves_the_pixels(drawing, dx, dy):
    tiles, plane = drawing
    moved = tiles.translated(dx, dy)
    assert np.array_equal(moved.read(PLANE.translated(dx, dy)), plane)
    assert moved.translated(-dx, -dy) == tiles


@given(drawings(), st.integers(-3, 3), st.integers(-3, 3))
def test_moving_by_whole_tiles_shares_them(drawing, columns, rows):
    tiles, _ = drawing
    moved = tiles.translated(columns * TILE_SIZE, rows * TILE_SIZE)
    for (column, row), tile in tiles.tiles.items():
        assert moved.tile((column + columns, row + rows)) is tile


def test_shared_tiles_are_read_only():
    tiles = TileMap.from_pixels(np.full((10, 10, 4), 7, np.uint8))
    tile = tiles.tile((0, 0))
    assert tile is not None
    with pytest.raises(ValueError, match="read-only"):
        tile[0, 0] = 1
    copy = tiles.editable_tile((0, 0))
    copy[0, 0] = 1
    assert tiles.read(Rect(0, 0, 1, 1))[0, 0, 0] == 7


def test_the_same_pixels_drawn_again_change_nothing():
    tiles = TileMap.from_pixels(pixels(Rect(0, 0, 200, 200), 4, 1))
    assert tiles.with_pixels(Rect(0, 0, 200, 200), pixels(Rect(0, 0, 200, 200), 4, 1)) is tiles


@pytest.mark.parametrize("wrong", [np.zeros((64, 64, 4), np.uint8) + 1, np.ones((128, 128, 4), np.float32)])
def test_tiles_of_the_wrong_kind_are_refused(wrong):
    with pytest.raises(ValueError, match="a tile is"):
        TileMap(4).with_tiles({(0, 0): wrong})


def test_pixels_of_the_wrong_shape_are_refused():
    with pytest.raises(ValueError, match="pixels are"):
        TileMap(4).with_pixels(Rect(0, 0, 5, 5), np.zeros((5, 4, 4), np.uint8))
    with pytest.raises(ValueError, match="channels"):
        TileMap(3)
