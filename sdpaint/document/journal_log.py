"""What one log of the journal holds: which tiles, maps and states lie in it, and which are still needed."""

from __future__ import annotations

import os
import threading
from collections import Counter
from collections.abc import Iterator, Mapping
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
from sdpaint.imaging.tiles import Pixels, TileMap

_THREADS = min(4, (os.cpu_count() or 1) // 2)
_MANY_TILES = 64


class _Stored(NamedTuple):
    """Where a thing lies in the log. It holds the thing, so that no other gets its identity."""

    thing: object
    serial: int
    offset: int
    size: int


class Stopped(Exception):
    """The program is about to end."""


class JournalLog:
    """What one log file holds, and what of it is still needed."""

    def __init__(
        self, stop: threading.Event, source: JournalLog | None = None, source_file: BinaryIO | None = None
    ) -> None:
        """With a source, tiles that it holds are copied instead of deflated anew."""
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

    def roll_back(self) -> None:
        """Forget what was appended since the last commit."""
        for kind, key in self._fresh:
            del self._books[kind][key]
        self._fresh.clear()
        self.end = self.whole_end

    def detach(self) -> None:
        """Let go of what was copied from."""
        self._source = self._source_file = None

    def _payloads(self, tiles: list[Pixels]) -> Iterator[tuple[Pixels, bytes]]:
        """Each tile with its payload; many are deflated on several threads, half of the cores at most."""
        if len(tiles) < _MANY_TILES or _THREADS < 2:
            for tile in tiles:
                self._look_up()
                yield tile, self._copied(tile) or pack_tile(tile)
            return
        with ThreadPoolExecutor(_THREADS, "journal") as pool:
            # In portions, so that no more than one of them waits in memory.
            for first in range(0, len(tiles), _MANY_TILES):
                self._look_up()
                portion = tiles[first : first + _MANY_TILES]
                copies = [self._copied(tile) for tile in portion]
                packed = pool.map(pack_tile, [t for t, copy in zip(portion, copies, strict=True) if copy is None])
                for tile, copy in zip(portion, copies, strict=True):
                    yield tile, next(packed) if copy is None else copy

    def _look_up(self) -> None:
        if self._stop.is_set():
            raise Stopped

    def _copied(self, tile: Pixels) -> bytes | None:
        """The payload as the source has it; None where it hasn't, or not intact."""
        if self._source is None or self._source_file is None:
            return None
        stored = self._source._books[Kind.TILE].get(id(tile))
        record = read_record(self._source_file, stored.offset) if stored else None
        if stored and record and record.is_intact and record.serial == stored.serial:
            return record.payload
        return None

    def _put_map(self, file: BinaryIO, tiles: TileMap) -> int:
        known = self._books[Kind.MAP].get(id(tiles))
        if known is not None:
            return known.serial
        fresh = {id(tile): tile for tile in tiles.tiles.values() if id(tile) not in self._books[Kind.TILE]}
        for tile, payload in self._payloads(list(fresh.values())):
            self._append(file, Kind.TILE, tile, payload)
        return self._append(file, Kind.MAP, tiles, pack_map(tiles, self._serial_of_tile))

    def _serial_of_tile(self, tile: Pixels) -> int:
        return self._books[Kind.TILE][id(tile)].serial

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
        if self._add_user(Kind.STATE, document):
            for tiles in self._maps_of[id(document)]:
                if self._add_user(Kind.MAP, tiles):
                    for tile in tiles.tiles.values():
                        self._add_user(Kind.TILE, tile)

    def _discount(self, document: Document) -> None:
        if self._remove_user(Kind.STATE, document):
            for tiles in self._maps_of.pop(id(document)):
                if self._remove_user(Kind.MAP, tiles):
                    for tile in tiles.tiles.values():
                        self._remove_user(Kind.TILE, tile)

    def _add_user(self, kind: Kind, thing: object) -> bool:
        """Whether it is the first."""
        users = self._users[kind]
        users[id(thing)] += 1
        if users[id(thing)] > 1:
            return False
        self.live_bytes += self._books[kind][id(thing)].size
        return True

    def _remove_user(self, kind: Kind, thing: object) -> bool:
        """Whether it was the last."""
        users = self._users[kind]
        users[id(thing)] -= 1
        if users[id(thing)]:
            return False
        del users[id(thing)]
        self.live_bytes -= self._books[kind].pop(id(thing)).size
        return True
