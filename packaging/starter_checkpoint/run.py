"""One training run: its folder, its device, its state on disk, its log, and how long it may go on."""

from __future__ import annotations

import json
import math
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from starter_checkpoint.config import Recipe

SAVE_EVERY_S = 60.0


@dataclass
class Run:
    """What every stage is given. `folder` holds all that is made; `minutes` limits one call, not the training."""

    recipe: Recipe
    folder: Path
    device: torch.device
    minutes: float
    workers: int
    started: float
    compile: bool = True

    @property
    def is_cuda(self) -> bool:
        """Whether there is a GPU to feed."""
        return self.device.type == "cuda"

    def time_left(self) -> float:
        """Seconds until this call must end."""
        return self.minutes * 60.0 - (time.monotonic() - self.started)

    def stage(self, name: str) -> Stage:
        """The place of one stage."""
        return Stage(self, name)


def open_run(
    recipe: Recipe, folder: Path, minutes: float, workers: int | None = None, device: str | None = None
) -> Run:
    """A run on the best device here."""
    chosen = torch.device(device or ("cuda" if torch.cuda.is_available() else "cpu"))
    if workers is None:
        workers = max(1, (os.cpu_count() or 2) - 1) if chosen.type == "cuda" else 1
    if chosen.type == "cuda":
        torch.backends.cuda.matmul.allow_tf32 = True
        torch.backends.cudnn.allow_tf32 = True
        torch.backends.cudnn.benchmark = True
    folder.mkdir(parents=True, exist_ok=True)
    return Run(recipe, folder, chosen, minutes, workers, time.monotonic())


class Stage:
    """One stage of a run: its state file, its log, how far it is, and when it must pause."""

    def __init__(self, run: Run, name: str) -> None:
        length = run.recipe.lengths[name]
        self.step = 0
        self._steps = length.steps
        self._budget_s = 60.0 * (length.cuda_minutes if run.is_cuda else length.cpu_minutes)
        self._spent_s = 0.0
        self.run = run
        self.name = name
        self.state_path = run.folder / f"{name}.state.pt"
        self._progress_path = run.folder / f"{name}.progress.json"
        self._log_path = run.folder / f"{name}.log.jsonl"
        self._saved = time.monotonic()
        self._begun = time.monotonic()

    @property
    def spent_s(self) -> float:
        """Seconds spent training, over all calls."""
        return self._spent_s + time.monotonic() - self._begun

    @property
    def part(self) -> float:
        """How far the training is, 0…1: in steps or in time, whichever is further."""
        return min(1.0, max(self.step / self._steps, self.spent_s / self._budget_s))

    @property
    def is_done(self) -> bool:
        """Whether it has come to its end."""
        return self.part >= 1.0

    def was_done(self) -> bool:
        """Whether an earlier call came to the end."""
        if not self._progress_path.is_file():
            return False
        progress = json.loads(self._progress_path.read_text(encoding="utf-8"))
        return bool(progress["step"] >= self._steps or progress["spent_s"] >= self._budget_s)

    def must_stop(self) -> bool:
        """Whether this call ends here: trained to the end, or out of minutes."""
        return self.is_done or self.run.time_left() <= 0.0

    def load(self) -> dict[str, Any] | None:
        """What an earlier call left, or None. Call it when all is ready to go: the clock starts here."""
        state: dict[str, Any] | None = None
        if self.state_path.is_file():
            state = torch.load(self.state_path, map_location=self.run.device, weights_only=True)
            self.step, self._spent_s = int(state["step"]), float(state["spent_s"])
        self._begun = time.monotonic()
        return state

    def save(self, state: Mapping[str, Any]) -> None:
        """Keep the state; a broken write leaves the one before."""
        scratch = self.state_path.with_suffix(".tmp")
        progress = {"step": self.step, "spent_s": self.spent_s}
        torch.save({**state, **progress}, scratch)
        os.replace(scratch, self.state_path)
        self._progress_path.write_text(json.dumps(progress), encoding="utf-8")
        self._saved = time.monotonic()

    def must_save(self) -> bool:
        """Whether the last save was long ago."""
        return time.monotonic() - self._saved > SAVE_EVERY_S

    def rate(self, full: float, warm: int, hold: float) -> float:
        """The learning rate now: linear warm-up, `hold` of the way at full rate, then a cosine down to 2 %."""
        if self.step < warm:
            return full * (self.step + 1) / warm
        fall = min(1.0, max(0.0, (self.part - hold) / (1.0 - hold)))
        return full * (0.02 + 0.98 * 0.5 * (1.0 + math.cos(math.pi * fall)))

    def log(self, **values: float) -> None:
        """One line to the log file and to the screen."""
        record = {
            "step": self.step,
            "seconds": round(self.spent_s, 1),
            **{key: round(value, 5) for key, value in values.items()},
        }
        with self._log_path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(record) + "\n")
        shown = " ".join(f"{key} {value:.4g}" for key, value in values.items())
        print(
            f"{self.name} step {self.step} · {100 * self.part:.1f} % · {self.spent_s:.0f} s · {shown}",
            flush=True,
        )


