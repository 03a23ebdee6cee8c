"""Backing: what the view draws from, composed in small portions so that the window never waits for it.

It knows which tiles are behind the document. The view asks for what it shows first and lets the rest fill in while
nothing else happens.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Iterator

import cv2
import numpy as np
from numpy.typing import NDArray

from sdpaint.document.control import shown_controls
from sdpaint.document.document import Document, changed_overlay_tiles
from sdpaint.document.layers import Layer, MaskLayer
from sdpaint.document.render import Compositor
from sdpaint.gui.canvas.pyramid import LEVELS, Pyramid
from sdpaint.imaging.compositing import times
from sdpaint.imaging.depth import rounded_8
from sdpaint.imaging.geometry import Rect
from sdpaint.imaging.tiles import TILE_SIZE, Pixels, Pixels8, TileKey

_LINES = (0.95, 0.45, 0.1, 0.0)
"""Shares of blue, green and red in which lines of control layers are shown."""

BATCH = 8
"""So many tiles are composed between two looks at the clock."""


class Backing:
    """Picture and overlay of a document as pyramids. `mask` has control layers and masks, None while there are none."""

    def __init__(self, document: Document) -> None:
        self._start(document)

    def _start(self, document: Document) -> None:
        self.compositor = Compositor(document)
        self.picture = Pyramid(document.size)
        self.mask: Pyramid | None = None
        self._behind: set[TileKey] = self.compositor.tiles()
        self._controls = shown_controls(document.layers)
        drawn_over = [*(each.tiles for each in self._controls), *(each.tiles for each in document.shown_masks)]
        self._mask_behind: set[TileKey] = {key for tiles in drawn_over for key in tiles.tiles}
        self._luts = [_tint(mask) for mask in document.shown_masks]

    @property
    def document(self) -> Document:
        """The document that it follows."""
        return self.compositor.document

    @property
    def is_complete(self) -> bool:
        """Whether every tile and every level shows the document."""
        return not (
            self._behind
            or self._mask_behind
            or self.picture.is_stale
            or (self.mask is not None and self.mask.is_stale)
        )

    def update(self, document: Document) -> set[TileKey] | None:
        """Follow the document. Returns the tiles to repaint, None where all of the canvas is."""
        old = self.document
        changed = self.compositor.update(document)
        if changed is None:
            self._start(document)
            return None
        self._behind |= changed
        masked = changed_overlay_tiles(old, document)
        if masked:
            self._controls = shown_controls(document.layers)
            self._luts = [_tint(mask) for mask in document.shown_masks]
            self._mask_behind |= masked
        return changed | masked

    def settle(self) -> None:
        """A stroke is done: what was composed roughly is composed again."""
        self._behind |= self.compositor.settle()

    def is_behind(self, area: Rect) -> bool:
        """Whether a tile under `area` (canvas pixels) waits to be composed."""
        return bool(_under(self._behind, area) or _under(self._mask_behind, area))

    def compose(self, area: Rect | None, deadline: float = math.inf) -> set[TileKey]:
        """Compose the tiles under `area` (None: all) that are behind, until `deadline`. Returns those done.

        At least one batch is done whatever the deadline, so that calls add up.
        """
        done: set[TileKey] = set()
        for keys in _batches(_in_order(_under(self._behind, area))):
            self._behind.difference_update(keys)
            self.compositor.draw(keys, self.picture.pixels)
            for key in keys:
                self.picture.touch(key)
            done.update(keys)
            if time.perf_counter() > deadline:
                return done
        for key in _in_order(_under(self._mask_behind, area)):
            self._mask_behind.discard(key)
            self._put_mask(key)
            done.add(key)
            if time.perf_counter() > deadline:
                return done
        return done

    def refresh_levels(self, level: int = LEVELS - 1, deadline: float = math.inf) -> bool:
        """Bring the smaller pictures up to date. Whether all is done."""
        done = self.picture.refresh(level, deadline)
        if self.mask is not None:
            done = self.mask.refresh(level, deadline) and done
        return done

    def _put_mask(self, key: TileKey) -> None:
        document = self.document
        if not _on_canvas(key, document):
            return
        tinted: Pixels | None = None
        for layer in self._controls:
            drawn = _control_tile(layer, key)
            if drawn is not None:
                tinted = drawn if tinted is None else _over(tinted, drawn)
        for mask, lut in zip(document.shown_masks, self._luts, strict=True):
            coverage = mask.tiles.tile(key)
            if coverage is not None:
                tile = _tinted(coverage, lut)
                tinted = tile if tinted is None else _over(tinted, tile)
        if self.mask is None:
            if tinted is None:
                return
            self.mask = Pyramid(document.size)
        self.mask.put(key, tinted)


def _on_canvas(key: TileKey, document: Document) -> bool:
    size = document.size
    return 0 <= key[0] * TILE_SIZE < size.width and 0 <= key[1] * TILE_SIZE < size.height


def _under(keys: set[TileKey], area: Rect | None) -> Iterable[TileKey]:
    if area is None or not keys:
        return keys
    if area.is_empty:
        return ()
    left, top = area.left // TILE_SIZE, area.top // TILE_SIZE
    right, bottom = (area.right - 1) // TILE_SIZE, (area.bottom - 1) // TILE_SIZE
    if (right - left + 1) * (bottom - top + 1) < len(keys):
        return keys.intersection(area.tiles(TILE_SIZE))
    return {key for key in keys if left <= key[0] <= right and top <= key[1] <= bottom}


def _batches(keys: list[TileKey]) -> Iterator[list[TileKey]]:
    return (keys[start : start + BATCH] for start in range(0, len(keys), BATCH))


def _in_order(keys: Iterable[TileKey]) -> list[TileKey]:
    """Row by row, as one reads."""
    return sorted(keys, key=lambda key: (key[1], key[0]))


def _tint(mask: MaskLayer) -> NDArray[np.uint32]:
    """The premultiplied pixel for each coverage."""
    alpha = np.arange(256) * (mask.opacity * mask.strength)
    color = np.array([mask.color.blue, mask.color.green, mask.color.red, 255]) / 255.0
    table = np.rint(alpha[:, None] * color).astype(np.uint8)
    return np.ascontiguousarray(table).view(np.uint32)[:, 0]


def _control_tile(layer: Layer, key: TileKey) -> Pixels | None:
    """(h, w, 4) premultiplied BGRA of a control layer at its opacity; None where nothing is on it."""
    tile = layer.tiles.tile(key)
    if tile is None:
        return None
    mask = layer.shown_mask
    share = None if mask is None else mask.tile(key)
    if mask is not None and share is None and mask.default == 0:
        return None
    shown = rounded_8(tile if share is None else times(tile, share))
    if layer.control is not None and layer.control.kind.is_lines:
        shown = _tinted_lines(shown)
    return shown if layer.opacity == 1.0 else np.asarray(cv2.convertScaleAbs(shown, alpha=layer.opacity), np.uint8)


def _tinted_lines(pixels: Pixels8) -> Pixels8:
    """Dark lines in blue, as on blueprints: they are no part of the picture. What covers them in white stays white."""
    ink = cv2.subtract(cv2.merge([pixels[..., 3]] * 4), pixels)
    return np.asarray(cv2.add(pixels, cv2.multiply(ink, _LINES)), np.uint8)


def _over(below: Pixels, above: Pixels) -> Pixels:
    """One mask's tint on that of another, both premultiplied."""
    rest = 255 - above[..., 3:].astype(np.uint16)
    return np.asarray(above + (below * rest + 127) // 255, np.uint8)


def _tinted(coverage: Pixels, lut: NDArray[np.uint32]) -> Pixels:
    """(h, w) coverage → (h, w, 4) premultiplied BGRA in the mask's colour."""
    return lut[coverage].view(np.uint8).reshape(*coverage.shape, 4)
