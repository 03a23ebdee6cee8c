"""DownloadsController: what is fetched from the hub, how far it is, and what became of it. Nothing begins by itself."""

from __future__ import annotations

import json
import logging
import threading
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal

from sdpaint import paths
from sdpaint.atomic import replacing
from sdpaint.checkpoints.download import Download, Paused, discard_unfinished, unfinished_bytes
from sdpaint.checkpoints.hub import Hub, describe
from sdpaint.checkpoints.repo_files import SeveralFiles, check_repo_id, needed_files
from sdpaint.checkpoints.token import forget_token, keep_token, read_token
from sdpaint.errors import SdPaintError
from sdpaint.fileio.problems import writing
from sdpaint.settings.store import SettingsStore
from sdpaint.worker.background import Background

log = logging.getLogger(__name__)

_AT_ONCE = 2
_TELL_S = 0.1
"""So often progress is told."""
_WINDOW_S = 5.0
"""Over so long the speed is measured."""


class State(Enum):
    """How it stands with a transfer."""

    ASKING = "asking the hub"
    CHOOSING = "choosing a file"
    RUNNING = "running"
    PAUSED = "paused"
    FAILED = "failed"
    DONE = "done"


@dataclass(frozen=True)
class Transfer:
    """One download. Bytes; `seconds_left` None: not known yet. `choices`: (path, bytes) of which one is wanted."""

    id: int
    repo: str
    title: str
    files: tuple[str, ...] = ()
    state: State = State.ASKING
    license: str = ""
    done: int = 0
    total: int = 0
    bytes_per_s: float = 0.0
    seconds_left: float | None = None
    error: SdPaintError | None = None
    choices: tuple[tuple[str, int], ...] = ()
    target: Path | None = None

    @property
    def is_active(self) -> bool:
        """Whether it asks or fetches now."""
        return self.state in (State.ASKING, State.RUNNING)


