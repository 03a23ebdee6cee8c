"""Facts of each checkpoint family, as data.

The preview map takes a predicted x0, scaled as the UNet sees it, to RGB in -1…1: rgb = latents @ rows + bias.
Sources: the maps as published with ComfyUI's latent formats.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from sdpaint.generation.prompt.explain import Honours
from sdpaint.generation.request import SamplerName

_CLIP_HONOURS = Honours.WEIGHTS | Honours.CHUNKS | Honours.SCHEDULES


class FamilyName(Enum):
    """Architectures that the engine knows."""

    SD = "Stable Diffusion"
    SDXL = "Stable Diffusion XL"
    SD3 = "Stable Diffusion 3"
    FLUX = "Flux"


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
    multiple_px: int = 8
    """Sides of what the network sees are multiples of this: eight pixels a latent, times the latents of a patch."""
    network: str = "unet"
    """Folder of the denoising network."""
    inpaint_channels: int = 9
    """Input channels of a network that takes mask and masked picture; 0: there is none in this family."""
    honours: Honours = Honours.NONE
    """What of the prompt language its text encoders can carry out; the rest is said and left out."""
    is_flow: bool = False
    """Whether it is trained on straight lines from noise to picture (rectified flow), which has samplers of its own."""


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
        honours=_CLIP_HONOURS,
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
        honours=_CLIP_HONOURS,
    ),
    FamilyName.SD3: Family(
        name=FamilyName.SD3,
        native_px=1024,
        min_side_px=512,
        max_side_px=1536,
        max_area_px=1152 * 1152,
        preview_map=PreviewMap(
            rows=(
                (-0.0922, -0.0175, 0.0749),
                (0.0311, 0.0633, 0.0954),
                (0.1994, 0.0927, 0.0458),
                (0.0856, 0.0339, 0.0902),
                (0.0587, 0.0272, -0.0496),
                (-0.0006, 0.1104, 0.0309),
                (0.0978, 0.0306, 0.0427),
                (-0.0042, 0.1038, 0.1358),
                (-0.0194, 0.0020, 0.0669),
                (-0.0488, 0.0130, -0.0268),
                (0.0922, 0.0988, 0.0951),
                (-0.0278, 0.0524, -0.0542),
                (0.0332, 0.0456, 0.0895),
                (-0.0069, -0.0030, -0.0810),
                (-0.0596, -0.0465, -0.0293),
                (-0.1448, -0.1463, -0.1189),
            ),
            bias=(0.2394, 0.2135, 0.1925),
        ),
        sampler=SamplerName.EULER,
        steps=28,
        guidance_scale=4.5,
        multiple_px=16,
        network="transformer",
        inpaint_channels=0,
        is_flow=True,
    ),
    FamilyName.FLUX: Family(
        name=FamilyName.FLUX,
        native_px=1024,
        min_side_px=256,
        max_side_px=2048,
        max_area_px=1408 * 1408,
        preview_map=PreviewMap(
            rows=(
                (-0.0346, 0.0244, 0.0681),
                (0.0034, 0.0210, 0.0687),
                (0.0275, -0.0668, -0.0433),
                (-0.0174, 0.0160, 0.0617),
                (0.0859, 0.0721, 0.0329),
                (0.0004, 0.0383, 0.0115),
                (0.0405, 0.0861, 0.0915),
                (-0.0236, -0.0185, -0.0259),
                (-0.0245, 0.0250, 0.1180),
                (0.1008, 0.0755, -0.0421),
                (-0.0515, 0.0201, 0.0011),
                (0.0428, -0.0012, -0.0036),
                (0.0817, 0.0765, 0.0749),
                (-0.1264, -0.0522, -0.1103),
                (-0.0280, -0.0881, -0.0499),
                (-0.1262, -0.0982, -0.0778),
            ),
            bias=(-0.0329, -0.0718, -0.0851),
        ),
        sampler=SamplerName.EULER,
        steps=24,
        guidance_scale=3.5,
        multiple_px=16,
        network="transformer",
        inpaint_channels=384,
        is_flow=True,
    ),
}
