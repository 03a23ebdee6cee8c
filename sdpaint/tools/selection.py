"""Selection tools that drag: rectangle, ellipse, lasso; and what all selection tools share.

A gesture shows a draft of the shape; the selection itself is made when it ends, away from the GUI thread.
Held at press, Shift adds to the selection, Alt subtracts from it, both intersect with it. Pressed later, Shift makes
a square or a circle and Alt draws from the middle. A drag that begins inside the selection pushes it, where each shape
is to be a new one.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sdpaint.document.document import Document
from sdpaint.document.selection_edits import deselect, is_selected, select, set_selection
from sdpaint.imaging import selection as shapes
from sdpaint.imaging.geometry import Point, Rect
from sdpaint.imaging.selection import SelectionChange, SelectionMode
from sdpaint.imaging.tiles import TileMap
from sdpaint.tools.base import Draft, PointerEvent, ToolContext, ToolName
from sdpaint.tools.options import SelectionOptions
from sdpaint.tools.snapping import snapped

CLICK_VIEW_PX = 3.0
"""A drag shorter than this, in view pixels, is a click."""

LASSO_STEP_VIEW_PX = 0.75
"""Samples of a lasso nearer to each other than this look the same."""

_ELLIPSE_CORNERS = 96
_FARTHEST_PX = 1e6

LABELS = {
    ToolName.SELECT_RECTANGLE: "Select a rectangle",
    ToolName.SELECT_ELLIPSE: "Select an ellipse",
    ToolName.SELECT_LASSO: "Select with the lasso",
    ToolName.SELECT_POLYGON: "Select a polygon",
    ToolName.SELECT_ALIKE: "Select with the wand",
}

PUSHING_TOOLS = (ToolName.SELECT_RECTANGLE, ToolName.SELECT_ELLIPSE, ToolName.SELECT_LASSO)
"""With these, a drag inside the selection pushes it."""

Shape = Callable[[Document], TileMap]
"""Makes the shape on a document; runs away from the GUI thread."""


def mode_for(event: PointerEvent, options: SelectionOptions) -> SelectionMode:
    """What the keys held at press ask for; without any, the options."""
    if event.shift and event.alt:
        return SelectionMode.INTERSECT
    if event.shift:
        return SelectionMode.ADD
    return SelectionMode.SUBTRACT if event.alt else options.mode


def selecting(shape: Shape, mode: SelectionMode, options: SelectionOptions) -> Callable[[Document], Document]:
    """The edit that puts a shape, feathered as the options say, to the selection."""

    def edit(document: Document) -> Document:
        coverage = shape(document)
        if options.feather_px and not coverage.is_empty:
            coverage = shapes.changed(
                coverage, SelectionChange.FEATHER, options.feather_px, document.bounds
            )
        return select(document, coverage, mode)

    return edit


def is_finite(pos: Point) -> bool:
    """Whether it is a place at all."""
    return math.isfinite(pos.x) and math.isfinite(pos.y)


def within_reach(pos: Point) -> Point:
    """The place brought to where a shape's corner could matter."""
    return Point(
        min(_FARTHEST_PX, max(-_FARTHEST_PX, pos.x)), min(_FARTHEST_PX, max(-_FARTHEST_PX, pos.y))
    )


@dataclass(slots=True)
class _Drag:
    """A box being drawn. Keys held at press don't shape it until they have been let go once."""

    start: Point
    mode: SelectionMode
    shift_is_free: bool
    alt_is_free: bool
    view_scale: float
    end: Point
    is_square: bool = False
    is_centered: bool = False

    def follow(self, event: PointerEvent) -> None:
        """The pointer or the keys are elsewhere."""
        self.shift_is_free = self.shift_is_free or not event.shift
        self.alt_is_free = self.alt_is_free or not event.alt
        self.is_square = event.shift and self.shift_is_free
        self.is_centered = event.alt and self.alt_is_free
        if is_finite(event.pos):
            self.end = within_reach(event.pos)

    @property
    def is_click(self) -> bool:
        """Whether the pointer hardly moved."""
        return (self.end - self.start).length * self.view_scale < CLICK_VIEW_PX

    @property
    def edges(self) -> tuple[int, int, int, int]:
        """Left, top, right and bottom, on whole pixels."""
        by = self.end - self.start
        dx, dy = by.x, by.y
        if self.is_square:
            side = max(abs(dx), abs(dy))
            dx, dy = math.copysign(side, dx), math.copysign(side, dy)
        x, y = self.start.x, self.start.y
        first = (x - dx, y - dy) if self.is_centered else (x, y)
        xs, ys = sorted((round(first[0]), round(x + dx))), sorted((round(first[1]), round(y + dy)))
        return xs[0], ys[0], xs[1], ys[1]


