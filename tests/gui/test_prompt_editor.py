"""The prompt as it is written: colours, weights by keys, completion, tokens, notes, history and styles."""

from __future__ import annotations

import pytest
import torch
from PySide6.QtCore import Qt
from PySide6.QtGui import QContextMenuEvent, QInputMethodEvent, QTextCharFormat, QTextCursor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit, QListWidget, QMenu, QPushButton, QToolButton

from sdpaint import paths
from sdpaint.fileio.prompt_store import PromptStore, Written
from sdpaint.generation.prompt.editing import Sought
from sdpaint.generation.prompt.styles import Style
from sdpaint.gui.dialogs.prompt_library import PromptLibrary
from sdpaint.gui.widgets.prompt_edit import PromptEdit
from tests.starter_facts import CHUNK

LONG = CHUNK * 3 // 4
"""A word and a comma so many times fill one chunk and a part of the next."""

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support", extend=True)    # popups without a window system


@pytest.fixture
def edit(driver, qtbot) -> PromptEdit:
    prompts = driver.window._services.prompts
    qtbot.waitUntil(lambda: bool(prompts.offer(Sought.WORD)))
    found = driver.window.findChild(PromptEdit, "promptEdit")
    found.setFocus()
    found.clear()
    return found


def typed(edit, text):
    QTest.keyClicks(edit, text)


def popup(edit):
    return edit.completion_list


def test_keys_raise_and_lower_the_weight_of_the_word_at_the_cursor(driver, edit):
    typed(edit, "a red hill")
    edit.moveCursor(QTextCursor.MoveOperation.WordLeft)
    edit.moveCursor(QTextCursor.MoveOperation.WordLeft)

    QTest.keyClick(edit, Qt.Key.Key_Up, Qt.KeyboardModifier.ControlModifier)
    QTest.keyClick(edit, Qt.Key.Key_Up, Qt.KeyboardModifier.ControlModifier)
    assert edit.toPlainText() == "a (red:1.2) hill"
    assert driver.window._generation.params.prompt == "a (red:1.2) hill"

    shift = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
    QTest.keyClick(edit, Qt.Key.Key_Down, shift)
    assert edit.toPlainText() == "a (red:1.15) hill"

    edit.undo()
    edit.undo()
    edit.undo()
    assert edit.toPlainText() == "a red hill"


def test_a_word_is_completed_by_tab_and_the_list_goes_on_escape(edit, qtbot):
    typed(edit, "hills, hot air b")
    assert popup(edit).isVisible()
    QTest.keyClick(edit, Qt.Key.Key_Tab)
    assert edit.toPlainText() == "hills, hot air balloon"
    assert not popup(edit).isVisible()

    typed(edit, ", lighth")
    assert popup(edit).isVisible()
    QTest.keyClick(edit, Qt.Key.Key_Escape)
    assert not popup(edit).isVisible()
    assert edit.toPlainText() == "hills, hot air balloon, lighth"


def test_enter_breaks_the_line_unless_a_word_is_chosen(edit):
    typed(edit, "sunse")
    QTest.keyClick(edit, Qt.Key.Key_Return)

    assert edit.toPlainText() == "sunse\n"


def test_an_open_list_keeps_no_key_from_the_window(driver, edit, engine):
    typed(edit, "a hill, lighth")
    assert popup(edit).isVisible()

    QTest.keyClick(popup(edit), Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)

    assert not popup(edit).isVisible()
    assert edit.toPlainText() == "a hill, lighth"
    assert driver.generation.is_busy or driver.generation.results or engine.requests


def test_weights_can_be_changed_while_the_list_is_open(edit):
    typed(edit, "lighth")

    QTest.keyClick(popup(edit), Qt.Key.Key_Up, Qt.KeyboardModifier.ControlModifier)

    assert edit.toPlainText() == "(lighth:1.1)"
    assert not popup(edit).isVisible()


def test_an_input_method_keeps_its_own_list(edit):
    typed(edit, "lighth")
    QApplication.sendEvent(edit, QInputMethodEvent("まち", []))
    assert not popup(edit).isVisible()

    event = QInputMethodEvent("", [])
    event.setCommitString("町")
    QApplication.sendEvent(edit, event)
    assert edit.toPlainText() == "lighth町"


