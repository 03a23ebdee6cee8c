"""ScreenPicker: takes a colour from anywhere on the screens, outside the window too.

Each screen is photographed and shown over itself, without a border; a click takes a colour from the picture, so that
nothing below is clicked on. Esc or the right button leave the colour as it is.
"""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, QPoint, QPointF, QRectF, Qt
from PySide6.QtGui import (
    QColor,
    QGuiApplication,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPixmap,
    QScreen,
)
from PySide6.QtWidgets import QWidget

from sdpaint.controllers.tool_controller import ToolController
from sdpaint.gui.messages import Messages
from sdpaint.gui.widgets.swatches import qcolor
from sdpaint.imaging.color import Color

_LENS_PX = 112
_LENS_PIXELS = 14
"""So many device pixels of the screen across the magnifier."""


class ScreenPicker(QObject):
    """Sets the foreground colour."""

    def __init__(self, tools: ToolController, messages: Messages, parent: QWidget) -> None:
        super().__init__(parent)
        self._tools = tools
        self._messages = messages
        self._covers: list[ScreenCover] = []

    @property
    def is_open(self) -> bool:
        """Whether it waits for a click."""
        return bool(self._covers)

    def start(self) -> None:
        """Photograph all screens and wait for a click."""
        if self._covers:
            return
        shots = [(screen, screen.grabWindow(0)) for screen in QGuiApplication.screens()]
        if all(shot.isNull() for _screen, shot in shots):
            self._messages.warn("This desktop lets no program see the screen", "Pick from the canvas with I instead")
            return
        for screen, shot in shots:
            if not shot.isNull():
                cover = ScreenCover(screen, shot, qcolor(self._tools.foreground), self._take)
                self._covers.append(cover)
                cover.show()
        self._covers[0].activateWindow()
        self._covers[0].setFocus()

    def _take(self, color: QColor | None) -> None:
        covers, self._covers = self._covers, []
        for cover in covers:
            cover.close()
            cover.deleteLater()
        if color is not None:
            self._tools.set_foreground(Color(color.red(), color.green(), color.blue()))


class ScreenCover(QWidget):
    """The picture of one screen over it, with a magnifier at the pointer. `done` gets the colour, None where it was
    cancelled.
    """

    def __init__(
        self, screen: QScreen, shot: QPixmap, before: QColor, done: Callable[[QColor | None], None]
    ) -> None:
        super().__init__(
            None,
            Qt.WindowType.Window | Qt.WindowType.FramelessWindowHint | Qt.WindowType.WindowStaysOnTopHint,
        )
        self.setObjectName("screenCover")
        self.setAccessibleName("Click to take a colour from the screen, Esc cancels")
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self._shot = shot
        self._image: QImage = shot.toImage()
        self._before = before
        self._done = done
        self._pointer: QPointF | None = None
        self.setMouseTracking(True)
        self.setCursor(Qt.CursorShape.CrossCursor)
        self.setGeometry(screen.geometry())

    def color_at(self, place: QPointF) -> QColor:
        """Of the screen's pixel at a place of the cover."""
        return self._image.pixelColor(self._pixel(place))

    def _pixel(self, place: QPointF) -> QPoint:
        scale_x, scale_y = self._image.width() / max(1, self.width()), self._image.height() / max(1, self.height())
        x, y = int(place.x() * scale_x), int(place.y() * scale_y)
        return QPoint(min(max(x, 0), self._image.width() - 1), min(max(y, 0), self._image.height() - 1))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        for place in (self._pointer, event.position()):
            if place is not None:
                self.update(self._lens(place).toAlignedRect().adjusted(-4, -4, 4, 4))
        self._pointer = event.position()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        is_left = event.button() is Qt.MouseButton.LeftButton
        self._done(self.color_at(event.position()) if is_left else None)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self._done(None)
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.drawPixmap(self.rect(), self._shot)
        if self._pointer is not None:
            self._paint_lens(painter, self._pointer)

    def _lens(self, place: QPointF) -> QRectF:
        """Beside the pointer, within the screen."""
        x = place.x() + 20 if place.x() + 28 + _LENS_PX < self.width() else place.x() - 20 - _LENS_PX
        y = place.y() + 20 if place.y() + 60 + _LENS_PX < self.height() else place.y() - 52 - _LENS_PX
        return QRectF(x, y, _LENS_PX, _LENS_PX + 32)

    def _paint_lens(self, painter: QPainter, place: QPointF) -> None:
        whole, pixel = self._lens(place), self._pixel(place)
        lens = QRectF(whole.x(), whole.y(), _LENS_PX, _LENS_PX)
        half, side = _LENS_PIXELS // 2, _LENS_PIXELS + 1
        painter.drawImage(lens, self._image, QRectF(pixel.x() - half, pixel.y() - half, side, side))
        cell = _LENS_PX / side
        painter.setPen(QPen(QColor(255, 255, 255), 1))
        painter.drawRect(QRectF(lens.x() + half * cell, lens.y() + half * cell, cell, cell))
        color, below = self.color_at(place), QRectF(lens.x(), lens.bottom(), _LENS_PX, 32)
        painter.fillRect(QRectF(below.x(), below.y(), below.width() * 0.75, 32), color)
        painter.fillRect(QRectF(below.x() + below.width() * 0.75, below.y(), below.width() * 0.25, 32), self._before)
        painter.setPen(QColor(0, 0, 0) if color.lightness() > 128 else QColor(255, 255, 255))
        left = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
        painter.drawText(below.adjusted(8, 0, 0, 0), left, color.name())
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(QColor(40, 40, 40), 1))
        painter.drawRect(whole)
