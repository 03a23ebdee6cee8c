"""EngineClient: the GUI thread's handle on the engine. Submit, cancel, queue, shut down."""

from __future__ import annotations

import logging
import os
import sys
import threading
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, Qt, QThread, Signal

from sdpaint.generation.engine import Engine
from sdpaint.generation.events import Cancelled, Failed, Finished
from sdpaint.generation.memory_plan import MemoryWishes
from sdpaint.worker.engine_worker import EngineWorker, Job, RequestSource, SetMemory, WarmUp
from sdpaint.worker.mailbox import Mailbox

log = logging.getLogger(__name__)

SHUTDOWN_TIMEOUT_S = 5.0
ENGINE_NICENESS = 5
"""How far the engine's threads stand back behind the GUI thread where both want a core."""

SWITCH_INTERVAL_S = 0.0005
"""How long one thread keeps the interpreter while another waits for it. With Python's 5 ms, a pen event that comes in
while the engine walks through its Python code would wait as long at every turn."""

_HUNG: list[QThread] = []
"""Threads that didn't end in time. Destroying a running QThread aborts the process, so they are kept for good."""


class EngineClient(QObject):
    """Owns the engine's thread, which starts with the first job. Lives on the GUI thread, as all its callers do."""

    event_arrived = Signal(object)
    """An Event; the request_id is the id that submit() returned."""
    device_changed = Signal(str, str)
    """One line about the device for the status bar, empty where there is no engine; and why its memory is used so."""
    preload_failed = Signal(object)
    """SdPaintError: preload() couldn't load the checkpoint."""
    _mail_arrived = Signal()

    def __init__(self, engine_factory: Callable[[], Engine], parent: QObject | None = None) -> None:
        """`engine_factory` is called on the engine's thread, once, and again after a crash."""
        super().__init__(parent)
        self._mailbox = Mailbox(self._mail_arrived.emit)
        self._mail_arrived.connect(self._deliver, Qt.ConnectionType.QueuedConnection)
        self._worker = EngineWorker(
            engine_factory, self._mailbox.put, self.device_changed.emit, self.preload_failed.emit
        )
        self._thread = _EngineThread(self._worker)
        self._jobs: dict[str, Job] = {}
        self._is_shut_down = False

    @property
    def pending(self) -> tuple[str, ...]:
        """Ids of the jobs that haven't ended, the running one first."""
        return tuple(self._jobs)

    def submit(self, source: RequestSource, job_id: str | None = None) -> str:
        """Queue a request, or a callable that makes it on the engine's thread. Returns the id of its events.

        What the callable raises becomes a Failed event.
        """
        if self._is_shut_down:
            raise RuntimeError("the engine has been shut down")
        job = Job(source) if job_id is None else Job(source, job_id)
        self._jobs[job.id] = job
        self._put(job)
        return job.id

    def preload(self, checkpoint: Path) -> None:
        """Import the engine and load the checkpoint ahead of its first use."""
        if not self._is_shut_down:
            self._put(WarmUp(checkpoint))

    def set_memory(self, wishes: MemoryWishes, unload_after_s: float) -> None:
        """How to make do with memory from the next job on, and after how long without work it is given back; 0: never.

        Doesn't start the engine.
        """
        if not self._is_shut_down:
            self._worker.put(SetMemory(wishes, unload_after_s))

    def cancel(self, job_id: str | None = None) -> None:
        """Cancel a job, or all of them. One that still waits ends at once, a running one within a step."""
        for job in tuple(self._jobs.values()) if job_id is None else (self._jobs[job_id],):
            job.cancel.cancel()
            if job.take():
                self._mailbox.put(Cancelled(job.id))

    def finish_early(self) -> None:
        """Let the running job hand out what it has."""
        for job in self._jobs.values():
            job.cancel.finish_early()
            return

    def shutdown(self, timeout_s: float = SHUTDOWN_TIMEOUT_S) -> bool:
        """Cancel everything, end the thread and wait for it. No event comes afterwards.

        Returns False where the thread hangs past the timeout (in a driver, say). It is never terminated, for that
        would leave locks taken; the program should then leave by os._exit, once everything is saved.
        """
        if self._is_shut_down:
            return not self._thread.isRunning()
        self._is_shut_down = True
        for job in self._jobs.values():
            job.cancel.cancel()
        self._jobs.clear()
        self._worker.stop()
        if not self._thread.isRunning() or self._thread.wait(round(timeout_s * 1000)):
            return True
        log.error("the engine's thread didn't end within %.1f s", timeout_s)
        _HUNG.append(self._thread)
        return False

    def _put(self, item: Job | WarmUp) -> None:
        self._worker.put(item)
        if not self._thread.isRunning():
            self._thread.start()

    def _deliver(self) -> None:
        for event in self._mailbox.take_all():
            if self._is_shut_down:
                return
            if isinstance(event, Finished | Failed | Cancelled):
                self._jobs.pop(event.request_id, None)
            self.event_arrived.emit(event)


class _EngineThread(QThread):
    """Runs the worker's loop."""

    def __init__(self, worker: EngineWorker) -> None:
        super().__init__()
        self.setObjectName("engine")
        self._worker = worker

    def run(self) -> None:
        """Qt calls this on the new thread."""
        threading.current_thread().name = "engine"
        stand_back(ENGINE_NICENESS)
        sys.setswitchinterval(SWITCH_INTERVAL_S)
        self._worker.run()


def stand_back(niceness: int) -> None:
    """Lower the scheduling priority of the calling thread and of the threads that it will start.

    Linux schedules threads one by one; elsewhere a thread has no niceness of its own, and nothing is done.
    """
    if sys.platform.startswith("linux"):
        try:
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), niceness)
        except OSError as error:
            log.info("the engine's thread keeps its priority: %s", error)
