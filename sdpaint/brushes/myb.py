"""MyPaint brushes (.myb, version 3): what of them a brush of sdpaint can do likewise, and what it can't.

After libmypaint's brushsettings.json: a setting has a base value and curves of inputs that are added to it. Radii are
natural logarithms of pixels, dabs are counted per radius, `opaque` is what overlapping dabs reach together as far as
`opaque_linearize` says so.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from sdpaint.errors import FileError
from sdpaint.fileio.problems import reading
from sdpaint.imaging.blend import BlendMode
from sdpaint.imaging.brush import MAX_SIZE_PX, MIN_SIZE_PX, BrushParams
from sdpaint.imaging.dynamics import Curve, Driver, Property, Sensor

_SENSORS = {"pressure": Sensor.PRESSURE, "random": Sensor.RANDOM}
_RANGES = {"pressure": (0.0, 1.0), "random": (0.0, 1.0)}
_COLORS = {"color_h": Property.HUE, "color_s": Property.SATURATION, "color_v": Property.VALUE}

_UNDERSTOOD = frozenset(
    {
        "radius_logarithmic",
        "hardness",
        "opaque",
        "opaque_multiply",
        "opaque_linearize",
        "dabs_per_actual_radius",
        "dabs_per_basic_radius",
        "dabs_per_second",
        "elliptical_dab_ratio",
        "elliptical_dab_angle",
        "offset_by_random",
        "radius_by_random",
        "smudge",
        "smudge_length",
        "eraser",
        *_COLORS,
    }
)
_HARMLESS = frozenset(
    {
        "anti_aliasing",
        "custom_input",    # an input of others, where it is told
        "custom_input_slowness",
        "direction_filter",
        "gridmap_scale",
        "gridmap_scale_x",
        "gridmap_scale_y",
        "offset_by_speed_slowness",
        "paint_mode",
        "restore_color",
        "speed1_gamma",
        "speed1_slowness",
        "speed2_gamma",
        "speed2_slowness",
        "stroke_duration_logarithmic",
        "stroke_holdtime",
        "stroke_threshold",
    }
)
"""Of no effect by themselves, or of hardly any."""


@dataclass(frozen=True)
class MyPaintBrush:
    """The brush, and the settings that it has and sdpaint's lacks, in MyPaint's words."""

    params: BrushParams
    left_out: tuple[str, ...] = ()


def read_myb(path: Path) -> MyPaintBrush:
    """Raises FileError where it can't be read or isn't one."""
    with reading(path):
        data = path.read_bytes()
    return parse_myb(data, path.stem)


def parse_myb(data: bytes, name: str) -> MyPaintBrush:
    """The brush in these bytes. Raises FileError."""
    hint = "Choose a .myb file of version 3, as MyPaint 1.0 and later write it"
    try:
        found = json.loads(data)
        if found["version"] != 3:
            raise FileError(f"{name} is a MyPaint brush of version {found['version']}", hint=hint)
        settings = _Settings(found["settings"])
        return MyPaintBrush(_params(settings), settings.left_out())
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError) as error:
        raise FileError(f"{name} isn't a MyPaint brush", hint=hint) from error


class _Settings:
    """Base values and curves, and which inputs were asked for."""

    def __init__(self, data: Mapping[str, Any]) -> None:
        self._data = {
            name: (_finite(each.get("base_value", 0.0)), dict(each.get("inputs", {}))) for name, each in data.items()
        }
        self._used: set[tuple[str, str]] = set()

    def base(self, name: str, default: float = 0.0) -> float:
        """The value without inputs."""
        return self._data[name][0] if name in self._data else default

    def points(self, name: str, source: str) -> list[tuple[float, float]]:
        """Of the curve by which an input adds to the setting, over the input's range; empty where there's none."""
        if name not in self._data or source not in self._data[name][1]:
            return []
        self._used.add((name, source))
        return _over(self._data[name][1][source], *_RANGES[source])

    def follows(self, name: str, source: str) -> bool:
        """Whether a setting in degrees turns along with an input in degrees."""
        points = self._data[name][1].get(source, ()) if name in self._data else ()
        turns_along = _acts(points) and all(abs(float(y) - float(x)) < 1e-3 for x, y in points)
        if turns_along:
            self._used.add((name, source))
        return turns_along

    def driven(
        self, name: str, default: float, which: Property, read: Callable[[float], float]
    ) -> tuple[float, list[Driver]]:
        """A setting whose values `read` takes to those of a property: the largest, and how one input gets there.

        MyPaint adds what its inputs say and we multiply, which is the same for one of them: the first that acts.
        """
        base = self.base(name, default)
        for source, sensor in _SENSORS.items():
            if name in self._data and _acts(self._data[name][1].get(source, ())):
                values = [(x, read(base + y)) for x, y in self.points(name, source)]
                return max(y for _, y in values), _driver(which, sensor, values)
        return read(base), []

    def left_out(self) -> tuple[str, ...]:
        """What has an effect and wasn't asked for."""
        lost = []
        for name, (base, inputs) in sorted(self._data.items()):
            if name not in _UNDERSTOOD and name not in _HARMLESS and (base != 0.0 or any(map(_acts, inputs.values()))):
                lost.append(_words(name))
            elif name in _UNDERSTOOD:
                lost += [
                    f"{_words(name)} by {_words(source)}"
                    for source, points in sorted(inputs.items())
                    if (name, source) not in self._used and _acts(points)
                ]
        return tuple(lost)


