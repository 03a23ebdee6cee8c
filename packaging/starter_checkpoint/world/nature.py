"""What grows and roams: firs, broadleaves, palms, cacti, rocks, and animals in silhouette."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from starter_checkpoint.world.canvas import Canvas, Color, mix
from starter_checkpoint.world.dice import Dice
from starter_checkpoint.world.palettes import Look, rgb
from starter_checkpoint.world.terrain import AUTUMN, PINE, ROCK, SNOW, pine_ring

_BARK = rgb("#6a4a36")


def draw_pine(
    canvas: Canvas, look: Look, dice: Dice, x: float, y: float, size: float, depth: float, snowy: bool
) -> None:
    """A fir with a lit and a shaded half; snow on its branches in winter."""
    s, tiers = size, dice.whole(4, 6)
    green = look.thing(mix(PINE, dice.choice((rgb("#3f8a5a"), rgb("#27584c"), rgb("#4a7a48"))), 0.4), depth)
    canvas.rect(
        x - 0.028 * s, y - 0.14 * s, x + 0.028 * s, y, mix(look.thing(_BARK, depth), look.palette.shade, 0.3)
    )
    ring = pine_ring(x, y, s, tiers)
    canvas.poly(ring, green)
    middle = np.array([(x, y - s), (x, y - 0.10 * s)])
    canvas.poly(np.concatenate([ring[: 2 * tiers], middle]), mix(green, look.palette.shade, 0.36))
    if not snowy:
        return
    white = look.thing(SNOW, depth)
    for k in range(1, tiers + 1):
        high = 0.10 + 0.90 * k / tiers
        wide = 0.22 * s * (1.0 - 0.86 * (k - 1) / tiers) * 0.5
        top, low = y - high * s, y - (high - 0.45 / tiers) * s
        cap = [
            (x, top - (0.02 * s if k < tiers else 0.0)),
            (x + wide * 0.9, low + 0.03 * s),
            (x + wide * 0.35, low),
            (x - wide * 0.2, low + 0.035 * s),
            (x - wide * 1.0, low + 0.03 * s),
        ]
        canvas.poly(cap, white)
        canvas.poly([cap[0], cap[1], cap[2], (x + 0.004 * s, low)], mix(white, look.palette.land, 0.22))


def draw_tree(
    canvas: Canvas, look: Look, dice: Dice, x: float, y: float, size: float, depth: float, kind: str
) -> None:
    """A broadleaved tree: green, autumn-coloured, in blossom, or bare."""
    s = size
    bark = mix(look.thing(_BARK, depth), look.palette.shade, 0.25)
    lean = dice.uniform(-0.05, 0.05) * s
    canvas.curve(
        [(x, y + 0.01 * s), (x + lean * 0.4, y - 0.25 * s), (x + lean, y - 0.62 * s)],
        [0.085 * s, 0.055 * s, 0.025 * s],
        bark,
    )
    if kind == "bare":
        _twigs(canvas, dice, x + lean * 0.5, y - 0.36 * s, s * 0.30, -np.pi / 2, 0.045 * s, bark, 4)
        return
    for side in (-1.0, 1.0):
        canvas.curve(
            [(x + lean * 0.5, y - 0.32 * s), (x + side * 0.14 * s, y - 0.52 * s)],
            [0.035 * s, 0.015 * s],
            bark,
        )
    base = {"green": rgb("#5f9e4c"), "autumn": dice.choice(AUTUMN), "blossom": rgb("#f4a9c0")}[kind]
    leaf = look.thing(base, depth)
    dark, bright = mix(leaf, look.palette.shade, 0.28), mix(leaf, look.palette.sun, 0.22)
    lobes = [
        (0.0, 0.72, 0.24),
        (-0.19, 0.58, 0.18),
        (0.19, 0.60, 0.17),
        (-0.08, 0.85, 0.15),
        (0.12, 0.82, 0.15),
    ]
    lobes = [
        (a + dice.uniform(-0.03, 0.03), b + dice.uniform(-0.03, 0.03), r * dice.uniform(0.9, 1.1))
        for a, b, r in lobes
    ]
    for a, b, r in lobes:
        canvas.disc(x + lean + a * s, y - b * s + 0.03 * s, r * s, dark)
    for a, b, r in lobes:
        canvas.disc(x + lean + a * s - 0.015 * s, y - b * s - 0.005 * s, r * s * 0.88, leaf)
    for a, b, r in lobes[:4]:
        canvas.disc(x + lean + a * s - r * 0.25 * s, y - b * s - r * 0.25 * s, r * s * 0.42, bright, 0.55)


def _twigs(
    canvas: Canvas,
    dice: Dice,
    x: float,
    y: float,
    long: float,
    angle: float,
    wide: float,
    color: Color,
    left: int,
) -> None:
    end = (x + np.cos(angle) * long, y + np.sin(angle) * long)
    canvas.curve([(x, y), end], [wide, wide * 0.6], color)
    if left > 1:
        for turn in (-1.0, 1.0):
            _twigs(
                canvas,
                dice,
                *end,
                long * dice.uniform(0.6, 0.78),
                angle + turn * dice.uniform(0.3, 0.6),
                wide * 0.6,
                color,
                left - 1,
            )


def draw_palm(canvas: Canvas, look: Look, dice: Dice, x: float, y: float, size: float, depth: float) -> None:
    """A palm with a curved trunk and hanging fronds."""
    s, side = size, dice.choice((-1.0, 1.0))
    part = np.linspace(0.0, 1.0, 12)
    trunk = np.stack([x + side * 0.20 * s * part**1.8, y - 0.76 * s * part], 1)
    bark = mix(look.thing(rgb("#8f6a48"), depth), look.palette.shade, 0.15)
    canvas.curve(trunk, 0.062 * s * (1.0 - 0.5 * part), bark)
    top = trunk[-1]
    green = look.thing(rgb("#3f9a58"), depth)
    dark = mix(green, look.palette.shade, 0.36)
    count = dice.whole(7, 9)
    for k in range(count):
        a = np.pi * (1.12 - 1.24 * k / (count - 1)) + dice.uniform(-0.08, 0.08)
        long = 0.40 * s * dice.uniform(0.85, 1.1)
        t = np.linspace(0.0, 1.0, 10)
        spine = np.stack(
            [top[0] + np.cos(a) * long * t, top[1] - np.sin(a) * long * t * 0.75 + 0.26 * s * t**2.1], 1
        )
        canvas.curve(
            spine,
            0.085 * s * np.sin(np.clip(t * 0.92 + 0.08, 0, 1) * np.pi) ** 0.7 + 0.004 * s,
            dark if k % 2 else green,
        )
    for dx, dy in ((-0.025, 0.02), (0.028, 0.028), (0.0, 0.045)):
        canvas.disc(top[0] + dx * s, top[1] + dy * s, 0.026 * s, mix(bark, look.palette.shade, 0.35))


def draw_cactus(
    canvas: Canvas, look: Look, dice: Dice, x: float, y: float, size: float, depth: float
) -> None:
    """A saguaro with one to three arms."""
    s = size
    green = look.thing(rgb("#4f8f5c"), depth)
    dark = mix(green, look.palette.shade, 0.35)
    wide = 0.17 * s
    canvas.line([(x, y - wide * 0.2), (x, y - s + wide / 2)], wide, green)
    sides = dice.choice(((-1.0, 1.0), (-1.0, 1.0), (1.0,), (-1.0,)))
    for k, side in enumerate(sides):
        at, reach, rise = (
            y - s * (0.34 + 0.16 * k) * dice.uniform(0.9, 1.1),
            0.25 * s,
            s * dice.uniform(0.20, 0.34),
        )
        turn = np.linspace(0.0, np.pi / 2, 7)
        r = 0.12 * s
        bend = [(x + side * (reach - r + r * float(np.sin(t))), at - r + r * float(np.cos(t))) for t in turn]
        canvas.line(
            [(x, at), *bend, (x + side * reach, at - r - rise)], wide * 0.72, green if side < 0 else dark
        )
    canvas.line([(x + wide * 0.24, y - wide * 0.2), (x + wide * 0.24, y - s + wide * 0.7)], wide * 0.30, dark)
    canvas.ellipse(x, y, wide * 0.9, wide * 0.12, look.palette.shade, 0.25)


def draw_rock(
    canvas: Canvas, look: Look, dice: Dice, x: float, y: float, size: float, depth: float, snowy: bool = False
) -> None:
    """A boulder with a lit top."""
    s = size
    stone = look.thing(mix(ROCK, rgb("#8a7868"), dice.uniform(0, 0.6)), depth)
    turn = np.linspace(np.pi, 2.0 * np.pi, 8)
    r = s * (0.85 + dice.floats(-0.14, 0.14, 8))
    ring = np.stack([x + np.cos(turn) * r * 1.25, y + np.sin(turn) * r * 0.8], 1)
    canvas.poly(
        np.concatenate([ring, [(x + s, y + 0.10 * s), (x - s, y + 0.10 * s)]]),
        mix(stone, look.palette.shade, 0.35),
    )
    lit = np.stack([ring[1:6, 0], ring[1:6, 1]], 1)
    canvas.poly(
        np.concatenate([lit, [(x + 0.1 * s, y - 0.30 * s), (x - 0.6 * s, y - 0.22 * s)]]),
        look.thing(SNOW, depth) if snowy else stone,
    )


@dataclass(frozen=True)
class _Build:
    """An animal's build, in heights of its shoulder."""

    long: float
    chest: float
    rump: float
    neck: tuple[float, float]
    neck_wide: float
    head: tuple[float, float]
    leg_wide: float
    tail: float
    color: str


