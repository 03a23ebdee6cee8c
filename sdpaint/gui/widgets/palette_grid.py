"""PaletteGrid: the swatches of a palette in rows, to choose from and to put in order by dragging."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPalette,
    QPen,
)
from PySide6.QtWidgets import QApplication, QSizePolicy

from sdpaint.gui.widgets.cells import CHOOSING_KEYS, Cells
from sdpaint.gui.widgets.controls import describe
from sdpaint.gui.widgets.swatches import qcolor
from sdpaint.imaging.palette import Palette, Swatch

_SMALLEST, _LARGEST = 14, 28
_GAP = 2


class PaletteGrid(Cells):
    """Click chooses the foreground colour, with Ctrl the background; drag puts in order.

    Arrow keys move, with Alt they move the colour; Enter chooses, F2 renames, Delete removes.
    """

    _keys = (*Cells._keys, Qt.Key.Key_F2, Qt.Key.Key_Delete, Qt.Key.Key_Backspace)

    picked = Signal(object, bool)
    """Color; whether for the background."""
    selected_changed = Signal(int)
    """Index of the swatch, −1: none."""
    moved = Signal(int, int)
    """From where, and where to."""
    rename_asked = Signal(int)
    remove_asked = Signal(int)
    menu_asked = Signal(int, QPoint)
    """Index and place on the screen."""

    def __init__(self) -> None:
        super().__init__()
        self._palette = Palette("")
        self._selected = -1
        self._pressed: int | None = None
        self._pressed_at = QPoint()
        self._drop: int | None = None
        describe(
            self,
            "paletteGrid",
            "Colours of the palette",
            "Click: foreground, Ctrl+click: background\nDrag to put in order; right click for more",
        )
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    @property
    def selected(self) -> int:
        """Index of the swatch that was clicked last, −1: none."""
        return self._selected

    def set_palette(self, palette: Palette) -> None:
        """Show this one. The selection stays where it can."""
        if palette.name != self._palette.name:
            self._selected = -1
        self._palette = palette
        self._select(min(self._selected, len(palette.swatches) - 1))
        self.updateGeometry()
        self.update()

    def place_of(self, index: int) -> QRect:
        """Where a swatch is."""
        row, column = divmod(index, self._columns())
        step = self._cell() + _GAP
        return QRect(column * step, row * step, self._cell(), self._cell())

    # ---------------------------------------------------------------------------------------------- geometry

    def _columns(self, width: int | None = None) -> int:
        width = self.width() if width is None else width
        own = self._palette.columns
        if own and own * (_SMALLEST + _GAP) - _GAP <= width:
            return own
        return max(1, (width + _GAP) // (20 + _GAP))

    def _cell(self, width: int | None = None) -> int:
        width = self.width() if width is None else width
        return max(_SMALLEST, min(_LARGEST, (width + _GAP) // self._columns(width) - _GAP))

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        rows = -(-max(1, len(self._palette.swatches)) // self._columns(width))
        return rows * (self._cell(width) + _GAP) - _GAP

    def sizeHint(self) -> QSize:
        return QSize(264, self.heightForWidth(264))

    def _at(self, pos: QPoint) -> int:
        step = self._cell() + _GAP
        column, row = pos.x() // step, pos.y() // step
        index = row * self._columns() + column
        return index if 0 <= column < self._columns() and 0 <= index < len(self._palette.swatches) else -1

    def _words_of(self, index: int) -> str:
        return words_of(self._palette.swatches[index])

    # ------------------------------------------------------------------------------------------------- input

    def mousePressEvent(self, event: QMouseEvent) -> None:
        index = self._at(event.position().toPoint())
        if event.button() is Qt.MouseButton.LeftButton and index >= 0:
            self._pressed, self._pressed_at = index, event.position().toPoint()
            self._select(index)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._pressed is None:
            return
        pos = event.position().toPoint()
        far = (pos - self._pressed_at).manhattanLength() >= QApplication.startDragDistance()
        if self._drop is None and not far:
            return
        index = self._at(pos)
        self._drop = index if index >= 0 else (len(self._palette.swatches) - 1 if pos.y() > 0 else 0)
        self.setCursor(Qt.CursorShape.ClosedHandCursor)
        self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        pressed, drop = self._pressed, self._drop
        self._pressed = self._drop = None
        self.unsetCursor()
        self.update()
        if pressed is None or pressed >= len(self._palette.swatches):
            return
        if drop is None:
            for_background = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
            self.picked.emit(self._palette.swatches[pressed].color, for_background)
        elif drop != pressed:
            self._selected = drop
            self.moved.emit(pressed, drop)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        index = self._at(event.position().toPoint())
        if index >= 0 and event.button() is Qt.MouseButton.LeftButton:
            self.rename_asked.emit(index)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        by_key = event.reason() is QContextMenuEvent.Reason.Keyboard
        index = self._selected if by_key else self._at(event.pos())
        if index >= 0:
            self._select(index)
            self.menu_asked.emit(index, event.globalPos())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key, count = Qt.Key(event.key()), len(self._palette.swatches)
        step = self._step_of(event)
        if not count:
            super().keyPressEvent(event)
        elif step is not None:
            to = min(count - 1, max(0, self._selected + step)) if self._selected >= 0 else 0
            if event.modifiers() & Qt.KeyboardModifier.AltModifier and self._selected >= 0:
                before, self._selected = self._selected, to
                self.moved.emit(before, to)
            else:
                self._select(to)
        elif self._selected < 0:
            super().keyPressEvent(event)
        elif key in CHOOSING_KEYS:
            for_background = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
            self.picked.emit(self._palette.swatches[self._selected].color, for_background)
        elif key == Qt.Key.Key_F2:
            self.rename_asked.emit(self._selected)
        elif key in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self.remove_asked.emit(self._selected)
        else:
            super().keyPressEvent(event)

    def _select(self, index: int) -> None:
        if index != self._selected:
            self._selected = index
            self.selected_changed.emit(index)
        if index >= 0:
            self.setAccessibleDescription(words_of(self._palette.swatches[index]))
        self.update()

    # ----------------------------------------------------------------------------------------------- drawing

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        colors, role = self.palette(), QPalette.ColorRole
        for index, swatch in enumerate(self._palette.swatches):
            place = self.place_of(index)
            if not place.intersects(event.rect()):
                continue
            painter.setPen(QPen(colors.color(role.Mid), 1))
            painter.setBrush(qcolor(swatch.color))
            painter.drawRoundedRect(QRectF(place).adjusted(0.5, 0.5, -0.5, -0.5), 2, 2)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        if self._selected >= 0:
            box = QRectF(self.place_of(self._selected)).adjusted(1, 1, -1, -1)
            painter.setPen(QPen(QColor(0, 0, 0, 180), 3))
            painter.drawRoundedRect(box, 2, 2)
            painter.setPen(QPen(colors.color(role.Accent) if self.hasFocus() else QColor(255, 255, 255), 1.5))
            painter.drawRoundedRect(box, 2, 2)
        if self._drop is not None and self._pressed is not None and self._drop != self._pressed:
            place = self.place_of(self._drop)
            x = place.left() - 2 if self._drop < self._pressed else place.right() + 1
            painter.fillRect(QRect(x, place.top(), 2, place.height()), colors.color(role.Accent))


def words_of(swatch: Swatch) -> str:
    """A swatch in words."""
    return f"{swatch.name}, {swatch.color.hex}" if swatch.name else swatch.color.hex
