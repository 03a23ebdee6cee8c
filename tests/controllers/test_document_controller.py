"""Several open documents: each with its own history and file, one of them in front."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from sdpaint.controllers.document_controller import DocumentController
from sdpaint.controllers.tool_controller import ToolController
from sdpaint.document.document import Document
from sdpaint.document.edits import add_layer, new_document
from sdpaint.imaging.geometry import Point, Size
from sdpaint.tools.base import PointerEvent


def page(width: int) -> Document:
    return new_document(Size(width, 10))


@pytest.fixture
def documents(qapp) -> DocumentController:
    """Three documents with a change each, the last in front."""
    made = DocumentController(page(1))
    for width in (1, 2, 3):
        if width > 1:
            made.open(page(width))
        made.apply("Add layer", add_layer(made.document))
    return made


def widths(documents: DocumentController) -> list[int]:
    return [each.document.size.width for each in documents.open_documents]


def test_an_untouched_page_makes_room_and_a_changed_one_stays(qapp):
    documents = DocumentController(page(1))
    documents.open(page(2))
    assert widths(documents) == [2]
    documents.apply("Add layer", add_layer(documents.document))
    documents.open(page(3))
    assert widths(documents) == [2, 3]


def test_a_page_on_which_something_is_under_way_does_not_make_room(qapp):
    documents = DocumentController(page(1))
    documents.claim_front()
    documents.open(page(2))
    assert widths(documents) == [1, 2]


def test_a_new_one_comes_beside_the_one_in_front(documents):
    documents.show(documents.open_documents[0])
    documents.open(page(9))
    assert widths(documents) == [1, 9, 2, 3]


def test_each_has_its_own_history(documents):
    first = documents.open_documents[0]
    documents.undo()
    documents.show(first)
    assert documents.history.can_undo
    documents.undo()
    documents.redo()
    assert [each.is_modified for each in documents.open_documents] == [True, True, False]


def test_coming_in_front_is_told_as_another_document(documents):
    told = []
    documents.document_changed.connect(lambda old, new: told.append((old, new)))
    first = documents.open_documents[0]
    documents.show(first)
    documents.show(first)
    assert told == [(None, first.document)]


def test_next_and_previous_go_round(documents):
    seen = []
    for by in (1, 1, -1, -1, -1):
        documents.show_next(by)
        seen.append(documents.document.size.width)
    assert seen == [1, 2, 1, 3, 2]


def test_moving_a_tab_leaves_what_is_in_front(documents):
    documents.move(documents.open_documents[2], 0)
    assert widths(documents) == [3, 1, 2]
    assert documents.document.size.width == 3


@pytest.mark.parametrize(("place", "left", "front"), [(2, [1, 2], 2), (0, [2, 3], 3), (1, [1, 3], 3)])
def test_closing_shows_a_neighbour(documents, place, left, front):
    closed = []
    documents.closed.connect(closed.append)
    gone = documents.open_documents[place]
    documents.close(gone, page(7))
    documents.close(gone, page(7))
    assert widths(documents) == left
    assert documents.document.size.width == front
    assert closed == [gone]
    assert gone.is_closed


def test_closing_the_last_opens_an_untouched_page(documents):
    for opened in documents.open_documents:
        documents.close(opened, page(7))
    assert widths(documents) == [7]
    assert documents.in_front.is_untouched


def test_a_step_behind_changes_nothing_in_front(documents):
    behind, front = documents.open_documents[0], documents.document
    told = []
    documents.changed_behind.connect(told.append)
    documents.apply_to(behind, "Add layer", add_layer(behind.document))
    assert told == [behind]
    assert len(behind.document.layers) == 4
    assert documents.document is front
    documents.close(behind, page(7))
    documents.apply_to(behind, "Add layer", add_layer(behind.document))
    assert len(behind.document.layers) == 4


def test_a_save_that_ends_later_marks_the_document_that_it_is_of(documents):
    behind = documents.open_documents[0]
    documents.mark_saved(behind.document, Path("/a/hill.ora"), behind)
    assert (behind.title, behind.is_modified) == ("hill.ora", False)
    assert (documents.title, documents.is_modified) == ("Untitled 3", True)


def test_untitled_ones_are_told_apart_and_numbers_come_back(documents):
    assert [each.title for each in documents.open_documents] == ["Untitled", "Untitled 2", "Untitled 3"]
    documents.close(documents.open_documents[1], page(7))
    assert documents.open(page(8)).title == "Untitled 2"


def test_a_stroke_is_committed_when_another_document_comes_in_front(documents):
    tools = ToolController(documents)
    front = documents.in_front
    steps = len(front.history.steps)
    tools.press(PointerEvent(Point(1, 1)))
    tools.move([PointerEvent(Point(2, 8))])
    documents.show_next()
    assert not tools.is_busy
    assert len(front.history.steps) == steps + 1
    assert front.live is None
    tools.edits.shutdown()


def test_what_is_drawn_of_a_document_goes_when_it_is_left(documents):
    front = documents.in_front
    documents.preview(replace(front.document, moved=(1, 1)))
    documents.show_next()
    assert front.document is front.committed
