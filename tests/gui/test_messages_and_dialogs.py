"""The message line, and the few dialogs."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import QSize, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QCheckBox, QDialog, QFileDialog, QLabel, QMessageBox, QWidget

from sdpaint.document.edits import NewDocument
from sdpaint.errors import FileError
from sdpaint.gui.dialogs.base import resize_on_screen
from sdpaint.gui.dialogs.canvas_size import CanvasSizeDialog
from sdpaint.gui.dialogs.files import Answer, DialogAsker
from sdpaint.gui.dialogs.new_document import NewDocumentDialog
from sdpaint.gui.dialogs.preferences import PreferencesDialog
from sdpaint.gui.messages import MessageBar, Messages, Remedy
from sdpaint.imaging.color import Color
from sdpaint.imaging.geometry import Size
from sdpaint.settings.schema import Settings, Theme, info, setting_names
from tests.gui.test_main_window import controls, described

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def bar(themed, qtbot):
    messages = Messages()
    bar = MessageBar(messages)
    bar.messages = messages
    qtbot.addWidget(bar)
    return bar


def test_a_message_is_one_sentence_with_its_hint(bar):
    bar.messages.error(FileError("It can't be read", hint="Try another"))
    assert bar.isVisible()
    assert bar.text == "It can't be read. Try another."


def test_an_error_stays_until_it_is_dismissed(bar):
    bar._leave.setInterval(1)
    bar.messages.error("It failed")
    bar.messages.warn("Less important")
    QTest.qWait(30)
    assert bar.text == "It failed"
    bar.messages.error("Something newer failed")
    assert bar.text == "Something newer failed"
    bar.dismiss()
    assert bar.text == ""


def test_a_click_on_its_buttons_leaves_the_keys_on_the_canvas(driver, qtbot):
    qtbot.waitUntil(lambda: QApplication.focusWidget() is driver.canvas)
    driver.window.messages.error("It failed", remedy=Remedy("Mend it", lambda: None))
    QTest.mouseClick(driver.find("messageRemedyButton"), LEFT)
    assert QApplication.focusWidget() is driver.canvas


def test_all_else_leaves_after_a_while(bar, qtbot):
    bar._leave.setInterval(1)
    bar.messages.info("Saved")
    assert bar.isVisible()
    qtbot.waitUntil(lambda: not bar.isVisible())


def test_the_remedy_is_a_button_that_acts_once(bar, qtbot):
    acted = []
    bar.messages.error("It failed", remedy=Remedy("Mend it", lambda: acted.append(1)))
    button = bar.findChild(QWidget, "messageRemedyButton")
    assert button.text() == "Mend it"
    QTest.mouseClick(button, LEFT)
    assert acted == [1]
    assert not bar.isVisible()
    bar.messages.error("It failed")
    assert not button.isVisible()


def test_a_message_floats_over_the_canvas_and_moves_nothing(driver):
    before = driver.canvas.geometry()
    driver.window.messages.error(
        "A sentence that says what happened", "And a hint on what may be done about it"
    )
    QApplication.processEvents()
    bar = driver.find("messageBar")
    assert driver.canvas.geometry() == before
    assert bar.parentWidget().rect().contains(bar.geometry())
    assert bar.height() < 60


def dialog_of(driver, kind: type) -> QDialog:
    return next(each for each in driver.window.findChildren(kind) if each.isVisible())


def test_a_new_document_is_made_of_a_preset(driver, qtbot):
    driver.key(Qt.Key.Key_N, Qt.KeyboardModifier.ControlModifier)
    dialog = dialog_of(driver, NewDocumentDialog)
    QTest.mouseClick(dialog.findChild(QWidget, "preset1920x1080"), LEFT)
    assert dialog.choice.size == Size(1920, 1080)
    background = dialog.findChild(QWidget, "newBackground")
    background.setCurrentIndex(background.findText("Transparent"))
    QTest.mouseClick(dialog.accept_button, LEFT)
    document = driver.documents.committed
    assert document.size == Size(1920, 1080)
    assert len(document.layers) == 1
    assert document.frame.area <= 98304
    assert not driver.documents.is_modified
    driver.trigger("new")
    again = dialog_of(driver, NewDocumentDialog)
    assert again.choice == NewDocument(Size(1920, 1080), None)
    QTest.keyClick(again, Qt.Key.Key_Escape)


def test_a_new_document_comes_beside_one_with_changes(driver):
    driver.drag((100, 100), (200, 100))
    driver.trigger("new")
    QTest.mouseClick(dialog_of(driver, NewDocumentDialog).accept_button, LEFT)
    assert driver.asker.asked == []
    assert [each.is_modified for each in driver.documents.open_documents] == [True, False]
    assert not driver.documents.history.can_undo


def test_a_typed_size_marks_no_preset_and_can_be_turned(themed, qtbot):
    dialog = NewDocumentDialog(None, NewDocument(), Color(9, 8, 7))
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)
    qtbot.addWidget(dialog)
    with qtbot.waitActive(dialog):
        dialog.show()
        dialog.activateWindow()
    assert dialog.findChild(QWidget, "preset768x512").isChecked()
    field = dialog.findChild(QWidget, "newWidth")
    field.setFocus()
    field.selectAll()
    QTest.keyClicks(field, "700")
    QTest.keyClick(field, Qt.Key.Key_Tab)
    assert not dialog.findChild(QWidget, "preset768x512").isChecked()
    QTest.mouseClick(dialog.findChild(QWidget, "newSwap"), LEFT)
    background = dialog.findChild(QWidget, "newBackground")
    background.setCurrentIndex(2)
    assert dialog.choice == NewDocument(Size(512, 700), (9, 8, 7))


@pytest.mark.parametrize(
    ("anchor", "offset"),
    [("anchor00", (0, 0)), ("anchor11", (50, -25)), ("anchor22", (100, -50)), ("anchor20", (100, 0))],
)
def test_the_canvas_grows_and_shrinks_around_an_anchor(themed, qtbot, anchor, offset):
    dialog = CanvasSizeDialog(None, Size(200, 150))
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)
    qtbot.addWidget(dialog)
    dialog.show()
    dialog.findChild(QWidget, "canvasWidth").set_value(300)
    dialog.findChild(QWidget, "canvasHeight").set_value(100)
    QTest.mouseClick(dialog.findChild(QWidget, anchor), LEFT)
    assert (dialog.size_chosen, dialog.offset) == (Size(300, 100), offset)


def test_the_canvas_is_resized_as_one_step(driver, qtbot):
    driver.trigger("canvasSize")
    dialog = dialog_of(driver, CanvasSizeDialog)
    dialog.findChild(QWidget, "canvasWidth").set_value(1000)
    with qtbot.waitSignal(driver.documents.history_changed):
        QTest.mouseClick(dialog.accept_button, LEFT)
    assert driver.documents.committed.size == Size(1000, 512)
    driver.trigger("undo")
    assert driver.documents.committed.size == Size(768, 512)


def test_preferences_have_a_row_for_every_setting_with_a_label(themed, qtbot):
    dialog = PreferencesDialog(None, Settings())
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)
    qtbot.addWidget(dialog)
    dialog.show()
    words = {label.text() for label in dialog.findChildren(QLabel)} | {
        box.text() for box in dialog.findChildren(QCheckBox)
    }
    for name in setting_names():
        if info(name).label:
            assert info(name).label in words
    assert dialog.changes == {}


def test_changed_preferences_are_kept(driver):
    driver.trigger("preferences")
    dialog = dialog_of(driver, PreferencesDialog)
    theme = dialog.findChild(QWidget, "themeSetting")
    theme.setCurrentIndex(theme.findText("Light"))
    dialog.findChild(QWidget, "reduce_motionSetting").setChecked(True)
    dialog.findChild(QWidget, "undo_budget_mibSetting").set_value(512)
    assert dialog.changes == {"theme": Theme.LIGHT, "reduce_motion": True, "undo_budget_mib": 512}
    QTest.mouseClick(dialog.accept_button, LEFT)
    kept = driver.settings.settings
    assert (kept.theme, kept.reduce_motion, kept.undo_budget_mib) == (Theme.LIGHT, True, 512)


def test_folders_of_checkpoints_are_taken_off_the_list(themed, qtbot, tmp_path):
    dialog = PreferencesDialog(None, replace(Settings(), checkpoint_dirs=(tmp_path, tmp_path / "b")))
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)
    qtbot.addWidget(dialog)
    dialog.show()
    dialog.findChild(QWidget, "checkpoint_dirsSetting").setCurrentRow(0)
    QTest.mouseClick(dialog.findChild(QWidget, "checkpoint_dirsSettingRemove"), LEFT)
    assert dialog.changes == {"checkpoint_dirs": (tmp_path / "b",)}


@pytest.mark.parametrize("answer", list(Answer))
def test_the_question_about_changes_gives_back_the_answer(driver, answer):
    answers = []
    DialogAsker(driver.window).save_changes(["sunset.ora"], answers.append)
    box = dialog_of(driver, QMessageBox)
    assert "sunset.ora" in box.text()
    QTest.mouseClick(box.findChild(QWidget, f"{answer.value}ChangesButton"), LEFT)
    assert answers == [answer]


def test_escape_answers_the_question_with_cancel(driver):
    answers = []
    DialogAsker(driver.window).save_changes(["sunset.ora"], answers.append)
    QTest.keyClick(dialog_of(driver, QMessageBox), Qt.Key.Key_Escape)
    assert answers == [Answer.CANCEL]


def test_the_file_dialog_offers_what_can_be_read_and_suggests_a_name(driver, tmp_path):
    asker = DialogAsker(driver.window)
    asker.file_to_open(tmp_path, lambda path: None)
    dialog = dialog_of(driver, QFileDialog)
    known = ("*.ora", "*.png", "*.jpeg", "*.webp", "*.tiff", "*.avif", "*.bmp", "*.gif")
    assert all(suffix in dialog.nameFilters()[0] for suffix in known)
    dialog.reject()
    chosen = []
    asker.file_to_save(tmp_path / "sunset.png", False, chosen.append)
    dialog = dialog_of(driver, QFileDialog)
    assert dialog.nameFilters()[0] == "PNG picture (*.png)"
    assert dialog.defaultSuffix() == "png"
    # Saving offers only what loses nothing; for the others there is the export.
    assert not any("JPEG" in each or "GIF" in each for each in dialog.nameFilters())
    dialog.filterSelected.emit("TIFF picture (*.tif *.tiff)")
    assert dialog.defaultSuffix() == "tif"
    dialog.selectFile(str(tmp_path / "other"))
    dialog.accept()
    assert chosen == [tmp_path / "other.tif"]


@pytest.mark.parametrize("action", ["new", "canvasSize", "export", "preferences", "shortcuts", "about"])
def test_every_control_of_a_dialog_has_its_names_and_keyboard_reach(driver, action):
    driver.trigger(action)
    dialog = next(each for each in driver.window.findChildren(QDialog) if each.isVisible())
    found = [widget for widget in controls(dialog) if not widget.objectName().startswith("qt_")]
    assert found
    own = [
        widget
        for widget in found
        if widget.metaObject().className() not in ("QLineEditIconButton", "QToolButton")
    ]
    lacking = {widget.objectName() or widget.metaObject().className(): described(widget) for widget in own}
    assert {name: lacks for name, lacks in lacking.items() if lacks} == {}
    dialog.close()


def test_a_dialog_is_never_larger_than_the_screen(themed, qtbot):
    dialog = PreferencesDialog(None, Settings())
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)
    qtbot.addWidget(dialog)
    room = dialog.screen().availableSize()
    resize_on_screen(dialog, QSize(9000, 9000))
    dialog.show()
    assert dialog.width() <= room.width()
    assert dialog.height() < room.height()
    assert dialog.rect().contains(dialog.accept_button.mapTo(dialog, dialog.accept_button.rect().bottomRight()))
