"""NumberSlider: a number as a slider that can be typed into.

Drag anywhere in it, with Shift finely; click or press Enter or F2 and type; double click resets; the wheel works only
while it has the focus, so that scrolling past changes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QFocusEvent,
    QFontMetrics,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPalette,
    QPen,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QApplication, QLineEdit, QSizePolicy, QWidget

from sdpaint.gui.theme import CONTROL_HEIGHT, RADIUS
from sdpaint.gui.widgets.controls import describe
from sdpaint.imaging.filter_table import Parameter

FINE = 0.1
"""With Shift the pointer moves the value this many times as far."""
_PADDING = 8


@dataclass(frozen=True)
class NumberSpec:
    """What a slider goes through. Values are shown times `factor` with `decimals` digits and `unit`.

    `curve` above 1 gives small values more room: the value grows with the position to this power.
    `step` is in values, for arrow keys and wheel. `soft_maximum` is where the slider ends; typing goes to `maximum`.
    """

    minimum: float
    maximum: float
    default: float
    unit: str = ""
    decimals: int = 0
    factor: float = 1.0
    step: float = 1.0
    curve: float = 1.0
    soft_maximum: float | None = None
    least_word: str = ""
    """What the least value is called, where it is no number, such as "automatic"."""

    @property
    def end(self) -> float:
        """Where the slider's way ends."""
        return self.maximum if self.soft_maximum is None else self.soft_maximum

    def clamped(self, value: float) -> float:
        """The nearest value that is allowed and can be shown."""
        rounded = round(value * self.factor, self.decimals) / self.factor
        return min(self.maximum, max(self.minimum, rounded))

    def text(self, value: float) -> str:
        """The value without its unit."""
        return f"{value * self.factor:.{self.decimals}f}"

    def words(self, value: float) -> str:
        """The value with its unit, or the word for the least one."""
        return self.least_word if self.least_word and value <= self.minimum else self.text(value) + self.unit

    def position(self, value: float) -> float:
        """Where the value lies on the way, 0…1."""
        share = (min(value, self.end) - self.minimum) / (self.end - self.minimum)
        return max(0.0, share) ** (1 / self.curve)

    def value_at(self, position: float) -> float:
        """The value at a place of the way."""
        share = min(1.0, max(0.0, position)) ** self.curve
        return self.minimum + share * (self.end - self.minimum)

    def parse(self, text: str) -> float:
        """A typed number, with or without the unit, point or comma. Raises ValueError."""
        words = text.strip().removesuffix(self.unit.strip()).strip() if self.unit else text.strip()
        return float(words.replace(",", ".")) / self.factor


def number_spec(parameter: Parameter) -> NumberSpec:
    """What a slider for this parameter goes through."""
    shown = (parameter.maximum - parameter.minimum) * parameter.factor
    step = 10.0**-parameter.decimals if shown > 1 else 0.01
    return NumberSpec(
        parameter.minimum,
        parameter.maximum,
        parameter.default,
        unit=parameter.unit,
        decimals=parameter.decimals,
        factor=parameter.factor,
        step=step / parameter.factor,
        curve=parameter.curve,
        soft_maximum=parameter.soft_maximum,
    )


PERCENT = NumberSpec(0.0, 1.0, 1.0, unit=" %", factor=100.0, step=0.01)


