"""CanvasArea: the tabs, and the canvas with the message line floating over its lower edge, so that nothing moves."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QPoint, QRect
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from sdpaint.gui.messages import MessageBar

_MARGIN = 12
_WIDEST = 760
_TURNS_OF_BAR = (QEvent.Type.Show, QEvent.Type.LayoutRequest)
_TURNS_OF_STRIP = (QEvent.Type.Show, QEvent.Type.Hide, QEvent.Type.Move, QEvent.Type.Resize)


class CanvasArea(QWidget):
    """Tabs, canvas, and a message over it."""

    def __init__(self, canvas: QWidget, message_bar: MessageBar, tabs: QWidget, strip: QWidget) -> None:
        """`strip` may stand at the lower edge of the canvas, too: the message stands above it then."""
        super().__init__()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(tabs)
        layout.addWidget(canvas, 1)
        self._bar = message_bar
        message_bar.setParent(self)
        message_bar.installEventFilter(self)
        message_bar.hide()
        self._strip = strip
        strip.installEventFilter(self)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in (_TURNS_OF_BAR if watched is self._bar else _TURNS_OF_STRIP):
            self._place()
        return False

    def _place(self) -> None:
        wanted = min(_WIDEST, self.width() - 2 * _MARGIN, self._bar.width_on_one_line())
        height = max(self._bar.heightForWidth(wanted), self._bar.minimumSizeHint().height())
        floor = self.height() if self._strip.isHidden() else self._strip.mapTo(self, QPoint(0, 0)).y()
        self._bar.setGeometry(QRect((self.width() - wanted) // 2, floor - height - _MARGIN, wanted, height))
        self._bar.raise_()
