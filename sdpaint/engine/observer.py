"""What happens at every scheduler step: cancel? → step → blend the kept region back → predicted x0 → preview.

Every diffusers pipeline calls `scheduler.step(model_output, t, sample)`. One wrapper around that method therefore sees
each step of every family, and no pipeline is forked. It raises to leave the loop at once: the `interrupt` flag of
diffusers would still walk the remaining steps.
"""

from __future__ import annotations

import functools
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any

import torch
from diffusers.schedulers.scheduling_utils import SchedulerOutput
from torch import Tensor

from sdpaint.engine.lanes import Lanes
from sdpaint.engine.late_start import LateStart
from sdpaint.engine.noising import NoiseLevel, noise_level, predicted_x0, prediction_type
from sdpaint.engine.preview import Previewer
from sdpaint.generation.engine import CancelToken

_STEPS_IN_FLIGHT = 2
"""How many steps the host may run ahead of a GPU: enough to keep it busy, few enough to cancel within one."""


class FinishedEarly(Exception):
    """Leaves the denoising loop with what is there: control flow, not an error."""

    def __init__(self, x0: Tensor) -> None:
        super().__init__()
        self.x0 = x0
        """Predicted x0, (1, channels, height/8, width/8)."""


@dataclass(frozen=True, eq=False)
class KeptRegion:
    """What inpainting must leave as it is, for a UNet that takes no mask.

    `original` are the latents of the picture, `noise` is what the denoising loop starts from, both
    (1, channels, height/8, width/8), or packed as the loop has them. `mask`, which fits onto them, is how strongly each
    place is made anew: 1 = through the whole schedule, 0 = not at all, in between = through that last share of it. This
    is differential diffusion (Levin & Fried 2023): a place of 0.5 looks as img2img at half the strength would.
    """

    original: Tensor
    noise: Tensor
    mask: Tensor

    def blend(self, latents: Tensor, level: NoiseLevel, progress: float) -> Tensor:
        """Put the original, noised to `level`, back where the mask keeps it. `progress` is 0…1 of the schedule."""
        # In float32: schedulers return now the network's precision, now that of their sigmas.
        kept = level.apply(self.original.to(torch.float32), self.noise.to(torch.float32))
        blended = torch.lerp(kept, latents.to(torch.float32), self.mask_at(progress).to(torch.float32))
        return blended.to(latents.dtype)

    def mask_at(self, progress: float) -> Tensor:
        """1 where the network has its way from this point of the schedule on, 0 where the original still stands.

        Hard, since a mix of two noisy latents is less noisy than the schedule says and comes out blurred.
        """
        return (self.mask > 1.0 - progress) | (self.mask >= 1.0)


