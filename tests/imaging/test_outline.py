"""Outlines along the edges of pixels."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from sdpaint.imaging.geometry import Rect
from sdpaint.imaging.outline import MOST_CORNERS, Chains, outline_of, trace
from sdpaint.imaging.selection import coverage_map, ellipse, rectangle
from sdpaint.imaging.tiles import TileMap


def inside_of(chains: Chains, height: int, width: int) -> np.ndarray:
    """What the chains enclose, by counting the vertical edges to the left."""
    crossed = np.zeros((height, width + 1), np.uint8)
    for start, end in zip(chains.starts, chains.ends, strict=True):
        points = chains.points[start:end]
        for (x0, y0), (x1, y1) in zip(points, np.roll(points, -1, axis=0), strict=True):
            assert (x0 == x1) != (y0 == y1)
            if x0 == x1:
                crossed[min(y0, y1) : max(y0, y1), x0] ^= 1
    return np.bitwise_xor.accumulate(crossed, axis=1)[:, :width]


masks = arrays(np.uint8, array_shapes(min_dims=2, max_dims=2, max_side=14), elements=st.integers(0, 1))


@settings(max_examples=200)
@given(masks)
def test_an_outline_encloses_exactly_the_mask(mask):
    chains = trace(mask)
    assert np.array_equal(inside_of(chains, *mask.shape), mask)
    assert (chains.ends - chains.starts >= 4).all()


@settings(max_examples=100)
@given(masks)
def test_chains_turn_at_every_corner(mask):
    chains = trace(mask)
    for start, end in zip(chains.starts, chains.ends, strict=True):
        steps = np.diff(np.vstack([chains.points[start:end], chains.points[start]]), axis=0) != 0
        assert (steps.sum(axis=1) == 1).all()
        assert (steps[:, 0] == np.resize([True, False], len(steps))).all()


def test_a_rectangle_has_four_corners_and_a_hole_is_a_chain_of_its_own():
    mask = np.zeros((20, 20), np.uint8)
    mask[5:15, 4:16] = 1
    assert len(trace(mask).points) == 4
    mask[8:10, 8:10] = 0
    assert len(trace(mask).starts) == 2


def test_nothing_has_no_outline():
    assert len(trace(np.zeros((5, 5), np.uint8)).points) == 0
    assert len(outline_of(TileMap(1)).points) == 0


@settings(max_examples=25)
@given(st.integers(0, 999), st.floats(0, 1))
def test_the_outline_of_a_selection_is_that_of_its_pixels(seed, density):
    rng = np.random.default_rng(seed)
    blobs = np.kron(rng.random((10, 15)) < density, np.ones((30, 31), bool))
    coverage = np.where(blobs, rng.integers(128, 256, blobs.shape), rng.integers(0, 128, blobs.shape))
    coverage = coverage.astype(np.uint8)
    selection = coverage_map(coverage)
    inside = inside_of(outline_of(selection), *coverage.shape)
    assert np.array_equal(inside, coverage >= 128)


def test_full_tiles_side_by_side_have_one_outline():
    assert len(outline_of(rectangle(Rect(0, 0, 1024, 768))).points) == 4
    assert len(outline_of(rectangle(Rect(3, 5, 1000, 700))).points) == 4


@pytest.mark.parametrize("level", [1, 3, 6])
def test_coarser_outlines_have_fewer_corners_and_stay_close(level):
    selection = ellipse(100, 100, 1900, 1500, Rect(0, 0, 2048, 2048))
    fine, coarse = outline_of(selection), outline_of(selection, level)
    assert len(coarse.points) < len(fine.points)
    assert np.abs(coarse.points.min(axis=0) - fine.points.min(axis=0)).max() <= 1 << level
    assert np.abs(coarse.points.max(axis=0) - fine.points.max(axis=0)).max() <= 1 << level


def test_an_outline_of_noise_is_made_coarser():
    noise = (np.random.default_rng(0).random((1024, 1024)) < 0.5).astype(np.uint8) * 255
    chains = outline_of(coverage_map(noise))
    assert 0 < len(chains.points) <= MOST_CORNERS
    assert (chains.points % 2 == 0).all()
