"""CompareView: two versions of a picture in one place, parted by a line that can be dragged."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPalette,
    QPen,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from sdpaint.gui.theme import font
from sdpaint.gui.widgets.controls import describe
from sdpaint.gui.widgets.images import draw_focus, draw_tag, draw_whole_pixels, image_of
from sdpaint.imaging.tiles import Pixels

_ZOOMS = (0.125, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0)
_GRIP_PX = 8
_KEY_STEP = 0.02


class CompareView(QWidget):
    """Before to the left of the line, after to the right, both at the same zoom.

    Drag the line, drag elsewhere to move the picture, the wheel zooms; arrow keys move the line.
    """

    zoom_changed = Signal(float)
    """Device pixels for each pixel of the picture."""

    def __init__(self, object_name: str, name: str, tooltip: str) -> None:
        super().__init__()
        describe(self, object_name, name, tooltip)
        self._images: tuple[QImage, QImage] | None = None
        self._memory: tuple[Pixels, Pixels] | None = None
        self._split = 0.5
        self._zoom = 1.0
        self._center = QPointF()
        self._drag: QPointF | None = None
        self._moves_line = False
        self._words = ("", "")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    # ---------------------------------------------------------------------------------------------- content

    @property
    def zoom(self) -> float:
        """Device pixels for each pixel of the picture."""
        return self._zoom

    @property
    def split(self) -> float:
        """Where the line is, 0…1 of the width."""
        return self._split

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to compare yet."""
        return self._images is None

    def show_pair(self, before: Pixels, after: Pixels, words: tuple[str, str]) -> None:
        """Show (h, w, 3) RGB or (h, w, 4) straight RGBA. A pair of the same size stays where it was looked at."""
        old = self._images[0].size() if self._images else QSize()
        self._memory = (np.ascontiguousarray(before), np.ascontiguousarray(after))
        first, second = (image_of(each) for each in self._memory)
        self._images = (first, second)
        self._words = words
        if first.size() != old:
            if old.isEmpty():
                self._center = QPointF(first.width() / 2, first.height() / 2)
            else:
                self._center = QPointF(
                    self._center.x() * first.width() / old.width(), self._center.y() * first.height() / old.height()
                )
        self._bound()
        self.update()

    def set_zoom(self, zoom: float) -> None:
        """Look closer or from further away."""
        zoom = min(_ZOOMS[-1], max(_ZOOMS[0], zoom))
        if zoom != self._zoom:
            self._zoom = zoom
            self._bound()
            self.update()
            self.zoom_changed.emit(zoom)

    def fit(self) -> None:
        """The largest of the steps at which all can be seen."""
        if self._images is None:
            return
        size, scale = self._images[0].size(), self.devicePixelRatioF()
        fitting = [
            zoom
            for zoom in _ZOOMS
            if size.width() * zoom <= self.width() * scale and size.height() * zoom <= self.height() * scale
        ]
        self.set_zoom(max(fitting, default=_ZOOMS[0]))

    def sizeHint(self) -> QSize:
        return QSize(480, 400)

    def minimumSizeHint(self) -> QSize:
        return QSize(200, 160)

    # ------------------------------------------------------------------------------------------------ input

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() not in (Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton):
            return
        self._drag = event.position()
        self._moves_line = event.button() is Qt.MouseButton.LeftButton and self._is_on_line(event.position())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        pos = event.position()
        if self._drag is None:
            shape = Qt.CursorShape.SplitHCursor if self._is_on_line(pos) else Qt.CursorShape.OpenHandCursor
            self.setCursor(shape)
        elif self._moves_line:
            self._set_split(pos.x() / max(1, self.width()))
        else:
            self._center -= (pos - self._drag) * (self.devicePixelRatioF() / self._zoom)
            self._drag = pos
            self._bound()
            self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._drag = None

    def wheelEvent(self, event: QWheelEvent) -> None:
        nearest = min(range(len(_ZOOMS)), key=lambda i: abs(_ZOOMS[i] - self._zoom))
        step = 1 if event.angleDelta().y() > 0 else -1
        self.set_zoom(_ZOOMS[min(len(_ZOOMS) - 1, max(0, nearest + step))])
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = {Qt.Key.Key_Left: -_KEY_STEP, Qt.Key.Key_Right: _KEY_STEP}.get(Qt.Key(event.key()))
        if step is None:
            super().keyPressEvent(event)
        else:
            self._set_split(self._split + step)

    def _is_on_line(self, pos: QPointF) -> bool:
        return abs(pos.x() - self._split * self.width()) <= _GRIP_PX

    def _set_split(self, split: float) -> None:
        self._split = min(1.0, max(0.0, split))
        self.update()

    def _bound(self) -> None:
        """Keep the middle of the view on the picture; what fits is shown in the middle."""
        if self._images is None:
            return
        image, scale = self._images[0], self.devicePixelRatioF()
        for length, view, get, put in (
            (image.width(), self.width(), self._center.x, self._center.setX),
            (image.height(), self.height(), self._center.y, self._center.setY),
        ):
            half = view * scale / self._zoom / 2
            put(length / 2 if 2 * half >= length else min(length - half, max(half, get())))

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._bound()

    def focusInEvent(self, event: QFocusEvent) -> None:
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self.update()

    def leaveEvent(self, event: QEvent) -> None:
        self.unsetCursor()

    # ---------------------------------------------------------------------------------------------- drawing

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), self.palette().color(QPalette.ColorRole.Dark))
        if self._images is not None:
            line = round(self._split * self.width())
            left = QRect(0, 0, line, self.height())
            right = QRect(line, 0, self.width() - line, self.height())
            for image, part in zip(self._images, (left, right), strict=True):
                self._draw_part(painter, image, part)
            self._draw_line(painter, line)
            self._draw_words(painter, left, right)
        draw_focus(painter, self)

    def _draw_part(self, painter: QPainter, image: QImage, part: QRect) -> None:
        painter.save()
        painter.setClipRect(part)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, self._zoom < 1.0)
        draw_whole_pixels(painter, image, self._place(image), QRectF(part))
        painter.restore()

    def _place(self, image: QImage) -> QRectF:
        """Where the whole picture lies in the view; on whole device pixels, so that 100 % is sharp."""
        ratio = self.devicePixelRatioF()
        x = round(self.width() * ratio / 2 - self._center.x() * self._zoom) / ratio
        y = round(self.height() * ratio / 2 - self._center.y() * self._zoom) / ratio
        return QRectF(x, y, image.width() * self._zoom / ratio, image.height() * self._zoom / ratio)

    def _draw_line(self, painter: QPainter, x: int) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        painter.fillRect(x - 2, 0, 4, self.height(), QColor(0, 0, 0, 110))
        painter.fillRect(x - 1, 0, 2, self.height(), QColor(255, 255, 255))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(0, 0, 0, 130), 1))
        painter.setBrush(Qt.GlobalColor.white)
        painter.drawEllipse(QPointF(x, self.height() / 2), 7, 7)

    def _draw_words(self, painter: QPainter, left: QRect, right: QRect) -> None:
        painter.setFont(font(small=True, strong=True))
        sides = (Qt.AlignmentFlag.AlignLeft, Qt.AlignmentFlag.AlignRight)
        for words, part, side in zip(self._words, (left, right), sides, strict=True):
            width = painter.fontMetrics().horizontalAdvance(words) + 12
            if not words or width + 12 > part.width():
                continue
            x = part.left() + 6 if side is Qt.AlignmentFlag.AlignLeft else part.right() - width - 5
            draw_tag(painter, QRectF(x, 6, width, 20), words)
