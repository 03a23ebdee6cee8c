"""Seed → picture: the plan is painted from back to front, and what later work needs is read off the canvas."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from starter_checkpoint.world.caption import describe, object_caption
from starter_checkpoint.world.dice import Dice
from starter_checkpoint.world.painter import Painter
from starter_checkpoint.world.plan import Plan, make_plan
from starter_checkpoint.world.styles import apply_style, line_art

BUCKETS = (
    (256, 256),
    (320, 192),
    (192, 320),
    (288, 224),
    (224, 288),
    (384, 192),
    (320, 256),
    (256, 320),
    (384, 256),
    (256, 384),
    (320, 320),
    (384, 384),
)
"""(width, height) that pictures are drawn in; all multiples of 32."""


@dataclass(frozen=True, eq=False)
class SceneObject:
    """A thing that can be seen: its mask (height, width) uint8, its box (left, top, right, bottom), its caption."""

    kind: str
    caption: str
    mask: NDArray[np.uint8]
    box: tuple[int, int, int, int]


@dataclass(frozen=True, eq=False)
class Scene:
    """A picture and what is known of it. `image` is (height, width, 3) uint8 RGB.

    `lines` (height, width) uint8, 255 on lines, and `depth` (height, width) float32, 0 nearest to 1, are None, and
    `objects` empty, where side outputs weren't asked for.
    """

    plan: Plan
    image: NDArray[np.uint8]
    caption: str
    objects: tuple[SceneObject, ...] = ()
    lines: NDArray[np.uint8] | None = None
    depth: NDArray[np.float32] | None = None


def render(seed: int, size: tuple[int, int] = (256, 256), sides: bool = False) -> Scene:
    """The picture of a seed at (width, height). `sides` adds masks, line art and depth."""
    plan = make_plan(seed)
    return render_plan(plan, size, sides)


def render_plan(plan: Plan, size: tuple[int, int] = (256, 256), sides: bool = False) -> Scene:
    """The picture of a plan; see `render`."""
    painter = Painter(plan, size, sides or plan.style in ("neon", "ink", "paper-cut"))
    painter.paint()
    canvas = painter.canvas
    lines = line_art(canvas) if canvas.shapes is not None else None
    image = apply_style(plan.style, canvas, Dice(plan.seed ^ 0x57131E), painter.look, lines)
    caption = describe(plan, Dice(plan.seed ^ 0xCA9710))
    if not sides or lines is None:
        return Scene(plan, image, caption)
    small_lines = cv2.resize(lines, size, interpolation=cv2.INTER_AREA)
    depth = cv2.resize(canvas.depth(), size, interpolation=cv2.INTER_AREA)
    return Scene(
        plan,
        image,
        caption,
        tuple(_objects(painter)),
        np.clip(small_lines.astype(np.int32) * 2, 0, 255).astype(np.uint8),
        depth,
    )


def _objects(painter: Painter) -> list[SceneObject]:
    """The things that can be seen, each with at least a few pixels."""
    canvas = painter.canvas
    owners = canvas.owners()
    found = []
    size = (canvas.width, canvas.height)
    for number, placed in painter.drawn:
        mask = cv2.resize(
            np.where(owners == number, np.uint8(255), np.uint8(0)), size, interpolation=cv2.INTER_AREA
        )
        if int(np.count_nonzero(mask > 127)) < 12:
            continue
        rows, columns = np.flatnonzero(mask.max(1) > 127), np.flatnonzero(mask.max(0) > 127)
        box = (int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1)
        found.append(SceneObject(placed.kind, object_caption(placed, painter.plan), mask, box))
    return found
