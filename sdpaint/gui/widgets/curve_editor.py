"""CurveEditor: a curve whose points are dragged.

A click on free ground adds a point, a double click or Delete takes one away, the arrow keys move the chosen one.
The first and the last point keep to their sides.
"""

from __future__ import annotations

from itertools import pairwise

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QFocusEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPalette,
    QPen,
    QPolygonF,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from sdpaint.gui.widgets.controls import describe
from sdpaint.imaging.dynamics import LINEAR, Curve

_MARGIN = 7
_REACH_PX = 10
_NEAREST = 0.02
"""Points keep this distance along x."""
_KEY_STEP = 0.02


class CurveEditor(QWidget):
    """Shows and changes a Curve."""

    curve_changed = Signal(object)
    """Curve, while it is dragged."""
    curve_committed = Signal(object)
    """Curve: once, when a change is over."""

    def __init__(self, object_name: str, name: str, tooltip: str = "") -> None:
        super().__init__()
        self._curve = LINEAR
        self._chosen: int | None = None
        self._is_dragging = False
        self._mark: float | None = None
        hint = "Drag points; click adds one, double click or Delete takes it away"
        describe(self, object_name, name, f"{tooltip or name}\n{hint}")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setMinimumSize(140, 120)
        self.setCursor(Qt.CursorShape.CrossCursor)

    @property
    def curve(self) -> Curve:
        """The curve as it is."""
        return self._curve

    def set_curve(self, curve: Curve) -> None:
        """Show another curve, telling nobody."""
        if curve != self._curve:
            self._curve = curve
            self._chosen = None
            self.update()

    def set_mark(self, x: float | None) -> None:
        """Show where on the curve an input (0 … 1) lies, or nothing."""
        if x != self._mark:
            self._mark = x
            self.update()

    def reset(self) -> None:
        """Straight again."""
        self._take(LINEAR.points)
        self._chosen = None

    # -- places

    def _area(self) -> QRectF:
        return QRectF(self.rect()).adjusted(_MARGIN, _MARGIN, -_MARGIN, -_MARGIN)

    def place(self, point: tuple[float, float]) -> QPointF:
        """Where in the widget a point of the curve is."""
        area = self._area()
        return QPointF(area.left() + point[0] * area.width(), area.bottom() - point[1] * area.height())

    def _point_at(self, place: QPointF) -> tuple[float, float]:
        area = self._area()
        x = (place.x() - area.left()) / area.width()
        y = (area.bottom() - place.y()) / area.height()
        return min(1.0, max(0.0, x)), min(1.0, max(0.0, y))

    def _near(self, place: QPointF) -> int | None:
        distances = [(self.place(point) - place).manhattanLength() for point in self._curve.points]
        nearest = min(range(len(distances)), key=distances.__getitem__)
        return nearest if distances[nearest] <= _REACH_PX else None

    # -- changes

    def _take(self, points: tuple[tuple[float, float], ...]) -> None:
        curve = Curve(points)
        if curve != self._curve:
            self._curve = curve
            self.update()
            self.curve_changed.emit(curve)

    def _move(self, i: int, x: float, y: float) -> None:
        points = list(self._curve.points)
        if i in (0, len(points) - 1):
            x = points[i][0]
        else:
            x = min(points[i + 1][0] - _NEAREST, max(points[i - 1][0] + _NEAREST, x))
        points[i] = (x, min(1.0, max(0.0, y)))
        self._take(tuple(points))

    def _add(self, x: float, y: float) -> int | None:
        points = self._curve.points
        for i, (before, after) in enumerate(pairwise(points)):
            if before[0] + _NEAREST <= x <= after[0] - _NEAREST:
                self._take((*points[: i + 1], (x, y), *points[i + 1 :]))
                return i + 1
        return None

    def _remove(self, i: int | None) -> None:
        points = self._curve.points
        if i is not None and 0 < i < len(points) - 1:
            self._chosen = None
            self._take((*points[:i], *points[i + 1 :]))

    # -- events

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() is not Qt.MouseButton.LeftButton:
            return
        self._chosen = self._near(event.position())
        if self._chosen is None:
            self._chosen = self._add(*self._point_at(event.position()))
        self._is_dragging = self._chosen is not None
        self.update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._is_dragging and self._chosen is not None:
            self._move(self._chosen, *self._point_at(event.position()))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._is_dragging:
            self._is_dragging = False
            self.curve_committed.emit(self._curve)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self._is_dragging = False
        self._remove(self._near(event.position()))
        self.curve_committed.emit(self._curve)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        moves = {
            Qt.Key.Key_Left: (-_KEY_STEP, 0.0),
            Qt.Key.Key_Right: (_KEY_STEP, 0.0),
            Qt.Key.Key_Up: (0.0, _KEY_STEP),
            Qt.Key.Key_Down: (0.0, -_KEY_STEP),
        }
        key = Qt.Key(event.key())
        if key in moves:
            i = self._chosen if self._chosen is not None else 0
            self._chosen = i
            x, y = self._curve.points[i]
            dx, dy = moves[key]
            self._move(i, x + dx, y + dy)
            self.curve_committed.emit(self._curve)
            self.update()
        elif key in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self._remove(self._chosen)
            self.curve_committed.emit(self._curve)
        elif key in (Qt.Key.Key_PageUp, Qt.Key.Key_PageDown):
            step = 1 if key == Qt.Key.Key_PageDown else -1
            self._chosen = ((self._chosen or 0) + step) % len(self._curve.points)
            self.update()
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(200, 140)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        colors, role = self.palette(), QPalette.ColorRole
        box = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        painter.setPen(QPen(colors.color(role.Accent if self.hasFocus() else role.Mid), 1))
        painter.setBrush(colors.color(role.Base))
        painter.drawRoundedRect(box, 4, 4)
        area = self._area()
        painter.setPen(QPen(colors.color(role.Mid), 1))
        for i in range(5):
            x, y = area.left() + area.width() * i / 4, area.top() + area.height() * i / 4
            painter.drawLine(QPointF(x, area.top()), QPointF(x, area.bottom()))
            painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y))
        table = self._curve.table
        line = QPolygonF([self.place((i / (len(table) - 1), value)) for i, value in enumerate(table)])
        strong = colors.color(role.Text if self.isEnabled() else role.PlaceholderText)
        painter.setPen(QPen(strong, 2))
        painter.drawPolyline(line)
        if self._mark is not None:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(colors.color(role.Accent))
            painter.drawEllipse(self.place((self._mark, self._curve.at(self._mark))), 5, 5)
        for i, point in enumerate(self._curve.points):
            is_chosen = i == self._chosen
            painter.setPen(QPen(strong, 1.5))
            painter.setBrush(colors.color(role.Accent if is_chosen else role.Base))
            painter.drawEllipse(self.place(point), 4, 4)
