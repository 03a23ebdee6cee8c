"""Marching ants: the outline of what is selected, and the shape that is being drawn, over the canvas.

An outline is traced away from the GUI thread, once for each selection and each halving of the zoom, and kept as
painter paths in canvas pixels, in pieces of which only those in sight are drawn. A one-pixel cosmetic pen draws them
crisp and dashed under every zoom and rotation.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from PySide6.QtCore import QObject, QPointF, QRect, QRectF, QTimer
from PySide6.QtGui import QPainter, QPainterPath, QPolygonF, QRegion
from PySide6.QtWidgets import QWidget

from sdpaint.errors import SdPaintError
from sdpaint.gui.canvas.outlines import DASH_PX, Outline, draw_dashed, level_at, make_outline, touched_cells
from sdpaint.gui.canvas.paint import canvas_rect, view_rect
from sdpaint.gui.canvas.text_input import draw_typing
from sdpaint.gui.canvas.viewport import Viewport
from sdpaint.imaging.geometry import FloatRect, Point, Rect
from sdpaint.imaging.tiles import TileMap
from sdpaint.tools.base import Draft
from sdpaint.worker.background import Background

STEP_MS = 150
"""Between two steps of the ants: under 8 a second."""
AT_ONCE_TILES = 16
"""A selection of so few tiles is traced on the spot, in a few milliseconds: it would only flicker otherwise."""


class MarchingAnts(QObject):
    """The outline of one selection on one view."""

    def __init__(self, view: QWidget, viewport: Viewport, canvas: Rect) -> None:
        super().__init__(view)
        self._view = view
        self._viewport = viewport
        self._canvas = canvas
        self._selection: TileMap | None = None
        self._outlines: dict[int, Outline] = {}
        self._shown: Outline | None = None
        self._region: QRegion | None = None
        self._traced: TileMap | None = None
        self._pushed_by = (0, 0)
        self._phase = 0
        self._is_still = False
        self._is_paused = False
        self._background = Background(1, self)
        self._timer = QTimer(self, interval=STEP_MS)
        self._timer.timeout.connect(self._step)

    @property
    def is_ready(self) -> bool:
        """Whether what is drawn is the outline of the selection."""
        return not self._background.is_busy

    @property
    def is_moving(self) -> bool:
        """Whether the ants march."""
        return self._timer.isActive()

    @property
    def region(self) -> QRegion:
        """Where in the view the outline is drawn, and not much more."""
        if self._region is None:
            edges = np.empty((0, 4)) if self._shown is None else self._shown.edges
            self._region = touched_cells(edges, self._pushed_viewport)
        return self._region

    @property
    def _pushed_viewport(self) -> Viewport:
        """Through which the outline is seen where it is being pushed to."""
        viewport, (dx, dy) = self._viewport, self._pushed_by
        return viewport if dx == dy == 0 else replace(viewport, center=viewport.center - Point(dx, dy))

    def shutdown(self) -> None:
        """Stand still for good, and wait for what is being traced."""
        self._timer.stop()
        self._background.close()

    def push_by(self, pushed_by: tuple[int, int]) -> None:
        """Draw the outline so many canvas pixels to the right and down."""
        # Where the selection has been pushed for good, the old outline stays there until the new one is traced.
        if pushed_by == self._pushed_by or (pushed_by == (0, 0) and self._traced is not self._selection):
            return
        self._view.update(self.region)
        self._pushed_by, self._region = pushed_by, None
        self._view.update(self.region)

    def set_still(self, still: bool) -> None:
        """Whether the ants stand still, for those whom motion disturbs."""
        self._is_still = still
        self._march()

    def set_paused(self, paused: bool) -> None:
        """Whether to stand still for now: a stroke needs the time more."""
        self._is_paused = paused

    def show_selection(self, selection: TileMap | None, canvas: Rect) -> None:
        """Outline what is selected; None: nothing."""
        if selection is self._selection and canvas == self._canvas:
            return
        self._selection, self._canvas = selection, canvas
        self._outlines = {}
        if selection is None:
            self._show(None)
        else:
            self._need_outline()

    def look_through(self, viewport: Viewport) -> None:
        """The view has changed; it repaints itself."""
        self._viewport = viewport
        self._region = None
        self._need_outline()

    def paint(self, painter: QPainter, exposed: QRect) -> None:
        """Draw what is in sight of it."""
        if self._shown is None:
            return
        viewport = self._pushed_viewport
        area = canvas_rect(viewport, exposed).inflated(1)
        box = QRectF(area.x, area.y, area.width, area.height)
        # A horizontal line has an empty box, which Qt takes to meet nothing.
        pieces = [piece for piece in self._shown.pieces if piece.box.adjusted(-1, -1, 1, 1).intersects(box)]
        if not pieces:
            return
        draw_dashed(painter, viewport, [(piece.path, piece.start) for piece in pieces], self._phase)

    def _need_outline(self) -> None:
        """Show the outline at this zoom; ask for it where it isn't there yet."""
        selection, canvas = self._selection, self._canvas
        if selection is None:
            return
        level = level_at(self._viewport.zoom)
        if level in self._outlines:
            self._show(self._outlines[level])
        elif len(selection.tiles) <= AT_ONCE_TILES:
            self._take(level, make_outline(selection, level, canvas))
        elif self.is_ready:
            self._background.run(
                lambda: make_outline(selection, level, canvas),
                lambda outline: self._made(selection, level, outline),
                self._failed,
            )

    def _made(self, selection: TileMap, level: int, outline: Outline) -> None:
        if selection is self._selection:
            self._take(level, outline)
        # Selection or zoom may be other ones by now.
        self._need_outline()

    def _take(self, level: int, outline: Outline) -> None:
        self._outlines[level] = outline
        self._show(outline)

    def _failed(self, error: SdPaintError) -> None:
        # It is in the log. Without an outline the selection still holds.
        self._show(None)

    def _show(self, outline: Outline | None) -> None:
        if outline is self._shown:
            return
        self._view.update(self.region)
        if self._traced is not self._selection:
            self._pushed_by = (0, 0)
        self._traced = self._selection
        self._shown, self._region = outline, None
        self._view.update(self.region)
        self._march()

    def _march(self) -> None:
        if self._shown is not None and not self._is_still:
            self._timer.start()
        else:
            self._timer.stop()

    def _step(self) -> None:
        if self._view.isVisible() and not self._is_paused:
            self._phase = (self._phase + 1) % (2 * DASH_PX)
            self._view.update(self.region)


