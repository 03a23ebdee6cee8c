"""What carries people: bridges, sailing boats, hot-air balloons."""

from __future__ import annotations

import numpy as np

from starter_checkpoint.world.buildings import PAINTS, STONE, WOOD
from starter_checkpoint.world.canvas import Canvas, mix
from starter_checkpoint.world.dice import Dice
from starter_checkpoint.world.palettes import Look, rgb


def draw_bridge(
    canvas: Canvas, look: Look, dice: Dice, y: float, size: float, depth: float, paint: str, kind: str
) -> None:
    """A bridge across the whole picture: stone arches, or a suspension bridge. `size` is the height of its deck."""
    w, s = canvas.width, size
    if kind == "arches":
        stone = mix(look.thing(mix(STONE, rgb("#d8b894"), 0.6), depth), look.palette.sky[-1], 0.12)
        deck = y - s
        canvas.rect(-4, deck - s * 0.16, w + 4, deck + s * 0.14, stone)
        span = s * dice.uniform(1.25, 1.7)
        start = dice.uniform(-1.0, 0.0) * span
        turn = np.linspace(np.pi, 0.0, 15)
        at = start
        while at < w + span:
            arch = np.stack(
                [at + span / 2 + np.cos(turn) * span * 0.40, deck + s * 0.62 - np.sin(turn) * s * 0.50], 1
            )
            ring = np.concatenate(
                [
                    [(at, y + s * 0.05), (at + span * 0.1, y + s * 0.05)],
                    arch,
                    [
                        (at + span * 0.9, y + s * 0.05),
                        (at + span, y + s * 0.05),
                        (at + span, deck),
                        (at, deck),
                    ],
                ]
            )
            canvas.poly(ring, mix(stone, look.palette.shade, 0.14))
            at += span
        canvas.rect(-4, deck - s * 0.20, w + 4, deck - s * 0.12, mix(stone, look.palette.sky[-1], 0.25))
        _lamps(canvas, look, dice, deck - s * 0.30, s)
        return
    steel = look.thing(PAINTS[paint], depth)
    deck, top = y - s * 0.55, y - s * 2.3
    left, right = w * dice.uniform(0.14, 0.28), w * dice.uniform(0.72, 0.86)
    cable = s * 0.045
    for tower in (left, right):
        for dx in (-0.13, 0.13):
            canvas.rect(tower + (dx - 0.055) * s, top, tower + (dx + 0.055) * s, y + s * 0.12, steel)
        for part in (0.04, 0.34, 0.64):
            yy = top + (deck - top) * part
            canvas.rect(tower - 0.16 * s, yy, tower + 0.16 * s, yy + s * 0.09, steel)
    part = np.linspace(-1.0, 1.0, 41)
    middle, half = (left + right) / 2, (right - left) / 2
    main = np.stack([middle + part * half, deck - s * 0.10 - (deck - s * 0.10 - top) * part**2], 1)
    canvas.line(main, cable, steel)
    for tower, side in ((left, -1.0), (right, 1.0)):
        run = np.linspace(0.0, 1.0, 12)
        canvas.line(
            np.stack([tower + side * run * half * 0.9, top + (deck - top) * run**0.8], 1), cable, steel
        )
    for px, py in main[2:-2:2].tolist():
        canvas.rect(px - cable * 0.22, py, px + cable * 0.22, deck, steel)
    canvas.rect(-4, deck - s * 0.05, w + 4, deck + s * 0.09, mix(steel, look.palette.shade, 0.25))
    _lamps(canvas, look, dice, deck - s * 0.06, s)


def _lamps(canvas: Canvas, look: Look, dice: Dice, y: float, s: float) -> None:
    """A row of lamps along a deck, after dark."""
    if not look.is_dark:
        return
    step = s * dice.uniform(0.6, 0.9)
    with canvas.untracked():
        for k in range(int(canvas.width / step) + 2):
            canvas.glow(k * step, y, s * 0.34, look.window, 0.6)
            canvas.disc(k * step, y, s * 0.055, look.window)


