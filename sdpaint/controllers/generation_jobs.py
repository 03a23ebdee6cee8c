"""GenerationJobs: the jobs on their way through the engine, and what becomes of its answers.

One job runs, others wait behind it. A picture asked for alone becomes a layer at once; several are shown in place
as candidates, to be kept or discarded. Nothing but the final layer touches the document.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal

from sdpaint.checkpoints.controls import inpaint_control
from sdpaint.checkpoints.identify import CheckpointInfo
from sdpaint.controllers.document_controller import DocumentController
from sdpaint.controllers.generation_settings import GenerationSettings
from sdpaint.controllers.job_queue import Job, JobQueue, JobState, JobSummary, Take, summary_of
from sdpaint.controllers.layer_inserter import LayerInserter
from sdpaint.controllers.open_document import OpenDocument
from sdpaint.controllers.picture_table import PictureTable, TableMade
from sdpaint.controllers.queue_keeper import QueueDisk, QueueKeeper
from sdpaint.document.document import Document
from sdpaint.document.layers import Layer
from sdpaint.errors import EngineError
from sdpaint.generation.cost import CostBook
from sdpaint.generation.events import (
    Cancelled,
    Event,
    Explained,
    Failed,
    Finished,
    ImageDone,
    Phase,
    Preview,
    Progress,
    Relieved,
    Started,
)
from sdpaint.generation.overlay import CanvasOverlay
from sdpaint.generation.params import GenerationParams
from sdpaint.generation.prepare import Prepared
from sdpaint.generation.remember import remembered_layer
from sdpaint.generation.request import GenerationRequest
from sdpaint.generation.result import Result, develop, result_id_of
from sdpaint.generation.shelf import ResultShelf
from sdpaint.settings.schema import QueueChoice
from sdpaint.worker.background import Background
from sdpaint.worker.engine_client import EngineClient

__all__ = ["CostStore", "GenerationJobs", "ResultRecorder", "ResultWriter", "Take"]

MAX_JOBS = 1000
"""More than this many generations don't wait for the engine at once."""

Announce = Callable[[Path, Path, str], None]


class ResultWriter(Protocol):
    """Where pictures go at once; fileio.results.ResultStore is the real one. Called off the GUI thread."""

    def write(
        self,
        request: GenerationRequest,
        seed: int,
        image: NDArray[np.uint8],
        checkpoint_name: str,
        announce: Announce | None = None,
        note: str = "",
    ) -> Path:
        """Write the picture with its recipe and a note; `announce` hears of it before. Raises FileError."""

    def write_sheet(self, picture: NDArray[np.uint8], words: str) -> Path:
        """Write a contact sheet beside the pictures. Raises FileError."""


class CostStore(Protocol):
    """Where costs are kept from one start to the next; fileio.costs.CostFile is the real one. Not on the GUI thread."""

    def read(self) -> CostBook:
        """What is there."""

    def write(self, book: CostBook) -> None:
        """Replace what is there. Raises FileError."""


class ResultRecorder(Protocol):
    """What results can be found in; fileio.result_index.ResultIndex is the real one. Not on the GUI thread."""

    def record(self, path: Path) -> None:
        """A result was written there. Raises FileError."""


@dataclass(eq=False)
class Desk:
    """What belongs to one of the open documents."""

    shelf: ResultShelf = field(default_factory=ResultShelf)
    last: Prepared | None = None
    params: GenerationParams | None = None
    """As they were when it was left."""


