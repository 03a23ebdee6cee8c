"""Boxes with handles: what tools that place things show over the canvas, and what the pointer takes hold of."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto

import numpy as np

from sdpaint.imaging.blend import BlendMode
from sdpaint.imaging.geometry import Point, Rect
from sdpaint.imaging.projection import Corners, Projection
from sdpaint.imaging.tiles import Pixels

HANDLE_VIEW_PX = 9.0
"""How near to a handle, in view pixels, the pointer takes hold of it."""


class Hold(Enum):
    """What a drag from here would do; the view chooses the cursor by it."""

    NONE = auto()
    MOVE = auto()
    RESIZE = auto()
    TURN = auto()
    SKEW = auto()
    PULL = auto()
    PIVOT = auto()
    DRAW = auto()


@dataclass(frozen=True, slots=True)
class Grip:
    """`toward` says which corner or side; `along` the way on the canvas in which it moves."""

    hold: Hold
    toward: tuple[int, int] = (0, 0)
    along: Point = Point(0.0, 0.0)


@dataclass(frozen=True, eq=False)
class Floating:
    """A picture that lies over the canvas while it is dragged: premultiplied `pixels` of what lay under `place`."""

    pixels: Pixels
    place: Rect
    projection: Projection
    opacity: float = 1.0
    blend_mode: BlendMode = BlendMode.NORMAL


@dataclass(frozen=True, eq=False)
class Box:
    """A box over the canvas. `snapped` are the lines that it lies on now: an upright one, a level one.

    `dims`: what of the canvas lies outside is darker. `label` stands beside the pointer's corner.
    """

    corners: Corners
    pivot: Point | None = None
    has_handles: bool = True
    dims: bool = False
    thirds: bool = False
    label: str = ""
    snapped: tuple[float | None, float | None] = (None, None)
    floating: Floating | None = None


def nearest_grip(corners: Corners, pos: Point, view_scale: float) -> tuple[int, int] | None:
    """The corner or side of a box within reach of the pointer, corners first; None where there is none.

    The whole of a side can be taken hold of, as the middle handle of it.
    """
    reach = HANDLE_VIEW_PX / view_scale
    ends = dict(zip(((-1, -1), (1, -1), (1, 1), (-1, 1)), corners, strict=True))
    toward = min(ends, key=lambda each: (ends[each] - pos).length)
    if (ends[toward] - pos).length <= reach:
        return toward
    sides = {(0, -1): (0, 1), (1, 0): (1, 2), (0, 1): (2, 3), (-1, 0): (3, 0)}
    side = min(sides, key=lambda each: _distance(pos, corners[sides[each][0]], corners[sides[each][1]]))
    a, b = (corners[i] for i in sides[side])
    # A small box keeps an inside to be moved by.
    least = min((p - q).length for p, q in zip(corners, (*corners[1:], corners[0]), strict=True))
    return side if _distance(pos, a, b) <= min(reach * 0.7, max(least / 5, 1.0 / view_scale)) else None


def _distance(pos: Point, a: Point, b: Point) -> float:
    way, by = b - a, pos - a
    length = way.x**2 + way.y**2
    share = 0.0 if length == 0.0 else min(1.0, max(0.0, (by.x * way.x + by.y * way.y) / length))
    return (by - way.scaled(share)).length


def is_inside(corners: Corners, pos: Point) -> bool:
    """Whether a position lies within a convex box."""
    turns = [
        (b.x - a.x) * (pos.y - a.y) - (b.y - a.y) * (pos.x - a.x)
        for a, b in zip(corners, (*corners[1:], corners[0]), strict=True)
    ]
    return bool(np.all(np.array(turns) >= 0) or np.all(np.array(turns) <= 0))