def formats(edit, block=0):
    return [
        (edit.document().findBlockByNumber(block).text()[each.start : each.start + each.length], each.format)
        for each in edit.document().findBlockByNumber(block).layout().formats()
    ]


def test_the_language_is_coloured(edit):
    edit.setPlainText("(red:1.2) __w__ [a\nb:3]")

    words = [text for text, _ in formats(edit)]
    assert words == ["(", ":1.2)", "__w__", "["]    # neighbours of one colour are one
    assert [text for text, _ in formats(edit, 1)] == [":3", "]"]


def test_tokens_are_counted_and_chunks_are_marked(driver, edit, qtbot):
    edit.setPlainText("sun, " * LONG)
    counter = driver.window.findChild(QToolButton, "tokenCounter")

    qtbot.waitUntil(lambda: len(edit.chunk_borders) == 1)

    assert counter.text() == f"{2 * LONG}/{2 * CHUNK}"
    assert edit.toPlainText()[: edit.chunk_borders[0]].rstrip().endswith(",")
    edit.grab()


def test_nothing_moves_while_tokens_are_counted(driver, edit, qtbot):
    counter, bar = driver.find("tokenCounter"), driver.find("promptBar")
    before = counter.width(), bar.minimumSizeHint().width()
    for text, counted in (("sun", f"1/{CHUNK}"), ("sun, " * LONG, f"{2 * LONG}/{2 * CHUNK}")):
        edit.setPlainText(text)
        qtbot.waitUntil(lambda counted=counted: counter.text() == counted)
        QApplication.processEvents()
        assert (counter.width(), bar.minimumSizeHint().width()) == before


def test_what_cannot_be_carried_out_is_said_beside_the_prompt(driver, edit, qtbot):
    note = driver.window.findChild(QLabel, "promptNote")
    assert not note.isVisible()

    edit.setPlainText("__nothing__ <lora:ink:1>")
    qtbot.waitUntil(note.isVisible)
    assert "nothing" in note.text()
    assert "ink" in note.text()

    edit.setPlainText("a hill")
    qtbot.waitUntil(lambda: not note.isVisible())


def test_an_embedding_is_counted_as_its_vectors_and_a_pickled_one_can_be_converted(driver, edit, qtbot):
    counter = driver.window.findChild(QToolButton, "tokenCounter")
    note = driver.window.findChild(QLabel, "promptNote")
    convert = driver.window.findChild(QToolButton, "convertEmbeddingButton")
    folder = paths.user_embedding_dir()
    folder.mkdir(parents=True)
    torch.save({"string_to_param": {"*": torch.zeros(5, 192)}, "name": "mist"}, folder / "mist.pt")

    edit.setPlainText("(mist:1.2)")
    qtbot.waitUntil(convert.isVisible)
    assert "mist" in note.text()
    QTest.mouseClick(convert, Qt.MouseButton.LeftButton)

    qtbot.waitUntil(lambda: counter.text() == f"5/{CHUNK}")
    assert not note.isVisible()
    assert not convert.isVisible()
    assert "mist" in driver.window._services.prompts.offer(Sought.WORD)
    assert (folder / "mist.pt").exists()


@pytest.fixture
def library(driver, edit, qtbot) -> PromptLibrary:
    driver.window.actions_by_id["promptLibrary"].trigger()
    found = driver.window.findChild(PromptLibrary)
    qtbot.waitUntil(lambda: found.windowHandle().isExposed())
    yield found
    found.close()


def test_prompts_that_pictures_were_made_from_are_found_and_used_again(driver, edit, qtbot):
    prompts = driver.window._services.prompts
    for text in ("a red hill", "a blue sea"):
        edit.setPlainText(text)
        driver.window.actions_by_id["generate"].trigger()
        qtbot.waitUntil(lambda text=text: Written(text) in prompts.history)
    driver.window.actions_by_id["promptLibrary"].trigger()
    library = driver.window.findChild(PromptLibrary)
    rows = library.findChild(QListWidget, "promptHistoryList")
    assert [rows.item(row).text() for row in range(rows.count())] == ["a blue sea", "a red hill"]

    library.findChild(QLineEdit, "promptHistorySearch").setText("red")
    assert [rows.item(row).isHidden() for row in range(2)] == [True, False]
    rows.setCurrentRow(1)
    library.findChild(QPushButton, "usePrompt").click()

    assert edit.toPlainText() == "a red hill"
    assert PromptStore(paths.data_dir() / "prompts").history() == prompts.history
    library.close()


