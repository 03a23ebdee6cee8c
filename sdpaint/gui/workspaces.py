"""Workspaces: which panels are there and how they lie, for each kind of work: four that come along, and own ones.

A workspace that comes along is the first arrangement with other panels shown or in front. One of the artist's own is
Qt's description of the window as it was saved. The window remembers by itself how it was left.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from PySide6.QtCore import QByteArray, QObject, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QComboBox, QDockWidget, QLineEdit, QMainWindow, QMenu, QToolBar

from sdpaint.gui.dialogs.base import Form
from sdpaint.gui.messages import Messages
from sdpaint.gui.widgets.combo_box import ComboBox
from sdpaint.gui.widgets.controls import describe
from sdpaint.gui.window_state import STATE_VERSION, state_of_text, text_of_state
from sdpaint.settings.store import SettingsStore

MAX_OWN = 32


class Workspace(Enum):
    """Those that come along, by the name that is kept with the settings."""

    PAINTING = "painting"
    INPAINTING = "inpainting"
    CONCEPT = "concept"
    MINIMAL = "minimal"

    @property
    def label(self) -> str:
        """As menus say it."""
        return self.value.capitalize()


@dataclass(frozen=True)
class Arrangement:
    """Object names of the panels that are shown, and of those that lie before others in their tabs."""

    shown: frozenset[str]
    in_front: tuple[str, ...] = ()


_BARS = frozenset({"toolBar", "toolOptionsBar"})

ARRANGEMENTS: Mapping[Workspace, Arrangement] = {
    Workspace.PAINTING: Arrangement(
        _BARS | {"colorDock", "brushesDock", "palettesDock", "layersDock", "navigatorDock", "promptDock"},
        ("colorDock", "navigatorDock"),
    ),
    Workspace.INPAINTING: Arrangement(
        _BARS | {"layersDock", "resultsDock", "queueDock", "promptDock", "samplingDock"}, ("resultsDock",)
    ),
    Workspace.CONCEPT: Arrangement(
        _BARS | {"colorDock", "brushesDock", "layersDock", "resultsDock", "queueDock", "navigatorDock", "promptDock"},
        ("brushesDock", "resultsDock"),
    ),
    Workspace.MINIMAL: Arrangement(_BARS | {"promptDock"}),
}


class Workspaces(QObject):
    """Takes them on, saves, forgets and resets them. Own ones can be reached by the menu that `fill` was given."""

    def __init__(
        self,
        window: QMainWindow,
        settings: SettingsStore,
        messages: Messages,
        share_room: Callable[[], None],
        hide_stale_tabs: Callable[[], None],
    ) -> None:
        """`share_room` gives the panels that are shown their usual sizes."""
        super().__init__(window)
        self._share_room = share_room
        self._hide_stale_tabs = hide_stale_tabs
        self._window = window
        self._settings = settings
        self._messages = messages
        self._first = QByteArray()
        self._menu: QMenu | None = None
        self._actions: Mapping[str, QAction] = {}
        self._listed: list[QAction] = []

    def remember_first(self) -> None:
        """The window is laid out as it comes along."""
        self._first = self._window.saveState(STATE_VERSION)

    def fill(self, menu: QMenu, actions: Mapping[str, QAction]) -> None:
        """Let this menu, which holds the actions of the table, list the artist's own too."""
        self._menu, self._actions = menu, actions
        menu.aboutToShow.connect(self._list)
        self._list()

    @property
    def own(self) -> tuple[str, ...]:
        """Names of the artist's own."""
        return tuple(self._settings.settings.workspaces)

    @property
    def current(self) -> str:
        """The name of the one that was taken on last."""
        return self._settings.settings.workspace

    def use(self, workspace: Workspace) -> None:
        """Take on one that comes along."""
        arrangement = ARRANGEMENTS[workspace]
        self._show_panels()
        self._window.restoreState(self._first, STATE_VERSION)
        for panel in self._panels():
            panel.setVisible(panel.objectName() in arrangement.shown)
        for panel in self._panels():
            if panel.objectName() in arrangement.in_front:
                panel.raise_()
        self._share_room()
        self._settings.change(workspace=workspace.value)
        self._list()

    def use_own(self, name: str) -> None:
        """Take on one of the artist's own."""
        self._show_panels()
        state = state_of_text(self._settings.settings.workspaces.get(name, ""))
        if state is None or not self._window.restoreState(state, STATE_VERSION):
            self._messages.warn(f"The workspace ‘{name}’ can't be used", "Save it anew")
            return
        self._hide_stale_tabs()
        self._settings.change(workspace=name)
        self._list()

    def reset(self) -> None:
        """The present one as it was saved, or as it came along."""
        if self.current in self.own:
            self.use_own(self.current)
        else:
            known = {each.value: each for each in Workspace}
            self.use(known.get(self.current, Workspace.PAINTING))

    def ask_name(self) -> None:
        """Ask for a name, and save the panels as they lie under it."""
        form = Form(self._window, "saveWorkspaceDialog", "Save the workspace", "Save")
        name = QLineEdit(self.current if self.current in self.own else "")
        describe(name, "workspaceNameEdit", "Name", "A name that is there already is saved anew")
        form.accept_button.setEnabled(bool(name.text()))
        name.textChanged.connect(lambda text: form.accept_button.setEnabled(bool(text.strip())))
        form.add_row("Name", name)
        form.accepted.connect(lambda: self.save(name.text().strip()))
        form.open()

    def save(self, name: str) -> None:
        """Keep the panels as they lie under this name."""
        taken = {each.value for each in Workspace} | {each.label for each in Workspace}
        if name in taken:
            self._messages.warn(f"‘{name}’ comes along with sdpaint", "Choose another name")
            return
        kept = dict(self._settings.settings.workspaces)
        if name not in kept and len(kept) >= MAX_OWN:
            self._messages.warn(f"{MAX_OWN} workspaces are kept already", "Delete one first")
            return
        kept[name] = text_of_state(self._window.saveState(STATE_VERSION))
        self._settings.change(workspaces=kept, workspace=name)
        self._list()
        self._messages.info(f"The workspace is saved as ‘{name}’")

    def ask_delete(self) -> None:
        """Ask which of the artist's own shall go."""
        if not self.own:
            self._messages.info("There is no workspace of your own to delete")
            return
        form = Form(self._window, "deleteWorkspaceDialog", "Delete a workspace", "Delete")
        choice: QComboBox = ComboBox("workspaceChoice", "Workspace", "Which one shall go")
        choice.addItems(list(self.own))
        form.add_row("Workspace", choice)
        form.accepted.connect(lambda: self.delete(choice.currentText()))
        form.open()

    def delete(self, name: str) -> None:
        """Forget one of the artist's own. The panels stay as they lie."""
        kept = {each: state for each, state in self._settings.settings.workspaces.items() if each != name}
        present = Workspace.PAINTING.value if self.current == name else self.current
        self._settings.change(workspaces=kept, workspace=present)
        self._list()

    def _show_panels(self) -> None:
        """Where only the canvas is shown, the panels come back first: they would be hidden from the new workspace."""
        alone = self._actions["hidePanels"]
        if alone.isChecked():
            alone.trigger()

    def _panels(self) -> Sequence[QDockWidget | QToolBar]:
        direct = Qt.FindChildOption.FindDirectChildrenOnly
        return [
            *self._window.findChildren(QDockWidget, options=direct),
            *self._window.findChildren(QToolBar, options=direct),
        ]

    def _list(self) -> None:
        if self._menu is None:
            return
        for action in self._listed:
            self._menu.removeAction(action)
            action.deleteLater()
        self._listed = []
        before = self._actions["saveWorkspace"]
        for name in self.own:
            action = QAction(name.replace("&", "&&"), self._menu, checkable=True)
            action.setChecked(name == self.current)
            action.triggered.connect(lambda _checked=False, name=name: self.use_own(name))
            self._menu.insertAction(before, action)
            self._listed.append(action)
        if self._listed:
            self._listed.append(self._menu.insertSeparator(before))
        for each in Workspace:
            self._actions[f"{each.value}Workspace"].setChecked(each.value == self.current)
