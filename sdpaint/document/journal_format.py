"""The journal's file format: numbered records, each with its length and checksums, and what stands in them.

A log is a header and then records, only ever appended to. A record is a head of 24 bytes (magic, kind, serial
number, length and checksum of the payload, checksum of the head itself) and the payload. There are four kinds:

* TILE: one byte of channels (with 16 added to it where they have 16 bits), then for each pixel what it differs by from
  the one to its left, deflated; of 16 bits, first all low bytes, then all high ones.
* MAP: the same byte, then column, row and tile serial of every tile, deflated.
* STATE: a document without its pixels, as JSON (see `journal_values`), with the serials of its maps.
* COMMIT: the steps of the history as serials of states, which of them is present, and what else must come back.

Records refer to earlier serials only, and no serial is used twice in a log, so a reader that meets a damaged
record goes on behind it and knows exactly what is lost with it.
"""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, BinaryIO

import numpy as np

from sdpaint.imaging.tiles import TILE_SIZE, Pixels, TileKey

HEADER = b"sdpaint journal 1\n"
"""First in every log. Another number is another format."""

_MAGIC = b"\xf5sdJ"
_HEAD = struct.Struct("<4sIIII")
_HEAD_CRC = struct.Struct("<I")
HEAD_BYTES = _HEAD.size + _HEAD_CRC.size
_SEARCH_BYTES = 1 << 20
_LEVEL = 1
_STRATEGY = zlib.Z_RLE
"""The quickest deflate: a journal is written often and read once in a lifetime. On differences, runs are what there is
to find; grainy pictures take two thirds of the time that a search for repeats takes, flat ones the same."""


class Kind(IntEnum):
    """What a record holds."""

    TILE = 1
    MAP = 2
    STATE = 3
    COMMIT = 4


class Damaged(ValueError):
    """A record isn't what was written."""


@dataclass(frozen=True)
class Record:
    """A record of a log. `offset` is that of its head in the file; `is_intact` whether the payload's sum is right."""

    kind: Kind
    serial: int
    offset: int
    payload: bytes
    is_intact: bool

    @property
    def size(self) -> int:
        """Bytes in the file, head and payload."""
        return HEAD_BYTES + len(self.payload)


def pack_record(kind: Kind, serial: int, payload: bytes) -> bytes:
    """The bytes of a record."""
    head = _HEAD.pack(_MAGIC, kind, serial, len(payload), zlib.crc32(payload))
    return b"".join((head, _HEAD_CRC.pack(zlib.crc32(head)), payload))


def read_record(file: BinaryIO, offset: int) -> Record | None:
    """The record whose head lies at `offset`; None where there is none, or the file ends within it."""
    file.seek(offset)
    head = file.read(HEAD_BYTES)
    if len(head) < HEAD_BYTES or _HEAD_CRC.unpack_from(head, _HEAD.size)[0] != zlib.crc32(head[: _HEAD.size]):
        return None
    magic, kind, serial, length, crc = _HEAD.unpack_from(head)
    if magic != _MAGIC or kind not in Kind.__members__.values():
        return None
    payload = file.read(length)
    if len(payload) < length:
        return None
    return Record(Kind(kind), serial, offset, payload, zlib.crc32(payload) == crc)


def read_records(file: BinaryIO) -> Iterator[Record]:
    """All records of a log, in order. What is torn or unknown is stepped over. Raises Damaged without the header."""
    file.seek(0)
    if file.read(len(HEADER)) != HEADER:
        raise Damaged("it doesn't begin as a journal of this version does")
    offset: int | None = len(HEADER)
    while offset is not None:
        record = read_record(file, offset)
        if record is None:
            offset = _next_magic(file, offset + 1)
        else:
            yield record
            offset += record.size


def _next_magic(file: BinaryIO, offset: int) -> int | None:
    """Where the next head may begin, at `offset` or later."""
    while True:
        file.seek(offset)
        chunk = file.read(_SEARCH_BYTES)
        found = chunk.find(_MAGIC)
        if found >= 0:
            return offset + found
        if len(chunk) < _SEARCH_BYTES:
            return None
        offset += len(chunk) - len(_MAGIC) + 1


