"""Things by their names: how each is drawn, and how large it is near and far."""

from __future__ import annotations

from starter_checkpoint.world import boats, buildings, nature
from starter_checkpoint.world.canvas import Canvas
from starter_checkpoint.world.dice import Dice
from starter_checkpoint.world.palettes import Look
from starter_checkpoint.world.plan import Placed, Plan

ON_SHORE = ("cabin", "castle", "chapel", "windmill")
"""What may stand on the far shore of a lake, mirrored in it."""

SIZES: dict[str, tuple[float, float]] = {
    "cabin": (0.13, 0.27),
    "castle": (0.22, 0.46),
    "lighthouse": (0.30, 0.56),
    "windmill": (0.22, 0.46),
    "chapel": (0.20, 0.40),
    "tent": (0.10, 0.20),
    "sailboat": (0.07, 0.34),
    "pines": (0.14, 0.44),
    "palms": (0.26, 0.50),
    "cactus": (0.14, 0.34),
    "tree": (0.22, 0.50),
    "bridge": (0.1, 0.1),
    "deer": (0.13, 0.30),
    "horse": (0.13, 0.30),
    "wolf": (0.11, 0.22),
    "bear": (0.11, 0.23),
    "fox": (0.10, 0.19),
}
"""Height of things, far and near, in units of the canvas."""


def draw_thing(
    canvas: Canvas,
    look: Look,
    dice: Dice,
    plan: Plan,
    placed: Placed,
    x: float,
    y: float,
    size: float,
    depth: float,
) -> None:
    """One thing with its foot at (x, y), `size` pixels high."""
    match placed.kind:
        case "cabin":
            buildings.draw_cabin(canvas, look, dice, x, y, size, depth, placed.paint)
        case "castle":
            buildings.draw_castle(canvas, look, dice, x, y, size, depth, placed.paint)
        case "lighthouse":
            buildings.draw_lighthouse(canvas, look, dice, x, y, size, depth, placed.paint)
        case "windmill":
            buildings.draw_windmill(canvas, look, dice, x, y, size, depth, placed.paint)
        case "chapel":
            buildings.draw_chapel(canvas, look, dice, x, y, size, depth, placed.paint)
        case "tent":
            buildings.draw_tent(canvas, look, dice, x, y, size, depth, placed.paint)
        case "bridge":
            kind = "suspension" if plan.terrain == "city" else "arches"
            boats.draw_bridge(canvas, look, dice, y, size, depth, placed.paint, kind)
        case "sailboat":
            boats.draw_sailboat(canvas, look, dice, x, y, size, depth, placed.paint)
        case "pines":
            nature.draw_pine(canvas, look, dice, x, y, size, depth, plan.season == "winter")
        case "palms":
            nature.draw_palm(canvas, look, dice, x, y, size, depth)
        case "cactus":
            nature.draw_cactus(canvas, look, dice, x, y, size, depth)
        case "tree":
            nature.draw_tree(
                canvas,
                look,
                dice,
                x,
                y,
                size,
                depth,
                "bare" if plan.season == "winter" else plan.season,
            )
        case _:
            nature.draw_animal(canvas, look, dice, x, y, size, depth, placed.kind)
