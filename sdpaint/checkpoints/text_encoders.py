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
    """`prefix`: of its tensors in a whole checkpoint; `mark`: a tensor that every one has; `file`: its usual name."""

    prefix: str
    mark: str
    file: str


_CLIP_MARK = "text_model.embeddings.token_embedding.weight"

TEXT_ENCODERS: Mapping[str, TextEncoder] = {
    "CLIP-L": TextEncoder("text_encoders.clip_l.transformer.", _CLIP_MARK, "clip_l.safetensors"),
    "CLIP-G": TextEncoder("text_encoders.clip_g.transformer.", _CLIP_MARK, "clip_g.safetensors"),
    "T5-XXL": TextEncoder(
        "text_encoders.t5xxl.transformer.",
        "encoder.block.0.layer.0.SelfAttention.q.weight",
        "t5xxl_fp16.safetensors",
    ),
}

ENCODERS_OF: Mapping[FamilyName, Mapping[str, str]] = {
    FamilyName.SD3: {"text_encoder": "CLIP-L", "text_encoder_2": "CLIP-G", "text_encoder_3": "T5-XXL"},
    FamilyName.FLUX: {"text_encoder": "CLIP-L", "text_encoder_2": "T5-XXL"},
    FamilyName.CHROMA: {"text_encoder": "T5-XXL"},
}
"""Families whose checkpoints come in one file, or in several, with these."""
