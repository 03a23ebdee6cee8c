"""PressureField: the curve of the stylus's pressure, with a piece of paper to try it on."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent, QPalette, QPen, QTabletEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from sdpaint.controllers.pressure import curve_of
from sdpaint.gui.theme import SPACE
from sdpaint.gui.widgets.controls import describe, push_button
from sdpaint.gui.widgets.curve_editor import CurveEditor
from sdpaint.imaging.dynamics import LINEAR, Curve

_WIDEST_PX = 22.0
_MOST_SAMPLES = 4000
MOUSE_PRESSURE = 0.5


class PressureField(QWidget):
    """Edits a curve as text, "" for a straight one."""

    def __init__(self, object_name: str, name: str, text: str, tooltip: str) -> None:
        super().__init__()
        self._editor = CurveEditor(object_name, name, tooltip)
        self._editor.set_curve(curve_of(text))
        self._paper = TryOut(f"{object_name}Paper", "Try the pressure out")
        self._paper.set_curve(self._editor.curve)
        self._editor.curve_changed.connect(self._paper.set_curve)
        self._paper.pressed.connect(self._editor.set_mark)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2 * SPACE)
        layout.addWidget(self._editor, 1)
        side = QVBoxLayout()
        side.setSpacing(SPACE)
        side.addWidget(self._paper, 1)
        side.addWidget(
            push_button(f"{object_name}Reset", "Straight", self._editor.reset, "Pressure as the stylus reports it")
        )
        layout.addLayout(side, 1)

    def set_text(self, text: str) -> None:
        """Show another curve."""
        self._editor.set_curve(curve_of(text))
        self._paper.set_curve(self._editor.curve)

    @property
    def text(self) -> str:
        """The curve as settings keep it."""
        return "" if self._editor.curve == LINEAR else self._editor.curve.text


class TryOut(QWidget):
    """Draws what the stylus does, as wide as it is pressed. Earlier strokes follow the curve as it is changed."""

    pressed = Signal(object)
    """The pressure that is reported, 0 … 1; None when the stylus is lifted."""

    def __init__(self, object_name: str, name: str) -> None:
        super().__init__()
        self._curve = LINEAR
        self._strokes: list[list[tuple[QPointF, float]]] = []
        describe(self, object_name, name, f"{name}: draw here with the stylus; a double click clears it")
        self.setAccessibleDescription("Draw here")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setCursor(Qt.CursorShape.CrossCursor)
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.setMinimumSize(100, 80)

    def set_curve(self, curve: Curve) -> None:
        """Draw by another curve."""
        self._curve = curve
        self.update()

    @property
    def widths_px(self) -> list[float]:
        """How wide the last stroke is at each of its samples."""
        return [self._width_px(pressure) for _, pressure in self._strokes[-1]] if self._strokes else []

    def _width_px(self, pressure: float) -> float:
        return max(0.6, _WIDEST_PX * self._curve.at(pressure))

    def _take(self, pos: QPointF, pressure: float, begins: bool) -> None:
        if begins or not self._strokes:
            self._strokes.append([])
        self._strokes[-1].append((QPointF(pos), pressure))
        while sum(map(len, self._strokes)) > _MOST_SAMPLES and len(self._strokes) > 1:
            self._strokes.pop(0)
        self.pressed.emit(pressure)
        self.update()

    def tabletEvent(self, event: QTabletEvent) -> None:
        kind = event.type()
        if kind == QEvent.Type.TabletRelease:
            self.pressed.emit(None)
        elif kind == QEvent.Type.TabletPress or event.buttons():
            self._take(event.position(), event.pressure(), kind == QEvent.Type.TabletPress)
        event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._take(event.position(), MOUSE_PRESSURE, begins=True)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if event.buttons():
            self._take(event.position(), MOUSE_PRESSURE, begins=False)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self.pressed.emit(None)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self._strokes.clear()
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(160, 110)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        colors, role = self.palette(), QPalette.ColorRole
        painter.setPen(QPen(colors.color(role.Mid), 1))
        painter.setBrush(colors.color(role.Base))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 4, 4)
        if not self._strokes:
            painter.setPen(colors.color(role.PlaceholderText))
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, "Draw here")
        ink = colors.color(role.Text)
        for stroke in self._strokes:
            last = stroke[0][0]
            for pos, pressure in stroke:
                painter.setPen(QPen(ink, self._width_px(pressure), c=Qt.PenCapStyle.RoundCap))
                painter.drawLine(last, pos)
                last = pos
