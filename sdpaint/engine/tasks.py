"""Request → pipeline call. Families and tasks differ in a table and in a few arguments, nowhere else."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from diffusers import AutoencoderTiny
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from sdpaint.engine.adapters import apply_adapters, wanted_adapters
from sdpaint.engine.autoencode import encode, normalised
from sdpaint.engine.calls import CALLS, FamilyCalls, Layout, pipeline_class
from sdpaint.engine.conditioning import Conditioning, encode_prompts, encode_regions, is_guided
from sdpaint.engine.controls import ControlHook, LoadedControl, multiple_px
from sdpaint.engine.heat import HeatGatherer, gatherer_for
from sdpaint.engine.image_encoder import ImageEncoder
from sdpaint.engine.joint_references import JointReferences
from sdpaint.engine.lanes import Lanes
from sdpaint.engine.late_start import LateStart
from sdpaint.engine.layout import from_rows, in_rows, packed, padded, region_as, same, unpacked
from sdpaint.engine.loader import LoadedCheckpoint
from sdpaint.engine.noising import randn, twin
from sdpaint.engine.observer import KeptRegion
from sdpaint.engine.references import References, wear
from sdpaint.engine.regional_attention import RegionalAttention
from sdpaint.engine.regions import lanes, regional_attention
from sdpaint.engine.samplers import make_scheduler
from sdpaint.engine.variation import varied, vary_what_is_added
from sdpaint.errors import SettingsError
from sdpaint.generation.cost import plan_steps
from sdpaint.generation.engine import CancelToken
from sdpaint.generation.families import FAMILIES, FamilyName
from sdpaint.generation.prompt.explain import Honours
from sdpaint.generation.request import GenerationMode, GenerationRequest
from sdpaint.imaging.masks import inside_of


@dataclass(frozen=True, eq=False)
class PipelineCall:
    """One picture: `pipeline(**arguments)` gives its latents after `steps` steps.

    `unpack` makes (1, channels, h, w) of what the family's loop has in another form, `finish` of what comes out in the
    end. `late` is set where a text pipeline begins in the middle, `controls` and `references` where there are any,
    `attention` or `lanes` where there are regions, `heat` where it is asked for.
    """

    pipeline: Any
    arguments: dict[str, Any]
    steps: int
    kept: KeptRegion | None = None
    unpack: Callable[[Tensor], Tensor] = same
    finish: Callable[[Tensor], Tensor] = same
    late: LateStart | None = None
    controls: ControlHook | None = None
    attention: RegionalAttention | None = None
    lanes: Lanes | None = None
    references: References | JointReferences | None = None
    heat: HeatGatherer | None = None


def text_pipeline(loaded: LoadedCheckpoint) -> Any:
    """The pipeline that encodes prompts."""
    return loaded.pipeline(_calls(loaded).text_class(loaded.info))


def _reading_pipeline(loaded: LoadedCheckpoint, request: GenerationRequest) -> Any:
    """The pipeline that encodes the prompts of a request: an edit's where its text encoder sees the picture too."""
    edit = _calls(loaded).edit_class(loaded.info) if _is_edit(loaded, request) else None
    if edit is None or not _calls(loaded).edit[edit.__name__]:
        return text_pipeline(loaded)
    if loaded.components["processor"] is None:
        raise SettingsError(
            f"{loaded.info.name} edits pictures, but what its text encoder sees them with isn't there",
            hint="Download the whole checkpoint too: what is missing is taken from it",
        )
    return loaded.pipeline(edit)


def _is_edit(loaded: LoadedCheckpoint, request: GenerationRequest) -> bool:
    return loaded.info.is_edit and request.image is not None


def _calls(loaded: LoadedCheckpoint) -> FamilyCalls:
    return CALLS[loaded.info.family]


def _named_pipeline(loaded: LoadedCheckpoint, name: str | None) -> Any:
    if name is None:
        raise SettingsError(
            f"{loaded.info.name} can't be used for this", hint="Choose a checkpoint without inpainting channels"
        )
    return loaded.pipeline(pipeline_class(name))


