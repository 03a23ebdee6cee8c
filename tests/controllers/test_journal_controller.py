"""The journal of the open document: written in time and off this thread, cleared away, restored after a crash."""

from __future__ import annotations

import errno
import os
import shutil
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from sdpaint import paths
from sdpaint.controllers import journal_controller as module
from sdpaint.controllers.document_controller import DocumentController
from sdpaint.controllers.journal_controller import UNFINISHED, JournalController
from sdpaint.document import edits, journal_log
from sdpaint.document.journal_reader import read_journal, read_summary
from sdpaint.generation.params import GenerationParams
from sdpaint.generation.request import SamplingParams
from sdpaint.imaging.geometry import Rect, Size
from sdpaint.settings.store import SettingsStore
from tests.guards import GUARD_S


class Params:
    """Stands in for the GenerationController."""

    checkpoints = ()

    def __init__(self, prompt="a hill"):
        self.params = GenerationParams(paths.starter_checkpoint(), prompt, sampling=SamplingParams(seed=5))

    def params_of(self, opened):
        return self.params

    def restore(self, params):
        self.params = params


class Program:
    """One sdpaint: what is open in it, its journal, and what that said."""

    def __init__(self, qtbot, settings, prompt="a hill", size=Size(300, 200)):
        self.qtbot = qtbot
        self.documents = DocumentController(edits.new_document(size))
        self.generation = Params(prompt)
        self.journal = JournalController(self.documents, self.generation, settings)
        self.errors, self.notes, self.resumed, self.restored = [], [], [], []
        self.journal.failed.connect(self.errors.append)
        self.journal.noted.connect(self.notes.append)
        self.journal.resumed.connect(lambda: self.resumed.append(True))
        self.journal.restored.connect(self.restored.append)

    def start(self):
        self.journal.start()
        self.settle()

    def settle(self):
        self.qtbot.waitUntil(lambda: not self.journal.is_busy)

    def painted(self, value=200, x=5):
        document = self.documents.committed
        pixels = np.full((20, 20, 4), value, np.uint8)
        tiles = document.active_layer.tiles.with_pixels(Rect(x, 5, 20, 20), pixels)
        return edits.with_layer_tiles(document, document.active, tiles)

    def paint(self, value=200, x=5):
        self.documents.apply("Paint", self.painted(value, x))
        return self.documents.committed

    def crash(self):
        """Leave the journal as a killed program does: the folder stays, the lock goes."""
        self.settle()
        session = self.journal._store._session
        kept = session.folder.with_name("kept")
        shutil.copytree(session.folder, kept)
        self.journal.shutdown()
        (kept / "owner").unlink()
        os.utime(kept, (0, 0))


def logs():
    return sorted(paths.data_dir().glob("journal/*/*.journal"))


@pytest.fixture
def settings(tmp_path):
    store = SettingsStore(tmp_path / "settings.json")
    yield store
    store.close()


@pytest.fixture
def start(qtbot, settings, monkeypatch):
    monkeypatch.setattr(module, "MS_PER_S", 10)    # copies after 30 ms
    monkeypatch.setattr(module, "RETRY_MS", 50)
    programs = []

    def start(**values):
        program = Program(qtbot, settings, **values)
        programs.append(program)
        program.start()
        return program

    yield start
    for program in programs:
        program.journal.shutdown()


def test_a_change_is_safe_soon_with_path_mark_and_params(start):
    program = start()
    assert not read_summary(logs()[0]).is_modified
    painted = program.paint()
    with program.qtbot.waitSignal(program.journal.written):
        pass
    recovered = read_journal(logs()[0])
    assert recovered.document == painted
    assert recovered.summary.is_modified
    assert [step.label for step in recovered.steps] == ["Open", "Paint"]
    program.documents.mark_saved(painted, Path("hill.ora"))
    program.settle()
    assert read_summary(logs()[0]).path == Path("hill.ora")
    assert not read_summary(logs()[0]).is_modified


def test_the_usual_wait_keeps_within_five_seconds(qtbot, settings):
    program = Program(qtbot, settings)
    program.journal.start()
    assert 0 < program.journal._timer.interval() <= 5000
    program.journal.shutdown()


def test_a_stroke_under_way_is_kept_too(start):
    program = start()
    program.paint(100)
    program.documents.undo()
    program.documents.preview(program.painted(50))
    program.settle()
    recovered = read_journal(logs()[0])
    assert recovered.document == program.documents.document
    assert [step.label for step in recovered.steps] == ["Open", UNFINISHED]
    assert recovered.summary.is_modified


