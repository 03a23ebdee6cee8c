"""Strokes: from pointer events, steadied and repeated, to the tiles of a layer or a mask.

While a stroke runs, its coverage gathers in a StrokeBuffer; after each batch of events every touched tile is made anew
from the tile at press and the coverage, so overlap within one stroke never exceeds the stroke's opacity.
"""

from __future__ import annotations

import math
import struct
import zlib
from collections.abc import Sequence
from dataclasses import replace
from typing import Generic

import numpy as np

from sdpaint.document.document import Document
from sdpaint.document.layers import LayerId
from sdpaint.imaging.blend import BlendMode
from sdpaint.imaging.brush import BrushParams, Dab, StampCache
from sdpaint.imaging.color import Color
from sdpaint.imaging.geometry import Point
from sdpaint.imaging.smudge import SmudgeBuffer
from sdpaint.imaging.stabiliser import Stabiliser, StabiliserKind
from sdpaint.imaging.stroke import CoverageBuffer, SmoothPath, StrokeBuffer, StrokePath
from sdpaint.imaging.symmetry import AnyDab, SymmetryKind, wrapped
from sdpaint.imaging.tiles import Pixels, TileKey
from sdpaint.imaging.tip_stroke import TipBuffer, TipDab, TipPath, TipStampCache, stroke_params
from sdpaint.tools.base import PointerEvent
from sdpaint.tools.layer_target import LayerTarget
from sdpaint.tools.mask_targets import LayerMaskTarget
from sdpaint.tools.options import PaintOptions
from sdpaint.tools.stroke_target import StrokeTarget


class StampCaches:
    """What a tool keeps from stroke to stroke."""

    def __init__(self) -> None:
        self.round = StampCache()
        self.tips = TipStampCache()


class Stroke(Generic[AnyDab]):
    """One stroke under way: from pointer events, steadied and repeated, to tiles."""

    def __init__(
        self,
        target: StrokeTarget,
        path: SmoothPath[AnyDab],
        buffer: CoverageBuffer[AnyDab],
        options: PaintOptions,
        event: PointerEvent,
        senses: TipPath | None = None,
    ) -> None:
        self.target = target
        self.path: SmoothPath[AnyDab] = path
        self._buffer: CoverageBuffer[AnyDab] = buffer
        self._senses = senses
        self._options = options
        self._symmetry = None if options.symmetry.kind is SymmetryKind.NONE else options.symmetry
        self._stabiliser: Stabiliser | None = None
        if options.stabilising.kind is not StabiliserKind.NONE:
            self._stabiliser = Stabiliser(options.stabilising, event.pos, event.view_scale)
        self._is_direct = senses is None and self._stabiliser is None
        self._tiles = target.base
        self.is_shown = True
        """False where the document was changed underneath and doesn't show the stroke."""

    def begin(self, event: PointerEvent, line_from: Point | None) -> bool:
        """The first dab, or a straight line from a place before. Like what follows: whether any tile changed."""
        self._sense(event)
        if line_from is None:
            return self._draw(self.path.begin(event.pos, event.stylus_pressure))
        # At nominal size: a stylus that touches down has hardly any pressure yet.
        return self._draw([*self.path.begin(line_from), *self.path.line_to(event.pos)])

    def extend(self, events: Sequence[PointerEvent]) -> bool:
        """On along the samples."""
        path = self.path
        dabs: list[AnyDab] = []
        if self._is_direct:
            for event in events:
                dabs += path.extend(event.pos, event.stylus_pressure)
            return bool(dabs) and self._draw(dabs)
        for event in events:
            self._sense(event)
            pos = event.pos if self._stabiliser is None else self._stabiliser.follow(event.pos)
            dabs += path.extend(pos, event.stylus_pressure)
        return bool(dabs) and self._draw(dabs)

    def rest(self) -> bool:
        """One more dab where the brush is."""
        return self._draw(self.path.rest())

    def finish(self, event: PointerEvent) -> bool:
        """The rest of the way, and whether the stroke changed any pixel.

        A stylus reports next to no pressure as it leaves: the way to here is painted with what was pressed last.
        """
        path, pressure, stabiliser = self.path, self.path.pressure, self._stabiliser
        way = [event.pos] if stabiliser is None else [stabiliser.follow(event.pos), *stabiliser.settle()]
        dabs = [dab for pos in way for dab in path.extend(pos, pressure)]
        self._draw([*dabs, *path.finish()])
        return self._settle()

    def follow(self, points: Sequence[Point]) -> bool:
        """Straight lines through these places, at nominal size: all of a stroke. Whether it changed any pixel."""
        dabs = self.path.begin(points[0])
        for point in points[1:]:
            dabs += self.path.line_to(point)
        self._draw([*dabs, *self.path.finish()])
        return self._settle()

    def _sense(self, event: PointerEvent) -> None:
        if self._senses is not None:
            self._senses.sense(event.pos, event.tilt_x, event.tilt_y, event.time_ms, event.view_scale)

    @property
    def document(self) -> Document:
        """The document with the stroke as far as it goes."""
        return self.target.document_with(self._tiles)

    def _draw(self, dabs: list[AnyDab]) -> bool:
        """Lay down a batch of dabs with all their images; whether any tile changed."""
        if self._symmetry is not None:
            dabs = self._symmetry.repeated(dabs, self.target.document.bounds)
        if self._options.wraps:
            dabs = wrapped(dabs, self.target.document.bounds)
        self._buffer.draw(dabs)
        changes: dict[TileKey, Pixels] = {}
        for key, part in self._buffer.take_dirty():
            if not self.target.is_out_of_reach(key):
                tile = self._tiles.editable_tile(key)
                self.target.paint(tile, key, part, self._buffer)
                changes[key] = tile
        if changes:
            self._tiles = self._tiles.with_painted(changes)
        return bool(changes)

    def _settle(self) -> bool:
        """Give back the tiles that came out as they were, for history to share; whether any pixel changed."""
        same: dict[TileKey, Pixels | None] = {}
        changed = False
        for key in self._buffer.keys:
            before, after = self.target.base.tile(key), self._tiles.tile(key)
            if after is not None and after is not before and not after.max():
                same[key] = after = None    # painted or erased to nothing
            if before is None or after is None or before is after:
                changed = changed or before is not after
            elif np.array_equal(before, after):
                same[key] = before
            else:
                changed = True
        if same:
            self._tiles = self._tiles.with_tiles(same)
        return changed


