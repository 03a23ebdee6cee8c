"""How long it will still take, from the steps that were timed."""

from __future__ import annotations

import time
from collections.abc import Callable


class Pace:
    """Estimates the seconds left of a request of `count` pictures. Steps may differ from picture to picture."""

    def __init__(self, count: int, clock: Callable[[], float] = time.perf_counter) -> None:
        self._count = count
        self._clock = clock
        self._index = 0
        self._sampling_since: float | None = None
        self._first_step_at: float | None = None
        self._first_step = 0
        self._step_s: float | None = None
        self._last_step_at = 0.0
        self._overhead_s = 0.0

    def start_picture(self, index: int) -> None:
        """Picture `index` enters the denoising loop."""
        now = self._clock()
        if self._sampling_since is not None and index > self._index:
            # What lies between the last step of one picture and the first of the next: decoding, mostly.
            self._overhead_s = now - self._last_step_at
        self._index = index
        self._sampling_since = now
        self._first_step_at = None

    def seconds_left(self, step: int, steps: int) -> float | None:
        """Called after each step. None until a step was timed."""
        now = self._clock()
        self._last_step_at = now
        if self._first_step_at is None:
            # The first step of the first picture also warms up kernels and caches: it counts only until another did.
            self._first_step_at = now
            self._first_step = step
            if self._step_s is None and self._sampling_since is not None:
                self._step_s = (now - self._sampling_since) / step
        elif step > self._first_step:
            self._step_s = (now - self._first_step_at) / (step - self._first_step)
        if self._step_s is None:
            return None
        pictures_left = self._count - self._index - 1
        return (steps - step + pictures_left * steps) * self._step_s + (pictures_left + 1) * self._overhead_s
