"""Gradients as widgets: a bar whose stops are dragged, and a sheet of presets to choose from."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QFocusEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPalette,
    QPen,
    QPixmap,
    QPolygonF,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from sdpaint.gui.theme import CONTROL_HEIGHT
from sdpaint.gui.widgets.cells import CHOOSING_KEYS, Cells
from sdpaint.gui.widgets.controls import claims_key, describe
from sdpaint.gui.widgets.images import draw_checkerboard, pixmap_of_premultiplied
from sdpaint.gui.widgets.swatches import qcolor
from sdpaint.imaging.color import Color
from sdpaint.imaging.gradient import MAX_STOPS, Stop, Stops, checked_stops, color_at, ramp

_BAR_PX = 24
_MARK_PX = 12
_MARGIN = 8
_OFF_PX = 28
"""A stop that is dragged so far away from the bar is taken out."""
_KEY_STEP = 0.01
_CELL = QSize(46, 20)
_GAP = 4


def gradient_pixmap(stops: Stops, size: QSize, scale: float) -> QPixmap:
    """The gradient from left to right; transparent where it is."""
    width, height = max(1, round(size.width() * scale)), max(1, round(size.height() * scale))
    row = ramp(checked_stops(stops), np.linspace(0.0, 1.0, width, dtype=np.float32))
    pixels = np.broadcast_to(np.rint(row).astype(np.uint8), (height, width, 4))
    pixmap = pixmap_of_premultiplied(np.ascontiguousarray(pixels))
    pixmap.setDevicePixelRatio(scale)
    return pixmap


class GradientBar(QWidget):
    """Stops below a bar of their colours. Click beneath it to add one, drag to move, drag away or Delete to remove.

    Page keys choose, arrow keys move.
    """

    stops_changed = Signal(object)
    """Stops; while one is dragged."""
    chosen_changed = Signal(object)
    """The Stop that is chosen."""

    def __init__(self, stops: Stops) -> None:
        super().__init__()
        self._stops = list(checked_stops(stops))
        self._chosen = 0
        self._is_dragging = False
        self._taken_out: Stop | None = None
        describe(
            self,
            "gradientBar",
            "Stops of the gradient",
            "Click to add a stop, drag it to move, drag it away to remove\nPage keys choose, arrow keys move",
        )
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    @property
    def stops(self) -> Stops:
        """In the order of their places."""
        return checked_stops(tuple(self._stops))

    @property
    def chosen(self) -> Stop:
        """The one that is being set."""
        return self._stops[self._chosen]

    def set_stops(self, stops: Stops) -> None:
        """Other stops, telling nobody; not while one is dragged."""
        if self._is_dragging or stops == self.stops:
            return
        self._stops = list(checked_stops(stops))
        self._chosen = min(self._chosen, len(self._stops) - 1)
        self.update()
        self.chosen_changed.emit(self.chosen)

    def change_chosen(self, color: Color | None = None, position: float | None = None) -> None:
        """Another colour or place of the chosen stop."""
        stop = self.chosen
        self._put(
            Stop(stop.position if position is None else position, stop.color if color is None else color)
        )

    def remove_chosen(self) -> None:
        """Take it out; two are left at least."""
        if len(self._stops) > 2:
            del self._stops[self._chosen]
            self._chosen = max(0, self._chosen - 1)
            self._announce()
            self.chosen_changed.emit(self.chosen)

    def _put(self, stop: Stop) -> None:
        if stop != self.chosen:
            self._stops[self._chosen] = stop
            self._announce()
            self.chosen_changed.emit(stop)

    def _announce(self) -> None:
        self.update()
        self.stops_changed.emit(self.stops)

    def _choose(self, i: int) -> None:
        if i != self._chosen:
            self._chosen = i
            self.update()
            self.chosen_changed.emit(self.chosen)

    # -- places

    def _bar(self) -> QRect:
        return QRect(_MARGIN, 2, self.width() - 2 * _MARGIN, _BAR_PX)

    def place(self, stop: Stop) -> QPointF:
        """The middle of a stop's mark."""
        bar = self._bar()
        return QPointF(bar.left() + stop.position * bar.width(), bar.bottom() + 3 + _MARK_PX / 2)

    def _position_at(self, place: QPointF) -> float:
        bar = self._bar()
        return min(1.0, max(0.0, (place.x() - bar.left()) / bar.width()))

    def _near(self, place: QPointF) -> int | None:
        far = [abs(self.place(stop).x() - place.x()) for stop in self._stops]
        # The chosen one lies above the others.
        order = sorted(range(len(far)), key=lambda i: (far[i], i != self._chosen))
        return order[0] if far[order[0]] <= _MARK_PX * 0.75 else None

    # -- events

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() is not Qt.MouseButton.LeftButton:
            return
        near = self._near(event.position())
        if near is None and len(self._stops) < MAX_STOPS:
            position = self._position_at(event.position())
            self._stops.append(Stop(position, color_at(self.stops, position)))
            self._chosen = len(self._stops) - 1
            self._announce()
            self.chosen_changed.emit(self.chosen)
        elif near is not None:
            self._choose(near)
        self._is_dragging = True

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if not self._is_dragging:
            return
        y, bar = event.position().y(), self._bar()
        is_away = y > self.height() + _OFF_PX or y < bar.top() - _OFF_PX
        if is_away and self._taken_out is None and len(self._stops) > 2:
            self._taken_out = self._stops.pop(self._chosen)
            self._chosen = max(0, self._chosen - 1)
            self._announce()
        elif not is_away and self._taken_out is not None:
            self._stops.append(self._taken_out)
            self._chosen = len(self._stops) - 1
            self._taken_out = None
        if self._taken_out is None:
            self._put(replace(self.chosen, position=self._position_at(event.position())))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._is_dragging = False
        if self._taken_out is not None:
            self._taken_out = None
            self.chosen_changed.emit(self.chosen)

    def event(self, event: QEvent) -> bool:
        if claims_key(event, _KEYS):
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        order = sorted(range(len(self._stops)), key=lambda i: self._stops[i].position)
        place = order.index(self._chosen)
        match event.key():
            case Qt.Key.Key_Left | Qt.Key.Key_Right:
                step = _KEY_STEP if event.key() == Qt.Key.Key_Right else -_KEY_STEP
                self.change_chosen(position=min(1.0, max(0.0, self.chosen.position + step)))
            case Qt.Key.Key_PageUp | Qt.Key.Key_PageDown:
                step = 1 if event.key() == Qt.Key.Key_PageDown else -1
                self._choose(order[(place + step) % len(order)])
            case Qt.Key.Key_Delete | Qt.Key.Key_Backspace:
                self.remove_chosen()
            case _:
                super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(260, 2 + _BAR_PX + 4 + _MARK_PX + 4)

    def minimumSizeHint(self) -> QSize:
        return QSize(120, self.sizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        colors, role, bar = self.palette(), QPalette.ColorRole, self._bar()
        draw_checkerboard(painter, bar)
        painter.drawPixmap(bar.topLeft(), gradient_pixmap(self.stops, bar.size(), self.devicePixelRatioF()))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(colors.color(role.Accent if self.hasFocus() else role.Mid), 1))
        painter.drawRect(QRectF(bar).adjusted(-0.5, -0.5, 0.5, 0.5))
        for i in sorted(range(len(self._stops)), key=lambda i: i == self._chosen):
            self._draw_mark(painter, self._stops[i], i == self._chosen)

    def _draw_mark(self, painter: QPainter, stop: Stop, is_chosen: bool) -> None:
        at, half = self.place(stop), _MARK_PX / 2
        colors, role = self.palette(), QPalette.ColorRole
        painter.setPen(QPen(colors.color(role.Accent if is_chosen else role.Text), 2 if is_chosen else 1))
        painter.setBrush(qcolor(stop.color))
        painter.drawPolygon(
            QPolygonF(
                [
                    at + QPointF(0, -half - 3),
                    at + QPointF(half, -half + 3),
                    at + QPointF(half, half + 2),
                    at + QPointF(-half, half + 2),
                    at + QPointF(-half, -half + 3),
                ]
            )
        )


