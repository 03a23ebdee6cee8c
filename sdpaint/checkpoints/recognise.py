"""Files of weights told apart: kind, architecture and facts, from the names and shapes of their tensors alone."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sdpaint.checkpoints.adapter_layouts import find_adapter, vectors_of
from sdpaint.checkpoints.component import Architecture, Component, Kind
from sdpaint.checkpoints.header import Header, Shape, read_header
from sdpaint.checkpoints.layouts import find_model
from sdpaint.checkpoints.text_encoders import AUTOENCODER, TEXT_ENCODERS

_VAE_KEYS = ("first_stage_model.decoder.conv_in.weight", "vae.decoder.conv_in.weight")
_TEXT_PREFIXES = ("cond_stage_model.", "conditioner.embedders.", "text_encoders.", "text_encoder.")

_TRIGGERS = ("ss_trigger_words", "modelspec.trigger_phrase")
_LICENSES = ("modelspec.license", "general.license")
_TITLES = ("modelspec.title", "ss_output_name", "general.name")


def identify_file(path: Path) -> Component:
    """What a .safetensors or .gguf file holds. Raises CheckpointError where it is damaged or pickled."""
    return identify_header(read_header(path))


def identify_header(header: Header) -> Component:
    """What a header describes; Kind.UNKNOWN where no known layout fits."""
    facts: dict[str, Any] = {
        "dtype": header.dtype,
        "parameters": header.parameters,
        "container": header.container,
        "title": _first(header.metadata, _TITLES),
        "trigger": _first(header.metadata, _TRIGGERS),
        "license": _first(header.metadata, _LICENSES),
    }
    # Adapters first: some repeat names of the model that they change.
    adapter = find_adapter(header)
    if adapter is not None:
        kind, architecture, variant = adapter
        if kind is Kind.EMBEDDING:
            facts["vectors"], facts["widths"] = vectors_of(header.shapes)
        return Component(kind, architecture, variant, **facts)
    model = find_model(header)
    if model is not None:
        whole = _has_vae(header.shapes) or _has_text(header.shapes)
        kind = Kind.CHECKPOINT if whole and model.prefix else Kind.DIFFUSION_MODEL
        facts["holds"] = _held(header.shapes)
        return Component(
            kind, model.architecture, model.variant, model.prediction, model.layout, **facts
        )
    # Whole CLIPs have an encoder of pictures too, and are taken for that: checkpoints have those of words themselves.
    encoder = None if _image_encoder(header.shapes) else _text_encoder(header.shapes)
    if encoder is not None:
        variant, width = encoder
        return Component(Kind.TEXT_ENCODER, variant=variant, widths=(width,), **facts)
    kind, architecture, variant = _part(header.shapes)
    return Component(kind, architecture, variant, **facts)


def _first(metadata: Mapping[str, str], keys: tuple[str, ...]) -> str:
    return next((metadata[key] for key in keys if metadata.get(key)), "")


def _has_vae(shapes: Mapping[str, Shape]) -> bool:
    return any(key in shapes for key in _VAE_KEYS)


def _has_text(shapes: Mapping[str, Shape]) -> bool:
    return any(name.startswith(_TEXT_PREFIXES) for name in shapes)


def _held(shapes: Mapping[str, Shape]) -> tuple[str, ...]:
    """What lies in a whole checkpoint beside its network."""
    encoders = (name for name, own in TEXT_ENCODERS.items() if own.prefix + own.outermost + own.mark in shapes)
    return (*((AUTOENCODER,) if _has_vae(shapes) else ()), *encoders)


def _part(shapes: Mapping[str, Shape]) -> tuple[Kind, Architecture, str]:
    """An autoencoder, an encoder or an upscaler."""
    for key in (*_VAE_KEYS, "decoder.conv_in.weight"):
        if key in shapes:
            channels = shapes[key][1] if len(shapes[key]) > 1 else 0
            return Kind.VAE, _of_channels(channels), f"{channels} channels"
    if "decoder.middle.0.residual.0.gamma" in shapes or "decoder.mid_block.resnets.0.norm1.gamma" in shapes:
        return Kind.VAE, Architecture.QWEN_IMAGE, "16 channels"
    if "decoder.stages.0.op_list.0.main.conv.conv.weight" in shapes or "decoder.conv_in.conv.weight" in shapes:
        return Kind.VAE, Architecture.SANA, "32 channels"
    for key in ("decoder.layers.0.weight", "taesd_decoder.1.weight", "decoder.1.weight"):
        if key in shapes and len(shapes[key]) == 4:
            return Kind.VAE, Architecture.UNKNOWN, f"tiny, {shapes[key][1]} channels"
    return _image_encoder(shapes) or _upscaler(shapes) or (Kind.UNKNOWN, Architecture.UNKNOWN, "")


def _of_channels(channels: int) -> Architecture:
    # SD1, SD2 and SDXL have autoencoders of one shape, and so have SD3 and Flux.
    return Architecture.FLUX2 if channels == 32 else Architecture.UNKNOWN


_CLIP = {768: "CLIP-L", 1024: "CLIP-H", 1280: "CLIP-G"}
"""Width → how people call it."""
_CLIP_PLACES = 77
"""Tokens that it reads at once; some were taught to read more, which pipelines don't give them."""

