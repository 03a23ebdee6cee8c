"""ComboBox: a choice, drawn like the other controls. The wheel changes it only while it has the focus."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent, QPalette, QPen, QWheelEvent
from PySide6.QtWidgets import QComboBox, QSizePolicy

from sdpaint.gui.icons import paint_icon
from sdpaint.gui.theme import CONTROL_HEIGHT, RADIUS
from sdpaint.gui.widgets.controls import describe

_PADDING = 8
_CHEVRON = 14


class ComboBox(QComboBox):
    """As QComboBox. With a `name` it says before the value what the choice is about."""

    def __init__(self, object_name: str, name: str, tooltip: str = "", shows_name: bool = False) -> None:
        super().__init__()
        self._name = name if shows_name else ""
        describe(self, object_name, name, tooltip)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.setMaxVisibleItems(20)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)

    def place_of(self, data: object) -> int:
        """The row whose data equals this, -1 where there is none. Qt's own search knows only the same object."""
        return next((row for row in range(self.count()) if self.itemData(row) == data), -1)

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()

    def sizeHint(self) -> QSize:
        metrics = QFontMetrics(self.font())
        widest = max((metrics.horizontalAdvance(self.itemText(i)) for i in range(self.count())), default=60)
        before = metrics.horizontalAdvance(self._name + "  ") if self._name else 0
        return QSize(before + widest + 3 * _PADDING + _CHEVRON, CONTROL_HEIGHT)

    def minimumSizeHint(self) -> QSize:
        return QSize(min(self.sizeHint().width(), 88), CONTROL_HEIGHT)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        colors, role = self.palette(), QPalette.ColorRole
        box = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        painter.setBrush(
            colors.color(role.Midlight if self.underMouse() and self.isEnabled() else role.Button)
        )
        painter.setPen(QPen(colors.color(role.Accent if self.hasFocus() else role.Mid), 1))
        painter.drawRoundedRect(box, RADIUS, RADIUS)
        chevron = QRectF(box.right() - _CHEVRON - 5, box.center().y() - _CHEVRON / 2, _CHEVRON, _CHEVRON)
        paint_icon(painter, chevron, "chevron-down", colors.color(role.ButtonText))
        inner = box.adjusted(_PADDING, 0, -_CHEVRON - _PADDING, 0)
        middle = Qt.AlignmentFlag.AlignVCenter
        metrics = painter.fontMetrics()
        if self._name:
            painter.setPen(colors.color(role.PlaceholderText))
            painter.drawText(inner, middle | Qt.AlignmentFlag.AlignLeft, self._name)
            inner.setLeft(inner.left() + metrics.horizontalAdvance(self._name + "  "))
        painter.setPen(colors.color(role.ButtonText))
        text = metrics.elidedText(
            self.currentText() or self.placeholderText(), Qt.TextElideMode.ElideRight, int(inner.width())
        )
        painter.drawText(inner, middle | Qt.AlignmentFlag.AlignLeft, text)
