"""TEXT_ENCODERS: those that networks share, as ComfyUI's files call them, and what each family has of them.

The names of their tensors are those of Hugging Face's transformers. In a whole checkpoint something stands before them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sdpaint.generation.families import FamilyName

AUTOENCODER = "autoencoder"


@dataclass(frozen=True)
class TextEncoder:
    """`prefix`: of its tensors in a whole checkpoint; `file`: its usual name.

    `mark`: a tensor that every one has, behind the `outermost` name, which some programs leave out.
    """

    prefix: str
    outermost: str
    mark: str
    file: str


_CLIP_MARK = "embeddings.token_embedding.weight"

TEXT_ENCODERS: Mapping[str, TextEncoder] = {
    "CLIP-L": TextEncoder("text_encoders.clip_l.transformer.", "text_model.", _CLIP_MARK, "clip_l.safetensors"),
    "CLIP-G": TextEncoder("text_encoders.clip_g.transformer.", "text_model.", _CLIP_MARK, "clip_g.safetensors"),
    "T5-XXL": TextEncoder(
        "text_encoders.t5xxl.transformer.",
        "",
        "encoder.block.0.layer.0.SelfAttention.q.weight",
        "t5xxl_fp16.safetensors",
    ),
    "Qwen3-4B": TextEncoder(
        "text_encoders.qwen3_4b.transformer.", "model.", "layers.0.self_attn.q_norm.weight", "qwen_3_4b.safetensors"
    ),
}

ENCODERS_OF: Mapping[FamilyName, Mapping[str, str]] = {
    FamilyName.SD3: {"text_encoder": "CLIP-L", "text_encoder_2": "CLIP-G", "text_encoder_3": "T5-XXL"},
    FamilyName.FLUX: {"text_encoder": "CLIP-L", "text_encoder_2": "T5-XXL"},
    FamilyName.CHROMA: {"text_encoder": "T5-XXL"},
    FamilyName.Z_IMAGE: {"text_encoder": "Qwen3-4B"},
}
"""Families whose checkpoints come in one file, or in several, with these."""
