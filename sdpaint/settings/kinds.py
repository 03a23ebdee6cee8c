"""Values by the type that a setting is annotated with: whether they fit it, and what they are in JSON."""

from __future__ import annotations

import types
import typing
from enum import Enum
from pathlib import Path
from typing import Any


def fits(value: object, kind: Any) -> bool:
    """Whether it is of this type: bool, int, str, Path, an Enum, one of several, a tuple of one, a dict by str."""
    if typing.get_origin(kind) is dict:
        of = typing.get_args(kind)[1]
        return isinstance(value, dict) and all(
            isinstance(key, str) and fits(part, of) for key, part in value.items()
        )
    if typing.get_origin(kind) is tuple:
        of = typing.get_args(kind)[0]
        return isinstance(value, tuple) and all(isinstance(part, of) for part in value)
    if isinstance(kind, types.UnionType):
        return any(fits(value, part) for part in typing.get_args(kind))
    if kind is int:
        return isinstance(value, int) and not isinstance(value, bool)
    return isinstance(value, kind)


def encoded(value: Any) -> Any:
    """As a JSON value."""
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, tuple):
        return [encoded(part) for part in value]
    if isinstance(value, dict):
        return {key: encoded(part) for key, part in value.items()}
    return value


def decoded(value: Any, kind: Any) -> Any:
    """Of a JSON value. Raises TypeError or ValueError where it can't be of this type; what `fits` says stays to do."""
    if typing.get_origin(kind) is tuple:
        if not isinstance(value, list):
            raise TypeError("not a list")
        return tuple(decoded(part, typing.get_args(kind)[0]) for part in value)
    if typing.get_origin(kind) is dict:
        if not isinstance(value, dict):
            raise TypeError("not an object")
        return {key: decoded(part, typing.get_args(kind)[1]) for key, part in value.items()}
    if isinstance(kind, types.UnionType):
        return None if value is None else decoded(value, typing.get_args(kind)[0])
    if kind is Path:
        if not isinstance(value, str) or not value or "\0" in value:
            raise TypeError("not a path")
        return Path(value)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return kind(value)
    return value
