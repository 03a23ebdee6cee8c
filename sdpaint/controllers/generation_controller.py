"""GenerationController: what the artist asks of the engine, and what becomes of its answers.

One job runs, others wait behind it. A picture asked for alone becomes a layer at once; several are shown in place
as candidates, to be kept or discarded. Nothing but the final layer touches the document.
"""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal

from sdpaint.checkpoints.identify import CheckpointInfo
from sdpaint.controllers.document_controller import DocumentController
from sdpaint.controllers.generation_settings import GenerationSettings
from sdpaint.controllers.layer_inserter import LayerInserter
from sdpaint.controllers.open_document import OpenDocument
from sdpaint.controllers.wildcard_lists import lists_for
from sdpaint.document import edits
from sdpaint.document.document import Document
from sdpaint.document.layers import Layer
from sdpaint.errors import CheckpointError, EngineError, SdPaintError
from sdpaint.generation.cost import CostBook
from sdpaint.generation.events import (
    Cancelled,
    Event,
    Failed,
    Finished,
    ImageDone,
    Phase,
    Preview,
    Progress,
    Started,
)
from sdpaint.generation.overlay import CanvasOverlay
from sdpaint.generation.params import GenerationParams
from sdpaint.generation.prepare import Prepared, prepare
from sdpaint.generation.remember import remembered_layer
from sdpaint.generation.request import MAX_SEED, GenerationMode, GenerationRequest
from sdpaint.generation.result import Result, develop, result_id_of
from sdpaint.generation.shelf import ResultShelf
from sdpaint.imaging.geometry import Rect
from sdpaint.worker.background import Background
from sdpaint.worker.engine_client import EngineClient

__all__ = ["GenerationController", "Result", "ResultWriter"]

MAX_JOBS = 16
"""More than this many generations don't wait for the engine at once."""


class ResultWriter(Protocol):
    """Where pictures go at once; fileio.results.ResultStore is the real one. Called off the GUI thread."""

    def write(
        self, request: GenerationRequest, seed: int, image: NDArray[np.uint8], checkpoint_name: str
    ) -> Path:
        """Write the picture with its recipe. Raises FileError."""


class CostStore(Protocol):
    """Where costs are kept from one start to the next; fileio.costs.CostFile is the real one. Not on the GUI thread."""

    def read(self) -> CostBook:
        """What is there."""

    def write(self, book: CostBook) -> None:
        """Replace what is there. Raises FileError."""


Take = Callable[[OpenDocument, Sequence[Result]], None]
"""Gets the pictures of a job, in the order in which they were made."""


@dataclass(eq=False)
class _Job:
    """A generation on its way. `prepared` is there from Started on."""

    id: str
    count: int
    of: OpenDocument
    seed: int
    checkpoint_name: str
    prepared: Prepared | None = None
    preview: Preview | None = None
    is_cancelled: bool = False
    paths: dict[str, Path] = field(default_factory=dict)
    """Result id → file, of those that were written."""

    @property
    def is_single(self) -> bool:
        return self.count == 1


@dataclass(eq=False)
class _Desk:
    """What belongs to one of the open documents."""

    shelf: ResultShelf = field(default_factory=ResultShelf)
    last: Prepared | None = None
    params: GenerationParams | None = None
    """As they were when it was left."""


