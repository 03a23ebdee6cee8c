"""Photoshop brushes (.abr): the pictures of sampled tips, with name, spacing, angle and roundness where they are told.

Versions 1 and 2 are records one after the other. From version 6 on the file is made of blocks: `samp` holds the
pictures by their ids, `desc` the brushes that use them, as a descriptor (Adobe Photoshop File Formats Specification,
"Descriptor structure"). Textures, dual brushes and dynamics aren't taken over. The bytes may be anything: every length
is checked before it is believed.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from sdpaint.errors import FileError
from sdpaint.fileio.problems import reading
from sdpaint.imaging.tiles import Pixels

MOST_PIXELS = 8192 * 8192
MOST_BRUSHES = 2000
_MOST_DEPTH = 40
_ID_BYTES = 37
"""Of a sample: the length and the 36 letters of its id."""
_SAMPLE_HEAD = {1: 47, 2: 301}
"""By sub-version: what lies before the rectangle of a sample, its id included."""


@dataclass(frozen=True, eq=False)
class PhotoshopTip:
    """Coverage (h, w) uint8 with 255 = fully covered, spacing as a part of the size; None where the file is silent."""

    name: str
    pixels: Pixels
    spacing: float | None = None
    angle: float = 0.0
    roundness: float = 1.0
    size_px: float | None = None


class _Damaged(ValueError):
    """The bytes aren't what they say."""


def read_abr(path: Path) -> list[PhotoshopTip]:
    """Raises FileError where it can't be read, isn't one, or holds no sampled tip."""
    with reading(path):
        data = path.read_bytes()
    return parse_abr(data, path.stem)


def parse_abr(data: bytes, stem: str) -> list[PhotoshopTip]:
    """The tips in these bytes; `stem` names those without a name. Raises FileError."""
    source = _Bytes(data)
    try:
        version = source.whole(">h")
        if version in (1, 2):
            tips = _old_tips(source, version, stem)
        elif version in (6, 7, 9, 10):
            tips = _new_tips(source, stem)
        else:
            raise FileError(f"{stem} isn't a Photoshop brush file", hint="Choose an .abr file of Photoshop 3 to CC")
    except _Damaged as error:
        raise FileError(f"{stem} is damaged: {error}", hint="Copy or download it again") from error
    if not tips:
        raise FileError(
            f"{stem} holds no sampled tips", hint="Brushes that Photoshop computes are made in the brush settings"
        )
    return tips


class _Bytes:
    """A place in bytes that moves on with what is read. Raises _Damaged beyond their end."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0

    @property
    def left(self) -> int:
        return len(self.data) - self.at

    def take(self, count: int) -> bytes:
        if not 0 <= count <= self.left:
            raise _Damaged("it ends too early")
        self.at += count
        return self.data[self.at - count : self.at]

    def whole(self, kind: str) -> int:
        return int(struct.unpack(kind, self.take(struct.calcsize(kind)))[0])

    def number(self) -> float:
        return float(struct.unpack(">d", self.take(8))[0])

    def text(self) -> str:
        """UTF-16 with the number of its units before it."""
        return self.take(2 * self.whole(">I")).decode("utf-16-be", "replace").rstrip("\0")


# ------------------------------------------------------------------------------------------------- versions 1 and 2


def _old_tips(source: _Bytes, version: int, stem: str) -> list[PhotoshopTip]:
    tips: list[PhotoshopTip] = []
    for number in range(1, min(MOST_BRUSHES, source.whole(">h")) + 1):
        kind = source.whole(">h")
        record = _Bytes(source.take(source.whole(">I")))
        if kind != 2:
            continue    # computed: a round brush
        record.take(4)
        spacing = record.whole(">h") / 100
        name = record.text() if version == 2 else ""
        record.take(1 + 8)
        tips.append(PhotoshopTip(name or f"{stem} {number}", _picture(record), spacing))
    return tips


# -------------------------------------------------------------------------------------------------- version 6 and on


def _new_tips(source: _Bytes, stem: str) -> list[PhotoshopTip]:
    subversion = source.whole(">h")
    if subversion not in _SAMPLE_HEAD:
        raise _Damaged(f"nothing is known of sub-version {subversion}")
    blocks = _blocks(source)
    samples = _samples(_Bytes(blocks.get(b"samp", b"")), subversion)
    told = _described(blocks.get(b"desc", b""))
    tips = []
    for number, (sample_id, pixels) in enumerate(samples.items(), 1):
        tips.append(_tip(told.get(sample_id, {}), pixels, f"{stem} {number}"))
    return tips


def _blocks(source: _Bytes) -> dict[bytes, bytes]:
    """The blocks by their keys, the first of each."""
    blocks: dict[bytes, bytes] = {}
    while source.left >= 12:
        # Blocks are padded, not always to the same multiple.
        found = source.data.find(b"8BIM", source.at)
        if found < 0:
            break
        source.take(found + 4 - source.at)
        key, length = source.take(4), source.whole(">I")
        blocks.setdefault(key, source.take(min(source.left, length)))
    return blocks


def _samples(source: _Bytes, subversion: int) -> dict[str, Pixels]:
    samples: dict[str, Pixels] = {}
    while source.left >= 4 and len(samples) < MOST_BRUSHES:
        length = source.whole(">I")
        if length == 0:
            continue
        record = _Bytes(source.take(length))
        source.take(min(source.left, -length % 4))
        sample_id = record.take(_ID_BYTES)[1:].decode("latin-1").rstrip("\0")
        record.take(_SAMPLE_HEAD[subversion] - _ID_BYTES)
        samples[sample_id] = _picture(record)
    return samples


def _tip(told: Mapping[str, Any], pixels: Pixels, name: str) -> PhotoshopTip:
    given = told.get("Nm  ")
    return PhotoshopTip(
        given if isinstance(given, str) and given.strip() else name,
        pixels,
        _share(told.get("Spcn")),
        _within(told.get("Angl"), -360.0, 360.0, 0.0),
        max(0.02, _share(told.get("Rndn")) or 1.0),
        _within(told.get("Dmtr"), 1.0, 1000.0, 0.0) or None,
    )


def _share(value: object) -> float | None:
    return _within(value, 1.0, 1000.0, 0.0) / 100 if isinstance(value, float) and value > 0 else None


def _within(value: object, low: float, high: float, default: float) -> float:
    if not isinstance(value, float) or value != value:
        return default
    return min(high, max(low, value))


# ----------------------------------------------------------------------------------------------------- descriptors


def _described(block: bytes) -> dict[str, dict[str, Any]]:
    """What the brushes say about themselves, by the id of their sample; nothing where that can't be read."""
    source = _Bytes(block)
    try:
        source.take(4)
        root = _object(source, 0)
    except (_Damaged, UnicodeError):
        return {}       # the pictures are what counts
    found: dict[str, dict[str, Any]] = {}
    for preset in root.get("Brsh", ()):
        brush = preset.get("Brsh") if isinstance(preset, dict) else None
        if isinstance(brush, dict) and isinstance(brush.get("sampledData"), str):
            found.setdefault(brush["sampledData"], {**brush, "Nm  ": preset.get("Nm  ")})
    return found


