"""Gradients and shapes in the real window: mouse, keys, options, undo, and what is remembered."""

from __future__ import annotations

import json

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from sdpaint.controllers.tool_settings import ToolSettings
from sdpaint.document.edits import new_document
from sdpaint.document.selection_edits import select
from sdpaint.imaging.blend import BlendMode
from sdpaint.imaging.color import Color
from sdpaint.imaging.geometry import Rect, Size
from sdpaint.imaging.gradient import PRESETS, GradientShape, Preset, Stop
from sdpaint.imaging.selection import rectangle
from sdpaint.imaging.shapes import ShapeKind
from sdpaint.tools.base import ToolName
from sdpaint.tools.options import GradientOptions, Ink, ShapeOptions, Target
from tests.gui.conftest import Driver

LEFT, NONE = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier


def settle(driver: Driver, qtbot) -> None:
    qtbot.waitUntil(lambda: not driver.tools.edits.is_computing and driver.window.is_settled)


def pixels(driver: Driver, seen: bool = False) -> np.ndarray:
    document = driver.documents.document if seen else driver.documents.committed
    return document.active_layer.tiles.read(document.bounds)


def press_and_move(driver: Driver, start: tuple[float, float], end: tuple[float, float]) -> None:
    QTest.mousePress(driver.canvas, LEFT, NONE, driver.at(*start))
    QTest.mouseMove(driver.canvas, driver.at(*end))
    QApplication.processEvents()


def test_a_gradient_is_seen_while_it_is_dragged_and_undone_in_one_step(driver, qtbot):
    driver.key(Qt.Key.Key_G)
    press_and_move(driver, (100, 100), (600, 100))
    qtbot.waitUntil(lambda: driver.documents.document is not driver.documents.committed)
    shown = pixels(driver, seen=True)
    assert shown[200, 0, 3] == 255
    assert not pixels(driver).any()
    QTest.mouseRelease(driver.canvas, LEFT, NONE, driver.at(600, 100))
    settle(driver, qtbot)
    assert driver.documents.history.undo_label == "Gradient"
    assert np.array_equal(pixels(driver), shown)
    assert driver.tools.edits.draft is None
    driver.trigger("undo")
    assert not pixels(driver).any()


def test_esc_drops_a_gradient_under_way(driver, qtbot):
    driver.key(Qt.Key.Key_G)
    press_and_move(driver, (100, 100), (600, 100))
    qtbot.waitUntil(lambda: driver.documents.document is not driver.documents.committed)
    driver.key(Qt.Key.Key_Escape)
    assert driver.documents.document is driver.documents.committed
    QTest.mouseRelease(driver.canvas, LEFT, NONE, driver.at(600, 100))
    settle(driver, qtbot)
    assert not driver.documents.history.can_undo


def test_on_a_large_canvas_the_preview_keeps_to_what_is_seen_and_the_step_is_whole(driver, qtbot):
    driver.documents.open(new_document(Size(4096, 4096)))
    driver.canvas.zoom_to(1.0)
    driver.key(Qt.Key.Key_G)
    middle = driver.canvas.viewport.center
    start, end = (middle.x - 200, middle.y), (middle.x + 200, middle.y)
    press_and_move(driver, start, end)
    qtbot.waitUntil(lambda: driver.documents.document is not driver.documents.committed)
    assert len(driver.documents.document.active_layer.tiles.tiles) < 200
    QTest.mouseRelease(driver.canvas, LEFT, NONE, driver.at(*end))
    # The preview stays until the whole is there.
    assert driver.documents.document is not driver.documents.committed or driver.documents.history.can_undo
    settle(driver, qtbot)
    assert len(driver.documents.committed.active_layer.tiles.tiles) == 32 * 32


def test_an_edit_in_between_is_kept_beside_the_gradient_that_is_still_computed(driver, qtbot):
    driver.key(Qt.Key.Key_G)
    driver.drag((100, 100), (600, 100))
    driver.documents.apply("Select", select(driver.documents.committed, rectangle(Rect(0, 0, 50, 50))))
    settle(driver, qtbot)
    document = driver.documents.committed
    assert document.selection is not None
    assert document.active_layer.tiles.bounds() in (Rect(0, 0, 50, 50), document.bounds)
    assert driver.documents.document is document


def card(driver: Driver) -> QWidget:
    QTest.mouseClick(driver.find("gradientButton"), LEFT)
    found = driver.find("gradientCard")
    assert found.isVisible()
    return found


