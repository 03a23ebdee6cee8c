"""Making controls: one way to give each its name, its tooltip with the shortcut, and its words for screen readers."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator
from contextlib import contextmanager

from PySide6.QtCore import QEvent, QObject, QSize, Qt
from PySide6.QtGui import QAction, QKeyEvent, QKeySequence
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QMenu,
    QPushButton,
    QToolButton,
    QWidget,
    QWidgetAction,
)

from sdpaint.gui.icons import icon
from sdpaint.gui.theme import CONTROL_HEIGHT, HIT_SIZE, ICON_SIZE, SPACE, set_role


def describe(widget: QWidget, object_name: str, name: str, tooltip: str = "", shortcut: str = "") -> None:
    """Object name, accessible name and tooltip. `shortcut` is in portable text, such as "Ctrl+Z"."""
    widget.setObjectName(object_name)
    widget.setAccessibleName(name)
    widget.setToolTip(tooltip_text(tooltip or name, shortcut))


def tooltip_text(text: str, shortcut: str = "") -> str:
    """The text with the shortcut as this system writes it, in brackets."""
    if not shortcut:
        return text
    native = QKeySequence(shortcut).toString(QKeySequence.SequenceFormat.NativeText)
    return f"{text} ({native})"


def claims_key(event: QEvent, keys: Container[int]) -> bool:
    """Whether an event asks if one of these keys is a shortcut. Then it is none: it comes to the widget as a key."""
    if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and event.key() in keys:
        event.accept()
        return True
    return False


def native_key(action: QAction) -> str:
    """The first key of an action as this system writes it; empty where it has none."""
    return action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)


def follow_keys(action: QAction, say: Callable[[str], object]) -> None:
    """Call `say` with the first key of an action, now and whenever it is another one.

    For what lives as long as the action does.
    """
    said: list[str] = []

    def look() -> None:
        key = native_key(action)
        if said != [key]:
            said[:] = [key]
            say(key)

    action.changed.connect(look)
    look()


def with_key(text: str, key: str) -> str:
    """The text with a key, as this system writes it, in brackets."""
    return f"{text} ({key})" if key else text


def icon_button(
    object_name: str,
    icon_name: str,
    name: str,
    on_click: Callable[[], object] | None = None,
    tooltip: str = "",
    shortcut: str = "",
    checkable: bool = False,
) -> QToolButton:
    """A button with an icon alone."""
    button = QToolButton()
    dress(button, object_name, icon_name, name, tooltip, shortcut)
    button.setCheckable(checkable)
    if on_click is not None:
        # `clicked` hands over the checked state, which isn't asked for.
        button.clicked.connect(lambda _checked=False: on_click())
    return button


def dress(
    button: QToolButton, object_name: str, icon_name: str, name: str, tooltip: str = "", shortcut: str = ""
) -> None:
    """Make a button one with an icon alone: what icon_button gives, for classes of buttons."""
    describe(button, object_name, name, tooltip, shortcut)
    button.setIcon(icon(icon_name))
    button.setIconSize(QSize(ICON_SIZE, ICON_SIZE))
    button.setFixedSize(HIT_SIZE, CONTROL_HEIGHT)
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)


def give_menu(button: QToolButton) -> QMenu:
    """An empty menu that a click on the button opens."""
    menu = QMenu(button)
    button.setMenu(menu)
    button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
    return menu


def add_to_menu(menu: QMenu, widget: QWidget) -> None:
    """Let a control be an entry of a menu, as high as elsewhere and with room beside it."""
    widget.setFixedHeight(CONTROL_HEIGHT)
    holder = QWidget()
    row = QHBoxLayout(holder)
    row.setContentsMargins(3 * SPACE, SPACE // 2, 3 * SPACE, SPACE // 2)
    row.addWidget(widget)
    action = QWidgetAction(menu)
    action.setDefaultWidget(holder)
    menu.addAction(action)


def action_button(object_name: str, action: QAction, height: int = CONTROL_HEIGHT) -> QToolButton:
    """A button with an icon alone that shows and triggers an action."""
    button = QToolButton()
    button.setDefaultAction(action)
    button.setObjectName(object_name)
    button.setAccessibleName(action.iconText())
    button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonIconOnly)
    button.setIconSize(QSize(ICON_SIZE, ICON_SIZE))
    button.setFixedSize(max(HIT_SIZE, height), height)
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    return button


def push_button(
    object_name: str, text: str, on_click: Callable[[], object], tooltip: str = "", role: str = ""
) -> QPushButton:
    """A button with words."""
    button = QPushButton(text)
    describe(button, object_name, text, tooltip)
    button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    if role:
        set_role(button, role)
    button.clicked.connect(lambda _checked=False: on_click())
    return button


def label(text: str, role: str = "") -> QLabel:
    """Plain words."""
    result = QLabel(text)
    result.setTextFormat(Qt.TextFormat.PlainText)
    if role:
        set_role(result, role)
    return result


def divider(vertical: bool = True) -> QFrame:
    """A thin line between groups."""
    line = QFrame()
    set_role(line, "line")
    if vertical:
        line.setFixedSize(1, 20)
    else:
        line.setFixedHeight(1)
    return line


@contextmanager
def signals_blocked(*objects: QObject) -> Iterator[None]:
    """Change values without telling listeners."""
    before = [each.blockSignals(True) for each in objects]
    try:
        yield
    finally:
        for each, state in zip(objects, before, strict=True):
            each.blockSignals(state)
