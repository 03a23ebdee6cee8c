"""Meter: what a request costs while it is worked off."""

from __future__ import annotations

import time

from sdpaint.engine.device import Device
from sdpaint.generation.cost import Cost


class Meter:
    """Counts work and watches memory from its start on, which is after loading."""

    def __init__(self, device: Device) -> None:
        self._device = device
        self._started = time.perf_counter()
        self._pixel_steps = 0
        self._pixels = 0
        self._peak: int | None = None
        device.watch_memory()

    def add(self, pixels: int, steps: int) -> None:
        """So many pixels were worked on at once, for so many steps."""
        self._pixel_steps += pixels * steps
        self._pixels = max(self._pixels, pixels)
        self.look()

    def look(self) -> None:
        """Look at how much memory is in use."""
        self._peak = max(self._peak or 0, self._device.peak_bytes())

    def cost(self) -> Cost:
        """What it has come to."""
        return Cost(self._pixel_steps, self._pixels, time.perf_counter() - self._started, self._peak)