def _object(source: _Bytes, depth: int) -> dict[str, Any]:
    if depth > _MOST_DEPTH:
        raise _Damaged("its parts lie too deep in each other")
    source.text()
    _key(source)
    return {_key(source): _value(source, depth + 1) for _ in range(_count(source))}


def _list(source: _Bytes, depth: int) -> list[Any]:
    if depth > _MOST_DEPTH:
        raise _Damaged("its parts lie too deep in each other")
    return [_value(source, depth + 1) for _ in range(_count(source))]


def _count(source: _Bytes) -> int:
    count = source.whole(">I")
    if count > source.left:     # each takes a byte at least
        raise _Damaged("it counts more than it holds")
    return count


def _key(source: _Bytes) -> str:
    return source.take(source.whole(">I") or 4).decode("latin-1")


def _value(source: _Bytes, depth: int) -> Any:
    kind = source.take(4)
    if kind not in _VALUES:
        raise _Damaged(f"nothing is known of {kind!r}")
    return _VALUES[kind](source, depth)


def _unit_numbers(source: _Bytes, _depth: int) -> list[float]:
    source.take(4)
    return [source.number() for _ in range(_count(source))]


_VALUES: dict[bytes, Callable[[_Bytes, int], Any]] = {
    b"Objc": _object,
    b"GlbO": _object,
    b"VlLs": _list,
    b"doub": lambda source, _depth: source.number(),
    b"UntF": lambda source, _depth: (source.take(4), source.number())[1],
    b"UnFl": _unit_numbers,
    b"TEXT": lambda source, _depth: source.text(),
    b"enum": lambda source, _depth: (_key(source), _key(source))[1],
    b"long": lambda source, _depth: source.whole(">i"),
    b"comp": lambda source, _depth: source.whole(">q"),
    b"bool": lambda source, _depth: source.whole(">B") != 0,
    b"type": lambda source, _depth: (source.text(), _key(source))[1],
    b"GlbC": lambda source, _depth: (source.text(), _key(source))[1],
    b"tdta": lambda source, _depth: source.take(source.whole(">I")),
    b"alis": lambda source, _depth: source.take(source.whole(">I")),
}


# -------------------------------------------------------------------------------------------------------- pictures


def _picture(record: _Bytes) -> Pixels:
    """Rectangle, depth, compression, rows: the coverage (h, w)."""
    top, left, bottom, right = (record.whole(">i") for _ in range(4))
    height, width = bottom - top, right - left
    depth, compression = record.whole(">h"), record.whole(">B")
    if height <= 0 or width <= 0 or height * width > MOST_PIXELS:
        raise _Damaged(f"a tip of {width}×{height} pixels")
    if depth not in (8, 16):
        raise _Damaged(f"a tip of {depth} bits")
    row_bytes = width * depth // 8
    if compression == 0:
        raw = record.take(height * row_bytes)
    elif compression == 1:
        lengths = struct.unpack(f">{height}H", record.take(2 * height))
        raw = b"".join(_unpacked(record.take(length), row_bytes) for length in lengths)
    else:
        raise _Damaged(f"nothing is known of compression {compression}")
    pixels = np.frombuffer(raw, np.uint8).reshape(height, row_bytes)
    return pixels[:, :: depth // 8].copy()      # of 16 bits the upper eight, which come first


def _unpacked(packed: bytes, length: int) -> bytes:
    """A row of PackBits: a count and so many bytes, or a negative count and a byte to repeat."""
    row, at = bytearray(), 0
    while at < len(packed) and len(row) < length:
        count = packed[at]
        if count < 128:
            row += packed[at + 1 : at + 2 + count]
            at += 2 + count
        else:
            if count > 128:
                row += packed[at + 1 : at + 2] * (257 - count)
            at += 2 if count > 128 else 1
    if len(row) < length:
        raise _Damaged("a row of a tip is cut off")
    return bytes(row[:length])
