"""Translation of the system's errors into sentences with a remedy, at the edge where files are touched."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sdpaint.errors import FileError

_DISK_FULL = frozenset({errno.ENOSPC, errno.EDQUOT}) if hasattr(errno, "EDQUOT") else frozenset({errno.ENOSPC})


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Whatever the system says of reading `path` comes out as FileError."""
    try:
        yield
    except OSError as error:
        raise _read_error(path, error) from error
    except MemoryError as error:
        raise FileError(
            f"{path.name} needs more memory than there is", hint="Close other programs, or make the picture smaller"
        ) from error


def _read_error(path: Path, error: OSError) -> FileError:
    if isinstance(error, FileNotFoundError):
        return FileError(f"{path} isn't there", hint="Check the name, or whether it was moved")
    if isinstance(error, IsADirectoryError) or path.is_dir():
        return FileError(f"{path.name} is a folder", hint="Choose a file inside it")
    if isinstance(error, PermissionError):
        return FileError(f"{path.name} may not be read", hint="Check the file's permissions")
    return FileError(
        f"{path.name} can't be read ({error.strerror or error})", hint="Check that the drive is connected"
    )


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Whatever the system says of writing `path` comes out as FileError."""
    try:
        yield
    except OSError as error:
        raise _write_error(path, error) from error
    except MemoryError as error:
        raise FileError(
            f"There isn't enough memory to write {path.name}", hint="Close other programs, then save again"
        ) from error


def _write_error(path: Path, error: OSError) -> FileError:
    if error.errno in _DISK_FULL:
        return FileError(f"The disk is full, so {path.name} wasn't saved", hint="Free some space, then save again")
    if path.is_dir():
        return FileError(f"{path.name} is a folder", hint="Choose another name")
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        return FileError(
            f"The folder {path.parent} isn't there", hint="Choose another folder, or connect the drive again"
        )
    if isinstance(error, PermissionError) or error.errno == errno.EROFS:
        return FileError(f"{path.name} may not be written in {path.parent}", hint="Choose another folder")
    if error.errno == errno.ENAMETOOLONG:
        return FileError("The file name is too long", hint="Choose a shorter one")
    return FileError(
        f"{path.name} can't be written ({error.strerror or error})",
        hint="Check that the drive is connected, or choose another folder",
    )
