"""FloatingBar: buttons over the canvas, which are no part of it for the pointer."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, QEvent, Qt
from PySide6.QtGui import QEnterEvent
from PySide6.QtWidgets import QFrame, QWidget

from sdpaint.gui.theme import set_role


class FloatingBar(QFrame):
    """A child of the canvas. A click beside a button, or of a stylus, is meant for it and not for what is beneath."""

    def __init__(self, object_name: str, name: str, canvas: QWidget) -> None:
        super().__init__(canvas)
        self._canvas = canvas
        self.setObjectName(object_name)
        self.setAccessibleName(name)
        self.setAutoFillBackground(True)
        set_role(self, "card")
        self.setAttribute(Qt.WidgetAttribute.WA_NoMousePropagation)
        self.setCursor(Qt.CursorShape.ArrowCursor)

    def enterEvent(self, event: QEnterEvent) -> None:
        super().enterEvent(event)
        # Qt doesn't tell a widget that the pointer went on to its child, and the outline of the brush would stay.
        QCoreApplication.sendEvent(self._canvas, QEvent(QEvent.Type.Leave))
