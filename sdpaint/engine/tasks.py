"""Request → pipeline call. Families and tasks differ in a table and in a few arguments, nowhere else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from diffusers import (
    StableDiffusionImg2ImgPipeline,
    StableDiffusionInpaintPipeline,
    StableDiffusionPipeline,
    StableDiffusionXLImg2ImgPipeline,
    StableDiffusionXLInpaintPipeline,
    StableDiffusionXLPipeline,
)
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from sdpaint.engine.autoencode import encode
from sdpaint.engine.conditioning import encode_prompt
from sdpaint.engine.loader import LoadedCheckpoint
from sdpaint.engine.noising import randn
from sdpaint.engine.observer import KeptRegion
from sdpaint.engine.samplers import make_scheduler
from sdpaint.generation.cost import plan_steps
from sdpaint.generation.engine import CancelToken
from sdpaint.generation.families import FamilyName
from sdpaint.generation.request import GenerationMode, GenerationRequest
from sdpaint.imaging.masks import inside_of


@dataclass(frozen=True)
class Pipelines:
    """The pipeline classes of a family. `masked` feeds a UNet of 9 channels."""

    text: Any
    image: Any
    masked: Any


PIPELINES: dict[FamilyName, Pipelines] = {
    FamilyName.SD: Pipelines(
        StableDiffusionPipeline, StableDiffusionImg2ImgPipeline, StableDiffusionInpaintPipeline
    ),
    FamilyName.SDXL: Pipelines(
        StableDiffusionXLPipeline, StableDiffusionXLImg2ImgPipeline, StableDiffusionXLInpaintPipeline
    ),
}


@dataclass(frozen=True, eq=False)
class PipelineCall:
    """One picture: `pipeline(**arguments)` gives its latents after `steps` steps."""

    pipeline: Any
    arguments: dict[str, Any]
    steps: int
    kept: KeptRegion | None = None


def text_pipeline(loaded: LoadedCheckpoint) -> Any:
    """The pipeline that encodes prompts."""
    return loaded.pipeline(PIPELINES[loaded.info.family].text)


def prepare_call(loaded: LoadedCheckpoint, request: GenerationRequest, index: int, cancel: CancelToken) -> PipelineCall:
    """Everything that picture `index` of a request needs. Encodes prompt and picture where they aren't known yet.

    The picture has its own generator, seeded on the CPU, so that results match across devices and each can be made
    alone again.
    """
    sampling = request.sampling
    seed = request.seed_of(index)
    generator = torch.Generator("cpu").manual_seed(seed)
    arguments: dict[str, Any] = {
        "guidance_scale": sampling.guidance_scale,
        "generator": generator,
        "output_type": "latent",
        **encode_prompt(
            loaded, text_pipeline(loaded), request.prompt, request.negative_prompt, sampling.guidance_scale
        ),
    }
    if loaded.info.is_inpaint:
        call = _masked_call(loaded, request, arguments)
    elif request.mode is GenerationMode.TEXT_TO_IMAGE:
        call = _text_call(loaded, request, arguments)
    elif request.mode is GenerationMode.IMAGE_TO_IMAGE:
        assert request.image is not None
        latents = encode(loaded, request.image, generator, cancel)
        call = _image_call(loaded, request, arguments, latents)
    else:
        call = _inpaint_call(loaded, request, arguments, cancel)
    call.pipeline.scheduler = make_scheduler(
        sampling.sampler, loaded.scheduler_config, call.arguments["num_inference_steps"], seed
    )
    return call


def _text_call(loaded: LoadedCheckpoint, request: GenerationRequest, arguments: dict[str, Any]) -> PipelineCall:
    size = {"height": request.size.height, "width": request.size.width}
    steps = request.sampling.steps
    return PipelineCall(text_pipeline(loaded), {**arguments, **size, "num_inference_steps": steps}, steps)


def _image_call(
    loaded: LoadedCheckpoint, request: GenerationRequest, arguments: dict[str, Any], latents: Tensor
) -> PipelineCall:
    planned, strength, done = plan_steps(request.sampling.steps, request.sampling.strength)
    own = {"image": latents, "num_inference_steps": planned, "strength": strength}
    return PipelineCall(loaded.pipeline(PIPELINES[loaded.info.family].image), {**arguments, **own}, done)


def _inpaint_call(
    loaded: LoadedCheckpoint, request: GenerationRequest, arguments: dict[str, Any], cancel: CancelToken
) -> PipelineCall:
    """Inpainting with a UNet that takes no mask: a plain loop, into which the observer blends the kept region.

    At full strength it starts from pure noise, as txt2img does: at an img2img pipeline's highest timestep some of
    what lies under the mask would still shine through.
    """
    assert request.image is not None
    assert request.mask is not None
    original = encode(loaded, request.image, None, cancel)
    generator: torch.Generator = arguments["generator"]
    if request.sampling.strength >= 1.0:
        noise = randn(original.shape, generator, original.device, original.dtype)
        call = _text_call(loaded, request, {**arguments, "latents": noise})
    else:
        # The pipeline will draw the same noise from the same state.
        twin = torch.Generator("cpu")
        twin.set_state(generator.get_state())
        noise = randn(original.shape, twin, original.device, original.dtype)
        call = _image_call(loaded, request, arguments, original)
    mask = latent_mask(request.mask, original)
    return PipelineCall(call.pipeline, call.arguments, call.steps, KeptRegion(original, noise, mask))


def latent_mask(mask: NDArray[np.uint8], latents: Tensor) -> Tensor:
    """(height, width) uint8 → (1, 1, height/8, width/8) of 0…1: the share of each cell that is made anew."""
    weights = torch.from_numpy(np.array(mask, order="C")).to(torch.float32)[None, None] / 255.0
    return torch.nn.functional.interpolate(weights, size=latents.shape[-2:], mode="area").to(latents)


def _masked_call(loaded: LoadedCheckpoint, request: GenerationRequest, arguments: dict[str, Any]) -> PipelineCall:
    """A UNet of 9 channels takes mask and picture itself; without a mask everything is made anew."""
    shape = (request.size.height, request.size.width)
    image = request.image if request.image is not None else np.full((*shape, 3), 128, np.uint8)
    # Such a UNet knows only masked and not: of a soft mask, what is made anew by half or more.
    mask = np.full(shape, 255, np.uint8) if request.mask is None else np.where(inside_of(request.mask), 255, 0)
    strength = 1.0 if request.image is None else request.sampling.strength
    planned, strength, done = plan_steps(request.sampling.steps, strength)
    own = {
        "image": Image.fromarray(image),
        "mask_image": Image.fromarray(mask.astype(np.uint8)),
        "height": request.size.height,
        "width": request.size.width,
        "num_inference_steps": planned,
        "strength": strength,
    }
    return PipelineCall(loaded.pipeline(PIPELINES[loaded.info.family].masked), {**arguments, **own}, done)
