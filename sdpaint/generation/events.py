"""What the engine says while it works: a union of frozen values, taken apart with `match`.

Order for each request: Started, then Progress/Preview/Relieved/Explained/ImageDone in any number, then exactly one of
Finished, Failed, Cancelled.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from sdpaint.errors import SdPaintError
from sdpaint.generation.cost import Cost
from sdpaint.generation.heat import HeatMaps


class Phase(Enum):
    """What the engine is busy with; the value is what the artist reads."""

    STARTING = "Starting the engine"
    LOADING = "Loading the checkpoint"
    ENCODING = "Reading the prompt"
    SAMPLING = "Sampling"
    DECODING = "Developing the picture"


@dataclass(frozen=True)
class Started:
    """The request has left the queue."""

    request_id: str
    count: int


@dataclass(frozen=True)
class Progress:
    """How far it is. `step` of `steps` counts scheduler timesteps that are done, of picture `index`.

    Outside SAMPLING, `steps` is 0. `seconds_left` is for the whole request, None while unknown.
    """

    request_id: str
    phase: Phase
    step: int = 0
    steps: int = 0
    index: int = 0
    count: int = 1
    seconds_left: float | None = None

    @property
    def fraction(self) -> float:
        """Share of the whole request that is done, 0…1."""
        within = self.step / self.steps if self.steps else float(self.phase is Phase.DECODING)
        return min(1.0, (self.index + within) / max(1, self.count))


@dataclass(frozen=True, eq=False)
class Preview:
    """The predicted x0 after `step`, as a small picture: (height/8, width/8, 3) uint8 RGB, owned by the receiver."""

    request_id: str
    index: int
    step: int
    image: NDArray[np.uint8]


@dataclass(frozen=True)
class Relieved:
    """Memory ran out, and something was done about it: a sentence for the artist. The picture still comes."""

    request_id: str
    text: str


@dataclass(frozen=True, eq=False)
class Explained:
    """Where the words of picture `index` were looked at while it was made; before its ImageDone, where asked for."""

    request_id: str
    index: int
    heat: HeatMaps


@dataclass(frozen=True, eq=False)
class ImageDone:
    """Picture `index` is ready: (height, width, 3) uint8 RGB of the request's size, owned by the receiver.

    `complete` is False where the artist stopped early and kept what was there. `note` says what was done otherwise
    than asked for, where memory was short.
    """

    request_id: str
    index: int
    seed: int
    image: NDArray[np.uint8]
    complete: bool = True
    note: str = ""


@dataclass(frozen=True)
class Finished:
    """All pictures are out. `seconds` is the time from Started on; `cost` what was measured, None where nothing was."""

    request_id: str
    seconds: float
    cost: Cost | None = None


@dataclass(frozen=True)
class Failed:
    """It went wrong; pictures that are out stay valid."""

    request_id: str
    error: SdPaintError


@dataclass(frozen=True)
class Cancelled:
    """The artist stopped it; pictures that are out stay valid."""

    request_id: str


Event = Started | Progress | Preview | Relieved | Explained | ImageDone | Finished | Failed | Cancelled