class Average:
    """An exponential moving average of parameters, in float32."""

    def __init__(self, parameters: list[nn.Parameter], decay: float) -> None:
        self.decay = decay
        self._parameters = parameters
        self.values: list[Tensor] = [parameter.detach().clone().float() for parameter in parameters]

    def update(self, step: int) -> None:
        """Follow the parameters; quickly at first."""
        decay = min(self.decay, (1.0 + step) / (10.0 + step))
        torch._foreach_lerp_(
            self.values, [parameter.detach().float() for parameter in self._parameters], 1.0 - decay
        )

    def copy_to(self, parameters: list[nn.Parameter]) -> None:
        """Write the average into parameters of the same shapes."""
        copy_values(self.values, parameters)


def copy_values(values: list[Tensor], parameters: list[nn.Parameter]) -> None:
    """Write values into parameters of the same shapes, wherever both are."""
    with torch.no_grad():
        if all(value.device == parameter.device for value, parameter in zip(values, parameters, strict=True)):
            torch._foreach_copy_(parameters, values)
            return
        for value, parameter in zip(values, parameters, strict=True):
            parameter.copy_(value)


class Training:
    """The part of a training loop that is the same in every stage: optimiser, average, schedule, log and state."""

    def __init__(
        self,
        stage: Stage,
        network: nn.Module,
        rate: float,
        decay: float,
        warm: int,
        hold: float,
        weight_decay: float = 0.0,
    ) -> None:
        self.stage = stage
        self._network = network
        self._rate, self._warm, self._hold = rate, warm, hold
        self.parameters = list(network.parameters())
        self._optimizer = torch.optim.AdamW(
            self.parameters, lr=rate, betas=(0.9, 0.99), weight_decay=weight_decay, fused=stage.run.is_cuda
        )
        self.average = Average(self.parameters, decay)
        self._shown: dict[str, list[Tensor]] = {}
        self.extra: dict[str, Any] = {}
        """What else is kept with the state."""

    def resume(self) -> None:
        """Go on from the stage's state, if there is one; then the clock starts.

        A state that came from another machine holds the averages alone: weights start from them, the optimiser anew.
        """
        state = self.stage.load()
        if state is None:
            return
        self.average.values = [value.float().clone() for value in state["average"]]
        if "network" in state:
            self._network.load_state_dict(state["network"])
            self._optimizer.load_state_dict(state["optimizer"])
        else:
            self.average.copy_to(self.parameters)

    def save(self) -> None:
        """Keep everything."""
        weights = {"network": self._network.state_dict(), "optimizer": self._optimizer.state_dict()}
        self.stage.save({**weights, "average": self.average.values, **self.extra})

    def step(self, loss: Tensor, log_every: int, **shown: Tensor) -> bool:
        """Follow the gradient of a loss. Returns whether a line was logged: means since the last one."""
        for group in self._optimizer.param_groups:
            group["lr"] = self.stage.rate(self._rate, self._warm, self._hold)
        self._optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.parameters, 1.0)
        self._optimizer.step()
        self.stage.step += 1
        self.average.update(self.stage.step)
        for name, value in {"loss": loss, **shown}.items():
            self._shown.setdefault(name, []).append(value.detach())
        if self.stage.must_save():
            self.save()
        return self.stage.step % log_every == 0

    def means(self) -> dict[str, float]:
        """The means of what was shown since they were last asked for."""
        found = {name: torch.stack(values).float().mean().item() for name, values in self._shown.items()}
        self._shown.clear()
        return found


def maybe_compiled(run: Run, function: Callable[..., Any]) -> Callable[..., Any]:
    """The function compiled on a GPU, where launching kernels would cost more than running them."""
    if run.is_cuda and run.compile:
        compiled: Callable[..., Any] = torch.compile(function)
        return compiled
    return function


def to_device(batch: Tensor, device: torch.device) -> Tensor:
    """Pictures (n, h, w, 3) uint8 → (n, 3, h, w) float32 -1…1 in channels_last on the device."""
    if device.type == "cuda":
        batch = batch.pin_memory().to(device, non_blocking=True)
    pictures = batch.permute(0, 3, 1, 2).to(torch.float32) / 127.5 - 1.0
    return pictures.contiguous(memory_format=torch.channels_last)
