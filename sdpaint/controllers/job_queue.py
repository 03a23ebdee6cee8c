"""JobQueue: which generation is under way, and which wait behind it, in what order.

The engine gets one job at a time, so that those that wait can be moved, held back and taken out. A job that failed
stays in the list until it is tried again or taken out.
"""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal

from sdpaint.controllers.open_document import OpenDocument
from sdpaint.controllers.picture_table import PictureTable
from sdpaint.errors import SdPaintError
from sdpaint.generation.cost import Estimate, work_of
from sdpaint.generation.events import Preview
from sdpaint.generation.prepare import Prepared
from sdpaint.generation.request import GenerationMode, GenerationRequest
from sdpaint.generation.result import Result, thumbnail_of
from sdpaint.imaging.geometry import Size
from sdpaint.imaging.tiles import Pixels8
from sdpaint.settings.schema import QueueChoice
from sdpaint.worker.engine_client import EngineClient


class JobState(Enum):
    """Where a job is; the value is what the artist reads."""

    RUNNING = "Running"
    WAITING = "Waiting"
    FAILED = "Failed"


_SOON_MS = 30

Take = Callable[[OpenDocument, Sequence[Result]], None]
"""Gets the pictures of a job, in the order in which they were made."""


Complete = Callable[[GenerationRequest], GenerationRequest]
"""Adds what only this machine knows: where the files lie that a request names. Called on the engine's thread."""


@dataclass(frozen=True, eq=False)
class JobSummary:
    """What a request says of its job. `thumbnail`: (h, w, 3) RGB of what it starts from, None where that is nothing.

    `work`: (pixel steps, most pixels at once), as `cost.work_of` counts them.
    """

    mode: GenerationMode
    prompt: str
    checkpoint: Path
    steps: int
    size: Size
    thumbnail: Pixels8 | None
    work: tuple[int, int]


def summary_of(prepared: Prepared) -> JobSummary:
    """Whole-picture work: not for the GUI thread."""
    request = prepared.request
    strength = 1.0 if request.mode is GenerationMode.TEXT_TO_IMAGE else request.sampling.strength
    return JobSummary(
        request.mode,
        request.prompt,
        request.checkpoint,
        request.sampling.steps,
        request.size,
        None if request.image is None else thumbnail_of(request.image),
        work_of(replace(prepared.plan, passes=request.passes), request.sampling, strength),
    )


@dataclass(eq=False)
class Job:
    """A generation that was asked for. `prepared` is there from Started on.

    `make` is called off the GUI thread with the id. `as_layer`: a single picture becomes a layer at once. `table`: the
    table of pictures that it fills cell `cell` of.
    """

    make: Callable[[str], Prepared]
    of: OpenDocument
    seed: int
    count: int
    checkpoint: Path
    checkpoint_name: str
    prompt: str = ""
    mode: GenerationMode = GenerationMode.TEXT_TO_IMAGE
    steps: int = 0
    as_layer: bool = True
    take: Take | None = None
    """Gets its pictures, which aren't laid down then."""
    explains: str | None = None
    """The result that it makes once more, for its heat maps alone; None: its pictures are wanted."""
    table: PictureTable | None = None
    cell: int = 0
    id: str = field(default_factory=lambda: uuid.uuid4().hex)
    state: JobState = JobState.WAITING
    error: SdPaintError | None = None
    size: Size | None = None
    thumbnail: Pixels8 | None = None
    """(h, w, 3) RGB: what it starts from; None where that is nothing, or not known yet."""
    estimate: Estimate | None = None
    work: tuple[int, int] | None = None
    """(pixel steps, most pixels at once), as `cost.work_of` counts them."""
    prepared: Prepared | None = None
    preview: Preview | None = None
    is_cancelled: bool = False
    paths: dict[str, Path] = field(default_factory=dict)
    """Result id → file, of those that were written."""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def is_single(self) -> bool:
        """Whether its picture becomes a layer at once."""
        return self.count == 1 and self.as_layer

    @property
    def begun(self) -> Prepared:
        """What the engine works from. Raises RuntimeError before it has begun."""
        if self.prepared is None:
            raise RuntimeError("a picture came before Started")
        return self.prepared

    def request(self, complete: Complete) -> GenerationRequest:
        """The request, for the engine, made complete. Called on its thread."""
        with self._lock:
            if self.prepared is None:
                made = self.make(self.id)
                self.prepared = replace(made, request=complete(made.request))
            return self.prepared.request

    def look(self) -> Prepared:
        """What it will be made from; kept in memory only once it is the engine's turn. Not for the GUI thread."""
        with self._lock:
            return self.make(self.id) if self.prepared is None else self.prepared

    def describe(self, summary: JobSummary) -> None:
        """It is known now what it will be."""
        self.mode, self.prompt, self.checkpoint = summary.mode, summary.prompt, summary.checkpoint
        self.steps, self.size = summary.steps, summary.size
        self.thumbnail, self.work = summary.thumbnail, summary.work

    def put_back(self) -> None:
        """As it was before the engine had it."""
        with self._lock:
            self.prepared, self.preview, self.is_cancelled = None, None, False
        self.state, self.error = JobState.WAITING, None


