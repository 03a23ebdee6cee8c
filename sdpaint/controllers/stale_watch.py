"""StaleWatch: which generated layers stand on other ground than they were made on.

What lies beneath a layer is compared by the identities of tiles. Only where one differs under the part that its request
looked at, pixels are read, on a thread of its own: an edit that was undone leaves a layer fresh.
"""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal

from sdpaint.controllers.document_controller import DocumentController
from sdpaint.document.changes import changed_tiles
from sdpaint.document.document import Document
from sdpaint.document.generated import Alternative
from sdpaint.document.generated_edits import beneath
from sdpaint.document.layers import LayerId
from sdpaint.errors import SdPaintError
from sdpaint.generation.ground import ground_under
from sdpaint.imaging.tiles import TILE_SIZE
from sdpaint.worker.background import Background


@dataclass(eq=False)
class _Seen:
    """What was looked at last for a layer, and what came out."""

    alternative: Alternative
    below: Document
    is_stale: bool = False


class StaleWatch(QObject):
    """Of the document in front."""

    changed = Signal()
    """Another set of layers is stale."""
    failed = Signal(object)
    """SdPaintError."""

    def __init__(self, documents: DocumentController, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._documents = documents
        self._background = Background(1, self)
        self._seen: dict[LayerId, _Seen] = {}
        self._stale: frozenset[LayerId] = frozenset()
        documents.document_changed.connect(self._on_changed)
        # A stroke that is committed as it was previewed changes no document, only the history.
        documents.history_changed.connect(self._look)
        self._look()

    @property
    def stale(self) -> frozenset[LayerId]:
        """The layers that were made on other ground than lies beneath them now."""
        return self._stale

    @property
    def is_busy(self) -> bool:
        """Whether pixels are being compared."""
        return self._background.is_busy

    def shutdown(self) -> None:
        """Wait for what is under way."""
        self._background.close()

    def _on_changed(self, old: Document | None, new: Document) -> None:
        if old is None:
            self._seen = {}
        if old is None or old.layers is not new.layers or old.size != new.size:
            self._look()

    def _look(self) -> None:
        if self._documents.document is not self._documents.committed:
            return  # a stroke is under way: its events can't wait, the badge can
        document = self._documents.committed
        seen: dict[LayerId, _Seen] = {}
        for layer in document.walk():
            if layer.origin is None or not layer.origin.current.ground:
                continue
            alternative, below = layer.origin.current, beneath(document, layer.id)
            known = self._seen.get(layer.id)
            if known is not None and not _differs(known, alternative, below):
                known.below = below
                seen[layer.id] = known
                continue
            now = seen[layer.id] = _Seen(alternative, below, known is not None and known.is_stale)
            self._compare(layer.id, now)
        self._seen = seen
        self._tell()

    def _compare(self, layer_id: LayerId, seen: _Seen) -> None:
        alternative, below = seen.alternative, seen.below

        def compared(is_stale: bool) -> None:
            if self._seen.get(layer_id) is seen:
                seen.is_stale = is_stale
                self._tell()

        self._background.run(
            lambda: ground_under(below, alternative.seen) != alternative.ground, compared, self._report
        )

    def _report(self, error: SdPaintError) -> None:
        self.failed.emit(error)

    def _tell(self) -> None:
        stale = frozenset(layer_id for layer_id, seen in self._seen.items() if seen.is_stale)
        if stale != self._stale:
            self._stale = stale
            self.changed.emit()


def _differs(known: _Seen, alternative: Alternative, below: Document) -> bool:
    """Whether the pixels that count may be others than those that were looked at."""
    was = known.alternative
    if (was.ground, was.seen) != (alternative.ground, alternative.seen):
        return True
    changed = changed_tiles(known.below, below)
    return changed is None or not changed.isdisjoint(alternative.seen.tiles(TILE_SIZE))
