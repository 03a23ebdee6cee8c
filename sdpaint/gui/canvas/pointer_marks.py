"""What is at the pointer: its cursor, the brush's rim, the clone source's cross, the picker's ring."""

from __future__ import annotations

from PySide6.QtCore import QObject, Qt, QTimer
from PySide6.QtGui import QCursor, QPainter

from sdpaint.controllers.document_controller import DocumentController
from sdpaint.controllers.tool_controller import ToolController
from sdpaint.gui.canvas import overlay
from sdpaint.gui.canvas.boxes import cursor_of
from sdpaint.gui.canvas.cursors import tool_cursor
from sdpaint.gui.canvas.navigation import Navigator
from sdpaint.gui.canvas.pointer import Drag, PointerInput
from sdpaint.gui.widgets.swatches import qcolor
from sdpaint.imaging.color import Color
from sdpaint.imaging.geometry import Point
from sdpaint.tools.base import PointerEvent, ToolName
from sdpaint.tools.frame import handle_at
from sdpaint.tools.options import SelectionOptions, ShapeOptions
from sdpaint.tools.selection import PUSHING_TOOLS, takes_hold

PATIENCE_MS = 150
"""What a tool computes for longer than this has a waiting cursor."""


class PointerMarks(QObject):
    """Keeps the view's cursor right, and repaints the marks' places, old and new, when they change."""

    def __init__(
        self, view: Navigator, tools: ToolController, pointer: PointerInput, documents: DocumentController
    ) -> None:
        super().__init__(view)
        self._view, self._tools, self._input, self._documents = view, tools, pointer, documents
        self._place: Point | None = None
        self._rim: tuple[Point, float] | None = None
        self._mark: Point | None = None
        self._sample: tuple[Point, Color] | None = None
        self._picked_from = tools.foreground
        self._cursor: Qt.CursorShape | QCursor = Qt.CursorShape.ArrowCursor
        self._lent: Qt.CursorShape | None = None
        self._patience = QTimer(self, singleShot=True, interval=PATIENCE_MS)
        self._patience.timeout.connect(self.refresh)
        tools.brush_changed.connect(self.refresh)
        tools.settings.changed.connect(self.refresh)
        tools.edits.computing_changed.connect(self._wait_for_tool)
        pointer.drag_changed.connect(self.refresh)

    @property
    def place(self) -> Point | None:
        """Where in the view the pointer is; None where it isn't over it."""
        return self._place

    @property
    def source(self) -> Point | None:
        """Where in the view the cross of the clone stamp's source is."""
        return self._mark

    def move(self, place: Point | None) -> None:
        """The pointer is elsewhere."""
        self._place = place
        self.refresh()

    def lend_cursor(self, cursor: Qt.CursorShape | None) -> None:
        """The pointer is over something that isn't the tool's, which has this cursor; None: the tool's again."""
        if cursor is not self._lent:
            self._lent = cursor
            self.refresh()

    def look_through(self) -> None:
        """The view shows another part, and is repainted as a whole."""
        self._rim, self._mark = self._wanted_rim(), self._wanted_mark()

    def refresh(self) -> None:
        """Something changed that the marks depend on."""
        view = self._view
        rim = self._wanted_rim()
        if rim != self._rim:
            for each in (self._rim, rim):
                if each is not None:
                    view.update(overlay.outline_region(*each))
            self._rim = rim
        mark = self._wanted_mark()
        if mark != self._mark:
            for place in (self._mark, mark):
                if place is not None:
                    view.update(overlay.mark_region(place))
            self._mark = mark
        sample = self._wanted_sample()
        if sample != self._sample:
            for ring in (self._sample, sample):
                if ring is not None:
                    view.update(overlay.sample_region(ring[0]))
            self._sample = sample
        cursor = self._wanted_cursor()
        if cursor != self._cursor:
            self._cursor = cursor
            view.setCursor(cursor)

    def paint(self, painter: QPainter) -> None:
        """Draw all but the cursor."""
        if self._rim is not None:
            overlay.paint_outline(painter, *self._rim)
        if self._mark is not None:
            overlay.paint_mark(painter, self._mark)
        if self._sample is not None:
            at, color = self._sample
            overlay.paint_sample(painter, at, qcolor(color), qcolor(self._color_before()))

    def _color_before(self) -> Color:
        """What the picked colour is compared with: the one that was in hand before the picker was pressed."""
        if self._input.drag is not Drag.TOOL:
            self._picked_from = self._tools.foreground
        return self._picked_from

    def _wait_for_tool(self, waits: bool) -> None:
        self._patience.start() if waits else self._patience.stop()
        self.refresh()

    def _on_canvas(self, place: Point) -> Point:
        return self._view.viewport.to_canvas(place)

    def _wanted_sample(self) -> tuple[Point, Color] | None:
        """Where in the view, and with which colour, the picker's ring is to be drawn."""
        if self._place is None or self._tools.tool is not ToolName.PICKER:
            return None
        color = self._tools.sample_at(self._on_canvas(self._place))
        return None if color is None else (self._place, color)

    def _wanted_rim(self) -> tuple[Point, float] | None:
        """Where in the view the brush's rim is to be drawn."""
        if self._place is None or self._input.drag in (Drag.PAN, Drag.ROTATE) or self._input.turns:
            return None
        radius = self._tools.outline_radius(self._on_canvas(self._place))
        scale = self._view.viewport.scale
        if radius is None or radius * scale < overlay.MIN_OUTLINE_PX:
            return None
        return self._place, radius * scale

    def _wanted_mark(self) -> Point | None:
        """Where in the view the cross of the tool is to be drawn."""
        if self._place is None:
            return None
        place = self._tools.mark_at(self._on_canvas(self._place))
        return None if place is None else self._view.viewport.to_view(place)

    def _wanted_cursor(self) -> Qt.CursorShape | QCursor:
        tool, viewport = self._tools.tool, self._view.viewport
        if self._lent is not None:
            return self._lent
        if self._tools.edits.is_computing and not self._patience.isActive():
            return Qt.CursorShape.BusyCursor
        if self._input.drag in (Drag.PAN, Drag.ROTATE):
            return Qt.CursorShape.ClosedHandCursor
        if tool is ToolName.PAN or self._input.turns:
            return Qt.CursorShape.OpenHandCursor
        if self._place is None:
            return self._tool_cursor(tool)
        document = self._documents.document
        if tool is ToolName.FRAME:
            handle = handle_at(document.frame, self._on_canvas(self._place), viewport.scale)
            return self._tool_cursor(tool) if handle is None else overlay.cursor_for(handle, viewport)
        grip = self._tools.held.grip_at(self._input.hovering(self._place))
        if grip is not None:
            return cursor_of(grip, viewport)
        if tool in PUSHING_TOOLS and takes_hold(
            document, PointerEvent(self._on_canvas(self._place)), self._tools.settings.get(SelectionOptions)
        ):
            return Qt.CursorShape.SizeAllCursor
        return self._tool_cursor(tool) if self._rim is None else Qt.CursorShape.BlankCursor

    def _tool_cursor(self, tool: ToolName) -> QCursor:
        kind = self._tools.settings.get(ShapeOptions).kind
        detail = f"shape-{kind.value}" if tool is ToolName.SHAPE else ""
        return tool_cursor(tool, self._view.devicePixelRatioF(), detail)
