"""Painting on the mask of a layer: as grey, where white shows and black hides."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from sdpaint.document.document import Document
from sdpaint.document.edits import replace_layer
from sdpaint.document.layers import LayerMask
from sdpaint.imaging.color import Color
from sdpaint.imaging.geometry import Rect
from sdpaint.imaging.stroke import CoverageBuffer
from sdpaint.imaging.tiles import Pixels, TileKey, TileMap
from sdpaint.tools.stroke_target import StrokeTarget, check_editable


def shown_value(color: Color) -> int:
    """How much a colour lets show: its lightness (Rec. 709)."""
    return round(0.2126 * color.red + 0.7152 * color.green + 0.0722 * color.blue)


class LayerMaskTarget(StrokeTarget):
    """The mask of the active layer: its colour's lightness shows, an eraser hides. Raises ToolRefused."""

    def __init__(self, document: Document, color: Color, opacity: float, erase: bool) -> None:
        check_editable(document)
        mask = document.active_layer.mask
        assert mask is not None
        super().__init__(document, mask.tiles)
        self._mask: LayerMask = mask
        shown = 0 if erase else shown_value(color)
        # Tiles hold what differs from the default, and so does the paint.
        self._value = np.float32(shown if mask.default == 0 else 255 - shown)
        self._opacity = np.float32(opacity * (1.0 if erase else color.alpha / 255))

    def leaves(self, key: TileKey) -> bool:
        """Where nothing differs from the default, painting that changes nothing."""
        return self._value == 0 and self.base.tile(key) is None

    def paint(self, tile: Pixels, key: TileKey, part: Rect, buffer: CoverageBuffer[Any]) -> None:
        """From what was there to the value, by coverage, rounded once."""
        rows, columns = slice(part.top, part.bottom), slice(part.left, part.right)
        base = self.base.tile(key)
        old = np.uint8(0) if base is None else base[rows, columns]
        share = (np.float32(1.0) - buffer.transmittance(key, part)) * self._opacity
        selected = self.selected(key, part)
        if selected is not None:
            share = share * (selected * np.float32(1 / 255))
        tile[rows, columns] = old + (self._value - old) * share + np.float32(0.5)

    def document_with(self, tiles: TileMap) -> Document:
        """The mask's tiles replaced."""
        layer = self.document.active_layer
        return replace_layer(self.document, replace(layer, mask=replace(self._mask, tiles=tiles)))

    def rebased(self, document: Document) -> bool:
        """Where the same mask is worked on, and the same is selected."""
        mask = document.active_layer.mask
        if not document.edits_mask or mask is not self._mask or document.active != self.document.active:
            return False
        if document.selection is not self._selection or document.size != self.document.size:
            return False
        self.document = document
        return True
