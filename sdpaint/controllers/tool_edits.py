"""ToolEdits: what tools do to the document, at once and on other threads."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from PySide6.QtCore import QObject, Signal

from sdpaint.controllers.background_edits import BackgroundEdits
from sdpaint.controllers.document_controller import DocumentController
from sdpaint.controllers.live_preview import LivePreview
from sdpaint.document.document import Document
from sdpaint.errors import SdPaintError
from sdpaint.tools.base import Draft
from sdpaint.worker.background import Background

Edit = Callable[[Document], Document]
T = TypeVar("T")


class ToolEdits(QObject):
    """Previews and steps of tools, told apart from changes that others make, and the draft of a shape."""

    draft_changed = Signal(object)
    """Draft of the shape that is being drawn, None where there is none."""
    computing_changed = Signal(bool)
    """A tool's edit is being computed, or is done."""
    failed = Signal(object)
    """SdPaintError."""

    def __init__(self, documents: DocumentController, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._documents = documents
        self._is_own = False
        self._waits = True
        self._draft: Draft | None = None
        self._previewed_on: Document | None = None
        self._edits = BackgroundEdits(documents, self)
        self._edits.busy_changed.connect(self.computing_changed)
        self._edits.failed.connect(self._on_failed)
        self._live = LivePreview(documents, self.preview, self)
        self._live.failed.connect(self._on_failed)
        self._helper = Background(1, self)

    @property
    def is_own(self) -> bool:
        """Whether the change that is heard of just now is a tool's."""
        return self._is_own

    @property
    def is_computing(self) -> bool:
        """Whether an edit of a tool is outstanding."""
        return self._edits.is_busy or self._helper.is_busy

    @property
    def is_previewed_on_committed(self) -> bool:
        """Whether no step was made or undone since the last preview."""
        return self._documents.committed is self._previewed_on

    @property
    def draft(self) -> Draft | None:
        """The shape that is being drawn."""
        return self._draft

    def show_draft(self, draft: Draft | None) -> None:
        """Draw a shape over the canvas, or none."""
        if draft is not self._draft:
            self._draft = draft
            self.draft_changed.emit(draft)

    def preview(self, document: Document) -> None:
        """Show a document that isn't a step yet."""
        self._previewed_on = self._documents.committed
        with self._changing() as documents:
            documents.preview(document)

    def preview_later(self, edit: Edit) -> None:
        """Show what the edit makes, as soon as another thread has computed it."""
        self._live.show(edit)

    def drop_live(self) -> None:
        """Show nothing of what other threads compute still."""
        self._live.drop()

    def amend(self, document: Document) -> None:
        """View state: no step."""
        with self._changing() as documents:
            documents.amend(document)

    def commit(self, label: str, document: Document) -> None:
        """One undo step."""
        with self._changing() as documents:
            documents.apply(label, document)

    def cancel(self) -> None:
        """Back to the committed document."""
        self._live.drop()
        with self._changing() as documents:
            documents.cancel_preview()

    def compute(self, label: str, edit: Edit, merge_key: str = "") -> None:
        """One undo step that takes long; see ToolContext.compute."""
        draft, ready = self._draft, self._live.result_of(edit)
        self._live.drop()
        if ready is None and not self._waits:
            ready = edit(self._documents.committed)
        if ready is not None and not self._edits.is_busy:
            self.show_draft(None)
            with self._changing() as documents:
                if ready is documents.committed:
                    documents.cancel_preview()
                else:
                    documents.apply(label, ready)
            return
        seen = self._documents.document
        shown = None if seen is self._documents.committed else seen

        def done(_before: Document, _after: Document) -> None:
            if self._draft is draft:
                self.show_draft(None)

        self._edits.run(label, edit, done, shown, merge_key or None)

    def in_background(self, work: Callable[[], T], done: Callable[[T], None]) -> None:
        """Run `work` on another thread, then `done` with its outcome on this one."""
        self._helper.run(work, done, self._on_failed)

    @contextmanager
    def at_once(self) -> Iterator[None]:
        """In here `compute` doesn't wait for other threads."""
        self._waits = False
        try:
            yield
        finally:
            self._waits = True

    def shutdown(self) -> None:
        """Wait for what is being computed."""
        self._helper.close()
        self._live.shutdown()
        self._edits.shutdown()

    @contextmanager
    def _changing(self) -> Iterator[DocumentController]:
        before, self._is_own = self._is_own, True
        try:
            yield self._documents
        finally:
            self._is_own = before

    def _on_failed(self, error: SdPaintError) -> None:
        self.show_draft(None)
        self.failed.emit(error)
