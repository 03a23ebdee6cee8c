"""Late start: a text pipeline that begins in the middle of its schedule, from a noised picture.

Most families have no image pipeline in diffusers. Their text pipelines take latents to start from, but not the point of
the schedule, which some compute from the size of the picture. So the schedule is cut when the pipeline has set it, and
its first step is a blind one: what the network makes of the latents that came in is thrown away, and the noised picture
takes their place. That costs one evaluation, and the rest is what an image pipeline does.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from sdpaint.engine.noising import noise_level


@dataclass(frozen=True, eq=False)
class LateStart:
    """Leave out the first `skipped` steps. `original` and `noise` are latents as the loop has them."""

    skipped: int
    original: Tensor
    noise: Tensor

    @contextmanager
    def cutting(self, scheduler: Any) -> Iterator[None]:
        """Cut the schedule that a pipeline sets within a `with` block, and repeat its first timestep."""
        set_timesteps = scheduler.set_timesteps

        @functools.wraps(set_timesteps)  # pipelines read the signature to decide what to pass
        def cut(*args: Any, **kwargs: Any) -> None:
            set_timesteps(*args, **kwargs)
            first = self.skipped * scheduler.order
            kept = scheduler.timesteps[first:]
            scheduler.timesteps = torch.cat([kept[:1], kept])
            sigmas = getattr(scheduler, "sigmas", None)
            if sigmas is not None:
                scheduler.sigmas = sigmas[first:]

        scheduler.set_timesteps = cut
        try:
            yield
        finally:
            del scheduler.set_timesteps  # uncovers the class's own

    def enter(self, scheduler: Any, sample: Tensor) -> Tensor:
        """The latents to go on with after the blind step, in the form and precision of `sample`."""
        scheduler.timesteps = scheduler.timesteps[1:]
        if hasattr(scheduler, "_step_index"):
            scheduler._step_index = None  # some have looked the repeated timestep up already, and found the second
        level = noise_level(scheduler, [float(t) for t in scheduler.timesteps.tolist()], 0)
        noised = level.apply(self.original.to(torch.float32), self.noise.to(torch.float32))
        return noised.to(sample.dtype)
