from __future__ import annotations

import numpy as np
import pytest

from sdpaint.imaging.exemplar import exemplar_fill


def stripes(side: int = 96, period: int = 12) -> np.ndarray:
    x = np.arange(side)
    row = np.where(x // (period // 2) % 2 == 0, 220, 40)
    return np.broadcast_to(row[None, :, None], (side, side, 3)).astype(np.uint8).copy()


def hole(side: int, low: int, high: int) -> np.ndarray:
    marked = np.zeros((side, side), bool)
    marked[low:high, low:high] = True
    return marked


@pytest.mark.parametrize("side", [96, 240])
def test_a_pattern_goes_on_through_the_hole(side):
    picture = stripes(side)
    damaged, marked = picture.copy(), hole(side, side // 3, side // 2)
    damaged[marked] = (255, 0, 255)
    filled = exemplar_fill(damaged, marked, 1)
    assert np.abs(filled.astype(int) - picture)[marked].mean() < 25
    assert np.array_equal(filled[~marked], picture[~marked])


def test_a_plain_ground_is_filled_without_a_trace():
    picture = np.full((80, 120, 3), (12, 200, 90), np.uint8)
    damaged, marked = picture.copy(), np.zeros((80, 120), bool)
    marked[20:60, 30:90] = True
    damaged[marked] = 0
    assert np.array_equal(exemplar_fill(damaged, marked, 3), picture)


def test_the_same_seed_gives_the_same_picture():
    rng = np.random.default_rng(0)
    picture, marked = rng.integers(0, 256, (64, 64, 3), np.uint8), hole(64, 20, 40)
    first, again = (exemplar_fill(picture, marked, 5) for _ in range(2))
    assert np.array_equal(first, again)


@pytest.mark.parametrize("shape", [(1, 1), (3, 200), (9, 9), (40, 7)])
def test_a_picture_too_small_for_a_patch_is_filled_all_the_same(shape):
    rng = np.random.default_rng(0)
    picture = rng.integers(100, 120, (*shape, 3), np.uint8)
    marked = np.zeros(shape, bool)
    marked[:, : max(1, shape[1] // 2)] = shape != (1, 1)
    picture[marked] = 255
    filled = exemplar_fill(picture, marked, 0)
    assert filled.shape == picture.shape
    assert filled.max() <= 120


def test_where_nothing_is_known_something_comes_back():
    assert exemplar_fill(np.zeros((20, 20, 3), np.uint8), np.ones((20, 20), bool), 0).shape == (20, 20, 3)
