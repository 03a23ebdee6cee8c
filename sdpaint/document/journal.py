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
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from sdpaint.atomic import replacing
from sdpaint.document.history import Step
from sdpaint.document.journal_format import HEADER
from sdpaint.document.journal_log import JournalLog, Stopped
from sdpaint.errors import FileError

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


class JournalWriter:
    """Writes the log of one document. For one thread at a time; `stop` may be called from any."""

    def __init__(self, path: Path, limits: JournalLimits = JournalLimits()) -> None:
        """Nothing is written yet. `path` is the log; its folder is made where it isn't there."""
        self.path = path
        self._limits = limits
        self._stop = threading.Event()
        self._log: JournalLog | None = None
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
            except Stopped:
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

    def _extend(self, entry: Entry, log: JournalLog) -> int:
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

    def _write_anew(self, entry: Entry, source: JournalLog | None) -> int:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.close()
        with replacing(self.path) as file:
            if source is None:
                log = JournalLog(self._stop)
                self._fill(file, log, entry)
            else:
                with self.path.open("rb") as source_file:
                    log = JournalLog(self._stop, source, source_file)
                    self._fill(file, log, entry)
        log.detach()
        self._log = log
        return log.end

    def _fill(self, file: BinaryIO, log: JournalLog, entry: Entry) -> None:
        file.write(HEADER)
        self._put_entry(file, log, entry)

    def _compact(self, entry: Entry, log: JournalLog) -> None:
        try:
            self._write_anew(entry, log)
        except OSError:
            # There may be no room for a second log; the first one is as good as it was.
            self._rewrite_at = log.end * 1.25
            if not self._file_is_as_left(log):
                raise

    def _is_mostly_garbage(self, log: JournalLog) -> bool:
        limits = self._limits
        return log.end > max(limits.smallest_rewrite, limits.garbage_ratio * log.live_bytes, self._rewrite_at)

    def _file_is_as_left(self, log: JournalLog) -> bool:
        try:
            return self.path.stat().st_size >= log.end
        except OSError:
            return False

    def _put_entry(self, file: BinaryIO, log: JournalLog, entry: Entry) -> None:
        log.put(file, entry.steps[entry.position].document)
        self._commit(file, log, entry)
        if self._put_old_steps(file, log, entry):
            self._commit(file, log, entry)

    def _put_old_steps(self, file: BinaryIO, log: JournalLog, entry: Entry) -> bool:
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

    def _commit(self, file: BinaryIO, log: JournalLog, entry: Entry) -> None:
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
