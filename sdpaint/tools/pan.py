"""Pan: a marker. The view moves itself while this tool is in hand, and the document isn't concerned."""

from __future__ import annotations

from collections.abc import Sequence

from sdpaint.imaging.geometry import Point
from sdpaint.tools.base import PointerEvent, ToolContext, ToolName


class PanTool:
    """Leaves every event to the view."""

    name = ToolName.PAN

    def press(self, context: ToolContext, event: PointerEvent) -> None:
        """Nothing happens to the document."""

    def move(self, context: ToolContext, events: Sequence[PointerEvent]) -> None:
        """Nothing happens to the document."""

    def release(self, context: ToolContext, event: PointerEvent) -> None:
        """Nothing happens to the document."""

    def cancel(self, context: ToolContext) -> None:
        """Nothing to take back."""

    def rebase(self, context: ToolContext) -> bool:
        """Panning goes on over any document."""
        return True

    def outline(self, context: ToolContext, pos: Point) -> float | None:
        """An ordinary cursor."""
        return None
