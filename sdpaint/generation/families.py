"""Facts of each checkpoint family, as data.

Sources: the published configurations and model cards.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from sdpaint.generation.preview_maps import FLUX_MAP, SD3_MAP, SD_MAP, SDXL_MAP, WAN_MAP, PreviewMap
from sdpaint.generation.prompt.explain import Honours
from sdpaint.generation.request import SamplerName


class FamilyName(Enum):
    """Architectures that the engine knows."""

    SD = "Stable Diffusion"
    SDXL = "Stable Diffusion XL"
    SD3 = "Stable Diffusion 3"
    FLUX = "Flux"
    FLUX2 = "Flux 2"
    FLUX2_KLEIN = "Flux 2 klein"
    CHROMA = "Chroma"
    Z_IMAGE = "Z-Image"
    KOLORS = "Kolors"
    LUMINA = "Lumina-Next"
    LUMINA2 = "Lumina 2"
    QWEN_IMAGE = "Qwen-Image"
    QWEN_IMAGE_21 = "Qwen-Image 2.1"
    SANA = "Sana"
    PIXART = "PixArt"
    AURAFLOW = "AuraFlow"
    HUNYUAN_DIT = "HunyuanDiT"
    COGVIEW3 = "CogView3+"
    COGVIEW4 = "CogView4"
    OVIS_IMAGE = "Ovis-Image"
    KREA2 = "Krea 2"
    NUCLEUS_IMAGE = "Nucleus-Image"
    PRX = "PRX"
    KANDINSKY = "Kandinsky 2.2"
    KANDINSKY3 = "Kandinsky 3"


EXPAND_STRENGTH = 0.95
"""Nothing lies beyond the canvas that could be kept, but the colours of what is continued there lead to no seam."""
FLOW_SAMPLERS = (SamplerName.EULER,)
"""The pipelines of families that are trained on flows set sigmas of their own, which other samplers don't take."""
UNSCALED_SAMPLERS = (SamplerName.DDPM, SamplerName.DDIM, SamplerName.DPMPP_2M, SamplerName.DPMPP_2M_KARRAS)
"""Those of pipelines that don't scale what goes into the network by sigmas, and that hand a generator to each step."""


@dataclass(frozen=True)
class Family:
    """What holds for every checkpoint of an architecture unless the checkpoint says otherwise.

    What isn't said is what most have in common: transformers that are trained on flows at a megapixel.
    """

    name: FamilyName
    preview_map: PreviewMap | None
    """None: nobody has published one; it is fitted to the checkpoint's own autoencoder when that is loaded."""
    steps: int
    guidance_scale: float
    sampler: SamplerName = SamplerName.EULER
    native_px: int = 1024
    """Side of the square that it was trained on."""
    min_side_px: int = 512
    max_side_px: int = 1536
    max_area_px: int = 1152 * 1152
    """Above this area pictures repeat themselves; the frame is then worked on at a smaller scale."""
    latent_channels: int = 16
    latent_px: int = 8
    """Pixels to a side of a latent, with the autoencoder that was published with it."""
    multiple_px: int = 16
    """Sides of what the network sees are multiples of this: eight pixels a latent, times the latents of a patch."""
    network: str = "transformer"
    """Folder of the denoising network."""
    autoencoder: str = "vae"
    """Folder of the autoencoder."""
    cross_attends: bool = False
    """Whether words come in by cross-attention: it can be told where to look, and asked where it did."""
    inpaint_channels: int = 0
    """Input channels of a network that takes mask and masked picture; 0: there is none in this family."""
    honours: Honours = Honours.ADAPTERS
    """What of the prompt language its encoders and networks can carry out; the rest is said and left out."""
    is_flow: bool = True
    """Whether it is trained on straight lines from noise to picture (rectified flow), which has samplers of its own."""
    scales_inputs: bool = True
    """Whether its pipelines scale what goes into the network as samplers ask for that work with sigmas."""
    negative_prompt: bool = True
    """Whether a negative prompt does anything."""

    @property
    def samplers(self) -> tuple[SamplerName, ...]:
        """Those that its checkpoints can be sampled with."""
        if self.is_flow:
            return FLOW_SAMPLERS
        return tuple(SamplerName) if self.scales_inputs else UNSCALED_SAMPLERS


_WEIGHTS_AND_ADAPTERS = Honours.WEIGHTS | Honours.ADAPTERS

