"""HistoryKeeper: lets old undo steps rest, packed and beyond the budget on disk, away from the GUI thread."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer, Signal

from sdpaint.controllers.document_controller import DocumentController
from sdpaint.document.history import History, Tidying
from sdpaint.errors import SdPaintError
from sdpaint.worker.background import Background

DELAY_MS = 150
"""After a change, so that a quick row of steps is one piece of work."""


class HistoryKeeper(QObject):
    """Follows the history of whichever document is open."""

    failed = Signal(object)
    """SdPaintError: steps couldn't be moved to the disk. Said once for each history."""

    def __init__(self, documents: DocumentController, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._documents = documents
        self._background = Background(1, self)
        self._complained_of: History | None = None
        self._is_working = False
        self._soon = QTimer(self, singleShot=True, interval=DELAY_MS)
        self._soon.timeout.connect(self._tidy)
        documents.history_changed.connect(self._follow)
        self._follow()

    @property
    def is_busy(self) -> bool:
        """Whether something is being packed or unpacked, or is about to be."""
        return self._is_working or self._soon.isActive()

    def shutdown(self) -> None:
        """Wait for what is under way."""
        self._soon.stop()
        self._background.close()
        for opened in self._documents.open_documents:
            opened.history.shelf.close()

    def _follow(self) -> None:
        self._documents.history.is_kept_small = True
        if not self._soon.isActive() and not self._is_working:
            self._soon.start()

    def _tidy(self) -> None:
        history = self._documents.history
        tidying = history.tidying()
        if tidying is None:
            return
        self._is_working = True
        work: Tidying = tidying

        def fail(error: SdPaintError) -> None:
            # Not at once again: the disk is as full as before until the artist goes on.
            self._end(history, work)
            self._soon.stop()
            history.drop_to_budget()
            if self._complained_of is not history:
                self._complained_of = history
                self.failed.emit(error)

        self._background.run(work.run, lambda _nothing: self._end(history, work), fail)

    def _end(self, history: History, work: Tidying) -> None:
        self._is_working = False
        history.take(work)
        # What came meanwhile.
        self._soon.start()
