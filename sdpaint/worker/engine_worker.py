"""EngineWorker: works jobs off on the engine's thread, and sees to it that each ends with exactly one final event.

Free of Qt, so that its promises can be tested on any thread. The engine is made on the thread by a factory, since
making it imports torch; after a crash it is thrown away and made anew for the next job.
"""

from __future__ import annotations

import logging
import queue
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from sdpaint.errors import EngineError, SdPaintError
from sdpaint.generation.engine import CancelToken, Engine, GenerationCancelled
from sdpaint.generation.events import Cancelled, Event, Failed, Finished, Phase, Progress, Started
from sdpaint.generation.memory_plan import MemoryWishes
from sdpaint.generation.request import GenerationRequest

log = logging.getLogger(__name__)

RequestSource = GenerationRequest | Callable[[], GenerationRequest]
"""A request, or what makes it: called on the engine's thread, since it may flatten a large document."""


@dataclass(eq=False)
class Job:
    """A request on its way. Its id is the request_id of every event about it."""

    source: RequestSource
    id: str = field(default_factory=lambda: uuid.uuid4().hex)
    cancel: CancelToken = field(default_factory=CancelToken)
    _taken: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self) -> bool:
        """Claim the job, for working it off or for withdrawing it. True for the first caller alone."""
        with self._lock:
            first, self._taken = not self._taken, True
            return first


@dataclass(frozen=True)
class WarmUp:
    """Make the engine and load a checkpoint while nothing else is to be done."""

    checkpoint: Path


@dataclass(frozen=True)
class SetMemory:
    """How to make do with memory from now on. `unload_after_s` without work: everything is given back; 0: never."""

    wishes: MemoryWishes
    unload_after_s: float = 0.0


@dataclass(frozen=True)
class _Stop:
    """Ends run()."""


