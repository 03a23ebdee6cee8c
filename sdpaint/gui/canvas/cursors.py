"""Cursors that say which tool is in hand: a small cross where it works, and the tool's icon beside it.

They are drawn at the scale of the screen, dark with a light rim, so that they are crisp and read on any ground.
"""

from __future__ import annotations

from functools import lru_cache

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QCursor, QPainter, QPen, QPixmap

from sdpaint.gui.icons import paint_icon
from sdpaint.tools.base import ToolName

_SIDE_PX = 32
_HOT_PX = 8
"""Where it works, from the left and from the top."""
_ARM_PX = 6.5
_ICON_PX = 16.0
_DARK, _LIGHT = QColor(16, 16, 16), QColor(255, 255, 255)

SHAPES: dict[ToolName, Qt.CursorShape] = {
    ToolName.TEXT: Qt.CursorShape.IBeamCursor,
    ToolName.PAN: Qt.CursorShape.OpenHandCursor,
}
"""Tools for which every system has a cursor."""

ICONS: dict[ToolName, str] = {
    ToolName.FILL: "fill",
    ToolName.GRADIENT: "gradient",
    ToolName.SELECT_LASSO: "select-lasso",
    ToolName.SELECT_POLYGON: "select-polygon",
    ToolName.SELECT_ALIKE: "select-alike",
}
"""Tools that show their icon beside the cross. The others need to see what they draw around."""


def tool_cursor(tool: ToolName, scale: float, icon_name: str = "") -> QCursor:
    """The cursor of a tool, on a screen of this many device pixels for each pixel. `icon_name`: another icon."""
    if tool in SHAPES:
        return QCursor(SHAPES[tool])
    if tool is ToolName.PICKER:
        return _pipette(scale)
    return _cross(icon_name or ICONS.get(tool, ""), scale)


@lru_cache(maxsize=64)
def _cross(icon_name: str, scale: float) -> QCursor:
    pixmap, painter = _begin(scale)
    middle = QPointF(_HOT_PX + 0.5, _HOT_PX + 0.5)
    for color, width in ((_LIGHT, 3.0), (_DARK, 1.0)):
        painter.setPen(QPen(color, width, c=Qt.PenCapStyle.FlatCap))
        reach = _ARM_PX + (1.0 if width > 1.0 else 0.0)
        # Open in the middle: what is aimed at stays in sight.
        for dx, dy in ((1, 0), (-1, 0), (0, 1), (0, -1)):
            step = QPointF(dx, dy)
            painter.drawLine(middle + step * 2.0, middle + step * reach)
    if icon_name:
        _draw_icon(painter, QRectF(_HOT_PX + 6, _HOT_PX + 6, _ICON_PX, _ICON_PX), icon_name)
    painter.end()
    return QCursor(pixmap, _HOT_PX, _HOT_PX)


@lru_cache(maxsize=8)
def _pipette(scale: float) -> QCursor:
    """Its tip, at the lower left of the icon, is where it works."""
    pixmap, painter = _begin(scale)
    _draw_icon(painter, QRectF(4, 4, 20, 20), "picker")
    painter.end()
    return QCursor(pixmap, 8, 20)


def _begin(scale: float) -> tuple[QPixmap, QPainter]:
    side = round(_SIDE_PX * scale)
    pixmap = QPixmap(side, side)
    pixmap.setDevicePixelRatio(scale)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    return pixmap, painter


def _draw_icon(painter: QPainter, place: QRectF, name: str) -> None:
    for dx, dy in ((-1, 0), (1, 0), (0, -1), (0, 1), (-0.7, -0.7), (0.7, -0.7), (-0.7, 0.7), (0.7, 0.7)):
        paint_icon(painter, place.translated(dx, dy), name, _LIGHT)
    paint_icon(painter, place, name, _DARK)
