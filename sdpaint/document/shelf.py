"""Shelf: where the tiles of old undo steps rest, packed in memory, and beyond a budget in a file.

A tile is packed once nobody who needs it soon holds it. The tile maps stay the values that they are: a resting one
unpacks what it is asked for, and a tile that somebody still holds comes back as the same array.
"""

from __future__ import annotations

import shutil
import tempfile
import threading
import weakref
import zlib
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import IO

import numpy as np

from sdpaint.errors import FileError
from sdpaint.imaging.tiles import TILE_SIZE, Pixels, TileKey, TileMap

_LEVEL = 1
SPARE_DISK_BYTES = 512 << 20
"""So much of the disk is left to others."""


def pack(tile: Pixels) -> bytes:
    """What each row differs by from the one above it, deflated: undone row by row, which is quick."""
    rows = np.array(tile.reshape(TILE_SIZE, -1))
    rows[1:] -= tile.reshape(TILE_SIZE, -1)[:-1]
    return zlib.compress(rows.data, _LEVEL)


def unpack(packed: bytes, channels: int, depth: int = 8) -> Pixels:
    """The read-only tile. Raises zlib.error or ValueError where the bytes are others than `pack` gave."""
    dtype = np.uint8 if depth == 8 else np.uint16
    rows = np.frombuffer(zlib.decompress(packed), dtype).reshape(TILE_SIZE, -1)
    tile: Pixels = np.add.accumulate(rows, axis=0, dtype=dtype)
    tile = tile.reshape((TILE_SIZE, TILE_SIZE) if channels == 1 else (TILE_SIZE, TILE_SIZE, channels))
    tile.flags.writeable = False
    return tile


class _RestingTile:
    """One tile: the array itself as long as that is needed soon, else its packed bytes or their place in the file."""

    __slots__ = ("__weakref__", "_array", "_shelf", "channels", "depth", "held", "packed", "place")

    def __init__(self, shelf: Shelf, tile: Pixels) -> None:
        self._shelf = shelf
        self._array = weakref.ref(tile)
        self.channels = 1 if tile.ndim == 2 else tile.shape[2]
        self.depth = 8 * tile.itemsize
        self.held: Pixels | None = tile
        self.packed: bytes | None = None
        self.place: tuple[int, int] | None = None

    def is_of(self, tile: Pixels) -> bool:
        """Whether it stands for this very array."""
        return self._array() is tile

    def array(self) -> Pixels:
        """The tile. Raises FileError where the file can't be read any more."""
        array = self._array()
        if array is None:
            array = self._shelf.unpacked(self)
            self._array = weakref.ref(array)
            self._shelf.note(array, self)
        return array

    def __del__(self) -> None:
        self._shelf.forget(self)


class _Resting:
    """The tiles of one map."""

    def __init__(self, tiles: Mapping[TileKey, _RestingTile]) -> None:
        self.tiles = tiles

    def __len__(self) -> int:
        return len(self.tiles)

    def tile(self, key: TileKey) -> Pixels | None:
        found = self.tiles.get(key)
        return None if found is None else found.array()

    def unpacked(self) -> dict[TileKey, Pixels]:
        return {key: tile.array() for key, tile in self.tiles.items()}