def _params(settings: _Settings) -> BrushParams:
    drivers: list[Driver] = []
    size = 2 * math.exp(min(10.0, settings.base("radius_logarithmic", 2.0)))
    for source, sensor in _SENSORS.items():
        points = settings.points("radius_logarithmic", source)
        if points:
            size *= math.exp(min(10.0, max(y for _, y in points)))
            drivers += _driver(Property.SIZE, sensor, [(x, math.exp(min(10.0, y))) for x, y in points])
    wobble = settings.base("radius_by_random")
    if wobble > 0.0:
        drivers.append(Driver(Property.SIZE, Sensor.RANDOM, strength=1 - math.exp(-min(3.0, 2 * wobble))))
    opacity, opaque_drivers = _opacity(settings)
    is_linear = settings.base("opaque_linearize", 0.9) >= 0.5
    hardness, hardness_drivers = settings.driven("hardness", 0.8, Property.HARDNESS, _unit)
    scatter, scatter_drivers = settings.driven(
        "offset_by_random", 0.0, Property.SCATTER, lambda radii: min(5.0, max(0.0, radii))
    )
    roundness, roundness_drivers = settings.driven(
        "elliptical_dab_ratio", 1.0, Property.ROUNDNESS, lambda ratio: max(0.02, 1 / max(1.0, ratio))
    )
    angle, angle_drivers = _angle(settings)
    if roundness == 1.0 and not roundness_drivers:
        angle, angle_drivers = 0.0, []      # a disc that is turned is the same disc
    drivers += [*hardness_drivers, *scatter_drivers, *roundness_drivers, *angle_drivers]
    per_diameter = 2 * (settings.base("dabs_per_actual_radius", 2.0) + settings.base("dabs_per_basic_radius"))
    # MyPaint measures the way in the ellipse: across a flat dab it is as many times as long.
    turns_along = any(driver.sensor is Sensor.DIRECTION for driver in angle_drivers)
    if not turns_along or abs(math.sin(math.radians(angle))) > 0.5:
        per_diameter /= roundness
    smudge = _unit(settings.base("smudge"))
    for name, which in _COLORS.items():
        points = settings.points(name, "random")
        span = max((abs(y) for _, y in points), default=0.0)
        if span > 0.0:
            drivers.append(Driver(which, Sensor.RANDOM, strength=_unit(span)))
    return BrushParams(
        size_px=min(MAX_SIZE_PX, max(MIN_SIZE_PX, size)),
        hardness=hardness,
        opacity=opacity if is_linear else 1.0,
        flow=1.0 if is_linear else max(0.01, opacity),
        build_up=not is_linear,
        spacing=min(10.0, max(0.01, 1 / per_diameter if per_diameter > 0.0 else 10.0)),
        pressure_size=False,
        roundness=roundness,
        angle=math.remainder(angle, 360.0),
        scatter=scatter,
        airbrush_hz=min(200.0, max(0.0, settings.base("dabs_per_second"))),
        smudge=0.5 + 0.5 * _unit(settings.base("smudge_length", 0.5)) if smudge > 0.0 else 0.0,
        paint_load=(1 - smudge) if smudge > 0.0 else 0.0,
        blend_mode=BlendMode.ERASE if settings.base("eraser") >= 0.5 else BlendMode.NORMAL,
        drivers=(*drivers, *opaque_drivers),
    )


