"""Clone stamp: paints with what lies elsewhere on the canvas. Alt+click says where."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np

from sdpaint.document.document import Document
from sdpaint.document.render import flatten
from sdpaint.imaging.blend import BlendMode
from sdpaint.imaging.color import BLACK
from sdpaint.imaging.deep_stroke import deep_colors
from sdpaint.imaging.geometry import Point, Rect
from sdpaint.imaging.selection import scaled_by
from sdpaint.imaging.stroke import CoverageBuffer
from sdpaint.imaging.tiles import Pixels, TileKey, tile_rect
from sdpaint.imaging.tip_stroke import stroke_params
from sdpaint.tools.base import PointerEvent, ToolContext, ToolName, ToolRefused
from sdpaint.tools.layer_target import LayerTarget
from sdpaint.tools.options import CloneOptions
from sdpaint.tools.paint import PaintTool
from sdpaint.tools.stroke_target import StrokeTarget

Offset = tuple[int, int]
"""From a place to the one that it is painted with, in whole pixels: copies stay as sharp as what is copied."""


class CloneTarget(LayerTarget):
    """The active layer, painted with pixels of the document as it was at press. Raises ToolRefused like its base."""

    def __init__(
        self, document: Document, opacity: float, blend_mode: BlendMode, offset: Offset, sample_all_layers: bool
    ) -> None:
        super().__init__(document, BLACK, opacity, erase=False, blend_mode=blend_mode)
        self._offset = offset
        self._opacity = opacity
        self._takes_all = sample_all_layers
        self._source: dict[TileKey, Pixels] = {}

    def paint(self, tile: Pixels, key: TileKey, part: Rect, buffer: CoverageBuffer[Any]) -> None:
        """The source's pixels over or atop the tile."""
        source = self._source_of(key)[part.top : part.bottom, part.left : part.right]
        if source.dtype != np.uint8:
            self._lay(tile, key, part, deep_colors(source, self._opacity * self.covered(key, part, buffer)))
            return
        coverage, selected = buffer.coverage(key, part), self.selected(key, part)
        if selected is not None:
            coverage = scaled_by(coverage, selected)
        share = cv2.merge([coverage] * 4)
        colors = np.asarray(cv2.multiply(source, share, scale=self._opacity / 255), np.uint8)
        self._lay(tile, key, part, colors)

    def _source_of(self, key: TileKey) -> Pixels:
        """What a tile is painted with, (128, 128, 4); beyond the canvas there is nothing."""
        pixels = self._source.get(key)
        if pixels is None:
            place = tile_rect(key).translated(*self._offset)
            inside = place.intersected(self.document.bounds)
            pixels = np.zeros((place.height, place.width, 4), self.base.dtype)
            if not inside.is_empty:
                rows = slice(inside.top - place.top, inside.bottom - place.top)
                columns = slice(inside.left - place.left, inside.right - place.left)
                pixels[rows, columns] = (
                    flatten(self.document, inside, self.base.depth) if self._takes_all else self.base.read(inside)
                )
            self._source[key] = pixels
        return pixels


class CloneTool(PaintTool):
    """A brush that copies. The source is set with Alt held, and dragged along until the release."""

    def __init__(self) -> None:
        super().__init__(ToolName.CLONE)
        self._source: Point | None = None
        self._offset: Offset | None = None
        self._sets_source = False

    def press(self, context: ToolContext, event: PointerEvent) -> None:
        """Set the source where Alt is held; else begin a stroke. Raises ToolRefused without a source."""
        if event.alt:
            self._sets_source = True
            self._set_source(event.pos)
            return
        if self._source is None:
            raise ToolRefused("There is no source yet", "Hold Alt and click on what you want to copy")
        if context.document.quick_mask is not None:
            raise ToolRefused("The quick mask can't be cloned", "Press Q to turn it back into a selection")
        if context.document.edits_mask:
            raise ToolRefused("A layer's mask can't be cloned", "Turn off painting on the mask in the Layer menu")
        if self._offset is None or not context.options_of(CloneOptions).aligned:
            self._offset = (round(self._source.x - event.pos.x), round(self._source.y - event.pos.y))
        super().press(context, event)

    def move(self, context: ToolContext, events: Sequence[PointerEvent]) -> None:
        """Paint on, or drag the source."""
        if self._sets_source and events:
            self._set_source(events[-1].pos)
        super().move(context, events)

    def release(self, context: ToolContext, event: PointerEvent) -> None:
        """End the stroke, or leave the source here."""
        if self._sets_source:
            self._set_source(event.pos)
            self._sets_source = False
        super().release(context, event)

    def cancel(self, context: ToolContext) -> None:
        """Drop the stroke; the source stays."""
        self._sets_source = False
        super().cancel(context)

    def rebase(self, context: ToolContext) -> bool:
        """A source that is being set goes on over any document."""
        return self._sets_source or super().rebase(context)

    def mark(self, context: ToolContext, pos: Point) -> Point | None:
        """What would be, or is being copied."""
        if self._offset is not None and (self.is_painting or context.options_of(CloneOptions).aligned):
            return Point(pos.x + self._offset[0], pos.y + self._offset[1])
        return self._source

    def _set_source(self, pos: Point) -> None:
        if math.isfinite(pos.x) and math.isfinite(pos.y):
            self._source, self._offset = pos, None

    def _target(self, context: ToolContext) -> StrokeTarget:
        assert self._offset is not None
        opacity, options = stroke_params(context.brush).opacity, context.options_of(CloneOptions)
        return CloneTarget(
            context.document, opacity, context.brush.blend_mode, self._offset, options.sample_all_layers
        )
