"""Outpainting: how the new ground goes on from the old, beside the truth.

    python -m tests.benchmarks.bench_outpaint [--cases N] [--cache DIR] [--sheet OUT.png]

A render of packaging/starter_checkpoint/world is cut off on one side, by a quarter to a third, and expanded again from
its caption: prepare → engine → apply, as in the window. What each makes is kept in the cache, from which a run that
was broken off goes on.

* step: jump of colour from the old ground to the new one across the seam (8 px on either side, averaged along 24 px of
  it) beyond that of the truth, ΔE in OKLab × 100: what the eye sees as another tint.
* near, far: distance of broad colours (Gaussian of 12 px) from the truth's, up to 48 px from the seam and beyond.
* detail: energy of the derivatives of the new ground ÷ the truth's: 1 is as rich as it was, 0 a blur.

"as filled" is what the engine finds at the start, "white" bare paper: between them and 0 a figure says something.
"""

from __future__ import annotations

import argparse
import statistics
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

import sdpaint.engine  # noqa: F401 - sets how OpenMP waits before torch is imported
from sdpaint.document import edits
from sdpaint.document.render import flatten
from sdpaint.generation.apply import apply_result
from sdpaint.generation.prepare import prepare
from sdpaint.generation.request import GenerationRequest
from sdpaint.imaging.geometry import Rect
from sdpaint.imaging.oklab import oklab_of
from sdpaint.imaging.tiles import Pixels
from tests.benchmarks.inpaint_peers import INFO, masked_document, params, run

WHOLE = (384, 320)
_SIDES = ("right", "left", "up", "down")
_FIRST_SEED = 610_000
_STEP_PX, _ARC_PX, _BROAD_PX, _NEAR_PX = 8, 24, 12.0, 48


@dataclass(frozen=True, eq=False)
class Cut:
    """A picture, the part of it that is there, and the words that say what it shows."""

    truth: Pixels
    left: Rect
    caption: str
    seed: int

    @property
    def distance(self) -> np.ndarray:
        """(h, w) pixels to the seam, negative on the old ground."""
        height, width = self.truth.shape[:2]
        rows, columns = np.mgrid[:height, :width] + 0.5
        out = np.maximum(self.left.left - columns, columns - self.left.right)
        return np.maximum(out, np.maximum(self.left.top - rows, rows - self.left.bottom))


def cuts(count: int) -> Iterator[Cut]:
    """Renders that no training has seen, one side of each cut off."""
    sys.path.insert(0, str(Path(__file__).parents[2] / "packaging"))
    from starter_checkpoint.world import render

    width, height = WHOLE
    for number in range(count):
        scene = render(_FIRST_SEED + number, WHOLE)
        by = 96 if number // 4 % 2 else 64 + 17 * (number // 8 % 3)
        left = {
            "right": Rect(0, 0, width - by, height), "left": Rect(by, 0, width - by, height),
            "up": Rect(0, by, width, height - by), "down": Rect(0, 0, width, height - by),
        }[_SIDES[number % 4]]
        yield Cut(scene.image, left, scene.caption, _FIRST_SEED + number)


def expanded(cut: Cut, make: Callable[[GenerationRequest], Pixels]) -> Pixels:
    """prepare → engine → apply."""
    left = cut.left
    there = np.ascontiguousarray(cut.truth[left.top : left.bottom, left.left : left.right])
    document, _ = masked_document(there, np.zeros(there.shape[:2], np.uint8))
    frame = Rect(0, 0, *WHOLE).translated(-left.left, -left.top)
    document = edits.set_frame(document, frame)
    prepared = prepare(document, params(cut.caption), INFO, cut.seed)
    after = apply_result(document, prepared, make(prepared.request))
    return np.ascontiguousarray(flatten(after, after.bounds)[..., 2::-1])


