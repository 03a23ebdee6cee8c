"""Colours as patches: the pair of foreground and background, and a row of swatches."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPalette,
    QPen,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from sdpaint.gui.widgets.cells import CHOOSING_KEYS, Cells
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
        if event.key() in CHOOSING_KEYS:
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


class Swatches(Cells):
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

    def _at(self, pos: QPoint) -> int:
        return next((index for index in range(len(self._shown())) if self._place(index).contains(pos)), -1)

    def _words_of(self, index: int) -> str:
        return self._shown()[index].hex

    def mousePressEvent(self, event: QMouseEvent) -> None:
        index = self._at(event.position().toPoint())
        if index >= 0 and event.button() is Qt.MouseButton.LeftButton:
            self._current = index
            self.picked.emit(self._shown()[index])

    def keyPressEvent(self, event: QKeyEvent) -> None:
        shown, step = self._shown(), self._step_of(event)
        if step is not None and shown:
            self._current = min(len(shown) - 1, max(0, self._current + step))
            self.update()
        elif event.key() in CHOOSING_KEYS and shown:
            self.picked.emit(shown[self._current])
        else:
            super().keyPressEvent(event)

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
