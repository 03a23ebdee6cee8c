"""The library of prompts in its window: saved, found, used, changed, taken away and brought back, handed on."""

from __future__ import annotations

import time
from dataclasses import replace

import cv2
import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QTextCursor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QInputDialog

from sdpaint import paths
from sdpaint.fileio.saved_prompts import THUMBNAIL_PX, SavedPrompt, SavedPrompts
from sdpaint.gui.dialogs.prompt_library import PromptLibrary
from sdpaint.gui.dialogs.save_prompt import SavePrompt
from sdpaint.gui.dialogs.saved_prompts import SavedPromptsPage
from sdpaint.gui.widgets.prompt_edit import PromptEdit

FOX = SavedPrompt("Fox", "a red fox", "fog", ("animal",), True)
HILL = SavedPrompt("Hill", "a green hill")
CASTLE = SavedPrompt("Castle", "a castle, {night|day}", tags=("winter",))


def store() -> SavedPrompts:
    return SavedPrompts(paths.data_dir() / "prompts")


@pytest.fixture
def saved(driver):
    return driver.window._services.prompts.saved


@pytest.fixture
def page(driver, saved, qtbot) -> SavedPromptsPage:
    store().put([FOX, HILL, CASTLE])
    yield opened(driver, qtbot, 3)
    driver.window.findChild(PromptLibrary).close()


def opened(driver, qtbot, count) -> SavedPromptsPage:
    driver.trigger("promptLibrary")
    found = driver.window.findChild(SavedPromptsPage)
    qtbot.waitUntil(lambda: len(found.grid.entries) == count)
    return found


def names(page) -> list[str]:
    return [each.name for each in page.grid.entries]


def choose(page, *chosen: str) -> None:
    page.grid.clearSelection()
    page.grid.select({each.id for each in page.grid.entries if each.name in chosen})


def press(page, name: str) -> None:
    button = page.findChild(object, name)
    assert button.isEnabled(), name
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)


def dialog_of(driver, qtbot) -> SavePrompt:
    qtbot.waitUntil(lambda: driver.window.findChild(SavePrompt) is not None)
    return driver.window.findChild(SavePrompt)


def accepted(dialog, saved, qtbot) -> None:
    """Press Save, once its picture is there."""
    qtbot.waitUntil(lambda: not saved.is_busy)
    with qtbot.waitSignal(saved.changed):
        dialog.accept_button.click()


def test_the_prompt_is_saved_with_name_tags_and_the_latest_result(driver, saved, qtbot):
    driver.generation.set_params(prompt="a hot air balloon", negative_prompt="fog")
    driver.trigger("generate")
    qtbot.waitUntil(lambda: bool(driver.generation.results))
    driver.trigger("savePrompt")
    dialog = dialog_of(driver, qtbot)
    assert dialog.findChild(object, "savedPromptName").text() == "a hot air balloon"
    dialog.findChild(object, "savedPromptTags").setText("sky, warm ,")

    accepted(dialog, saved, qtbot)

    (kept,) = store().read()
    assert (kept.prompt, kept.negative_prompt, kept.tags) == ("a hot air balloon", "fog", ("sky", "warm"))
    picture = cv2.cvtColor(cv2.imread(str(store().pictures / kept.picture)), cv2.COLOR_BGR2RGB)
    made = driver.generation.results[0].image
    assert max(picture.shape) == THUMBNAIL_PX
    assert np.abs(picture.mean((0, 1)) - made.mean((0, 1))).max() < 2
    driver.generation.set_params(prompt="a hot air balloon", negative_prompt="rain")
    driver.trigger("savePrompt")
    accepted(dialog_of(driver, qtbot), saved, qtbot)
    assert sorted(each.name for each in store().read()) == ["a hot air balloon", "a hot air balloon 2"]


def test_without_a_prompt_there_is_nothing_to_save(driver):
    driver.generation.set_params(prompt=" ", negative_prompt="")
    driver.trigger("savePrompt")
    assert "no prompt" in driver.find("messageText").text()
    assert driver.window.findChild(SavePrompt) is None


