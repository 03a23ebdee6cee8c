"""JournalController: keeps a safety copy of every open document, and offers what a sudden end left behind.

On the GUI thread a copy costs next to nothing: the immutable document with its history is handed to a background
thread, which writes what the log lacks. While one copy is being written no other one waits, except that there has
been a change. The first copy of a document is written when it is opened, so that the first stroke finds it done.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any, NoReturn
from weakref import WeakKeyDictionary

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from sdpaint import paths
from sdpaint.controllers.document_controller import DocumentController
from sdpaint.controllers.file_controller import HasParams
from sdpaint.controllers.open_document import OpenDocument
from sdpaint.document.history import Step
from sdpaint.document.journal import Entry, JournalLimits, JournalWriter
from sdpaint.document.journal_format import Damaged
from sdpaint.document.journal_reader import Recovered, Summary, read_journal
from sdpaint.document.journal_session import (
    JournalSession,
    Leftover,
    create_session,
    discard,
    find_leftovers,
    set_aside,
)
from sdpaint.document.journal_values import from_json, to_json
from sdpaint.errors import FileError, SdPaintError
from sdpaint.generation.params import GenerationParams
from sdpaint.settings.store import SettingsStore
from sdpaint.worker.background import Background

log = logging.getLogger(__name__)

LIMITS = JournalLimits()
FIRST_MS = 300
"""From opening a document to its first copy, which takes long for a large one."""
RETRY_MS = 10_000
MS_PER_S = 1000
UNFINISHED = "Unfinished stroke"
"""What undo calls a stroke that was under way at the end."""
_CLOCK_SLACK_S = 2.0
"""File times are that coarse on some drives."""
_GENERATION = "generation"


class JournalController(QObject):
    """Writes the journals of the open documents, and restores those of programs that ended unexpectedly."""

    written = Signal()
    """The documents as they were handed over last are safe."""
    failed = Signal(object)
    """SdPaintError: no copy can be kept (said once until one could), or a leftover couldn't be restored."""
    resumed = Signal()
    """Copies are kept again."""
    leftovers_changed = Signal()
    restored = Signal(object)
    """Summary of what was restored and is in front now."""
    noted = Signal(str)
    """A sentence on what isn't as it was."""

    def __init__(
        self,
        documents: DocumentController,
        generation: HasParams,
        settings: SettingsStore,
        root: Path | None = None,
        parent: QObject | None = None,
    ) -> None:
        """`root` holds the folders of all sessions; by default it lies among the user's data."""
        super().__init__(parent)
        self._documents = documents
        self._generation = generation
        self._settings = settings
        self._root = root or paths.data_dir() / "journal"
        self._store = _Store(self._root)
        self._writing = Background(1, self)
        self._reading = Background(1, self)
        self._leftovers: tuple[Leftover, ...] = ()
        self._restored_from: list[tuple[Leftover, OpenDocument]] = []
        self._discarded: list[Leftover] = []
        self._numbers: WeakKeyDictionary[OpenDocument, int] = WeakKeyDictionary()
        self._next_number = count(1)
        self._due: dict[OpenDocument, None] = {}
        self._is_started = False
        self._is_writing = False
        self._has_failed = False
        self._timer = QTimer(self, singleShot=True)
        self._timer.timeout.connect(self._write)

    @property
    def leftovers(self) -> tuple[Leftover, ...]:
        """What can be restored, the latest first."""
        return self._leftovers

    @property
    def is_busy(self) -> bool:
        """Whether a change isn't safe yet, or a leftover is being read."""
        return self._timer.isActive() or self._is_writing or self._reading.is_busy

    def start(self) -> None:
        """Look for leftovers, and keep copies from now on."""
        if self._is_started:
            return
        self._is_started = True
        self._documents.document_changed.connect(self._follow)
        self._documents.history_changed.connect(self.note_change)
        self._documents.changed_behind.connect(self._note)
        self._documents.closed.connect(self._on_closed)
        self._reading.run(lambda: find_leftovers(self._root), self._offer, self.failed.emit)
        self.note_change()

    @Slot()
    def note_change(self) -> None:
        """Something that belongs to the document in front changed: it will be safe soon."""
        self._note(self._documents.in_front)

    def restore(self, leftover: Leftover) -> None:
        """Open it, in front."""
        self._reading.run(
            lambda: read_journal(leftover.log),
            lambda recovered: self._show(leftover, recovered),
            lambda error: self._set_aside(leftover, error),
        )

    def discard(self, leftover: Leftover) -> None:
        """Offer it no more; it is deleted when this program ends, so that `take_back` can undo this."""
        self._discarded.append(leftover)
        self._drop(leftover)

    def take_back(self, leftover: Leftover) -> None:
        """Offer again what was discarded."""
        if leftover in self._discarded:
            self._discarded.remove(leftover)
            self._leftovers = (leftover, *self._leftovers)
            self.leftovers_changed.emit()

    def shutdown(self) -> None:
        """The program ends as it should: nothing of this session needs to be kept. No signals come any more."""
        self._timer.stop()
        self._is_started = False
        self._store.stop()
        self._reading.close()
        if not self._writing.close():
            log.error("The journal is still being written; it will be offered at the next start")
            return
        restored = [leftover for leftover, _ in self._restored_from]
        try:
            self._store.remove()
            for leftover in (*restored, *self._discarded):
                discard(leftover)
        except FileError:
            log.exception("The journal wasn't cleared away")
        for leftover in (*self._leftovers, *restored, *self._discarded):
            leftover.session.release()

    # --------------------------------------------------------------------------------------------- writing

    @Slot(object, object)
    def _follow(self, old: object, new: object) -> None:
        front = self._documents.in_front
        if old is not None:
            self._note(front)
        elif front not in self._numbers:
            self._due[front] = None
            self._timer.start(FIRST_MS)

    @Slot(object)
    def _note(self, opened: OpenDocument) -> None:
        if not self._is_started:
            return
        self._due[opened] = None
        if not self._timer.isActive():
            self._timer.start(self._settings.settings.autosave_interval_s * MS_PER_S)

    @Slot(object)
    def _on_closed(self, opened: OpenDocument) -> None:
        """What was written of it isn't needed."""
        self._due.pop(opened, None)
        number = self._numbers.pop(opened, None)
        if number is not None:
            self._store.stop(number)
            self._writing.run(lambda: self._store.drop(number), _ignore, self.failed.emit)

    def _write(self) -> None:
        if self._is_writing:
            return  # `_on_written` goes on with what is due by then
        due, self._due = list(self._due), {}
        if not due:
            return
        self._is_writing = True
        for opened in due:
            if opened not in self._numbers:
                self._numbers[opened] = next(self._next_number)
        entries = {self._numbers[opened]: self._entry(opened) for opened in due}

        def write() -> None:
            for number, entry in entries.items():
                self._store.write(number, entry)

        self._writing.run(write, lambda _: self._on_written(due), lambda error: self._on_failed(error, due))

    def _entry(self, opened: OpenDocument) -> Entry:
        steps, position = opened.history.steps, opened.history.position
        if opened.is_painting:
            steps = (*steps[: position + 1], Step(UNFINISHED, opened.document))
            position += 1
        return Entry(
            steps,
            position,
            is_modified=opened.is_modified or opened.is_painting,
            path=opened.path,
            extra={_GENERATION: to_json(self._generation.params_of(opened), _no_pixels)},
        )

    def _on_written(self, written: list[OpenDocument]) -> None:
        self._is_writing = False
        if self._has_failed:
            self._has_failed = False
            self.resumed.emit()
        done = [each for each in self._restored_from if each[1] in written]
        self._restored_from = [each for each in self._restored_from if each not in done]
        for leftover, _ in done:
            self._reading.run(partial(discard, leftover), _ignore, self.failed.emit)
        self.written.emit()
        if self._due and not self._timer.isActive():
            self._write()

    def _on_failed(self, error: SdPaintError, lacking: list[OpenDocument]) -> None:
        self._is_writing = False
        self._due = {each: None for each in (*lacking, *self._due) if not each.is_closed}
        if not self._has_failed:
            self._has_failed = True
            self.failed.emit(error)
        self._timer.start(RETRY_MS)

    # ------------------------------------------------------------------------------------------- restoring

    def _offer(self, found: tuple[Sequence[Leftover], Sequence[FileError]]) -> None:
        leftovers, problems = found
        for problem in problems:
            self.failed.emit(problem)
        self._leftovers = tuple(leftovers)
        if leftovers:
            self.leftovers_changed.emit()

    def _show(self, leftover: Leftover, recovered: Recovered) -> None:
        summary = recovered.summary
        self._drop(leftover)
        path = summary.path
        if path is not None and _was_changed_since(path, summary):
            self.noted.emit(f"{path.name} was saved since then: save what was restored under another name")
            path = None
        opened = self._documents.restore(recovered.steps, recovered.position, path)
        # It stays on disk until it is safe in this session's journal.
        self._restored_from.append((leftover, opened))
        self._restore_params(recovered.extra.get(_GENERATION))
        self.restored.emit(summary)

    def _restore_params(self, values: Any) -> None:
        try:
            params = from_json(values, _no_pixels)
        except Damaged:
            log.warning("The journal's parameters can't be restored", exc_info=True)
            return
        if isinstance(params, GenerationParams):
            self._generation.restore(params)

    def _set_aside(self, leftover: Leftover, error: SdPaintError) -> None:
        self._drop(leftover)
        self._reading.run(
            partial(set_aside, leftover),
            lambda kept: self.failed.emit(FileError(error.message, hint=f"It is kept as {kept}")),
            self.failed.emit,
        )

    def _drop(self, leftover: Leftover) -> None:
        self._leftovers = tuple(each for each in self._leftovers if each is not leftover)
        self.leftovers_changed.emit()


