"""A denoising network from a file of its own: .safetensors in anybody's names, or quantised weights in GGUF."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import diffusers
import torch
from diffusers import GGUFQuantizationConfig

from sdpaint.checkpoints.header import Container, Header, read_header
from sdpaint.checkpoints.identify import CheckpointInfo
from sdpaint.checkpoints.layouts import find_model
from sdpaint.engine.failures import is_out_of_memory
from sdpaint.engine.stored_weights import Tensors, read_tensors, unscaled
from sdpaint.errors import CheckpointError
from sdpaint.generation.families import FAMILIES, FamilyName

_log = logging.getLogger(__name__)

_LDM = "model.diffusion_model."
"""What diffusers' conversion of UNets looks for."""


def lone_network(info: CheckpointInfo, class_name: str, configs: Path, dtype: torch.dtype) -> Any:
    """The network in the file of `info`, on the CPU. `configs`: folder with its configurations, or its companion's.

    Weights of GGUF stay quantised, and are made whole layer by layer while they are computed with in `dtype`.
    Raises CheckpointError where diffusers can't read such files or weights are missing.
    """
    network_class = getattr(diffusers, class_name)
    header = read_header(info.path)
    if not hasattr(network_class, "from_single_file"):
        raise CheckpointError(
            f"{info.path.name} holds only the network of {info.family.value}, which can't be read by itself",
            hint="Get it as a diffusers folder",
        )
    family = info.family
    options: dict[str, Any] = {
        "config": str(configs), "subfolder": FAMILIES[family].network, "local_files_only": True, "torch_dtype": dtype,
        **_differences(info, header),
    }  # fmt: skip
    if header.container is Container.GGUF:
        weights: Any = str(info.path)
        options["quantization_config"] = GGUFQuantizationConfig(compute_dtype=dtype)
    else:
        plain = _plain_names(read_tensors(info.path), header, for_unet=FAMILIES[family].network == "unet")
        weights = unscaled(plain, dtype, info.path.name)
    try:
        network = network_class.from_single_file(weights, **options)
    except Exception as error:
        if is_out_of_memory(error):
            raise
        _log.warning("loading %s failed", info.path, exc_info=True)
        raise _unfit(info) from error
    if any(each.is_meta for each in network.parameters()):
        raise _unfit(info)
    return network


def _differences(info: CheckpointInfo, header: Header) -> dict[str, Any]:
    """Where the network's configuration isn't its companion's."""
    own: dict[str, Any] = {}
    if info.is_inpaint:
        own["in_channels"] = FAMILIES[info.family].inpaint_channels
        if info.family is FamilyName.FLUX:
            own["out_channels"] = 4 * FAMILIES[info.family].latent_channels  # as many as come in, unless it is said
    if info.family is FamilyName.FLUX:
        own["guidance_embeds"] = any("guidance_in." in name or "guidance_embedder." in name for name in header.shapes)
    return own


def _plain_names(tensors: Tensors, header: Header, for_unet: bool) -> Tensors:
    """The network's alone, without what programs put before their names, or with what diffusers' conversion wants."""
    found = find_model(header)
    prefix = "" if found is None else found.prefix
    before = _LDM if for_unet and found is not None and found.layout == "original" else ""
    return {
        before + name.removeprefix(prefix): tensor for name, tensor in tensors.items() if name.startswith(prefix)
    }


def _unfit(info: CheckpointInfo) -> CheckpointError:
    if info.companion is None:
        return CheckpointError(f"{info.path.name} lacks weights of its network", hint="Download the checkpoint again")
    return CheckpointError(
        f"The network in {info.path.name} doesn't fit what {info.companion.name} says of it",
        hint="Choose another checkpoint for what it lacks, or download it again",
    )
