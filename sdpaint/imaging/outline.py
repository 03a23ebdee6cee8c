"""Outlines of masks along the edges of pixels, as closed chains of corners.

A chain turns at every corner, so its edges are horizontal and vertical in turn. That makes tracing a matter of sorting:
in the order of rows, two corners after another are the ends of a horizontal edge, in the order of columns those of a
vertical one. Chains are then put in order by pointer jumping, which numpy does for all of them at once.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from sdpaint.imaging.selection import FULL_TILE
from sdpaint.imaging.tiles import TILE_SIZE, Pixels, TileMap

TOP_LEVEL = TILE_SIZE.bit_length() - 1
"""Where a tile is one square."""

MOST_CORNERS = 100_000
"""An outline with more than this (of a wand on noise, say) is made coarser: nobody could tell its parts."""

Points = NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class Chains:
    """Closed chains: `points` (n, 2) are x and y of all corners, `starts` where each chain begins among them.

    From the last corner of a chain a last edge leads back to its first.
    """

    points: Points
    starts: NDArray[np.intp]

    @property
    def ends(self) -> NDArray[np.intp]:
        """Where each chain ends: the place after its last corner."""
        return np.append(self.starts, len(self.points))[1:]


def trace(inside: Pixels) -> Chains:
    """The outlines of all regions and holes of a mask (h, w) of 0 and others; corners lie between pixels.

    Where two regions touch at a corner, the outline goes from left to up and from right to down.
    """
    return _chained(*_corners(np.pad(inside != 0, 1)))


def outline_of(selection: TileMap, level: int = 0) -> Chains:
    """The outline of what is selected at least by half, in canvas pixels.

    At `level` n, 0 to 7, squares of 2^n pixels count as one; it is raised where there were more than MOST_CORNERS.
    The cost follows from the tiles with an outline in them.
    """
    side = TILE_SIZE >> level
    nothing, everything = np.zeros((side, side), bool), np.ones((side, side), bool)
    blocks = {key: _block(tile, side, everything) for key, tile in selection.tiles.items()}
    # A corner belongs to the pixel right below it: so tiles that aren't there may hold corners of their neighbours.
    keys = {(column + dx, row + dy) for column, row in blocks for dx in (0, 1) for dy in (0, 1)}
    found: list[tuple[Points, Points, Points, Points]] = []
    padded = np.empty((side + 1, side + 1), bool)
    for column, row in sorted(keys):
        own, left = blocks.get((column, row), nothing), blocks.get((column - 1, row), nothing)
        above, beyond = blocks.get((column, row - 1), nothing), blocks.get((column - 1, row - 1), nothing)
        if own is left is above is beyond:
            continue
        padded[1:, 1:], padded[1:, 0], padded[0, 1:] = own, left[:, -1], above[-1]
        padded[0, 0] = beyond[-1, -1]
        y, x, double_y, double_x = _corners(padded)
        found.append((y + row * side, x + column * side, double_y + row * side, double_x + column * side))
    if level < TOP_LEVEL and sum(part[0].size + 2 * part[2].size for part in found) > MOST_CORNERS:
        return outline_of(selection, level + 1)
    if not found:
        return trace(np.zeros((1, 1), np.uint8))
    chains = _chained(*(np.concatenate(parts) for parts in zip(*found, strict=True)))
    return Chains(chains.points << level, chains.starts)


def _block(tile: Pixels, side: int, everything: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Which of side × side squares of a tile are inside; full ones are the shared array."""
    if tile is FULL_TILE:
        return everything
    if side < TILE_SIZE:
        tile = np.asarray(cv2.resize(tile, (side, side), interpolation=cv2.INTER_AREA), np.uint8)
        tile = tile.reshape(side, side)
    inside = tile >= 128
    return everything if inside.all() else inside


def _corners(padded: NDArray[np.bool_]) -> tuple[Points, Points, Points, Points]:
    """Where between pixels (h + 1, w + 1) the outline turns: rows and columns, then those where it turns twice."""
    a, b, c, d = padded[:-1, :-1], padded[:-1, 1:], padded[1:, :-1], padded[1:, 1:]
    upper, lower = a ^ b, c ^ d
    rows, columns = np.nonzero(upper ^ lower)
    double_rows, double_columns = np.nonzero(upper & lower & (a ^ c))
    return _whole(rows), _whole(columns), _whole(double_rows), _whole(double_columns)


def _whole(values: NDArray[np.intp]) -> Points:
    return values.astype(np.int32)


def _chained(rows: Points, columns: Points, double_rows: Points, double_columns: Points) -> Chains:
    """The chains through all corners."""
    # Double corners come twice, one after another when sorted stably.
    y, x = np.concatenate([rows, double_rows, double_rows]), np.concatenate([columns, double_columns, double_columns])
    count = x.size
    if not count:
        return Chains(np.empty((0, 2), np.int32), np.empty(0, np.intp))
    across = _partners(np.lexsort((x, y)))
    along = _partners(np.lexsort((y, x)))
    order, starts = _in_order(along[across])
    # Every loop was found twice, once in each direction, as each of its corners can be the first of a horizontal edge.
    first = order[starts]
    chain_of = np.empty(count, np.intp)
    lengths = np.diff(np.append(starts, count))
    chain_of[order] = np.repeat(np.arange(starts.size), lengths)
    wanted = chain_of[first] < chain_of[across[first]]
    corners = order[np.repeat(wanted, lengths)]
    points = np.empty((2 * corners.size, 2), np.int32)
    points[0::2, 0], points[0::2, 1] = x[corners], y[corners]
    points[1::2, 0], points[1::2, 1] = x[across[corners]], y[across[corners]]
    kept = 2 * lengths[wanted]
    return Chains(points, np.concatenate([[0], np.cumsum(kept)[:-1]]).astype(np.intp))


def _partners(order: NDArray[np.intp]) -> NDArray[np.intp]:
    """For each corner the other end of its edge: its neighbour in the order, by twos."""
    result = np.empty_like(order)
    result[order[0::2]], result[order[1::2]] = order[1::2], order[0::2]
    return result


def _in_order(following: NDArray[np.intp]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """The elements of a permutation cycle by cycle, each in the order of its cycle, and where the cycles begin."""
    count = following.size
    lowest, jump = np.arange(count), following
    for _ in range(max(1, int(count).bit_length())):
        lowest = np.minimum(lowest, lowest[jump])
        jump = jump[jump]
    # Steps to the lowest element of the cycle, by the same jumps; there they end.
    is_lowest = lowest == np.arange(count)
    jump = np.where(is_lowest, np.arange(count), following)
    steps = np.where(is_lowest, 0, 1)
    for _ in range(max(1, int(count).bit_length())):
        steps = steps + steps[jump]
        jump = jump[jump]
    steps[is_lowest] = count    # first in its cycle
    order = np.lexsort((-steps, lowest))
    return order, np.flatnonzero(is_lowest[order])
