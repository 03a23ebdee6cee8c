"""Undo, redo, the saved mark, the byte budget."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from sdpaint.document.document import Document
from sdpaint.document.edits import add_layer, insert_layer, new_document, set_active, with_layer_tiles
from sdpaint.document.history import History, Step
from sdpaint.document.layers import Group, Layer, LayerMask
from sdpaint.imaging.geometry import Rect, Size
from sdpaint.imaging.tiles import TILE_SIZE, TileMap

SIZE = Size(3 * TILE_SIZE, 2 * TILE_SIZE)
TILE_BYTES = TILE_SIZE * TILE_SIZE * 4


def painted(document: Document, column: int, value: int) -> Document:
    """One tile of the active layer filled: the other tiles are shared."""
    rect = Rect(column * TILE_SIZE, 0, TILE_SIZE, TILE_SIZE)
    pixels = np.full((TILE_SIZE, TILE_SIZE, 4), value, np.uint8)
    return with_layer_tiles(document, document.active, document.active_layer.tiles.with_pixels(rect, pixels))


def kept_bytes(documents: list[Document]) -> int:
    """Bytes of the different arrays of these documents, counted the plain way."""
    arrays = {
        id(tile): tile.nbytes
        for document in documents
        for tiles in document.tile_maps()
        for tile in tiles.tiles.values()
    }
    return sum(arrays.values())


def test_masks_and_layers_in_groups_count():
    inside = Layer("inside", TileMap.from_pixels(np.full((9, 9, 4), 200, np.uint8)))
    mask = LayerMask.of_coverage(TileMap.from_pixels(np.full((9, 9), 200, np.uint8)))
    group = Layer("group", content=Group((inside,)), mask=mask)
    plain = new_document(SIZE, background=None)
    history = History(plain)
    history.push("Group", insert_layer(plain, group))
    assert history.nbytes == TILE_BYTES + TILE_BYTES // 4


class HistoryMachine(RuleBasedStateMachine):
    """History against a plain list of documents and a cursor."""

    def __init__(self) -> None:
        super().__init__()
        start = new_document(SIZE)
        self.history = History(start)
        self.line, self.at, self.value = [start], 0, 1
        self.saved: Document | None = start

    def pushed(self, document: Document) -> None:
        self.history.push("Step", document)
        del self.line[self.at + 1 :]
        self.line.append(document)
        self.at += 1

    @rule(column=st.integers(0, 2))
    def paint(self, column):
        self.value = self.value % 250 + 1
        self.pushed(painted(self.line[self.at], column, self.value))

    @rule()
    def add_a_layer(self):
        self.pushed(add_layer(self.line[self.at]))

    @rule()
    def undo(self):
        self.at = max(0, self.at - 1)
        assert self.history.undo() is self.line[self.at]

    @rule()
    def redo(self):
        self.at = min(len(self.line) - 1, self.at + 1)
        assert self.history.redo() is self.line[self.at]

    @rule()
    def save(self):
        self.saved = self.line[self.at]
        self.history.mark_saved(self.saved)

    @rule()
    def choose_another_layer(self):
        layers = self.line[self.at].layers
        document = set_active(self.line[self.at], layers[0].id)
        if self.saved is self.line[self.at]:
            self.saved = document
        self.history.amend(document)
        self.line[self.at] = document

    @invariant()
    def the_present_is_the_same_document(self):
        assert self.history.present is self.line[self.at]
        assert self.history.can_undo == (self.at > 0)
        assert self.history.can_redo == (self.at < len(self.line) - 1)
        assert self.history.is_modified == (self.line[self.at] is not self.saved)

    @invariant()
    def bytes_are_counted_once_each(self):
        assert self.history.nbytes == kept_bytes(self.line)


TestHistoryAgainstAList = HistoryMachine.TestCase


@given(st.lists(st.integers(0, 2), min_size=1, max_size=12))
def test_undoing_everything_and_redoing_it_returns_the_same_tiles(columns):
    history = History(new_document(SIZE))
    line = [history.present]
    for n, column in enumerate(columns):
        line.append(painted(line[-1], column, n + 1))
        history.push(f"Step {n}", line[-1])
    for document in reversed(line[:-1]):
        assert history.undo().active_layer.tiles is document.active_layer.tiles
    for document in line[1:]:
        assert history.redo().active_layer.tiles is document.active_layer.tiles


def test_a_step_costs_only_the_tiles_that_it_changes():
    history = History(new_document(SIZE))
    before = history.nbytes
    history.push("Paint", painted(history.present, 0, 7))
    assert history.nbytes - before == TILE_BYTES
    history.push("Paint", painted(history.present, 0, 8))
    assert history.nbytes - before == 2 * TILE_BYTES


def test_a_step_after_undo_drops_what_was_undone_and_its_bytes():
    history = History(new_document(SIZE))
    history.push("Kept", painted(history.present, 0, 1))
    held = history.nbytes
    history.push("Undone", painted(history.present, 1, 2))
    history.undo()
    history.push("New", add_layer(history.present))
    assert not history.can_redo
    assert history.nbytes == held
    assert history.undo_label == "New"


def test_labels_name_what_undo_and_redo_would_do():
    history = History(new_document(SIZE))
    assert (history.undo_label, history.redo_label) == ("", "")
    history.push("First", painted(history.present, 0, 1))
    history.push("Second", painted(history.present, 0, 2))
    history.undo()
    assert (history.undo_label, history.redo_label) == ("First", "Second")


def test_the_same_document_again_is_no_step():
    history = History(new_document(SIZE))
    history.push("Nothing", history.present)
    assert not history.can_undo


def test_pushes_with_one_merge_key_are_one_step():
    history = History(new_document(SIZE))
    start = history.present
    for value in (1, 2, 3):
        history.push("Opacity", painted(history.present, 0, value), merge_key="opacity")
    assert history.nbytes == kept_bytes([start, history.present])
    assert history.undo() is start


def test_another_merge_key_or_the_end_of_the_drag_begins_a_new_step():
    history = History(new_document(SIZE))
    start = history.present
    history.push("Opacity", painted(start, 0, 1), merge_key="opacity of a")
    history.push("Opacity", painted(history.present, 0, 2), merge_key="opacity of b")
    history.end_merge()
    history.push("Opacity", painted(history.present, 0, 3), merge_key="opacity of b")
    history.undo()
    history.undo()
    assert history.can_undo
    assert history.undo() is start


def test_a_step_that_was_undone_to_is_not_merged_into():
    history = History(new_document(SIZE))
    history.push("Opacity", painted(history.present, 0, 1), merge_key="opacity")
    history.push("Paint", painted(history.present, 1, 2))
    history.undo()
    kept = history.present
    history.push("Opacity", painted(kept, 0, 3), merge_key="opacity")
    assert history.undo() is kept


def test_a_saved_state_is_not_merged_away():
    history = History(new_document(SIZE))
    history.push("Opacity", painted(history.present, 0, 1), merge_key="opacity")
    saved = history.present
    history.mark_saved(saved)
    history.push("Opacity", painted(saved, 0, 2), merge_key="opacity")
    assert history.is_modified
    assert history.undo() is saved
    assert not history.is_modified


def test_the_saved_mark_follows_its_state_through_undo():
    history = History(new_document(SIZE))
    assert not history.is_modified
    history.push("Paint", painted(history.present, 0, 1))
    assert history.is_modified
    history.mark_saved(history.present)
    assert not history.is_modified
    history.undo()
    assert history.is_modified
    history.redo()
    assert not history.is_modified


def test_painting_on_while_an_older_state_is_written_leaves_the_document_modified():
    history = History(new_document(SIZE))
    handed_over = painted(history.present, 0, 1)
    history.push("Paint", handed_over)
    history.push("Paint", painted(handed_over, 0, 2))
    history.mark_saved(handed_over)
    assert history.is_modified
    history.undo()
    assert not history.is_modified


def test_a_document_that_is_nowhere_on_disk_is_modified():
    history = History(new_document(SIZE))
    history.mark_unsaved()
    assert history.is_modified


def test_over_the_budget_the_oldest_steps_go_and_the_newest_can_be_undone():
    start = new_document(SIZE)
    history = History(start, budget_bytes=kept_bytes([start]) + 4 * TILE_BYTES)
    line = [start]
    for value in range(1, 11):
        line.append(painted(line[-1], 0, value))
        history.push(f"Step {value}", line[-1])
        assert history.nbytes <= kept_bytes([start]) + 4 * TILE_BYTES
    steps = 0
    while history.can_undo:
        steps += 1
        assert history.undo() is line[-1 - steps]
    assert steps == 3
    assert history.nbytes == kept_bytes(line[-4:])


def test_even_a_step_beyond_the_budget_can_be_undone():
    start = new_document(SIZE)
    history = History(start, budget_bytes=1)
    history.push("Large", painted(start, 0, 1))
    assert history.undo() is start


def test_a_restored_history_undoes_and_redoes_and_is_saved_nowhere():
    line = [new_document(SIZE)]
    for n in range(3):
        line.append(painted(line[-1], n, n + 1))
    before = History(line[0])
    for n, document in enumerate(line[1:]):
        before.push(f"Step {n}", document)
    before.undo()
    history = History.restored(before.steps, before.position)
    assert (history.present, history.steps, history.position) == (line[2], before.steps, 2)
    assert (history.undo_label, history.redo_label) == ("Step 1", "Step 2")
    assert history.is_modified
    assert history.nbytes == kept_bytes(line)
    assert history.redo() is line[3]
    for document in reversed(line[:3]):
        assert history.undo() is document
    assert not history.can_undo


def test_a_restored_history_keeps_to_its_budget():
    line = [new_document(SIZE)]
    for n in range(6):
        line.append(painted(line[-1], 0, n + 1))
    steps = [Step(str(n), document) for n, document in enumerate(line)]
    history = History.restored(steps, len(steps) - 1, budget_bytes=kept_bytes(line[-3:]))
    assert [step.document for step in history.steps] == line[-3:]
    assert history.present is line[-1]