def prepare_call(
    loaded: LoadedCheckpoint,
    request: GenerationRequest,
    index: int,
    cancel: CancelToken,
    on_words: Callable[[], None] = lambda: None,
    controls: Sequence[LoadedControl] = (),
    image_encoder: ImageEncoder | None = None,
) -> PipelineCall:
    """Everything that picture `index` of a request needs. Encodes prompt and picture where they aren't known yet.

    `on_words` is called before a prompt is encoded.

    The picture has its own generator, seeded on the CPU, so that results match across devices and each can be made
    alone again. `controls` are the active ones of the request, with their networks; `image_encoder` reads its
    references, where it has any.
    """
    multiple = max(FAMILIES[loaded.info.family].multiple_px, multiple_px(each.info for each in controls))
    request = _possible(loaded, padded(request, multiple))
    sampling = request.sampling
    seed = request.seed_of(index)
    generator = torch.Generator("cpu").manual_seed(seed)
    if Honours.ADAPTERS in FAMILIES[loaded.info.family].honours:
        apply_adapters(loaded, text_pipeline(loaded), wanted_adapters(request, index))
    attends_apart = FAMILIES[loaded.info.family].cross_attends
    if attends_apart:
        wear(loaded, request.active_references)
    steps = steps_of(request)
    reading = _reading_pipeline(loaded, request)
    words = encode_prompts(loaded, reading, request, index, steps, on_words)
    regions = encode_regions(loaded, reading, request, index, steps, on_words)
    arguments: dict[str, Any] = {
        **_calls(loaded).guiding(sampling.guidance_scale),
        **_calls(loaded).calling,
        "generator": generator,
        "output_type": "latent",
        **words.arguments(steps),
    }
    references: References | JointReferences | None = None
    if request.active_references:
        assert image_encoder is not None
        make = References if attends_apart else JointReferences
        references = make(loaded, request.active_references, image_encoder, request.size)
        arguments |= references.arguments(is_guided(loaded, request))
    if loaded.info.is_inpaint:
        call = _masked_call(loaded, request, arguments, cancel)
    elif _is_edit(loaded, request):
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
        FAMILIES[loaded.info.family],
    )
    vary_what_is_added(call.pipeline.scheduler, request.variations)
    if controls:
        call = replace(call, controls=ControlHook(loaded, controls, request, cancel))
    call = _with_regions(loaded, replace(call, references=references), request, regions)
    return _in_form(loaded, _with_heat(loaded, call, request), request)


def _with_regions(
    loaded: LoadedCheckpoint, call: PipelineCall, request: GenerationRequest, regions: tuple[Conditioning, ...]
) -> PipelineCall:
    attention = regional_attention(loaded, request, regions, call.steps)
    if attention is None:
        return replace(call, lanes=lanes(loaded, request, regions, call.pipeline, call.arguments, call.steps))
    name = "callback_on_step_end"
    callback = attention.exchanging(call.arguments.get(name))
    arguments = call.arguments if callback is None else {**call.arguments, name: callback}
    return replace(call, arguments=arguments, attention=attention)


def _with_heat(loaded: LoadedCheckpoint, call: PipelineCall, request: GenerationRequest) -> PipelineCall:
    if not request.explains or not FAMILIES[loaded.info.family].cross_attends:
        return call
    return replace(call, heat=gatherer_for(loaded, request, call.steps, call.attention or call.lanes))


def _possible(loaded: LoadedCheckpoint, request: GenerationRequest) -> GenerationRequest:
    """The request as far as a refiner can do it. Raises SettingsError where it can't."""
    if not loaded.info.is_refiner:
        return request
    if request.image is None:
        raise SettingsError(
            f"{loaded.info.name} only refines pictures that are there", hint="Choose another checkpoint to begin with"
        )
    most = 1.0 - 1.0 / request.sampling.steps
    return replace(request, sampling=replace(request.sampling, strength=min(request.sampling.strength, most)))


