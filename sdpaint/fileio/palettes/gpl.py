"""GIMP palettes (.gpl): a line for each colour, red green blue and a name. Krita, Inkscape and MyPaint read them."""

from __future__ import annotations

import re

from sdpaint.imaging.color import Color
from sdpaint.imaging.palette import MAX_SWATCHES, Palette, Swatch

_HEAD = "GIMP Palette"
_ROW = re.compile(r"\s*(\d+)\s+(\d+)\s+(\d+)(?:\s+(.*))?$")
_UNNAMED = "Untitled"


def read_gpl(data: bytes, name: str) -> Palette:
    """The palette in a file; `name` where it has none. Raises ValueError."""
    text = data.decode("utf-8-sig", "replace")
    lines = text.splitlines()
    if not lines or lines[0].strip() != _HEAD:
        raise ValueError("it doesn't begin as a GIMP palette")
    swatches: list[Swatch] = []
    columns = 0
    for line in lines[1:]:
        key, _, value = line.partition(":")
        if key.strip() == "Name" and not swatches:
            name = value.strip() or name
        elif key.strip() == "Columns" and not swatches and value.strip().isdigit():
            columns = min(256, int(value.strip()[:6]))
        elif found := _ROW.match(line):
            red, green, blue = (min(255, int(each[:6])) for each in found.groups()[:3])
            called = (found[4] or "").strip()
            swatches.append(Swatch(Color(red, green, blue), "" if called == _UNNAMED else called))
            if len(swatches) > MAX_SWATCHES:
                raise ValueError("it has too many colours")
    return Palette(name, tuple(swatches), columns)


def write_gpl(palette: Palette) -> bytes:
    """A file that GIMP, Krita and Inkscape read."""
    lines = [_HEAD, f"Name: {_line(palette.name)}", f"Columns: {palette.columns}", "#"]
    lines += [
        f"{each.color.red:3d} {each.color.green:3d} {each.color.blue:3d}\t{_line(each.name) or _UNNAMED}"
        for each in palette.swatches
    ]
    return ("\n".join(lines) + "\n").encode("utf-8", "replace")


def _line(text: str) -> str:
    """In one line: names may have been typed anywhere."""
    return " ".join(text.split())
