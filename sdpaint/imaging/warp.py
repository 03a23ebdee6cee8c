"""Warping: the pixels of a tile map under a projection, resampled by OpenCV. Safe on any thread.

Pixels are premultiplied, so that nothing of a colour without alpha bleeds into edges. What becomes smaller is reduced
by area first: any interpolation of a few neighbours would leave out most of what is there.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from enum import Enum

import cv2
import numpy as np

from sdpaint.imaging.compositing import times
from sdpaint.imaging.geometry import Point, Rect
from sdpaint.imaging.projection import Projection
from sdpaint.imaging.raster import filled_polygon
from sdpaint.imaging.selection import FULL_TILE
from sdpaint.imaging.tiles import TILE_SIZE, Pixels, TileKey, TileMap, tile_rect

BLOCK_TILES = 8
"""Tiles a side that are warped at once: what is large and empty costs no memory."""


class Interpolation(Enum):
    """How pixels between pixels are made; the value is the label."""

    NEAREST = "Nearest"
    BILINEAR = "Bilinear"
    BICUBIC = "Bicubic"
    LANCZOS = "Lanczos"


_FLAGS = {
    Interpolation.NEAREST: cv2.INTER_NEAREST,
    Interpolation.BILINEAR: cv2.INTER_LINEAR,
    Interpolation.BICUBIC: cv2.INTER_CUBIC,
    Interpolation.LANCZOS: cv2.INTER_LANCZOS4,
}


def warped(
    tiles: TileMap,
    projection: Projection,
    interpolation: Interpolation,
    within: Rect,
    place: Rect | None = None,
) -> TileMap:
    """The pixels where the projection puts them, as far as they come to lie `within`.

    `place` is a rectangle around all of them, where the caller knows it. A move by whole pixels is exact and keeps
    everything.
    """
    if tiles.is_empty:
        return tiles
    shift = projection.whole_shift
    if shift is not None:
        return tiles.translated(*shift)
    place = tiles.bounds() if place is None else place
    pixels = tiles.read(place)
    to_canvas = Projection.shift(place.x, place.y).then(projection)
    if interpolation is not Interpolation.NEAREST:
        pixels, to_canvas = _reduced(pixels, to_canvas)
    target = projection.bounds(place).intersected(within)
    corners = None if interpolation is Interpolation.NEAREST else _on_raster(projection.corners(place))
    changes: dict[TileKey, Pixels | None] = {}
    for block in _blocks(target):
        result = warp_pixels(pixels, to_canvas, interpolation, block, corners)
        changes.update(_tiles_of(result, block))
    return TileMap(tiles.channels, depth=tiles.depth).with_tiles(changes)


def warp_pixels(
    pixels: Pixels,
    to_canvas: Projection,
    interpolation: Interpolation,
    into: Rect,
    corners: Sequence[Point] | None = None,
) -> Pixels:
    """What comes to lie under `into`: (height, width, 4) or (height, width) of it.

    `to_canvas` maps positions in `pixels`, whose first one spans 0 … 1, to the canvas. With `corners`, where those of
    the picture come to lie, its outer edge is as sharp as pixels allow, and not as soft as the interpolation is.
    """
    # OpenCV has the middle of a pixel at whole numbers.
    matrix = (
        Projection.shift(0.5, 0.5).then(to_canvas).then(Projection.shift(-into.x - 0.5, -into.y - 0.5)).matrix
    )
    result = np.asarray(
        cv2.warpPerspective(
            pixels,
            matrix,
            (into.width, into.height),
            flags=_FLAGS[interpolation],
            borderMode=cv2.BORDER_CONSTANT if corners is None else cv2.BORDER_REPLICATE,
            borderValue=0,
        )
    )
    if result.ndim == 3 and interpolation in (Interpolation.BICUBIC, Interpolation.LANCZOS):
        # They overshoot, and a colour must stay within its alpha.
        np.minimum(result[..., :3], result[..., 3:], out=result[..., :3])
    return result if corners is None else _cut(result, filled_polygon(corners, into))


def _on_raster(corners: Sequence[Point]) -> list[Point]:
    """Rounded to what the raster tells apart: it cuts the rest off, and an edge on a pixel's border would leave it."""
    return [Point(round(p.x * 64) / 64, round(p.y * 64) / 64) for p in corners]


def _cut(pixels: Pixels, coverage: Pixels) -> Pixels:
    """Pixels times coverage (height, width)."""
    if coverage.min() == 255:
        return pixels
    if pixels.ndim == 3:
        return times(pixels, coverage)
    return np.asarray(cv2.multiply(pixels, coverage, scale=1 / 255), np.uint8)


def reduced_to(pixels: Pixels, most_area: int) -> Pixels:
    """The same picture with at most about so many pixels."""
    height, width = pixels.shape[:2]
    factor = math.sqrt(most_area / max(1, width * height))
    if factor >= 1.0:
        return pixels
    size = max(1, round(width * factor)), max(1, round(height * factor))
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), pixels.dtype)


def _reduced(pixels: Pixels, to_canvas: Projection) -> tuple[Pixels, Projection]:
    """Pixels no finer than where they are largest after the projection, and the projection for those."""
    height, width = pixels.shape[:2]
    a, b, c, d = to_canvas.corners(Rect(0, 0, width, height))
    across = max((b - a).length, (c - d).length) / width
    down = max((d - a).length, (c - b).length) / height
    size = (
        max(1, math.ceil(width * across - 1e-6)) if across < 1.0 else width,
        max(1, math.ceil(height * down - 1e-6)) if down < 1.0 else height,
    )
    if size == (width, height):
        return pixels, to_canvas
    small = np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), pixels.dtype)
    back = Projection.linear(width / size[0], 0.0, 0.0, height / size[1])
    return small, back.then(to_canvas)


def _blocks(target: Rect) -> Iterator[Rect]:
    side = BLOCK_TILES * TILE_SIZE
    for column, row in target.tiles(side):
        block = Rect(column * side, row * side, side, side).intersected(target)
        # Whole tiles: they are cut out of the block one by one.
        left, top = block.left // TILE_SIZE * TILE_SIZE, block.top // TILE_SIZE * TILE_SIZE
        right, bottom = -(-block.right // TILE_SIZE) * TILE_SIZE, -(-block.bottom // TILE_SIZE) * TILE_SIZE
        yield Rect.from_edges(left, top, right, bottom)


def _tiles_of(pixels: Pixels, block: Rect) -> Iterator[tuple[TileKey, Pixels | None]]:
    for key in block.tiles(TILE_SIZE):
        at = tile_rect(key).translated(-block.x, -block.y)
        part = pixels[at.top : at.bottom, at.left : at.right]
        if part.ndim == 2 and part.min() == 255:
            yield key, FULL_TILE
        else:
            yield key, np.ascontiguousarray(part) if part.any() else None
