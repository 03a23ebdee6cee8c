"""Documents as JSON for the journal, told from their types: a field that is added to a layer is journaled by itself.

A dataclass of sdpaint becomes its name and its fields, an enum its name and value; of a tile map only the serial
stands here, since its pixels are records of their own. Numbers, text, None and tuples are JSON as they are. Names
hold for the version that wrote them, which is enough: a journal lives from a crash to the next start.
"""

from __future__ import annotations

import base64
import dataclasses
import importlib
from collections.abc import Callable, Iterator, Mapping
from enum import Enum
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from sdpaint.document.document import Document
from sdpaint.document.journal_format import Damaged
from sdpaint.errors import SdPaintError
from sdpaint.imaging.geometry import Size
from sdpaint.imaging.tiles import TileMap

# Keys that say what an object of the JSON stands for.
_MAP, _TYPE, _FIELDS, _VALUE = "map", "type", "fields", "value"
_PATH, _BYTES, _PAIRS, _SET = "path", "bytes", "pairs", "set"


def to_json(value: Any, serial_of: Callable[[TileMap], int]) -> Any:
    """A document or a part of one; `serial_of` is asked for the number of each tile map that it holds.

    Raises TypeError for what the journal doesn't know.
    """
    match value:
        case Enum():
            return {_TYPE: _name(type(value)), _VALUE: to_json(value.value, serial_of)}
        case None | bool() | int() | float() | str():
            return value
        case np.generic():      # a number that came out of an array
            return value.item()
        case TileMap():
            return {_MAP: serial_of(value)}
        case tuple():
            return [to_json(part, serial_of) for part in value]
        case Path():
            return {_PATH: str(value)}
        case bytes():
            return {_BYTES: base64.b64encode(value).decode("ascii")}
        case frozenset():
            return {_SET: [to_json(part, serial_of) for part in value]}
        case Mapping():
            return {_PAIRS: [[to_json(key, serial_of), to_json(value[key], serial_of)] for key in value]}
    if not dataclasses.is_dataclass(value):
        raise TypeError(f"the journal can't keep a {type(value).__name__}")
    fields = {
        field.name: to_json(getattr(value, field.name), serial_of)
        for field in dataclasses.fields(value)
        if field.init
    }
    return {_TYPE: _name(type(value)), _FIELDS: fields}


def document_from_json(value: Any, map_of: Callable[[int], TileMap]) -> Document:
    """The document that `to_json` was given; `map_of` gives the maps by their numbers. Raises Damaged."""
    document = from_json(value, map_of)
    if not isinstance(document, Document):
        raise Damaged("a state is no document")
    return document


def from_json(value: Any, map_of: Callable[[int], TileMap]) -> Any:
    """What `to_json` was given. Raises Damaged where it, or what sdpaint is now, doesn't allow that."""
    try:
        return _from_json(value, map_of)
    except Damaged:
        raise
    except (SdPaintError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise Damaged(f"a value is damaged: {error}") from error


def size_from_json(value: Any) -> Size:
    """The size of a document's canvas. Raises Damaged."""
    try:
        fields = value[_FIELDS]["size"][_FIELDS]
        return Size(fields["width"], fields["height"])
    except (KeyError, TypeError, ValueError) as error:
        raise Damaged(f"a state is damaged: {error}") from error


def maps_in(value: Any) -> Iterator[int]:
    """The numbers of all tile maps in the JSON of a document."""
    if isinstance(value, dict):
        if _MAP in value:
            yield value[_MAP]
        else:
            for part in value.values():
                yield from maps_in(part)
    elif isinstance(value, list):
        for part in value:
            yield from maps_in(part)


def _from_json(value: Any, map_of: Callable[[int], TileMap]) -> Any:
    if isinstance(value, list):
        return tuple(_from_json(part, map_of) for part in value)
    if not isinstance(value, dict):
        return value
    if _MAP in value:
        return map_of(value[_MAP])
    if _PATH in value:
        return Path(value[_PATH])
    if _BYTES in value:
        return base64.b64decode(value[_BYTES], validate=True)
    if _SET in value:
        return frozenset(_from_json(part, map_of) for part in value[_SET])
    if _PAIRS in value:
        return {_from_json(key, map_of): _from_json(part, map_of) for key, part in value[_PAIRS]}
    kind = _type_of(value[_TYPE])
    if _VALUE in value:
        return kind(_from_json(value[_VALUE], map_of))
    return kind(**{name: _from_json(part, map_of) for name, part in value[_FIELDS].items()})


def _name(kind: type) -> str:
    name = f"{kind.__module__}.{kind.__qualname__}"
    if not _is_ours(kind.__module__):
        raise TypeError(f"the journal can't keep a {name}")
    return name


@cache
def _type_of(name: str) -> type:
    """The dataclass or enum of this name. Raises ValueError where sdpaint has none."""
    module, _, qualname = name.rpartition(".")
    try:
        kind = getattr(importlib.import_module(module), qualname) if _is_ours(module) else None
    except (ImportError, AttributeError) as error:
        raise ValueError(f"there is no {name}") from error
    if not isinstance(kind, type) or not (dataclasses.is_dataclass(kind) or issubclass(kind, Enum)):
        raise ValueError(f"{name} is nothing that a document holds")
    return kind


def _is_ours(module: str) -> bool:
    return module.partition(".")[0] == __name__.partition(".")[0]
