"""Shape tool: lines, boxes, ellipses and polygons, filled, outlined, or drawn with the brush.

Shift keeps squares, circles and angles, Alt draws from the middle. Polygons of kind `FREE` are clicked corner by
corner and last from press to press: see `LastingTool`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from sdpaint.document.document import Document
from sdpaint.document.layers import LayerId
from sdpaint.imaging.blend import BlendMode
from sdpaint.imaging.brush import BrushParams
from sdpaint.imaging.color import Color
from sdpaint.imaging.geometry import Point, Rect
from sdpaint.imaging.raster import filled_polygon, stroked_line
from sdpaint.imaging.shapes import (
    Outline,
    ShapeKind,
    at_an_angle,
    box_edges,
    ellipse,
    line,
    polygon,
    rectangle,
    walked,
)
from sdpaint.imaging.tiles import Pixels
from sdpaint.tools.base import Draft, PointerEvent, ToolContext, ToolName, ToolRefused
from sdpaint.tools.laying import Weight, check_target, lay_colors, lay_strength
from sdpaint.tools.options import Ink, ShapeOptions, Target
from sdpaint.tools.polygon import CLOSE_VIEW_PX, DOUBLE_CLICK_MS
from sdpaint.tools.selection import CLICK_VIEW_PX, is_finite, within_reach
from sdpaint.tools.snapping import snapped
from sdpaint.tools.strokes import stroke_along

LABELS = {
    ShapeKind.LINE: "Line",
    ShapeKind.RECTANGLE: "Rectangle",
    ShapeKind.ELLIPSE: "Ellipse",
    ShapeKind.POLYGON: "Polygon",
    ShapeKind.FREE: "Polygon",
}
_BRUSH_STEP_PX = 2.0


@dataclass(frozen=True)
class ShapeEdit:
    """The edit that draws a shape. `fill` and `stroke` are colours, None: without. Safe on any thread."""

    layer_id: LayerId
    outline: Outline
    fill: Color | None
    stroke: Color | None
    width_px: float
    is_round: bool
    antialias: bool
    target: Target = Target.LAYER
    blend_mode: BlendMode = BlendMode.NORMAL
    opacity: float = 1.0
    brush: BrushParams | None = None
    """Draws the outline, in the colour of `stroke`."""

    def __call__(self, document: Document) -> Document:
        """The document with the shape."""
        area = self._area().intersected(document.bounds)
        if not area.is_empty:
            inside, along = self._coverage(area)
            if self.target is Target.MASK:
                return self._on_mask(document, area, np.maximum(inside, along))
            document = self._on_layer(document, area, inside, along)
        if self.brush is not None and self.stroke is not None and self.target is Target.LAYER:
            places = walked(self.outline, _BRUSH_STEP_PX)
            document = stroke_along(document, self.layer_id, self.brush, self.stroke, places)
        return document

    @property
    def _has_line(self) -> bool:
        return self.stroke is not None and (self.brush is None or self.target is Target.MASK)

    def _area(self) -> Rect:
        points = self.outline.points
        # A mitre reaches eight half widths at most.
        reach = 2 + (self.width_px * (0.5 if self.is_round else 4.0) if self._has_line else 0.0)
        xs, ys = [point.x for point in points], [point.y for point in points]
        return Rect.from_edges(
            int(np.floor(min(xs) - reach)),
            int(np.floor(min(ys) - reach)),
            int(np.ceil(max(xs) + reach)),
            int(np.ceil(max(ys) + reach)),
        )

    def _coverage(self, area: Rect) -> tuple[Pixels, Pixels]:
        """(h, w) of what is inside and of the line."""
        none = np.zeros((area.height, area.width), np.uint8)
        outline = self.outline
        inside = along = none
        if self.fill is not None and outline.is_closed:
            inside = filled_polygon(outline.points, area, self.antialias)
        if self._has_line:
            is_round = self.is_round or outline.is_curved
            along = stroked_line(
                outline.points, outline.is_closed, self.width_px, area, self.antialias, is_round
            )
        return inside, along

    def _on_layer(self, document: Document, area: Rect, inside: Pixels, along: Pixels) -> Document:
        fill, stroke = _premultiplied(self.fill), _premultiplied(self.stroke)

        def paint(part: Rect, weight: Weight) -> Pixels:
            place = _slices(part.translated(-area.x, -area.y))
            below = inside[place][..., None] * fill
            above = along[place][..., None] * stroke
            colors = above + below * (1.0 - above[..., 3:] * np.float32(1 / 255))
            colors *= weight[..., None] if isinstance(weight, np.ndarray) else np.float32(weight)
            return np.asarray(colors + np.float32(0.5), np.uint8)

        return lay_colors(document, self.layer_id, area, paint, self.blend_mode, self.opacity)

    def _on_mask(self, document: Document, area: Rect, coverage: Pixels) -> Document:
        def paint(part: Rect) -> tuple[NDArray[np.float32], Weight]:
            share = coverage[_slices(part.translated(-area.x, -area.y))] * np.float32(1 / 255)
            return np.full(share.shape, 255.0, np.float32), np.asarray(share, np.float32)

        return lay_strength(document, area, paint, self.opacity)


def _premultiplied(color: Color | None) -> NDArray[np.float32]:
    if color is None:
        return np.zeros(4, np.float32)
    share = color.alpha / 255.0
    red, green, blue = color.levels
    levels = (blue * share, green * share, red * share, color.alpha)
    return np.array([level / 255.0 for level in levels], np.float32)


def _slices(rect: Rect) -> tuple[slice, slice]:
    return slice(rect.top, rect.bottom), slice(rect.left, rect.right)


class ShapeTool:
    """Drags a shape, or sets the corners of a polygon."""

    name = ToolName.SHAPE

    def __init__(self) -> None:
        self._start: Point | None = None
        self._last: PointerEvent | None = None
        self._corners: list[Point] = []
        self._is_placing = False
        self._pressed_ms = 0.0

    @property
    def is_open(self) -> bool:
        """Whether corners of a polygon wait for more."""
        return bool(self._corners)

    # -- a drag

    def press(self, context: ToolContext, event: PointerEvent) -> None:
        """Begin, or one more corner."""
        options = context.options_of(ShapeOptions)
        _check(context, options)
        if not is_finite(event.pos):
            return
        if options.kind is ShapeKind.FREE or self._corners:
            self._press_corner(context, event)
        else:
            self._start = within_reach(snapped(context, event).pos)

    def move(self, context: ToolContext, events: Sequence[PointerEvent]) -> None:
        """Show the shape as it would be."""
        if not events or not is_finite(events[-1].pos):
            return
        if self._corners:
            if self._is_placing:
                self._corners[-1] = self._corner(context, events[-1])
                self._show_corners(context)
            return
        if self._start is None:
            return
        self._last = events[-1]
        outline = self._outline(context, self._start, snapped(context, events[-1]))
        if outline is None:
            context.cancel()
        else:
            context.preview_later(_edit(context, outline))

    def release(self, context: ToolContext, event: PointerEvent) -> None:
        """Draw the shape; a click draws none."""
        if self._corners:
            self.move(context, [event])
            self._is_placing = False
            return
        start, self._start = self._start, None
        last, self._last = self._last, None
        if start is None:
            return
        if not is_finite(event.pos) and last is not None:
            event = last
        outline = self._outline(context, start, snapped(context, event)) if is_finite(event.pos) else None
        if outline is None:
            context.cancel()
        else:
            context.compute(LABELS[context.options_of(ShapeOptions).kind], _edit(context, outline))

    def cancel(self, context: ToolContext) -> None:
        """Drop it."""
        self._start = self._last = None
        self._corners = []
        self._is_placing = False
        context.show_draft(None)
        context.cancel()

    def rebase(self, context: ToolContext) -> bool:
        """It goes on over any document."""
        return True

    def outline(self, context: ToolContext, pos: Point) -> float | None:
        """An ordinary cursor."""
        return None

    def _outline(self, context: ToolContext, start: Point, event: PointerEvent) -> Outline | None:
        """The shape of the drag; None where it is a click."""
        options, end = context.options_of(ShapeOptions), within_reach(event.pos)
        if (end - start).length * event.view_scale < CLICK_VIEW_PX:
            return None
        match options.kind:
            case ShapeKind.LINE:
                end = at_an_angle(start, end) if event.shift else end
                return line(start + (start - end), end) if event.alt else line(start, end)
            case ShapeKind.POLYGON:
                corner = at_an_angle(start, end) if event.shift else end
                return polygon(start, corner, options.sides, options.inner)
            case _:
                edges = box_edges(start, end, event.shift, event.alt)
                if edges[0] == edges[2] or edges[1] == edges[3]:
                    return None
                if options.kind is ShapeKind.ELLIPSE:
                    return ellipse(*edges)
                return rectangle(*edges, options.radius_px)

    # -- corner by corner

    def confirm(self, context: ToolContext) -> None:
        """Draw the polygon of the corners that are there; fewer than two are dropped."""
        corners, self._corners = tuple(self._corners), []
        self._is_placing = False
        context.show_draft(None)
        if len(corners) < 2:
            context.cancel()
            return
        outline = Outline(corners, is_closed=len(corners) > 2)
        context.compute(LABELS[ShapeKind.FREE], _edit(context, outline))

    def step_back(self, context: ToolContext) -> None:
        """Take the last corner away."""
        if self._corners:
            self._corners.pop()
            self._show_corners(context)

    def _press_corner(self, context: ToolContext, event: PointerEvent) -> None:
        pos = self._corner(context, event)
        if self._closes(pos, event):
            self.confirm(context)
            return
        self._pressed_ms = event.time_ms
        self._corners.append(pos)
        self._is_placing = True
        self._show_corners(context)

    def _corner(self, context: ToolContext, event: PointerEvent) -> Point:
        pos = within_reach(snapped(context, event).pos)
        fixed = self._corners[:-1] if self._is_placing else self._corners
        return at_an_angle(fixed[-1], pos) if event.shift and fixed else pos

    def _closes(self, pos: Point, event: PointerEvent) -> bool:
        if len(self._corners) < 2:
            return False
        is_quick = event.time_ms - self._pressed_ms < DOUBLE_CLICK_MS
        to_last = (pos - self._corners[-1]).length * event.view_scale
        to_first = (pos - self._corners[0]).length * event.view_scale
        if to_last < (CLOSE_VIEW_PX if is_quick else CLICK_VIEW_PX):
            return True
        return len(self._corners) > 2 and to_first < CLOSE_VIEW_PX

    def _show_corners(self, context: ToolContext) -> None:
        corners = tuple(self._corners)
        context.show_draft(Draft(corners, is_closed=False, follows_pointer=True) if corners else None)
        if len(corners) > 1:
            context.preview_later(_edit(context, Outline(corners, is_closed=len(corners) > 2)))
        else:
            context.cancel()


def _check(context: ToolContext, options: ShapeOptions) -> None:
    """Raises ToolRefused where nothing would be drawn."""
    check_target(context.document, options.target, options.blend_mode)
    # A line without an ink of its own takes that of the filling, or else the foreground.
    if options.stroke is options.fill is Ink.NONE and options.kind is not ShapeKind.LINE:
        raise ToolRefused("The shape has neither fill nor outline", "Choose one in the bar above the canvas")


def _edit(context: ToolContext, outline: Outline) -> ShapeEdit:
    options = context.options_of(ShapeOptions)
    stroke, fill = options.stroke, options.fill
    if options.kind is ShapeKind.LINE:
        if stroke is Ink.NONE:
            stroke = Ink.BACKGROUND if fill is Ink.BACKGROUND else Ink.FOREGROUND
        fill = Ink.NONE
    inks: dict[Ink, Color | None] = {
        Ink.NONE: None,
        Ink.FOREGROUND: context.foreground,
        Ink.BACKGROUND: context.background,
        Ink.BRUSH: context.foreground,
    }
    brush = context.brush_of(ToolName.BRUSH) if stroke is Ink.BRUSH else None
    if brush is not None and brush.smudge > 0.0:
        brush = replace(brush, smudge=0.0)      # what is carried along an outline isn't what is meant
    return ShapeEdit(
        context.document.active,
        outline,
        inks[fill],
        inks[stroke],
        options.width_px,
        options.round_joins,
        options.antialias,
        options.target,
        options.blend_mode,
        options.opacity,
        brush,
    )
