"""PictureView: a picture to look at closely: the wheel zooms, dragging moves. Several can be linked."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QFocusEvent,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPalette,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from sdpaint.gui.theme import font
from sdpaint.gui.widgets.controls import describe
from sdpaint.gui.widgets.images import draw_focus, draw_tag, draw_whole_pixels, image_of
from sdpaint.imaging.tiles import Pixels

_LEAST, _MOST = 0.02, 16.0
_WHEEL_STEP = 1.25
_KEY_STEP_PX = 40


class PictureView(QWidget):
    """(h, w, 3) RGB or (h, w, 4) straight RGBA, whole until it is zoomed."""

    looked = Signal(float, QPointF)
    """(zoom, what is in the middle as shares of the picture's sides), where the artist looks now."""

    def __init__(self, object_name: str, name: str) -> None:
        super().__init__()
        describe(self, object_name, name, f"{name}: the wheel zooms, dragging moves, a double click shows all")
        self._image = QImage()
        self._memory: Pixels | None = None
        self._words = ""
        self._zoom: float | None = None
        self._center = QPointF(0.5, 0.5)
        self._drag: QPointF | None = None
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.OpenHandCursor)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    @property
    def zoom(self) -> float:
        """Device pixels for each pixel of the picture."""
        return self._fitting() if self._zoom is None else self._zoom

    @property
    def center(self) -> QPointF:
        """What is in the middle, as shares of the picture's sides."""
        return self._center

    def show_picture(self, pixels: Pixels, words: str = "") -> None:
        """Show another one, at the same place of it. `words` stand in its corner."""
        self._memory = np.ascontiguousarray(pixels)
        self._image = image_of(self._memory)
        self._words = words
        self.setAccessibleDescription(words)
        self._bound()
        self.update()

    def look(self, zoom: float, center: QPointF) -> None:
        """Look as another view does; `looked` stays silent."""
        self._zoom, self._center = zoom, QPointF(center)
        self._bound()
        self.update()

    def fit(self) -> None:
        """Show all of it."""
        self._zoom, self._center = None, QPointF(0.5, 0.5)
        self.update()
        self.looked.emit(self.zoom, self._center)

    def sizeHint(self) -> QSize:
        return QSize(520, 420)

    def minimumSizeHint(self) -> QSize:
        return QSize(160, 120)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() in (Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton):
            self._drag = event.position()
            self.setCursor(Qt.CursorShape.ClosedHandCursor)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._drag is None:
            return
        self._move(self._drag - event.position())
        self._drag = event.position()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._drag = None
        self.setCursor(Qt.CursorShape.OpenHandCursor)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.fit()

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self._image.isNull():
            return
        ratio = self.devicePixelRatioF()
        before = self.zoom
        zoom = min(_MOST, max(_LEAST, before * _WHEEL_STEP ** (event.angleDelta().y() / 120)))
        # What lies under the pointer stays there.
        away = (event.position() - QPointF(self.width() / 2, self.height() / 2)) * ratio
        shift = away / before - away / zoom
        self._zoom = zoom
        self._center += QPointF(shift.x() / self._image.width(), shift.y() / self._image.height())
        self._changed()
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = {
            Qt.Key.Key_Left: QPointF(-_KEY_STEP_PX, 0),
            Qt.Key.Key_Right: QPointF(_KEY_STEP_PX, 0),
            Qt.Key.Key_Up: QPointF(0, -_KEY_STEP_PX),
            Qt.Key.Key_Down: QPointF(0, _KEY_STEP_PX),
        }.get(Qt.Key(event.key()))
        if step is not None:
            self._move(step)
        elif event.key() in (Qt.Key.Key_Plus, Qt.Key.Key_Equal, Qt.Key.Key_Minus):
            factor = 1 / _WHEEL_STEP if event.key() == Qt.Key.Key_Minus else _WHEEL_STEP
            self._zoom = min(_MOST, max(_LEAST, self.zoom * factor))
            self._changed()
        elif event.key() == Qt.Key.Key_0:
            self.fit()
        else:
            super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._bound()

    def focusInEvent(self, event: QFocusEvent) -> None:
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), self.palette().color(QPalette.ColorRole.Dark))
        if not self._image.isNull():
            self._draw_picture(painter)
        if self._words:
            self._draw_words(painter)
        draw_focus(painter, self)

    def _draw_picture(self, painter: QPainter) -> None:
        ratio, zoom = self.devicePixelRatioF(), self.zoom
        width, height = self._image.width(), self._image.height()
        x = round(self.width() * ratio / 2 - self._center.x() * width * zoom) / ratio
        y = round(self.height() * ratio / 2 - self._center.y() * height * zoom) / ratio
        place = QRectF(x, y, width * zoom / ratio, height * zoom / ratio)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, zoom < 2.0)
        draw_whole_pixels(painter, self._image, place, QRectF(self.rect()))

    def _draw_words(self, painter: QPainter) -> None:
        painter.setFont(font(small=True, strong=True))
        words = painter.fontMetrics().elidedText(self._words, Qt.TextElideMode.ElideRight, self.width() - 24)
        draw_tag(painter, QRectF(6, 6, painter.fontMetrics().horizontalAdvance(words) + 12, 20), words)

    def _fitting(self) -> float:
        if self._image.isNull():
            return 1.0
        ratio = self.devicePixelRatioF()
        fitting = min(self.width() * ratio / self._image.width(), self.height() * ratio / self._image.height())
        return min(1.0, fitting) if fitting > 0 else 1.0

    def _move(self, by: QPointF) -> None:
        if self._image.isNull():
            return
        shift = by * self.devicePixelRatioF() / self.zoom
        self._center += QPointF(shift.x() / self._image.width(), shift.y() / self._image.height())
        self._changed()

    def _changed(self) -> None:
        self._bound()
        self.update()
        self.looked.emit(self.zoom, self._center)

    def _bound(self) -> None:
        """Keep the middle of the view on the picture; what fits is shown in the middle."""
        if self._image.isNull():
            return
        ratio, zoom = self.devicePixelRatioF(), self.zoom
        for view, side, get, put in (
            (self.width(), self._image.width(), self._center.x, self._center.setX),
            (self.height(), self._image.height(), self._center.y, self._center.setY),
        ):
            half = view * ratio / zoom / side / 2
            put(0.5 if half >= 0.5 else min(1 - half, max(half, get())))
