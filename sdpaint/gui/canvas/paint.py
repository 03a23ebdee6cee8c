"""Drawing of the canvas itself: ground, checkerboard, picture, mask and what is shown in place, under any view."""

from __future__ import annotations

import math
from functools import lru_cache

from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QImage, QPainter, QPen, QPolygonF, QTransform

from sdpaint.gui.canvas.pyramid import Pyramid, level_for
from sdpaint.gui.canvas.qimage import OverlayPicture
from sdpaint.gui.canvas.viewport import Viewport, corners
from sdpaint.imaging.geometry import Rect

CHECK_PX = 8
CHECK_COLORS = (QColor(0xE4, 0xE4, 0xE4), QColor(0xCB, 0xCB, 0xCB))
"""Light and near to each other, so that the checks don't compete with thin strokes."""
CRISP_ZOOM = 2.0
"""From here on every canvas pixel is a sharp square."""
SOURCE_GRID_PX = 64
"""Parts of an image are fetched on this grid, so that repainting a part samples like repainting all."""


def qtransform(viewport: Viewport) -> QTransform:
    """Canvas → view, as the painter takes it."""
    t = viewport.transform
    return QTransform(t.a, t.b, t.c, t.d, t.dx, t.dy)


def outline_of(viewport: Viewport, rect: Rect) -> QPolygonF:
    """The corners of a canvas rectangle in the view."""
    transform = viewport.transform
    points = [transform.map(corner) for corner in corners(rect)]
    return QPolygonF([QPointF(point.x, point.y) for point in points])


def view_rect(viewport: Viewport, rect: Rect, margin: int = 0) -> QRect:
    """The view pixels that a canvas rectangle touches."""
    box = viewport.view_bounds(rect).outer_rect(margin)
    return QRect(box.x, box.y, box.width, box.height)


def canvas_rect(viewport: Viewport, exposed: QRect) -> Rect:
    """The canvas pixels that a part of the view touches, those of the canvas and others."""
    bounds = viewport.canvas_bounds(
        exposed.x(), exposed.y(), exposed.x() + exposed.width(), exposed.y() + exposed.height()
    )
    return bounds.outer_rect(1)


def paint_ground(
    painter: QPainter, exposed: QRect, viewport: Viewport, canvas: Rect, surround: QColor
) -> None:
    """The surround, and the checkerboard where the canvas is."""
    polygon = outline_of(viewport, canvas)
    box = polygon.boundingRect()
    if not viewport.is_upright or not box.contains(QRectF(exposed)):
        painter.fillRect(exposed, surround)
    # The checks begin at a corner of the canvas, so that they move along when it is panned.
    origin = viewport.to_view(canvas.center)
    painter.setBrushOrigin(QPointF(round(origin.x), round(origin.y)))
    if viewport.is_upright:
        painter.fillRect(box.intersected(QRectF(exposed)), _checks())
    else:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(_checks())
        painter.drawPolygon(polygon)
        painter.setBrush(Qt.BrushStyle.NoBrush)


def paint_pyramid(painter: QPainter, exposed: QRect, viewport: Viewport, pyramid: Pyramid) -> None:
    """A picture of the size of the canvas. The level that the zoom asks for must be up to date."""
    level = level_for(viewport.zoom)
    size = 1 << level
    bounds = pyramid.bounds(level)
    wanted = canvas_rect(viewport, exposed).inflated(2 * size)
    source = Rect.from_edges(
        _floored(wanted.left / size),
        _floored(wanted.top / size),
        _ceiled(wanted.right / size),
        _ceiled(wanted.bottom / size),
    ).intersected(bounds)
    if source.is_empty:
        return
    smooth = viewport.zoom < CRISP_ZOOM and not (viewport.zoom == 1.0 and viewport.is_upright)
    _draw(painter, viewport, pyramid.image(level), source, size, smooth)


def _draw(
    painter: QPainter, viewport: Viewport, image: QImage, source: Rect, size: int, smooth: bool
) -> None:
    painter.save()
    painter.setTransform(QTransform.fromScale(size, size) * qtransform(viewport))
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, smooth)
    where = QRectF(source.x, source.y, source.width, source.height)
    painter.drawImage(where, image, where)
    painter.restore()


def _floored(value: float) -> int:
    return math.floor(value / SOURCE_GRID_PX) * SOURCE_GRID_PX


def _ceiled(value: float) -> int:
    return math.ceil(value / SOURCE_GRID_PX) * SOURCE_GRID_PX


def paint_overlay_picture(
    painter: QPainter, viewport: Viewport, picture: OverlayPicture, canvas: Rect
) -> None:
    """A preview or result in its place, cut at the edge of the canvas as a layer is, unless that will grow."""
    region = picture.overlay.region
    image = picture.image_for(viewport.zoom)
    painter.save()
    painter.setTransform(qtransform(viewport))
    if not canvas.contains(region) and not picture.overlay.beyond_canvas:
        painter.setClipRect(
            QRectF(canvas.x, canvas.y, canvas.width, canvas.height), Qt.ClipOperation.IntersectClip
        )
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, picture.is_smooth_at(viewport.zoom))
    painter.drawImage(QRectF(region.x, region.y, region.width, region.height), image, QRectF(image.rect()))
    painter.restore()


def paint_border(painter: QPainter, viewport: Viewport, canvas: Rect) -> None:
    """A thin line around the canvas."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, not viewport.is_upright)
    painter.setPen(QPen(QColor(0, 0, 0, 150), 1.0))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    if viewport.is_upright:
        box = outline_of(viewport, canvas).boundingRect()
        painter.drawRect(box.adjusted(-0.5, -0.5, 0.5, 0.5))
    else:
        painter.drawPolygon(outline_of(viewport, canvas))
    painter.restore()


@lru_cache(maxsize=1)
def _checks() -> QBrush:
    image = QImage(2 * CHECK_PX, 2 * CHECK_PX, QImage.Format.Format_RGB32)
    image.fill(CHECK_COLORS[0])
    painter = QPainter(image)
    painter.fillRect(0, 0, CHECK_PX, CHECK_PX, CHECK_COLORS[1])
    painter.fillRect(CHECK_PX, CHECK_PX, CHECK_PX, CHECK_PX, CHECK_COLORS[1])
    painter.end()
    return QBrush(image)
