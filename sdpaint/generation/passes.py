"""Passes: how a region that is much larger than what a checkpoint was trained on is made.

First the whole of it at a size that the checkpoint composes well at, then, enlarged, its details at the size of the
canvas, at a low strength: in one piece where the checkpoint allows it, else in tiles that overlap. A tile sees what its
neighbours have become already, and sets in softly over the overlap (differential diffusion), so that no border shows;
and however large the region is, never more than a tile is worked on at once.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from sdpaint.imaging.geometry import Rect, Size
from sdpaint.imaging.tiles import Pixels8

REFINE_STRENGTH = 0.4
"""Of the second pass (krita-ai-diffusion's): new detail, but no new composition."""
MUCH_LARGER = 1.0 / 0.9
"""A region that is larger than the checkpoint allows by this factor gets a second pass (krita-ai-diffusion's)."""
MAX_TILES = 64
"""More would keep the artist waiting without end: the details are then made at a smaller scale."""
_OVERLAP = 0.25
_TONE_SHARE = 16
"""Colours are compared over this share of a tile."""
_MULTIPLE = 8


@dataclass(frozen=True)
class Passes:
    """`first`: size of the whole picture in the first pass; None: what is there is composed already, or nearly so.

    `tiles`: parts of the final picture that are refined one after the other, in pixels of it, of one size, with both
    sides multiples of 8. `strength`: of the refinement.
    """

    first: Size | None
    tiles: tuple[Rect, ...]
    strength: float


def plan_passes(whole: Size, first: Size, wanted: Rect, strength: float, tile_px: int, max_area_px: int) -> Passes:
    """Passes for a picture of size `whole`, of which `wanted` is made anew.

    `first` is the size at which the checkpoint composes it, `tile_px` the native side. At or below the strength of the
    refinement there is no composing: what is there is refined at once.
    """
    if whole.area <= max_area_px:
        tiles: tuple[Rect, ...] = (Rect.of_size(whole),)
    else:
        tiles = tiles_over(whole, Size(min(tile_px, whole.width), min(tile_px, whole.height)), wanted)
    if strength <= REFINE_STRENGTH:
        return Passes(None, tiles, strength)
    return Passes(first, tiles, REFINE_STRENGTH)


def tiles_over(whole: Size, tile: Size, wanted: Rect) -> tuple[Rect, ...]:
    """Tiles that cover `wanted`, row by row, from a lattice over the picture; all inside it, all of the given size.

    Neighbours overlap by a quarter of a tile or more. All sides are multiples of 8, and so are the tiles' places.
    """
    part = wanted.intersected(Rect.of_size(whole))
    if part.is_empty:
        return ()
    columns = _starts(part.left, part.right, whole.width, tile.width)
    rows = _starts(part.top, part.bottom, whole.height, tile.height)
    return tuple(Rect(x, y, tile.width, tile.height) for y in rows for x in columns)


def count_of_tiles(wanted: Size, tile_px: int) -> int:
    """How many tiles of a side a part of this size takes about."""
    step = tile_px * (1.0 - _OVERLAP)
    return max(1, math.ceil(wanted.width / step)) * max(1, math.ceil(wanted.height / step))


def _starts(low: int, high: int, whole: int, tile: int) -> list[int]:
    """Where tiles along one axis begin: as few as cover low…high with the overlap, evenly spread."""
    overlap = _up(int(tile * _OVERLAP))
    low, high = low // _MULTIPLE * _MULTIPLE, _up(high)
    # A tile that needn't begin before what is wanted shows some of its surroundings on both sides.
    length = high - low
    if length <= tile:
        return [_place((low + high - tile) // 2, whole, tile)]
    count = math.ceil((length - overlap) / (tile - overlap))
    first = _place(low, whole, tile)
    last = _place(high - tile, whole, tile)
    while True:
        places = [first + (last - first) * index // (count - 1) // _MULTIPLE * _MULTIPLE for index in range(count - 1)]
        places.append(last)
        if all(after - before <= tile - overlap for before, after in itertools.pairwise(places)):
            return sorted(set(places))
        count += 1


def _place(start: int, whole: int, tile: int) -> int:
    return max(0, min(start, whole - tile)) // _MULTIPLE * _MULTIPLE


def onset(tile: Rect, before: tuple[Rect, ...]) -> NDArray[np.float32]:
    """(h, w) 0…1: how far a tile has its own way where tiles `before` it lie under it already.

    0 at its border on the side of an earlier tile, 1 where the overlap with it ends, and everywhere else.
    """
    x = np.arange(tile.width, dtype=np.float32) + 0.5
    y = np.arange(tile.height, dtype=np.float32) + 0.5
    across, down = np.ones_like(x), np.ones_like(y)
    for other in before:
        shared = tile.intersected(other)
        if shared.is_empty:
            continue
        if other.top == tile.top and other.left < tile.left:
            across = np.minimum(across, x / shared.width)
        if other.top < tile.top and other.left == tile.left:
            down = np.minimum(down, y / shared.height)
    return np.asarray(np.minimum(down[:, None], across[None, :]), np.float32)


def blended(under: Pixels8, over: Pixels8, weight: NDArray[np.float32]) -> Pixels8:
    """(h, w, 3) `over` laid onto `under` by `weight` (h, w) 0…1. Where that is 0, nothing changes."""
    mixed = under + (over.astype(np.float32) - under) * weight[..., None]
    return np.asarray(np.clip(np.rint(mixed), 0, 255), np.uint8)


def with_tones_of(made: Pixels8, before: Pixels8) -> Pixels8:
    """`made` (h, w, 3) with the broad colours of `before`: a refinement brings in detail, no tint of its own."""
    sigma_px = max(4.0, min(made.shape[:2]) / _TONE_SHARE)
    off = before.astype(np.float32) - made
    broad = cv2.GaussianBlur(off, (0, 0), sigma_px, borderType=cv2.BORDER_REFLECT)
    return np.asarray(np.clip(np.rint(made + broad), 0, 255), np.uint8)


def _up(pixels: int) -> int:
    return -(-pixels // _MULTIPLE) * _MULTIPLE
