"""QueueKeeper: keeps the queue on disk, away from the GUI thread, and brings back what was left behind."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from PySide6.QtCore import QObject, Signal

from sdpaint.controllers.document_controller import DocumentController
from sdpaint.controllers.job_queue import Job, JobQueue, JobSummary, summary_of
from sdpaint.controllers.open_document import OpenDocument
from sdpaint.errors import SdPaintError
from sdpaint.fileio.queue_store import JobFacts, StoredJob
from sdpaint.fileio.results import Announce
from sdpaint.generation.prepare import Prepared
from sdpaint.worker.background import Background


class QueueDisk(Protocol):
    """Where the queue is kept; fileio.queue_store.QueueStore is the real one. Called off the GUI thread."""

    def open(self) -> list[StoredJob]:
        """Take over what was left."""

    def add(self, job_id: str, facts: JobFacts, prepared: Prepared, place: int | None = None) -> None:
        """One more."""

    def load(self, job_id: str) -> Prepared:
        """What it is made from."""

    def remove(self, job_ids: Sequence[str]) -> None:
        """These are done."""

    def fail(self, job_id: str, error: SdPaintError | None) -> None:
        """It went wrong, or is tried again."""

    def order(self, job_ids: Sequence[str]) -> None:
        """They wait in this order."""

    def intend(self, job_id: str, number: int, path: Path, draft: Path, digest: str) -> None:
        """A picture is about to be written."""

    def close(self) -> None:
        """No more."""


class QueueKeeper(QObject):
    """Follows a JobQueue. All that it writes goes through `background`, in order with the pictures."""

    left_changed = Signal()
    """Other jobs are left from an earlier run."""
    failed = Signal(object)
    """SdPaintError: the queue can't be kept."""

    def __init__(
        self,
        queue: JobQueue,
        documents: DocumentController,
        background: Background,
        disk: QueueDisk | None,
        parent: QObject | None = None,
    ) -> None:
        """`background` has one thread. `disk` None: nothing is kept."""
        super().__init__(parent)
        self._queue = queue
        self._documents = documents
        self._background = background
        self._disk = disk
        self._left: tuple[StoredJob, ...] = ()
        queue.reordered.connect(self._write_order)

    @property
    def left(self) -> tuple[StoredJob, ...]:
        """Jobs that an earlier run of the program didn't come to; the artist decides on them."""
        return self._left

    def look(self) -> None:
        """See what is left behind."""
        disk = self._disk
        if disk is not None:
            self._background.run(disk.open, self._on_found, self.failed.emit)

    def resume(self) -> tuple[Job, ...]:
        """What is left, as jobs, each for the open document that it was asked for in, else for the one in front."""
        jobs = tuple(self._job_of(stored) for stored in self._left)
        self._left = ()
        self.left_changed.emit()
        return jobs

    def discard(self) -> None:
        """What is left isn't wanted."""
        ids = [stored.id for stored in self._left]
        self._left = ()
        self._run(lambda disk: disk.remove(ids))
        self.left_changed.emit()

    def note(self, job: Job) -> None:
        """Keep a new job, and see what it starts from."""
        disk = self._disk
        if disk is None:
            return
        facts = _facts_of(job)

        def work() -> JobSummary | None:
            try:
                prepared = job.look()
            except SdPaintError:
                return None     # the engine comes to it too, and says it
            summary = summary_of(prepared)
            known = replace(
                facts, checkpoint=summary.checkpoint, prompt=summary.prompt, mode=summary.mode, steps=summary.steps
            )
            disk.add(job.id, known, prepared)
            return summary

        self._background.run(work, lambda summary: self._show(job, summary), self.failed.emit)

    def forget(self, jobs: Sequence[Job]) -> None:
        """These are done, or not wanted any more."""
        ids = [job.id for job in jobs]
        if ids:
            self._run(lambda disk: disk.remove(ids))

    def note_failure(self, job: Job, error: SdPaintError | None) -> None:
        """It went wrong, or (None) waits again."""
        self._run(lambda disk: disk.fail(job.id, error))

    def announcer(self, job: Job, number: int) -> Announce | None:
        """What is to hear where picture `number` of a job is going to be."""
        disk = self._disk
        if disk is None:
            return None
        return lambda path, draft, digest: disk.intend(job.id, number, path, draft, digest)

    def close(self) -> None:
        """What was begun is written. The background has ended by then."""
        if self._disk is not None:
            self._disk.close()

    def _run(self, act: Callable[[QueueDisk], None]) -> None:
        disk = self._disk
        if disk is not None:
            self._background.run(lambda: act(disk), lambda _: None, self.failed.emit)

    def _write_order(self) -> None:
        jobs = [job.id for job in self._queue.jobs]
        self._run(lambda disk: disk.order(jobs))

    def _on_found(self, left: list[StoredJob]) -> None:
        if any(stored.error is None for stored in left):
            self._left = tuple(left)
            self.left_changed.emit()
        elif left:
            ids = [stored.id for stored in left]
            self._run(lambda disk: disk.remove(ids))

    def _job_of(self, stored: StoredJob) -> Job:
        disk, facts = self._disk, stored.facts
        assert disk is not None, "nothing is left where nothing is kept"
        of, is_same = self._document_of(facts)
        # Where its document isn't open, its picture is offered and not put into another one unasked.
        job = Job(
            disk.load, of, facts.seed, facts.count, facts.checkpoint, facts.checkpoint_name, facts.prompt,
            as_layer=facts.as_layer and is_same, id=stored.id, error=stored.error,
        )  # fmt: skip
        job.mode, job.steps = facts.mode, facts.steps

        def work() -> JobSummary:
            return summary_of(job.look())

        self._background.run(work, lambda summary: self._show(job, summary), lambda _error: None)
        return job

    def _document_of(self, facts: JobFacts) -> tuple[OpenDocument, bool]:
        for opened in self._documents.open_documents:
            if facts.document is not None and opened.path == facts.document:
                return opened, True
        return self._documents.claim_front(), False

    def _show(self, job: Job, summary: JobSummary | None) -> None:
        if summary is not None and job in self._queue.jobs:
            job.describe(summary)
            self._queue.say_soon()


def _facts_of(job: Job) -> JobFacts:
    return JobFacts(
        checkpoint=job.checkpoint,
        checkpoint_name=job.checkpoint_name,
        seed=job.seed,
        count=job.count,
        prompt=job.prompt,
        title=job.of.title,
        document=job.of.path,
        as_layer=job.as_layer and job.take is None,
        mode=job.mode,
        steps=job.steps,
    )
