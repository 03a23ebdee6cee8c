"""Painting into arrays."""

from __future__ import annotations

import numpy as np
import pytest

from sdpaint.imaging.blend import BlendMode
from sdpaint.imaging.compositing import BLEND_FUNCTIONS
from sdpaint.imaging.geometry import Size
from sdpaint.imaging.pixels import premultiplied_from_rgba
from sdpaint.imaging.raster import (
    COMPOSITION_MODES,
    StampMode,
    TilePainter,
    composite,
    painting,
    scaled,
)
from sdpaint.imaging.tiles import TILE_SIZE


def noise(seed: int, height: int = TILE_SIZE, width: int = TILE_SIZE) -> np.ndarray:
    rgba = np.random.default_rng(seed).integers(0, 256, (height, width, 4), dtype=np.uint8)
    return premultiplied_from_rgba(rgba)


def expected(base: np.ndarray, source: np.ndarray, mode: StampMode) -> np.ndarray:
    """Porter and Duff's operators on premultiplied values 0 … 1."""
    b, s = base / 255.0, source / 255.0
    alpha_b, alpha_s = b[..., 3:], s[..., 3:]
    match mode:
        case StampMode.OVER:
            result = s + b * (1 - alpha_s)
        case StampMode.ATOP:
            result = s * alpha_b + b * (1 - alpha_s)
        case StampMode.ERASE:
            result = b * (1 - alpha_s)
    return result * 255.0


@pytest.mark.parametrize("mode", list(StampMode))
def test_blending_a_part_of_a_tile_follows_porter_and_duff(mode):
    painter = TilePainter()
    base, source = noise(1), noise(2, 40, 50)
    target = base.copy()
    painter.blend(target, base, source, 30, 20, mode)
    part = (slice(20, 60), slice(30, 80))
    assert np.abs(target[part] - expected(base[part], source, mode)).max() <= 1.5
    outside = np.ones((TILE_SIZE, TILE_SIZE), bool)
    outside[part] = False
    assert np.array_equal(target[outside], base[outside])


def test_a_tile_painter_remembers_nothing_of_the_tile_before():
    painter = TilePainter()
    painter.blend(noise(1), noise(1), noise(2), 0, 0, StampMode.OVER)
    fresh, used = noise(3), noise(3)
    painter.blend(used, noise(3), noise(4, 10, 10), 5, 5, StampMode.ATOP)
    TilePainter().blend(fresh, noise(3), noise(4, 10, 10), 5, 5, StampMode.ATOP)
    assert np.array_equal(fresh, used)


def test_every_blend_mode_has_its_qt_counterpart():
    assert COMPOSITION_MODES.keys() | BLEND_FUNCTIONS.keys() == set(BlendMode)
    assert not COMPOSITION_MODES.keys() & BLEND_FUNCTIONS.keys()
    assert len(set(COMPOSITION_MODES.values())) == len(COMPOSITION_MODES)


def test_multiply_darkens_by_the_source():
    target = np.full((4, 4, 4), 255, np.uint8)
    source = np.full((4, 4, 4), 255, np.uint8)
    source[..., :3] = 128
    composite(target, source, BlendMode.MULTIPLY)
    assert (target[..., :3] == 128).all()
    composite(target, source, BlendMode.MULTIPLY, opacity=0.0)
    assert (target[..., :3] == 128).all()


def test_shared_tiles_cannot_be_painted_on():
    tile = noise(1)
    tile.flags.writeable = False
    with pytest.raises(ValueError, match="shared"), painting(tile):
        raise AssertionError("the painter must not open")


@pytest.mark.parametrize("shape", [(20, 30), (20, 30, 4)])
def test_scaling_keeps_flat_areas_flat(shape):
    flat = np.full(shape, 200, np.uint8)
    for size in (Size(7, 5), Size(90, 61), Size(30, 20)):
        result = scaled(flat, size)
        assert result.shape == (size.height, size.width, *shape[2:])
        assert np.abs(result.astype(int) - 200).max() <= 1
