"""What is done to the tree of layers: one undo step each, and refusals that say what to do."""

from __future__ import annotations

import pytest

from sdpaint.controllers.document_controller import DocumentController
from sdpaint.controllers.layer_controller import LayerController
from sdpaint.document.document import EditTarget
from sdpaint.document.edits import add_layer, delete_layers, new_document, set_active, with_layer_tiles
from sdpaint.document.layers import ColorTag, Fill
from sdpaint.errors import EditRefused
from sdpaint.imaging.blend import BlendMode
from sdpaint.imaging.color import Color
from sdpaint.imaging.geometry import Size
from tests.document.trees import pixels_at

INK = Color(10, 60, 200)


@pytest.fixture
def documents(qapp) -> DocumentController:
    document = add_layer(new_document(Size(200, 150)))
    for layer in document.layers[1:]:
        document = with_layer_tiles(document, layer.id, pixels_at(10, 10, 90, 70))
    return DocumentController(document)


@pytest.fixture
def refused() -> list[EditRefused]:
    return []


@pytest.fixture
def layers(documents, refused, qtbot):
    controller = LayerController(documents, lambda: INK)
    controller.failed.connect(refused.append)
    yield controller
    controller.shutdown()


def names(documents: DocumentController) -> list[str]:
    return [layer.name for layer in documents.committed.walk()]


def choose_all(documents: DocumentController, layers: LayerController) -> None:
    layers.select([layer.id for layer in documents.committed.layers])


def test_chosen_layers_are_grouped_in_one_step(documents, layers):
    choose_all(documents, layers)
    layers.group()
    assert names(documents) == ["Background", "Layer 1", "Layer 2", "Group 1"]
    assert documents.history.undo_label == "Group layers"
    layers.ungroup()
    assert len(documents.committed.layers) == 3
    documents.undo()
    documents.undo()
    assert len(documents.committed.layers) == 3


def test_the_look_of_all_chosen_layers_changes_together(documents, layers):
    choose_all(documents, layers)
    layers.set_opacity(0.5)
    layers.set_opacity(0.25)
    layers.end_change()
    layers.set_blend_mode(BlendMode.SCREEN)
    layers.set_tag(ColorTag.GREEN)
    layers.set_visible(False)
    for layer in documents.committed.layers:
        assert (layer.opacity, layer.blend_mode, layer.tag, layer.visible) == (
            0.25,
            BlendMode.SCREEN,
            ColorTag.GREEN,
            False,
        )
    for label in ("Hide layers", "Colour tag", "Blend mode", "Layer opacity"):
        assert documents.history.undo_label == label
        documents.undo()
    assert not documents.history.can_undo


def test_choosing_layers_the_target_and_open_groups_are_no_steps(documents, layers):
    layers.add_mask()
    choose_all(documents, layers)
    layers.set_target(EditTarget.CONTENT)
    layers.set_mask_edited(True)
    assert documents.committed.edits_mask
    layers.add_group()
    group = documents.committed.active
    layers.set_expanded(group, False)
    assert not documents.committed.layer(group).content.expanded
    assert [step.label for step in documents.history.steps] == ["Open", "Add mask", "Add group"]


def test_a_locked_layer_is_neither_changed_nor_deleted_until_it_is_unlocked(documents, layers, refused):
    layers.set_locked(True)
    before = documents.committed
    layers.delete()
    layers.set_opacity(0.5)
    layers.add_mask()
    layers.set_clipped(True)
    assert documents.committed is before
    assert [error.message for error in refused] == ['The layer "Layer 2" is locked'] * 4
    assert all(error.hint for error in refused)
    layers.set_locked(False)
    layers.delete()
    assert names(documents) == ["Background", "Layer 1"]


def test_a_mask_that_cannot_be_worked_on_is_said(documents, layers, refused):
    layers.set_mask_edited(True)
    layers.delete_mask()
    assert len(refused) == 2


def test_masks_are_added_switched_and_applied(documents, layers, qtbot):
    layers.add_hiding_mask()
    layers.set_mask_linked(False)
    layers.set_mask_enabled(False)
    layers.invert_mask()
    mask = documents.committed.active_layer.mask
    assert (mask.default, mask.enabled, mask.linked) == (255, False, False)
    with qtbot.waitSignal(documents.history_changed):
        layers.apply_mask()
    assert documents.committed.active_layer.mask is None


def test_fills_take_the_foreground_and_their_colours_in_one_step(documents, layers):
    layers.add_fill()
    fill = documents.committed.active
    assert documents.committed.active_layer.content == Fill(INK)
    for color in (Color(9, 9, 9), Color(1, 2, 3)):
        layers.set_fill_color(fill, color)
    layers.end_change()
    assert documents.committed.layer(fill).content == Fill(Color(1, 2, 3))
    assert documents.history.undo_label == "Fill colour"
    documents.undo()
    assert documents.committed.layer(fill).content == Fill(INK)


def test_an_adjustment_layer_begins_with_the_plain_values(documents, layers):
    layers.add_adjustment("levels")
    assert documents.committed.active_layer.content.values["gamma"] == 1.0
    assert documents.history.undo_label == "Add levels layer"


@pytest.mark.parametrize(
    ("command", "label", "left"),
    [
        ("merge_down", "Merge down", ["Background", "Layer 1"]),
        ("merge_visible", "Merge visible", ["Background"]),
        ("flatten_image", "Flatten image", ["Background"]),
        ("stamp_visible", "Stamp visible", ["Background", "Layer 1", "Layer 2", "Visible 1"]),
    ],
)
def test_merging_is_one_step_away_from_the_gui_thread(documents, layers, qtbot, command, label, left):
    with qtbot.waitSignal(documents.history_changed):
        getattr(layers, command)()
    assert names(documents) == left
    assert documents.history.undo_label == label


def test_a_group_is_merged_into_one_layer_and_chosen_layers_into_the_topmost(documents, layers, qtbot):
    layers.select([documents.committed.layers[1].id])
    with qtbot.waitSignal(documents.history_changed):
        layers.merge_down()
    assert names(documents) == ["Background", "Layer 2"]
    layers.group()
    with qtbot.waitSignal(documents.history_changed):
        layers.merge_down()
    assert names(documents) == ["Background", "Group 1"]
    assert documents.committed.active_layer.holds_pixels


def test_a_layer_that_is_gone_before_it_is_merged_is_said(documents, layers, refused, qtbot):
    layers.merge_down()
    documents.apply("Delete layer", delete_layers(documents.committed, {documents.committed.active}))
    qtbot.waitUntil(lambda: not layers.is_busy)
    assert [error.message for error in refused] == ["The layer is gone"]
    assert names(documents) == ["Background", "Layer 1"]


def test_what_is_visible_by_then_is_merged(documents, layers, refused, qtbot):
    layers.merge_visible()
    documents.apply("Delete layer", delete_layers(documents.committed, {documents.committed.active}))
    qtbot.waitUntil(lambda: not layers.is_busy)
    assert names(documents) == ["Background"]
    assert not refused


def test_the_lowest_layer_has_nothing_to_merge_with(documents, layers, refused):
    documents.amend(set_active(documents.committed, documents.committed.layers[0].id))
    layers.merge_down()
    assert "no layer below" in refused[0].message
