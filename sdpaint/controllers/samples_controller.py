"""SamplesController: pictures of what is on the hub. Only `fetch` asks for them; `look` reads what it kept."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from sdpaint.checkpoints.download import Paused
from sdpaint.checkpoints.hub import Hub
from sdpaint.errors import SdPaintError
from sdpaint.settings.store import SettingsStore
from sdpaint.worker.background import Background

if TYPE_CHECKING:
    from sdpaint.fileio.samples import Samples

_TIMEOUT_S = 6.0
"""A look isn't worth the wait that a download is."""


class SamplesController(QObject):
    """One repository at a time, away from the GUI thread."""

    found = Signal(str, object)
    """(Repository, Samples)."""
    progressed = Signal(str, int, int)
    """(Repository, bytes that are there, all)."""
    failed = Signal(str, object)
    """(Repository, SdPaintError)."""

    def __init__(self, settings: SettingsStore, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._settings = settings
        self.wait_s = 1.0
        self._stop = threading.Event()
        # A fetch that was cancelled may still wait for an answer while the next one begins.
        self._fetching = Background(2, self)
        self._reading = Background(1, self)

    def look(self, repo: str) -> None:
        """Read what was fetched before; `found` says where there is any. Asks nothing of a network."""
        self.cancel()
        stop = self._stop

        def done(samples: Samples) -> None:
            if samples.pictures and not stop.is_set():
                self.found.emit(repo, samples)

        self._reading.run(lambda: _kept(repo), done, lambda error: self.failed.emit(repo, error))

    def fetch(self, repo: str) -> None:
        """Ask the hub for pictures of a repository; `found` or `failed` follows, unless it is cancelled."""
        self.cancel()
        stop = self._stop

        def progress(done: int, total: int) -> None:
            self.progressed.emit(repo, done, total)

        def work() -> Samples | None:
            # With Pillow and the codecs: for the thread that needs them, not for the start.
            from sdpaint.fileio.samples import fetched_samples

            kept = _kept(repo)
            if kept.pictures:
                return kept
            hub = replace(Hub.of_settings(self._settings.settings), timeout_s=_TIMEOUT_S)
            try:
                return fetched_samples(repo, hub, progress, stop, self.wait_s)
            except Paused:
                return None

        def done(samples: Samples | None) -> None:
            if samples is not None and not stop.is_set():
                self.found.emit(repo, samples)

        def failed(error: SdPaintError) -> None:
            if not stop.is_set():
                self.failed.emit(repo, error)

        self._fetching.run(work, done, failed)

    def cancel(self) -> None:
        """Fetch no further."""
        self._stop.set()
        self._stop = threading.Event()

    def first_picture(self, repo: str, then: Callable[[Path], None]) -> None:
        """Call `then` with the file of a repository's first sample, where one was fetched before."""

        def work() -> Path | None:
            from sdpaint.fileio.samples import kept_files

            return next(iter(kept_files(repo)), None)

        def done(path: Path | None) -> None:
            if path is not None:
                then(path)

        self._reading.run(work, done, lambda error: self.failed.emit(repo, error))

    def shutdown(self) -> None:
        """Wait for what is under way, which is cut short."""
        self.cancel()
        self._fetching.close()
        self._reading.close()


def _kept(repo: str) -> Samples:
    from sdpaint.fileio.samples import Samples, kept_samples

    return Samples(kept_samples(repo))
