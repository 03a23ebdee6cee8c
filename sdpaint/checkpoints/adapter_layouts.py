"""Adapters by the names and shapes of their tensors: LoRA and its kin, ControlNet, IP-Adapter, embeddings."""

from __future__ import annotations

import re
from collections.abc import Mapping

from sdpaint.checkpoints.component import Architecture, Kind
from sdpaint.checkpoints.header import Header, Shape

Match = tuple[Kind, Architecture, str]
"""Kind, architecture, variant."""

CONTROL_LORA, LLLITE = "Control-LoRA", "LLLite"

_LORA_PARTS = (
    ".lora_down.weight", ".lora_A.weight", ".lora_A.default.weight", ".lora.down.weight", "_lora.down.weight",
    ".hada_w1_a", ".lokr_w1", ".lokr_w1_a", ".oft_blocks", ".oft_diag", ".on_input", ".lora_mid.weight",
)  # fmt: skip
_LYCORIS = {".hada_w1_a": "LoHa", ".lokr_w1": "LoKr", ".lokr_w1_a": "LoKr", ".oft_blocks": "OFT", ".oft_diag": "OFT",
            ".on_input": "IA3"}  # fmt: skip

_BY_NAME: tuple[tuple[str, Architecture], ...] = (
    ("double_stream_modulation", Architecture.FLUX2),
    ("img_mlp", Architecture.QWEN_IMAGE),
    ("img_mod", Architecture.QWEN_IMAGE),
    ("single_transformer_blocks", Architecture.FLUX),
    ("double_blocks", Architecture.FLUX),
    ("single_blocks", Architecture.FLUX),
    ("joint_transformer_blocks", Architecture.AURAFLOW),
    ("joint_blocks", Architecture.SD3),
    ("lora_te2_", Architecture.SDXL),
    ("text_encoder_2.", Architecture.SDXL),
)
"""Part of a module's name → whose it is."""

_PROMPT_WIDTHS = {768: Architecture.SD1, 1024: Architecture.SD2, 2048: Architecture.SDXL,
                  1280: Architecture.SDXL_REFINER}  # fmt: skip
_WIDTHS = {3072: Architecture.FLUX, 3840: Architecture.Z_IMAGE, 2304: Architecture.LUMINA2, 1536: Architecture.SD3,
           2432: Architecture.SD35_LARGE, 2240: Architecture.SANA, 1152: Architecture.PIXART}  # fmt: skip


def find_adapter(header: Header) -> Match | None:
    """The adapter in a file, None where it is none that is known."""
    shapes = header.shapes
    return _control(shapes) or _ip_adapter(shapes) or _lora(shapes) or _t2i(shapes) or _embedding(shapes)


# -- LoRA ------------------------------------------------------------------------------------------------------------


def _lora(shapes: Mapping[str, Shape]) -> Match | None:
    name = next((name for name in shapes if name.endswith(_LORA_PARTS)), None)
    if name is None:
        return None
    part = next(part for part in _LORA_PARTS if name.endswith(part))
    return Kind.LORA, _architecture(shapes), _LYCORIS.get(part, "")


def _architecture(shapes: Mapping[str, Shape]) -> Architecture:
    for part, architecture in _BY_NAME:
        if any(part in name for name in shapes):
            if architecture is Architecture.FLUX and _width(shapes, "distilled_guidance_layer"):
                return Architecture.CHROMA
            return architecture
    # What reads the prompt has its width: the input of attn2.to_k.
    width = _width(shapes, "attn2_to_k") or _width(shapes, "attn2.to_k") or _width(shapes, "attn2.processor.to_k")
    if width in _PROMPT_WIDTHS:
        return _PROMPT_WIDTHS[width]
    if all(name.startswith(("lora_te", "text_encoder", "te.")) for name in shapes):
        return Architecture.SD1 if _width(shapes, "self_attn") == 768 else Architecture.UNKNOWN
    for width in _query_widths(shapes):
        if width in _WIDTHS:
            return _WIDTHS[width]
    return Architecture.UNKNOWN


def _is_down(name: str) -> bool:
    return name.endswith(("lora_down.weight", "lora_A.weight", "lora.down.weight", "lora_A.default.weight"))


def _query_widths(shapes: Mapping[str, Shape]) -> list[int]:
    """Inputs of the layers that query, most frequent first."""
    counts: dict[int, int] = {}
    for name, shape in shapes.items():
        if _is_down(name) and ("to_q" in name or "qkv" in name) and "text" not in name:
            counts[_input(shape)] = counts.get(_input(shape), 0) + 1
    return sorted(counts, key=lambda width: -counts[width])


def _input(shape: Shape) -> int:
    return shape[1] if len(shape) >= 2 else 0


def _width(shapes: Mapping[str, Shape], part: str) -> int:
    """The input width of the first layer whose name holds `part`; for LyCORIS, of the factor that reads the input."""
    for name, shape in shapes.items():
        if part in name:
            if _is_down(name):
                return _input(shape)
            if name.endswith(("hada_w1_b", "hada_w2_b")):
                return shape[-1] if shape else 0
    return 0


# -- control -----------------------------------------------------------------------------------------------------------


