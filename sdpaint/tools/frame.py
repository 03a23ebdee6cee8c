"""Frame tool: move, resize and draw the generation frame."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from sdpaint.document.document import MAX_SIDE_PX, Document
from sdpaint.document.edits import set_frame
from sdpaint.imaging.geometry import Point, Rect
from sdpaint.imaging.snapping import SnapTargets, snap_box
from sdpaint.tools.base import PointerEvent, ToolContext, ToolName

GRID_PX = 8
"""Sides are multiples of this: one latent pixel."""

MIN_SIDE_PX = 64
HANDLE_VIEW_PX = 8.0
"""How near to an edge, in view pixels, the pointer takes hold of it."""

_FARTHEST_PX = 4.0 * MAX_SIDE_PX


class FrameHandle(Enum):
    """What the pointer has hold of; the value is the direction (x, y) in which it resizes."""

    TOP_LEFT = (-1, -1)
    TOP = (0, -1)
    TOP_RIGHT = (1, -1)
    RIGHT = (1, 0)
    BOTTOM_RIGHT = (1, 1)
    BOTTOM = (0, 1)
    BOTTOM_LEFT = (-1, 1)
    LEFT = (-1, 0)
    INSIDE = (0, 0)


def handle_at(frame: Rect, pos: Point, view_scale: float = 1.0) -> FrameHandle | None:
    """What of the frame lies under the pointer, for hit test and cursor; None outside."""
    reach = HANDLE_VIEW_PX / view_scale
    if not (
        frame.left - reach <= pos.x <= frame.right + reach and frame.top - reach <= pos.y <= frame.bottom + reach
    ):
        return None
    return FrameHandle(
        (_side(pos.x, frame.left, frame.right, reach), _side(pos.y, frame.top, frame.bottom, reach))
    )


def _side(at: float, low: int, high: int, reach: float) -> int:
    """-1 near the low edge, 1 near the high one, 0 between; a small frame keeps an inside to be moved by."""
    inward = min(reach, (high - low) / 4)
    if at <= low + inward:
        return -1
    return 1 if at >= high - inward else 0


@dataclass(frozen=True, slots=True)
class _Grip:
    """What was taken hold of at press. `handle` is None where a new frame is drawn."""

    handle: FrameHandle | None
    start: Point
    frame: Rect


class FrameTool:
    """Drag inside to move, an edge or corner to resize (Shift keeps the aspect), outside to draw a new frame.

    Moves snap to canvas edges and to the grid; Ctrl lets go of both. One gesture is one step, "Move frame".
    """

    name = ToolName.FRAME

    def __init__(self) -> None:
        self._grip: _Grip | None = None

    def press(self, context: ToolContext, event: PointerEvent) -> None:
        """Take hold."""
        pos = _within_reach(event.pos)
        if pos is not None:
            frame = context.document.frame
            self._grip = _Grip(handle_at(frame, pos, event.view_scale), pos, frame)

    def move(self, context: ToolContext, events: Sequence[PointerEvent]) -> None:
        """Show the frame where the newest event puts it."""
        if events and self._grip is not None:
            context.preview(self._edited(context, self._grip, events[-1]))

    def release(self, context: ToolContext, event: PointerEvent) -> None:
        """Commit, unless the frame is where it was."""
        grip, self._grip = self._grip, None
        if grip is None:
            return
        edited = self._edited(context, grip, event)
        if edited is context.document:
            context.cancel()
        else:
            context.commit("Move frame", edited)

    def cancel(self, context: ToolContext) -> None:
        """The frame goes back."""
        self._grip = None
        context.cancel()

    def rebase(self, context: ToolContext) -> bool:
        """The gesture goes on where the frame is still the one that was taken hold of."""
        return self._grip is not None and context.document.frame == self._grip.frame

    def outline(self, context: ToolContext, pos: Point) -> float | None:
        """An ordinary cursor; `handle_at` says which."""
        return None

    def _edited(self, context: ToolContext, grip: _Grip, event: PointerEvent) -> Document:
        document = context.document
        pos = _within_reach(event.pos)
        if pos is None:
            return document
        by = pos - grip.start
        if max(abs(by.x), abs(by.y)) * event.view_scale < 2.0:
            return document     # a click, not a drag
        if grip.handle is None:
            frame = drawn(grip.start, pos, square=event.shift)
        elif grip.handle is FrameHandle.INSIDE:
            reach = 0.0 if event.ctrl else HANDLE_VIEW_PX / event.view_scale
            frame = moved(grip.frame, by, document.bounds, reach, snap=not event.ctrl)
            if not event.ctrl:
                frame = _on_lines(frame, grip.frame, by, context.snapping, reach)
        else:
            frame = resized(grip.frame, grip.handle, by, keep_aspect=event.shift)
        return set_frame(document, frame)


def _on_lines(frame: Rect, before: Rect, by: Point, targets: SnapTargets, reach: float) -> Rect:
    """The moved frame with its edges or middle on lines that are near; they go before the grid of latents."""
    x, y = before.x + by.x, before.y + by.y
    pushed = snap_box(
        [x, x + before.width / 2, x + before.width], [y, y + before.height / 2, y + before.height], targets, reach
    )
    return Rect(
        frame.x if pushed.x is None else round(x + pushed.point.x),
        frame.y if pushed.y is None else round(y + pushed.point.y),
        frame.width,
        frame.height,
    )


def _within_reach(pos: Point) -> Point | None:
    """The place brought to where a frame could be; None where it is no number."""
    if not (math.isfinite(pos.x) and math.isfinite(pos.y)):
        return None
    return Point(
        min(_FARTHEST_PX, max(-_FARTHEST_PX, pos.x)),
        min(_FARTHEST_PX, max(-_FARTHEST_PX, pos.y)),
    )


def snapped_side(length: float) -> int:
    """The nearest side that a frame can have."""
    return min(MAX_SIDE_PX // GRID_PX * GRID_PX, max(MIN_SIDE_PX, round(length / GRID_PX) * GRID_PX))


def drawn(start: Point, end: Point, square: bool = False) -> Rect:
    """A new frame from one corner, put on the grid, towards another."""
    x, y = round(start.x / GRID_PX) * GRID_PX, round(start.y / GRID_PX) * GRID_PX
    width, height = snapped_side(abs(end.x - x)), snapped_side(abs(end.y - y))
    if square:
        width = height = max(width, height)
    return Rect(x if end.x >= x else x - width, y if end.y >= y else y - height, width, height)


def moved(frame: Rect, by: Point, canvas: Rect, reach: float, snap: bool = True) -> Rect:
    """The frame elsewhere: at a canvas edge within `reach`, else on the grid, or with no `snap` at any whole pixel."""
    x = _snapped_place(frame.x + by.x, frame.width, canvas.left, canvas.right, reach, snap)
    y = _snapped_place(frame.y + by.y, frame.height, canvas.top, canvas.bottom, reach, snap)
    return Rect(x, y, frame.width, frame.height)


def _snapped_place(at: float, length: int, low: int, high: int, reach: float, snap: bool) -> int:
    if not snap:
        return round(at)
    edges = (low, high - length)
    nearest = min(edges, key=lambda edge: abs(edge - at))
    return nearest if abs(nearest - at) <= reach else round(at / GRID_PX) * GRID_PX


def resized(frame: Rect, handle: FrameHandle, by: Point, keep_aspect: bool = False) -> Rect:
    """The frame with an edge or corner dragged; the opposite one stays. Sides are multiples of 8, at least 64."""
    toward_x, toward_y = handle.value
    width, height = frame.width + toward_x * by.x, frame.height + toward_y * by.y
    if keep_aspect:
        factors = [width / frame.width] * (toward_x != 0) + [height / frame.height] * (toward_y != 0)
        least = MIN_SIDE_PX / min(frame.width, frame.height)
        factor = max(*factors, least) if len(factors) > 1 else max(factors[0], least)
        width, height = frame.width * factor, frame.height * factor
    new_width = snapped_side(width) if toward_x or keep_aspect else frame.width
    new_height = snapped_side(height) if toward_y or keep_aspect else frame.height
    return Rect(
        _fixed_place(frame.x, frame.width, new_width, toward_x),
        _fixed_place(frame.y, frame.height, new_height, toward_y),
        new_width,
        new_height,
    )


def _fixed_place(start: int, old: int, new: int, toward: int) -> int:
    """Where the side begins when the end that isn't dragged stays; the middle stays where none is dragged."""
    if toward > 0:
        return start
    return start + old - new if toward < 0 else start + (old - new) // 2
