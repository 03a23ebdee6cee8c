"""Colour picker: the colour that is seen under the pointer becomes the foreground."""

from __future__ import annotations

import math
from collections.abc import Sequence

from sdpaint.document.document import Document
from sdpaint.document.render import flatten
from sdpaint.imaging.color import Color
from sdpaint.imaging.geometry import Point, Rect
from sdpaint.imaging.pixels import rgba_from_premultiplied
from sdpaint.tools.base import PointerEvent, ToolContext, ToolName


def color_at(document: Document, pos: Point) -> Color | None:
    """The opaque form of the composite colour at `pos`; None outside the canvas and where nothing is painted."""
    if not document.bounds.contains_point(pos):
        return None
    pixel = flatten(document, Rect(math.floor(pos.x), math.floor(pos.y), 1, 1))
    red, green, blue, alpha = (int(value) for value in rgba_from_premultiplied(pixel)[0, 0])
    return Color(red, green, blue) if alpha else None


class PickerTool:
    """Picks at press and while dragged."""

    name = ToolName.PICKER

    def press(self, context: ToolContext, event: PointerEvent) -> None:
        """Pick."""
        color = color_at(context.document, event.pos)
        if color is not None:
            context.set_foreground(color)

    def move(self, context: ToolContext, events: Sequence[PointerEvent]) -> None:
        """Pick at the newest place."""
        if events:
            self.press(context, events[-1])

    def release(self, context: ToolContext, event: PointerEvent) -> None:
        """Pick at the last place."""
        self.press(context, event)

    def cancel(self, context: ToolContext) -> None:
        """Keep what was picked: it is no edit."""

    def rebase(self, context: ToolContext) -> bool:
        """Picking goes on in any document."""
        return True

    def outline(self, context: ToolContext, pos: Point) -> float | None:
        """An ordinary cursor."""
        return None
