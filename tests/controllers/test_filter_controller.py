"""A filter is previewed where it is seen, applied as one step, and gives way to whatever else is done."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from sdpaint.controllers.document_controller import DocumentController
from sdpaint.controllers.filter_controller import FilterController, ViewPart
from sdpaint.document.edits import (
    add_layer,
    delete_layer,
    new_document,
    replace_layer,
    set_active,
    with_layer_tiles,
)
from sdpaint.document.filtering import filtered
from sdpaint.document.layer_edits import add_adjustment, add_fill
from sdpaint.document.layers import Adjustment
from sdpaint.errors import SdPaintError
from sdpaint.imaging.color import WHITE
from sdpaint.imaging.filter_table import FILTERS_BY_ID, Filter, FilterGroup, Parameter
from sdpaint.imaging.geometry import Rect, Size
from sdpaint.imaging.tiles import TileMap

BLUR, INVERT, LEVELS = (FILTERS_BY_ID[name] for name in ("gaussianBlur", "invert", "levels"))


class View:
    def __init__(self) -> None:
        self.part = ViewPart(Rect(0, 0, 400, 300), 1.0)

    def __call__(self) -> ViewPart:
        return self.part


@pytest.fixture
def documents(qapp) -> DocumentController:
    document = new_document(Size(400, 300), (200, 100, 50))
    spot = np.zeros((100, 100, 4), np.uint8)
    spot[30:70, 30:70] = (10, 20, 200, 255)
    return DocumentController(with_layer_tiles(document, document.active, TileMap.from_pixels(spot, 100, 100)))


@pytest.fixture
def view() -> View:
    return View()


@pytest.fixture
def filters(documents, view, qtbot):
    controller = FilterController(documents, view)
    yield controller
    controller.shutdown()


def open_and_wait(filters: FilterController, qtbot, spec: Filter = BLUR) -> None:
    with qtbot.waitSignal(filters.previewed):
        filters.open(spec)


def test_the_preview_is_seen_and_in_no_history(filters, documents, qtbot):
    before = documents.committed
    open_and_wait(filters, qtbot)
    expected = filtered(before, before.active, BLUR, BLUR.defaults)
    assert documents.document.active_layer.tiles == expected.active_layer.tiles
    assert documents.committed is before
    assert not documents.is_modified


def test_cancel_leaves_no_trace(filters, documents, qtbot):
    before = documents.committed
    open_and_wait(filters, qtbot)
    with qtbot.waitSignal(filters.closed):
        filters.cancel()
    assert documents.document is before
    assert filters.filter is None
    assert not documents.history.can_undo


def test_apply_is_one_step_that_can_be_undone(filters, documents, qtbot):
    before = documents.committed
    open_and_wait(filters, qtbot)
    filters.set_values(radius=9.0)
    with qtbot.waitSignal(filters.closed):
        filters.apply()
    expected = filtered(before, before.active, BLUR, {"radius": 9.0})
    assert documents.committed.active_layer.tiles == expected.active_layer.tiles
    assert documents.history.undo_label == "Gaussian blur"
    documents.undo()
    assert documents.document is before


def test_the_whole_layer_is_applied_though_only_a_part_was_seen(filters, documents, view, qtbot):
    view.part = ViewPart(Rect(0, 0, 128, 300), 1.0)
    before = documents.committed
    open_and_wait(filters, qtbot, LEVELS)
    with qtbot.waitSignal(filters.previewed):
        filters.set_values(white=0.5)
    seen = documents.document.active_layer.tiles
    assert seen.changed_tiles(before.active_layer.tiles) <= {(0, 0), (0, 1)}
    with qtbot.waitSignal(filters.closed):
        filters.apply()
    changed = documents.committed.active_layer.tiles.changed_tiles(before.active_layer.tiles)
    assert (1, 1) in changed


def test_what_comes_into_sight_is_computed(filters, documents, view, qtbot):
    view.part = ViewPart(Rect(300, 0, 20, 20), 1.0)
    open_and_wait(filters, qtbot)
    assert documents.document is documents.committed
    view.part = ViewPart(Rect(0, 0, 400, 300), 1.0)
    with qtbot.waitSignal(filters.previewed):
        filters.follow_view()
    assert documents.document is not documents.committed


def test_a_small_view_is_computed_at_the_resolution_of_the_screen(view):
    assert [ViewPart(Rect(0, 0, 9, 9), zoom).coarseness for zoom in (4.0, 1.0, 0.6, 0.5, 0.26, 0.01)] == [
        1, 1, 1, 2, 3, 8,
    ]


def test_only_the_latest_values_count(filters, documents, qtbot):
    before = documents.committed
    filters.open(BLUR)
    for radius in (1.0, 2.0, 3.0, 15.0, 7.0):
        filters.set_values(radius=radius)
    with qtbot.waitSignal(filters.previewed):
        pass
    expected = filtered(before, before.active, BLUR, {"radius": 7.0})
    assert documents.document.active_layer.tiles == expected.active_layer.tiles


def test_the_preview_can_be_put_off_and_on(filters, documents, qtbot):
    open_and_wait(filters, qtbot)
    filters.set_preview_visible(False)
    assert documents.document is documents.committed
    assert filters.filter is BLUR
    with qtbot.waitSignal(filters.previewed):
        filters.set_preview_visible(True)
    assert documents.document is not documents.committed


def test_without_parameters_it_is_applied_at_once(filters, documents, qtbot):
    with qtbot.waitSignal(filters.closed), qtbot.assertNotEmitted(filters.opened):
        filters.open(INVERT)
    assert documents.history.undo_label == "Invert colours"


def test_values_that_change_nothing_make_no_step(filters, documents, qtbot):
    open_and_wait(filters, qtbot, LEVELS)
    with qtbot.waitSignal(filters.closed):
        filters.apply()
    assert not documents.history.can_undo


def test_a_stroke_that_begins_ends_the_preview_and_goes_on(filters, documents, qtbot):
    open_and_wait(filters, qtbot)
    stroke = replace(documents.committed, frame=Rect(1, 2, 3, 4))
    with qtbot.waitSignal(filters.closed):
        documents.preview(stroke)
    assert documents.document is stroke
    documents.apply("Brush stroke", stroke)
    assert documents.document is stroke


def test_undo_takes_the_preview_away_and_nothing_else(filters, documents, qtbot):
    documents.apply("Add layer", add_layer(documents.committed))
    documents.amend(set_active(documents.committed, documents.committed.layers[0].id))
    open_and_wait(filters, qtbot, BLUR)
    filters.set_values(radius=3)
    with qtbot.waitSignal(filters.previewed):
        filters.set_values(radius=0.5)
    open_and_wait(filters, qtbot, FILTERS_BY_ID["posterize"])
    with qtbot.waitSignal(filters.closed):
        documents.undo()
    assert documents.history.undo_label == "Add layer"


def test_an_edit_elsewhere_is_kept_and_the_preview_goes_on(filters, documents, qtbot):
    open_and_wait(filters, qtbot)
    background = documents.committed.layers[0]
    with qtbot.waitSignal(filters.previewed):
        documents.apply("Layer opacity", replace_layer(documents.committed, replace(background, opacity=0.5)))
    assert documents.document.layers[0].opacity == 0.5
    assert documents.document is not documents.committed
    with qtbot.waitSignal(filters.closed):
        filters.apply()
    assert documents.committed.layers[0].opacity == 0.5


def test_another_layer_another_document_or_the_layer_gone_ends_it(filters, documents, qtbot):
    for edit in (
        lambda: documents.amend(set_active(documents.committed, documents.committed.layers[0].id)),
        lambda: documents.apply("Delete layer", delete_layer(documents.committed, documents.committed.active)),
        lambda: documents.open(new_document(Size(50, 50))),
    ):
        documents.open(documents.committed)
        if documents.committed.active_layer.tiles.is_empty:
            documents.amend(set_active(documents.committed, documents.committed.layers[0].id))
        open_and_wait(filters, qtbot)
        with qtbot.waitSignal(filters.closed):
            edit()
        assert documents.document is documents.committed


def test_the_last_filter_is_repeated_with_its_values_on_the_active_layer(filters, documents, qtbot):
    assert filters.last is None
    filters.repeat()
    assert not documents.history.can_undo
    open_and_wait(filters, qtbot)
    filters.set_values(radius=2.0)
    with qtbot.waitSignal(filters.closed):
        filters.apply()
    before = documents.committed
    with qtbot.waitSignal(filters.closed):
        filters.repeat()
    expected = filtered(before, before.active, BLUR, {"radius": 2.0})
    assert documents.committed.active_layer.tiles == expected.active_layer.tiles


def test_a_filter_opens_with_the_values_that_it_had(filters, qtbot):
    open_and_wait(filters, qtbot)
    filters.set_values(radius=11.0)
    filters.cancel()
    open_and_wait(filters, qtbot)
    assert filters.values == {"radius": 11.0}
    filters.reset_values()
    assert filters.values == BLUR.defaults


def test_the_histogram_comes_with_those_that_show_one(filters, qtbot):
    with qtbot.waitSignal(filters.histogram_ready) as ready:
        filters.open(LEVELS)
    assert sum(ready.args[0]) == 1600


def test_a_filter_that_fails_says_so_and_leaves_everything_as_it_was(filters, documents, qtbot):
    def broken(pixels, values, origin):
        raise SdPaintError("It can't be computed", hint="Try another")

    spec = Filter("broken", "Broken", FilterGroup.BLUR, (Parameter("x", "X", 0, 1, 0.5),), broken)
    before = documents.committed
    with qtbot.waitSignal(filters.failed):
        filters.open(spec)
    with qtbot.waitSignals([filters.failed, filters.closed]):
        filters.apply()
    assert documents.document is before


# ------------------------------------------------------------------------------------------------- adjustment layers


def test_an_adjustment_layer_is_set_live_and_becomes_one_step(documents, filters):
    documents.apply("Add levels", add_adjustment(documents.committed, LEVELS))
    layer_id = documents.committed.active
    filters.open_adjustment(layer_id)
    filters.set_values(gamma=2.0)
    filters.set_values(gamma=3.0)
    assert documents.document.layer(layer_id).content.values["gamma"] == 3.0
    assert documents.committed.layer(layer_id).content.values["gamma"] == 1.0
    filters.apply()
    assert documents.committed.layer(layer_id).content == Adjustment("levels", {"gamma": 3.0})
    assert documents.history.undo_label == "Levels"
    documents.undo()
    assert documents.committed.layer(layer_id).content == Adjustment("levels")


def test_an_adjustment_opens_with_its_own_values_and_cancelling_keeps_them(documents, filters):
    documents.apply("Add levels", add_adjustment(documents.committed, LEVELS))
    filters.open_adjustment(documents.committed.active)
    filters.set_values(white=0.5)
    filters.apply()
    before = documents.committed
    filters.open_adjustment(before.active)
    assert filters.values["white"] == 0.5
    filters.set_values(white=0.2)
    filters.cancel()
    assert documents.document is before
    filters.open(LEVELS)
    assert filters.values["white"] == 1.0, "what was set in a layer isn't what the filter remembers"


def test_another_kind_of_layer_has_no_values_of_an_adjustment(documents, filters):
    documents.apply("Add fill", add_fill(documents.committed, WHITE))
    with pytest.raises(ValueError, match="no adjustment"):
        filters.open_adjustment(documents.committed.active)
