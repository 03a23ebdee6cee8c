"""Dynamics: how the hand drives a brush. A sensor runs through a curve and changes one property of the dabs.

Values here know nothing of pixels: `imaging.tip_stroke` reads the sensors along a stroke and asks `Drive` for each dab.
"""

from __future__ import annotations

import functools
import math
import random
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import pairwise

_STEPS = 256


@dataclass(frozen=True, slots=True)
class Curve:
    """A smooth curve from (0 … 1) to (0 … 1) through its points, which an editor moves.

    Piecewise cubic after Fritsch and Carlson (1980): between two points it never leaves their range, so a curve whose
    points rise never dips. At least two points; x rises from 0 to 1. Raises ValueError on others.
    """

    points: tuple[tuple[float, float], ...] = ((0.0, 0.0), (1.0, 1.0))

    def __post_init__(self) -> None:
        xs = [x for x, _ in self.points]
        if len(xs) < 2 or xs[0] != 0.0 or xs[-1] != 1.0 or any(b <= a for a, b in pairwise(xs)):
            raise ValueError(f"a curve needs points whose x rise from 0 to 1, not {xs}")
        if not all(0.0 <= y <= 1.0 for _, y in self.points):
            raise ValueError("the values of a curve are 0 to 1")

    @classmethod
    def from_text(cls, text: str) -> Curve:
        """The curve that `text` of another one says. Raises ValueError."""
        points = []
        for word in text.split():
            x, _, y = word.partition(",")
            points.append((float(x), float(y)))
        return cls(tuple(points))

    @property
    def text(self) -> str:
        """The points as "x,y x,y …"."""
        return " ".join(f"{x:.4g},{y:.4g}" for x, y in self.points)

    @property
    def table(self) -> tuple[float, ...]:
        """257 values for x from 0 to 1."""
        return _table(self.points)

    def at(self, x: float) -> float:
        """The value at `x`, which is clamped to 0 … 1."""
        return self.table[int(min(1.0, max(0.0, x)) * _STEPS + 0.5)]


LINEAR = Curve()
FALLING = Curve(((0.0, 1.0), (1.0, 0.0)))
SOFT = Curve(((0.0, 0.0), (0.35, 0.6), (1.0, 1.0)))
"""Little pressure does much already."""


@functools.lru_cache(maxsize=256)
def _table(points: tuple[tuple[float, float], ...]) -> tuple[float, ...]:
    slopes = _slopes(points)
    values = []
    piece = 0
    for i in range(_STEPS + 1):
        x = i / _STEPS
        while piece < len(points) - 2 and x > points[piece + 1][0]:
            piece += 1
        (x0, y0), (x1, y1) = points[piece], points[piece + 1]
        width = x1 - x0
        t = (x - x0) / width
        value = (
            y0 * (1 + 2 * t) * (1 - t) ** 2
            + slopes[piece] * width * t * (1 - t) ** 2
            + y1 * t * t * (3 - 2 * t)
            - slopes[piece + 1] * width * t * t * (1 - t)
        )
        values.append(min(1.0, max(0.0, value)))
    return tuple(values)


def _slopes(points: Sequence[tuple[float, float]]) -> list[float]:
    """The slope at each point: zero where the curve turns, else the harmonic mean of both sides."""
    pairs = list(pairwise(points))
    secants = [(b[1] - a[1]) / (b[0] - a[0]) for a, b in pairs]
    widths = [b[0] - a[0] for a, b in pairs]
    if len(secants) == 1:
        return [secants[0]] * 2
    inner = []
    for before, after, w0, w1 in zip(secants, secants[1:], widths, widths[1:], strict=False):
        if before * after <= 0.0:
            inner.append(0.0)
        else:
            first, last = 2 * w1 + w0, w1 + 2 * w0
            inner.append((first + last) / (first / before + last / after))
    return [_end_slope(secants[0], inner[0]), *inner, _end_slope(secants[-1], inner[-1])]


def _end_slope(secant: float, neighbour: float) -> float:
    """So that the first and last piece are parabolas, as far as they stay monotone."""
    slope = 1.5 * secant - 0.5 * neighbour
    if slope * secant <= 0.0:
        return 0.0
    return math.copysign(min(abs(slope), 3 * abs(secant)), secant)


