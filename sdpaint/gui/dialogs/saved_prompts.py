"""SavedPromptsPage: the artist's library of prompts as pictures with names."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from PySide6.QtCore import QMimeData, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QInputDialog,
    QLineEdit,
    QMenu,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from sdpaint.controllers.saved_prompts_controller import SavedPromptsController
from sdpaint.fileio.saved_prompts import SavedPrompt
from sdpaint.gui.icons import icon
from sdpaint.gui.prompt_flow import PromptFlow
from sdpaint.gui.theme import CONTROL_HEIGHT, SPACE
from sdpaint.gui.widgets.controls import describe, icon_button, label, push_button
from sdpaint.gui.widgets.thumbnail_grid import Look, ThumbnailGrid

_EMPTY = (
    "Nothing here yet. “Save prompt…” keeps the prompt below the canvas, with a picture of what it makes. "
    "Results offer it, too, and so does a text file with a prompt on each line"
)
_NOT_FOUND = "No saved prompt has these words"


class SavedPromptsPage(QWidget):
    """Search, the grid, and what is done with what is selected."""

    def __init__(self, saved: SavedPromptsController, flow: PromptFlow) -> None:
        super().__init__()
        self._saved = saved
        self._flow = flow
        self.search = QLineEdit()
        describe(self.search, "savedPromptsSearch", "Search saved prompts", "Words of the name, the prompt or the tags")
        self.search.setPlaceholderText("Name, words or tags")
        self.search.setClearButtonEnabled(True)
        self.search.setFixedHeight(CONTROL_HEIGHT)
        self._only_favourites = icon_button(
            "savedPromptsFavourites", "star", "Favourites only", None, "Show favourites only", checkable=True
        )
        look = Look[SavedPrompt](
            key=lambda prompt: prompt.id,
            picture=saved.picture_of,
            words=lambda prompt: prompt.name,
            tooltip=_describe,
            favourite=lambda prompt: prompt.favourite,
            drag=_dragged,
            caption=lambda prompt: prompt.name,
        )
        tooltip = "Double click uses a prompt; drag one into the text"
        self.grid = ThumbnailGrid("savedPromptsGrid", "Saved prompts", tooltip, _EMPTY, look, saved.want_thumbnails)
        self._count = label("", "small")
        self._count.setObjectName("savedPromptsCount")
        self._build()
        self.search.textChanged.connect(lambda _text: self._show())
        self._only_favourites.toggled.connect(lambda _on: self._show())
        self.grid.doubleClicked.connect(lambda _index: self._use())
        self.grid.menu_asked.connect(lambda at: self.menu().popup(at))
        self.grid.delete_asked.connect(self._delete)
        self.grid.selectionModel().selectionChanged.connect(lambda *_: self._refresh())
        saved.thumbnail_read.connect(self.grid.take_picture)
        saved.changed.connect(self._show)
        saved.load()
        self._show()

    def _build(self) -> None:
        top = QHBoxLayout()
        top.setSpacing(SPACE)
        top.addWidget(self.search, 1)
        top.addWidget(self._only_favourites)
        self._for_one: list[QPushButton | QToolButton] = [
            push_button("useSavedPrompt", "Use", self._use, "In place of the prompt (double click)", role="primary"),
            push_button("insertSavedPrompt", "Insert", lambda: self._one(self._flow.insert), "At the cursor"),
            push_button("appendSavedPrompt", "Append", lambda: self._one(self._flow.append), "Behind the prompt"),
            icon_button("editSavedPrompt", "text", "Edit", self._edit, "Edit: words, tags, picture"),
        ]
        self._for_several = [
            icon_button("starSavedPrompt", "star-filled", "Favourite", self._star, "Favourite, or not any more (F)"),
            icon_button("duplicateSavedPrompt", "duplicate", "Duplicate", self._duplicate),
            icon_button("deleteSavedPrompt", "trash", "Delete", self._delete, "Delete from the library (Del)"),
        ]
        using = QHBoxLayout()
        using.setSpacing(2 * SPACE)
        for button in self._for_one[:3]:
            using.addWidget(button)
        using.addStretch(1)
        for button in (self._for_one[3], *self._for_several):
            using.addWidget(button)
        files = QHBoxLayout()
        files.setSpacing(2 * SPACE)
        files.addWidget(
            push_button("savePromptButton", "Save prompt…", self._flow.save, "Keep the prompt as it is written")
        )
        files.addWidget(self._count, 1)
        files.addWidget(
            push_button(
                "importPrompts", "Import…", self._flow.import_prompts, "Prompts with pictures, or a text: one a line"
            )
        )
        self._export = push_button(
            "exportPrompts", "Export…", self._export_shown, "Those that are selected, or all that are shown"
        )
        files.addWidget(self._export)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(2 * SPACE, 3 * SPACE, 2 * SPACE, 2 * SPACE)
        layout.setSpacing(2 * SPACE)
        layout.addLayout(top)
        layout.addWidget(self.grid, 1)
        layout.addLayout(using)
        layout.addLayout(files)
        for button in self.findChildren(QPushButton):
            button.setAutoDefault(False)    # Enter is for what is selected

    def menu(self) -> QMenu:
        """What can be done with those that are selected."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        count = len(self.grid.selected)

        def add(icon_name: str, words: str, act: Callable[[], object], enabled: bool = True) -> None:
            action = menu.addAction(icon(icon_name), words)
            action.setEnabled(enabled)
            action.triggered.connect(lambda _checked=False: act())

        add("check", "Use", self._use, count == 1)
        add("plus", "Insert at the cursor", lambda: self._one(self._flow.insert), count == 1)
        add("plus", "Append", lambda: self._one(self._flow.append), count == 1)
        menu.addSeparator()
        add("text", "Edit…", self._edit, count == 1)
        add("text", "Rename…\tF2", self._rename, count == 1)
        add("duplicate", "Duplicate", self._duplicate)
        add("star", "No favourite any more" if self._all_marked else "Favourite", self._star)
        add("export", "Export…", self._export_shown)
        menu.addSeparator()
        add("trash", "Delete", self._delete)
        return menu

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if self.search.hasFocus():
            super().keyPressEvent(event)
        elif event.key() == Qt.Key.Key_F:
            self._star()
        elif event.key() == Qt.Key.Key_F2:
            self._rename()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._use()
        else:
            super().keyPressEvent(event)

    # -- what is shown

    @property
    def _all_marked(self) -> bool:
        return all(each.favourite for each in self.grid.selected)

    def _show(self) -> None:
        words = self.search.text().casefold().split()
        only = self._only_favourites.isChecked()
        found = [each for each in self._saved.prompts if each.meets(words) and (each.favourite or not only)]
        self.grid.set_empty_words(_NOT_FOUND if self._saved.prompts else _EMPTY)
        self.grid.show_entries(tuple(found))
        self._count.setText(f"{len(found)} {'prompt' if len(found) == 1 else 'prompts'}" if self._saved.prompts else "")
        self._refresh()

    def _refresh(self) -> None:
        count = len(self.grid.selected)
        for button in self._for_one:
            button.setEnabled(count == 1)
        for button in self._for_several:
            button.setEnabled(count > 0)
        self._export.setEnabled(bool(self.grid.entries))

    # -- doing

    def _one(self, act: Callable[[SavedPrompt], object]) -> None:
        selected = self.grid.selected
        if len(selected) == 1:
            act(selected[0])

    def _use(self) -> None:
        self._one(self._flow.use)

    def _edit(self) -> None:
        self._one(self._flow.edit)

    def _rename(self) -> None:
        self._one(self._ask_name)

    def _ask_name(self, prompt: SavedPrompt) -> None:
        dialog = QInputDialog(self)
        dialog.setObjectName("renamePromptDialog")
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setWindowTitle("Rename prompt")
        dialog.setLabelText("Name")
        dialog.setTextValue(prompt.name)
        dialog.textValueSelected.connect(lambda name: self._take_name(prompt, name))
        dialog.open()

    def _take_name(self, prompt: SavedPrompt, name: str) -> None:
        if name.strip():
            self._saved.put(replace(prompt, name=" ".join(name.split())))

    def _star(self) -> None:
        marked = self._all_marked
        if self.grid.selected:
            self._saved.put(*(replace(each, favourite=not marked) for each in self.grid.selected))

    def _duplicate(self) -> None:
        self._saved.duplicate(self.grid.selected)

    def _delete(self) -> None:
        if self.grid.selected:
            self._saved.delete(self.grid.selected)

    def _export_shown(self) -> None:
        self._flow.export_prompts(self.grid.selected or self.grid.entries)


def _dragged(prompts: Sequence[SavedPrompt]) -> QMimeData:
    data = QMimeData()
    data.setText(", ".join(prompt.prompt for prompt in prompts))
    return data


def _describe(prompt: SavedPrompt) -> str:
    lines = [prompt.name, prompt.prompt]
    if prompt.negative_prompt:
        lines.append(f"Negative: {prompt.negative_prompt}")
    if prompt.tags:
        lines.append(f"Tags: {', '.join(prompt.tags)}")
    return "\n".join(lines)
