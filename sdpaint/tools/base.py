"""The Tool protocol: how pointer events become edits.

To add a tool: write a class with the methods of `Tool`, give it a `ToolName`, and put it into `TOOLS`
(`sdpaint.tools.table`). A tool keeps nothing but the gesture under way; everything else it asks of its `ToolContext`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from sdpaint.document.document import Document
from sdpaint.errors import SdPaintError
from sdpaint.imaging.brush import BrushParams
from sdpaint.imaging.color import Color
from sdpaint.imaging.geometry import Point


class ToolName(Enum):
    """The tools; the value is what settings and actions call them."""

    BRUSH = "brush"
    ERASER = "eraser"
    MASK_BRUSH = "mask_brush"
    MASK_ERASER = "mask_eraser"
    PICKER = "picker"
    PAN = "pan"
    FRAME = "frame"

    @property
    def has_brush(self) -> bool:
        """Whether it paints with a brush of its own."""
        return self in (ToolName.BRUSH, ToolName.ERASER, ToolName.MASK_BRUSH, ToolName.MASK_ERASER)


@dataclass(frozen=True, slots=True)
class PointerEvent:
    """One sample of the pointer.

    `pos` is in canvas pixels. `pressure` (0 … 1) counts only where `has_pressure` is set, which a stylus sets: a mouse
    reports 0.5 by convention and paints at the brush's nominal size and opacity. Tilt is in degrees.
    `view_scale` is view pixels per canvas pixel.
    """

    pos: Point
    pressure: float = 0.5
    tilt_x: float = 0.0
    tilt_y: float = 0.0
    time_ms: float = 0.0
    shift: bool = False
    ctrl: bool = False
    alt: bool = False
    view_scale: float = 1.0
    has_pressure: bool = False

    @property
    def stylus_pressure(self) -> float | None:
        """The pressure where it was measured, clamped to 0 … 1; None for a mouse."""
        return min(1.0, max(0.0, self.pressure)) if self.has_pressure else None


class ToolRefused(SdPaintError):
    """The tool can't work here: said in the message line, nothing changes."""


class ToolContext(Protocol):
    """What a tool may see and do."""

    @property
    def document(self) -> Document:
        """The committed document: at press, what the gesture starts from."""
        ...

    @property
    def foreground(self) -> Color:
        """The colour that brushes paint with."""
        ...

    @property
    def background(self) -> Color:
        """The other colour."""
        ...

    @property
    def brush(self) -> BrushParams:
        """The tool's own brush."""
        ...

    def preview(self, document: Document) -> None:
        """Show a document that isn't a step yet."""
        ...

    def commit(self, label: str, document: Document) -> None:
        """Make it one undo step."""
        ...

    def cancel(self) -> None:
        """Back to the committed document."""
        ...

    def set_foreground(self, color: Color) -> None:
        """Choose the colour that brushes paint with."""
        ...


class Tool(Protocol):
    """A gesture from press to release. Methods are called on the GUI thread and return within a millisecond or so."""

    @property
    def name(self) -> ToolName:
        """Which tool it is."""
        ...

    def press(self, context: ToolContext, event: PointerEvent) -> None:
        """Begin. Raises ToolRefused where it can't; then no move or release follows."""
        ...

    def move(self, context: ToolContext, events: Sequence[PointerEvent]) -> None:
        """The samples since the last call, oldest first."""
        ...

    def release(self, context: ToolContext, event: PointerEvent) -> None:
        """End, and commit what was done."""
        ...

    def cancel(self, context: ToolContext) -> None:
        """Drop what was done; the context has the document restored."""
        ...

    def rebase(self, context: ToolContext) -> bool:
        """The committed document changed underneath (a result arrived): take that as the start, and show it at the next
        move. False where the gesture makes no sense any more; it is cancelled then.
        """
        ...

    def outline(self, context: ToolContext, pos: Point) -> float | None:
        """Radius in canvas pixels of the circle that the cursor shows at `pos`; None for an ordinary cursor."""
        ...
