"""Request → pipeline call. Families and tasks differ in a table and in a few arguments, nowhere else."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from diffusers import (
    AutoencoderTiny,
    FluxFillPipeline,
    FluxImg2ImgPipeline,
    FluxKontextPipeline,
    FluxPipeline,
    StableDiffusion3Img2ImgPipeline,
    StableDiffusion3Pipeline,
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
from sdpaint.engine.conditioning import encode_prompts
from sdpaint.engine.layout import packed, packed_region, padded, same, unpacked
from sdpaint.engine.loader import LoadedCheckpoint
from sdpaint.engine.noising import randn
from sdpaint.engine.observer import KeptRegion
from sdpaint.engine.samplers import make_scheduler
from sdpaint.engine.variation import varied, vary_what_is_added
from sdpaint.generation.cost import plan_steps
from sdpaint.generation.engine import CancelToken
from sdpaint.generation.families import FAMILIES, FamilyName
from sdpaint.generation.request import LATENT_MULTIPLE, GenerationMode, GenerationRequest
from sdpaint.imaging.masks import inside_of


@dataclass(frozen=True)
class Pipelines:
    """The pipeline classes of a family.

    `masked` feeds a network that takes mask and masked picture, `edit` one that is given the picture that it is to
    change; None where the family has none.
    """

    text: Any
    image: Any
    masked: Any = None
    edit: Any = None


PIPELINES: dict[FamilyName, Pipelines] = {
    FamilyName.SD: Pipelines(
        StableDiffusionPipeline, StableDiffusionImg2ImgPipeline, StableDiffusionInpaintPipeline
    ),
    FamilyName.SDXL: Pipelines(
        StableDiffusionXLPipeline, StableDiffusionXLImg2ImgPipeline, StableDiffusionXLInpaintPipeline
    ),
    FamilyName.SD3: Pipelines(StableDiffusion3Pipeline, StableDiffusion3Img2ImgPipeline),
    FamilyName.FLUX: Pipelines(FluxPipeline, FluxImg2ImgPipeline, FluxFillPipeline, FluxKontextPipeline),
}


@dataclass(frozen=True, eq=False)
class PipelineCall:
    """One picture: `pipeline(**arguments)` gives its latents after `steps` steps.

    `unpack` makes (1, channels, height/8, width/8) of them where the family's loop has them in another form.
    """

    pipeline: Any
    arguments: dict[str, Any]
    steps: int
    kept: KeptRegion | None = None
    unpack: Callable[[Tensor], Tensor] = same


def text_pipeline(loaded: LoadedCheckpoint) -> Any:
    """The pipeline that encodes prompts."""
    return loaded.pipeline(PIPELINES[loaded.info.family].text)


def prepare_call(loaded: LoadedCheckpoint, request: GenerationRequest, index: int, cancel: CancelToken) -> PipelineCall:
    """Everything that picture `index` of a request needs. Encodes prompt and picture where they aren't known yet.

    The picture has its own generator, seeded on the CPU, so that results match across devices and each can be made
    alone again.
    """
    request = padded(request, FAMILIES[loaded.info.family].multiple_px)
    sampling = request.sampling
    seed = request.seed_of(index)
    generator = torch.Generator("cpu").manual_seed(seed)
    steps = steps_of(request)
    words = encode_prompts(loaded, text_pipeline(loaded), request, index, steps)
    arguments: dict[str, Any] = {
        "guidance_scale": sampling.guidance_scale,
        "generator": generator,
        "output_type": "latent",
        **words.arguments(steps),
    }
    if loaded.info.is_inpaint:
        call = _masked_call(loaded, request, arguments, cancel)
    elif loaded.info.is_edit and request.image is not None:
        call = _edit_call(loaded, request, arguments, cancel)
    elif request.mode is GenerationMode.TEXT_TO_IMAGE:
        call = _text_call(loaded, request, arguments)
    elif request.mode is GenerationMode.IMAGE_TO_IMAGE:
        assert request.image is not None
        latents = encode(loaded, request.image, generator, cancel)
        call = _image_call(loaded, request, arguments, latents)
    else:
        call = _inpaint_call(loaded, request, arguments, cancel)
    call.pipeline.scheduler = make_scheduler(
        sampling.sampler, loaded.scheduler_config, call.arguments["num_inference_steps"], seed,
        FAMILIES[loaded.info.family].is_flow,
    )
    vary_what_is_added(call.pipeline.scheduler, request.variations)
    if loaded.info.family is not FamilyName.FLUX:
        return call
    kept = None if call.kept is None else packed_region(call.kept)
    return replace(call, kept=kept, unpack=functools.partial(unpacked, size=request.size))


def steps_of(request: GenerationRequest) -> int:
    """How many steps a picture of a request takes: fewer than asked for where something is kept of what is there."""
    sampling = request.sampling
    if request.image is None or (request.mask is not None and sampling.strength >= 1.0):
        return sampling.steps
    return plan_steps(sampling.steps, sampling.strength)[2]


def _text_call(loaded: LoadedCheckpoint, request: GenerationRequest, arguments: dict[str, Any]) -> PipelineCall:
    size = {"height": request.size.height, "width": request.size.width}
    steps = request.sampling.steps
    own: dict[str, Any] = {**size, "num_inference_steps": steps}
    if request.variations and "latents" not in arguments:
        own["latents"] = _start(loaded, request, _noise(loaded, request, arguments["generator"]))
    return PipelineCall(text_pipeline(loaded), {**arguments, **own}, steps)


def _noise(loaded: LoadedCheckpoint, request: GenerationRequest, generator: torch.Generator) -> Tensor:
    """What a pipeline draws at first: (1, channels, height/8, width/8)."""
    height, width = request.size.height // LATENT_MULTIPLE, request.size.width // LATENT_MULTIPLE
    channels = int(loaded.vae.config.latent_channels)
    device = loaded.device
    return randn((1, channels, height, width), generator, device.torch_device, device.dtype)


def _start(loaded: LoadedCheckpoint, request: GenerationRequest, noise: Tensor) -> Tensor:
    """The noise with the variations, as the loop of the family takes it."""
    noise = varied(noise, request.variations)
    return packed(noise) if loaded.info.family is FamilyName.FLUX else noise


def _image_call(
    loaded: LoadedCheckpoint, request: GenerationRequest, arguments: dict[str, Any], latents: Tensor
) -> PipelineCall:
    planned, strength, done = plan_steps(request.sampling.steps, request.sampling.strength)
    own = {"image": latents, "num_inference_steps": planned, "strength": strength}
    if FAMILIES[loaded.info.family].is_flow:
        own |= {"height": request.size.height, "width": request.size.width}
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
        noise = varied(randn(original.shape, generator, original.device, original.dtype), request.variations)
        start = packed(noise) if loaded.info.family is FamilyName.FLUX else noise
        call = _text_call(loaded, request, {**arguments, "latents": start})
    else:
        # The pipeline will draw the same noise from the same state.
        noise = varied(randn(original.shape, _twin(generator), original.device, original.dtype), request.variations)
        call = _image_call(loaded, request, arguments, original)
    mask = latent_mask(request.mask, original)
    return PipelineCall(call.pipeline, call.arguments, call.steps, KeptRegion(original, noise, mask))


def latent_mask(mask: NDArray[np.uint8], latents: Tensor) -> Tensor:
    """(height, width) uint8 → (1, 1, height/8, width/8) of 0…1: the share of each cell that is made anew."""
    weights = torch.from_numpy(np.array(mask, order="C")).to(torch.float32)[None, None] / 255.0
    return torch.nn.functional.interpolate(weights, size=latents.shape[-2:], mode="area").to(latents)


def _masked_call(
    loaded: LoadedCheckpoint, request: GenerationRequest, arguments: dict[str, Any], cancel: CancelToken
) -> PipelineCall:
    """A network that takes mask and picture itself; without a mask everything is made anew.

    It knows only masked and not: of a soft mask it is told what is made anew by half or more. The grey of it is kept
    by the observer as for any other network, and what isn't masked at all too.
    """
    shape = (request.size.height, request.size.width)
    image = request.image if request.image is not None else np.full((*shape, 3), 128, np.uint8)
    hard = np.full(shape, True) if request.mask is None else inside_of(request.mask)
    strength = 1.0 if request.image is None else request.sampling.strength
    planned, strength, done = plan_steps(request.sampling.steps, strength)
    own: dict[str, Any] = {
        "height": request.size.height,
        "width": request.size.width,
        "num_inference_steps": planned,
        "strength": strength,
    }
    pipeline = loaded.pipeline(PIPELINES[loaded.info.family].masked)
    own |= {
        "image": Image.fromarray(image),
        "mask_image": Image.fromarray(np.where(hard, 255, 0).astype(np.uint8)),
    }
    if loaded.info.family is FamilyName.FLUX:
        return _fill_call(loaded, request, PipelineCall(pipeline, {**arguments, **own}, done), image, cancel)
    if strength >= 1.0 and request.variations:
        # From pure noise: nothing is added to the picture, so the noise itself is handed over.
        own["latents"] = varied(_noise(loaded, request, arguments["generator"]), request.variations)
    if request.mask is None or bool(((request.mask == 0) | (request.mask == 255)).all()):
        return PipelineCall(pipeline, {**arguments, **own}, done)
    # The grey needs latents of the picture, and the same noise that the pipeline will draw. What is given as latents
    # isn't encoded again by the pipeline, and comes from memory where the artist changes only words or seed.
    original = encode(loaded, image, None, cancel)
    holed = np.where(hard[..., None], np.uint8(128), image)
    own |= {"image": original, "masked_image_latents": encode(loaded, holed, None, cancel)}
    noise = own.get("latents")
    if noise is None:
        drawn = randn(original.shape, _twin(arguments["generator"]), original.device, original.dtype)
        noise = varied(drawn, request.variations)
    kept = KeptRegion(original, noise, latent_mask(request.mask, original))
    return PipelineCall(pipeline, {**arguments, **own}, done, kept)


def _fill_call(
    loaded: LoadedCheckpoint,
    request: GenerationRequest,
    call: PipelineCall,
    image: NDArray[np.uint8],
    cancel: CancelToken,
) -> PipelineCall:
    """Flux Fill's pipeline takes no latents of the picture: it encodes anew, and draws for that before the noise."""
    if request.mask is None:
        return call
    original = encode(loaded, image, None, cancel)
    twin = _twin(call.arguments["generator"])
    drawn = 1 if isinstance(loaded.vae, AutoencoderTiny) else 2  # the tiny one has no distribution to draw from
    noise = [randn(original.shape, twin, original.device, original.dtype) for _ in range(drawn)][-1]
    kept = KeptRegion(original, varied(noise, request.variations), latent_mask(request.mask, original))
    return replace(call, kept=kept)


