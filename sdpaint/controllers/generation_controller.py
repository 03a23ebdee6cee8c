"""GenerationController: what the artist asks of the engine, and what becomes of its answers.

One job runs, others wait behind it. A picture asked for alone becomes a layer at once; several are shown in place
as candidates, to be kept or discarded. Nothing but the final layer touches the document.
"""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, QTimer, Signal

from sdpaint.checkpoints.identify import CheckpointInfo
from sdpaint.controllers.document_controller import DocumentController
from sdpaint.document.document import Document
from sdpaint.document.layers import Layer
from sdpaint.errors import CheckpointError, EngineError, SdPaintError
from sdpaint.generation.apply import insert_result
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
from sdpaint.generation.prepare import Prepared, effective_mode, prepare
from sdpaint.generation.request import MAX_SEED, GenerationMode, GenerationRequest, SamplingParams
from sdpaint.generation.result import Result, develop
from sdpaint.paths import starter_checkpoint
from sdpaint.worker.background import Background
from sdpaint.worker.engine_client import EngineClient

__all__ = ["GenerationController", "Result", "ResultWriter"]

MAX_JOBS = 16
"""More than this many generations don't wait for the engine at once."""

MAX_RESULTS = 64
"""So many results keep their pixels in memory; older ones are in the results folder."""


class ResultWriter(Protocol):
    """Where pictures go at once; fileio.results.ResultStore is the real one. Called off the GUI thread."""

    def write(
        self, request: GenerationRequest, seed: int, image: NDArray[np.uint8], checkpoint_name: str
    ) -> Path:
        """Write the picture with its recipe. Raises FileError."""


@dataclass(eq=False)
class _Job:
    """A generation on its way. `prepared` is there from Started on."""

    id: str
    count: int
    epoch: int
    seed: int
    checkpoint_name: str
    prepared: Prepared | None = None
    preview: Preview | None = None

    @property
    def is_single(self) -> bool:
        return self.count == 1


@dataclass(frozen=True)
class _Insertion:
    """A layer that is ready to go into the document `epoch`."""

    result: Result
    layer: Layer
    epoch: int