def test_the_picture_may_be_of_the_canvas_a_file_or_none(driver, saved, qtbot, tmp_path):
    file = tmp_path / "mine.png"
    cv2.imwrite(str(file), np.full((700, 350, 3), (0, 0, 250), np.uint8))
    driver.asker.open_path = file
    driver.generation.set_params(prompt="a lake")
    driver.trigger("savePrompt")
    dialog = dialog_of(driver, qtbot)
    choice = dialog.findChild(object, "savedPromptPictureChoice")
    assert choice.currentText() == "None"
    select(choice, "What the canvas shows")
    qtbot.waitUntil(lambda: dialog.picture is not None)
    assert tuple(dialog.picture[5, 5]) == (255, 255, 255)

    select(choice, "None")
    assert dialog.picture is None
    select(choice, "Picture file…")
    qtbot.waitUntil(lambda: dialog.picture is not None)
    assert choice.currentText() == "mine.png"
    assert dialog.picture.shape == (256, 128, 3)
    assert tuple(dialog.picture[5, 5]) == (250, 0, 0)

    file.write_bytes(b"no picture")
    select(choice, "mine.png")
    assert not dialog.accept_button.isEnabled()    # until it is known what becomes of the picture
    qtbot.waitUntil(dialog.accept_button.isEnabled)
    assert (choice.currentText(), dialog.picture) == ("None", None)
    driver.find("messageDismissButton").click()
    dialog.reject()


def select(choice, words):
    choice.setCurrentIndex(choice.findText(words))
    choice.activated.emit(choice.currentIndex())


def test_search_looks_into_names_words_and_tags(page):
    field = page.findChild(object, "savedPromptsSearch")
    for words, found in (("cast", ["Castle"]), ("GREEN", ["Hill"]), ("winter", ["Castle"]), ("fog red", ["Fox"])):
        field.setText(words)
        assert names(page) == found
    field.setText("nothing of the kind")
    assert names(page) == []
    page.grid.grab()
    field.clear()
    press(page, "savedPromptsFavourites")
    assert names(page) == ["Fox"]


def test_a_prompt_is_used_and_the_field_can_take_that_back(driver, page):
    driver.generation.set_params(prompt="mine", negative_prompt="")
    edit = driver.window.findChild(PromptEdit, "promptEdit")
    choose(page, "Fox")
    press(page, "useSavedPrompt")
    assert (driver.generation.params.prompt, driver.generation.params.negative_prompt) == ("a red fox", "fog")
    assert edit.toPlainText() == "a red fox"
    edit.undo()
    assert driver.generation.params.prompt == "mine"


def test_a_prompt_is_inserted_at_the_cursor_or_put_behind(driver, page):
    driver.generation.set_params(prompt="a lake at night", negative_prompt="blur")
    edit = driver.window.findChild(PromptEdit, "promptEdit")
    cursor = edit.textCursor()
    cursor.setPosition(len("a lake"))
    edit.setTextCursor(cursor)
    choose(page, "Fox")
    press(page, "insertSavedPrompt")
    assert driver.generation.params.prompt == "a lake, a red fox, at night"
    assert driver.generation.params.negative_prompt == "blur, fog"
    choose(page, "Hill")
    press(page, "appendSavedPrompt")
    assert driver.generation.params.prompt == "a lake, a red fox, at night, a green hill"
    edit.moveCursor(QTextCursor.MoveOperation.End)


def test_an_entry_is_edited_renamed_duplicated_and_marked(driver, page, saved, qtbot):
    choose(page, "Hill")
    press(page, "editSavedPrompt")
    dialog = dialog_of(driver, qtbot)
    dialog.findChild(object, "savedPromptWords").setPlainText("a blue hill")
    accepted(dialog, saved, qtbot)
    assert [each.prompt for each in page.grid.entries if each.name == "Hill"] == ["a blue hill"]

    page.grid.setFocus()
    QTest.keyClick(page.grid, Qt.Key.Key_F2)
    rename = page.findChild(QInputDialog)
    rename.setTextValue("Blue hill")
    with qtbot.waitSignal(saved.changed):
        rename.accept()
    assert [each.name for each in page.grid.selected] == ["Blue hill"]

    with qtbot.waitSignal(saved.changed):
        press(page, "duplicateSavedPrompt")
    assert names(page) == ["Fox", "Blue hill", "Blue hill 2", "Castle"]
    with qtbot.waitSignal(saved.changed):
        QTest.keyClick(page.grid, Qt.Key.Key_F)
    assert names(page)[0] == "Blue hill"
    assert list(store().read()) == list(page.grid.entries)


