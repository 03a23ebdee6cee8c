"""Folders are watched on a thread of their own, and what can't be watched starts no endless round."""

from __future__ import annotations

import pytest

from sdpaint.worker.folder_watch import FolderWatch


@pytest.fixture
def watch(qapp):
    watching = FolderWatch()
    yield watching
    watching.close()


def test_what_comes_and_goes_is_told(watch, qtbot, tmp_path):
    with qtbot.waitSignal(watch.changed):
        watch.watch([tmp_path])
    with qtbot.waitSignal(watch.changed):
        (tmp_path / "new").write_text("x")
    with qtbot.waitSignal(watch.changed):
        (tmp_path / "new").unlink()


def test_folders_that_are_named_again_are_worth_no_look_whether_they_can_be_watched_or_not(watch, qtbot, tmp_path):
    told = []
    watch.changed.connect(lambda: told.append(1))
    folders = [tmp_path, tmp_path / "nowhere"]
    other = tmp_path.parent
    for _ in range(3):
        watch.watch(folders)
    watch.watch([*folders, other])

    # Calls are answered in turn: the first and the last name something new.
    qtbot.waitUntil(lambda: len(told) == 2)
    watch.close()
    assert len(told) == 2


def test_one_that_never_watched_closes_at_once(qapp):
    FolderWatch().close()
