"""Journal folders: whose they are, and what dead programs left in them."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from sdpaint.document import edits, journal_session
from sdpaint.document.journal import JournalWriter
from sdpaint.document.journal_reader import read_journal
from sdpaint.document.journal_session import create_session, discard, find_leftovers, set_aside
from sdpaint.errors import FileError
from tests.document.journal_support import SIZE, entry_of, painted


def left_behind(root: Path, *entries, name="1") -> Path:
    """A session whose program is gone, with a log for each entry. Returns its folder."""
    session = create_session(root)
    for entry in entries:
        writer = JournalWriter(session.next_log())
        writer.write(entry)
        writer.close()
    session.release()
    return session.folder


@pytest.fixture
def document():
    return painted(edits.new_document(SIZE))


@pytest.fixture
def find():
    """find_leftovers, with everything let go of at the end of the test."""
    taken = []

    def find(root):
        found, problems = find_leftovers(root)
        taken.extend(found)
        return found, problems

    yield find
    for leftover in taken:
        leftover.session.release()


def test_what_a_dead_program_left_is_found_the_latest_first(find, tmp_path, document):
    left_behind(tmp_path, entry_of([document], at=10.0, path=Path("old.ora")))
    left_behind(tmp_path, entry_of([document], at=30.0, path=Path("new.ora")), entry_of([document], at=20.0))
    found, problems = find(tmp_path)
    assert [each.summary.title for each in found] == ["new.ora", "Untitled", "old.ora"]
    assert problems == []
    assert read_journal(found[0].log).document == document


def test_a_living_session_is_left_alone(find, tmp_path, document):
    session = create_session(tmp_path)
    writer = JournalWriter(session.next_log())
    writer.write(entry_of([document]))
    assert find(tmp_path) == ([], [])
    assert read_journal(session.logs()[0]).document == document
    writer.close()
    session.remove()
    assert list(tmp_path.iterdir()) == []


CHILD = """
import sys
from pathlib import Path
from sdpaint.document import edits
from sdpaint.document.journal import Entry, JournalWriter
from sdpaint.document.history import Step
from sdpaint.document.journal_session import create_session
from sdpaint.imaging.geometry import Size
session = create_session(Path(sys.argv[1]))
writer = JournalWriter(session.next_log())
writer.write(Entry([Step("New", edits.new_document(Size(9, 9)))], 0))
print("written", flush=True)
sys.stdin.read()
"""


def test_a_second_program_is_no_crash_until_it_is_killed(find, tmp_path):
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parents[2],
    )
    with child:
        try:
            assert child.stdout.readline() == b"written\n"
            assert find(tmp_path) == ([], [])
        finally:
            child.kill()
        child.wait()
        found, problems = find(tmp_path)
    assert len(found) == 1
    assert problems == []


def test_what_one_program_offers_no_other_one_does(find, tmp_path, document):
    left_behind(tmp_path, entry_of([document]))
    first, _ = find(tmp_path)
    assert find(tmp_path) == ([], [])
    first[0].session.release()
    assert len(find(tmp_path)[0]) == 1


def test_leftovers_without_changes_and_empty_ones_are_deleted(find, tmp_path, document):
    left_behind(tmp_path, entry_of([document], is_modified=False))
    left_behind(tmp_path)
    assert find(tmp_path) == ([], [])
    assert list(tmp_path.iterdir()) == []


def test_a_damaged_log_is_moved_aside_and_said_and_the_others_are_found(find, tmp_path, document):
    folder = left_behind(tmp_path, entry_of([document]), entry_of([document], path=Path("good.ora")))
    (folder / "1.journal").write_bytes(b"rubbish")
    found, problems = find(tmp_path)
    assert [each.summary.title for each in found] == ["good.ora"]
    assert len(problems) == 1
    kept = tmp_path / "damaged" / f"{folder.name}-1.journal"
    assert str(kept) in problems[0].hint
    assert kept.read_bytes() == b"rubbish"
    found[0].session.release()
    assert find(tmp_path)[1] == []


def test_a_session_of_damaged_logs_alone_is_cleared_away(find, tmp_path):
    folder = left_behind(tmp_path, entry_of([edits.new_document(SIZE)]))
    (folder / "1.journal").write_bytes(b"")
    _, problems = find(tmp_path)
    assert len(problems) == 1
    assert not folder.exists()


def test_discarding_the_last_document_removes_the_session(find, tmp_path, document):
    folder = left_behind(tmp_path, entry_of([document]), entry_of([document]))
    first, second = find(tmp_path)[0]
    discard(first)
    assert not first.log.exists()
    assert second.log.exists()
    discard(second)
    assert not folder.exists()
    discard(second)


def test_a_log_set_aside_is_not_offered_again(find, tmp_path, document):
    left_behind(tmp_path, entry_of([document]))
    (leftover,) = find(tmp_path)[0]
    kept = set_aside(leftover)
    assert not leftover.session.folder.exists()
    assert read_journal(kept).document == document
    assert find(tmp_path) == ([], [])


def test_folders_that_are_just_being_made_are_left_alone(find, tmp_path):
    young, old = tmp_path / "young", tmp_path / "old"
    for folder in (young, old):
        folder.mkdir()
    an_hour_ago = time.time() - 3600
    os.utime(old, (an_hour_ago, an_hour_ago))
    assert find(tmp_path) == ([], [])
    assert young.exists()
    assert not old.exists()


def test_foreign_files_and_a_missing_folder_do_no_harm(find, tmp_path):
    assert find(tmp_path / "none") == ([], [])
    (tmp_path / "note.txt").write_text("hello")
    assert find(tmp_path) == ([], [])
    assert (tmp_path / "note.txt").exists()


def test_where_drives_know_no_locks_the_process_number_tells(find, monkeypatch, tmp_path, document):
    def no_locks(file):
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr(journal_session, "_lock", no_locks)
    living = create_session(tmp_path)
    dead = left_behind(tmp_path, entry_of([document]))
    gone = subprocess.run([sys.executable, "-c", "import os; print(os.getpid())"], stdout=subprocess.PIPE, check=True)
    (dead / "owner").write_text(f'{{"pid": {int(gone.stdout)}, "started": "then"}}')
    found, _ = find(tmp_path)
    assert [each.session.folder for each in found] == [dead]
    living.remove()


@pytest.mark.skipif(sys.platform != "linux", reason="the start of a process is asked of /proc")
def test_a_process_number_that_was_given_anew_is_not_the_owner(find, monkeypatch, tmp_path, document):
    def no_locks(file):
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr(journal_session, "_lock", no_locks)
    folder = left_behind(tmp_path, entry_of([document]))
    (folder / "owner").write_text(f'{{"pid": {os.getpid()}, "started": "another boot 1"}}')
    assert len(find(tmp_path)[0]) == 1


def test_where_no_folder_can_be_made_it_is_said(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(FileError) as caught:
        create_session(tmp_path / "file")
    assert caught.value.hint
