from __future__ import annotations

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdpaint.generation.crop import context_region, least_feather_px, plan_crop
from sdpaint.generation.families import FAMILIES
from sdpaint.imaging.geometry import Rect, Size
from sdpaint.imaging.masks import mask_bands


@dataclass(frozen=True)
class Limits:
    min_side_px: int
    max_side_px: int
    max_area_px: int


STARTER = Limits(128, 384, 98304)
ODD = Limits(100, 333, 50000)
LIMITS = [
    STARTER,
    ODD,
    *(Limits(f.min_side_px, f.max_side_px, f.max_area_px) for f in FAMILIES.values()),
]

coordinates = st.integers(-5000, 5000)
sides = st.integers(1, 1500) | st.sampled_from([1, 7, 8, 9, 127, 128, 129, 511, 512, 513, 4000, 32767])
frames = st.builds(Rect, coordinates, coordinates, sides, sides)


@given(frames, st.sampled_from(LIMITS))
def test_the_region_holds_the_frame_and_the_picture_keeps_to_the_limits(frame, limits):
    plan = plan_crop(frame, limits)
    width, height = plan.work_size.width, plan.work_size.height
    assert plan.frame == frame
    assert plan.region.contains(frame)
    assert width % 8 == 0
    assert height % 8 == 0
    assert limits.min_side_px <= min(width, height)
    assert max(width, height) <= limits.max_side_px
    assert width * height <= limits.max_area_px


@given(frames, st.sampled_from(LIMITS))
def test_the_picture_is_stretched_by_less_than_one_of_its_pixels(frame, limits):
    plan = plan_crop(frame, limits)
    across = plan.work_size.width / plan.region.width
    down = plan.work_size.height / plan.region.height
    assert abs(across - down) * plan.region.width < 1
    assert abs(across - down) * plan.region.height < 1


@given(
    st.integers(128, 384), st.integers(128, 256), coordinates, coordinates
)
def test_a_frame_that_suits_the_checkpoint_is_padded_and_not_scaled(width, height, x, y):
    frame = Rect(x, y, width, height)
    plan = plan_crop(frame, STARTER)
    if plan.region.area <= STARTER.max_area_px:
        assert not plan.is_scaled
    assert (plan.region.x, plan.region.y) == (x, y)
    assert plan.region.width - width < 8
    assert plan.region.height - height < 8


def test_a_frame_of_the_native_size_is_the_region():
    frame = Rect(-17, 33, 256, 256)
    plan = plan_crop(frame, STARTER)
    assert plan.region == frame
    assert plan.work_size == Size(256, 256)
    assert plan.scale == 1.0


def test_a_large_frame_is_worked_on_smaller_and_nothing_is_grown():
    plan = plan_crop(Rect(0, 0, 2048, 2048), STARTER)
    assert plan.region == Rect(0, 0, 2048, 2048)
    assert plan.work_size == Size(312, 312)
    assert plan.is_scaled


def test_a_small_frame_is_worked_on_larger():
    plan = plan_crop(Rect(10, 10, 64, 64), STARTER)
    assert plan.region == Rect(10, 10, 64, 64)
    assert plan.work_size == Size(128, 128)
    assert plan.scale == 2.0


def test_a_sliver_gets_context_on_both_sides():
    plan = plan_crop(Rect(100, 0, 1, 300), STARTER)
    assert plan.region.left < 100 < 101 < plan.region.right
    assert plan.region.width >= 100


@pytest.mark.parametrize("size", [(300, 200), (1920, 1080), (1000, 777), (333, 500)])
def test_common_sizes_grow_by_a_hundredth_at_most(size):
    plan = plan_crop(Rect(0, 0, *size), STARTER)
    assert plan.region.area <= size[0] * size[1] * 1.04


inner = st.integers(-300, 1500)
lengths = st.integers(1, 900)


@given(
    st.tuples(st.floats(0, 0.999), st.floats(0, 0.999), lengths, lengths),
    st.builds(Rect, inner, inner, st.integers(1, 2500), st.integers(1, 2500)),
    st.builds(Size, st.integers(1, 2500), st.integers(1, 2500)),
    st.floats(0.01, 1.0),
    st.sampled_from([64, 256, 512, 1024]),
)
def test_the_context_holds_the_mask_and_keeps_to_the_frame(mask, frame, size, strength, native):
    across, down, width, height = mask
    at = (frame.x + int(across * frame.width), frame.y + int(down * frame.height))
    masked = Rect(*at, width, height).intersected(frame)
    canvas = Rect.of_size(size)
    context = context_region(masked, frame, canvas, strength, native)
    assert context.contains(masked)
    assert frame.contains(context)
    bound = frame
    if canvas.contains(masked):
        assert canvas.contains(context), "what lies beyond the canvas isn't asked about"
        bound = frame.intersected(canvas)
    reach = mask_bands(masked, strength, least_feather_px(native)).reach_px
    for low, high, least, most, start, end in (
        (context.left, context.right, bound.left, bound.right, masked.left, masked.right),
        (context.top, context.bottom, bound.top, bound.bottom, masked.top, masked.bottom),
    ):
        assert high - low >= min(native, most - least), "shifted at an edge, not shrunk"
        assert (high - low) % 8 == 0 or (low, high) == (least, most)
        assert low <= max(least, start - reach), "the blend band has room"
        assert high >= min(most, end + reach)


def test_a_small_mask_on_a_large_canvas_is_seen_at_the_native_size():
    canvas = Rect(0, 0, 4096, 4096)
    context = context_region(Rect(2000, 1000, 40, 30), canvas, canvas, 0.5, 512)
    assert context.size == Size(512, 512)
    assert abs(context.center.x - 2020) <= 1
    assert abs(context.center.y - 1015) <= 1


def test_at_a_corner_the_context_is_shifted():
    canvas = Rect(0, 0, 1023, 517)
    assert context_region(Rect(1000, 500, 23, 17), canvas, canvas, 0.5, 256) == Rect(767, 261, 256, 256)


def test_full_strength_sees_more_around_a_large_mask():
    canvas, mask = Rect(0, 0, 2048, 2048), Rect(900, 900, 256, 256)
    refined = context_region(mask, canvas, canvas, 0.6, 256)
    anew = context_region(mask, canvas, canvas, 1.0, 256)
    assert anew.contains(refined)
    assert least_feather_px(512) == least_feather_px(1024) == 32
    # feather 36, 4 and 6 % of the diagonal around it; at full strength a sixteenth of the canvas more.
    assert anew.size == Size(640, 640)
