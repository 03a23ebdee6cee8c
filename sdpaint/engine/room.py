"""Room for checkpoints: how many stay in memory beside the one in use, by their sizes and a budget in bytes."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from sdpaint.checkpoints.identify import CheckpointInfo
from sdpaint.checkpoints.parts import PARTS
from sdpaint.engine.device import Device

_SHARE = 0.5
"""Of the memory of the device: the rest is for the work itself, and on a CPU for the picture and other programs."""

_UNKNOWN = 8 * 1024**3
"""Memory of a machine that doesn't say how much it has."""


def budget_bytes(device: Device) -> int:
    """How much memory checkpoints may take on a device."""
    return int(_SHARE * (device.total_bytes() or _host_bytes()))


def _host_bytes() -> int:
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, OSError, ValueError):  # Windows has no sysconf
        return _UNKNOWN


def stored_bytes(info: CheckpointInfo) -> int:
    """How large a checkpoint's weights are on disk: about what they will take."""
    if info.configs is not None:
        return info.path.stat().st_size
    folders = [info.path / part for part in PARTS[info.family]]
    return sum(_largest_set(folder) for folder in folders if folder.is_dir())


def _largest_set(folder: Path) -> int:
    """Weights of one precision; where there are several sets of files, the larger may be the one."""
    half = 0
    full = 0
    for file in folder.glob("*.safetensors"):
        if ".fp16." in file.name:
            half += file.stat().st_size
        else:
            full += file.stat().st_size
    return max(half, full)


def held_bytes(components: Iterable[Any]) -> int:
    """How much memory the networks among components of a checkpoint take."""
    networks = [part for part in components if hasattr(part, "parameters")]
    return sum(each.numel() * each.element_size() for network in networks for each in network.parameters())


def surplus(held: Sequence[int], coming: int, budget: int) -> int:
    """How many of the held checkpoints, the oldest first, must go so that one of `coming` bytes fits the budget."""
    total = sum(held) + coming
    for gone, size in enumerate(held):
        if total <= budget:
            return gone
        total -= size
    return len(held)
