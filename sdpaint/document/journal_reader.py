"""Reading a journal after a sudden end: the last state that is there whole, with the steps that led to it.

A log may end within a record, and any byte of it may be wrong. Commits are tried from the last one backwards; the
first whose present state is whole, with every tile, is what comes back. Old steps that aren't whole are left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from sdpaint.document.document import Document
from sdpaint.document.history import Step
from sdpaint.document.journal_format import (
    Damaged,
    Kind,
    read_record,
    read_records,
    unpack_json,
    unpack_map,
    unpack_tile,
)
from sdpaint.document.journal_values import document_from_json, maps_in, size_from_json
from sdpaint.errors import FileError
from sdpaint.imaging.geometry import Size
from sdpaint.imaging.tiles import Pixels, TileKey, TileMap


@dataclass(frozen=True)
class Summary:
    """What can be restored from a log. `at` is in seconds since 1970."""

    path: Path | None
    at: float
    size: Size
    is_modified: bool

    @property
    def title(self) -> str:
        """File name, or Untitled."""
        return self.path.name if self.path else "Untitled"


@dataclass(frozen=True, eq=False)
class Recovered:
    """What was restored. `steps` may be fewer than there were, but the one at `position` is whole."""

    steps: tuple[Step, ...]
    position: int
    summary: Summary
    extra: Mapping[str, Any]

    @property
    def document(self) -> Document:
        """The picture as it was."""
        return self.steps[self.position].document


@dataclass(frozen=True)
class _Commit:
    states: tuple[tuple[int, str], ...]
    position: int
    summary: Summary
    extra: Mapping[str, Any]


def read_summary(path: Path) -> Summary:
    """What `read_journal` would restore, without unpacking a pixel. Raises FileError where nothing can be."""
    with _opened(path) as file:
        return _Index(file).last_commit().summary


def read_journal(path: Path) -> Recovered:
    """The last whole entry of a log. Raises FileError where there is none."""
    with _opened(path) as file:
        return _Index(file).recover()


@contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    try:
        with path.open("rb") as file:
            yield file
    except OSError as error:
        raise FileError(
            f"A safety copy can't be read ({error.strerror or error})", hint=f"Look at {path}"
        ) from error
    except Damaged as error:
        raise FileError("A safety copy is damaged, so nothing of it can be restored", hint=str(error)) from error
    except MemoryError as error:
        raise FileError(
            "The safety copy needs more memory than there is", hint="Close other programs, then try again"
        ) from error


class _Index:
    """Where the intact records of a log are, and what can be made of them."""

    def __init__(self, file: BinaryIO) -> None:
        """Reads the file once, checking every sum. Tiles stay on disk. Raises Damaged without a header."""
        self._file = file
        self._tile_offsets: dict[int, int] = {}
        self._map_payloads: dict[int, bytes] = {}
        self._states: dict[int, dict[str, Any]] = {}
        self._commits: list[bytes] = []
        self._whole: dict[int, bool] = {}
        self._tiles: dict[int, Pixels] = {}
        self._maps: dict[int, TileMap] = {}
        self._map_serials: dict[int, tuple[int, int, dict[TileKey, int]]] = {}
        for record in read_records(file):
            if record.is_intact:
                match record.kind:
                    case Kind.TILE:
                        self._tile_offsets[record.serial] = record.offset
                    case Kind.MAP:
                        self._map_payloads[record.serial] = record.payload
                    case Kind.STATE:
                        self._states[record.serial] = unpack_json(record.payload)
                    case Kind.COMMIT:
                        self._commits.append(record.payload)

    def last_commit(self) -> _Commit:
        """The last commit whose present state is whole. Raises Damaged where none is."""
        for payload in reversed(self._commits):
            commit = self._commit(unpack_json(payload))
            if commit is not None:
                return commit
        raise Damaged("No state in it is whole")

    def recover(self) -> Recovered:
        """The last commit, unpacked. Raises Damaged."""
        commit = self.last_commit()
        steps: list[Step] = []
        position = 0
        for index, (serial, label) in enumerate(commit.states):
            if index == commit.position:
                position = len(steps)
                steps.append(Step(label, self._document(serial)))
            elif self._is_whole(serial):
                with suppress(Damaged):     # a step back is worth less than the picture
                    steps.append(Step(label, self._document(serial)))
        return Recovered(tuple(steps), position, commit.summary, commit.extra)

    def _document(self, serial: int) -> Document:
        return document_from_json(self._states[serial], self._map)

    def _commit(self, values: Mapping[str, Any]) -> _Commit | None:
        try:
            states = tuple((int(serial), str(label)) for serial, label in values["steps"])
            present = states[values["position"]][0]
            if not self._is_whole(present):
                return None
            summary = Summary(
                path=None if values["path"] is None else Path(values["path"]),
                at=float(values["at"]),
                size=size_from_json(self._states[present]),
                is_modified=bool(values["modified"]),
            )
            return _Commit(states, int(values["position"]), summary, dict(values["extra"]))
        except (KeyError, TypeError, ValueError, IndexError) as error:
            raise Damaged(f"a commit is damaged: {error}") from error

    def _is_whole(self, state: int) -> bool:
        if state not in self._whole:
            values = self._states.get(state)
            self._whole[state] = values is not None and all(map(self._map_is_whole, maps_in(values)))
        return self._whole[state]

    def _map_is_whole(self, serial: int) -> bool:
        payload = self._map_payloads.get(serial)
        if payload is None:
            return False
        if serial not in self._map_serials:
            self._map_serials[serial] = unpack_map(payload)
        return all(tile in self._tile_offsets for tile in self._map_serials[serial][2].values())

    def _map(self, serial: int) -> TileMap:
        if serial not in self._maps:
            channels, depth, serials = self._map_serials[serial]
            tiles = {key: self._tile(tile, channels, depth) for key, tile in serials.items()}
            self._maps[serial] = TileMap(channels, tiles, depth)
        return self._maps[serial]

    def _tile(self, serial: int, channels: int, depth: int) -> Pixels:
        """Equal serials are one array again, so that steps share what they shared."""
        if serial not in self._tiles:
            record = read_record(self._file, self._tile_offsets[serial])
            if record is None or not record.is_intact:
                raise Damaged("the file changed while it was read")
            self._tiles[serial] = unpack_tile(record.payload, channels, depth)
        return self._tiles[serial]
