"""Facts of each checkpoint family, as data.

Sources: the published configurations and model cards.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from sdpaint.generation.preview_maps import FLUX_MAP, SD3_MAP, SD_MAP, SDXL_MAP, WAN_MAP, PreviewMap
from sdpaint.generation.prompt.explain import Honours
from sdpaint.generation.request import SamplerName

_CLIP_HONOURS = Honours.ALL


class FamilyName(Enum):
    """Architectures that the engine knows."""

    SD = "Stable Diffusion"
    SDXL = "Stable Diffusion XL"
    SD3 = "Stable Diffusion 3"
    FLUX = "Flux"
    FLUX2_KLEIN = "Flux 2 klein"
    CHROMA = "Chroma"
    Z_IMAGE = "Z-Image"
    LUMINA2 = "Lumina 2"
    QWEN_IMAGE = "Qwen-Image"
    SANA = "Sana"
    PIXART = "PixArt"
    AURAFLOW = "AuraFlow"
    HUNYUAN_DIT = "HunyuanDiT"
    COGVIEW4 = "CogView4"


FLOW_SAMPLERS = (SamplerName.EULER,)
"""The pipelines of families that are trained on flows set sigmas of their own, which other samplers don't take."""


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
    preview_map: PreviewMap | None
    """None: nobody has published one; it is fitted to the checkpoint's own autoencoder when that is loaded."""
    sampler: SamplerName
    steps: int
    guidance_scale: float
    latent_channels: int = 4
    latent_px: int = 8
    """Pixels to a side of a latent."""
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
    negative_prompt: bool = True
    """Whether a negative prompt does anything."""

    @property
    def samplers(self) -> tuple[SamplerName, ...]:
        """Those that its checkpoints can be sampled with."""
        return FLOW_SAMPLERS if self.is_flow else tuple(SamplerName)


FAMILIES: dict[FamilyName, Family] = {
    FamilyName.SD: Family(
        name=FamilyName.SD,
        native_px=512,
        min_side_px=256,
        max_side_px=1024,
        max_area_px=768 * 768,
        preview_map=SD_MAP,
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
        preview_map=SDXL_MAP,
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
        preview_map=SD3_MAP,
        sampler=SamplerName.EULER,
        steps=28,
        guidance_scale=4.5,
        latent_channels=16,
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
        preview_map=FLUX_MAP,
        sampler=SamplerName.EULER,
        steps=24,
        guidance_scale=3.5,
        latent_channels=16,
        multiple_px=16,
        network="transformer",
        inpaint_channels=384,
        is_flow=True,
        negative_prompt=False,
    ),
    FamilyName.FLUX2_KLEIN: Family(
        name=FamilyName.FLUX2_KLEIN,
        native_px=1024,
        min_side_px=256,
        max_side_px=2048,
        max_area_px=1408 * 1408,
        preview_map=None,
        sampler=SamplerName.EULER,
        steps=50,
        guidance_scale=4.0,
        latent_channels=32,
        multiple_px=16,
        network="transformer",
        inpaint_channels=0,
        is_flow=True,
    ),
    FamilyName.CHROMA: Family(
        name=FamilyName.CHROMA,
        native_px=1024,
        min_side_px=256,
        max_side_px=1536,
        max_area_px=1152 * 1152,
        preview_map=FLUX_MAP,
        sampler=SamplerName.EULER,
        steps=35,
        guidance_scale=5.0,
        latent_channels=16,
        multiple_px=16,
        network="transformer",
        inpaint_channels=0,
        is_flow=True,
    ),
    FamilyName.Z_IMAGE: Family(
        name=FamilyName.Z_IMAGE,
        native_px=1024,
        min_side_px=512,
        max_side_px=2048,
        max_area_px=1408 * 1408,
        preview_map=FLUX_MAP,
        sampler=SamplerName.EULER,
        steps=50,
        guidance_scale=4.0,
        latent_channels=16,
        multiple_px=16,
        network="transformer",
        inpaint_channels=0,
        is_flow=True,
    ),
    FamilyName.LUMINA2: Family(
        name=FamilyName.LUMINA2,
        native_px=1024,
        min_side_px=512,
        max_side_px=1536,
        max_area_px=1152 * 1152,
        preview_map=FLUX_MAP,
        sampler=SamplerName.EULER,
        steps=30,
        guidance_scale=4.0,
        latent_channels=16,
        multiple_px=16,
        network="transformer",
        inpaint_channels=0,
        is_flow=True,
    ),
    FamilyName.QWEN_IMAGE: Family(
        name=FamilyName.QWEN_IMAGE,
        native_px=1328,
        min_side_px=512,
        max_side_px=2048,
        max_area_px=1472 * 1472,
        preview_map=WAN_MAP,
        sampler=SamplerName.EULER,
        steps=50,
        guidance_scale=4.0,
        latent_channels=16,
        multiple_px=16,
        network="transformer",
        inpaint_channels=0,
        is_flow=True,
    ),
    FamilyName.SANA: Family(
        name=FamilyName.SANA,
        native_px=1024,
        min_side_px=512,
        max_side_px=1536,
        max_area_px=1152 * 1152,
        preview_map=None,
        sampler=SamplerName.EULER,
        steps=20,
        guidance_scale=4.5,
        latent_channels=32,
        latent_px=32,
        multiple_px=32,
        network="transformer",
        inpaint_channels=0,
        is_flow=True,
    ),
    FamilyName.PIXART: Family(
        name=FamilyName.PIXART,
        native_px=1024,
        min_side_px=512,
        max_side_px=1536,
        max_area_px=1152 * 1152,
        preview_map=None,
        sampler=SamplerName.DPMPP_2M,
        steps=20,
        guidance_scale=4.5,
        multiple_px=16,
        network="transformer",
        inpaint_channels=0,
    ),
    FamilyName.AURAFLOW: Family(
        name=FamilyName.AURAFLOW,
        native_px=1024,
        min_side_px=512,
        max_side_px=1536,
        max_area_px=1152 * 1152,
        preview_map=SDXL_MAP,
        sampler=SamplerName.EULER,
        steps=50,
        guidance_scale=3.5,
        multiple_px=16,
        network="transformer",
        inpaint_channels=0,
        is_flow=True,
    ),
    FamilyName.HUNYUAN_DIT: Family(
        name=FamilyName.HUNYUAN_DIT,
        native_px=1024,
        min_side_px=512,
        max_side_px=1536,
        max_area_px=1152 * 1152,
        preview_map=SDXL_MAP,
        sampler=SamplerName.DDPM,
        steps=50,
        guidance_scale=5.0,
        multiple_px=16,
        network="transformer",
        inpaint_channels=0,
    ),
    FamilyName.COGVIEW4: Family(
        name=FamilyName.COGVIEW4,
        native_px=1024,
        min_side_px=512,
        max_side_px=2048,
        max_area_px=1408 * 1408,
        preview_map=None,
        sampler=SamplerName.EULER,
        steps=50,
        guidance_scale=5.0,
        latent_channels=16,
        multiple_px=16,
        network="transformer",
        inpaint_channels=0,
        is_flow=True,
    ),
}