def test_styles_are_imported_applied_saved_and_deleted(driver, edit, library, qtbot, tmp_path):
    prompts = driver.window._services.prompts
    file = tmp_path / "styles.csv"
    file.write_text('name,prompt,negative_prompt\nInk,"{prompt}, ink drawing",photo\n', encoding="utf-8")
    driver.asker.open_path = file
    library.findChild(QPushButton, "importStyles").click()
    qtbot.waitUntil(lambda: bool(prompts.styles))
    rows = library.findChild(QListWidget, "promptStylesList")
    edit.setPlainText("a hill")
    rows.setCurrentRow(0)

    library.findChild(QPushButton, "applyStyle").click()

    assert driver.window._generation.params.prompt == "a hill, ink drawing"
    assert driver.window._generation.params.negative_prompt == "photo"
    prompts.keep_style(Style("Mine", "x"))
    qtbot.waitUntil(lambda: len(prompts.styles) == 2)
    rows.setCurrentRow(0)
    library.findChild(QPushButton, "deleteStyle").click()
    qtbot.waitUntil(lambda: [style.name for style in prompts.styles] == ["Mine"])


def test_a_file_without_styles_is_said(driver, library, qtbot, tmp_path):
    file = tmp_path / "styles.csv"
    file.write_text("a,b\n1,2\n", encoding="utf-8")
    driver.asker.open_path = file
    with qtbot.waitSignal(driver.window._services.prompts.failed) as failed:
        library.findChild(QPushButton, "importStyles").click()

    assert "styles" in failed.args[0].message


def test_misspelt_words_are_underlined_and_mended_from_the_menu(driver, edit, qtbot):
    spelling = driver.window._services.prompts.spelling
    with qtbot.waitSignal(spelling.checked, check_params_cb=lambda words: "mountians" in words):
        typed(edit, "misty mountians, xyzzyq")
    assert underlined(edit) == ["mountians", "xyzzyq"]

    menu = menu_at(edit, 8)
    assert menu.actions()[0].text() == "mountains"
    choose(menu, "mountains")
    assert edit.toPlainText() == "misty mountains, xyzzyq"

    menu = menu_at(edit, 20)
    with qtbot.waitSignal(spelling.checked, check_params_cb=lambda words: not words):
        choose(menu, "Add “xyzzyq” to the dictionary")
    assert underlined(edit) == []
    edit.undo()
    assert edit.toPlainText() == "misty mountians, xyzzyq"


def test_spelling_can_be_switched_off_and_a_wrong_dictionary_is_said_once(driver, edit, qtbot, tmp_path):
    prompts = driver.window._services.prompts
    with qtbot.waitSignal(prompts.spelling.checked, check_params_cb=bool):
        typed(edit, "mountians")
    with qtbot.waitSignal(prompts.spelling.checked, check_params_cb=lambda words: not words):
        driver.settings.change(check_spelling=False)
    assert underlined(edit) == []
    with qtbot.waitSignal(prompts.failed):
        driver.settings.change(check_spelling=True, dictionary=str(tmp_path / "none.dic"))
    assert "none.dic" in driver.find("messageText").text()


def underlined(edit):
    """The words that are underlined as misspelt."""
    found = []
    block = edit.document().firstBlock()
    while block.isValid():
        for form in block.layout().formats():
            if form.format.underlineStyle() is QTextCharFormat.UnderlineStyle.SpellCheckUnderline:
                found += [block.text()[form.start : form.start + form.length]]
        block = block.next()
    return found


def choose(menu, name):
    action = next(each for each in menu.actions() if each.text() == name)
    menu.close()
    action.trigger()


def menu_at(edit, place):
    """The menu that opens for the cursor at a place in the text, by its key."""
    cursor = edit.textCursor()
    cursor.setPosition(place)
    edit.setTextCursor(cursor)
    pos = edit.cursorRect().center()
    event = QContextMenuEvent(QContextMenuEvent.Reason.Keyboard, pos, edit.mapToGlobal(pos))
    QApplication.sendEvent(edit.viewport(), event)
    return next(each for each in edit.findChildren(QMenu) if each.isVisible())
