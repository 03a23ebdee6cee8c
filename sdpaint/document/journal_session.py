"""Journal folders: one for each running sdpaint, and finding those of programs that ended unexpectedly.

A session's folder holds a log for each document and a file named `owner`, which the program keeps locked as long as
it runs. The system lets go of the lock however the program ends, so a lock that can be taken means that the owner is
dead, and a second sdpaint that runs is never taken for a crash. Where a drive knows no locks, the owner's process
number and the time it started, which the file holds, tell the same.
"""

from __future__ import annotations

import errno
import json
import os
import secrets
import shutil
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from sdpaint.document.journal_reader import Summary, read_summary
from sdpaint.errors import FileError

LOG_SUFFIX = ".journal"
DAMAGED_FOLDER = "damaged"
_OWNER = "owner"
_YOUNG_S = 60.0
"""A folder without an owner may belong to a program that is just starting."""


class JournalSession:
    """A session's folder, locked by this program."""

    def __init__(self, folder: Path, lock: BinaryIO) -> None:
        """Made by `create_session` and `find_leftovers`."""
        self.folder = folder
        self._lock: BinaryIO | None = lock
        self._documents = 0

    def next_log(self) -> Path:
        """Where the log of one more document goes."""
        self._documents += 1
        return self.folder / f"{self._documents}{LOG_SUFFIX}"

    def logs(self) -> list[Path]:
        """The logs that are there."""
        return sorted(self.folder.glob(f"*{LOG_SUFFIX}"))

    def release(self) -> None:
        """Leave the folder to whoever takes it next."""
        lock, self._lock = self._lock, None
        if lock is not None:
            lock.close()

    def remove(self) -> None:
        """The folder with all that is in it goes. Raises FileError where something stays."""
        # The owner's file goes last and the lock with it: nobody may take a folder that is half gone for a crash.
        try:
            for path in self.folder.iterdir():
                if path.name != _OWNER:
                    path.unlink()
            self.release()
            shutil.rmtree(self.folder)
        except FileNotFoundError:
            self.release()
        except OSError as error:
            self.release()
            raise FileError(
                "The safety copy of an earlier session can't be removed", hint=f"Delete {self.folder} by hand"
            ) from error


@dataclass(frozen=True)
class Leftover:
    """A document that a program left behind when it ended unexpectedly. Its session stays locked by this program."""

    session: JournalSession
    log: Path
    summary: Summary


def create_session(root: Path) -> JournalSession:
    """A fresh folder below `root`, locked. Raises FileError."""
    try:
        root.mkdir(parents=True, exist_ok=True)
        while True:
            folder = root / f"{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}-{secrets.token_hex(3)}"
            folder.mkdir()
            lock = _take(folder / _OWNER)
            # Another program that looks for leftovers may have come between; then it throws the folder away.
            if lock is not None and (folder / _OWNER).exists():
                return JournalSession(folder, lock)
    except OSError as error:
        raise FileError(
            f"No safety copy of your work is being kept ({error.strerror or error})",
            hint=f"Check that {root} can be written",
        ) from error


def find_leftovers(root: Path) -> tuple[list[Leftover], list[FileError]]:
    """Documents of dead programs with changes that are nowhere else, the latest first; and what couldn't be read.

    Damaged logs are moved aside. What holds nothing to restore is deleted. Never raises.
    """
    found: list[Leftover] = []
    problems: list[FileError] = []
    try:
        folders = [each for each in sorted(root.iterdir()) if each.is_dir() and each.name != DAMAGED_FOLDER]
    except FileNotFoundError:
        return found, problems
    except OSError as error:
        problem = FileError("The safety copies of earlier sessions can't be read", hint=f"Look at {root}")
        problem.__cause__ = error
        return found, [problem]
    for folder in folders:
        try:
            session = _adopt(folder)
            if session is not None:
                found.extend(_look_into(session, problems))
        except OSError as error:
            problem = FileError("A safety copy of an earlier session can't be read", hint=f"Look at {folder}")
            problem.__cause__ = error
            problems.append(problem)
    return sorted(found, key=lambda leftover: -leftover.summary.at), problems