class GradientSheet(Cells):
    """Gradients in rows. Click one, or move with the arrow keys and press Enter."""

    picked = Signal(int)
    """Its place."""

    def __init__(self, object_name: str, name: str) -> None:
        super().__init__()
        self._items: tuple[tuple[str, Stops], ...] = ()
        self._chosen: int | None = None
        self._current = 0
        describe(self, object_name, name)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def set_items(self, items: tuple[tuple[str, Stops], ...], chosen: int | None) -> None:
        """Names and stops; which of them is in use."""
        if (items, chosen) != (self._items, self._chosen):
            self._items, self._chosen = items, chosen
            self._current = min(self._current, max(0, len(items) - 1))
            self.updateGeometry()
            self.update()

    def _columns(self) -> int:
        return max(1, (self.width() + _GAP) // (_CELL.width() + _GAP))

    def cell(self, i: int) -> QRect:
        """Where one of them is."""
        row, column = divmod(i, self._columns())
        return QRect(QPoint(column * (_CELL.width() + _GAP), row * (_CELL.height() + _GAP)), _CELL)

    def _at(self, pos: QPoint) -> int:
        return next((i for i in range(len(self._items)) if self.cell(i).contains(pos)), -1)

    def _words_of(self, index: int) -> str:
        return self._items[index][0]

    def sizeHint(self) -> QSize:
        rows = -(-len(self._items) // 5)
        return QSize(5 * (_CELL.width() + _GAP) - _GAP, max(CONTROL_HEIGHT, rows * (_CELL.height() + _GAP) - _GAP))

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        i = self._at(event.position().toPoint())
        if i >= 0 and event.button() is Qt.MouseButton.LeftButton:
            self._current = i
            self.picked.emit(i)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = self._step_of(event)
        if step is not None:
            self._current = min(len(self._items) - 1, max(0, self._current + step))
            self.update()
        elif event.key() in CHOOSING_KEYS:
            self.picked.emit(self._current)
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        role = QPalette.ColorRole
        for i, (_name, stops) in enumerate(self._items):
            cell = self.cell(i)
            draw_checkerboard(painter, cell)
            painter.drawPixmap(cell.topLeft(), gradient_pixmap(stops, cell.size(), self.devicePixelRatioF()))
            is_marked = i == self._chosen or (self.hasFocus() and i == self._current)
            painter.setPen(QPen(self.palette().color(role.Accent if is_marked else role.Mid), 2 if is_marked else 1))
            painter.drawRect(QRectF(cell).adjusted(0.5, 0.5, -0.5, -0.5))


_KEYS = (
    Qt.Key.Key_Left,
    Qt.Key.Key_Right,
    Qt.Key.Key_PageUp,
    Qt.Key.Key_PageDown,
    Qt.Key.Key_Delete,
    Qt.Key.Key_Backspace,
)