def _in_form(loaded: LoadedCheckpoint, call: PipelineCall, request: GenerationRequest) -> PipelineCall:
    """The call with everything in the form that the loop has its latents in."""
    layout = _calls(loaded).layout
    if layout is Layout.PLAIN:
        return call
    form: Callable[[Tensor], Tensor] = packed
    channels = int(_noise_shape(loaded, request)[1])
    if layout is Layout.PACKED:
        back = functools.partial(unpacked, size=request.size)
        call = replace(call, unpack=back, finish=back)
    else:
        form = in_rows
        is_folded = layout is Layout.FOLDED
        rows = request.size.height // (loaded.latent_px * (2 if is_folded else 1))
        back = functools.partial(from_rows, height=rows)
        call = replace(call, unpack=back, finish=functools.partial(_of_flux2, loaded.vae, rows) if is_folded else back)
    if call.kept is not None:
        call = replace(call, kept=region_as(call.kept, form))
    if call.lanes is not None:
        call = replace(call, lanes=call.lanes.in_form(form, channels))
    if call.late is not None:
        late = call.late
        call = replace(call, late=LateStart(late.skipped, form(late.original), form(late.noise)))
    return call


def _of_flux2(vae: Any, rows: int, latents: Tensor) -> Tensor:
    """What comes out in the end: dev's pipeline hands out its loop's rows, klein's what goes into the autoencoder."""
    return from_rows(latents, rows) if latents.ndim == 3 else normalised(vae, latents)


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
        own["latents"] = _start_from(loaded, _noise(loaded, request, arguments["generator"]))
    return PipelineCall(text_pipeline(loaded), {**arguments, **own}, steps)


def _noise(loaded: LoadedCheckpoint, request: GenerationRequest, generator: torch.Generator) -> Tensor:
    """What a pipeline draws at first, with the request's variations: (1, channels, h, w)."""
    device = loaded.device
    drawn = randn(_noise_shape(loaded, request), generator, device.torch_device, device.dtype)
    return varied(drawn, request.variations)


def _noise_for(latents: Tensor, request: GenerationRequest, generator: torch.Generator) -> Tensor:
    """Likewise, for latents that are there."""
    return varied(randn(latents.shape, generator, latents.device, latents.dtype), request.variations)


def _noise_shape(loaded: LoadedCheckpoint, request: GenerationRequest) -> tuple[int, int, int, int]:
    config = loaded.vae.config
    channels = int(config.z_dim if hasattr(config, "z_dim") else config.latent_channels)
    height, width = request.size.height // loaded.latent_px, request.size.width // loaded.latent_px
    if _calls(loaded).layout is Layout.FOLDED:
        channels, height, width = channels * 4, height // 2, width // 2
    return 1, channels, height, width


def _image_call(
    loaded: LoadedCheckpoint, request: GenerationRequest, arguments: dict[str, Any], latents: Tensor
) -> PipelineCall:
    planned, strength, done = plan_steps(request.sampling.steps, request.sampling.strength)
    name = _calls(loaded).image
    if name is None:
        return _late_call(loaded, request, arguments, latents)
    own = {"image": latents, "num_inference_steps": planned, "strength": strength}
    if FAMILIES[loaded.info.family].is_flow:
        own |= {"height": request.size.height, "width": request.size.width}
    return PipelineCall(_named_pipeline(loaded, name), {**arguments, **own}, done)


def _late_call(
    loaded: LoadedCheckpoint, request: GenerationRequest, arguments: dict[str, Any], latents: Tensor
) -> PipelineCall:
    """A text pipeline that starts in the middle, from the noised picture."""
    planned, _, done = plan_steps(request.sampling.steps, request.sampling.strength)
    noise = _noise_for(latents, request, arguments["generator"])
    whole = replace(request, sampling=replace(request.sampling, steps=planned))
    call = _text_call(loaded, whole, {**arguments, "latents": _start_from(loaded, noise)})
    late = LateStart(planned - done, latents, noise) if planned > done else None
    return replace(call, steps=done, late=late)