class EngineWorker:
    """The loop of the engine's thread. All methods but run() may be called from any thread."""

    def __init__(
        self,
        engine_factory: Callable[[], Engine],
        post: Callable[[Event], None],
        device_changed: Callable[[str, str], None],
        warm_up_failed: Callable[[SdPaintError], None],
        look_every_s: float = 20.0,
    ) -> None:
        """The callbacks are called on the engine's thread. `look_every_s`: how often memory is looked at while idle."""
        self._engine_factory = engine_factory
        self._post = post
        self._device_changed = device_changed
        self._warm_up_failed = warm_up_failed
        self._engine: Engine | None = None
        self._memory: SetMemory | None = None
        self._look_every_s = look_every_s
        self._holds_memory = False
        self._inbox: queue.SimpleQueue[Job | WarmUp | SetMemory | _Stop] = queue.SimpleQueue()
        self._stopping = threading.Event()

    def put(self, item: Job | WarmUp | SetMemory) -> None:
        """Append to the queue."""
        self._inbox.put(item)

    def stop(self) -> None:
        """Let run() return as soon as what is under way has ended; what still waits is dropped without a word."""
        self._stopping.set()
        self._inbox.put(_Stop())

    def run(self) -> None:
        """Work the queue off until stop()."""
        try:
            while True:
                item = self._next()
                if self._stopping.is_set():
                    return
                match item:
                    case Job():
                        self._work_off(item)
                    case WarmUp():
                        self._warm_up(item)
                    case SetMemory():
                        self._set_memory(item)
                    case _Stop():
                        return
        finally:
            self._drop_engine()

    def _next(self) -> Job | WarmUp | SetMemory | _Stop:
        """What is to be done next; meanwhile memory that nobody needs is given back."""
        idle_since = time.monotonic()
        while True:
            try:
                return self._inbox.get(timeout=self._look_every_s if self._holds_memory else None)
            except queue.Empty:
                self._tidy(time.monotonic() - idle_since)

    def _tidy(self, idle_s: float) -> None:
        engine = self._engine
        if engine is None:
            return
        try:
            limit = 0.0 if self._memory is None else self._memory.unload_after_s
            if limit and idle_s >= limit:
                engine.close()
                self._holds_memory = False
                log.info("checkpoints unloaded after %.0f s without work", idle_s)
                self._describe_device(engine)
            else:
                engine.relieve()
        except Exception:  # what is held stays held
            log.exception("memory couldn't be given back")
            self._holds_memory = False

    def _set_memory(self, item: SetMemory) -> None:
        self._memory = item
        if self._engine is not None:
            self._engine.set_memory(item.wishes)
            self._describe_device(self._engine)

    def _work_off(self, job: Job) -> None:
        if not job.take():  # withdrawn while it waited
            return
        said = _Narrator(self._post)
        try:
            request = job.source() if callable(job.source) else job.source
            if request.id != job.id:
                request = replace(request, id=job.id)
            said.emit(Started(job.id, request.sampling.count))
            job.cancel.raise_if_cancelled()
            engine = self._ensure_engine(lambda: said.emit(Progress(job.id, Phase.STARTING)))
            job.cancel.raise_if_cancelled()
            engine.generate(request, said.emit, job.cancel)
        except GenerationCancelled:
            said.emit(Cancelled(job.id))
        except SdPaintError as error:
            log.info("generation failed: %s", error)
            said.emit(Failed(job.id, error))
        except Exception as error:  # the edge: whatever escapes becomes one sentence
            log.exception("the engine crashed")
            self._drop_engine()
            said.emit(Failed(job.id, _crash(error)))
        if not said.has_ended:
            log.error("the engine returned without a final event")
            said.emit(Failed(job.id, EngineError("The engine gave up without a word", hint="Try again")))
        if self._engine is not None:
            self._describe_device(self._engine)

    def _warm_up(self, item: WarmUp) -> None:
        try:
            engine = self._ensure_engine(lambda: self._device_changed(f"{Phase.STARTING.value}…", ""))
            self._device_changed(f"{Phase.LOADING.value}…", "")
            engine.warm_up(item.checkpoint)
        except SdPaintError as error:
            log.info("warming up failed: %s", error)
            self._warm_up_failed(error)
        except Exception as error:  # the edge: whatever escapes becomes one sentence
            log.exception("the engine crashed while warming up")
            self._drop_engine()
            self._warm_up_failed(_crash(error))
        if self._engine is None:
            self._device_changed("", "")
        else:
            self._describe_device(self._engine)

    def _ensure_engine(self, announce: Callable[[], None]) -> Engine:
        if self._engine is None:
            announce()
            try:
                self._engine = self._engine_factory()
                if self._memory is not None:
                    self._engine.set_memory(self._memory.wishes)
            except ImportError as error:
                raise EngineError(
                    f"The engine lacks a library ({error.name or error})", hint="Install sdpaint again"
                ) from error
        self._holds_memory = True
        return self._engine

    def _describe_device(self, engine: Engine) -> None:
        try:
            self._device_changed(engine.describe_device(), engine.explain_memory())
        except Exception:  # a line of the status bar is no reason to fail a finished job
            log.exception("the engine can't describe its device")

    def _drop_engine(self) -> None:
        engine, self._engine = self._engine, None
        if engine is None:
            return
        try:
            engine.close()
        except Exception:  # it is thrown away in any case
            log.exception("the engine couldn't be closed")


class _Narrator:
    """Passes the events of one job on: Started once, nothing after the final one."""

    def __init__(self, post: Callable[[Event], None]) -> None:
        self._post = post
        self._has_started = False
        self.has_ended = False

    def emit(self, event: Event) -> None:
        if self.has_ended:
            log.warning("%s came after the final event", type(event).__name__)
            return
        if isinstance(event, Started):
            if self._has_started:  # the worker has said it before it made the engine
                return
            self._has_started = True
        self.has_ended = isinstance(event, Finished | Failed | Cancelled)
        self._post(event)


def _crash(error: Exception) -> EngineError:
    result = EngineError(
        f"The engine stopped unexpectedly ({type(error).__name__})",
        hint="Try again; the log file says more",
    )
    result.__cause__ = error
    return result
