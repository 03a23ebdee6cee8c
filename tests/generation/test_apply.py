from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from sdpaint.document import edits
from sdpaint.document.render import flatten
from sdpaint.generation.apply import MAX_NAME_LENGTH, apply_result, layer_name
from sdpaint.generation.mode import effective_mode
from sdpaint.generation.params import GenerationParams
from sdpaint.generation.prepare import prepare
from sdpaint.generation.request import GenerationMode, SamplingParams
from sdpaint.imaging import masks
from sdpaint.imaging.geometry import Rect, Size
from sdpaint.imaging.tiles import TileMap


@dataclass(frozen=True)
class Limits:
    min_side_px: int = 64
    max_side_px: int = 512
    max_area_px: int = 512 * 512
    native_px: int = 512
    expand_strength: float = 0.8


PARAMS = GenerationParams(
    checkpoint=Path("x"), prompt="a hill", sampling=SamplingParams(strength=0.5), color_match=False
)


def noise_document(size=(300, 260), frame=Rect(20, 10, 200, 203)):
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 256, (size[1], size[0], 4), np.uint8)
    pixels[..., :3] = np.minimum(pixels[..., :3], pixels[..., 3:])
    document = edits.new_document(Size(*size), (200, 210, 220))
    document = edits.with_layer_tiles(document, document.active, TileMap.from_pixels(pixels))
    return edits.set_frame(document, frame)


def picture_for(prepared, value=(250, 10, 90)):
    size = prepared.request.size
    return np.full((size.height, size.width, 3), value, np.uint8)


@pytest.mark.parametrize("limits", [Limits(), Limits(max_side_px=128)])
def test_inpainting_leaves_every_pixel_outside_the_blend_band_as_it_was(limits):
    document = edits.fill_mask(noise_document(), Rect(100, 90, 40, 30))
    prepared = prepare(document, PARAMS, limits, 1)
    after = flatten(apply_result(document, prepared, picture_for(prepared)), document.bounds)
    before = flatten(document, document.bounds)
    reach = 20
    band = np.zeros(after.shape[:2], bool)
    band[90 - reach : 120 + reach, 100 - reach : 140 + reach] = True
    assert np.array_equal(after[~band], before[~band])
    assert (after[90:120, 100:140] == (90, 10, 250, 255)).all()


@settings(max_examples=60)
@given(
    frame=st.builds(Rect, st.integers(-90, 290), st.integers(-90, 250), st.integers(1, 300), st.integers(1, 300)),
    place=st.tuples(st.floats(0.0, 1.0), st.floats(0.0, 1.0)),
    size=st.builds(Size, st.integers(1, 120), st.integers(1, 120)),
    strength=st.floats(0.05, 1.0),
    max_side=st.sampled_from([64, 200, 512]),
    native=st.sampled_from([64, 128, 512]),
    color_match=st.booleans(),
)
def test_whatever_the_frame_and_the_mask_only_the_band_inside_the_frame_changes(
    frame, place, size, strength, max_side, native, color_match
):
    # Somewhere in the frame, at its edge, or hanging over it.
    x = frame.left - size.width + 1 + round(place[0] * (frame.width + size.width - 2))
    y = frame.top - size.height + 1 + round(place[1] * (frame.height + size.height - 2))
    mask = Rect(x, y, size.width, size.height)
    document = edits.fill_mask(noise_document(frame=frame), mask)
    masked = mask.intersected(frame)
    assert not masked.is_empty
    params = GenerationParams(Path("x"), sampling=SamplingParams(strength=strength), color_match=color_match)
    prepared = prepare(document, params, Limits(max_side_px=max_side, native_px=native), 1)
    after = flatten(apply_result(document, prepared, picture_for(prepared)), document.bounds)
    before = flatten(document, document.bounds)
    reach = masks.mask_bands(masked, strength).paste_px
    band = masked.inflated(reach).intersected(frame).intersected(document.bounds)
    may_change = np.zeros(after.shape[:2], bool)
    may_change[band.top : band.bottom, band.left : band.right] = True
    assert np.array_equal(after[~may_change], before[~may_change])
    inside = masked.intersected(document.bounds)
    replaced = after[inside.top : inside.bottom, inside.left : inside.right]
    if not color_match:
        assert (replaced == (90, 10, 250, 255)).all()


