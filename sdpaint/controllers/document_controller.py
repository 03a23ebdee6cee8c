"""DocumentController: the open document with its history, and the signals that say what changed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from sdpaint.document.document import Document
from sdpaint.document.history import DEFAULT_BUDGET_BYTES, History, Step


class DocumentController(QObject):
    """Owns the present document. Edits come as whole new documents; listeners compare identities."""

    document_changed = Signal(object, object)
    """(old, new); old is None where another document was opened."""
    history_changed = Signal()
    """Undo, redo, their labels, the path or the modified mark may differ."""
    amended = Signal()
    """The committed document was amended behind a running preview, which is still what is seen."""

    def __init__(
        self, document: Document, parent: QObject | None = None, undo_budget_bytes: int = DEFAULT_BUDGET_BYTES
    ) -> None:
        super().__init__(parent)
        self.undo_budget_bytes = undo_budget_bytes
        """Of the histories of documents that are opened from now on."""
        self._history = History(document, undo_budget_bytes)
        self._live: Document | None = None
        self._path: Path | None = None

    @property
    def document(self) -> Document:
        """What the artist sees: the live document of a running stroke, else the present."""
        return self._history.present if self._live is None else self._live

    @property
    def committed(self) -> Document:
        """The present of the history, without a running stroke."""
        return self._history.present

    @property
    def history(self) -> History:
        """For reading: labels, bytes, marks."""
        return self._history

    @property
    def path(self) -> Path | None:
        """The file that it was read from or saved to."""
        return self._path

    @property
    def is_modified(self) -> bool:
        """Whether there are changes that aren't on disk."""
        return self._history.is_modified

    @property
    def title(self) -> str:
        """File name, or Untitled."""
        return self._path.name if self._path else "Untitled"

    def open(self, document: Document, path: Path | None = None, unsaved: bool = False) -> None:
        """Another document with a history of its own. `unsaved`: it exists nowhere on disk in this form."""
        self._live = None
        self._history = History(document, self.undo_budget_bytes)
        if unsaved:
            self._history.mark_unsaved()
        self._path = path
        self.document_changed.emit(None, document)
        self.history_changed.emit()

    def restore(self, steps: Sequence[Step], position: int, path: Path | None = None) -> None:
        """Another document with the history that it had when sdpaint ended; it counts as saved nowhere."""
        self._live = None
        self._history = History.restored(steps, position, self.undo_budget_bytes)
        self._path = path
        self.document_changed.emit(None, self.document)
        self.history_changed.emit()

    def apply(self, label: str, document: Document, merge_key: str | None = None) -> None:
        """One undo step. Ends a running preview."""
        old = self.document
        self._live = None
        self._history.push(label, document, merge_key)
        self._announce(old)
        self.history_changed.emit()

    def amend(self, document: Document) -> None:
        """View state (active layer, visibility of the mask overlay): no undo step."""
        old = self.document
        self._history.amend(document)
        self._announce(old)
        if self._live is not None:
            self.amended.emit()

    def preview(self, document: Document) -> None:
        """Show a document that isn't in the history yet: a stroke or drag under way."""
        old = self.document
        self._live = document
        self._announce(old)

    def cancel_preview(self) -> None:
        """Back to the present of the history."""
        old = self.document
        self._live = None
        self._announce(old)

    def end_merge(self) -> None:
        """A slider was let go: the next change is a step of its own."""
        self._history.end_merge()

    def undo(self) -> None:
        """One step back; during a stroke, the stroke is dropped instead."""
        old = self.document
        if self._live is None:
            self._history.undo()
        self._live = None
        self._announce(old)
        self.history_changed.emit()

    def redo(self) -> None:
        """One step forward."""
        old = self.document
        self._live = None
        self._history.redo()
        self._announce(old)
        self.history_changed.emit()

    def mark_saved(self, document: Document, path: Path | None = None) -> None:
        """`document` lies on disk now, at `path` where the name changed."""
        self._history.mark_saved(document)
        if path is not None:
            self._path = path
        self.history_changed.emit()

    def _announce(self, old: Document) -> None:
        new = self.document
        if new is not old:
            self.document_changed.emit(old, new)
