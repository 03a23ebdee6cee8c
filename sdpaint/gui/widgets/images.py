"""Arrays as pixmaps, for small pictures only: the canvas has its own way."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QRect, QRectF
from PySide6.QtGui import QColor, QImage, QPainter, QPixmap

from sdpaint.imaging.raster import image_over
from sdpaint.imaging.tiles import Pixels

_CHECKER_PX = 4


def pixmap_of_rgb(rgb: Pixels) -> QPixmap:
    """(h, w, 3) RGB as a pixmap of its own memory."""
    rgb = np.ascontiguousarray(rgb)
    height, width = rgb.shape[:2]
    return QPixmap.fromImage(
        QImage(rgb.data, width, height, rgb.strides[0], QImage.Format.Format_RGB888).copy()
    )


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