class GenerationController(QObject):
    """Params, jobs, results. Signals are facts; commands are called directly. Lives on the GUI thread."""

    params_changed = Signal(object)
    """GenerationParams."""
    checkpoints_changed = Signal()
    mode_changed = Signal(object)
    """GenerationMode that generate() would use."""
    busy_changed = Signal(bool)
    queue_changed = Signal(int)
    """How many jobs wait behind the running one."""
    progress_changed = Signal(object)
    """Progress of the running job, or None."""
    overlay_changed = Signal(object)
    """CanvasOverlay, or None."""
    results_changed = Signal()
    """The results, the selected one or the candidates may differ."""
    failed = Signal(object)
    """SdPaintError. The document is as it was."""
    finished = Signal(str)
    """A job ended well or was cancelled: one line. Its layer or candidates are there."""
    device_changed = Signal(str)
    """One line for the status bar; empty where there is no engine."""
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
    ) -> None:
        super().__init__(parent)
        self._documents = documents
        self._client = client
        self._writer = results
        self._checkpoints = checkpoints
        self._params = initial_params(checkpoint)
        self._mode = effective_mode(documents.committed, None)
        self._epoch = 0
        self._jobs: dict[str, _Job] = {}
        self._running: _Job | None = None
        self._last: Prepared | None = None
        self._progress: Progress | None = None
        self._overlay: CanvasOverlay | None = None
        self._preview_visible = True
        self._results: tuple[Result, ...] = ()
        self._shown: str | None = None
        self._insertions: list[_Insertion] = []
        # One thread each: pictures come out in the order in which they went in, and don't wait for the disk.
        self._developing = Background(1, self)
        self._writing = Background(1, self)
        self._insert_soon = QTimer(self, singleShot=True, interval=0)
        self._insert_soon.timeout.connect(self._insert_waiting)
        documents.document_changed.connect(self._on_document_changed)
        # A stroke that is committed as it was previewed changes no document, only the history.
        documents.history_changed.connect(self._on_document_settled)
        client.event_arrived.connect(self._on_event)
        client.device_changed.connect(self.device_changed)
        client.preload_failed.connect(self.failed)

    # What is set

    @property
    def params(self) -> GenerationParams:
        """Prompt, checkpoint, sampling, mode."""
        return self._params

    @property
    def mode(self) -> GenerationMode:
        """What generate() would do now."""
        return self._mode

    @property
    def checkpoints(self) -> tuple[CheckpointInfo, ...]:
        """What can be chosen."""
        return self._checkpoints

    def set_checkpoints(self, checkpoints: tuple[CheckpointInfo, ...]) -> None:
        """The folders were scanned anew."""
        self._checkpoints = checkpoints
        self.checkpoints_changed.emit()

    def set_params(self, **changes: Any) -> None:
        """Replace fields of the params. Another checkpoint brings its own sampler, steps and guidance scale.

        Values that can't be are reported by `failed` and change nothing.
        """
        if "checkpoint" in changes and changes["checkpoint"] != self._params.checkpoint:
            info = self._info_of(changes["checkpoint"])
            if info is not None and "sampling" not in changes:
                changes["sampling"] = recommended(self._params.sampling, info)
        self._take(replace(self._params, **changes))

    def set_sampling(self, **changes: Any) -> None:
        """Replace fields of the sampling params. Values that can't be are reported by `failed` and change nothing."""
        try:
            sampling = replace(self._params.sampling, **changes)
        except SdPaintError as error:
            self.failed.emit(error)
            return
        self._take(replace(self._params, sampling=sampling))

    def restore(self, params: GenerationParams) -> None:
        """Params as a file holds them. A checkpoint that isn't installed here is passed over."""
        known = self._info_of(params.checkpoint) is not None
        self._take(params if known else replace(params, checkpoint=self._params.checkpoint))

    def use_settings(self, result: Result) -> None:
        """Prompt, sampling and seed of a result back into the params."""
        request = result.request
        sampling = replace(request.sampling, seed=result.seed, count=self._params.sampling.count)
        restored = replace(
            self._params,
            prompt=request.prompt,
            negative_prompt=request.negative_prompt,
            checkpoint=request.checkpoint,
            sampling=sampling,
        )
        self.restore(restored)

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
    def overlay(self) -> CanvasOverlay | None:
        """What is shown over the canvas now."""
        return self._overlay

    def generate(self) -> None:
        """Queue a job for what is under the frame now."""
        info = self._info_of(self._params.checkpoint)
        if info is None:
            self.failed.emit(
                CheckpointError(
                    f"The checkpoint {self._params.checkpoint.name} isn't installed",
                    hint="Choose another checkpoint in the prompt bar",
                )
            )
            return
        seed = self._params.sampling.seed
        if seed is None:
            seed = secrets.randbelow(MAX_SEED + 1)
        document, params = self._documents.committed, self._params
        self._submit(
            lambda job_id: prepare(document, params, info, seed, job_id), seed, params.sampling.count, info.name
        )

    def again(self) -> None:
        """The job of the shown result, or the last one, with the next seed; the first time, generate()."""
        shown = self._shown_result
        base = self._last if shown is None else shown.prepared
        if base is None:
            self.generate()
            return
        request = base.request
        count = self._params.sampling.count
        seed = (request.seed_of(request.sampling.count)) if shown is None else (shown.seed + 1) % (MAX_SEED + 1)
        sampling = replace(request.sampling, seed=seed, count=count)
        info = self._info_of(request.checkpoint)
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
        else:
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
        return self._results

    @property
    def selected(self) -> int | None:
        """Index of the result that is shown in place."""
        for index, result in enumerate(self._results):
            if result.id == self._shown:
                return index
        return None

    @property
    def candidates(self) -> tuple[int, int] | None:
        """(position, count) of the shown result among those that it can be flipped with; None where none is shown."""
        shown = self._shown_result
        if shown is None:
            return None
        together = self._together(shown)
        return together.index(shown), len(together)

    def select(self, index: int | None) -> None:
        """Show a result in place, or none."""
        self._show(None if index is None else self._results[index])

    def show_next(self) -> None:
        """Flip to the next result of the same job, round and round."""
        self._flip(1)

    def show_previous(self) -> None:
        """Flip to the one before."""
        self._flip(-1)

    def keep(self) -> None:
        """The shown result becomes a layer: one undo step."""
        result = self._shown_result
        if result is None:
            return
        epoch = self._epoch
        self._developing.run(
            result.layer, lambda layer: self._insert(_Insertion(result, layer, epoch)), self.failed.emit
        )

    def discard(self) -> None:
        """The shown result leaves the canvas and the panel (its file stays); the next one of its job is shown."""
        result = self._shown_result
        if result is None:
            return
        siblings = self._siblings(result)
        place = siblings.index(result)
        rest = siblings[:place] + siblings[place + 1 :]
        self._results = tuple(other for other in self._results if other is not result)
        self._show(rest[min(place, len(rest) - 1)] if rest else None)

    # Inside

    def _take(self, params: GenerationParams) -> None:
        if params != self._params:
            self._params = params
            self.params_changed.emit(params)
            self._refresh_mode()

    def _refresh_mode(self) -> None:
        mode = effective_mode(self._documents.committed, self._params.mode)
        if mode is not self._mode:
            self._mode = mode
            self.mode_changed.emit(mode)

    def _info_of(self, path: Path) -> CheckpointInfo | None:
        return next((info for info in self._checkpoints if info.path == path), None)

    def _submit(
        self, make: Callable[[str], Prepared], seed: int, count: int, checkpoint_name: str
    ) -> None:
        if len(self._jobs) >= MAX_JOBS:
            self.failed.emit(
                EngineError(f"{MAX_JOBS} generations are waiting already", hint="Wait, or press Esc to cancel them")
            )
            return
        job = _Job(uuid.uuid4().hex, count, self._epoch, seed, checkpoint_name)

        def request() -> GenerationRequest:
            # On the engine's thread. The GUI thread reads `prepared` after Started, which is sent later.
            job.prepared = make(job.id)
            return job.prepared.request

        self._jobs[job.id] = job
        self._show(None)
        self._client.submit(request, job.id)
        self.seed_used.emit(seed)
        if len(self._jobs) == 1:
            self.busy_changed.emit(True)
            self._set_progress(Progress(job.id, Phase.STARTING, count=count))
        self.queue_changed.emit(self.waiting)

    def _on_event(self, event: Event) -> None:
        job = self._jobs.get(event.request_id)
        if job is None:
            return
        match event:
            case Started():
                self._running = job
                self._last = job.prepared
            case Progress():
                self._set_progress(event)
            case Preview():
                job.preview = event
                self._refresh_overlay()
            case ImageDone():
                self._develop(job, event)
            case Finished() | Failed() | Cancelled():
                # Behind the pictures of this job, so that they are there when it is said to have ended.
                self._developing.run(lambda: event, lambda last: self._end(job, last), self.failed.emit)

    def _develop(self, job: _Job, event: ImageDone) -> None:
        prepared = job.prepared
        if prepared is None:
            raise RuntimeError("a picture came before Started")
        # What was stopped early was stopped to be kept.
        becomes_layer = job.is_single or not event.complete

        def work() -> tuple[Result, Layer | None]:
            result = develop(prepared, event)
            return result, result.layer() if becomes_layer else None

        self._developing.run(work, lambda made: self._on_developed(job, *made), self.failed.emit)

    def _on_developed(self, job: _Job, result: Result, layer: Layer | None) -> None:
        self._results = (result, *self._results)[:MAX_RESULTS]
        self._write(job, result)
        if layer is not None:
            self._insert(_Insertion(result, layer, job.epoch))
        self.results_changed.emit()

    def _write(self, job: _Job, result: Result) -> None:
        self._writing.run(
            lambda: self._writer.write(result.request, result.seed, result.image, job.checkpoint_name),
            lambda path: self._replace_result(result.id, path=path),
            self.failed.emit,
        )

    def _replace_result(self, result_id: str, **changes: Any) -> None:
        self._results = tuple(
            replace(result, **changes) if result.id == result_id else result for result in self._results
        )
        self.results_changed.emit()

    def _end(self, job: _Job, event: Finished | Failed | Cancelled) -> None:
        del self._jobs[job.id]
        if self._running is job:
            self._running = None
        self._set_progress(None)
        if job.epoch == self._epoch and not self._jobs and self._shown is None:
            waiting = [r for r in self._results if r.request.id == job.id and not r.kept]
            if waiting and not job.is_single:
                self._show(waiting[-1])
        self._refresh_overlay()
        self.queue_changed.emit(self.waiting)
        if not self._jobs:
            self.busy_changed.emit(False)
        match event:
            case Finished(seconds=seconds):
                done = f"Done in {seconds:.1f} s · seed {job.seed}"
                elsewhere = "Another document is open: the picture is kept in the results"
                self.finished.emit(done if job.epoch == self._epoch else elsewhere)
            case Cancelled():
                self.finished.emit("Cancelled")
            case Failed(error=error):
                self.failed.emit(error)

    def _insert(self, insertion: _Insertion) -> None:
        self._insertions.append(insertion)
        self._insert_waiting()

    def _insert_waiting(self) -> None:
        # During a stroke the document is left alone: a new undo step would end the stroke.
        if self._documents.document is not self._documents.committed:
            return
        insertions, self._insertions = self._insertions, []
        for insertion in insertions:
            if insertion.epoch != self._epoch:
                continue
            result = insertion.result
            document = insert_result(self._documents.committed, insertion.layer, result.mask)
            if self._shown == result.id:
                self._shown = None
            if self._running is not None and self._running.id == result.request.id:
                self._running.preview = None
            self._documents.apply(result.step_label, document)
            self._replace_result(result.id, kept=True)
        if insertions:
            self._refresh_overlay()

    def _on_document_changed(self, old: Document | None, new: Document) -> None:
        if old is None:
            self._epoch += 1
            self._last = None
            self._insertions.clear()
            self._show(None)
        self._on_document_settled()

    def _on_document_settled(self) -> None:
        if self._documents.document is not self._documents.committed:
            return
        self._refresh_mode()
        if self._insertions:  # not now: other listeners haven't heard of this change yet
            self._insert_soon.start()

    @property
    def _shown_result(self) -> Result | None:
        return next((result for result in self._results if result.id == self._shown), None)

    def _siblings(self, result: Result) -> list[Result]:
        """The results of the same job, in the order in which they were made."""
        return [other for other in reversed(self._results) if other.request.id == result.request.id]

    def _together(self, result: Result) -> list[Result]:
        """Those that `result` can be flipped with: its siblings, or all, newest first, where it has none."""
        siblings = self._siblings(result)
        return siblings if len(siblings) > 1 else list(self._results)

    def _flip(self, by: int) -> None:
        shown = self._shown_result
        if shown is None:
            self._show(self._results[0] if self._results else None)
            return
        together = self._together(shown)
        self._show(together[(together.index(shown) + by) % len(together)])

    def _show(self, result: Result | None) -> None:
        self._shown = None if result is None else result.id
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
        shown, job = self._shown_result, self._running
        if shown is not None:
            position, count = self.candidates or (0, 1)
            label = f"{position + 1} of {count}"
            return CanvasOverlay(shown.region, shown.image, shown.alpha, label)
        if job is None or job.prepared is None or job.preview is None:
            return None
        if not self._preview_visible or job.epoch != self._epoch:
            return None
        plan = job.prepared.plan
        label = f"Step {job.preview.step} of {job.prepared.request.sampling.steps}"
        return CanvasOverlay(plan.region, job.preview.image, job.prepared.alpha, label)


def recommended(sampling: SamplingParams, info: CheckpointInfo) -> SamplingParams:
    """The sampling params with what the checkpoint recommends."""
    return replace(
        sampling, sampler=info.sampler, steps=info.steps, guidance_scale=info.guidance_scale
    )


def initial_params(info: CheckpointInfo | None) -> GenerationParams:
    """What the window starts with. Without a checkpoint it names the starter, and generate() says that it lacks."""
    if info is None:
        return GenerationParams(checkpoint=starter_checkpoint())
    return GenerationParams(checkpoint=info.path, sampling=recommended(SamplingParams(), info))
