from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdpaint.generation.color_match import LEAST_PIXELS, joined, match_colors, ring_around
from sdpaint.imaging.oklab import oklab_of, rgb_of

SIDE = 96


def scene(seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:SIDE, 0:SIDE] / SIDE
    picture = np.stack([90 + 80 * y, 120 + 60 * x, 170 - 60 * y], axis=-1) + rng.normal(0, 6, (SIDE, SIDE, 3))
    return np.clip(picture, 0, 255).astype(np.uint8)


def middle(inset: int = 36) -> np.ndarray:
    mask = np.zeros((SIDE, SIDE), np.uint8)
    mask[inset:-inset, inset:-inset] = 255
    return mask


@given(st.lists(st.tuples(*[st.integers(0, 255)] * 3), min_size=1, max_size=60))
def test_colours_come_back_from_oklab(colors):
    rgb = np.array(colors, np.uint8)
    assert np.abs(rgb_of(oklab_of(rgb)).astype(int) - rgb).max() <= 1


def test_oklab_is_what_its_author_says():
    lab = oklab_of(np.array([[255, 255, 255], [255, 0, 0], [0, 0, 255]], np.uint8))
    assert np.allclose(lab, [[1, 0, 0], [0.628, 0.225, 0.126], [0.452, -0.032, -0.312]], atol=2e-3)


def difference(one, other):
    """(h, w) distance of the colours of two pictures; 0.02 can just be seen side by side."""
    return np.linalg.norm(oklab_of(one) - oklab_of(other), axis=-1)


@pytest.mark.parametrize("shift", [(20, 0, 0), (-15, 10, 5), (8, 8, 8)])
def test_a_shift_of_the_whole_picture_is_taken_out(shift):
    original = scene()
    off = np.clip(original.astype(int) + shift, 0, 255).astype(np.uint8)
    back = match_colors(off, original, middle())
    assert difference(back, original).mean() < 0.25 * difference(off, original).mean()


def test_what_is_off_differently_from_place_to_place_is_taken_out_in_each():
    original = scene()
    off = original.astype(int)
    off[: SIDE // 2] += (18, 0, -10)
    off[SIDE // 2 :] += (-12, 6, 10)
    off = np.clip(off, 0, 255).astype(np.uint8)
    back = match_colors(off, original, middle())
    near = (np.r_[30:42, 54:66][:, None], np.arange(30, 66))    # clear of the line where the two meet
    assert difference(back, original)[near].mean() < 0.5 * difference(off, original)[near].mean()


def test_a_loss_of_contrast_is_taken_out():
    original = scene()
    mean = original.reshape(-1, 3).mean(axis=0)
    pale = np.rint(mean + (original - mean) * 0.9).astype(np.uint8)
    back = match_colors(pale, original, middle())
    assert abs(float(back.std()) - float(original.std())) < 0.3 * abs(float(pale.std()) - float(original.std()))


def test_what_is_new_inside_stays_new():
    original = scene()
    made = original.copy()
    made[40:56, 40:56] = (250, 30, 30)
    assert np.array_equal(match_colors(made, original, middle()), made)


def test_it_does_not_go_along_with_anything():
    original, black = scene(), np.zeros((SIDE, SIDE, 3), np.uint8)
    back = match_colors(black, original, middle())
    assert np.abs(oklab_of(back)).max() < 0.25


def test_the_ring_lies_around_the_mask_and_clear_of_it():
    mask = middle()
    ring = ring_around(mask)
    row = ring[SIDE // 2]
    assert row[12:28].all()
    assert not row[28:-28].any()
    assert not row[:4].any()


@pytest.mark.parametrize("mask", [np.full((SIDE, SIDE), 255, np.uint8), np.zeros((SIDE, SIDE), np.uint8)])
def test_without_a_ring_nothing_is_matched(mask):
    assert ring_around(mask).sum() < LEAST_PIXELS
    made = scene(1)
    assert match_colors(made, scene(), mask) is made


def _pasted(made, original, alpha):
    share = alpha[..., None].astype(np.float32) / 255
    return np.rint(made * share + original * (1 - share)).astype(np.uint8)


def test_a_tint_leaves_no_step_at_the_seam_and_runs_out_inside():
    original = np.full((320, 320, 3), (90, 140, 200), np.uint8)
    made = np.full_like(original, (120, 120, 190))
    alpha = np.zeros((320, 320), np.uint8)
    alpha[32:288, 32:288] = 128
    alpha[36:284, 36:284] = 255
    row = _pasted(joined(made, original, alpha), original, alpha)[160].astype(int)
    assert np.abs(np.diff(row, axis=0)).max() <= 3
    assert np.abs(np.diff(_pasted(made, original, alpha)[160].astype(int), axis=0)).max() >= 14
    middle, rim = np.abs(row[160] - made[0, 0]).max(), np.abs(row[37] - made[0, 0]).max()
    assert middle < rim / 3


def test_what_is_unlike_the_rim_keeps_its_colours_when_the_seam_is_joined():
    original = np.full((128, 128, 3), (90, 140, 200), np.uint8)
    made = np.full_like(original, (100, 130, 190))
    made[40:80, 40:80] = (250, 240, 10)
    alpha = np.zeros((128, 128), np.uint8)
    alpha[34:90, 34:90] = 255
    after = joined(made, original, alpha).astype(int)
    assert np.abs(after[60, 60] - (250, 240, 10)).max() <= 16
    assert np.abs(after[34:38, 34:38] - (90, 140, 200)).max() <= 3


def test_a_picture_that_is_laid_over_everything_has_no_seam_to_join():
    made = scene()
    assert joined(made, made[::-1].copy(), np.full(made.shape[:2], 255, np.uint8)) is made
