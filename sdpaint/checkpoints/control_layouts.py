"""What control networks are made of, as their configurations and the names and shapes of their tensors tell."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sdpaint.checkpoints.component import Architecture, Kind
from sdpaint.checkpoints.header import Shape
from sdpaint.errors import CheckpointError
from sdpaint.generation.families import FamilyName

CLASSES: dict[str, FamilyName | None] = {
    "ControlNetModel": None,
    "ControlNetUnionModel": FamilyName.SDXL,
    "T2IAdapter": None,
    "SD3ControlNetModel": FamilyName.SD3,
    "FluxControlNetModel": FamilyName.FLUX,
    "QwenImageControlNetModel": FamilyName.QWEN_IMAGE,
    "HunyuanDiT2DControlNetModel": FamilyName.HUNYUAN_DIT,
    "SanaControlNetModel": FamilyName.SANA,
}
"""Classes that can be loaded, and their families; None: the configuration says which."""

_MASK_CHANNELS = {"SD3ControlNetModel": 1, "QwenImageControlNetModel": 4}
"""By so many channels the entrance is wider where a mask goes in beside the latents; Qwen-Image packs four into one."""
_ENTRANCES = {
    "SD3ControlNetModel": ("pos_embed.proj.weight", "pos_embed_input.proj.weight"),
    "QwenImageControlNetModel": ("img_in.weight", "controlnet_x_embedder.weight"),
}
"""Where the latents of the picture that is made go in, and where those of the control's."""
MODES = ("task_embedding", "controlnet_mode_embedder.weight")
"""Tensors of a union with a row for each kind of picture."""

_SHRINKING = ("controlnet_cond_embedding.", "input_hint_block.")
"""Layers of a ControlNet that make its picture as small as the latents."""
_UNFOLDED_PX = 8
"""Side of the squares of pixels that SD's T2I-Adapters unfold; SDXL's are of twice as many."""
_FIRST_LAYERS = ("conv_in.weight", "input_blocks.0.0.weight")
_QUERIES = "transformer_blocks.0.attn.to_q.weight"
_PROMPT_LAYER = re.compile(r".*attn2\.to_k\.weight")


def unet_family(class_name: str, config: Mapping[str, Any]) -> FamilyName:
    """The family of what steers a UNet."""
    if class_name == "T2IAdapter":
        is_xl = config.get("adapter_type") == "full_adapter_xl"
    else:
        is_xl = config.get("addition_embed_type") == "text_time"
    return FamilyName.SDXL if is_xl else FamilyName.SD


def class_of(
    shapes: Mapping[str, Shape], kind: Kind, architecture: Architecture, variant: str
) -> tuple[str | None, FamilyName]:
    """The class of diffusers that a file's tensors are of, and its family; None: there is none."""
    if kind is Kind.T2I_ADAPTER:
        return "T2IAdapter", FamilyName.SDXL if architecture is Architecture.SDXL else FamilyName.SD
    if "controlnet_cond_embedding.conv_in.weight" in shapes:
        is_xl = "add_embedding.linear_1.weight" in shapes
        return ("ControlNetUnionModel" if variant == "union" else "ControlNetModel",
                FamilyName.SDXL if is_xl else FamilyName.SD)  # fmt: skip
    if "input_hint_block.0.weight" in shapes:
        return "ControlNetModel", FamilyName.SDXL if "label_emb.0.0.weight" in shapes else FamilyName.SD
    match architecture:
        case Architecture.SD3:
            return "SD3ControlNetModel", FamilyName.SD3
        case Architecture.FLUX if "controlnet_x_embedder.weight" in shapes:
            return "FluxControlNetModel", FamilyName.FLUX
        case Architecture.QWEN_IMAGE:
            return "QwenImageControlNetModel", FamilyName.QWEN_IMAGE
    return None, FamilyName.SD


def takes_mask_beside(path: Path, class_name: str, extra: int) -> bool:
    """Whether the channels that its entrance has more than latents have are for a mask. Raises CheckpointError."""
    if extra not in (0, _MASK_CHANNELS.get(class_name)):
        raise CheckpointError(
            f"{path.name} wants more beside its picture than sdpaint can give it", hint="Choose another ControlNet"
        )
    return extra > 0


def extra_channels(class_name: str, shapes: Mapping[str, Shape]) -> int:
    """By how much its entrance is wider than that of the latents."""
    latents, picture = (shapes.get(name) for name in _ENTRANCES.get(class_name, ("", "")))
    return 0 if latents is None or picture is None else picture[1] - latents[1]


def widths_of(config: Mapping[str, Any]) -> dict[str, int]:
    """The widths that a network and what steers it must have in common, from a configuration of either.

    "latent" is how many pixels of its picture what steers a UNet makes one of: those of a latent.
    """
    found: dict[str, int] = {}
    channels = config.get("block_out_channels", config.get("channels"))
    if isinstance(channels, list | tuple) and channels:
        found["channels"] = int(channels[0])
        prompt = config.get("cross_attention_dim")
        if isinstance(prompt, int):
            found["prompt"] = prompt
    shrinking = config.get("conditioning_embedding_out_channels")
    if isinstance(shrinking, list | tuple) and shrinking:
        found["latent"] = 2 ** (len(shrinking) - 1)
    elif isinstance(config.get("downscale_factor"), int):
        found["latent"] = _latent_px(config["downscale_factor"], config.get("adapter_type") == "full_adapter_xl")
    heads, width = config.get("num_attention_heads"), config.get("attention_head_dim")
    if "block_out_channels" not in config and isinstance(heads, int) and isinstance(width, int):
        found["width"] = heads * width
    return found


def widths_in(shapes: Mapping[str, Shape]) -> dict[str, int]:
    """The same, from a header."""
    if _QUERIES in shapes:
        return {"width": shapes[_QUERIES][0]}
    first = next((name for name in (*_FIRST_LAYERS, "adapter.conv_in.weight") if name in shapes), None)
    found = {} if first is None else {"channels": shapes[first][0]}
    prompt = next((shape[1] for name, shape in shapes.items() if _PROMPT_LAYER.fullmatch(name)), None)
    latent = _latent_in(shapes)
    return found | ({} if prompt is None else {"prompt": prompt}) | ({} if latent is None else {"latent": latent})


def _latent_in(shapes: Mapping[str, Shape]) -> int | None:
    """Pixels to a side of a latent, of what steers a UNet."""
    adapter = next((shapes[name] for name in ("adapter.conv_in.weight", "conv_in.weight") if name in shapes), ())
    is_adapter = not any(name.startswith(_SHRINKING) for name in shapes)
    if is_adapter and len(adapter) == 4:
        # Squares of pixels are unfolded into channels, of colours or of greys.
        per_side = math.isqrt(adapter[1] // 3 if adapter[1] % 3 == 0 else adapter[1])
        return _latent_px(per_side, is_xl=per_side > _UNFOLDED_PX)
    # One convolution before, one behind, and two for each time that it is halved.
    layers = sum(name.startswith(_SHRINKING) and name.endswith(".weight") for name in shapes)
    return 2 ** ((layers - 2) // 2) if layers > 2 else None


def _latent_px(per_side: int, is_xl: bool) -> int:
    """SDXL's adapters begin at the second level of the UNet, whose cells are two latents wide."""
    return per_side // 2 if is_xl else per_side
