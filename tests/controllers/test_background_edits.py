"""Edits computed on another thread: in order, never on top of a stroke, never on an old document."""

from __future__ import annotations

import threading

import pytest
from PySide6.QtCore import QThread

from sdpaint.controllers.background_edits import BackgroundEdits
from sdpaint.controllers.document_controller import DocumentController
from sdpaint.document.edits import add_layer, new_document, set_frame
from sdpaint.errors import SdPaintError
from sdpaint.imaging.geometry import Rect, Size
from tests.guards import GUARD_S


@pytest.fixture
def documents(qapp) -> DocumentController:
    return DocumentController(new_document(Size(64, 64)))


@pytest.fixture
def edits(documents) -> BackgroundEdits:
    made = BackgroundEdits(documents)
    yield made
    made.shutdown()


def moved(x: int):
    return lambda document: set_frame(document, Rect(x, document.frame.y + 1, 64, 64))


def test_an_edit_runs_elsewhere_and_is_one_step(documents, edits, qtbot):
    threads = []

    def edit(document):
        threads.append(QThread.currentThread())
        return moved(7)(document)

    with qtbot.waitSignal(documents.document_changed):
        edits.run("Move", edit)
        assert edits.is_busy
    assert threads[0] is not QThread.currentThread()
    assert documents.history.undo_label == "Move"
    assert not edits.is_busy


def test_edits_are_applied_in_their_order_each_on_the_outcome_of_the_last(documents, edits, qtbot):
    for x in (1, 2, 3):
        edits.run(f"Move {x}", moved(x))
    qtbot.waitUntil(lambda: not edits.is_busy)
    assert documents.document.frame == Rect(3, 3, 64, 64)
    documents.undo()
    assert documents.document.frame == Rect(2, 2, 64, 64)


def test_an_edit_is_computed_again_where_the_document_changed_meanwhile(documents, edits, qtbot):
    may_go, seen = threading.Event(), []

    def edit(document):
        seen.append(document)
        may_go.wait(GUARD_S)
        return moved(7)(document)

    edits.run("Move", edit)
    qtbot.waitUntil(lambda: len(seen) == 1)
    documents.apply("Add layer", add_layer(documents.committed))
    may_go.set()
    qtbot.waitUntil(lambda: not edits.is_busy)
    assert seen[1] is not seen[0]
    assert len(documents.document.layers) == 3
    assert documents.document.frame.x == 7


def test_a_stroke_under_way_is_not_cut_off(documents, edits, qtbot):
    documents.preview(add_layer(documents.committed))
    computed = []

    def edit(document):
        computed.append(document)
        return moved(7)(document)

    edits.run("Move", edit)
    qtbot.waitUntil(lambda: len(computed) == 1)
    qtbot.wait(30)
    assert edits.is_busy
    assert documents.document is not documents.committed
    documents.apply("Stroke", documents.document)
    qtbot.waitUntil(lambda: not edits.is_busy)
    assert len(documents.document.layers) == 3
    assert documents.document.frame.x == 7


def test_an_edit_arrives_in_the_document_that_it_was_asked_for_in(documents, edits, qtbot):
    may_go = threading.Event()

    def edit(document):
        may_go.wait(GUARD_S)
        return moved(7)(document)

    edits.run("Move", edit)
    behind = documents.in_front
    other = documents.open(new_document(Size(32, 32)))
    assert documents.open_documents == (behind, other)
    with qtbot.waitSignal(documents.changed_behind) as told:
        may_go.set()
    assert told.args == [behind]
    assert behind.committed.frame.x == 7
    assert behind.history.undo_label == "Move"
    assert documents.committed.frame.x == 0
    assert not documents.history.can_undo
    assert not edits.is_busy


def test_what_is_outstanding_is_forgotten_when_its_document_is_closed(documents, edits, qtbot):
    may_go, started = threading.Event(), threading.Event()

    def edit(document):
        started.set()
        may_go.wait(GUARD_S)
        return moved(7)(document)

    edits.run("Move", edit)
    assert started.wait(GUARD_S)
    documents.close(documents.in_front, new_document(Size(32, 32)))
    assert not edits.is_busy
    may_go.set()
    done = []
    edits.run("Add layer", add_layer, lambda before, after: done.append((before, after)))
    qtbot.waitUntil(lambda: bool(done))
    assert documents.document.frame == Rect(0, 0, 32, 32)
    assert documents.history.undo_label == "Add layer"


def test_an_edit_that_changes_nothing_is_no_step_but_is_told(documents, edits, qtbot):
    done = []
    edits.run("Nothing", lambda document: document, lambda before, after: done.append(before is after))
    qtbot.waitUntil(lambda: bool(done))
    assert done == [True]
    assert not documents.history.can_undo


def test_failures_are_said_and_the_next_edit_runs(documents, edits, qtbot):
    def broken(document):
        raise SdPaintError("It failed", "Try again")

    with qtbot.waitSignal(edits.failed) as failed:
        edits.run("Broken", broken)
        edits.run("Move", moved(7))
    assert failed.args[0].message == "It failed"
    qtbot.waitUntil(lambda: not edits.is_busy)
    assert documents.document.frame.x == 7
