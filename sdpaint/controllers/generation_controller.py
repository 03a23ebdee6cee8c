"""GenerationController: what the artist asks of the engine, the queue of it, and the results."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from sdpaint.checkpoints.catalog import dedicated_to_inpainting
from sdpaint.checkpoints.identify import CheckpointInfo
from sdpaint.controllers.document_controller import DocumentController
from sdpaint.controllers.generation_jobs import GenerationJobs
from sdpaint.controllers.job_queue import Job, Take
from sdpaint.controllers.open_document import OpenDocument
from sdpaint.controllers.picture_table import PictureTable
from sdpaint.controllers.stores import Stores
from sdpaint.document import edits
from sdpaint.document.document import Document
from sdpaint.document.regions import regions_of
from sdpaint.errors import CheckpointError, SdPaintError
from sdpaint.generation.axes import Axis, applied, combinations
from sdpaint.generation.cost import Estimate, work_of
from sdpaint.generation.crop import plan_crop
from sdpaint.generation.events import Event, Finished
from sdpaint.generation.mode import effective_mode
from sdpaint.generation.params import GenerationParams
from sdpaint.generation.planning import effective_strength, outlook_on
from sdpaint.generation.prepare import Prepared, prepare
from sdpaint.generation.request import MAX_SEED, GenerationMode
from sdpaint.generation.result import Result
from sdpaint.imaging.geometry import Rect
from sdpaint.settings.schema import QueueChoice
from sdpaint.worker.engine_client import EngineClient


class GenerationController(GenerationJobs):
    """Params, jobs, results. Signals are facts; commands are called directly. Lives on the GUI thread."""

    forever_changed = Signal(bool)
    """Whether one job follows another until it is stopped."""

    def __init__(
        self,
        documents: DocumentController,
        client: EngineClient,
        stores: Stores,
        checkpoint: CheckpointInfo | None,
        checkpoints: tuple[CheckpointInfo, ...],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(documents, client, stores, checkpoint, checkpoints, parent)
        self.instead: Callable[[], None] | None = None
        """What generate() does while it is for something else than the frame."""
        self._forever: OpenDocument | None = None
        self._forever_round = 0
        self.job_ended.connect(self._follow_job)

    # Commands

    def generate(self, place: QueueChoice = QueueChoice.END) -> None:
        """Queue a job for what is under the frame now, or for what is being edited."""
        if self.instead is not None:
            self.instead()
            return
        self._ask(self._documents.claim_front(), place)

    def extend(self, extent: Rect) -> None:
        """Queue a job that continues the picture to `extent`, in canvas pixels; the frame stays where it is."""
        info = self.info_of(self._params.checkpoint)
        if info is None:
            self.failed.emit(self._not_installed(self._params))
            return
        document = edits.set_frame(self._documents.committed, extent)
        params = replace(self._params, mode=GenerationMode.EXPAND, context=None)
        self._submit([self._job(self._documents.claim_front(), document, params, info)], QueueChoice.END)

    def generate_table(self, axes: Sequence[Axis]) -> None:
        """Queue a job for each combination of the values of one or two axes, and a contact sheet of all of them."""
        params = self._params
        seed = _resolved(params.sampling.seed)
        params = replace(params, sampling=replace(params.sampling, seed=seed, count=1))
        opened = self._documents.claim_front()
        document = opened.committed
        table = PictureTable(tuple(axes))
        jobs: list[Job] = []
        try:
            for cell, indices in enumerate(combinations(axes)):
                found = self._chosen(document, self.looked_up(applied(params, axes, indices)))
                if found is None:
                    raise self._not_installed(params)
                job = self._job(opened, document, *found, self._mode)
                job.as_layer, job.table, job.cell = False, table, cell
                jobs.append(job)
        except SdPaintError as error:
            self.failed.emit(error)
            return
        self._submit(jobs, QueueChoice.END)

    def estimate_table(self, axes: Sequence[Axis]) -> Estimate | None:
        """What a table would cost; None before anything was measured. Raises SettingsError where it can't be made."""
        document, total = self._documents.committed, 0.0
        peak: int | None = None
        cells = [self.looked_up(applied(self._params, axes, indices)) for indices in combinations(axes)]
        known: dict[tuple[Path, int, float], Estimate | None] = {}
        for params in cells:
            key = (params.checkpoint, params.sampling.steps, params.sampling.strength)
            if key not in known:
                known[key] = self._estimate_cell(document, params)
            estimate = known[key]
            if estimate is None:
                return None
            total, peak = total + estimate.seconds, estimate.peak_bytes
        return Estimate(total, peak)

    def _estimate_cell(self, document: Document, params: GenerationParams) -> Estimate | None:
        found = self._chosen(document, params)
        if found is None:
            return None
        params, info = found
        outlook = outlook_on(document, self._mode, params, info)
        plan = plan_crop(document.frame, info) if outlook is None else outlook.plan
        work = work_of(plan, replace(params.sampling, count=1), effective_strength(self._mode, params, info))
        return self._costs.estimate(str(info.path), *work)

    @property
    def is_forever(self) -> bool:
        """Whether one job follows another."""
        return self._forever is not None

    def set_forever(self, forever: bool) -> None:
        """Generate in the document in front, again and again, until this is called with False or a job is cancelled."""
        if forever == self.is_forever:
            return
        self._forever = self._documents.claim_front() if forever else None
        self._forever_round = 0
        self.forever_changed.emit(forever)
        if forever and not self.queue.is_busy:
            self._go_on_forever()

    def _go_on_forever(self) -> None:
        opened = self._forever
        if opened is None or self.queue.is_paused or self.queue.waiting or self.queue.in_hand is not None:
            return
        if opened.is_closed:
            self.set_forever(False)
            return
        params = self.params_of(opened)
        fixed = params.sampling.seed
        if fixed is not None:
            # A seed that is set is where it begins; the same picture again and again is of no use.
            seed = (fixed + self._forever_round * params.sampling.count) % (MAX_SEED + 1)
            params = replace(params, sampling=replace(params.sampling, seed=seed))
        self._forever_round += 1
        found = self._chosen(opened.committed, params)
        if found is None:
            self.set_forever(False)
            self.failed.emit(self._not_installed(params))
            return
        job = self._job(opened, opened.committed, *found)
        job.as_layer = False
        self._submit([job], QueueChoice.END)

    def _follow_job(self, job: Job, event: Event) -> None:
        if self._forever is None:
            return
        if isinstance(event, Finished):
            self._go_on_forever()
        elif job.of is self._forever:
            self.set_forever(False)

    def _ask(self, opened: OpenDocument, place: QueueChoice) -> None:
        found = self._chosen(opened.committed, self.params_of(opened))
        if found is None:
            self.failed.emit(self._not_installed(self.params_of(opened)))
        else:
            self._submit([self._job(opened, opened.committed, *found)], place)

    def _chosen(
        self, document: Document, params: GenerationParams
    ) -> tuple[GenerationParams, CheckpointInfo] | None:
        """The params with the checkpoint that they come to; None where it isn't installed."""
        info = self.info_of(params.checkpoint)
        if info is None:
            return None
        mode = effective_mode(document, params.mode, params.grow_canvas)
        if mode.is_masked:
            dedicated = dedicated_to_inpainting(info, self._checkpoints, effective_strength(mode, params, info))
            if dedicated is not None:
                return replace(params, checkpoint=dedicated.path), dedicated
        return params, info

    def _job(
        self,
        opened: OpenDocument,
        document: Document,
        params: GenerationParams,
        info: CheckpointInfo,
        mode: GenerationMode | None = None,
    ) -> Job:
        sampling, seed = params.sampling, _resolved(params.sampling.seed)
        named = self.prompt_resources
        return Job(
            lambda job_id: prepare(document, params, info, seed, job_id, named.lists_for(_texts(document, params))),
            opened,
            seed,
            sampling.count,
            params.checkpoint,
            info.name,
            params.prompt,
            mode or effective_mode(document, params.mode, params.grow_canvas),
            sampling.steps,
        )

    def preview_fill(self) -> None:
        """Show in place what the engine would find under the mask, until something else is done."""
        info = self.info_of(self._params.checkpoint)
        if info is None:
            self.failed.emit(self._not_installed(self._params))
            return
        document, params = self._documents.committed, self._params
        seed = params.sampling.seed or 0

        def show(prepared: Prepared) -> None:
            is_current = document is self._documents.committed and params == self._params
            if is_current and not self.is_busy and prepared.request.mask is not None:
                self._fill_preview = prepared
                self._show(None)

        self._developing.run(lambda: prepare(document, params, info, seed), show, self.failed.emit)

    @staticmethod
    def _not_installed(params: GenerationParams) -> CheckpointError:
        return CheckpointError(
            f"The checkpoint {params.checkpoint.name} isn't installed",
            hint="Choose another checkpoint in the prompt bar",
        )

    def submit(
        self, make: Callable[[str], Prepared], seed: int, count: int, checkpoint_name: str, take: Take | None = None
    ) -> None:
        """Queue a job that is made otherwise; `make` is called with its id, off the GUI thread.

        `take` gets its pictures when it has ended; without it, they come as those of any job.
        """
        params = self._params
        job = Job(
            make, self._documents.claim_front(), seed, count, params.checkpoint, checkpoint_name, params.prompt,
            self._mode, params.sampling.steps,
        )  # fmt: skip
        job.take = take
        self._submit([job], QueueChoice.END)

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
        job = Job(
            lambda job_id: replace(base, request=replace(request, id=job_id, seed=seed, sampling=sampling)),
            self._documents.claim_front(),
            seed,
            count,
            request.checkpoint,
            name,
            request.prompt,
            request.mode,
            sampling.steps,
        )
        self._submit([job], QueueChoice.END)

    def explain(self, result: Result) -> None:
        """Make a result once more for its heat maps alone: no picture comes of it."""
        request = replace(result.alone, explains=True)
        info = self.info_of(request.checkpoint)
        job = Job(
            lambda job_id: replace(result.prepared, request=replace(request, id=job_id)),
            self._documents.claim_front(),
            result.seed,
            1,
            request.checkpoint,
            request.checkpoint.name if info is None else info.name,
            request.prompt,
            request.mode,
            request.sampling.steps,
        )
        job.explains = result.id
        self._submit([job], QueueChoice.END)

    def cancel(self) -> None:
        """Stop the running job; with none, take the shown result off the canvas. Those that wait go on."""
        in_hand = self.queue.in_hand
        if in_hand is not None:
            self.set_forever(False)
            self._drop((in_hand,))
        else:
            self._fill_preview = None
            self.select(None)

    def cancel_all(self) -> None:
        """Stop the running job and forget the waiting ones and those that failed."""
        self.set_forever(False)
        self._drop(self._cancellable())

    def cancel_job(self, job: Job) -> None:
        """Stop this one, or take it out."""
        self._drop(tuple(each for each in self._cancellable() if each is job))

    def retry(self, job: Job) -> None:
        """Let a job that failed wait again."""
        self.keeper.note_failure(job, None)
        self.queue.retry(job)

    def set_paused(self, paused: bool) -> None:
        """Begin no further job, or go on; the one that runs isn't touched."""
        self.queue.set_paused(paused)
        self._go_on_forever()

    def resume_left(self) -> None:
        """Go on with the jobs that an earlier run of the program didn't come to."""
        for job in self.keeper.resume():
            self.queue.restore(job)

    def keep_preview(self) -> None:
        """Stop the running job now and make a layer of what it has."""
        self._client.finish_early()

    def preload(self) -> None:
        """Import the engine and load the checkpoint ahead of its first use."""
        self._client.preload(self._params.checkpoint)

    def shutdown(self) -> bool:
        """Stop everything; files under way are written. False where the engine hangs: see EngineClient.shutdown."""
        ended = self._client.shutdown()
        self._developing.close()
        self._writing.close()
        self.keeper.close()
        return ended


def _texts(document: Document, params: GenerationParams) -> Iterator[str]:
    """All that is written for a picture."""
    yield from (params.prompt, params.negative_prompt)
    for owned in regions_of(document):
        yield from (owned.region.prompt, owned.region.negative_prompt)


def _resolved(seed: int | None) -> int:
    return secrets.randbelow(MAX_SEED + 1) if seed is None else seed
