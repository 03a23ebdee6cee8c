"""Ladder: what is done, one step after the other, where memory runs out, until the picture comes.

    caches → tiles → offload → smaller

Each step keeps the ones before. What worked is remembered for a checkpoint and size, so that the next picture begins
there.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import IntEnum
from pathlib import Path

from sdpaint.engine.passes import at_size
from sdpaint.generation.memory_plan import MemoryPlan
from sdpaint.generation.request import LATENT_MULTIPLE, GenerationRequest
from sdpaint.imaging.geometry import Size

_LEAST_SIDE_PX = 64


class Rung(IntEnum):
    """How far up."""

    AS_PLANNED = 0
    CACHES = 1
    TILES = 2
    OFFLOAD = 3
    SMALLER = 4
    SMALLEST = 5


_SCALES = {Rung.SMALLER: 0.75, Rung.SMALLEST: 0.5}


class LadderBook:
    """How far up the ladder each checkpoint had to go in this session, by pixels."""

    def __init__(self) -> None:
        self._known: dict[Path, dict[int, Rung]] = {}

    def start(self, checkpoint: Path, pixels: int) -> Rung:
        """Where to begin: a larger picture needs no less than a smaller one did."""
        known = self._known.get(checkpoint, {})
        return max((rung for size, rung in known.items() if size <= pixels), default=Rung.AS_PLANNED)

    def learn(self, checkpoint: Path, pixels: int, rung: Rung) -> None:
        """It worked so. Caches that were freed once needn't be freed before there is a lack again."""
        if rung > Rung.CACHES:
            self._known.setdefault(checkpoint, {})[pixels] = rung

    def forget(self) -> None:
        """Begin anew."""
        self._known.clear()


class Ladder:
    """How far up one picture is."""

    def __init__(self, start: Rung) -> None:
        self._start = self._rung = start
        self._has_shrunk = False

    @property
    def rung(self) -> Rung:
        """The step that holds."""
        return self._rung

    @property
    def has_climbed(self) -> bool:
        """Whether memory has run out since the start."""
        return self._rung > self._start or self._has_shrunk

    @property
    def is_tiled(self) -> bool:
        """Whether the autoencoder works in tiles."""
        return self._rung >= Rung.TILES

    @property
    def scale(self) -> float:
        """Of the sides that are worked at."""
        return _SCALES.get(self._rung, 1.0)

    def climb(self, shrink: Callable[[], bool]) -> bool:
        """One step up; False at the top. `shrink` plans with less on the device, and says whether that was possible."""
        if self._rung is Rung.SMALLEST:
            return False
        if Rung.TILES <= self._rung <= Rung.OFFLOAD and shrink():
            self._has_shrunk = True
            self._rung = Rung.OFFLOAD
        elif self._rung is Rung.TILES:
            self._rung = Rung.SMALLER
        else:
            self._rung = Rung(self._rung + 1)
        return True

    def tile(self) -> None:
        """The step to tiles alone, for what is left to be developed."""
        self._rung = max(self._rung, Rung.TILES)

    def describe(self, plan: MemoryPlan) -> str:
        """A sentence about what is done; empty where nothing had to be."""
        if self._rung is Rung.AS_PLANNED:
            return ""
        done = ["worked in tiles" if self.is_tiled else "dropped what was kept ready"]
        if self._rung >= Rung.OFFLOAD and (self._has_shrunk or self._start >= Rung.OFFLOAD):
            done.append(f"went on with {plan.describe().lower()}")
        if self.scale < 1.0:
            done.append(f"made the picture at {self.scale:.0%} of its size and enlarged it")
        return f"Memory ran out, so sdpaint {_listed(done)}"


def _listed(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def smaller(request: GenerationRequest, scale: float) -> GenerationRequest:
    """The request at a smaller size, with what it starts from; the same where it can't be made smaller."""
    if scale >= 1.0:
        return request
    return at_size(request, Size(_side(request.size.width, scale), _side(request.size.height, scale)))


def _side(px: int, scale: float) -> int:
    return min(px, max(_LEAST_SIDE_PX, round(px * scale / LATENT_MULTIPLE) * LATENT_MULTIPLE))