def _start_from(loaded: LoadedCheckpoint, noise: Tensor) -> Tensor:
    """Noise as the family's text pipeline takes it. Flux 2's makes rows of it itself."""
    match _calls(loaded).layout:
        case Layout.PACKED:
            return packed(noise)
        case Layout.ROWS:
            return in_rows(noise)
    return noise


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
        noise = _noise_for(original, request, generator)
        call = _text_call(loaded, request, {**arguments, "latents": _start_from(loaded, noise)})
    else:
        # The pipeline will draw the same noise from the same state.
        noise = _noise_for(original, request, twin(generator))
        call = _image_call(loaded, request, arguments, original)
    mask = latent_mask(request.mask, original)
    return replace(call, kept=KeptRegion(original, noise, mask))


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
    pipeline = _named_pipeline(loaded, _calls(loaded).masked)
    own |= {
        "image": Image.fromarray(image),
        "mask_image": Image.fromarray(np.where(hard, 255, 0).astype(np.uint8)),
    }
    if "strength" not in inspect.signature(pipeline.__call__).parameters:
        return _masked_late_call(loaded, request, PipelineCall(pipeline, {**arguments, **own}, done), image, cancel)
    if loaded.info.family is FamilyName.FLUX:
        return _fill_call(loaded, request, PipelineCall(pipeline, {**arguments, **own}, done), image, cancel)
    if strength >= 1.0 and request.variations:
        # From pure noise: nothing is added to the picture, so the noise itself is handed over.
        own["latents"] = _noise(loaded, request, arguments["generator"])
    if request.mask is None or bool(((request.mask == 0) | (request.mask == 255)).all()):
        return PipelineCall(pipeline, {**arguments, **own}, done)
    # The grey needs latents of the picture, and the same noise that the pipeline will draw. What is given as latents
    # isn't encoded again by the pipeline, and comes from memory where the artist changes only words or seed.
    original = encode(loaded, image, None, cancel)
    holed = np.where(hard[..., None], np.uint8(128), image)
    own |= {"image": original, "masked_image_latents": encode(loaded, holed, None, cancel)}
    noise = own.get("latents")
    if noise is None:
        noise = _noise_for(original, request, twin(arguments["generator"]))
    kept = KeptRegion(original, noise, latent_mask(request.mask, original))
    return PipelineCall(pipeline, {**arguments, **own}, done, kept)


def _masked_late_call(
    loaded: LoadedCheckpoint,
    request: GenerationRequest,
    call: PipelineCall,
    image: NDArray[np.uint8],
    cancel: CancelToken,
) -> PipelineCall:
    """Kandinsky's pipeline for masks always begins with noise: for a strength below 1 it starts late."""
    own = {name: value for name, value in call.arguments.items() if name != "strength"}
    planned = int(own["num_inference_steps"])
    original = encode(loaded, image, None, cancel)
    noise = _noise_for(original, request, own["generator"])
    late = LateStart(planned - call.steps, original, noise) if planned > call.steps else None
    kept = None if request.mask is None else KeptRegion(original, noise, latent_mask(request.mask, original))
    return replace(call, arguments={**own, "latents": noise}, late=late, kept=kept)


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
    drawing = twin(call.arguments["generator"])
    if not isinstance(loaded.vae, AutoencoderTiny):  # the tiny one has no distribution to draw from
        randn(original.shape, drawing, original.device, original.dtype)
    kept = KeptRegion(original, _noise_for(original, request, drawing), latent_mask(request.mask, original))
    return replace(call, kept=kept)


def _edit_call(
    loaded: LoadedCheckpoint, request: GenerationRequest, arguments: dict[str, Any], cancel: CancelToken
) -> PipelineCall:
    """An edit network gets the region as its picture, and the prompt says what becomes of it.

    How much of a mask is kept is up to the observer; strength has no meaning without one.
    """
    assert request.image is not None
    noise = _noise(loaded, request, arguments["generator"])
    size, steps = request.size, request.sampling.steps
    own = {
        "latents": packed(noise),
        "height": size.height,
        "width": size.width,
        "num_inference_steps": steps,
    }
    edit = _calls(loaded).edit_class(loaded.info)
    if _calls(loaded).edit[edit.__name__]:
        own["image"] = Image.fromarray(request.image)  # brought to the area that it was trained on, and encoded there
    else:
        own |= {"image": encode(loaded, request.image, None, cancel), "max_area": size.area}
    pipeline = loaded.pipeline(edit)
    kept = None
    if request.mask is not None:
        original = encode(loaded, request.image, None, cancel)
        # A strength below 1 is that of all of the mask.
        weight = latent_mask(request.mask, original) * request.sampling.strength
        kept = KeptRegion(original, noise, weight)
    return PipelineCall(pipeline, {**arguments, **own}, steps, kept)
