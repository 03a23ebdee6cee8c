"""Typing text on the canvas: mouse, keys, input methods, clipboard, undo, files."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication, QInputMethodEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from sdpaint.document.document import Document
from sdpaint.document.edits import new_document
from sdpaint.document.layers import Layer, Text
from sdpaint.document.text_edits import SetWords
from sdpaint.imaging.color import Color
from sdpaint.imaging.geometry import Point, Size
from sdpaint.imaging.words import TextAlign, TextStyle, Words
from sdpaint.tools.base import ToolName
from tests.gui.conftest import Driver, double_click

LEFT, NONE = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier


@pytest.fixture
def page(driver) -> Driver:
    driver.tools.settings.put(TextStyle("DejaVu Sans", 40))
    driver.tools.set_foreground(Color(200, 10, 20))
    driver.tools.set_tool(ToolName.TEXT)
    QApplication.processEvents()
    return driver


def settle(driver: Driver, qtbot) -> None:
    qtbot.waitUntil(lambda: not driver.tools.edits.is_computing and driver.window.is_settled)


def click(driver: Driver, x: float, y: float, modifiers: Qt.KeyboardModifier = NONE) -> None:
    QTest.mouseClick(driver.canvas, LEFT, modifiers, driver.at(x, y))
    QApplication.processEvents()


def type_words(driver: Driver, words: str) -> None:
    for line, part in enumerate(words.split("\n")):
        if line:
            QTest.keyClick(driver.canvas, Qt.Key.Key_Return)
        QTest.keyClicks(driver.canvas, part)
    QApplication.processEvents()


def confirm(driver: Driver, qtbot) -> None:
    driver.key(Qt.Key.Key_Return, CTRL)
    assert driver.tools.typing is None
    settle(driver, qtbot)


def text_layers(document: Document) -> list[Layer]:
    return [layer for layer in document.walk() if isinstance(layer.content, Text)]


def words(driver: Driver) -> str:
    (layer,) = text_layers(driver.documents.committed)
    assert isinstance(layer.content, Text)
    return layer.content.words.text


def test_t_takes_the_text_tool_in_hand(driver):
    driver.key(Qt.Key.Key_T)
    assert driver.tools.tool is ToolName.TEXT


def test_words_are_typed_where_the_canvas_was_clicked_and_are_one_step(page, qtbot):
    click(page, 100, 100)
    type_words(page, "Big red\nbrush")     # letters that are shortcuts of tools, too
    assert page.tools.tool is ToolName.TEXT
    qtbot.waitUntil(lambda: len(text_layers(page.documents.document)) == 1)
    assert not page.documents.history.can_undo
    confirm(page, qtbot)
    assert words(page) == "Big red\nbrush"
    layer = page.documents.committed.active_layer
    assert layer.name == "Big red brush"
    assert abs(layer.tiles.bounds().left - 100) < 10
    assert page.documents.history.undo_label == "Text"
    page.trigger("undo")
    assert text_layers(page.documents.committed) == []
    assert not page.documents.history.can_undo


def test_a_dragged_box_breaks_its_lines(page, qtbot):
    page.drag((100, 100), (200, 150), (300, 200))
    type_words(page, "words that go on and on")
    confirm(page, qtbot)
    bounds = page.documents.committed.active_layer.tiles.bounds()
    assert bounds.right <= 305
    assert bounds.height > 60


def test_a_text_is_opened_again_by_a_click_and_edited_with_keys(page, qtbot):
    click(page, 100, 100)
    type_words(page, "Hello")
    confirm(page, qtbot)
    click(page, 110, 100)
    assert page.tools.typing is not None
    page.key(Qt.Key.Key_End)
    type_words(page, " you")
    page.key(Qt.Key.Key_Left, SHIFT)
    page.key(Qt.Key.Key_Left, SHIFT)
    assert page.tools.typing.selected_words == "ou"
    type_words(page, "e")
    page.key(Qt.Key.Key_Home)
    page.key(Qt.Key.Key_Delete)
    type_words(page, "J")
    confirm(page, qtbot)
    assert words(page) == "Jello ye"
    assert page.documents.history.undo_label == "Edit text"
    page.trigger("undo")
    assert words(page) == "Hello"


def test_what_was_typed_is_taken_back_before_the_step_is_made(page, qtbot):
    click(page, 100, 100)
    type_words(page, "one two")
    page.key(Qt.Key.Key_Z, CTRL)
    type_words(page, "x")
    confirm(page, qtbot)
    assert words(page) == "one x"


def test_words_go_through_the_clipboard(page, qtbot):
    click(page, 100, 100)
    type_words(page, "copy")
    page.key(Qt.Key.Key_A, CTRL)
    page.key(Qt.Key.Key_C, CTRL)
    assert QGuiApplication.clipboard().text() == "copy"
    page.key(Qt.Key.Key_Right)
    page.key(Qt.Key.Key_V, CTRL)
    page.key(Qt.Key.Key_Left, SHIFT | CTRL)
    page.key(Qt.Key.Key_X, CTRL)
    assert QGuiApplication.clipboard().text() == "copycopy"
    QGuiApplication.clipboard().setText("a\r\nb")
    page.key(Qt.Key.Key_V, CTRL)
    confirm(page, qtbot)
    assert words(page) == "a\nb"
    QGuiApplication.clipboard().clear()


def test_an_input_method_composes_in_place(page, qtbot):
    click(page, 100, 100)
    assert page.canvas.testAttribute(Qt.WidgetAttribute.WA_InputMethodEnabled)
    before = page.canvas.inputMethodQuery(Qt.InputMethodQuery.ImCursorRectangle)
    cursor = QInputMethodEvent.Attribute(QInputMethodEvent.AttributeType.Cursor, 2, 1, None)
    QApplication.sendEvent(page.canvas, QInputMethodEvent("ni", [cursor]))
    after = page.canvas.inputMethodQuery(Qt.InputMethodQuery.ImCursorRectangle)
    assert after.left() > before.left()
    assert page.tools.edits.draft.underlined
    done = QInputMethodEvent()
    done.setCommitString("に")
    QApplication.sendEvent(page.canvas, done)
    assert not page.tools.edits.draft.underlined
    confirm(page, qtbot)
    assert words(page) == "に"
    assert not page.canvas.testAttribute(Qt.WidgetAttribute.WA_InputMethodEnabled)


def test_what_an_input_method_has_not_finished_is_dropped(page, qtbot):
    click(page, 100, 100)
    type_words(page, "a")
    QApplication.sendEvent(page.canvas, QInputMethodEvent("ni", []))
    confirm(page, qtbot)
    assert words(page) == "a"


def test_words_are_selected_with_the_mouse(page, qtbot):
    click(page, 100, 100)
    type_words(page, "first second")
    caret = page.tools.edits.draft.caret
    y = caret.y + caret.height / 2
    page.drag((caret.x - 60, y), (caret.x - 30, y), (caret.x + 20, y))
    assert "first second".endswith(page.tools.typing.selected_words)
    assert page.tools.typing.selected_words
    double_click(page.canvas, page.at(110, y))
    QTest.mouseClick(page.canvas, LEFT, NONE, page.at(110, y))
    page.key(Qt.Key.Key_Escape)
    settle(page, qtbot)
    assert words(page) == "first second"


def test_a_click_beside_ends_it_and_another_tool_too(page, qtbot):
    click(page, 100, 100)
    type_words(page, "one")
    click(page, 600, 400)
    settle(page, qtbot)
    assert page.tools.typing is None
    assert words(page) == "one"
    click(page, 500, 300)
    type_words(page, "two")
    page.trigger("brushTool")
    settle(page, qtbot)
    assert len(text_layers(page.documents.committed)) == 2


def test_nothing_typed_leaves_no_layer_and_no_step(page, qtbot):
    click(page, 100, 100)
    page.key(Qt.Key.Key_Escape)
    settle(page, qtbot)
    assert not page.documents.history.can_undo


def test_emptied_text_takes_its_layer_with_it(page, qtbot):
    click(page, 100, 100)
    type_words(page, "gone")
    confirm(page, qtbot)
    click(page, 110, 100)
    page.key(Qt.Key.Key_A, CTRL)
    page.key(Qt.Key.Key_Backspace)
    confirm(page, qtbot)
    assert text_layers(page.documents.committed) == []
    assert page.documents.history.undo_label == "Delete text"


def test_font_alignment_and_colour_are_changed_while_typing(page, qtbot):
    click(page, 200, 100)
    type_words(page, "words")
    QTest.mouseClick(page.find("centerAlignButton"), LEFT)
    QTest.mouseClick(page.find("textItalicButton"), LEFT)
    page.tools.set_foreground(Color(0, 0, 250))
    confirm_by_tool(page, qtbot)
    (layer,) = text_layers(page.documents.committed)
    made = layer.content.words
    assert (made.style.align, made.style.italic, made.color) == (TextAlign.CENTER, True, Color(0, 0, 250))
    bounds = layer.tiles.bounds()
    assert abs(bounds.center.x - 200) < 6


def confirm_by_tool(driver: Driver, qtbot) -> None:
    driver.trigger("panTool")
    settle(driver, qtbot)


def test_opening_a_text_takes_over_how_it_looks(page, qtbot):
    style = TextStyle("DejaVu Serif", 64, 700, False, TextAlign.LEFT, 1.25)
    made = Words("Title", Point(100, 100), style, Color(1, 2, 3))
    page.documents.open(SetWords("t", made)(new_document(Size(768, 512))))
    click(page, 120, 140)
    assert page.tools.settings.get(TextStyle) == style
    assert page.tools.foreground == Color(1, 2, 3)
    page.key(Qt.Key.Key_Escape)
    assert not page.documents.history.can_undo


def test_undo_from_the_menu_drops_the_text_under_way(page, qtbot):
    click(page, 100, 100)
    type_words(page, "abc")
    qtbot.waitUntil(lambda: page.documents.document is not page.documents.committed)
    page.documents.undo()
    assert page.tools.typing is None
    assert page.documents.document is page.documents.committed


def test_an_edit_elsewhere_leaves_the_typing_alone(page, qtbot):
    click(page, 100, 100)
    type_words(page, "abc")
    page.trigger("showMask")
    type_words(page, "d")
    confirm(page, qtbot)
    assert words(page) == "abcd"
    assert not page.documents.committed.mask.visible


def test_painting_on_text_says_to_rasterise_first(page, qtbot):
    click(page, 100, 100)
    type_words(page, "abc")
    confirm(page, qtbot)
    page.tools.set_tool(ToolName.BRUSH)
    with qtbot.waitSignal(page.tools.tool_message) as said:
        page.drag((100, 100), (200, 100))
    assert "Rasterise" in said.args[0]
    assert words(page) == "abc"


def test_a_text_under_way_is_saved_with_the_document(page, qtbot, tmp_path):
    click(page, 100, 100)
    type_words(page, "saved")
    path = tmp_path / "text.ora"
    page.asker.save_path = path
    with qtbot.waitSignal(page.files.saved):
        page.trigger("saveAs")
    assert page.tools.typing is None
    before = page.documents.committed
    with qtbot.waitSignal(page.window.document_opened):
        page.window.open_path(path)
    (kept,), (made,) = text_layers(page.documents.committed), text_layers(before)
    assert kept.content == made.content
    assert kept.tiles == made.tiles


def test_a_missing_font_is_said_and_the_picture_is_kept(page, qtbot):
    made = Words("Title", Point(100, 100), TextStyle("No Such Font 123"))
    document = SetWords("t", made)(new_document(Size(768, 512)))
    with qtbot.waitSignal(page.window.messages.posted):
        page.documents.open(document)
    assert page.documents.committed.layer("t").tiles is document.layer("t").tiles


def test_the_caret_blinks_while_typing_and_then_no_more(page, qtbot):
    click(page, 100, 100)
    text = page.canvas._text
    assert text._blink.isActive()
    page.key(Qt.Key.Key_Escape)
    assert not text._blink.isActive()


def test_rasterised_text_keeps_its_look_and_can_be_painted_on(page, qtbot):
    click(page, 100, 100)
    type_words(page, "abc")
    confirm(page, qtbot)
    before = page.documents.committed.active_layer
    page.trigger("rasterizeLayer")
    settle(page, qtbot)
    after = page.documents.committed.active_layer
    assert after.content is None
    assert after.tiles == before.tiles
    page.tools.set_tool(ToolName.BRUSH)
    page.drag((100, 100), (200, 100))
    assert page.documents.committed.active_layer.tiles != before.tiles
