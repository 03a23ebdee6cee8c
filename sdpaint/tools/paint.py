"""Brush and eraser, on the active layer and on the inpaint mask.

While a stroke runs, its coverage gathers in a StrokeBuffer; after each batch of events every touched tile is made anew
from the tile at press and the coverage, so overlap within one stroke never exceeds the stroke's opacity.
"""

from __future__ import annotations

import math
import struct
import zlib
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Generic

import numpy as np
from numpy.typing import NDArray

from sdpaint.document.document import Document, EditTarget
from sdpaint.document.edits import set_mask, with_layer_tiles
from sdpaint.document.layers import LayerId
from sdpaint.document.quick_mask import masking_value, set_quick_mask
from sdpaint.imaging.blend import BlendMode
from sdpaint.imaging.brush import BrushParams, Dab, StampCache
from sdpaint.imaging.color import Color
from sdpaint.imaging.deep_stroke import deep_colors, laid_deep, opaque_color, opaque_colors
from sdpaint.imaging.geometry import Point, Rect
from sdpaint.imaging.raster import StampMode, TilePainter
from sdpaint.imaging.selection import scaled_by
from sdpaint.imaging.smudge import SmudgeBuffer
from sdpaint.imaging.stabiliser import Stabiliser, StabiliserKind
from sdpaint.imaging.stroke import CoverageBuffer, SmoothPath, StrokeBuffer, StrokePath
from sdpaint.imaging.symmetry import AnyDab, SymmetryKind, wrapped
from sdpaint.imaging.tiles import Pixels, TileKey, TileMap
from sdpaint.imaging.tip_stroke import TipBuffer, TipDab, TipPath, TipStampCache, stroke_params
from sdpaint.tools.base import PointerEvent, ToolContext, ToolName, ToolRefused
from sdpaint.tools.mask_target import LayerMaskTarget
from sdpaint.tools.options import PaintOptions
from sdpaint.tools.stroke_target import StrokeTarget, check_editable, check_mask_seen

_LABELS = {
    ToolName.BRUSH: "Brush stroke",
    ToolName.ERASER: "Erase",
    ToolName.MASK_BRUSH: "Paint mask",
    ToolName.MASK_ERASER: "Erase mask",
    ToolName.CLONE: "Clone",
}


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
        covered = self._covered(key, part, buffer) * self._alpha
        own, base = buffer.colors(key, part), self.base.tile(key)
        colors = self._deep_color if own is None else opaque_colors(own)
        if base is None or self._blend_mode is not None:
            self._lay(tile, key, part, deep_colors(colors, covered))
            return
        place = (slice(part.top, part.bottom), slice(part.left, part.right))
        tile[place] = laid_deep(base[place], colors, covered, self._mode)

    def _covered(self, key: TileKey, part: Rect, buffer: CoverageBuffer[Any]) -> NDArray[np.float32]:
        """What the stroke covers of what is selected: (h, w), 0 … 1."""
        covered = np.float32(1.0) - buffer.transmittance(key, part)
        selected = self.selected(key, part)
        if selected is not None:
            covered *= selected * np.float32(1 / 255)
        return covered

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

    def rebased(self, document: Document) -> bool:
        """Where the layer is there with the same tiles, and the same is selected."""
        same = document.has_layer(self._layer_id) and document.layer(self._layer_id).tiles is self.base
        if not same or document.selection is not self._selection or document.size != self.document.size:
            return False
        self.document = document
        return True


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
        kept = (buffer.transmittance(key, part) - np.float32(1.0)) * self._opacity
        selected = self.selected(key, part)
        if selected is not None:
            kept *= selected * np.float32(1 / 255)
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

    def rebased(self, document: Document) -> bool:
        """Where the mask and the selection are the same."""
        if document.mask.tiles is not self.base or document.size != self.document.size:
            return False
        if document.selection is not self._selection:
            return False
        self.document = document
        return True


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
        share = (np.float32(1.0) - buffer.transmittance(key, part)) * self._opacity
        selected = self.selected(key, part)
        if selected is not None:
            share *= selected * np.float32(1 / 255)
        tile[rows, columns] = old + (self._value - old) * share + np.float32(0.5)

    def document_with(self, tiles: TileMap) -> Document:
        """The quick mask's tiles replaced."""
        return set_quick_mask(self.document, tiles)

    def rebased(self, document: Document) -> bool:
        """Where the quick mask and the selection are the same."""
        if document.quick_mask is not self.base or document.size != self.document.size:
            return False
        if document.selection is not self._selection:
            return False
        self.document = document
        return True


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


