"""SelectionPreview: the outcome of an edit with a value, on the canvas while a dialog asks for that value."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

from PySide6.QtCore import QObject, Signal

from sdpaint.controllers.document_controller import DocumentController
from sdpaint.document.document import Document
from sdpaint.errors import SdPaintError
from sdpaint.worker.background import Background

V = TypeVar("V")


class SelectionPreview(QObject, Generic[V]):
    """Shows a changed selection as a preview of the document. The latest value wins; nothing waits for the others."""

    shown = Signal(object)
    """The value whose outcome is on the canvas."""

    def __init__(
        self,
        documents: DocumentController,
        edit: Callable[[Document, V], Document],
        background: Background,
        failed: Callable[[SdPaintError], None],
    ) -> None:
        """`background` outlives the dialog: what it still computes then needn't be waited for."""
        super().__init__()
        self._documents = documents
        self._edit = edit
        self._background = background
        self._failed = failed
        self._wanted: V | None = None
        self._shown: tuple[V, Document, Document] | None = None
        self._is_computing = False
        self._is_over = False

    def show(self, value: V) -> None:
        """Compute it, after what is being computed now."""
        is_waiting = self._wanted is not None
        self._wanted = value
        if not is_waiting and not self._is_computing:
            self._start()

    def outcome(self, value: V) -> Document | None:
        """The document with this value where it is on the canvas already; None where it must be computed."""
        if self._shown is None:
            return None
        shown, before, after = self._shown
        return after if shown == value and before is self._documents.committed else None

    def end(self) -> None:
        """The document as it was, unless the outcome was taken."""
        self._is_over = True
        self._documents.cancel_preview()

    def _start(self) -> None:
        value, self._wanted = self._wanted, None
        if value is None or self._is_over:
            return
        wanted, before = value, self._documents.committed

        def take(after: Document) -> None:
            self._is_computing = False
            if self._is_over:
                return
            if before is self._documents.committed:
                self._shown = wanted, before, after
                self._documents.preview(after)
                self.shown.emit(wanted)
            elif self._wanted is None:
                self._wanted = wanted
            self._start()

        def fail(error: SdPaintError) -> None:
            self._is_computing = False
            self._failed(error)

        self._is_computing = True
        self._background.run(lambda: self._edit(before, wanted), take, fail)
