"""Tiny control networks of the true classes with random weights, for the tiny checkpoints."""

from __future__ import annotations

import inspect
import re
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import save_file

from sdpaint.document.control import ControlKind, ControlStretch
from sdpaint.generation.controls import Control
from tests.engine.original_layout import original_unet_name

STRENGTH = 0.3
"""Of the weights that begin as zeros: enough to be seen."""


def build_controlnet(
    folder: Path, checkpoint: Path, class_name: str = "ControlNetModel", seed: int = 0, **changes: Any
) -> Path:
    """A ControlNet for the checkpoint's UNet."""
    import diffusers

    own: dict[str, Any] = {"conditioning_embedding_out_channels": (8, 8, 8, 8), **changes}
    if class_name == "ControlNetUnionModel":
        own |= {"num_trans_channel": 16, "num_proj_channel": 16}
    config = diffusers.UNet2DConditionModel.load_config(checkpoint / "unet")
    _save_spread(_like(getattr(diffusers, class_name), config, own, seed), folder)
    return folder


def build_t2i_adapter(folder: Path, checkpoint: Path, xl: bool = False, in_channels: int = 3) -> Path:
    """A T2I-Adapter for the checkpoint's UNet."""
    import diffusers

    torch.manual_seed(0)
    channels = diffusers.UNet2DConditionModel.load_config(checkpoint / "unet")["block_out_channels"]
    kind, factor = ("full_adapter_xl", 16) if xl else ("full_adapter", 8)
    _save_spread(diffusers.T2IAdapter(in_channels, list(channels), 2, factor, kind), folder)
    return folder


def build_transformer_control(folder: Path, checkpoint: Path, class_name: str, **own: Any) -> Path:
    """A ControlNet for a checkpoint with a transformer: its first layers, and whatever `own` says."""
    import diffusers

    config = diffusers.FluxTransformer2DModel.load_config(checkpoint / "transformer")
    _save_spread(_like(getattr(diffusers, class_name), config, own, seed=0), folder)
    return folder


def deepen(checkpoint: Path, class_name: str, layers: int) -> None:
    """Give a tiny checkpoint a transformer of more layers: some take what controls say from the second on."""
    import diffusers

    torch.manual_seed(1)
    network_class = getattr(diffusers, class_name)
    config = network_class.load_config(checkpoint / "transformer")
    _save_spread(network_class.from_config(config, num_layers=layers), checkpoint / "transformer")


def _like(network_class: Any, config: dict[str, Any], own: dict[str, Any], seed: int) -> Any:
    """A network with another one's configuration, as far as it has one in common, but for `own`."""
    torch.manual_seed(seed)
    taken = inspect.signature(network_class.__init__).parameters
    return network_class(**{**{name: value for name, value in config.items() if name in taken}, **own})


def _save_spread(network: Any, folder: Path) -> None:
    with torch.no_grad():
        for parameter in network.parameters():
            if not bool(parameter.any()):
                parameter.normal_(0.0, STRENGTH)
    network.save_pretrained(folder)


def as_single_file(folder: Path, path: Path, original: bool = False) -> Path:
    """The weights of a ControlNet's folder alone, with diffusers' names or the original ones."""
    from safetensors.torch import load_file

    tensors = load_file(folder / "diffusion_pytorch_model.safetensors")
    if original and any(name.startswith("adapter.") for name in tensors):
        tensors = {original_adapter_name(name): tensor for name, tensor in tensors.items()}
    elif original:
        tensors = {f"control_model.{original_control_name(name)}": tensor for name, tensor in tensors.items()}
    path.parent.mkdir(parents=True, exist_ok=True)
    save_file(tensors, path)
    return path


def original_adapter_name(name: str) -> str:
    """The name of a T2I-Adapter's tensor in TencentARC's files, where all its ResNets stand in one list."""
    part = re.fullmatch(r"adapter\.body\.(\d+)\.(?:resnets\.(\d+)\.)?(.+)", name)
    if part is None:
        return name.removeprefix("adapter.")
    return f"body.{2 * int(part[1]) + int(part[2] or 0)}.{part[3]}"


def original_control_name(name: str) -> str:
    """lllyasviel's name for a tensor of diffusers'."""
    part, _, rest = name.partition(".")
    match part:
        case "controlnet_cond_embedding":
            which, _, end = rest.rpartition(".")
            ends = {"conv_in": 0, "conv_out": 14}
            # A convolution and an activation each.
            number = ends[which] if which in ends else 2 + 2 * int(which.removeprefix("blocks."))
            return f"input_hint_block.{number}.{end}"
        case "controlnet_down_blocks":
            number, _, end = rest.partition(".")
            return f"zero_convs.{number}.0.{end}"
        case "controlnet_mid_block":
            return f"middle_block_out.0.{rest}"
    return original_unet_name(name)


def picture_of_lines(side: int = 64) -> np.ndarray:
    """White lines on black, (side, side, 3) uint8."""
    lines = np.zeros((side, side, 3), np.uint8)
    lines[side // 4 : side // 4 + 3, 4:-4] = 255
    lines[4:-4, side // 2 : side // 2 + 3] = 255
    return lines


def control(
    checkpoint: Path,
    kind: ControlKind = ControlKind.LINE_ART,
    weight: float = 1.0,
    start: float = 0.0,
    end: float = 1.0,
    image: np.ndarray | None = None,
) -> Control:
    """A control of a request."""
    lines = picture_of_lines() if image is None else image
    return Control(kind, lines, ControlStretch(weight, start, end), checkpoint.name, checkpoint)
