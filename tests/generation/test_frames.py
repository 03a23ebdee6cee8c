"""Sizes that suit a checkpoint."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from sdpaint.checkpoints.identify import read_checkpoint
from sdpaint.generation.frames import frame_sizes, suggested_frame, to_multiple
from sdpaint.generation.request import LATENT_MULTIPLE
from sdpaint.imaging.geometry import Rect, Size
from sdpaint.paths import starter_checkpoint

STARTER = read_checkpoint(starter_checkpoint())


def test_a_landscape_gets_all_that_the_starter_can_do():
    assert suggested_frame(Size(768, 512), STARTER) == Rect(192, 128, 384, 256)


def test_a_square_gets_the_size_that_the_starter_was_trained_on():
    assert suggested_frame(Size(1024, 1024), STARTER) == Rect(384, 384, 256, 256)


def test_without_a_checkpoint_the_frame_is_the_canvas():
    assert suggested_frame(Size(300, 200), None) == Rect(0, 0, 300, 200)


@given(st.integers(8, 5000), st.integers(8, 5000))
def test_a_suggested_frame_keeps_to_the_limits(width, height):
    canvas = Size(width, height)
    frame = suggested_frame(canvas, STARTER)
    assert Rect.of_size(canvas).contains(frame)
    assert frame.area <= STARTER.max_area_px
    assert max(frame.width, frame.height) <= STARTER.max_side_px
    assert frame.width % LATENT_MULTIPLE == frame.height % LATENT_MULTIPLE == 0


@given(st.sampled_from([256, 512, 768, 1024]))
def test_shapes_have_about_the_native_area(native):
    sizes = dict(frame_sizes(native))
    assert sizes["Square"] == Size(native, native)
    for size in sizes.values():
        assert 0.9 < size.area / native**2 < 1.1
        assert size.width % LATENT_MULTIPLE == size.height % LATENT_MULTIPLE == 0


def test_multiples_are_never_zero():
    assert [to_multiple(value) for value in (0, 3, 12, 13, 301)] == [8, 8, 16, 16, 304]
