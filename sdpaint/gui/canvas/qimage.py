"""Pictures that lie over the canvas, made ready for drawing."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QImage, QPainter

from sdpaint.generation.overlay import CanvasOverlay

MAX_MIXED_SIDE_PX = 1024
"""A preview is smaller than its alpha; more than so many pixels a side aren't worth their time for it."""


def rgb_image(rgb: np.ndarray) -> QImage:
    """(h, w, 3) uint8 RGB as a QImage of its own memory."""
    rgb = np.ascontiguousarray(rgb)
    return QImage(rgb.data, rgb.shape[1], rgb.shape[0], rgb.strides[0], QImage.Format.Format_RGB888).copy()


class OverlayPicture:
    """A CanvasOverlay as images: one with its alpha applied, and halves of it made when the zoom asks for them."""

    def __init__(self, overlay: CanvasOverlay) -> None:
        self.overlay = overlay
        self._levels = [_with_alpha(overlay)]

    def pixels_per_canvas_pixel(self, level: int = 0) -> float:
        """Resolution of a level, across."""
        return self._levels[level].width() / self.overlay.region.width

    def image_for(self, zoom: float) -> QImage:
        """The smallest of the halves that has at least a pixel for each device pixel at this zoom."""
        level = 0
        while self.pixels_per_canvas_pixel(level) >= 2 * zoom and self._levels[level].width() > 8:
            if level + 1 == len(self._levels):
                image = self._levels[level]
                self._levels.append(
                    image.scaled(
                        max(1, image.width() // 2),
                        max(1, image.height() // 2),
                        Qt.AspectRatioMode.IgnoreAspectRatio,
                        Qt.TransformationMode.SmoothTransformation,
                    )
                )
            level += 1
        return self._levels[level]

    def is_smooth_at(self, zoom: float) -> bool:
        """Whether to smooth: always for a small preview, like the canvas for a finished picture."""
        return self.pixels_per_canvas_pixel() < 1.0 or zoom < 2.0


def _with_alpha(overlay: CanvasOverlay) -> QImage:
    image = rgb_image(overlay.image).convertToFormat(QImage.Format.Format_ARGB32_Premultiplied)
    if overlay.alpha is None:
        return image
    rows = np.ascontiguousarray(overlay.alpha)
    alpha = QImage(rows.data, rows.shape[1], rows.shape[0], rows.strides[0], QImage.Format.Format_Alpha8)
    if image.width() < alpha.width() or image.height() < alpha.height():
        size = alpha.size()
        if max(size.width(), size.height()) > MAX_MIXED_SIDE_PX:
            size.scale(QSize(MAX_MIXED_SIDE_PX, MAX_MIXED_SIDE_PX), Qt.AspectRatioMode.KeepAspectRatio)
        size = size.expandedTo(image.size())
        image = image.scaled(
            size, Qt.AspectRatioMode.IgnoreAspectRatio, Qt.TransformationMode.SmoothTransformation
        )
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
    painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_DestinationIn)
    painter.drawImage(QRectF(image.rect()), alpha, QRectF(alpha.rect()))
    painter.end()
    return image
