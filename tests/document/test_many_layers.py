"""Edits of several layers at once, and what can be seen or selected of a mask."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from sdpaint.document import edits, layer_edits
from sdpaint.document.document import Document
from sdpaint.document.layers import ColorTag, Group, Layer, LayerMask
from sdpaint.document.mask_view import mask_alone
from sdpaint.document.render import flatten
from sdpaint.document.selection_edits import select, selection_from_layer_mask
from sdpaint.errors import EditRefused
from sdpaint.imaging.geometry import Rect, Size
from sdpaint.imaging.selection import rectangle
from sdpaint.imaging.tiles import TileMap

SIZE = Size(150, 140)


def leaf(name: str, **look) -> Layer:
    return Layer(name, id=name, **look)


@pytest.fixture
def document() -> Document:
    """From the bottom: A, G of B and C, D."""
    inner = Layer("G", id="G", content=Group((leaf("B"), leaf("C"))))
    return Document(SIZE, (leaf("A"), inner, leaf("D")), "A", Rect(0, 0, 64, 64))


def names(document: Document) -> str:
    """Bottom to top, a group behind what is in it."""
    return " ".join(layer.name for layer in document.walk())


def half() -> TileMap:
    """Coverage of the left half, soft at its border."""
    shown = np.zeros((SIZE.height, SIZE.width), np.uint8)
    shown[:, :75] = 255
    shown[:, 75] = 100
    return TileMap.from_pixels(shown)


def test_copies_are_chosen_and_have_ids_of_their_own(document):
    copied = edits.copy_layers(document, {"G", "A"}, None, 3)
    assert names(copied) == "A B C G D A copy B C G copy"
    assert [layer.name for layer in copied.selected_layers] == ["A copy", "G copy"]
    assert copied.active_layer.name == "G copy"


@pytest.mark.parametrize(
    ("ids", "up", "order"),
    [
        ("AD", True, "A B C G D"),
        ("D", True, "A B C G D"),
        ("BC", True, "A G B C D"),
        ("DG", True, "A B C G D"),
        ("AG", False, "A B C G D"),
    ],
)
def test_several_layers_step_together_and_keep_their_order(document, ids, up, order):
    assert names(edits.step_layers(document, set(ids), up)) == order


def test_one_layer_alone_hides_all_beside_it_and_says_what(document):
    alone, hidden = layer_edits.solo(document, "C")
    assert {layer.name for layer in alone.walk() if layer.visible} == {"G", "C"}
    assert hidden == {"A", "B", "D"}
    assert layer_edits.solo(alone, "C") == (alone, frozenset())


def test_many_layers_are_changed_in_one_go_and_the_others_stay_identical(document):
    changed = edits.change_layers(document, {"B", "D"}, lambda layer: replace(layer, tag=ColorTag.RED))
    assert {layer.name for layer in changed.walk() if layer.tag is ColorTag.RED} == {"B", "D"}
    assert changed.layer("C") is document.layer("C")
    assert changed.layers[0] is document.layers[0]
    assert edits.change_layers(document, {"B"}, lambda layer: layer) is document


def test_a_mask_takes_the_selection_and_gives_it_back(document):
    selected = select(document, half())
    masked = layer_edits.mask_from_selection(selected, "A")
    assert np.array_equal(masked.layer("A").mask.read(document.bounds), half().read(document.bounds))
    other = select(masked, rectangle(Rect(10, 10, 20, 20)))
    again = selection_from_layer_mask(other, "A")
    assert np.array_equal(again.selection.read(document.bounds), half().read(document.bounds))
    with pytest.raises(EditRefused):
        layer_edits.mask_from_selection(document, "A")


@pytest.mark.parametrize("default", [0, 255])
def test_a_mask_alone_is_white_where_it_shows(document, default):
    mask = LayerMask(half(), default=default, enabled=False)
    masked = edits.replace_layer(document, replace(document.layer("A"), mask=mask))
    seen = flatten(mask_alone(masked, "A"), document.bounds)
    assert np.abs(seen[..., 0].astype(int) - mask.read(document.bounds)).max() <= 1
    assert seen[..., 3].min() == 255
    assert mask_alone(document, "A") is document
