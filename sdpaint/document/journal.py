"""Crash-safe autosave: a log to which every state of the document is appended, tile by changed tile.

An entry is the history as it is at one moment. Only the tiles, maps and states that the log doesn't hold yet are
written, told by their identity, then a commit that names them; what comes after the last whole commit doesn't count.
The present state is written and committed first, older steps after it, as far as time and space allow, so that undo
never delays what matters. Once the log is mostly made of what no step needs any more, it is written anew beside
itself and put in its own place by one rename.

Every commit is flushed to the disk (fsync), on the thread of the caller, which is never the GUI's: the log outlives
the program's sudden end at any moment, and the machine's as far as its disk keeps its word.
"""

from __future__ import annotations

import errno
import os
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from sdpaint.atomic import replacing
from sdpaint.document.document import Document
from sdpaint.document.history import Step
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
from sdpaint.errors import FileError
from sdpaint.imaging.tiles import Pixels, TileMap

_DISK_FULL = (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC))


@dataclass(frozen=True, eq=False)
class Entry:
    """What the journal keeps of one moment. `extra` is JSON that comes back as it is; `at` is in seconds since 1970."""

    steps: Sequence[Step]
    position: int
    is_modified: bool = True
    path: Path | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)
    at: float = field(default_factory=time.time)


@dataclass(frozen=True)
class JournalLimits:
    """How much of the past is kept, and when a log is written anew."""

    undo_steps: int = 50
    undo_bytes: int = 512 << 20
    """Of deflated data, the present state included: beyond it no further old steps are added."""
    undo_seconds: float = 2.0
    """How long one entry may add old steps."""
    garbage_ratio: float = 4.0
    """Log size over the size of what is needed."""
    smallest_rewrite: int = 8 << 20


class _Stored(NamedTuple):
    """Where a thing lies in the log. It holds the thing, so that no other gets its identity."""

    thing: object
    serial: int
    offset: int
    size: int


class _Stopped(Exception):
    """The program is about to end."""


class _Log:
    """What one log file holds, and what of it is still needed."""

    def __init__(self, stop: threading.Event, source: _Log | None = None, source_file: BinaryIO | None = None) -> None:
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

    def _tile_payload(self, tile: Pixels) -> bytes:
        if self._stop.is_set():
            raise _Stopped
        if self._source is not None and self._source_file is not None:
            stored = self._source._books[Kind.TILE].get(id(tile))
            record = read_record(self._source_file, stored.offset) if stored else None
            if stored and record and record.is_intact and record.serial == stored.serial:
                return record.payload
        return pack_tile(tile)

    def _put_map(self, file: BinaryIO, tiles: TileMap) -> int:
        known = self._books[Kind.MAP].get(id(tiles))
        if known is not None:
            return known.serial
        for tile in tiles.tiles.values():
            if id(tile) not in self._books[Kind.TILE]:
                self._append(file, Kind.TILE, tile, self._tile_payload(tile))
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


