"""Removing things: how what is left looks, beside the same scene painted without them.

    python -m tests.benchmarks.bench_remove [--cases N] [--cache DIR] [--sheet OUT.png]

A render of packaging/starter_checkpoint/world, with everything that one of its things changed masked (its shadow and
mirror image too), a little wider; the truth is the same plan, painted without that thing. No prompt is given.

* ΔE: distance from the truth within the mask, OKLab × 100, pixel by pixel; broad: of colours averaged by a Gaussian of
  6 px, which forgives texture that lies elsewhere.
* detail: energy of the derivatives there ÷ the truth's; 1 is as rich as it was.
* worst: the mean ΔE (broad) of the worst tenth of the cases.

"as filled" is the fill alone, "refined" the same worked over by the checkpoint at REMOVE_STRENGTH, "left" the thing
where it was.
"""

from __future__ import annotations

import argparse
import functools
import statistics
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np

import sdpaint.engine  # noqa: F401 - sets how OpenMP waits before torch is imported
from sdpaint.generation.request import MaskFill
from sdpaint.imaging.masks import grow
from sdpaint.imaging.oklab import oklab_of
from sdpaint.imaging.tiles import Pixels
from tests.benchmarks.bench_inpaint import cached, outlined
from tests.benchmarks.inpaint_peers import INFO, SIDE, Case, ours, run

_FIRST_SEED = 620_000
_SHARES = (0.003, 0.08)
_CHANGED = 6
_AROUND_PX = 4


def scenes(count: int) -> Iterator[tuple[Case, Pixels]]:
    """(the scene, masked, with no words; how it is without the thing)."""
    sys.path.insert(0, str(Path(__file__).parents[2] / "packaging"))
    from starter_checkpoint.world import render_plan, scene
    from starter_checkpoint.world.painter import Painter
    from starter_checkpoint.world.plan import Placed, make_plan

    class Without(Painter):
        """Paints all but one thing: it is drawn, so that the dice fall as they did, and taken away at once."""

        left_out = 0

        def _draw(self, placed: Placed, x: float, y: float, size: float, depth: float) -> None:
            number, before = self.canvas.next_object, self.canvas.image.copy()
            super()._draw(placed, x, y, size, depth)
            if number == self.left_out:
                self.canvas.image[:] = before

    seed = _FIRST_SEED
    while count:
        seed += 1
        plan = make_plan(seed)
        if plan.style in ("neon", "ink", "paper-cut"):
            continue    # these are drawn from the outlines, which keep the thing
        truth = render_plan(plan, (SIDE, SIDE))
        for number in range(1, 8):
            Without.left_out = number
            scene.Painter, kept = Without, scene.Painter
            try:
                bare = render_plan(plan, (SIDE, SIDE)).image
            finally:
                scene.Painter = kept
            changed = np.abs(truth.image.astype(np.int16) - bare).max(axis=2) > _CHANGED
            if _SHARES[0] <= changed.mean() <= _SHARES[1]:
                mask = grow(np.where(changed, 255, 0).astype(np.uint8), _AROUND_PX)
                yield Case(truth.image, mask, "", seed), bare
                count -= 1
                break


class Figures:
    """Of one way over all cases."""

    def __init__(self) -> None:
        self._rows: list[tuple[float, float, float]] = []

    def add(self, case: Case, truth: Pixels, picture: Pixels) -> None:
        """Measure a picture against the truth."""
        inside = case.mask > 127
        made, wanted = oklab_of(picture), oklab_of(truth)
        broad = cv2.GaussianBlur(made, (0, 0), 6.0) - cv2.GaussianBlur(wanted, (0, 0), 6.0)
        detail = _energy(picture, inside) / max(1e-6, _energy(truth, inside))
        self._rows.append((_length(made - wanted, inside), _length(broad, inside), float(np.log2(detail))))

    def __str__(self) -> str:
        delta, broad, detail = (statistics.mean(column) for column in zip(*self._rows, strict=True))
        tenth = sorted((row[1] for row in self._rows), reverse=True)[: max(1, len(self._rows) // 10)]
        return f"{delta:7.2f}{broad:7.2f}{statistics.mean(tenth):7.2f}{2**detail:8.2f}"


def _length(off: np.ndarray, inside: np.ndarray) -> float:
    return float(np.sqrt(np.square(off).sum(axis=-1))[inside].mean()) * 100


def _energy(picture: Pixels, inside: np.ndarray) -> float:
    down, right = np.gradient(cv2.GaussianBlur(picture.astype(np.float32), (0, 0), 1.0), axis=(0, 1))
    return float((np.square(down) + np.square(right)).sum(axis=-1)[inside].mean())


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--cases", type=int, default=24)
    parser.add_argument("--cache", type=Path)
    parser.add_argument("--sheet", type=Path)
    options = parser.parse_args()
    from sdpaint.engine.diffusion import DiffusionEngine

    engine = DiffusionEngine(dtype="bfloat16", previews=False)
    print(f"{engine.describe_device()}, {INFO.name}, {options.cases} scenes of {SIDE}²", flush=True)
    ways = {"as filled": MaskFill.REMOVE, "refined": MaskFill.REMOVE_REFINED}
    figures = {name: Figures() for name in ("left", *ways)}
    rows = []
    for case, truth in scenes(options.cases):
        made = {"left": case.truth}
        for name, fill in ways.items():
            made[name] = cached(options.cache, name, case, functools.partial(_removed, engine, fill))
        for name, picture in made.items():
            figures[name].add(case, truth, picture)
        rows.append(np.hstack([outlined(case), truth, *list(made.values())[1:]]))
        if options.sheet is not None:
            cv2.imwrite(str(options.sheet), np.vstack(rows)[..., ::-1])
    print(f"{'':12}{'ΔE':>7}{'broad':>7}{'worst':>7}{'detail':>8}")
    for name, each in figures.items():
        print(f"{name:12}{each}")
    engine.close()


def _removed(engine: Any, fill: MaskFill, case: Case) -> Pixels:
    return ours(case, functools.partial(run, engine), fill=fill)


if __name__ == "__main__":
    main()
