"""Everything that can be done is found by a few letters, and done by keys alone."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from sdpaint.gui.actions import ACTIONS
from sdpaint.gui.command_list import WHY_NOT, commands_of
from sdpaint.gui.command_search import MAX_RECENT_COMMANDS, Command, search
from sdpaint.gui.widgets.command_palette import CommandPalette
from sdpaint.gui.widgets.number_slider import NumberSlider
from sdpaint.tools.base import ToolName
from tests.gui.test_main_window import controls, described

CTRL = Qt.KeyboardModifier.ControlModifier

COMMANDS = [
    Command("blur", "Gaussian blur", "Filter ▸ Blur"),
    Command("merge", "Merge down", "Layer", "Ctrl+M"),
    Command("mask", "Mask brush", "Tools", "K", keywords="mark what Inpaint makes anew"),
    Command("brush", "Brush", "Tools", "B"),
    Command("undo", "Undo", "Edit", "Ctrl+Z", enabled=False, reason="Nothing to undo"),
    Command("sampling", "Sampling settings", "Generate", "F4"),
]


def names(text: str, recent: tuple[str, ...] = ()) -> list[str]:
    return [found.command.id for found in search(COMMANDS, text, recent)]


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("gaus", "blur"),
        ("gb", "blur"),
        ("gabl", "blur"),
        ("blur gau", "blur"),
        ("MERGE", "merge"),
        ("layer merge", "merge"),
        ("brush", "brush"),
        ("inpaint", "mask"),
        ("ctrl+m", "merge"),
        ("smplg", "sampling"),
    ],
)
def test_a_few_letters_find_what_is_meant(text, first):
    assert names(text)[0] == first


def test_what_fits_nothing_finds_nothing():
    assert names("xyzzy") == []
    assert names("merge xyzzy") == []


def test_without_letters_all_are_there_and_the_recent_ones_lead():
    assert names("") == [command.id for command in COMMANDS]
    assert names("", ("undo", "merge"))[:2] == ["undo", "merge"]
    assert sorted(names("", ("undo", "merge"))) == sorted(command.id for command in COMMANDS)


def test_what_can_be_done_comes_before_its_equals_and_not_before_a_better_fit():
    commands = [
        Command("apply", "Apply mask", enabled=False),
        Command("invert", "Invert mask"),
        Command("mask", "Mask", enabled=False),
    ]

    assert [found.command.id for found in search(commands, "mask")] == ["mask", "invert", "apply"]


def test_recency_decides_among_equals_and_not_against_a_better_fit():
    assert names("m", ("mask",))[0] == "mask"
    assert names("m", ("merge",))[0] == "merge"
    assert names("brush", ("mask",))[0] == "brush"


def test_the_typed_places_are_known():
    found = search(COMMANDS, "gb")[0]
    assert {found.command.name[place] for place in found.places} == {"G", "b"}


# ---------------------------------------------------------------------------------------------------- in the window


@pytest.fixture
def palette(driver, qtbot) -> CommandPalette:
    # Keys reach a window that is active, which it is a turn of the event loop after it was shown.
    qtbot.waitUntil(lambda: QApplication.focusWidget() is driver.canvas)
    driver.key(Qt.Key.Key_K, CTRL)
    palette = driver.window.findChild(CommandPalette)
    assert palette.isVisible()
    return palette


def search_field() -> QWidget:
    field = QApplication.focusWidget()
    assert field.objectName() == "commandSearch"
    return field


def test_keys_alone_find_and_do(driver, palette):
    QTest.keyClicks(search_field(), "eraser")
    driver.key(Qt.Key.Key_Return)
    assert driver.tools.tool is ToolName.ERASER
    assert not palette.isVisible()
    assert QApplication.focusWidget() is driver.canvas


def test_letters_are_for_the_search_and_not_for_the_tools(driver, palette):
    QTest.keyClicks(search_field(), "e[x")
    assert search_field().text() == "e[x"
    assert driver.tools.tool is ToolName.BRUSH


def test_arrows_choose_and_escape_leaves_everything_as_it_was(driver, palette):
    before = driver.documents.committed
    driver.key(Qt.Key.Key_Down)
    driver.key(Qt.Key.Key_Up)
    driver.key(Qt.Key.Key_Up)
    assert palette.findChild(QWidget, "commandList").currentIndex().row() == len(palette.shown) - 1
    driver.key(Qt.Key.Key_PageUp)
    driver.key(Qt.Key.Key_Escape)
    assert not palette.isVisible()
    assert driver.documents.committed is before
    assert QApplication.focusWidget() is driver.canvas


def test_every_action_is_in_it_with_its_key(driver):
    shown = {command.id: command for command in commands_of(driver.window.actions_by_id)}
    assert set(shown) == {spec.id for spec in ACTIONS} - {"commandPalette"}
    assert shown["mergeDown"].shortcut == driver.window.actions_by_id["mergeDown"].shortcut().toString()
    assert shown["modeInpaint"].path == "Generate ▸ Mode"
    assert shown["brushTool"].checked


def test_what_cannot_be_done_says_why_and_stays(driver, palette):
    QTest.keyClicks(search_field(), "undo")
    undo = palette.shown[0]
    assert (undo.id, undo.enabled, undo.reason) == ("undo", False, "Nothing to undo")
    driver.key(Qt.Key.Key_Return)
    assert palette.isVisible()


def test_everything_that_cannot_be_done_at_first_says_why(driver):
    disabled = [command for command in commands_of(driver.window.actions_by_id) if not command.enabled]
    assert len(disabled) > 10
    assert [command.id for command in disabled if command.reason == "Not possible now"] == []


def test_reasons_are_for_actions_that_are_there(driver):
    assert set(WHY_NOT) <= set(driver.window.actions_by_id)


def test_what_was_used_lately_leads_at_the_next_time_and_is_remembered(driver, palette):
    for words in ("eraser", "mirror the view"):
        if not palette.isVisible():
            driver.key(Qt.Key.Key_K, CTRL)
        QTest.keyClicks(search_field(), words)
        driver.key(Qt.Key.Key_Return)
    assert driver.canvas.flipped
    driver.key(Qt.Key.Key_K, CTRL)
    assert [command.id for command in palette.shown[:2]] == ["flip", "eraserTool"]
    assert driver.settings.settings.recent_commands == ("flip", "eraserTool")


def test_the_list_of_recent_ones_stays_short(driver, palette):
    palette.close_palette()
    ids = [spec.id for spec in ACTIONS if spec.group == "mode" or spec.group == "tools"]
    for name in ids:
        palette.chosen.emit(name)
    assert len(driver.settings.settings.recent_commands) == MAX_RECENT_COMMANDS


def test_panels_are_switched_by_it(driver, palette):
    QTest.keyClicks(search_field(), "results panel")
    driver.key(Qt.Key.Key_Return)
    assert driver.window._docks["Results"].isHidden()


def test_a_click_does_it_and_a_click_elsewhere_leaves(driver, palette):
    QTest.keyClicks(search_field(), "eraser")
    found = palette.findChild(QWidget, "commandList")
    place = found.visualRect(found.model().index(0)).center()
    QTest.mouseClick(found.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, place)
    assert driver.tools.tool is ToolName.ERASER
    driver.key(Qt.Key.Key_K, CTRL)
    assert palette.isVisible()
    QTest.mouseClick(driver.find("statusBar"), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, QPoint(3, 3))
    assert not palette.isVisible()


def test_the_quiet_button_opens_it_and_says_the_key(driver):
    button = driver.find("commandButton")
    assert button.text() == "Ctrl+K"
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    palette = driver.window.findChild(CommandPalette)
    assert palette.isVisible()
    found = controls(palette)
    assert {widget.objectName() for widget in found} == {"commandSearch", "commandList"}
    assert [described(widget) for widget in found] == [[], []]


def test_it_stays_within_a_small_window(driver, palette):
    driver.window.resize(720, 480)
    QApplication.processEvents()
    assert driver.window.rect().contains(palette.geometry())


def test_it_opens_over_a_number_that_is_being_typed(driver, qtbot):
    slider = next(each for each in driver.window.findChildren(NumberSlider) if each.isVisible())
    slider.edit("12")
    driver.key(Qt.Key.Key_K, CTRL)
    QTest.keyClicks(search_field(), "eraser")
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    driver.key(Qt.Key.Key_Return)
    assert driver.tools.tool is ToolName.ERASER
    assert not driver.window.findChild(CommandPalette).isVisible()
