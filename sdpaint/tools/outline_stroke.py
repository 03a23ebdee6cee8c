"""Painting along the outline of the selection, with a line of even width or with a brush. Safe on any thread."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np

from sdpaint.document.document import Document
from sdpaint.document.edits import set_active
from sdpaint.document.layers import LayerId
from sdpaint.imaging.brush import BrushParams
from sdpaint.imaging.color import Color
from sdpaint.imaging.geometry import Point
from sdpaint.imaging.selection import StrokePlace, outline_band, tile_bounds
from sdpaint.imaging.tiles import TileMap
from sdpaint.imaging.tip_stroke import stroke_params
from sdpaint.tools.base import PointerEvent
from sdpaint.tools.fill import fill_coverage
from sdpaint.tools.layer_target import LayerTarget
from sdpaint.tools.options import PaintOptions
from sdpaint.tools.stroke_target import check_paintable
from sdpaint.tools.strokes import StampCaches, new_stroke

_CLOSE_ENOUGH_PX = 0.6
"""So far the path may run from the outline: the steps between pixels aren't walked."""


@dataclass(frozen=True)
class StrokeChoice:
    """With what to paint; width and place count for lines."""

    uses_brush: bool = False
    width_px: int = 3
    place: StrokePlace = StrokePlace.CENTER


def stroke_with_line(
    document: Document, layer_id: LayerId, width_px: int, place: StrokePlace, color: Color
) -> Document:
    """A line of this width along the outline. Raises ToolRefused where the layer can't be painted on."""
    if document.selection is None:
        return document
    check_paintable(document.layer(layer_id))
    band = outline_band(document.selection, width_px, place, document.bounds)
    # The line lies half outside of what is selected, and is meant to.
    painted = fill_coverage(replace(document, selection=None), layer_id, band, color)
    return replace(painted, selection=document.selection)


def stroke_with_brush(document: Document, layer_id: LayerId, brush: BrushParams, color: Color) -> Document:
    """The brush led along the outline at nominal size. Raises ToolRefused where the layer can't be painted on."""
    if document.selection is None:
        return document
    painted = set_active(replace(document, selection=None), layer_id)
    stamps = StampCaches()
    for points in outlines(document.selection):
        target = LayerTarget(painted, color, stroke_params(brush).opacity, False, brush.blend_mode)
        begin = PointerEvent(points[0])
        stroke = new_stroke(target, brush, PaintOptions(), begin, stamps, color)
        if stroke.follow(points):
            painted = stroke.document
    return replace(painted, selection=document.selection, active=document.active)


def outlines(selection: TileMap) -> list[list[Point]]:
    """Closed lines along the rim of what is selected at least by half; the last point of each is the first."""
    area = tile_bounds(selection).inflated(1)
    inside = (selection.read(area) >= 128).astype(np.uint8)
    found, _ = cv2.findContours(inside, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
    lines = []
    for contour in found:
        corners = cv2.approxPolyDP(contour, _CLOSE_ENOUGH_PX, closed=True)[:, 0]
        points = [Point(area.x + int(x) + 0.5, area.y + int(y) + 0.5) for x, y in corners]
        lines.append([*points, points[0]])
    return lines
