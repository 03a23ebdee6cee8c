"""ManagerWindow: the checkpoint manager. Not modal: it may stay open beside the painting."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QSize, Qt, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QKeySequence, QShortcut, QShowEvent
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QLineEdit,
    QMenu,
    QPushButton,
    QStackedWidget,
    QTabBar,
    QVBoxLayout,
    QWidget,
)

from sdpaint.checkpoints.component import Architecture, Kind
from sdpaint.checkpoints.folders import Program
from sdpaint.checkpoints.library import Entry
from sdpaint.controllers.downloads_controller import DownloadsController
from sdpaint.controllers.library_controller import LibraryController
from sdpaint.controllers.samples_controller import SamplesController
from sdpaint.gui.desktop import show_folder_of
from sdpaint.gui.dialogs.base import resize_on_screen
from sdpaint.gui.icons import icon
from sdpaint.gui.manager.details import DetailsPane
from sdpaint.gui.manager.get_more import GetMorePage
from sdpaint.gui.manager.grid import LibraryView
from sdpaint.gui.manager.query import KIND_NAMES, Query, Sort
from sdpaint.gui.theme import SPACE
from sdpaint.gui.widgets.combo_box import ComboBox
from sdpaint.gui.widgets.controls import describe, icon_button, label, push_button, signals_blocked
from sdpaint.gui.wording import byte_words
from sdpaint.settings.store import SettingsStore

_TYPING_MS = 120
_WHERE_USED = {
    Kind.CONTROLNET: "A control layer chooses it by itself",
    Kind.T2I_ADAPTER: "A control layer chooses it by itself",
    Kind.IP_ADAPTER: "Pictures that say what the result is to look like choose it by themselves",
}
"""What is no choice of its own."""


class LibraryPage(QWidget):
    """What is on this machine. What is done with an entry outside the library, the flow does."""

    use_asked = Signal(object)
    """Entry."""
    folder_asked = Signal()
    """Another folder is to be looked into."""
    offered_folder_taken = Signal(object)
    """Path of a folder that was offered."""
    picture_asked = Signal(object, str)
    """(Entry, where from: "result" or "file")."""
    trash_asked = Signal(object)
    """Entry."""

    def __init__(self, library: LibraryController) -> None:
        super().__init__()
        self._library = library
        self._build()
        self._soon = QTimer(self, singleShot=True, interval=_TYPING_MS)
        self._soon.timeout.connect(self.refresh)
        self._search.textChanged.connect(lambda _text: self._soon.start())
        for combo in (self._kind, self._family, self._sort):
            combo.currentIndexChanged.connect(lambda _row: self.refresh())
        self._favourites.toggled.connect(lambda _on: self.refresh())
        self._hidden.toggled.connect(lambda _on: self.refresh())
        self.view.selectionModel().selectionChanged.connect(lambda *_: self._show_details())
        library.changed.connect(self._follow)
        library.busy_changed.connect(lambda _busy: self._say_count())
        library.known_folders_found.connect(self._offer)
        library.thumbnail_read.connect(self._show_picture)
        library.converted.connect(self._show_converted)
        library.failed.connect(lambda _error: self.details.allow_converting())
        self._follow()

    # -- building

    def _build(self) -> None:
        self._search = QLineEdit()
        describe(self._search, "librarySearch", "Search", "Words of name, note, kind, family or path", "Ctrl+F")
        self._search.setPlaceholderText("Search")
        self._search.setClearButtonEnabled(True)
        self._kind = ComboBox("libraryKindFilter", "Kind", "What it is")
        self._family = ComboBox("libraryFamilyFilter", "Family", "Whose weights they are")
        self._sort = ComboBox("librarySort", "Order", "In which order")
        for sort in Sort:
            self._sort.addItem(sort.value, sort)
        self._favourites = icon_button(
            "libraryFavourites", "star", "Favourites only", None, "Show favourites only", checkable=True
        )
        self._hidden = icon_button(
            "libraryHidden", "eye-off", "What was taken off the list", None,
            "Show what was taken off the list, to bring it back", checkable=True,
        )  # fmt: skip
        self._rows = icon_button(
            "libraryRows", "list", "As a list", None, "As a list, without large pictures", checkable=True
        )
        add = icon_button(
            "libraryAddFolder", "folder-add", "Add a folder", self.folder_asked.emit,
            "Look into another folder, too: of A1111, Forge, ComfyUI, InvokeAI, or any other",
        )  # fmt: skip
        top = QHBoxLayout()
        top.setSpacing(SPACE)
        top.addWidget(self._search, 1)
        for widget in (self._kind, self._family, self._sort, self._favourites, self._hidden, self._rows, add):
            top.addWidget(widget)
        self.view = LibraryView(self._library, self._empty_words)
        self._rows.toggled.connect(lambda on: self.view.set_tiled(not on))
        self.view.use_asked.connect(self._use)
        self.view.star_asked.connect(self._toggle_favourite)
        self.view.trash_asked.connect(self._trash)
        self.view.menu_asked.connect(lambda at: self.menu().popup(at))
        self.details = DetailsPane(
            self._library, self._use, self.why_not, self._show_picture_menu, self._show_menu, show_folder_of
        )
        middle = QHBoxLayout()
        middle.setSpacing(2 * SPACE)
        middle.addWidget(self.view, 1)
        middle.addWidget(self.details)
        self._offers = QWidget()
        self._offers.setObjectName("libraryOffers")
        self._offer_rows = QVBoxLayout(self._offers)
        self._offer_rows.setContentsMargins(0, 0, 0, 0)
        self._offer_rows.setSpacing(SPACE)
        self._offered: list[QWidget] = []
        self._offers.hide()
        self._count = label("", "small")
        self._count.setObjectName("libraryCount")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2 * SPACE)
        layout.addLayout(top)
        layout.addWidget(self._offers)
        layout.addLayout(middle, 1)
        layout.addWidget(self._count)

    # -- showing

    @property
    def query(self) -> Query:
        """What is looked for."""
        return Query(
            self._search.text(),
            self._kind.currentData(),
            self._family.currentData(),
            self._favourites.isChecked(),
            self._hidden.isChecked(),
            self._sort.currentData(),
        )

    def show_first(self, path: Path) -> None:
        """Choose this one, as long as the artist hasn't chosen any."""
        if not self.view.selected:
            self.view.select({path})

    def refresh(self) -> None:
        """Show what meets the query."""
        self._soon.stop()
        self.view.show_entries(self.query.of(self._library.entries))
        self._say_count()
        self._show_details()

    def focus_search(self) -> None:
        """Let the artist type what is looked for."""
        self._search.setFocus()
        self._search.selectAll()

    def choose(self, path: Path) -> None:
        """Show this one, whatever was filtered."""
        entry = self._library.entry(path)
        if entry is None:
            return
        if entry not in self.view.entries:
            with signals_blocked(self._search, self._kind, self._family, self._favourites, self._hidden):
                self._search.clear()
                self._kind.setCurrentIndex(0)
                self._family.setCurrentIndex(0)
                self._favourites.setChecked(False)
                self._hidden.setChecked(entry.marks.hidden)
            self.refresh()
        self.view.select({path})

    def why_not(self, entry: Entry) -> str:
        """Why it can't be used from here; empty where it can."""
        if entry.problem is not None and (entry.is_pickled or entry.info is None):
            return entry.problem.message
        if entry.kind in (Kind.LORA, Kind.EMBEDDING, Kind.VAE) or entry.info is not None:
            return ""
        return _WHERE_USED.get(entry.kind, "No picture can be made with it alone")

    def _follow(self) -> None:
        kinds = {entry.kind for entry in self._library.entries}
        families = {entry.architecture for entry in self._library.entries} - {Architecture.UNKNOWN}
        self._fill(self._kind, "All kinds", [(KIND_NAMES[kind], kind) for kind in KIND_NAMES if kind in kinds])
        self._fill(
            self._family, "All families", [(each.value, each) for each in Architecture if each in families]
        )
        self.refresh()

    @staticmethod
    def _fill(combo: ComboBox, everything: str, choices: list[tuple[str, object]]) -> None:
        if [combo.itemData(row) for row in range(1, combo.count())] == [data for _words, data in choices]:
            return
        chosen = combo.currentData()
        with signals_blocked(combo):
            combo.clear()
            combo.addItem(everything, None)
            for words, data in choices:
                combo.addItem(words, data)
            combo.setCurrentIndex(max(0, combo.place_of(chosen)))
        combo.updateGeometry()

    def _say_count(self) -> None:
        if not self._library.has_looked:
            self._count.setText("Looking into the folders…")
            return
        shown = len(self.view.entries)
        of_all = sum(entry.marks.hidden == self._hidden.isChecked() for entry in self._library.entries)
        words = f"{shown} of {of_all}" if shown != of_all else f"{shown}"
        size = sum(entry.size for entry in self.view.entries)
        looking = " · looking into the folders…" if self._library.is_looking else ""
        self._count.setText(f"{words} · {byte_words(size)}{looking}")

    def _empty_words(self) -> str:
        if not self._library.has_looked:
            return "Looking into the folders…"
        if self._hidden.isChecked():
            return "Nothing was taken off the list"
        if any(not entry.marks.hidden for entry in self._library.entries):
            return "Nothing here is like that. Look for something else"
        return "No checkpoints yet. Add the folder of another program, or get one under “Get more”"

    def _show_details(self) -> None:
        chosen = self.view.selected
        entry = chosen[0] if len(chosen) == 1 else None
        picture = entry.picture if entry is not None else None
        self.details.show_entry(entry, self.view.pixmaps.get(picture) if picture is not None else None)

    def _show_picture(self, path: Path, _pixels: object) -> None:
        if any(entry.picture == path for entry in self.view.selected):
            self._show_details()

    def _show_converted(self, _pickled: Path, target: Path) -> None:
        self.details.allow_converting()
        self.choose(target)

    def _offer(self, known: tuple[tuple[Program, Path], ...]) -> None:
        for row in self._offered:
            row.deleteLater()
        self._offered = [self._offer_row(program, folder) for program, folder in known]
        for row in self._offered:
            self._offer_rows.addWidget(row)
        self._offers.setVisible(bool(known))

    def _offer_row(self, program: Program, folder: Path) -> QWidget:
        row = QWidget()
        layout = QHBoxLayout(row)
        layout.setContentsMargins(0, 0, 0, 0)
        words = label(f"{program.value} is in {folder}")
        layout.addWidget(words, 1)

        def take() -> None:
            row.hide()
            self.offered_folder_taken.emit(folder)

        tip = "Use what lies there, where it is. Nothing is copied or changed"
        button = push_button("libraryTakeFolder", "Use its files", take, tip)
        button.setAutoDefault(False)
        layout.addWidget(button)
        layout.addWidget(icon_button("libraryLeaveFolder", "close", "Not now", row.hide))
        return row

    # -- doing

    def menu(self) -> QMenu:
        """What can be done with those that are chosen."""
        menu = QMenu(self)
        menu.setObjectName("libraryMenu")
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        chosen = self.view.selected
        one = chosen[0] if len(chosen) == 1 else None
        marked = bool(chosen) and all(entry.marks.favourite for entry in chosen)
        use = menu.addAction(icon("check"), "Use", self._use)
        use.setEnabled(one is not None and not self.why_not(one))
        star = menu.addAction(icon("star"), "No favourite any more" if marked else "Favourite", self._toggle_favourite)
        star.setEnabled(bool(chosen))
        if one is not None:
            menu.addAction(icon("folder"), "Show in folder", lambda: show_folder_of(one.path))
            if one.is_pickled:
                menu.addAction("Convert to safetensors", lambda: self._library.convert(one))
        menu.addSeparator()
        hidden = self._hidden.isChecked()
        words, picture = ("Bring back to the list", "eye") if hidden else ("Take off the list", "eye-off")
        menu.addAction(icon(picture), words, lambda: self._library.set_hidden(chosen, not hidden))
        trash = menu.addAction(icon("trash"), "Move to the trash…", self._trash)
        trash.setEnabled(one is not None and one.program is not Program.SDPAINT)
        return menu

    def _show_menu(self, button: QWidget) -> None:
        self.menu().popup(button.mapToGlobal(button.rect().bottomLeft()))

    def _show_picture_menu(self, button: QWidget) -> None:
        self.picture_menu().popup(button.mapToGlobal(button.rect().bottomLeft()))

    def picture_menu(self) -> QMenu:
        """Where the picture that stands for the chosen one comes from."""
        menu = QMenu(self)
        menu.setObjectName("libraryPictureMenu")
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        chosen = self.view.selected
        if len(chosen) == 1:
            entry = chosen[0]
            menu.addAction("The last generated picture", lambda: self.picture_asked.emit(entry, "result"))
            menu.addAction("A picture file…", lambda: self.picture_asked.emit(entry, "file"))
            menu.addAction("None of its own", lambda: self._library.set_picture(entry, None)).setEnabled(
                entry.marks.picture is not None
            )
        return menu

    def _use(self) -> None:
        chosen = self.view.selected
        if len(chosen) == 1 and not self.why_not(chosen[0]):
            self.use_asked.emit(chosen[0])

    def _toggle_favourite(self) -> None:
        chosen = self.view.selected
        if chosen:
            self._library.set_favourite(chosen, not all(entry.marks.favourite for entry in chosen))

    def _trash(self) -> None:
        chosen = self.view.selected
        if len(chosen) == 1 and chosen[0].program is not Program.SDPAINT:
            self.trash_asked.emit(chosen[0])


