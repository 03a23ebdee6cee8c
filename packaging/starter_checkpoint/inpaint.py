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

CASES = (
    ("hot air balloon", "sky"),
    ("a red hot air balloon", "sky"),
    ("the moon", "sky"),
    ("clouds", "sky"),
    ("birds", "sky"),
    ("a rainbow", "sky"),
    ("a lighthouse", "coast"),
    ("a red and white lighthouse", "coast"),
    ("sailboat", "coast"),
    ("a sailboat with red sails", "coast"),
    ("a cabin", "ground"),
    ("cabin with a red roof", "ground"),
    ("a castle", "ground"),
    ("a windmill", "ground"),
    ("a tent", "ground"),
    ("pine trees", "ground"),
    ("a tree", "ground"),
    ("a deer", "ground"),
    ("a horse", "ground"),
    ("a church", "ground"),
    ("a cactus", "desert"),
    ("palm trees", "beach"),
    ("a river", "low"),
    ("a meadow with flowers", "low"),
)
"""Prompts and the kind of place that they are painted into."""


def _place(kind: str, seed: int) -> tuple[int, tuple[float, float, float, float]]:
    """A held-out seed whose picture has room there, and the mask's ellipse: x, y, half width, half height (0…1)."""
    terrains = {"coast": ("sea",), "desert": ("dunes", "canyon"), "beach": ("beach",)}.get(
        kind, ("hills", "mountains", "forest")
    )
    while True:
        plan = make_plan(seed)
        if plan.terrain in terrains and plan.style == "flat" and not plan.things and plan.weather == "clear":
            break
        seed += 1
    if kind == "sky":
        return seed, (0.35, plan.horizon * 0.45, 0.20, 0.20)
    if kind == "low":
        return seed, (0.5, 0.85, 0.45, 0.16)
    return seed, (0.62, plan.horizon + 0.10, 0.22, 0.26)


@torch.no_grad()
def inpaint(
    pipeline: StableDiffusionPipeline,
    image: NDArray[np.uint8],
    mask: NDArray[np.uint8],
    prompt: str,
    seed: int,
) -> NDArray[np.uint8]:
    """The picture (h, w, 3) with what lies under the mask (h, w) made anew from pure noise."""
    device, dtype = pipeline.device, pipeline.unet.dtype
    schedule = DDIMScheduler.from_config(pipeline.scheduler.config)
    schedule.set_timesteps(20)
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


def inpaint_sheet(pipeline: StableDiffusionPipeline) -> NDArray[np.uint8]:
    """Every case, before (with the mask's outline) and after."""
    before, after = [], []
    for k, (prompt, kind) in enumerate(CASES):
        seed, (x, y, rx, ry) = _place(kind, HELD_OUT + 900_000 + 50 * k)
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
        after.append(inpaint(pipeline, scene.image, mask, f"{prompt}, {plan.terrain} at {plan.time}", k))
    images = []
    for first in range(0, len(CASES), 8):
        images += before[first : first + 8] + after[first : first + 8]
    return sheet_of(images, 8)
