"""Room for checkpoints: how large they are, what the machine has, and how many stay in memory beside the one in use."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import psutil
import torch
from diffusers.utils import is_torchao_version

from sdpaint.checkpoints.header import Container, read_header
from sdpaint.checkpoints.identify import CheckpointInfo
from sdpaint.checkpoints.parts import PARTS, is_tokenizer
from sdpaint.checkpoints.weights import find_weights
from sdpaint.engine.device import Device
from sdpaint.engine.placement import STAYING
from sdpaint.generation.families import FAMILIES
from sdpaint.generation.memory_plan import MemoryFacts

_PREFIXES = {
    "vae": ("first_stage_model.", "vae."),
    "text_encoder": ("cond_stage_model.", "conditioner.", "text_encoders.", "text_encoder."),
}
"""What belongs to which part in a single file; all else is the network."""

_OLDEST_TORCHAO = "0.15.0"
"""What diffusers asks for."""

_SCARCE = 0.04
"""Below this share of the machine's memory what is only kept ready goes: the system would begin to swap."""


def part_bytes(info: CheckpointInfo, number_bytes: int) -> dict[str, int]:
    """How much memory each network of a checkpoint takes, as the headers of its files say. Raises CheckpointError.

    With the autoencoder ("vae") goes what stays on the device as it does.
    """
    network = FAMILIES[info.family].network
    if info.companion is not None:
        return {**part_bytes(info.companion, number_bytes), network: _lone_bytes(info.path, number_bytes)}
    if info.configs is not None:
        loose = {part: read_header(file).parameters * number_bytes for part, file in info.loose_parts}
        return {**_parts_of_file(info.path, network, number_bytes), **loose}
    found: dict[str, int] = {}
    for part in PARTS[info.family]:
        folder = info.folder_of(part)
        if not is_tokenizer(part) and folder.is_dir():
            files = find_weights(folder).files
            name = "vae" if part in STAYING else part
            size = sum(read_header(file).parameters for file in files) * number_bytes
            found[name] = found.get(name, 0) + size
    return found


def _lone_bytes(path: Path, number_bytes: int) -> int:
    header = read_header(path)
    # Quantised weights stay as they are.
    return path.stat().st_size if header.container is Container.GGUF else header.parameters * number_bytes


def _parts_of_file(path: Path, network: str, number_bytes: int) -> dict[str, int]:
    header = read_header(path)
    if header.container is Container.GGUF:
        return {network: _lone_bytes(path, number_bytes)}
    found = {network: 0}
    for name, count in header.counts().items():
        part = next((part for part, starts in _PREFIXES.items() if name.startswith(starts)), network)
        found[part] = found.get(part, 0) + count * number_bytes
    return found


def facts_for(info: CheckpointInfo, device: Device, reclaimable: int = 0) -> MemoryFacts:
    """What a plan for a checkpoint follows from. `reclaimable` bytes of the device are held by what may go."""
    number_bytes = torch.empty((), dtype=device.dtype).element_size()
    return MemoryFacts(
        device=device.kind,
        free=device.free_bytes() + reclaimable,
        host_free=int(psutil.virtual_memory().available),
        parts=part_bytes(info, number_bytes),
        network=FAMILIES[info.family].network,
        pixels=info.max_area_px,
        number_bytes=number_bytes,
        has_fp8=device.kind != "mps",  # Apple's GPUs have no eight-bit floats
        quantisers=_quantisers(device),
        is_quantised=info.path.suffix.lower() == ".gguf",
    )


def _quantisers(device: Device) -> frozenset[str]:
    wanted = {"bitsandbytes"} if device.kind == "cuda" else set()
    # Its integers go with bfloat16 alone, and nobody has tried them on Apple's GPUs.
    if device.dtype == torch.bfloat16 and device.kind != "mps" and is_torchao_version(">=", _OLDEST_TORCHAO):
        wanted.add("torchao")
    return frozenset(name for name in wanted if importlib.util.find_spec(name) is not None)


def held_bytes(components: Iterable[Any]) -> int:
    """How much memory the networks among components of a checkpoint take."""
    networks = [part for part in components if hasattr(part, "parameters")]
    return sum(_bytes_of(each) for network in networks for each in network.parameters())


def _bytes_of(tensor: Any) -> int:
    if hasattr(tensor, "__tensor_flatten__"):   # torchao's, which say the numbers that they stand for
        parts = (getattr(tensor, name) for name in tensor.__tensor_flatten__()[0])
        return sum(_bytes_of(part) for part in parts if part is not None)
    return int(tensor.numel() * tensor.element_size())


def surplus(held: Sequence[int], coming: int, budget: int) -> int:
    """How many of the held checkpoints, the oldest first, must go so that one of `coming` bytes fits the budget."""
    total = sum(held) + coming
    for gone, size in enumerate(held):
        if total <= budget:
            return gone
        total -= size
    return len(held)


def host_bytes() -> int:
    """The machine's memory."""
    return int(psutil.virtual_memory().total)


def is_scarce(available: int, total: int) -> bool:
    """Whether the machine's memory is running out, for whichever program."""
    return available < total * _SCARCE


def memory_is_scarce() -> bool:
    """Whether it is now."""
    memory = psutil.virtual_memory()
    return is_scarce(int(memory.available), int(memory.total))
