"""The curve editor, the card with everything that a brush can be, symmetry and stabiliser."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget

from sdpaint.controllers.document_controller import DocumentController
from sdpaint.controllers.tool_controller import ToolController
from sdpaint.document.edits import new_document
from sdpaint.gui.panels.brush_settings import BrushSettings
from sdpaint.gui.panels.paint_options import StabiliserCard, SymmetryCard
from sdpaint.gui.widgets.curve_editor import CurveEditor
from sdpaint.imaging.blend import BlendMode
from sdpaint.imaging.brush import BrushParams
from sdpaint.imaging.dynamics import FALLING, Curve, Driver, Property, Sensor
from sdpaint.imaging.geometry import Size
from sdpaint.imaging.stabiliser import StabiliserKind
from sdpaint.imaging.symmetry import Symmetry, SymmetryKind
from sdpaint.imaging.tips import Grain, Tip, bundled_tip
from sdpaint.tools.base import ToolName
from tests.gui.conftest import double_click


@pytest.fixture
def tools() -> ToolController:
    return ToolController(DocumentController(new_document(Size(200, 100))))


@pytest.fixture
def settings(tools, qtbot) -> BrushSettings:
    card = BrushSettings(tools)
    qtbot.addWidget(card)
    return card


@pytest.fixture
def editor(qtbot) -> CurveEditor:
    editor = CurveEditor("curve", "Curve")
    qtbot.addWidget(editor)
    editor.resize(214, 164)
    editor.show()
    return editor


def find(card: QWidget, name: str) -> QWidget:
    found = card.findChild(QWidget, name)
    assert found is not None, name
    return found


def drag(editor: CurveEditor, start: tuple[float, float], end: tuple[float, float]) -> None:
    places = [editor.place(point).toPoint() for point in (start, end)]
    QTest.mousePress(editor, Qt.MouseButton.LeftButton, pos=places[0])
    QTest.mouseMove(editor, places[1])
    QTest.mouseRelease(editor, Qt.MouseButton.LeftButton, pos=places[1])


def test_a_point_is_added_and_moved_by_dragging(editor, qtbot):
    with qtbot.waitSignal(editor.curve_changed):
        drag(editor, (0.5, 0.5), (0.6, 0.2))
    (x, y) = editor.curve.points[1]
    assert (x, y) == pytest.approx((0.6, 0.2), abs=0.02)
    assert len(editor.curve.points) == 3


def test_end_points_keep_to_their_sides_and_inner_ones_between_their_neighbours(editor):
    drag(editor, (0.0, 0.0), (0.4, 0.7))
    assert editor.curve.points[0] == pytest.approx((0.0, 0.7), abs=0.02)
    drag(editor, (0.5, 0.1), (3.0, 0.1))
    xs = [x for x, _ in editor.curve.points]
    assert xs == sorted(xs)
    assert xs[1] < 1.0


def test_a_double_click_takes_a_point_away_but_not_the_ends(editor):
    editor.set_curve(Curve(((0.0, 0.0), (0.5, 0.9), (1.0, 1.0))))
    double_click(editor, editor.place((0.5, 0.9)).toPoint())
    assert editor.curve == Curve()
    double_click(editor, editor.place((0.0, 0.0)).toPoint())
    assert editor.curve == Curve()


def test_the_keyboard_reaches_every_point(editor):
    editor.set_curve(Curve(((0.0, 0.0), (0.5, 0.5), (1.0, 1.0))))
    QTest.keyClick(editor, Qt.Key.Key_PageDown)
    QTest.keyClick(editor, Qt.Key.Key_Up)
    assert editor.curve.points[1] == pytest.approx((0.5, 0.52))
    QTest.keyClick(editor, Qt.Key.Key_Delete)
    assert len(editor.curve.points) == 2


def test_the_line_is_drawn_where_the_curve_says(editor):
    editor.set_curve(FALLING)
    picture = editor.grab().toImage()
    strong = editor.palette().text().color()

    def is_line(point: tuple[float, float]) -> bool:
        at = editor.place(point)
        near = [QPointF(at.x(), at.y() + dy).toPoint() for dy in (-1, 0, 1)]
        return any(abs(picture.pixelColor(p).lightness() - strong.lightness()) < 60 for p in near)

    assert is_line((0.3, 0.7))
    assert not is_line((0.3, 0.4))


def test_what_is_set_reaches_the_brush(tools, settings):
    tools.set_brush(BrushParams())
    tip = find(settings, "brushTipCombo")
    tip.setCurrentText("Leaf")
    tip.activated.emit(tip.currentIndex())
    assert tools.brush.tip == bundled_tip("leaf")
    mode = find(settings, "brushBlendCombo")
    mode.setCurrentText("Multiply")
    mode.activated.emit(mode.currentIndex())
    grain = find(settings, "brushGrainCombo")
    grain.setCurrentText("Canvas")
    grain.activated.emit(grain.currentIndex())
    find(settings, "brushBuildUpCheck").setChecked(True)
    find(settings, "brushScatterSlider")._change(0.5)
    find(settings, "brushGrainDepthSlider")._change(0.8)
    brush = tools.brush
    assert (brush.blend_mode, brush.build_up, brush.scatter) == (BlendMode.MULTIPLY, True, 0.5)
    assert brush.grain == Grain("canvas", 1.0, 0.8)


def test_every_brush_is_shown_as_it_is(tools, settings):
    drivers = (Driver(Property.FLOW, Sensor.SPEED, FALLING, 0.4), Driver(Property.SIZE, Sensor.FADE))
    tools.set_brush(BrushParams(angle=30, tip=bundled_tip("star"), drivers=drivers, fade_length=7))
    assert find(settings, "brushTipCombo").currentText() == "Star"
    assert find(settings, "brushAngleSlider").value == 30
    rows = find(settings, "brushDriversList")
    assert [rows.item(i).text() for i in range(rows.count())] == ["Flow ← Speed", "Size ← Fade along the stroke"]
    assert find(settings, "driverStrengthSlider").value == 0.4
    assert find(settings, "driverCurve").curve == FALLING
    assert not find(settings, "brushFadeSlider").isHidden()
    tools.set_brush(BrushParams())
    assert rows.count() == 0
    assert not find(settings, "driverCurve").isEnabled()


def test_a_tip_of_one_s_own_is_named_and_kept(tools, settings):
    own = Tip("Moss", bundled_tip("leaf").pixels)
    tools.set_brush(BrushParams(tip=own))
    assert find(settings, "brushTipCombo").currentText() == "Moss"
    tools.set_brush(replace(tools.brush, angle=5))
    assert tools.brush.tip is own


def test_drivers_are_added_changed_and_removed(tools, settings):
    tools.set_brush(BrushParams())
    find(settings, "addDriverButton").click()
    assert tools.brush.drivers == (Driver(Property.SIZE, Sensor.PRESSURE),)
    sensor = find(settings, "driverSensorCombo")
    sensor.setCurrentText("Tilt")
    sensor.activated.emit(sensor.currentIndex())
    find(settings, "driverStrengthSlider")._change(0.25)
    curve = find(settings, "driverCurve")
    curve._take(FALLING.points)
    assert tools.brush.drivers == (Driver(Property.SIZE, Sensor.TILT, FALLING, 0.25),)
    find(settings, "addDriverButton").click()
    assert len(tools.brush.drivers) == 2
    find(settings, "removeDriverButton").click()
    assert tools.brush.drivers == (Driver(Property.SIZE, Sensor.TILT, FALLING, 0.25),)


def test_symmetry_is_set_and_shown(tools, qtbot):
    card = SymmetryCard(tools)
    qtbot.addWidget(card)
    kind = find(card, "symmetryCombo")
    kind.setCurrentText("Radial")
    kind.activated.emit(kind.currentIndex())
    find(card, "symmetryArmsSlider")._change(8)
    find(card, "wrapCheck").setChecked(True)
    assert tools.paint_options.symmetry == Symmetry(SymmetryKind.RADIAL, 8)
    assert tools.paint_options.wraps
    tools.set_paint_options(replace(tools.paint_options, symmetry=Symmetry(SymmetryKind.VERTICAL, centre_x=0.3)))
    assert kind.currentText() == "Left and right"
    assert find(card, "symmetryXSlider").value == 0.3
    assert not find(card, "symmetryYSlider").isEnabled()


def test_the_stabiliser_is_set_and_shown(tools, qtbot):
    card = StabiliserCard(tools)
    qtbot.addWidget(card)
    kind = find(card, "stabiliserCombo")
    kind.setCurrentIndex(2)
    kind.activated.emit(2)
    find(card, "stabiliserRopeSlider")._change(25)
    assert tools.paint_options.stabilising.kind is StabiliserKind.ROPE
    assert tools.paint_options.stabilising.rope_px == 25
    assert find(card, "stabiliserStrengthSlider").isHidden()


@pytest.mark.qt_log_ignore("does not support grabbing the keyboard", extend=True)
def test_the_buttons_open_the_cards_and_show_what_is_on(driver, qtbot):
    for button, card in (
        ("brushSettingsButton", "brushSettings"),
        ("symmetryButton", "symmetryCard"),
        ("stabiliserButton", "stabiliserCard"),
    ):
        before = driver.find(button).isChecked()
        driver.find(button).click()
        assert driver.find(button).isChecked() == before
        shown = driver.find(card)
        assert shown.isVisible()
        shown.close()
    driver.tools.set_paint_options(replace(driver.tools.paint_options, symmetry=Symmetry(SymmetryKind.BOTH)))
    assert driver.find("symmetryButton").isChecked()
    qtbot.waitUntil(lambda: not driver.window._services.brushes.is_busy)


def test_the_axis_is_seen_on_the_canvas_while_a_brush_is_in_hand(driver, qtbot):
    size = driver.documents.document.size
    place = driver.at(size.width / 2, size.height / 8)

    def row() -> list[str]:
        picture = driver.canvas.grab(driver.canvas.rect()).toImage()
        return [picture.pixelColor(place + QPoint(dx, dy)).name() for dx in range(-3, 4) for dy in range(12)]

    qtbot.waitUntil(lambda: driver.canvas.is_complete)
    before = row()
    driver.tools.set_paint_options(replace(driver.tools.paint_options, symmetry=Symmetry(SymmetryKind.VERTICAL)))
    assert row() != before
    driver.tools.set_tool(ToolName.PAN)
    assert row() == before
