"""Stores: where what generation makes, measures and has still to do is kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from sdpaint.controllers.queue_keeper import QueueDisk
from sdpaint.controllers.result_files import ResultRecorder, ResultWriter
from sdpaint.generation.cost import CostBook


class CostStore(Protocol):
    """Where costs are kept from one start to the next; fileio.costs.CostFile is the real one. Not on the GUI thread."""

    def read(self) -> CostBook:
        """What is there."""

    def write(self, book: CostBook) -> None:
        """Replace what is there. Raises FileError."""


@dataclass(frozen=True)
class Stores:
    """`results` takes every picture. For what is None, nothing is kept."""

    results: ResultWriter
    recorder: ResultRecorder | None = None
    """What results can be found in."""
    queue: QueueDisk | None = None
    """Jobs that an earlier run of the program didn't come to."""
    costs: CostStore | None = None
    """What jobs have cost."""
