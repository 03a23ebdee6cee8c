"""What a sudden end left behind, offered in the window; and what the window says when nothing can be kept."""

from __future__ import annotations

import time
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from sdpaint import paths
from sdpaint.document import edits
from sdpaint.document.history import Step
from sdpaint.document.journal import Entry, JournalWriter
from sdpaint.document.journal_session import create_session
from sdpaint.errors import FileError
from sdpaint.gui.dialogs.recovery import RecoveryDialog
from sdpaint.gui.recovery import moment
from sdpaint.imaging.geometry import Rect, Size
from tests.gui.test_main_window import controls, described

LEFT = Qt.MouseButton.LeftButton


def left_behind(name: str | None, value: int, at: float | None = None):
    """A picture with one stroke, of a program that is gone. Returns it."""
    start = edits.new_document(Size(300, 200))
    pixels = np.full((50, 60, 4), value, np.uint8)
    painted = edits.with_layer_tiles(
        start, start.active, start.active_layer.tiles.with_pixels(Rect(9, 9, 60, 50), pixels)
    )
    session = create_session(paths.data_dir() / "journal")
    writer = JournalWriter(session.next_log())
    path = None if name is None else Path("/nowhere") / name
    steps = (Step("Open", start), Step("Brush stroke", painted))
    writer.write(Entry(steps, 1, path=path, at=time.time() if at is None else at))
    writer.close()
    session.release()
    return painted


def sessions() -> list[Path]:
    return sorted((paths.data_dir() / "journal").iterdir())


@pytest.fixture
def started(driver, qtbot):
    """Starts the journal of the window, as the program does once it is painted."""

    def start():
        driver.journal = driver.window._services.journal
        driver.window.start_journal()
        qtbot.waitUntil(lambda: not driver.journal._reading.is_busy)
        QApplication.processEvents()
        return driver

    return start


def click(driver, name: str) -> None:
    button = driver.find(name)
    assert button.isVisible()
    QTest.mouseClick(button, LEFT)
    QApplication.processEvents()


def settle(driver, qtbot) -> None:
    qtbot.waitUntil(lambda: not driver.journal._reading.is_busy)
    QApplication.processEvents()


def bar_text(driver) -> str:
    return driver.find("messageBar").text


def dialog_of(driver) -> RecoveryDialog:
    return next(each for each in driver.window.findChildren(RecoveryDialog) if each.isVisible())


def test_a_lost_picture_is_offered_and_restored_with_undo_and_name(started, qtbot):
    painted = left_behind("sunset.ora", 90)
    driver = started()
    now = f"{datetime.now():%H:}"
    assert bar_text(driver).startswith(f"sdpaint ended unexpectedly. ‘sunset.ora’ as of {now}")
    assert bar_text(driver).endswith("can be restored")
    click(driver, "messageRemedyButton")
    settle(driver, qtbot)
    assert driver.documents.document == painted
    assert driver.window.windowTitle().startswith("sunset.ora •")
    assert driver.files.suggested_path == Path("/nowhere/sunset.ora")
    assert "is restored" in bar_text(driver)
    assert driver.asker.asked == []
    driver.trigger("undo")
    assert driver.documents.document.active_layer.tiles.is_empty
    qtbot.waitUntil(lambda: len(sessions()) == 1)    # the old one goes when the new one holds it


def test_a_picture_in_the_window_stays_open_when_another_is_restored(started, qtbot):
    painted = left_behind("sunset.ora", 90)
    driver = started()
    driver.drag((60, 60), (120, 90))
    mine = driver.documents.committed
    click(driver, "messageRemedyButton")
    settle(driver, qtbot)
    assert driver.asker.asked == []
    assert [each.committed for each in driver.documents.open_documents] == [mine, painted]


def test_all_pictures_that_were_open_come_back_at_once(started, qtbot):
    left_behind("one.ora", 50)
    left_behind("two.ora", 60)
    left_behind(None, 70)
    driver = started()
    assert driver.find("messageRemedyButton").text() == "Restore all"
    click(driver, "messageRemedyButton")
    settle(driver, qtbot)
    assert {each.title for each in driver.documents.open_documents} == {"one.ora", "two.ora", "Untitled"}
    assert driver.journal.leftovers == ()


