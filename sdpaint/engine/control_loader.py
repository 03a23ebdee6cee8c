"""Control networks from the disk: folders of diffusers, and single files in diffusers' or the original layout.

A single file comes without a configuration. What it is made of follows from the network that it steers, which it copies
the first half of, and from the names and shapes of its tensors.
"""

from __future__ import annotations

import inspect
import logging
import re
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import diffusers
import safetensors.torch
import torch
from diffusers.loaders.single_file_utils import convert_controlnet_checkpoint
from torch import Tensor

from sdpaint.checkpoints.controls import ControlInfo
from sdpaint.engine.failures import is_out_of_memory
from sdpaint.engine.loader import LoadedCheckpoint, load_network, place_network
from sdpaint.engine.room import held_bytes
from sdpaint.errors import CheckpointError
from sdpaint.generation.families import FAMILIES, FamilyName

_log = logging.getLogger(__name__)

_LEVEL_ATTENDS = re.compile(r"down_blocks\.(\d+)\.attentions\.0\.transformer_blocks\.(\d+)\.norm1\.weight")
_HINT_BLOCK = re.compile(r"controlnet_cond_embedding\.blocks\.(\d+)\.weight")


class ControlStore:
    """Keeps the control networks that were used last, as far as the checkpoints leave room for them."""

    def __init__(self, spare_bytes: Callable[[], int]) -> None:
        """`spare_bytes` says how much memory they may take."""
        self._spare_bytes = spare_bytes
        self._held: OrderedDict[Path, Any] = OrderedDict()

    def holds(self, infos: Iterable[ControlInfo]) -> bool:
        """Whether `get` would return at once."""
        return all(info.path.resolve() in self._held for info in infos)

    def get(self, infos: Sequence[ControlInfo], base: LoadedCheckpoint) -> list[Any]:
        """Their networks, loaded where they aren't yet; they stay, whatever room there is, and others go for them.

        Raises CheckpointError, OutOfMemory.
        """
        networks = {}
        for info in infos:
            key = info.path.resolve()
            networks[key] = self._held.pop(key) if key in self._held else load_control(info, base)
        self._held |= networks    # last of all: they were used last
        sizes = {key: held_bytes([network]) for key, network in self._held.items()}
        others = [key for key in self._held if key not in networks]
        while others and sum(sizes.values()) > self._spare_bytes():
            del self._held[others[0]], sizes[others.pop(0)]
        return [networks[info.path.resolve()] for info in infos]

    def clear(self) -> None:
        """Drop them all."""
        self._held.clear()


def load_control(info: ControlInfo, base: LoadedCheckpoint) -> Any:
    """The network of a control, on the device of the checkpoint that it is for. Raises CheckpointError, OutOfMemory."""
    network_class = getattr(diffusers, info.class_name)
    # What is made in inference mode couldn't be moved or changed later.
    with torch.inference_mode(mode=False):
        if info.configured:
            return load_network(info.path, network_class, base.device)
        try:
            network = _from_file(info, network_class, base)
        except Exception as error:
            if is_out_of_memory(error):
                raise
            _log.warning("loading the control %s failed", info.path, exc_info=True)
            raise CheckpointError(
                f"The {info.kind.value} {info.name} can't be loaded", hint="Download it again, as a folder of diffusers"
            ) from error
        place_network(network, info.name, base.device)
    return network


def _from_file(info: ControlInfo, network_class: Any, base: LoadedCheckpoint) -> Any:
    tensors = safetensors.torch.load_file(info.path)
    if info.class_name == "T2IAdapter":
        tensors = _adapter_names(tensors)
        config = _adapter_config(tensors, info)
    else:
        given = dict(base.components[FAMILIES[info.family].network].config)
        if info.class_name == "ControlNetModel":
            tensors = {**convert_controlnet_checkpoint(tensors, given), **_size_embedding(tensors)}
        config = _config(network_class, given, tensors)
    network = network_class(**config)
    network.load_state_dict({name: tensor.to(base.device.dtype) for name, tensor in tensors.items()}, assign=True)
    return network


_SIZES = re.compile(r"(?:control_model\.)?label_emb\.0\.([02])\.(weight|bias)")