class DraftLine:
    """The shape that is being drawn, on a view."""

    def __init__(self) -> None:
        self._draft: Draft | None = None
        self._path = QPainterPath()
        self._box = Rect(0, 0, 0, 0)
        self.shows_caret = True
        """False in the dark half of its blinking."""

    @property
    def caret(self) -> FloatRect | None:
        """Where what is typed comes, in canvas pixels."""
        return None if self._draft is None else self._draft.caret

    @property
    def is_shown(self) -> bool:
        """Whether there is one."""
        return self._draft is not None

    @property
    def follows_pointer(self) -> bool:
        """Whether a line leads on to the pointer."""
        return self._draft is not None and self._draft.follows_pointer

    def show(self, draft: Draft | None) -> None:
        """Another shape, or none."""
        self._draft = draft
        self._path = QPainterPath()
        self._box = Rect(0, 0, 0, 0)
        if draft is not None and draft.points:
            self._path.addPolygon(QPolygonF([QPointF(point.x, point.y) for point in draft.points]))
            if draft.is_closed:
                self._path.closeSubpath()
            self._box = _around(self._path)
        if draft is not None:
            boxes = [*draft.marked, *draft.underlined, *([] if draft.caret is None else [draft.caret])]
            self._box = Rect.bounding([self._box, *(_whole(box) for box in boxes)])

    def area(self, viewport: Viewport, pointer: Point | None) -> QRect:
        """Where in the view it is drawn; `pointer` is a view position."""
        if self._draft is None:
            return QRect()
        path = self._with_pointer(viewport, pointer)
        return view_rect(viewport, self._box if path is self._path else _around(path), 2)

    def paint(self, painter: QPainter, viewport: Viewport, pointer: Point | None) -> None:
        """Draw it."""
        if self._draft is not None:
            draw_dashed(painter, viewport, [(self._with_pointer(viewport, pointer), 0.0)])
            draw_typing(painter, viewport, self._draft, self.shows_caret)

    def _with_pointer(self, viewport: Viewport, pointer: Point | None) -> QPainterPath:
        if pointer is None or not self.follows_pointer:
            return self._path
        path = QPainterPath(self._path)
        end = viewport.to_canvas(pointer)
        path.lineTo(end.x, end.y)
        return path


def _around(path: QPainterPath) -> Rect:
    box = path.controlPointRect().toAlignedRect()
    return Rect(box.x(), box.y(), box.width() + 1, box.height() + 1)


def _whole(box: FloatRect) -> Rect:
    right, bottom = math.ceil(box.x + box.width), math.ceil(box.y + box.height)
    return Rect.from_edges(math.floor(box.x), math.floor(box.y), right, bottom).inflated(1)