def test_pixels_are_written_on_another_thread_and_handing_them_over_is_quick(start, monkeypatch):
    program = start(size=Size(2000, 2000))
    threads = set()
    pack = journal_log.pack_tile
    monkeypatch.setattr(journal_log, "pack_tile", lambda tile: (threads.add(threading.get_ident()), pack(tile))[1])
    for n in range(20):
        program.paint(n + 1, 100 * n)
    seconds = min(_seconds(lambda: program.journal._entry(program.documents.in_front)) for _ in range(20))
    program.settle()
    assert threads
    assert threading.get_ident() not in threads
    assert seconds < 0.001


def _seconds(work):
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def test_a_change_while_a_copy_is_written_gets_one_of_its_own(start, monkeypatch):
    program = start()
    go_on, begun = threading.Event(), threading.Event()
    pack = journal_log.pack_tile

    def slowly(tile):
        begun.set()
        assert go_on.wait(GUARD_S)
        return pack(tile)

    monkeypatch.setattr(journal_log, "pack_tile", slowly)
    program.paint(1)
    program.qtbot.waitUntil(begun.is_set)
    last = program.paint(2, 150)
    program.qtbot.wait(60)
    go_on.set()
    program.settle()
    assert read_journal(logs()[0]).document == last


def test_every_open_document_has_a_log_of_its_own_until_it_is_closed(start):
    program = start()
    program.paint()
    first = program.documents.in_front
    program.documents.open(edits.new_document(Size(50, 60)))
    program.settle()
    assert {read_summary(log).size for log in logs()} == {Size(300, 200), Size(50, 60)}
    program.documents.close(first, edits.new_document(Size(1, 1)))
    program.qtbot.waitUntil(lambda: len(logs()) == 1)
    assert read_summary(logs()[0]).size == Size(50, 60)


def test_an_untouched_page_leaves_no_log_when_it_makes_room(start):
    program = start()
    program.documents.open(edits.new_document(Size(50, 60)))
    program.settle()
    program.qtbot.waitUntil(lambda: [read_summary(log).size for log in logs()] == [Size(50, 60)])


def test_what_arrives_behind_is_safe_soon(start):
    program = start()
    program.paint()
    behind = program.documents.in_front
    program.documents.open(edits.new_document(Size(50, 60)))
    program.settle()
    changed = edits.add_layer(behind.committed)
    program.documents.apply_to(behind, "Add layer", changed)
    program.settle()
    assert changed in [read_journal(log).document for log in logs()]


def test_after_a_crash_every_picture_that_was_open_comes_back(start):
    before = start()
    first = before.paint(1)
    before.documents.open(edits.new_document(Size(50, 60)))
    second = before.paint(2)
    before.crash()
    after = start()
    assert {leftover.summary.size for leftover in after.journal.leftovers} == {Size(300, 200), Size(50, 60)}
    for leftover in after.journal.leftovers:
        after.journal.restore(leftover)
    after.qtbot.waitUntil(lambda: len(after.restored) == 2)
    after.settle()
    assert {each.committed.size for each in after.documents.open_documents} == {first.size, second.size}
    assert all(each.is_modified for each in after.documents.open_documents)
    assert after.journal.leftovers == ()
    after.qtbot.waitUntil(lambda: len(logs()) == 2)


def test_a_proper_end_leaves_nothing(start):
    program = start()
    program.paint()
    program.settle()
    program.journal.shutdown()
    program.journal.shutdown()
    assert list((paths.data_dir() / "journal").iterdir()) == []


def test_a_full_disk_is_said_once_and_copies_go_on_when_there_is_room(start, monkeypatch):
    program = start()
    is_full = [True]
    sync = os.fsync

    def fsync(descriptor):
        if is_full[0]:
            raise OSError(errno.ENOSPC, "No space left on device")
        sync(descriptor)

    monkeypatch.setattr(journal_log.os, "fsync", fsync)
    program.paint(1)
    program.qtbot.waitUntil(lambda: bool(program.errors))
    for n in range(3):
        program.paint(n + 2)
        program.qtbot.wait(70)
    assert len(program.errors) == 1
    assert "disk is full" in program.errors[0].message
    assert program.errors[0].hint
    assert program.resumed == []
    is_full[0] = False
    program.qtbot.waitUntil(lambda: program.resumed == [True])
    assert read_journal(logs()[0]).document == program.documents.committed


# ----------------------------------------------------------------------------------------------- restoring


