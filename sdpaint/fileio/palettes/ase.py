"""Adobe Swatch Exchange (.ase): named colours in groups, as Illustrator, InDesign, Photoshop and Krita share them."""

from __future__ import annotations

import struct

from sdpaint.fileio.palettes.spaces import from_cmyk, from_grey, from_lab, from_unit
from sdpaint.imaging.color import Color
from sdpaint.imaging.palette import MAX_SWATCHES, Palette, Swatch

_MAGIC = b"ASEF"
_GROUP_START, _GROUP_END, _COLOR = 0xC001, 0xC002, 0x0001
_NUMBERS = {b"RGB ": 3, b"CMYK": 4, b"LAB ": 3, b"Gray": 1}
_GLOBAL = 0


def read_ase(data: bytes, name: str) -> Palette:
    """The palette in a file: named after its one group, where there is one, else `name`. Raises ValueError."""
    if not data.startswith(_MAGIC):
        raise ValueError("it doesn't begin as an Adobe swatch exchange")
    swatches: list[Swatch] = []
    groups: list[str] = []
    try:
        (count,) = struct.unpack_from(">I", data, 8)
        at = 12
        for _ in range(min(count, 4 * MAX_SWATCHES)):
            kind, length = struct.unpack_from(">HI", data, at)
            block = data[at + 6 : at + 6 + length]
            if len(block) != length:
                raise ValueError("it is cut off")
            at += 6 + length
            if kind == _GROUP_START:
                groups.append(_name(block)[0])
            elif kind == _COLOR:
                swatches.append(_swatch(block))
            if len(swatches) > MAX_SWATCHES:
                raise ValueError("it has too many colours")
    except struct.error as error:
        raise ValueError("it is cut off") from error
    return Palette(groups[0] if len(groups) == 1 and groups[0] else name, tuple(swatches))


def _name(block: bytes) -> tuple[str, int]:
    """The text at the start of a block, and where it ends."""
    (length,) = struct.unpack_from(">H", block)
    return block[2 : 2 + 2 * length].decode("utf-16-be", "replace").rstrip("\0"), 2 + 2 * length


def _swatch(block: bytes) -> Swatch:
    called, at = _name(block)
    model = block[at : at + 4]
    if model not in _NUMBERS:
        raise ValueError("it has colours of an unknown kind")
    numbers = struct.unpack_from(f">{_NUMBERS[model]}f", block, at + 4)
    return Swatch(_color(model, numbers), called)


def _color(model: bytes, numbers: tuple[float, ...]) -> Color:
    if model == b"RGB ":
        return from_unit(*numbers)
    if model == b"CMYK":
        return from_cmyk(*numbers)
    if model == b"LAB ":
        return from_lab(numbers[0] * 100, numbers[1], numbers[2])
    return from_grey(numbers[0])


def write_ase(palette: Palette) -> bytes:
    """A file with one group, named as the palette."""
    blocks = [_block(_GROUP_START, _words(palette.name))]
    for each in palette.swatches:
        color = each.color
        numbers = struct.pack(">3f", color.red / 255, color.green / 255, color.blue / 255)
        blocks.append(_block(_COLOR, _words(each.name) + b"RGB " + numbers + struct.pack(">H", _GLOBAL)))
    blocks.append(_block(_GROUP_END, b""))
    return _MAGIC + struct.pack(">HHI", 1, 0, len(blocks)) + b"".join(blocks)


def _block(kind: int, data: bytes) -> bytes:
    return struct.pack(">HI", kind, len(data)) + data


def _words(text: str) -> bytes:
    data = text[:1000].encode("utf-16-be", "replace") + b"\0\0"
    return struct.pack(">H", len(data) // 2) + data
