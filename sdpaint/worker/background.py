"""Background: pixel work and files away from the GUI thread, with a default way for failures."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QObject, QRunnable, Qt, QThreadPool, Signal

from sdpaint.errors import SdPaintError

log = logging.getLogger(__name__)


class Background(QObject):
    """A queue of tasks. With one thread they end in the order in which they were given.

    `work` runs on a thread of the pool; `done(result)` or `failed(error)` is called on the thread of this object.
    Exceptions other than SdPaintError are logged and reach `failed` as one.
    """

    idle = Signal()
    """The last task has ended and its callback has run."""

    def __init__(self, threads: int = 1, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._pool = QThreadPool()
        self._pool.setMaxThreadCount(threads)
        self._waiting = 0
        self._is_closed = False
        self._answers = _Answers()
        self._answers.ended.connect(self._call_back, Qt.ConnectionType.QueuedConnection)

    @property
    def is_busy(self) -> bool:
        """Whether a task or its callback is outstanding."""
        return self._waiting > 0

    def run(
        self,
        work: Callable[[], Any],
        done: Callable[[Any], None],
        failed: Callable[[SdPaintError], None],
    ) -> None:
        """Queue a task."""
        self._waiting += 1
        self._pool.start(_Task(work, done, failed, self._answers))

    def close(self, timeout_s: float = 10.0) -> bool:
        """Wait until all tasks have ended. Their callbacks aren't called any more. False where that takes longer."""
        self._is_closed = True
        return self._pool.waitForDone(round(timeout_s * 1000))

    def _call_back(self, callback: Callable[[], None]) -> None:
        if self._is_closed:
            return
        self._waiting -= 1
        callback()
        if not self._waiting:
            self.idle.emit()


class _Answers(QObject):
    """Brings the callbacks back. Each task holds on to it: a widget may be deleted, and what it has, while one runs."""

    ended = Signal(object)


class _Task(QRunnable):
    def __init__(
        self,
        work: Callable[[], Any],
        done: Callable[[Any], None],
        failed: Callable[[SdPaintError], None],
        answers: _Answers,
    ) -> None:
        super().__init__()
        self._work = work
        self._done = done
        self._failed = failed
        self._answers = answers

    def run(self) -> None:
        """Qt calls this on a thread of the pool."""
        done, failed = self._done, self._failed
        try:
            result = self._work()
        except SdPaintError as error:
            problem = error
        except Exception as error:
            log.exception("a background task failed")
            problem = SdPaintError(
                f"Something went wrong ({type(error).__name__})", hint="The log file says more"
            )
            problem.__cause__ = error
        else:
            self._answers.ended.emit(lambda: done(result))
            return
        self._answers.ended.emit(lambda: failed(problem))
