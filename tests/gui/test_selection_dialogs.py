"""Selecting by colour, quick mask, stroking, saved selections and the clone stamp in the real window."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog, QInputDialog, QMenu

from sdpaint.document.selection_edits import select
from sdpaint.imaging.color import BLACK, Color
from sdpaint.imaging.geometry import Point, Rect
from sdpaint.imaging.selection import SelectionMode, rectangle
from sdpaint.tools.base import ToolName
from sdpaint.tools.fill import fill_coverage
from tests.gui.conftest import Driver

LEFT, NONE, ALT = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.AltModifier
BOX = Rect(100, 80, 200, 150)
RED = Color(210, 30, 40)


def settle(driver: Driver, qtbot) -> None:
    qtbot.waitUntil(lambda: driver.window.is_settled and not driver.tools.edits.is_computing)
    QApplication.processEvents()


def dialog(driver: Driver, name: str) -> QDialog:
    found = [each for each in driver.window.findChildren(QDialog, name) if each.isVisible()]
    assert len(found) == 1
    return found[0]


def red_box(driver: Driver) -> None:
    document = driver.documents.committed
    driver.documents.apply("Box", fill_coverage(document, document.active, rectangle(BOX), RED))


def select_box(driver: Driver) -> None:
    driver.documents.apply("Select", select(driver.documents.committed, rectangle(BOX)))


def test_q_turns_the_selection_into_paint_and_back(driver, qtbot):
    select_box(driver)
    driver.key(Qt.Key.Key_Q)
    assert driver.documents.committed.selection is None
    assert driver.window.actions_by_id["quickMask"].isChecked()
    assert driver.tools.tool is ToolName.BRUSH
    driver.tools.set_foreground(BLACK)
    driver.tools.set_brush(replace(driver.tools.brush, size_px=40, hardness=1.0))
    driver.drag((150, 150), (250, 150))
    settle(driver, qtbot)
    assert driver.canvas.grab().toImage().pixelColor(driver.at(20, 20)).red() > 200
    driver.key(Qt.Key.Key_Q)
    settle(driver, qtbot)
    selection = driver.documents.committed.selection
    assert selection.bounds() == BOX
    assert selection.read(Rect(200, 150, 1, 1)) == 0
    for _ in range(2):
        driver.trigger("undo")
    assert driver.documents.committed.quick_mask.read(Rect(200, 150, 1, 1)) == 0


def test_backspace_fills_the_quick_mask_and_delete_clears_it(driver, qtbot):
    driver.key(Qt.Key.Key_Q)
    layer = driver.documents.committed.active_layer
    driver.trigger("fillSelection")
    settle(driver, qtbot)
    assert driver.documents.committed.quick_mask.read(BOX).min() == 255
    driver.trigger("clearLayer")
    settle(driver, qtbot)
    assert driver.documents.committed.quick_mask.is_empty
    assert driver.documents.committed.active_layer is layer


def test_a_colour_is_picked_from_the_small_picture_and_shown_at_once(driver, qtbot):
    red_box(driver)
    driver.tools.set_foreground(Color(0, 200, 0))
    driver.trigger("colorRange")
    asking = dialog(driver, "colorRangeDialog")
    picture = asking.findChild(object, "colorRangePicture")
    qtbot.waitUntil(lambda: picture._pixmap is not None)
    size = driver.documents.committed.size
    place = picture._place()
    at = place.topLeft() + QPoint(int(200 / size.width * place.width()), int(150 / size.height * place.height()))
    QTest.mouseClick(picture, LEFT, NONE, at.toPoint())
    assert asking.wanted.colors == (Color(210, 30, 40),)
    qtbot.waitUntil(lambda: driver.documents.document.selection is not None)
    assert driver.documents.committed.selection is None
    asking.accept()
    settle(driver, qtbot)
    assert driver.documents.committed.selection.bounds() == BOX
    driver.trigger("undo")
    assert driver.documents.committed.selection is None


def test_cancelling_the_colour_range_leaves_everything(driver, qtbot):
    red_box(driver)
    before = driver.documents.committed
    driver.trigger("colorRange")
    dialog(driver, "colorRangeDialog").reject()
    settle(driver, qtbot)
    assert driver.documents.document is before


@pytest.mark.parametrize("kind", [0, 1])
def test_the_outline_is_painted_with_a_line_or_the_brush(driver, qtbot, kind):
    select_box(driver)
    driver.trigger("strokeSelection")
    asking = dialog(driver, "strokeSelectionDialog")
    asking.findChild(object, "strokeKindCombo").setCurrentIndex(kind)
    assert asking.findChild(object, "strokeWidthSlider").isEnabled() == (kind == 0)
    asking.accept()
    settle(driver, qtbot)
    document = driver.documents.committed
    alpha = document.active_layer.tiles.read(document.bounds)[..., 3]
    assert alpha[150, 100] > 200
    assert alpha[150, 200] == 0


def test_a_selection_is_saved_and_loaded_from_the_menu(driver, qtbot):
    menu = driver.window.findChild(QMenu, "SavedselectionsMenu")
    assert not menu.isEnabled()
    select_box(driver)
    driver.trigger("saveSelection")
    asking = driver.window.findChild(QInputDialog, "saveSelectionDialog")
    asking.setTextValue("Box & sky")
    asking.accept()
    QApplication.processEvents()
    driver.trigger("deselect")
    assert menu.isEnabled()
    menu.aboutToShow.emit()
    entries = [each for each in menu.findChildren(QMenu) if each.title() == "Box && sky"]
    assert entries[0].actions()[0].text() == "Select"
    entries[0].actions()[0].trigger()
    settle(driver, qtbot)
    assert driver.documents.committed.selection.bounds() == BOX
    driver.window.flows.selecting.load("Box & sky", SelectionMode.SUBTRACT)
    settle(driver, qtbot)
    assert driver.documents.committed.selection is None
    entries[0].actions()[-1].trigger()
    assert driver.documents.committed.saved_selections == ()
    assert not menu.isEnabled()


def test_the_stamp_takes_its_source_with_alt_and_shows_it(driver, qtbot):
    red_box(driver)
    driver.key(Qt.Key.Key_S)
    assert driver.tools.tool is ToolName.CLONE
    QTest.mouseClick(driver.canvas, LEFT, ALT, driver.at(200, 150))
    QTest.mouseMove(driver.canvas, driver.at(350, 300))
    QApplication.processEvents()
    assert driver.canvas.marks.source == driver.canvas.viewport.to_view(driver.tools.mark_at(Point(0, 0)))
    driver.drag((350, 300), (380, 300))
    settle(driver, qtbot)
    pixel = driver.documents.committed.active_layer.tiles.read(Rect(360, 300, 1, 1))[0, 0]
    assert pixel.tolist() == [40, 30, 210, 255]
    assert driver.documents.history.undo_label == "Clone"
