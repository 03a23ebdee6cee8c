"""ToolController: the tool in hand, its brush, the colours, and the gesture under way."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from PySide6.QtCore import QObject, QTimer, Signal

from sdpaint.controllers.document_controller import DocumentController
from sdpaint.controllers.held_tools import HeldTools
from sdpaint.controllers.pressure import PressureCurves
from sdpaint.controllers.tool_context import ControllerContext
from sdpaint.controllers.tool_edits import ToolEdits
from sdpaint.controllers.tool_settings import ToolSettings
from sdpaint.document.document import Document
from sdpaint.imaging.brush import BrushParams, stepped_size
from sdpaint.imaging.color import BLACK, WHITE, Color
from sdpaint.imaging.geometry import Point, Rect
from sdpaint.tools.base import (
    LastingTool,
    MarkingTool,
    PointerEvent,
    RestingTool,
    SamplingTool,
    Tool,
    ToolContext,
    ToolName,
    ToolRefused,
    TypingTool,
)
from sdpaint.tools.options import PaintOptions
from sdpaint.tools.table import make_tool
from sdpaint.tools.typed import Typing

DEFAULT_BRUSHES: dict[ToolName, BrushParams] = {
    ToolName.BRUSH: BrushParams(size_px=24, hardness=0.8),
    ToolName.ERASER: BrushParams(size_px=48, hardness=0.8),
    # A grey mask means less change, so that a stylus paints strength by its pressure.
    ToolName.MASK_BRUSH: BrushParams(size_px=80, hardness=0.9, pressure_size=False, pressure_opacity=True),
    ToolName.MASK_ERASER: BrushParams(size_px=80, hardness=0.9, pressure_size=False, pressure_opacity=True),
    ToolName.CLONE: BrushParams(size_px=64, hardness=0.5, pressure_size=False),
}


class ToolController(QObject):
    """Takes pointer events in canvas coordinates from the view and lets the tool in hand make edits of them.

    Every tool with a brush remembers its own. A gesture keeps the tool that it was begun with: a temporary tool
    (Space, Alt) counts from the next press on, while choosing another tool ends and commits it.
    """

    tool_changed = Signal(object)
    """ToolName."""
    brush_changed = Signal(object)
    """BrushParams of the tool in hand."""
    colors_changed = Signal()
    tool_message = Signal(str)
    """Why a tool couldn't work here."""
    paint_options_changed = Signal(object)
    """PaintOptions."""

    def __init__(self, documents: DocumentController, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._documents = documents
        self._tools: dict[ToolName, Tool] = {}
        """Those that were taken in hand so far."""
        self._brushes = dict(DEFAULT_BRUSHES)
        self._chosen = ToolName.BRUSH
        self._painting = ToolName.BRUSH
        self._temporary: list[ToolName] = []
        self._foreground = BLACK
        self._background = WHITE
        self._gesture: Tool | None = None
        self._base: Document | None = None
        self.pressure = PressureCurves(self)
        """What styluses report, and what tools feel of it."""
        self._rest = QTimer(self)
        self._rest.timeout.connect(self._on_rest)
        self.settings = ToolSettings(self)
        """What is set of tools beside their brush."""
        self.settings.changed.connect(self._on_settings)
        self.visible_part: Callable[[], Rect] | None = None
        """The canvas pixels that are seen, as far as previews need to reach; None: all."""
        self.edits = ToolEdits(documents, self)
        """What tools do to the document."""
        self.edits.failed.connect(lambda error: self.tool_message.emit(str(error)))
        self.held = HeldTools(self)
        """The tools that show something from the moment on that they are taken in hand."""
        documents.document_changed.connect(self._follow)
        documents.leaving.connect(self._leave)

    # -- tool

    @property
    def tool(self) -> ToolName:
        """The tool in hand, a temporary one before the chosen one."""
        return self._temporary[-1] if self._temporary else self._chosen

    def set_tool(self, name: ToolName) -> None:
        """Choose a tool. A gesture under way ends here and is committed; a shape that waits for more is dropped.

        A tool that is held (transform) is put down before, and confirms what it has done; so does a text.
        """
        self.finish()
        if self.typing is not None:
            self.confirm_shape()
        elif not self.held.put_down(name):
            self.drop_shape()
        before, before_chosen = self.tool, self._chosen
        self._temporary.clear()
        self._chosen = name
        self._announce_tool(before)
        self.held.take(is_other=name is not before_chosen)

    def _leave(self) -> None:
        """Another document comes to the front."""
        self.finish()
        self.confirm_text()
        self.held.leave()

    @property
    def chosen_tool(self) -> Tool:
        """The tool in hand, temporary ones aside."""
        return self._tool(self._chosen)

    @property
    def tool_in_hand(self) -> Tool:
        """A temporary one before the chosen one."""
        return self._tool(self.tool)

    def _tool(self, name: ToolName) -> Tool:
        if name not in self._tools:
            self._tools[name] = make_tool(name)
        return self._tools[name]

    def context_of(self, tool: Tool) -> ToolContext:
        """What the tool may see and do."""
        return ControllerContext(self, self._documents, tool.name)

    def push_temporary(self, name: ToolName) -> None:
        """Take another tool in hand while a key is held."""
        before = self.tool
        self._temporary.append(name)
        self._announce_tool(before)

    def pop_temporary(self, name: ToolName | None = None) -> None:
        """Put the temporary tool (the last, or the one of this name) back; nothing where there's none."""
        before = self.tool
        if name is None and self._temporary:
            self._temporary.pop()
        elif name in self._temporary:
            self._temporary.remove(name)
        self._announce_tool(before)

    def _announce_tool(self, before: ToolName) -> None:
        brush_before = self._brushes[self._painting]
        if self.tool.has_brush:
            self._painting = self.tool
        if self.tool is not before:
            self.tool_changed.emit(self.tool)
        if self.brush != brush_before:
            self.brush_changed.emit(self.brush)

    # -- brush

    @property
    def brush(self) -> BrushParams:
        """The brush of the tool in hand; of the last tool that had one, where this one has none."""
        return self._brushes[self._painting]

    def set_brush(self, params: BrushParams) -> None:
        """Replace it. A stroke under way goes on with the old one."""
        if params != self.brush:
            self._brushes[self._painting] = params
            self.brush_changed.emit(params)

    def change_size(self, steps: int) -> None:
        """Up or down a scale whose steps grow with the size: the [ and ] keys."""
        self.set_brush(replace(self.brush, size_px=stepped_size(self.brush.size_px, steps)))

    @property
    def brushes(self) -> Mapping[ToolName, BrushParams]:
        """The brush of every tool that has one, for settings to keep."""
        return dict(self._brushes)

    def restore_brushes(self, brushes: Mapping[ToolName, BrushParams]) -> None:
        """Brushes as they were kept; tools that aren't mentioned keep theirs."""
        before = self.brush
        self._brushes.update({name: params for name, params in brushes.items() if name.has_brush})
        if self.brush != before:
            self.brush_changed.emit(self.brush)

    def outline_radius(self, pos: Point) -> float | None:
        """Radius in canvas pixels of the circle to show at `pos`; None where the cursor is an ordinary one."""
        tool = self.tool_in_hand
        return tool.outline(self.context_of(tool), pos)

    @property
    def paint_options(self) -> PaintOptions:
        """What all tools with a brush share."""
        return self.settings.get(PaintOptions)

    def set_paint_options(self, options: PaintOptions) -> None:
        """Replace them. A stroke under way goes on with the old ones."""
        self.settings.put(options)

    def _on_settings(self, options: object) -> None:
        if isinstance(options, PaintOptions):
            self.paint_options_changed.emit(options)
        self.held.refresh()
        self._refresh_text()

    def mark_at(self, pos: Point) -> Point | None:
        """Where on the canvas a cross is to be shown while the pointer is at `pos`."""
        tool = self.tool_in_hand
        return tool.mark(self.context_of(tool), pos) if isinstance(tool, MarkingTool) else None

    def sample_at(self, pos: Point) -> Color | None:
        """The colour that the tool in hand would take at `pos`; None where it takes none."""
        tool = self.tool_in_hand
        return tool.sample(self.context_of(tool), pos) if isinstance(tool, SamplingTool) else None

    @property
    def has_open_shape(self) -> bool:
        """Whether a shape waits for more clicks, or for Enter or Esc."""
        return self._open_tool() is not None

    def confirm_shape(self) -> None:
        """Close the shape that waits for more."""
        tool = self._open_tool()
        if tool is not None:
            self.finish()
            tool.confirm(self.context_of(tool))
            self.held.give_way(tool)

    def step_back_shape(self) -> None:
        """Take its last corner back."""
        tool = self._open_tool()
        if tool is not None:
            tool.step_back(self.context_of(tool))

    def drop_shape(self) -> None:
        """Forget it."""
        tool = self._open_tool()
        if tool is not None:
            if self._gesture is tool:
                self._gesture = self._base = None
            tool.cancel(self.context_of(tool))
            self.held.give_way(tool)

    @property
    def typing(self) -> TypingTool | None:
        """The tool into which words are typed now."""
        tool = self._open_tool()
        return tool if isinstance(tool, TypingTool) else None

    def type(self, typing: Typing) -> None:
        """Something typed into the text that is open."""
        tool = self.typing
        if tool is not None:
            tool.type(self.context_of(tool), typing)

    def confirm_text(self) -> None:
        """End the text that is open, at once: before the document is saved or left, say."""
        if self.typing is not None:
            with self.edits.at_once():
                self.confirm_shape()

    def _refresh_text(self) -> None:
        tool = self.typing
        if tool is not None:
            tool.refresh(self.context_of(tool))

    def _open_tool(self) -> LastingTool | None:
        tool = self.chosen_tool
        return tool if isinstance(tool, LastingTool) and tool.is_open else None

    # -- colours

    @property
    def foreground(self) -> Color:
        """What brushes paint with."""
        return self._foreground

    @property
    def background(self) -> Color:
        """What is swapped in with X."""
        return self._background

    def set_foreground(self, color: Color) -> None:
        """Paint with this."""
        self._set_colors(color, self._background)

    def set_background(self, color: Color) -> None:
        """Keep this behind."""
        self._set_colors(self._foreground, color)

    def swap_colors(self) -> None:
        """Foreground and background change places."""
        self._set_colors(self._background, self._foreground)

    def reset_colors(self) -> None:
        """Black over white."""
        self._set_colors(BLACK, WHITE)

    def _set_colors(self, foreground: Color, background: Color) -> None:
        if (foreground, background) != (self._foreground, self._background):
            self._foreground, self._background = foreground, background
            self.colors_changed.emit()
            self._refresh_text()

    # -- the gesture

    @property
    def is_busy(self) -> bool:
        """Whether a gesture is under way."""
        return self._gesture is not None

    def press(self, event: PointerEvent) -> None:
        """Begin a gesture with the tool in hand; one that is still under way is committed first."""
        self.finish()
        self.pressure.note(event)
        tool = self.tool_in_hand
        self._base = self._documents.committed
        self._gesture, self._last_event = tool, event
        context = self.context_of(tool)
        try:
            tool.press(context, self.pressure.felt(event))
        except ToolRefused as refusal:
            self._gesture = self._base = None
            self.tool_message.emit(str(refusal))
            return
        interval_ms = tool.rest_interval_ms(context) if isinstance(tool, RestingTool) else None
        if interval_ms is not None:
            self._rest.start(max(1, round(interval_ms)))

    def _on_rest(self) -> None:
        """The airbrush goes on until the gesture ends; while the pointer moves, its way lays the dabs."""
        if self._gesture is None or not self._keep_up():
            self._rest.stop()
        elif isinstance(self._gesture, RestingTool):
            self._gesture.rest(self.context_of(self._gesture))

    def move(self, events: Sequence[PointerEvent]) -> None:
        """The samples since the last call; without a press before, nothing happens."""
        if events and self._keep_up() and self._gesture is not None:
            self._last_event = events[-1]
            if self._rest.isActive():
                self._rest.start()
            felt = self.pressure.felt
            self._gesture.move(self.context_of(self._gesture), [felt(event) for event in events])

    def release(self, event: PointerEvent) -> None:
        """End the gesture and commit it."""
        if not self._keep_up():
            return
        tool, self._gesture = self._gesture, None
        if tool is not None:
            tool.release(self.context_of(tool), event)
            self._base = None

    def finish(self) -> None:
        """End a gesture where the pointer was last, and commit it."""
        if self._gesture is not None:
            self.release(self._last_event)

    def cancel(self) -> None:
        """Drop the gesture (Esc); the document is as it was at press."""
        tool, self._gesture = self._gesture, None
        if tool is not None:
            tool.cancel(self.context_of(tool))
            self._base = None

    def _follow(self, old: Document | None, new: Document) -> None:
        """Somebody else changed what is seen."""
        if old is None:
            self.edits.drop_live()
            self._tools.clear()
            self.edits.show_draft(None)
        if not self.edits.is_own and self._gesture is None:
            self.held.follow_soon()
        if not self.edits.is_own and self.typing is not None:
            if self.edits.is_previewed_on_committed:
                self.drop_shape()       # undo takes the whole of it, as it takes a stroke that is under way
            else:
                # Others hear of this change first.
                QTimer.singleShot(0, self, self._refresh_text)
        if self.edits.is_own or self._gesture is None:
            return
        if old is None or self._documents.committed is self._base:
            self.cancel()   # undo dropped the stroke, or another document was opened
        else:
            # A result arrived, say. Shown again only when all listeners know of that change.
            QTimer.singleShot(0, self._show_again)

    def _keep_up(self) -> bool:
        """Let the gesture go on in a document that was changed meanwhile. False where there's none that could."""
        if self._gesture is None:
            return False
        if self._documents.committed is self._base:
            return True
        if not self._gesture.rebase(self.context_of(self._gesture)):
            self.cancel()
            return False
        self._base = self._documents.committed
        return True

    def _show_again(self) -> None:
        if self._gesture is not None:
            self.move([self._last_event])
