"""Gradient tool: a drag lays colours from where it begins to where it ends, over what is selected."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sdpaint.document.document import Document
from sdpaint.document.layers import LayerId
from sdpaint.imaging.blend import BlendMode
from sdpaint.imaging.geometry import Point, Rect
from sdpaint.imaging.gradient import Gradient
from sdpaint.imaging.shapes import at_an_angle
from sdpaint.imaging.tiles import TILE_SIZE, Pixels, tile_rect
from sdpaint.tools.base import Draft, PointerEvent, ToolContext, ToolName
from sdpaint.tools.laying import Weight, check_target, lay_colors, lay_strength
from sdpaint.tools.options import GradientOptions, Target
from sdpaint.tools.selection import CLICK_VIEW_PX, is_finite, within_reach
from sdpaint.tools.snapping import snapped

LABEL = "Gradient"


@dataclass(frozen=True)
class GradientEdit:
    """The edit that lays a gradient. Safe on any thread."""

    layer_id: LayerId
    gradient: Gradient
    target: Target = Target.LAYER
    blend_mode: BlendMode = BlendMode.NORMAL
    opacity: float = 1.0
    part: Rect | None = None
    """For previews: only this part of the canvas, at whole tiles."""

    def __call__(self, document: Document) -> Document:
        """The document with the gradient."""
        gradient, area = self.gradient, self.part or document.bounds
        if self.target is Target.MASK:
            return lay_strength(document, area, lambda part: (gradient.levels(part), 1.0), self.opacity)

        depth = 8 if document.edits_mask else document.depth

        def paint(part: Rect, weight: Weight) -> Pixels:
            return gradient.colors(part, weight, depth)

        return lay_colors(document, self.layer_id, area, paint, self.blend_mode, self.opacity)

    def as_seen(self, document: Document, seen: Rect) -> GradientEdit:
        """As much of it as can be seen: zoomed in, a preview takes no longer on a large canvas than on a small one."""
        part = Rect.bounding(tile_rect(key) for key in seen.intersected(document.bounds).tiles(TILE_SIZE))
        return self if part.contains(document.bounds) else replace(self, part=part)


class GradientTool:
    """Shift keeps the angle to steps of 15°. A click changes nothing."""

    name = ToolName.GRADIENT

    def __init__(self) -> None:
        self._start: Point | None = None
        self._last: PointerEvent | None = None

    def press(self, context: ToolContext, event: PointerEvent) -> None:
        """Where it begins."""
        options = context.options_of(GradientOptions)
        check_target(context.document, options.target, options.blend_mode)
        if is_finite(event.pos):
            self._start = within_reach(snapped(context, event).pos)

    def move(self, context: ToolContext, events: Sequence[PointerEvent]) -> None:
        """Where it would end."""
        if self._start is None or not events or not is_finite(events[-1].pos):
            return
        self._last = events[-1]
        end = self._end(self._start, snapped(context, events[-1]))
        if end is None:
            context.show_draft(None)
            context.cancel()
            return
        context.show_draft(Draft((self._start, end), is_closed=False))
        edit = self._edit(context, self._start, end)
        context.preview_later(edit.as_seen(context.document, context.view_part))

    def release(self, context: ToolContext, event: PointerEvent) -> None:
        """Lay it."""
        start, self._start = self._start, None
        last, self._last = self._last, None
        if start is None:
            return
        event = event if is_finite(event.pos) or last is None else last
        end = self._end(start, snapped(context, event)) if is_finite(event.pos) else None
        if end is None:
            context.show_draft(None)
            context.cancel()
            return
        context.compute(LABEL, self._edit(context, start, end))

    def cancel(self, context: ToolContext) -> None:
        """Drop it."""
        self._start = self._last = None
        context.show_draft(None)
        context.cancel()

    def rebase(self, context: ToolContext) -> bool:
        """It goes on over any document."""
        return True

    def outline(self, context: ToolContext, pos: Point) -> float | None:
        """An ordinary cursor."""
        return None

    def _end(self, start: Point, event: PointerEvent) -> Point | None:
        """The end of the drag; None where it is a click."""
        pos = within_reach(event.pos)
        if (pos - start).length * event.view_scale < CLICK_VIEW_PX:
            return None
        return at_an_angle(start, pos) if event.shift else pos

    def _edit(self, context: ToolContext, start: Point, end: Point) -> GradientEdit:
        options = context.options_of(GradientOptions)
        stops = options.preset.stops_for(context.foreground, context.background)
        gradient = Gradient(stops, start, end, options.shape, options.repeat, options.reverse, options.dither)
        return GradientEdit(context.document.active, gradient, options.target, options.blend_mode, options.opacity)
