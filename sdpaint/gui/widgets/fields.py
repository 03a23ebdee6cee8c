"""Fields for words and whole numbers."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import QLabel, QLineEdit, QPlainTextEdit, QSizePolicy

from sdpaint.gui.theme import CONTROL_HEIGHT
from sdpaint.gui.widgets.controls import describe
from sdpaint.imaging.color import BLACK, Color


class ElidedLabel(QLabel):
    """A line that is shortened where there is no room; the tooltip says it whole, and what `explain` has said."""

    def __init__(self, text: str = "") -> None:
        super().__init__(text)
        self._why = ""
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.setTextFormat(Qt.TextFormat.PlainText)

    def minimumSizeHint(self) -> QSize:
        return QSize(24, super().minimumSizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        text = painter.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, self.width())
        painter.setPen(self.palette().color(self.foregroundRole()))
        painter.drawText(self.contentsRect(), int(self.alignment()) | int(Qt.TextFlag.TextSingleLine), text)
        whole = self.text() if text != self.text() else ""
        self.setToolTip("\n".join(line for line in (whole, self._why) if line))

    def explain(self, why: str) -> None:
        """What the tooltip says beside."""
        self._why = why
        self.update()


class HexField(QLineEdit):
    """A colour as #rrggbb."""

    color_entered = Signal(object)
    """Color."""

    def __init__(self) -> None:
        super().__init__()
        self._color = BLACK
        describe(self, "hexEdit", "Colour in hexadecimal", "Colour as #rrggbb; Enter takes it")
        self.setMaxLength(7)
        self.set_color(BLACK)
        self.editingFinished.connect(self._take)

    def set_color(self, color: Color) -> None:
        """Show this colour, unless something is being typed."""
        self._color = color
        if not self.hasFocus():
            self.setText(color.hex)

    def _take(self) -> None:
        try:
            color = Color.from_hex(self.text())
        except ValueError:
            self.setText(self._color.hex)
            return
        self.setText(color.hex)
        if color != self._color:
            self._color = color
            self.color_entered.emit(color)


class IntField(QLineEdit):
    """A whole number that is typed; what can't be used goes back to what was."""

    value_committed = Signal(int)

    def __init__(
        self, object_name: str, name: str, minimum: int, maximum: int, tooltip: str = "", unit: str = ""
    ) -> None:
        super().__init__()
        self._minimum, self._maximum, self._unit = minimum, maximum, unit
        self._value = minimum
        describe(self, object_name, name, tooltip)
        self.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.set_value(minimum)
        self.editingFinished.connect(self._take)

    @property
    def value(self) -> int:
        """The number."""
        return self._value

    def set_value(self, value: int) -> None:
        """Show this number, telling nobody."""
        self._value = min(self._maximum, max(self._minimum, value))
        self.setText(f"{self._value}{self._unit}")

    def sizeHint(self) -> QSize:
        widest = QFontMetrics(self.font()).horizontalAdvance(f"{self._maximum}{self._unit}")
        return QSize(widest + 24, CONTROL_HEIGHT)

    def _take(self) -> None:
        try:
            value = int(self.text().removesuffix(self._unit).strip())
        except ValueError:
            value = self._value
        value = min(self._maximum, max(self._minimum, value))
        changed = value != self._value
        self.set_value(value)
        if changed:
            self.value_committed.emit(self._value)

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()


class GrowingEdit(QPlainTextEdit):
    """Plain text that grows with its lines, within limits. Tab leaves it."""

    height_changed = Signal()

    def __init__(
        self, object_name: str, name: str, placeholder: str, most_lines: int, tooltip: str = ""
    ) -> None:
        super().__init__()
        self._most_lines = most_lines
        self._placeholder = placeholder
        self._marked_at = 0
        describe(self, object_name, name, tooltip)
        self.setPlaceholderText(placeholder)
        self.setTabChangesFocus(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.document().setDocumentMargin(4)
        self.document().documentLayout().documentSizeChanged.connect(lambda _size: self._fit())
        self._fit()

    def mark(self) -> None:
        """Remember the text as it is."""
        self._marked_at = self.document().revision()

    @property
    def was_edited_since_mark(self) -> bool:
        """Whether the text was changed after `mark`."""
        return self.document().revision() != self._marked_at

    def _fit(self) -> None:
        metrics = QFontMetrics(self.font())
        lines = min(self._most_lines, max(1, int(self.document().size().height())))
        height = max(CONTROL_HEIGHT, lines * metrics.lineSpacing() + 2 * 4 + 4)
        self.setVerticalScrollBarPolicy(
            Qt.ScrollBarPolicy.ScrollBarAsNeeded
            if self.document().size().height() > self._most_lines
            else Qt.ScrollBarPolicy.ScrollBarAlwaysOff
        )
        if height != self.height() or self.minimumHeight() != height:
            self.setFixedHeight(height)
            self.height_changed.emit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        # One line of it: what doesn't fit would be cut through by the lower edge.
        room = self.viewport().width() - 2 * round(self.document().documentMargin())
        self.setPlaceholderText(
            self.fontMetrics().elidedText(self._placeholder, Qt.TextElideMode.ElideRight, room)
        )
        self._fit()
