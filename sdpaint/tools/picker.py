"""Colour picker: the colour that is seen under the pointer becomes the foreground."""

from __future__ import annotations

import math
from collections.abc import Sequence

from sdpaint.document.document import Document
from sdpaint.document.render import flatten
from sdpaint.imaging.color import Color
from sdpaint.imaging.geometry import Point, Rect
from sdpaint.imaging.pixels import color_of_pixel
from sdpaint.imaging.tiles import full_of
from sdpaint.tools.base import PointerEvent, ToolContext, ToolName
from sdpaint.tools.options import PickerOptions, PickerSource

POINT = PickerOptions()


def color_at(document: Document, pos: Point, options: PickerOptions = POINT) -> Color | None:
    """The opaque form of the mean colour around `pos`; None outside the canvas and where nothing is painted."""
    if not document.bounds.contains_point(pos):
        return None
    side = options.size_px
    left, top = math.floor(pos.x) - side // 2, math.floor(pos.y) - side // 2
    area = Rect(left, top, side, side).intersected(document.bounds)
    if options.source is PickerSource.ALL_LAYERS:
        pixels = flatten(document, area, document.depth)
    else:
        pixels = document.active_layer.tiles.read(area)
    if side == 1:
        return color_of_pixel(pixels[0, 0])
    # Premultiplied: the more there is of a pixel, the more it counts.
    blue, green, red, share = (float(value) for value in pixels.reshape(-1, 4).mean(axis=0))
    if share == 0.0:
        return None
    full = full_of(pixels)
    red, green, blue = (min(full, round(value * full / share)) for value in (red, green, blue))
    return Color(red, green, blue) if full == 255 else Color.from_deep(red, green, blue)


class PickerTool:
    """Picks at press and while dragged."""

    name = ToolName.PICKER

    def press(self, context: ToolContext, event: PointerEvent) -> None:
        """Pick."""
        color = self.sample(context, event.pos)
        if color is not None:
            context.set_foreground(color)

    def sample(self, context: ToolContext, pos: Point) -> Color | None:
        """What would be picked there."""
        return color_at(context.document, pos, context.options_of(PickerOptions))

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
