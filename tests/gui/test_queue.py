"""The queue in the window: keys, the panel with mouse and keyboard, and what an earlier run left."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QMimeData, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from sdpaint.controllers.job_queue import JobState
from sdpaint.errors import OutOfMemory
from sdpaint.fileio.queue_store import QueueStore
from sdpaint.generation.events import Failed
from sdpaint.gui.panels.job_row import button_places
from sdpaint.settings.schema import QueueChoice
from tests.fakes import FakeEngine

CTRL, ALT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.AltModifier


@pytest.fixture
def engine() -> FakeEngine:
    return FakeEngine(hold_at=1)


@pytest.fixture
def busy(driver, qtbot):
    """Seed 1 runs, seeds 2, 3 and 4 wait, and the queue is seen."""
    driver.generation.set_sampling(steps=2)
    for seed in (1, 2, 3, 4):
        driver.generation.set_sampling(seed=seed)
        driver.trigger("generate")
    driver.engine.wait_until_held()
    driver.window._docks["Queue"].raise_()
    qtbot.waitUntil(lambda: driver.generation.queue.jobs[0].state is JobState.RUNNING)
    return driver


def waiting(driver) -> list[int]:
    return [job.seed for job in driver.generation.queue.waiting]


def click_button(driver, row: int, which: int) -> None:
    """Click one of the small buttons at the right of a row, counted from the right."""
    rows = driver.find("queueList")
    rows.scrollTo(rows.model().index(row))
    rect, _, _ = button_places(rows.visualRect(rows.model().index(row)), rows.job_at(row))[which]
    QTest.mouseClick(rows.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, rect.center())


def test_keys_put_a_job_first_or_in_place_of_all(busy, qtbot):
    busy.generation.set_sampling(seed=9)
    busy.key(Qt.Key.Key_Return, CTRL | ALT)
    assert waiting(busy) == [9, 2, 3, 4]
    busy.generation.set_sampling(seed=7)
    busy.key(Qt.Key.Key_Return, ALT)
    qtbot.waitUntil(lambda: [request.seed for request in busy.engine.requests] == [1, 7])
    assert waiting(busy) == []


def test_where_new_jobs_go_is_chosen_in_the_panel_and_remembered(busy):
    combo = busy.find("queuePlaceCombo")
    combo.setFocus()
    QTest.keyClick(combo, Qt.Key.Key_Down)
    assert busy.settings.settings.queue_place is QueueChoice.FRONT
    busy.generation.set_sampling(seed=9)
    busy.trigger("generate")
    assert waiting(busy) == [9, 2, 3, 4]


def test_a_row_is_taken_out_by_its_button_and_by_delete(busy):
    click_button(busy, 2, 0)
    assert waiting(busy) == [2, 4]
    rows = busy.find("queueList")
    rows.setFocus()
    rows.setCurrentIndex(rows.model().index(1))
    busy.key(Qt.Key.Key_Delete)
    assert waiting(busy) == [4]


def test_rows_are_dragged_and_moved_by_keys(busy):
    rows = busy.find("queueList")
    model = rows.model()
    data: QMimeData = model.mimeData([model.index(3)])
    assert not model.flags(model.index(0)) & Qt.ItemFlag.ItemIsDragEnabled, "the running one stays"
    model.dropMimeData(data, Qt.DropAction.MoveAction, 1, 0, model.index(-1))
    assert waiting(busy) == [4, 2, 3]
    rows.setFocus()
    rows.setCurrentIndex(model.index(1))
    busy.key(Qt.Key.Key_Down, ALT)
    assert waiting(busy) == [2, 4, 3]


def test_the_menu_of_a_row_sends_it_to_the_front(busy):
    rows = busy.find("queueList")
    menu = rows.menu_for(rows.job_at(3))
    next(action for action in menu.actions() if action.text() == "To the front").trigger()
    assert waiting(busy) == [4, 2, 3]
    menu.close()


def test_hold_and_cancel_all_from_the_panel(busy, qtbot):
    QTest.mouseClick(busy.find("pauseQueueButton"), Qt.MouseButton.LeftButton)
    assert busy.generation.queue.is_paused
    assert busy.find("queueWords").text().startswith("Held")
    QTest.mouseClick(busy.find("cancelAllButton"), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: busy.generation.queue.jobs == ())
    assert not busy.window.actions_by_id["cancelAll"].isEnabled()
    busy.trigger("pauseQueue")
    assert not busy.generation.queue.is_paused


def test_escape_stops_the_running_one_and_the_next_begins(busy, qtbot):
    busy.canvas.setFocus()
    busy.key(Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: len(busy.engine.requests) == 2)
    assert [request.seed for request in busy.engine.requests] == [1, 2]


def test_a_failure_stays_with_its_words_and_is_tried_again(driver, qtbot):
    def fail(request, emit, cancel):
        emit(Failed(request.id, OutOfMemory("Too large", hint="Make it smaller")))

    driver.engine.release()
    driver.engine._scripts = [[fail]]
    driver.trigger("generate")
    qtbot.waitUntil(lambda: bool(driver.generation.queue.failed))
    driver.window._docks["Queue"].raise_()
    QApplication.processEvents()
    rows = driver.find("queueList")
    assert "Too large" in rows.model().index(0).data(Qt.ItemDataRole.ToolTipRole)
    click_button(driver, 0, 1)
    with qtbot.waitSignal(driver.generation.finished):
        pass
    assert driver.generation.queue.jobs == ()


def test_a_table_is_asked_for_and_its_sheet_is_shown(driver, qtbot):
    driver.engine.release()
    driver.generation.set_params(prompt="a red fox")
    driver.trigger("generateTable")
    dialog = driver.find("pictureTableDialog")
    combo = driver.find("tableRowsCombo")
    combo.setCurrentIndex(combo.findData("guidance"))
    values = driver.find("tableRowsValues")
    values.setText("2, four")
    assert not dialog.accept_button.isEnabled()
    assert "four" in driver.find("tableCost").text()
    values.setText("2, 4")
    driver.find("tableColumnsValues").setText("1, 2, 3")
    assert driver.find("tableCost").text().startswith("6 pictures")
    with qtbot.waitSignal(driver.generation.table_made) as made:
        QTest.mouseClick(dialog.accept_button, Qt.MouseButton.LeftButton)
    assert made.args[0].sheet.shape[2] == 3
    sheet = driver.find("sheetDialog")
    assert sheet.isVisible()
    sheet.close()
    qtbot.waitUntil(lambda: not driver.generation.is_busy)


def test_jobs_that_an_earlier_run_left_are_offered_and_made(driver, qtbot, sdpaint_home):
    for seed in (1, 2, 3):
        driver.generation.set_sampling(seed=seed, steps=2)
        driver.trigger("generate")
    driver.engine.wait_until_held()
    qtbot.waitUntil(lambda: not driver.generation._writing.is_busy)
    # As if the program had died: the file is let go of, and nothing else happens to it.
    disk = driver.generation.keeper._disk
    disk.close()
    copy = QueueStore(sdpaint_home / "queue")
    driver.generation.keeper._disk = copy
    driver.generation.keeper.look()
    bar = driver.find("messageBar")
    qtbot.waitUntil(lambda: bar.isVisible() and "3 jobs were waiting" in bar.text)
    driver.window._docks["Queue"].raise_()
    QApplication.processEvents()
    left = driver.find("queueLeft")
    assert left.isVisible()
    QTest.mouseClick(driver.find("discardQueueButton"), Qt.MouseButton.LeftButton)
    assert not left.isVisible()
    assert not bar.isVisible()
