"""PromptFlow: the window of prompts and styles, what is saved in it, and what becomes of that."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from sdpaint.controllers.document_controller import DocumentController
from sdpaint.controllers.generation_controller import GenerationController
from sdpaint.controllers.prompt_controller import PromptController
from sdpaint.controllers.saved_prompts_controller import PictureSource
from sdpaint.fileio.saved_prompts import SavedPrompt, free_name
from sdpaint.generation.prompt.styles import Style
from sdpaint.generation.result import Result
from sdpaint.gui.dialogs.files import Asker, FileKind
from sdpaint.gui.messages import Messages, Remedy
from sdpaint.imaging.tiles import Pixels8

if TYPE_CHECKING:
    from sdpaint.gui.dialogs.prompt_library import PromptLibrary

_STYLES = (FileKind("Styles", (".csv",)),)
_ARCHIVE = FileKind("Prompts with pictures", (".zip",))
_TEXT = FileKind("A prompt a line", (".txt",))
_PICTURES = (FileKind("Pictures", (".png", ".jpg", ".jpeg", ".webp", ".avif", ".tif", ".tiff", ".bmp")),)


class PromptFlow(QObject):
    """Shows the library, and asks what is to be asked."""

    insertion_asked = Signal(str)
    """Words to be written into the prompt at its cursor."""

    def __init__(
        self,
        prompts: PromptController,
        documents: DocumentController,
        generation: GenerationController,
        messages: Messages,
        asker: Asker,
        parent: QWidget,
    ) -> None:
        super().__init__(parent)
        self._prompts, self._documents, self._generation = prompts, documents, generation
        self._messages, self._asker, self._parent = messages, asker, parent
        self._library: PromptLibrary | None = None
        prompts.saved.noted.connect(lambda words: messages.info(words))
        prompts.saved.deleted.connect(self._say_deleted)

    def show(self) -> None:
        """Open the library, or bring it to the front."""
        from sdpaint.gui.dialogs.prompt_library import PromptLibrary

        if self._library is None:
            self._library = PromptLibrary(self._prompts, self._generation, self, self._parent)
            self._library.destroyed.connect(self._forget)
            self._library.show()
        self._library.raise_()
        self._library.activateWindow()

    # -- saving

    def save(self) -> None:
        """Keep the prompt as it is written, with the latest result unless another picture is chosen."""
        params = self._generation.params
        results = self._generation.results
        latest = results[0].image if results else None
        if params.prompt.strip() or params.negative_prompt.strip():
            self._ask_how(SavedPrompt("", params.prompt, params.negative_prompt), latest, "Latest result")
        else:
            self._messages.info("There is no prompt to save yet", "Write one below the canvas")

    def save_of_result(self, result: Result) -> None:
        """Keep the prompt of a result, and its picture."""
        request = result.request
        self._ask_how(SavedPrompt("", request.prompt, request.negative_prompt), result.image, "This result")

    def save_of_file(self, path: Path) -> None:
        """Keep the prompt that a picture says it was made from."""
        self._prompts.saved.read_prompt(path, lambda prompt, pixels: self._ask_how(prompt, pixels, "This result"))

    def edit(self, prompt: SavedPrompt) -> None:
        """Change a saved prompt."""
        results = self._generation.results
        self._ask_how(prompt, results[0].image if results else None, "Latest result")

    def _ask_how(self, prompt: SavedPrompt, picture: Pixels8 | None, named: str) -> None:
        from sdpaint.gui.dialogs.save_prompt import SavePrompt

        self._prompts.saved.load()    # names that are taken, and tags
        pictures: dict[str, PictureSource] = {} if picture is None else {named: picture}
        pictures["What the canvas shows"] = self._documents.committed
        # Above the library where that is open: it would lie hidden behind it.
        parent, saved = self._library or self._parent, self._prompts.saved
        dialog = SavePrompt(parent, prompt, pictures, saved, self._ask_picture, picture is not None)
        dialog.accepted.connect(lambda: self._keep(dialog.prompt, dialog.picture))
        dialog.open()

    def _ask_picture(self, then: Callable[[Path], None]) -> None:
        self._asker.file("Picture of the prompt", _PICTURES, then)

    def _keep(self, prompt: SavedPrompt, picture: Pixels8 | None) -> None:
        saved = self._prompts.saved
        if not prompt.id:
            prompt = replace(prompt, name=free_name(prompt.name, {each.name.casefold() for each in saved.prompts}))
            self._messages.info(f"“{prompt.name}” is in the library", remedy=Remedy("Show", self.show))
        saved.put(prompt, picture=picture)

    # -- using

    def use(self, prompt: SavedPrompt) -> None:
        """In the place of the prompts as they are."""
        self._generation.set_params(prompt=prompt.prompt, negative_prompt=prompt.negative_prompt)

    def insert(self, prompt: SavedPrompt) -> None:
        """At the cursor of the prompt; the negative prompt behind the one that is there."""
        self._prompts.apply(Style("", "", prompt.negative_prompt))
        self.insertion_asked.emit(prompt.prompt)

    def append(self, prompt: SavedPrompt) -> None:
        """Behind the prompts as they are."""
        self._prompts.apply(Style("", prompt.prompt, prompt.negative_prompt))

    # -- files

    def import_styles(self) -> None:
        """Ask for a styles.csv."""
        self._asker.file("Import styles", _STYLES, self._prompts.import_styles)

    def import_prompts(self) -> None:
        """Ask for an archive or a text."""
        self._asker.file("Import prompts", (_ARCHIVE, _TEXT), self._prompts.saved.import_file)

    def export_prompts(self, prompts: Sequence[SavedPrompt]) -> None:
        """Ask under which name to write these."""
        self._asker.name(
            "Export prompts",
            Path("prompts.zip"),
            (_ARCHIVE,),
            lambda path: self._prompts.saved.export(path, prompts),
        )

    def _say_deleted(self, prompts: tuple[SavedPrompt, ...]) -> None:
        what = f"“{prompts[0].name}” is" if len(prompts) == 1 else f"{len(prompts)} prompts are"
        self._messages.info(
            f"{what} deleted from the library", remedy=Remedy("Undo", lambda: self._prompts.saved.put(*prompts))
        )

    def _forget(self) -> None:
        self._library = None
