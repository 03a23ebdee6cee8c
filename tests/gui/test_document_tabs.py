"""Several documents in tabs, driven by hand: what is seen, and what belongs to which."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDragMoveEvent, QDropEvent, QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu, QTabBar, QToolButton, QWidget

from sdpaint.fileio.images import write_image
from sdpaint.gui.dialogs.files import Answer
from sdpaint.gui.dropped import LAYER_MIME
from tests.gui.conftest import Driver, double_click

LEFT, MIDDLE, NONE = Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton, Qt.KeyboardModifier.NoModifier
CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier


@pytest.fixture
def tabs(driver) -> QTabBar:
    bar = driver.find("documentTabs")
    assert isinstance(bar, QTabBar)
    return bar


@pytest.fixture
def three(driver, tabs, tmp_path, qtbot) -> list[Path]:
    """Three pictures of different sizes, opened one after the other; the last is in front."""
    paths = []
    for index, name in enumerate(("sunset", "castle", "harbour")):
        path = tmp_path / f"{name}.png"
        write_image(path, np.full((300 + 50 * index, 400, 3), 40 + 60 * index, np.uint8))
        open_file(driver, qtbot, path)
        paths.append(path)
    return paths


def open_file(driver: Driver, qtbot, path: Path) -> None:
    with qtbot.waitSignal(driver.files.opened):
        driver.window.open_path(path)
    QApplication.processEvents()


def titles(tabs: QTabBar) -> list[str]:
    return [tabs.tabText(index) for index in range(tabs.count())]


def click_tab(tabs: QTabBar, index: int, button: Qt.MouseButton = LEFT) -> None:
    QTest.mouseClick(tabs, button, NONE, tabs.tabRect(index).center())
    QApplication.processEvents()


def close_button(tabs: QTabBar, index: int) -> QToolButton:
    button = tabs.tabButton(index, QTabBar.ButtonPosition.RightSide)
    assert isinstance(button, QToolButton)
    return button


def drop(widget: QWidget, data: QMimeData, at: QPoint) -> bool:
    """A drag that enters, moves and is let go; whether it was taken."""
    copy, pos = Qt.DropAction.CopyAction, QPointF(at)
    enter = QDragEnterEvent(at, copy, data, LEFT, NONE)
    QApplication.sendEvent(widget, enter)
    if not enter.isAccepted():
        return False
    move = QDragMoveEvent(at, copy, data, LEFT, NONE)
    QApplication.sendEvent(widget, move)
    dropped = QDropEvent(pos, copy, data, LEFT, NONE)
    QApplication.sendEvent(widget, dropped)
    QApplication.processEvents()
    return dropped.isAccepted()


def test_each_file_has_a_tab_and_the_untouched_page_makes_room(driver, tabs, three):
    assert titles(tabs) == ["sunset.png", "castle.png", "harbour.png"]
    assert tabs.currentIndex() == 2
    assert driver.window.windowTitle() == "harbour.png — sdpaint"


def test_a_click_shows_a_document_as_it_was_left(driver, tabs, three):
    driver.canvas.zoom_to(3.0)
    driver.canvas.rotate_by(30.0)
    driver.canvas.pan_by(40, 25)
    left = driver.canvas.viewport
    driver.trigger("selectAll")
    click_tab(tabs, 0)
    assert driver.window.windowTitle() == "sunset.png — sdpaint"
    assert driver.documents.document.size.height == 300
    assert driver.documents.document.selection is None
    assert driver.canvas.rotation == 0.0
    click_tab(tabs, 2)
    assert driver.canvas.viewport == left
    assert driver.documents.document.selection is not None


def test_a_view_that_shows_all_goes_on_to_when_the_window_changed_meanwhile(driver, tabs, three, qtbot):
    click_tab(tabs, 0)
    driver.window.resize(1000, 700)
    QApplication.processEvents()
    click_tab(tabs, 2)
    visible, size = driver.canvas.viewport.visible, driver.documents.document.size
    assert visible.x <= 0
    assert visible.y <= 0
    assert visible.right >= size.width
    assert visible.bottom >= size.height


def test_keys_go_round_the_tabs(driver, tabs, three):
    driver.key(Qt.Key.Key_Tab, CTRL)
    assert tabs.currentIndex() == 0
    driver.key(Qt.Key.Key_Tab, CTRL)
    assert tabs.currentIndex() == 1
    driver.key(Qt.Key.Key_Backtab, CTRL | SHIFT)
    driver.key(Qt.Key.Key_Backtab, CTRL | SHIFT)
    assert tabs.currentIndex() == 2


def test_undo_is_that_of_the_document_in_front_and_the_mark_follows(driver, tabs, three):
    driver.drag((60, 60), (200, 120))
    assert titles(tabs)[2] == "harbour.png •"
    click_tab(tabs, 0)
    assert not driver.window.actions_by_id["undo"].isEnabled()
    driver.drag((60, 60), (200, 120))
    assert titles(tabs) == ["sunset.png •", "castle.png", "harbour.png •"]
    driver.trigger("undo")
    assert titles(tabs) == ["sunset.png", "castle.png", "harbour.png •"]


def test_a_stroke_that_is_under_way_is_kept_when_another_tab_comes(driver, tabs, three):
    QTest.mousePress(driver.canvas, LEFT, NONE, driver.at(60, 60))
    QTest.mouseMove(driver.canvas, driver.at(150, 100))
    QApplication.processEvents()
    driver.trigger("nextDocument")
    QTest.mouseRelease(driver.canvas, LEFT, NONE, driver.at(150, 100))
    assert [each.is_modified for each in driver.documents.open_documents] == [False, False, True]
    assert not driver.documents.history.can_undo


@pytest.mark.qt_log_ignore("does not support", extend=True)
@pytest.mark.parametrize("way", ["cross", "middle button", "key", "menu"])
def test_a_document_without_changes_closes_at_once(driver, tabs, three, way, qtbot):
    click_tab(tabs, 1)
    if way == "cross":
        QTest.mouseClick(close_button(tabs, 1), LEFT)
    elif way == "middle button":
        click_tab(tabs, 1, MIDDLE)
    elif way == "key":
        driver.canvas.setFocus()
        driver.key(Qt.Key.Key_W, CTRL)
    else:
        tabs.customContextMenuRequested.emit(tabs.tabRect(1).center())
        menu = next(each for each in tabs.findChildren(QMenu) if each.isVisible())
        menu.actions()[0].trigger()
        menu.close()
    QApplication.processEvents()
    assert titles(tabs) == ["sunset.png", "harbour.png"]
    assert driver.documents.title == "harbour.png"
    assert driver.asker.asked == []


def test_closing_a_changed_document_behind_shows_it_and_asks(driver, tabs, three):
    driver.drag((60, 60), (200, 120))
    click_tab(tabs, 0)
    driver.asker.answer = Answer.CANCEL
    QTest.mouseClick(close_button(tabs, 2), LEFT)
    assert driver.asker.titles == ("harbour.png",)
    assert driver.documents.title == "harbour.png"
    assert tabs.count() == 3
    driver.asker.answer = Answer.DISCARD
    driver.trigger("closeDocument")
    assert titles(tabs) == ["sunset.png", "castle.png"]


def test_closing_with_save_writes_and_then_closes(driver, tabs, three, qtbot, tmp_path):
    driver.drag((60, 60), (200, 120))
    before = three[2].stat().st_mtime_ns
    driver.asker.answer = Answer.SAVE
    driver.trigger("closeDocument")
    qtbot.waitUntil(lambda: tabs.count() == 2)
    assert three[2].stat().st_mtime_ns > before


def test_closing_the_last_leaves_an_empty_page(driver, tabs):
    driver.drag((60, 60), (200, 120))
    driver.trigger("closeDocument")
    assert titles(tabs) == ["Untitled"]
    assert not driver.documents.is_modified
    assert driver.documents.in_front.is_untouched


def test_closing_the_others_asks_once_for_those_with_changes(driver, tabs, three):
    for index in (0, 1):
        click_tab(tabs, index)
        driver.drag((60, 60), (200, 120))
    click_tab(tabs, 2)
    driver.trigger("closeOthers")
    assert driver.asker.asked == ["changes"]
    assert driver.asker.titles == ("sunset.png", "castle.png")
    assert titles(tabs) == ["harbour.png"]


def test_leaving_asks_once_for_all_and_saves_each(driver, tabs, three, qtbot):
    before = [path.stat().st_mtime_ns for path in three]
    for index in (0, 2):
        click_tab(tabs, index)
        driver.drag((60, 60), (200, 120))
    driver.asker.answer = Answer.CANCEL
    driver.window.close()
    assert driver.window.isVisible()
    assert driver.asker.titles == ("sunset.png", "harbour.png")
    driver.asker.answer = Answer.SAVE
    driver.window.close()
    qtbot.waitUntil(lambda: not driver.window.isVisible())
    assert driver.asker.asked == ["changes", "changes"]
    after = [path.stat().st_mtime_ns for path in three]
    assert [now > then for now, then in zip(after, before, strict=True)] == [True, False, True]


def test_tabs_are_put_into_another_order_by_dragging(driver, tabs, three):
    start, end = tabs.tabRect(2).center(), tabs.tabRect(0).center() - QPoint(20, 0)
    QTest.mousePress(tabs, LEFT, NONE, start)
    for step in range(1, 21):
        QTest.mouseMove(tabs, start + (end - start) * step / 20)
        QApplication.processEvents()
    QTest.mouseRelease(tabs, LEFT, NONE, end)
    assert [each.title for each in driver.documents.open_documents] == ["harbour.png", "sunset.png", "castle.png"]
    assert driver.documents.title == "harbour.png"
    driver.documents.show_next()
    assert tabs.currentIndex() == 1
    assert tabs.tabText(1) == "sunset.png"


def test_files_dropped_on_the_row_are_opened(driver, tabs, three, qtbot, tmp_path):
    urls = []
    for name in ("a", "b"):
        write_image(tmp_path / f"{name}.png", np.full((20, 20, 3), 99, np.uint8))
        urls.append(QUrl.fromLocalFile(str(tmp_path / f"{name}.png")))
    data = QMimeData()
    data.setUrls(urls)
    assert drop(tabs, data, tabs.tabRect(0).center())
    qtbot.waitUntil(lambda: tabs.count() == 5)
    row = driver.find("documentTabsRow")
    data.setUrls(urls[:1])
    assert drop(row, data, QPoint(row.width() - 4, 8))
    qtbot.waitUntil(lambda: driver.documents.title == "a.png")
    assert tabs.count() == 5


def test_a_layer_dropped_on_a_tab_is_copied_into_its_document(driver, tabs, three):
    layer = driver.documents.document.active_layer
    data = QMimeData()
    data.setData(LAYER_MIME, layer.id.encode())
    assert drop(tabs, data, tabs.tabRect(0).center())
    sunset, _, harbour = driver.documents.open_documents
    assert driver.documents.in_front is harbour
    copied = sunset.committed.layers[-1]
    assert copied.tiles is layer.tiles
    assert copied.id != layer.id
    assert titles(tabs) == ["sunset.png •", "castle.png", "harbour.png"]
    click_tab(tabs, 0)
    driver.trigger("undo")
    assert copied not in driver.documents.document.layers


def test_a_layer_of_another_document_can_be_dropped_on_the_canvas(driver, tabs, three):
    layer = driver.documents.document.active_layer
    data = QMimeData()
    data.setData(LAYER_MIME, layer.id.encode())
    assert not drop(driver.window, data, QPoint(600, 400))
    click_tab(tabs, 0)
    assert drop(driver.window, data, QPoint(600, 400))
    assert driver.documents.document.active_layer.tiles is layer.tiles


def test_pixels_are_pasted_from_one_document_into_another(driver, tabs, three, qtbot):
    driver.trigger("copy")
    qtbot.waitUntil(lambda: not driver.window.flows.clipboard.is_busy)
    click_tab(tabs, 0)
    count = len(driver.documents.document.layers)
    driver.trigger("paste")
    qtbot.waitUntil(lambda: len(driver.documents.document.layers) == count + 1)
    QGuiApplication.clipboard().clear()  # it would outlive the interpreter


def test_a_generation_goes_on_behind_and_its_tab_says_so(driver, tabs, three, qtbot):
    driver.engine.hold_at(3)
    driver.window.generate()
    driver.engine.wait_until_held()
    click_tab(tabs, 0)
    plain = tabs.grab().toImage()
    qtbot.waitUntil(lambda: driver.generation.progress is not None and driver.generation.progress.step > 0)
    assert driver.generation.overlay is None
    assert driver.find("statusProgressText").isVisible()
    assert tabs.tabIcon(2).isNull()
    with qtbot.waitSignal(driver.generation.finished):
        driver.engine.release()
    assert tabs.grab().toImage() != plain
    assert not tabs.tabIcon(2).isNull()
    assert titles(tabs)[2] == "harbour.png •"
    assert not driver.documents.history.can_undo
    click_tab(tabs, 2)
    assert tabs.tabIcon(2).isNull()
    assert driver.documents.document.active_layer.generated


def test_prompts_belong_to_their_documents(driver, tabs, three):
    edit = driver.find("promptEdit")
    edit.setFocus()
    QTest.keyClicks(edit, "a harbour")
    click_tab(tabs, 0)
    assert edit.toPlainText() == ""
    edit.setPlainText("a sunset")
    click_tab(tabs, 2)
    assert edit.toPlainText() == "a harbour"
    click_tab(tabs, 0)
    assert edit.toPlainText() == "a sunset"


def test_the_row_goes_with_the_panels(driver, tabs, three):
    driver.canvas.setFocus()
    driver.key(Qt.Key.Key_Tab)
    assert not tabs.isVisible()
    driver.key(Qt.Key.Key_Tab)
    assert tabs.isVisible()


def test_a_double_click_beside_the_tabs_asks_for_a_new_document(driver, tabs, three):
    row = driver.find("documentTabsRow")
    double_click(row, QPoint(row.width() - 6, row.height() // 2))
    dialog = driver.window.findChild(QWidget, "newDocumentDialog")
    assert dialog.isVisible()
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def test_long_names_lose_their_middle_but_the_tooltip_says_them(driver, tabs, qtbot, tmp_path):
    path = tmp_path / f"{'a very long name ' * 5}.png"
    write_image(path, np.full((20, 20, 3), 99, np.uint8))
    open_file(driver, qtbot, path)
    assert len(tabs.tabText(0)) < 30
    assert path.name in tabs.tabToolTip(0)