def takes_hold(document: Document, event: PointerEvent, options: SelectionOptions) -> bool:
    """Whether a drag from here pushes the selection rather than drawing a new one."""
    if document.selection is None or mode_for(event, options) is not SelectionMode.REPLACE:
        return False
    if not document.bounds.contains_point(event.pos):
        return False
    return is_selected(document, math.floor(event.pos.x), math.floor(event.pos.y))


class _Push:
    """The selection being pushed elsewhere."""

    def __init__(self, event: PointerEvent) -> None:
        self._start = event.pos
        self._view_scale = event.view_scale
        self._by = (0, 0)

    def follow(self, event: PointerEvent) -> Draft | None:
        """The pointer is elsewhere; what to show. Shift keeps it level or upright."""
        if not is_finite(event.pos):
            return Draft(pushed_by=self._by)
        by = within_reach(event.pos) - self._start
        if by.length * self._view_scale < CLICK_VIEW_PX:
            self._by = (0, 0)
            return None
        dx, dy = round(by.x), round(by.y)
        if event.shift:
            dx, dy = (dx, 0) if abs(dx) >= abs(dy) else (0, dy)
        self._by = (dx, dy)
        return Draft(pushed_by=self._by)

    def end(self, context: ToolContext, event: PointerEvent) -> None:
        """Push it for good; a click takes the selection away."""
        draft, (dx, dy) = self.follow(event), self._by
        if draft is None:
            context.show_draft(None)
            deselect_by_click(context, SelectionMode.REPLACE)
            return

        def edit(document: Document) -> Document:
            selection = document.selection
            return document if selection is None else set_selection(document, selection.translated(dx, dy))

        context.show_draft(draft)
        context.compute("Move selection", edit)


class BoxSelectTool:
    """Drags a box: selects it, or the ellipse inside. A click takes the selection away."""

    def __init__(self, name: ToolName) -> None:
        self._name = name
        self._drag: _Drag | None = None
        self._push: _Push | None = None

    @property
    def name(self) -> ToolName:
        """Rectangle or ellipse."""
        return self._name

    def press(self, context: ToolContext, event: PointerEvent) -> None:
        """The first corner, or hold of the selection."""
        if takes_hold(context.document, event, context.options_of(SelectionOptions)):
            self._push = _Push(event)
        elif is_finite(event.pos):
            start = within_reach(snapped(context, event).pos)
            mode = mode_for(event, context.options_of(SelectionOptions))
            self._drag = _Drag(start, mode, not event.shift, not event.alt, event.view_scale, start)

    def move(self, context: ToolContext, events: Sequence[PointerEvent]) -> None:
        """The other corner."""
        if self._push is not None and events:
            context.show_draft(self._push.follow(events[-1]))
        drag = self._drag
        if drag is None:
            return
        for event in events:
            drag.follow(snapped(context, event))
        context.show_draft(None if drag.is_click else Draft(self._outline(drag.edges)))

    def release(self, context: ToolContext, event: PointerEvent) -> None:
        """Select what is inside."""
        push, self._push = self._push, None
        if push is not None:
            push.end(context, event)
        drag, self._drag = self._drag, None
        if drag is None:
            return
        drag.follow(snapped(context, event))
        if drag.is_click:
            context.show_draft(None)
            deselect_by_click(context, drag.mode)
            return
        shape = self._shape(drag.edges, context.options_of(SelectionOptions).antialias)
        edit = selecting(shape, drag.mode, context.options_of(SelectionOptions))
        context.compute(LABELS[self._name], edit)

    def cancel(self, context: ToolContext) -> None:
        """Drop the box."""
        self._drag = self._push = None
        context.show_draft(None)

    def rebase(self, context: ToolContext) -> bool:
        """The box goes on over any document."""
        return True

    def outline(self, context: ToolContext, pos: Point) -> float | None:
        """An ordinary cursor."""
        return None

    def _outline(self, edges: tuple[int, int, int, int]) -> tuple[Point, ...]:
        left, top, right, bottom = edges
        if self._name is ToolName.SELECT_RECTANGLE:
            return (Point(left, top), Point(right, top), Point(right, bottom), Point(left, bottom))
        cx, cy, rx, ry = (left + right) / 2, (top + bottom) / 2, (right - left) / 2, (bottom - top) / 2
        turns = (2 * math.pi * i / _ELLIPSE_CORNERS for i in range(_ELLIPSE_CORNERS))
        return tuple(Point(cx + rx * math.cos(turn), cy + ry * math.sin(turn)) for turn in turns)

    def _shape(self, edges: tuple[int, int, int, int], antialias: bool) -> Shape:
        if self._name is ToolName.SELECT_RECTANGLE:
            return lambda document: shapes.rectangle(Rect.from_edges(*edges).intersected(document.bounds))
        return lambda document: shapes.ellipse(*edges, document.bounds, antialias)