def _angle(settings: _Settings) -> tuple[float, list[Driver]]:
    """Degrees clockwise, as both count them, and what turns the dabs on from there."""
    angle, drivers = settings.base("elliptical_dab_angle"), []
    turned = settings.points("elliptical_dab_angle", "random")
    low, high = min((y for _, y in turned), default=0.0), max((y for _, y in turned), default=0.0)
    if high > low:
        angle, span = angle + low, high - low
        curve = Curve(tuple((x, (y - low) / span) for x, y in turned))
        drivers.append(Driver(Property.ANGLE, Sensor.RANDOM, curve, min(1.0, span / 360)))
    if settings.follows("elliptical_dab_angle", "direction"):
        drivers.append(Driver(Property.ANGLE, Sensor.DIRECTION))
    return angle, drivers


def _opacity(settings: _Settings) -> tuple[float, list[Driver]]:
    """What a stroke reaches at full pressure, and how pressure gets there: `opaque` times `opaque_multiply`."""
    base = settings.base("opaque", 1.0)
    added = settings.points("opaque", "pressure")
    factor = settings.base("opaque_multiply", 1.0)
    times = settings.points("opaque_multiply", "pressure")
    if not added and not times:
        return _unit(base * (factor if factor > 0.0 else 1.0)), []
    xs = sorted({x for x, _ in (*added, *times)})
    values = [
        (x, _unit((base + _at(added, x)) * ((factor + _at(times, x)) if times else (factor or 1.0)))) for x in xs
    ]
    most = max(y for _, y in values)
    return (most or 1.0), _driver(Property.OPACITY, Sensor.PRESSURE, values)


def _acts(points: Sequence[Sequence[float]]) -> bool:
    return any(_finite(y) != 0.0 for _, y in points)


def _driver(which: Property, sensor: Sensor, values: Sequence[tuple[float, float]]) -> list[Driver]:
    """A driver that has these values, relative to the largest; none where they are all the same."""
    most = max(y for _, y in values)
    if most <= 0.0 or min(y for _, y in values) == most:
        return []
    return [Driver(which, sensor, Curve(tuple((x, _unit(y / most)) for x, y in values)))]


def _over(points: Sequence[Sequence[float]], low: float, high: float) -> list[tuple[float, float]]:
    """The points of a curve cut to a range of its input, which becomes 0 … 1; it goes on level beyond its ends."""
    given = [(_finite(x), _finite(y)) for x, y in points]
    ends = [(low, _at(given, low)), (high, _at(given, high))]
    inside = sorted({*ends, *((x, y) for x, y in given if low < x < high)})
    by_place = {round((x - low) / (high - low), 6): y for x, y in inside}
    return sorted(by_place.items())


def _at(points: Sequence[tuple[float, float]], x: float) -> float:
    """A polyline at x; 0 where there is none."""
    if not points:
        return 0.0
    if x <= points[0][0]:
        return points[0][1]
    for (x0, y0), (x1, y1) in pairwise(points):
        if x <= x1:
            return y0 if x1 == x0 else y0 + (y1 - y0) * (x - x0) / (x1 - x0)
    return points[-1][1]


def _finite(value: Any) -> float:
    number = float(value)
    if not math.isfinite(number):
        raise ValueError(f"{value} isn't a number")
    return number


def _unit(value: float) -> float:
    return min(1.0, max(0.0, value))


def _words(name: str) -> str:
    return name.replace("_", " ")
