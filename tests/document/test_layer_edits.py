"""Edits of the tree of layers: what is where afterwards, and that the picture stays what it should."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sdpaint.document import edits, layer_edits, merge
from sdpaint.document.document import Document, EditTarget
from sdpaint.document.layers import Adjustment, Fill, Group, Layer, LayerMask
from sdpaint.document.locks import (
    refuse_locked,
    refuse_locked_inside,
    refuse_locked_pixels,
    refuse_locked_position,
)
from sdpaint.document.render import flatten
from sdpaint.document.selection_edits import select, selection_from_layer
from sdpaint.document.transforms import Turn, turn_document, turn_layer
from sdpaint.errors import EditRefused
from sdpaint.imaging.blend import BlendMode
from sdpaint.imaging.color import Color
from sdpaint.imaging.filter_table import FILTERS_BY_ID
from sdpaint.imaging.geometry import Rect
from sdpaint.imaging.selection import rectangle
from sdpaint.imaging.tiles import TileMap
from tests.document.trees import SIZE, noise, trees


def leaf(name: str, seed: int = 1, **look) -> Layer:
    return Layer(name, TileMap.from_pixels(noise(seed, 120, 90)), id=name, **look)


def group(name: str, *children: Layer, **look) -> Layer:
    through = look.pop("through", False)
    return Layer(name, id=name, content=Group(children, through), **look)


def document_of(*layers: Layer, active: str | None = None) -> Document:
    return Document(SIZE, layers, active or layers[-1].id, Rect(0, 0, 64, 64))


def outline(document: Document):
    """The names of the tree, as nested lists."""
    return [_outline(layer) for layer in document.layers]


def _outline(layer: Layer):
    return [layer.name, *(_outline(child) for child in layer.children)] if layer.is_group else layer.name


def seen(document: Document):
    return flatten(document, document.bounds).astype(int)


# ------------------------------------------------------------------------------------------------------------ the tree


def test_a_new_layer_goes_into_an_open_group_and_above_anything_else():
    document = document_of(leaf("a"), group("g", leaf("b")), active="g")
    assert outline(edits.add_layer(document)) == ["a", ["g", "b", "Layer 1"]]
    closed = layer_edits.set_expanded(document, "g", False)
    assert outline(edits.add_layer(closed)) == ["a", ["g", "b"], "Layer 1"]
    assert outline(edits.add_layer(edits.set_active(document, "b"))) == ["a", ["g", "b", "Layer 1"]]


def test_a_new_layer_amidst_clipped_ones_is_clipped_too():
    document = document_of(leaf("a"), leaf("b", clipped=True), active="a")
    assert edits.add_layer(document).active_layer.clipped
    assert not edits.add_layer(edits.set_active(document, "b")).active_layer.clipped


def test_grouping_puts_layers_in_the_place_of_the_topmost():
    document = document_of(leaf("a"), group("g", leaf("b"), leaf("c")), leaf("d"))
    grouped = layer_edits.group_layers(document, {"a", "c"})
    assert outline(grouped) == [["g", "b", ["Group 1", "a", "c"]], "d"]
    assert grouped.active_layer.name == "Group 1"


def test_grouping_and_ungrouping_is_the_identity():
    document = document_of(leaf("a"), leaf("b"), leaf("c"), active="b")
    grouped = layer_edits.group_layers(document, {"a", "b"})
    assert layer_edits.ungroup(grouped, grouped.active) == replace(document, active="b")


def test_grouped_layers_that_are_clipped_hand_that_on_to_the_group():
    document = document_of(leaf("a"), leaf("b", 2, clipped=True), leaf("c", 3, clipped=True))
    grouped = layer_edits.group_layers(document, {"b", "c"})
    assert grouped.active_layer.clipped
    assert not any(child.clipped for child in grouped.active_layer.children)


def test_a_copy_of_a_group_has_ids_of_its_own_and_the_same_tiles():
    document = document_of(group("g", leaf("a"), group("h", leaf("b"))))
    copied = edits.duplicate_layer(document, "g")
    assert len({layer.id for layer in copied.walk()}) == 8
    assert [layer.tiles for layer in copied.layers[0].walk()] == [layer.tiles for layer in copied.layers[1].walk()]


def test_deleting_the_active_layer_chooses_its_neighbour_or_its_group():
    document = document_of(leaf("a"), group("g", leaf("b"), leaf("c")), active="c")
    assert edits.delete_layer(document, "c").active == "b"
    assert edits.delete_layers(document, {"b", "c"}).active == "g"
    assert edits.delete_layer(document, "g").active == "a"
    assert len(edits.delete_layers(document, {"a", "g"}).layers) == 1


def test_what_was_clipped_to_a_deleted_layer_is_released():
    document = document_of(leaf("a"), leaf("b"), leaf("c", clipped=True))
    assert not edits.delete_layer(document, "b").layer("c").clipped


def test_layers_move_into_and_out_of_groups_but_no_group_into_itself():
    document = document_of(leaf("a"), group("g", leaf("b")), leaf("c"))
    assert outline(edits.move_layers(document, {"a", "c"}, "g", 1)) == [["g", "b", "a", "c"]]
    assert outline(edits.move_layers(document, {"b"}, None, 0)) == ["b", "a", ["g"], "c"]
    assert edits.move_layers(document, {"g"}, "g", 0) is document
    assert edits.move_layers(document, {"a"}, None, 0) is document


def test_a_layer_that_steps_up_goes_through_open_groups():
    document = document_of(leaf("a"), group("g", leaf("b")), active="a")
    steps = []
    for _ in range(4):
        document = edits.step_layer(document, "a", up=True)
        steps.append(outline(document))
    assert steps == [[["g", "a", "b"]], [["g", "b", "a"]], [["g", "b"], "a"], [["g", "b"], "a"]]
    assert outline(edits.step_layer(document, "a", up=False)) == [["g", "b", "a"]]


def test_layers_that_were_chosen_and_are_gone_do_not_count():
    document = edits.set_selected(document_of(leaf("a"), leaf("b"), leaf("c")), {"a", "b"})
    assert [layer.id for layer in document.selected_layers] == ["a", "b", "c"]
    assert [layer.id for layer in edits.delete_layer(document, "a").selected_layers] == ["b", "c"]
    assert edits.set_active(document, "a").selected == frozenset()


@given(trees(), st.sampled_from(Turn))
@settings(max_examples=25, deadline=None)
def test_a_turned_document_looks_as_what_was_seen_turned(document, turn):
    back = {Turn.RIGHT: Turn.LEFT, Turn.LEFT: Turn.RIGHT}.get(turn, turn)
    assert turn_document(turn_document(document, turn), back) == document


@given(trees(), st.integers(-40, 40), st.integers(-40, 40))
@settings(max_examples=25, deadline=None)
def test_moving_the_canvas_moves_what_is_seen(document, dx, dy):
    moved = edits.resize_canvas(document, document.size, dx, dy)
    inside = document.bounds.intersected(document.bounds.translated(-dx, -dy))
    assert (flatten(moved, inside.translated(dx, dy)) == flatten(document, inside)).all()


# ------------------------------------------------------------------------------------------------------------ masks


def test_a_mask_of_the_selection_hides_the_rest_without_touching_pixels():
    document = select(document_of(leaf("a")), rectangle(Rect(10, 10, 30, 20)))
    masked = layer_edits.add_mask(document, "a", layer_edits.mask_of_selection(document))
    assert masked.edits_mask
    assert masked.layer("a").tiles is document.layer("a").tiles
    expected = np.zeros_like(seen(document))
    expected[10:30, 10:40] = seen(document)[10:30, 10:40]
    assert (seen(masked) == expected).all()
    inverted = layer_edits.invert_mask(masked, "a")
    assert (seen(inverted) == seen(document) - expected).all()
    assert (seen(layer_edits.set_mask_enabled(masked, "a", False)) == seen(document)).all()
    assert seen(layer_edits.delete_mask(masked, "a")).sum() == seen(document).sum()


@given(trees(), st.data())
@settings(max_examples=25, deadline=None)
def test_applying_a_mask_changes_nothing_that_is_seen(document, data):
    masked = [layer.id for layer in document.walk() if layer.mask is not None and layer.holds_pixels]
    if masked:
        applied = layer_edits.apply_mask(document, data.draw(st.sampled_from(masked)))
        assert (seen(applied) == seen(document)).all()


def test_transparency_made_a_mask_looks_the_same():
    document = document_of(leaf("a"))
    masked = layer_edits.mask_from_transparency(document, "a")
    assert (masked.layer("a").tiles.tile((0, 0))[..., 3] == 255).all()
    assert np.abs(seen(masked) - seen(document)).max() <= 1


def test_what_a_mask_cannot_do_is_refused():
    document = document_of(leaf("a"), group("g", mask=LayerMask()))
    for edit in (layer_edits.apply_mask, layer_edits.delete_mask, layer_edits.invert_mask):
        with pytest.raises(EditRefused):
            edit(document, "a")
    with pytest.raises(EditRefused, match="pixels only"):
        layer_edits.apply_mask(document, "g")
    with pytest.raises(EditRefused, match="already"):
        layer_edits.add_mask(document, "g", LayerMask())


def test_a_linked_mask_turns_with_its_layer_and_an_unlinked_one_stays():
    shown = LayerMask.of_coverage(TileMap.from_pixels(np.full((20, 30), 255, np.uint8)))
    document = document_of(leaf("a", mask=shown))
    turned = turn_layer(document, "a", Turn.MIRROR).layer("a")
    assert turned.mask.tiles.bounds() == Rect(SIZE.width - 30, 0, 30, 20)
    loose = layer_edits.set_mask_linked(document, "a", False)
    assert turn_layer(loose, "a", Turn.MIRROR).layer("a").mask.tiles is shown.tiles
    alone = turn_layer(edits.set_target(loose, EditTarget.MASK), "a", Turn.MIRROR).layer("a")
    assert alone.tiles is document.layer("a").tiles
    assert alone.mask.tiles.bounds() == turned.mask.tiles.bounds()


# ------------------------------------------------------------------------------------------------ kinds and merging


def test_fills_and_adjustments_take_the_selection_for_their_mask():
    document = select(document_of(leaf("a")), rectangle(Rect(0, 0, 50, 40)))
    filled = layer_edits.add_fill(document, Color(10, 20, 30))
    assert (flatten(filled, Rect(0, 0, 50, 40)) == (30, 20, 10, 255)).all()
    assert (flatten(filled, Rect(50, 0, 50, 40)) == flatten(document, Rect(50, 0, 50, 40))).all()
    inverted = layer_edits.add_adjustment(document, FILTERS_BY_ID["invert"])
    assert isinstance(inverted.active_layer.content, Adjustment)
    assert (flatten(inverted, Rect(50, 0, 50, 40)) == flatten(document, Rect(50, 0, 50, 40))).all()


def test_a_rasterised_fill_looks_the_same_and_can_be_painted_on():
    document = layer_edits.add_fill(document_of(leaf("a")), Color(200, 20, 30, 120))
    raster = layer_edits.rasterize(document, document.active)
    assert raster.active_layer.holds_pixels
    assert (seen(raster) == seen(document)).all()
    with pytest.raises(EditRefused):
        layer_edits.rasterize(document_of(group("g")), "g")


@given(trees())
@settings(max_examples=25, deadline=None)
def test_flattening_merging_and_stamping_all_keep_the_picture(document):
    for edit in (merge.flatten_image, merge.merge_visible):
        assert (seen(edit(document)) == seen(document)).all()
    stamped = merge.stamp_visible(document)
    assert stamped.layers[:-1] == document.layers
    alone = replace(stamped, layers=(stamped.layers[-1],), active=stamped.layers[-1].id)
    assert (seen(alone) == seen(document)).all()


@given(trees(), st.data())
@settings(max_examples=25, deadline=None)
def test_an_isolated_group_looks_the_same_when_it_is_merged(document, data):
    groups = [each.id for each in document.walk() if each.is_group and not each.content.pass_through]
    if groups:
        chosen = data.draw(st.sampled_from(groups))
        assert (seen(merge.merge_group(document, chosen)) == seen(document)).all()


def test_merging_down_within_a_group_keeps_masks_clipping_and_adjustments():
    mask = LayerMask.of_coverage(TileMap.from_pixels(np.full((40, 50), 200, np.uint8)))
    ground = leaf("a", 1, mask=mask)
    for upper in (
        leaf("b", 2, mask=mask, blend_mode=BlendMode.MULTIPLY),
        leaf("b", 2, clipped=True),
        Layer("b", id="b", content=Adjustment("invert"), opacity=0.6),
        Layer("b", id="b", content=Fill(Color(9, 200, 3, 90)), clipped=True),
    ):
        document = document_of(group("g", ground, upper), active="b")
        merged = merge.merge_down(document, "b")
        assert outline(merged) == [["g", "a"]]
        assert (seen(merged) == seen(document)).all()


def test_several_chosen_layers_merge_into_the_topmost_place():
    document = document_of(leaf("a"), group("g", leaf("b", 2)), leaf("c", 3), leaf("d", 4))
    merged = merge.merge_layers(document, {"a", "b", "c"})
    assert outline(merged) == [["g"], "c", "d"]
    assert (seen(merged) == seen(document)).all()


def test_merging_with_a_layer_that_is_clipped_to_another_is_refused():
    document = document_of(leaf("a"), leaf("b", clipped=True), leaf("c"))
    with pytest.raises(EditRefused, match="clipped"):
        merge.merge_down(document, "c")


def test_the_lowest_layer_cannot_be_clipped():
    with pytest.raises(EditRefused, match="no layer below"):
        layer_edits.set_clipped(document_of(leaf("a")), {"a"}, True)


def test_where_a_group_has_something_can_be_selected():
    shown = TileMap.from_pixels(np.full((20, 30), 255, np.uint8), 5, 6)
    document = document_of(group("g", Layer("fill", content=Fill(Color(1, 2, 3))), mask=LayerMask.of_coverage(shown)))
    assert selection_from_layer(document, "g").selection.bounds() == Rect(5, 6, 30, 20)


# ------------------------------------------------------------------------------------------------------------ locks


def test_a_lock_of_a_group_holds_for_all_that_is_in_it():
    document = document_of(group("g", leaf("a"), locked=True), leaf("b", position_locked=True, pixels_locked=True))
    for refuse in (refuse_locked, refuse_locked_pixels, refuse_locked_position):
        with pytest.raises(EditRefused, match='group "g" is locked'):
            refuse(document, "a")
    refuse_locked(document, "b")
    for refuse, words in ((refuse_locked_pixels, "pixels of"), (refuse_locked_position, "position of")):
        with pytest.raises(EditRefused, match=words) as caught:
            refuse(document, "b")
        assert caught.value.hint
    with pytest.raises(EditRefused):
        refuse_locked_inside(document_of(group("h", leaf("c", locked=True))), ["h"])
    with pytest.raises(EditRefused):
        turn_layer(document, "b", Turn.HALF)
