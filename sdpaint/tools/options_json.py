"""Options of tools as JSON values and back: frozen dataclasses of numbers, words, enums, tuples and each other."""

from __future__ import annotations

import dataclasses
import types
import typing
from enum import Enum
from typing import Any


def to_json(value: Any) -> Any:
    """The value as JSON has it."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {each.name: to_json(getattr(value, each.name)) for each in dataclasses.fields(value)}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, tuple):
        return [to_json(part) for part in value]
    return value


def from_json(data: Any, kind: Any) -> Any:
    """The value of this type. Fields that are missing take their defaults, ones that aren't known are passed over.

    Raises ValueError, TypeError or KeyError where it can't be one.
    """
    if isinstance(kind, types.UnionType):
        inner = [each for each in typing.get_args(kind) if each is not type(None)]
        return None if data is None else from_json(data, inner[0])
    if typing.get_origin(kind) is tuple:
        if not isinstance(data, list):
            raise TypeError(f"{data!r} is no list")
        return tuple(from_json(part, typing.get_args(kind)[0]) for part in data)
    if dataclasses.is_dataclass(kind):
        if not isinstance(data, dict):
            raise TypeError(f"{data!r} is no object")
        types_of = typing.get_type_hints(kind)
        names = [each.name for each in dataclasses.fields(kind) if each.name in data]
        return typing.cast(Any, kind)(**{name: from_json(data[name], types_of[name]) for name in names})
    if isinstance(kind, type) and issubclass(kind, Enum):
        return kind(data)
    if kind is float and isinstance(data, int) and not isinstance(data, bool):
        return float(data)
    if type(data) is not kind:
        raise TypeError(f"{data!r} is no {kind.__name__}")
    return data
