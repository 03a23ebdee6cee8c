"""Histogram: how much of a picture has each lightness, with marks where values stand."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPalette, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from sdpaint.gui.theme import RADIUS

_HEIGHT = 84


class Histogram(QWidget):
    """256 weights as a mountain; marks are positions from 0 to 1."""

    def __init__(self, object_name: str) -> None:
        super().__init__()
        self.setObjectName(object_name)
        self.setAccessibleName("Histogram")
        self.setToolTip("How much of the layer has each lightness, from black to white")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._heights: list[float] = []
        self._marks: tuple[float, ...] = ()

    @property
    def is_filled(self) -> bool:
        """Whether there is something to show."""
        return bool(self._heights)

    def set_weights(self, weights: Sequence[float]) -> None:
        """256 of them, from black to white. One that towers above all others is cut off."""
        values = np.asarray(weights, np.float64)
        used = np.sort(values[values > 0])
        # A plain background would leave nothing of the rest.
        top = used[int(len(used) * 0.98)] if len(used) > 50 else (used[-1] if len(used) else 1.0)
        self._heights = [float(each) for each in np.minimum(1.0, values / top)] if len(used) else []
        self.update()

    def set_marks(self, marks: Sequence[float]) -> None:
        """Where thin lines stand."""
        self._marks = tuple(marks)
        self.update()

    def clear(self) -> None:
        """Nothing is known yet."""
        self._heights = []
        self._marks = ()
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(256, _HEIGHT)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        colors, role = self.palette(), QPalette.ColorRole
        box = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        painter.setPen(QPen(colors.color(role.Mid), 1))
        painter.setBrush(colors.color(role.Base))
        painter.drawRoundedRect(box, RADIUS, RADIUS)
        inner = box.adjusted(4, 4, -4, -1)
        if self._heights:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(colors.color(role.PlaceholderText))
            painter.drawPolygon(self._mountain(inner))
        painter.setPen(QPen(colors.color(role.Accent), 1))
        for mark in self._marks:
            x = inner.left() + min(1.0, max(0.0, mark)) * inner.width()
            painter.drawLine(QPointF(x, box.top() + 1), QPointF(x, box.bottom() - 1))

    def _mountain(self, inner: QRectF) -> QPolygonF:
        step = inner.width() / len(self._heights)
        points = [QPointF(inner.left(), inner.bottom())]
        for place, height in enumerate(self._heights):
            y = inner.bottom() - height * inner.height()
            points += [QPointF(inner.left() + place * step, y), QPointF(inner.left() + (place + 1) * step, y)]
        return QPolygonF([*points, QPointF(inner.right(), inner.bottom())])
