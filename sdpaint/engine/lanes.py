"""Regions of networks that read words not by cross-attention alone: one prediction for each region, mixed by shares.

A transformer that reads words and picture together has no cross-attention that could be told where to look, and a UNet
that scales its blocks by the pooled prompt gives it to all places alike. So the pipeline runs once more for each
region, on a lane of its own, in step with the first run: at each step the lanes hand over what they predict for the
same latents, the mix of all is what the scheduler steps with, and its latents go back to all (MultiDiffusion, Bar-Tal
et al. 2023). A lane stops inside its pipeline's call of `scheduler.step`, which only a thread can do without forking
the pipeline; but one runs at a time, while the others wait.
"""

from __future__ import annotations

import copy
import functools
import queue
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from diffusers.schedulers.scheduling_utils import SchedulerOutput
from torch import Tensor

from sdpaint.engine.regional_attention import reduced
from sdpaint.generation.engine import CancelToken


class Lanes:
    """The runs for all regions of one picture, beside the run of `pipeline` for the whole's own words."""

    def __init__(self, pipeline: Any, arguments: Sequence[Mapping[str, Any]], shares: Tensor) -> None:
        """`arguments`: those of each region's call. `shares`: (1 + regions, …) that fit onto the loop's latents."""
        self.shares = shares
        self._pipeline = pipeline
        self._arguments = tuple(arguments)
        self._lanes: tuple[_Lane, ...] = ()
        self.turn = 0
        """Whose words the network is asked with now: 0 for the whole's own, else those of the region of this number."""

    def share_of(self, turn: int, hidden_states: Tensor) -> Tensor:
        """How much one of the texts counts at each place of a UNet layer's states (batch, places, width)."""
        return reduced(self.shares[turn], hidden_states.shape[1]).to(hidden_states).reshape(1, -1, 1)

    def in_form(self, form: Callable[[Tensor], Tensor], channels: int) -> Lanes:
        """The same for a loop that has its latents, of so many channels, in another form."""
        shares = [form(share.expand(-1, channels, -1, -1).contiguous()) for share in self.shares]
        return Lanes(self._pipeline, self._arguments, torch.stack(shares))

    @contextmanager
    def running(self) -> Iterator[None]:
        """Runs exist within a `with` block. At its end they are left where they are."""
        scheduler = self._pipeline.scheduler
        self._lanes = tuple(_Lane(self._pipeline, scheduler, each) for each in self._arguments)
        try:
            yield
        finally:
            for lane in self._lanes:
                lane.leave()
            self._lanes = ()

    def mixed(self, prediction: Tensor, cancel: CancelToken) -> Tensor:
        """The prediction for the whole's words and those of the lanes, by their shares."""
        mixed = prediction * self.shares[0].to(prediction)
        try:
            for turn, (lane, share) in enumerate(zip(self._lanes, self.shares[1:], strict=True), 1):
                self.turn = turn
                cancel.raise_if_cancelled()
                mixed = mixed + lane.prediction() * share.to(prediction)
        finally:
            self.turn = 0
        return mixed

    def go_on(self, latents: Tensor) -> None:
        """What the step came to: all lanes go on from there when they are asked next."""
        for lane in self._lanes:
            lane.latents = latents


class _Left(Exception):
    """Leaves a lane's pipeline: control flow, not an error."""


class _Lane:
    """One run of a pipeline that waits at each step until its next prediction is wanted."""

    def __init__(self, pipeline: Any, scheduler: Any, arguments: Mapping[str, Any]) -> None:
        self.latents: Tensor | None = None
        self._pipeline = copy.copy(pipeline)  # shares the networks
        self._pipeline.scheduler = _Shadow(scheduler, self)
        self._arguments = arguments
        self._goes = queue.SimpleQueue[bool]()
        self._said = queue.SimpleQueue[Tensor | Exception]()
        self._thread: threading.Thread | None = None

    def prediction(self) -> Tensor:
        """Run until the next step. Raises what the pipeline raises."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="region", daemon=True)
            self._thread.start()
        else:
            self._goes.put(True)
        said = self._said.get()
        if isinstance(said, Exception):
            raise said
        return said

    def leave(self) -> None:
        """End the run where it is."""
        if self._thread is not None:
            self._goes.put(False)
            self._thread.join()

    def step(self, prediction: Tensor) -> Tensor:
        """Hand a prediction over; the latents to go on with. On the lane's thread."""
        self._said.put(prediction)
        if not self._goes.get():
            raise _Left
        assert self.latents is not None
        return self.latents

    def _run(self) -> None:
        try:
            with torch.inference_mode():
                self._pipeline(**self._arguments)
            self._said.put(RuntimeError("a region's run ended before the picture's"))
        except _Left:
            return
        except Exception as error:  # noqa: BLE001 - raised again where the prediction was asked for
            self._said.put(error)


class _Shadow:
    """The picture's scheduler as a lane sees it: its tables and state, but the steps are the picture's own."""

    def __init__(self, scheduler: Any, lane: _Lane) -> None:
        self._scheduler = scheduler
        self.timesteps = scheduler.timesteps

        @functools.wraps(scheduler.set_timesteps)  # pipelines read the signatures to decide what to pass
        def set_timesteps(*_args: Any, **_kwargs: Any) -> None:
            self.timesteps = scheduler.timesteps

        @functools.wraps(scheduler.step)
        def step(model_output: Tensor, _timestep: Any, _sample: Tensor, *_args: Any, **kwargs: Any) -> Any:
            latents = lane.step(model_output)
            return SchedulerOutput(prev_sample=latents) if kwargs.get("return_dict", True) else (latents,)

        self.set_timesteps = set_timesteps
        self.step = step

    def __getattr__(self, name: str) -> Any:
        return getattr(self._scheduler, name)

    def set_begin_index(self, begin_index: int = 0) -> None:
        """The picture's own run has said where it begins."""