# ------------------------------------------------------------------------------------------------ tiles and maps


def pack_tile(tile: Pixels) -> bytes:
    """The payload of a TILE: (128, 128, 4) uint8 or uint16, or (128, 128) uint8."""
    channels = 1 if tile.ndim == 2 else tile.shape[2]
    differences = np.array(tile, order="C")
    differences[:, 1:] -= tile[:, :-1]
    if tile.dtype != np.uint8:
        # Apart, the high bytes are nearly all zero.
        differences = np.ascontiguousarray(differences.view(np.uint8).reshape(-1, 2).T)
    deflate = zlib.compressobj(_LEVEL, strategy=_STRATEGY)
    return b"".join((_format_byte(channels, 8 * tile.itemsize), deflate.compress(differences.data), deflate.flush()))


def unpack_tile(payload: bytes, channels: int, depth: int = 8) -> Pixels:
    """The read-only tile of a payload. Raises Damaged."""
    shape = (TILE_SIZE, TILE_SIZE) if channels == 1 else (TILE_SIZE, TILE_SIZE, channels)
    raw = _inflated(payload, channels, depth)
    if len(raw) != TILE_SIZE * TILE_SIZE * channels * depth // 8:
        raise Damaged("a tile has another size")
    values = np.frombuffer(raw, np.uint8)
    dtype = np.uint8 if depth == 8 else np.uint16
    if depth == 16:
        values = np.ascontiguousarray(values.reshape(2, -1).T)
    tile: Pixels = np.cumsum(values.view(dtype).reshape(shape), axis=1, dtype=dtype)
    tile.flags.writeable = False
    return tile


def pack_map(channels: int, serials: Mapping[TileKey, int], depth: int = 8) -> bytes:
    """The payload of a MAP whose tiles are in the log already, with these serials."""
    places = np.array([(column, row, serial) for (column, row), serial in serials.items()], np.int64)
    return _format_byte(channels, depth) + zlib.compress(places.astype("<i8").tobytes(), _LEVEL)


def unpack_map(payload: bytes) -> tuple[int, int, dict[TileKey, int]]:
    """Channels, bits of each, and the serial of each tile. Raises Damaged."""
    said = payload[0] if payload else 0
    if said not in _FORMATS:
        raise Damaged("a tile map has 1 or 4 channels")
    channels, depth = _FORMATS[said]
    raw = _inflated(payload, channels, depth)
    if len(raw) % 24:
        raise Damaged("a tile map is cut off")
    places = np.frombuffer(raw, "<i8").reshape(-1, 3).tolist()
    return channels, depth, {(column, row): serial for column, row, serial in places}


_FORMATS = {1: (1, 8), 4: (4, 8), 20: (4, 16)}
"""Channels and bits of each, by the byte that says them."""


def _format_byte(channels: int, depth: int) -> bytes:
    return bytes((channels if depth == 8 else channels + depth,))


def _inflated(payload: bytes, channels: int, depth: int) -> bytes:
    if payload[:1] != _format_byte(channels, depth):
        raise Damaged("it has another number of channels")
    try:
        return zlib.decompress(payload[1:])
    except zlib.error as error:
        raise Damaged(str(error)) from error


def pack_json(value: Mapping[str, Any]) -> bytes:
    """A STATE or COMMIT. ASCII, with escapes: names may hold what UTF-8 can't."""
    return json.dumps(value, separators=(",", ":")).encode("ascii")


def unpack_json(payload: bytes) -> dict[str, Any]:
    """What `pack_json` was given. Raises Damaged."""
    try:
        value = json.loads(payload)
    except (ValueError, RecursionError) as error:
        raise Damaged(str(error)) from error
    if not isinstance(value, dict):
        raise Damaged("it isn't an object")
    return value
