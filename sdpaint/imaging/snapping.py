"""Snapping: pulling a point or a box onto lines that are near. Pure mathematics, in canvas pixels."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sdpaint.imaging.geometry import Point

SNAP_VIEW_PX = 8.0
"""How near to a line, in view pixels, a point is pulled onto it."""


@dataclass(frozen=True, slots=True)
class Grid:
    """Lines every `spacing_px`, one of them at each offset."""

    spacing_px: int = 64
    offset_x: int = 0
    offset_y: int = 0

    def __post_init__(self) -> None:
        if self.spacing_px < 1:
            raise ValueError(f"a grid has lines every pixel at most, not every {self.spacing_px} px")


@dataclass(frozen=True, slots=True)
class SnapTargets:
    """Lines to snap to: upright ones at `xs`, level ones at `ys`, and those of a grid."""

    xs: tuple[float, ...] = ()
    ys: tuple[float, ...] = ()
    grid: Grid | None = None

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to snap to."""
        return not self.xs and not self.ys and self.grid is None


@dataclass(frozen=True, slots=True)
class Snapped:
    """Where a point went, and the lines that it lies on now: an upright one at `x`, a level one at `y`; None: free."""

    point: Point
    x: float | None = None
    y: float | None = None

    @property
    def lines(self) -> tuple[float | None, float | None]:
        """Both lines, for whoever draws them."""
        return self.x, self.y


def snap(point: Point, targets: SnapTargets, distance: float) -> Snapped:
    """The point pulled onto the nearest lines within `distance`, across and down by themselves.

    A line of its own (a guide, an edge) goes before a line of the grid that is as near.
    """
    (x, line_x), (y, line_y) = (
        _snapped(point.x, targets.xs, targets.grid, 0, distance),
        _snapped(point.y, targets.ys, targets.grid, 1, distance),
    )
    return Snapped(Point(x, y), line_x, line_y)


def snap_box(xs: Sequence[float], ys: Sequence[float], targets: SnapTargets, distance: float) -> Snapped:
    """How far to push a box so that one of its places across (`xs`: edges, middle) and one down (`ys`) lie on lines.

    `point` of the result is the push, each part at most `distance`; 0 where nothing is near.
    """
    across, line_x = _push(xs, targets.xs, targets.grid, 0, distance)
    down, line_y = _push(ys, targets.ys, targets.grid, 1, distance)
    return Snapped(Point(across, down), line_x, line_y)


def _push(
    places: Iterable[float], lines: Sequence[float], grid: Grid | None, axis: int, distance: float
) -> tuple[float, float | None]:
    best: tuple[float, float | None] = 0.0, None
    for place in places:
        at, line = _snapped(place, lines, grid, axis, distance)
        if line is not None and (best[1] is None or abs(at - place) < abs(best[0])):
            best = at - place, line
    return best


def _snapped(
    at: float, lines: Sequence[float], grid: Grid | None, axis: int, distance: float
) -> tuple[float, float | None]:
    if not math.isfinite(at):
        return at, None
    near = min(lines, key=lambda line: abs(line - at), default=None)
    if near is not None and abs(near - at) > distance:
        near = None
    if grid is not None:
        offset = grid.offset_y if axis else grid.offset_x
        line = offset + round((at - offset) / grid.spacing_px) * grid.spacing_px
        if abs(line - at) <= distance and (near is None or abs(line - at) < abs(near - at)):
            near = float(line)
    return (at, None) if near is None else (near, near)
