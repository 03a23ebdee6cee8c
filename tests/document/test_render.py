"""Flattened documents, and the compositor's tiles against them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sdpaint.document.document import Document
from sdpaint.document.edits import new_document, set_active, with_layer_tiles
from sdpaint.document.layers import Layer
from sdpaint.document.render import Compositor, flatten
from sdpaint.imaging.blend import BlendMode
from sdpaint.imaging.geometry import Rect, Size
from sdpaint.imaging.pixels import premultiplied_from_rgba
from sdpaint.imaging.tiles import TILE_SIZE, TileMap, tile_rect

SIZE = Size(300, 200)
MERGED = 4
"""Levels by which layers that are laid on as one may differ, on noise of every alpha."""


def noise(seed: int, width: int, height: int, opaque: bool = False):
    rgba = np.random.default_rng(seed).integers(0, 256, (height, width, 4), dtype=np.uint8)
    if opaque:
        rgba[..., 3] = 255
    return premultiplied_from_rgba(rgba)


@st.composite
def layers(draw) -> Layer:
    rect = Rect(
        draw(st.integers(-40, 280)), draw(st.integers(-40, 180)), draw(st.integers(1, 200)), draw(st.integers(1, 200))
    )
    pixels = noise(draw(st.integers(0, 9999)), rect.width, rect.height, draw(st.booleans()))
    return Layer(
        "layer",
        TileMap.from_pixels(pixels, rect.x, rect.y),
        visible=draw(st.sampled_from([True, True, True, False])),
        opacity=draw(st.sampled_from([1.0, 1.0, 0.7, 0.31, 0.0])),
        blend_mode=draw(st.one_of(st.just(BlendMode.NORMAL), st.sampled_from(list(BlendMode)))),
    )


@st.composite
def documents(draw) -> Document:
    stack = tuple(draw(st.lists(layers(), min_size=1, max_size=6)))
    return Document(SIZE, stack, draw(st.sampled_from(stack)).id, Rect(0, 0, 64, 64))


def composed(compositor: Compositor):
    whole = Rect(0, 0, 3 * TILE_SIZE, 2 * TILE_SIZE)
    result = np.zeros((whole.height, whole.width, 4), np.uint8)
    for key in whole.tiles(TILE_SIZE):
        tile = compositor.tile(key)
        if tile is not None:
            place = tile_rect(key)
            result[place.top : place.bottom, place.left : place.right] = tile
    return result[: SIZE.height, : SIZE.width]


def assert_same_look(compositor: Compositor, document: Document, tolerance: int = 0) -> None:
    difference = composed(compositor).astype(int) - flatten(document, document.bounds)
    assert np.abs(difference).max() <= tolerance


@settings(max_examples=60)
@given(documents())
def test_the_compositor_shows_what_flatten_gives(document):
    assert_same_look(Compositor(document), document)


@settings(max_examples=60)
@given(documents(), st.data())
def test_the_compositor_follows_strokes_and_layer_switches(document, data):
    compositor = Compositor(document)
    for number in range(data.draw(st.integers(1, 5))):
        if data.draw(st.booleans()):
            document = set_active(document, data.draw(st.sampled_from(document.layers)).id)
        else:
            rect = Rect(data.draw(st.integers(0, 250)), data.draw(st.integers(0, 150)), 60, 50)
            tiles = document.active_layer.tiles.with_pixels(rect, noise(number, 60, 50))
            document = with_layer_tiles(document, document.active, tiles)
        compositor.update(document)
        assert_same_look(compositor, document, tolerance=MERGED)
        if data.draw(st.booleans()):
            compositor.settle()
            assert_same_look(compositor, document)


@settings(max_examples=40)
@given(documents(), documents())
def test_update_names_every_tile_that_looks_different(before, after):
    compositor = Compositor(before)
    changed = compositor.update(after)
    old, new = flatten(before, before.bounds), flatten(after, after.bounds)
    differs = {
        key
        for key in before.bounds.tiles(TILE_SIZE)
        if (part := tile_rect(key).intersected(before.bounds))
        and (
            old[part.top : part.bottom, part.left : part.right]
            != new[part.top : part.bottom, part.left : part.right]
        ).any()
    }
    assert differs <= changed


def test_a_painted_tile_is_composed_from_what_is_remembered_around_the_active_layer():
    stack = tuple(Layer(f"{i}", TileMap.from_pixels(noise(i, 128, 128)), opacity=0.9) for i in range(9))
    document = Document(Size(128, 128), stack, stack[4].id, Rect(0, 0, 64, 64))
    compositor = Compositor(document)
    tile = np.zeros((TILE_SIZE, TILE_SIZE, 4), np.uint8)
    for level in (40, 80, 120):
        tile = np.full_like(tile, level)
        document = with_layer_tiles(document, document.active, TileMap(4).with_tiles({(0, 0): tile}))
        assert compositor.update(document) == {(0, 0)}
        difference = compositor.tile((0, 0)).astype(int) - flatten(document, document.bounds)
        assert np.abs(difference).max() <= MERGED
    assert compositor.settle() == {(0, 0)}
    assert (compositor.tile((0, 0)) == flatten(document, document.bounds)).all()
    assert compositor.settle() == set()


def test_a_tile_that_is_one_plain_layer_is_shared_and_read_only():
    document = new_document(SIZE)
    tile = Compositor(document).tile((0, 0))
    assert tile is document.layers[0].tiles.tile((0, 0))
    assert not tile.flags.writeable


def test_a_tile_without_pixels_is_none():
    document = new_document(SIZE, background=None)
    assert Compositor(document).tile((0, 0)) is None
    assert Compositor(document).tiles() == set()


def test_a_change_outside_the_canvas_repaints_nothing():
    document = new_document(SIZE)
    compositor = Compositor(document)
    tiles = TileMap.from_pixels(noise(1, 20, 20), x=900, y=900)
    assert compositor.update(with_layer_tiles(document, document.active, tiles)) == set()


def test_another_canvas_size_changes_everything():
    document = new_document(SIZE)
    assert Compositor(document).update(replace(document, size=Size(400, 400))) is None


def test_flatten_reads_the_same_pixels_in_parts():
    tiles = TileMap.from_pixels(noise(3, 300, 200))
    document = new_document(SIZE)
    document = with_layer_tiles(document, document.active, tiles)
    whole = flatten(document, document.bounds)
    part = Rect(37, 91, 170, 80)
    assert (flatten(document, part) == whole[91:171, 37:207]).all()


def test_outside_the_canvas_all_is_transparent():
    document = new_document(SIZE, background=(10, 20, 30))
    pixels = flatten(document, Rect(-5, -5, 20, 20))
    assert not pixels[:5].any()
    assert not pixels[:, :5].any()
    assert pixels[5, 5].tolist() == [30, 20, 10, 255]
    assert not flatten(document, Rect(500, 500, 8, 8)).any()


@pytest.mark.parametrize("mode", list(BlendMode))
def test_every_blend_mode_leaves_the_ground_where_the_layer_is_transparent(mode):
    document = new_document(SIZE, background=(200, 100, 50))
    stroke = TileMap.from_pixels(np.full((10, 10, 4), 255, np.uint8))
    layer = replace(document.active_layer, tiles=stroke, blend_mode=mode)
    document = replace(document, layers=(document.layers[0], layer))
    pixels = flatten(document, document.bounds)
    assert (pixels[20:, 20:] == [50, 100, 200, 255]).all()


def test_hidden_layers_and_layers_without_opacity_are_not_seen():
    document = new_document(SIZE)
    white = flatten(document, document.bounds)
    paint = replace(document.active_layer, tiles=TileMap.from_pixels(noise(1, 100, 100)))
    for hidden in (replace(paint, visible=False), replace(paint, opacity=0.0)):
        assert (flatten(replace(document, layers=(document.layers[0], hidden)), document.bounds) == white).all()