def _control(shapes: Mapping[str, Shape]) -> Match | None:
    if "lora_controlnet" in shapes:  # it has the hint's layers whole, as a ControlNet does
        return Kind.CONTROLNET, Architecture.SDXL, CONTROL_LORA
    if any(name.startswith("lllite_") for name in shapes):
        return Kind.CONTROLNET, Architecture.SDXL, LLLITE
    for prefix in ("control_model.", ""):
        if f"{prefix}input_hint_block.0.weight" in shapes:
            width = _prompt_width(shapes, f"{prefix}input_blocks.1.1", f"{prefix}input_blocks.4.1")
            is_xl = f"{prefix}label_emb.0.0.weight" in shapes
            otherwise = Architecture.SDXL if is_xl else Architecture.UNKNOWN
            return Kind.CONTROLNET, _PROMPT_WIDTHS.get(width, otherwise), ""
    if "controlnet_cond_embedding.conv_in.weight" in shapes:
        width = _prompt_width(shapes, "down_blocks.0.attentions.0", "down_blocks.1.attentions.0")
        union = "task_embedding" in shapes or "control_add_embedding.linear_1.weight" in shapes
        # The small SDXL ones attend to no prompt at all.
        small = Architecture.SDXL if "add_embedding.linear_1.weight" in shapes else Architecture.UNKNOWN
        return Kind.CONTROLNET, _PROMPT_WIDTHS.get(width, small), "union" if union else ""
    if "controlnet_x_embedder.weight" in shapes:
        flux = "single_transformer_blocks.0.attn.to_q.weight" in shapes or "x_embedder.weight" in shapes
        qwen = "txt_norm.weight" in shapes
        architecture = Architecture.QWEN_IMAGE if qwen else Architecture.FLUX if flux else Architecture.UNKNOWN
        return Kind.CONTROLNET, architecture, "union" if "controlnet_mode_embedder.weight" in shapes else ""
    if "controlnet_blocks.0.weight" in shapes and "pos_embed_input.proj.weight" in shapes:
        return Kind.CONTROLNET, Architecture.SD3, ""
    if "control_all_x_embedder.2-1.weight" in shapes or "control_layers.0.adaLN_modulation.0.weight" in shapes:
        return Kind.CONTROLNET, Architecture.Z_IMAGE, ""
    return None


def _prompt_width(shapes: Mapping[str, Shape], *blocks: str) -> int:
    """The width of the prompt that the first of these blocks reads; 0 where none does."""
    widths = (_input(shapes.get(f"{block}.transformer_blocks.0.attn2.to_k.weight", ())) for block in blocks)
    return next((width for width in widths if width), 0)


def _ip_adapter(shapes: Mapping[str, Shape]) -> Match | None:
    if any("ip_adapter_double_stream_k_proj" in name for name in shapes):
        return Kind.IP_ADAPTER, Architecture.FLUX, ""
    keys = [name for name in shapes if name.startswith("ip_adapter.") and name.endswith("to_k_ip.weight")]
    if not keys:
        return None
    width = _input(shapes[keys[0]])
    if "ip_adapter.0.norm_ip.linear.weight" in shapes:
        return Kind.IP_ADAPTER, Architecture.SD35_LARGE if width == 2432 else Architecture.SD3, ""
    if "ip_adapter.0.to_k_ip.bias" in shapes:
        return Kind.IP_ADAPTER, Architecture.FLUX, ""
    variant = ""
    if "image_proj.latents" in shapes:
        variant = "plus"
    elif shapes.get("image_proj.proj.0.weight", (0, 0))[-1] == 512:
        variant = "face"
    return Kind.IP_ADAPTER, _PROMPT_WIDTHS.get(width, Architecture.UNKNOWN), variant


def _t2i(shapes: Mapping[str, Shape]) -> Match | None:
    for prefix in ("adapter.", ""):
        first = shapes.get(f"{prefix}conv_in.weight")
        body = any(
            f"{prefix}body.0.{part}" in shapes for part in ("block1.weight", "resnets.0.block1.weight")
        )
        if first is not None and body:
            # SDXL's lets 16×16 pixels become one cell, SD1's 8×8: 3·256 or 3·64 inputs, 1·256 or 1·64 for grey.
            xl = len(first) >= 2 and first[1] in (256, 768)
            return Kind.T2I_ADAPTER, Architecture.SDXL if xl else Architecture.SD1, ""
    return None


# -- embeddings --------------------------------------------------------------------------------------------------------

_EMBEDDING = re.compile(r"emb_params|string_to_param\.\*|<[^<>]+>")
_PAIR = ("clip_l", "clip_g")
_WIDTHS_OF_WORDS = {768: Architecture.SD1, 1024: Architecture.SD2, 1280: Architecture.SDXL}


def _embedding(shapes: Mapping[str, Shape]) -> Match | None:
    if len(shapes) > 8:
        return None
    if shapes.keys() >= set(_PAIR):
        return Kind.EMBEDDING, Architecture.SDXL, ""
    for name, shape in shapes.items():
        width = shape[-1] if shape else 0
        by_name = _EMBEDDING.fullmatch(name) is not None
        if len(shape) in (1, 2) and (by_name or (len(shapes) == 1 and width in _WIDTHS_OF_WORDS)):
            return Kind.EMBEDDING, _WIDTHS_OF_WORDS.get(width, Architecture.UNKNOWN), ""
    return None


def vectors_of(shapes: Mapping[str, Shape]) -> tuple[int, tuple[int, ...]]:
    """How many vectors an embedding has, and the widths of the text encoders that it is for."""
    pair = [shapes[name] for name in _PAIR if name in shapes]
    found = pair or [next(shape for shape in shapes.values() if len(shape) in (1, 2))]
    return (found[0][0] if len(found[0]) == 2 else 1), tuple(shape[-1] for shape in found)
