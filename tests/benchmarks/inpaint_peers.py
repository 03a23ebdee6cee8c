"""What sdpaint's inpainting is compared with: procedural cases of known truth, and the ways of its peers."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from sdpaint.checkpoints.identify import read_checkpoint
from sdpaint.document import edits
from sdpaint.document.document import Document
from sdpaint.document.layers import MaskLayer
from sdpaint.fileio.formats import document_of_picture
from sdpaint.fileio.headless import laid_over
from sdpaint.generation.apply import apply_result
from sdpaint.generation.engine import CancelToken
from sdpaint.generation.events import Failed, ImageDone
from sdpaint.generation.params import GenerationParams
from sdpaint.generation.prepare import prepare
from sdpaint.generation.request import GenerationRequest, SamplingParams
from sdpaint.imaging.geometry import Size
from sdpaint.imaging.masks import grow
from sdpaint.imaging.resample import resized
from sdpaint.imaging.tiles import Pixels, TileMap
from sdpaint.paths import starter_checkpoint

INFO = read_checkpoint(starter_checkpoint())
STEPS = 15
SIDE = INFO.native_px * 3 // 2
PADDING_PX, BLUR_PX = 32, 4
_SHARES = (0.004, 0.12)
"""How much of a picture the thing may be that is erased."""
_AROUND_PX = 6
"""By so much a mask is wider than the thing, as an artist paints it."""


@dataclass(frozen=True, eq=False)
class Case:
    """A picture, what is masked of it, and the words that say what is there."""

    truth: Pixels
    mask: Pixels
    caption: str
    seed: int


TUNED_ON, HELD_OUT = 500_000, 700_000
"""Seeds from which on scenes are looked for: those that widths and depths were chosen by, and others."""


def cases(count: int, first_seed: int = TUNED_ON) -> Iterator[Case]:
    """Renders that no training has seen, with one thing masked, a little wider than it is."""
    sys.path.insert(0, str(Path(__file__).parents[2] / "packaging"))
    from starter_checkpoint.world import render

    seed, found = first_seed, 0
    while found < count:
        scene = render(seed, (SIDE, SIDE), sides=True)
        area = {index: np.count_nonzero(each.mask > 127) / SIDE**2 for index, each in enumerate(scene.objects)}
        fitting = [index for index, share in area.items() if _SHARES[0] <= share <= _SHARES[1]]
        if fitting:
            thing = scene.objects[max(fitting, key=lambda index: area[index])]
            hard = np.where(thing.mask > 127, 255, 0).astype(np.uint8)
            yield Case(scene.image, grow(hard, _AROUND_PX), scene.caption, seed)
            found += 1
        seed += 1


def params(prompt: str, steps: int = STEPS, **changes: Any) -> GenerationParams:
    """The checkpoint's own sampler and guidance, at full strength."""
    sampling = SamplingParams(INFO.sampler, steps, INFO.guidance_scale, 1.0)
    return GenerationParams(INFO.path, prompt, sampling=sampling, **changes)


def run(engine: Any, request: GenerationRequest) -> Pixels:
    """The first picture of a request. Raises what went wrong."""
    made: list[Pixels] = []

    def take(event: Any) -> None:
        if isinstance(event, Failed):
            raise event.error
        if isinstance(event, ImageDone):
            made.append(event.image)

    engine.generate(request, take, CancelToken())
    return made[0]


def masked_document(picture: Pixels, mask: Pixels) -> tuple[Document, Pixels]:
    """(a document of the picture, masked, with the frame all around; its RGBA)."""
    rgba = np.dstack((picture, np.full(mask.shape, 255, np.uint8)))
    document = edits.set_mask(document_of_picture(rgba), MaskLayer(TileMap.from_pixels(mask)))
    return edits.set_frame(document, document.bounds), rgba


def ours(case: Case, make: Callable[[GenerationRequest], Pixels], **changes: Any) -> Pixels:
    """prepare → engine → apply, as in the window; `make` is the engine."""
    document, rgba = masked_document(case.truth, case.mask)
    prepared = prepare(document, params(case.caption, **changes), INFO, case.seed)
    return laid_over(apply_result(document, prepared, make(prepared.request)), rgba)


class BarePipeline:
    """StableDiffusionInpaintPipeline with the same weights, precision, sampler, steps, guidance and seed."""

    def __init__(self, dtype: str) -> None:
        import torch
        from diffusers import DDIMScheduler, StableDiffusionInpaintPipeline, StableDiffusionPipeline
        from diffusers.utils import logging

        logging.set_verbosity_error()
        logging.disable_progress_bar()
        plain = StableDiffusionPipeline.from_pretrained(INFO.path, dtype=getattr(torch, dtype))
        self._pipeline = StableDiffusionInpaintPipeline(**plain.components, requires_safety_checker=False)
        self._pipeline.scheduler = DDIMScheduler.from_config(plain.scheduler.config)
        self._pipeline.set_progress_bar_config(disable=True)
        self._generator = torch.Generator

    def _call(self, image: Pixels, mask: Pixels, prompt: str, seed: int, steps: int = STEPS, **extra: Any) -> Pixels:
        from PIL import Image

        height, width = mask.shape
        made = self._pipeline(
            prompt=prompt, image=Image.fromarray(image), mask_image=Image.fromarray(mask), height=height, width=width,
            strength=1.0, num_inference_steps=steps, guidance_scale=INFO.guidance_scale,
            generator=self._generator("cpu").manual_seed(seed), **extra,
        )
        return np.asarray(made.images[0].convert("RGB"))

    def whole(self, case: Case, steps: int = STEPS) -> Pixels:
        """The whole picture."""
        return self._call(case.truth, case.mask, case.caption, case.seed, steps)

    def padded(self, case: Case) -> Pixels:
        """With diffusers' own crop."""
        return self._call(case.truth, case.mask, case.caption, case.seed, padding_mask_crop=PADDING_PX)

    def only_masked(self, case: Case) -> Pixels:
        """A1111's recipe: the padded box around the blurred mask, at native size, pasted through the blurred mask."""
        blurred = cv2.GaussianBlur(case.mask, (0, 0), BLUR_PX)
        rows, columns = np.flatnonzero(blurred.any(axis=1)), np.flatnonzero(blurred.any(axis=0))
        left, right = int(columns[0]) - PADDING_PX, int(columns[-1]) + 1 + PADDING_PX
        top, bottom = int(rows[0]) - PADDING_PX, int(rows[-1]) + 1 + PADDING_PX
        side = min(SIDE, max(right - left, bottom - top))    # the aspect of what is made: a square
        left = max(0, min((left + right - side) // 2, SIDE - side))
        top = max(0, min((top + bottom - side) // 2, SIDE - side))
        part = (slice(top, top + side), slice(left, left + side))
        native = Size(INFO.native_px, INFO.native_px)
        crop, mask = resized(np.ascontiguousarray(case.truth[part]), native), resized(blurred[part], native)
        made = resized(self._call(crop, mask, case.caption, case.seed), Size(side, side))
        weight = blurred[part][..., None].astype(np.float32) / 255.0
        result = case.truth.copy()
        result[part] = np.rint(made * weight + case.truth[part] * (1.0 - weight)).astype(np.uint8)
        return result
