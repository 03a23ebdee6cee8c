"""The Image menu: turned, scaled and cropped from the window, one step each."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QWidget

from sdpaint.document.selection_edits import set_selection
from sdpaint.document.transforms import Resampling
from sdpaint.gui.dialogs.image_size import ImageSizeDialog
from sdpaint.imaging.geometry import Rect, Size
from sdpaint.imaging.selection import rectangle
from tests.gui.test_main_window import controls, described

LEFT = Qt.MouseButton.LeftButton


def done(driver, qtbot, action: str) -> None:
    with qtbot.waitSignal(driver.documents.history_changed):
        driver.trigger(action)


@pytest.mark.parametrize(
    ("action", "label", "size"),
    [
        ("imageRight", "Rotate right", Size(512, 768)),
        ("imageLeft", "Rotate left", Size(512, 768)),
        ("imageHalf", "Rotate by 180°", Size(768, 512)),
        ("imageMirror", "Flip horizontally", Size(768, 512)),
        ("imageFlip", "Flip vertically", Size(768, 512)),
    ],
)
def test_the_picture_is_turned_as_one_step(driver, qtbot, action, label, size):
    before = driver.documents.committed
    done(driver, qtbot, action)
    assert driver.documents.committed.size == size
    assert driver.documents.history.undo_label == label
    driver.trigger("undo")
    assert driver.documents.committed is before


def test_a_layer_is_mirrored_alone(driver, qtbot):
    driver.drag((100, 100), (200, 120))
    before = driver.documents.committed
    left = before.active_layer.tiles.bounds()
    done(driver, qtbot, "layerMirror")
    after = driver.documents.committed
    assert after.active_layer.tiles.bounds() == Rect(768 - left.right, left.y, left.width, left.height)
    assert after.layers[0] is before.layers[0]


def test_an_empty_layer_says_so(driver):
    driver.trigger("layerRight")
    assert "nothing to turn" in driver.find("messageText").text()


def test_the_picture_is_scaled_with_its_proportions(driver, qtbot):
    driver.trigger("imageSize")
    dialog = driver.window.findChild(ImageSizeDialog)
    qtbot.waitUntil(dialog.isActiveWindow)
    width = dialog.findChild(QWidget, "imageWidth")
    width.setFocus()
    width.selectAll()
    QTest.keyClicks(width, "384")
    QTest.keyClick(width, Qt.Key.Key_Tab)
    assert dialog.size_chosen == Size(384, 256)
    assert dialog.findChild(QWidget, "imagePercent").value == 50
    with qtbot.waitSignal(driver.documents.history_changed):
        QTest.mouseClick(dialog.accept_button, LEFT)
    assert driver.documents.committed.size == Size(384, 256)
    assert driver.documents.history.undo_label == "Image size"


@pytest.fixture
def dialog(themed, qtbot) -> ImageSizeDialog:
    dialog = ImageSizeDialog(None, Size(300, 200))
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)
    qtbot.addWidget(dialog)
    dialog.show()
    return dialog


def set_field(dialog, name: str, value: int) -> None:
    field = dialog.findChild(QWidget, name)
    field.set_value(value)
    field.value_committed.emit(value)


def test_sides_follow_each_other_while_they_are_linked(dialog):
    set_field(dialog, "imageHeight", 100)
    assert dialog.size_chosen == Size(150, 100)
    set_field(dialog, "imagePercent", 200)
    assert dialog.size_chosen == Size(600, 400)
    link = dialog.findChild(QWidget, "imageSizeLink")
    QTest.mouseClick(link, LEFT)
    set_field(dialog, "imageHeight", 10)
    assert dialog.size_chosen == Size(600, 10)
    QTest.mouseClick(link, LEFT)
    assert dialog.size_chosen == Size(600, 400)


def test_hard_pixels_can_be_chosen(dialog):
    assert dialog.resampling is Resampling.SMOOTH
    method = dialog.findChild(QWidget, "imageResampling")
    method.setCurrentIndex(method.findText(Resampling.PIXELS.value))
    assert dialog.resampling is Resampling.PIXELS


def test_every_control_of_it_has_its_names_and_keyboard_reach(dialog):
    found = controls(dialog)
    assert len(found) == 7
    assert {each.objectName(): described(each) for each in found if described(each)} == {}
    assert any("300 × 200" in each.text() for each in dialog.findChildren(QLabel))


def test_the_canvas_is_cropped_to_the_frame_and_to_the_selection(driver, qtbot):
    frame = driver.documents.committed.frame
    done(driver, qtbot, "cropToFrame")
    assert driver.documents.committed.size == frame.size
    driver.trigger("cropToFrame")
    assert "already" in driver.find("messageText").text()
    driver.trigger("cropToSelection")
    assert "Nothing is selected" in driver.find("messageText").text()
    selected = set_selection(driver.documents.committed, rectangle(Rect(10, 20, 64, 48)))
    driver.documents.apply("Select", selected)
    done(driver, qtbot, "cropToSelection")
    assert driver.documents.committed.size == Size(64, 48)
