"""Where what a file lacks is looked for: beside it, in the folders around it, in the artist's own."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from itertools import chain
from pathlib import Path

from sdpaint.checkpoints.component import Component, Kind
from sdpaint.checkpoints.folders import KIND_OF_FOLDER, WEIGHTS
from sdpaint.checkpoints.other_programs import extra_folders
from sdpaint.checkpoints.recognise import identify_file
from sdpaint.errors import CheckpointError
from sdpaint.paths import user_checkpoint_dir
from sdpaint.settings.store import stored_settings

DEPTH = 2
"""Of folders around a file: as deep as programs put checkpoints below what they share with networks."""

_ABOVE = 4
"""How many folders above a file may be that in which a program keeps one for each kind."""


def places_around(path: Path) -> tuple[Path, ...]:
    """The nearest folders, in which anything may lie."""
    return (path.parent, user_checkpoint_dir(), *path.parents[1:3])


def folders_for(path: Path, kind: Kind) -> Iterator[Path]:
    """Folders that programs keep files of a kind in: around a file, then among the artist's. Some may come twice."""
    own = (base for folder in stored_settings().checkpoint_dirs for base in (folder, folder / "models"))
    for base in chain(path.parents[:_ABOVE], (user_checkpoint_dir(),), own):
        for child in entries(base):
            if KIND_OF_FOLDER.get(child.name.casefold()) is kind and child.is_dir():
                yield child
        for extra, its_kind in extra_folders(base / "extra_model_paths.yaml", KIND_OF_FOLDER):
            if its_kind is kind:
                yield extra


def files_for(path: Path, kind: Kind) -> Iterator[tuple[int, Path, Component]]:
    """Files of a kind that can be used: how far away each is, the file, and what it holds."""
    seen = {path}
    places = chain(((place, 0) for place in places_around(path)), ((each, DEPTH) for each in folders_for(path, kind)))
    for distance, (folder, depth) in enumerate(places):
        for file in _weights_below(folder, depth):
            if file not in seen:
                seen.add(file)
                found = look_into(file)
                if found is not None and found.kind is kind:
                    yield distance, file, found


def look_into(file: Path) -> Component | None:
    """What a file holds; None where it can't be told, which is said where it is listed."""
    try:
        facts = file.stat()
        return _identified(file, facts.st_size, facts.st_mtime_ns)
    except (CheckpointError, OSError):
        return None


@lru_cache(maxsize=4096)
def _identified(file: Path, size: int, mtime_ns: int) -> Component:
    """`size` and `mtime_ns` tell a file from what it was before."""
    return identify_file(file)


def _weights_below(folder: Path, depth: int) -> Iterator[Path]:
    for child in entries(folder):
        if child.name.lower().endswith(WEIGHTS):
            yield child
        elif depth and not child.name.startswith(".") and child.is_dir():
            yield from _weights_below(child, depth - 1)


def entries(place: Path) -> list[Path]:
    """What lies in a folder, by name; nothing where it can't be read."""
    try:
        return sorted(place.iterdir())
    except OSError:
        return []