def test_what_is_deleted_can_be_taken_back_with_its_picture(driver, page, saved, qtbot):
    fox = next(each for each in saved.prompts if each.name == "Fox")
    with qtbot.waitSignal(saved.changed):
        saved.put(fox, picture=np.full((64, 64, 3), 90, np.uint8))
    choose(page, "Fox", "Hill")
    page.grid.setFocus()
    QTest.keyClick(page.grid, Qt.Key.Key_Delete)
    qtbot.waitUntil(lambda: names(page) == ["Castle"])
    undo = driver.find("messageRemedyButton")
    assert undo.text() == "Undo"
    undo.click()
    qtbot.waitUntil(lambda: names(page) == ["Fox", "Castle", "Hill"])
    picture = saved.picture_of(page.grid.entries[0])
    assert picture is not None
    assert picture.is_file()


def test_prompts_are_exported_and_imported_and_it_is_said_what_came(driver, page, saved, qtbot, tmp_path):
    driver.asker.save_path = driver.asker.open_path = tmp_path / "prompts.zip"
    choose(page, "Fox", "Castle")
    with qtbot.waitSignal(saved.noted) as said:
        press(page, "exportPrompts")
    assert said.args[0] == "2 prompts exported to prompts.zip"
    castle = next(each for each in saved.prompts if each.name == "Castle")
    saved.put(replace(castle, prompt="another castle"))
    with qtbot.waitSignal(saved.noted) as said:
        press(page, "importPrompts")
    assert said.args[0].startswith("1 prompt imported from prompts.zip; 1 was there already; 1 got another name")
    assert names(page) == ["Fox", "Castle", "Castle 2", "Hill"]

    (tmp_path / "prompts.zip").write_bytes(b"PK\x03\x04 nothing")
    with qtbot.waitSignal(saved.failed):
        press(page, "importPrompts")
    assert "damaged" in driver.find("messageText").text()
    driver.find("messageDismissButton").click()


def test_the_prompt_of_a_result_goes_into_the_library_from_its_menu(driver, saved, qtbot):
    driver.generation.set_params(prompt="a windmill")
    driver.trigger("generate")
    qtbot.waitUntil(lambda: bool(driver.generation.results))
    driver.generation.set_params(prompt="something else")
    menu = driver.find("resultsList").menu_for(0)
    action = next(each for each in menu.actions() if each.text().startswith("Save its prompt"))
    action.trigger()
    menu.close()
    accepted(dialog_of(driver, qtbot), saved, qtbot)
    assert [(each.name, bool(each.picture)) for each in store().read()] == [("a windmill", True)]


def test_five_hundred_prompts_open_quickly_and_only_pictures_in_view_are_read(driver, saved, qtbot):
    own = store()
    picture = own.keep_picture(np.full((64, 64, 3), 90, np.uint8))
    own.put([replace(HILL, name=f"Hill {number}", picture=picture, prompt="word " * 60) for number in range(500)])
    asked = []
    want = saved.want_thumbnails
    saved.want_thumbnails = lambda found, side_px: (asked.extend(found), want(found, side_px))

    start = time.thread_time()
    page = opened(driver, qtbot, 500)
    QApplication.processEvents()
    page.findChild(object, "savedPromptsSearch").setText("hill 499")
    spent = time.thread_time() - start

    assert names(page) == ["Hill 499"]
    assert len(asked) < 100
    assert spent < 1.0    # of this thread: a row of 500 widgets would take longer
    driver.window.findChild(PromptLibrary).close()
