"""Memory plans carried out: networks put where a plan says, by diffusers' own offloading, casting and quantising."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import diffusers
import torch
from diffusers.hooks import apply_group_offloading

from sdpaint.checkpoints.parts import PRIOR
from sdpaint.engine.device import Device
from sdpaint.generation.families import FAMILIES
from sdpaint.generation.memory_plan import TILE_PX, MemoryPlan, Placement, Precision

_ON_ITS_OWN = (Placement.GROUP_OFFLOAD, Placement.DISK_OFFLOAD)

STAYING = frozenset({*(family.autoencoder for family in FAMILIES.values()), "prior", f"{PRIOR}prior"})
"""Parts that aren't offloaded layer by layer: autoencoders work at several precisions, and are small; the prior's
pipeline takes numbers out of its network that belong to no layer."""


def home_of(name: str, plan: MemoryPlan, device: Device) -> torch.device:
    """Where a network is loaded to, and lies between its uses."""
    if plan.placement is Placement.RESIDENT or (plan.placement in _ON_ITS_OWN and name in STAYING):
        return device.torch_device
    return torch.device("cpu")


def quantisation(plan: MemoryPlan, device: Device) -> dict[str, Any]:
    """Keyword arguments of from_pretrained for the denoising network."""
    if plan.precision is Precision.INT8:
        return {"quantization_config": diffusers.TorchAoConfig(_integers())}
    if plan.precision is not Precision.QUANTISED:
        return {}
    return {
        "quantization_config": diffusers.BitsAndBytesConfig(
            load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_compute_dtype=device.dtype
        )
    }


def _integers() -> Any:
    from torchao.quantization import Int8WeightOnlyConfig  # there on few machines

    return Int8WeightOnlyConfig(version=2)


def store_small(network: Any, plan: MemoryPlan, device: Device) -> None:
    """Keep a network's weights in 8 bits where the plan says so, and compute in the device's precision."""
    if plan.precision is Precision.INT8 and not getattr(network, "is_quantized", False):
        from torchao.quantization import quantize_

        quantize_(network, _integers())     # what came from a file of its own, and not through from_pretrained
    if plan.precision is Precision.FP8:
        network.enable_layerwise_casting(storage_dtype=torch.float8_e4m3fn, compute_dtype=device.dtype)


class Arrangement:
    """How the networks of one checkpoint lie. `pipelines` are over all of them: those that a picture goes through."""

    def __init__(
        self, components: dict[str, Any], network: str, plan: MemoryPlan, device: Device, pipelines: Sequence[Any]
    ) -> None:
        self._networks = {name: part for name, part in components.items() if isinstance(part, torch.nn.Module)}
        self._plan, self._device, self._pipelines = plan, device, tuple(pipelines)
        self._disk: tempfile.TemporaryDirectory[str] | None = None
        try:
            self._arrange(network)
        except BaseException:
            self.close()
            raise

    def _arrange(self, network: str) -> None:
        plan, device = self._plan, self._device
        for pipeline in self._pipelines:
            if plan.slices_attention:
                pipeline.enable_attention_slicing()
            if plan.placement is Placement.MODEL_OFFLOAD:
                pipeline.enable_model_cpu_offload(device=device.torch_device)
        if plan.placement in _ON_ITS_OWN:
            self._offload_groups(network)

    def _offload_groups(self, network: str) -> None:
        for name, part in self._networks.items():
            if name in STAYING:
                continue
            how: dict[str, Any] = {"offload_type": "leaf_level"}
            if name == network:
                how = {"offload_type": "block_level", "num_blocks_per_group": 1}
            if self._plan.placement is Placement.DISK_OFFLOAD:
                if self._disk is None:
                    self._disk = tempfile.TemporaryDirectory(prefix="sdpaint-offload-")
                how["offload_to_disk_path"] = tempfile.mkdtemp(prefix=f"{name}-", dir=self._disk.name)
                _join_tied(part)
            elif self._device.torch_device.type == "cuda":
                how |= {"use_stream": True, "low_cpu_mem_usage": True}
            apply_group_offloading(part, onload_device=self._device.torch_device, **how)

    def rest(self) -> None:
        """Take the network that worked last off the device, where the plan keeps none there."""
        if self._plan.placement is Placement.MODEL_OFFLOAD:
            for pipeline in self._pipelines:
                pipeline.maybe_free_model_hooks()

    def park(self) -> None:
        """Take everything off the device, to be kept ready beside it."""
        self._move(torch.device("cpu"))

    def unpark(self) -> None:
        """Put it back."""
        self._move(self._device.torch_device)

    def _move(self, to: torch.device) -> None:
        self.rest()
        for name, part in self._networks.items():
            if home_of(name, self._plan, self._device) == self._device.torch_device:
                part.to(to)

    def close(self) -> None:
        """Give the disk back."""
        if self._disk is not None:
            self._disk.cleanup()

    def gradless(self) -> AbstractContextManager[None]:
        """Computing without gradients; tensors that are moved meanwhile must still be changeable afterwards."""
        if self._plan.placement is Placement.RESIDENT and self._plan.precision is Precision.AS_LOADED:
            return torch.inference_mode()
        return torch.no_grad()


def _join_tied(network: torch.nn.Module) -> None:
    """Make one embedding of those that share their weights, as T5's do: each is written to the disk and emptied, so
    that the second would be written empty."""
    first: dict[int, torch.nn.Embedding] = {}
    for name, module in list(network.named_modules()):
        if isinstance(module, torch.nn.Embedding):
            known = first.setdefault(id(module.weight), module)
            if known is not module:
                parent, _, own = name.rpartition(".")
                setattr(network.get_submodule(parent), own, known)


@contextmanager
def tiled(vae: Any) -> Iterator[None]:
    """Have an autoencoder work in tiles and on one picture at a time, for less memory, if it can."""
    if not hasattr(vae, "use_tiling"):
        yield
        return
    vae.enable_tiling()
    vae.enable_slicing()
    sizes = ("tile_sample_min_size", "tile_latent_min_size")
    before = {name: getattr(vae, name) for name in sizes if hasattr(vae, name)}
    if len(before) == 2 and before["tile_sample_min_size"] > TILE_PX:
        # SDXL's tiles are as large as its pictures.
        vae.tile_latent_min_size = before["tile_latent_min_size"] * TILE_PX // before["tile_sample_min_size"]
        vae.tile_sample_min_size = TILE_PX
    try:
        yield
    finally:
        for name, value in before.items():
            setattr(vae, name, value)
        vae.disable_tiling()
        vae.disable_slicing()