class GenerationJobs(GenerationSettings):
    """Jobs and their results. The base of GenerationController, which adds what the artist can ask for.

    Params and results are those of the document in front. A job belongs to the document that it was asked for in, and
    what it makes arrives there, whichever is in front by then.
    """

    busy_changed = Signal(bool)
    queue_changed = Signal(int)
    """How many jobs wait behind the running one."""
    table_made = Signal(object)
    """TableMade: all pictures of a table are there."""
    explained = Signal(str, object)
    """(id of a result, HeatMaps of its words); the result itself may come a little later."""
    recorded = Signal(object)
    """Path of a result that was written and can be found from now on."""
    job_ended = Signal(object, object)
    """(Job, final Event)."""
    progress_changed = Signal(object)
    """Progress of the running job, or None."""
    overlay_changed = Signal(object)
    """CanvasOverlay, or None."""
    results_changed = Signal()
    """The results, the selected one or the candidates may differ."""
    finished = Signal(str)
    """A job ended well or was cancelled: one line. Its layer or candidates are there."""
    device_changed = Signal(str, str)
    """One line for the status bar, empty where there is no engine; and why its memory is used so."""
    relieved = Signal(str)
    """Memory ran out and the picture comes nevertheless: a sentence about what was done."""
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
        disk: QueueDisk | None = None,
        recorder: ResultRecorder | None = None,
    ) -> None:
        """`costs`: where what was measured is kept, `disk`: where the queue is, `recorder`: what remembers results;
        None: nowhere."""
        super().__init__(documents, checkpoint, checkpoints, parent)
        self._client = client
        self._writer = results
        self._desks: WeakKeyDictionary[OpenDocument, Desk] = WeakKeyDictionary()
        self._front = documents.in_front
        self._recorder = recorder
        self._forever: OpenDocument | None = None
        self._forever_round = 0
        self.job_ended.connect(self._after_job)
        self._ending: dict[str, Job] = {}
        self._running: Job | None = None
        self._progress: Progress | None = None
        self._overlay: CanvasOverlay | None = None
        self._preview_visible = True
        self._being_kept: set[str] = set()
        self._fill_preview: Prepared | None = None
        self.instead: Callable[[], None] | None = None
        """What generate() does while it is for something else than the frame."""
        # One thread each: pictures come out in the order in which they went in, and don't wait for the disk.
        self._developing = Background(1, self)
        self._writing = Background(1, self)
        self.queue = JobQueue(client, self.prompt_resources.completed, self)
        """The jobs. What it is told directly, the disk isn't: commands are those of this object."""
        self.keeper = QueueKeeper(self.queue, documents, self._writing, disk, self)
        self.keeper.failed.connect(self.failed)
        self._was_busy = False
        self._waiting_said = -1
        self.queue.changed.connect(self._on_queue_changed)
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
        self.checkpoints_changed.connect(self._look_for_inpaint_controls)

    @property
    def is_busy(self) -> bool:
        """Whether a job runs or is about to."""
        return self.queue.is_busy or bool(self._ending)

    @property
    def waiting(self) -> int:
        """How many jobs wait behind the running one."""
        return len(self.queue.waiting)

    @property
    def progress(self) -> Progress | None:
        """Of the running job."""
        return self._progress

    @property
    def working_for(self) -> OpenDocument | None:
        """The document of the running job, or of the first that waits for the engine."""
        job = self._running or self.queue.in_hand
        return None if job is None else job.of

    def params_of(self, opened: OpenDocument) -> GenerationParams:
        """The params of any of the open documents."""
        return self._params if opened is self._front else self._desk_of(opened).params or self._params

    @property
    def overlay(self) -> CanvasOverlay | None:
        """What is shown over the canvas now."""
        return self._overlay

    def _desk_of(self, opened: OpenDocument) -> Desk:
        return self._desks.setdefault(opened, Desk())

    @property
    def _shelf(self) -> ResultShelf:
        return self._desk_of(self._front).shelf

    def _submit(self, jobs: list[Job], place: QueueChoice) -> None:
        if len(self.queue.jobs) + len(jobs) > MAX_JOBS:
            self.failed.emit(
                EngineError(f"{MAX_JOBS} generations are waiting already", hint="Wait, or cancel some of them")
            )
            return
        if place is QueueChoice.REPLACE:
            self._drop(self._cancellable())
        self._fill_preview = None
        self._show(None)
        self.queue.add(jobs, place)
        for job in jobs:
            if job.explains is None:
                self.keeper.note(job)
        if place is not QueueChoice.END:
            self.queue.reordered.emit()
        self.seed_used.emit(jobs[0].seed)

    def _drop(self, jobs: tuple[Job, ...]) -> None:
        """Stop the one of these that runs, and take the others out."""
        in_hand = self.queue.in_hand
        others = tuple(job for job in jobs if job is not in_hand)
        self.keeper.forget(jobs)
        for job in others:
            self._miss(job)
        self.queue.take_out(others)
        if in_hand is not None and in_hand in jobs and not in_hand.is_cancelled:
            # Seen at once, even where the engine needs a moment to get to its next step.
            in_hand.is_cancelled, in_hand.preview = True, None
            self._refresh_overlay()
            self._client.cancel(in_hand.id)

    def _on_queue_changed(self) -> None:
        for job in self.queue.jobs:
            if job.work is not None and job.estimate is None:
                job.estimate = self._costs.estimate(str(job.checkpoint), *job.work)
        busy = self.is_busy
        if busy and not self._was_busy:
            self._was_busy = True
            self.busy_changed.emit(True)
        in_hand = self.queue.in_hand
        if in_hand is not None and self._progress is None:
            self._set_progress(Progress(in_hand.id, Phase.STARTING, count=in_hand.count))
        if not busy and self._was_busy:
            self._was_busy = False
            self.busy_changed.emit(False)
        if self.waiting != self._waiting_said:
            self._waiting_said = self.waiting
            self.queue_changed.emit(self.waiting)

    def _on_event(self, event: Event) -> None:
        job = self._ending.get(event.request_id) or self.queue.find(event.request_id)
        if job is None:
            return
        match event:
            case Started():
                self._start(job)
            case Progress():
                self._set_progress(event)
                # The first preview comes before it is known of how many steps it is.
                if self._overlay is not None and not self._overlay.label:
                    self._refresh_overlay()
            case Preview() if not job.is_cancelled:
                job.preview = event
                self._refresh_overlay()
            case Relieved():
                self.relieved.emit(event.text)
            case Explained(index=index, heat=heat):
                self.explained.emit(job.explains or f"{job.id}:{index}", heat)
            case ImageDone() if job.explains is None:
                self._write(job, event)
                self._develop(job, event)
            case Finished() | Failed() | Cancelled():
                self._ending[job.id] = job
                self.queue.let_go(job)
                # Behind the pictures of this job, so that they are there when it is said to have ended.
                self._developing.run(lambda: event, lambda last: self._end(job, last), self.failed.emit)

    def _start(self, job: Job) -> None:
        self._running = job
        if job.explains is None:
            self._desk_of(job.of).last = job.prepared
        self.queue.begin(job)
        prepared = job.prepared
        if prepared is not None and job.work is None:

            def take(summary: JobSummary) -> None:
                job.describe(summary)
                self.queue.say_soon()

            self._developing.run(lambda: summary_of(prepared), take, self.failed.emit)

    def _develop(self, job: Job, event: ImageDone) -> None:
        prepared = job.prepared
        if prepared is None:
            raise RuntimeError("a picture came before Started")
        # What was stopped early was stopped to be kept.
        becomes_layer = (job.is_single or not event.complete) and job.take is None

        def work() -> tuple[Result, Layer | None]:
            result = develop(prepared, event)
            if job.table is not None:
                job.table.pictures[job.cell] = job.table.small(result.image)
            return result, remembered_layer(result, (), job.checkpoint_name) if becomes_layer else None

        self._developing.run(work, lambda made: self._on_developed(job, *made), self.failed.emit)

    def _on_developed(self, job: Job, result: Result, layer: Layer | None) -> None:
        if not job.of.is_closed:
            self._desk_of(job.of).shelf.add(
                replace(result, path=job.paths.get(result.id), kept=job.take is not None)
            )
            if layer is not None:
                self._inserter.insert(result, layer, job.of)
            self.arrived.emit(job.of)
        self.results_changed.emit()

    def _write(self, job: Job, event: ImageDone) -> None:
        prepared = job.prepared
        if prepared is None:
            raise RuntimeError("a picture came before Started")
        result_id = result_id_of(event)
        announce = self.keeper.announcer(job, event.index)

        alone = prepared.request.alone(event.index)

        def work() -> Path:
            path = self._writer.write(alone, event.seed, event.image, job.checkpoint_name, announce, event.note)
            if self._recorder is not None:
                self._recorder.record(path)
            return path

        self._writing.run(
            work,
            lambda path: self._on_written(job, result_id, path),
            self.failed.emit,
        )

    def _on_written(self, job: Job, result_id: str, path: Path) -> None:
        job.paths[result_id] = path  # where the result isn't on the shelf yet
        self._desk_of(job.of).shelf.update(result_id, path=path)
        self.results_changed.emit()
        self.recorded.emit(path)

    def _end(self, job: Job, event: Finished | Failed | Cancelled) -> None:
        del self._ending[job.id]
        if self._running is job:
            self._running = None
        if self._running is None:
            self._set_progress(None)
        shelf = self._desk_of(job.of).shelf
        made = shelf.of_job(job.id)
        if job.take is not None and made and not job.of.is_closed:
            job.take(job.of, made)
        if not any(each.of is job.of for each in self._under_way() if each is not job) and shelf.shown is None:
            waiting = [result for result in shelf.of_job(job.id) if not result.kept]
            if waiting and not job.is_single:
                shelf.show(waiting[0])
                self._announce_results()
        self._refresh_overlay()
        if isinstance(event, Failed) and not job.is_cancelled and not job.of.is_closed:
            self.keeper.note_failure(job, event.error)
            self.queue.end(job, event.error)
        else:
            self.keeper.forget((job,))
            self.queue.end(job)
        self._miss(job)
        self.job_ended.emit(job, event)
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
                notes = () if job.prepared is None else job.prepared.request.notes
                self.finished.emit(" · ".join((closed if job.of.is_closed else done, *notes)))
            case Cancelled():
                self.finished.emit("Cancelled")
            case Failed(error=error):
                self.failed.emit(error)

    def _cancellable(self) -> tuple[Job, ...]:
        """All jobs but those that have ended and are only being put away."""
        return tuple(job for job in self.queue.jobs if job.id not in self._ending)

    def _under_way(self) -> tuple[Job, ...]:
        """Jobs from which pictures may still come."""
        coming = tuple(job for job in self.queue.jobs if job.state is not JobState.FAILED)
        return (*self._ending.values(), *(job for job in coming if job.id not in self._ending))

    def _after_job(self, job: Job, event: Event) -> None:
        """What follows on its end."""

    def _miss(self, job: Job) -> None:
        """Nothing more comes from this job: its table, where it has one, may be whole."""
        table = job.table
        if table is None:
            return
        if job.cell not in table.pictures:
            table.missing.add(job.cell)
        if table.is_whole and table.pictures and not table.is_made:
            # The last pictures may be in before the ends of several jobs are heard of.
            table.is_made = True
            self._make_sheet(table)

    def _make_sheet(self, table: PictureTable) -> None:
        def work() -> TableMade:
            sheet = table.sheet()
            return TableMade(table, sheet, self._writer.write_sheet(sheet, table.words))

        self._writing.run(work, self.table_made.emit, self.failed.emit)

    def _learn(self, job: Job, event: Finished) -> None:
        """What it has cost is what the next one is expected to cost."""
        if event.cost is None or job.prepared is None:
            return
        self._take_costs(self._costs.learnt(str(job.prepared.request.checkpoint), event.cost))
        store, book = self._cost_store, self._costs
        if store is not None:
            self._writing.run(lambda: store.write(book), lambda _: None, self.failed.emit)

    def _take_costs(self, book: CostBook) -> None:
        self._costs = book
        for job in self.queue.jobs:
            job.estimate = None
        self.queue.say_soon()
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
        self._drop(tuple(job for job in self._cancellable() if job.of is opened))

    def _look_for_inpaint_controls(self) -> None:
        checkpoints, resources = self.checkpoints, self.prompt_resources

        def look() -> dict[Path, str]:
            infos = resources.controls()
            fitting = ((each.path, inpaint_control(infos, each)) for each in checkpoints if infos)
            return {path: info.name for path, info in fitting if info is not None}

        self._writing.run(look, self._take_inpaint_controls, self.failed.emit)

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
