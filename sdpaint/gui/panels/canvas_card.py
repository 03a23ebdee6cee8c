"""CanvasCard: controls that float at the upper right of the canvas for as long as they are needed."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QPoint, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QWidget

from sdpaint.gui.theme import set_role
from sdpaint.gui.widgets.controls import claims_key

_MARGIN = 12


class CanvasCard(QFrame):
    """A child of the window that keeps its place where the canvas moves. Esc asks it to `escape`."""

    def __init__(self, window: QWidget, beside: QWidget, object_name: str, name: str, most_width: int) -> None:
        """`beside` is the canvas."""
        super().__init__(window)
        self.setObjectName(object_name)
        self.setAccessibleName(name)
        set_role(self, "card")
        self._window, self._beside, self._most_width = window, beside, most_width
        beside.installEventFilter(self)
        self.hide()

    def escape(self) -> None:
        """Esc was pressed."""
        self.hide()

    def height_within(self, room_px: int) -> int:
        """How high it is where there is so much room."""
        return self.sizeHint().height()

    def place(self) -> None:
        """Lay it where it belongs."""
        corner = self._beside.mapTo(self._window, QPoint(self._beside.width(), 0))
        width = min(self._most_width, self._beside.width() - 2 * _MARGIN)
        height = self.height_within(self._beside.height() - 2 * _MARGIN)
        self.setGeometry(corner.x() - width - _MARGIN, corner.y() + _MARGIN, width, height)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        moved = (QEvent.Type.Resize, QEvent.Type.Move, QEvent.Type.Show)
        if watched is self._beside and event.type() in moved and self.isVisible():
            self.place()
        return False

    def event(self, event: QEvent) -> bool:
        if claims_key(event, (Qt.Key.Key_Escape,)):     # elsewhere it means something else
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.escape()
        else:
            super().keyPressEvent(event)
