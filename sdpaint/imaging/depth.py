"""Bits a channel: 8 and 16, and the way from one to the other.

From 8 to 16 is exact, × 257, so that 255 becomes 65535. Back is rounded to nearest, or dithered: a level between two is
shown by how many pixels have the one and the other. What came from 8 bits goes back to the same bytes either way. All
channels of a pixel meet the same threshold, so no premultiplied colour comes to lie above its alpha.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from sdpaint.imaging.geometry import Rect
from sdpaint.imaging.gradient import noise
from sdpaint.imaging.tiles import Pixels, Pixels8, TileKey, TileMap, tile_rect


def depth_of(pixels: Pixels) -> int:
    """Bits a channel, 8 or 16."""
    return 8 * pixels.itemsize


def deepened(pixels: Pixels) -> NDArray[np.uint16]:
    """At 16 bits a channel: exact."""
    if pixels.dtype == np.uint16:
        return np.asarray(pixels, np.uint16)
    return np.multiply(pixels, np.uint16(257), dtype=np.uint16)


def rounded_8(pixels: Pixels) -> Pixels8:
    """At 8 bits a channel, rounded to nearest; the same array where it is so already."""
    if pixels.dtype == np.uint8:
        return np.asarray(pixels, np.uint8)
    # (v + 128) // 257 without leaving 16 bits: from 65407 on it is 255.
    wide = np.minimum(pixels, np.uint16(65407))
    wide += np.uint16(128)
    wide //= np.uint16(257)
    return wide.astype(np.uint8)


def dithered_8(pixels: Pixels, x: int = 0, y: int = 0) -> Pixels8:
    """At 8 bits a channel, (h, w, 4) or (h, w, 3), dithered by blue noise. (x, y): where the first pixel lies."""
    if pixels.dtype == np.uint8:
        return np.asarray(pixels, np.uint8)
    thresholds = noise(Rect(x, y, pixels.shape[1], pixels.shape[0])) * np.float32(256)
    return _over(pixels, thresholds.astype(np.uint16)[..., None])


def dithered_tile(tile: Pixels) -> Pixels8:
    """The same for a whole tile: quicker."""
    return np.asarray(tile, np.uint8) if tile.dtype == np.uint8 else _over(tile, _tile_thresholds())


@lru_cache(1)
def _tile_thresholds() -> NDArray[np.uint16]:
    thresholds = (noise(tile_rect((0, 0))) * np.float32(256)).astype(np.uint16)
    return np.ascontiguousarray(np.repeat(thresholds[..., None], 4, axis=2))


def _over(pixels: Pixels, thresholds: NDArray[np.uint16]) -> Pixels8:
    # v - v // 256 is 256 times the level and what is over it.
    wide = pixels - (pixels >> np.uint8(8))
    wide += thresholds
    wide >>= np.uint8(8)
    return wide.astype(np.uint8)


def at_depth(pixels: Pixels, depth: int) -> Pixels:
    """At 8 or 16 bits a channel, rounded; the same array where it is so already."""
    return rounded_8(pixels) if depth == 8 else deepened(pixels)


def map_at_depth(tiles: TileMap, depth: int, dithers: bool = False) -> TileMap:
    """A map of 4 channels at this depth; the same one where it is so already. Tiles that were shared stay so."""
    if tiles.depth == depth:
        return tiles
    made: dict[int, Pixels] = {}
    changes: dict[TileKey, Pixels | None] = {}
    for key, tile in tiles.tiles.items():
        new = made.get(id(tile))
        if new is None:
            new = made[id(tile)] = dithered_tile(tile) if dithers and depth == 8 else at_depth(tile, depth)
        changes[key] = new
    return TileMap(4, depth=depth).with_tiles(changes)
