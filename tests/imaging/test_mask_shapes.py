"""Growing, shrinking and feathering masks."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdpaint.imaging.masks import distance_to, feather, grow, shrink

SHAPE = (120, 140)
radii = st.integers(1, 20)


@st.composite
def masks(draw) -> np.ndarray:
    """A few boxes, full or soft."""
    mask = np.zeros(SHAPE, np.uint8)
    for _ in range(draw(st.integers(0, 3))):
        x, y = draw(st.integers(0, 130)), draw(st.integers(0, 110))
        width, height = draw(st.integers(1, 60)), draw(st.integers(1, 60))
        mask[y : y + height, x : x + width] = draw(st.sampled_from([60, 128, 200, 255]))
    return mask


def full(draw_mask: np.ndarray) -> np.ndarray:
    return np.where(draw_mask > 0, 255, 0).astype(np.uint8)


@given(masks(), radii)
def test_growing_covers_exactly_what_is_within_the_radius(mask, radius):
    mask = full(mask)
    grown = grow(mask, radius)
    if not mask.any():
        assert not grown.any()
        return
    distance = distance_to(mask == 255)
    assert (grown[distance <= radius] == 255).all()
    assert not grown[distance >= radius + 1].any()


@given(masks(), radii, radii)
def test_growing_never_takes_away_and_more_grows_more(mask, one, other):
    less, more = sorted((one, other))
    assert (grow(mask, less) >= mask).all()
    assert (grow(mask, more) >= grow(mask, less)).all()


@given(masks(), radii, radii)
def test_shrinking_never_adds_and_more_shrinks_more(mask, one, other):
    less, more = sorted((one, other))
    assert (shrink(mask, less) <= mask).all()
    assert (shrink(mask, more) <= shrink(mask, less)).all()


@given(masks(), radii)
def test_shrinking_what_was_grown_loses_nothing(mask, radius):
    mask = full(mask)
    assert (shrink(grow(mask, radius + 1), radius) >= mask).all()


def test_shrinking_keeps_to_the_border_of_the_picture():
    mask = np.zeros(SHAPE, np.uint8)
    mask[:, :50] = 255
    shrunk = shrink(mask, 10)
    assert (shrunk[:, :40] == 255).all()
    assert not shrunk[:, 40:].any()


@given(masks(), radii)
def test_feathering_changes_nothing_farther_than_its_radius_from_an_edge(mask, radius):
    mask = full(mask)
    soft = feather(mask, radius)
    if (mask == 0).any() and mask.any():
        outside, inside = distance_to(mask == 255), distance_to(mask == 0)
        # the blur's window is a square, so a corner reaches its diagonal
        far = np.maximum(outside, inside) > radius * 2**0.5 + 1
    else:
        far = np.ones(SHAPE, bool)
    assert np.array_equal(soft[far], mask[far])


@given(radii)
def test_a_feathered_straight_edge_falls_steadily_through_its_middle(radius):
    mask = np.zeros(SHAPE, np.uint8)
    mask[:, :70] = 255
    row = feather(mask, radius)[60].astype(int)
    assert (np.diff(row) <= 0).all()
    assert row[70 - radius - 1] == 255
    assert row[70 + radius + 1] == 0
    assert abs((row[69] + row[70]) / 2 - 127.5) <= 1


@pytest.mark.parametrize("function", [grow, shrink, feather])
def test_an_empty_and_a_full_mask_stay_as_they_are(function):
    for value in (0, 255):
        mask = np.full(SHAPE, value, np.uint8)
        assert np.array_equal(function(mask, 7), mask)
        assert function(mask, 7) is not mask
