"""Outlines made ready for drawing: painter paths in pieces, and where in a view they lie."""

from __future__ import annotations

import math
import struct
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QByteArray, QDataStream, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen, QRegion, QTransform

from sdpaint.gui.canvas.paint import qtransform
from sdpaint.gui.canvas.viewport import Viewport
from sdpaint.imaging.geometry import Rect
from sdpaint.imaging.outline import TOP_LEVEL, outline_of
from sdpaint.imaging.tiles import TileMap

DASH_PX = 4
"""Of a light dash and of the dark one after it, in device pixels at a scale of 1."""
PIECE_POINTS = 512
CELL_PX = 32
"""What is repainted at a step of the ants is counted in squares of this side."""

DARK, LIGHT = QColor(0, 0, 0), QColor(255, 255, 255)


@dataclass(frozen=True, eq=False)
class Piece:
    """A part of the outline. `start` is how far from the beginning of its chain it begins, in canvas pixels."""

    path: QPainterPath
    box: QRectF
    start: float


@dataclass(frozen=True, eq=False)
class Outline:
    """An outline made ready for drawing."""

    pieces: tuple[Piece, ...]
    edges: NDArray[np.float64]
    """(n, 4): x and y of both ends, in canvas pixels."""


def make_outline(selection: TileMap, level: int, canvas: Rect) -> Outline:
    """Safe on any thread."""
    chains = outline_of(selection, level)
    points = np.minimum(chains.points, (canvas.right, canvas.bottom)).astype(np.float64)
    edges = []
    pieces: list[Piece] = []
    gathered: list[NDArray[np.float64]] = []
    room = PIECE_POINTS
    for start, end in zip(chains.starts.tolist(), chains.ends.tolist(), strict=True):
        loop = np.vstack([points[start:end], points[start]])
        edges.append(np.hstack([loop[:-1], loop[1:]]))
        if len(loop) > PIECE_POINTS:
            pieces.extend(_split(loop))
            continue
        if len(loop) > room:
            pieces.append(_piece(gathered))
            gathered, room = [], PIECE_POINTS
        gathered.append(loop)
        room -= len(loop)
    if gathered:
        pieces.append(_piece(gathered))
    return Outline(tuple(pieces), np.vstack(edges) if edges else np.empty((0, 4)))


def _split(loop: NDArray[np.float64]) -> list[Piece]:
    lengths = np.concatenate([[0.0], np.cumsum(np.abs(np.diff(loop, axis=0)).sum(axis=1))])
    return [
        _piece([loop[first : first + PIECE_POINTS + 1]], float(lengths[first]))
        for first in range(0, len(loop) - 1, PIECE_POINTS)
    ]


def _piece(lines: Sequence[NDArray[np.float64]], start: float = 0.0) -> Piece:
    path = path_of(lines)
    return Piece(path, path.controlPointRect(), start)


_ELEMENT = np.dtype([("kind", ">i4"), ("x", ">f8"), ("y", ">f8")])


def path_of(lines: Sequence[NDArray[np.float64]]) -> QPainterPath:
    """Open lines (n, 2) as one path.

    It is read from Qt's own stream format: point by point takes fifty times as long.
    """
    elements = np.zeros(sum(len(line) for line in lines), _ELEMENT)
    points = np.vstack(lines)
    elements["x"], elements["y"] = points[:, 0], points[:, 1]
    elements["kind"] = 1    # LineToElement
    begins = np.cumsum([0, *(len(line) for line in lines[:-1])])
    elements["kind"][begins] = 0    # MoveToElement
    data = struct.pack(">i", len(elements)) + elements.tobytes() + struct.pack(">ii", int(begins[-1]), 0)
    stream = QDataStream(QByteArray(data))
    path = QPainterPath()
    stream >> path
    return path


