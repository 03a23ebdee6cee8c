from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdpaint.imaging.spread import smoothed_among, spread

sizes = st.tuples(st.integers(1, 70), st.integers(1, 70), st.integers(0, 2**32 - 1), st.floats(0, 1))


@given(sizes)
def test_known_values_stay_and_the_rest_lies_between_them(size):
    height, width, seed, share = size
    rng = np.random.default_rng(seed)
    values = rng.normal(size=(height, width, 3)).astype(np.float32)
    known = rng.random((height, width)) < share
    found = spread(values, known)
    assert found.shape == values.shape
    assert np.array_equal(found[known], values[known])
    if known.any():
        assert (found <= values[known].max(axis=0) + 1e-4).all()
        assert (found >= values[known].min(axis=0) - 1e-4).all()
    else:
        assert not found.any()


@pytest.mark.parametrize("size", [(64, 64), (101, 37), (1, 50), (2, 3)])
def test_one_value_fills_everything(size):
    known = np.zeros(size, bool)
    known[0, -1] = True
    values = np.where(known[..., None], np.float32(7.5), np.float32(-99.0))
    assert np.allclose(spread(values, known), 7.5, atol=1e-4)


def test_the_nearer_counts_more():
    values = np.zeros((20, 100, 1), np.float32)
    values[:, 80:] = 1.0
    known = np.zeros((20, 100), bool)
    known[:, :20] = known[:, 80:] = True
    row = spread(values, known)[10, :, 0]
    assert row[25] < 0.25 < 0.75 < row[75]
    assert (np.diff(row) > -0.02).all()


def test_smoothing_takes_from_known_places_only():
    values = np.full((30, 30, 3), 100.0, np.float32)
    known = np.zeros((30, 30), bool)
    known[5:25, 5:15] = True
    values[known] = 2.0
    assert np.allclose(smoothed_among(values, known, 3.0)[known], 2.0, atol=1e-4)
