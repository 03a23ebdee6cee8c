from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdpaint.imaging import masks
from sdpaint.imaging.geometry import Rect

strengths = st.floats(0.01, 1.0)
boxes = st.tuples(st.integers(0, 150), st.integers(0, 100), st.integers(1, 50), st.integers(1, 60))


def box_mask(box, shape=(160, 200), value=255):
    x, y, width, height = box
    mask = np.zeros(shape, np.uint8)
    mask[y : y + height, x : x + width] = value
    return mask


def layers_of(mask, strength):
    bands = masks.mask_bands(masks.mask_bounds(mask), strength)
    distance = masks.distance_to(masks.inside_of(mask))
    return bands, distance, *masks.strength_map(mask, strength)


@given(boxes, strengths)
def test_both_masks_are_opaque_inside_and_nothing_beyond_the_reach(box, strength):
    mask = box_mask(box)
    bands, distance, denoise, paste = layers_of(mask, strength)
    for result in (denoise, paste):
        assert (result[mask > 0] == 255).all()
        assert not result[distance >= bands.reach_px].any()
    assert not paste[distance >= bands.paste_px].any()


@given(boxes, strengths)
def test_the_masks_fall_with_the_distance(box, strength):
    _, distance, denoise, paste = layers_of(box_mask(box), strength)
    order = np.argsort(distance, axis=None, kind="stable")
    for result in (denoise, paste):
        assert (np.diff(result.ravel()[order].astype(int)) <= 0).all()


def test_the_widths_are_those_of_the_formulas():
    # D = 500, s = 1: feather = max(50, 32), grow = 4 + 25, blend = min(25, 29 + 25).
    bands = masks.mask_bands(Rect(0, 0, 300, 400), 1.0)
    assert (bands.feather_px, bands.grow_px, bands.blend_px, bands.reach_px) == (50, 29, 25, 54)
    assert bands.paste_px == 12
    # A small mask at strength 0.5: feather = round(32 · 0.5), grow = 4 + 8, blend = 12 + 8.
    bands = masks.mask_bands(Rect(0, 0, 10, 10), 0.5)
    assert (bands.feather_px, bands.grow_px, bands.blend_px, bands.reach_px) == (16, 12, 20, 20)
    assert bands.paste_px == 4


def test_the_blend_is_half_way_in_the_middle_of_its_band():
    mask = box_mask((0, 0, 10, 160))
    bands, _, _, paste = layers_of(mask, 1.0)
    row = paste[80]
    middle = 9 + bands.paste_px - min(bands.blend_px, bands.paste_px) // 2
    assert (int(row[middle]) + int(row[middle - bands.paste_px % 2])) / 2 == pytest.approx(128, abs=8)


def test_a_soft_edge_counts_from_half_coverage():
    mask = box_mask((50, 50, 20, 20), value=100)
    mask[55:65, 55:65] = 255
    inside = masks.inside_of(mask)
    assert inside.sum() == 100


def test_a_faint_mask_counts_where_it_is_strongest():
    mask = box_mask((50, 50, 20, 20), value=40)
    assert masks.inside_of(mask).sum() == 400


def test_an_empty_mask_has_no_inside_and_no_bounds():
    mask = np.zeros((8, 8), np.uint8)
    assert not masks.inside_of(mask).any()
    assert masks.mask_bounds(mask).is_empty


@given(boxes)
def test_the_bounds_are_those_of_the_box(box):
    x, y, width, height = box
    expected = Rect(x, y, width, height).intersected(Rect(0, 0, 200, 160))
    assert masks.mask_bounds(box_mask(box)) == expected


soft_masks = st.tuples(st.integers(0, 2**32 - 1), st.integers(1, 255), st.integers(0, 20)).map(
    lambda spec: masks.feather(
        (np.random.default_rng(spec[0]).integers(0, 2, (10, 12), np.uint8) * spec[1]).repeat(12, 0).repeat(12, 1),
        spec[2],
    )
)


@given(soft_masks, strengths)
def test_a_soft_mask_is_a_strength_map(mask, strength):
    denoise, paste = masks.strength_map(mask, strength)
    strongest = int(mask.max())
    assert denoise.max() == strongest, "nothing is made anew more strongly than the artist said"
    felt = mask >= min(masks.FAINTEST, max(1, strongest))
    assert (denoise[felt] >= mask[felt]).all()
    assert (paste[mask >= min(masks.OPAQUE_FROM, max(1, strongest))] == 255).all()
    assert (paste[felt] > 0).all()


def test_a_soft_brush_runs_out_without_an_edge():
    mask = np.zeros((200, 200), np.uint8)
    mask[70:130, 70:130] = 255
    _, paste = masks.strength_map(masks.feather(mask, 50), 1.0)
    assert np.abs(np.diff(paste[100].astype(int))).max() <= 40


@given(boxes, st.integers(masks.FAINTEST, 254), strengths)
def test_a_grey_mask_has_the_bands_of_a_hard_one_at_its_strength(box, grey, strength):
    denoise, paste = masks.strength_map(box_mask(box, value=grey), strength)
    hard_denoise, hard_paste = masks.strength_map(box_mask(box), strength * grey / 255)
    assert np.array_equal(paste, hard_paste)
    assert np.array_equal(denoise, (hard_denoise.astype(int) * grey // 255).astype(np.uint8))


def test_what_is_fainter_than_can_be_seen_is_left_alone_beside_what_is_strong():
    mask = box_mask((10, 10, 20, 20))
    mask[100:120, 100:120] = masks.FAINTEST - 1
    denoise, paste = masks.strength_map(mask, 1.0)
    assert not denoise[100:120, 100:120].any()
    assert not paste[100:120, 100:120].any()


def test_what_is_made_anew_can_be_led_in_from_the_edge_of_the_mask():
    denoise = np.full((10, 100), 255, np.uint8)
    mask = np.where(np.arange(100) >= 20, 255, 0).astype(np.uint8).repeat(10).reshape(100, 10).T
    led = masks.led_in(denoise, np.ascontiguousarray(mask), 0.5, 40.0)[5]
    assert (led[:20] == 128).all()
    assert led[40] == pytest.approx(255 * (0.5 + 0.5 * 21 / 40), abs=1)
    assert (led[60:] == 255).all()
    assert (np.diff(led.astype(int)) >= 0).all()


def test_of_an_empty_mask_nothing_is_made_anew():
    denoise, paste = masks.strength_map(np.zeros((9, 8), np.uint8), 1.0)
    assert not denoise.any()
    assert not paste.any()
