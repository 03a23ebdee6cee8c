"""ChannelSlider: one number of a colour, as a bar that shows which colours it would give, and as a number."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QBrush,
    QColor,
    QFocusEvent,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPalette,
    QPen,
)
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QWidget

from sdpaint.gui.theme import SPACE
from sdpaint.gui.widgets.controls import claims_key, describe, label
from sdpaint.gui.widgets.number_slider import FINE, NumberSlider, NumberSpec
from sdpaint.imaging.color_models import Channel, Ramp

_HEIGHT = 24
_BAR = 16
_NUMBER_WIDTH = 58
_STEPS = 128


class ChannelSlider(QWidget):
    """Letter, bar and number. Where a screen has no such colour, the bar is hatched."""

    value_changed = Signal(float)
    """0…1 of the channel."""

    def __init__(self, channel: Channel, model: str) -> None:
        super().__init__()
        stem = f"{model.lower()}{channel.name}"
        most = channel.most
        step = 1 / most if most >= 100 else 0.01
        spec = NumberSpec(0.0, 1.0, 0.0, unit=channel.unit, decimals=channel.decimals, factor=most, step=step)
        self._bar = GradientBar(f"{stem}Bar", channel.name)
        self._number = NumberSlider(f"{stem}Number", channel.name, spec, f"{channel.name} in {model}", shows_name=False)
        self._number.setFixedSize(_NUMBER_WIDTH, _HEIGHT)
        letter = label(channel.letter, "dim")
        letter.setFixedWidth(12)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(SPACE)
        layout.addWidget(letter)
        layout.addWidget(self._bar, 1)
        layout.addWidget(self._number)
        self._bar.value_changed.connect(self._take)
        self._number.value_changed.connect(self._take)

    def show_value(self, value: float, ramp: Ramp) -> None:
        """Show a number and what the bar would give, telling nobody."""
        self._bar.show_value(value, ramp)
        self._number.set_value(value)

    def _take(self, value: float) -> None:
        self.value_changed.emit(value)


class GradientBar(QWidget):
    """Press or drag anywhere; with Shift finely. Arrow keys step, Page keys stride."""

    value_changed = Signal(float)

    def __init__(self, object_name: str, name: str) -> None:
        super().__init__()
        self._value = 0.0
        self._ramp: Ramp | None = None
        self._last_x: float | None = None
        describe(self, object_name, name, f"{name}\nDrag, with Shift finely; hatched: no screen shows it")
        self.setFixedHeight(_HEIGHT)
        self.setMinimumWidth(48)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setCursor(Qt.CursorShape.CrossCursor)

    @property
    def steps(self) -> int:
        """How finely the ramp is drawn."""
        return _STEPS

    def show_value(self, value: float, ramp: Ramp) -> None:
        """Show this, telling nobody."""
        self._value, self._ramp = min(1.0, max(0.0, value)), ramp
        self.setAccessibleDescription(f"{self._value * 100:.0f} %")
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(120, _HEIGHT)

    def _track(self) -> QRectF:
        return QRectF(4, (self.height() - _BAR) / 2, self.width() - 8, _BAR)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() is Qt.MouseButton.LeftButton:
            self._last_x = event.position().x()
            if not event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
                self._announce((event.position().x() - self._track().left()) / self._track().width())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._last_x is None:
            return
        track = self._track()
        if event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            self._announce(self._value + FINE * (event.position().x() - self._last_x) / track.width())
        else:
            self._announce((event.position().x() - track.left()) / track.width())
        self._last_x = event.position().x()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._last_x = None

    def event(self, event: QEvent) -> bool:
        if claims_key(event, _STEP_KEYS):
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = _STEP_KEYS.get(Qt.Key(event.key()))
        if step is None:
            super().keyPressEvent(event)
        else:
            self._announce(self._value + step)

    def _announce(self, value: float) -> None:
        value = min(1.0, max(0.0, value))
        if value != self._value:
            self._value = value
            self.update()
            self.value_changed.emit(value)

    def focusInEvent(self, event: QFocusEvent) -> None:
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        colors, role, track = self.palette(), QPalette.ColorRole, self._track()
        shape = QPainterPath()
        shape.addRoundedRect(track, 3, 3)
        painter.save()
        painter.setClipPath(shape)
        if self._ramp is not None:
            self._draw_ramp(painter, track, self._ramp)
        painter.restore()
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(colors.color(role.Accent if self.hasFocus() else role.Mid), 1))
        painter.drawRoundedRect(track.adjusted(-0.5, -0.5, 0.5, 0.5), 3, 3)
        x = track.left() + self._value * track.width()
        handle = QRectF(x - 3, track.top() - 2, 6, track.height() + 4)
        painter.setPen(QPen(QColor(0, 0, 0, 190), 3))
        painter.drawRoundedRect(handle, 2, 2)
        painter.setPen(QPen(Qt.GlobalColor.white, 1.5))
        painter.drawRoundedRect(handle, 2, 2)

    def _draw_ramp(self, painter: QPainter, track: QRectF, ramp: Ramp) -> None:
        rgb = np.ascontiguousarray(ramp.rgb)
        row = QImage(rgb.data, len(rgb), 1, 3 * len(rgb), QImage.Format.Format_RGB888)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawImage(track, row, QRectF(0.5, 0, len(rgb) - 1, 1))
        ground = self.palette().color(QPalette.ColorRole.Base)
        line = self.palette().color(QPalette.ColorRole.PlaceholderText)
        for start, end in _runs(~ramp.shown):
            left = track.left() + start / (len(rgb) - 1) * track.width()
            right = track.left() + (end - 1) / (len(rgb) - 1) * track.width()
            gap = QRectF(QPointF(left, track.top()), QPointF(right, track.bottom()))
            painter.fillRect(gap, ground)
            painter.fillRect(gap, QBrush(line, Qt.BrushStyle.BDiagPattern))
            for edge, is_inner in ((left, start > 0), (right, end < len(rgb))):
                if is_inner:
                    painter.fillRect(QRectF(edge - 0.5, track.top(), 1, track.height()), line)


def _runs(flags: np.ndarray) -> list[tuple[int, int]]:
    """Where true begins and ends, as half-open ranges."""
    edges = np.flatnonzero(np.diff(np.concatenate(([0], flags.astype(np.int8), [0]))))
    return [(int(start), int(end)) for start, end in edges.reshape(-1, 2)]


_STEP_KEYS = {
    Qt.Key.Key_Right: 0.01,
    Qt.Key.Key_Up: 0.01,
    Qt.Key.Key_Left: -0.01,
    Qt.Key.Key_Down: -0.01,
    Qt.Key.Key_PageUp: 0.1,
    Qt.Key.Key_PageDown: -0.1,
}
