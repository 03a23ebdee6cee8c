"""Rulers at the edges of the canvas: where in the picture things are, and where guides are dragged out of."""

from __future__ import annotations

import math

from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent, QPalette, QPen, QPolygonF
from PySide6.QtWidgets import QGridLayout, QSizePolicy, QWidget

from sdpaint.controllers.document_controller import DocumentController
from sdpaint.controllers.tool_controller import ToolController
from sdpaint.document.guide_edits import add_guide, snap_targets
from sdpaint.document.guides import Guide, GuideKind
from sdpaint.gui.canvas.view import CanvasView
from sdpaint.gui.theme import font
from sdpaint.gui.widgets.controls import describe
from sdpaint.imaging.geometry import Point
from sdpaint.imaging.snapping import SNAP_VIEW_PX, snap
from sdpaint.tools.placing_options import SnapOptions

THICKNESS_PX = 22
LABEL_GAP_PX = 64.0
"""Numbers stand at least so far from each other."""
_STEPS = (1, 2, 5)


class Ruler(QWidget):
    """Along the top or the left edge of a canvas view, in canvas pixels. Dragged from, it makes a guide."""

    def __init__(self, view: CanvasView, documents: DocumentController, tools: ToolController, is_level: bool) -> None:
        super().__init__()
        self._view, self._documents, self._tools = view, documents, tools
        self._is_level = is_level
        self._pointer: Point | None = None
        name = "Top ruler" if is_level else "Left ruler"
        describe(self, "topRuler" if is_level else "leftRuler", name, "In px; drag from here to make a guide")
        fixed, grows = QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Expanding
        self.setSizePolicy(grows if is_level else fixed, fixed if is_level else grows)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setCursor(Qt.CursorShape.SplitVCursor if is_level else Qt.CursorShape.SplitHCursor)
        view.view_changed.connect(self.update)
        view.cursor_moved.connect(self._follow_pointer)

    def sizeHint(self) -> QSize:
        return QSize(THICKNESS_PX, THICKNESS_PX)

    # -- drawing

    def place_of(self, along: float) -> float:
        """The canvas coordinate at a place along the ruler: x, or y where the view is turned that way."""
        point = self._view.viewport.to_canvas(Point(along, 0.0) if self._is_level else Point(0.0, along))
        return point.x if self._shows_x else point.y

    @property
    def _shows_x(self) -> bool:
        t = self._view.viewport.transform
        across, down = (t.a, t.c) if self._is_level else (t.b, t.d)
        return abs(across) >= abs(down)

    def ticks(self) -> list[tuple[float, int]]:
        """Where numbers stand: (place along the ruler, canvas coordinate)."""
        length = float(self.width() if self._is_level else self.height())
        start, end = self.place_of(0.0), self.place_of(length)
        if start == end:
            return []
        per_px = (end - start) / length
        step = tick_step(abs(per_px) * LABEL_GAP_PX)
        first, last = sorted((start, end))
        return [
            ((at - start) / per_px, at)
            for at in range(math.floor(first / step) * step, math.ceil(last / step) * step + 1, step)
        ]

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        colors = self.palette()
        painter.fillRect(event.rect(), colors.color(QPalette.ColorRole.Window))
        ink = colors.color(QPalette.ColorRole.PlaceholderText)
        painter.setPen(QPen(ink, 1.0))
        painter.setFont(font(small=True))
        length = self.width() if self._is_level else self.height()
        # Towards the canvas: down from the top one. The left one is turned, and the canvas is above it then.
        edge, away = (THICKNESS_PX - 1, -1) if self._is_level else (0, 1)
        if not self._is_level:
            painter.translate(THICKNESS_PX - 1, 0)
            painter.rotate(90)
        painter.drawLine(0, edge, length, edge)
        ticks = self.ticks()
        parts = 10 if len(ticks) > 1 and abs(ticks[1][0] - ticks[0][0]) >= 60 else 5
        for index, (along, at) in enumerate(ticks):
            painter.setPen(QPen(ink, 1.0))
            painter.drawLine(QPointF(along, edge + 10 * away), QPointF(along, edge))
            gap = (ticks[1][0] - ticks[0][0]) if len(ticks) > 1 else 0.0
            if index < len(ticks) - 1:
                for part in range(1, parts):
                    x = along + gap * part / parts
                    painter.drawLine(QPointF(x, edge + (6 if part * 2 == parts else 3) * away), QPointF(x, edge))
            painter.setPen(colors.color(QPalette.ColorRole.WindowText))
            top = 0 if self._is_level else 6
            painter.drawText(QRectF(along + 3, top, 60, THICKNESS_PX - 6), Qt.AlignmentFlag.AlignVCenter, str(at))
        self._paint_pointer(painter, edge, away, colors)
        painter.end()

    def _paint_pointer(self, painter: QPainter, edge: int, away: int, colors: QPalette) -> None:
        if self._pointer is None:
            return
        at = self._pointer.x if self._is_level else self._pointer.y
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colors.color(QPalette.ColorRole.Accent))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        far = edge + 6 * away
        painter.drawPolygon(QPolygonF([QPointF(at - 4, far), QPointF(at + 4, far), QPointF(at, edge)]))

    def _follow_pointer(self, canvas_pos: Point | None) -> None:
        before, self._pointer = self._pointer, None
        if canvas_pos is not None:
            self._pointer = self._view.viewport.to_view(canvas_pos)
        for place in (before, self._pointer):
            if place is not None:
                at = round(place.x if self._is_level else place.y)
                wide = QRect(at - 6, 0, 12, THICKNESS_PX)
                self.update(wide if self._is_level else QRect(0, at - 6, THICKNESS_PX, 12))

    # -- guides

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._view.aids.show_draft(self._guide_at(event))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        guide = self._guide_at(event)
        self._view.aids.show_draft(None)
        if guide is not None and event.button() is Qt.MouseButton.LeftButton:
            after = add_guide(self._documents.committed, guide)
            if after is not self._documents.committed:
                self._documents.apply("Add guide", after)

    def _guide_at(self, event: QMouseEvent) -> Guide | None:
        """The guide under the pointer; None where it isn't over the canvas view."""
        pos = self._view.mapFromGlobal(event.globalPosition())
        if not self._view.rect().contains(pos.toPoint()):
            return None
        viewport = self._view.viewport
        at = viewport.to_canvas(Point(pos.x(), pos.y()))
        options = self._tools.settings.get(SnapOptions)
        if options.enabled:
            targets = snap_targets(self._documents.committed, False, options.grid, options.canvas)
            at = snap(at, targets, SNAP_VIEW_PX / viewport.scale).point
        # The guide runs along its ruler, as seen.
        kind = GuideKind.LEVEL if self._shows_x else GuideKind.UPRIGHT
        return Guide(kind, round(at.y if kind is GuideKind.LEVEL else at.x))


def tick_step(least: float) -> int:
    """The smallest of 1, 2, 5, 10, 20, 50 … that is at least so much."""
    power = 1
    while True:
        for step in _STEPS:
            if step * power >= least:
                return step * power
        power *= 10


class RuledCanvas(QWidget):
    """A canvas view with rulers above and beside it, which can be hidden."""

    def __init__(self, view: CanvasView, documents: DocumentController, tools: ToolController) -> None:
        super().__init__()
        self._corner = QWidget()
        self._corner.setFixedSize(THICKNESS_PX, THICKNESS_PX)
        self._rulers = (Ruler(view, documents, tools, True), Ruler(view, documents, tools, False))
        layout = QGridLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self._corner, 0, 0)
        layout.addWidget(self._rulers[0], 0, 1)
        layout.addWidget(self._rulers[1], 1, 0)
        layout.addWidget(view, 1, 1)
        layout.setRowStretch(1, 1)
        layout.setColumnStretch(1, 1)
        self.show_rulers(False)

    def show_rulers(self, shown: bool) -> None:
        """Show or hide them."""
        for widget in (self._corner, *self._rulers):
            widget.setVisible(shown)
