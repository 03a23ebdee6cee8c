"""Do regions keep to their places? With the starter: night on one side and day on the other, things on their sides.

    python tests/benchmarks/bench_regions.py [seeds, 20] [folder for a sheet of the pictures]

Every other seed has the sides changed. Which side a thing is on is judged by the network itself, told nothing of
regions: the picture is noised, and where it is denoised better with the thing's name than without lies the thing (after
Li et al. 2023, "Your Diffusion Model is Secretly a Zero-Shot Classifier"). How good a judge that is, drawn scenes with
things at known places say. Sun and moon change the light everywhere: they are the lightest spot of the sky. Beside each
stands what one prompt with everything in it gives.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "benchmarks")]

import cv2  # noqa: E402
import numpy as np  # noqa: E402
import torch  # noqa: E402
from bench_heat import THINGS, scenes  # noqa: E402

from sdpaint.engine.diffusion import DiffusionEngine  # noqa: E402
from sdpaint.engine.tasks import text_pipeline  # noqa: E402
from sdpaint.generation.engine import CancelToken  # noqa: E402
from sdpaint.generation.events import Event, Failed, ImageDone  # noqa: E402
from sdpaint.generation.regions import PromptRegion  # noqa: E402
from sdpaint.generation.request import (  # noqa: E402
    GenerationMode,
    GenerationRequest,
    SamplerName,
    SamplingParams,
)
from sdpaint.imaging.geometry import Rect, Size  # noqa: E402
from sdpaint.paths import starter_checkpoint  # noqa: E402

SIDE, STEPS = 256, 12
TIMESTEPS = (200, 350, 500, 650)
NOISES = 2
APART = 25.0
"""Levels of lightness by which day must be above night."""


@dataclass(frozen=True)
class Case:
    """A prompt with a place for words, and what stands there on either side."""

    root: str
    one: str
    other: str

    def words(self, swapped: bool) -> tuple[str, str]:
        """Left and right."""
        return (self.other, self.one) if swapped else (self.one, self.other)


DAY_AND_NIGHT = Case("{prompt} over hills with a meadow, clouds", "night", "day")
THINGS_APART = (
    Case("day over sea with {prompt}", "a sailboat", "the sun"),
    Case("night over hills with {prompt}", "the moon", "a cabin"),
)
LIGHTS = ("the sun", "the moon")


def request_for(case: Case, seed: int, with_regions: bool) -> GenerationRequest:
    """The picture of a case: by regions, or by one prompt with all of it."""
    size, words = Size(SIDE, SIDE), case.words(seed % 2 == 1)
    left = np.zeros((SIDE, SIDE), np.uint8)
    left[:, : SIDE // 2] = 255
    regions = tuple(
        PromptRegion(mask, each) for mask, each in zip((left, (255 - left).astype(np.uint8)), words, strict=True)
    )
    prompt = case.root if with_regions else case.root.replace("{prompt}", " and ".join(words))
    return GenerationRequest(
        GenerationMode.TEXT_TO_IMAGE, prompt, "", starter_checkpoint(),
        SamplingParams(SamplerName.DDIM, STEPS, 4.0, 1.0), seed, size, Rect.of_size(size),
        regions=regions if with_regions else (),
    )  # fmt: skip


def picture(engine: DiffusionEngine, request: GenerationRequest) -> np.ndarray:
    """(h, w, 3) RGB."""
    made: list[np.ndarray] = []

    def take(event: Event) -> None:
        if isinstance(event, Failed):
            raise event.error
        if isinstance(event, ImageDone):
            made.append(event.image)

    engine.generate(request, take, CancelToken())
    return made[0]


def lightest_is_on_the_left(image: np.ndarray) -> bool:
    """Whether the lightest spot of a sky is in the left half."""
    grey = cv2.GaussianBlur(cv2.cvtColor(image[: SIDE // 2], cv2.COLOR_RGB2GRAY).astype(np.float32), (0, 0), 4.0)
    return bool(grey.argmax() % SIDE < SIDE // 2)


class Judge:
    """Finds the side of a thing by how much its name helps to denoise."""

    def __init__(self, engine: DiffusionEngine) -> None:
        engine.warm_up(starter_checkpoint())
        self._loaded = engine._load(starter_checkpoint())
        self._pipeline = text_pipeline(self._loaded)
        config = self._loaded.scheduler_config
        self._alphas = type(self._pipeline.scheduler).from_config(config).alphas_cumprod
        self._words: dict[str, Any] = {}

    def is_on_the_left(self, image: np.ndarray, with_it: str, without: str) -> bool:
        """Whether `with_it` helps more in the left half than in the right one."""
        help_by_place = self._help(image, with_it, without)
        smooth = cv2.GaussianBlur(help_by_place, (0, 0), 1.5)
        middle = smooth.shape[1] // 2
        return float(smooth[:, :middle].max()) > float(smooth[:, middle:].max())

    @torch.inference_mode()
    def _help(self, image: np.ndarray, with_it: str, without: str) -> np.ndarray:
        device = self._loaded.device
        pixels = torch.from_numpy(image).permute(2, 0, 1)[None].to(device.torch_device, device.dtype) / 127.5 - 1.0
        clean = self._loaded.vae.encode(pixels).latents
        generator = torch.Generator("cpu").manual_seed(1)
        words = torch.cat([self._encoded(with_it), self._encoded(without)])
        total = np.zeros(clean.shape[-2:], np.float32)
        for timestep in TIMESTEPS:
            signal = self._alphas[timestep].sqrt().item()
            noise_share = (1.0 - signal**2) ** 0.5
            for _ in range(NOISES):
                noise = torch.randn(clean.shape, generator=generator).to(clean)
                noised, target = clean * signal + noise * noise_share, noise * signal - clean * noise_share
                said = self._loaded.components["unet"](noised.repeat(2, 1, 1, 1), timestep, words).sample
                errors = (said - target).float().pow(2).mean(1)
                total += (errors[1] - errors[0]).cpu().numpy()
        return total

    def _encoded(self, words: str) -> torch.Tensor:
        if words not in self._words:
            self._words[words] = self._pipeline.encode_prompt(words, self._loaded.device.torch_device, 1, False)[0]
        found: torch.Tensor = self._words[words]
        return found


def day_and_night(engine: DiffusionEngine, seeds: Sequence[int]) -> list[np.ndarray]:
    """Print how much lighter the day side is; the pictures."""
    images, gaps = [], []
    for seed in seeds:
        image = picture(engine, request_for(DAY_AND_NIGHT, seed, with_regions=True))
        grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY).astype(float)
        left, right = grey[:, : SIDE // 2].mean(), grey[:, SIDE // 2 :].mean()
        gaps.append((left - right) if seed % 2 else (right - left))
        images.append(image)
    found = np.array(gaps)
    print(f"night and day    lighter by {found.mean():.0f} of 255 (least {found.min():.0f}), "
          f"told apart {np.mean(found > APART):.0%}", flush=True)  # fmt: skip
    return images


def things(engine: DiffusionEngine, judge: Judge, seeds: Sequence[int]) -> list[np.ndarray]:
    """Print how often each thing is on its side; the pictures made by regions."""
    images: list[np.ndarray] = []
    for case in THINGS_APART:
        right: dict[tuple[str, bool], list[bool]] = {}
        for seed in seeds:
            for with_regions in (True, False):
                image = picture(engine, request_for(case, seed, with_regions))
                if with_regions:
                    images.append(image)
                for place, name in enumerate(case.words(seed % 2 == 1)):
                    bare = case.root.replace("{prompt}", "").strip(" ,")
                    on_left: bool = (
                        lightest_is_on_the_left(image) if name in LIGHTS
                        else judge.is_on_the_left(image, case.root.replace("{prompt}", name), bare)
                    )  # fmt: skip
                    right.setdefault((name, with_regions), []).append(on_left is (place == 0))
        for name in (case.one, case.other):
            by_regions, by_prompt = (np.mean(right[name, way]) for way in (True, False))
            print(f"{name:16} on its side {by_regions:.0%}, by one prompt {by_prompt:.0%}", flush=True)
    return images


def calibrate(judge: Judge, count: int = 8) -> None:
    """Print how often the judge finds the side of things in drawn scenes."""
    for kind in THINGS:
        right = []
        for scene, mask in scenes(kind, count):
            base = f"{scene.plan.time} over {scene.plan.terrain}"
            columns = np.flatnonzero(mask.any(0))
            on_left = judge.is_on_the_left(scene.image, f"{base} with a {kind}", base)
            right.append(on_left is bool(columns.mean() < SIDE / 2))
        print(f"judge, {kind:16} right {np.mean(right):.0%} of {count} drawn scenes", flush=True)


def main(count: int, folder: Path | None) -> None:
    """Print the table."""
    engine = DiffusionEngine("cpu")
    seeds = range(count)
    images = day_and_night(engine, seeds)
    judge = Judge(engine)
    images += things(engine, judge, seeds)
    calibrate(judge)
    engine.close()
    if folder is not None:
        rows = [np.hstack(images[row : row + count]) for row in range(0, len(images), count)]
        sheet = cv2.resize(np.vstack(rows), None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
        cv2.imwrite(str(folder / "regions.png"), cv2.cvtColor(sheet, cv2.COLOR_RGB2BGR))


if __name__ == "__main__":
    arguments = sys.argv[1:]
    main(int(arguments[0]) if arguments else 20, Path(arguments[1]) if len(arguments) > 1 else None)
