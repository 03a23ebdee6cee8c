"""Shapes: outlines of lines, boxes, ellipses and polygons as points on the canvas. Mathematics only, no Qt."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum
from itertools import pairwise

from sdpaint.imaging.geometry import Point

MIN_SIDES = 3
MAX_SIDES = 32
FLATNESS_PX = 0.02
"""A curve is drawn by straight pieces that stay so near to it."""
ANGLE_STEP = math.radians(15.0)


class ShapeKind(Enum):
    """What is drawn."""

    LINE = "line"
    RECTANGLE = "rectangle"
    ELLIPSE = "ellipse"
    POLYGON = "polygon"
    """Regular, around where the drag begins."""
    FREE = "free"
    """Through corners that are clicked."""


@dataclass(frozen=True, slots=True)
class Outline:
    """A line through points, in canvas pixels."""

    points: tuple[Point, ...]
    is_closed: bool
    is_curved: bool = False
    """Whether it stands for a curve: corners between its pieces aren't meant."""


def line(start: Point, end: Point) -> Outline:
    """From one place to another."""
    return Outline((start, end), is_closed=False)


def rectangle(left: float, top: float, right: float, bottom: float, radius_px: float = 0.0) -> Outline:
    """A box whose corners are rounded by so much, as far as there is room."""
    radius = min(radius_px, (right - left) / 2, (bottom - top) / 2)
    if radius <= 0.0:
        corners = ((left, top), (right, top), (right, bottom), (left, bottom))
        return Outline(tuple(Point(x, y) for x, y in corners), is_closed=True)
    centres = (
        (right - radius, top + radius, -0.25),
        (right - radius, bottom - radius, 0.0),
        (left + radius, bottom - radius, 0.25),
        (left + radius, top + radius, 0.5),
    )
    pieces = max(2, math.ceil(_pieces(radius) / 4))
    points = tuple(
        _on_ellipse(x, y, radius, radius, math.tau * (turn + 0.25 * i / pieces))
        for x, y, turn in centres
        for i in range(pieces + 1)
    )
    return Outline(points, is_closed=True, is_curved=True)


def ellipse(left: float, top: float, right: float, bottom: float) -> Outline:
    """The ellipse that touches these edges."""
    x, y, across, down = (left + right) / 2, (top + bottom) / 2, (right - left) / 2, (bottom - top) / 2
    pieces = _pieces(max(across, down))
    points = tuple(_on_ellipse(x, y, across, down, math.tau * i / pieces) for i in range(pieces))
    return Outline(points, is_closed=True, is_curved=True)


def polygon(centre: Point, corner: Point, sides: int, inner: float = 1.0) -> Outline:
    """A regular polygon with one of its corners there; a star where every other corner lies at `inner` (0 … 1) times
    as far from the centre.
    """
    by = corner - centre
    radius, first = by.length, math.atan2(by.y, by.x)
    count = sides if inner >= 1.0 else 2 * sides
    points = []
    for i in range(count):
        far = radius if inner >= 1.0 or i % 2 == 0 else radius * inner
        turn = first + math.tau * i / count
        points.append(Point(centre.x + far * math.cos(turn), centre.y + far * math.sin(turn)))
    return Outline(tuple(points), is_closed=True)


def at_an_angle(start: Point, end: Point) -> Point:
    """`end` turned around `start` to the nearest 15°, as far from it as before."""
    by = end - start
    turn = round(math.atan2(by.y, by.x) / ANGLE_STEP) * ANGLE_STEP
    return Point(start.x + by.length * math.cos(turn), start.y + by.length * math.sin(turn))


def box_edges(start: Point, end: Point, is_square: bool, is_centered: bool) -> tuple[float, float, float, float]:
    """Left, top, right and bottom of the box of a drag, on whole pixels."""
    dx, dy = end.x - start.x, end.y - start.y
    if is_square:
        side = max(abs(dx), abs(dy))
        dx, dy = math.copysign(side, dx), math.copysign(side, dy)
    first = (start.x - dx, start.y - dy) if is_centered else (start.x, start.y)
    xs = sorted((round(first[0]), round(start.x + dx)))
    ys = sorted((round(first[1]), round(start.y + dy)))
    return float(xs[0]), float(ys[0]), float(xs[1]), float(ys[1])


def walked(outline: Outline, step_px: float) -> list[Point]:
    """Places along the outline, no farther apart than this, its corners among them; back at the start where closed."""
    points = list(outline.points)
    if outline.is_closed and len(points) > 1:
        points.append(points[0])
    places = points[:1]
    for before, after in pairwise(points):
        by = after - before
        count = max(1, math.ceil(by.length / step_px))
        places += [before + by.scaled((i + 1) / count) for i in range(count)]
    return places


def _on_ellipse(x: float, y: float, across: float, down: float, turn: float) -> Point:
    return Point(x + across * math.cos(turn), y + down * math.sin(turn))


def _pieces(radius: float) -> int:
    """How many straight pieces a circle of this radius needs."""
    if radius <= FLATNESS_PX:
        return 8
    return max(16, math.ceil(math.pi / math.acos(1.0 - FLATNESS_PX / radius)))
