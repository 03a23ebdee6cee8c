"""Device and precision: chosen by what the machine has in hardware, never by its name."""

from __future__ import annotations

import functools
import logging
import time
from dataclasses import dataclass

import psutil
import torch

from sdpaint.errors import DeviceUnavailable

_log = logging.getLogger(__name__)

_GIB = 1024**3
_WORTHWHILE = 1.25
"""How much faster bfloat16 must be on a CPU to be chosen: above what timing noise can produce."""


@dataclass(frozen=True)
class Device:
    """Where and in what precision the networks run."""

    torch_device: torch.device
    dtype: torch.dtype
    channels_last: bool
    """Whether convolutions get their weights and inputs in channels_last order."""

    @property
    def kind(self) -> str:
        """"cuda", "mps" or "cpu"."""
        return self.torch_device.type

    def describe(self, plan: str = "") -> str:
        """One line for the status bar: what of `plan` is given, precision, and the memory in use."""
        used, total = self.total_bytes() - self.free_bytes(), self.total_bytes()
        words = [self._name(), plan, str(self.dtype).removeprefix("torch.")]
        words.append(f"{used / _GIB:.1f} of {total / _GIB:.1f} GB")
        return " · ".join(word for word in words if word)

    def _name(self) -> str:
        if self.kind == "cuda":
            return torch.cuda.get_device_name(self.torch_device)
        return "Apple GPU" if self.kind == "mps" else "CPU"

    def watch_memory(self) -> None:
        """Forget the peak so far."""
        if self.torch_device.type == "cuda":
            torch.cuda.reset_peak_memory_stats(self.torch_device)

    def peak_bytes(self) -> int:
        """Memory: on CUDA the peak since `watch_memory`, else what is in use now."""
        if self.torch_device.type == "cuda":
            return torch.cuda.max_memory_reserved(self.torch_device)
        if self.torch_device.type == "mps":
            return torch.mps.driver_allocated_memory()
        return int(psutil.Process().memory_info().rss)

    def total_bytes(self) -> int:
        """The memory that the device computes in: on a CPU the machine's."""
        if self.kind == "cuda":
            return torch.cuda.mem_get_info(self.torch_device)[1]
        if self.kind == "mps":
            return torch.mps.recommended_max_memory()
        return int(psutil.virtual_memory().total)

    def free_bytes(self) -> int:
        """What of it can be had, other programs considered."""
        if self.kind == "cuda":
            # What torch keeps for later is free for it, and taken for everybody else.
            kept = torch.cuda.memory_reserved(self.torch_device) - torch.cuda.memory_allocated(self.torch_device)
            return torch.cuda.mem_get_info(self.torch_device)[0] + kept
        if self.kind == "mps":
            return max(0, torch.mps.recommended_max_memory() - torch.mps.driver_allocated_memory())
        return int(psutil.virtual_memory().available)

    def release_memory(self) -> None:
        """Give cached memory back to the device."""
        if self.torch_device.type == "cuda":
            torch.cuda.empty_cache()
        elif self.torch_device.type == "mps":
            torch.mps.empty_cache()


def choose_device(device: str | None = None, dtype: str | torch.dtype | None = None) -> Device:
    """The best device and precision here; what is given is taken as it is ("cuda:1", "float32").

    Raises DeviceUnavailable where a device is asked for that isn't there.
    """
    torch_device = _find_device(device)
    chosen = _dtype_named(dtype) if dtype is not None else _best_dtype(torch_device)
    # float16 has no fast convolutions on CPUs, and channels_last no gain on Apple's GPUs.
    return Device(torch_device, chosen, channels_last=torch_device.type != "mps")


def _find_device(name: str | None) -> torch.device:
    if name is None:
        if torch.cuda.is_available():
            return torch.device("cuda", torch.cuda.current_device())
        return torch.device("mps" if torch.backends.mps.is_available() else "cpu")
    try:
        found = torch.device(name)
    except RuntimeError as error:
        raise DeviceUnavailable(f'"{name}" is no compute device', hint='Choose "cpu", "cuda" or "mps"') from error
    if found.type not in ("cpu", "cuda", "mps"):
        raise DeviceUnavailable(f'sdpaint can\'t compute on "{name}"', hint='Choose "cpu", "cuda" or "mps"')
    missing = (
        found.type == "cuda" and (found.index or 0) >= torch.cuda.device_count()
    ) or (found.type == "mps" and not torch.backends.mps.is_available())
    if missing:
        raise DeviceUnavailable(f'There is no device "{name}"', hint="Choose another device, or none for the best one")
    return found


def _dtype_named(name: str | torch.dtype) -> torch.dtype:
    found = name if isinstance(name, torch.dtype) else getattr(torch, name, None)
    if found not in (torch.float32, torch.bfloat16, torch.float16):
        raise DeviceUnavailable(f'"{name}" is no precision', hint='Choose "float32", "bfloat16" or "float16"')
    return found


def _best_dtype(device: torch.device) -> torch.dtype:
    if device.type == "cuda":
        with torch.cuda.device(device):
            return torch.bfloat16 if torch.cuda.is_bf16_supported(including_emulation=False) else torch.float16
    if device.type == "mps":
        return torch.float16
    return torch.bfloat16 if cpu_has_bfloat16() else torch.float32


@functools.cache
def cpu_has_bfloat16() -> bool:
    """Whether this CPU computes bfloat16 in hardware.

    The instruction sets decide where torch can name them: a timing would flip on a busy machine, and with it the
    pixels of a seed. Only where they can't be named (ARM) a convolution is timed, for some tens of milliseconds.
    """
    helpers = [getattr(torch.cpu, name, None) for name in ("_is_avx512_bf16_supported", "_is_amx_tile_supported")]
    known = [bool(helper()) for helper in helpers if helper is not None]
    if any(known):
        return True
    if known and torch.backends.cpu.get_cpu_capability() in ("AVX2", "AVX512", "DEFAULT"):
        return False
    ratio = bfloat16_speedup()
    _log.info("bfloat16 is %.2f times as fast as float32 on this CPU", ratio)
    return ratio >= _WORTHWHILE


def bfloat16_speedup(budget_s: float = 0.25) -> float:
    """Time of a float32 convolution ÷ that of a bfloat16 one, on the CPU. Best of interleaved runs, in `budget_s`."""
    inputs = {}
    for dtype in (torch.float32, torch.bfloat16):
        image = torch.ones(2, 96, 32, 32, dtype=dtype).to(memory_format=torch.channels_last)
        kernel = torch.ones(96, 96, 3, 3, dtype=dtype).to(memory_format=torch.channels_last)
        inputs[dtype] = (image, kernel)
    best = dict.fromkeys(inputs, float("inf"))
    deadline = time.perf_counter() + budget_s
    for _ in range(6):
        for dtype, (image, kernel) in inputs.items():
            started = time.perf_counter()
            torch.nn.functional.conv2d(image, kernel, padding=1)
            best[dtype] = min(best[dtype], time.perf_counter() - started)
        if time.perf_counter() > deadline:
            break
    return best[torch.float32] / best[torch.bfloat16]
