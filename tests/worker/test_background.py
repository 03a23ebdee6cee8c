from __future__ import annotations

import threading

import pytest
import shiboken6

from sdpaint.errors import FileError, SdPaintError
from sdpaint.worker.background import Background
from tests.guards import GUARD_S


@pytest.fixture
def background(qapp):
    background = Background()
    yield background
    assert background.close()


def unexpected(error):
    raise AssertionError(error)


def test_work_runs_elsewhere_and_its_result_comes_back_here(qtbot, background):
    seen = []
    with qtbot.waitSignal(background.idle):
        background.run(threading.get_ident, lambda i: seen.append((i, threading.get_ident())), unexpected)
    ((there, here),) = seen
    assert there != here == threading.get_ident()


def test_results_come_in_the_order_of_the_tasks(qtbot, background):
    seen = []
    with qtbot.waitSignal(background.idle):
        for number in range(20):
            background.run(lambda n=number: n, seen.append, unexpected)
    assert seen == list(range(20))
    assert not background.is_busy


def test_a_failure_reaches_its_handler(qtbot, background):
    def work():
        raise FileError("the disk is full", hint="make room")

    seen = []
    with qtbot.waitSignal(background.idle):
        background.run(work, unexpected, seen.append)
    assert seen[0].hint == "make room"


def test_a_foreign_exception_becomes_a_sentence(qtbot, background, caplog):
    seen = []
    with qtbot.waitSignal(background.idle):
        background.run(lambda: 1 / 0, unexpected, seen.append)
    assert isinstance(seen[0], SdPaintError)
    assert "ZeroDivisionError" in seen[0].message
    assert "ZeroDivisionError" in caplog.text


def test_closing_waits_for_the_work_and_drops_the_callbacks(qtbot, qapp):
    background = Background()
    go_on, ended = threading.Event(), []
    background.run(lambda: (go_on.wait(GUARD_S), ended.append(1)), unexpected, unexpected)
    threading.Timer(0.05, go_on.set).start()
    assert background.close()
    assert ended == [1]
    qapp.processEvents()


def test_deleted_while_it_works_it_lets_the_work_end_without_a_word(qapp):
    background = Background()
    go_on, ended = threading.Event(), []
    background.run(lambda: go_on.wait(GUARD_S), ended.append, unexpected)
    shiboken6.delete(background)
    go_on.set()
    assert background.close()
    qapp.processEvents()
    assert not ended