class PaintTool:
    """A brush or an eraser; which one, `name` says. Shift at press draws a straight line from the last stroke's end."""

    def __init__(self, name: ToolName) -> None:
        self._name = name
        self._stamps = StampCaches()
        self._stroke: AnyStroke | None = None
        self._last_end: Point | None = None

    @property
    def name(self) -> ToolName:
        """Which of the four it is."""
        return self._name

    @property
    def is_painting(self) -> bool:
        """Whether a stroke is under way."""
        return self._stroke is not None

    def press(self, context: ToolContext, event: PointerEvent) -> None:
        """Begin a stroke; a dab lies there at once."""
        stroke = self._new_stroke(context, event)
        changed = stroke.begin(event, self._last_end if event.shift else None)
        self._stroke = stroke
        if changed:
            context.preview(stroke.document)

    def move(self, context: ToolContext, events: Sequence[PointerEvent]) -> None:
        """Paint on along the samples."""
        if self._stroke is not None:
            self._show(context, self._stroke, self._stroke.extend(events))

    def rest_interval_ms(self, context: ToolContext) -> float | None:
        """How often an airbrush lays a dab; None for other brushes."""
        return 1000 / context.brush.airbrush_hz if context.brush.airbrush_hz > 0.0 else None

    def rest(self, context: ToolContext) -> None:
        """The pointer rests: an airbrush goes on."""
        if self._stroke is not None:
            self._show(context, self._stroke, self._stroke.rest())

    def _show(self, context: ToolContext, stroke: AnyStroke, changed: bool) -> None:
        if changed or not stroke.is_shown:
            stroke.is_shown = True
            context.preview(stroke.document)

    def release(self, context: ToolContext, event: PointerEvent) -> None:
        """Reach the last sample and commit. A stroke that changed no pixel leaves no step."""
        stroke, self._stroke = self._stroke, None
        if stroke is None:
            return
        changed = stroke.finish(event)
        self._last_end = stroke.path.end
        if changed:
            on_quick_mask = isinstance(stroke.target, QuickMaskTarget)
            context.commit("Paint quick mask" if on_quick_mask else _LABELS[self._name], stroke.document)
        else:
            context.cancel()

    def cancel(self, context: ToolContext) -> None:
        """Drop the stroke."""
        self._stroke = None
        context.cancel()

    def rebase(self, context: ToolContext) -> bool:
        """Go on in the new document where what is painted on is the same there."""
        stroke = self._stroke
        if stroke is None or not stroke.target.rebased(context.document):
            return False
        stroke.is_shown = False
        return True

    def outline(self, context: ToolContext, pos: Point) -> float | None:
        """The brush's nominal radius."""
        return context.brush.size_px / 2

    def _new_stroke(self, context: ToolContext, event: PointerEvent) -> AnyStroke:
        target, color = self._target(context), context.foreground
        smudges = self._name is ToolName.BRUSH and isinstance(target, LayerTarget)
        return new_stroke(target, context.brush, context.paint_options, event, self._stamps, color, smudges)

    def _target(self, context: ToolContext) -> StrokeTarget:
        document, opacity = context.document, stroke_params(context.brush).opacity
        erase = self._name in (ToolName.ERASER, ToolName.MASK_ERASER)
        if self._name in (ToolName.MASK_BRUSH, ToolName.MASK_ERASER):
            if document.quick_mask is not None:
                raise ToolRefused("The quick mask hides the inpaint mask", "Press Q to turn it into a selection first")
            return MaskTarget(document, opacity, erase)
        if document.quick_mask is not None:
            return QuickMaskTarget(document, context.foreground, opacity, erase)
        if document.edits_mask:
            return LayerMaskTarget(document, context.foreground, opacity, erase)
        return LayerTarget(document, context.foreground, opacity, erase, context.brush.blend_mode)


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
    stamps, bounds = StampCaches(), document.bounds
    event = PointerEvent(places[0])
    stroke: AnyStroke
    if brush.is_plain:
        stroke = Stroke(
            target, StrokePath(brush, bounds), StrokeBuffer(brush, bounds, stamps.round), PaintOptions(), event
        )
    else:
        path = TipPath(brush, bounds, seed_of(event), color)
        buffer = TipBuffer(brush, bounds, stamps.tips)
        stroke = Stroke(target, path, buffer, PaintOptions(), event, senses=path)
    stroke.begin(event, None)
    stroke.extend([PointerEvent(place) for place in places[1:]])
    if not stroke.finish(PointerEvent(places[-1])):
        return document
    after = stroke.document
    return after if after.active == document.active else replace(after, active=document.active)