def _size_embedding(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """What SDXL's are told of sizes, in the original layout: diffusers' conversion is for those before it."""
    found = ((_SIZES.fullmatch(name), tensor) for name, tensor in tensors.items())
    return {
        f"add_embedding.linear_{1 + int(part[1]) // 2}.{part[2]}": tensor for part, tensor in found if part is not None
    }


def _config(network_class: Any, given: Mapping[str, Any], tensors: Mapping[str, Tensor]) -> dict[str, Any]:
    """The arguments of a ControlNet: those of the network that it steers, but for what its tensors say otherwise."""
    taken = inspect.signature(network_class.__init__).parameters
    own = {**_of_transformer(tensors), **_of_unet(given, tensors)}
    return {name: value for name, value in {**given, **own}.items() if name in taken}


def _of_transformer(tensors: Mapping[str, Tensor]) -> dict[str, Any]:
    own: dict[str, Any] = {
        "num_layers": _count(tensors, "transformer_blocks"),
        "num_single_layers": _count(tensors, "single_transformer_blocks"),
        "guidance_embeds": "time_text_embed.guidance_embedder.linear_1.weight" in tensors,
    }
    modes = tensors.get("controlnet_mode_embedder.weight")
    if modes is not None:
        own["num_mode"] = modes.shape[0]
    entrance = tensors.get("controlnet_x_embedder.weight")
    if entrance is not None:
        own["in_channels"] = tensors.get("img_in.weight", entrance).shape[1]
        own["extra_condition_channels"] = entrance.shape[1] - own["in_channels"]
    latents, picture = (tensors.get(f"{name}.proj.weight") for name in ("pos_embed", "pos_embed_input"))
    if latents is not None and picture is not None:
        own["extra_conditioning_channels"] = picture.shape[1] - latents.shape[1]
    return own


def _of_unet(given: Mapping[str, Any], tensors: Mapping[str, Tensor]) -> dict[str, Any]:
    if "controlnet_cond_embedding.conv_in.weight" not in tensors:
        return {}
    levels = len(given["block_out_channels"])
    depths = [0] * levels
    for level, block in (map(int, found.groups()) for found in map(_LEVEL_ATTENDS.fullmatch, tensors) if found):
        depths[level] = max(depths[level], block + 1)
    hints = sorted(
        (int(found[1]), tensors[found[0]].shape[0]) for found in map(_HINT_BLOCK.fullmatch, tensors) if found
    )
    first = tensors["controlnet_cond_embedding.conv_in.weight"]
    own: dict[str, Any] = {
        "in_channels": tensors["conv_in.weight"].shape[1],
        "conditioning_channels": first.shape[1],
        "down_block_types": tuple("CrossAttnDownBlock2D" if depth else "DownBlock2D" for depth in depths),
        "conditioning_embedding_out_channels": (first.shape[0], *(width for place, width in hints if place % 2)),
        "mid_block_type": "UNetMidBlock2DCrossAttn"
        if any(name.startswith("mid_block.attentions") for name in tensors)
        else "UNetMidBlock2D",
    }
    if any(depth > 1 for depth in depths):
        # A level that doesn't attend keeps the checkpoint's number, which counts for the middle in the end.
        whole = given["transformer_layers_per_block"]
        wholes = list(whole) if isinstance(whole, list | tuple) else [whole] * levels
        own["transformer_layers_per_block"] = tuple(
            depth or other for depth, other in zip(depths, wholes, strict=True)
        )
    tasks = tensors.get("task_embedding")
    if tasks is not None:
        own |= {"num_control_type": tasks.shape[0], "num_trans_channel": tasks.shape[1]}
        own["num_proj_channel"] = tensors["spatial_ch_projs.weight"].shape[0]
    return own


def _count(tensors: Mapping[str, Tensor], blocks: str) -> int:
    return len({name.split(".")[1] for name in tensors if name.startswith(f"{blocks}.")})


# -- T2I-Adapters --------------------------------------------------------------------------------------------------

_RESNETS = 2
"""ResNets in a block of every adapter that was published."""
_BODY = re.compile(r"body\.(\d+)\.(.+)")


def _adapter_names(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Names as diffusers has them: the original's body is one list of ResNets."""
    if any(name.startswith("adapter.") for name in tensors):
        return dict(tensors)
    found = {}
    for name, tensor in tensors.items():
        part = _BODY.fullmatch(name)
        if part is None:
            found[f"adapter.{name}"] = tensor
            continue
        number, rest = int(part[1]), part[2]
        block = f"adapter.body.{number // _RESNETS}"
        at_entrance = rest.startswith("in_conv")
        found[f"{block}.{rest}" if at_entrance else f"{block}.resnets.{number % _RESNETS}.{rest}"] = tensor
    return found


def _adapter_config(tensors: Mapping[str, Tensor], info: ControlInfo) -> dict[str, Any]:
    is_xl = info.family is FamilyName.SDXL
    factor = 16 if is_xl else 8
    entrance = tensors["adapter.conv_in.weight"]
    blocks = 1 + max(int(name.split(".")[2]) for name in tensors if name.startswith("adapter.body."))
    channels = [
        tensors[f"adapter.body.{block}.resnets.0.block1.weight"].shape[0] for block in range(blocks)
    ]
    return {
        "in_channels": entrance.shape[1] // factor**2,
        "channels": channels,
        "num_res_blocks": _RESNETS,
        "downscale_factor": factor,
        "adapter_type": "full_adapter_xl" if is_xl else "full_adapter",
    }
