"""Snapping of pointer events: what tools hand their events through."""

from __future__ import annotations

from dataclasses import replace

from sdpaint.imaging.snapping import SNAP_VIEW_PX, snap
from sdpaint.tools.base import PointerEvent, ToolContext


def snapped(context: ToolContext, event: PointerEvent) -> PointerEvent:
    """The event on the guide, grid line or canvas edge that is near in the view; itself where there is none."""
    if context.snapping.is_empty:
        return event
    return replace(event, pos=snap(event.pos, context.snapping, SNAP_VIEW_PX / event.view_scale).point)
