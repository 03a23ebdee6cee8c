"""LayerChanges: how what the artist does to layers becomes one undo step each, or is refused."""

from __future__ import annotations

from collections.abc import Callable, Collection

from PySide6.QtCore import QObject, Signal

from sdpaint.controllers.background_edits import BackgroundEdits
from sdpaint.controllers.document_controller import DocumentController
from sdpaint.document import edits
from sdpaint.document.document import Document
from sdpaint.document.layers import Layer, LayerId
from sdpaint.document.locks import refuse_locked, refuse_locked_pixels
from sdpaint.errors import EditRefused

Edit = Callable[[Document], Document]


class LayerChanges(QObject):
    """The base of LayerMasks, and so of LayerController, which say what is changed.

    What is refused (a locked layer, a kind that doesn't allow it) is said by `failed`, and nothing changes. What
    touches many pixels is computed away from the GUI thread.
    """

    failed = Signal(object)
    """SdPaintError."""
    busy_changed = Signal(bool)
    """Something is being computed, or is done."""

    def __init__(self, documents: DocumentController, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._documents = documents
        self._edits = BackgroundEdits(documents, self)
        self._edits.busy_changed.connect(self.busy_changed)
        self._edits.failed.connect(self.failed)

    @property
    def is_busy(self) -> bool:
        """Whether something is being computed."""
        return self._edits.is_busy

    def shutdown(self) -> None:
        """Wait for what is under way."""
        self._edits.shutdown()

    def end_change(self) -> None:
        """A slider was let go: changes in a row end here."""
        self._documents.end_merge()

    @property
    def _present(self) -> Document:
        return self._documents.committed

    @property
    def _ids(self) -> frozenset[LayerId]:
        return frozenset(layer.id for layer in self._present.selected_layers)

    def _amend(self, document: Document) -> None:
        if document is not self._present:
            self._documents.amend(document)

    def _apply(
        self, label: str, edit: Edit, merge_key: str | None = None, locked: Collection[LayerId] = ()
    ) -> None:
        """`locked`: the layers that mustn't be."""
        before = self._present
        try:
            for layer_id in locked:
                refuse_locked(before, layer_id)
            after = edit(before)
        except EditRefused as error:
            self.failed.emit(error)
            return
        if after is not before:
            self._documents.apply(label, after, merge_key)

    def _change(
        self,
        label: str,
        change: Callable[[Layer], Layer],
        merge_key: str | None = None,
        looks_at_locks: bool = True,
    ) -> None:
        ids = self._ids

        def changed(layer: Layer) -> Layer:
            after = change(layer)
            return layer if after == layer else after

        self._apply(
            label,
            lambda document: edits.change_layers(document, ids, changed),
            merge_key,
            ids if looks_at_locks else (),
        )

    def _on_active(
        self,
        label: str,
        edit: Callable[[Document, LayerId], Document],
        is_slow: bool = False,
        layer_id: LayerId | None = None,
    ) -> None:
        active = layer_id or self._present.active

        def checked(document: Document) -> Document:
            refuse_locked_pixels(document, active)
            return edit(document, active)

        if is_slow:
            self._edits.run(label, checked)
        else:
            self._apply(label, checked)