class Shelf:
    """Maps are put away and woken by any thread, one at a time; resting ones may be read by all."""

    def __init__(self, folder: Path | None = None, spare_disk_bytes: int = SPARE_DISK_BYTES) -> None:
        """`folder` is for the file, which is made when it is needed and is gone when the program ends."""
        self._folder = folder
        self._spare_disk_bytes = spare_disk_bytes
        self._lock = threading.RLock()
        self._known: dict[int, weakref.ref[_RestingTile]] = {}
        self._in_memory: dict[int, weakref.ref[_RestingTile]] = {}
        self._held: dict[int, weakref.ref[_RestingTile]] = {}
        self._file: IO[bytes] | None = None
        self._sweep_at = 4096
        self._file_end = 0
        self.packed_bytes = 0
        """Of packed tiles in memory."""
        self.spilled_bytes = 0
        """Of packed tiles in the file."""

    def put_away(self, maps: Iterable[TileMap], awake: Iterable[TileMap], is_wanted: Callable[[TileMap], bool]) -> None:
        """Let maps rest. Tiles that an awake one has as well stay as they are until it is put away too.

        `is_wanted` is asked at the last moment, of maps that are needed meanwhile: they aren't changed.
        """
        needed = {id(tile) for each in awake for tile in each.tiles.values()}
        for each in maps:
            if each.is_resting:
                continue
            tiles = {key: self._resting(tile) for key, tile in each.tiles.items()}
            for tile in tiles.values():
                self._pack(tile, needed)
            with self._lock:
                if not is_wanted(each):
                    each.rest(_Resting(tiles))
        for ref in list(self._held.values()):
            held = ref()
            if held is not None:
                self._pack(held, needed)

    def wake(self, each: TileMap) -> None:
        """Unpack a map for good. Raises FileError where the file can't be read any more."""
        with self._lock:
            if each.is_resting:
                each.wake()

    def spill(self, most_packed_bytes: int) -> None:
        """Write packed tiles to the file, the longest packed first, until so many bytes are left in memory.

        Raises FileError where that can't be; nothing is lost by it.
        """
        for ref in list(self._in_memory.values()):
            if self.packed_bytes <= most_packed_bytes:
                return
            tile = ref()
            if tile is not None:
                self._write(tile)

    def __del__(self) -> None:
        self.close()

    def close(self) -> None:
        """Let the file go, and what lies in it."""
        with self._lock:
            if self._file is not None:
                self._file.close()
                self._file = None

    def note(self, array: Pixels, tile: _RestingTile) -> None:
        """This array is what the tile was unpacked to."""
        self._known[id(array)] = weakref.ref(tile)

    def unpacked(self, tile: _RestingTile) -> Pixels:
        """From memory or the file. Raises FileError."""
        with self._lock:
            packed = tile.packed
            if packed is None:
                packed = self._read(tile)
        try:
            return unpack(packed, tile.channels, tile.depth)
        except (zlib.error, ValueError) as error:
            raise _unreadable() from error

    def forget(self, tile: _RestingTile) -> None:
        """Nobody has the tile any more."""
        with self._lock:
            self._in_memory.pop(id(tile), None)
            self._held.pop(id(tile), None)
            if tile.packed is not None:
                self.packed_bytes -= len(tile.packed)
            if tile.place is not None:
                self.spilled_bytes -= tile.place[1]
                if self.spilled_bytes == 0 and self._file is not None:
                    self._file_end = 0

    def _resting(self, tile: Pixels) -> _RestingTile:
        """The one that stands for this array."""
        ref = self._known.get(id(tile))
        known = None if ref is None else ref()
        if known is None or not known.is_of(tile):
            known = _RestingTile(self, tile)
            self._known[id(tile)] = weakref.ref(known)
            self._held[id(known)] = weakref.ref(known)
            if len(self._known) > 2 * self._sweep_at:
                self._sweep()
        return known

    def _sweep(self) -> None:
        """Forget arrays and tiles that are gone."""
        kept = {key: ref for key, ref in list(self._known.items()) if ref() is not None}
        self._known = kept
        self._sweep_at = max(4096, len(kept))

    def _pack(self, tile: _RestingTile, needed: set[int]) -> None:
        array = tile.held
        if array is None or id(array) in needed:
            return
        packed = pack(array) if tile.packed is None and tile.place is None else None
        with self._lock:
            if packed is not None:
                tile.packed = packed
                self.packed_bytes += len(packed)
                self._in_memory[id(tile)] = weakref.ref(tile)
            tile.held = None
            self._held.pop(id(tile), None)

    def _write(self, tile: _RestingTile) -> None:
        with self._lock:
            packed = tile.packed
            if packed is None:
                return
            try:
                file = self._opened(len(packed))
                file.seek(self._file_end)
                file.write(packed)
                file.flush()
            except OSError as error:
                raise FileError(
                    "Old undo steps can't be moved to the disk, so the oldest are forgotten",
                    hint=f"Free some space on the drive of {self._folder}, or allow more memory for undo",
                ) from error
            tile.place, tile.packed = (self._file_end, len(packed)), None
            self._file_end += len(packed)
            self._in_memory.pop(id(tile), None)
            self.packed_bytes -= len(packed)
            self.spilled_bytes += len(packed)

    def _opened(self, wanted_bytes: int) -> IO[bytes]:
        if self._folder is None:
            raise OSError("there is no folder for it")
        if self._file is None:
            self._folder.mkdir(parents=True, exist_ok=True)
            # It has no name, or goes by itself when it is closed: nothing is left, however the program ends.
            self._file = tempfile.TemporaryFile(prefix="undo-", dir=self._folder)  # noqa: SIM115 - closed by `close`
        if shutil.disk_usage(self._folder).free < self._spare_disk_bytes + wanted_bytes:
            raise OSError("the disk is nearly full")
        return self._file

    def _read(self, tile: _RestingTile) -> bytes:
        if tile.place is None or self._file is None:
            raise _unreadable()
        offset, length = tile.place
        try:
            self._file.seek(offset)
            return self._file.read(length)
        except OSError as error:
            raise _unreadable() from error


def _unreadable() -> FileError:
    return FileError("An old undo step can't be read back from the disk", hint="Save your work; later steps are there")
