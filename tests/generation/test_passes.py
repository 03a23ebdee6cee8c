from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdpaint.generation.passes import (
    REFINE_STRENGTH,
    blended,
    count_of_tiles,
    onset,
    plan_passes,
    tiles_over,
)
from sdpaint.imaging.geometry import Rect, Size

eighths = st.integers(8, 320).map(lambda n: 8 * n)
places = st.integers(0, 2500)


lengths = st.integers(1, 2560)


@given(eighths, eighths, st.sampled_from([64, 256, 512, 1024]), places, places, lengths, lengths)
def test_tiles_cover_what_is_wanted_overlap_and_stay_inside(width, height, side, x, y, across, down):
    whole, tile = Size(width, height), Size(min(side, width), min(side, height))
    wanted = Rect(min(x, width - 1), min(y, height - 1), across, down).intersected(Rect.of_size(whole))
    tiles = tiles_over(whole, tile, wanted)
    covered = np.zeros((height, width), bool)
    for each in tiles:
        assert each.size == tile
        assert Rect.of_size(whole).contains(each)
        assert each.x % 8 == each.y % 8 == 0
        covered[each.top : each.bottom, each.left : each.right] = True
    assert covered[wanted.top : wanted.bottom, wanted.left : wanted.right].all()
    columns, rows = sorted({each.x for each in tiles}), sorted({each.y for each in tiles})
    assert len(tiles) == len(columns) * len(rows)
    for starts, length in ((columns, tile.width), (rows, tile.height)):
        assert all(after - before <= length - length // 4 for before, after in itertools.pairwise(starts))


@given(eighths, eighths, st.sampled_from([64, 256, 512]))
def test_the_estimate_of_tiles_is_near_the_number(width, height, side):
    tiles = tiles_over(Size(width, height), Size(min(side, width), min(side, height)), Rect(0, 0, width, height))
    assert len(tiles) <= 2 * count_of_tiles(Size(width, height), side)


def test_nothing_wanted_takes_no_tiles():
    assert tiles_over(Size(512, 512), Size(64, 64), Rect(0, 0, 0, 0)) == ()


def test_a_region_within_the_limits_is_refined_in_one_piece():
    passes = plan_passes(Size(640, 512), Size(512, 408), Rect(0, 0, 9, 9), 1.0, 512, 640 * 512)
    assert passes.first == Size(512, 408)
    assert passes.tiles == (Rect(0, 0, 640, 512),)
    assert passes.strength == REFINE_STRENGTH


@pytest.mark.parametrize("strength", [0.1, REFINE_STRENGTH])
def test_a_low_strength_composes_nothing_anew(strength):
    passes = plan_passes(Size(1024, 1024), Size(256, 256), Rect(0, 0, 1024, 1024), strength, 256, 300**2)
    assert passes.first is None
    assert passes.strength == strength


def test_tiles_laid_one_over_the_other_show_no_border():
    whole, side = Size(640, 448), 256
    tiles = tiles_over(whole, Size(side, side), Rect.of_size(whole))
    y, x = np.mgrid[0:448, 0:640]
    truth = np.stack([x / 4, y / 2, (x + y) / 8], axis=-1)
    picture = np.zeros((448, 640, 3), np.uint8)
    for index, tile in enumerate(tiles):
        part = (slice(tile.top, tile.bottom), slice(tile.left, tile.right))
        made = np.clip(truth[part] + 30 * (index % 2), 0, 255).astype(np.uint8)
        picture[part] = blended(picture[part], made, onset(tile, tiles[:index]))
    off = picture.astype(float) - truth
    assert off.min() > -2
    assert off.max() < 32
    assert np.abs(np.diff(off, axis=0)).max() < 2.5
    assert np.abs(np.diff(off, axis=1)).max() < 2.5


def test_a_blend_of_weight_zero_changes_nothing():
    rng = np.random.default_rng(0)
    under, over = rng.integers(0, 256, (2, 9, 7, 3), np.uint8)
    assert np.array_equal(blended(under, over, np.zeros((9, 7), np.float32)), under)
    assert np.array_equal(blended(under, over, np.ones((9, 7), np.float32)), over)
