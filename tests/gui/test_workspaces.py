"""Workspaces: which panels are there, taken on, saved, reset and deleted."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog, QDockWidget, QLineEdit, QMenu, QTabBar

from sdpaint.gui.dialogs.base import Form
from sdpaint.gui.docks import Dock
from sdpaint.gui.workspaces import ARRANGEMENTS, Workspace
from tests.gui.test_main_window import controls, described

LEFT = Qt.MouseButton.LeftButton


def shown(driver) -> set[str]:
    QApplication.processEvents()
    return {dock.objectName() for dock in driver.window.findChildren(QDockWidget) if not dock.isHidden()}


def menu(driver) -> QMenu:
    found = driver.window.findChild(QMenu, "WorkspacesMenu")
    assert found is not None
    return found


def dialog(driver, name: str) -> QDialog:
    found = driver.window.findChild(Form, name)
    assert found is not None
    return found


def save_as(driver, name: str) -> None:
    driver.trigger("saveWorkspace")
    form = dialog(driver, "saveWorkspaceDialog")
    edit = form.findChild(QLineEdit, "workspaceNameEdit")
    edit.clear()
    QTest.keyClicks(edit, name)
    QTest.mouseClick(form.accept_button, LEFT)
    QApplication.processEvents()


@pytest.mark.parametrize("workspace", list(Workspace))
def test_one_that_comes_along_shows_its_panels(driver, workspace):
    driver.trigger(f"{workspace.value}Workspace")
    docks = {dock.objectName() for dock in driver.window.findChildren(QDockWidget)}
    assert shown(driver) == docks & ARRANGEMENTS[workspace].shown
    assert driver.window.actions_by_id[f"{workspace.value}Workspace"].isChecked()
    assert driver.find("toolBar").isVisible()
    assert driver.settings.settings.workspace == workspace.value


def test_going_back_and_forth_leaves_no_trace(driver):
    driver.trigger("paintingWorkspace")
    QApplication.processEvents()
    before = driver.window.saveState()
    driver.trigger("minimalWorkspace")
    QApplication.processEvents()
    driver.trigger("paintingWorkspace")
    QApplication.processEvents()
    assert driver.window.saveState() == before


def test_rows_of_tabs_are_seen_only_where_panels_lie_behind_one_another(driver):
    driver.window.resize(800, 600)
    direct = Qt.FindChildOption.FindDirectChildrenOnly
    for action in ("resetWorkspace", "inpaintingWorkspace", "hidePanels", "hidePanels", "conceptWorkspace"):
        driver.trigger(action)
        QApplication.processEvents()
        bars = [each for each in driver.window.findChildren(QTabBar, options=direct) if each.isVisible()]
        seen = [{bar.tabText(place) for place in range(bar.count())} for bar in bars if bar.count() > 1]
        docks = [each for each in driver.window.findChildren(Dock) if not each.isHidden()]
        groups = [
            {each.windowTitle() for each in (dock, *driver.window.tabifiedDockWidgets(dock)) if not each.isHidden()}
            for dock in docks
        ]
        several = {frozenset(group) for group in groups if len(group) > 1}
        assert sorted(map(sorted, seen)) == sorted(map(sorted, several)), action


def test_an_own_one_is_saved_taken_on_and_listed(driver):
    driver.window._docks["Brushes"].hide()
    driver.window._docks["Layers"].hide()
    mine = shown(driver)
    save_as(driver, "Inking & flats")
    driver.trigger("conceptWorkspace")
    assert shown(driver) != mine
    entry = next(each for each in menu(driver).actions() if each.text() == "Inking && flats")
    assert not entry.isChecked()
    entry.trigger()
    assert shown(driver) == mine
    assert driver.settings.settings.workspace == "Inking & flats"


def test_reset_brings_back_what_was_moved(driver):
    driver.trigger("inpaintingWorkspace")
    driver.window._docks["Results"].hide()
    driver.window._docks["Colour"].show()
    driver.trigger("resetWorkspace")
    assert shown(driver) == {"layersDock", "resultsDock", "queueDock", "promptDock", "samplingDock"}
    save_as(driver, "Mine")
    driver.window._docks["Results"].hide()
    driver.trigger("resetWorkspace")
    assert not driver.window._docks["Results"].isHidden()


def test_an_own_one_is_deleted_and_the_panels_stay(driver):
    driver.trigger("deleteWorkspace")
    assert "no workspace of your own" in driver.find("messageBar").text
    save_as(driver, "Mine")
    before = shown(driver)
    driver.trigger("deleteWorkspace")
    QTest.mouseClick(dialog(driver, "deleteWorkspaceDialog").accept_button, LEFT)
    assert driver.settings.settings.workspaces == {}
    assert shown(driver) == before
    assert "Mine" not in [each.text() for each in menu(driver).actions()]


def test_names_of_those_that_come_along_are_taken(driver):
    save_as(driver, "Painting")
    assert driver.settings.settings.workspaces == {}
    assert "comes along" in driver.find("messageBar").text


def test_a_damaged_one_is_said_and_changes_nothing(driver):
    before = shown(driver)
    driver.settings.change(workspaces={"Mine": "no state"}, workspace="Mine")
    driver.trigger("resetWorkspace")
    assert "can't be used" in driver.find("messageBar").text
    assert shown(driver) == before


def test_taking_one_on_ends_the_view_of_the_canvas_alone(driver):
    driver.trigger("hidePanels")
    assert shown(driver) == set()
    driver.trigger("minimalWorkspace")
    assert not driver.window.actions_by_id["hidePanels"].isChecked()
    assert shown(driver) == {"promptDock"}


@pytest.mark.parametrize("action", ["saveWorkspace", "deleteWorkspace"])
def test_every_control_of_the_dialogs_has_its_names(driver, action):
    save_as(driver, "Mine")
    driver.trigger(action)
    form = dialog(driver, f"{action}Dialog")
    assert [described(each) for each in controls(form) if described(each)] == []
    form.reject()


def test_the_canvas_alone_has_no_menu_bar_and_says_how_to_get_everything_back(driver):
    driver.trigger("hidePanels")
    assert not driver.window.menuBar().isVisible()
    assert "Tab brings everything back" in driver.find("messageBar").text
    driver.trigger("hidePanels")
    assert driver.window.menuBar().isVisible()
    assert driver.find("messageBar").text == ""    # it is back, so nothing is said of it any more


def test_panels_of_a_low_window_never_lie_over_one_another(driver):
    driver.window.resize(800, 600)
    driver.trigger("resetWorkspace")
    for height in (600, 480):
        driver.window.resize(800, height)
        QApplication.processEvents()
        docks = [each for each in driver.window.findChildren(Dock) if each.isVisible()]
        seen = [each for each in docks if not each.visibleRegion().isEmpty()]
        assert len(seen) >= 2
        for each in seen:
            inner = each.widget()
            low = inner.mapTo(driver.window, inner.rect().bottomLeft()).y()
            assert low <= each.mapTo(driver.window, each.rect().bottomLeft()).y()
            assert not any(each.geometry().intersects(other.geometry()) for other in seen if other is not each)
