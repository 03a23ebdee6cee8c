"""The commands of the window: what the palette shows of the actions, and the palette and its button themselves."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, QSize, Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QToolBar, QToolButton, QWidget

from sdpaint.gui.action_states import NEEDS_SELECTION
from sdpaint.gui.actions import ACTIONS
from sdpaint.gui.command_search import MAX_RECENT_COMMANDS, Command
from sdpaint.gui.layer_actions import WHY_NO_LAYER_ACTION
from sdpaint.gui.menus import MENUS, Entry
from sdpaint.gui.theme import CONTROL_HEIGHT, set_role
from sdpaint.settings.store import SettingsStore

if TYPE_CHECKING:
    from sdpaint.gui.widgets.command_palette import CommandPalette

PALETTE_ACTION = "commandPalette"

WHY_NOT: Mapping[str, str] = {
    "undo": "Nothing to undo",
    "redo": "Nothing to redo",
    "removeMissing": "No file of the list is missing",
    **dict.fromkeys(NEEDS_SELECTION, "Nothing is selected"),
    "maskToSelection": "Nothing is masked",
    **dict.fromkeys(("removeMask", "nextMask"), "There is one mask alone"),
    "repeatFilter": "No filter was applied yet",
    "clearLayer": "A result waits for a choice",
    "mergeDown": "This is the lowest layer",
    "layerDown": "This is the lowest layer",
    "layerBelow": "This is the lowest layer",
    "layerUp": "This is the topmost layer",
    "layerAbove": "This is the topmost layer",
    **WHY_NO_LAYER_ACTION,
    "cancel": "Nothing is being generated",
    "cancelAll": "Nothing waits in the queue",
    "roundDepth": "The document has 8 bits a channel",
    "keepPreview": "Nothing is being generated",
    "again": "Nothing was generated yet",
    "nextResult": "No results wait for a choice",
    "previousResult": "No results wait for a choice",
    "keepResult": "No result waits for a choice",
    "discardResult": "No result waits for a choice",
}
"""Why an action is disabled, by its id."""

_NOT_NOW = "Not possible now"
_BUTTON_ICON = 14
_ROOMY = 1100
"""Width of a window, in px, from which on the button has room."""


def commands_of(
    actions: Mapping[str, QAction], panels: Iterable[QAction] = (), reasons: Mapping[str, str] = WHY_NOT
) -> list[Command]:
    """Everything that can be done, in the order of the menus; `panels` are switches that the menu shows by itself."""
    paths = menu_paths()
    specs = {spec.id: spec for spec in ACTIONS}
    order = [*(each for each in paths if each in actions), *(each for each in actions if each not in paths)]
    found = [
        Command(
            id=name,
            name=plain_text(actions[name]),
            path=paths.get(name, ""),
            shortcut=native_keys(actions[name]),
            enabled=actions[name].isEnabled(),
            reason="" if actions[name].isEnabled() else reasons.get(name, _NOT_NOW),
            checked=actions[name].isCheckable() and actions[name].isChecked(),
            icon=specs[name].icon if name in specs else "",
            keywords=specs[name].tooltip if name in specs else "",
        )
        for name in order
        if name != PALETTE_ACTION
    ]
    return found + [
        Command(
            id=action.objectName(),
            name=f"{action.text()} panel",
            path="View ▸ Panels",
            shortcut=native_keys(action),
            checked=action.isChecked(),
            keywords=action.toolTip(),
        )
        for action in panels
    ]


def plain_text(action: QAction) -> str:
    """What the menu says, without mnemonic and ellipsis."""
    return action.text().replace("&", "").removesuffix("…")


def native_keys(action: QAction) -> str:
    """The first shortcut as this system writes it."""
    return action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)


def menu_paths() -> dict[str, str]:
    """Where the menus hold each action: id → "Generate ▸ Mode", in the order of the menus."""
    paths: dict[str, str] = {}
    for title, entries in MENUS:
        _walk(title.replace("&", ""), entries, paths)
    return paths


def _walk(path: str, entries: Sequence[Entry], paths: dict[str, str]) -> None:
    for entry in entries:
        if isinstance(entry, str):
            paths.setdefault(entry, path)
        elif entry is not None:
            _walk(f"{path} ▸ {entry[0].replace('&', '')}", entry[1], paths)


class CommandAccess(QObject):
    """The palette of a window, its quiet button, and the memory of what was used lately."""

    def __init__(
        self,
        window: QWidget,
        bar: QToolBar,
        actions: Mapping[str, QAction],
        panels: Iterable[QAction],
        settings: SettingsStore,
    ) -> None:
        """`bar` gets the button, at its end. `panels` are the switches that show and hide them."""
        super().__init__(window)
        self._actions = actions
        self._panels = {each.objectName(): each for each in panels}
        self._settings = settings
        self._window = window
        self._button = bar.addWidget(CommandButton(actions[PALETTE_ACTION]))
        window.installEventFilter(self)

    @property
    def commands(self) -> list[Command]:
        """Everything that can be done, as it is now."""
        return commands_of(self._actions, self._panels.values())

    @cached_property
    def _palette(self) -> CommandPalette:
        from sdpaint.gui.widgets.command_palette import CommandPalette

        palette = CommandPalette(
            self._window, lambda: self.commands, lambda: self._settings.settings.recent_commands
        )
        palette.chosen.connect(self._do)
        return palette

    def open(self) -> None:
        """Show the palette, or take it away."""
        self._palette.open()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize and watched is self._window:
            # In a narrow window the room is for the tool; the key and the menu are still there.
            self._button.setVisible(self._window.width() >= _ROOMY)
        return False

    def _do(self, name: str) -> None:
        others = (each for each in self._settings.settings.recent_commands if each != name)
        self._settings.change(recent_commands=(name, *others)[:MAX_RECENT_COMMANDS])
        action = self._actions.get(name) or self._panels[name]
        action.trigger()


class CommandButton(QToolButton):
    """Says by which key everything is found."""

    def __init__(self, action: QAction) -> None:
        super().__init__()
        self._action = action
        self.setObjectName("commandButton")
        self.setAccessibleName("Find a command")
        self.setIcon(action.icon())
        self.setIconSize(QSize(_BUTTON_ICON, _BUTTON_ICON))
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.setFixedHeight(CONTROL_HEIGHT)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        set_role(self, "line")
        self.clicked.connect(lambda _checked=False: action.trigger())
        action.changed.connect(self._follow)
        self._follow()

    def _follow(self) -> None:
        self.setText(native_keys(self._action))
        self.setToolTip(self._action.toolTip())
