"""Colours as patches: the pair of foreground and background, and a row of swatches."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPoint, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPalette,
    QPen,
)
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from sdpaint.gui.widgets.controls import describe
from sdpaint.imaging.color import BLACK, WHITE, Color

_CELL = 20
_GAP = 4


def qcolor(color: Color) -> QColor:
    """As Qt has it."""
    return QColor(color.red, color.green, color.blue)


class ColorPair(QWidget):
    """Foreground over background; a click on the background swaps them."""

    swap_requested = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._foreground = BLACK
        self._background = WHITE
        describe(
            self,
            "colorPair",
            "Foreground and background colour",
            "Foreground over background; click to swap",
            "X",
        )
        self.setFixedSize(48, 44)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)

    def set_colors(self, foreground: Color, background: Color) -> None:
        """Show these."""
        if (foreground, background) == (self._foreground, self._background):
            return
        self._foreground, self._background = foreground, background
        self.setAccessibleDescription(f"{foreground.hex} over {background.hex}")
        self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() is Qt.MouseButton.LeftButton:
            self.swap_requested.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Space, Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.swap_requested.emit()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        colors = self.palette()
        edge = colors.color(QPalette.ColorRole.Accent if self.hasFocus() else QPalette.ColorRole.Mid)
        for color, place in (
            (self._background, QRectF(16, 12, 30, 30)),
            (self._foreground, QRectF(2, 2, 30, 30)),
        ):
            painter.setPen(QPen(colors.color(QPalette.ColorRole.Window), 3))
            painter.setBrush(qcolor(color))
            painter.drawRoundedRect(place, 4, 4)
            painter.setPen(QPen(edge, 1))
            painter.drawRoundedRect(place, 4, 4)


class Swatches(QWidget):
    """Patches of colour in rows. Click, or move with the arrow keys and press Enter."""

    picked = Signal(object)
    """Color."""

    def __init__(self, object_name: str, name: str, rows: int = 1) -> None:
        super().__init__()
        self._colors: tuple[Color, ...] = ()
        self._current = 0
        self._rows = rows
        describe(self, object_name, name)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setMouseTracking(True)

    @property
    def colors(self) -> tuple[Color, ...]:
        """What is offered."""
        return self._colors

    def set_colors(self, colors: tuple[Color, ...]) -> None:
        """Offer these; as many as find room are shown."""
        self._colors = colors
        self._current = min(self._current, max(0, len(colors) - 1))
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(10 * (_CELL + _GAP) - _GAP, self._rows * (_CELL + _GAP) - _GAP)

    def minimumSizeHint(self) -> QSize:
        return QSize(4 * (_CELL + _GAP) - _GAP, self._rows * (_CELL + _GAP) - _GAP)

    def _columns(self) -> int:
        return max(1, (self.width() + _GAP) // (_CELL + _GAP))

    def _shown(self) -> tuple[Color, ...]:
        return self._colors[: self._columns() * self._rows]

    def _place(self, index: int) -> QRect:
        row, column = divmod(index, self._columns())
        return QRect(column * (_CELL + _GAP), row * (_CELL + _GAP), _CELL, _CELL)

    def _at(self, pos: QPoint) -> int | None:
        for index in range(len(self._shown())):
            if self._place(index).contains(pos):
                return index
        return None

    def mousePressEvent(self, event: QMouseEvent) -> None:
        index = self._at(event.position().toPoint())
        if index is not None and event.button() is Qt.MouseButton.LeftButton:
            self._current = index
            self.picked.emit(self._shown()[index])

    def keyPressEvent(self, event: QKeyEvent) -> None:
        steps = {
            Qt.Key.Key_Left: -1,
            Qt.Key.Key_Right: 1,
            Qt.Key.Key_Up: -self._columns(),
            Qt.Key.Key_Down: self._columns(),
        }
        shown = self._shown()
        step = steps.get(Qt.Key(event.key()))
        if step is not None and shown:
            self._current = min(len(shown) - 1, max(0, self._current + step))
            self.update()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space) and shown:
            self.picked.emit(shown[self._current])
        else:
            super().keyPressEvent(event)

    def event(self, event: QEvent) -> bool:
        if (
            event.type() == QEvent.Type.ShortcutOverride
            and isinstance(event, QKeyEvent)
            and event.key() in _KEYS
        ):
            event.accept()
            return True
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            index = self._at(event.pos())
            if index is not None:
                QToolTip.showText(event.globalPos(), self._shown()[index].hex, self)
                return True
        return super().event(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        role = QPalette.ColorRole
        for index, color in enumerate(self._shown()):
            place = QRectF(self._place(index)).adjusted(0.5, 0.5, -0.5, -0.5)
            is_current = self.hasFocus() and index == self._current
            painter.setPen(
                QPen(self.palette().color(role.Accent if is_current else role.Mid), 2 if is_current else 1)
            )
            painter.setBrush(qcolor(color))
            painter.drawRoundedRect(place, 3, 3)


_KEYS = (
    Qt.Key.Key_Left,
    Qt.Key.Key_Right,
    Qt.Key.Key_Up,
    Qt.Key.Key_Down,
    Qt.Key.Key_Return,
    Qt.Key.Key_Enter,
    Qt.Key.Key_Space,
)