_BUILDS = {
    "deer": _Build(0.46, 0.38, 0.32, (0.30, 0.52), 0.15, (0.24, 0.12), 0.075, 0.10, "#9a6a44"),
    "horse": _Build(0.50, 0.46, 0.42, (0.34, 0.46), 0.22, (0.34, 0.15), 0.095, 0.55, "#6e4630"),
    "wolf": _Build(0.50, 0.44, 0.34, (0.26, 0.22), 0.30, (0.30, 0.19), 0.115, 0.75, "#6c7078"),
    "bear": _Build(0.66, 0.52, 0.56, (0.30, 0.02), 0.40, (0.30, 0.25), 0.20, 0.06, "#5c4232"),
    "fox": _Build(0.52, 0.42, 0.34, (0.24, 0.18), 0.28, (0.32, 0.18), 0.105, 1.10, "#e0702a"),
}
ANIMALS = tuple(_BUILDS)


def draw_animal(
    canvas: Canvas, look: Look, dice: Dice, x: float, y: float, size: float, depth: float, kind: str
) -> None:
    """An animal seen from the side, standing at (x, y); `size` is its whole height."""
    b = _BUILDS[kind]
    tall = {"deer": 1.75, "horse": 1.55, "wolf": 1.30, "bear": 1.20, "fox": 1.30}[kind]
    s, flip = size / tall, dice.choice((-1.0, 1.0))
    dark_share = 0.85 if look.time in ("sunset", "dusk", "night") else 0.35
    color = mix(look.thing(rgb(b.color), depth), look.silhouette(), dark_share)
    far_leg = mix(color, look.palette.shade, 0.35)

    def p(points: list[tuple[float, float]]) -> list[tuple[float, float]]:
        return [(x + flip * a * s, y - h * s) for a, h in points]

    back, front = -b.long, b.long
    step = dice.uniform(0.0, 0.10)
    for lx, shift, paint in (
        (back + 0.16, -step, far_leg),
        (front - 0.02, step, far_leg),
        (back + 0.04, step, color),
        (front - 0.12, -step, color),
    ):
        hock = 0.04 if lx < 0 else -0.02
        canvas.curve(
            p([(lx, 0.66), (lx - hock + shift * 0.5, 0.36), (lx + shift, 0.0)]),
            [b.leg_wide * s * 2.0, b.leg_wide * s * 1.05, b.leg_wide * s * 0.85],
            paint,
        )
    part = np.linspace(0.0, 1.0, 11)
    spine = p(
        [
            (back - 0.06 + (front - back + 0.10) * t, 0.80 + 0.03 * float(np.cos(t * 6.0)))
            for t in part.tolist()
        ]
    )
    girth = (
        (b.rump + (b.chest - b.rump) * part)
        * np.sin(np.clip(part * 0.86 + 0.10, 0, 1) * np.pi) ** 0.35
        * (1.0 - 0.12 * np.sin(part * np.pi))
    )
    canvas.curve(spine, girth * s, color)
    canvas.ellipse(spine[1][0], spine[1][1] + 0.01 * s, b.rump * 0.50 * s, b.rump * 0.50 * s, color)
    canvas.ellipse(spine[-2][0], spine[-2][1], b.chest * 0.44 * s, b.chest * 0.48 * s, color)
    nx, ny = front + b.neck[0], 0.86 + b.neck[1]
    canvas.curve(
        p([(front - 0.08, 0.82), (front + b.neck[0] * 0.62, 0.86 + b.neck[1] * 0.55), (nx, ny)]),
        [b.neck_wide * 1.9 * s, b.neck_wide * 1.2 * s, b.neck_wide * 0.95 * s],
        color,
    )
    hx, hy = nx + b.head[0], ny - b.head[0] * 0.38
    canvas.curve(
        p([(nx - 0.04, ny + 0.02), (nx + b.head[0] * 0.5, ny - 0.03), (hx, hy)]),
        [b.head[1] * 1.35 * s, b.head[1] * 1.2 * s, b.head[1] * 0.6 * s],
        color,
    )
    ear = 0.15 if kind in ("wolf", "fox") else 0.11
    for dx in (-0.06, 0.03):
        canvas.poly(
            p([(nx + dx - 0.05, ny + 0.04), (nx + dx - 0.02, ny + 0.05 + ear), (nx + dx + 0.05, ny + 0.05)]),
            color,
        )
    if kind == "deer":
        for lean in (-0.06, 0.10):
            beam = [
                (nx - 0.02, ny + 0.06),
                (nx - 0.12 + lean, ny + 0.22),
                (nx - 0.06 + lean * 1.6, ny + 0.42),
            ]
            canvas.line(p(beam), 0.042 * s, color)
            canvas.line(p([beam[1], (beam[1][0] + 0.15, beam[1][1] + 0.10)]), 0.036 * s, color)
            canvas.line(
                p([(beam[1][0] + 0.03, beam[1][1] + 0.10), (beam[1][0] + 0.17, beam[1][1] + 0.24)]),
                0.034 * s,
                color,
            )
    elif kind == "horse":
        canvas.curve(
            p(
                [
                    (nx - 0.02, ny + 0.08),
                    (front + b.neck[0] * 0.45, 0.98 + b.neck[1] * 0.45),
                    (front - 0.12, 0.98),
                ]
            ),
            [0.10 * s, 0.15 * s, 0.06 * s],
            far_leg,
        )
    if kind in ("wolf", "fox"):
        canvas.curve(
            p([(back - 0.04, 0.82), (back - 0.20, 0.66), (back - 0.16 - 0.24 * b.tail, 0.42)]),
            [0.12 * s, 0.26 * s, 0.03 * s],
            color,
        )
        if kind == "fox":
            canvas.curve(
                p([(back - 0.24, 0.56), (back - 0.16 - 0.24 * b.tail, 0.42)]),
                [0.16 * s, 0.03 * s],
                mix(color, (255, 250, 240), 0.6 * (1 - dark_share)),
            )
    elif kind == "horse":
        canvas.curve(
            p([(back - 0.10, 0.92), (back - 0.24, 0.70), (back - 0.22, 0.30)]),
            [0.07 * s, 0.14 * s, 0.03 * s],
            far_leg,
        )
    else:
        canvas.curve(p([(back - 0.08, 0.88), (back - 0.08 - b.tail, 0.84)]), [0.09 * s, 0.05 * s], color)
    with canvas.untracked():
        canvas.ellipse(x, y, b.long * 1.2 * s, 0.035 * s, look.palette.shade, 0.22)
