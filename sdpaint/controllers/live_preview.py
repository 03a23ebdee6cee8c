"""LivePreview: what a gesture would make of the document, computed away from the GUI thread while it goes on."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Signal

from sdpaint.controllers.document_controller import DocumentController
from sdpaint.document.document import Document
from sdpaint.errors import SdPaintError
from sdpaint.worker.background import Background

Edit = Callable[[Document], Document]


class LivePreview(QObject):
    """Computes one edit at a time, from the committed document; of those that wait only the latest counts.

    `show` is called with each result, on the thread of this object.
    """

    failed = Signal(object)
    """SdPaintError."""

    def __init__(
        self, documents: DocumentController, show: Callable[[Document], None], parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._documents = documents
        self._show = show
        self._background = Background(1, self)
        self._wanted: Edit | None = None
        self._is_computing = False
        self._result: tuple[Edit, Document, Document] | None = None

    def show(self, edit: Edit) -> None:
        """Show what this edit makes, instead of what was asked for before."""
        if edit != self._wanted:
            self._wanted = edit
            if not self._is_computing:
                self._start()

    def result_of(self, edit: Edit) -> Document | None:
        """What an equal edit has made of the document that is committed now; None where that isn't known."""
        if self._result is None:
            return None
        known, before, after = self._result
        return after if known == edit and before is self._documents.committed else None

    def drop(self) -> None:
        """Nothing is wanted any more; what is computed still is shown no more."""
        self._wanted = self._result = None

    def shutdown(self) -> None:
        """Wait for what is under way."""
        self._background.close()

    def _start(self) -> None:
        edit, before = self._wanted, self._documents.committed
        if edit is None:
            return
        self._is_computing = True

        def done(after: Document) -> None:
            self._is_computing = False
            if self._wanted is None:
                return
            is_current = before is self._documents.committed
            if is_current:
                # An older one too: what follows a moving pointer may be late, but it moves.
                self._result = edit, before, after
                self._show(after)
            if self._wanted != edit or not is_current:
                self._start()

        def failed(error: SdPaintError) -> None:
            self._is_computing = False
            if self._wanted is not None:
                self.drop()
                self.failed.emit(error)

        self._background.run(lambda: edit(before), done, failed)
