"""Cursors and the picker's ring over the canvas."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor, QCursor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from sdpaint.gui.canvas.cursors import tool_cursor
from sdpaint.gui.canvas.overlay import SAMPLE_RING_PX
from sdpaint.imaging.color import Color
from sdpaint.imaging.raster import array_of
from sdpaint.imaging.shapes import ShapeKind
from sdpaint.tools.base import ToolName
from sdpaint.tools.options import PickerOptions, ShapeOptions

CTRL, ALT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.AltModifier
DRAWN = (ToolName.FILL, ToolName.GRADIENT, ToolName.PICKER, ToolName.SELECT_LASSO, ToolName.SELECT_ALIKE)


def picture(cursor: QCursor) -> np.ndarray:
    return array_of(cursor.pixmap().toImage(), 4)


def hover(driver, x: float, y: float) -> None:
    QTest.mouseMove(driver.canvas, driver.at(x, y))
    QApplication.processEvents()


@pytest.mark.parametrize("scale", [1.0, 1.5, 2.0])
def test_cursors_are_drawn_at_the_scale_of_the_screen_with_dark_and_light(qapp, scale):
    pictures = []
    for tool in DRAWN:
        cursor = tool_cursor(tool, scale)
        assert cursor.pixmap().devicePixelRatio() == scale
        drawn = picture(cursor)
        assert drawn.shape[0] == round(32 * scale)
        solid = drawn[drawn[..., 3] > 250]
        assert solid[:, 0].min() < 40
        assert solid[:, 0].max() > 220
        pictures.append(drawn.tobytes())
    assert len(set(pictures)) == len(DRAWN), "each tool has one of its own"


def test_the_hot_spot_of_a_cross_is_open_so_that_the_pixel_is_seen(qapp):
    cursor = tool_cursor(ToolName.FILL, 2.0)
    spot = cursor.hotSpot()
    assert picture(cursor)[2 * spot.y() + 1, 2 * spot.x() + 1, 3] == 0


@pytest.mark.parametrize(
    ("tool", "shape"),
    [
        (ToolName.TEXT, Qt.CursorShape.IBeamCursor),
        (ToolName.PAN, Qt.CursorShape.OpenHandCursor),
        (ToolName.FILL, Qt.CursorShape.BitmapCursor),
        (ToolName.GRADIENT, Qt.CursorShape.BitmapCursor),
        (ToolName.PICKER, Qt.CursorShape.BitmapCursor),
        (ToolName.BRUSH, Qt.CursorShape.BlankCursor),
    ],
)
def test_each_tool_shows_its_cursor_over_the_canvas(driver, tool, shape):
    driver.tools.set_tool(tool)
    hover(driver, 200, 200)
    assert driver.canvas.cursor().shape() is shape


def test_the_cursor_of_shapes_says_which(driver):
    driver.tools.set_tool(ToolName.SHAPE)
    hover(driver, 200, 200)
    before = picture(driver.canvas.cursor()).tobytes()
    options = driver.tools.settings.get(ShapeOptions)
    driver.tools.settings.put(replace(options, kind=ShapeKind.ELLIPSE))
    assert picture(driver.canvas.cursor()).tobytes() != before


def test_a_brush_too_small_for_its_rim_has_a_cross(driver):
    driver.tools.set_tool(ToolName.BRUSH)
    driver.tools.set_brush(replace(driver.tools.brush, size_px=1))
    hover(driver, 200, 200)
    assert driver.canvas.cursor().shape() is Qt.CursorShape.BitmapCursor


@pytest.mark.parametrize(("key", "modifier"), [(Qt.Key.Key_Alt, ALT), (Qt.Key.Key_Control, CTRL)])
def test_alt_or_ctrl_picks_while_painting_and_the_ring_compares(driver, key, modifier):
    driver.tools.set_tool(ToolName.BRUSH)
    driver.tools.set_foreground(Color(250, 0, 0))
    hover(driver, 300, 200)
    QTest.keyPress(driver.canvas, key, modifier)
    QApplication.processEvents()
    assert driver.tools.tool is ToolName.PICKER
    at, seen = driver.at(300, 200), driver.canvas.grab().toImage()
    above = seen.pixelColor(at - QPoint(0, round(SAMPLE_RING_PX)))
    below = seen.pixelColor(at + QPoint(0, round(SAMPLE_RING_PX)))
    assert above == QColor(255, 255, 255)
    assert below == QColor(250, 0, 0)
    QTest.mouseClick(driver.canvas, Qt.MouseButton.LeftButton, modifier, at)
    QTest.keyRelease(driver.canvas, key)
    QApplication.processEvents()
    assert driver.tools.foreground == Color(255, 255, 255)
    assert driver.tools.tool is ToolName.BRUSH


def test_ctrl_with_a_key_is_a_shortcut_all_the_same(driver):
    driver.tools.set_tool(ToolName.BRUSH)
    driver.drag((100, 100), (200, 100))
    QTest.keyPress(driver.canvas, Qt.Key.Key_Control, CTRL)
    driver.key(Qt.Key.Key_Z, CTRL)
    QTest.keyRelease(driver.canvas, Qt.Key.Key_Control)
    assert not driver.documents.history.can_undo
    assert driver.tools.tool is ToolName.BRUSH


def test_the_ring_goes_when_the_pointer_or_the_tool_does(driver, qtbot):
    qtbot.waitUntil(lambda: driver.canvas.is_complete)
    driver.key(Qt.Key.Key_I)
    hover(driver, 300, 200)
    at = driver.at(300, 200) - QPoint(0, round(SAMPLE_RING_PX) + 7)
    assert driver.canvas.grab().toImage().pixelColor(at) != QColor(255, 255, 255)
    driver.key(Qt.Key.Key_H)
    assert driver.canvas.grab().toImage().pixelColor(at) == QColor(255, 255, 255)


def test_the_sample_size_is_chosen_in_the_bar(driver):
    driver.key(Qt.Key.Key_I)
    combo = driver.find("pickerSizeCombo")
    combo.setFocus()
    QTest.keyClick(combo, Qt.Key.Key_Down)
    assert driver.tools.settings.get(PickerOptions).size_px == 3
