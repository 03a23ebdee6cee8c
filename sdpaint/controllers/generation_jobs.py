"""GenerationJobs: the jobs on their way through the engine, and what becomes of its answers.

One job runs, others wait behind it. A picture asked for alone becomes a layer at once; several are shown in place
as candidates, to be kept or discarded. Nothing but the final layer touches the document.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from sdpaint.checkpoints.control_choice import inpaint_control
from sdpaint.checkpoints.identify import CheckpointInfo
from sdpaint.controllers.document_controller import DocumentController
from sdpaint.controllers.generation_results import GenerationResults
from sdpaint.controllers.job_queue import Job, JobQueue, JobState, JobSummary, summary_of
from sdpaint.controllers.open_document import OpenDocument
from sdpaint.controllers.queue_keeper import QueueKeeper
from sdpaint.controllers.result_files import ResultFiles
from sdpaint.controllers.stores import Stores
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
from sdpaint.generation.remember import remembered_layer
from sdpaint.generation.result import Result, develop
from sdpaint.settings.schema import QueueChoice
from sdpaint.worker.background import Background
from sdpaint.worker.engine_client import EngineClient

MAX_JOBS = 1000
"""More than this many generations don't wait for the engine at once."""


class GenerationJobs(GenerationResults):
    """The base of GenerationController, which adds what the artist can ask for.

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
        stores: Stores,
        checkpoint: CheckpointInfo | None,
        checkpoints: tuple[CheckpointInfo, ...],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(documents, checkpoint, checkpoints, parent)
        self._client = client
        self._ending: dict[str, Job] = {}
        # A thread of its own: pictures that are developed don't wait for the disk.
        self._writing = Background(1, self)
        self._files = ResultFiles(stores.results, stores.recorder, self._writing, self)
        self._files.written.connect(self._on_written)
        self._files.table_made.connect(self.table_made)
        self._files.failed.connect(self.failed)
        self.queue = JobQueue(client, self.prompt_resources.completed, self)
        """The jobs. What it is told directly, the disk isn't: commands are those of this object."""
        self.keeper = QueueKeeper(self.queue, documents, self._writing, stores.queue, self)
        self.keeper.failed.connect(self.failed)
        self._was_busy = False
        self._waiting_said = -1
        self.queue.changed.connect(self._on_queue_changed)
        self._cost_store = stores.costs
        if stores.costs is not None:
            self._writing.run(stores.costs.read, self._take_costs, self.failed.emit)
        documents.closed.connect(self._on_closed)
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
    def working_for(self) -> OpenDocument | None:
        """The document of the running job, or of the first that waits for the engine."""
        job = self._running or self.queue.in_hand
        return None if job is None else job.of

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
            self._files.close_cell(job)
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
                self._files.write(job, event, self.keeper.announcer(job, event.index))
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
        prepared = job.begun
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
        self._files.close_cell(job)
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

    def _on_closed(self, opened: OpenDocument) -> None:
        self._drop(tuple(job for job in self._cancellable() if job.of is opened))

    def _look_for_inpaint_controls(self) -> None:
        checkpoints, resources = self.checkpoints, self.prompt_resources

        def look() -> dict[Path, str]:
            infos = resources.controls()
            fitting = ((each.path, inpaint_control(infos, each)) for each in checkpoints if infos)
            return {path: info.name for path, info in fitting if info is not None}

        self._writing.run(look, self._take_inpaint_controls, self.failed.emit)
