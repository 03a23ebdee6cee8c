"""Do heat maps point at things? Drawn scenes with known masks are noised and denoised, and the maps compared with them.

    python tests/benchmarks/bench_heat.py [scenes for each thing, 12]

For each thing and kind of ground: how often the hottest place of its word's map lies on it (its mask, widened by one
latent), which share of the hottest twentieth of the map does, and of all places. Last, what gathering costs.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "packaging")]

import cv2  # noqa: E402
import numpy as np  # noqa: E402
from starter_checkpoint.world import Scene, make_plan, render_plan  # noqa: E402

from sdpaint.engine.diffusion import DiffusionEngine  # noqa: E402
from sdpaint.generation.engine import CancelToken  # noqa: E402
from sdpaint.generation.events import Event, Explained, Failed  # noqa: E402
from sdpaint.generation.request import (  # noqa: E402
    GenerationMode,
    GenerationRequest,
    SamplerName,
    SamplingParams,
)
from sdpaint.imaging.geometry import Rect, Size  # noqa: E402
from sdpaint.paths import starter_checkpoint  # noqa: E402

THINGS = {"sailboat": "sailboat", "lighthouse": "lighthouse", "cabin": "cabin", "hot air balloon": "balloon"}
"""Kind in the drawn world → the word whose map is looked at."""
GROUNDS = ("sea", "forest", "mountains")
"""Their masks are all that isn't sky."""
STRENGTH, STEPS = 0.25, 10
TOP = 0.05
LEAST_PX = 120
_SKY_DEPTH = 0.96


@dataclass(frozen=True)
class Hit:
    """Of one scene: whether the peak lies on the thing, which share of the hottest places does, and of all places."""

    peak: bool
    top: float
    chance: float


def scenes(kind: str, count: int, first: int = 0) -> Iterator[tuple[Scene, np.ndarray]]:
    """Plain scenes with one thing of a kind, and its mask (256, 256) bool."""
    seed, found = first, 0
    while found < count:
        plan = make_plan(seed)
        seed += 1
        if plan.style != "flat" or plan.weather != "clear" or sum(each.kind == kind for each in plan.things) != 1:
            continue
        scene = render_plan(plan, sides=True)
        masks = [each.mask > 127 for each in scene.objects if each.kind == kind]
        if len(masks) == 1 and masks[0].sum() >= LEAST_PX:
            found += 1
            yield scene, masks[0]


def grounds(kind: str, count: int) -> Iterator[tuple[Scene, np.ndarray]]:
    """Plain scenes on a kind of ground, and its mask (256, 256) bool."""
    seed, found = 0, 0
    while found < count:
        plan = make_plan(seed)
        seed += 1
        if plan.style == "flat" and plan.weather == "clear" and plan.terrain == kind:
            scene = render_plan(plan, sides=True)
            assert scene.depth is not None
            found += 1
            yield scene, scene.depth < _SKY_DEPTH


def request_for(scene: Scene, kind: str, seed: int, explains: bool = True) -> GenerationRequest:
    """The scene noised and denoised, with a prompt that names the thing."""
    size = Size(256, 256)
    return GenerationRequest(
        GenerationMode.IMAGE_TO_IMAGE,
        f"{scene.plan.time} over {scene.plan.terrain} with a {kind}",
        "",
        starter_checkpoint(),
        SamplingParams(SamplerName.DDIM, STEPS, 4.0, STRENGTH, seed),
        seed,
        size,
        Rect.of_size(size),
        image=scene.image,
        explains=explains,
    )


def heat_of(engine: DiffusionEngine, request: GenerationRequest, word: str) -> np.ndarray:
    """(h, w) of a word."""
    maps: list[np.ndarray] = []

    def take(event: Event) -> None:
        if isinstance(event, Failed):
            raise event.error
        if isinstance(event, Explained):
            found = event.heat.among_others(word)
            assert found is not None, f"{word} is not among {event.heat.words}"
            maps.append(found)

    engine.generate(request, take, CancelToken())
    return maps[0]


def hit(heat: np.ndarray, mask: np.ndarray) -> Hit:
    """How well a map (h, w), of latents, points at what a mask (256, 256) shows."""
    cells = cv2.resize(mask.astype(np.float32), heat.shape[::-1], interpolation=cv2.INTER_AREA) >= 0.15
    near = cv2.dilate(cells.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    hottest = heat >= np.quantile(heat, 1.0 - TOP)
    peak = np.unravel_index(int(heat.argmax()), heat.shape)
    return Hit(bool(near[peak]), float(near[hottest].mean()), float(near.mean()))


def main(count: int) -> None:
    """Print the table."""
    engine = DiffusionEngine("cpu")
    print(f"{'thing':16} {'peak on it':>10} {'by chance':>10} {'top 5 % on it':>14} {'ratio':>6}")
    whole: list[Hit] = []
    for kind, word in THINGS.items():
        hits = [
            hit(heat_of(engine, request_for(scene, kind, number), word), mask)
            for number, (scene, mask) in enumerate(scenes(kind, count))
        ]
        whole += hits
        say(kind, hits)
    say("all things", whole)
    for kind in GROUNDS:
        found = enumerate(grounds(kind, count))
        say(kind, [hit(heat_of(engine, request_for(scene, "boat", n), kind), mask) for n, (scene, mask) in found])
    print(f"\ncost of gathering: {cost(engine):.2f} times the time without")
    engine.close()


def say(name: str, hits: list[Hit]) -> None:
    """One line of the table."""
    peak, top, chance = (float(np.mean([getattr(each, key) for each in hits])) for key in ("peak", "top", "chance"))
    print(f"{name:16} {peak:10.0%} {chance:10.1%} {top:14.0%} {top / chance:6.1f}", flush=True)


def cost(engine: DiffusionEngine, rounds: int = 5) -> float:
    """CPU time of a picture with maps ÷ without, in turn, medians."""
    scene, _ = next(scenes("cabin", 1))
    spent: dict[bool, list[float]] = {True: [], False: []}
    for _ in range(rounds):
        for explains in spent:
            request = replace(request_for(scene, "cabin", 1), explains=explains)
            started = time.process_time()
            engine.generate(request, lambda _event: None, CancelToken())
            spent[explains].append(time.process_time() - started)
    return float(np.median(spent[True]) / np.median(spent[False]))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 12)
