"""Hashes of weights: a file's SHA-256; of a folder one that follows from those of its weights, wherever it lies."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path

_CHUNK = 4 * 1024 * 1024


def weights_in(path: Path) -> tuple[Path, ...]:
    """The file itself, or the safetensors files of a folder and its parts, by name. Raises OSError."""
    if path.is_file():
        return (path,)
    found = (each for pattern in ("*.safetensors", "*/*.safetensors") for each in path.glob(pattern))
    return tuple(sorted(found, key=lambda each: each.relative_to(path).as_posix()))


def digest_of(path: Path, on_progress: Callable[[float], bool]) -> str | None:
    """SHA-256 in hex, of a folder that of the lines "hash  part/name" of its weights, as `sha256sum` writes them.

    `on_progress` hears shares of 0…1 and says whether to go on; None where it doesn't. Raises OSError.
    """
    files = weights_in(path)
    whole = max(1, sum(file.stat().st_size for file in files))
    there = 0
    lines = []
    for file in files:
        digest = hashlib.sha256()
        for chunk in _chunks(file):
            digest.update(chunk)
            there += len(chunk)
            if not on_progress(there / whole):
                return None
        lines.append(f"{digest.hexdigest()}  {file.relative_to(path).as_posix()}\n")
        if path.is_file():
            return digest.hexdigest()
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            yield chunk
