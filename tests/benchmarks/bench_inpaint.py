"""Inpainting beside its peers: seams, colours, what else changed, and time.

    python -m tests.benchmarks.bench_inpaint [--cases N] [--scenes own|world] [--sheet OUT.png]

A thing is erased from a picture whose truth is known and made anew from its caption, at full strength, by

* sdpaint: prepare → engine → apply, as in the window, the frame around the whole picture;
* bare: StableDiffusionInpaintPipeline on the whole picture, and with `padding_mask_crop`;
* A1111's "only masked", re-stated: mask blur 4, padding 32, the crop at native size, pasted through the blurred mask.

`own`: pictures that the checkpoint made itself, enlarged; `world`: renders of packaging/starter_checkpoint/world.

* seam: energy of the derivative across the mask's edge (±4 px) ÷ the same in the truth; 1 is a perfect transition.
* worst: the largest such ratio of all rings from 8 px inside to 48 px outside, since ours blends farther out.
* ΔE in, out: distance in OKLab × 100 from the truth, of colours averaged over some pixels, 8 px inside, 16 px outside.
* changed: share of the pixels more than 64 px outside the mask that aren't as they were, bit by bit.

Then: a mask of an eighth of each side on a canvas of four times the native side ÷ the whole canvas inpainted at its
own resolution (for SD 1.5 that is 256² on 2048²).
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np

import sdpaint.engine  # noqa: F401 - sets how OpenMP waits before torch is imported
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
from sdpaint.generation.prepare import prepare, resized
from sdpaint.generation.request import GenerationRequest, SamplingParams
from sdpaint.imaging.geometry import Size
from sdpaint.imaging.oklab import difference
from sdpaint.imaging.tiles import Pixels, TileMap
from sdpaint.paths import starter_checkpoint

INFO = read_checkpoint(starter_checkpoint())
STEPS = 15
SIDE = INFO.native_px * 3 // 2
PADDING_PX, BLUR_PX = 32, 4
Method = Callable[["Case"], Pixels]


@dataclass(frozen=True)
class Case:
    """A picture, what is masked of it, and the words that say what is there."""

    truth: Pixels
    mask: Pixels
    caption: str
    seed: int


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--cases", type=int, default=12)
    parser.add_argument("--scenes", choices=("own", "world"), default="own")
    parser.add_argument("--sheet", type=Path)
    parser.add_argument("--no-time", action="store_true")
    options = parser.parse_args()
    from sdpaint.engine.diffusion import DiffusionEngine

    engine = DiffusionEngine(dtype="float32", previews=False)
    print(f"{engine.describe_device()}, {INFO.name}, {options.cases} cases of {SIDE}², {options.scenes} pictures")
    cases = make_cases(engine, options.cases, options.scenes)
    bare = BarePipeline()
    methods: dict[str, Method] = {
        "sdpaint": lambda case: ours(engine, case),
        "sdpaint, no colour match": lambda case: ours(engine, case, color_match=False),
        "bare, whole picture": bare.whole,
        "bare, padding_mask_crop": bare.padded,
        "A1111, only masked": bare.only_masked,
    }
    results = {name: [method(case) for case in cases] for name, method in methods.items()}
    print(f"{'':26}{'seam':>7}{'worst':>7}{'ΔE in':>8}{'ΔE out':>8}{'changed':>9}")
    for name, pictures in results.items():
        print(f"{name:26}{measures(cases, pictures)}")
    if options.sheet is not None:
        rows = [np.hstack([outlined(case), *(each[i] for each in results.values())]) for i, case in enumerate(cases)]
        cv2.imwrite(str(options.sheet), np.vstack(rows)[..., ::-1])
    if not options.no_time:
        time_small_mask(engine, bare)
    engine.close()


# -- cases -----------------------------------------------------------------------------------------------------------


def make_cases(engine: Any, count: int, scenes: str) -> list[Case]:
    """Pictures with an ellipse masked, of a fifth to a third of a side, anywhere."""
    picture = own_picture if scenes == "own" else world_picture
    cases = []
    for seed in range(count):
        rng = np.random.default_rng(seed)
        truth, caption = picture(engine, seed)
        mask = np.zeros((SIDE, SIDE), np.uint8)
        center = tuple(int(v) for v in rng.integers(SIDE // 5, SIDE * 4 // 5, 2))
        axes = tuple(int(v) for v in rng.integers(SIDE // 10, SIDE // 6, 2))
        cv2.ellipse(mask, center, axes, float(rng.integers(0, 180)), 0, 360, 255, -1)
        cases.append(Case(truth, mask, caption, seed))
    return cases


def own_picture(engine: Any, seed: int) -> tuple[Pixels, str]:
    """What the checkpoint makes of a caption, enlarged."""
    rng = np.random.default_rng(1000 + seed)
    hour = rng.choice(["dawn", "day", "sunset", "dusk", "night"])
    ground = rng.choice(["hills", "mountains", "forest", "sea", "desert dunes"])
    caption = f"{hour} over {ground} with clouds"
    document = edits.new_document(Size(INFO.native_px, INFO.native_px))
    made = run(engine, prepare(document, params(caption), INFO, seed).request)
    return resized(made, Size(SIDE, SIDE)), caption


def world_picture(_: Any, seed: int) -> tuple[Pixels, str]:
    """A render, drawn at full size."""
    sys.path.insert(0, str(Path(__file__).parents[2] / "packaging"))
    from starter_checkpoint.world import render

    scene = render(500_000 + seed, (SIDE, SIDE))
    return scene.image, scene.caption


def outlined(case: Case) -> Pixels:
    shown = case.truth.copy()
    contours, _ = cv2.findContours(case.mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    cv2.drawContours(shown, contours, -1, (255, 40, 160), 1)
    return shown


# -- sdpaint ---------------------------------------------------------------------------------------------------------


def params(prompt: str, steps: int = STEPS, **changes: Any) -> GenerationParams:
    sampling = SamplingParams(INFO.sampler, steps, INFO.guidance_scale, 1.0)
    return GenerationParams(INFO.path, prompt, sampling=sampling, **changes)


def run(engine: Any, request: GenerationRequest) -> Pixels:
    made: list[Pixels] = []

    def take(event: Any) -> None:
        if isinstance(event, Failed):
            raise event.error
        if isinstance(event, ImageDone):
            made.append(event.image)

    engine.generate(request, take, CancelToken())
    return made[0]


def masked_document(picture: Pixels, mask: Pixels) -> tuple[Document, Pixels]:
    rgba = np.dstack((picture, np.full(mask.shape, 255, np.uint8)))
    document = edits.set_mask(document_of_picture(rgba), MaskLayer(TileMap.from_pixels(mask)))
    return edits.set_frame(document, document.bounds), rgba


def ours(engine: Any, case: Case, **changes: Any) -> Pixels:
    document, rgba = masked_document(case.truth, case.mask)
    prepared = prepare(document, params(case.caption, **changes), INFO, case.seed)
    return laid_over(apply_result(document, prepared, run(engine, prepared.request)), rgba)


# -- the others ------------------------------------------------------------------------------------------------------


class BarePipeline:
    """StableDiffusionInpaintPipeline with the same weights, sampler, steps, guidance and seed."""

    def __init__(self) -> None:
        import torch
        from diffusers import DDIMScheduler, StableDiffusionInpaintPipeline, StableDiffusionPipeline
        from diffusers.utils import logging

        logging.set_verbosity_error()
        logging.disable_progress_bar()
        plain = StableDiffusionPipeline.from_pretrained(INFO.path, dtype=torch.float32)
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
        return self._call(case.truth, case.mask, case.caption, case.seed, steps)

    def padded(self, case: Case) -> Pixels:
        return self._call(case.truth, case.mask, case.caption, case.seed, padding_mask_crop=PADDING_PX)

    def only_masked(self, case: Case) -> Pixels:
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


# -- measures --------------------------------------------------------------------------------------------------------


def measures(cases: list[Case], pictures: list[Pixels]) -> str:
    """One line of figures over all cases."""
    edge = np.zeros(2)
    rings = np.zeros((2, 14))
    inside, outside, changed = [], [], []
    for case, picture in zip(cases, pictures, strict=True):
        distance = signed_distance(case.mask)
        energies = [across(each, distance) for each in (picture, case.truth)]
        for k, energy in enumerate(energies):
            edge[k] += energy[np.abs(distance) <= 4].sum()
            for ring in range(14):
                rings[k, ring] += energy[(distance > 4 * ring - 8) & (distance <= 4 * ring - 4)].sum()
        off = difference(smooth(picture), smooth(case.truth)) * 100
        inside.append(float(off[(distance > -8) & (distance <= 0)].mean()))
        outside.append(float(off[(distance > 0) & (distance <= 16)].mean()))
        changed.append(float((picture != case.truth).any(axis=2)[distance > 64].mean()))
    seam, worst = edge[0] / edge[1], float((rings[0] / rings[1]).max())
    means = [statistics.mean(each) for each in (inside, outside, changed)]
    return f"{seam:7.2f}{worst:7.2f}{means[0]:8.2f}{means[1]:8.2f}{means[2]:9.1%}"


def signed_distance(mask: Pixels) -> np.ndarray:
    """Distance to the mask's edge in pixels, negative inside."""
    outer, inner = (
        cv2.distanceTransform(side.astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
        for side in (mask < 128, mask >= 128)
    )
    return outer - inner


def across(picture: Pixels, distance: np.ndarray) -> np.ndarray:
    """(h, w) squared derivative along the way out of the mask, summed over the channels."""
    values = cv2.GaussianBlur(picture.astype(np.float32), (0, 0), 1.0)
    down, right = np.gradient(cv2.GaussianBlur(distance, (0, 0), 2.0))
    length = np.hypot(down, right) + 1e-6
    by_row, by_column = np.gradient(values, axis=(0, 1))
    slope = by_row * (down / length)[..., None] + by_column * (right / length)[..., None]
    return np.square(slope).sum(axis=2)


def smooth(picture: Pixels) -> Pixels:
    return cv2.GaussianBlur(picture, (0, 0), 4.0)


def time_small_mask(engine: Any, bare: BarePipeline, steps: int = 4, rounds: int = 3) -> None:
    """A small mask on a large canvas ÷ the whole canvas, in turns."""
    side = 4 * INFO.native_px
    picture = cv2.GaussianBlur(np.random.default_rng(0).integers(0, 256, (side, side, 3), np.uint8), (0, 0), 30)
    mask = np.zeros((side, side), np.uint8)
    small = side // 8
    mask[side // 2 : side // 2 + small, side // 2 : side // 2 + small] = 255
    case = Case(picture, mask, "hills", 1)
    document, _ = masked_document(picture, mask)

    def cropped() -> None:
        prepared = prepare(document, params("hills", steps), INFO, 1)
        apply_result(document, prepared, run(engine, prepared.request))

    times: dict[str, list[float]] = {"crop": [], "whole": []}
    cropped()
    for _ in range(rounds):
        for name, work in (("crop", cropped), ("whole", lambda: bare.whole(case, steps))):
            started = time.perf_counter()
            work()
            times[name].append(time.perf_counter() - started)
    crop, whole = (statistics.median(times[name]) for name in ("crop", "whole"))
    print(f"{small}² mask on {side}², {steps} steps: {crop:.2f} s ÷ {whole:.2f} s = {crop / whole:.3f} (goal 0.25)")


if __name__ == "__main__":
    main()
