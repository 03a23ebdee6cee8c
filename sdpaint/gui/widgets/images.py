"""Arrays as images, and what is drawn around pictures. The canvas has its own way."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPainterPath, QPalette, QPen, QPixmap
from PySide6.QtWidgets import QWidget

from sdpaint.gui.theme import RADIUS
from sdpaint.imaging.raster import image_over
from sdpaint.imaging.tiles import Pixels

_CHECKER_PX = 4


def image_of(pixels: Pixels) -> QImage:
    """(h, w, 3) RGB or (h, w, 4) straight RGBA, contiguous, as an image on the array's own memory: nothing is copied.

    The caller keeps the array for as long as the image is used.
    """
    height, width, channels = pixels.shape
    form = QImage.Format.Format_RGB888 if channels == 3 else QImage.Format.Format_RGBA8888
    return QImage(pixels.data, width, height, pixels.strides[0], form)


def pixmap_of_rgb(rgb: Pixels) -> QPixmap:
    """(h, w, 3) RGB, of a small picture, as a pixmap of its own memory."""
    return QPixmap.fromImage(image_of(np.ascontiguousarray(rgb)).copy())


def pixmap_of_premultiplied(pixels: Pixels) -> QPixmap:
    """(h, w, 4) premultiplied BGRA as a pixmap of its own memory."""
    return QPixmap.fromImage(image_over(np.ascontiguousarray(pixels)).copy())


def pixmap_of_mask(mask: Pixels) -> QPixmap:
    """(h, w) coverage as grey."""
    mask = np.ascontiguousarray(mask)
    height, width = mask.shape
    return QPixmap.fromImage(
        QImage(mask.data, width, height, mask.strides[0], QImage.Format.Format_Grayscale8).copy()
    )


def fitted(size: QSize, area: QRectF) -> QRectF:
    """The largest place of a picture of this size in the middle of an area."""
    inner = size.scaled(area.size().toSize(), Qt.AspectRatioMode.KeepAspectRatio)
    place = QRectF(0, 0, inner.width(), inner.height())
    place.moveCenter(area.center())
    return place


def draw_filling(painter: QPainter, pixmap: QPixmap, place: QRectF) -> None:
    """A picture cut so that it fills its place, whose corners are round."""
    shape = QPainterPath()
    shape.addRoundedRect(place, RADIUS, RADIUS)
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
    painter.setClipPath(shape)
    size = pixmap.size().toSizeF()
    scale = max(place.width() / size.width(), place.height() / size.height())
    part = QRectF(0, 0, place.width() / scale, place.height() / scale)
    # Of tall pictures, the upper part: faces are there.
    part.moveCenter(QRectF(pixmap.rect()).center())
    part.moveTop(min(part.top(), (size.height() - part.height()) * 0.25))
    painter.drawPixmap(place, pixmap, part)
    painter.restore()


def draw_checkerboard(painter: QPainter, rect: QRect | QRectF) -> None:
    """What shows through where a picture is transparent."""
    area = QRectF(rect)
    painter.fillRect(area, QColor(0xC8, 0xC8, 0xC8))
    painter.save()
    painter.setClipRect(area)
    dark = QColor(0xB4, 0xB4, 0xB4)
    columns, rows = int(area.width() / _CHECKER_PX) + 1, int(area.height() / _CHECKER_PX) + 1
    for row in range(rows):
        for column in range(row % 2, columns, 2):
            x, y = area.x() + column * _CHECKER_PX, area.y() + row * _CHECKER_PX
            painter.fillRect(QRectF(x, y, _CHECKER_PX, _CHECKER_PX), dark)
    painter.restore()


def draw_whole_pixels(painter: QPainter, image: QImage, place: QRectF, part: QRectF) -> None:
    """What `part` of a view shows of an image that lies at `place` in it, over a chequered ground where it has alpha.

    Pixels are drawn whole, so that each keeps its place while `part` changes.
    """
    seen = place.intersected(part)
    if seen.isEmpty():
        return
    if image.hasAlphaChannel():
        draw_checkerboard(painter, seen)
    scale = place.width() / image.width()
    source = QRectF((seen.x() - place.x()) / scale, (seen.y() - place.y()) / scale, 0, 0)
    source.setSize(seen.size() / scale)
    whole = QRectF(source.toAlignedRect().intersected(image.rect()))
    target = QRectF(place.x() + whole.x() * scale, place.y() + whole.y() * scale, 0, 0)
    target.setSize(whole.size() * scale)
    painter.drawImage(target, image, whole)


def draw_tag(painter: QPainter, box: QRectF, words: str) -> None:
    """A few words on a dark plate, to be read over any picture."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(0, 0, 0, 170))
    painter.drawRoundedRect(box, 4, 4)
    painter.setPen(Qt.GlobalColor.white)
    painter.drawText(box, Qt.AlignmentFlag.AlignCenter, words)


def draw_focus(painter: QPainter, widget: QWidget) -> None:
    """A line around a widget that has the keyboard."""
    if widget.hasFocus():
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        painter.setPen(QPen(widget.palette().color(QPalette.ColorRole.Accent), 1))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(widget.rect().adjusted(0, 0, -1, -1))
