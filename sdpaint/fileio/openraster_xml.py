"""The layer stack of an OpenRaster file, read without the means of XML attacks."""

from __future__ import annotations

import math
from xml.etree import ElementTree as ET
from xml.parsers import expat

from sdpaint.errors import FileError

_MAX_ELEMENTS = 10_000
_MAX_DEPTH = 100
_FARTHEST_PX = 2**24


def damaged(name: str, why: str) -> FileError:
    """What to raise for a file called `name`."""
    return FileError(f"{name} is damaged or no OpenRaster file ({why})", hint="Get the file anew, or use a backup")


def parse_xml(raw: bytes, name: str) -> ET.Element:
    """The XML as a tree, without document type and so without entities, the means of every XML attack.

    Raises FileError.
    """
    builder = ET.TreeBuilder()
    parser = expat.ParserCreate()
    count = 0
    depth = 0

    def refuse(*_: object) -> None:
        raise damaged(name, "its layer stack declares a document type")

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal count, depth
        count, depth = count + 1, depth + 1
        if count > _MAX_ELEMENTS or depth > _MAX_DEPTH:
            raise damaged(name, "its layer stack is too large")
        builder.start(tag, attributes)

    def end(tag: str) -> None:
        nonlocal depth
        depth -= 1
        builder.end(tag)

    parser.StartDoctypeDeclHandler = refuse
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    try:
        parser.Parse(raw, True)
    except (expat.ExpatError, LookupError) as error:
        raise damaged(name, f"its layer stack is no XML: {error}") from error
    root: ET.Element = builder.close()
    return root


def pixels_of(element: ET.Element, key: str, name: str) -> int:
    """A place or a size in pixels; 0 where nothing is said. Raises FileError or ValueError where it can't be one."""
    value = float(element.get(key, "0"))    # some programs write 12.0
    if not math.isfinite(value) or abs(value) > _FARTHEST_PX:
        raise damaged(name, f"{key} is {element.get(key)}")
    return round(value)