class JobQueue(QObject):
    """The order of the jobs. Lives on the GUI thread."""

    changed = Signal()
    """Jobs came, went, moved, began, failed, or say more about themselves; or the queue was held or let go on."""
    reordered = Signal()
    """Those that wait are in another order."""

    def __init__(self, client: EngineClient, complete: Complete, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._client = client
        self._complete = complete
        self._jobs: list[Job] = []
        self._in_hand: Job | None = None
        self._is_paused = False
        self._soon = QTimer(self, singleShot=True, interval=_SOON_MS)
        self._soon.timeout.connect(self.changed)

    @property
    def jobs(self) -> tuple[Job, ...]:
        """The one in the engine's hands first, then those that wait in their order, and those that failed."""
        order = list(JobState)
        return tuple(sorted(self._jobs, key=lambda job: order.index(job.state)))

    @property
    def in_hand(self) -> Job | None:
        """The one that the engine has."""
        return self._in_hand

    @property
    def waiting(self) -> tuple[Job, ...]:
        """Those that the engine hasn't got yet, in order."""
        return tuple(job for job in self._jobs if job.state is JobState.WAITING)

    @property
    def failed(self) -> tuple[Job, ...]:
        """Those that went wrong."""
        return tuple(job for job in self._jobs if job.state is JobState.FAILED)

    @property
    def is_paused(self) -> bool:
        """Whether no further job begins."""
        return self._is_paused

    @property
    def is_busy(self) -> bool:
        """Whether the engine has a job, or is about to get one."""
        return self._in_hand is not None or (bool(self.waiting) and not self._is_paused)

    def find(self, job_id: str) -> Job | None:
        """The job of this id."""
        return next((job for job in self._jobs if job.id == job_id), None)

    def add(self, jobs: Sequence[Job], place: QueueChoice = QueueChoice.END) -> None:
        """More of them: at the end, or before all others that wait."""
        if place is QueueChoice.END:
            self._jobs += jobs
        else:
            first = self._first_place()
            self._jobs[first:first] = jobs
        self._go_on()
        self.changed.emit()

    def say_soon(self) -> None:
        """Something about a job is known now: `changed` says so once for many of them."""
        if not self._soon.isActive():
            self._soon.start()

    def restore(self, job: Job) -> None:
        """One of an earlier run, at the end; one that failed then has failed."""
        if job.error is None:
            self.add([job])
        else:
            job.state = JobState.FAILED
            self._jobs.append(job)
            self.changed.emit()

    def begin(self, job: Job) -> None:
        """The engine has begun with it."""
        job.state = JobState.RUNNING
        self.changed.emit()

    def end(self, job: Job, error: SdPaintError | None = None) -> None:
        """The engine is done with it; where it failed, it stays in the list."""
        if error is None:
            self._jobs.remove(job)
        else:
            job.state, job.error, job.preview = JobState.FAILED, error, None
        self.changed.emit()

    def let_go(self, job: Job) -> None:
        """The engine can take the next one, though what this one made is still being worked on."""
        if self._in_hand is job:
            self._in_hand = None
            self._go_on()

    def take_out(self, jobs: Sequence[Job]) -> None:
        """These, which the engine hasn't got, aren't wanted any more."""
        self._jobs = [job for job in self._jobs if job not in jobs]
        self.changed.emit()

    def move(self, job: Job, place: int) -> None:
        """Let a waiting job be the one at `place` (0: the next) of those that wait."""
        waiting = [each for each in self.waiting if each is not job]
        if job.state is not JobState.WAITING:
            return
        waiting.insert(max(0, place), job)
        before = [each for each in self._jobs if each.state is JobState.RUNNING]
        self._jobs = [*before, *waiting, *self.failed]
        self.reordered.emit()
        self.changed.emit()

    def retry(self, job: Job) -> None:
        """Let a job that failed wait again, at the end."""
        if job.state is not JobState.FAILED:
            return
        self._jobs.remove(job)
        job.put_back()
        self.add([job])

    def set_paused(self, paused: bool) -> None:
        """Begin no further job, or go on. The one that runs isn't touched."""
        if paused != self._is_paused:
            self._is_paused = paused
            self._go_on()
            self.changed.emit()

    def _first_place(self) -> int:
        places = [place for place, job in enumerate(self._jobs) if job.state is JobState.WAITING]
        in_hand = 0 if self._in_hand is None else self._jobs.index(self._in_hand) + 1
        return max(in_hand, min(places, default=0))

    def _go_on(self) -> None:
        if self._in_hand is not None or self._is_paused:
            return
        job = next(iter(self.waiting), None)
        if job is not None:
            # It isn't said to run before the engine begins, but nothing goes before it any more.
            job.state = JobState.RUNNING
            self._in_hand = job
            self._client.submit(partial(job.request, self._complete), job.id)
