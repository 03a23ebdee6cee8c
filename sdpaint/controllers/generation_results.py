"""GenerationResults: what came of the jobs of each open document, and what of it is shown in place."""

from __future__ import annotations

from dataclasses import dataclass, field
from weakref import WeakKeyDictionary

from PySide6.QtCore import QObject, Signal

from sdpaint.checkpoints.identify import CheckpointInfo
from sdpaint.controllers.document_controller import DocumentController
from sdpaint.controllers.generation_settings import GenerationSettings
from sdpaint.controllers.job_queue import Job
from sdpaint.controllers.layer_inserter import LayerInserter
from sdpaint.controllers.open_document import OpenDocument
from sdpaint.document.document import Document
from sdpaint.errors import SdPaintError
from sdpaint.generation.events import Progress
from sdpaint.generation.overlay import CanvasOverlay
from sdpaint.generation.params import GenerationParams
from sdpaint.generation.prepare import Prepared
from sdpaint.generation.remember import remembered_layer
from sdpaint.generation.result import Result
from sdpaint.generation.shelf import ResultShelf
from sdpaint.imaging.geometry import Rect
from sdpaint.worker.background import Background


@dataclass(eq=False)
class Desk:
    """What belongs to one of the open documents."""

    shelf: ResultShelf = field(default_factory=ResultShelf)
    last: Prepared | None = None
    params: GenerationParams | None = None
    """As they were when it was left."""


