"""Points, sizes and rectangles in pixels. Everything is frozen; operations return new values."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Point:
    """A position; canvas positions have the pixel (0, 0) span 0…1, so its centre is (0.5, 0.5)."""

    x: float
    y: float

    def __add__(self, other: Point) -> Point:
        return Point(self.x + other.x, self.y + other.y)

    def __sub__(self, other: Point) -> Point:
        return Point(self.x - other.x, self.y - other.y)

    def scaled(self, factor: float) -> Point:
        """This point with both coordinates times `factor`."""
        return Point(self.x * factor, self.y * factor)

    @property
    def length(self) -> float:
        """Distance from the origin."""
        return math.hypot(self.x, self.y)


@dataclass(frozen=True, slots=True)
class Size:
    """Width and height in whole pixels, both at least 1."""

    width: int
    height: int

    def __post_init__(self) -> None:
        if self.width < 1 or self.height < 1:
            raise ValueError(f"a size is at least 1×1, not {self.width}×{self.height}")

    def __str__(self) -> str:
        return f"{self.width}×{self.height}"

    @property
    def area(self) -> int:
        """Number of pixels."""
        return self.width * self.height


@dataclass(frozen=True, slots=True)
class Rect:
    """A half-open pixel rectangle: it covers x … x+width-1. Width or height 0 means empty."""

    x: int
    y: int
    width: int
    height: int

    def __post_init__(self) -> None:
        if self.width < 0 or self.height < 0:
            raise ValueError(f"a rectangle can't be {self.width}×{self.height}")

    @classmethod
    def from_edges(cls, left: int, top: int, right: int, bottom: int) -> Rect:
        """The rectangle between the edges; empty where they cross."""
        return cls(left, top, max(0, right - left), max(0, bottom - top))

    @classmethod
    def of_size(cls, size: Size) -> Rect:
        """The rectangle of this size at the origin."""
        return cls(0, 0, size.width, size.height)

    @classmethod
    def bounding(cls, rects: Iterable[Rect]) -> Rect:
        """The smallest rectangle around all the non-empty ones; empty where there is none."""
        # Of thousands of tiles at times, so no rectangle is made on the way.
        edges = [(r.x, r.y, r.x + r.width, r.y + r.height) for r in rects if r.width and r.height]
        if not edges:
            return cls(0, 0, 0, 0)
        lefts, tops, rights, bottoms = zip(*edges, strict=True)
        return cls.from_edges(min(lefts), min(tops), max(rights), max(bottoms))

    @property
    def left(self) -> int:
        """First column."""
        return self.x

    @property
    def top(self) -> int:
        """First row."""
        return self.y

    @property
    def right(self) -> int:
        """Column after the last."""
        return self.x + self.width

    @property
    def bottom(self) -> int:
        """Row after the last."""
        return self.y + self.height

    @property
    def is_empty(self) -> bool:
        """Whether it covers no pixel."""
        return self.width == 0 or self.height == 0

    @property
    def size(self) -> Size:
        """Its size; raises ValueError on an empty rectangle."""
        return Size(self.width, self.height)

    @property
    def area(self) -> int:
        """Number of pixels."""
        return self.width * self.height

    @property
    def center(self) -> Point:
        """The middle, in canvas coordinates."""
        return Point(self.x + self.width / 2, self.y + self.height / 2)

    def intersected(self, other: Rect) -> Rect:
        """The part that both cover."""
        return Rect.from_edges(
            max(self.left, other.left),
            max(self.top, other.top),
            min(self.right, other.right),
            min(self.bottom, other.bottom),
        )

    def united(self, other: Rect) -> Rect:
        """The smallest rectangle around both; an empty one adds nothing."""
        if self.is_empty:
            return other
        if other.is_empty:
            return self
        return Rect.from_edges(
            min(self.left, other.left),
            min(self.top, other.top),
            max(self.right, other.right),
            max(self.bottom, other.bottom),
        )

    def inflated(self, n: int) -> Rect:
        """Grown by n pixels on every side (shrunk for a negative n, down to empty)."""
        return Rect.from_edges(self.left - n, self.top - n, self.right + n, self.bottom + n)

    def translated(self, dx: int, dy: int) -> Rect:
        """Moved by whole pixels."""
        return Rect(self.x + dx, self.y + dy, self.width, self.height)

    def contains(self, other: Rect) -> bool:
        """Whether `other` lies wholly inside."""
        return other.is_empty or self.intersected(other) == other

    def contains_point(self, point: Point) -> bool:
        """Whether the point lies inside (right and bottom edges excluded)."""
        return self.left <= point.x < self.right and self.top <= point.y < self.bottom

    def tiles(self, tile_size: int) -> Iterator[tuple[int, int]]:
        """Coordinates (column, row) of the tiles that it touches, row by row."""
        if self.is_empty:
            return
        for row in range(self.top // tile_size, (self.bottom - 1) // tile_size + 1):
            for column in range(self.left // tile_size, (self.right - 1) // tile_size + 1):
                yield column, row


@dataclass(frozen=True, slots=True)
class FloatRect:
    """An upright rectangle with fractional edges, in canvas positions."""

    x: float
    y: float
    width: float
    height: float
