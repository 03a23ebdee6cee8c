"""Old undo steps are packed by themselves, away from the GUI thread."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from sdpaint.controllers.document_controller import DocumentController
from sdpaint.controllers.history_keeper import HistoryKeeper
from sdpaint.document.edits import new_document, with_layer_tiles
from sdpaint.imaging.geometry import Size
from sdpaint.imaging.tiles import TileMap

SIZE = Size(256, 256)


@pytest.fixture
def documents(qtbot, tmp_path):
    return DocumentController(new_document(SIZE), undo_folder=tmp_path)


def paint(documents: DocumentController, times: int) -> None:
    for n in range(times):
        pixels = np.random.default_rng(n).integers(0, 256, (256, 256, 4), np.uint8)
        present = documents.committed
        documents.apply(f"Step {n}", with_layer_tiles(present, present.active, TileMap.from_pixels(pixels)))


def test_old_steps_are_packed_while_the_artist_paints(documents, qtbot):
    keeper = HistoryKeeper(documents)
    paint(documents, 12)
    first = documents.history.steps[1].document.active_layer.tiles
    qtbot.waitUntil(lambda: first.is_resting)
    before = first.read(documents.committed.bounds)
    for _ in range(11):
        documents.undo()
    assert documents.committed.active_layer.tiles is first
    assert not first.is_resting
    assert np.array_equal(first.read(documents.committed.bounds), before)
    keeper.shutdown()


def test_steps_near_the_present_are_woken_ahead(documents, qtbot):
    keeper = HistoryKeeper(documents)
    paint(documents, 12)
    third = documents.history.steps[3].document.active_layer.tiles
    qtbot.waitUntil(lambda: third.is_resting)
    for _ in range(6):
        documents.undo()
    qtbot.waitUntil(lambda: not third.is_resting)
    keeper.shutdown()


def test_a_full_disk_is_said_once_and_costs_the_oldest_steps(documents, qtbot, tmp_path):
    documents.undo_budget_bytes = 1 << 20
    documents.open(new_document(SIZE))
    documents.history.shelf._folder = Path("/proc/nowhere")
    keeper = HistoryKeeper(documents)
    said = []
    keeper.failed.connect(said.append)
    for _ in range(2):
        paint(documents, 9)
        qtbot.waitUntil(lambda: not keeper.is_busy)
    assert len(said) == 1
    assert "oldest are forgotten" in said[0].message
    assert documents.history.nbytes <= 2 << 20
    assert documents.history.can_undo
    keeper.shutdown()


def test_a_step_that_cant_be_read_is_said_and_undo_stops_there(documents, qtbot):
    keeper = HistoryKeeper(documents)
    said = []
    documents.failed.connect(said.append)
    paint(documents, 12)
    qtbot.waitUntil(lambda: documents.history.steps[1].document.active_layer.tiles.is_resting)
    documents.history.shelf.spill(0)
    documents.history.shelf.close()
    for _ in range(12):
        documents.undo()
    assert len(said) == 1
    assert not documents.history.can_undo
    keeper.shutdown()
