"""Cells: what widgets with cells in rows share: their keys, one step of an arrow key, words for each cell."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QFocusEvent, QHelpEvent, QKeyEvent
from PySide6.QtWidgets import QToolTip, QWidget

from sdpaint.gui.widgets.controls import claims_key

CHOOSING_KEYS = (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space)


class Cells(QWidget):
    """To be built on: says where cells are and what they are called; drawing and choosing is up to each kind."""

    _keys: tuple[Qt.Key, ...] = (
        Qt.Key.Key_Left,
        Qt.Key.Key_Right,
        Qt.Key.Key_Up,
        Qt.Key.Key_Down,
        *CHOOSING_KEYS,
    )
    """Those that mean something here, whatever they do elsewhere in the window."""

    def _columns(self) -> int:
        """How many are side by side."""
        raise NotImplementedError

    def _at(self, pos: QPoint) -> int:
        """Index of the cell at a place, −1: none."""
        raise NotImplementedError

    def _words_of(self, index: int) -> str:
        """What a cell is called."""
        raise NotImplementedError

    def _step_of(self, event: QKeyEvent) -> int | None:
        """By how many cells a key moves; None: it is no arrow key."""
        columns = self._columns()
        steps = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1, Qt.Key.Key_Up: -columns, Qt.Key.Key_Down: columns}
        return steps.get(Qt.Key(event.key()))

    def event(self, event: QEvent) -> bool:
        if claims_key(event, self._keys):
            return True
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            index = self._at(event.pos())
            if index >= 0:
                QToolTip.showText(event.globalPos(), self._words_of(index), self)
                return True
        return super().event(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self.update()
