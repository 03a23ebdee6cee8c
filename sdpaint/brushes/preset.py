"""Presets: a brush with a name, and how it is written as JSON."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from sdpaint.errors import FileError
from sdpaint.imaging.blend import BlendMode
from sdpaint.imaging.brush import BrushParams
from sdpaint.imaging.dynamics import Curve, Driver, Property, Sensor
from sdpaint.imaging.tips import Grain, Tip

TipLoader = Callable[[str], Tip]
"""From the name of a tip. Raises KeyError where there is none."""

OWN_GROUP = "My brushes"


@dataclass(frozen=True)
class Preset:
    """A brush to choose. Names are unique within a library."""

    name: str
    group: str
    params: BrushParams
    is_bundled: bool = True

    def matches(self, words: str) -> bool:
        """Whether every word stands in the name or the group."""
        text = f"{self.name} {self.group}".casefold()
        return all(word in text for word in words.casefold().split())


def preset_to_json(preset: Preset) -> dict[str, Any]:
    """As plain JSON values."""
    return {"name": preset.name, "group": preset.group, "brush": params_to_json(preset.params)}


def preset_from_json(data: object, load_tip: TipLoader, is_bundled: bool) -> Preset:
    """Raises FileError where the data aren't a preset."""
    if not isinstance(data, Mapping) or not isinstance(data.get("name"), str) or not data["name"].strip():
        raise FileError("A brush preset has no name", hint="It was left out; save it anew")
    group = data.get("group", OWN_GROUP)
    try:
        params = params_from_json(data.get("brush", {}), load_tip)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise FileError(f'The brush "{data["name"]}" can\'t be read', hint="It was left out; save it anew") from error
    return Preset(data["name"], group if isinstance(group, str) else OWN_GROUP, params, is_bundled)


_PLAIN = BrushParams()


def params_to_json(params: BrushParams) -> dict[str, Any]:
    """What differs from the plain brush."""
    result: dict[str, Any] = {}
    for each in dataclasses.fields(BrushParams):
        value = getattr(params, each.name)
        if value != getattr(_PLAIN, each.name):
            result[each.name] = _encoded(value)
    return result


def _encoded(value: Any) -> Any:
    match value:
        case Enum():
            return value.value
        case Tip():
            return value.name
        case Grain():
            return {"kind": value.kind, "scale": value.scale, "depth": value.depth}
        case tuple():
            return [_encoded(part) for part in value]
        case Driver():
            driver: dict[str, Any] = {"property": value.property.value, "sensor": value.sensor.value}
            if value.strength != 1.0:
                driver["strength"] = value.strength
            if value.curve != Curve():
                driver["curve"] = [list(point) for point in value.curve.points]
            return driver
    return value


def params_from_json(data: Mapping[str, Any], load_tip: TipLoader) -> BrushParams:
    """The brush. What isn't known, such as a newer sdpaint's, is passed over.

    Raises ValueError, TypeError, KeyError or AttributeError on values that can't be.
    """
    values: dict[str, Any] = {}
    for each in dataclasses.fields(BrushParams):
        if each.name in data:
            values[each.name] = _decoded(each.name, data[each.name], load_tip)
    return BrushParams(**values)


def _decoded(name: str, value: Any, load_tip: TipLoader) -> Any:
    match name:
        case "tip":
            return None if value is None else load_tip(value)
        case "grain":
            return None if value is None else Grain(**value)
        case "blend_mode":
            return BlendMode(value)
        case "drivers":
            return tuple(_driver(each) for each in value)
    default = getattr(_PLAIN, name)
    if isinstance(default, bool):
        if not isinstance(value, bool):
            raise TypeError(f"{name} is yes or no")
        return value
    number = float(value)
    if not math.isfinite(number):
        raise ValueError(f"{name} isn't a number")
    return number


def _driver(data: Mapping[str, Any]) -> Driver:
    points = data.get("curve")
    curve = Curve() if points is None else Curve(tuple((float(x), float(y)) for x, y in points))
    return Driver(Property(data["property"]), Sensor(data["sensor"]), curve, float(data.get("strength", 1.0)))