class NumberSlider(QWidget):
    """A number with a name, as a field that fills up from the left, or from zero where values go both ways."""

    value_changed = Signal(float)
    """While it is dragged, typed or stepped."""
    value_committed = Signal(float)
    """Once, when the change is over."""

    def __init__(
        self,
        object_name: str,
        name: str,
        spec: NumberSpec,
        tooltip: str = "",
        shortcut: str = "",
        shows_name: bool = True,
    ) -> None:
        """`shows_name` False: where the name stands beside it already."""
        super().__init__()
        self._name = name if shows_name else ""
        self._spec = spec
        self._value = spec.default
        self._editor: QLineEdit | None = None
        self._pressed_at: QPointF | None = None
        self._last_x = 0.0
        self._position = 0.0
        self._is_dragging = False
        self._before = self._value
        describe(
            self,
            object_name,
            name,
            (tooltip or name) + "\nDrag, or click and type; double click resets",
            shortcut,
        )
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.setCursor(Qt.CursorShape.SizeHorCursor)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self._describe_value()

    # ------------------------------------------------------------------------------------------------ value

    @property
    def spec(self) -> NumberSpec:
        """What it goes through."""
        return self._spec

    def set_spec(self, spec: NumberSpec) -> None:
        """Another range; the value is kept where it can be."""
        self._spec = spec
        self.set_value(self._value)
        self.updateGeometry()

    @property
    def value(self) -> float:
        """The number, in values (not times `factor`)."""
        return self._value

    def set_value(self, value: float) -> None:
        """Show another value, telling nobody. Ignored while the artist is changing it."""
        if self._is_dragging or self._editor is not None:
            return
        self._value = self._spec.clamped(value)
        self._describe_value()
        self.update()

    def reset(self) -> None:
        """Back to the default."""
        self._change(self._spec.default)
        self._commit()

    def _change(self, value: float) -> None:
        value = self._spec.clamped(value)
        if value == self._value:
            return
        self._value = value
        self._describe_value()
        self.update()
        self.value_changed.emit(value)

    def _commit(self) -> None:
        self.value_committed.emit(self._value)

    def _describe_value(self) -> None:
        self.setAccessibleDescription(self._spec.words(self._value))

    # ------------------------------------------------------------------------------------------------ mouse

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() is not Qt.MouseButton.LeftButton:
            super().mousePressEvent(event)
            return
        self._pressed_at = event.position()
        self._last_x = event.position().x()
        self._position = self._spec.position(self._value)
        self._before = self._value
        self.update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._pressed_at is None:
            return
        x = event.position().x()
        if not self._is_dragging:
            if abs(x - self._pressed_at.x()) < QApplication.startDragDistance() / 3:
                return
            self._is_dragging = True
        fine = FINE if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1.0
        self._position = min(1.0, max(0.0, self._position + (x - self._last_x) / max(1, self.width()) * fine))
        self._last_x = x
        self._change(self._spec.value_at(self._position))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._pressed_at is None or event.button() is not Qt.MouseButton.LeftButton:
            super().mouseReleaseEvent(event)
            return
        self._pressed_at = None
        if self._is_dragging:
            self._is_dragging = False
            self._commit()
        self.update()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if event.button() is Qt.MouseButton.LeftButton:
            self._pressed_at = None
            self.reset()

    def wheelEvent(self, event: QWheelEvent) -> None:
        if not self.hasFocus() or self._editor is not None:
            event.ignore()
            return
        fine = FINE if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1.0
        self._change(self._value + event.angleDelta().y() / 120 * self._step() * fine)
        self._commit()
        event.accept()

    # ------------------------------------------------------------------------------------------------- keys

    def event(self, event: QEvent) -> bool:
        if (
            event.type() == QEvent.Type.ShortcutOverride
            and isinstance(event, QKeyEvent)
            and self._takes(event)
        ):
            # Digits are for the number, not for the shortcuts of the canvas.
            event.accept()
            return True
        return super().event(event)

    def _takes(self, event: QKeyEvent) -> bool:
        if event.modifiers() & ~(Qt.KeyboardModifier.KeypadModifier | Qt.KeyboardModifier.ShiftModifier):
            return False
        if event.key() == Qt.Key.Key_Escape:
            return self._is_dragging
        keys = (*_STEPS, Qt.Key.Key_Home, Qt.Key.Key_End, Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_F2)
        return event.key() in keys or _starts_number(event.text())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = event.key()
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            super().keyPressEvent(event)
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_F2):
            self.edit()
        elif key == Qt.Key.Key_Escape and self._is_dragging:
            self._pressed_at = None
            self._is_dragging = False
            self._change(self._before)
            self._commit()
        elif key == Qt.Key.Key_Home:
            self._step_to(self._spec.minimum)
        elif key == Qt.Key.Key_End:
            self._step_to(self._spec.end)
        elif key in _STEPS:
            self._step_to(self._value + _STEPS[Qt.Key(key)] * self._step())
        elif _starts_number(event.text()):
            self.edit(event.text())
        else:
            super().keyPressEvent(event)

    def _step_to(self, value: float) -> None:
        self._change(value)
        self._commit()

    def _step(self) -> float:
        # On a curved way a step grows with the value, so that it is felt as the same everywhere.
        return max(self._spec.step, self._value * 0.05) if self._spec.curve > 1 else self._spec.step

    # ----------------------------------------------------------------------------------------------- typing

    def edit(self, typed: str = "") -> None:
        """Type the number; with `typed` as its beginning."""
        if self._editor is not None:
            return
        self._before = self._value
        editor = QLineEdit(self)
        describe(editor, f"{self.objectName()}Editor", self.accessibleName())
        editor.setAlignment(Qt.AlignmentFlag.AlignRight)
        editor.setGeometry(self.rect())
        editor.setText(typed or self._spec.text(self._value))
        if not typed:
            editor.selectAll()
        editor.editingFinished.connect(self._take_typed)
        editor.installEventFilter(self)
        self._editor = editor
        editor.show()
        editor.setFocus(Qt.FocusReason.OtherFocusReason)

    def _take_typed(self) -> None:
        editor, self._editor = self._editor, None
        if editor is None:
            return
        had_focus = editor.hasFocus()
        try:
            value = self._spec.parse(editor.text())
        except ValueError:
            value = self._before  # what isn't a number changes nothing
        editor.hide()
        editor.deleteLater()
        if had_focus:
            self.setFocus(Qt.FocusReason.OtherFocusReason)
        self._change(value)
        if value != self._before:
            self._commit()

    def eventFilter(self, watched: object, event: QEvent) -> bool:
        editor = self._editor
        if editor is None or watched is not editor or not isinstance(event, QKeyEvent):
            return False
        ends = (Qt.Key.Key_Escape, Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if event.key() not in ends or event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            return False
        if event.type() == QEvent.Type.ShortcutOverride:
            event.accept()
        elif event.type() == QEvent.Type.KeyPress:
            if event.key() == Qt.Key.Key_Escape:
                editor.setText(self._spec.text(self._before))
            self._take_typed()
        return True

    # ---------------------------------------------------------------------------------------------- drawing

    def sizeHint(self) -> QSize:
        metrics = QFontMetrics(self.font())
        widest = max(self._spec.words(self._spec.minimum), self._spec.text(self._spec.maximum), key=len)
        text = f"{self._name}  {widest}{self._spec.unit}"
        return QSize(metrics.horizontalAdvance(text) + 2 * _PADDING + 16, CONTROL_HEIGHT)

    def minimumSizeHint(self) -> QSize:
        hint = self.sizeHint()
        return QSize(hint.width() - 16, hint.height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        if self._editor is not None:
            self._editor.setGeometry(self.rect())

    def focusInEvent(self, event: QFocusEvent) -> None:
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._editor is not None:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        colors = self.palette()
        role = QPalette.ColorRole
        box = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        is_hot = self.isEnabled() and (self.underMouse() or self._is_dragging)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colors.color(role.Base))
        painter.drawRoundedRect(box, RADIUS, RADIUS)
        if self.isEnabled():
            # From zero, where values go both ways: what is at rest looks at rest.
            start = self._spec.position(0.0) if self._spec.minimum < 0 < self._spec.maximum else 0.0
            left, right = sorted((start * self.width(), self._spec.position(self._value) * self.width()))
            painter.setClipRect(QRectF(left, 0, right - left, self.height()))
            # Neutral: colour is left to the one thing that is active.
            painter.setBrush(colors.color(role.Light if is_hot else role.Midlight))
            painter.drawRoundedRect(box, RADIUS, RADIUS)
            painter.setClipping(False)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(colors.color(role.Accent if self.hasFocus() else role.Mid), 1))
        painter.drawRoundedRect(box, RADIUS, RADIUS)
        inner = box.adjusted(_PADDING, 0, -_PADDING, 0)
        painter.setPen(colors.color(role.ButtonText))
        middle = Qt.AlignmentFlag.AlignVCenter
        painter.drawText(
            inner, middle | Qt.AlignmentFlag.AlignRight, self._spec.words(self._value)
        )
        painter.drawText(inner, middle | Qt.AlignmentFlag.AlignLeft, self._name)


_STEPS = {
    Qt.Key.Key_Right: 1,
    Qt.Key.Key_Up: 1,
    Qt.Key.Key_Left: -1,
    Qt.Key.Key_Down: -1,
    Qt.Key.Key_PageUp: 10,
    Qt.Key.Key_PageDown: -10,
}


def _starts_number(text: str) -> bool:
    return len(text) == 1 and text in "0123456789.,-"
