"""GenerationParams: what the artist has set in the prompt bar. Frozen; the controller replaces it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from sdpaint.generation.request import GenerationMode, SamplingParams


@dataclass(frozen=True)
class GenerationParams:
    """`mode` None means: follow the canvas (empty → txt2img, pixels → img2img, mask → inpaint)."""

    checkpoint: Path
    prompt: str = ""
    negative_prompt: str = ""
    sampling: SamplingParams = field(default_factory=SamplingParams)
    mode: GenerationMode | None = None
