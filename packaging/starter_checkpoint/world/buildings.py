"""What people built to live in: cabins, castles, lighthouses, windmills, chapels, tents.

Each routine draws one thing whose foot stands at (x, y) and whose height is `size` pixels. `paint` names the colour
that a caption may speak of.
"""

from __future__ import annotations

import numpy as np

from starter_checkpoint.world.canvas import Canvas, Color, mix
from starter_checkpoint.world.dice import Dice
from starter_checkpoint.world.palettes import Look, rgb

PAINTS: dict[str, Color] = {
    "red": rgb("#d9443c"),
    "orange": rgb("#ef8a35"),
    "yellow": rgb("#f4c43e"),
    "green": rgb("#4fa35e"),
    "blue": rgb("#3f7fd0"),
    "purple": rgb("#8a5ac0"),
    "pink": rgb("#ee86ac"),
    "white": rgb("#f7f4ea"),
    "black": rgb("#2c2c36"),
    "brown": rgb("#8a5a3c"),
}
WOOD, STONE, _CREAM = rgb("#9a6844"), rgb("#a8a4a6"), rgb("#f4ead6")


def _window(
    canvas: Canvas, look: Look, x: float, y: float, w: float, h: float, depth: float, arched: bool = False
) -> None:
    pane = look.hazed(look.window, 0.35 * depth)
    if look.is_dark:
        canvas.glow(x, y, max(w, h) * 2.6, pane, 0.45)
    if arched:
        turn = np.linspace(np.pi, 2 * np.pi, 9)
        ring = [(x + w / 2, y + h / 2), (x - w / 2, y + h / 2)] + [
            (x + w / 2 * np.cos(t), y - h * 0.2 + w / 2 * np.sin(t)) for t in turn.tolist()
        ]
        canvas.poly(ring, pane)
    else:
        canvas.rect(x - w / 2, y - h / 2, x + w / 2, y + h / 2, pane)


def draw_cabin(
    canvas: Canvas, look: Look, dice: Dice, x: float, y: float, size: float, depth: float, paint: str
) -> None:
    """A cabin in the three-quarter view: gable, long side, chimney with smoke."""
    roof = look.thing(PAINTS[paint], depth)
    wall = look.thing(mix(WOOD, _CREAM, dice.choice((0.0, 0.15, 0.75))), depth)
    s, flip = size, dice.choice((-1.0, 1.0))
    dark = mix(wall, look.palette.shade, 0.38)

    def p(*points: tuple[float, float]) -> list[tuple[float, float]]:
        return [(x + flip * a * s, y - b * s) for a, b in points]

    chimney = mix(look.thing(STONE, depth), look.palette.shade, 0.25)
    canvas.poly(p((0.30, 0.6), (0.30, 1.02), (0.43, 1.02), (0.43, 0.6)), chimney)
    if dice.chance(0.6):
        smoke = mix(look.palette.cloud, look.haze, 0.3)
        with canvas.untracked():
            for k in range(5):
                canvas.disc(
                    x + flip * (0.37 + 0.05 * k + 0.02 * k * k) * s,
                    y - (1.08 + 0.13 * k) * s,
                    s * (0.035 + 0.017 * k),
                    smoke,
                    0.75 - 0.12 * k,
                )
    canvas.poly(p((-0.62, 0.0), (-0.62, 0.44), (-0.30, 0.85), (0.02, 0.44), (0.02, 0.0)), wall)
    canvas.poly(p((0.02, 0.0), (0.02, 0.46), (0.74, 0.46), (0.74, 0.0)), dark)
    canvas.poly(p((-0.30, 0.95), (0.52, 0.95), (0.84, 0.42), (0.06, 0.42)), roof)
    canvas.poly(
        p(
            (-0.30, 0.95),
            (-0.70, 0.40),
            (-0.62, 0.35),
            (-0.28, 0.82),
            (0.0, 0.36),
            (0.08, 0.41),
            (-0.24, 0.95),
        ),
        mix(roof, look.palette.shade, 0.30),
    )
    canvas.poly(
        p((-0.40, 0.0), (-0.40, 0.30), (-0.20, 0.30), (-0.20, 0.0)), mix(wall, look.palette.shade, 0.65)
    )
    for wx in (0.24, 0.54):
        _window(canvas, look, x + flip * wx * s, y - 0.24 * s, 0.15 * s, 0.17 * s, depth)
    _window(canvas, look, x - flip * 0.30 * s, y - 0.56 * s, 0.12 * s, 0.13 * s, depth)