class StepObserver:
    """Watches one picture's denoising loop.

    `on_step(step, steps)` hears of every step that is done; `steps` is what the artist asked for, whatever number of
    calls the scheduler makes of it (Heun calls twice a step, PLMS once more at the start).
    """

    def __init__(
        self,
        pipeline: Any,
        steps: int,
        cancel: CancelToken,
        on_step: Callable[[int, int], None],
        previewer: Previewer | None = None,
        kept: KeptRegion | None = None,
        unpack: Callable[[Tensor], Tensor] = lambda latents: latents,
        late: LateStart | None = None,
        lanes: Lanes | None = None,
    ) -> None:
        """`unpack`: from the loop's latents to (1, channels, height/8, width/8)."""
        self._lanes = lanes
        self._unpack = unpack
        self._late = late
        self._pipeline = pipeline
        self._scheduler = pipeline.scheduler
        self._steps = steps
        self._cancel = cancel
        self._on_step = on_step
        self._previewer = previewer
        self._kept = kept
        self._timesteps: list[float] = []
        self._entered = False
        self._loop = 0
        self._start = 0
        self._calls = 0
        self._done = 0
        self._in_flight: deque[torch.cuda.Event] = deque()

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Wrap `scheduler.step` for the time of a `with` block."""
        step = self._scheduler.step

        @functools.wraps(step)  # pipelines read the signature to decide what to pass
        def observed(model_output: Tensor, timestep: Any, sample: Tensor, *args: Any, **kwargs: Any) -> Any:
            return self._observe(step, model_output, timestep, sample, *args, **kwargs)

        self._scheduler.step = observed
        try:
            with (
                nullcontext() if self._late is None else self._late.cutting(self._scheduler),
                nullcontext() if self._lanes is None else self._lanes.running(),
            ):
                yield
        finally:
            del self._scheduler.step  # uncovers the class's own

    def position(self) -> tuple[int, int] | None:
        """(how many evaluations of the network are done, how many there will be); None where the next is a blind one.

        For use within the loop, when the pipeline has set its schedule.
        """
        if self._late is not None and not self._entered:
            return None
        self._look_at_schedule()
        return self._calls, self._loop

    def _look_at_schedule(self) -> None:
        if self._timesteps:
            return
        self._timesteps = [float(t) for t in self._scheduler.timesteps.tolist()]
        self._loop = len(self._timesteps)
        if self._late is None:
            # PixArt's pipelines don't count; their loop is the whole schedule.
            self._loop = getattr(self._pipeline, "num_timesteps", self._loop)
        self._start = len(self._timesteps) - self._loop

    def _observe(
        self, step: Callable[..., Any], model_output: Tensor, timestep: Any, sample: Tensor, *args: Any, **kwargs: Any
    ) -> Any:
        self._cancel.raise_if_cancelled()
        as_dict = kwargs.pop("return_dict", True)
        if self._late is not None and not self._entered:
            self._entered = True
            if self._lanes is not None:
                self._lanes.mixed(model_output, self._cancel)  # theirs is as blind
            entered = self._late.enter(self._scheduler, sample)
            self._go_on(entered)
            return SchedulerOutput(prev_sample=entered) if as_dict else (entered,)
        self._look_at_schedule()
        index = self._start + self._calls
        level = noise_level(self._scheduler, self._timesteps, index)
        if self._lanes is not None:
            model_output = self._lanes.mixed(model_output, self._cancel)
        output = step(model_output, timestep, sample, *args, return_dict=True, **kwargs)
        self._calls += 1
        calls = self._loop
        progress = self._calls / calls
        latents = output.prev_sample
        if self._kept is not None:
            after = noise_level(self._scheduler, self._timesteps, index + 1)
            latents = output["prev_sample"] = self._kept.blend(latents, after, progress)
        self._go_on(latents)

        def x0() -> Tensor:
            return self._unpack(self._x0(output, model_output, sample, level, progress))

        self._stay_close(latents.device)
        if self._cancel.wants_early_finish and self._calls < calls:
            raise FinishedEarly(x0())
        done = self._calls * self._steps // calls
        if self._previewer is not None and (done > self._done or self._calls == 1):
            self._previewer.offer(max(done, 1), x0, last=done == self._steps)
        if done > self._done:
            self._done = done
            self._on_step(done, self._steps)
        return output if as_dict else (latents,)

    def _go_on(self, latents: Tensor) -> None:
        if self._lanes is not None:
            self._lanes.go_on(latents)

    def _x0(self, output: Any, model_output: Tensor, sample: Tensor, level: NoiseLevel, progress: float) -> Tensor:
        for own in ("pred_original_sample", "denoised"):
            if output.get(own) is not None:
                x0 = output[own]
                break
        else:
            x0 = predicted_x0(prediction_type(self._scheduler), model_output, sample, level)
        return x0 if self._kept is None else self._kept.blend(x0, NoiseLevel(1.0, 0.0), progress)

    def _stay_close(self, device: torch.device) -> None:
        # CUDA only queues work: without this all steps would be queued before the first is done, and neither
        # progress nor cancel would mean anything. Waiting for the last step but one leaves the GPU busy.
        if device.type != "cuda":
            return
        event = torch.cuda.Event()  # type: ignore[no-untyped-call]
        event.record()
        self._in_flight.append(event)
        if len(self._in_flight) > _STEPS_IN_FLIGHT:
            self._in_flight.popleft().synchronize()
