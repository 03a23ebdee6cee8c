"""The Tool protocol: how pointer events become edits.

To add a tool: write a class with the methods of `Tool`, give it a `ToolName`, and put it into `make_tool`
(`sdpaint.tools.table`). A tool keeps nothing but the gesture under way; everything else it asks of its `ToolContext`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Protocol, TypeVar, runtime_checkable

from sdpaint.document.document import Document
from sdpaint.document.layers import LayerId
from sdpaint.errors import SdPaintError
from sdpaint.imaging.brush import BrushParams
from sdpaint.imaging.color import Color
from sdpaint.imaging.geometry import FloatRect, Point, Rect
from sdpaint.imaging.snapping import SnapTargets
from sdpaint.tools.handles import Box, Grip
from sdpaint.tools.options import PaintOptions
from sdpaint.tools.typed import Typing


class ToolName(Enum):
    """The tools; the value is what settings and actions call them."""

    BRUSH = "brush"
    ERASER = "eraser"
    MASK_BRUSH = "mask_brush"
    MASK_ERASER = "mask_eraser"
    CLONE = "clone"
    FILL = "fill"
    GRADIENT = "gradient"
    SHAPE = "shape"
    TEXT = "text"
    SELECT_RECTANGLE = "select_rectangle"
    SELECT_ELLIPSE = "select_ellipse"
    SELECT_LASSO = "select_lasso"
    SELECT_POLYGON = "select_polygon"
    SELECT_ALIKE = "select_alike"
    PICKER = "picker"
    PAN = "pan"
    FRAME = "frame"
    MOVE = "move"
    TRANSFORM = "transform"
    CROP = "crop"

    @property
    def has_brush(self) -> bool:
        """Whether it paints with a brush of its own."""
        return self in (
            ToolName.BRUSH,
            ToolName.ERASER,
            ToolName.MASK_BRUSH,
            ToolName.MASK_ERASER,
            ToolName.CLONE,
        )

    @property
    def takes_color(self) -> bool:
        """Whether it uses the foreground colour, so that Alt picks one for it."""
        paints_with_color = self.has_brush and self is not ToolName.CLONE
        return paints_with_color or self in (ToolName.FILL, ToolName.GRADIENT)

    @property
    def selects(self) -> bool:
        """Whether it changes the selection."""
        return self in (
            ToolName.SELECT_RECTANGLE,
            ToolName.SELECT_ELLIPSE,
            ToolName.SELECT_LASSO,
            ToolName.SELECT_POLYGON,
            ToolName.SELECT_ALIKE,
        )


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
    device: str = ""
    """What the system calls the stylus."""

    @property
    def stylus_pressure(self) -> float | None:
        """The pressure where it was measured, clamped to 0 … 1; None for a mouse."""
        return min(1.0, max(0.0, self.pressure)) if self.has_pressure else None


@dataclass(frozen=True, slots=True)
class Draft:
    """A shape that is being drawn, in canvas pixels. `follows_pointer`: a line goes on from its end to the pointer.

    `pushed_by`: the outline of the selection is being pushed by so many pixels, (x, y). `box`: a box with handles.
    """

    points: tuple[Point, ...] = ()
    is_closed: bool = True
    follows_pointer: bool = False
    pushed_by: tuple[int, int] = (0, 0)
    box: Box | None = None
    caret: FloatRect | None = None
    """Where what is typed comes."""
    marked: tuple[FloatRect, ...] = ()
    """What of a text is selected."""
    underlined: tuple[FloatRect, ...] = ()
    """What an input method is still composing."""


AnyOptions = TypeVar("AnyOptions")


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

    @property
    def paint_options(self) -> PaintOptions:
        """Of all tools with a brush."""
        ...

    @property
    def view_part(self) -> Rect:
        """The canvas pixels that the view may show: what a preview needs to reach."""
        ...

    def options_of(self, kind: type[AnyOptions]) -> AnyOptions:
        """What is set of a tool, by the class of its options (`sdpaint.tools.options`)."""
        ...

    def put_options(self, options: object) -> None:
        """Replace those of its class."""
        ...

    def amend(self, document: Document) -> None:
        """View state, such as another active layer: no undo step."""
        ...

    def brush_of(self, name: ToolName) -> BrushParams:
        """The brush of another tool."""
        ...

    def preview_later(self, edit: Callable[[Document], Document]) -> None:
        """Show what `edit` makes, as soon as another thread has computed it. Of several only the latest counts.

        An equal edit that is handed to `compute` at the end isn't computed again.
        """
        ...

    @property
    def snapping(self) -> SnapTargets:
        """What points and boxes are pulled onto; empty where nothing is to snap."""
        ...

    def compute(self, label: str, edit: Callable[[Document], Document], merge_key: str = "") -> None:
        """One undo step that takes long: `edit` runs on another thread, and again where the document has changed
        meanwhile. The draft, and what is previewed, stay in sight until it is done. Steps in a row with one
        `merge_key` are one.
        """
        ...

    def in_background(self, work: Callable[[], AnyOptions], done: Callable[[AnyOptions], None]) -> None:
        """Run `work` on another thread, then `done` with its outcome on this one."""
        ...

    def activate(self, layer_id: LayerId) -> None:
        """Make another layer the active one: no undo step."""
        ...

    def say(self, sentence: str) -> None:
        """A line to the artist."""
        ...

    def show_draft(self, draft: Draft | None) -> None:
        """Draw a shape over the canvas, or none."""
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


@runtime_checkable
class LastingTool(Tool, Protocol):
    """A tool whose work goes on after the release, until it is confirmed or cancelled."""

    @property
    def is_open(self) -> bool:
        """Whether something is under way."""
        ...

    def confirm(self, context: ToolContext) -> None:
        """End it and commit what was done."""
        ...

    def step_back(self, context: ToolContext) -> None:
        """Take the last part back."""
        ...


@runtime_checkable
class MarkingTool(Tool, Protocol):
    """A tool that has another place on the canvas beside that of the pointer."""

    def mark(self, context: ToolContext, pos: Point) -> Point | None:
        """Where a cross is shown while the pointer is at `pos`; None: nowhere."""
        ...


@runtime_checkable
class HeldTool(LastingTool, Protocol):
    """A tool that shows something from the moment on that it is taken in hand, and says what the pointer holds.

    `returns`: confirmed or dropped, it gives way to the tool before it.
    """

    @property
    def returns(self) -> bool:
        """Whether it is in hand for one job only."""
        ...

    def take(self, context: ToolContext) -> None:
        """It is in hand now."""
        ...

    def put_down(self, context: ToolContext) -> None:
        """Another tool was chosen: what is under way is confirmed."""
        ...

    def follow(self, context: ToolContext) -> None:
        """The committed document is another one, or what was previewed was dropped."""
        ...

    def refresh(self, context: ToolContext) -> None:
        """Its options have changed."""
        ...

    def nudge(self, context: ToolContext, dx: int, dy: int) -> bool:
        """Arrow keys: move by so many pixels. Whether it does that."""
        ...

    def grip(self, context: ToolContext, event: PointerEvent) -> Grip:
        """What a drag from here would do."""
        ...


@runtime_checkable
class SamplingTool(Tool, Protocol):
    """A tool that takes colours off the canvas."""

    def sample(self, context: ToolContext, pos: Point) -> Color | None:
        """What it would take at `pos`; None: nothing."""
        ...


@runtime_checkable
class TypingTool(LastingTool, Protocol):
    """A tool into which words are typed while it is open."""

    @property
    def selected_words(self) -> str:
        """What is selected, to be copied."""
        ...

    def type(self, context: ToolContext, typing: Typing) -> None:
        """One thing typed."""
        ...

    def refresh(self, context: ToolContext) -> None:
        """Colour, options or the document are others: show what is under way with them."""
        ...


@runtime_checkable
class RestingTool(Tool, Protocol):
    """A tool that goes on while the pointer is pressed and rests, as an airbrush does."""

    def rest_interval_ms(self, context: ToolContext) -> float | None:
        """How often `rest` is to be called; None where it needn't."""
        ...

    def rest(self, context: ToolContext) -> None:
        """The pointer hasn't moved for one interval."""
        ...
