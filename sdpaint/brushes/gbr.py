"""GIMP brushes (.gbr): a header, a name, and a picture of coverage.

After GIMP's devel-docs/gbr.txt, version 2: seven big-endian uint32 (header size, version, width, height, bytes a pixel,
the word "GIMP", spacing in percent), the name in UTF-8 up to the header's end, then the pixels.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from sdpaint.errors import FileError
from sdpaint.fileio.problems import reading
from sdpaint.imaging.tiles import Pixels

_HEADER = struct.Struct(">5I4sI")
_MAGIC = b"GIMP"
MOST_PIXELS = 4096 * 4096


@dataclass(frozen=True, eq=False)
class GimpBrush:
    """Name, coverage (h, w) uint8 with 255 = fully covered, and spacing as a part of the size."""

    name: str
    pixels: Pixels
    spacing: float


def read_gbr(path: Path) -> GimpBrush:
    """Raises FileError where it can't be read or isn't one. Of a coloured brush the transparency is taken."""
    with reading(path):
        data = path.read_bytes()
    return parse_gbr(data, path.stem)


def parse_gbr(data: bytes, fallback_name: str) -> GimpBrush:
    """The brush in these bytes. Raises FileError."""
    hint = "Choose a .gbr file of version 2, as GIMP writes it"
    problem = FileError(f"{fallback_name} isn't a GIMP brush", hint)
    if len(data) < _HEADER.size:
        raise problem
    header_size, version, width, height, depth, magic, spacing = _HEADER.unpack_from(data)
    if version != 2 or magic != _MAGIC or depth not in (1, 4) or not _HEADER.size <= header_size <= len(data):
        raise problem
    if not 0 < width * height <= MOST_PIXELS:
        raise problem
    body = data[header_size : header_size + width * height * depth]
    if len(body) < width * height * depth:
        raise FileError(f"{fallback_name} is cut off", hint="Copy or download it again")
    name = data[_HEADER.size : header_size].split(b"\0")[0].decode("utf-8", "replace").strip()
    pixels = np.frombuffer(body, np.uint8).reshape(height, width, depth)
    return GimpBrush(name or fallback_name, pixels[..., -1].copy(), min(10.0, max(0.01, spacing / 100)))