_ROWS = (
    Family(
        FamilyName.SD,
        SD_MAP,
        steps=20,
        guidance_scale=7.0,
        sampler=SamplerName.DPMPP_2M_KARRAS,
        native_px=512,
        min_side_px=256,
        max_side_px=1024,
        max_area_px=768 * 768,
        latent_channels=4,
        multiple_px=8,
        network="unet",
        cross_attends=True,
        inpaint_channels=9,
        honours=Honours.ALL,
        is_flow=False,
    ),
    Family(
        FamilyName.SDXL,
        SDXL_MAP,
        steps=25,
        guidance_scale=6.0,
        sampler=SamplerName.DPMPP_2M_KARRAS,
        latent_channels=4,
        multiple_px=8,
        network="unet",
        cross_attends=True,
        inpaint_channels=9,
        honours=Honours.ALL,
        is_flow=False,
    ),
    Family(FamilyName.SD3, SD3_MAP, steps=28, guidance_scale=4.5, honours=_WEIGHTS_AND_ADAPTERS),
    Family(
        FamilyName.FLUX,
        FLUX_MAP,
        steps=24,
        guidance_scale=3.5,
        min_side_px=256,
        max_side_px=2048,
        max_area_px=1408 * 1408,
        inpaint_channels=384,
        honours=_WEIGHTS_AND_ADAPTERS,
        negative_prompt=False,
    ),
    Family(
        FamilyName.FLUX2,
        None,
        steps=28,
        guidance_scale=4.0,
        min_side_px=256,
        max_side_px=2048,
        max_area_px=1408 * 1408,
        latent_channels=32,
        negative_prompt=False,
    ),
    Family(
        FamilyName.FLUX2_KLEIN,
        None,
        steps=50,
        guidance_scale=4.0,
        min_side_px=256,
        max_side_px=2048,
        max_area_px=1408 * 1408,
        latent_channels=32,
    ),
    Family(
        FamilyName.CHROMA, FLUX_MAP, steps=35, guidance_scale=5.0, min_side_px=256, honours=_WEIGHTS_AND_ADAPTERS
    ),
    Family(
        FamilyName.Z_IMAGE,
        FLUX_MAP,
        steps=50,
        guidance_scale=4.0,
        max_side_px=2048,
        max_area_px=1408 * 1408,
    ),
    # SDXL's UNet, which reads a language model: other widths than SDXL's adapters have, and no CLIP to weigh words in.
    Family(
        FamilyName.KOLORS,
        SDXL_MAP,
        steps=25,
        guidance_scale=5.0,
        sampler=SamplerName.DPMPP_2M_KARRAS,
        latent_channels=4,
        multiple_px=8,
        network="unet",
        is_flow=False,
    ),
    Family(
        FamilyName.LUMINA, SDXL_MAP, steps=30, guidance_scale=4.0, latent_channels=4, honours=Honours.NONE
    ),
    Family(FamilyName.LUMINA2, FLUX_MAP, steps=30, guidance_scale=4.0),
    Family(
        FamilyName.QWEN_IMAGE,
        WAN_MAP,
        steps=50,
        guidance_scale=4.0,
        native_px=1328,
        max_side_px=2048,
        max_area_px=1472 * 1472,
    ),
    Family(
        FamilyName.QWEN_IMAGE_21,
        None,
        steps=50,
        guidance_scale=4.0,
        max_side_px=2048,
        max_area_px=1408 * 1408,
        latent_channels=64,
        latent_px=16,
        multiple_px=32,
    ),
    Family(
        FamilyName.SANA,
        None,
        steps=20,
        guidance_scale=4.5,
        latent_channels=32,
        latent_px=32,
        multiple_px=32,
    ),
    Family(
        FamilyName.PIXART,
        None,
        steps=20,
        guidance_scale=4.5,
        sampler=SamplerName.DPMPP_2M,
        latent_channels=4,
        honours=Honours.WEIGHTS,
        is_flow=False,
    ),
    Family(
        FamilyName.AURAFLOW,
        SDXL_MAP,
        steps=50,
        guidance_scale=3.5,
        latent_channels=4,
        honours=_WEIGHTS_AND_ADAPTERS,
    ),
    Family(
        FamilyName.HUNYUAN_DIT,
        SDXL_MAP,
        steps=50,
        guidance_scale=5.0,
        sampler=SamplerName.DDPM,
        latent_channels=4,
        honours=Honours.NONE,
        is_flow=False,
    ),
    Family(
        FamilyName.COGVIEW3,
        None,
        steps=50,
        guidance_scale=5.0,
        sampler=SamplerName.DDIM,
        max_side_px=2048,
        max_area_px=1408 * 1408,
        honours=Honours.WEIGHTS,
        is_flow=False,
    ),
    Family(
        FamilyName.COGVIEW4,
        None,
        steps=50,
        guidance_scale=5.0,
        max_side_px=2048,
        max_area_px=1408 * 1408,
    ),
    Family(FamilyName.OVIS_IMAGE, None, steps=50, guidance_scale=5.0, honours=Honours.NONE),
    Family(FamilyName.KREA2, WAN_MAP, steps=28, guidance_scale=4.5),
    Family(FamilyName.NUCLEUS_IMAGE, WAN_MAP, steps=50, guidance_scale=4.0, honours=Honours.NONE),
    Family(
        FamilyName.PRX,
        None,
        steps=28,
        guidance_scale=5.0,
        multiple_px=32,     # it comes with autoencoders of 8 pixels a latent and of 32
        honours=Honours.NONE,
    ),
    Family(
        FamilyName.KANDINSKY,
        None,
        steps=50,
        guidance_scale=4.0,
        sampler=SamplerName.DDPM,
        native_px=512,
        min_side_px=256,
        max_side_px=1024,
        max_area_px=1024 * 1024,
        latent_channels=4,
        multiple_px=64,
        network="unet",
        autoencoder="movq",
        inpaint_channels=9,
        honours=Honours.SCHEDULES,
        is_flow=False,
        scales_inputs=False,
    ),
    Family(
        FamilyName.KANDINSKY3,
        None,
        steps=25,
        guidance_scale=3.0,
        sampler=SamplerName.DDPM,
        latent_channels=4,
        multiple_px=64,
        network="unet",
        autoencoder="movq",
        honours=Honours.SCHEDULES,
        is_flow=False,
        scales_inputs=False,
    ),
)

FAMILIES: dict[FamilyName, Family] = {row.name: row for row in _ROWS}
