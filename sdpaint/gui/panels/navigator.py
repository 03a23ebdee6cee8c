"""NavigatorPanel: the whole picture small, with what the view shows of it marked; and controls of the view.

It draws from the halved pictures that the canvas keeps anyway, so it costs neither memory nor a computation of its own.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, QTimer
from PySide6.QtGui import (
    QAction,
    QColor,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPalette,
    QPen,
    QPolygonF,
    QWheelEvent,
)
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from sdpaint.controllers.document_controller import DocumentController
from sdpaint.gui.canvas.navigation import NOTCH, NOTCHES_PER_DOUBLING
from sdpaint.gui.canvas.view import CanvasView
from sdpaint.gui.canvas.viewport import MAX_ZOOM, MIN_ZOOM
from sdpaint.gui.theme import SPACE
from sdpaint.gui.widgets.controls import action_button, describe, signals_blocked
from sdpaint.gui.widgets.images import draw_checkerboard
from sdpaint.gui.widgets.number_slider import NumberSlider, NumberSpec
from sdpaint.imaging.geometry import Point

DELAY_MS = 80
"""After a change, before the small picture is drawn anew: strokes change it many times a second."""
_MARGIN = 4
_ZOOM = NumberSpec(MIN_ZOOM, MAX_ZOOM, 1.0, unit=" %", factor=100.0, decimals=1, step=0.1, curve=4.0, soft_maximum=16.0)
_TURN = NumberSpec(-180.0, 180.0, 0.0, unit="°", step=1.0)


class NavigatorPanel(QWidget):
    """The small picture above, the controls of the view below."""

    def __init__(
        self, documents: DocumentController, canvas: CanvasView, actions: Mapping[str, QAction]
    ) -> None:
        super().__init__()
        self._canvas = canvas
        self._picture = Overview(documents, canvas)
        self._zoom = NumberSlider("navigatorZoomSlider", "Zoom", _ZOOM, "Zoom of the view; a double click shows 100 %")
        self._turn = NumberSlider("navigatorTurnSlider", "Turn", _TURN, "Rotation of the view")
        self._zoom.value_changed.connect(canvas.zoom_to)
        self._turn.value_changed.connect(lambda degrees: canvas.rotate_by(degrees - canvas.rotation))
        canvas.view_changed.connect(self._follow)
        row = QHBoxLayout()
        row.setSpacing(SPACE)
        row.addWidget(self._zoom, 3)
        row.addWidget(self._turn, 2)
        row.addWidget(action_button("navigatorMirrorButton", actions["flip"]))
        row.addWidget(action_button("navigatorFitButton", actions["zoomFit"]))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(2 * SPACE, SPACE, 2 * SPACE, 2 * SPACE)
        layout.setSpacing(2 * SPACE)
        layout.addWidget(self._picture, 1)
        layout.addLayout(row)
        self._follow()

    def _follow(self) -> None:
        with signals_blocked(self._zoom, self._turn):
            self._zoom.set_value(self._canvas.zoom)
            self._turn.set_value(self._canvas.rotation)


class Overview(QWidget):
    """The picture. Drag the marked part, or press beside it to get there; the wheel zooms."""

    def __init__(self, documents: DocumentController, canvas: CanvasView) -> None:
        super().__init__()
        describe(
            self, "navigatorOverview", "The whole picture", "Drag to move the view, turn the wheel to zoom"
        )
        self._documents = documents
        self._canvas = canvas
        self._grip: Point | None = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumHeight(40)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._soon = QTimer(self, singleShot=True, interval=DELAY_MS)
        self._soon.timeout.connect(self.update)
        documents.document_changed.connect(self._note_change)
        canvas.view_changed.connect(self.update)

    def sizeHint(self) -> QSize:
        return QSize(240, 160)

    def _note_change(self) -> None:
        if not self._soon.isActive():
            self._soon.start()

    # -- where what is

    @property
    def _area(self) -> QRectF:
        """Where the picture is drawn: as large as goes, in the middle."""
        size = self._documents.document.size
        room = QRectF(self.rect()).adjusted(_MARGIN, _MARGIN, -_MARGIN, -_MARGIN)
        scale = max(0.001, min(room.width() / size.width, room.height() / size.height))
        area = QRectF(0, 0, size.width * scale, size.height * scale)
        area.moveCenter(room.center())
        return area

    def _to_canvas(self, pos: QPointF) -> Point:
        area, size = self._area, self._documents.document.size
        return Point(
            (pos.x() - area.left()) / area.width() * size.width, (pos.y() - area.top()) / area.height() * size.height
        )

    def _view_outline(self) -> QPolygonF:
        """What the view shows, as a rectangle that may be turned."""
        area, size, view = self._area, self._documents.document.size, self._canvas.viewport
        corners = ((0.0, 0.0), (view.width, 0.0), (view.width, view.height), (0.0, view.height))
        points = [view.to_canvas(Point(x, y)) for x, y in corners]
        return QPolygonF(
            [
                QPointF(area.left() + p.x / size.width * area.width(), area.top() + p.y / size.height * area.height())
                for p in points
            ]
        )

    # -- drawing

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        area = self._area
        draw_checkerboard(painter, area)
        self._canvas.draw_small(painter, area)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        outline = self._view_outline()
        # What isn't seen steps back a little.
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(0, 0, 0, 70))
        painter.setClipRect(area)
        painter.drawPolygon(QPolygonF(area).subtracted(outline))
        painter.setClipping(False)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setClipRect(QRectF(self.rect()))
        for color, width in ((QColor(0, 0, 0, 160), 3.0), (self.palette().color(QPalette.ColorRole.Accent), 1.5)):
            painter.setPen(QPen(color, width, j=Qt.PenJoinStyle.MiterJoin))
            painter.drawPolygon(outline)
        painter.end()
        if not self._canvas.is_complete:
            self._note_change()

    # -- the hand

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() is not Qt.MouseButton.LeftButton:
            event.ignore()
            return
        at, center = self._to_canvas(event.position()), self._canvas.viewport.center
        inside = self._view_outline().containsPoint(event.position(), Qt.FillRule.OddEvenFill)
        self._grip = Point(center.x - at.x, center.y - at.y) if inside else Point(0.0, 0.0)
        self._center_at(at)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._grip is not None:
            self._center_at(self._to_canvas(event.position()))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() is Qt.MouseButton.LeftButton:
            self._grip = None

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.accept()
        notches = (event.angleDelta().y() or event.angleDelta().x()) / NOTCH
        if notches:
            self._canvas.zoom_to(self._canvas.zoom * math.pow(2.0, notches / NOTCHES_PER_DOUBLING))

    def _center_at(self, canvas_pos: Point) -> None:
        grip = self._grip or Point(0.0, 0.0)
        center = Point(canvas_pos.x + grip.x, canvas_pos.y + grip.y)
        self._canvas.show_through(replace(self._canvas.viewport, center=center))
