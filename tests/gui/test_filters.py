"""Filters in the window: opened from the menu, set by sliders, seen on the canvas, one step."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from sdpaint.document.edits import set_active, with_layer_tiles
from sdpaint.document.filtering import filtered
from sdpaint.gui.menus import MENUS
from sdpaint.gui.panels.filter import FilterPanel
from sdpaint.gui.widgets.curve_editor import CurveEditor
from sdpaint.gui.widgets.histogram import Histogram
from sdpaint.gui.widgets.number_slider import number_spec
from sdpaint.imaging.dynamics import FALLING, LINEAR
from sdpaint.imaging.filter_table import FILTERS, FILTERS_BY_ID
from sdpaint.imaging.tiles import TileMap
from tests.gui.test_main_window import controls, described

LEFT = Qt.MouseButton.LeftButton
CTRL = Qt.KeyboardModifier.ControlModifier
WITH_PANEL = [spec.id for spec in FILTERS if spec.parameters]


@pytest.fixture
def painted(driver, qtbot):
    """The driver with a picture on its active layer, ready for keys."""
    documents = driver.documents
    spot = np.zeros((200, 200, 4), np.uint8)
    spot[50:150, 50:150] = (10, 120, 220, 255)
    present = documents.committed
    documents.apply("Paint", with_layer_tiles(present, present.active, TileMap.from_pixels(spot)))
    qtbot.waitUntil(lambda: QApplication.focusWidget() is driver.canvas)
    return driver


def panel_of(driver) -> FilterPanel | None:
    return driver.window.findChild(FilterPanel)


def open_filter(driver, qtbot, name: str) -> FilterPanel:
    with qtbot.waitSignal(driver.window.flows.filters.filters.previewed):
        driver.trigger(f"{name}Filter")
    assert panel_of(driver).isVisible()
    return panel_of(driver)


def test_every_filter_is_in_the_menu():
    entries = dict(MENUS)["Filte&r"]
    listed = [name for entry in entries if isinstance(entry, tuple) for name in entry[1]]
    assert sorted(listed) == sorted(f"{spec.id}Filter" for spec in FILTERS)


def test_a_filter_is_set_by_keys_seen_and_applied_as_one_step(painted, qtbot):
    before = painted.documents.committed
    open_filter(painted, qtbot, "gaussianBlur")
    slider = painted.find("filterGaussianBlur_radius")
    assert QApplication.focusWidget() is slider
    with qtbot.waitSignal(painted.window.flows.filters.filters.previewed):
        for key in (Qt.Key.Key_9, Qt.Key.Key_Return):
            painted.key(key)
    assert painted.window.flows.filters.filters.values == {"radius": 9.0}
    assert painted.documents.document is not before
    with qtbot.waitSignal(painted.window.flows.filters.filters.closed):
        QTest.mouseClick(painted.find("filterApplyButton"), LEFT)
    expected = filtered(before, before.active, FILTERS_BY_ID["gaussianBlur"], {"radius": 9.0})
    assert painted.documents.committed.active_layer.tiles == expected.active_layer.tiles
    assert not panel_of(painted).isVisible()
    painted.trigger("undo")
    assert painted.documents.committed is before


def test_escape_leaves_the_layer_as_it_was(painted, qtbot):
    before = painted.documents.committed
    panel = open_filter(painted, qtbot, "motionBlur")
    painted.key(Qt.Key.Key_Escape)
    assert painted.documents.document is before
    assert not panel.isVisible()
    assert QApplication.focusWidget() is painted.canvas


def test_preview_and_reset_do_what_they_say(painted, qtbot):
    open_filter(painted, qtbot, "sharpen")
    slider = painted.find("filterSharpen_amount")
    slider.setFocus()
    painted.key(Qt.Key.Key_Up)
    assert painted.window.flows.filters.filters.values["amount"] == pytest.approx(0.81)
    QTest.mouseClick(painted.find("filterResetButton"), LEFT)
    assert slider.value == pytest.approx(0.8)
    assert painted.window.flows.filters.filters.values == FILTERS_BY_ID["sharpen"].defaults
    painted.find("filterPreviewCheck").setChecked(False)
    assert painted.documents.document is painted.documents.committed


def test_a_stroke_closes_the_panel_and_is_painted(painted, qtbot):
    panel = open_filter(painted, qtbot, "boxBlur")
    painted.drag((300, 300), (400, 320))
    assert not panel.isVisible()
    assert painted.documents.history.undo_label == "Brush stroke"
    assert painted.documents.document is painted.documents.committed


def test_a_moved_view_is_filled_in(painted, qtbot):
    open_filter(painted, qtbot, "posterize")
    with qtbot.waitSignal(painted.window.flows.filters.filters.previewed):
        painted.trigger("zoomActual")


def test_without_paint_or_out_of_sight_it_says_why(painted):
    documents = painted.documents
    painted.trigger("addLayer")
    painted.trigger("gaussianBlurFilter")
    assert painted.find("messageText").text().startswith("Layer 2 is empty")
    documents.amend(set_active(documents.committed, documents.committed.layers[1].id))
    painted.trigger("layerVisible")
    painted.trigger("gaussianBlurFilter")
    assert painted.find("messageText").text().startswith("The layer is hidden")
    assert panel_of(painted) is None    # nothing was opened yet


def test_the_last_filter_is_repeated_and_the_action_says_which(painted, qtbot):
    action = painted.window.actions_by_id["repeatFilter"]
    assert not action.isEnabled()
    filters = painted.window.flows.filters.filters
    with qtbot.waitSignal(filters.closed):
        painted.key(Qt.Key.Key_I, CTRL)
    inverted = painted.documents.committed.active_layer.tiles
    assert action.text() == "&Repeat Invert colours"
    with qtbot.waitSignal(filters.closed):
        painted.key(Qt.Key.Key_F, CTRL | Qt.KeyboardModifier.AltModifier)
    assert painted.documents.committed.active_layer.tiles != inverted


def test_levels_show_a_histogram(painted, qtbot):
    with qtbot.waitSignal(painted.window.flows.filters.filters.histogram_ready):
        open_filter(painted, qtbot, "levels")
    histogram = painted.window.findChild(Histogram)
    assert histogram.isVisible()
    assert histogram.is_filled
    assert histogram._marks == (0.0, 1.0)
    painted.find("filterLevels_black").setFocus()
    painted.key(Qt.Key.Key_Up)
    assert histogram._marks == pytest.approx((1 / 255, 1.0))


def test_curves_are_drawn_for_each_channel_and_reset_together(painted, qtbot):
    open_filter(painted, qtbot, "curves")
    editor, channel = painted.find("filterCurves_curve"), painted.find("filterCurves_channel")
    assert QApplication.focusWidget() is editor
    filters = painted.window.flows.filters.filters
    with qtbot.waitSignal(filters.previewed):
        QTest.mouseClick(editor, LEFT, Qt.KeyboardModifier.NoModifier, editor.place((0.5, 0.8)).toPoint())
    assert filters.values["every"].at(0.5) > 0.7
    assert painted.documents.document is not painted.documents.committed
    channel.setCurrentIndex(channel.findText("Red"))
    assert editor.curve == LINEAR
    editor.curve_changed.emit(FALLING)
    assert filters.values["red"] == FALLING
    channel.setCurrentIndex(0)
    assert editor.curve == filters.values["every"]
    QTest.mouseClick(painted.find("filterResetButton"), LEFT)
    assert filters.values == FILTERS_BY_ID["curves"].defaults
    assert editor.curve == LINEAR


@pytest.mark.parametrize("name", WITH_PANEL)
def test_every_control_of_every_filter_has_its_names_and_stays_on_the_canvas(painted, qtbot, name):
    painted.window.resize(800, 600)
    panel = open_filter(painted, qtbot, name)
    QApplication.processEvents()
    found = controls(panel)
    parameters = FILTERS_BY_ID[name].parameters
    assert len(found) >= 4 + (1 if parameters[0].is_curve else len(parameters))
    found += panel.findChildren(CurveEditor)
    assert {each.objectName(): described(each) for each in found if described(each)} == {}
    corner = painted.canvas.mapTo(painted.window, painted.canvas.rect().topLeft())
    assert painted.canvas.rect().translated(corner).contains(panel.geometry())
    names = [each.objectName() for each in controls(painted.window)]
    assert sorted(names) == sorted(set(names))
    painted.key(Qt.Key.Key_Escape)


@pytest.mark.parametrize("name", WITH_PANEL)
def test_sliders_can_show_every_default_exactly(name):
    for each in FILTERS_BY_ID[name].parameters:
        if each.is_curve:
            continue
        spec = number_spec(each)
        assert spec.clamped(each.default) == pytest.approx(each.default)
        step = spec.step if each.default < each.maximum else -spec.step
        assert each.is_switch or spec.clamped(each.default + step) != spec.clamped(each.default)


def test_the_panel_is_a_child_of_the_window_and_not_of_the_canvas(driver):
    # Or keys of the canvas, such as Tab, would count in it.
    assert not driver.canvas.isAncestorOf(driver.window.findChild(QWidget, "filterPanel"))


def test_enter_applies_once_no_number_is_being_typed(painted, qtbot):
    before = painted.documents.committed
    panel = open_filter(painted, qtbot, "gaussianBlur")
    painted.key(Qt.Key.Key_9)
    painted.key(Qt.Key.Key_Return)
    assert panel.isVisible()
    with qtbot.waitSignal(painted.window.flows.filters.filters.closed):
        painted.key(Qt.Key.Key_Return)
    expected = filtered(before, before.active, FILTERS_BY_ID["gaussianBlur"], {"radius": 9.0})
    assert painted.documents.committed.active_layer.tiles == expected.active_layer.tiles
