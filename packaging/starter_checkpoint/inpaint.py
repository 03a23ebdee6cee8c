"""Inpainting as the application does it: a plain img2img loop into which the kept region is blended at every step."""

from __future__ import annotations

import cv2
import numpy as np
import torch
from diffusers import DDIMScheduler, StableDiffusionPipeline
from numpy.typing import NDArray

from starter_checkpoint.config import HELD_OUT
from starter_checkpoint.world import make_plan, render
from starter_checkpoint.world_sheet import sheet_of

_LIGHT, _DARK = ("dawn", "day", "sunset"), ("dusk", "night")
_ANY = (*_LIGHT, *_DARK)

CASES: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("hot air balloon", "sky", _LIGHT),
    ("a red hot air balloon", "sky", ("day",)),
    ("the moon", "sky", _DARK),
    ("clouds", "sky", _LIGHT),
    ("birds", "sky", ("sunset",)),
    ("a blue hot air balloon", "sky", _DARK),
    ("a lighthouse", "coast", _LIGHT),
    ("a red and white lighthouse", "coast", _DARK),
    ("sailboat", "coast", _LIGHT),
    ("a sailboat with red sails", "coast", ("day",)),
    ("a cabin", "ground", _ANY),
    ("cabin with a red roof", "ground", ("day",)),
    ("a castle", "ground", _ANY),
    ("a windmill", "ground", _LIGHT),
    ("a tent", "ground", _DARK),
    ("pine trees", "ground", _ANY),
    ("a tree", "ground", _LIGHT),
    ("a deer", "ground", ("sunset",)),
    ("a horse", "ground", _ANY),
    ("a church", "ground", _DARK),
    ("a cactus", "desert", _LIGHT),
    ("palm trees", "beach", ("sunset",)),
    ("a river", "low", _LIGHT),
    ("a meadow with flowers", "low", ("day",)),
)
"""Prompt, the kind of place that it is painted into, and the hours that it is painted at."""

_TERRAINS = {"coast": ("sea",), "desert": ("dunes", "canyon"), "beach": ("beach",)}
_SEEDS_APART = 4000


def _place(kind: str, times: tuple[str, ...], seed: int) -> tuple[int, tuple[float, float, float, float]]:
    """A held-out seed whose picture has room there, and the mask's ellipse: x, y, half width, half height (0…1)."""
    terrains = _TERRAINS.get(kind, ("hills", "mountains", "forest"))
    plan = make_plan(seed)
    while not (
        plan.terrain in terrains
        and plan.time in times
        and plan.style == "flat"
        and plan.weather == "clear"
        and not plan.things
        and not (kind == "sky" and (plan.clouds or plan.birds or plan.moon or plan.sun))
        and not (kind == "low" and plan.ground not in ("plain", "snow"))
    ):
        seed += 1
        plan = make_plan(seed)
    if kind == "sky":
        return seed, (0.36, plan.horizon * 0.45, 0.20, 0.20)
    if kind == "low":
        return seed, (0.5, 0.82, 0.45, 0.17)
    return seed, (0.62, plan.horizon + 0.10, 0.22, 0.26)


@torch.no_grad()
def inpaint(
    pipeline: StableDiffusionPipeline,
    image: NDArray[np.uint8],
    mask: NDArray[np.uint8],
    prompt: str,
    seed: int,
    steps: int,
) -> NDArray[np.uint8]:
    """The picture (h, w, 3) with what lies under the mask (h, w) made anew from pure noise."""
    device, dtype = pipeline.device, pipeline.unet.dtype
    schedule = DDIMScheduler.from_config(pipeline.scheduler.config)
    schedule.set_timesteps(steps)
    with_prompt, without = pipeline.encode_prompt(prompt, device, 1, True, "")
    states = torch.cat([without, with_prompt])
    pixels = (torch.from_numpy(image).to(device).permute(2, 0, 1)[None].float() / 127.5 - 1.0).to(dtype)
    kept = pipeline.vae.encode(pixels).latents.float()
    side = kept.shape[-2:]
    share = torch.nn.functional.interpolate(
        torch.from_numpy(mask)[None, None].float() / 255.0, size=side, mode="area"
    ).to(device)
    noise = torch.randn(kept.shape, generator=torch.Generator("cpu").manual_seed(seed)).to(device)
    latents = noise
    for k, t in enumerate(schedule.timesteps):
        guess = pipeline.unet(torch.cat([latents, latents]).to(dtype), t, states).sample.float()
        plain, prompted = guess.chunk(2)
        latents = schedule.step(plain + 4.0 * (prompted - plain), t, latents).prev_sample
        last = k + 1 == len(schedule.timesteps)
        around = kept if last else schedule.add_noise(kept, noise, schedule.timesteps[k + 1 : k + 2])
        latents = latents * share + around * (1.0 - share)
    made = pipeline.vae.decode(latents.to(dtype)).sample[0].float().permute(1, 2, 0).cpu().numpy()
    made = np.clip(made * 127.5 + 127.5, 0, 255)
    soft = cv2.GaussianBlur(mask, (0, 0), 2.5).astype(np.float32)[..., None] / 255.0
    return (image * (1.0 - soft) + made * soft).astype(np.uint8)


def inpaint_sheet(pipeline: StableDiffusionPipeline, steps: int) -> NDArray[np.uint8]:
    """Every case, before (with the mask's outline) and after."""
    before, after = [], []
    for k, (prompt, kind, times) in enumerate(CASES):
        seed, (x, y, rx, ry) = _place(kind, times, HELD_OUT + 900_000 + _SEEDS_APART * k)
        scene = render(seed)
        plan = scene.plan
        mask = np.zeros(scene.image.shape[:2], np.uint8)
        cv2.ellipse(mask, (int(x * 256), int(y * 256)), (int(rx * 256), int(ry * 256)), 0, 0, 360, 255, -1)
        shown = scene.image.copy()
        cv2.ellipse(
            shown,
            (int(x * 256), int(y * 256)),
            (int(rx * 256), int(ry * 256)),
            0,
            0,
            360,
            (255, 60, 160),
            2,
            cv2.LINE_AA,
        )
        before.append(shown)
        after.append(
            inpaint(pipeline, scene.image, mask, f"{prompt}, {plan.terrain} at {plan.time}", k, steps)
        )
    images = []
    for first in range(0, len(CASES), 8):
        images += before[first : first + 8] + after[first : first + 8]
    return sheet_of(images, 8)
