"""Polygon tool: selects what lies between corners that are clicked."""

from __future__ import annotations

from collections.abc import Sequence

from sdpaint.imaging.geometry import Point
from sdpaint.imaging.selection import SelectionMode
from sdpaint.tools.base import Draft, PointerEvent, ToolContext, ToolName
from sdpaint.tools.options import SelectionOptions
from sdpaint.tools.selection import (
    CLICK_VIEW_PX,
    LABELS,
    deselect_by_click,
    is_finite,
    mode_for,
    polygon_shape,
    selecting,
    within_reach,
)
from sdpaint.tools.snapping import snapped

CLOSE_VIEW_PX = 8.0
"""A polygon closes on a click so near to its first point, or on a double click that wanders less."""

DOUBLE_CLICK_MS = 450.0


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
        if not is_finite(event.pos):
            return
        pos = within_reach(snapped(context, event).pos)
        if not self._points:
            self._mode = mode_for(event, context.options_of(SelectionOptions))
        elif self._closes(pos, event):
            self.confirm(context)
            return
        self._pressed_ms = event.time_ms
        self._points.append(pos)
        self._is_placing = True
        self._show(context)

    def move(self, context: ToolContext, events: Sequence[PointerEvent]) -> None:
        """The newest corner goes with the pointer until it is let go."""
        if events and self._is_placing and is_finite(events[-1].pos):
            self._points[-1] = within_reach(snapped(context, events[-1]).pos)
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
            deselect_by_click(context, self._mode)
            return
        options = context.options_of(SelectionOptions)
        context.compute(LABELS[self.name], selecting(polygon_shape(points, options), self._mode, options))

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
