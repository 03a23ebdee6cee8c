"""Turns are exact and come back, scaling is smooth and valid, cropping keeps what it hides."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sdpaint.document.document import Document
from sdpaint.document.edits import fill_mask, new_document, set_frame, with_layer_tiles
from sdpaint.document.selection_edits import set_selection
from sdpaint.document.transforms import (
    Resampling,
    Turn,
    crop,
    crop_to_frame,
    crop_to_selection,
    resampled,
    scale_document,
    turn_document,
    turn_layer,
)
from sdpaint.imaging.geometry import Rect, Size
from sdpaint.imaging.selection import rectangle
from sdpaint.imaging.tiles import TileMap

BACK = {
    Turn.RIGHT: Turn.LEFT,
    Turn.LEFT: Turn.RIGHT,
    Turn.HALF: Turn.HALF,
    Turn.MIRROR: Turn.MIRROR,
    Turn.UPSIDE_DOWN: Turn.UPSIDE_DOWN,
}
NUMPY = {
    Turn.RIGHT: lambda pixels: np.rot90(pixels, -1),
    Turn.LEFT: np.rot90,
    Turn.HALF: lambda pixels: np.rot90(pixels, 2),
    Turn.MIRROR: np.fliplr,
    Turn.UPSIDE_DOWN: np.flipud,
}


def made(size: Size = Size(300, 170), seed: int = 0) -> Document:
    """A document with pixels on and beyond the canvas, a mask, a selection and a frame."""
    random = np.random.default_rng(seed)
    pixels = random.integers(0, 256, (size.height + 30, size.width + 20, 4), np.uint8)
    pixels[..., :3] = np.minimum(pixels[..., :3], pixels[..., 3:])
    document = new_document(size)
    document = with_layer_tiles(document, document.active, TileMap.from_pixels(pixels, -11, -7))
    document = fill_mask(document, Rect(5, 6, 40, 30))
    document = set_selection(document, rectangle(Rect(20, 10, 100, 60)))
    return set_frame(document, Rect(-8, 16, 128, 64))


def same(a: Document, b: Document) -> bool:
    return (
        a.size == b.size
        and a.frame == b.frame
        and a.selection == b.selection
        and a.mask.tiles == b.mask.tiles
        and all(x.tiles == y.tiles for x, y in zip(a.layers, b.layers, strict=True))
    )


@settings(deadline=None, max_examples=25)
@given(st.sampled_from(list(Turn)), st.integers(1, 300), st.integers(1, 300))
def test_a_turn_and_its_opposite_are_nothing(turn, width, height):
    document = new_document(Size(width, height), (1, 2, 3))
    pixels = np.random.default_rng(0).integers(0, 256, (height + 9, width + 5, 4), np.uint8)
    document = with_layer_tiles(document, document.active, TileMap.from_pixels(pixels, -3, -4))
    assert same(turn_document(turn_document(document, turn), BACK[turn]), document)


@pytest.mark.parametrize("turn", list(Turn))
def test_everything_is_turned_alike(turn):
    document = made()
    turned = turn_document(document, turn)
    assert same(turn_document(turned, BACK[turn]), document)
    pairs = (
        (document.active_layer.tiles, turned.active_layer.tiles),
        (document.mask.tiles, turned.mask.tiles),
        (document.selection, turned.selection),
    )
    for before, after in pairs:
        assert np.array_equal(after.read(turned.bounds), NUMPY[turn](before.read(document.bounds)))


def test_four_turns_are_nothing_and_two_are_a_half_turn():
    document = made()
    twice = turn_document(turn_document(document, Turn.RIGHT), Turn.RIGHT)
    assert same(twice, turn_document(document, Turn.HALF))
    assert same(turn_document(turn_document(twice, Turn.RIGHT), Turn.RIGHT), document)


@pytest.mark.parametrize("turn", list(Turn))
@pytest.mark.parametrize("size", [Size(300, 170), Size(171, 300), Size(64, 64)])
def test_a_layer_is_turned_alone_and_stays_about_where_it_is(turn, size):
    document = made(size)
    turned = turn_layer(document, document.active, turn)
    assert turned.size == document.size
    assert turned.layers[0] is document.layers[0]
    assert turned.selection is document.selection
    before, after = (each.active_layer.tiles.bounds().center for each in (document, turned))
    middle = document.bounds.center
    assert abs(after.x - middle.x) <= abs(before.x - middle.x) + abs(before.y - middle.y) + 1
    again = turn_layer(turned, document.active, BACK[turn])
    assert again.active_layer.tiles == document.active_layer.tiles


def test_an_empty_layer_is_the_same_after_a_turn():
    document = new_document(Size(30, 20), None)
    assert turn_layer(document, document.active, Turn.LEFT) is document


@pytest.mark.parametrize("resampling", list(Resampling))
@pytest.mark.parametrize("size", [Size(150, 85), Size(600, 340), Size(600, 20), Size(1, 1), Size(10, 400)])
def test_scaling_gives_valid_pixels_of_the_size(resampling, size):
    document = made()
    scaled = scale_document(document, size, resampling)
    assert scaled.size == size
    pixels = scaled.active_layer.tiles.read(scaled.bounds)
    assert (pixels[..., :3] <= pixels[..., 3:]).all()
    assert not scaled.frame.is_empty
    for layer in scaled.layers:
        assert layer.tiles.is_empty or scaled.bounds.contains(layer.tiles.bounds())


def test_a_plain_picture_stays_plain_at_any_size():
    document = new_document(Size(300, 170), (30, 60, 90))
    for size in (Size(100, 50), Size(700, 400), Size(1000, 11)):
        scaled = scale_document(document, size)
        assert np.abs(scaled.layers[0].tiles.read(scaled.bounds).astype(int) - (90, 60, 30, 255)).max() <= 1


def test_half_the_size_is_the_mean_of_four():
    pixels = made().active_layer.tiles.read(Rect(0, 0, 100, 60))
    half = resampled(pixels, Size(50, 30)).astype(float)
    means = pixels.reshape(30, 2, 50, 2, 4).mean(axis=(1, 3))
    assert np.abs(half - means).max() <= 1


def test_hard_pixels_grow_to_blocks():
    pixels = made().active_layer.tiles.read(Rect(0, 0, 20, 10))
    large = resampled(pixels, Size(60, 30), Resampling.PIXELS)
    assert np.array_equal(large, np.repeat(np.repeat(pixels, 3, axis=0), 3, axis=1))


def test_frame_selection_and_mask_go_with_the_size():
    scaled = scale_document(made(), Size(600, 340))
    assert scaled.frame == Rect(-16, 32, 256, 128)
    assert scaled.selection.bounds().center == Rect(40, 20, 200, 120).center
    assert scaled.mask.tiles.read(Rect(50, 40, 1, 1))[0, 0] == 255


def test_the_same_size_is_the_same_document_and_an_impossible_one_is_refused():
    document = made()
    assert scale_document(document, document.size) is document
    with pytest.raises(ValueError, match="px a side"):
        scale_document(document, Size(40000, 10))


def test_cropping_to_the_frame_keeps_what_it_hides():
    document = made()
    cropped = crop_to_frame(document)
    assert cropped.size == Size(128, 64)
    assert cropped.frame == cropped.bounds
    before = document.active_layer.tiles.read(document.frame)
    assert np.array_equal(cropped.active_layer.tiles.read(cropped.bounds), before)
    assert same(replace(crop(cropped, Rect(8, -16, 300, 170)), selection=None), replace(document, selection=None))


def test_cropping_to_the_selection():
    document = made()
    assert crop_to_selection(document).size == Size(100, 60)
    nothing = set_selection(document, None)
    assert crop_to_selection(nothing) is nothing
    assert crop(document, Rect(0, 0, 0, 0)) is document
