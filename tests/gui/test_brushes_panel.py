"""The brushes panel in the real window."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QInputDialog

from sdpaint.brushes.library import BrushFolder
from sdpaint.gui.panels.brushes import FAVOURITES, PREVIEW_ROLE, star_rect
from sdpaint.tools.base import ToolName
from tests.brushes.test_presets import gbr


@pytest.fixture
def brushes(driver, qtbot):
    controller = driver.window._services.brushes
    controller.load()
    qtbot.waitUntil(lambda: controller.is_loaded)
    driver.window._docks["Brushes"].raise_()
    QApplication.processEvents()
    return controller


@pytest.fixture
def listed(driver, brushes):
    view = driver.find("brushesList")
    return lambda: [view.model().index(row, 0).data() for row in range(view.model().rowCount())]


def click(driver, name: str, at_star: bool = False) -> None:
    view = driver.find("brushesList")
    index = next(i for i in (view.model().index(r, 0) for r in range(view.model().rowCount())) if i.data() == name)
    view.scrollTo(index)
    rect = view.visualRect(index)
    place = star_rect(rect).center() if at_star else rect.center()
    QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(place))


def test_a_click_takes_the_brush_in_hand(driver, brushes, qtbot):
    with qtbot.waitSignal(brushes.chosen_changed):
        click(driver, "Charcoal")
    assert driver.tools.brush == brushes.collection.find("Charcoal").params
    assert driver.find("brushesList").currentIndex().data() == "Charcoal"


def test_a_brush_chosen_with_another_tool_in_hand_paints(driver, brushes, qtbot):
    driver.tools.set_tool(ToolName.PICKER)
    with qtbot.waitSignal(driver.tools.brush_changed):
        click(driver, "Chalk")
    assert driver.tools.tool is ToolName.BRUSH


def test_every_tool_has_a_brush_of_its_own(driver, brushes, qtbot):
    with qtbot.waitSignal(brushes.chosen_changed):
        brushes.choose("Grass")
    driver.tools.set_tool(ToolName.ERASER)
    assert brushes.chosen is None
    assert driver.tools.brush.tip is None
    driver.tools.set_tool(ToolName.BRUSH)
    assert brushes.chosen == "Grass"


def test_previews_come_in_as_they_are_painted(driver, brushes, qtbot):
    view = driver.find("brushesList")
    qtbot.waitUntil(lambda: view.model().index(0, 0).data(PREVIEW_ROLE) is not None)
    assert not view.model().index(0, 0).data(PREVIEW_ROLE).isNull()


def test_words_and_groups_narrow_the_list(driver, brushes, listed):
    driver.find("brushSearchEdit").setText("water")
    assert set(listed()) == {"Watercolour wash", "Watercolour round", "Watercolour drop"}
    driver.find("brushSearchEdit").clear()
    driver.find("brushGroupCombo").setCurrentText("Marker")
    assert set(listed()) == {"Marker", "Felt tip", "Highlighter"}


def test_the_star_keeps_a_favourite_and_doesnt_choose_it(driver, brushes, listed):
    before = driver.tools.brush
    click(driver, "Chalk", at_star=True)
    driver.find("brushGroupCombo").setCurrentText(FAVOURITES)
    assert listed() == ["Chalk"]
    assert driver.tools.brush == before


def test_the_brush_in_hand_is_saved_under_a_name_and_stays(driver, brushes, listed, qtbot):
    driver.tools.set_brush(replace(driver.tools.brush, size_px=123))
    driver.find("saveBrushButton").click()
    dialog = driver.window.findChild(QInputDialog, "saveBrushDialog")
    dialog.setTextValue("My wide one")
    dialog.accept()
    assert "My wide one" in listed()
    assert brushes.chosen == "My wide one"
    qtbot.waitUntil(lambda: not brushes.is_busy)
    assert BrushFolder().read().find("My wide one").params.size_px == 123
    brushes.delete("My wide one")
    assert "My wide one" not in listed()


def test_a_gimp_brush_is_imported_and_taken_in_hand(driver, brushes, listed, qtbot, tmp_path):
    source = tmp_path / "Moss.gbr"
    source.write_bytes(gbr(np.full((20, 30, 1), 200, np.uint8), b"Moss"))
    driver.asker.open_path = source
    driver.find("importBrushButton").click()
    qtbot.waitUntil(lambda: brushes.chosen == "Moss")
    assert "Moss" in listed()
    assert driver.tools.brush.tip.name == "Moss"


def test_a_file_that_isnt_a_brush_is_said(driver, brushes, qtbot, tmp_path):
    source = tmp_path / "moss.gbr"
    source.write_bytes(b"nothing")
    driver.asker.open_path = source
    with qtbot.waitSignal(brushes.failed) as failed:
        driver.find("importBrushButton").click()
    assert "GIMP" in failed.args[0].message


def test_the_brushes_of_the_tools_come_back_with_the_next_window(driver, brushes, qtbot):
    with qtbot.waitSignal(brushes.chosen_changed):
        brushes.choose("Grass")
    driver.tools.change_size(1)
    size = driver.tools.brush.size_px
    brushes.shutdown()
    kept = BrushFolder().read().tools["brush"]
    assert (kept.preset, kept.params.size_px) == ("Grass", size)


def test_once_its_tip_is_made_a_preset_is_in_hand_before_the_next_stroke(driver, brushes, qtbot):
    qtbot.waitUntil(lambda: not brushes.is_busy)
    for name in ("Charcoal", "Foliage", "Ink pen"):
        brushes.choose(name)
        assert driver.tools.brush == brushes.collection.find(name).params


def test_of_two_presets_chosen_in_a_row_the_newer_stays_in_hand(driver, brushes, qtbot):
    brushes.choose("Charcoal")
    brushes.choose("Foliage")
    qtbot.waitUntil(lambda: not brushes.is_busy)
    assert brushes.chosen == "Foliage"
    assert driver.tools.brush == brushes.collection.find("Foliage").params
