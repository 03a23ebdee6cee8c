"""NoiseSchedule: how much noise there is before each step of a sampling, as values for people."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from sdpaint.generation.request import SamplerName
from sdpaint.imaging.geometry import Size


@dataclass(frozen=True)
class SchedulePlan:
    """What a schedule depends on. `planned` steps are laid out, of which the last `done` are done."""

    checkpoint: Path
    sampler: SamplerName
    planned: int
    done: int
    size: Size

    @property
    def start(self) -> int:
        """How many steps are left out at the beginning: what is there is kept so far."""
        return self.planned - self.done


@dataclass(frozen=True)
class NoisePoint:
    """Before a step: its timestep of the training, and the standard deviations of picture and noise in the latents."""

    timestep: float
    signal: float
    noise: float

    @property
    def share(self) -> float:
        """0…1: how much of the latents is noise."""
        return self.noise / math.hypot(self.signal, self.noise)

    @property
    def sigma(self) -> float:
        """Noise relative to the picture; infinite where there is nothing but noise."""
        return self.noise / self.signal if self.signal > 0.0 else math.inf


@dataclass(frozen=True)
class NoiseSchedule:
    """One point for each planned step."""

    plan: SchedulePlan
    points: tuple[NoisePoint, ...]


ReadSchedule = Callable[[SchedulePlan], NoiseSchedule]
"""Asks the true scheduler. Raises SdPaintError; not for the GUI thread."""
