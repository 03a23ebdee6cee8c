"""BackgroundEdits: edits that look at many pixels, computed away from the GUI thread, one undo step each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QObject, QTimer, Signal

from sdpaint.controllers.document_controller import DocumentController
from sdpaint.controllers.open_document import OpenDocument
from sdpaint.document.document import Document
from sdpaint.errors import SdPaintError
from sdpaint.worker.background import Background

Edit = Callable[[Document], Document]


@dataclass(frozen=True, eq=False)
class _Job:
    label: str
    edit: Edit
    done: Callable[[Document, Document], None] | None
    of: OpenDocument
    shown: Document | None
    merge_key: str | None


class BackgroundEdits(QObject):
    """Runs edits in the order in which they were asked for.

    Where the document has changed meanwhile, an edit is computed once more; a stroke under way is never cut off, the
    edit waits for its end. An edit belongs to the document that was in front when it was asked for, and arrives there
    whichever is in front by then; what is outstanding for a document that is closed is forgotten.
    """

    busy_changed = Signal(bool)
    failed = Signal(object)
    """SdPaintError."""

    def __init__(self, documents: DocumentController, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._documents = documents
        self._background = Background(1, self)
        self._jobs: list[_Job] = []
        self._ready: tuple[_Job, Document, Document] | None = None
        self._soon = QTimer(self, singleShot=True, interval=0)
        self._soon.timeout.connect(self._take)
        documents.document_changed.connect(self._retry)
        documents.history_changed.connect(self._retry)
        documents.closed.connect(self._forget)

    @property
    def is_busy(self) -> bool:
        """Whether an edit is outstanding."""
        return bool(self._jobs)

    def run(
        self,
        label: str,
        edit: Edit,
        done: Callable[[Document, Document], None] | None = None,
        shown: Document | None = None,
        merge_key: str | None = None,
        of: OpenDocument | None = None,
    ) -> None:
        """Queue an edit of the document in front, or of another open one.

        `done(before, after)` is called when it is part of the document; the same twice: no change.
        `shown` is a preview of it that is seen already: it stays until the edit takes its place. Steps in a row with
        one `merge_key` are one.
        """
        self._jobs.append(_Job(label, edit, done, of or self._documents.claim_front(), shown, merge_key))
        if len(self._jobs) == 1:
            self.busy_changed.emit(True)
            self._start()

    def shutdown(self) -> None:
        """Wait for what is under way; nothing more is applied."""
        self._background.close()

    def _start(self) -> None:
        job = self._jobs[0]
        before = job.of.committed

        def computed(after: Document) -> None:
            if not job.of.is_closed:
                self._ready = job, before, after
                self._take()

        def failed(error: SdPaintError) -> None:
            if not job.of.is_closed:
                self._hide(job)
                self.failed.emit(error)
                self._end()

        self._background.run(lambda: job.edit(before), computed, failed)

    def _take(self) -> None:
        """Apply what is ready, unless a stroke is under way or it is out of date."""
        if self._ready is None:
            return
        of = self._ready[0].of
        if of.is_painting and all(each.shown is not of.live for each in self._jobs):
            return
        (job, before, after), self._ready = self._ready, None
        if job.of.committed is not before:
            self._start()
            return
        if after is not before:
            self._documents.apply_to(job.of, job.label, after, job.merge_key)
        else:
            self._hide(job)
        if job.of.is_closed:
            return
        if job.done is not None:
            job.done(before, after)
        self._end()

    def _hide(self, job: _Job) -> None:
        """Take the preview away where the edit has come to nothing."""
        if job.shown is not None and self._documents.document is job.shown is not self._documents.committed:
            self._documents.cancel_preview()

    def _end(self) -> None:
        self._jobs.pop(0)
        if self._jobs:
            self._start()
        else:
            self.busy_changed.emit(False)

    def _forget(self, closed: OpenDocument) -> None:
        if not any(job.of is closed for job in self._jobs):
            return
        had_begun = self._jobs[0].of is closed
        self._jobs = [job for job in self._jobs if job.of is not closed]
        if had_begun:
            self._ready = None
            if self._jobs:
                self._start()
        if not self._jobs:
            self.busy_changed.emit(False)

    def _retry(self) -> None:
        if self._ready is not None:     # not now: other listeners haven't heard of this change yet
            self._soon.start()
