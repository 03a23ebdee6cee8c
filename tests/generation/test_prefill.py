from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdpaint.generation.prefill import FALLOFF_PX, REMOVING, REPLACING_FROM, prefill, resolve_fill
from sdpaint.generation.request import MaskFill
from sdpaint.imaging.masks import distance_to

FILLS = [fill for fill in MaskFill if fill is not MaskFill.AUTOMATIC]
CHANGING = [fill for fill in FILLS if fill is not MaskFill.ORIGINAL]


def scene(height: int = 90, width: int = 120) -> np.ndarray:
    """Sky over ground, with a red thing in the middle."""
    picture = np.empty((height, width, 3), np.uint8)
    picture[: height // 2] = (120, 170, 230)
    picture[height // 2 :] = (60, 120, 50)
    picture[height // 3 : -height // 3, width // 3 : -width // 3] = (220, 20, 20)
    return picture


def around_the_thing(height: int = 90, width: int = 120, grey: int = 255) -> np.ndarray:
    mask = np.zeros((height, width), np.uint8)
    mask[height // 3 - 12 : -height // 3 + 12, width // 3 - 12 : -width // 3 + 12] = grey
    return mask


@given(
    st.sampled_from(FILLS),
    st.integers(1, 80),
    st.integers(1, 80),
    st.integers(0, 2**32 - 1),
)
def test_outside_the_mask_nothing_is_filled_whatever_the_shape(fill, height, width, seed):
    rng = np.random.default_rng(seed)
    image = rng.integers(0, 256, (height, width, 3), np.uint8)
    mask = np.where(rng.random((height, width)) < rng.random(), 255, 0).astype(np.uint8)
    filled = prefill(image, mask, fill, seed)
    assert filled.shape == image.shape
    assert filled.dtype == np.uint8
    # What is removed goes with its soft edge; all that is in the blend band, and stays under it.
    beyond = distance_to(mask > 0) > (2 if fill in REMOVING else 0)
    assert np.array_equal(filled[beyond], image[beyond])


@pytest.mark.parametrize("fill", CHANGING)
def test_the_thing_is_gone(fill):
    image, mask = scene(), around_the_thing()
    filled = prefill(image, mask, fill, 3)
    assert not ((filled == (220, 20, 20)).all(axis=2)).any()


@pytest.mark.parametrize("fill", [MaskFill.BLUR, MaskFill.BORDER])
def test_the_surroundings_are_continued(fill):
    filled = prefill(scene(), around_the_thing(), fill, 0).astype(int)
    # Above and below, near the edge of the mask but past the falloff.
    top, bottom = filled[30 - 12 + FALLOFF_PX + 2, 60], filled[60 + 12 - FALLOFF_PX - 3, 60]
    assert top[2] > top[1] > top[0], "as the sky"
    assert bottom[1] > bottom[0], "as the ground"
    assert bottom[1] > bottom[2]


def test_the_original_stays_where_it_is_wanted():
    image = scene()
    assert prefill(image, around_the_thing(), MaskFill.ORIGINAL, 0) is image


@pytest.mark.parametrize("grey", [1, 64, 127])
def test_a_faint_mask_keeps_what_is_there(grey):
    image = scene()
    assert np.array_equal(prefill(image, around_the_thing(grey=grey), MaskFill.BLUR, 0), image)


def test_noise_is_that_of_the_seed():
    image, mask = scene(), around_the_thing()
    one, again, other = (prefill(image, mask, MaskFill.NOISE, seed) for seed in (1, 1, 2))
    assert np.array_equal(one, again)
    assert not np.array_equal(one, other)


def test_what_goes_has_no_part_in_what_takes_its_place():
    noise = np.random.default_rng(0).integers(0, 40, scene().shape, np.uint8)
    image, mask = scene() + noise, around_the_thing()
    filled = prefill(image, mask, MaskFill.REMOVE, 1)
    assert np.array_equal(prefill(filled, mask, MaskFill.REMOVE, 1), filled)
    assert not np.array_equal(prefill(filled, mask, MaskFill.REMOVE, 2), filled)


@pytest.mark.parametrize("fill", FILLS)
def test_what_is_missing_is_never_a_source_and_always_filled(fill):
    image = scene()
    missing = np.zeros(image.shape[:2], bool)
    missing[:, 90:] = True
    image[missing] = (255, 0, 255)
    mask = np.where(missing, 255, 0).astype(np.uint8)
    filled = prefill(image, mask, fill, 0, missing)
    assert np.array_equal(filled[~missing], image[~missing])
    assert not (filled[missing] == (255, 0, 255)).all(axis=1).any()


@pytest.mark.parametrize("fill", FILLS)
def test_where_everything_is_masked_there_is_still_something(fill):
    image = scene()
    assert prefill(image, np.full(image.shape[:2], 255, np.uint8), fill, 0).shape == image.shape


def test_the_intent_follows_from_strength_and_mode():
    assert resolve_fill(MaskFill.AUTOMATIC, 0.6, False) is MaskFill.ORIGINAL
    assert resolve_fill(MaskFill.AUTOMATIC, REPLACING_FROM, False) is MaskFill.BLUR
    assert resolve_fill(MaskFill.AUTOMATIC, 1.0, True) is MaskFill.BORDER
    for fill in FILLS:
        assert resolve_fill(fill, 0.3, True) is fill
    with pytest.raises(ValueError, match="decided"):
        prefill(scene(), around_the_thing(), MaskFill.AUTOMATIC, 0)
