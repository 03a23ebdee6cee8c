"""The global curve of the stylus's pressure: edited, tried out, kept, and felt by brushes."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget

from sdpaint.controllers.document_controller import DocumentController
from sdpaint.controllers.pressure import curve_of
from sdpaint.controllers.tool_controller import ToolController
from sdpaint.document.edits import new_document
from sdpaint.gui.dialogs.preferences import PreferencesDialog
from sdpaint.gui.widgets.pressure_field import PressureField
from sdpaint.imaging.dynamics import FALLING, LINEAR, SOFT, Curve
from sdpaint.imaging.geometry import Point, Rect, Size
from sdpaint.settings.schema import Settings
from sdpaint.tools.base import PointerEvent


@pytest.mark.parametrize("curve", [LINEAR, SOFT, FALLING])
def test_a_curve_comes_back_from_its_text(curve):
    assert Curve.from_text(curve.text) == curve


@pytest.mark.parametrize("text", ["", "nonsense", "0,0", "0,0 1,7", "0,nan 1,1"])
def test_a_text_that_is_no_curve_counts_as_straight(text):
    assert curve_of(text) == LINEAR


def test_the_paper_draws_by_the_curve(qtbot):
    field = PressureField("pressure", "Pressure", FALLING.text, "")
    qtbot.addWidget(field)
    field.resize(400, 160)
    field.show()
    paper = field.findChild(QWidget, "pressurePaper")
    QTest.mousePress(paper, Qt.MouseButton.LeftButton, pos=QPoint(20, 20))
    before = paper.widths_px
    QTest.mouseRelease(paper, Qt.MouseButton.LeftButton, pos=QPoint(20, 20))
    assert before == [pytest.approx(22 * 0.5, abs=0.2)]
    field.findChild(QWidget, "pressure").set_curve(SOFT)
    paper.set_curve(SOFT)
    assert paper.widths_px[0] > before[0]
    assert field.text == SOFT.text
    field.findChild(QWidget, "pressureReset").click()
    assert field.text == ""


def test_preferences_keep_the_curve(qtbot):
    dialog = PreferencesDialog(None, replace(Settings(), pressure_curve=SOFT.text))
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)
    qtbot.addWidget(dialog)
    assert dialog.changes == {}
    dialog.findChild(QWidget, "pressure_curveSettingReset").click()
    assert dialog.changes == {"pressure_curve": ""}


def test_brushes_feel_the_curve_and_a_mouse_does_not():
    def alpha(curve: Curve, has_pressure: bool) -> int:
        documents = DocumentController(new_document(Size(60, 60)))
        tools = ToolController(documents)
        tools.pressure.set_curves(curve, {})
        tools.set_brush(replace(tools.brush, size_px=30, pressure_size=False, pressure_opacity=True))
        event = PointerEvent(Point(30, 30), 0.2, has_pressure=has_pressure)
        tools.press(event)
        tools.release(event)
        return int(documents.document.active_layer.tiles.read(Rect(30, 30, 1, 1))[0, 0, 3])

    assert alpha(LINEAR, True) == pytest.approx(51, abs=1)
    assert alpha(FALLING, True) == pytest.approx(204, abs=1)
    assert alpha(FALLING, False) == 255


def test_the_setting_reaches_the_window_s_tools_at_once(driver):
    driver.settings.change(pressure_curve=FALLING.text)
    event = PointerEvent(Point(30, 30), 0.9, has_pressure=True)
    driver.tools.set_brush(replace(driver.tools.brush, pressure_size=False, pressure_opacity=True))
    driver.tools.press(event)
    driver.tools.release(event)
    pixel = driver.documents.document.active_layer.tiles.read(Rect(30, 30, 1, 1))[0, 0]
    assert int(pixel[3]) == pytest.approx(25, abs=2)
