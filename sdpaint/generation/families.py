"""Facts of each checkpoint family, as data.

The preview map takes a predicted x0, scaled as the UNet sees it, to RGB in -1…1: rgb = latents @ rows + bias.
Sources: SD1.x and SDXL maps as published with ComfyUI's latent formats.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from sdpaint.generation.request import SamplerName


class FamilyName(Enum):
    """Architectures that the engine knows."""

    SD = "Stable Diffusion"
    SDXL = "Stable Diffusion XL"


@dataclass(frozen=True)
class PreviewMap:
    """Linear map from latent channels to RGB: `rows` (channels × 3) and `bias` (3)."""

    rows: tuple[tuple[float, float, float], ...]
    bias: tuple[float, float, float]


@dataclass(frozen=True)
class Family:
    """What holds for every checkpoint of an architecture unless the checkpoint says otherwise."""

    name: FamilyName
    native_px: int
    """Side of the square that it was trained on."""
    min_side_px: int
    max_side_px: int
    max_area_px: int
    """Above this area pictures repeat themselves; the frame is then worked on at a smaller scale."""
    preview_map: PreviewMap
    sampler: SamplerName
    steps: int
    guidance_scale: float


FAMILIES: dict[FamilyName, Family] = {
    FamilyName.SD: Family(
        name=FamilyName.SD,
        native_px=512,
        min_side_px=256,
        max_side_px=1024,
        max_area_px=768 * 768,
        preview_map=PreviewMap(
            rows=(
                (0.3512, 0.2297, 0.3227),
                (0.3250, 0.4974, 0.2350),
                (-0.2829, 0.1762, 0.2721),
                (-0.2120, -0.2616, -0.7177),
            ),
            bias=(0.0, 0.0, 0.0),
        ),
        sampler=SamplerName.DPMPP_2M_KARRAS,
        steps=20,
        guidance_scale=7.0,
    ),
    FamilyName.SDXL: Family(
        name=FamilyName.SDXL,
        native_px=1024,
        min_side_px=512,
        max_side_px=1536,
        max_area_px=1152 * 1152,
        preview_map=PreviewMap(
            rows=(
                (0.3651, 0.4232, 0.4341),
                (-0.2533, -0.0042, 0.1068),
                (0.1076, 0.1111, -0.0362),
                (-0.3165, -0.2492, -0.2188),
            ),
            bias=(0.1084, -0.0175, -0.0011),
        ),
        sampler=SamplerName.DPMPP_2M_KARRAS,
        steps=25,
        guidance_scale=6.0,
    ),
}
