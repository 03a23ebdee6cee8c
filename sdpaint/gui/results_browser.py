"""ResultsBrowser: all results that were ever made, as a grid that is searched, marked, compared and dragged from."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QByteArray, QMimeData, Qt, QTimer, QUrl, Signal
from PySide6.QtGui import QKeyEvent, QShowEvent
from PySide6.QtWidgets import QDialog, QHBoxLayout, QLineEdit, QMenu, QToolButton, QVBoxLayout, QWidget

from sdpaint.controllers.results_controller import ResultsController
from sdpaint.fileio.result_index import ResultEntry, ResultQuery
from sdpaint.gui.dropped import RESULT_MIME
from sdpaint.gui.icons import icon
from sdpaint.gui.theme import SPACE
from sdpaint.gui.widgets.combo_box import ComboBox
from sdpaint.gui.widgets.controls import describe, icon_button, label, push_button, signals_blocked
from sdpaint.gui.widgets.thumbnail_grid import Look, ThumbnailGrid

_TYPING_MS = 150
_DAY_S = 86_400.0
_TIMES = (("Any time", None), ("Today", 1), ("Last 7 days", 7), ("Last 30 days", 30), ("Last 365 days", 365))
_NOTHING_DELETED = "Nothing was deleted since the start. What was before is in the folder “trash” beside the results"
_EMPTY = "Nothing here. Every picture that you generate is kept and can be found by its words"


class ResultsBrowser(QDialog):
    """Not modal: pictures are dragged from it onto the canvas. What is done with them, the flow does."""

    layer_asked = Signal(object)
    """Path."""
    settings_asked = Signal(object)
    """Path."""
    prompt_asked = Signal(object)
    """Path."""
    compare_asked = Signal(object)
    """Tuple of one path (with the canvas) or two."""
    folder_asked = Signal(object)
    """Path."""
    copy_asked = Signal(object)
    """Path."""

    def __init__(self, parent: QWidget, results: ResultsController) -> None:
        super().__init__(parent)
        self.setObjectName("resultsBrowser")
        self.setWindowTitle("Results")
        self._results = results
        self._is_stale = True
        self._build()
        self._soon = QTimer(self, singleShot=True, interval=_TYPING_MS)
        self._soon.timeout.connect(self._search)
        self._words.textChanged.connect(lambda _text: self._soon.start())
        self._when.currentIndexChanged.connect(lambda _row: self._search())
        self._checkpoint.currentIndexChanged.connect(lambda _row: self._search())
        self._only_favourites.toggled.connect(lambda _on: self._search())
        self._deleted.toggled.connect(lambda _on: self._turn())
        self.grid.selectionModel().selectionChanged.connect(lambda *_: self._refresh_buttons())
        self.grid.doubleClicked.connect(lambda _index: self._enter())
        results.found.connect(self._show_found)
        results.checkpoints_found.connect(self._show_checkpoints)
        results.changed.connect(self._on_changed)
        self.resize(760, 560)
        self._refresh_buttons()

    # -- building

    def _build(self) -> None:
        self._words = QLineEdit()
        describe(self._words, "resultsSearch", "Search", "Words of the prompt, or a seed")
        self._words.setPlaceholderText("Words of the prompt, or a seed")
        self._words.setClearButtonEnabled(True)
        self._when = ComboBox("resultsWhen", "Date", "When they were made")
        for words, days in _TIMES:
            self._when.addItem(words, days)
        self._checkpoint = ComboBox("resultsCheckpoint", "Checkpoint", "What they were made with")
        self._checkpoint.addItem("Any checkpoint", "")
        self._only_favourites = icon_button(
            "resultsFavourites", "star", "Favourites only", None, "Show favourites only", checkable=True
        )
        top = QHBoxLayout()
        top.setSpacing(SPACE)
        top.addWidget(self._words, 1)
        self._deleted = icon_button(
            "resultsDeleted", "trash", "Deleted", None, "Show what was deleted since the start", checkable=True
        )
        for widget in (self._when, self._checkpoint, self._only_favourites, self._deleted):
            top.addWidget(widget)
        tooltip = "Double click loads as a layer; drag one onto the canvas"
        self.grid = ThumbnailGrid("resultsGrid", "Results", tooltip, _EMPTY, _LOOK, self._results.want_thumbnails)
        self._results.thumbnail_read.connect(self.grid.take_picture)
        self.grid.menu_asked.connect(lambda at: self.menu().popup(at))
        self.grid.delete_asked.connect(self._trash)
        self._count = label("", "small")
        self._count.setObjectName("resultsCount")
        bottom = QHBoxLayout()
        bottom.setSpacing(SPACE)
        bottom.addWidget(self._count, 1)
        self._buttons: list[QToolButton] = []
        for name, icon_name, words, act in (
            ("resultsLayer", "layers", "Load as layer (double click)", lambda: self._one(self.layer_asked.emit)),
            ("resultsUse", "settings", "Use these settings", lambda: self._one(self.settings_asked.emit)),
            ("resultsCompare", "compare", "Compare two, or one with the canvas", self._compare),
            ("resultsCopy", "copy", "Copy", lambda: self._one(self.copy_asked.emit)),
            ("resultsStar", "star-filled", "Mark as favourite, or take the mark away (F)", self._toggle_favourite),
            ("resultsFolder", "folder", "Show in folder", lambda: self._one(self.folder_asked.emit)),
            ("resultsTrash", "trash", "Move to the trash (Delete)", self._trash),
        ):
            button = icon_button(name, icon_name, words, act)
            self._buttons.append(button)
            bottom.addWidget(button)
        self._back = push_button(
            "resultsBringBack", "Bring back", self._bring_back, "Take it out of the trash (double click)"
        )
        self._back.setAutoDefault(False)
        self._back.hide()
        bottom.addWidget(self._back)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(3 * SPACE, 3 * SPACE, 3 * SPACE, 2 * SPACE)
        layout.setSpacing(2 * SPACE)
        layout.addLayout(top)
        layout.addWidget(self.grid, 1)
        layout.addLayout(bottom)

    def menu(self) -> QMenu:
        """What can be done with those that are selected."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        count = len(self.selected)

        def add(icon_name: str, words: str, act: Callable[[], object], enabled: bool = True) -> None:
            action = menu.addAction(icon(icon_name), words)
            action.setEnabled(enabled)
            action.triggered.connect(lambda _checked=False: act())

        if self._deleted.isChecked():
            add("undo", "Bring back", self._bring_back)
            return menu
        marked = bool(count) and all(entry.favourite for entry in self.selected)
        add("layers", "Load as layer", lambda: self._one(self.layer_asked.emit), count == 1)
        add("settings", "Use these settings", lambda: self._one(self.settings_asked.emit), count == 1)
        has_prompt = count == 1 and bool(self.selected[0].prompt)
        add("save", "Save its prompt to the library…", lambda: self._one(self.prompt_asked.emit), has_prompt)
        add("copy", "Copy", lambda: self._one(self.copy_asked.emit), count == 1)
        menu.addSeparator()
        words = "Compare both" if count == 2 else "Compare with the canvas"
        add("compare", words, self._compare, count in (1, 2))
        menu.addSeparator()
        add("star", "No favourite any more" if marked else "Favourite", self._toggle_favourite, count > 0)
        add("folder", "Show in folder", lambda: self._one(self.folder_asked.emit), count == 1)
        add("trash", "Move to the trash", self._trash, count > 0)
        return menu

    # -- what is shown

    @property
    def selected(self) -> list[ResultEntry]:
        """The selected ones, in their order."""
        return self.grid.selected

    @property
    def query(self) -> ResultQuery:
        """What is looked for."""
        days = self._when.currentData()
        since = None if days is None else _midnight() - (days - 1) * _DAY_S
        return ResultQuery(
            self._words.text(), since, self._checkpoint.currentData() or "", self._only_favourites.isChecked()
        )

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self._is_stale:
            self._is_stale = False
            self._search()
            self._results.refresh()

    def _on_changed(self) -> None:
        if self.isVisible():
            self._soon.start()
        else:
            self._is_stale = True

    def _search(self) -> None:
        self._soon.stop()
        if self._deleted.isChecked():
            words = self._words.text().casefold().split()
            deleted = self._results.deleted
            self._show_entries(tuple(each for each in deleted if all(word in each.prompt.casefold() for word in words)))
        else:
            self._results.search(self.query)

    def _turn(self) -> None:
        """From the results to those that were deleted, or back."""
        is_trash = self._deleted.isChecked()
        self._back.setVisible(is_trash)
        for widget in (*self._buttons, self._when, self._checkpoint, self._only_favourites):
            widget.setVisible(not is_trash)
        self.grid.set_empty_words(_NOTHING_DELETED if is_trash else _EMPTY)
        self._search()

    def _show_found(self, _query: ResultQuery, entries: tuple[ResultEntry, ...]) -> None:
        if not self._deleted.isChecked():
            self._show_entries(entries)

    def _show_entries(self, entries: tuple[ResultEntry, ...]) -> None:
        self.grid.show_entries(entries)
        many = f"{len(entries):,}".replace(",", " ")
        self._count.setText(f"{many} {'picture' if len(entries) == 1 else 'pictures'}")
        self._refresh_buttons()

    def _show_checkpoints(self, names: tuple[str, ...]) -> None:
        chosen = self._checkpoint.currentData()
        with signals_blocked(self._checkpoint):
            self._checkpoint.clear()
            self._checkpoint.addItem("Any checkpoint", "")
            for name in names:
                self._checkpoint.addItem(name, name)
            self._checkpoint.setCurrentIndex(max(0, self._checkpoint.findData(chosen)))

    def _refresh_buttons(self) -> None:
        count = len(self.selected)
        for button in self._buttons:
            several = button.objectName() in ("resultsStar", "resultsTrash")
            pair = button.objectName() == "resultsCompare" and count == 2
            button.setEnabled(count == 1 or (several and count > 1) or pair)
        self._back.setEnabled(count > 0)

    # -- doing

    def _one(self, act: Callable[[Path], object]) -> None:
        if len(self.selected) == 1:
            act(self.selected[0].path)

    def _compare(self) -> None:
        paths = tuple(entry.path for entry in self.selected)
        if len(paths) in (1, 2):
            self.compare_asked.emit(paths)

    def _toggle_favourite(self) -> None:
        entries = self.selected
        if entries and not self._deleted.isChecked():
            marked = all(entry.favourite for entry in entries)
            self._results.set_favourite([entry.path for entry in entries], not marked)

    def _trash(self) -> None:
        if self.selected and not self._deleted.isChecked():
            self._results.trash(self.selected)

    def _bring_back(self) -> None:
        self._results.restore([entry.path for entry in self.selected])

    def _enter(self) -> None:
        if self._deleted.isChecked():
            self._bring_back()
        else:
            self._one(self.layer_asked.emit)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_F and not self._words.hasFocus():
            self._toggle_favourite()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            if self.grid.hasFocus():
                self._enter()
        else:
            super().keyPressEvent(event)


def _describe(entry: ResultEntry) -> str:
    facts = []
    if entry.size is not None:
        facts.append(f"{entry.size.width}×{entry.size.height}")
    if entry.checkpoint:
        facts.append(entry.checkpoint)
    if entry.seed is not None:
        facts.append(f"seed {entry.seed}")
    facts.append(time.strftime("%d %B %Y, %H:%M", time.localtime(entry.made)))
    return f"{entry.prompt or entry.path.name}\n{' · '.join(facts)}"


def _dragged(entries: Sequence[ResultEntry]) -> QMimeData:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(entry.path)) for entry in entries])
    data.setData(RESULT_MIME, QByteArray(str(entries[0].path).encode("utf-8", "surrogateescape")))
    return data


def _midnight() -> float:
    now = time.localtime()
    return time.mktime((now.tm_year, now.tm_mon, now.tm_mday, 0, 0, 0, 0, 0, -1))


_LOOK = Look[ResultEntry](
    key=lambda entry: entry.path,
    picture=lambda entry: entry.path,
    words=lambda entry: entry.prompt or entry.path.name,
    tooltip=_describe,
    favourite=lambda entry: entry.favourite,
    drag=_dragged,
)
