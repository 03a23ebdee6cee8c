"""Reference pictures in windows of their own: looked at, picked from, remembered."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QColor, QDragEnterEvent, QDropEvent, QGuiApplication, QImage, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from sdpaint.document.reference import LayerReference
from sdpaint.fileio.images import write_image
from sdpaint.gui.reference_window import ReferenceState, ReferenceWindow
from sdpaint.gui.references import References
from sdpaint.imaging.color import Color
from sdpaint.imaging.geometry import Rect
from tests.gui.conftest import double_click
from tests.gui.test_main_window import controls, described

LEFT, NONE = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
ALT, CTRL, SHIFT = (
    Qt.KeyboardModifier.AltModifier,
    Qt.KeyboardModifier.ControlModifier,
    Qt.KeyboardModifier.ShiftModifier,
)


@pytest.fixture
def picture(tmp_path) -> Path:
    """Red on the left, green on the right."""
    pixels = np.zeros((100, 200, 3), np.uint8)
    pixels[:, :100, 0] = 200
    pixels[:, 100:, 1] = 200
    write_image(tmp_path / "harbour.png", pixels)
    return tmp_path / "harbour.png"


@pytest.fixture
def reference(driver, qtbot, picture) -> ReferenceWindow:
    driver.asker.open_path = picture
    driver.trigger("openReference")
    return shown(driver, qtbot)


def shown(driver, qtbot) -> ReferenceWindow:
    qtbot.waitUntil(lambda: bool(driver.window.flows.references.windows))
    window = driver.window.flows.references.windows[-1]
    qtbot.waitUntil(lambda: window.windowHandle().isExposed())
    return window


def point(window: ReferenceWindow, x: float, y: float) -> QPoint:
    """Where a pixel of the picture is in the view."""
    area = window.view._area
    return QPointF(area.left() + x * window.view.scale, area.top() + y * window.view.scale).toPoint()


def seen(window: ReferenceWindow, x: float, y: float) -> QColor:
    return window.view.grab().toImage().pixelColor(point(window, x, y))


def test_a_file_is_shown_in_a_window_above_the_others_and_the_document_stays(driver, reference):
    flags = reference.windowFlags()
    assert flags & Qt.WindowType.WindowStaysOnTopHint
    assert reference.windowTitle() == "harbour"
    assert seen(reference, 50, 50) == QColor(200, 0, 0)
    assert not driver.documents.history.can_undo


@pytest.mark.parametrize("modifier", [ALT, CTRL])
def test_a_click_with_alt_or_control_takes_the_colour(driver, reference, modifier):
    QTest.mouseClick(reference.view, LEFT, modifier, point(reference, 150, 50))
    assert driver.tools.foreground == Color(0, 200, 0)
    QTest.mouseClick(reference.view, LEFT, NONE, point(reference, 50, 50))
    assert driver.tools.foreground == Color(0, 200, 0)


def test_the_wheel_zooms_where_it_is_and_a_double_click_shows_all(reference):
    before, at = reference.view.scale, point(reference, 40, 30)
    event = QWheelEvent(
        QPointF(at), QPointF(reference.view.mapToGlobal(at)), QPoint(), QPoint(0, 360), Qt.MouseButton.NoButton, NONE,
        Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(reference.view, event)
    assert reference.view.scale == pytest.approx(2 * before)
    assert (point(reference, 40, 30) - at).manhattanLength() <= 2
    double_click(reference.view, at)
    assert reference.view.scale == pytest.approx(before)


def test_a_drag_moves_the_picture(reference):
    before = point(reference, 50, 50)
    QTest.mousePress(reference.view, LEFT, NONE, before)
    QTest.mouseMove(reference.view, before + QPoint(20, 10))
    QTest.mouseRelease(reference.view, LEFT, NONE, before + QPoint(20, 10))
    assert point(reference, 50, 50) == before + QPoint(20, 10)


@pytest.mark.qt_log_ignore("does not support setting window opacity", extend=True)
def test_it_is_mirrored_grey_and_let_through(driver, reference):
    QTest.mouseClick(button(reference, "referenceFlipButton"), LEFT)
    assert seen(reference, 50, 50) == QColor(0, 200, 0)
    QTest.mouseClick(reference.view, LEFT, ALT, point(reference, 50, 50))
    assert driver.tools.foreground == Color(0, 200, 0)
    QTest.mouseClick(button(reference, "referenceGreyButton"), LEFT)
    grey = seen(reference, 50, 50)
    assert grey.red() == grey.green() == grey.blue() == round(200 * 0.7152)
    QTest.mouseClick(reference.view, LEFT, ALT, point(reference, 150, 50))
    assert driver.tools.foreground == Color(200, 0, 0)
    slider = button(reference, "referenceOpacitySlider")
    slider.setFocus()
    for _ in range(4):
        QTest.keyClick(slider, Qt.Key.Key_Left)
    assert reference.windowOpacity() == pytest.approx(0.8, abs=0.01)


def button(window: ReferenceWindow, name: str) -> QWidget:
    found = window.findChild(QWidget, name)
    assert found is not None
    return found


def test_files_dropped_with_shift_become_references(driver, qtbot, picture):
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(picture))])
    copy = Qt.DropAction.CopyAction
    QApplication.sendEvent(driver.window, QDragEnterEvent(QPoint(600, 400), copy, data, LEFT, SHIFT))
    drop = QDropEvent(QPointF(600, 400), copy, data, LEFT, SHIFT)
    QApplication.sendEvent(driver.window, drop)
    assert shown(driver, qtbot).path == picture
    assert driver.documents.title == "Untitled"


def test_what_was_copied_is_pasted_as_a_reference(driver, qtbot):
    image = QImage(60, 40, QImage.Format.Format_RGB32)
    image.fill(QColor(10, 20, 230))
    QGuiApplication.clipboard().setImage(image)
    driver.trigger("pasteReference")
    window = shown(driver, qtbot)
    QGuiApplication.clipboard().clear()
    assert seen(window, 30, 20) == QColor(10, 20, 230)
    assert window.path.exists()
    driver.trigger("closeReferences")
    assert driver.window.flows.references.windows == ()
    driver.trigger("pasteReference")
    assert "no picture in the clipboard" in driver.find("messageBar").text
    driver.window.close()
    assert not window.path.exists()


def test_they_come_back_as_they_were(driver, reference, qtbot):
    reference.setGeometry(60, 70, 320, 240)
    button(reference, "referenceGreyButton").click()
    driver.window.flows.references.shutdown()
    assert driver.window.flows.references.windows == ()
    (text,) = driver.settings.settings.references
    window = driver.window
    again = References(driver.tools, window.flows.layers, driver.settings, driver.asker, window.messages, window)
    again.restore()
    qtbot.waitUntil(lambda: bool(again.windows))
    assert again.windows[0].state == ReferenceState.from_text(text)
    assert again.windows[0].view.grey
    again.shutdown()


def test_a_file_that_is_gone_is_passed_over_at_the_start_and_said_when_asked_for(driver, tmp_path, qtbot):
    references = driver.window.flows.references
    gone = ReferenceState(str(tmp_path / "gone.png"), (0, 0, 100, 100))
    driver.settings.change(references=(gone.to_text(), "{}", "no json"))
    references.restore()
    qtbot.waitUntil(lambda: not references.is_busy)
    assert driver.find("messageBar").text == ""
    references.add(tmp_path / "gone.png")
    qtbot.waitUntil(lambda: not references.is_busy)
    assert "gone.png" in driver.find("messageBar").text


def test_every_control_of_it_has_its_names_and_keyboard_reach(reference):
    assert [described(each) for each in controls(reference) if described(each)] == []


def test_one_can_be_taken_up_as_a_hidden_style_reference_in_one_step(driver, reference, qtbot):
    before = driver.documents.document
    button(reference, "referenceTakeUpButton").click()
    qtbot.waitUntil(lambda: len(driver.documents.document.layers) > len(before.layers))

    document = driver.documents.document
    (layer,) = (each for each in document.walk() if each.reference is not None)
    assert (layer.name, layer.visible, layer.reference) == ("harbour", False, LayerReference())
    assert layer.tiles.bounds() == Rect(0, 0, 200, 100)
    assert document.active == before.active

    driver.trigger("undo")
    assert driver.documents.document.layers == before.layers
