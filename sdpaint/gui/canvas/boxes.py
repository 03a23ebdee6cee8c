"""BoxLayer: boxes with handles over the canvas, the picture that floats with one, and the cursors of both."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from PySide6.QtCore import QLineF, QPointF, QRect, QRectF, Qt
from PySide6.QtGui import (
    QColor,
    QCursor,
    QFont,
    QFontMetricsF,
    QGuiApplication,
    QPainter,
    QPainterPath,
    QPen,
    QPixmap,
    QPolygonF,
)

from sdpaint.gui.canvas.overlay import DARK_LINE, HANDLE_PX, LIGHT_LINE, MIDDLE_HANDLES_FROM_PX
from sdpaint.gui.canvas.paint import outline_of
from sdpaint.gui.canvas.viewport import Viewport
from sdpaint.gui.icons import paint_icon
from sdpaint.imaging.geometry import Point, Rect
from sdpaint.imaging.projection import Projection
from sdpaint.imaging.raster import COMPOSITION_MODES, image_over
from sdpaint.imaging.tiles import Pixels
from sdpaint.imaging.warp import Interpolation, warp_pixels
from sdpaint.tools.handles import Box, Floating, Grip, Hold

MARGIN_PX = 24
"""So far around a box its handles reach."""
FLOAT_AREA = 400_000
"""Device pixels of what floats that are computed for one repaint, at most: more are drawn larger."""
PIVOT_PX = 7
_SHADE = QColor(0, 0, 0, 120)
_SNAP_LINE = QColor(255, 60, 200)
_CURSOR_PX = 24


class BoxLayer:
    """What a tool shows with handles, on one view."""

    def __init__(self) -> None:
        self._box: Box | None = None

    @property
    def takes_the_eye(self) -> bool:
        """Whether there are handles: other boxes would be taken for it."""
        return self._box is not None and self._box.has_handles

    def show(self, box: Box | None) -> None:
        """Another box, or none."""
        self._box = box

    def area(self, viewport: Viewport) -> QRect:
        """Where in the view it is drawn."""
        box = self._box
        if box is None:
            return QRect()
        whole = QRect(0, 0, math.ceil(viewport.width), math.ceil(viewport.height))
        if box.dims or any(line is not None for line in box.snapped):
            return whole
        polygon = _polygon(viewport, box)
        around = polygon.boundingRect()
        if box.pivot is not None:
            at = viewport.to_view(box.pivot)
            around = around.united(QRectF(at.x, at.y, 1, 1))
        margin = MARGIN_PX + (120 if box.label else 0)
        return around.toAlignedRect().adjusted(-margin, -margin, margin, margin).intersected(whole)

    def paint_floating(self, painter: QPainter, exposed: QRect, viewport: Viewport, canvas: Rect) -> None:
        """The picture that is dragged, cut at the edge of the canvas as a layer is."""
        if self._box is not None and self._box.floating is not None:
            _paint_floating(painter, exposed, viewport, canvas, self._box.floating)

    def paint(self, painter: QPainter, viewport: Viewport, canvas: Rect, accent: QColor, font: QFont) -> None:
        """Outline, handles, pivot, lines that it was snapped to."""
        box = self._box
        if box is None:
            return
        polygon = _polygon(viewport, box)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if box.dims:
            _shade(painter, polygon, outline_of(viewport, canvas))
        if box.thirds:
            _thirds(painter, viewport, box)
        _snap_lines(painter, viewport, canvas, box)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for color, width in ((DARK_LINE, 3.0), (LIGHT_LINE if box.has_handles else accent, 1.0)):
            painter.setPen(QPen(color, width, j=Qt.PenJoinStyle.MiterJoin))
            painter.drawPolygon(polygon)
        if box.has_handles:
            _handles(painter, polygon)
        if box.pivot is not None:
            _pivot(painter, viewport.to_view(box.pivot))
        if box.label:
            _label(painter, viewport, polygon, box.label, font)
        painter.restore()


def _polygon(viewport: Viewport, box: Box) -> QPolygonF:
    return QPolygonF([QPointF(p.x, p.y) for p in map(viewport.to_view, box.corners)])


def _shade(painter: QPainter, polygon: QPolygonF, canvas: QPolygonF) -> None:
    inside, outside = QPainterPath(), QPainterPath()
    inside.addPolygon(polygon)
    outside.addPolygon(canvas)
    inside.closeSubpath()
    outside.closeSubpath()
    painter.fillPath(outside.subtracted(inside), _SHADE)


def _thirds(painter: QPainter, viewport: Viewport, box: Box) -> None:
    a, b, c, d = box.corners
    for color, width in ((QColor(0, 0, 0, 70), 2.0), (QColor(255, 255, 255, 130), 1.0)):
        painter.setPen(QPen(color, width))
        for share in (1 / 3, 2 / 3):
            for p, q, r, s in ((a, b, d, c), (a, d, b, c)):
                start = viewport.to_view(p.scaled(1 - share) + q.scaled(share))
                end = viewport.to_view(r.scaled(1 - share) + s.scaled(share))
                painter.drawLine(QPointF(start.x, start.y), QPointF(end.x, end.y))


def _snap_lines(painter: QPainter, viewport: Viewport, canvas: Rect, box: Box) -> None:
    x, y = box.snapped
    far = 4.0 * max(canvas.width, canvas.height)
    painter.setPen(QPen(_SNAP_LINE, 1.0))
    for start, end in (
        (Point(x or 0.0, -far), Point(x or 0.0, far)) if x is not None else (None, None),
        (Point(-far, y or 0.0), Point(far, y or 0.0)) if y is not None else (None, None),
    ):
        if start is not None and end is not None:
            a, b = viewport.to_view(start), viewport.to_view(end)
            painter.drawLine(QLineF(a.x, a.y, b.x, b.y))


def _handles(painter: QPainter, polygon: QPolygonF) -> None:
    painter.setPen(QPen(QColor(0, 0, 0, 200), 1.0))
    painter.setBrush(QColor(255, 255, 255))
    for i in range(4):
        a, b = polygon.at(i), polygon.at((i + 1) % 4)
        places = [a, (a + b) / 2] if QLineF(a, b).length() >= MIDDLE_HANDLES_FROM_PX else [a]
        for at in places:
            x, y = round(at.x() - HANDLE_PX / 2) + 0.5, round(at.y() - HANDLE_PX / 2) + 0.5
            painter.drawRect(QRectF(x, y, HANDLE_PX - 1, HANDLE_PX - 1))


def _pivot(painter: QPainter, at: Point) -> None:
    center = QPointF(at.x, at.y)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for color, width in ((DARK_LINE, 3.0), (LIGHT_LINE, 1.2)):
        painter.setPen(QPen(color, width))
        painter.drawEllipse(center, PIVOT_PX - 2, PIVOT_PX - 2)
        for dx, dy in ((1, 0), (-1, 0), (0, 1), (0, -1)):
            way = QPointF(dx, dy)
            painter.drawLine(center + way * (PIVOT_PX - 4), center + way * (PIVOT_PX + 3))


def _label(painter: QPainter, viewport: Viewport, polygon: QPolygonF, text: str, font: QFont) -> None:
    metrics = QFontMetricsF(font)
    width, height = metrics.horizontalAdvance(text) + 12, metrics.height() + 6
    around = polygon.boundingRect()
    x = min(max(4.0, around.center().x() - width / 2), viewport.width - width - 4)
    y = min(max(4.0, around.bottom() + 12), viewport.height - height - 4)
    rect = QRectF(round(x), round(y), round(width), round(height))
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(24, 24, 24, 215))
    painter.drawRoundedRect(rect, 4, 4)
    painter.setFont(font)
    painter.setPen(QColor(236, 236, 236))
    painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, text)


def _paint_floating(
    painter: QPainter, exposed: QRect, viewport: Viewport, canvas: Rect, floating: Floating
) -> None:
    """Warped by OpenCV straight to where it is seen: QPainter takes several times as long for a perspective."""
    seen = viewport.view_bounds(floating.projection.bounds(floating.place)).outer_rect(1)
    cut = viewport.view_bounds(canvas).outer_rect(0)
    target = seen.intersected(cut).intersected(
        Rect(exposed.x(), exposed.y(), exposed.width(), exposed.height())
    )
    if target.is_empty:
        return
    pixels = view_pixels(viewport, floating, target)
    painter.save()
    if not viewport.is_upright:
        path = QPainterPath()
        path.addPolygon(outline_of(viewport, canvas))
        painter.setClipPath(path, Qt.ClipOperation.IntersectClip)
    painter.setOpacity(floating.opacity)
    painter.setCompositionMode(COMPOSITION_MODES[floating.blend_mode])
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
    image = image_over(pixels)
    painter.drawImage(QRectF(target.x, target.y, target.width, target.height), image, QRectF(image.rect()))
    painter.restore()


def view_pixels(viewport: Viewport, floating: Floating, target: Rect) -> Pixels:
    """The floating picture as seen in a part of the view, in device pixels or coarser."""
    scale = viewport.dpr
    scale *= min(1.0, math.sqrt(FLOAT_AREA / max(1.0, target.area * scale * scale)))
    t = viewport.transform
    to_view = Projection.linear(t.a, t.c, t.b, t.d, t.dx, t.dy)
    height, width = floating.pixels.shape[:2]
    whole = (
        Projection.linear(floating.place.width / width, 0, 0, floating.place.height / height)
        .then(Projection.shift(floating.place.x, floating.place.y))
        .then(floating.projection)
        .then(to_view)
        .then(Projection.shift(-target.x, -target.y))
        .then(Projection.linear(scale, 0, 0, scale))
    )
    into = Rect(0, 0, max(1, round(target.width * scale)), max(1, round(target.height * scale)))
    return np.ascontiguousarray(warp_pixels(floating.pixels, whole, Interpolation.BILINEAR, into))


# ----------------------------------------------------------------------------------------------------------- cursors


def cursor_of(grip: Grip, viewport: Viewport) -> QCursor | Qt.CursorShape:
    """What the pointer looks like over a grip, as seen under rotation and flip of the view."""
    match grip.hold:
        case Hold.MOVE:
            return Qt.CursorShape.SizeAllCursor
        case Hold.PIVOT | Hold.PULL:
            return Qt.CursorShape.PointingHandCursor
        case Hold.TURN:
            return turning_cursor()
        case Hold.RESIZE | Hold.SKEW:
            return _arrow_along(grip.along, viewport)
    return Qt.CursorShape.CrossCursor


def _arrow_along(way: Point, viewport: Viewport) -> Qt.CursorShape:
    t = viewport.transform
    x, y = t.a * way.x + t.c * way.y, t.b * way.x + t.d * way.y
    if abs(x) > 2.4 * abs(y):
        return Qt.CursorShape.SizeHorCursor
    if abs(y) > 2.4 * abs(x):
        return Qt.CursorShape.SizeVerCursor
    return Qt.CursorShape.SizeFDiagCursor if x * y > 0 else Qt.CursorShape.SizeBDiagCursor


@lru_cache(maxsize=1)
def turning_cursor() -> QCursor:
    """A bent arrow, dark within light, so that it reads on any ground."""
    dpr = QGuiApplication.primaryScreen().devicePixelRatio()
    pixmap = QPixmap(round(_CURSOR_PX * dpr), round(_CURSOR_PX * dpr))
    pixmap.setDevicePixelRatio(dpr)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    rect = QRectF(3, 3, _CURSOR_PX - 6, _CURSOR_PX - 6)
    for dx, dy in ((-1, 0), (1, 0), (0, -1), (0, 1), (-1, -1), (1, 1), (1, -1), (-1, 1)):
        paint_icon(painter, rect.translated(dx, dy), "rotate-right", QColor(255, 255, 255))
    paint_icon(painter, rect, "rotate-right", QColor(0, 0, 0))
    painter.end()
    return QCursor(pixmap, _CURSOR_PX // 2, _CURSOR_PX // 2)
