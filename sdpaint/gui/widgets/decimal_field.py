"""DecimalField: a number with decimals that is typed, or stepped with the arrow keys."""

from __future__ import annotations

import math

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QKeyEvent, QWheelEvent
from PySide6.QtWidgets import QLineEdit

from sdpaint.gui.theme import CONTROL_HEIGHT
from sdpaint.gui.widgets.controls import describe


class DecimalField(QLineEdit):
    """Shown with `unit` and at most `decimals` digits; what can't be used goes back to what was.

    Up and Down step by one, with Shift by ten. Typed numbers may have a comma.
    """

    value_committed = Signal(float)

    def __init__(
        self,
        object_name: str,
        name: str,
        limits: tuple[float, float],
        tooltip: str = "",
        unit: str = "",
        decimals: int = 1,
    ) -> None:
        super().__init__()
        self._limits, self._unit, self._decimals = limits, unit, decimals
        self._value = 0.0
        describe(self, object_name, name, tooltip)
        self.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.set_value(0.0)
        self.editingFinished.connect(self._take)

    @property
    def value(self) -> float:
        """The number."""
        return self._value

    def set_value(self, value: float) -> None:
        """Show this number, telling nobody; what is being typed stays."""
        self._value = value
        if not self.isModified():
            self._show()

    def sizeHint(self) -> QSize:
        widest = QFontMetrics(self.font()).horizontalAdvance(f"-8888.{'8' * self._decimals}{self._unit}")
        return QSize(widest + 18, CONTROL_HEIGHT)

    def _show(self) -> None:
        digits = f"{self._value:.{self._decimals}f}"
        if "." in digits:
            digits = digits.rstrip("0").rstrip(".")
        self.setText(("0" if digits in ("-0", "") else digits) + self._unit)
        self.setModified(False)

    def _take(self) -> None:
        if not self.isModified():
            return
        try:
            value = float(self.text().removesuffix(self._unit.strip()).strip().replace(",", "."))
        except ValueError:
            value = math.nan
        self.setModified(False)
        self._put(value if math.isfinite(value) else self._value)

    def _put(self, value: float) -> None:
        value = min(self._limits[1], max(self._limits[0], value))
        changed, self._value = value != self._value, value
        self._show()
        if changed:
            self.value_committed.emit(value)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            self._take()
            step = 10.0 if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1.0
            self._put(self._value + (step if event.key() == Qt.Key.Key_Up else -step))
            return
        super().keyPressEvent(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()