def draw_castle(
    canvas: Canvas, look: Look, dice: Dice, x: float, y: float, size: float, depth: float, paint: str
) -> None:
    """A castle with towers, battlements and pointed roofs."""
    stone = look.thing(mix(STONE, _CREAM, dice.uniform(0.0, 0.6)), depth)
    dark, roof = mix(stone, look.palette.shade, 0.26), look.thing(PAINTS[paint], depth)
    s = size
    towers = [(-0.42, 0.13, 0.60), (0.42, 0.13, 0.56), (-0.16, 0.11, 0.74), (0.20, 0.12, 0.66)]
    if dice.chance(0.6):
        towers.append((0.03, 0.10, 0.80))
    for tx, wide, tall in sorted(towers, key=lambda tower: -tower[2]):
        _tower(
            canvas,
            look,
            x + tx * s,
            y,
            wide * s,
            tall * s,
            mix(stone, dark, 0.5 if abs(tx) < 0.3 else 0.0),
            roof,
            depth,
        )
    canvas.rect(x - 0.44 * s, y - 0.34 * s, x + 0.44 * s, y, stone)
    teeth = [
        [
            (x + (a) * s, y - 0.33 * s),
            (x + a * s, y - 0.40 * s),
            (x + (a + 0.055) * s, y - 0.40 * s),
            (x + (a + 0.055) * s, y - 0.33 * s),
        ]
        for a in np.arange(-0.44, 0.40, 0.098).tolist()
    ]
    canvas.polys(teeth, stone)
    for tx, wide, tall in towers[:2]:
        _tower(canvas, look, x + tx * s, y, wide * s, tall * s, stone, roof, depth)
    turn = np.linspace(np.pi, 2 * np.pi, 11)
    gate = [(x + 0.09 * s, y), (x - 0.09 * s, y)] + [
        (x + 0.09 * s * np.cos(t), y - 0.13 * s + 0.09 * s * np.sin(t)) for t in turn.tolist()
    ]
    canvas.poly(gate, mix(dark, look.palette.shade, 0.6))
    for wx in (-0.24, 0.24):
        _window(canvas, look, x + wx * s, y - 0.22 * s, 0.05 * s, 0.085 * s, depth, arched=True)


def _tower(
    canvas: Canvas,
    look: Look,
    x: float,
    y: float,
    wide: float,
    tall: float,
    stone: Color,
    roof: Color,
    depth: float,
) -> None:
    canvas.rect(x - wide / 2, y - tall, x + wide / 2, y, stone)
    canvas.rect(x + wide * 0.12, y - tall, x + wide / 2, y, mix(stone, look.palette.shade, 0.20))
    canvas.rect(
        x - wide * 0.62,
        y - tall - wide * 0.12,
        x + wide * 0.62,
        y - tall + wide * 0.18,
        mix(stone, look.palette.shade, 0.10),
    )
    canvas.poly(
        [
            (x - wide * 0.70, y - tall - wide * 0.1),
            (x, y - tall - wide * 1.75),
            (x + wide * 0.70, y - tall - wide * 0.1),
        ],
        roof,
    )
    canvas.poly(
        [
            (x + wide * 0.10, y - tall - wide * 0.1),
            (x, y - tall - wide * 1.75),
            (x + wide * 0.70, y - tall - wide * 0.1),
        ],
        mix(roof, look.palette.shade, 0.28),
    )
    _window(canvas, look, x, y - tall * 0.78, wide * 0.26, wide * 0.46, depth, arched=True)


