"""Wildcard lists: a folder of text files, one choice a line, named by their paths without `.txt`."""

from __future__ import annotations

from pathlib import Path

from sdpaint.errors import FileError

_MOST_BYTES = 16 * 1024 * 1024


def read_wildcards(folder: Path) -> dict[str, tuple[str, ...]]:
    """The lists in a folder and those below it, by name ("animals", "places/city"). None where there's no folder.

    Empty lines and lines that begin with # are left out. Raises FileError where a list can't be read.
    """
    lists: dict[str, tuple[str, ...]] = {}
    if not folder.is_dir():
        return lists
    for path in sorted(folder.rglob("*.txt")):
        name = path.relative_to(folder).with_suffix("").as_posix()
        try:
            if path.stat().st_size > _MOST_BYTES:
                raise FileError(f"The wildcard list {path.name} is too large", hint="Part it into several files")
            text = path.read_text(encoding="utf-8-sig")
        except UnicodeDecodeError as error:
            raise FileError(f"The wildcard list {path.name} isn't UTF-8 text", hint="Save it as UTF-8") from error
        except OSError as error:
            raise FileError(f"The wildcard list {path.name} can't be read", hint="Check its permissions") from error
        lines = (line.strip() for line in text.splitlines())
        lists[name] = tuple(line for line in lines if line and not line.startswith("#"))
    return lists
