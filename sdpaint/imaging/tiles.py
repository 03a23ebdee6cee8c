"""TileMap: an immutable, sparse map of 128 px tiles over an unbounded plane.

Two maps share every tile that neither changed, so keeping an old one costs only what differs, and what differs
is found by comparing identities. A map has 4 channels or 1:

* 4 channels: blue, green, red, alpha, premultiplied (the memory order of QImage.Format_ARGB32_Premultiplied on
  little-endian machines, QPainter's fastest format). `imaging.pixels` converts at the edges of the program.
  `depth` is 8 (uint8, 0…255) or 16 (uint16, 0…65535) bits a channel; `imaging.depth` converts between them.
* 1 channel: coverage, 0…255, for masks; always uint8.

A tile that is absent is all zero: transparent.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from sdpaint.imaging.geometry import Rect

TILE_SIZE = 128
"""Side of a tile in pixels."""

Pixels = NDArray[np.uint8 | np.uint16]
"""Pixels of either depth; coverage is always uint8."""
Pixels8 = NDArray[np.uint8]
DEPTHS = (8, 16)
"""Bits a channel."""
TileKey = tuple[int, int]
"""Column and row of a tile; its first pixel is at (column * TILE_SIZE, row * TILE_SIZE)."""


def full_of(pixels: Pixels) -> int:
    """The largest value of a channel: 255 or 65535."""
    return 255 if pixels.dtype == np.uint8 else 65535


def tile_rect(key: TileKey) -> Rect:
    """The canvas pixels of a tile."""
    return Rect(key[0] * TILE_SIZE, key[1] * TILE_SIZE, TILE_SIZE, TILE_SIZE)


class RestingTiles(Protocol):
    """Tiles of a map that nobody needs soon, packed: they come out as they were put in."""

    def __len__(self) -> int: ...

    def tile(self, key: TileKey) -> Pixels | None:
        """One of them, unpacked; None where there is none."""
        ...

    def unpacked(self) -> dict[TileKey, Pixels]:
        """All of them. The same arrays as before, as long as somebody holds those."""
        ...


class TileMap:
    """Immutable pixels over an unbounded plane; see the module for the format.

    What it holds may be put to rest, to save memory: it says the same then, only slower.
    """

    __slots__ = ("_held", "channels", "depth")

    channels: int
    depth: int
    """Bits a channel, 8 or 16."""

    def __init__(self, channels: int, tiles: Mapping[TileKey, Pixels] | None = None, depth: int = 8) -> None:
        """`tiles` must be read-only arrays that nobody else writes to; `with_tiles` sees to that."""
        if channels not in (1, 4):
            raise ValueError(f"a tile map has 1 or 4 channels, not {channels}")
        if depth != 8 and (depth != 16 or channels != 4):
            raise ValueError(f"a tile map of {channels} channels has no {depth} bits")
        self.channels = channels
        self.depth = depth
        self._held: dict[TileKey, Pixels] | RestingTiles = dict(tiles or {})

    @property
    def _tiles(self) -> dict[TileKey, Pixels]:
        held = self._held
        return held if isinstance(held, dict) else held.unpacked()

    @property
    def is_resting(self) -> bool:
        """Whether the pixels are packed."""
        return not isinstance(self._held, dict)

    def rest(self, packed: RestingTiles) -> None:
        """Hold the tiles that it has in another form from now on."""
        self._held = packed

    def wake(self) -> None:
        """Hold its tiles as they are again."""
        self._held = self._tiles

    @classmethod
    def from_pixels(cls, pixels: Pixels, x: int = 0, y: int = 0) -> TileMap:
        """A map that holds `pixels`, (height, width, 4) or (height, width), with the first at (x, y)."""
        channels = 1 if pixels.ndim == 2 else pixels.shape[2]
        height, width = pixels.shape[:2]
        return cls(channels, depth=8 * pixels.itemsize).with_pixels(Rect(x, y, width, height), pixels)

    @property
    def dtype(self) -> type[np.uint8] | type[np.uint16]:
        """Of its tiles."""
        return np.uint8 if self.depth == 8 else np.uint16

    def _like(self, tiles: dict[TileKey, Pixels]) -> TileMap:
        """Others of the same format, unchecked."""
        result = TileMap.__new__(TileMap)
        result.channels = self.channels
        result.depth = self.depth
        result._held = tiles
        return result

    @property
    def tiles(self) -> Mapping[TileKey, Pixels]:
        """A read-only view of the tiles that are there."""
        return MappingProxyType(self._tiles)

    @property
    def is_empty(self) -> bool:
        """Whether there is no pixel but zeros."""
        return not len(self._held)

    @property
    def nbytes(self) -> int:
        """Bytes of all tiles, shared or not."""
        return sum(tile.nbytes for tile in self._tiles.values())

    def __eq__(self, other: object) -> bool:
        """Equal pixels everywhere."""
        if not isinstance(other, TileMap):
            return NotImplemented
        mine, theirs = self._tiles, other._tiles
        if (self.channels, self.depth) != (other.channels, other.depth) or mine.keys() != theirs.keys():
            return False
        return all(
            tile is theirs[key] or np.array_equal(tile, theirs[key]) for key, tile in mine.items()
        )

    __hash__ = None  # type: ignore[assignment]

    def _tile_shape(self) -> tuple[int, ...]:
        return (TILE_SIZE, TILE_SIZE) if self.channels == 1 else (TILE_SIZE, TILE_SIZE, self.channels)

    def tile(self, key: TileKey) -> Pixels | None:
        """The read-only tile, or None where all is transparent."""
        held = self._held
        return held.get(key) if isinstance(held, dict) else held.tile(key)

    def editable_tile(self, key: TileKey) -> Pixels:
        """A writable, contiguous copy of a tile, zeros where there is none."""
        tile = self.tile(key)
        return np.zeros(self._tile_shape(), self.dtype) if tile is None else tile.copy()

    def with_tiles(self, changes: Mapping[TileKey, Pixels | None]) -> TileMap:
        """This map with some tiles replaced (None removes). The arrays become read-only; tiles of zeros are dropped."""
        tiles = dict(self._tiles)
        shape, dtype = self._tile_shape(), self.dtype
        for key, tile in changes.items():
            if tile is None or not tile.max():      # twice as quick as any()
                tiles.pop(key, None)
                continue
            if tile.shape != shape or tile.dtype != dtype:
                raise ValueError(f"a tile is {dtype.__name__} {shape}, not {tile.dtype} {tile.shape}")
            tile.flags.writeable = False
            tiles[key] = tile
        return self._like(tiles)

    def with_painted(self, changes: Mapping[TileKey, Pixels]) -> TileMap:
        """As `with_tiles`, for a gesture under way: whole tiles, and ones of zeros may be there until it ends."""
        tiles = dict(self._tiles)
        for key, tile in changes.items():
            tile.flags.writeable = False
            tiles[key] = tile
        return self._like(tiles)

    def read(self, rect: Rect) -> Pixels:
        """The pixels under `rect`, a new array (height, width, 4) or (height, width)."""
        shape = (rect.height, rect.width) if self.channels == 1 else (rect.height, rect.width, self.channels)
        result = np.zeros(shape, self.dtype)
        for key, inner, outer in self._overlaps(rect):
            tile = self.tile(key)
            if tile is not None:
                result[outer] = tile[inner]
        return result

    def with_pixels(self, rect: Rect, pixels: Pixels) -> TileMap:
        """This map with the pixels under `rect` replaced. Tiles that come out unchanged stay identical."""
        expected = (rect.height, rect.width) if self.channels == 1 else (rect.height, rect.width, self.channels)
        if pixels.shape != expected:
            raise ValueError(f"pixels are {pixels.shape}, not {expected}")
        if pixels.dtype != self.dtype:
            raise ValueError(f"pixels are {pixels.dtype}, not {self.dtype.__name__}")
        changes: dict[TileKey, Pixels | None] = {}
        for key, inner, outer in self._overlaps(rect):
            old = self.tile(key)
            part = pixels[outer]
            if np.array_equal(old[inner], part) if old is not None else not part.any():
                continue
            tile = self.editable_tile(key)
            tile[inner] = part
            changes[key] = tile
        return self.with_tiles(changes) if changes else self

    def cleared(self, rect: Rect) -> TileMap:
        """This map with everything under `rect` transparent."""
        changes: dict[TileKey, Pixels | None] = {}
        for key, old in self._tiles.items():
            whole = tile_rect(key)
            inside = whole.intersected(rect)
            if inside == whole:
                changes[key] = None
            elif not inside.is_empty:
                part = _slices(inside.translated(-whole.x, -whole.y))
                if old[part].any():
                    tile = self.editable_tile(key)
                    tile[part] = 0
                    changes[key] = tile
        return self.with_tiles(changes) if changes else self

    def cropped(self, rect: Rect) -> TileMap:
        """Only what lies under `rect`."""
        kept: dict[TileKey, Pixels | None] = {}
        for key, tile in self._tiles.items():
            whole = tile_rect(key)
            if rect.contains(whole):
                continue
            kept[key] = None
            inside = whole.intersected(rect)
            if not inside.is_empty:
                new = np.zeros(self._tile_shape(), self.dtype)
                part = _slices(inside.translated(-whole.x, -whole.y))
                new[part] = tile[part]
                kept[key] = new
        return self.with_tiles(kept) if kept else self

    def translated(self, dx: int, dy: int) -> TileMap:
        """The same pixels, moved. Tiles are shared where the move is a multiple of the tile size."""
        if dx % TILE_SIZE == 0 and dy % TILE_SIZE == 0:
            columns, rows = dx // TILE_SIZE, dy // TILE_SIZE
            return self._like({(c + columns, r + rows): tile for (c, r), tile in self._tiles.items()})
        if self.is_empty:
            return self
        bounds = Rect.bounding(tile_rect(key) for key in self._tiles)
        return self._like({}).with_pixels(bounds.translated(dx, dy), self.read(bounds))

    def bounds(self) -> Rect:
        """The smallest rectangle around every pixel that isn't zero."""
        rects = []
        for key, tile in self._tiles.items():
            used = tile if self.channels == 1 else tile.view(np.uint32 if self.depth == 8 else np.uint64)[..., 0]
            rows = np.flatnonzero(np.any(used, axis=1))
            columns = np.flatnonzero(np.any(used, axis=0))
            inner = Rect.from_edges(int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1)
            rects.append(inner.translated(key[0] * TILE_SIZE, key[1] * TILE_SIZE))
        return Rect.bounding(rects)

    def changed_tiles(self, other: TileMap) -> set[TileKey]:
        """Keys of the tiles whose identity differs between the two maps."""
        if self is other:
            return set()
        mine, theirs = self._tiles, other._tiles
        changed = {key for key, tile in mine.items() if theirs.get(key) is not tile}
        changed.update(key for key in theirs.keys() - mine.keys())
        return changed

    def _overlaps(self, rect: Rect) -> Iterator[tuple[TileKey, tuple[slice, slice], tuple[slice, slice]]]:
        """For each tile under `rect`: its key, the part inside the tile, and that part inside `rect`."""
        for key in rect.tiles(TILE_SIZE):
            whole = tile_rect(key)
            part = whole.intersected(rect)
            yield key, _slices(part.translated(-whole.x, -whole.y)), _slices(part.translated(-rect.x, -rect.y))


def _slices(rect: Rect) -> tuple[slice, slice]:
    return slice(rect.top, rect.bottom), slice(rect.left, rect.right)