@pytest.mark.parametrize("depth", [8, 16])
def test_fifty_inpaints_leave_the_rest_as_it_was(depth):
    document = edits.set_depth(noise_document(), depth)
    if depth == 16:
        # Values that 8 bits can't hold.
        pixels = document.layers[-1].tiles.read(document.bounds)
        finer = np.minimum(pixels, 65000) + np.random.default_rng(1).integers(0, 200, pixels.shape, np.uint16)
        finer[..., :3] = np.minimum(finer[..., :3], finer[..., 3:])
        document = edits.with_layer_tiles(document, document.active, TileMap.from_pixels(finer))
    before = flatten(document, document.bounds, depth)
    touched = np.zeros(before.shape[:2], bool)
    rng = np.random.default_rng(3)
    for turn in range(50):
        x, y, side = (int(v) for v in rng.integers(60, 120, 3))
        mask = Rect(x, y, side // 4, side // 3)
        document = edits.fill_mask(document, mask)
        strength = float(rng.uniform(0.1, 0.5))
        params = replace(PARAMS, sampling=SamplingParams(strength=strength), color_match=True)
        prepared = prepare(document, params, Limits(max_side_px=(128, 512)[turn % 2], native_px=128), turn)
        picture = rng.integers(0, 256, prepared.request.image.shape, np.uint8)
        document = apply_result(document, prepared, picture)
        reach = masks.mask_bands(mask, strength).paste_px
        band = mask.inflated(reach).intersected(document.bounds)
        touched[band.top : band.bottom, band.left : band.right] = True
    after = flatten(document, document.bounds, depth)
    assert not touched.all()
    assert np.array_equal(after[~touched], before[~touched])


@settings(max_examples=40)
@given(
    left=st.integers(-150, 280),
    top=st.integers(-150, 240),
    beyond=st.tuples(st.integers(8, 150), st.integers(-230, 150)),
    is_tall=st.booleans(),
    native=st.sampled_from([64, 256]),
)
def test_expanding_grows_the_canvas_and_leaves_the_picture_as_it_was(left, top, beyond, is_tall, native):
    right, bottom = (300 + beyond[0], 260 + beyond[1]) if not is_tall else (300 + beyond[1], 260 + beyond[0])
    frame = Rect.from_edges(left, top, max(right, left + 20), max(bottom, top + 20))
    assume(not frame.intersected(Rect(0, 0, 300, 260)).is_empty)
    document = noise_document(frame=frame)
    assert effective_mode(document, None) is GenerationMode.EXPAND
    prepared = prepare(document, PARAMS, Limits(native_px=native), 1)
    after = apply_result(document, prepared, picture_for(prepared))
    grown = document.bounds.united(frame)
    assert after.size == grown.size
    assert after.frame == frame.translated(-grown.x, -grown.y)
    was, now = flatten(document, document.bounds), flatten(after, document.bounds.translated(-grown.x, -grown.y))
    outside = frame.inflated(1)
    reach = masks.mask_bands(_around_the_new(frame, document.bounds), 1.0).paste_px
    far = np.ones(was.shape[:2], bool)
    band = outside.intersected(document.bounds)
    far[band.top : band.bottom, band.left : band.right] = False
    inner = document.bounds.inflated(-reach)
    far[inner.top : inner.bottom, inner.left : inner.right] = True
    assert np.array_equal(now[far], was[far])
    new = flatten(after, after.bounds)
    covered = np.zeros(new.shape[:2], bool)
    at = after.frame
    covered[at.top : at.bottom, at.left : at.right] = True
    old = document.bounds.translated(-grown.x, -grown.y)
    covered[old.top : old.bottom, old.left : old.right] = False
    assert (new[covered] == (90, 10, 250, 255)).all()


def _around_the_new(frame: Rect, canvas: Rect) -> Rect:
    left, top = min(frame.left, canvas.left), min(frame.top, canvas.top)
    right, bottom = max(frame.right, canvas.right), max(frame.bottom, canvas.bottom)
    strips = (
        Rect.from_edges(left, frame.top, canvas.left, frame.bottom),
        Rect.from_edges(canvas.right, frame.top, right, frame.bottom),
        Rect.from_edges(frame.left, top, frame.right, canvas.top),
        Rect.from_edges(frame.left, canvas.bottom, frame.right, bottom),
    )
    return Rect.bounding(strip.intersected(frame) for strip in strips)


def test_nothing_outside_the_frame_changes():
    document = noise_document()
    prepared = prepare(document, PARAMS, Limits(), 1)
    after = flatten(apply_result(document, prepared, picture_for(prepared)), document.bounds)
    before = flatten(document, document.bounds)
    inside = np.zeros(after.shape[:2], bool)
    inside[10:213, 20:220] = True
    assert np.array_equal(after[~inside], before[~inside])
    assert (after[inside] == (90, 10, 250, 255)).all()


def test_an_unscaled_picture_arrives_pixel_by_pixel():
    document = noise_document(frame=Rect(-30, 50, 101, 99))
    prepared = prepare(document, replace(PARAMS, grow_canvas=False), Limits(), 1)
    rng = np.random.default_rng(1)
    picture = rng.integers(0, 256, (prepared.request.size.height, prepared.request.size.width, 3), np.uint8)
    layer = apply_result(document, prepared, picture).layers[-1]
    pixels = layer.tiles.read(Rect(-30, 50, 101, 99))
    assert np.array_equal(pixels[..., 2::-1], picture[:99, :101])
    assert layer.tiles.bounds() == Rect(-30, 50, 101, 99)


def test_the_layer_lies_on_top_and_is_active_and_marked():
    document = noise_document()
    document = edits.set_active(document, document.layers[0].id)
    prepared = prepare(document, PARAMS, Limits(), 1)
    after = apply_result(document, prepared, picture_for(prepared))
    assert after.layers[:-1] == document.layers
    assert after.active_layer is after.layers[-1]
    assert after.active_layer.generated
    assert after.active_layer.name == "a hill"


def test_the_mask_that_was_inpainted_is_cleared():
    document = edits.fill_mask(noise_document(), Rect(100, 90, 40, 30))
    prepared = prepare(document, PARAMS, Limits(), 1)
    assert apply_result(document, prepared, picture_for(prepared)).mask.is_empty


def test_the_part_of_the_mask_outside_the_frame_stays():
    frame = Rect(96, 80, 128, 96)
    outside = Rect(0, 0, 30, 20)
    document = edits.fill_mask(edits.fill_mask(noise_document(frame=frame), Rect(100, 90, 40, 30)), outside)
    prepared = prepare(document, PARAMS, Limits(), 1)
    assert apply_result(document, prepared, picture_for(prepared)).mask.tiles.bounds() == outside


def test_a_mask_that_the_artist_has_changed_since_is_kept():
    document = edits.fill_mask(noise_document(), Rect(100, 90, 40, 30))
    prepared = prepare(document, PARAMS, Limits(), 1)
    changed = edits.fill_mask(document, Rect(0, 0, 10, 10))
    after = apply_result(changed, prepared, picture_for(prepared))
    assert after.mask.tiles is changed.mask.tiles


@pytest.mark.parametrize(
    ("prompt", "name"),
    [
        ("a hill", "a hill"),
        ("  hot   air\nballoon ", "hot air balloon"),
        ("", "Generated"),
        ("hot air balloon over the green hills at dawn", "hot air balloon over the green…"),
        ("day over sea with a sailboat, clouds, the sun", "day over sea with a sailboat…"),
        ("x" * 50, "x" * 31 + "…"),
    ],
)
def test_the_layer_is_named_by_the_start_of_the_prompt(prompt, name):
    assert layer_name(prompt) == name
    assert len(name) <= MAX_NAME_LENGTH


def test_inpainting_in_16_bits_leaves_every_bit_outside_the_blend_band_as_it_was():
    shallow = edits.fill_mask(noise_document(), Rect(100, 90, 40, 30))
    document = edits.set_depth(shallow, 16)
    tiles = document.active_layer.tiles
    fine = {key: tile + np.uint16(3) * (tile > 0) * (tile < 65000) for key, tile in tiles.tiles.items()}
    document = edits.with_layer_tiles(document, document.active, tiles.with_tiles(fine))
    prepared = prepare(document, PARAMS, Limits(), 1)
    assert prepared.request.image is not None
    assert prepared.request.image.dtype == np.uint8
    expected = prepare(shallow, PARAMS, Limits(), 1).request.image.astype(int)
    assert np.abs(prepared.request.image.astype(int) - expected).max() <= 1
    result = apply_result(document, prepared, picture_for(prepared))
    assert result.depth == result.layers[-1].tiles.depth == 16
    after, before = flatten(result, document.bounds, 16), flatten(document, document.bounds, 16)
    reach = 20
    band = np.zeros(after.shape[:2], bool)
    band[90 - reach : 120 + reach, 100 - reach : 140 + reach] = True
    assert np.array_equal(after[~band], before[~band])
    assert (after[90:120, 100:140] == np.array([90, 10, 250, 255], np.uint16) * 257).all()