class _Store:
    """The session's folder and the logs of the open documents. Only `stop` may be called from another thread."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._session: JournalSession | None = None
        self._writers: dict[int, JournalWriter] = {}

    def write(self, number: int, entry: Entry) -> None:
        """Keep `entry` of the document of this number. Raises FileError."""
        if self._session is None:
            self._session = create_session(self._root)
        if number not in self._writers:
            self._writers[number] = JournalWriter(self._session.next_log(), LIMITS)
        self._writers[number].write(entry)

    def stop(self, number: int | None = None) -> None:
        """A write that runs, of this document or of any, may end with nothing written."""
        for key, writer in list(self._writers.items()):
            if number in (None, key):
                writer.stop()

    def drop(self, number: int) -> None:
        """The document is closed: its log goes. Raises FileError."""
        writer = self._writers.pop(number, None)
        if writer is not None:
            writer.remove()

    def remove(self) -> None:
        """All of it goes. Raises FileError."""
        for writer in self._writers.values():
            writer.close()
        if self._session is not None:
            self._session.remove()


def _was_changed_since(path: Path, summary: Summary) -> bool:
    try:
        return path.stat().st_mtime > summary.at + _CLOCK_SLACK_S
    except OSError:
        return False


def _no_pixels(_: object) -> NoReturn:
    raise TypeError("parameters hold no pixels")


def _ignore(_: object) -> None:
    """Nothing is left to be done."""
