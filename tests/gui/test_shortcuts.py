"""Keys: looked up, changed, as other programs have them; and never two things at once."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog, QMenu, QMenuBar, QWidget
from shiboken6 import isValid

from sdpaint.gui.actions import ACTIONS
from sdpaint.gui.dialogs.shortcuts import ShortcutsDialog
from sdpaint.gui.shortcuts import (
    EXCLUSIVE,
    RESERVED,
    SCHEMES,
    bindings,
    conflicts,
    rebound,
    reset,
    scheme_keys,
)
from sdpaint.settings.schema import Settings, ShortcutScheme
from tests.gui.test_main_window import controls, described

CTRL = Qt.KeyboardModifier.ControlModifier
LEFT = Qt.MouseButton.LeftButton


def all_conflicts(present):
    """Each key with which more than one action could be meant, with these."""
    found = [(key, name, conflicts(present, name, key)) for name, keys in present.items() for key in keys]
    return [each for each in found if each[2]]


@pytest.mark.parametrize("scheme", list(ShortcutScheme))
def test_no_key_of_a_scheme_means_two_things(scheme):
    assert all_conflicts(scheme_keys(scheme)) == []


@pytest.mark.parametrize("scheme", list(ShortcutScheme))
def test_no_scheme_takes_the_keys_of_the_canvas(scheme):
    assert not {key for keys in scheme_keys(scheme).values() for key in keys} & set(RESERVED)


def test_schemes_differ_where_they_say_so():
    for scheme, changes in SCHEMES.items():
        keys = scheme_keys(scheme)
        assert all(keys[name] == changes[name] for name in changes if name in keys)
    assert scheme_keys(ShortcutScheme.KRITA)["mergeDown"] == ("Ctrl+E",)
    assert scheme_keys(ShortcutScheme.PHOTOSHOP)["commandPalette"] == ("Ctrl+F",)


def test_actions_that_share_a_key_are_those_that_exclude_each_other():
    ids = {spec.id for spec in ACTIONS}
    assert all(pair <= ids for pair in EXCLUSIVE)
    keys = scheme_keys(ShortcutScheme.SDPAINT)
    assert conflicts(keys, "mergeDown", "Ctrl+S") == ["save"]
    assert conflicts(keys, "clearLayer", "Del") == []


def test_changes_belong_to_their_scheme_and_equal_ones_are_not_kept():
    settings = Settings()
    stored = rebound(settings, {"save": ("F9",)})
    changed = Settings(shortcuts=stored)
    assert bindings(changed)["save"] == ("F9",)
    krita = Settings(shortcuts=stored, shortcut_scheme=ShortcutScheme.KRITA)
    assert bindings(krita)["save"] == ("Ctrl+S",)
    assert rebound(changed, {"save": ("Ctrl+S",)}) == {}
    assert reset(krita) == stored
    assert reset(changed) == {}


# ---------------------------------------------------------------------------------------------------- in the window


@pytest.fixture
def dialog(driver, qtbot) -> Iterator[ShortcutsDialog]:
    driver.trigger("shortcuts")
    dialog = driver.window.findChild(ShortcutsDialog)
    qtbot.waitUntil(dialog.isActiveWindow)
    yield dialog
    if isValid(dialog):
        dialog.accept()


def choose(dialog: QDialog, name: str) -> None:
    dialog._tree.setCurrentItem(dialog._items[name])


def press(dialog: QDialog, key: Qt.Key, modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
    capture = dialog.findChild(QWidget, "shortcutCapture")
    capture.setFocus()
    QTest.keyClick(capture, key, modifiers)
    QApplication.processEvents()


def words(dialog: QDialog) -> str:
    return dialog.findChild(QWidget, "shortcutConflict").text()


def test_every_action_of_the_menus_is_listed_with_its_keys(driver, dialog):
    assert set(dialog._items) >= {spec.id for spec in ACTIONS if spec.shortcuts}
    listed = [
        section.child(row).data(0, Qt.ItemDataRole.UserRole)
        for section in (dialog._tree.topLevelItem(place) for place in range(dialog._tree.topLevelItemCount()))
        for row in range(section.childCount())
    ]
    assert sorted(name for name in listed if name) == sorted(dialog._items)
    assert dialog._items["redo"].text(1) == "Ctrl+Shift+Z or Ctrl+Y"


def actions_of(menu: QMenu | QMenuBar) -> Iterator[QAction]:
    """Everything that the menus can do, without what they list afresh each time, such as recent files."""
    for action in menu.actions():
        inner = action.menu()
        if inner is not None:
            yield from actions_of(inner)
        elif not action.isSeparator() and action.objectName():
            yield action


def test_everything_that_the_menus_can_do_has_a_name(driver):
    def unnamed(menu: QMenu | QMenuBar) -> Iterator[str]:
        for action in menu.actions():
            if action.menu() is not None:
                yield from unnamed(action.menu())
            elif not action.isSeparator() and not action.objectName():
                yield action.text()

    assert driver.files.recent == ()    # their entries are no commands
    assert list(unnamed(driver.window.menuBar())) == []


def test_every_action_of_the_menus_is_in_the_palette_and_in_the_list_of_keys(driver, dialog):
    named = {each.objectName() for each in actions_of(driver.window.menuBar())}
    assert len(named) > 100
    in_palette = {
        f"{each.id}Action" if each.id in driver.window.actions_by_id else each.id
        for each in driver.window._commands.commands
    }
    in_list = {name if name.endswith("Action") else f"{name}Action" for name in dialog._items}
    assert named - in_palette == {"commandPaletteAction"}
    assert named - in_list == set()


def test_panels_can_be_given_keys(driver, dialog, qtbot):
    choose(dialog, "layersDockAction")
    press(dialog, Qt.Key.Key_F9)
    dialog.accept()
    layers = driver.window._docks["Layers"]
    assert layers.isVisible()
    assert layers.toggleViewAction().shortcut().toString() == "F9"
    driver.window.activateWindow()
    qtbot.waitUntil(driver.window.isActiveWindow)
    driver.canvas.setFocus()
    driver.key(Qt.Key.Key_F9)
    assert not layers.isVisible()
    driver.key(Qt.Key.Key_F9)
    assert layers.isVisible()


@pytest.mark.parametrize(
    ("action", "widget"),
    [
        ("generate", "generateButton"),
        ("generate", "promptEdit"),
        ("toggleSampling", "samplingFoldButton"),
        ("fitFrame", "fitFrameButton"),
        ("commandPalette", "commandButton"),
    ],
)
def test_tooltips_say_the_keys_of_now(driver, dialog, action, widget):
    driver.make_all()
    choose(dialog, action)
    before = driver.window.actions_by_id[action].shortcut().toString(QKeySequence.SequenceFormat.NativeText)
    assert before in driver.find(widget).toolTip()
    press(dialog, Qt.Key.Key_F9, Qt.KeyboardModifier.AltModifier)
    assert "Alt+F9" in driver.find(widget).toolTip()
    assert before not in driver.find(widget).toolTip()
    QTest.mouseClick(dialog.findChild(QWidget, "shortcutClear"), Qt.MouseButton.LeftButton)
    assert "F9" not in driver.find(widget).toolTip()


def test_the_button_says_the_present_key_while_it_cancels(driver, dialog, qtbot):
    choose(dialog, "cancel")
    press(dialog, Qt.Key.Key_F9)
    driver.engine.hold_at(2)
    driver.window.generate()
    driver.engine.wait_until_held()
    assert driver.find("generateButton").toolTip() == "Stop within one step (F9)"
    line = driver.find("statusProgressText")
    qtbot.waitUntil(lambda: line.text().endswith("F9 cancels"))
    driver.generation.cancel()
    driver.engine.release()
    qtbot.waitUntil(lambda: not driver.generation.is_busy)


def test_search_finds_by_name_and_by_key(driver, dialog):
    def shown() -> list[str]:
        return [name for name, item in dialog._items.items() if not item.isHidden()]

    QTest.keyClicks(dialog.findChild(QWidget, "shortcutSearch"), "merge d")
    assert shown() == ["mergeDown"]
    assert dialog._current == "mergeDown"
    dialog.findChild(QWidget, "shortcutSearch").setText("ctrl+m")
    assert shown() == ["mergeDown"]
    dialog.findChild(QWidget, "shortcutSearch").setText("pinch")
    assert shown() == []


def test_another_key_counts_at_once_and_is_remembered(driver, dialog, qtbot):
    choose(dialog, "flip")
    press(dialog, Qt.Key.Key_F9)
    assert driver.window.actions_by_id["flip"].shortcut().toString() == "F9"
    assert driver.window.actions_by_id["flip"].toolTip().endswith("(F9)")
    assert driver.settings.settings.shortcuts == {"sdpaint/flip": ("F9",)}
    dialog.accept()
    driver.window.activateWindow()
    driver.canvas.setFocus()
    qtbot.waitUntil(lambda: QApplication.focusWidget() is driver.canvas)
    driver.key(Qt.Key.Key_M)
    assert not driver.canvas.flipped
    driver.key(Qt.Key.Key_F9)
    assert driver.canvas.flipped


def test_a_key_that_is_taken_is_said_and_changes_nothing(driver, dialog):
    choose(dialog, "mergeDown")
    press(dialog, Qt.Key.Key_S, CTRL)
    assert words(dialog) == "Ctrl+S belongs to “Save”"
    assert driver.settings.settings.shortcuts == {}
    choose(dialog, "flip")
    assert words(dialog) == ""


def test_a_taken_key_can_be_taken_over(driver, dialog):
    choose(dialog, "mergeDown")
    press(dialog, Qt.Key.Key_S, CTRL)
    QTest.mouseClick(dialog.findChild(QWidget, "shortcutTakeOver"), LEFT)
    actions = driver.window.actions_by_id
    assert actions["mergeDown"].shortcut().toString() == "Ctrl+S"
    assert actions["save"].shortcuts() == []
    assert "(" not in actions["save"].toolTip()
    assert all_conflicts(bindings(driver.settings.settings)) == []


def test_keys_of_the_canvas_are_refused(driver, dialog):
    choose(dialog, "flip")
    press(dialog, Qt.Key.Key_Space)
    assert "moves the view" in words(dialog)
    assert driver.settings.settings.shortcuts == {}


def test_one_is_given_back_its_key_or_none_at_all_or_everything_is_reset(driver, dialog):
    actions = driver.window.actions_by_id
    choose(dialog, "flip")
    QTest.mouseClick(dialog.findChild(QWidget, "shortcutClear"), LEFT)
    assert actions["flip"].shortcuts() == []
    QTest.mouseClick(dialog.findChild(QWidget, "shortcutReset"), LEFT)
    assert actions["flip"].shortcut().toString() == "M"
    press(dialog, Qt.Key.Key_F9)
    choose(dialog, "save")
    press(dialog, Qt.Key.Key_F10)
    QTest.mouseClick(dialog.findChild(QWidget, "shortcutResetAll"), LEFT)
    assert driver.settings.settings.shortcuts == {}
    assert actions["save"].shortcut().toString() == "Ctrl+S"


def test_a_key_that_went_elsewhere_is_not_taken_back_silently(driver, dialog):
    choose(dialog, "flip")
    press(dialog, Qt.Key.Key_F9)
    choose(dialog, "rotateReset")
    press(dialog, Qt.Key.Key_M)
    choose(dialog, "flip")
    QTest.mouseClick(dialog.findChild(QWidget, "shortcutReset"), LEFT)
    assert words(dialog) == "M has another use by now"
    assert driver.window.actions_by_id["rotateReset"].shortcut().toString() == "M"


def test_another_scheme_counts_at_once_and_at_the_next_start(driver, dialog):
    scheme = dialog.findChild(QWidget, "shortcutScheme")
    scheme.setCurrentIndex(scheme.findText("Krita"))
    scheme.activated.emit(scheme.currentIndex())
    assert driver.window.actions_by_id["mergeDown"].shortcut().toString() == "Ctrl+E"
    assert dialog._items["mergeDown"].text(1) == "Ctrl+E"
    assert driver.settings.settings.shortcut_scheme is ShortcutScheme.KRITA


def test_the_palette_shows_the_new_key(driver, dialog):
    driver.settings.change(shortcut_scheme=ShortcutScheme.PHOTOSHOP)
    assert driver.find("commandButton").text() == "Ctrl+F"


def test_every_control_of_it_has_its_names_and_keyboard_reach(driver, dialog):
    found = [each for each in controls(dialog) if each.metaObject().className() != "QLineEditIconButton"]
    assert len(found) >= 7
    assert {each.objectName(): described(each) for each in found if described(each)} == {}
