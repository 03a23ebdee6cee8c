"""DocumentController: the open documents, the one in front with its history, and the signals that say what changed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from sdpaint.controllers.open_document import OpenDocument
from sdpaint.document.document import Document
from sdpaint.document.history import DEFAULT_BUDGET_BYTES, History, Step
from sdpaint.document.shelf import Shelf
from sdpaint.errors import FileError


class DocumentController(QObject):
    """Owns what is open. Edits come as whole new documents; listeners compare identities.

    Commands act on the document in front unless they name another one. Those behind share nothing but time with it:
    each keeps its history and its file, and nothing of what is drawn of it.
    """

    document_changed = Signal(object, object)
    """(old, new); old is None where another document is in front now."""
    history_changed = Signal()
    """Undo, redo, their labels, the path or the modified mark of the document in front may differ."""
    failed = Signal(object)
    """SdPaintError: a step can't be read back."""
    amended = Signal()
    """The committed document was amended behind a running preview, which is still what is seen."""
    leaving = Signal()
    """Another document is about to come in front: what is under way on this one ends now."""
    opened_changed = Signal()
    """Documents were opened, closed or put into another order."""
    closed = Signal(object)
    """OpenDocument that is gone for good."""
    changed_behind = Signal(object)
    """OpenDocument, not in front, whose history changed."""

    def __init__(
        self,
        document: Document,
        parent: QObject | None = None,
        undo_budget_bytes: int = DEFAULT_BUDGET_BYTES,
        undo_folder: Path | None = None,
    ) -> None:
        """`undo_folder`: where old steps may go that are too much for memory."""
        super().__init__(parent)
        self._undo_folder = undo_folder
        self.undo_budget_bytes = undo_budget_bytes
        """Of the histories of documents that are opened from now on."""
        self._front = OpenDocument(History(document, undo_budget_bytes, Shelf(undo_folder)))
        self._open = [self._front]

    # -- what is open

    @property
    def open_documents(self) -> tuple[OpenDocument, ...]:
        """All of them, in the order of their tabs."""
        return tuple(self._open)

    @property
    def in_front(self) -> OpenDocument:
        """The one that is seen and edited."""
        return self._front

    def claim_front(self) -> OpenDocument:
        """The one in front, for work that arrives in it later: it counts as an untouched page no more."""
        self._front.is_needed = True
        return self._front

    def open(self, document: Document, path: Path | None = None, unsaved: bool = False) -> OpenDocument:
        """One more document, in front. An untouched new one makes room for it.

        `unsaved`: it exists nowhere on disk in this form.
        """
        history = History(document, self.undo_budget_bytes, Shelf(self._undo_folder))
        if unsaved:
            history.mark_unsaved()
        return self._add(history, path)

    def restore(self, steps: Sequence[Step], position: int, path: Path | None = None) -> OpenDocument:
        """One more document with the history that it had when sdpaint ended; it counts as saved nowhere."""
        shelf = Shelf(self._undo_folder)
        return self._add(History.restored(steps, position, self.undo_budget_bytes, shelf), path)

    def show(self, opened: OpenDocument) -> None:
        """Bring one in front."""
        if opened is self._front or opened.is_closed:
            return
        self.leaving.emit()
        self._bring(opened)

    def show_next(self, by: int = 1) -> None:
        """The one so many tabs further, round and round."""
        place = self._open.index(self._front)
        self.show(self._open[(place + by) % len(self._open)])

    def move(self, opened: OpenDocument, place: int) -> None:
        """Give it another place among the tabs."""
        self._open.remove(opened)
        self._open.insert(place, opened)
        self.opened_changed.emit()

    def close(self, opened: OpenDocument, instead: Document) -> None:
        """Let go of one with all its changes: ask before. `instead` is opened where it was the last."""
        if opened.is_closed:
            return
        if len(self._open) == 1:
            history = History(instead, self.undo_budget_bytes, Shelf(self._undo_folder))
            self._open.append(OpenDocument(history))
        if opened is self._front:
            self.leaving.emit()
        place = self._open.index(opened)
        self._remove(opened)
        if opened is self._front:
            self._bring(self._open[min(place, len(self._open) - 1)])
        self.opened_changed.emit()
        self.closed.emit(opened)

    def _add(self, history: History, path: Path | None) -> OpenDocument:
        self.leaving.emit()
        before = self._front
        replaced = before if before.is_untouched else None
        place = self._open.index(before) + 1
        numbers = {each.number for each in self._open if each.path is None and each is not replaced}
        free = next(number for number in range(1, len(self._open) + 2) if number not in numbers)
        opened = OpenDocument(history, path, free if path is None else 0)
        self._open.insert(place, opened)
        if replaced is not None:
            self._remove(replaced)
        self._bring(opened)
        self.opened_changed.emit()
        if replaced is not None:
            self.closed.emit(replaced)
        return opened

    def _remove(self, opened: OpenDocument) -> None:
        self._open.remove(opened)
        opened.is_closed = True

    def _bring(self, opened: OpenDocument) -> None:
        self._front.live = None
        self._front = opened
        self.document_changed.emit(None, opened.document)
        self.history_changed.emit()

    # -- the one in front

    @property
    def document(self) -> Document:
        """What the artist sees: the live document of a running stroke, else the present."""
        return self._front.document

    @property
    def committed(self) -> Document:
        """The present of the history, without a running stroke."""
        return self._front.committed

    @property
    def history(self) -> History:
        """For reading: labels, bytes, marks."""
        return self._front.history

    @property
    def path(self) -> Path | None:
        """The file that it was read from or saved to."""
        return self._front.path

    @property
    def is_modified(self) -> bool:
        """Whether there are changes that aren't on disk."""
        return self._front.is_modified

    @property
    def title(self) -> str:
        """File name, or Untitled."""
        return self._front.title

    def apply(self, label: str, document: Document, merge_key: str | None = None) -> None:
        """One undo step. Ends a running preview."""
        old = self.document
        self._front.live = None
        self.history.push(label, document, merge_key)
        self._announce(old)
        self.history_changed.emit()

    def apply_to(
        self, opened: OpenDocument, label: str, document: Document, merge_key: str | None = None
    ) -> None:
        """One undo step in any of the open documents; nothing in one that is closed."""
        if opened is self._front:
            self.apply(label, document, merge_key)
        elif not opened.is_closed:
            opened.history.push(label, document, merge_key)
            self.changed_behind.emit(opened)

    def amend(self, document: Document) -> None:
        """View state (active layer, visibility of the mask overlay): no undo step."""
        old = self.document
        self.history.amend(document)
        self._announce(old)
        if self._front.live is not None:
            self.amended.emit()

    def preview(self, document: Document) -> None:
        """Show a document that isn't in the history yet: a stroke or drag under way."""
        old = self.document
        self._front.live = document
        self._announce(old)

    def cancel_preview(self) -> None:
        """Back to the present of the history."""
        old = self.document
        self._front.live = None
        self._announce(old)

    def end_merge(self) -> None:
        """A slider was let go: the next change is a step of its own."""
        self.history.end_merge()

    def undo(self) -> None:
        """One step back; during a stroke, the stroke is dropped instead."""
        old = self.document
        if self._front.live is None:
            self._step(self.history.undo)
        self._front.live = None
        self._announce(old)
        self.history_changed.emit()

    def redo(self) -> None:
        """One step forward."""
        old = self.document
        self._front.live = None
        self._step(self.history.redo)
        self._announce(old)
        self.history_changed.emit()

    def _step(self, go: Callable[[], Document]) -> None:
        try:
            go()
        except FileError as error:
            self.failed.emit(error)

    def mark_saved(
        self, document: Document, path: Path | None = None, opened: OpenDocument | None = None
    ) -> None:
        """`document` lies on disk now, at `path` where the name changed. `opened`: of which it is a state."""
        opened = opened or self._front
        opened.history.mark_saved(document)
        if path is not None:
            opened.path = path
        if opened is self._front:
            self.history_changed.emit()
        else:
            self.changed_behind.emit(opened)

    def _announce(self, old: Document) -> None:
        new = self.document
        if new is not old:
            self.document_changed.emit(old, new)
