"""Atomic file writing: a file is there whole, old or new, whatever happens on the way."""

from __future__ import annotations

import contextlib
import os
import secrets
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO


@contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """A binary file to write to, which takes the place of `path` when the block ends without an error.

    It lies in the same folder until then, so that the last step is one rename. On an error it is removed and what
    was at `path` stays. A link is followed: what it points to is replaced. Raises OSError as the system gives it.
    """
    target = Path(os.path.realpath(path))
    temporary = target.with_name(f".{secrets.token_hex(8)}.tmp")
    try:
        with temporary.open("x+b") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        _copy_mode(target, temporary)
        os.replace(temporary, target)
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise
    _sync_folder(target.parent)


@contextmanager
def replacing_path(path: Path) -> Iterator[Path]:
    """The same for libraries that write by name: where to write, which takes the place of `path` at the end."""
    target = Path(os.path.realpath(path))
    temporary = target.with_name(f".{secrets.token_hex(8)}.tmp")
    try:
        yield temporary
        _copy_mode(target, temporary)
        os.replace(temporary, target)
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise
    _sync_folder(target.parent)


def _copy_mode(source: Path, target: Path) -> None:
    with contextlib.suppress(FileNotFoundError):
        target.chmod(source.stat().st_mode & 0o777)


def _sync_folder(folder: Path) -> None:
    """Make the rename itself last. Some network drives can't; the file's content is safe all the same."""
    if sys.platform == "win32":
        return
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
