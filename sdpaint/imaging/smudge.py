"""Smudging and mixing: dabs that carry along what they find, and lay it down where they go."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from sdpaint.imaging.brush import BrushParams
from sdpaint.imaging.color import Color
from sdpaint.imaging.geometry import Rect
from sdpaint.imaging.stroke import CoverageBuffer
from sdpaint.imaging.tiles import TILE_SIZE, Pixels, TileKey, TileMap
from sdpaint.imaging.tip_stroke import TipDab, TipStampCache

_Patch = NDArray[np.float32]


class SmudgeBuffer(CoverageBuffer[TipDab]):
    """The layer as a smudging stroke leaves it, in float32, so that colours don't stick at the last level.

    Each dab lays down what the last one left under the brush, moved along: `smudge` of it, and the rest is what is
    there; so a colour fades out on the way. `paint_load` is how much of the brush's own colour joins it each time.
    Each image that symmetry makes of the stroke carries what it found itself.
    """

    def __init__(
        self, params: BrushParams, bounds: Rect, tips: TipStampCache, base: TileMap, color: Color
    ) -> None:
        super().__init__(params, bounds)
        self._tips = tips
        self._base = base
        alpha = color.alpha / 255
        self._full = np.float32(255 if base.depth == 8 else 65535)
        red, green, blue = color.levels
        premultiplied = [blue * alpha, green * alpha, red * alpha, color.alpha]
        self._color = np.array(premultiplied, np.float32) * np.float32(self._full / 255)
        self._painted: dict[TileKey, _Patch] = {}
        self._carried: dict[int, tuple[int, int, _Patch]] = {}

    def draw(self, dabs: Iterable[TipDab]) -> None:
        """Carry on along the dabs."""
        load = np.float32(self._params.paint_load)
        for dab in dabs:
            x, y, stamp = self._tips.stamp_at(self._params.tip, dab)
            height, width = stamp.mask.shape
            rect = Rect(x, y, width, height).intersected(self._bounds)
            if rect.is_empty or dab.flow <= 0.0 or dab.opacity <= 0.0:
                continue
            found = self._read(rect)
            brought = self._brought(found, rect.x - x + stamp.left, rect.y - y + stamp.top, dab.image)
            if load > 0.0:
                brought += (self._color - brought) * load
            mask = stamp.mask[rect.y - y : rect.bottom - y, rect.x - x : rect.right - x]
            weight = (mask * np.float32(dab.flow * dab.opacity * self._params.smudge))[..., None]
            laid = found + (brought - found) * weight
            self._write(rect, laid)
            self._carried[dab.image] = rect.x - x + stamp.left, rect.y - y + stamp.top, laid

    def pixels(self, key: TileKey, part: Rect) -> Pixels | None:
        """The part of the tile as it is now, (h, w, 4) premultiplied BGRA."""
        view = self._painted[key][part.top : part.bottom, part.left : part.right]
        result: Pixels = np.asarray(np.clip(view + np.float32(0.5), 0, self._full), self._base.dtype)
        np.minimum(result[..., :3], result[..., 3:], out=result[..., :3])
        return result

    def _brought(self, found: _Patch, left: int, top: int, image: int) -> _Patch:
        """What the brush brings along to a patch; where it has nothing yet, what is there."""
        brought = found.copy()
        if image in self._carried:
            old_left, old_top, old = self._carried[image]
            mine, theirs = _overlap(left, found.shape[1], old_left, old.shape[1])
            my_rows, their_rows = _overlap(top, found.shape[0], old_top, old.shape[0])
            brought[my_rows, mine] = old[their_rows, theirs]
        return brought

    def _read(self, rect: Rect) -> _Patch:
        patch = np.empty((rect.height, rect.width, 4), np.float32)
        for key, inside, outside in _parts(rect):
            patch[outside] = self._tile(key)[inside]
        return patch

    def _write(self, rect: Rect, patch: _Patch) -> None:
        for key, inside, outside in _parts(rect):
            rows, columns = inside
            # Transmittance isn't used here; the tile of it says which part is dirty.
            self._touched(key, (columns.start, rows.start, columns.stop, rows.stop))
            self._tile(key)[inside] = patch[outside]

    def _tile(self, key: TileKey) -> _Patch:
        tile = self._painted.get(key)
        if tile is None:
            base = self._base.tile(key)
            shape = (TILE_SIZE, TILE_SIZE, 4)
            tile = np.zeros(shape, np.float32) if base is None else base.astype(np.float32)
            self._painted[key] = tile
        return tile


def _overlap(start: int, length: int, other_start: int, other_length: int) -> tuple[slice, slice]:
    first = max(start, other_start)
    end = max(first, min(start + length, other_start + other_length))
    return slice(first - start, end - start), slice(first - other_start, end - other_start)


def _parts(rect: Rect) -> list[tuple[TileKey, tuple[slice, slice], tuple[slice, slice]]]:
    """For each tile under `rect`: its key, rows and columns in the tile, and in the rectangle."""
    parts = []
    for row in range(rect.top // TILE_SIZE, (rect.bottom - 1) // TILE_SIZE + 1):
        upper, lower = max(rect.top, row * TILE_SIZE), min(rect.bottom, (row + 1) * TILE_SIZE)
        for column in range(rect.left // TILE_SIZE, (rect.right - 1) // TILE_SIZE + 1):
            first, end = max(rect.left, column * TILE_SIZE), min(rect.right, (column + 1) * TILE_SIZE)
            inside = (
                slice(upper - row * TILE_SIZE, lower - row * TILE_SIZE),
                slice(first - column * TILE_SIZE, end - column * TILE_SIZE),
            )
            outside = slice(upper - rect.top, lower - rect.top), slice(first - rect.left, end - rect.left)
            parts.append(((column, row), inside, outside))
    return parts