def deselect_by_click(context: ToolContext, mode: SelectionMode) -> None:
    """A click in the empty takes the selection away, unless it was meant to change it."""
    if mode is SelectionMode.REPLACE and context.document.selection is not None:
        context.commit("Deselect", deselect(context.document))


class LassoTool:
    """Draws around what is to be selected; the way back is straight. A click takes the selection away."""

    name = ToolName.SELECT_LASSO

    def __init__(self) -> None:
        self._points: list[Point] = []
        self._mode = SelectionMode.REPLACE
        self._push: _Push | None = None

    def press(self, context: ToolContext, event: PointerEvent) -> None:
        """Begin the line, or take hold of the selection."""
        if takes_hold(context.document, event, context.options_of(SelectionOptions)):
            self._push = _Push(event)
        elif is_finite(event.pos):
            self._points = [within_reach(event.pos)]
            self._mode = mode_for(event, context.options_of(SelectionOptions))

    def move(self, context: ToolContext, events: Sequence[PointerEvent]) -> None:
        """Draw on."""
        if self._push is not None and events:
            context.show_draft(self._push.follow(events[-1]))
        if not self._points:
            return
        before = len(self._points)
        for event in events:
            self._add(event)
        if len(self._points) > before:
            context.show_draft(Draft(tuple(self._points), is_closed=False))

    def release(self, context: ToolContext, event: PointerEvent) -> None:
        """Select what the line goes around."""
        push, self._push = self._push, None
        if push is not None:
            push.end(context, event)
        if not self._points:
            return
        self._add(event)
        points, self._points = tuple(self._points), []
        reach = max((point - points[0]).length for point in points) * event.view_scale
        if reach < CLICK_VIEW_PX:
            context.show_draft(None)
            deselect_by_click(context, self._mode)
            return
        options = context.options_of(SelectionOptions)
        context.compute(LABELS[self.name], selecting(polygon_shape(points, options), self._mode, options))

    def cancel(self, context: ToolContext) -> None:
        """Drop the line."""
        self._points = []
        self._push = None
        context.show_draft(None)

    def rebase(self, context: ToolContext) -> bool:
        """The line goes on over any document."""
        return True

    def outline(self, context: ToolContext, pos: Point) -> float | None:
        """An ordinary cursor."""
        return None

    def _add(self, event: PointerEvent) -> None:
        if is_finite(event.pos):
            pos = within_reach(event.pos)
            if (pos - self._points[-1]).length * event.view_scale >= LASSO_STEP_VIEW_PX:
                self._points.append(pos)


def polygon_shape(points: tuple[Point, ...], options: SelectionOptions) -> Shape:
    """What a closed line goes around."""
    return lambda document: shapes.polygon(points, document.bounds, options.antialias)