def draw_sailboat(
    canvas: Canvas, look: Look, dice: Dice, x: float, y: float, size: float, depth: float, paint: str
) -> None:
    """A sailing boat on the water; `paint` is the colour of its main sail."""
    s, flip = size, dice.choice((-1.0, 1.0))
    hull = look.thing(dice.choice((rgb("#8a4b36"), rgb("#f4efe2"), rgb("#34506e"))), depth)
    main, jib = look.thing(PAINTS[paint], depth), look.thing(mix(PAINTS[paint], rgb("#fff8ec"), 0.55), depth)

    def p(*points: tuple[float, float]) -> list[tuple[float, float]]:
        return [(x + flip * a * s, y - b * s) for a, b in points]

    with canvas.untracked():
        canvas.gradient(
            [p((-0.34, -0.02), (0.34, -0.02), (0.16, -0.42), (-0.10, -0.5), (-0.22, -0.3))],
            y,
            y + 0.5 * s,
            main,
            main,
            0.30,
            0.0,
        )
        canvas.ellipse(x, y + 0.015 * s, 0.46 * s, 0.035 * s, look.palette.shade, 0.35)
    bend = np.linspace(0.0, 1.0, 9)
    belly = np.sin(bend * np.pi) * 0.09
    canvas.line(p((0.0, 0.1), (0.0, 1.0)), 0.022 * s, mix(hull, look.palette.shade, 0.55))
    canvas.poly(
        p((-0.03, 0.98), (-0.03, 0.20))
        + p(
            *[
                (-0.42 * (1 - b) - k * 0.9, 0.20 + 0.78 * b)
                for b, k in zip(bend.tolist(), belly.tolist(), strict=True)
            ]
        ),
        main,
    )
    canvas.poly(
        p((0.03, 0.88), (0.03, 0.20))
        + p(
            *[
                (0.36 * (1 - b) + k * 0.5, 0.20 + 0.68 * b)
                for b, k in zip(bend.tolist(), belly.tolist(), strict=True)
            ]
        ),
        jib,
    )
    canvas.poly(p((-0.44, 0.15), (0.50, 0.15), (0.33, -0.015), (-0.33, -0.015)), hull)
    canvas.poly(
        p((-0.44, 0.15), (0.50, 0.15), (0.47, 0.115), (-0.425, 0.115)), mix(hull, look.palette.sky[-1], 0.35)
    )


def draw_balloon(
    canvas: Canvas,
    look: Look,
    dice: Dice,
    x: float,
    y: float,
    size: float,
    depth: float,
    paint: str,
    second: str,
) -> None:
    """A hot-air balloon with gores of two colours; (x, y) is the bottom of its basket. It glows after dark."""
    s = size
    one, two = look.thing(PAINTS[paint], depth), look.thing(mix(PAINTS[second], PAINTS[paint], 0.15), depth)
    if look.is_dark:
        warm = rgb("#ffc268")
        one, two = (
            mix(one, mix(PAINTS[paint], warm, 0.35), 0.55),
            mix(two, mix(PAINTS[second], warm, 0.35), 0.55),
        )
        canvas.glow(x, y - 0.62 * s, s * 0.75, warm, 0.30)
    cy, r, neck = y - 0.64 * s, 0.36 * s, y - 0.20 * s

    def gore(a: float, b: float) -> list[tuple[float, float]]:
        turn = np.linspace(-np.pi / 2, 0.32, 20)
        h, v = np.cos(turn) * r, np.sin(turn) * r
        low = np.array([(0.10 * s, neck - cy)])
        side = np.concatenate([np.stack([h, v], 1), low])
        left, right = side * (a, 1.0), side * (b, 1.0)
        return [(x + px, cy + py) for px, py in np.concatenate([left, right[::-1]]).tolist()]

    stripes = dice.choice(
        ((-1, -0.62, -0.22, 0.22, 0.62, 1), (-1, -0.45, 0.45, 1), (-1, -0.78, -0.42, 0, 0.42, 0.78, 1))
    )
    for k in range(len(stripes) - 1):
        canvas.poly(gore(stripes[k] - 0.01, stripes[k + 1] + 0.01), one if k % 2 == 0 else two)
    if dice.chance(0.4):
        band = r * 0.30
        half = np.sqrt(r * r - (band * 0.5) ** 2)
        canvas.poly(
            [
                (x - half, cy - band / 2),
                (x + half, cy - band / 2),
                (x + half, cy + band / 2),
                (x - half, cy + band / 2),
            ],
            mix(two, look.palette.sky[-1], 0.25),
        )
    with canvas.untracked():
        canvas.poly(gore(0.35, 1.0), look.palette.shade, 0.16)
        canvas.ellipse(x - r * 0.42, cy - r * 0.38, r * 0.16, r * 0.30, (255.0, 255.0, 255.0), 0.20, tilt=0.5)
    rope, basket = mix(look.thing(WOOD, depth), look.palette.shade, 0.45), look.thing(rgb("#a06a3e"), depth)
    for dx in (-1.0, 1.0):
        canvas.line([(x + dx * 0.095 * s, neck), (x + dx * 0.06 * s, y - 0.10 * s)], 0.012 * s, rope)
    canvas.poly(
        [
            (x - 0.072 * s, y - 0.11 * s),
            (x + 0.072 * s, y - 0.11 * s),
            (x + 0.055 * s, y),
            (x - 0.055 * s, y),
        ],
        basket,
    )
    canvas.rect(
        x - 0.08 * s, y - 0.125 * s, x + 0.08 * s, y - 0.098 * s, mix(basket, look.palette.shade, 0.3)
    )
    if look.is_dark:
        canvas.glow(x, neck + 0.03 * s, s * 0.14, rgb("#ffe08a"), 0.9)
