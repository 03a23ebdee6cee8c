"""SavePrompt: a prompt of the library with its name, tags and picture, to be kept or changed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QSize, Qt, Signal
from PySide6.QtWidgets import QCheckBox, QCompleter, QHBoxLayout, QLabel, QLineEdit, QVBoxLayout, QWidget

from sdpaint.controllers.saved_prompts_controller import PictureSource, SavedPromptsController
from sdpaint.fileio.saved_prompts import SavedPrompt, tags_of
from sdpaint.generation.apply import layer_name
from sdpaint.gui.dialogs.base import Form, resize_on_screen
from sdpaint.gui.theme import SPACE, set_role
from sdpaint.gui.widgets.combo_box import ComboBox
from sdpaint.gui.widgets.controls import describe, label, signals_blocked
from sdpaint.gui.widgets.fields import GrowingEdit
from sdpaint.gui.widgets.images import pixmap_of_rgb
from sdpaint.imaging.tiles import Pixels8

_PICTURE_PX = 96
_AS_IT_IS, _NONE, _FILE = "As it is", "None", "Picture file…"


class SavePrompt(Form):
    """Listen to `accepted`, then ask for `prompt` and `picture`."""

    def __init__(
        self,
        parent: QWidget,
        prompt: SavedPrompt,
        pictures: Mapping[str, PictureSource],
        saved: SavedPromptsController,
        ask_picture: Callable[[Callable[[Path], None]], None],
        proposed: bool,
    ) -> None:
        """`pictures`: what its picture may be made of; `proposed`: the first of them, unless it has one."""
        is_new = not prompt.id
        super().__init__(parent, "savePromptDialog", "Save prompt" if is_new else "Edit prompt", "Save")
        self._prompt = prompt
        self._name = QLineEdit(prompt.name or layer_name(prompt.prompt))
        describe(self._name, "savedPromptName", "Name", "What it is called in the library")
        self._words = GrowingEdit("savedPromptWords", "Prompt", "", 6, "Prompt")
        self._words.setPlainText(prompt.prompt)
        self._negative = GrowingEdit("savedPromptNegative", "Negative prompt", "What shall not appear", 4)
        self._negative.setPlainText(prompt.negative_prompt)
        self._tags = QLineEdit(", ".join(prompt.tags))
        describe(self._tags, "savedPromptTags", "Tags", "Words to find it by, with commas between them")
        self._tags.setPlaceholderText("animals, winter")
        known = sorted({tag for each in saved.prompts for tag in each.tags}, key=str.casefold)
        self._tags.setCompleter(_TagCompleter(known, self))
        self._favourite = QCheckBox("Favourite")
        describe(self._favourite, "savedPromptFavourite", "Favourite", "Favourites come first")
        self._favourite.setChecked(prompt.favourite)
        self._picture = _PictureField(saved, saved.picture_of(prompt), pictures, ask_picture, proposed)
        self.add_row("Name", self._name)
        self.add_row("Prompt", self._words)
        self.add_row("Negative", self._negative)
        self.add_row("Tags", self._tags)
        self.add_row("Picture", self._picture)
        self.add_row("", self._favourite)
        self._words.textChanged.connect(self._refresh)
        self._negative.textChanged.connect(self._refresh)
        self._picture.changed.connect(self._refresh)
        self._refresh()
        self._name.selectAll()
        self._name.setFocus()
        resize_on_screen(self, QSize(480, self.sizeHint().height()))

    @property
    def prompt(self) -> SavedPrompt:
        """As it was entered."""
        words = self._words.toPlainText()
        return replace(
            self._prompt,
            name=" ".join(self._name.text().split()) or layer_name(words),
            prompt=words,
            negative_prompt=self._negative.toPlainText(),
            tags=tags_of(self._tags.text()),
            favourite=self._favourite.isChecked(),
            picture=self._prompt.picture if self._picture.keeps else "",
        )

    @property
    def picture(self) -> Pixels8 | None:
        """The picture that was chosen anew, (h, w, 3) RGB; None: the one that it has, or none."""
        return self._picture.made

    def _refresh(self) -> None:
        has_words = bool((self._words.toPlainText() + self._negative.toPlainText()).strip())
        self.accept_button.setEnabled(has_words and not self._picture.is_waiting)


class _PictureField(QWidget):
    """A small picture, and what it is made of."""

    changed = Signal()
    """Another one is there, or is being made."""

    def __init__(
        self,
        saved: SavedPromptsController,
        present: Path | None,
        sources: Mapping[str, PictureSource],
        ask: Callable[[Callable[[Path], None]], None],
        proposed: bool,
    ) -> None:
        """`proposed`: whether the first source is taken where there is no picture yet."""
        super().__init__()
        self._saved = saved
        self._sources = dict(sources)
        self._present = present
        self._ask = ask
        self._asked: PictureSource | None = None
        self.made: Pixels8 | None = None
        self._shown = QLabel()
        self._shown.setObjectName("savedPromptPicture")
        self._shown.setAccessibleName("Picture")
        self._shown.setFixedSize(_PICTURE_PX, _PICTURE_PX)
        self._shown.setAlignment(Qt.AlignmentFlag.AlignCenter)
        set_role(self._shown, "card")
        self._choice = ComboBox("savedPromptPictureChoice", "Picture", "What is shown of it in the library")
        for name in (*((_AS_IT_IS,) if present else ()), *self._sources, _FILE, _NONE):
            self._choice.addItem(name)
        beside = QVBoxLayout()
        beside.addWidget(self._choice)
        beside.addWidget(label("Shown in the library", "small"))
        beside.addStretch(1)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2 * SPACE)
        layout.addWidget(self._shown)
        layout.addLayout(beside, 1)
        if present is None and not proposed:
            self._choice.setCurrentText(_NONE)
        self._choice.activated.connect(lambda _row: self._choose())
        saved.picture_made.connect(self._take)
        saved.failed.connect(self._give_up)
        saved.thumbnail_read.connect(self._show_present)
        self._choose()

    @property
    def keeps(self) -> bool:
        """Whether the picture stays as it is."""
        return self._choice.currentText() == _AS_IT_IS

    @property
    def is_waiting(self) -> bool:
        """Whether it is being made."""
        return self._asked is not None and self.made is None

    def _choose(self) -> None:
        name = self._choice.currentText()
        if name == _FILE:
            self._ask(self._take_file)
        elif name in self._sources:
            self._make(self._sources[name])
        else:
            self._asked = self.made = None
            self._shown.clear()
            self.changed.emit()
            if self.keeps and self._present is not None:
                self._saved.want_thumbnails([self._present], round(_PICTURE_PX * self.devicePixelRatio()))

    def _take_file(self, path: Path) -> None:
        self._sources[path.name] = path
        with signals_blocked(self._choice):
            if self._choice.findText(path.name) < 0:
                self._choice.insertItem(self._choice.findText(_FILE), path.name)
            self._choice.setCurrentIndex(self._choice.findText(path.name))
        self._make(path)

    def _make(self, source: PictureSource) -> None:
        self._asked, self.made = source, None
        self.changed.emit()
        self._saved.make_picture(source)

    def _take(self, source: PictureSource, pixels: Pixels8) -> None:
        if source is self._asked:
            self.made = pixels
            self._show(pixels)
            self.changed.emit()

    def _give_up(self) -> None:
        """It couldn't be made, which is said elsewhere."""
        if self.is_waiting:
            self._choice.setCurrentText(_NONE)
            self._choose()

    def _show_present(self, path: Path, pixels: Pixels8 | None) -> None:
        if path == self._present and self.keeps and pixels is not None:
            self._show(pixels)

    def _show(self, pixels: Pixels8) -> None:
        pixmap = pixmap_of_rgb(pixels).scaled(
            self._shown.size() * self.devicePixelRatio(),
            Qt.AspectRatioMode.KeepAspectRatio,
            Qt.TransformationMode.SmoothTransformation,
        )
        pixmap.setDevicePixelRatio(self.devicePixelRatio())
        self._shown.setPixmap(pixmap)


class _TagCompleter(QCompleter):
    """Completes the tag that is being written, the last one."""

    def __init__(self, tags: list[str], parent: QWidget) -> None:
        super().__init__(tags, parent)
        self.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)

    def splitPath(self, path: str) -> list[str]:
        return [path.rpartition(",")[2].strip()]

    def pathFromIndex(self, index: QModelIndex | QPersistentModelIndex) -> str:
        widget = self.widget()
        before = widget.text().rpartition(",")[0] if isinstance(widget, QLineEdit) else ""
        tag = str(index.data())
        return f"{before}, {tag}" if before else tag
