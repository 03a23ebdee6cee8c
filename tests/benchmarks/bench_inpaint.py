"""Inpainting beside its peers: seams, colours, what else changed, and time.

    python -m tests.benchmarks.bench_inpaint [--cases N] [--cache DIR] [--only METHOD …] [--sheet OUT.png] [--no-time]
                                            [--tuned-on]

A thing is erased from a render of packaging/starter_checkpoint/world and made anew from the picture's caption, at full
strength, by

* sdpaint: prepare → engine → apply, as in the window, the frame around the whole picture;
* bare: StableDiffusionInpaintPipeline on the whole picture, and with `padding_mask_crop`;
* A1111's "only masked", re-stated: mask blur 4, padding 32, the crop at native size, pasted through the blurred mask.

The scenes are held out: nothing was chosen by them. With --tuned-on they are those that widths and depths were chosen
by. What each makes is kept in the cache, so that a run can be broken off, gone on with, and repeated for one way alone.

All figures are of rings of 4 px around the mask's edge, from 8 px inside to 48 px outside, since every way has its
seam at another distance; what is farther inside is new, and no truth says how it is to look.

* seam: energy of the derivative on the way out of the mask, ±4 px about its edge, ÷ the same in the truth, of all cases
  together; 1 is right. A few cases of high contrast decide it, and steps where there should be none make up for edges
  that are lost. So: `off` is the mean of |log2| of that ratio, case by case, and `error` the energy of what the
  derivative is off the truth's ÷ the truth's, 0 being right: 1 is what a seam without any edges has, and an edge in the
  wrong place counts twice. `worst` is the largest ratio of all rings.
* shift: the largest jump of colour from one ring to the next beyond that of the truth, ΔE in OKLab × 100, of colours
  averaged along 24 px of each ring: what the eye sees as a patch of another tint.
* side: distance from the truth of the 5 px inside the edge, where it is known (a mask is 6 px wider than the thing in
  it), of colours averaged likewise.
* ΔE kept: distance from the truth of what was to be kept (0…48 px outside the mask), pixel by pixel.
* changed: share of the pixels more than 64 px outside the mask that aren't as they were, bit by bit.

Then: a mask of an eighth of each side on a canvas of four times the native side ÷ the whole canvas inpainted at its
own resolution (for SD 1.5 that is 256² on 2048²), and the same edit again ÷ the first time.
"""

from __future__ import annotations

import argparse
import itertools
import statistics
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np

import sdpaint.engine  # noqa: F401 - sets how OpenMP waits before torch is imported
from sdpaint.document.document import Document
from sdpaint.generation.apply import apply_result
from sdpaint.generation.prepare import prepare
from sdpaint.generation.request import GenerationRequest
from sdpaint.imaging.oklab import oklab_of
from sdpaint.imaging.tiles import Pixels
from tests.benchmarks.inpaint_peers import (
    HELD_OUT,
    INFO,
    SIDE,
    TUNED_ON,
    BarePipeline,
    Case,
    cases,
    masked_document,
    ours,
    params,
    run,
)
from tests.benchmarks.timing import Times, interleaved, print_ratio, timed

SEAM = (-4, 4)
RINGS = [(-8 + 4 * k, -4 + 4 * k) for k in range(14)]
ARC_PX = 24
NEAR_PX = 50
"""Nothing but `changed` is measured farther out."""
SURE_PX = 5
"""So far inside the mask, the truth is known: masks are wider than the things in them."""
OWN = ("sdpaint", "no-match")
Method = Callable[[Case], Pixels]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--cases", type=int, default=100)
    parser.add_argument("--cache", type=Path)
    parser.add_argument("--only", nargs="*")
    parser.add_argument("--sheet", type=Path)
    parser.add_argument("--dtype", default="bfloat16")
    parser.add_argument("--no-time", action="store_true")
    parser.add_argument("--tuned-on", action="store_true")
    options = parser.parse_args()
    from sdpaint.engine.diffusion import DiffusionEngine

    engine = DiffusionEngine(dtype=options.dtype, previews=False)
    print(f"{engine.describe_device()}, {INFO.name}, {options.cases} cases of {SIDE}²", flush=True)
    bare = BarePipeline(options.dtype)

    def own(case: Case, color_match: bool = True) -> Pixels:
        # What the engine makes is kept; what becomes of it afterwards is cheap, and measured anew each time.
        def make(request: GenerationRequest) -> Pixels:
            return cached(options.cache, "engine", case, lambda _: run(engine, request))

        return ours(case, make, color_match=color_match)

    methods: dict[str, Method] = {
        "sdpaint": own,
        "no-match": lambda case: own(case, color_match=False),
        "bare": bare.whole,
        "padded": bare.padded,
        "a1111": bare.only_masked,
    }
    methods = {name: method for name, method in methods.items() if options.only is None or name in options.only}
    rows, figures = [], {name: Figures() for name in methods}
    for case in cases(options.cases, TUNED_ON if options.tuned_on else HELD_OUT):
        made = {
            name: method(case) if name in OWN else cached(options.cache, name, case, method)
            for name, method in methods.items()
        }
        around = Around(case)
        for name, picture in made.items():
            figures[name].add(case, around, picture)
        if options.sheet is not None:
            rows.append(np.hstack([outlined(case), *made.values()]))
    heads = f"{'seam':>7}{'off':>7}{'error':>7}{'worst':>7}{'shift':>8}{'side':>8}{'ΔE kept':>9}{'changed':>9}"
    print(f"{'':12}{heads}")
    for name, each in figures.items():
        print(f"{name:12}{each}")
    if "sdpaint" in figures:
        print_margins(figures)
    if options.sheet is not None:
        cv2.imwrite(str(options.sheet), np.vstack(rows)[..., ::-1])
    if not options.no_time:
        time_small_mask(engine, bare)
        time_again(engine)
    engine.close()


