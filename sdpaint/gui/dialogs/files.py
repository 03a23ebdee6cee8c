"""Which file: the questions that need a file dialog, and the one about unsaved changes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog, QMessageBox, QWidget

from sdpaint.gui.theme import set_role
from sdpaint.gui.widgets.controls import describe

if TYPE_CHECKING:
    from sdpaint.fileio.formats import Format


class Answer(Enum):
    """To the question about unsaved changes."""

    SAVE = "save"
    DISCARD = "discard"
    CANCEL = "cancel"


@dataclass(frozen=True)
class FileKind:
    """What a file dialog offers: a name and its suffixes, the first for new names."""

    name: str
    suffixes: tuple[str, ...]

    @property
    def filter(self) -> str:
        """As Qt's dialog wants it."""
        return _filter(self.name, self.suffixes)


class Asker(Protocol):
    """What the window asks the artist. None of it blocks: the answer comes by calling `then`, or never."""

    def file_to_open(self, folder: Path | None, then: Callable[[Path], None]) -> None:
        """A file to read."""

    def file_to_save(self, suggested: Path, layered_only: bool, then: Callable[[Path], None]) -> None:
        """A name to save under, of a kind that loses nothing; `layered_only`: not even of layers."""

    def file(self, title: str, kinds: tuple[FileKind, ...], then: Callable[[Path], None]) -> None:
        """A file of one of these kinds."""

    def name(
        self, title: str, suggested: Path, kinds: tuple[FileKind, ...], then: Callable[[Path], None]
    ) -> None:
        """A name for a new file of one of these kinds."""

    def brush_to_import(self, then: Callable[[Path], None]) -> None:
        """Brushes of GIMP, Photoshop or MyPaint."""

    def folder(self, start: Path | None, then: Callable[[Path], None]) -> None:
        """A folder."""

    def save_changes(self, titles: Sequence[str], then: Callable[[Answer], None]) -> None:
        """Whether changes to these documents shall be saved."""

    def confirm(self, question: str, detail: str, accept: str, then: Callable[[], None]) -> None:
        """Whether something that is hard to take back shall be done; `accept` is what the button says."""


