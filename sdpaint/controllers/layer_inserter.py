"""LayerInserter: puts finished layers into the document, but never into the middle of a stroke."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer

from sdpaint.controllers.document_controller import DocumentController
from sdpaint.controllers.open_document import OpenDocument
from sdpaint.document.edits import moved_layer
from sdpaint.document.layers import Layer
from sdpaint.generation.apply import insert_result
from sdpaint.generation.result import Result


class LayerInserter(QObject):
    """Layers on their way into one of the open documents; those of a closed one are forgotten."""

    def __init__(
        self,
        documents: DocumentController,
        before: Callable[[Result, OpenDocument], None],
        after: Callable[[Result, OpenDocument], None],
        parent: QObject | None = None,
    ) -> None:
        """`before(result, opened)` is called right before the document changes, `after(…)` when it has."""
        super().__init__(parent)
        self._documents = documents
        self._before = before
        self._after = after
        self._waiting: list[tuple[Result, Layer, OpenDocument]] = []
        self._soon = QTimer(self, singleShot=True, interval=0)
        self._soon.timeout.connect(self._insert_waiting)
        documents.document_changed.connect(self._on_settled)
        # A stroke that is committed as it was previewed changes no document, only the history.
        documents.history_changed.connect(self._on_settled)

    def insert(self, result: Result, layer: Layer, opened: OpenDocument) -> None:
        """One undo step: at once, or when the stroke under way in that document has ended."""
        self._waiting.append((result, layer, opened))
        self._insert_waiting()

    def _insert_waiting(self) -> None:
        waiting, self._waiting = self._waiting, []
        for result, layer, opened in waiting:
            if opened.is_closed:
                continue
            if opened.is_painting:  # an undo step now would end the stroke
                self._waiting.append((result, layer, opened))
                continue
            self._before(result, opened)
            present = opened.committed
            prepared = result.prepared
            dx, dy = prepared.shift_in(present)
            placed = layer if (dx, dy) == (0, 0) else moved_layer(layer, dx, dy)
            document = insert_result(
                present,
                placed,
                prepared.plan.frame.translated(dx, dy),
                prepared.mask,
                prepared.grows,
                prepared.masks,
            )
            self._documents.apply_to(opened, result.step_label, document)
            self._after(result, opened)

    def _on_settled(self) -> None:
        if self._waiting:  # not now: other listeners haven't heard of this change yet
            self._soon.start()
