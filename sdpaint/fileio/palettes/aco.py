"""Photoshop swatches (.aco): version 1 without names, followed by version 2 with them.

Layout: Adobe Photoshop File Formats Specification, "Color Swatches".
"""

from __future__ import annotations

import colorsys
import struct

from sdpaint.fileio.palettes.spaces import from_cmyk, from_grey, from_lab, from_unit
from sdpaint.imaging.color import Color
from sdpaint.imaging.palette import MAX_SWATCHES, Palette, Swatch

_RGB, _HSB, _CMYK, _LAB, _GREY, _WIDE_CMYK = 0, 1, 2, 7, 8, 9


def read_aco(data: bytes, name: str) -> Palette:
    """The palette in a file; it holds no name of its own. Raises ValueError."""
    try:
        version, count = struct.unpack_from(">HH", data)
        if version not in (1, 2):
            raise ValueError("it doesn't begin as Photoshop swatches")
        swatches, end = _read(data, 4, count, version)
        if version == 1 and end + 4 <= len(data):
            version, count = struct.unpack_from(">HH", data, end)
            if version == 2:
                swatches, _ = _read(data, end + 4, count, version)
    except struct.error as error:
        raise ValueError("it is cut off") from error
    return Palette(name, tuple(swatches))


def _read(data: bytes, at: int, count: int, version: int) -> tuple[list[Swatch], int]:
    if count > MAX_SWATCHES:
        raise ValueError("it has too many colours")
    swatches = []
    for _ in range(count):
        space, *numbers = struct.unpack_from(">5H", data, at)
        at += 10
        called = ""
        if version == 2:
            (length,) = struct.unpack_from(">I", data, at)
            at += 4 + 2 * length
            if at > len(data):
                raise ValueError("it is cut off")
            called = data[at - 2 * length : at].decode("utf-16-be", "replace").rstrip("\0")
        swatches.append(Swatch(_color(space, numbers), called))
    return swatches, at


def _color(space: int, numbers: list[int]) -> Color:
    first, second, third = numbers[:3]
    if space == _RGB:
        return from_unit(first / 65535, second / 65535, third / 65535)
    if space == _HSB:
        return from_unit(*colorsys.hsv_to_rgb(first / 65535, second / 65535, third / 65535))
    if space == _CMYK:
        # 0 is full ink.
        return from_cmyk(*(1 - number / 65535 for number in numbers))
    if space == _WIDE_CMYK:
        return from_cmyk(*(number / 10000 for number in numbers))
    if space == _LAB:
        a, b = (number - 65536 if number > 32767 else number for number in (second, third))
        return from_lab(first / 100, a / 100, b / 100)
    if space == _GREY:
        return from_grey(first / 10000)
    raise ValueError(f"it has colours of an unknown kind ({space})")


def write_aco(palette: Palette) -> bytes:
    """A file that Photoshop reads, with names."""
    colors = [
        struct.pack(">5H", _RGB, 257 * each.color.red, 257 * each.color.green, 257 * each.color.blue, 0)
        for each in palette.swatches
    ]
    named = []
    for color, each in zip(colors, palette.swatches, strict=True):
        words = each.name.encode("utf-16-be", "replace") + b"\0\0"
        named.append(color + struct.pack(">I", len(words) // 2) + words)
    count = len(colors)
    return struct.pack(">HH", 1, count) + b"".join(colors) + struct.pack(">HH", 2, count) + b"".join(named)
