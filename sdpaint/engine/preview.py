"""Predicted x0 → a small picture, by one linear map, within a time budget.

The map costs next to nothing; reading the result from a GPU would make the host wait for it. There it is copied into
pinned memory behind the step's own work, and shown at the next step.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from sdpaint.errors import NonFiniteLatents
from sdpaint.generation.preview_maps import PreviewMap

BUDGET = 0.015
"""Share of the sampling time that previews may take: under the promised 2 % with room for what isn't measured here."""

_MIN_INTERVAL_S = 1 / 30
"""No eye wants more."""

Show = Callable[[int, NDArray[np.uint8]], None]


class LatentsToRgb:
    """The linear map of a checkpoint, on the compute device, in float32."""

    def __init__(self, preview_map: PreviewMap, device: torch.device) -> None:
        self._rows = torch.tensor(preview_map.rows, dtype=torch.float32, device=device)
        self._bias = torch.tensor(preview_map.bias, dtype=torch.float32, device=device)

    def __call__(self, x0: Tensor) -> Tensor:
        """(1, channels, h, w) latents → (h, w, 3) float32, about -1…1, on the same device."""
        return x0[0].to(torch.float32).permute(1, 2, 0) @ self._rows + self._bias


def to_uint8(rgb: Tensor) -> NDArray[np.uint8]:
    """(h, w, 3) float32 of -1…1 in host memory → an owned, contiguous uint8 array.

    Raises NonFiniteLatents for NaN or infinity.
    """
    values = rgb.numpy()
    if not np.isfinite(values).all():
        raise non_finite()
    return np.ascontiguousarray(np.clip(values * 127.5 + 128.0, 0.0, 255.0).astype(np.uint8))


def non_finite() -> NonFiniteLatents:
    """The error for latents that hold NaN or infinity."""
    return NonFiniteLatents(
        "The picture broke down into invalid numbers",
        hint="Choose another sampler or a lower guidance scale; if it stays, the checkpoint may be damaged",
    )


class Previewer:
    """Shows predicted x0 of one picture as often as the budget allows: `show(step, image)`."""

    def __init__(
        self,
        to_rgb: LatentsToRgb,
        show: Show,
        clock: Callable[[], float] = time.perf_counter,
        min_interval_s: float = _MIN_INTERVAL_S,
    ) -> None:
        self._to_rgb = to_rgb
        self._show = show
        self._clock = clock
        self._min_interval_s = min_interval_s
        self._started = clock()
        self._spent = 0.0
        self._last: float | None = None
        self._cost = 0.0
        self._pending: tuple[int, Tensor, torch.cuda.Event] | None = None

    def offer(self, step: int, x0: Callable[[], Tensor], last: bool = False) -> None:
        """Show the predicted x0 after `step` where it is due. `x0` is called only then.

        The last step isn't bound to the interval, only to the budget. Raises NonFiniteLatents.
        """
        begun = self._clock()
        self._deliver(wait=False)
        if self._is_due(begun, last):
            rgb = self._to_rgb(x0())
            if rgb.device.type == "cuda":
                self._send(step, rgb)
            else:
                self._show(step, to_uint8(rgb.cpu()))
            self._last = begun
            self._cost = max(self._clock() - begun, 0.5 * self._cost)
        self._spent += self._clock() - begun

    def finish(self) -> None:
        """Show what is still under way."""
        self._deliver(wait=True)

    def _is_due(self, now: float, last: bool) -> bool:
        if self._pending is not None:
            return False
        if self._last is None:
            return True
        if not last and now - self._last < self._min_interval_s:
            return False
        return self._spent + self._cost <= BUDGET * (now - self._started)

    def _send(self, step: int, rgb: Tensor) -> None:
        host = torch.empty(rgb.shape, dtype=rgb.dtype, pin_memory=True)
        host.copy_(rgb, non_blocking=True)
        arrived = torch.cuda.Event()  # type: ignore[no-untyped-call]
        arrived.record()
        self._pending = (step, host, arrived)

    def _deliver(self, wait: bool) -> None:
        if self._pending is None:
            return
        step, host, arrived = self._pending
        if wait:
            arrived.synchronize()
        elif not arrived.query():  # type: ignore[no-untyped-call]
            return
        self._pending = None
        self._show(step, to_uint8(host))