@pytest.mark.qt_log_ignore("does not support grabbing the keyboard", extend=True)
def test_a_preset_is_picked_its_stops_are_edited_and_it_is_kept(driver, qtbot):
    driver.key(Qt.Key.Key_G)
    popup = card(driver)
    sheet, bar = driver.find("gradientPresets"), driver.find("gradientBar")
    QTest.mouseClick(sheet, LEFT, NONE, sheet.cell(3).center())
    settings = driver.tools.settings
    assert settings.get(GradientOptions).preset == PRESETS[3]
    # A click between two stops adds one, of the colour that is there.
    between = QPoint(round(bar.place(Stop(0.25, Color(0, 0, 0))).x()), 40)
    QTest.mouseClick(bar, LEFT, NONE, between)
    preset = settings.get(GradientOptions).preset
    assert preset.stops is not None
    assert len(preset.stops) == len(PRESETS[3].stops or ()) + 1
    assert abs(bar.chosen.color.red - 128) <= 6
    assert (bar.chosen.color.green, bar.chosen.color.blue) == (255, 0)
    # Its colour and place.
    driver.tools.set_foreground(Color(9, 8, 7))
    QTest.mouseClick(driver.find("stopForegroundButton"), LEFT)
    assert bar.chosen.color == Color(9, 8, 7)
    bar.setFocus()
    QTest.keyClick(bar, Qt.Key.Key_Right)
    assert bar.chosen.position == pytest.approx(0.26, abs=0.01)
    QTest.mouseClick(driver.find("keepGradientButton"), LEFT)
    kept = settings.get(GradientOptions)
    assert kept.own == (kept.preset,)
    # Dragged away it is gone.
    QTest.mousePress(bar, LEFT, NONE, bar.place(bar.chosen).toPoint())
    QTest.mouseMove(bar, QPoint(bar.place(bar.chosen).toPoint().x(), 300))
    QTest.mouseRelease(bar, LEFT, NONE, QPoint(100, 300))
    assert settings.get(GradientOptions).preset.stops == PRESETS[3].stops
    popup.close()


@pytest.mark.qt_log_ignore("does not support grabbing the keyboard", extend=True)
def test_the_last_two_stops_stay(driver):
    driver.key(Qt.Key.Key_G)
    popup, bar = card(driver), driver.find("gradientBar")
    for _ in range(3):
        QTest.keyClick(bar, Qt.Key.Key_Delete)
    assert len(bar.stops) == 2
    popup.close()


def test_gradient_options_in_the_bar_count(driver, qtbot):
    driver.key(Qt.Key.Key_G)
    combo = driver.find("gradientShapeCombo")
    combo.setFocus()
    QTest.keyClick(combo, Qt.Key.Key_Down)
    assert driver.tools.settings.get(GradientOptions).shape is GradientShape.RADIAL
    QTest.mouseClick(driver.find("gradientReverseBox"), LEFT, NONE, QPoint(8, 14))
    assert driver.tools.settings.get(GradientOptions).reverse


def test_shapes_are_drawn_by_mouse_with_what_the_bar_says(driver, qtbot):
    driver.key(Qt.Key.Key_U)
    QTest.mouseClick(driver.find("ellipseShapeButton"), LEFT)
    driver.tools.set_foreground(Color(10, 200, 30))
    driver.drag((100, 100), (200, 150), (300, 200))
    settle(driver, qtbot)
    assert driver.documents.history.undo_label == "Ellipse"
    found = pixels(driver)
    assert tuple(found[150, 200]) == (30, 200, 10, 255)
    assert not found[102, 102].any()


def test_a_free_polygon_is_clicked_shown_and_closed_with_enter(driver, qtbot):
    driver.tools.set_tool(ToolName.SHAPE)
    QTest.mouseClick(driver.find("freeShapeButton"), LEFT)
    driver.canvas.setFocus()
    for x, y in ((100, 100), (300, 100), (300, 300)):
        QTest.mouseClick(driver.canvas, LEFT, NONE, driver.at(x, y))
        QApplication.processEvents()
    qtbot.waitUntil(lambda: bool(pixels(driver, seen=True)[120, 280].any()))
    assert not driver.documents.history.can_undo
    driver.key(Qt.Key.Key_Return)
    settle(driver, qtbot)
    assert driver.documents.history.undo_label == "Polygon"
    assert pixels(driver)[120, 280, 3] == 255


def test_controls_that_do_not_count_are_hidden(driver):
    driver.key(Qt.Key.Key_U)
    for kind, fields in (
        (ShapeKind.RECTANGLE, ("shapeRadiusSlider",)),
        (ShapeKind.POLYGON, ("shapeSidesSlider", "shapeInnerSlider")),
        (ShapeKind.LINE, ("shapeWidthSlider",)),
    ):
        QTest.mouseClick(driver.find(f"{kind.value}ShapeButton"), LEFT)
        for name in ("shapeRadiusSlider", "shapeSidesSlider", "shapeInnerSlider", "shapeWidthSlider"):
            assert driver.find(name).isHidden() is (name not in fields), (kind, name)


def test_options_are_remembered(driver):
    options = GradientOptions(
        preset=Preset("Own", (Stop(0.1, Color(1, 2, 3, 4)), Stop(1.0, Color(5, 6, 7)))),
        shape=GradientShape.DIAMOND,
        blend_mode=BlendMode.SCREEN,
        target=Target.MASK,
        opacity=0.25,
    )
    driver.tools.settings.put(options)
    driver.tools.settings.put(ShapeOptions(kind=ShapeKind.FREE, stroke=Ink.BRUSH, sides=9))
    kept = driver.settings.settings.tool_options
    restored = ToolSettings()
    restored.restore(kept)
    assert restored.get(GradientOptions) == options
    assert restored.get(ShapeOptions).sides == 9
    assert restored.as_text() == kept


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{", '{"shape": "spiral"}', '{"opacity": 7}', '{"opacity": "x"}', '{"own": 3}', '{"preset": null}'],
)
def test_options_that_cannot_be_used_are_passed_over(text):
    settings = ToolSettings()
    settings.restore({"gradient": text, "newer": "{}"})
    assert settings.get(GradientOptions) == GradientOptions()


def test_options_of_a_newer_version_are_taken_as_far_as_they_are_known():
    settings = ToolSettings()
    settings.restore({"gradient": json.dumps({"opacity": 0.5, "sparkles": True})})
    assert settings.get(GradientOptions) == GradientOptions(opacity=0.5)
