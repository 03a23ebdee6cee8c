"""Painting on a layer: its colour, or colours, over, atop or cut out of what was there at press."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sdpaint.document.document import Document, EditTarget
from sdpaint.document.edits import with_layer_tiles
from sdpaint.document.layers import LayerId
from sdpaint.imaging.blend import BlendMode
from sdpaint.imaging.color import Color
from sdpaint.imaging.deep_stroke import deep_colors, laid_deep, opaque_color, opaque_colors
from sdpaint.imaging.geometry import Rect
from sdpaint.imaging.raster import StampMode, TilePainter
from sdpaint.imaging.selection import scaled_by
from sdpaint.imaging.stroke import CoverageBuffer
from sdpaint.imaging.tiles import Pixels, TileKey, TileMap
from sdpaint.tools.base import ToolRefused
from sdpaint.tools.stroke_target import StrokeTarget, check_editable


class LayerTarget(StrokeTarget):
    """The active layer. Raises ToolRefused where painting on it couldn't be seen."""

    def __init__(
        self,
        document: Document,
        color: Color,
        opacity: float,
        erase: bool,
        blend_mode: BlendMode = BlendMode.NORMAL,
    ) -> None:
        layer = document.active_layer
        erase = erase or blend_mode is BlendMode.ERASE
        check_editable(replace(document, target=EditTarget.CONTENT))
        if erase and layer.alpha_locked:
            raise ToolRefused("The layer's transparency is locked", "Unlock it in the layers panel to erase")
        super().__init__(document, layer.tiles)
        self._layer_id: LayerId = layer.id
        self._mode = StampMode.ERASE if erase else StampMode.ATOP if layer.alpha_locked else StampMode.OVER
        self._blend_mode = None if erase or blend_mode is BlendMode.NORMAL else blend_mode
        self._colors = premultiplied_table(color, opacity)
        self._deep_color = opaque_color(color)
        self._alpha = np.float32(opacity * color.alpha / 255)
        self._painter = TilePainter()

    def leaves(self, key: TileKey) -> bool:
        """Where nothing is, there's nothing to erase, nor to hold on to."""
        return self._mode is not StampMode.OVER and self.base.tile(key) is None

    def paint(self, tile: Pixels, key: TileKey, part: Rect, buffer: CoverageBuffer[Any]) -> None:
        """The colour over, atop or cut out of the tile."""
        moved = buffer.pixels(key, part)
        if moved is not None:
            self._paint_moved(tile, key, part, moved)
            return
        if self.base.depth != 8:
            self._paint_deep(tile, key, part, buffer)
            return
        coverage, selected = buffer.coverage(key, part), self.selected(key, part)
        if selected is not None:
            coverage = scaled_by(coverage, selected)
        own, base = buffer.colors(key, part), self.base.tile(key)
        if own is None and base is not None and self._blend_mode is None:
            self._painter.blend_color(tile, base, coverage, self._colors, part.left, part.top, self._mode)
            return
        colors: Pixels
        if own is None:
            colors = self._colors.take(coverage).view(np.uint8).reshape(part.height, part.width, 4)
        else:
            colors = premultiplied_colors(own, coverage, self._alpha)
        self._lay(tile, key, part, colors)

    def _paint_deep(self, tile: Pixels, key: TileKey, part: Rect, buffer: CoverageBuffer[Any]) -> None:
        """The same at 16 bits a channel."""
        covered = self.covered(key, part, buffer) * self._alpha
        own, base = buffer.colors(key, part), self.base.tile(key)
        colors = self._deep_color if own is None else opaque_colors(own)
        if base is None or self._blend_mode is not None:
            self._lay(tile, key, part, deep_colors(colors, covered))
            return
        place = (slice(part.top, part.bottom), slice(part.left, part.right))
        tile[place] = laid_deep(base[place], colors, covered, self._mode)

    def _lay(self, tile: Pixels, key: TileKey, part: Rect, colors: Pixels) -> None:
        """Premultiplied pixels over, atop or cut out of a part of the tile at press."""
        base = self.base.tile(key)
        if base is None:
            tile[part.top : part.bottom, part.left : part.right] = colors   # over nothing, colour is itself
        else:
            self._painter.blend(tile, base, colors, part.left, part.top, self._mode, self._blend_mode)

    def _paint_moved(self, tile: Pixels, key: TileKey, part: Rect, moved: Pixels) -> None:
        """Pixels in place of pixels, as far as the selection and the lock of transparency let them."""
        rows, columns = slice(part.top, part.bottom), slice(part.left, part.right)
        base = self.base.tile(key)
        old = np.zeros_like(moved) if base is None else base[rows, columns]
        if self._mode is StampMode.ATOP:
            share = old[..., 3:] / np.maximum(moved[..., 3:], 1).astype(np.float32)
            moved = np.asarray(np.minimum(moved * share + np.float32(0.5), old[..., 3:]), old.dtype)
            moved[..., 3] = old[..., 3]
        selected = self.selected(key, part)
        if selected is not None:
            weight = selected[..., None] * np.float32(1 / 255)
            moved = np.asarray(old + (moved.astype(np.float32) - old) * weight + np.float32(0.5), old.dtype)
        tile[rows, columns] = moved

    def document_with(self, tiles: TileMap) -> Document:
        """The layer's tiles replaced."""
        return with_layer_tiles(self.document, self._layer_id, tiles)

    def is_unchanged_in(self, document: Document) -> bool:
        """Whether the layer is there with the same tiles."""
        return document.has_layer(self._layer_id) and document.layer(self._layer_id).tiles is self.base


def premultiplied_table(color: Color, opacity: float) -> NDArray[np.uint32]:
    """Coverage 0 … 255 → the colour at that coverage times `opacity`, as premultiplied BGRA in one uint32."""
    alpha = np.arange(256) * (opacity * color.alpha / 255.0)
    channels = [alpha * (value / 255.0) for value in (color.blue, color.green, color.red)]
    table = np.stack([*channels, alpha], axis=1)
    return np.floor(table + 0.5).astype(np.uint8).view(np.uint32).reshape(256)


def premultiplied_colors(own: NDArray[np.float32], coverage: Pixels, alpha: np.float32) -> Pixels:
    """Colours (3, h, w) of 0 … 1 at a coverage (h, w) of 0 … 255, as premultiplied BGRA (h, w, 4)."""
    result = np.empty((*coverage.shape, 4), np.uint8)
    covered = coverage * alpha
    for channel in range(3):
        result[..., channel] = own[channel] * covered + np.float32(0.5)
    result[..., 3] = covered + np.float32(0.5)
    return result
