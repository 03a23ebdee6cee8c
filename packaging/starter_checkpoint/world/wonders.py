"""Rarer horizons: table mountains, volcanoes, far coasts."""

from __future__ import annotations

import numpy as np

from starter_checkpoint.world.canvas import Canvas, Color, mix
from starter_checkpoint.world.dice import Dice
from starter_checkpoint.world.palettes import Look, rgb
from starter_checkpoint.world.terrain import BASALT, CLAY, GRASS, ROCK, SAND, columns


def paint_canyon(canvas: Canvas, look: Look, dice: Dice, horizon: float, light_x: float) -> None:
    """Table mountains and buttes in banded red rock."""
    u = canvas.unit
    for k, depth in enumerate((0.86, 0.66, 0.46)):
        canvas.at_depth(depth)
        near = k / 2
        base = horizon + u * (0.005 + 0.10 * near)
        rock = mix(CLAY, dice.choice((rgb("#b85a3c"), rgb("#d98a52"), rgb("#a8563e"))), 0.5)
        plain = columns(canvas, 3.0)
        for _ in range(dice.whole(1, 3)):
            _butte(
                canvas, look, dice, rock, depth, dice.uniform(-0.05, 1.05) * canvas.width, base, near, light_x
            )
        y = base - dice.noise(plain, u * 0.4, 2, 0.4) * u * 0.010
        color = look.land(mix(rock, SAND, 0.45), depth)
        canvas.below(plain, y, color, mix(color, look.palette.shade, 0.15), u * 0.2)


def _butte(
    canvas: Canvas,
    look: Look,
    dice: Dice,
    rock: Color,
    depth: float,
    x: float,
    base: float,
    near: float,
    light_x: float,
) -> None:
    u = canvas.unit
    tall = u * dice.uniform(0.15, 0.34) * (1.0 - 0.25 * near)
    half = tall * dice.choice((0.28, 0.42, 0.75, 1.2))
    scree = tall * 0.34
    slope = 0.05 * tall
    jag = dice.floats(-0.02, 0.02, 4) * tall
    left = [
        (x - half - scree * 1.3, base + 4),
        (x - half - slope, base - scree),
        (x - half - slope * 0.3, base - tall * 0.7),
        (x - half + slope * 0.4, base - tall * 0.72),
        (x - half + slope, base - tall + float(jag[0])),
    ]
    right = [(2 * x - px, py + float(jag[1]) * (py < base)) for px, py in left[::-1]]
    ring = left + right
    color = look.land(rock, depth)
    canvas.gradient([ring], base - tall, base, color, mix(color, look.haze, 0.20))
    side = 1.0 if x >= light_x else -1.0
    dark = mix(look.palette.shade, look.palette.land, 0.5)
    face = right if side > 0 else left[::-1]
    crack = half * dice.uniform(0.1, 0.5) * side
    back = [
        (x + crack * 0.6, base + 2),
        (x + crack * 1.15, base - scree),
        (x + crack * 0.85, base - tall * 0.6),
        (x + crack, base - tall),
    ]
    with canvas.untracked():
        for at in (0.42, 0.58, 0.80):
            band = tall * dice.uniform(0.03, 0.055)
            y = base - tall * at
            canvas.rect(x - half + slope * 0.2, y, x + half - slope * 0.2, y + band, dark, 0.16)
        canvas.gradient([face + back], base - tall, base, dark, dark, 0.34, 0.10)