class Figures:
    """Of one way over all cases."""

    def __init__(self) -> None:
        self._rows: list[tuple[float, ...]] = []

    def add(self, cut: Cut, picture: Pixels) -> None:
        """Measure a picture against the truth."""
        distance = cut.distance
        lab, truth = oklab_of(picture), oklab_of(cut.truth)
        off = _apart(_broad(lab, distance > 0), _broad(truth, distance > 0))
        near, far = (distance > 0) & (distance <= _NEAR_PX), distance > _NEAR_PX
        detail = _energy(picture, distance) / max(1e-6, _energy(cut.truth, distance))
        step = _step(lab, distance) - _step(truth, distance)
        self._rows.append((step, float(off[near].mean()), float(off[far].mean()), float(np.log2(detail))))

    def __str__(self) -> str:
        step, near, far, detail = (statistics.mean(column) for column in zip(*self._rows, strict=True))
        return f"{step:7.2f}{near:7.2f}{far:7.2f}{2**detail:8.2f}"


def _step(lab: np.ndarray, distance: np.ndarray) -> float:
    """Mean ΔE between the ground on this and on that side of the seam, along it."""
    new = _broad(lab, (distance > 0) & (distance <= _STEP_PX), _ARC_PX / 2)
    old = _broad(lab, (distance <= 0) & (distance > -_STEP_PX), _ARC_PX / 2)
    return float(_apart(new, old)[np.abs(distance) <= 1.0].mean())


def _broad(lab: np.ndarray, among: np.ndarray, sigma: float = _BROAD_PX) -> np.ndarray:
    weight = among.astype(np.float32)
    total = cv2.GaussianBlur(weight, (0, 0), sigma)
    return cv2.GaussianBlur(lab * weight[..., None], (0, 0), sigma) / np.maximum(total, 1e-4)[..., None]


def _apart(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    return np.sqrt(np.square(one - other).sum(axis=-1)) * 100


def _energy(picture: Pixels, distance: np.ndarray) -> float:
    down, right = np.gradient(cv2.GaussianBlur(picture.astype(np.float32), (0, 0), 1.0), axis=(0, 1))
    return float((np.square(down) + np.square(right)).sum(axis=-1)[distance > 4].mean())


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--cases", type=int, default=24)
    parser.add_argument("--cache", type=Path)
    parser.add_argument("--sheet", type=Path)
    options = parser.parse_args()
    from sdpaint.engine.diffusion import DiffusionEngine

    engine = DiffusionEngine(dtype="bfloat16", previews=False)
    print(f"{engine.describe_device()}, {INFO.name}, {options.cases} cases of {WHOLE}", flush=True)
    ways = {"sdpaint": Figures(), "as filled": Figures(), "white": Figures()}
    rows = []
    for cut in cuts(options.cases):
        white = np.where(cut.distance[..., None] > 0, np.uint8(255), cut.truth)
        made = {
            "sdpaint": expanded(cut, lambda request, cut=cut: remembered(options.cache, engine, cut, request)),
            "as filled": expanded(cut, lambda request: request.image),
            "white": white,
        }
        for name, picture in made.items():
            ways[name].add(cut, picture)
        rows.append(np.hstack([cut.truth, *made.values()]))
    print(f"{'':12}{'step':>7}{'near':>7}{'far':>7}{'detail':>8}")
    for name, figures in ways.items():
        print(f"{name:12}{figures}")
    if options.sheet is not None:
        cv2.imwrite(str(options.sheet), np.vstack(rows)[..., ::-1])
    engine.close()


def remembered(folder: Path | None, engine: object, cut: Cut, request: GenerationRequest) -> Pixels:
    """What the engine makes of the request, from the cache where it is there: what follows is cheap."""
    if folder is None:
        return run(engine, request)
    file = folder / f"{cut.seed}.png"
    if not file.is_file():
        folder.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(file), run(engine, request)[..., ::-1])
    return np.ascontiguousarray(cv2.imread(str(file))[..., ::-1])


if __name__ == "__main__":
    main()
