"""Edits, and the tiles that they change."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdpaint.document import edits
from sdpaint.document.changes import changed_tiles
from sdpaint.document.document import Document, changed_overlay_tiles
from sdpaint.document.layers import Layer, MaskLayer
from sdpaint.document.render import flatten
from sdpaint.imaging.blend import BlendMode
from sdpaint.imaging.geometry import Rect, Size
from sdpaint.imaging.tiles import TILE_SIZE, TileMap

SIZE = Size(300, 200)


def block(rect: Rect, value: int) -> TileMap:
    return TileMap(4).with_pixels(rect, np.full((rect.height, rect.width, 4), value, np.uint8))


@st.composite
def documents(draw) -> Document:
    """Two to five layers with a block each."""
    document = edits.new_document(SIZE, draw(st.sampled_from([None, (255, 255, 255), (10, 20, 30)])))
    for n in range(draw(st.integers(1, 3))):
        rect = Rect(draw(st.integers(-50, 280)), draw(st.integers(-50, 180)), draw(st.integers(1, 150)), 90)
        layer = Layer(
            f"Layer {n + 2}",
            block(rect, draw(st.integers(1, 255))),
            visible=draw(st.booleans()),
            opacity=draw(st.sampled_from([0.5, 1.0])),
            blend_mode=draw(st.sampled_from([BlendMode.NORMAL, BlendMode.MULTIPLY])),
        )
        document = edits.insert_layer(document, layer)
    return document


@st.composite
def some_edit(draw):
    """A function Document → Document."""
    index = draw(st.integers(0, 9))
    number = draw(st.integers(0, 9))
    rect = Rect(draw(st.integers(0, 250)), draw(st.integers(0, 150)), 60, 50)

    def layer_of(document):
        return document.layers[index % len(document.layers)]

    choices = [
        edits.add_layer,
        lambda d: edits.duplicate_layer(d, layer_of(d).id),
        lambda d: edits.delete_layer(d, layer_of(d).id),
        lambda d: edits.move_layer(d, layer_of(d).id, number % len(d.layers)),
        lambda d: edits.set_active(d, layer_of(d).id),
        lambda d: edits.set_frame(d, rect),
        lambda d: edits.clear_layer(d, layer_of(d).id),
        lambda d: edits.replace_layer(d, replace(layer_of(d), visible=not layer_of(d).visible)),
        lambda d: edits.replace_layer(d, replace(layer_of(d), opacity=number / 9)),
        lambda d: edits.replace_layer(d, replace(layer_of(d), name="Renamed", alpha_locked=True)),
        lambda d: edits.replace_layer(d, replace(layer_of(d), blend_mode=BlendMode.SCREEN)),
        lambda d: edits.with_layer_tiles(
            d, layer_of(d).id, layer_of(d).tiles.with_pixels(rect, np.full((50, 60, 4), 25 * number, np.uint8))
        ),
        lambda d: edits.fill_mask(d, rect),
        edits.clear_mask,
        edits.invert_mask,
    ]
    return draw(st.sampled_from(choices))


@given(documents(), st.lists(some_edit(), min_size=1, max_size=5))
def test_every_pixel_that_looks_different_lies_in_a_changed_tile(document, changes):
    new = document
    for change in changes:
        new = change(new)
    changed = changed_tiles(document, new)
    assert changed is not None
    differs = (flatten(document, document.bounds) != flatten(new, document.bounds)).any(axis=2)
    for y, x in zip(*np.nonzero(differs), strict=True):
        assert (x // TILE_SIZE, y // TILE_SIZE) in changed


@given(documents(), st.lists(some_edit(), min_size=1, max_size=5))
def test_every_masked_pixel_that_differs_lies_in_a_changed_mask_tile(document, changes):
    new = document
    for change in changes:
        new = change(new)
    changed = changed_overlay_tiles(document, new)
    before, after = (d.mask.tiles.read(d.bounds) for d in (document, new))
    for y, x in zip(*np.nonzero(before != after), strict=True):
        assert (x // TILE_SIZE, y // TILE_SIZE) in changed


@given(documents(), some_edit())
def test_an_edit_leaves_the_old_document_as_it_was(document, change):
    before = flatten(document, document.bounds)
    layers, mask = document.layers, document.mask
    change(document)
    assert document.layers is layers
    assert document.mask is mask
    assert np.array_equal(flatten(document, document.bounds), before)


@given(documents(), some_edit())
def test_names_and_attributes_that_are_not_seen_change_no_tile(document, change):
    layer = document.layers[0]
    renamed = edits.replace_layer(document, replace(layer, name="Other", alpha_locked=True, generated=True))
    assert changed_tiles(document, renamed) == set()
    assert changed_tiles(document, edits.set_active(document, layer.id)) == set()
    assert changed_tiles(document, edits.set_frame(document, Rect(1, 2, 64, 64))) == set()


def test_a_change_of_size_may_change_everything():
    document = edits.new_document(SIZE)
    assert changed_tiles(document, edits.resize_canvas(document, Size(301, 200))) is None


def test_a_hidden_layer_changes_nothing_that_is_seen():
    document = edits.insert_layer(
        edits.new_document(SIZE), Layer("Hidden", block(Rect(0, 0, 50, 50), 9), visible=False)
    )
    assert changed_tiles(document, edits.clear_layer(document, document.active)) == set()
    assert changed_tiles(document, edits.delete_layer(document, document.active)) == set()


def test_the_mask_overlay_changes_where_it_is_recoloured_or_hidden():
    document = edits.fill_mask(edits.new_document(SIZE), Rect(0, 0, 10, 10))
    hidden = edits.set_mask(document, replace(document.mask, visible=False))
    assert changed_overlay_tiles(document, hidden) == {(0, 0)}
    assert changed_overlay_tiles(document, document) == set()


def test_a_new_document_has_paper_below_an_empty_active_layer():
    document = edits.new_document(Size(700, 400), (1, 2, 3))
    assert [layer.name for layer in document.layers] == ["Background", "Layer 1"]
    assert document.active_layer.tiles.is_empty
    assert (flatten(document, document.bounds) == (3, 2, 1, 255)).all()
    assert document.layers[0].tiles.bounds() == document.bounds
    assert document.frame == Rect(94, 0, 512, 400)


def test_a_document_without_background_is_transparent():
    document = edits.new_document(SIZE, None)
    assert not flatten(document, document.bounds).any()


def test_deleting_the_last_layer_leaves_a_fresh_one():
    document = edits.new_document(SIZE, None)
    emptied = edits.delete_layer(document, document.active)
    assert len(emptied.layers) == 1
    assert emptied.active_layer.tiles.is_empty
    assert emptied.active != document.active


def test_deleting_the_active_layer_makes_the_one_below_active():
    document = edits.add_layer(edits.add_layer(edits.new_document(SIZE)))
    assert [layer.name for layer in document.layers] == ["Background", "Layer 1", "Layer 2", "Layer 3"]
    below = document.layers[2].id
    assert edits.delete_layer(document, document.active).active == below
    assert edits.delete_layer(document, below).active == document.active


def test_a_duplicate_shares_all_tiles():
    document = edits.new_document(SIZE)
    copied = edits.duplicate_layer(document, document.layers[0].id)
    assert copied.layers[1].tiles is copied.layers[0].tiles
    assert copied.layers[1].name == "Background copy"
    assert copied.active == copied.layers[1].id


@given(st.integers(-5, 9))
def test_moving_a_layer_keeps_the_others_in_order(index):
    document = edits.add_layer(edits.add_layer(edits.new_document(SIZE)))
    moved = edits.move_layer(document, document.layers[1].id, index)
    assert moved.layers[max(0, min(3, index))] is document.layers[1]
    rest = [layer.name for layer in moved.layers if layer is not document.layers[1]]
    assert rest == ["Background", "Layer 2", "Layer 3"]


def test_edits_that_change_nothing_give_the_document_back():
    document = edits.new_document(SIZE)
    assert edits.set_active(document, document.active) is document
    assert edits.set_frame(document, document.frame) is document
    assert edits.move_layer(document, document.layers[0].id, 0) is document


def test_inverting_the_mask_twice_restores_it():
    document = edits.fill_mask(edits.new_document(SIZE), Rect(20, 30, 40, 50))
    inverted = edits.invert_mask(document)
    assert inverted.mask.tiles.read(Rect(0, 0, 1, 1))[0, 0] == 255
    assert inverted.mask.tiles.bounds() == document.bounds
    assert edits.invert_mask(inverted).mask.tiles == document.mask.tiles


@given(st.integers(-200, 200), st.integers(-200, 200))
def test_growing_the_canvas_moves_all_of_it_and_loses_nothing(dx, dy):
    document = edits.fill_mask(edits.new_document(SIZE), Rect(20, 30, 40, 50))
    moved = edits.resize_canvas(document, Size(500, 450), dx, dy)
    assert moved.frame == document.frame.translated(dx, dy)
    assert moved.mask.tiles.bounds() == Rect(20 + dx, 30 + dy, 40, 50)
    back = edits.resize_canvas(moved, SIZE, -dx, -dy)
    assert np.array_equal(flatten(back, back.bounds), flatten(document, document.bounds))


def test_documents_that_make_no_sense_are_refused():
    document = edits.new_document(SIZE)
    layer = document.layers[0]
    for wrong in (
        {"layers": ()},
        {"layers": (layer, layer)},
        {"active": "nobody"},
        {"frame": Rect(0, 0, 0, 5)},
        {"size": Size(40000, 10)},
    ):
        with pytest.raises(ValueError):
            replace(document, **wrong)
    with pytest.raises(ValueError, match="channels"):
        Layer("Mask tiles", TileMap(1))
    with pytest.raises(ValueError, match="opacity"):
        Layer("Loud", opacity=1.1)
    with pytest.raises(ValueError, match="channel"):
        MaskLayer(TileMap(4))
    with pytest.raises(KeyError):
        document.layer("nobody")