def paint_volcano(
    canvas: Canvas, look: Look, dice: Dice, horizon: float, light_x: float, erupting: bool
) -> None:
    """A cone with a crater; smoke above, and lava on its flanks where it erupts."""
    u = canvas.unit
    x0 = dice.uniform(0.30, 0.70) * canvas.width
    tall, wide = u * dice.uniform(0.30, 0.42), u * dice.uniform(0.42, 0.60)
    base, crater = horizon + u * 0.06, u * 0.055
    top = base - tall
    canvas.at_depth(0.80)
    plume = look.hazed(mix(look.palette.cloud, BASALT, 0.35 if not erupting else 0.6), 0.25)
    if erupting:
        canvas.glow(x0, top, u * 0.30, rgb("#ff7a3a"), 0.75)
    drift, turn = dice.uniform(-0.9, 0.9), np.linspace(0.0, 2.0 * np.pi, 18, endpoint=False)
    rings = []
    for k in range(9):
        r = u * (0.022 + 0.0085 * k) * dice.uniform(0.85, 1.2)
        px, py = x0 + drift * (k * u * 0.016 + k * k * u * 0.0022), top - k * u * 0.030
        rings.append(np.stack([px + np.cos(turn) * r, py + np.sin(turn) * r * 0.9], 1))
    canvas.gradient(rings, top - u * 0.30, top, look.palette.cloud, plume, 0.55, 0.92, merge=True)
    part = np.linspace(0.0, 1.0, 40)
    fall = part**0.62 if dice.chance(0.5) else part**0.8
    slope = dice.noise(part, 0.2, 3) * u * 0.008
    left = np.stack([x0 - crater - (wide - crater) * part, top + tall * fall + slope], 1)
    right = np.stack([x0 + crater + (wide - crater) * part, top + tall * fall + slope[::-1]], 1)
    rim = np.array(
        [(x0 - crater * 0.5, top + u * 0.010), (x0, top + u * 0.004), (x0 + crater * 0.5, top + u * 0.012)]
    )
    ring = np.concatenate([left[::-1], rim, right, [(x0 + wide, base + 40), (x0 - wide, base + 40)]])
    color = look.land(BASALT, 0.66)
    canvas.gradient([ring], top, base, color, mix(color, look.haze, 0.45))
    dark = mix(look.palette.shade, look.palette.land, 0.3)
    side = 1.0 if x0 >= light_x else -1.0
    edge = right if side > 0 else left
    down = np.linspace(1.0, 0.0, 9)
    zigzag = np.where(np.arange(9) % 2 == 0, 0.02, -0.02) * u
    back = np.stack(
        [
            x0 + side * (crater * 0.3 + u * 0.10 * down) + zigzag * np.sin(down * np.pi),
            top + u * 0.01 + tall * down,
        ],
        1,
    )
    with canvas.untracked():
        canvas.gradient([np.concatenate([edge, back])], top, base, dark, dark, 0.36, 0.05)
        if erupting:
            hot, core = rgb("#ff6a2a"), rgb("#ffd06a")
            for start in (-0.4, 0.15, 0.5):
                if not dice.chance(0.8):
                    continue
                steps = np.linspace(0.0, dice.uniform(0.45, 0.85), 12)
                lean = start * u * 0.36
                path = np.stack(
                    [
                        x0 + start * crater + lean * steps + dice.noise(steps, 0.3, 2) * u * 0.012,
                        top + u * 0.008 + tall * steps**0.9,
                    ],
                    1,
                )
                canvas.curve(path, u * 0.017 * (1.0 - 0.65 * steps / steps[-1]), hot)
                canvas.curve(path[:9], u * 0.007 * (1.0 - 0.7 * steps[:9] / steps[-1]), core)
            canvas.ellipse(x0, top + u * 0.006, crater * 0.72, u * 0.009, core)
    x = columns(canvas, 2.5)
    for k in range(2):
        canvas.at_depth(0.62 - 0.14 * k)
        y = horizon + u * (0.03 + 0.07 * k) - np.abs(dice.noise(x, u * 0.4, 3, 0.45)) * u * 0.05
        tint = look.land(mix(GRASS, BASALT, 0.5), 0.60 - 0.16 * k)
        canvas.below(x, y, tint, mix(tint, look.palette.shade, 0.2), u * 0.2)


def paint_far_coast(canvas: Canvas, look: Look, dice: Dice, horizon: float) -> None:
    """Islands and capes at the edge of the sea."""
    u = canvas.unit
    for _ in range(dice.whole(1, 3)):
        depth = dice.uniform(0.74, 0.90)
        canvas.at_depth(depth)
        at, half = dice.uniform(-0.05, 1.05) * canvas.width, u * dice.uniform(0.12, 0.34)
        x = np.linspace(at - half, at + half, 60)
        hump = np.sin(np.linspace(0.0, np.pi, 60)) ** 0.8
        y = horizon - hump * (u * dice.uniform(0.03, 0.075) * (1.0 + 0.45 * dice.noise(x, half * 0.7, 3)))
        ring = np.concatenate([np.stack([x, y], 1), [(x[-1], horizon + 1.5), (x[0], horizon + 1.5)]])
        color = look.land(mix(ROCK, GRASS, 0.4), depth)
        canvas.gradient([ring], float(y.min()), horizon, color, mix(color, look.haze, 0.5))
