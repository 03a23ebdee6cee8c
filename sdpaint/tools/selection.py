"""Selection tools: rectangle, ellipse, lasso, polygon and magic wand.

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
from sdpaint.document.render import flatten
from sdpaint.document.selection_edits import deselect, is_selected, select, set_selection
from sdpaint.imaging import selection as shapes
from sdpaint.imaging.geometry import Point, Rect
from sdpaint.imaging.selection import SelectionChange, SelectionMode
from sdpaint.imaging.tiles import TileMap
from sdpaint.tools.base import Draft, PointerEvent, ToolContext, ToolName
from sdpaint.tools.options import SelectionOptions

CLICK_VIEW_PX = 3.0
"""A drag shorter than this, in view pixels, is a click."""

CLOSE_VIEW_PX = 8.0
"""A polygon closes on a click so near to its first point, or on a double click that wanders less."""

DOUBLE_CLICK_MS = 450.0

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


def _is_finite(pos: Point) -> bool:
    return math.isfinite(pos.x) and math.isfinite(pos.y)


def _within_reach(pos: Point) -> Point:
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
        if _is_finite(event.pos):
            self.end = _within_reach(event.pos)

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
        if not _is_finite(event.pos):
            return Draft(pushed_by=self._by)
        by = _within_reach(event.pos) - self._start
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
            _click(context, SelectionMode.REPLACE)
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
        if takes_hold(context.document, event, context.selection_options):
            self._push = _Push(event)
        elif _is_finite(event.pos):
            start = _within_reach(event.pos)
            mode = mode_for(event, context.selection_options)
            self._drag = _Drag(start, mode, not event.shift, not event.alt, event.view_scale, start)

    def move(self, context: ToolContext, events: Sequence[PointerEvent]) -> None:
        """The other corner."""
        if self._push is not None and events:
            context.show_draft(self._push.follow(events[-1]))
        drag = self._drag
        if drag is None:
            return
        for event in events:
            drag.follow(event)
        context.show_draft(None if drag.is_click else Draft(self._outline(drag.edges)))

    def release(self, context: ToolContext, event: PointerEvent) -> None:
        """Select what is inside."""
        push, self._push = self._push, None
        if push is not None:
            push.end(context, event)
        drag, self._drag = self._drag, None
        if drag is None:
            return
        drag.follow(event)
        if drag.is_click:
            context.show_draft(None)
            _click(context, drag.mode)
            return
        shape = self._shape(drag.edges, context.selection_options.antialias)
        edit = selecting(shape, drag.mode, context.selection_options)
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


def _click(context: ToolContext, mode: SelectionMode) -> None:
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
        if takes_hold(context.document, event, context.selection_options):
            self._push = _Push(event)
        elif _is_finite(event.pos):
            self._points = [_within_reach(event.pos)]
            self._mode = mode_for(event, context.selection_options)

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
            _click(context, self._mode)
            return
        options = context.selection_options
        context.compute(LABELS[self.name], selecting(_polygon(points, options), self._mode, options))

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
        if _is_finite(event.pos):
            pos = _within_reach(event.pos)
            if (pos - self._points[-1]).length * event.view_scale >= LASSO_STEP_VIEW_PX:
                self._points.append(pos)


def _polygon(points: tuple[Point, ...], options: SelectionOptions) -> Shape:
    return lambda document: shapes.polygon(points, document.bounds, options.antialias)


class PolygonTool:
    """A corner for each click. A click on the first or the last one closes it, and so does Enter; Esc drops it.

    It lasts from press to press: see `LastingTool`.
    """

    name = ToolName.SELECT_POLYGON

    def __init__(self) -> None:
        self._points: list[Point] = []
        self._mode = SelectionMode.REPLACE
        self._is_placing = False
        self._pressed_ms = 0.0

    @property
    def is_open(self) -> bool:
        """Whether corners wait for more."""
        return bool(self._points)

    def press(self, context: ToolContext, event: PointerEvent) -> None:
        """A corner, or the end."""
        if not _is_finite(event.pos):
            return
        pos = _within_reach(event.pos)
        if not self._points:
            self._mode = mode_for(event, context.selection_options)
        elif self._closes(pos, event):
            self.confirm(context)
            return
        self._pressed_ms = event.time_ms
        self._points.append(pos)
        self._is_placing = True
        self._show(context)

    def move(self, context: ToolContext, events: Sequence[PointerEvent]) -> None:
        """The newest corner goes with the pointer until it is let go."""
        if events and self._is_placing and _is_finite(events[-1].pos):
            self._points[-1] = _within_reach(events[-1].pos)
            self._show(context)

    def release(self, context: ToolContext, event: PointerEvent) -> None:
        """The corner stays here."""
        self.move(context, [event])
        self._is_placing = False

    def cancel(self, context: ToolContext) -> None:
        """Drop all corners."""
        self._points = []
        self._is_placing = False
        context.show_draft(None)

    def confirm(self, context: ToolContext) -> None:
        """Close it and select what is inside. Fewer than three corners take the selection away, as a click does."""
        points, self._points = tuple(self._points), []
        self._is_placing = False
        if len(points) < 3:
            context.show_draft(None)
            _click(context, self._mode)
            return
        options = context.selection_options
        context.compute(LABELS[self.name], selecting(_polygon(points, options), self._mode, options))

    def step_back(self, context: ToolContext) -> None:
        """Take the last corner away."""
        if self._points:
            self._points.pop()
            self._show(context)

    def rebase(self, context: ToolContext) -> bool:
        """The polygon goes on over any document."""
        return True

    def outline(self, context: ToolContext, pos: Point) -> float | None:
        """An ordinary cursor."""
        return None

    def _closes(self, pos: Point, event: PointerEvent) -> bool:
        if len(self._points) < 2:
            return False
        # The second tap of a stylus lands a little beside the first.
        is_quick = event.time_ms - self._pressed_ms < DOUBLE_CLICK_MS
        to_first = (pos - self._points[0]).length * event.view_scale
        to_last = (pos - self._points[-1]).length * event.view_scale
        if to_last < (CLOSE_VIEW_PX if is_quick else CLICK_VIEW_PX):
            return True
        return len(self._points) > 2 and to_first < CLOSE_VIEW_PX

    def _show(self, context: ToolContext) -> None:
        draft = Draft(tuple(self._points), is_closed=False, follows_pointer=True) if self._points else None
        context.show_draft(draft)


class WandTool:
    """Selects what is of the colour that was clicked on."""

    name = ToolName.SELECT_ALIKE

    def press(self, context: ToolContext, event: PointerEvent) -> None:
        """Select; a click beside the canvas takes the selection away."""
        mode, options = mode_for(event, context.selection_options), context.selection_options
        document = context.document
        if not document.bounds.contains_point(event.pos):
            _click(context, mode)
            return
        x, y, layer_id = math.floor(event.pos.x), math.floor(event.pos.y), document.active

        def shape(document: Document) -> TileMap:
            if options.sample_all_layers:
                pixels = flatten(document, document.bounds)
            else:
                pixels = document.layer(layer_id).tiles.read(document.bounds)
            return shapes.coverage_map(shapes.alike(pixels, x, y, options.likeness))

        context.compute(LABELS[self.name], selecting(shape, mode, options))

    def move(self, context: ToolContext, events: Sequence[PointerEvent]) -> None:
        """Nothing more happens."""

    def release(self, context: ToolContext, event: PointerEvent) -> None:
        """Nothing more happens."""

    def cancel(self, context: ToolContext) -> None:
        """What was asked for at press comes all the same; it can be undone."""

    def rebase(self, context: ToolContext) -> bool:
        """There's nothing to go on with."""
        return True

    def outline(self, context: ToolContext, pos: Point) -> float | None:
        """An ordinary cursor."""
        return None
