"""Placement: how a box is scaled, skewed, turned, moved and distorted, in numbers that an artist can type.

The box's corners are first pulled apart (perspective), then it is scaled, skewed and turned about its pivot, and the
pivot put where it belongs. All gestures start from the placement at press, so that rounding never adds up.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from sdpaint.imaging.geometry import Point, Rect
from sdpaint.imaging.projection import Corners, Projection, is_convex

MAX_SKEW = 89.0
"""Degrees either way."""
ANGLE_STEP = 15.0
_ORIGIN = Point(0.0, 0.0)
_UNPULLED = (_ORIGIN, _ORIGIN, _ORIGIN, _ORIGIN)


@dataclass(frozen=True, slots=True)
class Placement:
    """Of `box`. `pivot` is in the box's own space, `at` where it lies on the canvas.

    Scales are factors, negative where it is mirrored; `angle` and `skew` are degrees, clockwise as seen. `pulls` say
    how far each corner, clockwise from the top left, was pulled in the box's own space.
    """

    box: Rect
    pivot: Point
    at: Point
    scale_x: float = 1.0
    scale_y: float = 1.0
    angle: float = 0.0
    skew: float = 0.0
    pulls: Corners = _UNPULLED

    @classmethod
    def of(cls, box: Rect) -> Placement:
        """The box where it is, its pivot in the middle."""
        return cls(box, box.center, box.center)

    # ------------------------------------------------------------------------------------------------ where things are

    @property
    def is_identity(self) -> bool:
        """Whether everything stays where it is."""
        return self.projection == Projection() or self.projection.whole_shift == (0, 0)

    @property
    def is_distorted(self) -> bool:
        """Whether corners were pulled apart."""
        return self.pulls != _UNPULLED

    @property
    def own_corners(self) -> Corners:
        """The corners in the box's own space, pulled."""
        box = self.box
        a, b, c, d = self.pulls
        return (
            Point(box.left, box.top) + a,
            Point(box.right, box.top) + b,
            Point(box.right, box.bottom) + c,
            Point(box.left, box.bottom) + d,
        )

    @property
    def projection(self) -> Projection:
        """From where the box was to where it is."""
        if not self.is_distorted:
            return self._affine
        return Projection.of_corners(Projection().corners(self.box), self.own_corners).then(self._affine)

    @property
    def corners(self) -> Corners:
        """On the canvas, clockwise from what was the top left."""
        a, b, c, d = (self._affine.map(corner) for corner in self.own_corners)
        return a, b, c, d

    @property
    def _affine(self) -> Projection:
        a, b, c, d = self._linear
        return Projection.linear(
            a,
            b,
            c,
            d,
            self.at.x - a * self.pivot.x - b * self.pivot.y,
            self.at.y - c * self.pivot.x - d * self.pivot.y,
        )

    @property
    def _linear(self) -> tuple[float, float, float, float]:
        """Turn · skew · scale: x' = a·x + b·y, y' = c·x + d·y."""
        cos, sin = _cos_sin(self.angle)
        slope = math.tan(math.radians(self.skew))
        return (
            cos * self.scale_x,
            (cos * slope - sin) * self.scale_y,
            sin * self.scale_x,
            (sin * slope + cos) * self.scale_y,
        )

    def own(self, canvas_pos: Point) -> Point:
        """A canvas position in the box's own space, pulls left aside."""
        a, b, c, d = self._linear
        by, det = canvas_pos - self.at, a * d - b * c
        return self.pivot + Point((d * by.x - b * by.y) / det, (a * by.y - c * by.x) / det)

    def grip(self, toward: tuple[int, int]) -> Point:
        """The corner or the middle of the side that lies `toward` (x, y), each −1, 0 or 1, in the box's own space."""
        tl, tr, br, bl = self.own_corners
        across, down = (toward[0] + 1) / 2, (toward[1] + 1) / 2
        top = tl.scaled(1 - across) + tr.scaled(across)
        bottom = bl.scaled(1 - across) + br.scaled(across)
        return top.scaled(1 - down) + bottom.scaled(down)

    def grip_place(self, toward: tuple[int, int]) -> Point:
        """Where that is on the canvas."""
        return self._affine.map(self.grip(toward))

    # -------------------------------------------------------------------------------------------------------- gestures

    def moved(self, by: Point) -> Placement:
        """Elsewhere."""
        return replace(self, at=self.at + by)

    def with_pivot(self, canvas_pos: Point) -> Placement:
        """The pivot elsewhere, everything else where it is."""
        return replace(self, pivot=self.own(canvas_pos), at=canvas_pos)

    def scaled(
        self, toward: tuple[int, int], canvas_pos: Point, keep_ratio: bool = False, about_pivot: bool = False
    ) -> Placement:
        """The grip `toward` brought to a canvas position; the opposite one stays, or the pivot."""
        grip = self.grip(toward)
        anchor = self.pivot if about_pivot else self.grip((-toward[0], -toward[1]))
        arm = grip - anchor
        held = self._affine.map(anchor)
        pulled = self._unturned(canvas_pos - held)
        factor_x = pulled.x / (arm.x * self.scale_x) if toward[0] and arm.x else None
        factor_y = pulled.y / (arm.y * self.scale_y) if toward[1] and arm.y else None
        if keep_ratio:
            factor_x = factor_y = self._common_factor(arm, pulled, factor_x, factor_y)
        scale_x = self.scale_x if factor_x is None else self._bounded(self.scale_x * factor_x, self.box.width)
        scale_y = self.scale_y if factor_y is None else self._bounded(self.scale_y * factor_y, self.box.height)
        changed = replace(self, scale_x=scale_x, scale_y=scale_y)
        return changed.moved(held - changed._affine.map(anchor))

    def _common_factor(
        self, arm: Point, pulled: Point, factor_x: float | None, factor_y: float | None
    ) -> float | None:
        if factor_x is None or factor_y is None:
            return factor_y if factor_x is None else factor_x
        before = Point(arm.x * self.scale_x, arm.y * self.scale_y)
        return (pulled.x * before.x + pulled.y * before.y) / (before.x**2 + before.y**2)

    def _unturned(self, by: Point) -> Point:
        """A way on the canvas with turn and skew taken out."""
        cos, sin = _cos_sin(self.angle)
        x, y = cos * by.x + sin * by.y, cos * by.y - sin * by.x
        return Point(x - math.tan(math.radians(self.skew)) * y, y)

    def _bounded(self, scale: float, length: int) -> float:
        """A side never becomes shorter than a pixel."""
        least = 1.0 / max(1, length)
        return scale if abs(scale) >= least else math.copysign(least, scale)

    def turned(self, start: Point, canvas_pos: Point, stepwise: bool = False) -> Placement:
        """About the pivot, by the angle from one canvas position to another; `stepwise` to whole steps of 15°."""
        a, b = start - self.at, canvas_pos - self.at
        if a.length == 0.0 or b.length == 0.0:
            return self
        angle = self.angle + math.degrees(math.atan2(b.y, b.x) - math.atan2(a.y, a.x))
        if stepwise:
            angle = round(angle / ANGLE_STEP) * ANGLE_STEP
        return replace(self, angle=_half_turns(angle))

    def skewed(self, toward: tuple[int, int], by: Point, about_pivot: bool = False) -> Placement:
        """The side `toward` pushed along itself by its part of a way on the canvas; the opposite side stays."""
        anchor = self.pivot if about_pivot else self.grip((-toward[0], -toward[1]))
        arm = self.grip(toward) - anchor
        a, b, c, d = self._linear
        held = self._affine.map(anchor)
        if toward[1]:
            along = _along(by, Point(a, c))
            b, d = b + along.x / arm.y, d + along.y / arm.y
        else:
            along = _along(by, Point(b, d))
            a, c = a + along.x / arm.x, c + along.y / arm.x
        changed = self._with_linear(a, b, c, d)
        return self if changed is None else changed.moved(held - changed._affine.map(anchor))

    def _with_linear(self, a: float, b: float, c: float, d: float) -> Placement | None:
        """Turn, skew and scale told from the linear part; None where it is (nearly) flat."""
        sign = math.copysign(1.0, self.scale_x)
        angle = math.atan2(sign * c, sign * a)
        cos, sin = math.cos(angle), math.sin(angle)
        scale_x, slope, scale_y = sign * math.hypot(a, c), cos * b + sin * d, cos * d - sin * b
        if abs(scale_x) < 1e-4 or abs(scale_y) < 1e-4:
            return None
        skew = math.degrees(math.atan(slope / scale_y))
        if abs(skew) > MAX_SKEW:
            return None
        return replace(self, scale_x=scale_x, scale_y=scale_y, angle=_half_turns(math.degrees(angle)), skew=skew)

    def pulled(self, toward: tuple[int, int], canvas_pos: Point) -> Placement:
        """One corner brought to a canvas position, the others where they are; as it was where that folds the box."""
        index = _CORNERS.index(toward)
        at = Projection().corners(self.box)[index]
        pulls = list(self.pulls)
        pulls[index] = self.own(canvas_pos) - at
        changed = replace(self, pulls=(pulls[0], pulls[1], pulls[2], pulls[3]))
        return changed if is_convex(changed.own_corners) else self

    # --------------------------------------------------------------------------------------------------------- numbers

    def flipped(self, level: bool) -> Placement:
        """Mirrored in its own space about the pivot: left for right where `level`, else above for below."""
        return replace(self, scale_x=-self.scale_x) if level else replace(self, scale_y=-self.scale_y)

    def turned_by(self, degrees: float) -> Placement:
        """About the pivot."""
        return replace(self, angle=_half_turns(self.angle + degrees))


_CORNERS = ((-1, -1), (1, -1), (1, 1), (-1, 1))


def _along(by: Point, direction: Point) -> Point:
    """The part of a way that goes along a direction."""
    share = (by.x * direction.x + by.y * direction.y) / (direction.x**2 + direction.y**2)
    return direction.scaled(share)


def _cos_sin(degrees: float) -> tuple[float, float]:
    """Exact at quarter turns, so that those copy pixels."""
    quarter, rest = divmod(degrees, 90.0)
    if rest == 0.0:
        return ((1.0, 0.0), (0.0, 1.0), (-1.0, 0.0), (0.0, -1.0))[int(quarter) % 4]
    angle = math.radians(degrees)
    return math.cos(angle), math.sin(angle)


def _half_turns(degrees: float) -> float:
    """The same turn as −180 < degrees ≤ 180."""
    return 180.0 - (180.0 - degrees) % 360.0 + 0.0