class JournalWriter:
    """Writes the log of one document. For one thread at a time; `stop` may be called from any."""

    def __init__(self, path: Path, limits: JournalLimits = JournalLimits()) -> None:
        """Nothing is written yet. `path` is the log; its folder is made where it isn't there."""
        self.path = path
        self._limits = limits
        self._stop = threading.Event()
        self._log: _Log | None = None
        self._file: BinaryIO | None = None
        self._rewrite_at = 0.0

    def write(self, entry: Entry) -> int:
        """Append an entry; when this returns, it is on disk. Returns the bytes that the log grew by.

        On a failure the log stays as it was, and the next call tries again. Raises FileError.
        """
        with _translated(self.path):
            try:
                if self._log is None or not self._file_is_as_left(self._log):
                    return self._write_anew(entry, None)
                if self._is_mostly_garbage(self._log):
                    self._compact(entry, self._log)
                return self._extend(entry, self._log)
            except _Stopped:
                return 0

    def stop(self) -> None:
        """Let a `write` that runs end at the next tile, with nothing committed. There are no writes after this."""
        self._stop.set()

    def close(self) -> None:
        """Let go of the file."""
        file, self._file = self._file, None
        if file is not None:
            # Closing writes what is buffered, and that may fail like any write.
            with suppress(OSError):
                file.close()

    def remove(self) -> None:
        """Close the log and delete it. Raises FileError."""
        self.close()
        self._log = None
        with _translated(self.path):
            self.path.unlink(missing_ok=True)

    def _extend(self, entry: Entry, log: _Log) -> int:
        start = log.end
        file = self._file
        if file is None:
            file = self._file = self.path.open("r+b")
        try:
            file.truncate(log.end)
            file.seek(log.end)
            self._put_entry(file, log, entry)
        except BaseException:
            log.roll_back()
            self.close()
            with suppress(OSError):
                os.truncate(self.path, log.end)     # else the reader steps over it
            raise
        return log.end - start

    def _write_anew(self, entry: Entry, source: _Log | None) -> int:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.close()
        with replacing(self.path) as file:
            if source is None:
                log = _Log(self._stop)
                self._fill(file, log, entry)
            else:
                with self.path.open("rb") as source_file:
                    log = _Log(self._stop, source, source_file)
                    self._fill(file, log, entry)
        log.detach()
        self._log = log
        return log.end

    def _fill(self, file: BinaryIO, log: _Log, entry: Entry) -> None:
        file.write(HEADER)
        self._put_entry(file, log, entry)

    def _compact(self, entry: Entry, log: _Log) -> None:
        try:
            self._write_anew(entry, log)
        except OSError:
            # There may be no room for a second log; the first one is as good as it was.
            self._rewrite_at = log.end * 1.25
            if not self._file_is_as_left(log):
                raise

    def _is_mostly_garbage(self, log: _Log) -> bool:
        limits = self._limits
        return log.end > max(limits.smallest_rewrite, limits.garbage_ratio * log.live_bytes, self._rewrite_at)

    def _file_is_as_left(self, log: _Log) -> bool:
        try:
            return self.path.stat().st_size >= log.end
        except OSError:
            return False

    def _put_entry(self, file: BinaryIO, log: _Log, entry: Entry) -> None:
        log.put(file, entry.steps[entry.position].document)
        self._commit(file, log, entry)
        if self._put_old_steps(file, log, entry):
            self._commit(file, log, entry)

    def _put_old_steps(self, file: BinaryIO, log: _Log, entry: Entry) -> bool:
        """Append the steps that the log lacks, the nearest first; whether there were any."""
        until = time.monotonic() + self._limits.undo_seconds
        added = False
        for index in self._kept(entry):
            document = entry.steps[index].document
            if log.holds(document):
                continue
            if time.monotonic() > until or log.live_bytes + log.end - log.whole_end > self._limits.undo_bytes:
                break
            log.put(file, document)
            added = True
        return added

    def _kept(self, entry: Entry) -> Iterator[int]:
        """Which steps belong into the log: the present one, those before it backwards, those after it."""
        here, most = entry.position, self._limits.undo_steps
        yield from range(here, max(-1, here - most - 1), -1)
        yield from range(here + 1, min(len(entry.steps), here + most + 1))

    def _commit(self, file: BinaryIO, log: _Log, entry: Entry) -> None:
        indices = sorted(index for index in self._kept(entry) if log.holds(entry.steps[index].document))
        steps = [entry.steps[index] for index in indices]
        log.commit(
            file,
            [step.document for step in steps],
            {
                "steps": [[log.put(file, step.document), step.label] for step in steps],
                "position": indices.index(entry.position),
                "modified": entry.is_modified,
                "path": None if entry.path is None else str(entry.path),
                "extra": dict(entry.extra),
                "at": entry.at,
            },
        )


@contextmanager
def _translated(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise _problem(path, error) from error
    except MemoryError as error:
        raise FileError(
            "There isn't enough memory to keep a safety copy", hint="Save your work, and close other programs"
        ) from error


def _problem(path: Path, error: OSError) -> FileError:
    if error.errno in _DISK_FULL:
        return FileError(
            "The disk is full, so no safety copy of your work is being kept",
            hint="Free some space; it is tried again by itself",
        )
    if isinstance(error, PermissionError) or error.errno == errno.EROFS:
        return FileError(
            f"No safety copy of your work is being kept: {path.parent} may not be written",
            hint="Change the folder's permissions, and save often until then",
        )
    return FileError(
        f"No safety copy of your work is being kept ({error.strerror or error})",
        hint=f"Check the drive of {path.parent}; it is tried again by itself",
    )
