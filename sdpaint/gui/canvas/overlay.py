"""Drawing over the canvas: the generation frame, the brush outline, labels, and the hint on an empty document."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

from PySide6.QtCore import QLineF, QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPainterPath, QPen, QPolygonF, QRegion

from sdpaint.gui.canvas.paint import outline_of
from sdpaint.gui.canvas.viewport import Viewport
from sdpaint.imaging.geometry import Point, Rect
from sdpaint.imaging.symmetry import Symmetry
from sdpaint.tools.frame import FrameHandle

HANDLE_PX = 9
FRAME_MARGIN_PX = 32
"""So far around the frame its handles and label reach."""
MIDDLE_HANDLES_FROM_PX = 64
"""A side shorter than this in the view has handles at its corners only."""
MARK_PX = 8
"""Half the width of the cross that some tools show at another place."""
MIN_OUTLINE_PX = 3.0
"""A brush that is smaller in the view has a cross for a cursor."""

DARK_LINE = QColor(0, 0, 0, 170)
LIGHT_LINE = QColor(255, 255, 255, 235)
FAINT_LINE = QColor(255, 255, 255, 110)


def paint_frame(
    painter: QPainter, viewport: Viewport, frame: Rect, line: QColor, handles: bool, progress: float | None
) -> None:
    """A light line between dark ones, so that it reads on any ground.

    `progress` 0…1 fills the line from the top left on, clockwise, in `line`'s colour.
    """
    polygon = outline_of(viewport, frame)
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, not viewport.is_upright)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    if viewport.is_upright:
        # On the pixels just outside the frame: what is inside stays in sight.
        box = polygon.boundingRect().adjusted(-0.5, -0.5, 0.5, 0.5)
        polygon = _turned_like(polygon, box)
    for color, width in ((DARK_LINE, 3.0), (LIGHT_LINE, 1.0)):
        painter.setPen(QPen(color, width, j=Qt.PenJoinStyle.MiterJoin))
        painter.drawPolygon(polygon)
    if progress is not None:
        painter.setPen(QPen(line, 3.0, c=Qt.PenCapStyle.FlatCap, j=Qt.PenJoinStyle.MiterJoin))
        painter.drawPolyline(_part_of(polygon, progress))
    if handles:
        _paint_handles(painter, polygon)
    painter.restore()


def _turned_like(polygon: QPolygonF, box: QRectF) -> QPolygonF:
    """The box's corners in the polygon's order, which turns and flips with the view."""
    center = box.center()
    return QPolygonF(
        [
            QPointF(
                box.left() if p.x() < center.x() else box.right(),
                box.top() if p.y() < center.y() else box.bottom(),
            )
            for p in (polygon.at(i) for i in range(4))
        ]
    )


def _part_of(polygon: QPolygonF, share: float) -> list[QPointF]:
    corners = [polygon.at(i % 4) for i in range(5)]
    sides = [QLineF(a, b) for a, b in pairwise(corners)]
    rest = share * sum(side.length() for side in sides)
    points = [corners[0]]
    for side in sides:
        if rest <= side.length() or side.length() == 0:
            points.append(side.pointAt(rest / side.length()) if side.length() else side.p2())
            break
        points.append(side.p2())
        rest -= side.length()
    return points


def _paint_handles(painter: QPainter, polygon: QPolygonF) -> None:
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    painter.setPen(QPen(QColor(0, 0, 0, 200), 1.0))
    painter.setBrush(QColor(255, 255, 255))
    for i in range(4):
        a, b = polygon.at(i), polygon.at((i + 1) % 4)
        _paint_handle(painter, a)
        if QLineF(a, b).length() >= MIDDLE_HANDLES_FROM_PX:
            _paint_handle(painter, (a + b) / 2)


def _paint_handle(painter: QPainter, at: QPointF) -> None:
    x, y = round(at.x() - HANDLE_PX / 2) + 0.5, round(at.y() - HANDLE_PX / 2) + 0.5
    painter.drawRect(QRectF(x, y, HANDLE_PX - 1, HANDLE_PX - 1))


def paint_outside(painter: QPainter, viewport: Viewport, frame: Rect, canvas: Rect) -> None:
    """Dim what of the canvas lies outside the frame."""
    path = QPainterPath()
    path.setFillRule(Qt.FillRule.OddEvenFill)
    path.addPolygon(outline_of(viewport, canvas))
    path.closeSubpath()
    inside = frame.intersected(canvas)
    if not inside.is_empty:
        path.addPolygon(outline_of(viewport, inside))
        path.closeSubpath()
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, not viewport.is_upright)
    painter.fillPath(path, QColor(0, 0, 0, 90))
    painter.restore()


def paint_label(painter: QPainter, viewport: Viewport, frame: Rect, text: str, font: QFont) -> None:
    """Words at the top left of the frame, above it where there is room, always in sight."""
    metrics = QFontMetricsF(font)
    width, height = metrics.horizontalAdvance(text) + 12, metrics.height() + 6
    box = viewport.view_bounds(frame)
    if viewport.is_upright:
        x, y = box.left, box.top - height - 6
    else:
        top = min((outline_of(viewport, frame).at(i) for i in range(4)), key=lambda p: p.y())
        x, y = top.x() - width / 2, top.y() - height - 10
    if y < 4:
        y = max(4.0, min(box.top + 6, viewport.height - height - 4))
    x = max(4.0, min(x, viewport.width - width - 4))
    rect = QRectF(round(x), round(y), round(width), round(height))
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(24, 24, 24, 215))
    painter.drawRoundedRect(rect, 4, 4)
    painter.setFont(font)
    painter.setPen(QColor(236, 236, 236))
    painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, text)
    painter.restore()


def paint_symmetry(painter: QPainter, viewport: Viewport, canvas: Rect, symmetry: Symmetry, line: QColor) -> None:
    """The axes across the canvas: a coloured dashed line on a faint light one, so that it isn't taken for paint."""
    centre = symmetry.centre(canvas)
    far = 2.0 * (canvas.width + canvas.height)
    middle = viewport.to_view(centre)
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setClipPath(_path_of(outline_of(viewport, canvas)))
    for turn in symmetry.axes():
        end = viewport.to_view(Point(centre.x + far * math.cos(turn), centre.y + far * math.sin(turn)))
        for color, width, style in ((FAINT_LINE, 2.0, Qt.PenStyle.SolidLine), (line, 1.0, Qt.PenStyle.DashLine)):
            painter.setPen(QPen(color, width, style))
            painter.drawLine(QPointF(middle.x, middle.y), QPointF(end.x, end.y))
    painter.restore()