class GenerationResults(GenerationSettings):
    """The results of the document in front. The base of GenerationJobs, which makes them.

    Nothing but a result that is kept touches the document.
    """

    progress_changed = Signal(object)
    """Progress of the running job, or None."""
    overlay_changed = Signal(object)
    """CanvasOverlay, or None."""
    results_changed = Signal()
    """The results, the selected one or the candidates may differ."""

    def __init__(
        self,
        documents: DocumentController,
        checkpoint: CheckpointInfo | None,
        checkpoints: tuple[CheckpointInfo, ...],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(documents, checkpoint, checkpoints, parent)
        self._desks: WeakKeyDictionary[OpenDocument, Desk] = WeakKeyDictionary()
        self._front = documents.in_front
        self._running: Job | None = None
        self._progress: Progress | None = None
        self._overlay: CanvasOverlay | None = None
        self._preview_visible = True
        self._fill_preview: Prepared | None = None
        self._being_kept: set[str] = set()
        # One thread: pictures come out in the order in which they went in.
        self._developing = Background(1, self)
        self._inserter = LayerInserter(documents, self._before_insertion, self._after_insertion, self)
        documents.document_changed.connect(self._on_document_changed)
        documents.history_changed.connect(self._drop_fill_preview)
        documents.document_changed.connect(self._drop_fill_preview)
        self.params_changed.connect(self._drop_fill_preview)

    @property
    def results(self) -> tuple[Result, ...]:
        """The latest ones, newest first."""
        return self._shelf.results

    @property
    def shown(self) -> Result | None:
        """The result that is shown in place."""
        return self._shelf.shown

    @property
    def selected(self) -> int | None:
        """Index of the result that is shown in place."""
        shown = self._shelf.shown
        return None if shown is None else self.results.index(shown)

    @property
    def candidates(self) -> tuple[int, int] | None:
        """(position, count) of the shown result among those that it can be flipped with; None where none is shown."""
        return self._shelf.position

    @property
    def progress(self) -> Progress | None:
        """Of the running job."""
        return self._progress

    @property
    def overlay(self) -> CanvasOverlay | None:
        """What is shown over the canvas now."""
        return self._overlay

    @property
    def working_at(self) -> Rect | None:
        """The frame that the running job was asked for in, in canvas pixels of now; None until that is prepared."""
        prepared = None if self._running is None else self._running.prepared
        return None if prepared is None else prepared.frame.translated(*prepared.shift_in(self._documents.document))

    @property
    def preview_visible(self) -> bool:
        """Whether previews are drawn."""
        return self._preview_visible

    def params_of(self, opened: OpenDocument) -> GenerationParams:
        """The params of any of the open documents."""
        return self._params if opened is self._front else self._desk_of(opened).params or self._params

    def set_preview_visible(self, visible: bool) -> None:
        """Draw previews or not; results are shown in any case."""
        if visible != self._preview_visible:
            self._preview_visible = visible
            self._refresh_overlay()

    def select(self, index: int | None) -> None:
        """Show a result in place, or none."""
        self._show(None if index is None else self.results[index])

    def show_next(self) -> None:
        """Flip to the next result of the same job, round and round."""
        self._shelf.flip(1)
        self._announce_results()

    def show_previous(self) -> None:
        """Flip to the one before."""
        self._shelf.flip(-1)
        self._announce_results()

    def keep(self) -> None:
        """The shown result becomes a layer: one undo step."""
        result = self._shelf.shown
        if result is None or result.id in self._being_kept:
            return
        opened = self._documents.claim_front()
        self._being_kept.add(result.id)

        def failed(error: SdPaintError) -> None:
            self._being_kept.discard(result.id)
            self.failed.emit(error)

        others = self._shelf.of_job(result.request.id)
        info = self.info_of(result.request.checkpoint)
        name = result.request.checkpoint.name if info is None else info.name
        self._developing.run(
            lambda: remembered_layer(result, others, name),
            lambda layer: self._inserter.insert(result, layer, opened),
            failed,
        )

    def discard(self) -> None:
        """The shown result leaves the canvas and the panel (its file stays); the next one of its job is shown."""
        self._shelf.discard()
        self._announce_results()

    def _desk_of(self, opened: OpenDocument) -> Desk:
        return self._desks.setdefault(opened, Desk())

    @property
    def _shelf(self) -> ResultShelf:
        return self._desk_of(self._front).shelf

    def _on_document_changed(self, old: Document | None, new: Document) -> None:
        if old is None:
            self._desk_of(self._front).params = self._params
            self._front = self._documents.in_front
            self._take(self._desk_of(self._front).params or self._params)
            self._announce_results()
        elif old.moved != new.moved:
            self._refresh_overlay()

    def _before_insertion(self, result: Result, opened: OpenDocument) -> None:
        # Taken off the canvas before the layer is there, or it would be drawn twice.
        shelf = self._desk_of(opened).shelf
        if shelf.shown is not None and shelf.shown.id == result.id:
            shelf.show(None)
        if self._running is not None and self._running.id == result.request.id:
            self._running.preview = None
        self._refresh_overlay()

    def _after_insertion(self, result: Result, opened: OpenDocument) -> None:
        self._being_kept.discard(result.id)
        self._desk_of(opened).shelf.update(result.id, kept=True)
        self.results_changed.emit()

    def _drop_fill_preview(self, *_: object) -> None:
        if self._fill_preview is not None:
            self._fill_preview = None
            self._refresh_overlay()

    def _show(self, result: Result | None) -> None:
        self._shelf.show(result)
        self._announce_results()

    def _announce_results(self) -> None:
        self._refresh_overlay()
        self.results_changed.emit()

    def _set_progress(self, progress: Progress | None) -> None:
        self._progress = progress
        self.progress_changed.emit(progress)

    def _refresh_overlay(self) -> None:
        overlay = self._current_overlay()
        if overlay is None and self._overlay is None:
            return
        self._overlay = overlay
        self.overlay_changed.emit(overlay)

    def _current_overlay(self) -> CanvasOverlay | None:
        shown, job = self._shelf.shown, self._running
        if shown is not None:
            position, count = self._shelf.position or (0, 1)
            label = f"{position + 1} of {count}"
            region = shown.region.translated(*shown.prepared.shift_in(self._documents.document))
            return CanvasOverlay(region, shown.image, shown.alpha, label, shown.prepared.grows)
        fill = self._fill_preview
        if job is None and fill is not None and fill.request.image is not None:
            region = fill.plan.region.translated(*fill.shift_in(self._documents.document))
            return CanvasOverlay(region, fill.request.image, fill.alpha, "What the engine will find", fill.grows)
        if job is None or job.prepared is None or job.preview is None:
            return None
        if not self._preview_visible or job.of is not self._front:
            return None
        region = job.prepared.plan.region.translated(*job.prepared.shift_in(self._documents.document))
        steps = self._progress.steps if self._progress else 0
        label = f"Step {job.preview.step} of {steps}" if steps else ""
        return CanvasOverlay(region, job.preview.image, job.prepared.alpha, label, job.prepared.grows)
