"""Files of weights told apart: kind, architecture and facts, from the names and shapes of their tensors alone."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sdpaint.checkpoints.adapter_layouts import find_adapter, vectors_of
from sdpaint.checkpoints.component import Architecture, Component, Kind
from sdpaint.checkpoints.header import Header, Shape, read_header
from sdpaint.checkpoints.layouts import find_model

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
        return Component(
            kind, model.architecture, model.variant, model.prediction, model.layout, **facts
        )
    kind, architecture, variant = _part(header.shapes)
    return Component(kind, architecture, variant, **facts)


def _first(metadata: Mapping[str, str], keys: tuple[str, ...]) -> str:
    return next((metadata[key] for key in keys if metadata.get(key)), "")


def _has_vae(shapes: Mapping[str, Shape]) -> bool:
    return any(key in shapes for key in _VAE_KEYS)


def _has_text(shapes: Mapping[str, Shape]) -> bool:
    return any(name.startswith(_TEXT_PREFIXES) for name in shapes)


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
    return _encoder(shapes) or _upscaler(shapes) or (Kind.UNKNOWN, Architecture.UNKNOWN, "")


def _of_channels(channels: int) -> Architecture:
    # SD1, SD2 and SDXL have autoencoders of one shape, and so have SD3 and Flux.
    return Architecture.FLUX2 if channels == 32 else Architecture.UNKNOWN


def _encoder(shapes: Mapping[str, Shape]) -> tuple[Kind, Architecture, str] | None:
    # Before those of words: whole CLIPs have both, and checkpoints have text encoders of their own.
    for prefix in ("vision_model.", ""):
        patches = shapes.get(f"{prefix}embeddings.patch_embedding.weight")
        if patches and f"{prefix}encoder.layers.0.self_attn.k_proj.weight" in shapes:
            whose = "SigLIP" if f"{prefix}head.probe" in shapes else "CLIP"
            return Kind.IMAGE_ENCODER, Architecture.UNKNOWN, f"{whose} vision {patches[0]}"
    for prefix in ("text_encoders.clip_l.transformer.text_model.", "transformer.text_model.", "text_model.", ""):
        words = shapes.get(f"{prefix}embeddings.token_embedding.weight", ())
        if len(words) == 2 and f"{prefix}encoder.layers.0.self_attn.k_proj.weight" in shapes:
            return Kind.TEXT_ENCODER, Architecture.UNKNOWN, "CLIP-G" if words[1] == 1280 else "CLIP-L"
    if "encoder.block.0.layer.0.SelfAttention.q.weight" in shapes or "enc.blk.0.attn_q.weight" in shapes:
        return Kind.TEXT_ENCODER, Architecture.UNKNOWN, "T5"
    for key in ("model.layers.0.self_attn.q_proj.weight", "layers.0.self_attn.q_proj.weight", "blk.0.attn_q.weight"):
        if key in shapes:
            return Kind.TEXT_ENCODER, Architecture.UNKNOWN, "language model"
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
