"""Viewport: where on the widget each pixel of the canvas is. Mathematics only, no widgets and no Qt.

View positions are logical pixels of the widget; `zoom` counts device pixels for each canvas pixel, so that 1 is
sharp on every screen. A view position is: centre of the view + turn(flip(canvas position − `center`)) × scale.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace

from sdpaint.imaging.geometry import Point, Rect

MIN_ZOOM = 1 / 64
MAX_ZOOM = 64.0
ZOOM_STEPS = (
    *(1 / n for n in (64, 48, 32, 24, 16, 12, 8, 6, 4, 3, 2)),
    2 / 3,
    *(1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 8.0, 12.0, 16.0, 24.0, 32.0, 48.0, 64.0),
)
"""Where the zoom keys stop."""
KEPT_IN_SIGHT_PX = 48
"""So much of the canvas, in view pixels, stays in sight however far it is pushed."""


@dataclass(frozen=True, slots=True)
class Affine:
    """x' = a·x + c·y + dx, y' = b·x + d·y + dy."""

    a: float
    b: float
    c: float
    d: float
    dx: float
    dy: float

    def map(self, point: Point) -> Point:
        """The point's image."""
        return Point(
            self.a * point.x + self.c * point.y + self.dx, self.b * point.x + self.d * point.y + self.dy
        )

    def inverted(self) -> Affine:
        """The way back. Raises ZeroDivisionError where there is none."""
        det = self.a * self.d - self.b * self.c
        a, b, c, d = self.d / det, -self.b / det, -self.c / det, self.a / det
        return Affine(a, b, c, d, -(a * self.dx + c * self.dy), -(b * self.dx + d * self.dy))


@dataclass(frozen=True, slots=True)
class Bounds:
    """An axis-parallel rectangle with fractional edges."""

    left: float
    top: float
    right: float
    bottom: float

    @classmethod
    def around(cls, points: Iterable[Point]) -> Bounds:
        """The smallest one around the points, of which there must be one at least."""
        points = list(points)
        xs, ys = [p.x for p in points], [p.y for p in points]
        return cls(min(xs), min(ys), max(xs), max(ys))

    @property
    def width(self) -> float:
        """Extent to the right."""
        return self.right - self.left

    @property
    def height(self) -> float:
        """Extent downwards."""
        return self.bottom - self.top

    def outer_rect(self, margin: int = 0) -> Rect:
        """The whole pixels that it touches, and `margin` more on every side."""
        return Rect.from_edges(
            math.floor(self.left) - margin,
            math.floor(self.top) - margin,
            math.ceil(self.right) + margin,
            math.ceil(self.bottom) + margin,
        )