class GenerationController(GenerationSettings):
    """Params, jobs, results. Signals are facts; commands are called directly. Lives on the GUI thread.

    Params and results are those of the document in front. A job belongs to the document that it was asked for in, and
    what it makes arrives there, whichever is in front by then.
    """

    busy_changed = Signal(bool)
    queue_changed = Signal(int)
    """How many jobs wait behind the running one."""
    progress_changed = Signal(object)
    """Progress of the running job, or None."""
    overlay_changed = Signal(object)
    """CanvasOverlay, or None."""
    results_changed = Signal()
    """The results, the selected one or the candidates may differ."""
    finished = Signal(str)
    """A job ended well or was cancelled: one line. Its layer or candidates are there."""
    device_changed = Signal(str)
    """One line for the status bar; empty where there is no engine."""
    arrived = Signal(object)
    """OpenDocument for which a picture is there."""
    seed_used = Signal(object)
    """The seed, an int, of the first picture of the job that was just queued. Qt's int ends before seeds do."""

    def __init__(
        self,
        documents: DocumentController,
        client: EngineClient,
        results: ResultWriter,
        checkpoint: CheckpointInfo | None,
        checkpoints: tuple[CheckpointInfo, ...],
        parent: QObject | None = None,
        costs: CostStore | None = None,
    ) -> None:
        """`costs`: where what was measured is kept; None: nowhere."""
        super().__init__(documents, checkpoint, checkpoints, parent)
        self._client = client
        self._writer = results
        self._desks: WeakKeyDictionary[OpenDocument, _Desk] = WeakKeyDictionary()
        self._front = documents.in_front
        self._jobs: dict[str, _Job] = {}
        self._running: _Job | None = None
        self._progress: Progress | None = None
        self._overlay: CanvasOverlay | None = None
        self._preview_visible = True
        self._being_kept: set[str] = set()
        self._fill_preview: Prepared | None = None
        self._takers: dict[str, Take] = {}
        self.instead: Callable[[], None] | None = None
        """What generate() does while it is for something else than the frame."""
        # One thread each: pictures come out in the order in which they went in, and don't wait for the disk.
        self._developing = Background(1, self)
        self._writing = Background(1, self)
        self._cost_store = costs
        if costs is not None:
            self._writing.run(costs.read, self._take_costs, self.failed.emit)
        self._inserter = LayerInserter(documents, self._before_insertion, self._after_insertion, self)
        documents.document_changed.connect(self._on_document_changed)
        documents.closed.connect(self._on_closed)
        documents.history_changed.connect(self._drop_fill_preview)
        documents.document_changed.connect(self._drop_fill_preview)
        self.params_changed.connect(self._drop_fill_preview)
        client.event_arrived.connect(self._on_event)
        client.device_changed.connect(self.device_changed)
        client.preload_failed.connect(self.failed)

    # Commands

    @property
    def is_busy(self) -> bool:
        """Whether a job runs or waits."""
        return bool(self._jobs)

    @property
    def waiting(self) -> int:
        """How many jobs wait behind the running one."""
        return max(0, len(self._jobs) - 1)

    @property
    def progress(self) -> Progress | None:
        """Of the running job."""
        return self._progress

    @property
    def working_for(self) -> OpenDocument | None:
        """The document of the running job, or of the first that waits for the engine."""
        job = self._running or next(iter(self._jobs.values()), None)
        return None if job is None else job.of

    def params_of(self, opened: OpenDocument) -> GenerationParams:
        """The params of any of the open documents."""
        return self._params if opened is self._front else self._desk_of(opened).params or self._params

    @property
    def overlay(self) -> CanvasOverlay | None:
        """What is shown over the canvas now."""
        return self._overlay

    def generate(self) -> None:
        """Queue a job for what is under the frame now, or for what is being edited."""
        if self.instead is not None:
            self.instead()
            return
        info = self.info_of(self._params.checkpoint)
        if info is None:
            self.failed.emit(self._not_installed())
            return
        document, params = self._documents.committed, self._params
        dedicated = self.inpaint_checkpoint
        if dedicated is not None:
            info, params = dedicated, replace(params, checkpoint=dedicated.path)
        self._prepare_and_submit(document, params, info)

    def extend(self, extent: Rect) -> None:
        """Queue a job that continues the picture to `extent`, in canvas pixels; the frame stays where it is."""
        info = self.info_of(self._params.checkpoint)
        if info is None:
            self.failed.emit(self._not_installed())
            return
        document = edits.set_frame(self._documents.committed, extent)
        self._prepare_and_submit(document, replace(self._params, mode=GenerationMode.EXPAND, context=None), info)

    def preview_fill(self) -> None:
        """Show in place what the engine would find under the mask, until something else is done."""
        info = self.info_of(self._params.checkpoint)
        if info is None:
            self.failed.emit(self._not_installed())
            return
        document, params = self._documents.committed, self._params
        seed = params.sampling.seed or 0

        def show(prepared: Prepared) -> None:
            is_current = document is self._documents.committed and params == self._params
            if is_current and not self._jobs and prepared.request.mask is not None:
                self._fill_preview = prepared
                self._show(None)

        self._developing.run(lambda: prepare(document, params, info, seed), show, self.failed.emit)

    def _not_installed(self) -> CheckpointError:
        return CheckpointError(
            f"The checkpoint {self._params.checkpoint.name} isn't installed",
            hint="Choose another checkpoint in the prompt bar",
        )

    def _prepare_and_submit(self, document: Document, params: GenerationParams, info: CheckpointInfo) -> None:
        seed = params.sampling.seed
        if seed is None:
            seed = secrets.randbelow(MAX_SEED + 1)
        self._submit(
            lambda job_id: prepare(document, params, info, seed, job_id, lists_for(params)),
            seed,
            params.sampling.count,
            info.name,
        )

    def submit(
        self, make: Callable[[str], Prepared], seed: int, count: int, checkpoint_name: str, take: Take | None = None
    ) -> None:
        """Queue a job that is made otherwise; `make` is called with its id, on the engine's thread.

        `take` gets its pictures when it has ended; without it, they come as those of any job.
        """
        job_id = self._submit(make, seed, count, checkpoint_name)
        if job_id is not None and take is not None:
            self._takers[job_id] = take

    @property
    def shown(self) -> Result | None:
        """The result that is shown in place."""
        return self._shelf.shown

    def again(self) -> None:
        """The job of the shown result, or the last one, with the next seed; the first time, generate()."""
        shown = self._shelf.shown
        base = self._desk_of(self._front).last if shown is None else shown.prepared
        if base is None:
            self.generate()
            return
        request = base.request
        count = self._params.sampling.count
        seed = (request.seed_of(request.sampling.count)) if shown is None else (shown.seed + 1) % (MAX_SEED + 1)
        sampling = replace(request.sampling, seed=seed, count=count)
        info = self.info_of(request.checkpoint)
        name = request.checkpoint.name if info is None else info.name
        self._submit(
            lambda job_id: replace(base, request=replace(request, id=job_id, seed=seed, sampling=sampling)),
            seed,
            count,
            name,
        )

    def cancel(self) -> None:
        """Stop the running job and forget the waiting ones; with none, take the shown result off the canvas."""
        if self._jobs:
            self._client.cancel()
            # Seen at once, even where the engine needs a moment to get to its next step.
            for job in self._jobs.values():
                job.is_cancelled, job.preview = True, None
            self._refresh_overlay()
        else:
            self._fill_preview = None
            self.select(None)

    def keep_preview(self) -> None:
        """Stop the running job now and make a layer of what it has."""
        self._client.finish_early()

    def preload(self) -> None:
        """Import the engine and load the checkpoint ahead of its first use."""
        self._client.preload(self._params.checkpoint)

    @property
    def preview_visible(self) -> bool:
        """Whether previews are drawn."""
        return self._preview_visible

    def set_preview_visible(self, visible: bool) -> None:
        """Draw previews or not; results are shown in any case."""
        self._preview_visible = visible
        self._refresh_overlay()

    def shutdown(self) -> bool:
        """Stop everything; files under way are written. False where the engine hangs: see EngineClient.shutdown."""
        ended = self._client.shutdown()
        self._developing.close()
        self._writing.close()
        return ended

    # Results

    @property
    def results(self) -> tuple[Result, ...]:
        """The latest ones, newest first."""
        return self._shelf.results

    @property
    def selected(self) -> int | None:
        """Index of the result that is shown in place."""
        shown = self._shelf.shown
        return None if shown is None else self.results.index(shown)

    @property
    def candidates(self) -> tuple[int, int] | None:
        """(position, count) of the shown result among those that it can be flipped with; None where none is shown."""
        return self._shelf.position

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

    # Inside

    def _desk_of(self, opened: OpenDocument) -> _Desk:
        return self._desks.setdefault(opened, _Desk())

    @property
    def _shelf(self) -> ResultShelf:
        return self._desk_of(self._front).shelf

    def _submit(
        self, make: Callable[[str], Prepared], seed: int, count: int, checkpoint_name: str
    ) -> str | None:
        """The id of the job, or None where there are too many."""
        if len(self._jobs) >= MAX_JOBS:
            self.failed.emit(
                EngineError(f"{MAX_JOBS} generations are waiting already", hint="Wait, or press Esc to cancel them")
            )
            return None
        job = _Job(uuid.uuid4().hex, count, self._documents.claim_front(), seed, checkpoint_name)

        def request() -> GenerationRequest:
            # On the engine's thread. The GUI thread reads `prepared` after Started, which is sent later.
            job.prepared = make(job.id)
            return job.prepared.request

        self._jobs[job.id] = job
        self._fill_preview = None
        self._show(None)
        self._client.submit(request, job.id)
        self.seed_used.emit(seed)
        if len(self._jobs) == 1:
            self.busy_changed.emit(True)
            self._set_progress(Progress(job.id, Phase.STARTING, count=count))
        self.queue_changed.emit(self.waiting)
        return job.id

    def _on_event(self, event: Event) -> None:
        job = self._jobs.get(event.request_id)
        if job is None:
            return
        match event:
            case Started():
                self._running = job
                self._desk_of(job.of).last = job.prepared
            case Progress():
                self._set_progress(event)
                # The first preview comes before it is known of how many steps it is.
                if self._overlay is not None and not self._overlay.label:
                    self._refresh_overlay()
            case Preview() if not job.is_cancelled:
                job.preview = event
                self._refresh_overlay()
            case ImageDone():
                self._write(job, event)
                self._develop(job, event)
            case Finished() | Failed() | Cancelled():
                # Behind the pictures of this job, so that they are there when it is said to have ended.
                self._developing.run(lambda: event, lambda last: self._end(job, last), self.failed.emit)

    def _develop(self, job: _Job, event: ImageDone) -> None:
        prepared = job.prepared
        if prepared is None:
            raise RuntimeError("a picture came before Started")
        # What was stopped early was stopped to be kept.
        becomes_layer = (job.is_single or not event.complete) and job.id not in self._takers

        def work() -> tuple[Result, Layer | None]:
            result = develop(prepared, event)
            return result, remembered_layer(result, (), job.checkpoint_name) if becomes_layer else None

        self._developing.run(work, lambda made: self._on_developed(job, *made), self.failed.emit)

    def _on_developed(self, job: _Job, result: Result, layer: Layer | None) -> None:
        if not job.of.is_closed:
            self._desk_of(job.of).shelf.add(
                replace(result, path=job.paths.get(result.id), kept=job.id in self._takers)
            )
            if layer is not None:
                self._inserter.insert(result, layer, job.of)
            self.arrived.emit(job.of)
        self.results_changed.emit()

    def _write(self, job: _Job, event: ImageDone) -> None:
        prepared = job.prepared
        if prepared is None:
            raise RuntimeError("a picture came before Started")
        result_id = result_id_of(event)
        self._writing.run(
            lambda: self._writer.write(
                prepared.request.alone(event.index), event.seed, event.image, job.checkpoint_name
            ),
            lambda path: self._on_written(job, result_id, path),
            self.failed.emit,
        )

    def _on_written(self, job: _Job, result_id: str, path: Path) -> None:
        job.paths[result_id] = path  # where the result isn't on the shelf yet
        self._desk_of(job.of).shelf.update(result_id, path=path)
        self.results_changed.emit()

    def _end(self, job: _Job, event: Finished | Failed | Cancelled) -> None:
        del self._jobs[job.id]
        if self._running is job:
            self._running = None
        if self._running is None:
            self._set_progress(None)
        shelf = self._desk_of(job.of).shelf
        take, made = self._takers.pop(job.id, None), shelf.of_job(job.id)
        if take is not None and made and not job.of.is_closed:
            take(job.of, made)
        if not any(each.of is job.of for each in self._jobs.values()) and shelf.shown is None:
            waiting = [result for result in shelf.of_job(job.id) if not result.kept]
            if waiting and not job.is_single:
                shelf.show(waiting[0])
                self._announce_results()
        self._refresh_overlay()
        self.queue_changed.emit(self.waiting)
        if not self._jobs:
            self.busy_changed.emit(False)
        match event:
            case Finished(seconds=seconds):
                self._learn(job, event)
                where = "" if job.of is self._front else f" in {job.of.title}"
                closed = "Its document was closed: the picture is kept in the results folder"
                done = f"Done{where} in {seconds:.1f} s · seed {job.seed}"
                if job.prepared is not None and job.prepared.request.mode.is_masked:
                    done += " · pixels outside the band are untouched"
                    if job.prepared.request.checkpoint != self._params.checkpoint:
                        done += f" · with {job.checkpoint_name}"
                self.finished.emit(closed if job.of.is_closed else done)
            case Cancelled():
                self.finished.emit("Cancelled")
            case Failed(error=error):
                self.failed.emit(error)

    def _learn(self, job: _Job, event: Finished) -> None:
        """What it has cost is what the next one is expected to cost."""
        if event.cost is None or job.prepared is None:
            return
        self._take_costs(self._costs.learnt(str(job.prepared.request.checkpoint), event.cost))
        store, book = self._cost_store, self._costs
        if store is not None:
            self._writing.run(lambda: store.write(book), lambda _: None, self.failed.emit)

    def _take_costs(self, book: CostBook) -> None:
        self._costs = book
        self.outlook_changed.emit(self._outlook)

    def _drop_fill_preview(self, *_: object) -> None:
        if self._fill_preview is not None:
            self._fill_preview = None
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

    def _on_document_changed(self, old: Document | None, new: Document) -> None:
        if old is None:
            self._desk_of(self._front).params = self._params
            self._front = self._documents.in_front
            self._take(self._desk_of(self._front).params or self._params)
            self._announce_results()
        elif old.moved != new.moved:
            self._refresh_overlay()

    def _on_closed(self, opened: OpenDocument) -> None:
        for job in self._jobs.values():
            if job.of is opened and not job.is_cancelled:
                job.is_cancelled = True
                self._client.cancel(job.id)

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