class DialogAsker:
    """Asks with the dialogs of the system."""

    def __init__(self, parent: QWidget) -> None:
        self._parent = parent

    def file_to_open(self, folder: Path | None, then: Callable[[Path], None]) -> None:
        """A file to read."""
        dialog = self._dialog("Open", str(folder) if folder else "")
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        every = tuple(suffix for each in formats() for suffix in each.suffixes)
        dialog.setNameFilters([_filter("All that sdpaint reads", every), *_filters(formats()), "All files (*)"])
        dialog.fileSelected.connect(lambda path: then(Path(path)))
        dialog.open()

    def file_to_save(self, suggested: Path, layered_only: bool, then: Callable[[Path], None]) -> None:
        """A name to save under; the suggested one's format comes first."""
        offered = [each for each in formats() if each.keeps_layers or (each.keeps_pixels and not layered_only)]
        kinds = tuple(FileKind(each.name, each.suffixes) for each in offered)
        self.name("Save a copy" if layered_only else "Save", suggested, kinds, then)

    def file(self, title: str, kinds: tuple[FileKind, ...], then: Callable[[Path], None]) -> None:
        """A file of one of these kinds."""
        dialog = self._dialog(title, "")
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        every = tuple(suffix for kind in kinds for suffix in kind.suffixes)
        filters = [kind.filter for kind in kinds]
        if len(kinds) > 1:
            filters.insert(0, _filter("All of these", every))
        dialog.setNameFilters([*filters, "All files (*)"])
        dialog.fileSelected.connect(lambda path: then(Path(path)))
        dialog.open()

    def name(
        self, title: str, suggested: Path, kinds: tuple[FileKind, ...], then: Callable[[Path], None]
    ) -> None:
        """A name for a new file; the suggested one's kind comes first."""
        dialog = self._dialog(title, str(suggested.parent))
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        offered = sorted(kinds, key=lambda each: suggested.suffix not in each.suffixes)
        dialog.setNameFilters([kind.filter for kind in offered])
        dialog.setDefaultSuffix(suggested.suffix.removeprefix("."))
        dialog.selectFile(suggested.name)
        by_filter = {kind.filter: kind.suffixes[0] for kind in offered}
        dialog.filterSelected.connect(lambda text: dialog.setDefaultSuffix(by_filter[text].removeprefix(".")))
        dialog.fileSelected.connect(lambda path: then(Path(path)))
        dialog.open()

    def brush_to_import(self, then: Callable[[Path], None]) -> None:
        """Brushes of GIMP, Photoshop or MyPaint."""
        dialog = self._dialog("Import brush", "")
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.setNameFilters(["Brushes (*.gbr *.abr *.myb)", "All files (*)"])
        dialog.fileSelected.connect(lambda path: then(Path(path)))
        dialog.open()

    def folder(self, start: Path | None, then: Callable[[Path], None]) -> None:
        """A folder."""
        choose_folder(self._parent, start, then)

    def save_changes(self, titles: Sequence[str], then: Callable[[Answer], None]) -> None:
        """Save, discard, or go back: one answer for all of them."""
        several = len(titles) > 1
        box = QMessageBox(self._parent)
        box.setObjectName("unsavedDialog")
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        box.setWindowTitle("Unsaved changes")
        box.setText(f"Save the changes to {len(titles)} documents?" if several else f"Save the changes to {titles[0]}?")
        named = "".join(f"\n• {title}" for title in titles) if several else ""
        box.setInformativeText(f"Without saving, they are lost.{named}")
        all_of_them = " all" if several else ""
        buttons = {
            box.addButton(f"Save{all_of_them}", QMessageBox.ButtonRole.AcceptRole): Answer.SAVE,
            box.addButton(f"Discard{all_of_them}", QMessageBox.ButtonRole.DestructiveRole): Answer.DISCARD,
            box.addButton("Cancel", QMessageBox.ButtonRole.RejectRole): Answer.CANCEL,
        }
        tips = {
            Answer.SAVE: "Save them first",
            Answer.DISCARD: "Go on without them",
            Answer.CANCEL: "Go back",
        }
        for button, answer in buttons.items():
            describe(button, f"{answer.value}ChangesButton", button.text(), tips[answer])
            if answer is Answer.DISCARD:
                set_role(button, "danger")
            elif answer is Answer.SAVE:
                box.setDefaultButton(button)
            else:
                box.setEscapeButton(button)
        box.buttonClicked.connect(lambda button: then(buttons[button]))
        box.open()

    def confirm(self, question: str, detail: str, accept: str, then: Callable[[], None]) -> None:
        """Do it, or go back."""
        box = QMessageBox(self._parent)
        box.setObjectName("confirmDialog")
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        box.setWindowTitle(accept)
        box.setText(question)
        box.setInformativeText(detail)
        yes = box.addButton(accept, QMessageBox.ButtonRole.DestructiveRole)
        describe(yes, "confirmButton", accept, accept)
        set_role(yes, "danger")
        no = box.addButton("Cancel", QMessageBox.ButtonRole.RejectRole)
        describe(no, "cancelButton", "Cancel", "Go back")
        box.setDefaultButton(no)
        box.setEscapeButton(no)
        yes.clicked.connect(lambda _checked=False: then())
        box.open()

    def _dialog(self, title: str, folder: str) -> QFileDialog:
        dialog = QFileDialog(self._parent, title, folder)
        dialog.setObjectName("fileDialog")
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        return dialog


def choose_folder(parent: QWidget, start: Path | None, take: Callable[[Path], None]) -> None:
    """Let the artist choose a folder, without blocking."""
    dialog = QFileDialog(parent, "Choose a folder", str(start) if start else "")
    dialog.setObjectName("folderDialog")
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.setFileMode(QFileDialog.FileMode.Directory)
    dialog.setOption(QFileDialog.Option.ShowDirsOnly)
    dialog.fileSelected.connect(lambda path: take(Path(path)))
    dialog.open()


def formats() -> list[Format]:
    """All kinds of files, each once."""
    from sdpaint.fileio.formats import FORMATS

    return list(dict.fromkeys(FORMATS.values()))


def _filters(offered: list[Format]) -> list[str]:
    return [_filter(each.name, each.suffixes) for each in offered]


def _filter(name: str, suffixes: tuple[str, ...]) -> str:
    return f"{name} ({' '.join(f'*{suffix}' for suffix in suffixes)})"
