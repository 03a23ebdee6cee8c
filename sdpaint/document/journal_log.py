"""What one log of the journal holds: which tiles, maps and states lie in it, and which are still needed."""

from __future__ import annotations

import os
import threading
import weakref
from collections import Counter
from collections.abc import Container, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, BinaryIO, NamedTuple

from sdpaint.document.document import Document
from sdpaint.document.journal_format import (
    HEADER,
    Kind,
    pack_json,
    pack_map,
    pack_record,
    pack_tile,
    read_record,
)
from sdpaint.document.journal_values import to_json
from sdpaint.imaging.tiles import Pixels, TileKey, TileMap

_THREADS = min(4, (os.cpu_count() or 1) // 2)
_MANY_TILES = 64


class _Stored(NamedTuple):
    """Where a thing lies in the log. A map or a state is held, so that no other gets its identity."""

    thing: object
    serial: int
    offset: int
    size: int


class _Tiles:
    """Serials of tiles by the arrays that they were written from, which aren't held: old steps may be packed."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[weakref.ref[Pixels], int]] = {}

    def serial_of(self, tile: Pixels) -> int | None:
        known = self._known.get(id(tile))
        return known[1] if known is not None and known[0]() is tile else None

    def __len__(self) -> int:
        return len(self._known)

    def add(self, tile: Pixels, serial: int) -> None:
        self._known[id(tile)] = weakref.ref(tile), serial

    def keep_only(self, serials: Container[int]) -> None:
        """Forget the others, and arrays that are gone."""
        self._known = {
            key: (ref, serial)
            for key, (ref, serial) in self._known.items()
            if serial in serials and ref() is not None
        }


class Stopped(Exception):
    """The program is about to end."""


class JournalLog:
    """What one log file holds, and what of it is still needed."""

    def __init__(
        self, stop: threading.Event, source: JournalLog | None = None, source_file: BinaryIO | None = None
    ) -> None:
        """With a source, tiles of maps that it holds are copied instead of deflated anew."""
        self.end = len(HEADER)
        self.live_bytes = 0
        self.whole_end = len(HEADER)
        self._stop = stop
        self._source, self._source_file = source, source_file
        self._serial = 0
        self._books: dict[Kind, dict[int, _Stored]] = {kind: {} for kind in (Kind.TILE, Kind.MAP, Kind.STATE)}
        self._users: dict[Kind, Counter[int]] = {kind: Counter() for kind in self._books}
        self._fresh: list[tuple[Kind, int]] = []
        self._committed: list[Document] = []
        self._maps_of: dict[int, list[TileMap]] = {}
        self._tiles = _Tiles()
        self._tiles_of: dict[int, dict[TileKey, int]] = {}
        self._copies: dict[int, int] = {}

    def holds(self, document: Document) -> bool:
        """Whether this state lies in the log."""
        return id(document) in self._books[Kind.STATE]

    def put(self, file: BinaryIO, document: Document) -> int:
        """Append what of a state isn't there yet. Returns its serial."""
        known = self._books[Kind.STATE].get(id(document))
        if known is not None:
            return known.serial
        maps: list[TileMap] = []

        def put_map(tiles: TileMap) -> int:
            maps.append(tiles)
            return self._put_map(file, tiles)

        values = to_json(document, put_map)
        self._maps_of[id(document)] = maps
        return self._append(file, Kind.STATE, document, pack_json(values))

    def commit(self, file: BinaryIO, documents: list[Document], values: Mapping[str, Any]) -> None:
        """Append a commit and see it on the disk. What none of its documents needs may be dropped from now on."""
        self._write(file, Kind.COMMIT, pack_json(values))
        file.flush()
        os.fsync(file.fileno())
        self.whole_end = self.end
        self._fresh.clear()
        for document in documents:
            self._count(document)
        before, self._committed = self._committed, documents
        for document in before:
            self._discount(document)
        if len(self._tiles) > 2 * len(self._books[Kind.TILE]) + 1024:
            self._tiles.keep_only(self._books[Kind.TILE])

    def roll_back(self) -> None:
        """Forget what was appended since the last commit."""
        for kind, key in self._fresh:
            del self._books[kind][key]
            if kind is Kind.MAP:
                self._tiles_of.pop(key, None)
        self._fresh.clear()
        self._tiles.keep_only(self._books[Kind.TILE])
        self.end = self.whole_end

    def detach(self) -> None:
        """Let go of what was copied from."""
        self._source = self._source_file = None
        self._copies.clear()

    def _payloads(self, tiles: list[Pixels]) -> Iterator[tuple[Pixels, bytes]]:
        """Each tile with its payload; many are deflated on several threads, half of the cores at most."""
        if len(tiles) < _MANY_TILES or _THREADS < 2:
            for tile in tiles:
                self._look_up()
                yield tile, pack_tile(tile)
            return
        with ThreadPoolExecutor(_THREADS, "journal") as pool:
            # In portions, so that no more than one of them waits in memory.
            for first in range(0, len(tiles), _MANY_TILES):
                self._look_up()
                portion = tiles[first : first + _MANY_TILES]
                yield from zip(portion, pool.map(pack_tile, portion), strict=True)

    def _look_up(self) -> None:
        if self._stop.is_set():
            raise Stopped

    def _put_map(self, file: BinaryIO, tiles: TileMap) -> int:
        known = self._books[Kind.MAP].get(id(tiles))
        if known is not None:
            return known.serial
        serials = self._copy_tiles(file, tiles)
        if serials is None:
            serials = self._put_tiles(file, tiles)
        self._tiles_of[id(tiles)] = serials
        return self._append(file, Kind.MAP, tiles, pack_map(tiles.channels, serials, tiles.depth))

    def _put_tiles(self, file: BinaryIO, tiles: TileMap) -> dict[TileKey, int]:
        """Append the tiles that aren't there yet. The serials of all."""
        present = tiles.tiles
        fresh = {id(tile): tile for tile in present.values() if self._serial_of(tile) is None}
        for tile, payload in self._payloads(list(fresh.values())):
            self._tiles.add(tile, self._append_tile(file, payload))
        serials = {key: self._serial_of(tile) for key, tile in present.items()}
        return {key: serial for key, serial in serials.items() if serial is not None}

    def _copy_tiles(self, file: BinaryIO, tiles: TileMap) -> dict[TileKey, int] | None:
        """The same by copying from the source, without a look at a pixel. None where it hasn't all of them intact."""
        source = self._source
        if source is None or self._source_file is None or id(tiles) not in source._tiles_of:
            return None
        serials: dict[TileKey, int] = {}
        for key, theirs in source._tiles_of[id(tiles)].items():
            if theirs not in self._copies:
                self._look_up()
                stored = source._books[Kind.TILE][theirs]
                record = read_record(self._source_file, stored.offset)
                if record is None or not record.is_intact or record.serial != theirs:
                    return None
                self._copies[theirs] = self._append_tile(file, record.payload)
            serials[key] = self._copies[theirs]
        if not tiles.is_resting:
            for key, tile in tiles.tiles.items():
                self._tiles.add(tile, serials[key])
        return serials

    def _serial_of(self, tile: Pixels) -> int | None:
        serial = self._tiles.serial_of(tile)
        return serial if serial in self._books[Kind.TILE] else None

    def _append_tile(self, file: BinaryIO, payload: bytes) -> int:
        offset = self.end
        size = self._write(file, Kind.TILE, payload)
        self._books[Kind.TILE][self._serial] = _Stored(None, self._serial, offset, size)
        self._fresh.append((Kind.TILE, self._serial))
        return self._serial

    def _append(self, file: BinaryIO, kind: Kind, thing: object, payload: bytes) -> int:
        offset = self.end
        size = self._write(file, kind, payload)
        self._books[kind][id(thing)] = _Stored(thing, self._serial, offset, size)
        self._fresh.append((kind, id(thing)))
        return self._serial

    def _write(self, file: BinaryIO, kind: Kind, payload: bytes) -> int:
        self._serial += 1
        record = pack_record(kind, self._serial, payload)
        file.write(record)
        self.end += len(record)
        return len(record)

    def _count(self, document: Document) -> None:
        if self._add_user(Kind.STATE, id(document)):
            for tiles in self._maps_of[id(document)]:
                if self._add_user(Kind.MAP, id(tiles)):
                    for serial in self._tiles_of[id(tiles)].values():
                        self._add_user(Kind.TILE, serial)

    def _discount(self, document: Document) -> None:
        if self._remove_user(Kind.STATE, id(document)):
            for tiles in self._maps_of.pop(id(document)):
                if self._remove_user(Kind.MAP, id(tiles)):
                    for serial in self._tiles_of.pop(id(tiles)).values():
                        self._remove_user(Kind.TILE, serial)

    def _add_user(self, kind: Kind, key: int) -> bool:
        """`key`: identity of a state or map, serial of a tile. Whether it is the first."""
        users = self._users[kind]
        users[key] += 1
        if users[key] > 1:
            return False
        self.live_bytes += self._books[kind][key].size
        return True

    def _remove_user(self, kind: Kind, key: int) -> bool:
        """Whether it was the last."""
        users = self._users[kind]
        users[key] -= 1
        if users[key]:
            return False
        del users[key]
        self.live_bytes -= self._books[kind].pop(key).size
        return True