class Property(Enum):
    """What of a dab is driven; the value is stored in files."""

    SIZE = "size"
    OPACITY = "opacity"
    FLOW = "flow"
    HARDNESS = "hardness"
    ANGLE = "angle"
    ROUNDNESS = "roundness"
    SCATTER = "scatter"
    SPACING = "spacing"
    HUE = "hue"
    SATURATION = "saturation"
    VALUE = "value"

    @property
    def shifts_color(self) -> bool:
        """Whether it changes the colour of the dab."""
        return self in (Property.HUE, Property.SATURATION, Property.VALUE)


class Sensor(Enum):
    """What drives it; the value is stored in files. All sensors read 0 … 1."""

    PRESSURE = "pressure"
    TILT = "tilt"
    """0: upright, 1: 60° or flatter."""
    TILT_DIRECTION = "tilt_direction"
    """Where the stylus leans to, a turn from 0 to 1."""
    SPEED = "speed"
    """1 at FASTEST_PX_S on the screen."""
    DIRECTION = "direction"
    """Where the stroke goes to, a turn from 0 to 1; 0 is to the right, clockwise on the screen."""
    RANDOM = "random"
    """Another number for every dab."""
    STROKE_RANDOM = "stroke_random"
    """Another number for every stroke."""
    FADE = "fade"
    """0 at the begin of the stroke, 1 after `BrushParams.fade_length` sizes."""


FASTEST_PX_S = 2500.0
FLATTEST_DEGREES = 60.0


@dataclass(frozen=True, slots=True)
class Driver:
    """One sensor that drives one property.

    Size, opacity, flow, hardness, roundness, scatter and spacing are multiplied by `1 - strength × (1 - curve)`; the
    angle turns by `strength × curve` of a full turn; hue, saturation and value shift by up to `strength` either way,
    not at all where the curve is at its middle. A mouse has no pressure: drivers by pressure rest then.
    """

    property: Property
    sensor: Sensor
    curve: Curve = LINEAR
    strength: float = 1.0

    def __post_init__(self) -> None:
        if not 0.0 <= self.strength <= 1.0:
            raise ValueError(f"the strength of a driver is 0 to 1, not {self.strength}")


@dataclass(slots=True)
class Readings:
    """What the sensors say at one place of a stroke; all 0 … 1 but `pressure`, which is None for a mouse."""

    pressure: float | None = None
    tilt: float = 0.0
    tilt_direction: float = 0.0
    speed: float = 0.0
    direction: float = 0.0
    stroke_random: float = 0.0
    fade: float = 0.0


class Drive:
    """The drivers of a brush, ready for one stroke. The same seed gives the same stroke."""

    def __init__(self, drivers: Sequence[Driver], seed: int) -> None:
        # No cryptography: what counts is that a replay gives the same.
        self._random = random.Random(seed)
        self.stroke_random = self._random.random()
        self._by_property: dict[Property, list[tuple[Sensor, tuple[float, ...], float]]] = {}
        for driver in drivers:
            if driver.strength > 0.0:
                entry = (driver.sensor, driver.curve.table, driver.strength)
                self._by_property.setdefault(driver.property, []).append(entry)
        self.shifts_color = any(each.shifts_color for each in self._by_property)
        self.follows_direction = any(driver.sensor is Sensor.DIRECTION for driver in drivers)

    def random(self) -> float:
        """The next random number of the stroke, 0 … 1."""
        return self._random.random()

    def factor(self, which: Property, readings: Readings) -> float:
        """What to multiply the property with, 0 … 1."""
        result = 1.0
        for sensor, table, strength in self._by_property.get(which, ()):
            value = self._read(sensor, readings)
            if value is not None:
                result *= 1.0 - strength * (1.0 - table[int(value * _STEPS + 0.5)])
        return result

    def turn(self, readings: Readings) -> float:
        """By how many degrees the tip is turned."""
        result = 0.0
        for sensor, table, strength in self._by_property.get(Property.ANGLE, ()):
            value = self._read(sensor, readings)
            if value is not None:
                result += 360.0 * strength * table[int(value * _STEPS + 0.5)]
        return result

    def shift(self, which: Property, readings: Readings) -> float:
        """By how much hue (of a turn), saturation or value is shifted, −1 … 1."""
        result = 0.0
        for sensor, table, strength in self._by_property.get(which, ()):
            value = self._read(sensor, readings)
            if value is not None:
                result += strength * (2.0 * table[int(value * _STEPS + 0.5)] - 1.0)
        return min(1.0, max(-1.0, result))

    def _read(self, sensor: Sensor, readings: Readings) -> float | None:
        if sensor is Sensor.RANDOM:
            return self._random.random()
        return getattr(readings, sensor.value)  # type: ignore[no-any-return]