def _edit_call(
    loaded: LoadedCheckpoint, request: GenerationRequest, arguments: dict[str, Any], cancel: CancelToken
) -> PipelineCall:
    """An edit network gets the region as its picture, and the prompt says what becomes of it.

    How much of a mask is kept is up to the observer; strength has no meaning without one.
    """
    assert request.image is not None
    original = encode(loaded, request.image, None, cancel)
    drawn = randn(original.shape, arguments["generator"], original.device, original.dtype)
    noise = varied(drawn, request.variations)
    size, steps = request.size, request.sampling.steps
    own = {
        "image": original,
        "latents": packed(noise),
        "height": size.height,
        "width": size.width,
        "max_area": size.area,
        "num_inference_steps": steps,
    }
    pipeline = loaded.pipeline(PIPELINES[loaded.info.family].edit)
    kept = None
    if request.mask is not None:
        # A strength below 1 is that of all of the mask.
        weight = latent_mask(request.mask, original) * request.sampling.strength
        kept = KeptRegion(original, noise, weight)
    return PipelineCall(pipeline, {**arguments, **own}, steps, kept)


def _twin(generator: torch.Generator) -> torch.Generator:
    """A generator that will draw what the other one will."""
    twin = torch.Generator("cpu")
    twin.set_state(generator.get_state())
    return twin