def test_after_a_crash_the_picture_comes_back_with_undo_path_and_params(start):
    before = start(prompt="a castle")
    before.paint(1)
    before.documents.mark_saved(before.documents.committed, Path("/nowhere/castle.ora"))
    last = before.paint(2, 100)
    before.paint(3, 150)
    before.documents.undo()
    before.crash()

    after = start(prompt="")
    (leftover,) = after.journal.leftovers
    assert leftover.summary.title == "castle.ora"
    after.journal.restore(leftover)
    after.settle()
    assert after.documents.document == last
    assert after.documents.is_modified
    assert after.documents.path == Path("/nowhere/castle.ora")
    assert (after.documents.history.undo_label, after.documents.history.redo_label) == ("Paint", "Paint")
    after.documents.redo()
    assert after.documents.document.active_layer.tiles.read(Rect(150, 5, 1, 1)).max() == 3
    assert after.generation.params == before.generation.params
    assert after.journal.leftovers == ()
    assert after.restored == [leftover.summary]
    assert after.errors == []


def test_what_was_restored_is_deleted_only_when_it_is_safe_anew(start, monkeypatch):
    before = start()
    last = before.paint()
    before.crash()
    after = start()
    write = module.JournalWriter.write

    def fail(self, entry):
        raise module.FileError("The disk is full", hint="Free some space")

    monkeypatch.setattr(module.JournalWriter, "write", fail)
    (leftover,) = after.journal.leftovers
    after.journal.restore(leftover)
    after.qtbot.waitUntil(lambda: bool(after.errors))
    assert read_journal(leftover.log).document == last
    monkeypatch.setattr(module.JournalWriter, "write", write)
    after.qtbot.waitUntil(lambda: not leftover.session.folder.exists())
    after.settle()
    assert [read_journal(log).document for log in logs()] == [last]


def test_what_is_discarded_is_deleted_at_a_proper_end(start):
    before = start()
    before.paint()
    before.crash()
    after = start()
    (leftover,) = after.journal.leftovers
    after.journal.discard(leftover)
    assert after.journal.leftovers == ()
    assert leftover.log.exists()
    after.journal.shutdown()
    assert not leftover.session.folder.exists()


def test_what_is_discarded_can_be_taken_back(start):
    before = start()
    before.paint()
    before.crash()
    after = start()
    (leftover,) = after.journal.leftovers
    after.journal.discard(leftover)
    after.journal.take_back(leftover)
    after.journal.take_back(leftover)
    assert after.journal.leftovers == (leftover,)
    after.journal.shutdown()
    assert leftover.log.exists()


def test_what_was_not_answered_is_offered_again(start):
    before = start()
    before.paint()
    before.crash()
    start().journal.shutdown()
    assert len(start().journal.leftovers) == 1


def test_a_file_that_was_saved_since_is_not_overwritten_by_what_was_restored(start, tmp_path):
    file = tmp_path / "hill.ora"
    before = start()
    before.documents.mark_saved(before.documents.committed, file)
    before.paint()
    before.crash()
    file.write_bytes(b"newer")
    later = time.time() + 60
    os.utime(file, (later, later))
    after = start()
    after.journal.restore(after.journal.leftovers[0])
    after.settle()
    assert after.documents.path is None
    assert "hill.ora" in after.notes[0]


def test_a_picture_painted_meanwhile_stays_open(start):
    before = start()
    last = before.paint()
    before.crash()
    after = start()
    (leftover,) = after.journal.leftovers
    after.journal.restore(leftover)
    mine = after.paint(9)
    after.settle()
    assert [each.committed for each in after.documents.open_documents] == [mine, last]
    assert after.documents.committed == last


def test_a_damaged_journal_is_said_and_moved_aside_and_the_start_goes_on(start):
    before = start()
    before.paint()
    before.crash()
    (log,) = logs()
    log.write_bytes(b"rubbish")
    after = start()
    assert after.journal.leftovers == ()
    assert "damaged" in after.errors[0].message
    assert (log.parents[1] / "damaged" / "kept-1.journal").read_bytes() == b"rubbish"
    assert start().errors == []


def test_a_journal_damaged_after_it_was_offered_is_moved_aside(start):
    before = start()
    before.paint()
    before.crash()
    after = start()
    (leftover,) = after.journal.leftovers
    leftover.log.write_bytes(b"rubbish")
    document = after.documents.document
    after.journal.restore(leftover)
    after.settle()
    assert after.documents.document is document
    assert "kept as" in after.errors[0].hint
    assert after.journal.leftovers == ()


def test_params_that_this_version_does_not_know_leave_the_present_ones(start, monkeypatch):
    before = start()
    before.paint()
    with monkeypatch.context() as patch:
        patch.setattr(module, "to_json", lambda *_: {"type": "sdpaint.nowhere.Params", "fields": {}})
        before.paint(3)
        before.crash()
    after = start(prompt="kept")
    after.journal.restore(after.journal.leftovers[0])
    after.settle()
    assert after.restored
    assert after.generation.params.prompt == "kept"
