"""A contact sheet of 30 inpaints and outpaints, to be looked at: sizes, places, islands, soft masks, sides, odd sizes.

    python -m tests.benchmarks.inpaint_sheet OUT.png [--only WORD] [--steps N]

Each case is a pair: what is masked, in red, or the frame, and what came of it, as in the window.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np

import sdpaint.engine  # noqa: F401 - sets how OpenMP waits before torch is imported
from sdpaint.document import edits
from sdpaint.document.render import flatten
from sdpaint.generation.apply import apply_result
from sdpaint.generation.prepare import prepare
from sdpaint.generation.request import MaskFill
from sdpaint.imaging.geometry import Rect
from sdpaint.imaging.tiles import Pixels
from tests.benchmarks.inpaint_peers import INFO, masked_document, params, run

_COLUMNS = 3
_CELL_PX = 300
_RED = (235, 40, 60)
Draw = Callable[[Pixels], None]


@dataclass(frozen=True)
class SheetCase:
    """A render of `size` with what is drawn into its mask; `frame`: None is the whole canvas."""

    name: str
    seed: int
    size: tuple[int, int]
    draw: Draw | None = None
    frame: Rect | None = None
    strength: float = 1.0
    changes: dict[str, Any] = field(default_factory=dict)


def box(left: int, top: int, right: int, bottom: int, grey: int = 255) -> Draw:
    """A rectangle."""
    return lambda mask: void(cv2.rectangle(mask, (left, top), (right, bottom), grey, -1))


def disc(x: int, y: int, across: int, down: int, grey: int = 255) -> Draw:
    """An ellipse about (x, y)."""
    return lambda mask: void(cv2.ellipse(mask, (x, y), (across, down), 0, 0, 360, grey, -1))


def several(*draws: Draw) -> Draw:
    """All of them."""
    return lambda mask: void([draw(mask) for draw in draws])


def void(_: object) -> None:
    """Drawing in place gives nothing back."""


def glow(x: int, y: int, radius: float) -> Draw:
    """Grey that falls off from the middle, as an airbrush leaves it."""

    def draw(mask: Pixels) -> None:
        rows, columns = np.mgrid[: mask.shape[0], : mask.shape[1]]
        mask[:] = np.clip(255 * (1.3 - np.hypot(columns - x, rows - y) / radius), 0, 255)

    return draw


def across(mask: Pixels) -> None:
    """Stronger from left to right."""
    height, width = mask.shape
    mask[height // 3 : 2 * height // 3] = np.linspace(0, 255, width).astype(np.uint8)


def stroke(mask: Pixels) -> None:
    """A thin wavy line."""
    x = np.arange(30, mask.shape[1] - 30, 4)
    points = np.stack((x, mask.shape[0] // 2 + 40 * np.sin(x / 40)), axis=1).astype(np.int32)
    cv2.polylines(mask, [points], isClosed=False, color=255, thickness=7, lineType=cv2.LINE_AA)


_REMOVE = {"fill": MaskFill.REMOVE}
CASES = (
    SheetCase("tiny", 500_001, (512, 512), disc(300, 200, 7, 6)),
    SheetCase("small", 500_001, (512, 512), disc(300, 200, 20, 16)),
    SheetCase("middle", 500_024, (512, 512), disc(250, 300, 70, 50)),
    SheetCase("large", 500_009, (512, 512), disc(260, 250, 150, 130)),
    SheetCase("huge", 500_009, (640, 640), disc(320, 320, 220, 200)),
    SheetCase("all of it", 500_002, (384, 384), box(0, 0, 383, 383)),
    SheetCase("top left corner", 500_009, (512, 384), box(0, 0, 90, 80)),
    SheetCase("top right corner", 500_002, (512, 384), disc(511, 0, 90, 90)),
    SheetCase("bottom left corner", 500_007, (512, 384), box(0, 300, 100, 383)),
    SheetCase("bottom right corner", 500_001, (512, 384), disc(511, 383, 110, 80)),
    SheetCase("three islands", 500_024, (512, 512), several(
        box(40, 40, 90, 90), box(400, 380, 460, 440), disc(260, 250, 20, 30))),
    SheetCase("two far islands", 500_000, (640, 384), several(disc(60, 200, 30, 30), disc(580, 180, 30, 40))),
    SheetCase("thin line", 500_003, (512, 384), stroke),
    SheetCase("airbrush", 500_009, (384, 384), glow(200, 200, 130)),
    SheetCase("grey half", 500_000, (384, 384), disc(260, 220, 70, 70, 128)),
    SheetCase("left to right", 500_002, (512, 384), across),
    SheetCase("strength 0.4", 500_000, (384, 384), disc(260, 220, 60, 60), strength=0.4),
    SheetCase("strength 0.7", 500_005, (384, 384), disc(100, 300, 70, 60), strength=0.7),
    SheetCase("remove small", 500_001, (384, 384), box(232, 240, 330, 310), changes=_REMOVE),
    SheetCase("remove large", 500_005, (384, 384), box(10, 280, 130, 360), changes=_REMOVE),
    SheetCase("remove on odd", 500_003, (517, 391), disc(360, 280, 70, 80), changes=_REMOVE),
    SheetCase("background", 500_024, (384, 384), several(box(0, 0, 383, 200)), changes={"fill": MaskFill.BACKGROUND}),
    SheetCase("517×391", 500_024, (517, 391), disc(200, 180, 50, 40)),
    SheetCase("1023×517", 500_007, (1023, 517), disc(700, 330, 120, 80)),
    SheetCase("1023×517, edge", 500_009, (1023, 517), box(930, 100, 1022, 400)),
    SheetCase("extend right", 500_002, (384, 384), frame=Rect(128, 0, 384, 384)),
    SheetCase("extend left, odd", 500_024, (383, 301), frame=Rect(-120, 0, 300, 301)),
    SheetCase("extend up", 500_001, (384, 384), frame=Rect(0, -96, 384, 300)),
    SheetCase("extend down", 500_009, (384, 384), frame=Rect(0, 200, 384, 300)),
    SheetCase("extend all round", 500_007, (384, 384), frame=Rect(-64, -64, 512, 512)),
)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("out", type=Path)
    parser.add_argument("--only", default="")
    parser.add_argument("--steps", type=int, default=15)
    options = parser.parse_args()
    from sdpaint.engine.diffusion import DiffusionEngine

    engine = DiffusionEngine(dtype="bfloat16", previews=False)
    cells = []
    for case in CASES:
        if options.only in case.name:
            cells.append(pair(case, engine, options.steps))
            print(case.name, flush=True)
            rows = [cells[start : start + _COLUMNS] for start in range(0, len(cells), _COLUMNS)]
            rows[-1] += [np.zeros_like(cells[0])] * (_COLUMNS - len(rows[-1]))
            cv2.imwrite(str(options.out), np.vstack([np.hstack(row) for row in rows])[..., ::-1])
    engine.close()


def pair(case: SheetCase, engine: Any, steps: int) -> Pixels:
    """The case as it was and as it became, side by side."""
    sys.path.insert(0, str(Path(__file__).parents[2] / "packaging"))
    from starter_checkpoint.world import render

    scene = render(case.seed, case.size)
    mask = np.zeros(scene.image.shape[:2], np.uint8)
    if case.draw is not None:
        case.draw(mask)
    document, _ = masked_document(scene.image, mask)
    if case.frame is not None:
        document = edits.set_frame(document, case.frame)
    wanted = params(scene.caption, steps, **case.changes)
    wanted = replace(wanted, sampling=replace(wanted.sampling, strength=case.strength))
    prepared = prepare(document, wanted, INFO, case.seed)
    after = apply_result(document, prepared, run(engine, prepared.request))
    made = np.ascontiguousarray(flatten(after, after.bounds)[..., 2::-1])
    share = mask[..., None].astype(np.float32) / 255 * 0.6
    shown = np.rint(scene.image * (1 - share) + np.float32(_RED) * share).astype(np.uint8)
    return np.hstack([cell(shown, case.name), cell(made, str(prepared.plan.work_size))])


def cell(picture: Pixels, label: str) -> Pixels:
    """The picture, reduced, under its label."""
    scale = _CELL_PX / max(picture.shape[:2])
    small = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    sheet = np.full((_CELL_PX + 30, _CELL_PX + 4, 3), 40, np.uint8)
    sheet[28 : 28 + small.shape[0], 2 : 2 + small.shape[1]] = small
    plain = label.replace("×", "x")
    cv2.putText(sheet, plain, (4, 19), cv2.FONT_HERSHEY_SIMPLEX, 0.45, (255, 255, 255), 1, cv2.LINE_AA)
    return sheet


if __name__ == "__main__":
    main()
