"""The navigator: the whole picture small, and the view moved by it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from sdpaint.document.edits import new_document
from sdpaint.gui.panels.navigator import Overview
from sdpaint.imaging.geometry import Point, Size

LEFT, NONE = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier


@pytest.fixture
def overview(driver, qtbot) -> Overview:
    driver.documents.open(new_document(Size(2000, 1000), (255, 255, 255)))
    driver.window._docks["Navigator"].raise_()
    QApplication.processEvents()
    found = driver.find("navigatorOverview")
    assert isinstance(found, Overview)
    qtbot.waitUntil(lambda: driver.canvas.is_complete)
    return found


def place(overview: Overview, x: float, y: float) -> QPoint:
    """Where a canvas position is on the small picture."""
    area = overview._area
    return QPointF(area.left() + x / 2000 * area.width(), area.top() + y / 1000 * area.height()).toPoint()


def seen_at(overview: Overview, x: float, y: float) -> QColor:
    image = overview.grab().toImage()
    at = place(overview, x, y) * image.devicePixelRatio()
    return image.pixelColor(at)


def test_it_shows_what_is_painted(driver, overview, qtbot):
    assert seen_at(overview, 1000, 500).lightness() > 240
    driver.tools.set_brush(replace(driver.tools.brush, size_px=300.0))
    driver.drag((900, 500), (1000, 500), (1100, 500))
    qtbot.waitUntil(lambda: seen_at(overview, 1000, 500).lightness() < 40)


def test_another_document_is_shown(driver, overview, qtbot):
    driver.drag((900, 500), (1000, 500))
    driver.documents.open(new_document(Size(2000, 1000), (0, 0, 200)))
    qtbot.waitUntil(lambda: seen_at(overview, 1000, 500).red() < 20)
    assert seen_at(overview, 1000, 500).blue() > 180


def test_a_press_takes_the_view_there_and_a_drag_goes_on(driver, overview):
    driver.canvas.zoom_to(4.0)
    QTest.mousePress(overview, LEFT, NONE, place(overview, 1600, 800))
    center = driver.canvas.viewport.center
    assert (center.x, center.y) == (pytest.approx(1600, abs=12), pytest.approx(800, abs=12))
    QTest.mouseMove(overview, place(overview, 400, 300))
    QTest.mouseRelease(overview, LEFT, NONE, place(overview, 400, 300))
    center = driver.canvas.viewport.center
    assert (center.x, center.y) == (pytest.approx(400, abs=12), pytest.approx(300, abs=12))
    QTest.mouseMove(overview, place(overview, 1000, 500))
    assert driver.canvas.viewport.center == center


def test_the_marked_part_is_dragged_without_a_jump(driver, overview):
    driver.canvas.zoom_to(1.0)
    before = driver.canvas.viewport.center
    QTest.mousePress(overview, LEFT, NONE, place(overview, before.x + 150, before.y + 100))
    after = driver.canvas.viewport.center
    assert (after.x, after.y) == (pytest.approx(before.x, abs=2), pytest.approx(before.y, abs=2))
    QTest.mouseRelease(overview, LEFT, NONE, place(overview, before.x + 150, before.y + 100))


def test_the_wheel_zooms(driver, overview):
    before = driver.canvas.zoom
    pos = QPointF(overview.rect().center())
    event = QWheelEvent(
        pos, QPointF(overview.mapToGlobal(pos.toPoint())), QPoint(), QPoint(0, 360), Qt.MouseButton.NoButton, NONE,
        Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(overview, event)
    assert driver.canvas.zoom == pytest.approx(2 * before)


def test_the_sliders_and_the_view_follow_each_other(driver, overview):
    zoom, turn = driver.find("navigatorZoomSlider"), driver.find("navigatorTurnSlider")
    driver.canvas.zoom_to(2.0)
    driver.canvas.rotate_by(30.0)
    assert (zoom.value, turn.value) == (2.0, 30.0)
    turn.setFocus()
    QTest.keyClick(turn, Qt.Key.Key_Right)
    assert driver.canvas.rotation == pytest.approx(31.0)
    zoom.setFocus()
    QTest.keyClick(zoom, Qt.Key.Key_Left)
    assert driver.canvas.zoom < 2.0
    QTest.mouseClick(driver.find("navigatorMirrorButton"), LEFT)
    assert driver.canvas.flipped
    QTest.mouseClick(driver.find("navigatorFitButton"), LEFT)
    view = driver.canvas.viewport
    assert view.view_bounds(driver.documents.document.bounds).left >= 0


def test_a_turned_view_is_marked_turned(driver, overview):
    driver.canvas.rotate_by(30.0)
    outline = overview._view_outline()
    assert outline[0].y() != pytest.approx(outline[1].y())
    corner = driver.canvas.viewport.to_canvas(Point(0.0, 0.0))
    assert outline[0].toPoint() == place(overview, corner.x, corner.y)
