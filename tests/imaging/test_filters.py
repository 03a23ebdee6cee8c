"""Filters: valid pixels out of valid pixels, nothing out of nothing, and nothing done where nothing is asked for."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sdpaint.imaging import adjustments, filters
from sdpaint.imaging.dynamics import FALLING, LINEAR, SOFT, Curve
from sdpaint.imaging.filter_table import FILTERS, FILTERS_BY_ID, Filter

IDS = [spec.id for spec in FILTERS]
POINTWISE = [spec for spec in FILTERS if spec.group.name == "ADJUST"]


def picture(seed: int = 0, height: int = 40, width: int = 52) -> np.ndarray:
    """Random valid premultiplied pixels, some clear, some opaque."""
    random = np.random.default_rng(seed)
    pixels = random.integers(0, 256, (height, width, 4), np.uint8)
    pixels[..., 3] = np.where(random.random((height, width)) < 0.3, 255, pixels[..., 3])
    pixels[..., 3] = np.where(random.random((height, width)) < 0.2, 0, pixels[..., 3])
    pixels[..., :3] = np.minimum(pixels[..., :3], pixels[..., 3:])
    return pixels


def opaque(color: tuple[int, int, int], height: int = 40, width: int = 40) -> np.ndarray:
    return np.broadcast_to(np.array([*color, 255], np.uint8), (height, width, 4)).copy()


@st.composite
def filter_and_values(draw) -> tuple[Filter, dict[str, float]]:
    spec = draw(st.sampled_from(FILTERS))
    values = {}
    for each in spec.parameters:
        if each.is_curve:
            heights = draw(st.tuples(*[st.floats(0, 1)] * 3))
            values[each.name] = Curve(tuple(zip((0.0, 0.4, 1.0), heights, strict=True)))
            continue
        top = min(each.maximum, 60.0) if each.is_length else each.maximum
        value = draw(st.floats(each.minimum, top))
        values[each.name] = float(round(value)) if each.is_switch else value
    return spec, values


@settings(deadline=None, max_examples=120)
@given(filter_and_values(), st.integers(0, 9))
def test_every_filter_gives_valid_pixels_of_the_same_size(chosen, seed):
    spec, values = chosen
    pixels = picture(seed)
    before = pixels.copy()
    result = spec.apply(pixels, values, (7, 3))
    assert result.dtype == np.uint8
    assert result.shape == pixels.shape
    assert np.array_equal(pixels, before)
    assert (result[..., :3] <= result[..., 3:]).all()


@settings(deadline=None, max_examples=60)
@given(filter_and_values())
def test_what_is_wholly_transparent_stays_so(chosen):
    spec, values = chosen
    assert not spec.apply(np.zeros((30, 20, 4), np.uint8), values, (0, 0)).any()


@pytest.mark.parametrize("name", [spec.id for spec in FILTERS if spec.identity is not None])
def test_values_that_change_nothing_give_the_same_bytes(name):
    spec = FILTERS_BY_ID[name]
    values = {**spec.defaults, **spec.identity}
    assert spec.changes_nothing(values)
    for seed in range(5):
        pixels = picture(seed)
        assert np.array_equal(spec.apply(pixels, values, (0, 0)), pixels)


@pytest.mark.parametrize("name", IDS)
def test_the_defaults_of_what_has_a_panel_show_something_or_nothing_at_all(name):
    spec = FILTERS_BY_ID[name]
    result = spec.apply(picture(3), spec.defaults, (0, 0))
    assert np.array_equal(result, picture(3)) == spec.changes_nothing(spec.defaults)


@pytest.mark.parametrize("name", [spec.id for spec in POINTWISE])
def test_adjustments_leave_alpha_alone_and_know_no_neighbours(name):
    spec = FILTERS_BY_ID[name]
    values = {
        each.name: SOFT if each.is_curve else each.minimum + 0.7 * (each.maximum - each.minimum)
        for each in spec.parameters
    }
    pixels = picture(5)
    whole = spec.apply(pixels, values, (0, 0))
    assert np.array_equal(whole[..., 3], pixels[..., 3])
    assert np.array_equal(spec.apply(pixels[9:20, 11:30].copy(), values, (11, 9)), whole[9:20, 11:30])


@pytest.mark.parametrize("name", [spec.id for spec in FILTERS if spec.identity is not None or not spec.parameters])
def test_reach_is_how_far_a_pixel_is_felt(name):
    spec = FILTERS_BY_ID[name]
    values = spec.defaults
    reach = spec.reach(values)
    pixels = picture(1, 120, 120)
    other = pixels.copy()
    other[60, 60] = (9, 200, 30, 255)
    first, second = (spec.apply(each, values, (0, 0)).astype(int) for each in (pixels, other))
    # A motion blur goes by way of a Fourier transform, which may round a value the other way anywhere.
    differs = np.argwhere((np.abs(first - second) > (1 if name == "motionBlur" else 0)).any(axis=2))
    assert np.abs(differs - 60).max(initial=0) <= reach


@pytest.mark.parametrize("blur", ["gaussianBlur", "boxBlur", "motionBlur"])
def test_a_blurred_plain_colour_is_the_same_up_to_the_edge(blur):
    spec = FILTERS_BY_ID[blur]
    plain = opaque((40, 90, 200))
    result = spec.apply(plain, spec.defaults, (0, 0))
    assert np.abs(result.astype(int) - plain).max() <= 1


@pytest.mark.parametrize("radius", [3.0, 30.0])
def test_a_blurred_shape_keeps_its_colour_where_it_fades(radius):
    pixels = np.zeros((200, 200, 4), np.uint8)
    pixels[60:140, 60:140] = (0, 0, 200, 255)
    result = filters.gaussian_blur(pixels, radius)
    faded = result[(result[..., 3] > 40) & (result[..., 3] < 250)].astype(float)
    assert len(faded) > 100
    assert np.abs(faded[:, 2] - faded[:, 3] * 200 / 255).max() <= 1.5
    assert abs(float(result[..., 3].sum()) / float(pixels[..., 3].sum()) - 1) < 0.03


def test_a_large_blur_is_close_to_the_exact_one():
    random = np.random.default_rng(4)
    pixels = opaque((0, 0, 0), 256, 256)
    pixels[..., :3] = np.kron(random.integers(0, 256, (8, 8, 3), np.uint8), np.ones((32, 32, 1), np.uint8))
    exact = cv2.GaussianBlur(pixels.astype(np.float32), (0, 0), 20, borderType=cv2.BORDER_REPLICATE)
    assert np.abs(filters.gaussian_blur(pixels, 20) - exact)[..., :3].max() < 6


def test_motion_blur_smears_along_its_angle():
    pixels = np.zeros((41, 41, 4), np.uint8)
    pixels[20, 20] = 255
    across = filters.motion_blur(pixels, 10, 0)[..., 3]
    upright = filters.motion_blur(pixels, 10, 90)[..., 3]
    assert np.flatnonzero(across.any(axis=0)).size > 3 * np.flatnonzero(across.any(axis=1)).size
    assert np.abs(upright.astype(int) - across.T).max() <= 1


def test_sharpening_steepens_an_edge_and_makes_no_halo_of_transparency():
    pixels = opaque((80, 80, 80))
    pixels[:, 20:, :3] = 160
    result = filters.sharpen(pixels, 1.0, 2.0)
    assert result[20, 19, 0] < 80
    assert result[20, 20, 0] > 160
    shape = np.zeros((40, 40, 4), np.uint8)
    shape[10:30, 10:30] = (50, 100, 150, 255)
    assert np.abs(filters.sharpen(shape, 2.0, 3.0).astype(int) - shape).max() <= 2


def test_noise_belongs_to_its_place_and_its_seed():
    grey = opaque((128, 128, 128), 300, 300)
    whole = filters.add_noise(grey, 0.1, True, 7, (0, 0))
    part = filters.add_noise(grey[40:200, 90:290].copy(), 0.1, True, 7, (90, 40))
    assert np.array_equal(whole[40:200, 90:290], part)
    assert not np.array_equal(whole, filters.add_noise(grey, 0.1, True, 8, (0, 0)))
    assert abs(float(whole[..., 0].std()) - 25.5) < 1
    assert (whole[..., 0] == whole[..., 2]).all()
    assert not (filters.add_noise(grey, 0.1, False, 7)[..., 0] == whole[..., 2]).all()


def test_denoising_smooths_a_plain_and_keeps_an_edge():
    pixels = opaque((100, 100, 100))
    pixels[:, 20:, :3] = 200
    noisy = filters.add_noise(pixels, 0.02, True, 1)
    result = filters.denoise(noisy, 0.4, 4)
    assert result[:, :18, 0].std() < noisy[:, :18, 0].std() / 2
    assert result[:, 21, 0].mean() - result[:, 18, 0].mean() > 80


def test_blocks_lie_on_the_grid_of_the_canvas_and_are_means():
    pixels = picture(2, 64, 64)
    whole = filters.pixelate(pixels, 8, (0, 0))
    assert np.array_equal(filters.pixelate(pixels[4:60, 12:50].copy(), 8, (12, 4))[4:44, 4:36], whole[8:48, 16:48])
    assert np.array_equal(whole[8:16, 8:16], np.broadcast_to(whole[8, 8], (8, 8, 4)))
    assert np.abs(whole[8, 8] - pixels[8:16, 8:16].mean(axis=(0, 1))).max() <= 0.5


def test_edges_are_found_where_lightness_changes():
    pixels = opaque((20, 20, 20))
    pixels[:, 20:, :3] = 220
    light = filters.find_edges(pixels, 1.0, False)
    assert light[5, 5, 0] == 0
    assert light[5, 20, 0] > 100
    assert np.array_equal(255 - light[..., :3], filters.find_edges(pixels, 1.0, True)[..., :3])


def test_inverting_twice_is_nothing():
    for seed in range(4):
        pixels = picture(seed)
        again = adjustments.invert(adjustments.invert(pixels))
        assert np.array_equal(again, pixels)


def test_adjustments_do_what_painters_expect():
    grey = opaque((100, 100, 100))
    assert adjustments.brightness_contrast(grey, 0.2, 0)[0, 0, 0] == 151
    assert adjustments.brightness_contrast(grey, 0, 0.5)[0, 0, 0] < 70
    assert adjustments.levels(grey, 100 / 255, 200 / 255, 1.0)[0, 0, 0] == 0
    assert adjustments.levels(grey, 0, 100 / 255, 1.0)[0, 0, 0] == 255
    assert adjustments.levels(grey, 0, 1, 2.0)[0, 0, 0] > 150
    assert adjustments.threshold(grey, 0.5)[0, 0].tolist() == [0, 0, 0, 255]
    assert adjustments.threshold(grey, 0.3)[0, 0].tolist() == [255, 255, 255, 255]
    red = opaque((0, 0, 255))
    assert adjustments.hue_saturation_lightness(red, 120, 0, 0)[0, 0].tolist() == [0, 255, 0, 255]
    assert adjustments.hue_saturation_lightness(red, 0, 0, 1)[0, 0].tolist() == [255, 255, 255, 255]
    assert adjustments.hue_saturation_lightness(red, 0, -1, 0)[0, 0].tolist() == [128, 128, 128, 255]
    assert len(set(adjustments.desaturate(red)[0, 0, :3].tolist())) == 1
    warm = adjustments.color_balance(grey, (0, 0, 0), (0.5, 0, 0), (0, 0, 0))[0, 0]
    assert warm[2] > 110
    assert warm[0] == 100
    ramp = opaque((0, 0, 0), 1, 256)
    ramp[0, :, :3] = np.arange(256)[:, None]
    assert np.unique(adjustments.posterize(ramp, 4)[..., 0]).tolist() == [0, 85, 170, 255]
    with pytest.raises(ValueError, match="at least 2"):
        adjustments.posterize(ramp, 1)


def test_curves_map_each_channel_and_then_all():
    pixels = picture(6)
    assert np.array_equal(adjustments.curves(pixels, FALLING, LINEAR, LINEAR, LINEAR), adjustments.invert(pixels))
    red = adjustments.curves(opaque((100, 100, 100)), LINEAR, SOFT, LINEAR, LINEAR)[0, 0]
    assert red[2] > 130
    assert red[:2].tolist() == [100, 100]


def test_half_transparent_colours_are_adjusted_as_the_colours_that_they_are():
    pixels = np.array([[[0, 0, 64, 128]]], np.uint8)       # straight red 128
    assert adjustments.levels(pixels, 0, 0.5, 1.0)[0, 0].tolist() == [0, 0, 128, 128]


def test_the_histogram_weighs_by_alpha():
    pixels = np.array([[[10, 10, 10, 255], [5, 5, 5, 128], [0, 0, 0, 0]]], np.uint8)
    weights = adjustments.histogram(pixels)
    assert weights[10] == pytest.approx(1 + 128 / 255)
    assert weights.sum() == pytest.approx(1 + 128 / 255)