def draw_lighthouse(
    canvas: Canvas, look: Look, dice: Dice, x: float, y: float, size: float, depth: float, paint: str
) -> None:
    """A lighthouse with bands of colour; its beam sweeps after dark."""
    s = size
    white, band = look.thing(rgb("#f8f5ec"), depth), look.thing(PAINTS[paint], depth)
    low, high, body = 0.135 * s, 0.082 * s, 0.74 * s
    lamp = y - body - 0.075 * s
    glow = rgb("#fff0b0")
    if look.is_dark:
        side, rise = dice.choice((-1.0, 1.0)), dice.uniform(-0.10, 0.12)
        with canvas.untracked():
            for spread, share in ((0.22, 0.10), (0.12, 0.14), (0.05, 0.16)):
                reach = canvas.unit * 1.4
                canvas.poly(
                    [
                        (x, lamp),
                        (x + side * reach, lamp - reach * (rise + spread)),
                        (x + side * reach, lamp - reach * (rise - spread)),
                    ],
                    glow,
                    share,
                )
    bands = 5
    for k in range(bands):
        a, b = k / bands, (k + 1) / bands
        wa, wb = low + (high - low) * a, low + (high - low) * b
        canvas.poly(
            [
                (x - wa, y - body * a),
                (x + wa, y - body * a),
                (x + wb, y - body * b - 0.4),
                (x - wb, y - body * b - 0.4),
            ],
            band if k % 2 == 0 else white,
        )
    canvas.poly(
        [(x + low * 0.25, y), (x + low, y), (x + high, y - body), (x + high * 0.25, y - body)],
        look.palette.shade,
        0.22,
    )
    canvas.rect(
        x - high * 1.45,
        y - body - 0.022 * s,
        x + high * 1.45,
        y - body + 0.008 * s,
        mix(band, look.palette.shade, 0.45),
    )
    canvas.rect(
        x - high * 0.78,
        lamp - 0.045 * s,
        x + high * 0.78,
        y - body - 0.02 * s,
        glow if look.time != "day" else look.thing(rgb("#bfd6de"), depth),
    )
    canvas.poly(
        [(x - high * 1.1, lamp - 0.04 * s), (x, lamp - 0.155 * s), (x + high * 1.1, lamp - 0.04 * s)], band
    )
    if look.is_dark:
        canvas.glow(x, lamp, s * 0.42, glow, 0.85)
    _window(canvas, look, x, y - body * 0.30, 0.035 * s, 0.06 * s, depth)
    _window(canvas, look, x, y - body * 0.70, 0.03 * s, 0.05 * s, depth)
    canvas.poly(
        [(x - 0.04 * s, y), (x - 0.04 * s, y - 0.10 * s), (x + 0.04 * s, y - 0.10 * s), (x + 0.04 * s, y)],
        mix(band, look.palette.shade, 0.6),
    )


def draw_windmill(
    canvas: Canvas, look: Look, dice: Dice, x: float, y: float, size: float, depth: float, paint: str
) -> None:
    """A windmill with four latticed sails."""
    s = size
    wall, roof = (
        look.thing(mix(_CREAM, STONE, dice.uniform(0.0, 0.4)), depth),
        look.thing(PAINTS[paint], depth),
    )
    hub = (x, y - 0.66 * s)
    canvas.poly(
        [(x - 0.20 * s, y), (x + 0.20 * s, y), (x + 0.125 * s, y - 0.60 * s), (x - 0.125 * s, y - 0.60 * s)],
        wall,
    )
    canvas.poly(
        [(x + 0.05 * s, y), (x + 0.20 * s, y), (x + 0.125 * s, y - 0.60 * s), (x + 0.04 * s, y - 0.60 * s)],
        mix(wall, look.palette.shade, 0.25),
    )
    canvas.poly(
        [
            (x - 0.165 * s, y - 0.585 * s),
            (x - 0.06 * s, y - 0.78 * s),
            (x + 0.06 * s, y - 0.78 * s),
            (x + 0.165 * s, y - 0.585 * s),
        ],
        roof,
    )
    _window(canvas, look, x - 0.02 * s, y - 0.36 * s, 0.07 * s, 0.09 * s, depth)
    canvas.rect(x - 0.055 * s, y - 0.16 * s, x + 0.055 * s, y, mix(wall, look.palette.shade, 0.6))
    turn = dice.uniform(0.15, 1.4)
    frame, cloth = mix(look.thing(WOOD, depth), look.palette.shade, 0.35), look.thing(rgb("#fbf3e0"), depth)
    for k in range(4):
        a = turn + k * np.pi / 2
        along, across = np.array([np.cos(a), np.sin(a)]), np.array([-np.sin(a), np.cos(a)])
        tip, centre = 0.46 * s, np.asarray(hub)
        canvas.poly(
            [
                centre + along * 0.09 * s,
                centre + along * tip,
                centre + along * tip + across * 0.095 * s,
                centre + along * 0.09 * s + across * 0.075 * s,
            ],
            cloth,
        )
        canvas.line([centre, centre + along * tip], 0.020 * s, frame)
    canvas.disc(*hub, 0.030 * s, frame)


