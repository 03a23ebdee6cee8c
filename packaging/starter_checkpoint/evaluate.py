"""Evaluation of exported checkpoints: obedience, likeness to the world, time; and sheets to be looked at."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from diffusers import (
    ControlNetModel,
    DDIMScheduler,
    LCMScheduler,
    StableDiffusionControlNetPipeline,
    StableDiffusionImg2ImgPipeline,
    StableDiffusionPipeline,
)
from diffusers.utils import logging
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from starter_checkpoint import classifier
from starter_checkpoint.config import HELD_OUT
from starter_checkpoint.data import held_out
from starter_checkpoint.inpaint import inpaint_sheet
from starter_checkpoint.run import Run
from starter_checkpoint.world import Plan, make_plan, render
from starter_checkpoint.world.nature import ANIMALS
from starter_checkpoint.world.palettes import TIMES
from starter_checkpoint.world.terrain import TERRAINS
from starter_checkpoint.world_sheet import save_rgb, sheet_of

GUIDANCE = 4.0
_NAMES = {
    "pines": "pine trees",
    "palms": "palm trees",
    "animal": "deer",
    "snowfield": "a snowfield",
    "dunes": "desert dunes",
    "sea": "the sea",
    "city": "a city skyline",
    "forest": "a forest",
    "canyon": "a canyon",
    "volcano": "a volcano",
    "beach": "a beach",
}
SAMPLE_PROMPTS = (
    "a lighthouse on the right, the sea, dusk, crescent moon",
    "snowy mountains at dawn with a lake and a red cabin",
    "a red hot air balloon over rolling hills, day, clouds",
    "city skyline at night, a bridge, full moon",
    "autumn forest at sunset with a river",
    "desert dunes, night, starry sky, a tent",
    "castle, mountains, sunset, a lake",
    "two sailboats on the sea, day, the sun",
    "neon, volcano at night, lava",
    "watercolour, meadow with flowers, windmill, day",
    "ink drawing of mountains with mist",
    "paper cut, forest, deer, night, moon",
    "palm trees on a beach at sunset",
    "canyon, cacti, day, birds",
    "snowfield at night with aurora and pine trees",
    "pastel, lavender field, hills, dawn, a church",
)


VARIED_PROMPT = "a lake at sunset with a cabin, mountains"
CHANGED_PROMPTS = (
    "sunset over mountains with a lake",
    "night, forest, full moon",
    "snowy mountains, day",
    "a castle, dusk",
)


def open_pipeline(folder: Path, device: torch.device) -> StableDiffusionPipeline:
    """A checkpoint for use, quietly: diffusers remarks on every load that an AutoencoderTiny is no AutoencoderKL."""
    logging.set_verbosity_error()
    pipeline = StableDiffusionPipeline.from_pretrained(folder, safety_checker=None).to(device, torch.bfloat16)
    pipeline.set_progress_bar_config(disable=True)
    pipeline.unet.to(memory_format=torch.channels_last)
    return pipeline


def generate(
    pipeline: Any,
    prompts: list[str],
    seeds: list[int],
    steps: int,
    guidance: float,
    batch: int = 25,
    **options: Any,
) -> Tensor:
    """(n, h, w, 3) uint8. Each picture has its own seed."""
    images = []
    for first in range(0, len(prompts), batch):
        generators = [torch.Generator("cpu").manual_seed(seed) for seed in seeds[first : first + batch]]
        made = pipeline(
            prompts[first : first + batch],
            num_inference_steps=steps,
            guidance_scale=guidance,
            generator=generators,
            output_type="np",
            **options,
        ).images
        images.append(torch.from_numpy((np.clip(made, 0.0, 1.0) * 255.0 + 0.5).astype(np.uint8)))
    return torch.cat(images)


def plain_prompt(plan: Plan) -> str:
    """A prompt that names what is measured: place, hour, and every thing of the plan."""
    things = sorted(classifier.things_of(plan) - {"stars"})
    names = [_NAMES.get(name, name) for name in things]
    animals = [thing.kind for thing in plan.things if thing.kind in ANIMALS]
    names = [animals[0] if name == "deer" and animals else name for name in names]
    plural = ("trees", "birds")
    listed = [
        name
        if name.endswith(plural) or name in ("aurora",)
        else f"the {name}"
        if name in ("sun", "moon")
        else f"a {name}"
        for name in names
    ]
    return f"{_NAMES.get(plan.terrain, plan.terrain)} at {plan.time}" + (
        " with " + ", ".join(listed) if listed else ""
    )


def measured_plans(count: int) -> list[Plan]:
    """Held-out plans that a prompt can say all of."""
    plans: list[Plan] = []
    seed = HELD_OUT + 500_000
    while len(plans) < count:
        plan = make_plan(seed)
        if classifier.is_plain(plan):
            plans.append(plan)
        seed += 1
    return plans


def obedience(said: dict[str, Tensor], thresholds: list[float], plans: list[Plan]) -> dict[str, float]:
    """How often the judge sees what was asked for: hour, place, and each named thing with at least five cases."""
    shares = {
        "time": float(
            np.mean(
                [TIMES[int(k)] == plan.time for k, plan in zip(said["time"].argmax(1), plans, strict=True)]
            )
        ),
        "terrain": float(
            np.mean(
                [
                    TERRAINS[int(k)] == plan.terrain
                    for k, plan in zip(said["terrain"].argmax(1), plans, strict=True)
                ]
            )
        ),
    }
    seen = said["things"] > torch.tensor(thresholds)
    for index, name in enumerate(classifier.THINGS):
        asked = [k for k, plan in enumerate(plans) if name in classifier.things_of(plan) and name != "stars"]
        if len(asked) >= 5:
            shares[name] = float(seen[asked, index].float().mean())
    return shares


def evaluate(run: Run, against: Path | None = None, count: int = 500, threads: int = 2) -> dict[str, Any]:
    """All measures and sheets of what is exported, into `evaluation/`; `against` is a checkpoint to compare with."""
    folder, exported = run.folder / "evaluation", run.folder / "export"
    measures: dict[str, Any] = {}
    steps = run.recipe.sampling_steps
    pipeline = write_sheets(run)
    network, thresholds = classifier.load(run)
    plans = measured_plans(count)
    prompts, seeds = [plain_prompt(plan) for plan in plans], list(range(count))
    real = torch.from_numpy(np.stack([render(plan.seed).image for plan in plans]))
    said, real_features = classifier.judge(run, network, real)
    measures["judge on renders of the same plans"] = obedience(said, thresholds, plans)
    made = generate(pipeline, prompts, seeds, steps, GUIDANCE)
    said, features = classifier.judge(run, network, made)
    measures["obedience"] = obedience(said, thresholds, plans)
    _, other = classifier.judge(
        run,
        network,
        torch.from_numpy(np.stack([render(plan.seed).image for plan in measured_plans(2 * count)[count:]])),
    )
    measures["Fréchet distance to held-out renders"] = classifier.frechet_distance(features, other)
    measures["Fréchet distance between held-out renders"] = classifier.frechet_distance(real_features, other)
    if against is not None:
        rival = open_pipeline(against, run.device)
        _, rival_features = classifier.judge(run, network, generate(rival, prompts, seeds, steps, GUIDANCE))
        measures["Fréchet distance of the prototype"] = classifier.frechet_distance(rival_features, other)
    if (exported / "starter-live").is_dir():
        live = open_pipeline(exported / "starter-live", run.device)
        made = generate(live, prompts, seeds, 4, 1.0)
        said, features = classifier.judge(run, network, made)
        measures["obedience of the live sibling"] = obedience(said, thresholds, plans)
        measures["Fréchet distance of the live sibling"] = classifier.frechet_distance(features, other)
        for few_steps in (1, 2, 4):
            few = generate(live, list(SAMPLE_PROMPTS), list(range(len(SAMPLE_PROMPTS))), few_steps, 1.0)
            _save_jpg(folder / f"live-{few_steps}-steps.jpg", sheet_of(list(few.numpy()), 8))
    if (exported / "starter-controlnet-lineart").is_dir():
        _controlnet_sheet(pipeline, exported / "starter-controlnet-lineart", folder, steps)
    measures |= timing(exported, threads)
    (folder / "measures.json").write_text(
        json.dumps(measures, indent=1, ensure_ascii=False), encoding="utf-8"
    )
    print(json.dumps(measures, indent=1, ensure_ascii=False), flush=True)
    return measures


def write_sheets(run: Run) -> StableDiffusionPipeline:
    """Sheets of the exported starter, to be looked at, into `evaluation/`. Returns the starter."""
    folder, steps = run.folder / "evaluation", run.recipe.sampling_steps
    folder.mkdir(exist_ok=True)
    pipeline = open_pipeline(run.folder / "export" / "starter", run.device)
    prompts = list(SAMPLE_PROMPTS)
    seeds = list(range(len(prompts)))
    _save_jpg(
        folder / "samples.jpg", sheet_of(list(generate(pipeline, prompts, seeds, steps, GUIDANCE).numpy()), 8)
    )
    _save_jpg(
        folder / "variety.jpg",
        sheet_of(list(generate(pipeline, [VARIED_PROMPT] * 16, list(range(16)), steps, GUIDANCE).numpy()), 8),
    )
    wide = generate(pipeline, prompts[:6], seeds[:6], steps, GUIDANCE, width=384, height=192)
    tall = generate(pipeline, prompts[6:12], seeds[:6], steps, GUIDANCE, width=192, height=320)
    _save_jpg(folder / "aspects-wide.jpg", sheet_of(list(wide.numpy()), 3))
    _save_jpg(folder / "aspects-tall.jpg", sheet_of(list(tall.numpy()), 6))
    _save_jpg(folder / "img2img.jpg", img2img_sheet(pipeline, steps))
    _save_jpg(folder / "inpainting.jpg", inpaint_sheet(pipeline, steps))
    return pipeline


def img2img_sheet(pipeline: StableDiffusionPipeline, steps: int) -> NDArray[np.uint8]:
    """Rows of a picture and what becomes of it at strengths from 0.2 to 0.9."""
    refine = StableDiffusionImg2ImgPipeline(**pipeline.components, requires_safety_checker=False)
    refine.set_progress_bar_config(disable=True)
    images = []
    for k, prompt in enumerate(CHANGED_PROMPTS):
        scene = render(HELD_OUT + 700_000 + k)
        images.append(scene.image)
        for strength in (0.2, 0.4, 0.6, 0.75, 0.9):
            refine.scheduler = DDIMScheduler.from_config(pipeline.scheduler.config)
            made = generate(
                refine,
                [prompt],
                [k],
                steps,
                GUIDANCE,
                image=[Image.fromarray(scene.image)],
                strength=strength,
            )
            images.append(made[0].numpy())
    return sheet_of(images, 6)


def _controlnet_sheet(pipeline: StableDiffusionPipeline, controlnet: Path, folder: Path, steps: int) -> None:
    network = ControlNetModel.from_pretrained(controlnet).to(pipeline.device, pipeline.unet.dtype)
    guided = StableDiffusionControlNetPipeline(
        **pipeline.components, controlnet=network, requires_safety_checker=False
    )
    guided.set_progress_bar_config(disable=True)
    batch = held_out(8, offset=800_000, drawings=1)
    if batch.drawings is None:
        raise ValueError("These pictures were drawn without line art")
    lines = [Image.fromarray(drawing.numpy()).convert("RGB") for drawing in batch.drawings[0]]
    made = generate(guided, batch.captions, list(range(8)), steps, GUIDANCE, batch=8, image=lines)
    _save_jpg(folder / "controlnet.jpg", sheet_of([*(np.asarray(line) for line in lines), *made.numpy()], 8))


def timing(exported: Path, threads: int) -> dict[str, float]:
    """Seconds for one picture of 256×256 on the CPU, best of three."""
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        pipeline = open_pipeline(exported / "starter", torch.device("cpu"))
        found = {
            "seconds, 20 steps, CPU": _best(lambda: generate(pipeline, ["hills at dawn"], [0], 20, GUIDANCE))
        }
        if (exported / "starter-live").is_dir():
            live = open_pipeline(exported / "starter-live", torch.device("cpu"))
            live.scheduler = LCMScheduler.from_config(live.scheduler.config)
            for steps in (1, 4):
                found[f"seconds, live, {steps} steps, CPU"] = _best(
                    lambda steps=steps: generate(live, ["hills at dawn"], [0], steps, 1.0)
                )
    finally:
        torch.set_num_threads(before)
    return found


def _best(action: Callable[[], object]) -> float:
    action()
    times = []
    for _ in range(3):
        started = time.perf_counter()
        action()
        times.append(time.perf_counter() - started)
    return min(times)


def _save_jpg(path: Path, sheet: NDArray[np.uint8]) -> None:
    """Sheets go into model cards: small enough to be carried along."""
    if max(sheet.shape) > 1600:
        scale = 1600 / max(sheet.shape)
        sheet = cv2.resize(sheet, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    save_rgb(path, sheet)