@dataclass(frozen=True, slots=True)
class Viewport:
    """How the canvas is seen. Frozen: every way to move it returns another one.

    * `width`, `height`: of the view, in logical pixels.
    * `center`: the canvas position in the middle of the view.
    * `zoom`: device pixels for each canvas pixel, 1/64 … 64.
    * `rotation`: degrees clockwise, as seen, −180 < rotation ≤ 180.
    * `flipped`: left and right swapped, before the turn.
    * `dpr`: device pixels for each logical pixel.
    """

    width: float = 1.0
    height: float = 1.0
    center: Point = Point(0.0, 0.0)
    zoom: float = 1.0
    rotation: float = 0.0
    flipped: bool = False
    dpr: float = 1.0

    @property
    def scale(self) -> float:
        """Logical view pixels for each canvas pixel."""
        return self.zoom / self.dpr

    @property
    def is_upright(self) -> bool:
        """Whether the edges of canvas pixels run along those of the screen's."""
        return self.rotation % 90.0 == 0.0

    @property
    def middle(self) -> Point:
        """The middle of the view, in view pixels."""
        return Point(self.width / 2, self.height / 2)

    @property
    def transform(self) -> Affine:
        """Canvas → view."""
        cos, sin = _cos_sin(self.rotation)
        mirror = -1.0 if self.flipped else 1.0
        a, b = self.scale * cos * mirror, self.scale * sin * mirror
        c, d = -self.scale * sin, self.scale * cos
        x, y = self.center.x, self.center.y
        return Affine(a, b, c, d, self.width / 2 - (a * x + c * y), self.height / 2 - (b * x + d * y))

    def to_view(self, canvas_pos: Point) -> Point:
        """Where a canvas position is seen."""
        return self.transform.map(canvas_pos)

    def to_canvas(self, view_pos: Point) -> Point:
        """The canvas position under a view position."""
        return self.transform.inverted().map(view_pos)

    def view_bounds(self, rect: Rect) -> Bounds:
        """The box in the view around a rectangle of the canvas."""
        transform = self.transform
        return Bounds.around(transform.map(corner) for corner in corners(rect))

    def canvas_bounds(self, left: float, top: float, right: float, bottom: float) -> Bounds:
        """The box on the canvas around a rectangle of the view."""
        back = self.transform.inverted()
        return Bounds.around(
            back.map(Point(x, y)) for x, y in ((left, top), (right, top), (right, bottom), (left, bottom))
        )

    @property
    def visible(self) -> Rect:
        """The canvas pixels that the view may show, on the canvas or off it."""
        return self.canvas_bounds(0, 0, self.width, self.height).outer_rect()

    def resized(self, width: float, height: float, dpr: float) -> Viewport:
        """The same middle in a view of another size or on another screen."""
        return replace(self, width=width, height=height, dpr=dpr)

    def zoomed(self, zoom: float, anchor: Point | None = None) -> Viewport:
        """Another zoom, within its limits; the canvas position under the view position `anchor` stays there."""
        return self._anchored(replace(self, zoom=min(MAX_ZOOM, max(MIN_ZOOM, zoom))), anchor)

    def rotated(self, degrees: float, anchor: Point | None = None) -> Viewport:
        """Turned clockwise, as seen, around the view position `anchor` (None: the middle)."""
        return self._anchored(replace(self, rotation=_half_turns(self.rotation + degrees)), anchor)

    def mirrored(self) -> Viewport:
        """Left and right of what is seen swapped, around the middle of the view."""
        return replace(self, flipped=not self.flipped, rotation=_half_turns(-self.rotation))

    def holding(self, canvas_pos: Point, view_pos: Point) -> Viewport:
        """Pushed so that the canvas position is seen at the view position."""
        now = self.to_view(canvas_pos)
        return self.panned(view_pos.x - now.x, view_pos.y - now.y)

    def panned(self, dx: float, dy: float) -> Viewport:
        """The canvas pushed by so many view pixels."""
        back = self.transform.inverted()
        delta = Point(back.a * dx + back.c * dy, back.b * dx + back.d * dy)
        return replace(self, center=self.center - delta)

    def fitted(self, rect: Rect, margin_px: float = 0.0, max_zoom: float = MAX_ZOOM) -> Viewport:
        """All of `rect` in sight and in the middle, as large as goes, the rotation kept."""
        cos, sin = (abs(value) for value in _cos_sin(self.rotation))
        width = rect.width * cos + rect.height * sin
        height = rect.width * sin + rect.height * cos
        room_x = max(1.0, self.width - 2 * margin_px)
        room_y = max(1.0, self.height - 2 * margin_px)
        zoom = min(room_x / width, room_y / height) * self.dpr
        return replace(self, center=rect.center).zoomed(min(zoom, max_zoom))

    def kept_in_sight(self, canvas: Rect) -> Viewport:
        """Pushed back just so far that some of the canvas is seen."""
        seen = self.view_bounds(canvas)
        dx = _push(seen.left, seen.right, self.width)
        dy = _push(seen.top, seen.bottom, self.height)
        return self.panned(dx, dy) if dx or dy else self

    def snapped(self) -> Viewport:
        """Shifted by at most half a device pixel, so that upright canvas pixels begin where device pixels do."""
        if not self.is_upright:
            return self
        transform = self.transform
        dx = round(transform.dx * self.dpr) / self.dpr - transform.dx
        dy = round(transform.dy * self.dpr) / self.dpr - transform.dy
        return self.panned(dx, dy)

    def _anchored(self, moved: Viewport, anchor: Point | None) -> Viewport:
        if anchor is None:
            return moved
        return moved.holding(self.to_canvas(anchor), anchor)


def corners(rect: Rect) -> tuple[Point, Point, Point, Point]:
    """The four corners, clockwise from the top left."""
    return (
        Point(rect.left, rect.top),
        Point(rect.right, rect.top),
        Point(rect.right, rect.bottom),
        Point(rect.left, rect.bottom),
    )


def next_zoom(zoom: float, steps: int) -> float:
    """The zoom so many of the keys' stops further in (out where negative)."""
    # A hundredth of tolerance, so that 0.3333 counts as 1/3.
    above = [stop for stop in ZOOM_STEPS if stop > zoom * 1.01]
    below = [stop for stop in ZOOM_STEPS if stop < zoom * 0.99]
    if steps > 0:
        return above[min(steps, len(above)) - 1] if above else MAX_ZOOM
    if steps < 0:
        return below[max(steps, -len(below))] if below else MIN_ZOOM
    return zoom


def _cos_sin(degrees: float) -> tuple[float, float]:
    """Exact at quarter turns, where the library's would leave a pixel's edge between two pixels."""
    quarter, rest = divmod(degrees, 90.0)
    if rest == 0.0:
        return ((1.0, 0.0), (0.0, 1.0), (-1.0, 0.0), (0.0, -1.0))[int(quarter) % 4]
    angle = math.radians(degrees)
    return math.cos(angle), math.sin(angle)


def _half_turns(degrees: float) -> float:
    """The same turn as −180 < degrees ≤ 180, and never −0."""
    turned = 180.0 - (180.0 - degrees) % 360.0
    return turned + 0.0


def _push(low: float, high: float, room: float) -> float:
    """How far to move the stretch low … high so that some of it lies within 0 … room."""
    least = min(KEPT_IN_SIGHT_PX, room / 2, high - low)
    if high < least:
        return least - high
    if low > room - least:
        return room - least - low
    return 0.0
