"""HeatOverlay: where the chosen word of the prompt was looked at, as colours over the canvas."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, QRectF
from PySide6.QtGui import QImage, QPainter
from PySide6.QtWidgets import QWidget

from sdpaint.generation.heat import contrasted
from sdpaint.gui.canvas.paint import qtransform, view_rect
from sdpaint.gui.canvas.viewport import Viewport
from sdpaint.imaging.geometry import Rect

_ENLARGED_PX = 256
"""Maps are a few dozen places wide: enlarged smoothly to this they show no squares."""
_FAINT, _STRONG = 70, 215
"""How opaque the coldest and the hottest places are."""


class HeatOverlay(QObject):
    """One heat map on one view."""

    def __init__(self, view: QWidget) -> None:
        super().__init__(view)
        self._view = view
        self._region = Rect(0, 0, 0, 0)
        self._image: QImage | None = None

    @property
    def region(self) -> Rect | None:
        """Where on the canvas it lies; None while nothing is shown."""
        return None if self._image is None else self._region

    def show(self, shown: tuple[Rect, NDArray[np.float32]] | None) -> None:
        """Show a map (h, w) over this part of the canvas, or none."""
        if shown is None and self._image is None:
            return
        self._region, self._image = (Rect(0, 0, 0, 0), None) if shown is None else (shown[0], heat_image(shown[1]))
        self._view.update()

    def paint(self, painter: QPainter, viewport: Viewport) -> None:
        """Draw it."""
        if self._image is None or view_rect(viewport, self._region).isEmpty():
            return
        painter.save()
        painter.setTransform(qtransform(viewport))
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        region = QRectF(self._region.x, self._region.y, self._region.width, self._region.height)
        painter.drawImage(region, self._image, QRectF(self._image.rect()))
        painter.restore()


def heat_image(heat: NDArray[np.float32]) -> QImage:
    """(h, w) as dark violet where it is cold to yellow where it is hot, the hotter the more opaque."""
    height, width = heat.shape
    scale = _ENLARGED_PX / max(height, width)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    grey = contrasted(np.asarray(cv2.resize(heat, size, interpolation=cv2.INTER_CUBIC), np.float32))
    alpha = cv2.LUT(grey, np.linspace(_FAINT, _STRONG, 256).astype(np.uint8))
    bgra = np.dstack([cv2.applyColorMap(grey, cv2.COLORMAP_INFERNO), alpha])
    return QImage(bgra.data, size[0], size[1], bgra.strides[0], QImage.Format.Format_ARGB32).convertToFormat(
        QImage.Format.Format_ARGB32_Premultiplied
    )