def set_aside(leftover: Leftover) -> Path:
    """Move a log that can't be read to where it isn't looked at again. Returns its new path. Raises FileError."""
    try:
        kept = _set_aside(leftover.session, leftover.log)
    except OSError as error:
        raise FileError(
            "A damaged safety copy can't be moved aside", hint=f"Move {leftover.log} away by hand"
        ) from error
    _remove_if_empty(leftover.session)
    return kept


def discard(leftover: Leftover) -> None:
    """Delete a log, and its session's folder when it was the last. Raises FileError."""
    try:
        leftover.log.unlink(missing_ok=True)
    except OSError as error:
        raise FileError("A safety copy can't be removed", hint=f"Delete {leftover.log} by hand") from error
    _remove_if_empty(leftover.session)


def _remove_if_empty(session: JournalSession) -> None:
    if not session.logs():
        session.remove()


def _adopt(folder: Path) -> JournalSession | None:
    """The session of a dead program, now locked by this one; None where it lives or may just be coming to life."""
    owner = folder / _OWNER
    if not owner.exists() and time.time() - folder.stat().st_mtime < _YOUNG_S:
        return None
    lock = _take(owner)
    return None if lock is None else JournalSession(folder, lock)


def _look_into(session: JournalSession, problems: list[FileError]) -> list[Leftover]:
    found = []
    for log in session.logs():
        try:
            summary = read_summary(log)
        except FileError as error:
            kept = _set_aside(session, log)
            problem = FileError(error.message, hint=f"It is kept as {kept}")
            problem.__cause__ = error
            problems.append(problem)
            continue
        if summary.is_modified:
            found.append(Leftover(session, log, summary))
        else:
            log.unlink()
    if not found:
        try:
            session.remove()
        except FileError as error:
            problems.append(error)
    return found


def _set_aside(session: JournalSession, log: Path) -> Path:
    folder = session.folder.parent / DAMAGED_FOLDER
    folder.mkdir(exist_ok=True)
    return log.replace(folder / f"{session.folder.name}-{log.name}")


# ----------------------------------------------------------------------------------------------------- the owner


def _take(path: Path) -> BinaryIO | None:
    """Lock an owner's file and write this program's name into it; None where a living program has it."""
    file = path.open("a+b")
    try:
        try:
            _lock(file)
        except OSError as error:
            if error.errno in (errno.EWOULDBLOCK, errno.EACCES, errno.EDEADLK) or _is_alive(file):
                file.close()
                return None
        file.seek(0)
        file.truncate()
        file.write(json.dumps({"pid": os.getpid(), "started": _started(os.getpid())}).encode())
        file.flush()
    except BaseException:
        file.close()
        raise
    return file


if sys.platform == "win32":
    import msvcrt

    def _lock(file: BinaryIO) -> None:
        # Far behind the text: a locked part can't be read by others on Windows.
        file.seek(1 << 20)
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _lock(file: BinaryIO) -> None:
        fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)


def _is_alive(file: BinaryIO) -> bool:
    """Whether the process that the file names runs, where no lock can tell."""
    try:
        file.seek(0)
        owner = json.loads(file.read())
        pid, started = int(owner["pid"]), owner["started"]
    except (OSError, ValueError, KeyError, TypeError):
        return False
    now = _started(pid)
    if now is not None:
        return bool(now == started)
    return sys.platform != "win32" and _answers(pid)


def _answers(pid: int) -> bool:
    try:
        os.kill(pid, 0)     # asks only whether it could be done; on Windows it would end the process
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


def _started(pid: int) -> str | None:
    """When a process began, in ticks since which boot; None where the system doesn't say."""
    with suppress(OSError, IndexError):
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        # The name in brackets may hold anything, brackets too.
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
        return f"{boot} {fields[19]}"
    return None
