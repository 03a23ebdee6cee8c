"""Pyramid: one picture at full size and at every half down to a 64th, updated tile by tile.

Zoomed out, the view draws from the level that is at most twice too large, so that every pixel of the canvas counts:
nothing shimmers, and a 4096² canvas costs no more than the window's pixels. Memory comes from numpy's zeros, which the
system hands out page by page: what stays transparent costs nothing.
"""

from __future__ import annotations

import math
import time

import numpy as np
from PySide6.QtCore import QRectF
from PySide6.QtGui import QImage, QPainter

from sdpaint.imaging.geometry import Rect, Size
from sdpaint.imaging.raster import image_over, painting
from sdpaint.imaging.tiles import TILE_SIZE, Pixels, TileKey

LEVELS = 7
"""Full size and six halves: enough for the smallest zoom."""
HALF = TILE_SIZE // 2


class Pyramid:
    """Levels of a picture of `size`, all transparent at first. Level k holds every pixel of 2ᵏ × 2ᵏ canvas pixels."""

    def __init__(self, size: Size) -> None:
        self.size = size
        columns, rows = -(-size.width // TILE_SIZE), -(-size.height // TILE_SIZE)
        self._levels: list[Pixels] = [np.zeros((rows * TILE_SIZE, columns * TILE_SIZE, 4), np.uint8)]
        for _ in range(1, LEVELS):
            self._levels.append(np.zeros((rows * HALF, columns * HALF, 4), np.uint8))
            columns, rows = (columns + 1) // 2, (rows + 1) // 2
        # Blocks of HALF × HALF pixels, level by level, that are behind the level below. Dictionaries keep the order.
        self._stale: list[dict[TileKey, None]] = [{} for _ in range(LEVELS)]

    @property
    def is_stale(self) -> bool:
        """Whether smaller levels are behind."""
        return any(self._stale)

    def image(self, level: int) -> QImage:
        """The pixels of a level; it shares their memory, so it is for drawing at once."""
        return image_over(self._levels[level])

    def bounds(self, level: int) -> Rect:
        """What the canvas covers of a level, in pixels of that level."""
        return Rect(0, 0, -(-self.size.width // (1 << level)), -(-self.size.height // (1 << level)))

    @property
    def pixels(self) -> Pixels:
        """Full size, (height, width, 4), up to whole tiles, for writing tiles into; `touch` must be told of each."""
        return self._levels[0]

    def put(self, key: TileKey, tile: Pixels | None) -> None:
        """Replace a tile of full size; None clears it."""
        self._place(key)[:] = 0 if tile is None else tile
        self.touch(key)

    def touch(self, key: TileKey) -> None:
        """A tile of full size was written to."""
        place = self._place(key)
        # Edge pixels go on outside the canvas: smoothing at the edge must not fetch what isn't seen.
        if (width := self.size.width - key[0] * TILE_SIZE) < TILE_SIZE:
            place[:, width:] = place[:, width - 1 : width]
        if (height := self.size.height - key[1] * TILE_SIZE) < TILE_SIZE:
            place[height:] = place[height - 1]
        self._stale[1][key] = None

    def _place(self, key: TileKey) -> Pixels:
        x, y = key[0] * TILE_SIZE, key[1] * TILE_SIZE
        return self._levels[0][y : y + TILE_SIZE, x : x + TILE_SIZE]

    def refresh(self, level: int = LEVELS - 1, deadline: float = math.inf) -> bool:
        """Bring the levels up to `level` up to date, until `deadline` (time.perf_counter). Whether all is done."""
        for at in range(1, level + 1):
            stale = self._stale[at]
            if not stale:
                continue
            source, target = image_over(self._levels[at - 1]), self._levels[at]
            with painting(target) as painter:
                painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
                painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_Source)
                while stale:
                    column, row = stale.popitem()[0]
                    painter.drawImage(
                        QRectF(column * HALF, row * HALF, HALF, HALF),
                        source,
                        QRectF(column * TILE_SIZE, row * TILE_SIZE, TILE_SIZE, TILE_SIZE),
                    )
                    if at + 1 < LEVELS:
                        self._stale[at + 1][column // 2, row // 2] = None
                    if time.perf_counter() > deadline:
                        return not any(self._stale[1 : level + 1])
        return True


def level_for(zoom: float) -> int:
    """The smallest level that has at least one pixel for each device pixel at this zoom."""
    if zoom >= 1.0:
        return 0
    # A little tolerance: a zoom of 0.4999 is meant to be a half.
    return min(LEVELS - 1, int(math.log2(1.0 / zoom) + 0.01))