class ManagerWindow(QDialog):
    """Two pages: what there is here, and what is to be had."""

    def __init__(
        self,
        parent: QWidget,
        library: LibraryController,
        downloads: DownloadsController,
        samples: SamplesController,
        settings: SettingsStore,
        chosen: Callable[[], Path],
    ) -> None:
        """`chosen`: the checkpoint that pictures are made with."""
        super().__init__(parent)
        self._chosen = chosen
        self.setObjectName("checkpointManager")
        self.setWindowTitle("Checkpoints and adapters")
        self._library = library
        self.library_page = LibraryPage(library)
        self.tabs = QTabBar()
        describe(self.tabs, "managerTabs", "Pages", "On this machine, or on the hub")
        self.tabs.setDrawBase(False)
        self.tabs.setExpanding(False)
        self._pages = QStackedWidget()
        self.tabs.currentChanged.connect(self._pages.setCurrentIndex)
        self.get_more_page = GetMorePage(downloads, samples, settings)
        self.get_more_page.show_asked.connect(self.show_entry)
        for title, page in (("On this machine", self.library_page), ("Get more", self.get_more_page)):
            self._pages.addWidget(page)
            self.tabs.addTab(title)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(3 * SPACE, 2 * SPACE, 3 * SPACE, 2 * SPACE)
        layout.setSpacing(2 * SPACE)
        layout.addWidget(self.tabs)
        layout.addWidget(self._pages, 1)
        for button in self.findChildren(QPushButton):
            button.setAutoDefault(False)    # Enter belongs to the field or list that has the focus
        QShortcut(QKeySequence.StandardKey.Find, self, self.library_page.focus_search)
        resize_on_screen(self, QSize(960, 640))

    def show_entry(self, path: Path) -> None:
        """Show what lies in a file or folder among what is on this machine."""
        entry = next((each for each in self._library.entries if each.path.is_relative_to(path)), None)
        if entry is not None:
            self.tabs.setCurrentIndex(0)
            self.library_page.choose(entry.path)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if not event.spontaneous():
            self._library.look(lambda _scan: self.library_page.show_first(self._chosen()))
            self._library.look_for_known_folders()
            self.library_page.focus_search()

    def closeEvent(self, event: QCloseEvent) -> None:
        self.library_page.details.show_entry(None, None)    # what was noted last is kept
        self.get_more_page.samples.close_all()
        super().closeEvent(event)
