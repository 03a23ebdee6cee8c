"""ResultFiles: pictures on their way to the disk, and the contact sheets of tables."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal

from sdpaint.controllers.job_queue import Job
from sdpaint.controllers.picture_table import PictureTable, TableMade
from sdpaint.fileio.results import Announce
from sdpaint.generation.events import ImageDone
from sdpaint.generation.request import GenerationRequest
from sdpaint.generation.result import result_id_of
from sdpaint.worker.background import Background


class ResultWriter(Protocol):
    """Where pictures go at once; fileio.results.ResultStore is the real one. Called off the GUI thread.

    The signature is the store's, so that mypy finds where the two differ; a fake takes its place in tests.
    """

    def write(
        self,
        request: GenerationRequest,
        seed: int,
        image: NDArray[np.uint8],
        checkpoint_name: str,
        announce: Announce | None = None,
        note: str = "",
    ) -> Path:
        """Write the picture with its recipe and a note; `announce` hears of it before. Raises FileError."""

    def write_sheet(self, picture: NDArray[np.uint8], words: str) -> Path:
        """Write a contact sheet beside the pictures. Raises FileError."""


class ResultRecorder(Protocol):
    """What results can be found in; fileio.result_index.ResultIndex is the real one. Not on the GUI thread."""

    def record(self, path: Path) -> None:
        """A result was written there. Raises FileError."""


class ResultFiles(QObject):
    """Everything goes through `background`, in order."""

    written = Signal(object, str, object)
    """(Job, id of the result, Path)."""
    table_made = Signal(object)
    """TableMade."""
    failed = Signal(object)
    """SdPaintError."""

    def __init__(
        self,
        writer: ResultWriter,
        recorder: ResultRecorder | None,
        background: Background,
        parent: QObject | None = None,
    ) -> None:
        """`background` has one thread. `recorder` None: nothing is to be found later."""
        super().__init__(parent)
        self._writer = writer
        self._recorder = recorder
        self._background = background

    def write(self, job: Job, event: ImageDone, announce: Announce | None) -> None:
        """Write a picture that a job that has begun has made."""
        alone, result_id = job.begun.request.alone(event.index), result_id_of(event)

        def work() -> Path:
            path = self._writer.write(alone, event.seed, event.image, job.checkpoint_name, announce, event.note)
            if self._recorder is not None:
                self._recorder.record(path)
            return path

        self._background.run(work, lambda path: self.written.emit(job, result_id, path), self.failed.emit)

    def close_cell(self, job: Job) -> None:
        """Nothing more comes from this job: its table, where it has one, may be whole."""
        table = job.table
        if table is None:
            return
        if job.cell not in table.pictures:
            table.missing.add(job.cell)
        if table.is_whole and table.pictures and not table.is_made:
            # The last pictures may be in before the ends of several jobs are heard of.
            table.is_made = True
            self._make_sheet(table)

    def _make_sheet(self, table: PictureTable) -> None:
        def work() -> TableMade:
            sheet = table.sheet()
            return TableMade(table, sheet, self._writer.write_sheet(sheet, table.words))

        self._background.run(work, self.table_made.emit, self.failed.emit)
