"""What a picture costs: time and memory, learnt from what was measured on this machine, by checkpoint.

Work is counted in pixel steps: pixels that are worked on, times steps, over all passes and tiles. How long one takes
depends on the checkpoint, the device and, since attention grows faster than the picture, on the size; so an estimate
follows those of the past that are nearest in size.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sdpaint.generation.crop import CropPlan
from sdpaint.generation.request import MAX_STEPS, SamplingParams

_REMEMBERED = 24
"""Measurements of a checkpoint; the oldest go, so that a new driver or device is learnt."""
_NEAREST = 3
LEAST_STEPS = 4
"""What remains where a low strength would leave no step at all."""


@dataclass(frozen=True)
class Cost:
    """What was measured of one request, without loading. `pixels`: of the largest part that was worked on at once.

    `peak_bytes`: memory of the device in use, or of the process on a CPU; None where that can't be told.
    """

    pixel_steps: int
    pixels: int
    seconds: float
    peak_bytes: int | None = None


@dataclass(frozen=True)
class Estimate:
    """What a request is expected to cost."""

    seconds: float
    peak_bytes: int | None = None


@dataclass(frozen=True)
class CostBook:
    """Measurements by checkpoint, newest last. Frozen: `learnt` gives another one."""

    costs: Mapping[str, tuple[Cost, ...]] = field(default_factory=dict)

    def learnt(self, checkpoint: str, cost: Cost) -> CostBook:
        """The book with one measurement more. What took no time or did nothing teaches nothing."""
        if cost.pixel_steps <= 0 or cost.pixels <= 0 or cost.seconds <= 0.0:
            return self
        kept = (*self.costs.get(checkpoint, ()), cost)[-_REMEMBERED:]
        return CostBook({**self.costs, checkpoint: kept})

    def estimate(self, checkpoint: str, pixel_steps: int, pixels: int) -> Estimate | None:
        """What so much work would cost; None where nothing was measured yet."""
        known = self.costs.get(checkpoint, ())
        if not known:
            return None
        by_work = sorted(known, key=lambda cost: abs(math.log(cost.pixel_steps / max(1, pixel_steps))))[:_NEAREST]
        seconds = pixel_steps * statistics.median(cost.seconds / cost.pixel_steps for cost in by_work)
        by_size = sorted(known, key=lambda cost: abs(math.log(cost.pixels / max(1, pixels))))[:_NEAREST]
        peaks = [cost.peak_bytes for cost in by_size if cost.peak_bytes is not None]
        return Estimate(seconds, round(statistics.median(peaks)) if peaks else None)

    def to_json(self) -> dict[str, Any]:
        """Plain values; `from_json` gives them back."""
        return {
            name: [[cost.pixel_steps, cost.pixels, round(cost.seconds, 4), cost.peak_bytes] for cost in costs]
            for name, costs in self.costs.items()
        }

    @classmethod
    def from_json(cls, values: object) -> CostBook:
        """The book of plain values. What isn't a measurement is passed over: it is learnt anew."""
        book = cls()
        if not isinstance(values, dict):
            return book
        for name, rows in values.items():
            for row in rows if isinstance(rows, list) else ():
                match row:
                    case [int(steps), int(pixels), int() | float() as seconds, None | int() as peak] if not any(
                        isinstance(each, bool) for each in row
                    ):
                        book = book.learnt(str(name), Cost(steps, pixels, float(seconds), peak))
        return book


def plan_steps(steps: int, strength: float) -> tuple[int, float, int]:
    """(num_inference_steps, strength) to pass to an img2img pipeline, and the steps that it will do.

    Passed as they are wherever at least one step remains, so that numbers mean the same as in every other program.
    Where none would, as many steps are planned as let 4 remain.
    """
    done = min(int(steps * strength), steps)
    if done >= 1:
        return steps, strength, done
    strength = max(strength, 1.0 / MAX_STEPS)
    planned = min(math.ceil(LEAST_STEPS / strength), MAX_STEPS)
    while int(planned * strength) < 1:  # 1000 · 0.001 may come out as 0.999…
        strength = math.nextafter(strength, 1.0)
    return planned, strength, min(int(planned * strength), planned)


def work_of(plan: CropPlan, sampling: SamplingParams, strength: float) -> tuple[int, int]:
    """(pixel steps, most pixels at once) of a plan, for all pictures."""
    steps = plan_steps(sampling.steps, strength)[2]
    passes = plan.passes
    if passes is None:
        return plan.work_size.area * steps * sampling.count, plan.work_size.area
    first = 0 if passes.first is None else passes.first.area
    refining = plan_steps(sampling.steps, passes.strength)[2]
    tiles = [tile.width * tile.height for tile in passes.tiles]
    return (first * steps + sum(tiles) * refining) * sampling.count, max([first, *tiles])