def touched_cells(edges: NDArray[np.float64], viewport: Viewport) -> QRegion:
    """The squares of CELL_PX of the view that edges along canvas axes go through."""
    if not len(edges):
        return QRegion()
    seen = viewport.visible.inflated(1)
    low = np.array([seen.left, seen.top, seen.left, seen.top], np.float64)
    high = np.array([seen.right, seen.bottom, seen.right, seen.bottom], np.float64)
    clipped = np.clip(edges, low, high)
    # Those out of sight were pressed onto the border of what is seen.
    outside = (np.minimum(edges[:, :2], edges[:, 2:]) > high[:2]) | (np.maximum(edges[:, :2], edges[:, 2:]) < low[:2])
    clipped = clipped[~outside.any(axis=1)]
    if not len(clipped):
        return QRegion()
    lengths = np.abs(clipped[:, 2:] - clipped[:, :2]).sum(axis=1) * viewport.scale
    counts = np.maximum(2, np.ceil(lengths / (CELL_PX / 2)).astype(np.intp) + 1)
    which = np.repeat(np.arange(len(clipped)), counts)
    place = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    share = (place / (counts[which] - 1))[:, None]
    t = viewport.transform
    samples = clipped[which, :2] * (1 - share) + clipped[which, 2:] * share
    view = samples @ np.array([[t.a, t.b], [t.c, t.d]]) + (t.dx, t.dy)
    columns, rows = math.ceil(viewport.width / CELL_PX), math.ceil(viewport.height / CELL_PX)
    grid = np.zeros((rows + 2, columns + 2), bool)
    # The line is a pixel wide and may lie on the border of two squares.
    for dx in (-2.0, 2.0):
        for dy in (-2.0, 2.0):
            x = np.clip((view[:, 0] + dx) // CELL_PX, -1, columns).astype(np.intp)
            y = np.clip((view[:, 1] + dy) // CELL_PX, -1, rows).astype(np.intp)
            grid[y + 1, x + 1] = True
    return _region(grid[1:-1, 1:-1])


def _region(grid: NDArray[np.bool_]) -> QRegion:
    region = QRegion()
    for row, cells in enumerate(grid):
        changes = np.flatnonzero(np.diff(np.concatenate([[False], cells, [False]]))).tolist()
        for first, end in zip(changes[0::2], changes[1::2], strict=True):
            # In order, row by row: Qt only appends them.
            region += QRect(first * CELL_PX, row * CELL_PX, (end - first) * CELL_PX, CELL_PX)
    return region


def level_at(zoom: float) -> int:
    """How far pixels are put together, so that one is about a device pixel at this zoom."""
    return min(TOP_LEVEL, max(0, math.floor(math.log2(1 / zoom)))) if zoom < 1 else 0


def draw_dashed(
    painter: QPainter, viewport: Viewport, paths: Sequence[tuple[QPainterPath, float]], phase: int = 0
) -> None:
    """Draw paths in canvas pixels a pixel wide, dark with light dashes.

    Beside each path stands how far, in canvas pixels, from the beginning of its line it begins, so that dashes go on
    from piece to piece. `phase` pushes the dashes forward, 0 to 2 DASH_PX.
    """
    # One device pixel is hard to see on a dense screen.
    is_dense = viewport.dpr >= 1.5
    unit = max(1, round(viewport.dpr))
    dark, light = QPen(DARK, 0), QPen(LIGHT, 0)
    light.setDashPattern([DASH_PX * unit, DASH_PX * unit])
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for dx, dy in ((0, 0), (1, 0), (0, 1)) if is_dense else ((0, 0),):
        shift = QTransform.fromTranslate(dx / viewport.dpr, dy / viewport.dpr)
        painter.setTransform(qtransform(viewport) * shift)
        for path, start in paths:
            painter.setPen(dark)
            painter.drawPath(path)
            light.setDashOffset((start * viewport.zoom - phase * unit) % (2 * DASH_PX * unit))
            painter.setPen(light)
            painter.drawPath(path)
    painter.restore()