def draw_chapel(
    canvas: Canvas, look: Look, dice: Dice, x: float, y: float, size: float, depth: float, paint: str
) -> None:
    """A small white church with a pointed tower."""
    s, flip = size, dice.choice((-1.0, 1.0))
    wall, roof = look.thing(rgb("#f6f0e2"), depth), look.thing(PAINTS[paint], depth)
    dark = mix(wall, look.palette.shade, 0.24)

    def p(*points: tuple[float, float]) -> list[tuple[float, float]]:
        return [(x + flip * a * s, y - b * s) for a, b in points]

    canvas.poly(p((-0.16, 0), (-0.16, 0.30), (0.42, 0.30), (0.42, 0)), dark)
    canvas.poly(p((-0.16, 0.50), (0.34, 0.50), (0.47, 0.28), (-0.16, 0.28)), roof)
    canvas.poly(p((-0.40, 0), (-0.40, 0.56), (-0.14, 0.56), (-0.14, 0)), wall)
    canvas.poly(p((-0.44, 0.55), (-0.27, 0.95), (-0.10, 0.55)), mix(roof, look.palette.shade, 0.15))
    canvas.line(p((-0.27, 0.94), (-0.27, 1.05)), 0.018 * s, mix(roof, look.palette.shade, 0.5))
    canvas.line(p((-0.31, 1.01), (-0.23, 1.01)), 0.018 * s, mix(roof, look.palette.shade, 0.5))
    canvas.poly(
        p((-0.33, 0), (-0.33, 0.17), (-0.27, 0.23), (-0.21, 0.17), (-0.21, 0)),
        mix(roof, look.palette.shade, 0.55),
    )
    _window(canvas, look, x - flip * 0.27 * s, y - 0.41 * s, 0.08 * s, 0.12 * s, depth, arched=True)
    for wx in (0.02, 0.26):
        _window(canvas, look, x + flip * wx * s, y - 0.15 * s, 0.075 * s, 0.14 * s, depth, arched=True)


def draw_tent(
    canvas: Canvas, look: Look, dice: Dice, x: float, y: float, size: float, depth: float, paint: str
) -> None:
    """A tent; after dark it glows from within and a fire burns beside it."""
    s, flip = size, dice.choice((-1.0, 1.0))
    cloth = look.thing(PAINTS[paint], depth)
    warm = mix(PAINTS[paint], rgb("#ffd27a"), 0.55)
    if look.is_dark:
        canvas.glow(x, y - 0.4 * s, s * 1.2, rgb("#ffb45a"), 0.45)
        cloth = mix(cloth, warm, 0.65)

    def p(*points: tuple[float, float]) -> list[tuple[float, float]]:
        return [(x + flip * a * s, y - b * s) for a, b in points]

    canvas.poly(p((-0.85, 0), (-0.25, 1.0), (0.35, 0)), cloth)
    canvas.poly(p((-0.25, 1.0), (0.35, 0), (0.95, 0.06), (0.30, 0.93)), mix(cloth, look.palette.shade, 0.30))
    inside = rgb("#ffe2a0") if look.is_dark else mix(cloth, look.palette.shade, 0.6)
    canvas.poly(p((-0.48, 0), (-0.25, 0.66), (-0.02, 0)), inside)
    if look.time in ("sunset", "dusk", "night") or dice.chance(0.4):
        fx, fy = x + flip * 1.35 * s, y + 0.04 * s
        canvas.glow(fx, fy - 0.2 * s, s * 1.1, rgb("#ff9a3a"), 0.6 if look.is_dark else 0.35)
        logs = mix(look.thing(WOOD, depth), look.palette.shade, 0.4)
        canvas.line([(fx - 0.24 * s, fy), (fx + 0.24 * s, fy - 0.08 * s)], 0.09 * s, logs)
        canvas.line([(fx - 0.24 * s, fy - 0.08 * s), (fx + 0.24 * s, fy)], 0.09 * s, logs)
        for wide, tall, color in ((0.20, 0.52, "#ff7a2a"), (0.12, 0.34, "#ffc24a"), (0.06, 0.2, "#fff0a0")):
            canvas.poly(
                [
                    (fx - wide * s, fy - 0.08 * s),
                    (fx - wide * 0.6 * s, fy - tall * 0.55 * s),
                    (fx + 0.02 * s, fy - tall * s),
                    (fx + wide * 0.7 * s, fy - tall * 0.5 * s),
                    (fx + wide * s, fy - 0.08 * s),
                ],
                rgb(color),
            )
