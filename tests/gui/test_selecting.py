"""Selecting in the real window: tools, menus, keys, dialogs, the clipboard and files."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QMimeData, QPoint, Qt, QUrl
from PySide6.QtGui import QColor, QGuiApplication, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog

from sdpaint.document.edits import fill_mask
from sdpaint.document.selection_edits import select
from sdpaint.fileio.png import encode_png
from sdpaint.gui.actions import ACTIONS
from sdpaint.gui.clipboard import PLACE, PNG
from sdpaint.gui.panels.layer_row import row_places
from sdpaint.gui.panels.layers import mode_of_click
from sdpaint.imaging.color import Color
from sdpaint.imaging.geometry import Rect
from sdpaint.imaging.raster import array_of
from sdpaint.imaging.selection import SelectionChange, SelectionMode, ellipse, rectangle
from sdpaint.tools.base import ToolName
from sdpaint.tools.options import FillOptions, SelectionOptions
from tests.gui.conftest import Driver

LEFT = Qt.MouseButton.LeftButton
CTRL, SHIFT, ALT = (
    Qt.KeyboardModifier.ControlModifier,
    Qt.KeyboardModifier.ShiftModifier,
    Qt.KeyboardModifier.AltModifier,
)
BOX = Rect(100, 80, 200, 150)


@pytest.fixture(autouse=True)
def empty_clipboard(qapp):
    QGuiApplication.clipboard().clear()
    yield
    QGuiApplication.clipboard().clear()


def settle(driver: Driver, qtbot) -> None:
    window = driver.window

    def is_done() -> bool:
        return window.is_settled and not driver.tools.edits.is_computing and not window.flows.clipboard.is_busy

    qtbot.waitUntil(is_done)
    QApplication.processEvents()
    qtbot.waitUntil(is_done)


def act(driver: Driver, qtbot, action: str) -> None:
    driver.trigger(action)
    settle(driver, qtbot)


def select_box(driver: Driver, rect: Rect = BOX) -> None:
    driver.documents.apply("Select", select(driver.documents.committed, rectangle(rect)))


def paint(driver: Driver) -> None:
    """A thick red stroke across the box and beyond."""
    driver.tools.set_tool(ToolName.BRUSH)
    driver.tools.set_foreground(Color(220, 20, 30))
    driver.tools.set_brush(replace(driver.tools.brush, size_px=60, hardness=1.0))
    driver.drag((40, 150), (400, 150))


def active(driver: Driver) -> np.ndarray:
    document = driver.documents.committed
    return document.active_layer.tiles.read(document.bounds)


def dialog(driver: Driver) -> QDialog:
    found = [each for each in driver.window.findChildren(QDialog, "changeSelectionDialog") if each.isVisible()]
    assert len(found) == 1
    return found[0]


# -- tools and keys


@pytest.mark.parametrize(
    ("key", "modifiers", "tool"),
    [
        (Qt.Key.Key_A, None, ToolName.SELECT_RECTANGLE),
        (Qt.Key.Key_A, SHIFT, ToolName.SELECT_ELLIPSE),
        (Qt.Key.Key_L, None, ToolName.SELECT_LASSO),
        (Qt.Key.Key_L, SHIFT, ToolName.SELECT_POLYGON),
        (Qt.Key.Key_W, None, ToolName.SELECT_ALIKE),
        (Qt.Key.Key_F, None, ToolName.FILL),
        (Qt.Key.Key_G, None, ToolName.GRADIENT),
        (Qt.Key.Key_U, None, ToolName.SHAPE),
    ],
)
def test_keys_take_the_tools_in_hand(driver, key, modifiers, tool):
    driver.key(key, modifiers or Qt.KeyboardModifier.NoModifier)
    assert driver.tools.tool is tool
    assert driver.find(f"{tool.value}ToolButton").isChecked()


def test_a_box_is_selected_by_mouse_and_taken_away_by_keys(driver, qtbot):
    driver.key(Qt.Key.Key_A)
    driver.drag((100, 80), (300, 230))
    settle(driver, qtbot)
    bounds = driver.documents.committed.selection.bounds()
    assert abs(bounds.left - 100) <= 1
    assert abs(bounds.bottom - 230) <= 1
    for key, modifiers in ((Qt.Key.Key_D, CTRL), (Qt.Key.Key_A, CTRL | SHIFT)):
        driver.key(Qt.Key.Key_A, CTRL)
        assert driver.documents.committed.selection is not None
        driver.key(key, modifiers)
        assert driver.documents.committed.selection is None


def test_everything_is_inverted_reselected_and_undone(driver, qtbot):
    select_box(driver)
    driver.key(Qt.Key.Key_I, CTRL | SHIFT)
    settle(driver, qtbot)
    inverted = driver.documents.committed.selection
    assert inverted.read(BOX).max() == 0
    driver.key(Qt.Key.Key_D, CTRL)
    driver.key(Qt.Key.Key_D, CTRL | SHIFT)
    assert driver.documents.committed.selection == inverted
    for _ in range(4):
        driver.trigger("undo")
    assert driver.documents.committed.selection is None
    assert not driver.documents.history.can_undo


def test_nothing_to_reselect_is_said(driver, qtbot):
    with qtbot.waitSignal(driver.window.messages.posted):
        driver.trigger("reselect")


def test_actions_that_need_a_selection_wait_for_one(driver):
    names = ("deselect", "invertSelection", "growSelection", "featherSelection", "selectionToMask")
    actions = driver.window.actions_by_id
    assert not any(actions[name].isEnabled() for name in names)
    select_box(driver)
    assert all(actions[name].isEnabled() for name in names)
    driver.trigger("deselect")
    assert not any(actions[name].isEnabled() for name in names)


def test_every_new_action_says_what_it_does():
    for spec in ACTIONS:
        if spec.slot.startswith(("selection.", "clipboard.")):
            assert spec.tooltip, spec.id


# -- options


def test_the_bar_shows_what_counts_for_the_tool(driver):
    driver.key(Qt.Key.Key_A)
    tolerance, feather = driver.find("wandToleranceSlider"), driver.find("selectionFeatherSlider")
    assert feather.isVisible()
    assert not tolerance.isVisible()
    assert not driver.find("selectionAntialiasBox").isVisible()
    driver.key(Qt.Key.Key_W)
    assert tolerance.isVisible()
    driver.key(Qt.Key.Key_F)
    assert driver.find("fillToleranceSlider").isVisible()
    assert not feather.isVisible()
    driver.key(Qt.Key.Key_B)
    assert not driver.find("fillToleranceSlider").isVisible()


def test_options_reach_the_tools_and_come_back_from_them(driver):
    driver.key(Qt.Key.Key_W)
    QTest.mouseClick(driver.find("addSelectionButton"), LEFT)
    assert driver.tools.settings.get(SelectionOptions).mode is SelectionMode.ADD
    QTest.mouseClick(driver.find("wandContiguousBox"), LEFT, pos=QPoint(8, 14))
    assert not driver.tools.settings.get(SelectionOptions).contiguous
    driver.find("wandToleranceSlider").value_changed.emit(77.0)
    assert driver.tools.settings.get(SelectionOptions).tolerance == 77
    driver.tools.settings.put(replace(driver.tools.settings.get(SelectionOptions), mode=SelectionMode.INTERSECT))
    assert driver.find("intersectSelectionButton").isChecked()
    assert not driver.find("addSelectionButton").isChecked()
    driver.key(Qt.Key.Key_F)
    driver.tools.settings.put(replace(driver.tools.settings.get(FillOptions), grow_px=5, contiguous=False))
    assert driver.find("fillGrowSlider").value == 5
    assert not driver.find("fillContiguousBox").isChecked()


def test_all_tools_are_in_reach_in_a_low_window(driver, qtbot):
    for width, height in ((760, 480), (1280, 860)):
        driver.window.resize(width, height)
        QApplication.processEvents()
        for tool in ToolName:
            button = driver.find(f"{tool.value}ToolButton")
            assert button.isVisible()
            place = button.mapTo(driver.window, button.rect().bottomRight())
            assert driver.window.rect().contains(place), (tool, width, height)


# -- changes by a number


def test_growing_is_shown_while_the_number_is_chosen_and_kept_as_one_step(driver, qtbot):
    select_box(driver)
    before = driver.documents.committed
    driver.trigger("growSelection")
    box = dialog(driver)
    with qtbot.waitSignal(box._preview.shown, check_params_cb=lambda amount: amount == 20):
        slider = box.findChild(type(driver.find("brushSizeSlider")), "selectionAmountSlider")
        slider.set_value(20)
        slider.value_changed.emit(20.0)
    assert driver.documents.document.selection.bounds() == BOX.inflated(20)
    assert driver.documents.committed is before
    box.accept()
    settle(driver, qtbot)
    assert driver.documents.committed.selection.bounds() == BOX.inflated(20)
    assert driver.documents.history.undo_label == "Grow selection"
    driver.trigger("undo")
    assert driver.documents.committed is before


def test_cancelling_leaves_the_selection_as_it_was(driver, qtbot):
    select_box(driver)
    before = driver.documents.committed
    driver.trigger("featherSelection")
    box = dialog(driver)
    with qtbot.waitSignal(box._preview.shown):
        box._preview.show(9)
    box.reject()
    settle(driver, qtbot)
    assert driver.documents.document is before
    assert driver.documents.history.undo_label == "Select"


def test_accepting_before_the_preview_came_computes_it(driver, qtbot):
    select_box(driver)
    driver.trigger("borderSelection")
    dialog(driver).accept()
    settle(driver, qtbot)
    assert driver.documents.history.undo_label == "Border of selection"
    center = driver.documents.committed.selection.read(Rect(190, 150, 1, 1))
    assert center[0, 0] == 0


@pytest.mark.parametrize("change", list(SelectionChange))
def test_every_change_has_a_dialog_and_a_step(driver, qtbot, change):
    select_box(driver)
    driver.trigger(f"{change.value}Selection")
    dialog(driver).accept()
    settle(driver, qtbot)
    assert driver.documents.history.undo_label != "Select"


def test_shrinking_all_away_leaves_no_selection_and_says_so(driver, qtbot):
    select_box(driver, Rect(100, 100, 6, 6))
    with qtbot.waitSignal(driver.window.messages.posted):
        driver.window.flows.selection.change(SelectionChange.SHRINK, 50)
    assert driver.documents.committed.selection is None


def test_holes_are_filled(driver, qtbot):
    select_box(driver)
    shape = rectangle(Rect(150, 100, 20, 20))
    driver.documents.apply("Hole", select(driver.documents.committed, shape, SelectionMode.SUBTRACT))
    act(driver, qtbot, "fillSelectionHoles")
    assert driver.documents.committed.selection == rectangle(BOX)


# -- mask and layers


def test_selection_and_mask_turn_into_each_other_by_one_click_each(driver, qtbot):
    shape = ellipse(50, 50, 300, 250, driver.documents.committed.bounds)
    driver.documents.apply("Select", select(driver.documents.committed, shape))
    QTest.mouseClick(driver.find("selectionToMaskButton"), LEFT)
    assert driver.documents.committed.mask.tiles == shape
    assert driver.documents.history.undo_label == "Selection to mask"
    driver.trigger("deselect")
    QTest.mouseClick(driver.find("maskToSelectionButton"), LEFT)
    settle(driver, qtbot)
    assert driver.documents.committed.selection == shape
    assert driver.find("generateButton").text() == "Inpaint"


def test_the_buttons_say_when_there_is_nothing_to_turn(driver):
    assert not driver.find("selectionToMaskButton").isEnabled()
    assert not driver.find("maskToSelectionButton").isEnabled()
    driver.documents.apply("Mask", fill_mask(driver.documents.committed, BOX))
    assert driver.find("maskToSelectionButton").isEnabled()


def click_picture(driver: Driver, row: int, modifiers: Qt.KeyboardModifier) -> None:
    layers = driver.find("layersList")
    index = layers.model().index(row, 0)
    picture = row_places(layers.visualRect(index), index).picture
    QTest.mouseClick(layers.viewport(), LEFT, modifiers, picture.center())


def test_ctrl_click_on_a_picture_selects_its_pixels_and_keeps_the_active_layer(driver, qtbot):
    paint(driver)
    before = driver.documents.committed.active
    click_picture(driver, 0, CTRL)
    settle(driver, qtbot)
    document = driver.documents.committed
    assert np.array_equal(document.selection.read(document.bounds), active(driver)[..., 3])
    click_picture(driver, 1, CTRL)
    settle(driver, qtbot)
    assert driver.documents.committed.selection.read(document.bounds).min() == 255
    click_picture(driver, 0, CTRL | ALT)
    settle(driver, qtbot)
    selected = driver.documents.committed.selection.read(document.bounds)
    assert np.array_equal(selected, 255 - active(driver)[..., 3])
    assert driver.documents.committed.active == before


@pytest.mark.parametrize(
    ("keys", "mode"),
    [
        (CTRL, SelectionMode.REPLACE),
        (CTRL | SHIFT, SelectionMode.ADD),
        (CTRL | ALT, SelectionMode.SUBTRACT),
        (CTRL | SHIFT | ALT, SelectionMode.INTERSECT),
    ],
)
def test_more_keys_change_the_selection(keys, mode):
    assert mode_of_click(keys) is mode


def test_the_menu_selects_the_active_layers_pixels_and_says_when_there_are_none(driver, qtbot):
    with qtbot.waitSignal(driver.window.messages.posted):
        driver.trigger("layerToSelection")
    paint(driver)
    act(driver, qtbot, "layerToSelection")
    assert driver.documents.committed.selection is not None


# -- pixels


def test_delete_clears_what_is_selected(driver, qtbot):
    paint(driver)
    select_box(driver)
    before = active(driver)
    driver.key(Qt.Key.Key_Delete)
    settle(driver, qtbot)
    after = active(driver)
    inside = (slice(BOX.top, BOX.bottom), slice(BOX.left, BOX.right))
    assert not after[inside].any()
    before[inside] = 0
    assert np.array_equal(after, before)


def test_the_selection_is_filled_with_the_foreground_colour(driver, qtbot):
    driver.tools.set_foreground(Color(10, 20, 200))
    select_box(driver)
    driver.key(Qt.Key.Key_Backspace, SHIFT)
    settle(driver, qtbot)
    assert driver.documents.committed.active_layer.tiles.bounds() == BOX
    assert tuple(active(driver)[100, 150]) == (200, 20, 10, 255)
    assert driver.documents.history.undo_label == "Fill selection"


def test_a_hidden_layer_is_not_filled(driver, qtbot):
    driver.trigger("layerVisible")
    select_box(driver)
    with qtbot.waitSignal(driver.window.messages.posted):
        driver.trigger("fillSelection")


# -- clipboard


def test_what_is_copied_is_pasted_at_its_place_on_a_new_layer(driver, qtbot):
    paint(driver)
    select_box(driver)
    original = active(driver)
    driver.key(Qt.Key.Key_C, CTRL)
    settle(driver, qtbot)
    driver.key(Qt.Key.Key_V, CTRL)
    settle(driver, qtbot)
    document = driver.documents.committed
    assert len(document.layers) == 3
    assert document.active_layer.name == "Pasted 1"
    assert document.active_index == 2
    assert driver.documents.history.undo_label == "Paste"
    expected = np.zeros_like(original)
    inside = (slice(BOX.top, BOX.bottom), slice(BOX.left, BOX.right))
    expected[inside] = original[inside]
    assert np.array_equal(active(driver), expected)


def test_a_cut_takes_away_what_it_copies_softly_too(driver, qtbot):
    paint(driver)
    shape = ellipse(60, 60, 320, 260, driver.documents.committed.bounds)
    driver.documents.apply("Select", select(driver.documents.committed, shape))
    original = active(driver).astype(int)
    driver.key(Qt.Key.Key_X, CTRL)
    settle(driver, qtbot)
    rest = active(driver).astype(int)
    assert driver.documents.history.undo_label == "Cut"
    driver.key(Qt.Key.Key_V, CTRL)
    settle(driver, qtbot)
    assert np.abs(active(driver) + rest - original).max() <= 1
    driver.trigger("undo")
    driver.trigger("undo")
    assert np.array_equal(active(driver), original)


def test_other_programs_can_read_what_is_copied(driver, qtbot):
    paint(driver)
    select_box(driver)
    act(driver, qtbot, "copyMerged")
    mime = QGuiApplication.clipboard().mimeData()
    assert mime.hasImage()
    image = mime.imageData()
    assert (image.width(), image.height()) == (BOX.width, BOX.height)
    assert QColor(image.pixel(50, 70)).getRgb()[:3] == (220, 20, 30)
    assert QColor(image.pixel(50, 5)).getRgb()[:3] == (255, 255, 255)
    assert QImage.fromData(mime.data(PNG)).size() == image.size()


def test_a_picture_of_another_program_is_pasted_into_the_middle_of_what_is_seen(driver, qtbot):
    image = QImage(60, 40, QImage.Format.Format_ARGB32)
    image.fill(QColor(0, 128, 255, 128))
    QGuiApplication.clipboard().setImage(image)
    driver.canvas.show_through(driver.canvas.viewport.fitted(Rect(100, 100, 20, 20), 0, max_zoom=2.0))
    driver.key(Qt.Key.Key_V, CTRL)
    settle(driver, qtbot)
    bounds = driver.documents.committed.active_layer.tiles.bounds()
    assert (bounds.width, bounds.height) == (60, 40)
    seen = driver.canvas.viewport.visible.intersected(driver.documents.committed.bounds)
    assert abs(bounds.center.x - seen.center.x) <= 1
    assert abs(bounds.center.y - seen.center.y) <= 1
    pixel = driver.documents.committed.active_layer.tiles.read(bounds)[20, 20]
    assert np.abs(pixel.astype(int) - (128, 64, 0, 128)).max() <= 1


def test_an_opaque_picture_stays_opaque():
    image = QImage(3, 2, QImage.Format.Format_RGB32)
    image.fill(QColor(1, 2, 3))
    assert array_of(image, 4).tolist() == [[[3, 2, 1, 255]] * 3] * 2


def test_files_in_the_clipboard_become_layers(driver, qtbot, tmp_path):
    path = tmp_path / "cat.png"
    path.write_bytes(encode_png(np.full((8, 9, 3), 77, np.uint8)))
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path))])
    QGuiApplication.clipboard().setMimeData(mime)
    driver.trigger("paste")
    qtbot.waitUntil(lambda: len(driver.documents.committed.layers) == 3)
    assert driver.documents.committed.active_layer.name.startswith("cat")


def test_an_empty_clipboard_and_an_empty_selection_are_said(driver, qtbot):
    with qtbot.waitSignal(driver.window.messages.posted):
        driver.trigger("paste")
    select_box(driver)
    with qtbot.waitSignal(driver.window.messages.posted):
        driver.trigger("cut")
    assert len(driver.documents.committed.layers) == 2


def test_a_damaged_picture_in_the_clipboard_is_said(driver, qtbot):
    mime = QMimeData()
    mime.setData(PNG, b"no picture")
    QGuiApplication.clipboard().setMimeData(mime)
    with qtbot.waitSignal(driver.window.messages.posted):
        driver.trigger("paste")


@pytest.mark.parametrize("place", [b"rubbish", b"[1]", b'["a", 2]', b"[1e99, 2]", b"[99999999, 0]"])
def test_a_place_that_is_none_is_not_believed(driver, qtbot, place):
    mime = QMimeData()
    mime.setData(PNG, encode_png(np.full((8, 9, 3), 77, np.uint8)))
    mime.setData(PLACE, place)
    QGuiApplication.clipboard().setMimeData(mime)
    act(driver, qtbot, "paste")
    document = driver.documents.committed
    assert document.bounds.contains(document.active_layer.tiles.bounds())


def test_what_lay_beyond_this_canvas_is_pasted_where_it_is_seen(driver, qtbot):
    mime = QMimeData()
    mime.setData(PNG, encode_png(np.full((8, 9, 3), 77, np.uint8)))
    mime.setData(PLACE, json.dumps([9000, 9000]).encode())
    QGuiApplication.clipboard().setMimeData(mime)
    act(driver, qtbot, "paste")
    document = driver.documents.committed
    assert document.bounds.contains(document.active_layer.tiles.bounds())


def test_text_fields_keep_their_own_clipboard(driver, qtbot):
    prompt = driver.find("promptEdit")
    prompt.setFocus()
    QTest.keyClicks(prompt, "a cat")
    QTest.keyClick(prompt, Qt.Key.Key_A, CTRL)
    QTest.keyClick(prompt, Qt.Key.Key_X, CTRL)
    assert prompt.toPlainText() == ""
    assert driver.documents.committed.selection is None
    QTest.keyClick(prompt, Qt.Key.Key_V, CTRL)
    assert prompt.toPlainText() == "a cat"
    assert len(driver.documents.committed.layers) == 2


# -- files and settings


def test_a_selection_is_saved_and_opened_with_the_document(driver, qtbot, tmp_path):
    shape = ellipse(50.5, 50, 300, 250, driver.documents.committed.bounds)
    driver.documents.apply("Select", select(driver.documents.committed, shape))
    driver.asker.save_path = driver.asker.open_path = tmp_path / "selected.ora"
    with qtbot.waitSignal(driver.files.saved):
        driver.trigger("save")
    driver.trigger("closeDocument")
    with qtbot.waitSignal(driver.files.opened):
        driver.trigger("open")
    assert driver.documents.committed.selection == shape
    qtbot.waitUntil(lambda: driver.canvas.ants.is_ready)
    assert not driver.canvas.ants.region.isEmpty()


def test_ants_stand_still_under_reduced_motion(driver):
    select_box(driver)
    assert driver.canvas.ants.is_moving
    driver.settings.change(reduce_motion=True)
    assert not driver.canvas.ants.is_moving
    driver.settings.change(reduce_motion=False)
    assert driver.canvas.ants.is_moving
