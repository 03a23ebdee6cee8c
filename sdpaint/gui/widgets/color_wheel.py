"""ColorWheel: a ring of hues around a field of saturation and value."""

from __future__ import annotations

import math

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QConicalGradient,
    QFocusEvent,
    QKeyEvent,
    QLinearGradient,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPalette,
    QPen,
    QPixmap,
    QResizeEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from sdpaint.gui.widgets.controls import claims_key, describe
from sdpaint.imaging.color_models import Hsv

RING_PX = 14
_GAP_PX = 5
_SMALLEST = 96
_LARGEST = 200


class ColorWheel(QWidget):
    """Pick a colour: hue on the ring, saturation to the right, value upwards. Arrow keys move, Page keys turn."""

    color_changed = Signal(object)
    """Color; while it is dragged."""

    def __init__(self, hsv: Hsv) -> None:
        """`hsv` is shared with the sliders beside it."""
        super().__init__()
        self._hsv = hsv
        self._ring: QPixmap | None = None
        self._field: QPixmap | None = None
        self._field_hue = -1.0
        self._drags_ring: bool | None = None
        describe(
            self,
            "colorWheel",
            "Colour wheel",
            "Hue on the ring; saturation and value inside\nArrow keys move, Page Up and Page Down turn the hue",
        )
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.CrossCursor)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def refresh(self) -> None:
        """The shared colour has changed."""
        self.setAccessibleDescription(self._hsv.color.hex)
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(152, 152)

    def minimumSizeHint(self) -> QSize:
        return QSize(_SMALLEST, _SMALLEST)

    # --------------------------------------------------------------------------------------------- geometry

    def _disc(self) -> QRectF:
        side = min(self.width(), self.height(), _LARGEST)
        return QRectF((self.width() - side) / 2, (self.height() - side) / 2, side, side).adjusted(
            1, 1, -1, -1
        )

    def _square(self) -> QRectF:
        disc = self._disc()
        half = (disc.width() / 2 - RING_PX - _GAP_PX) / math.sqrt(2)
        center = disc.center()
        return QRectF(center.x() - half, center.y() - half, 2 * half, 2 * half)

    def _is_on_ring(self, pos: QPointF) -> bool:
        from_center = pos - self._disc().center()
        return math.hypot(from_center.x(), from_center.y()) > self._disc().width() / 2 - RING_PX - _GAP_PX / 2

    # ------------------------------------------------------------------------------------------------ input

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() is Qt.MouseButton.LeftButton:
            self._drags_ring = self._is_on_ring(event.position())
            self._follow(event.position())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._drags_ring is not None:
            self._follow(event.position())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._drags_ring = None

    def _follow(self, pos: QPointF) -> None:
        if self._drags_ring:
            from_center = pos - self._disc().center()
            self._hsv.hue = (math.atan2(-from_center.y(), from_center.x()) / math.tau) % 1.0
        else:
            square = self._square()
            self._hsv.saturation = min(1.0, max(0.0, (pos.x() - square.left()) / square.width()))
            self._hsv.value = min(1.0, max(0.0, (square.bottom() - pos.y()) / square.height()))
        self._announce()

    def event(self, event: QEvent) -> bool:
        if claims_key(event, _MOVES):
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        move = _MOVES.get(Qt.Key(event.key()))
        if move is None:
            super().keyPressEvent(event)
            return
        hue, saturation, value = move
        self._hsv.hue = (self._hsv.hue + hue) % 1.0
        self._hsv.saturation = min(1.0, max(0.0, self._hsv.saturation + saturation))
        self._hsv.value = min(1.0, max(0.0, self._hsv.value + value))
        self._announce()

    def _announce(self) -> None:
        self.refresh()
        self.color_changed.emit(self._hsv.color)

    def focusInEvent(self, event: QFocusEvent) -> None:
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self.update()

    # ---------------------------------------------------------------------------------------------- drawing

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._ring = self._field = None

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        scale = self.devicePixelRatioF()
        if self._ring is None or self._ring.devicePixelRatio() != scale:
            self._ring = self._drawn_ring(scale)
            self._field = None
        if self._field is None or self._field_hue != self._hsv.hue:
            self._field = self._drawn_field(scale)
            self._field_hue = self._hsv.hue
        painter.drawPixmap(0, 0, self._ring)
        painter.drawPixmap(self._square().topLeft(), self._field)
        self._draw_marks(painter)
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(self.palette().color(QPalette.ColorRole.Accent), 1))
            painter.drawEllipse(self._disc())

    def _drawn_ring(self, scale: float) -> QPixmap:
        pixmap = QPixmap(self.size() * scale)
        pixmap.setDevicePixelRatio(scale)
        pixmap.fill(Qt.GlobalColor.transparent)
        painter = QPainter(pixmap)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        disc = self._disc().adjusted(RING_PX / 2, RING_PX / 2, -RING_PX / 2, -RING_PX / 2)
        hues = QConicalGradient(disc.center(), 0)
        for step in range(13):
            hues.setColorAt(step / 12, QColor.fromHsvF(step / 12 % 1.0, 1.0, 1.0))
        painter.setPen(QPen(hues, RING_PX - 2))
        painter.drawEllipse(disc)
        painter.end()
        return pixmap

    def _drawn_field(self, scale: float) -> QPixmap:
        square = self._square()
        pixmap = QPixmap((square.size() * scale).toSize())
        pixmap.setDevicePixelRatio(scale)
        painter = QPainter(pixmap)
        whole = QRectF(0, 0, square.width(), square.height())
        across = QLinearGradient(whole.topLeft(), whole.topRight())
        across.setColorAt(0, Qt.GlobalColor.white)
        across.setColorAt(1, QColor.fromHsvF(min(self._hsv.hue, 0.9999), 1.0, 1.0))
        painter.fillRect(whole, across)
        down = QLinearGradient(whole.topLeft(), whole.bottomLeft())
        down.setColorAt(0, QColor(0, 0, 0, 0))
        down.setColorAt(1, QColor(0, 0, 0))
        painter.fillRect(whole, down)
        painter.end()
        return pixmap

    def _draw_marks(self, painter: QPainter) -> None:
        disc, square = self._disc(), self._square()
        radius = disc.width() / 2 - RING_PX / 2
        angle = self._hsv.hue * math.tau
        on_ring = disc.center() + QPointF(math.cos(angle) * radius, -math.sin(angle) * radius)
        in_field = QPointF(
            square.left() + self._hsv.saturation * square.width(),
            square.bottom() - self._hsv.value * square.height(),
        )
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for center, size in ((on_ring, RING_PX / 2 - 2), (in_field, 5)):
            painter.setPen(QPen(QColor(0, 0, 0, 160), 3))
            painter.drawEllipse(center, size, size)
            painter.setPen(QPen(Qt.GlobalColor.white, 1.5))
            painter.drawEllipse(center, size, size)


_STEP = 0.02
_MOVES = {
    Qt.Key.Key_Left: (0.0, -_STEP, 0.0),
    Qt.Key.Key_Right: (0.0, _STEP, 0.0),
    Qt.Key.Key_Up: (0.0, 0.0, _STEP),
    Qt.Key.Key_Down: (0.0, 0.0, -_STEP),
    Qt.Key.Key_PageUp: (1 / 72, 0.0, 0.0),
    Qt.Key.Key_PageDown: (-1 / 72, 0.0, 0.0),
}