def _path_of(polygon: QPolygonF) -> QPainterPath:
    path = QPainterPath()
    path.addPolygon(polygon)
    path.closeSubpath()
    return path


def paint_outline(painter: QPainter, at: Point, radius: float) -> None:
    """The brush's rim: a light line within a dark one, so that it reads on any ground."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    center = QPointF(at.x, at.y)
    for color, r in ((QColor(0, 0, 0, 190), radius + 0.5), (QColor(255, 255, 255, 215), radius - 0.5)):
        painter.setPen(QPen(color, 1.0))
        painter.drawEllipse(center, r, r)
    painter.restore()


def paint_mark(painter: QPainter, at: Point) -> None:
    """A cross: a light line within a dark one, so that it reads on any ground."""
    painter.save()
    for color, width in ((DARK_LINE, 3.0), (LIGHT_LINE, 1.0)):
        painter.setPen(QPen(color, width))
        x, y = round(at.x) + 0.5, round(at.y) + 0.5
        painter.drawLine(QPointF(x - MARK_PX, y), QPointF(x + MARK_PX, y))
        painter.drawLine(QPointF(x, y - MARK_PX), QPointF(x, y + MARK_PX))
    painter.restore()


def mark_region(at: Point) -> QRegion:
    """What to repaint for the cross."""
    return QRegion(_square(at, MARK_PX + 3))


SAMPLE_RING_PX = 34.0
_RING_WIDTH_PX = 12.0


def paint_sample(painter: QPainter, at: Point, color: QColor, before: QColor) -> None:
    """A ring around the picker: above, the colour that it would take; below, the one in hand. Grey parts it from what
    lies around, which would change how the colour looks.
    """
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    middle = QPointF(at.x, at.y)
    painter.setPen(QPen(QColor(128, 128, 128), _RING_WIDTH_PX + 5))
    painter.drawEllipse(middle, SAMPLE_RING_PX, SAMPLE_RING_PX)
    box = QRectF(at.x - SAMPLE_RING_PX, at.y - SAMPLE_RING_PX, 2 * SAMPLE_RING_PX, 2 * SAMPLE_RING_PX)
    for each, start in ((color, 0), (before, 180)):
        painter.setPen(QPen(each, _RING_WIDTH_PX, c=Qt.PenCapStyle.FlatCap))
        painter.drawArc(box, start * 16, 180 * 16)
    painter.restore()


def sample_region(at: Point) -> QRegion:
    """What to repaint for the picker's ring."""
    return QRegion(_square(at, SAMPLE_RING_PX + _RING_WIDTH_PX))


def outline_region(at: Point, radius: float) -> QRegion:
    """What to repaint for the brush's rim: a ring of large brushes, not all that is inside."""
    outer = _square(at, radius + 3)
    hole = _square(at, radius * 0.7 - 3) if radius > 24 else QRect()
    return QRegion(outer) - QRegion(hole)


def _square(at: Point, half: float) -> QRect:
    return QRectF(at.x - half, at.y - half, 2 * half, 2 * half).toAlignedRect()


def paint_hint(
    painter: QPainter, viewport: Viewport, canvas: Rect, font: QFont, ground_is_light: bool, lines: Sequence[str]
) -> None:
    """A few things to try, quietly, in the middle of the canvas; nothing where it is too small in the view."""
    metrics = QFontMetricsF(font)
    width = max(metrics.horizontalAdvance(line) for line in lines)
    line_height = metrics.height() * 1.9
    room = viewport.view_bounds(canvas)
    if width > min(room.width, viewport.width) - 32 or line_height * len(lines) > room.height - 32:
        return
    x, y = (room.left + room.right) / 2, (room.top + room.bottom - line_height * len(lines)) / 2
    painter.save()
    painter.setFont(font)
    painter.setPen(QColor(0, 0, 0, 130) if ground_is_light else QColor(255, 255, 255, 150))
    for i, line in enumerate(lines):
        box = QRectF(x - width / 2 - 8, y + i * line_height, width + 16, line_height)
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, line)
    painter.restore()


def cursor_for(handle: FrameHandle, viewport: Viewport) -> Qt.CursorShape:
    """The resize cursor that points along the way the handle moves, as seen under rotation and flip."""
    toward_x, toward_y = handle.value
    if handle is FrameHandle.INSIDE:
        return Qt.CursorShape.SizeAllCursor
    t = viewport.transform
    x, y = t.a * toward_x + t.c * toward_y, t.b * toward_x + t.d * toward_y
    if abs(x) > 2.4 * abs(y):
        return Qt.CursorShape.SizeHorCursor
    if abs(y) > 2.4 * abs(x):
        return Qt.CursorShape.SizeVerCursor
    return Qt.CursorShape.SizeFDiagCursor if x * y > 0 else Qt.CursorShape.SizeBDiagCursor