def print_margins(figures: dict[str, Figures]) -> None:
    """Ours beside the best of the others, in what is smaller the better."""
    peers = {name: each for name, each in figures.items() if name not in OWN}
    for what, off in (("off", Figures.seam_off), ("error", Figures.seam_error), ("shift", Figures.shift)):
        own = off(figures["sdpaint"])
        best = min(peers, key=lambda name: off(peers[name]), default=None)
        if best is not None:
            print(f"{what}: {own:.2f}, the best of the others {best} with {off(peers[best]):.2f}")


def cached(folder: Path | None, name: str, case: Case, method: Method) -> Pixels:
    """What the method makes of the case, from the cache where it is there."""
    if folder is None:
        return method(case)
    file = folder / name / f"{case.seed}.png"
    if not file.is_file():
        file.parent.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(file), method(case)[..., ::-1])
    return np.ascontiguousarray(cv2.imread(str(file))[..., ::-1])


def outlined(case: Case) -> Pixels:
    """The truth, with the mask's edge drawn in."""
    shown = case.truth.copy()
    contours, _ = cv2.findContours(case.mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    cv2.drawContours(shown, contours, -1, (255, 40, 160), 1)
    return shown


# -- measures --------------------------------------------------------------------------------------------------------


class Around:
    """What is measured near the mask of a case, and what the truth gives there."""

    def __init__(self, case: Case) -> None:
        far = signed_distance(case.mask)
        rows, columns = np.flatnonzero((far <= NEAR_PX).any(axis=1)), np.flatnonzero((far <= NEAR_PX).any(axis=0))
        self.part = (slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1))
        self.distance = far[self.part]
        self.far = far > NEAR_PX + 14
        self.truth = case.truth[self.part].astype(np.float32)
        self.lab = oklab_of(np.ascontiguousarray(case.truth[self.part]))
        self.energy = self.energies(case.truth)
        self.jumps = jumps(self.lab, self.distance)
        self.side = (self.distance > -SURE_PX) & (self.distance <= 0)
        self.mean, _ = _averaged(self.lab, self.side)

    def energies(self, picture: Pixels) -> np.ndarray:
        """The energy across the edge, ±4 px about it, then of each ring."""
        energy = across(picture[self.part], self.distance)
        return np.array([energy[(self.distance > low) & (self.distance <= high)].sum() for low, high in [SEAM, *RINGS]])

    def error(self, picture: Pixels) -> float:
        """The energy across the edge of what the picture is off the truth."""
        off = picture[self.part].astype(np.float32) - self.truth
        return float(across(off, self.distance)[(self.distance > SEAM[0]) & (self.distance <= SEAM[1])].sum())


