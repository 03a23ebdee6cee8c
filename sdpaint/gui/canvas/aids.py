"""Aids over the canvas: the lines of a grid and the guides. They are no part of the picture."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from PySide6.QtCore import QLineF, QObject
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen
from PySide6.QtWidgets import QWidget

from sdpaint.document.guides import Guide, GuideKind
from sdpaint.gui.canvas.paint import outline_of
from sdpaint.gui.canvas.viewport import Viewport
from sdpaint.imaging.color import Color
from sdpaint.imaging.geometry import Point, Rect
from sdpaint.imaging.snapping import Grid

GUIDE_COLOR = QColor(0, 190, 255)
LEAST_GAP_PX = 5.0
"""Lines of the grid nearer to each other in the view than this aren't drawn, but every second one, and so on."""


@dataclass(frozen=True, slots=True)
class Aids:
    """What is shown. `grid` None: no grid."""

    guides: bool = True
    grid: Grid | None = None
    grid_color: Color = Color(128, 128, 128)


class AidsLayer(QObject):
    """Grid and guides on one view; `draft` is a guide that is being dragged out of a ruler."""

    def __init__(self, view: QWidget) -> None:
        super().__init__(view)
        self._view = view
        self._aids = Aids()
        self._draft: Guide | None = None

    @property
    def shown(self) -> Aids:
        """What is shown."""
        return self._aids

    @property
    def draft(self) -> Guide | None:
        """The guide that is being dragged out of a ruler."""
        return self._draft

    def show(self, aids: Aids) -> None:
        """Show these."""
        if aids != self._aids:
            self._aids = aids
            self._view.update()

    def show_draft(self, guide: Guide | None) -> None:
        """A guide that isn't the document's yet, or none."""
        if guide != self._draft:
            self._draft = guide
            self._view.update()

    def paint(self, painter: QPainter, viewport: Viewport, canvas: Rect, guides: Iterable[Guide]) -> None:
        """Draw them; the grid on the canvas, guides across the whole view."""
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, not viewport.is_upright)
        if self._aids.grid is not None:
            painter.save()
            self._paint_grid(painter, viewport, canvas, self._aids.grid)
            painter.restore()   # guides go on beyond the canvas
        painter.setPen(QPen(GUIDE_COLOR, 1.0))
        for guide in guides if self._aids.guides else ():
            painter.drawLine(_line(viewport, guide))
        if self._draft is not None:
            painter.drawLine(_line(viewport, self._draft))
        painter.restore()

    def _paint_grid(self, painter: QPainter, viewport: Viewport, canvas: Rect, grid: Grid) -> None:
        spacing = grid.spacing_px
        while spacing * viewport.scale < LEAST_GAP_PX:
            spacing *= 2
        seen = viewport.visible.intersected(canvas)
        if seen.is_empty:
            return
        path = QPainterPath()
        path.addPolygon(outline_of(viewport, canvas))
        painter.setClipPath(path)
        color = self._aids.grid_color
        painter.setPen(QPen(QColor(color.red, color.green, color.blue, 150), 1.0))
        left = seen.left + (grid.offset_x - seen.left) % spacing
        top = seen.top + (grid.offset_y - seen.top) % spacing
        upright = (
            _between(viewport, Point(x, seen.top), Point(x, seen.bottom))
            for x in range(left, seen.right + 1, spacing)
        )
        level = (
            _between(viewport, Point(seen.left, y), Point(seen.right, y))
            for y in range(top, seen.bottom + 1, spacing)
        )
        painter.drawLines([*upright, *level])


def _line(viewport: Viewport, guide: Guide) -> QLineF:
    """All across the view, however that is turned."""
    seen = viewport.visible
    if guide.kind is GuideKind.UPRIGHT:
        return _between(viewport, Point(guide.at, seen.top), Point(guide.at, seen.bottom))
    return _between(viewport, Point(seen.left, guide.at), Point(seen.right, guide.at))


def _between(viewport: Viewport, start: Point, end: Point) -> QLineF:
    a, b = viewport.to_view(start), viewport.to_view(end)
    return QLineF(a.x, a.y, b.x, b.y)
