"""Exemplar fill: a hole is filled with pieces of what surrounds it, so that texture and lines go on.

PatchMatch (Barnes et al. 2009) finds for each small patch in the hole the one outside that is most like it, by random
search and by asking its neighbours; the hole is then made from what the found patches vote for (Wexler et al. 2007),
from a coarse picture to finer ones. All patches of a level are moved at once, in numpy.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from sdpaint.imaging.masks import distance_to
from sdpaint.imaging.spread import spread
from sdpaint.imaging.tiles import Pixels8

_HALF = 3
"""A patch has 2 · 3 + 1 pixels a side."""
_SIDE = 2 * _HALF + 1
_COARSEST_PX = 28
_SEARCH_PX = 176
"""Patches are searched for in a picture of at most this side; what is found is copied from the full one."""
_ROUNDS = 5
_NEAR = 1.3
"""Weight of a vote falls by this factor for each pixel into the hole: the border is sure, the middle is a guess."""

Offsets = NDArray[np.int32]


def exemplar_fill(image: Pixels8, hole: NDArray[np.bool_], seed: int) -> Pixels8:
    """`image` (h, w, 3) with the hole (h, w) filled from the rest. The same seed gives the same picture.

    Where nothing is known, or too little for a single patch, the colours around are spread instead.
    """
    if not hole.any():
        return image
    height, width = hole.shape
    scale = min(1.0, _SEARCH_PX / max(height, width))
    levels = _levels(max(1, round(height * scale)), max(1, round(width * scale)))
    rng = np.random.default_rng(seed)
    known = image.astype(np.float32) * ~hole[..., None]
    guess: NDArray[np.float32] | None = None
    field: Offsets | None = None
    place: tuple[int, int] = (0, 0)
    for size in levels:
        picture, gap = _reduced(known, hole, size)
        sources = _sources(gap)
        if not len(sources):
            continue
        if guess is None:
            start = spread(picture, ~gap)
        else:
            larger = cv2.resize(guess, (size[1], size[0]), interpolation=cv2.INTER_LINEAR)
            start = np.where(gap[..., None], larger, picture)
        guess, field, place = _filled(np.asarray(start, np.float32), gap, sources, field, place, rng)
    if guess is None or field is None:
        return np.asarray(np.clip(np.rint(spread(image.astype(np.float32), ~hole)), 0, 255), np.uint8)
    return _copied(image, hole, guess, field)


def _levels(height: int, width: int) -> list[tuple[int, int]]:
    sizes = [(height, width)]
    while min(sizes[-1]) > _COARSEST_PX:
        sizes.append((max(1, sizes[-1][0] * 2 // 3), max(1, sizes[-1][1] * 2 // 3)))
    return sizes[::-1]


def _reduced(
    known: NDArray[np.float32], hole: NDArray[np.bool_], size: tuple[int, int]
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """(picture, hole) at a size; known colours are averaged among themselves only."""
    weight = cv2.resize((~hole).astype(np.float32), (size[1], size[0]), interpolation=cv2.INTER_AREA)
    summed = cv2.resize(known, (size[1], size[0]), interpolation=cv2.INTER_AREA)
    return np.asarray(summed / np.maximum(weight, 1e-6)[..., None], np.float32), weight < 0.5


def _sources(hole: NDArray[np.bool_]) -> Offsets:
    """(n, 2) row and column of the middles of patches that lie in the picture and touch no hole."""
    touched = cv2.dilate(hole.astype(np.uint8), np.ones((_SIDE, _SIDE), np.uint8)) > 0
    inner = np.zeros_like(hole)
    inner[_HALF:-_HALF, _HALF:-_HALF] = True
    return np.argwhere(inner & ~touched).astype(np.int32)


def _filled(
    picture: NDArray[np.float32],
    hole: NDArray[np.bool_],
    sources: Offsets,
    coarse: Offsets | None,
    coarse_shape: tuple[int, int],
    rng: np.random.Generator,
) -> tuple[NDArray[np.float32], Offsets, tuple[int, int]]:
    """(picture filled, (h, w, 2) for each pixel the middle of the patch that it is like, its shape)."""
    height, width = hole.shape
    usable = np.zeros(hole.shape, bool)
    usable[sources[:, 0], sources[:, 1]] = True
    wanted = np.argwhere(cv2.dilate(hole.astype(np.uint8), np.ones((_SIDE, _SIDE), np.uint8)) > 0).astype(np.int32)
    field = np.moveaxis(np.mgrid[0:height, 0:width], 0, -1).astype(np.int32)
    chosen = sources[rng.integers(0, len(sources), len(wanted))]
    if coarse is not None:
        rows = wanted[:, 0] * coarse_shape[0] // height
        columns = wanted[:, 1] * coarse_shape[1] // width
        factor = np.array([height / coarse_shape[0], width / coarse_shape[1]])
        enlarged = np.rint(coarse[rows, columns] * factor + (wanted - np.stack([rows, columns], 1) * factor))
        enlarged = np.clip(enlarged.astype(np.int32), 0, [height - 1, width - 1])
        good = usable[enlarged[:, 0], enlarged[:, 1]]
        chosen[good] = enlarged[good]
    votes_for = _nearness(hole)
    for turn in range(_ROUNDS):
        padded = cv2.copyMakeBorder(picture, _HALF, _HALF, _HALF, _HALF, cv2.BORDER_REPLICATE)
        chosen = _improved(padded, wanted, chosen, usable, field, rng, reach=max(height, width) >> turn)
        field[wanted[:, 0], wanted[:, 1]] = chosen
        picture = _voted(picture, hole, wanted, chosen, votes_for)
    return picture, field, (height, width)


def _improved(
    padded: NDArray[np.float32],
    wanted: Offsets,
    chosen: Offsets,
    usable: NDArray[np.bool_],
    field: Offsets,
    rng: np.random.Generator,
    reach: int,
) -> Offsets:
    """Better matches of the patches at `wanted`: those of neighbours moved along, and places around the present one."""
    height, width = usable.shape
    limit = np.array([height - 1, width - 1])
    here = _patches(padded, wanted)
    cost = _cost(here, _patches(padded, chosen))
    steps = [(0, 1), (0, -1), (1, 0), (-1, 0)]
    for jump in (4, 2, 1):
        for down, across in steps:
            field[wanted[:, 0], wanted[:, 1]] = chosen
            beside = np.clip(wanted + np.array([down, across]) * jump, 0, limit)
            candidate = field[beside[:, 0], beside[:, 1]] - (beside - wanted)
            chosen, cost = _better(padded, here, chosen, cost, candidate, usable)
    while reach >= 1:
        away = rng.integers(-reach, reach + 1, chosen.shape)
        chosen, cost = _better(padded, here, chosen, cost, chosen + away, usable)
        reach //= 2
    return chosen


def _better(
    padded: NDArray[np.float32],
    here: NDArray[np.float32],
    chosen: Offsets,
    cost: NDArray[np.float32],
    candidate: NDArray[np.integer],
    usable: NDArray[np.bool_],
) -> tuple[Offsets, NDArray[np.float32]]:
    inside = np.clip(candidate, 0, [usable.shape[0] - 1, usable.shape[1] - 1]).astype(np.int32)
    new = np.where(usable[inside[:, 0], inside[:, 1]])[0]
    if not new.size:
        return chosen, cost
    found = _cost(here[new], _patches(padded, inside[new]))
    is_better = found < cost[new]
    better = new[is_better]
    chosen, cost = chosen.copy(), cost.copy()
    chosen[better], cost[better] = inside[better], found[is_better]
    return chosen, cost


def _patches(padded: NDArray[np.float32], middles: NDArray[np.integer]) -> NDArray[np.float32]:
    """(n, side · side · 3) pixels of the patches around these middles."""
    windows = np.lib.stride_tricks.sliding_window_view(padded, (_SIDE, _SIDE), axis=(0, 1))
    found = windows[middles[:, 0], middles[:, 1]]
    return np.asarray(found.reshape(len(middles), -1), np.float32)


def _cost(one: NDArray[np.float32], other: NDArray[np.float32]) -> NDArray[np.float32]:
    apart = one - other
    return np.asarray(np.einsum("ij,ij->i", apart, apart), np.float32)


def _nearness(hole: NDArray[np.bool_]) -> NDArray[np.float32]:
    return np.asarray(_NEAR ** -np.minimum(distance_to(~hole), 40.0), np.float32)


def _voted(
    picture: NDArray[np.float32],
    hole: NDArray[np.bool_],
    wanted: Offsets,
    chosen: Offsets,
    nearness: NDArray[np.float32],
) -> NDArray[np.float32]:
    """The hole from the mean of all that the patches over each pixel have there."""
    height, width = hole.shape
    total, weight = np.zeros_like(picture), np.zeros((height, width), np.float32)
    own = nearness[wanted[:, 0], wanted[:, 1]]
    for down in range(-_HALF, _HALF + 1):
        for across in range(-_HALF, _HALF + 1):
            rows, columns = wanted[:, 0] + down, wanted[:, 1] + across
            inside = (rows >= 0) & (rows < height) & (columns >= 0) & (columns < width)
            rows, columns = rows[inside], columns[inside]
            there = chosen[inside] + np.array([down, across])
            # Each place is met once for one offset, so that plain indexing adds up.
            total[rows, columns] += picture[there[:, 0], there[:, 1]] * own[inside, None]
            weight[rows, columns] += own[inside]
    mean = total / np.maximum(weight, 1e-9)[..., None]
    return np.asarray(np.where(hole[..., None] & (weight > 0)[..., None], mean, picture), np.float32)


def _copied(
    image: Pixels8, hole: NDArray[np.bool_], guess: NDArray[np.float32], field: Offsets
) -> Pixels8:
    """The hole at full size: the broad colours of the guess, the detail of the places where its patches were found."""
    height, width = hole.shape
    small_height, small_width = guess.shape[:2]
    broad = cv2.resize(guess, (width, height), interpolation=cv2.INTER_LINEAR)
    if (small_height, small_width) == (height, width):
        detail = np.zeros_like(broad)
    else:
        rows, columns = np.where(hole)
        factor = np.array([height / small_height, width / small_width])
        at = np.stack([rows, columns], 1)
        cell = np.minimum((at / factor).astype(np.int32), [small_height - 1, small_width - 1])
        there = np.rint(field[cell[:, 0], cell[:, 1]] * factor + (at - cell * factor)).astype(np.int32)
        there = np.clip(there, 0, [height - 1, width - 1])
        full = np.where(hole[..., None], broad, image).astype(np.float32)    # nothing of what goes shines through
        sigma = float(max(factor)) * 0.7
        fine = full - cv2.GaussianBlur(full, (0, 0), sigma)
        fine[hole] = 0.0
        detail = np.zeros_like(broad)
        detail[rows, columns] = fine[there[:, 0], there[:, 1]]
    made = np.clip(np.rint(broad + detail), 0, 255).astype(np.uint8)
    return np.where(hole[..., None], made, image)
