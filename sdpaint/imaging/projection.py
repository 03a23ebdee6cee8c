"""Projection: where a plane comes to lie under scaling, turning, skewing and perspective. Mathematics only."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sdpaint.imaging.geometry import Point, Rect

_EPSILON = 1e-9

Corners = tuple[Point, Point, Point, Point]
"""Of a box, clockwise from its top left."""


@dataclass(frozen=True, slots=True)
class Projection:
    """A projective map of canvas positions: (x, y, 1) times the matrix, divided by the third coordinate.

    `rows` is the 3 × 3 matrix, row by row.
    """

    rows: tuple[float, float, float, float, float, float, float, float, float] = (1, 0, 0, 0, 1, 0, 0, 0, 1)

    @classmethod
    def linear(cls, a: float, b: float, c: float, d: float, dx: float = 0.0, dy: float = 0.0) -> Projection:
        """To x' = a·x + b·y + dx and y' = c·x + d·y + dy."""
        return cls((a, b, dx, c, d, dy, 0.0, 0.0, 1.0))

    @classmethod
    def of_rows(cls, rows: Sequence[float]) -> Projection:
        """From the nine numbers of `rows`. Raises ValueError or TypeError where they aren't, or flatten the plane."""
        numbers = [float(value) for value in rows]
        if len(numbers) != 9 or not all(map(math.isfinite, numbers)) or not numbers[8]:
            raise ValueError("nine finite numbers make a projection")
        found = cls(tuple(numbers))  # type: ignore[arg-type]
        found.inverted()
        return found

    @classmethod
    def shift(cls, dx: float, dy: float) -> Projection:
        """A move."""
        return cls.linear(1.0, 0.0, 0.0, 1.0, dx, dy)

    @classmethod
    def of_corners(cls, start: Sequence[Point], end: Sequence[Point]) -> Projection:
        """The one that takes four corners to four others. Raises ValueError where three of them lie on a line."""
        equations, values = [], []
        for p, q in zip(start, end, strict=True):
            equations.append([p.x, p.y, 1, 0, 0, 0, -q.x * p.x, -q.x * p.y])
            equations.append([0, 0, 0, p.x, p.y, 1, -q.y * p.x, -q.y * p.y])
            values += [q.x, q.y]
        try:
            solved = np.linalg.solve(np.array(equations, np.float64), np.array(values, np.float64))
        except np.linalg.LinAlgError as error:
            raise ValueError("three of the corners lie on a line") from error
        return cls(tuple(map(float, (*solved, 1.0))))  # type: ignore[arg-type]

    def map(self, point: Point) -> Point:
        """The point's image. Raises ZeroDivisionError for a point on the horizon."""
        a, b, c, d, e, f, g, h, i = self.rows
        w = g * point.x + h * point.y + i
        return Point((a * point.x + b * point.y + c) / w, (d * point.x + e * point.y + f) / w)

    def then(self, other: Projection) -> Projection:
        """This one first, the other after it."""
        return Projection(tuple((other.matrix @ self.matrix).ravel().tolist()))

    def inverted(self) -> Projection:
        """The way back. Raises ValueError where there is none."""
        try:
            back = np.linalg.inv(self.matrix)
        except np.linalg.LinAlgError as error:
            raise ValueError("a flattened plane has no way back") from error
        return Projection(tuple((back / back[2, 2] if back[2, 2] else back).ravel().tolist()))

    @property
    def matrix(self) -> np.ndarray:
        """As an array (3, 3), float64."""
        return np.array(self.rows, np.float64).reshape(3, 3)

    @property
    def whole_shift(self) -> tuple[int, int] | None:
        """The move (x, y) that it is, where it is one by whole pixels; else None."""
        a, b, c, d, e, f, g, h, i = (value / self.rows[8] for value in self.rows)
        dx, dy = round(c), round(f)
        off = (a - i, b, c - dx, d, e - i, f - dy, g, h)
        return (dx, dy) if max(map(abs, off)) < _EPSILON else None

    def corners(self, box: Rect) -> Corners:
        """Where the corners of a box come to lie, from its top left on."""
        return (
            self.map(Point(box.left, box.top)),
            self.map(Point(box.right, box.top)),
            self.map(Point(box.right, box.bottom)),
            self.map(Point(box.left, box.bottom)),
        )

    def bounds(self, box: Rect) -> Rect:
        """The whole pixels that the box's image touches."""
        ends = self.corners(box)
        return Rect.from_edges(
            math.floor(min(p.x for p in ends) + _EPSILON),
            math.floor(min(p.y for p in ends) + _EPSILON),
            math.ceil(max(p.x for p in ends) - _EPSILON),
            math.ceil(max(p.y for p in ends) - _EPSILON),
        )


def is_convex(corners: Sequence[Point]) -> bool:
    """Whether four corners go round one way without a bend inwards, so that a box can be put onto them."""
    turns = []
    for i in range(4):
        a, b, c = corners[i], corners[(i + 1) % 4], corners[(i + 2) % 4]
        turns.append((b.x - a.x) * (c.y - b.y) - (b.y - a.y) * (c.x - b.x))
    return min(turns) > _EPSILON or max(turns) < -_EPSILON
