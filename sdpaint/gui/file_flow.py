"""FileFlow: the order of questions and answers around files. Nothing is lost without being asked for."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject

from sdpaint.controllers.document_controller import DocumentController
from sdpaint.controllers.file_controller import FileController
from sdpaint.controllers.open_document import OpenDocument
from sdpaint.document.document import Document
from sdpaint.errors import FileError, SdPaintError
from sdpaint.gui.dialogs.files import Answer, Asker
from sdpaint.gui.messages import Messages, Remedy


class FileFlow(QObject):
    """New, open, save, export, close and leave, each with the questions that it needs."""

    def __init__(
        self,
        documents: DocumentController,
        files: FileController,
        messages: Messages,
        asker: Asker,
        fresh: Callable[[], Document],
        parent: QObject | None = None,
        settle: Callable[[], None] = lambda: None,
    ) -> None:
        """`fresh` makes the page that is there when the last document was closed, `settle` ends what is under way in
        the one in front, such as a text that is typed.
        """
        super().__init__(parent)
        self._settle = settle
        self._documents = documents
        self._files = files
        self._messages = messages
        self._asker = asker
        self._fresh = fresh
        self._after_save: Callable[[], None] | None = None
        self._opening: Path | None = None
        files.saved.connect(self._on_saved)
        files.opened.connect(self._on_opened)
        files.failed.connect(self._on_failed)
        files.noted.connect(lambda note: messages.warn(note.rstrip(".")))

    def leave(self, then: Callable[[], None]) -> None:
        """Do what gives all open documents up, after asking once for what isn't saved."""
        self._settle()
        modified = [each for each in self._documents.open_documents if each.is_modified]
        if not modified:
            then()
            return

        def act(answer: Answer) -> None:
            match answer:
                case Answer.SAVE:
                    self._save_all(modified, lambda: self.leave(then))
                case Answer.DISCARD:
                    then()
                case Answer.CANCEL:
                    return

        self._asker.save_changes([each.title for each in modified], act)

    def close(self, opened: OpenDocument | None = None) -> None:
        """Close a document, by default the one in front, after asking whether its changes shall be saved."""
        self._settle()
        going = opened or self._documents.in_front
        if not going.is_modified:
            self._documents.close(going, self._fresh())
            return
        # What is asked about should be seen.
        self._documents.show(going)

        def act(answer: Answer) -> None:
            match answer:
                case Answer.SAVE:
                    self._save_all([going], lambda: self.close(going))
                case Answer.DISCARD:
                    self._documents.close(going, self._fresh())
                case Answer.CANCEL:
                    return

        self._asker.save_changes([going.title], act)

    def close_others(self, kept: OpenDocument | None = None) -> None:
        """Close all documents but one, by default the one in front. Those with changes ask, one after the other."""
        stays = kept or self._documents.in_front
        others = [each for each in self._documents.open_documents if each is not stays]
        for each in others:
            if not each.is_modified:
                self._documents.close(each, self._fresh())
        modified = [each for each in others if not each.is_closed]
        if not modified:
            self._documents.show(stays)
            return

        def close_all() -> None:
            for each in modified:
                self._documents.close(each, self._fresh())
            self._documents.show(stays)

        def act(answer: Answer) -> None:
            match answer:
                case Answer.SAVE:
                    self._save_all(modified, close_all)
                case Answer.DISCARD:
                    close_all()
                case Answer.CANCEL:
                    return

        self._asker.save_changes([each.title for each in modified], act)

    def _save_all(self, documents: list[OpenDocument], then: Callable[[], None]) -> None:
        """Save them one after the other; where one can't be saved or named, nothing more happens."""
        rest = [each for each in documents if not each.is_closed and each.is_modified]
        if not rest:
            then()
            return
        self._documents.show(rest[0])
        self.save(lambda: self._save_all(rest[1:], then))

    def open(self) -> None:
        """Ask for a file and open it."""
        self._asker.file_to_open(self._folder, self.open_path)

    def open_path(self, path: Path) -> None:
        """Open this file."""
        self._opening = path
        self._files.open(path)

    def open_as_layer(self) -> None:
        """Ask for a file and put it onto a new layer."""
        self._asker.file_to_open(self._folder, self._files.open_as_layer)

    def save(self, then: Callable[[], None] | None = None) -> None:
        """Save to the document's own file; where it has none, ask for one. `then` comes after all is on disk."""
        self._settle()
        self._after_save = then
        if not self._files.save():
            self.save_as(then)

    def save_as(self, then: Callable[[], None] | None = None) -> None:
        """Ask for a name and save under it."""
        self._settle()

        def save(path: Path) -> None:
            self._after_save = then
            self._files.save_as(path)

        self._asker.file_to_save(self._in_folder(self._files.suggested_path), False, save)

    def save_copy(self) -> None:
        """Ask for a name and write everything under it; the document keeps its own file."""
        self._settle()
        suggested = self._in_folder(self._files.suggested_path)
        copy = suggested.with_stem(f"{suggested.stem} copy")
        self._asker.file_to_save(copy, True, self._files.export)

    @property
    def _folder(self) -> Path | None:
        path = self._documents.path or next(iter(self._files.recent), None)
        return path.parent if path else None

    def _in_folder(self, suggested: Path) -> Path:
        return suggested if suggested.is_absolute() or self._folder is None else self._folder / suggested

    def _on_opened(self, path: Path) -> None:
        self._opening = None

    def _on_saved(self, path: Path) -> None:
        then, self._after_save = self._after_save, None
        if then is not None:
            then()
        else:
            self._messages.info(f"Saved {path.name}")

    def _on_failed(self, error: SdPaintError) -> None:
        self._after_save = None
        path, self._opening = self._opening, None
        remedy = None
        if path is not None and path in self._files.recent:
            remedy = Remedy("Take it off the list", lambda: self._files.forget_recent(path))
        elif isinstance(error, FileError) and path is None:
            remedy = Remedy("Save as…", self.save_as)
        self._messages.error(error, remedy=remedy)
