"""Thumbnails of layers and masks, reduced tile by tile, so that a stroke costs only the tiles that it touched."""

from __future__ import annotations

import math

import numpy as np

from sdpaint.document.layers import LayerId
from sdpaint.imaging.depth import rounded_8
from sdpaint.imaging.geometry import Size
from sdpaint.imaging.raster import scaled
from sdpaint.imaging.tiles import TILE_SIZE, Pixels, TileKey, TileMap


class Thumbnailer:
    """Small pictures of tile maps; remembers the reduced tiles of each. For one thread at a time."""

    def __init__(self, side_px: int) -> None:
        """`side_px`: of the longer side of a thumbnail."""
        self._side_px = side_px
        self._known: dict[LayerId, tuple[TileMap, int, dict[TileKey, Pixels]]] = {}

    def thumbnail(self, key: LayerId, tiles: TileMap, canvas: Size) -> Pixels:
        """The pixels on the canvas at most `side_px` a side, (h, w, 4) premultiplied BGRA or (h, w) coverage."""
        factor = _factor(canvas, self._side_px)
        before, known_factor, reduced = self._known.get(key, (None, factor, {}))
        if before is None or known_factor != factor or before.channels != tiles.channels:
            before, reduced = TileMap(tiles.channels), {}
        fresh = dict(reduced)
        for tile_key in tiles.changed_tiles(before):
            tile = tiles.tile(tile_key)
            if tile is None:
                fresh.pop(tile_key, None)
            else:
                fresh[tile_key] = _reduced(tile, factor)
        self._known[key] = (tiles, factor, fresh)
        return self._assembled(fresh, factor, tiles.channels, canvas)

    def forget_all_but(self, keys: set[LayerId]) -> None:
        """Let go of what isn't shown any more."""
        self._known = {key: value for key, value in self._known.items() if key in keys}

    def _assembled(self, reduced: dict[TileKey, Pixels], factor: int, channels: int, canvas: Size) -> Pixels:
        side = TILE_SIZE // factor
        columns, rows = math.ceil(canvas.width / TILE_SIZE), math.ceil(canvas.height / TILE_SIZE)
        shape = (rows * side, columns * side) if channels == 1 else (rows * side, columns * side, channels)
        whole = np.zeros(shape, np.uint8)
        for (column, row), tile in reduced.items():
            if 0 <= column < columns and 0 <= row < rows:
                whole[row * side : (row + 1) * side, column * side : (column + 1) * side] = tile
        height, width = max(1, canvas.height // factor), max(1, canvas.width // factor)
        longest = max(canvas.width, canvas.height)
        scale = self._side_px / longest
        size = Size(max(1, round(canvas.width * scale)), max(1, round(canvas.height * scale)))
        return scaled(np.ascontiguousarray(whole[:height, :width]), size)


def _factor(canvas: Size, side_px: int) -> int:
    """The largest power of two that leaves at least `side_px` pixels, a pixel of every tile, and no less of the canvas.

    Averages over the edge of a canvas that is narrower than one of them would mix in what lies beyond.
    """
    spare = max(1, min(max(canvas.width, canvas.height) // max(1, side_px), canvas.width, canvas.height))
    return min(TILE_SIZE, 1 << (spare.bit_length() - 1))


def _reduced(tile: Pixels, factor: int) -> Pixels:
    """Averages of factor × factor pixels."""
    if factor == 1:
        return rounded_8(tile)
    side = TILE_SIZE // factor
    tile = rounded_8(tile)
    blocks = tile.reshape(side, factor, side, factor, -1)
    means: Pixels = (blocks.sum(axis=(1, 3), dtype=np.uint32) // (factor * factor)).astype(np.uint8)
    return means.reshape((side, side) if tile.ndim == 2 else (side, side, tile.shape[2]))