AnyStroke = Stroke[Dab] | Stroke[TipDab]


def new_stroke(
    target: StrokeTarget,
    params: BrushParams,
    options: PaintOptions,
    event: PointerEvent,
    stamps: StampCaches,
    color: Color,
    smudges: bool = True,
) -> AnyStroke:
    """A stroke that the event begins. `smudges`: whether pixels may be moved where the brush does that."""
    bounds = reach = target.document.bounds
    if options.wraps or options.symmetry.kind is not SymmetryKind.NONE:
        # What lies outside may have an image inside.
        margin = 4 * max(bounds.width, bounds.height)
        reach = bounds.inflated(margin)
    if params.is_plain:
        plain = StrokeBuffer(params, bounds, stamps.round)
        return Stroke(target, StrokePath(params, reach), plain, options, event)
    path = TipPath(params, reach, seed_of(event), color)
    if params.smudge > 0.0 and smudges:
        smudge = SmudgeBuffer(params, bounds, stamps.tips, target.base, color)
        # At an edge that meets another the brush is in two places, and what it carries in one of them.
        return Stroke(target, path, smudge, replace(options, wraps=False), event, senses=path)
    return Stroke(target, path, TipBuffer(params, bounds, stamps.tips), options, event, senses=path)


def seed_of(event: PointerEvent) -> int:
    """The seed of a stroke's random numbers: the same press gives the same stroke, so that recordings replay."""
    place = (event.pos.x, event.pos.y, event.time_ms)
    return zlib.crc32(struct.pack("<3d", *(value if math.isfinite(value) else 0.0 for value in place)))


def stroke_along(
    document: Document, layer_id: LayerId, brush: BrushParams, color: Color, places: Sequence[Point]
) -> Document:
    """The document with a brush drawn through these places, at its nominal size; the same one where nothing changed.

    Raises ToolRefused where the layer can't be painted on. Safe on any thread.
    """
    if not places:
        return document
    painted = document if document.active == layer_id else replace(document, active=layer_id)
    erase = brush.blend_mode is BlendMode.ERASE
    opacity = stroke_params(brush).opacity
    target: StrokeTarget
    if painted.edits_mask:
        target = LayerMaskTarget(painted, color, opacity, erase)
    else:
        target = LayerTarget(painted, color, opacity, erase, brush.blend_mode)
    event = PointerEvent(places[0])
    stroke = new_stroke(target, brush, PaintOptions(), event, StampCaches(), color, smudges=False)
    stroke.begin(event, None)
    stroke.extend([PointerEvent(place) for place in places[1:]])
    if not stroke.finish(PointerEvent(places[-1])):
        return document
    after = stroke.document
    return after if after.active == document.active else replace(after, active=document.active)
