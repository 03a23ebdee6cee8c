"""Symmetry: the other places where a dab is laid at the same time."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import Enum
from typing import TypeVar

from sdpaint.imaging.brush import Dab
from sdpaint.imaging.geometry import Point, Rect
from sdpaint.imaging.tip_stroke import TipDab

AnyDab = TypeVar("AnyDab", bound=Dab | TipDab)

MAX_ARMS = 32


class SymmetryKind(Enum):
    """How the picture repeats; the value is stored."""

    NONE = "none"
    VERTICAL = "vertical"
    """Left and right of a vertical axis."""
    HORIZONTAL = "horizontal"
    """Above and below a horizontal axis."""
    BOTH = "both"
    RADIAL = "radial"
    """Turned around a point."""
    MANDALA = "mandala"
    """Turned around a point, and each arm mirrored."""


@dataclass(frozen=True)
class Symmetry:
    """`arms` (2 … 32) counts for radial and mandala. The centre is a share of the canvas, from its upper left corner.

    Raises ValueError on other numbers of arms.
    """

    kind: SymmetryKind = SymmetryKind.NONE
    arms: int = 6
    centre_x: float = 0.5
    centre_y: float = 0.5

    def __post_init__(self) -> None:
        if not 2 <= self.arms <= MAX_ARMS:
            raise ValueError(f"symmetry has 2 to {MAX_ARMS} arms, not {self.arms}")

    def centre(self, canvas: Rect) -> Point:
        """Where axes cross, in canvas pixels."""
        return Point(canvas.left + canvas.width * self.centre_x, canvas.top + canvas.height * self.centre_y)

    @property
    def images(self) -> tuple[tuple[float, bool], ...]:
        """(turn in radians, whether mirrored at the horizontal first) of every image but the original."""
        match self.kind:
            case SymmetryKind.NONE:
                return ()
            case SymmetryKind.VERTICAL:
                return ((math.pi, True),)
            case SymmetryKind.HORIZONTAL:
                return ((0.0, True),)
            case SymmetryKind.BOTH:
                return (math.pi, True), (0.0, True), (math.pi, False)
        turns = [math.tau * i / self.arms for i in range(self.arms)]
        turned = tuple((turn, False) for turn in turns[1:])
        if self.kind is SymmetryKind.RADIAL:
            return turned
        # Mirrored at the vertical axis, where the first arm is.
        return turned + tuple((turn + math.pi, True) for turn in turns)

    def axes(self) -> tuple[float, ...]:
        """Directions (radians, clockwise from the right) of the rays from the centre that the canvas shows."""
        match self.kind:
            case SymmetryKind.NONE:
                return ()
            case SymmetryKind.VERTICAL:
                return math.pi / 2, -math.pi / 2
            case SymmetryKind.HORIZONTAL:
                return 0.0, math.pi
            case SymmetryKind.BOTH:
                return 0.0, math.pi / 2, math.pi, -math.pi / 2
        return tuple(math.tau * i / self.arms - math.pi / 2 for i in range(self.arms))

    def repeated(self, dabs: Iterable[AnyDab], canvas: Rect) -> list[AnyDab]:
        """The dabs and all their images."""
        images = [(math.cos(turn), math.sin(turn), turn, mirrored) for turn, mirrored in self.images]
        centre = self.centre(canvas)
        result: list[AnyDab] = []
        for dab in dabs:
            result.append(dab)
            dx, dy = dab.x - centre.x, dab.y - centre.y
            for image, (cos, sin, turn, mirrored) in enumerate(images, 1):
                y = -dy if mirrored else dy
                place = Point(centre.x + cos * dx - sin * y, centre.y + sin * dx + cos * y)
                result.append(_moved(dab, place.x, place.y, turn, mirrored, image))
        return result


def wrapped(dabs: Iterable[AnyDab], canvas: Rect) -> list[AnyDab]:
    """The dabs on a canvas whose edges meet: what leaves at one side comes back at the other."""
    result: list[AnyDab] = []
    for dab in dabs:
        x = canvas.left + (dab.x - canvas.left) % canvas.width
        y = canvas.top + (dab.y - canvas.top) % canvas.height
        # A turned square reaches as far as its diagonal.
        reach = 0.71 * dab.size_px + 1
        for column in _copies(x, canvas.left, canvas.width, reach):
            for row in _copies(y, canvas.top, canvas.height, reach):
                result.append(_moved(dab, column, row, 0.0, False, 0))  # noqa: PERF401 - two loops read better
    return result


def _copies(place: float, start: int, length: int, reach: float) -> list[float]:
    copies = [place]
    if place - reach < start:
        copies.append(place + length)
    if place + reach > start + length:
        copies.append(place - length)
    return copies


def _moved(dab: AnyDab, x: float, y: float, turn: float, mirrored: bool, image: int) -> AnyDab:
    if isinstance(dab, TipDab):
        angle = math.degrees(turn) + (-dab.angle if mirrored else dab.angle)
        return replace(dab, x=x, y=y, angle=angle, is_mirrored=dab.is_mirrored != mirrored, image=image)
    return replace(dab, x=x, y=y)
