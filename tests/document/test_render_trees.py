"""Flattened trees of layers against a second, plain way of computing them, and the compositor against that."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from sdpaint.document import edits
from sdpaint.document.changes import changed_tiles
from sdpaint.document.document import Document
from sdpaint.document.layers import Group
from sdpaint.document.render import Compositor, flatten
from sdpaint.imaging.geometry import Rect
from sdpaint.imaging.tiles import TILE_SIZE, tile_rect
from tests.document.trees import SIZE, layers, masks, noise, pixels, trees

MERGED = 4
"""Levels by which layers that are laid on as one may differ."""


def composed(compositor: Compositor):
    result = np.zeros((2 * TILE_SIZE, 3 * TILE_SIZE, 4), np.uint8)
    for key in Rect.of_size(SIZE).tiles(TILE_SIZE):
        tile = compositor.tile(key)
        if tile is not None:
            place = tile_rect(key)
            result[place.top : place.bottom, place.left : place.right] = tile
    return result[: SIZE.height, : SIZE.width]


def some_change(data, document: Document) -> Document:
    """One of what artists do to layers."""
    layer = data.draw(st.sampled_from(list(document.walk())))
    kinds = ["look", "mask", "tiles", "delete", "insert", "move", "clip", "through"]
    match data.draw(st.sampled_from(kinds)):
        case "look":
            change = replace(
                layer, visible=not layer.visible, opacity=data.draw(st.sampled_from([layer.opacity, 0.5, 1.0]))
            )
        case "mask":
            change = replace(layer, mask=data.draw(st.one_of(st.none(), masks())))
        case "tiles":
            change = replace(layer, tiles=data.draw(pixels())) if layer.holds_pixels else layer
        case "delete":
            return edits.delete_layer(document, layer.id)
        case "insert":
            return edits.insert_layer(edits.set_active(document, layer.id), data.draw(layers(1)))
        case "move":
            groups = [None, *(each.id for each in document.walk() if each.is_group)]
            return edits.move_layers(
                document, (layer.id,), data.draw(st.sampled_from(groups)), data.draw(st.integers(0, 3))
            )
        case "clip":
            change = replace(layer, clipped=not layer.clipped)
        case _:
            content = layer.content
            if isinstance(content, Group):
                content = replace(content, pass_through=not content.pass_through)
            change = replace(layer, content=content)
    return edits.replace_layer(document, change)


@settings(max_examples=60, deadline=None)
@given(trees(), st.data())
def test_two_versions_look_different_only_where_the_change_is_named(document, data):
    changed = some_change(data, document)
    named = changed_tiles(document, changed)
    old, new = flatten(document, document.bounds), flatten(changed, document.bounds)
    for key in document.bounds.tiles(TILE_SIZE):
        part = tile_rect(key).intersected(document.bounds)
        rows, columns = slice(part.top, part.bottom), slice(part.left, part.right)
        if (old[rows, columns] != new[rows, columns]).any():
            assert key in named


@settings(max_examples=60, deadline=None)
@given(trees(), trees())
def test_two_documents_look_different_only_where_the_change_is_named(document, other):
    named = changed_tiles(document, other)
    old, new = flatten(document, document.bounds), flatten(other, document.bounds)
    for key in document.bounds.tiles(TILE_SIZE):
        part = tile_rect(key).intersected(document.bounds)
        rows, columns = slice(part.top, part.bottom), slice(part.left, part.right)
        assert key in named or (old[rows, columns] == new[rows, columns]).all()


@settings(max_examples=40, deadline=None)
@given(trees(), st.data())
def test_the_compositor_follows_strokes_and_changes_anywhere_in_the_tree(document, data):
    compositor = Compositor(document)
    for number in range(data.draw(st.integers(1, 4))):
        active = document.active_layer
        if active.holds_pixels and data.draw(st.booleans()):
            rect = Rect(data.draw(st.integers(0, 250)), data.draw(st.integers(0, 140)), 60, 50)
            tiles = active.tiles.with_pixels(rect, noise(number, 60, 50))
            document = edits.with_layer_tiles(document, active.id, tiles)
        else:
            document = some_change(data, document)
        compositor.update(document)
        compositor.tile((0, 0))
        if data.draw(st.booleans()):
            difference = composed(compositor).astype(int) - flatten(document, document.bounds)
            assert not difference.any() or compositor.settle()
            assert (composed(compositor) == flatten(document, document.bounds)).all()
