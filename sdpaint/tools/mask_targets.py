"""Painting on masks: that of a layer (as grey, where white shows), the inpaint mask, and the quick mask."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from sdpaint.document.document import Document
from sdpaint.document.edits import replace_layer, set_mask
from sdpaint.document.layers import LayerMask
from sdpaint.document.quick_mask import masking_value, set_quick_mask
from sdpaint.imaging.color import Color
from sdpaint.imaging.geometry import Rect
from sdpaint.imaging.stroke import CoverageBuffer
from sdpaint.imaging.tiles import Pixels, TileKey, TileMap
from sdpaint.tools.stroke_target import StrokeTarget, check_editable, check_mask_seen


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
        share = self.covered(key, part, buffer) * self._opacity
        tile[rows, columns] = old + (self._value - old) * share + np.float32(0.5)

    def document_with(self, tiles: TileMap) -> Document:
        """The mask's tiles replaced."""
        layer = self.document.active_layer
        return replace_layer(self.document, replace(layer, mask=replace(self._mask, tiles=tiles)))

    def is_unchanged_in(self, document: Document) -> bool:
        """Whether the same mask is worked on."""
        is_active = document.edits_mask and document.active == self.document.active
        return is_active and document.active_layer.mask is self._mask


class MaskTarget(StrokeTarget):
    """The inpaint mask. Raises ToolRefused where it is hidden."""

    def __init__(self, document: Document, opacity: float, erase: bool) -> None:
        check_mask_seen(document)
        super().__init__(document, document.mask.tiles)
        self._opacity = np.float32(opacity)
        self._erase = erase

    def leaves(self, key: TileKey) -> bool:
        """Where nothing is masked, there's nothing to erase."""
        return self._erase and self.base.tile(key) is None

    def paint(self, tile: Pixels, key: TileKey, part: Rect, buffer: CoverageBuffer[Any]) -> None:
        """Coverage over the mask or cut out of it, rounded once."""
        rows, columns = slice(part.top, part.bottom), slice(part.left, part.right)
        base = self.base.tile(key)
        old = np.uint8(0) if base is None else base[rows, columns]
        kept = self.covered(key, part, buffer)
        kept *= -self._opacity
        kept += np.float32(1.0)
        if self._erase:
            kept *= old
        else:
            kept *= np.float32(255.0) - old
            np.subtract(np.float32(255.0), kept, out=kept)
        kept += np.float32(0.5)
        tile[rows, columns] = kept      # cut off, which rounds to nearest

    def document_with(self, tiles: TileMap) -> Document:
        """The mask's tiles replaced."""
        return set_mask(self.document, replace(self.document.mask, tiles=tiles))

    def is_unchanged_in(self, document: Document) -> bool:
        """Whether the mask has the same tiles."""
        return document.mask.tiles is self.base


class QuickMaskTarget(StrokeTarget):
    """The quick mask: dark colours mask, light ones select, an eraser takes the mask away."""

    def __init__(self, document: Document, color: Color, opacity: float, erase: bool) -> None:
        assert document.quick_mask is not None
        super().__init__(document, document.quick_mask)
        self._opacity = np.float32(opacity * color.alpha / 255)
        self._value = np.float32(0 if erase else masking_value(color))

    def leaves(self, key: TileKey) -> bool:
        """Where nothing is masked, nothing can be taken away."""
        return self._value == 0 and self.base.tile(key) is None

    def paint(self, tile: Pixels, key: TileKey, part: Rect, buffer: CoverageBuffer[Any]) -> None:
        """The colour's value over the mask, rounded once."""
        rows, columns = slice(part.top, part.bottom), slice(part.left, part.right)
        base = self.base.tile(key)
        old = np.float32(0) if base is None else base[rows, columns].astype(np.float32)
        share = self.covered(key, part, buffer) * self._opacity
        tile[rows, columns] = old + (self._value - old) * share + np.float32(0.5)

    def document_with(self, tiles: TileMap) -> Document:
        """The quick mask's tiles replaced."""
        return set_quick_mask(self.document, tiles)

    def is_unchanged_in(self, document: Document) -> bool:
        """Whether the quick mask is the same."""
        return document.quick_mask is self.base