class Figures:
    """Of one method over all cases."""

    def __init__(self) -> None:
        self._energy = np.zeros((2, 1 + len(RINGS)))
        self._off: list[float] = []
        self._error = 0.0
        self._shift: list[np.ndarray] = []
        self._side: list[float] = []
        self._kept: list[float] = []
        self._changed: list[float] = []

    def add(self, case: Case, around: Around, picture: Pixels) -> None:
        """Measure a picture against the truth."""
        energy = around.energies(picture)
        self._energy += (energy, around.energy)
        self._off.append(abs(float(np.log2(energy[0] / around.energy[0]))))
        self._error += around.error(picture)
        lab = oklab_of(np.ascontiguousarray(picture[around.part]))
        self._shift.append(jumps(lab, around.distance) - around.jumps)
        mean, _ = _averaged(lab, around.side)
        self._side.append(_distance(mean, around.mean)[around.side].mean())
        kept = (around.distance > 0) & (around.distance <= 48)
        self._kept.append(_distance(lab, around.lab)[kept].mean())
        self._changed.append(float((picture != case.truth).any(axis=2)[around.far].mean()))

    def seam_off(self) -> float:
        """Mean |log2| of the seam's energy over the truth's, case by case."""
        return statistics.mean(self._off)

    def seam_error(self) -> float:
        """Energy of what the seam is off the truth, over the truth's."""
        return self._error / float(self._energy[1, 0])

    def shift(self) -> float:
        """The largest jump of colour between rings beyond that of the truth."""
        return float(np.mean(self._shift, axis=0).max())

    def __str__(self) -> str:
        ratios = self._energy[0] / self._energy[1]
        each = (self._off, self._side, self._kept, self._changed)
        off, side, kept, changed = (statistics.mean(values) for values in each)
        worst = float(ratios[1:].max())
        seam = f"{ratios[0]:7.2f}{off:7.2f}{self.seam_error():7.2f}{worst:7.2f}"
        return f"{seam}{self.shift():8.2f}{side:8.2f}{kept:9.2f}{changed:9.1%}"


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


def jumps(lab: np.ndarray, distance: np.ndarray) -> np.ndarray:
    """Mean jump of colour (ΔE × 100) from each ring to the next one farther out, of colours averaged along arcs."""
    found = []
    for (low, middle), (_, high) in itertools.pairwise(RINGS):
        inner, outer = (distance > low) & (distance <= middle), (distance > middle) & (distance <= high)
        (near, some), (far, others) = (_averaged(lab, ring) for ring in (inner, outer))
        edge = (np.abs(distance - middle) <= 1.0) & (some > 0.02) & (others > 0.02)
        apart = np.sqrt(np.square(near - far).sum(axis=2))[edge]
        found.append(float(apart.mean()) * 100 if apart.size else 0.0)
    return np.array(found)


def _distance(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    return np.sqrt(np.square(one - other).sum(axis=-1)) * 100


def _averaged(lab: np.ndarray, ring: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    weight = ring.astype(np.float32)
    total = cv2.GaussianBlur(weight, (0, 0), ARC_PX / 2)
    return cv2.GaussianBlur(lab * weight[..., None], (0, 0), ARC_PX / 2) / np.maximum(total, 1e-4)[..., None], total


# -- time ------------------------------------------------------------------------------------------------------------


def inpaint(engine: Any, document: Document, prompt: str, steps: int, seed: int) -> None:
    """prepare → engine → apply."""
    prepared = prepare(document, params(prompt, steps), INFO, seed)
    apply_result(document, prepared, run(engine, prepared.request))


def time_small_mask(engine: Any, bare: BarePipeline, steps: int = 4, rounds: int = 3) -> None:
    """A small mask on a large canvas ÷ the whole canvas, in turns."""
    side = 4 * INFO.native_px
    picture = cv2.GaussianBlur(np.random.default_rng(0).integers(0, 256, (side, side, 3), np.uint8), (0, 0), 30)
    mask = np.zeros((side, side), np.uint8)
    small = side // 8
    mask[side // 2 : side // 2 + small, side // 2 : side // 2 + small] = 255
    case = Case(picture, mask, "hills", 1)
    document, _ = masked_document(picture, mask)

    cropped = partial(inpaint, engine, document, case.caption, steps, case.seed)
    times = interleaved({"crop": cropped, "whole": lambda: bare.whole(case, steps)}, rounds)
    print_ratio(f"{small}² mask on {side}², {steps} steps", times, "crop", "whole", "0.25")


def time_again(engine: Any, steps: int = 4, rounds: int = 5) -> None:
    """The same edit with another seed ÷ the first one of its prompt and picture; the checkpoint is loaded already."""
    rng = np.random.default_rng(1)
    times: Times = {"first": [], "again": []}
    for turn in range(rounds):
        picture = cv2.GaussianBlur(rng.integers(0, 256, (SIDE, SIDE, 3), np.uint8), (0, 0), 9)
        mask = np.zeros((SIDE, SIDE), np.uint8)
        mask[100:180, 120:220] = 255
        document, _ = masked_document(picture, mask)

        edit = partial(inpaint, engine, document, f"hills, {turn} clouds", steps, turn)
        for name in times:
            times[name].append(timed(edit))
    print_ratio(f"the same edit again, {steps} steps", times, "again", "first", "0.95")


if __name__ == "__main__":
    main()
