"""The engine gives the pixels that the bare diffusers pipeline gives for the same arguments."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import diffusers
import numpy as np
import pytest
import torch
from diffusers import DiffusionPipeline
from PIL import Image

from sdpaint.engine.diffusion import DiffusionEngine
from sdpaint.engine.samplers import make_scheduler
from sdpaint.generation.request import GenerationMode, GenerationRequest, SamplerName
from sdpaint.paths import starter_checkpoint
from tests.engine.support import PROMPT, centre_mask, landscape, make_request, picture

_PIPELINES: dict[Path, Any] = {}
_CONFIGS: dict[Path, Any] = {}


def _pipeline(path: Path, class_name: str | None = None) -> Any:
    """The bare pipeline, straight from diffusers' own loader."""
    if path not in _PIPELINES:
        _PIPELINES[path] = DiffusionPipeline.from_pretrained(path, dtype=torch.float32, safety_checker=None)
        _CONFIGS[path] = _PIPELINES[path].scheduler.config  # as loaded: _bare sets other schedulers
    pipeline = _PIPELINES[path]
    if class_name is not None:
        extra = {"add_watermarker": False} if "XL" in class_name else {"requires_safety_checker": False}
        pipeline = getattr(diffusers, class_name)(**pipeline.components, **extra)
    pipeline.set_progress_bar_config(disable=True)
    return pipeline


def _bare(pipeline: Any, request: GenerationRequest, **own: Any) -> np.ndarray:
    sampling = request.sampling
    config = _CONFIGS[request.checkpoint]
    pipeline.scheduler = make_scheduler(sampling.sampler, config, sampling.steps, request.seed)
    if request.mode is GenerationMode.TEXT_TO_IMAGE:
        own |= {"height": request.size.height, "width": request.size.width}
    else:
        own |= {"image": Image.fromarray(request.image), "strength": sampling.strength}
    return pipeline(
        request.prompt,
        negative_prompt=request.negative_prompt or None,
        num_inference_steps=sampling.steps,
        guidance_scale=sampling.guidance_scale,
        generator=torch.Generator("cpu").manual_seed(request.seed),
        output_type="np",
        **own,
    ).images[0]


def _assert_equal(image: np.ndarray, bare: np.ndarray) -> None:
    assert image.dtype == np.uint8
    difference = np.abs(image.astype(np.float32) - np.round(bare * 255.0)).max()
    assert difference <= 1.0, f"differs by {difference}/255"
    assert bare.std() > 0.01, "an empty picture proves nothing"


@pytest.mark.parametrize("sampler", SamplerName)
def test_txt2img_equals_the_bare_pipeline(shared_engine: DiffusionEngine, sampler: SamplerName) -> None:
    request = make_request(side=64, sampler=sampler, steps=5, negative="night")
    _assert_equal(picture(shared_engine, request), _bare(_pipeline(starter_checkpoint()), request))


@pytest.mark.parametrize("sampler", SamplerName)
def test_img2img_equals_the_bare_pipeline(shared_engine: DiffusionEngine, sampler: SamplerName) -> None:
    request = make_request(image=landscape(), sampler=sampler, steps=5, strength=0.7)
    bare = _bare(_pipeline(starter_checkpoint(), "StableDiffusionImg2ImgPipeline"), request)
    _assert_equal(picture(shared_engine, request), bare)


@pytest.mark.parametrize("guidance", [1.0, 7.5])
@pytest.mark.parametrize("strength", [0.25, 1.0])
def test_img2img_equals_the_bare_pipeline_at_other_values(
    shared_engine: DiffusionEngine, guidance: float, strength: float
) -> None:
    request = make_request(image=landscape(), steps=8, strength=strength, guidance=guidance)
    bare = _bare(_pipeline(starter_checkpoint(), "StableDiffusionImg2ImgPipeline"), request)
    _assert_equal(picture(shared_engine, request), bare)


def test_a_picture_that_is_not_square_equals_the_bare_pipeline(shared_engine: DiffusionEngine) -> None:
    request = make_request(image=np.ascontiguousarray(landscape(96)[:64]), steps=4)
    bare = _bare(_pipeline(starter_checkpoint(), "StableDiffusionImg2ImgPipeline"), request)
    _assert_equal(picture(shared_engine, request), bare)


@pytest.mark.parametrize("family", ["tiny_sd", "tiny_sdxl"])
@pytest.mark.parametrize(
    "sampler", [SamplerName.DDIM, SamplerName.PLMS, SamplerName.DPMPP_2M_KARRAS, SamplerName.EULER_A]
)
@pytest.mark.parametrize("negative", ["", "night"])
def test_every_family_equals_its_bare_txt2img_pipeline(
    shared_engine: DiffusionEngine, request: pytest.FixtureRequest, family: str, sampler: SamplerName, negative: str
) -> None:
    path = request.getfixturevalue(family)
    job = make_request(path, sampler=sampler, negative=negative)
    _assert_equal(picture(shared_engine, job), _bare(_pipeline(path), job))


@pytest.mark.parametrize(
    ("family", "class_name"),
    [("tiny_sd", "StableDiffusionImg2ImgPipeline"), ("tiny_sdxl", "StableDiffusionXLImg2ImgPipeline")],
)
def test_every_family_equals_its_bare_img2img_pipeline(
    shared_engine: DiffusionEngine, request: pytest.FixtureRequest, family: str, class_name: str
) -> None:
    path = request.getfixturevalue(family)
    job = make_request(path, image=landscape(), steps=6)
    _assert_equal(picture(shared_engine, job), _bare(_pipeline(path, class_name), job))


@pytest.mark.parametrize(
    ("family", "class_name"),
    [
        ("tiny_sd_inpaint", "StableDiffusionInpaintPipeline"),
        ("tiny_sdxl_inpaint", "StableDiffusionXLInpaintPipeline"),
    ],
)
@pytest.mark.parametrize("strength", [0.7, 1.0])
def test_inpaint_checkpoints_equal_their_bare_inpaint_pipeline(
    shared_engine: DiffusionEngine, request: pytest.FixtureRequest, family: str, class_name: str, strength: float
) -> None:
    path = request.getfixturevalue(family)
    job = make_request(path, image=landscape(), mask=centre_mask(), strength=strength, steps=5)
    pipeline = _pipeline(path, class_name)
    bare = _bare(pipeline, job, mask_image=Image.fromarray(job.mask), height=64, width=64)
    _assert_equal(picture(shared_engine, job), bare)


def test_the_same_request_gives_the_same_pixels_twice(shared_engine: DiffusionEngine) -> None:
    request = make_request(image=landscape(), mask=centre_mask(), sampler=SamplerName.DPMPP_SDE)
    assert np.array_equal(picture(shared_engine, request), picture(shared_engine, request))


def test_a_fresh_engine_gives_the_same_pixels(shared_engine: DiffusionEngine, engine: DiffusionEngine) -> None:
    request = make_request(prompt=PROMPT, sampler=SamplerName.EULER_A)
    assert np.array_equal(picture(shared_engine, request), picture(engine, request))