_T5 = (
    ("encoder.block.0.layer.0.SelfAttention.q.weight",
     "encoder.block.1.layer.0.SelfAttention.relative_attention_bias.weight"),
    ("enc.blk.0.attn_q.weight", "enc.blk.1.attn_rel_b.weight"),
)  # fmt: skip
"""A tensor that all have, and one that only UMT5 has: T5 learnt relative places in its first layer alone."""

_QWEN3 = "layers.0.self_attn.q_norm.weight"
_QWEN_WORDS = 151936
_SEES = re.compile(r"(model\.)?visual\.")
"""What Qwen 3's have, those that read pictures too among them, and what these have beside it."""


def _text_encoder(shapes: Mapping[str, Shape]) -> tuple[str, int] | None:
    """What it is, and its width."""
    for prefix in ("text_encoders.clip_l.transformer.text_model.", "transformer.text_model.", "text_model.", ""):
        words = shapes.get(f"{prefix}embeddings.token_embedding.weight", ())
        if len(words) == 2 and f"{prefix}encoder.layers.0.self_attn.k_proj.weight" in shapes:
            name = _CLIP.get(words[1], "CLIP")
            places = shapes.get(f"{prefix}embeddings.position_embedding.weight", ())
            return f"Long {name}" if places and places[0] > _CLIP_PLACES else name, words[1]
    for first, bias_of_second in _T5:
        if first in shapes:
            return "UMT5" if bias_of_second in shapes else "T5", (0, *shapes[first])[-1]
    for prefix in ("model.", ""):
        queries = shapes.get(f"{prefix}layers.0.self_attn.q_proj.weight")
        if queries:
            words = shapes.get(f"{prefix}embed_tokens.weight", ())[:1]
            is_qwen3 = prefix + _QWEN3 in shapes and words == (_QWEN_WORDS,) and not any(map(_SEES.match, shapes))
            return "Qwen3" if is_qwen3 else "language model", queries[-1]
    queries = shapes.get("blk.0.attn_q.weight")
    return ("language model", queries[-1]) if queries else None


def _image_encoder(shapes: Mapping[str, Shape]) -> tuple[Kind, Architecture, str] | None:
    for prefix in ("vision_model.", ""):
        patches = shapes.get(f"{prefix}embeddings.patch_embedding.weight")
        if patches and f"{prefix}encoder.layers.0.self_attn.k_proj.weight" in shapes:
            whose = "SigLIP" if f"{prefix}head.probe" in shapes else "CLIP"
            return Kind.IMAGE_ENCODER, Architecture.UNKNOWN, f"{whose} vision {patches[0]}"
    return None


def _upscaler(shapes: Mapping[str, Shape]) -> tuple[Kind, Architecture, str] | None:
    marks = {
        "body.0.rdb1.conv1.weight": "ESRGAN",
        "RRDB_trunk.0.RDB1.conv1.weight": "ESRGAN",
        "model.1.sub.0.RDB1.conv1.0.weight": "ESRGAN",
        "layers.0.residual_group.blocks.0.attn.qkv.weight": "SwinIR",
        "layers.0.residual_group.blocks.0.conv_block.cab.0.weight": "HAT",
        "layers.0.blocks.0.attn.qkv.weight": "DAT",
        "conv_first.weight": "",
    }
    for key, name in marks.items():
        if key in shapes:
            return Kind.UPSCALER, Architecture.UNKNOWN, name
    first, second = shapes.get("body.0.weight", ()), shapes.get("body.1.weight", ())
    if len(first) == 4 and first[1] == 3 and len(second) == 1:
        return Kind.UPSCALER, Architecture.UNKNOWN, "Real-ESRGAN compact"
    return None