class DownloadsController(QObject):
    """Two at a time, away from the GUI thread."""

    changed = Signal()
    """`transfers` are others, or further."""
    finished = Signal(object, str)
    """(Folder that is whole now, its title)."""
    token_known = Signal(bool)
    """Whether the keyring holds a token."""
    failed = Signal(object)
    """SdPaintError of something else than a transfer."""
    _told = Signal(int, object)

    def __init__(self, settings: SettingsStore, wait_s: float = 1.0, parent: QObject | None = None) -> None:
        """`wait_s`: before a broken connection is tried again."""
        super().__init__(parent)
        self._settings = settings
        self.wait_s = wait_s
        self._transfers: dict[int, Transfer] = {}
        self._stops: dict[int, threading.Event] = {}
        self._cancelled: set[int] = set()
        self._next = 1
        self._fetching = Background(_AT_ONCE, self)
        self._keys = Background(1, self)
        self._told.connect(self._take_news)
        self._is_restored = False

    @property
    def transfers(self) -> tuple[Transfer, ...]:
        """All of this run, the newest first."""
        return tuple(reversed(self._transfers.values()))

    def shutdown(self) -> None:
        """Pause what runs: what is there of it stays for the next time."""
        for stop in self._stops.values():
            stop.set()
        self._fetching.close()
        self._keys.close()

    def restore(self) -> None:
        """List what was begun in earlier runs and isn't whole, paused. Asks nothing of a network."""
        if self._is_restored:
            return
        self._is_restored = True

        def done(found: tuple[Transfer, ...]) -> None:
            known = {(each.repo, each.files) for each in self._transfers.values()}
            for transfer in found:
                if (transfer.repo, transfer.files) not in known:
                    self._transfers[self._next] = replace(transfer, id=self._next)
                    self._next += 1
            self.changed.emit()

        self._keys.run(_unfinished, done, self.failed.emit)

    def start(self, repo: str, files: Sequence[str] = (), title: str = "") -> None:
        """Fetch what is needed of a repository, or these files of it. Emits `failed` where it can't be one."""
        try:
            check_repo_id(repo)
        except SdPaintError as error:
            self.failed.emit(error)
            return
        same = next((t for t in self._transfers.values() if (t.repo, t.files) == (repo, tuple(files))), None)
        if same is not None and same.state is not State.DONE:
            self.resume(same.id)
            return
        transfer = Transfer(self._next, repo, title or repo, tuple(files))
        self._next += 1
        self._run(transfer)

    def pause(self, number: int) -> None:
        """Stop it; what is there stays."""
        if self._transfers[number].is_active:
            self._stops[number].set()

    def resume(self, number: int) -> None:
        """Go on where it was."""
        transfer = self._transfers[number]
        if transfer.state in (State.PAUSED, State.FAILED):
            self._run(transfer)

    def choose(self, number: int, path: str) -> None:
        """This file of those that were asked about."""
        self._run(replace(self._transfers[number], files=(path,), choices=()))

    def cancel(self, number: int) -> None:
        """Stop it and throw away what is there, or take one that has ended off the list."""
        transfer = self._transfers[number]
        if transfer.is_active:
            self._cancelled.add(number)
            self._stops[number].set()
            return
        del self._transfers[number]
        if transfer.state in (State.PAUSED, State.FAILED):
            self._fetching.run(lambda: self._discard(transfer), lambda _none: None, self.failed.emit)
        self._remember()
        self.changed.emit()

    # -- the token

    def look_for_token(self) -> None:
        """See whether the keyring holds one."""
        self._keys.run(lambda: read_token() is not None, self.token_known.emit, self.failed.emit)

    def set_token(self, token: str) -> None:
        """Keep a token in the system's keyring; an empty one takes it out."""

        def work() -> None:
            if token.strip():
                keep_token(token)
            else:
                forget_token()

        self._keys.run(work, lambda _none: self.look_for_token(), self.failed.emit)

    # -- inside

    def _run(self, transfer: Transfer) -> None:
        stop = self._stops[transfer.id] = threading.Event()
        transfer = replace(transfer, state=State.ASKING, error=None, bytes_per_s=0.0, seconds_left=None)
        self._transfers[transfer.id] = transfer
        self._fetching.run(
            lambda: self._work(transfer, stop),
            lambda news: self._take_news(transfer.id, news),
            lambda error: self._take_news(transfer.id, {"state": State.FAILED, "error": error}),
        )
        self.changed.emit()

    def _work(self, transfer: Transfer, stop: threading.Event) -> dict[str, Any]:
        """What becomes of the transfer, as values of its fields. Raises SdPaintError."""
        try:
            if stop.is_set():
                raise Paused
            hub = Hub.of_settings(self._settings.settings)
            repo = describe(transfer.repo, hub)
            try:
                files = needed_files(repo.files, transfer.files)
            except SeveralFiles as several:
                choices = tuple((file.path, file.size) for file in several.choices)
                return {"state": State.CHOOSING, "choices": choices, "license": repo.license}
            download = Download(
                repo, files, paths.user_checkpoint_dir(), hub, self.wait_s, is_selection=bool(transfer.files)
            )
            begun = {"state": State.RUNNING, "license": repo.license, "total": download.total}
            self._told.emit(transfer.id, {**begun, "done": download.bytes_there})
            meter = _Meter()

            def tell(done: int, total: int) -> None:
                news = meter.news(done, total)
                if news is not None:
                    self._told.emit(transfer.id, news)

            target = download.run(tell, stop)
        except Paused:
            if transfer.id in self._cancelled:
                self._discard(transfer)
            return {"state": State.PAUSED}
        return {"state": State.DONE, "done": download.total, "target": target, "seconds_left": None}

    def _remember(self) -> None:
        """Write down what was begun and isn't whole, for the next run."""
        rows = [
            {"repo": each.repo, "title": each.title, "files": each.files, "total": each.total}
            for each in self._transfers.values()
            if each.total and each.state is not State.DONE
        ]

        def work() -> None:
            file = _unfinished_file()
            with writing(file):
                file.parent.mkdir(parents=True, exist_ok=True)
                with replacing(file) as target:
                    target.write(json.dumps(rows).encode())

        self._keys.run(work, lambda _none: None, self.failed.emit)

    def _discard(self, transfer: Transfer) -> None:
        discard_unfinished(transfer.repo, transfer.files, paths.user_checkpoint_dir())

    def _take_news(self, number: int, news: dict[str, Any]) -> None:
        transfer = self._transfers.get(number)
        if transfer is None:
            return
        transfer = self._transfers[number] = replace(transfer, **news)
        if "state" in news:
            self._remember()
        if number in self._cancelled and not transfer.is_active:
            self._cancelled.discard(number)
            del self._transfers[number]
            self._remember()
        elif news.get("state") is State.DONE and transfer.target is not None:
            self.finished.emit(transfer.target, transfer.title)
        self.changed.emit()


def _unfinished_file() -> Path:
    return paths.data_dir() / "downloads.json"


def _unfinished() -> tuple[Transfer, ...]:
    """What earlier runs wrote down, as far as something of it is there."""
    try:
        rows = json.loads(_unfinished_file().read_text(encoding="utf-8"))
        found = [
            Transfer(0, str(row["repo"]), str(row["title"]), tuple(row["files"]), State.PAUSED, total=int(row["total"]))
            for row in rows
        ]
    except FileNotFoundError:
        return ()
    except (OSError, ValueError, TypeError, KeyError):
        log.warning("what was being downloaded isn't known any more", exc_info=True)
        return ()
    there = [replace(each, done=unfinished_bytes(each.repo, each.files, paths.user_checkpoint_dir())) for each in found]
    return tuple(each for each in there if each.done)


class _Meter:
    """How quick it is, told a few times a second."""

    def __init__(self) -> None:
        self._seen: deque[tuple[float, int]] = deque()
        self._told = 0.0

    def news(self, done: int, total: int) -> dict[str, Any] | None:
        """Values of a transfer's fields; None while it is too early for new ones."""
        now = time.monotonic()
        if now - self._told < _TELL_S and done < total:
            return None
        self._told = now
        self._seen.append((now, done))
        while now - self._seen[0][0] > _WINDOW_S:
            self._seen.popleft()
        since, before = self._seen[0]
        speed = (done - before) / (now - since) if now > since else 0.0
        left = (total - done) / speed if speed > 0 else None
        return {"done": done, "total": total, "bytes_per_s": speed, "seconds_left": left}