def test_a_discarded_picture_can_be_brought_back_until_the_end(started, qtbot):
    left_behind("sunset.ora", 90)
    driver = started()
    click(driver, "messageOtherButton")
    assert "was discarded" in bar_text(driver)
    click(driver, "messageRemedyButton")
    assert "can be restored" in bar_text(driver)
    click(driver, "messageOtherButton")
    driver.window.close()
    assert sessions() == []


def test_an_offer_waits_beneath_other_messages_and_can_be_put_off(started):
    left_behind("sunset.ora", 90)
    driver = started()
    driver.window.messages.error(FileError("It can't be read", hint="Try another"))
    assert bar_text(driver) == "It can't be read. Try another."
    assert not driver.find("messageOtherButton").isVisible()
    click(driver, "messageDismissButton")
    assert "can be restored" in bar_text(driver)
    click(driver, "messageDismissButton")
    assert bar_text(driver) == ""
    driver.window.close()
    assert len(sessions()) == 1


def test_of_several_pictures_one_is_chosen_and_others_discarded(started, qtbot):
    first = left_behind("one.ora", 50, at=time.time() - 7200)
    left_behind(None, 60)
    left_behind("three.ora", 70, at=time.time() - 3600)
    driver = started()
    assert "3 pictures can be restored" in bar_text(driver)
    click(driver, "messageOtherButton")
    dialog = dialog_of(driver)
    shown = dialog.findChild(QWidget, "recoveryList")
    assert ["Untitled" in shown.item(0).text(), "three.ora" in shown.item(1).text()] == [True, True]
    assert [described(widget) for widget in controls(dialog)] == [[]] * 4
    QTest.mouseClick(dialog.findChild(QWidget, "discardRecoveryButton"), LEFT)
    shown.setCurrentRow(1)
    QTest.mouseClick(dialog.findChild(QWidget, "acceptButton"), LEFT)
    settle(driver, qtbot)
    assert driver.documents.document == first
    assert [each.summary.title for each in driver.journal.leftovers] == ["three.ora"]
    driver.documents.mark_saved(driver.documents.committed)
    driver.window.close()
    assert len(sessions()) == 1


def test_discarding_all_in_the_list_closes_it(started):
    left_behind("one.ora", 50)
    left_behind("two.ora", 60)
    driver = started()
    click(driver, "messageOtherButton")
    dialog = dialog_of(driver)
    for _ in range(2):
        QTest.mouseClick(dialog.findChild(QWidget, "discardRecoveryButton"), LEFT)
    QApplication.processEvents()
    assert bar_text(driver) == ""
    assert driver.journal.leftovers == ()


def test_a_full_disk_is_said_in_the_window_and_painting_goes_on(started, qtbot, monkeypatch):
    def fail(self, entry):
        raise FileError("The disk is full, so no safety copy of your work is being kept", hint="Free some space")

    monkeypatch.setattr(JournalWriter, "write", fail)
    driver = started()
    qtbot.waitUntil(lambda: "The disk is full" in bar_text(driver))
    before = driver.documents.committed
    driver.drag((60, 60), (120, 90))
    assert driver.documents.committed is not before


def test_the_usual_end_of_a_window_leaves_no_journal(started, qtbot):
    driver = started()
    driver.drag((60, 60), (120, 90))
    with qtbot.waitSignal(driver.journal.written):
        pass
    assert len(sessions()) == 1
    driver.documents.mark_saved(driver.documents.committed)
    driver.window.close()
    assert sessions() == []


def test_a_time_says_its_day_when_it_is_not_today():
    now = datetime(2024, 3, 5, 18, 30)
    assert moment(datetime(2024, 3, 5, 7, 5).timestamp(), now) == "07:05"
    assert moment(datetime(2024, 3, 4, 23, 59).timestamp(), now) == "4 March, 23:59"
    assert moment(datetime(2023, 12, 31, 1, 2).timestamp(), now) == "31 December 2023, 01:02"
