"""What lies at our feet: water with its reflections, meadows, snow, sand, roads, and the near bank."""

from __future__ import annotations

import cv2
import numpy as np

from starter_checkpoint.world.canvas import SUPERSAMPLING, Canvas, Color, mix
from starter_checkpoint.world.dice import Dice
from starter_checkpoint.world.palettes import Look, rgb
from starter_checkpoint.world.sky import Light
from starter_checkpoint.world.terrain import GRASS, Line, columns

WATER = rgb("#3c86b4")
EARTH = rgb("#8a6a4c")
FLOWERS = {
    "red": rgb("#e0483e"),
    "yellow": rgb("#f6cf4a"),
    "white": rgb("#fbf8ef"),
    "pink": rgb("#f08cb0"),
    "purple": rgb("#9a72d0"),
    "blue": rgb("#5f8ae6"),
    "orange": rgb("#f2903c"),
}


def water_color(look: Look, depth: float) -> Color:
    """The colour of water itself: the sky's, deepened."""
    deep = mix(look.lit(WATER, 0.5), look.palette.sky[0], 0.45)
    return mix(deep, look.haze, 0.65 * depth)


def paint_sea(
    canvas: Canvas, look: Look, dice: Dice, horizon: float, bottom: float, light: Light | None
) -> None:
    """Open water from the horizon down, with waves and the light's path on it."""
    u = canvas.unit
    canvas.at_depth(0.9, -0.75 / max(canvas.height - horizon, 1.0))
    far, near = (
        mix(water_color(look, 1.0), look.palette.sky[-1], 0.45),
        mix(water_color(look, 0.0), look.palette.shade, 0.25),
    )
    # Three tones in steps of the same water: flat art, not a photograph.
    ring = [
        (-4.0, horizon),
        (canvas.width + 4.0, horizon),
        (canvas.width + 4.0, canvas.height + 4.0),
        (-4.0, canvas.height + 4.0),
    ]
    canvas.gradient([ring], horizon, canvas.height, far, near)
    with canvas.untracked():
        x = columns(canvas, 3.0)
        for k in range(dice.whole(2, 4)):
            y0 = horizon + (bottom - horizon) * (0.18 + 0.24 * k + dice.uniform(-0.04, 0.04))
            y = y0 + dice.noise(x, u * 0.3, 2) * u * (0.004 + 0.004 * k)
            tone = mix(far, near, min(1.0, (0.35 + 0.25 * k)))
            canvas.gradient(
                [
                    np.concatenate(
                        [np.stack([x, y], 1), [(x[-1], canvas.height + 4.0), (x[0], canvas.height + 4.0)]]
                    )
                ],
                y0,
                canvas.height,
                mix(tone, near, 0.3),
                near,
                0.55,
                0.55,
            )
        paint_ripples(canvas, look, dice, horizon, canvas.height, far)
        if light is not None:
            paint_glitter(canvas, look, dice, light, horizon, canvas.height)


def paint_ripples(canvas: Canvas, look: Look, dice: Dice, top: float, bottom: float, color: Color) -> None:
    """Short bright strokes, small and dense far away."""
    u = canvas.unit
    bright = mix(color, look.palette.sky[-1], 0.5)
    bright = mix(bright, (255.0, 255.0, 255.0), 0.0 if look.is_dark else 0.18)
    rings = []
    for _ in range(int(26 * canvas.width / u)):
        part = dice.uniform(0.0, 1.0) ** 1.4
        y = top + (bottom - top) * part
        rings.append(
            _stroke(
                dice.uniform(0, canvas.width),
                y,
                u * dice.uniform(0.014, 0.045) * (0.5 + part),
                u * (0.0012 + 0.0028 * part),
            )
        )
    canvas.gradient(rings, top, bottom, bright, bright, 0.55, 0.50, merge=True)


def paint_glitter(canvas: Canvas, look: Look, dice: Dice, light: Light, top: float, bottom: float) -> None:
    """The path of sun or moon on the water."""
    u = canvas.unit
    rings = []
    y = top + u * 0.006
    while y < bottom:
        part = (y - top) / max(bottom - top, 1.0)
        spread = light[2] * (0.75 + 0.55 * part)
        for _ in range(dice.whole(1, 2)):
            x = light[0] + dice.uniform(-0.55, 0.55) * spread
            rings.append(_stroke(x, y, spread * dice.uniform(0.35, 1.0), u * (0.0020 + 0.0042 * part)))
        y += u * (0.011 + 0.016 * part)
    color = mix(look.palette.sun, look.palette.sky[-1], 0.15)
    canvas.gradient(rings, top, bottom, color, color, 0.85, 0.45, merge=True)


def _stroke(x: float, y: float, half: float, thick: float) -> Line:
    return np.array(
        [
            (x - half, y),
            (x - half * 0.6, y - thick),
            (x + half * 0.6, y - thick),
            (x + half, y),
            (x + half * 0.6, y + thick),
            (x - half * 0.6, y + thick),
        ]
    )


def paint_lake(canvas: Canvas, look: Look, dice: Dice, shore: float, light: Light | None) -> None:
    """Still water from the shore down: the picture above it, turned over, rippled and darkened."""
    u, s = canvas.unit, SUPERSAMPLING
    height, width = canvas.image.shape[:2]
    y0 = round(shore * s)
    rows = height - y0
    if rows < 4:
        return
    down = np.arange(rows, dtype=np.float32)
    source = y0 - 1.0 - down * 1.06
    wobble = np.sin(down / (u * s) * 150.0 + dice.uniform(0, 6)) * (0.25 + down / rows) * u * s * 0.0038
    wobble += dice.noise(down.astype(np.float64), u * s * 0.035, 2) * (0.2 + down / rows) * u * s * 0.006
    map_y = np.ascontiguousarray(np.broadcast_to(np.abs(source)[:, None], (rows, width)).astype(np.float32))
    map_x = np.arange(width, dtype=np.float32)[None] + wobble.astype(np.float32)[:, None]
    mirrored = cv2.remap(canvas.image, map_x, map_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
    share = np.linspace(0.22, 0.56, rows, dtype=np.float32)[:, None, None]
    tint = np.asarray(water_color(look, 0.0), np.float32)
    canvas.image[y0:] = (mirrored * (1.0 - share) + tint * share).astype(np.uint8)
    canvas.at_depth(0.55, -0.40 / max(canvas.height - shore, 1.0))
    if canvas.shapes is not None:
        canvas.cover_rows(y0)
    with canvas.untracked():
        line = mix(look.palette.sky[-1], (255.0, 255.0, 255.0), 0.0 if look.is_dark else 0.35)
        canvas.rect(-2.0, shore - u * 0.0015, canvas.width + 2.0, shore + u * 0.0022, line, 0.55)
        rings = [
            _stroke(
                dice.uniform(0, canvas.width),
                shore + (canvas.height - shore) * dice.uniform(0.04, 1.0) ** 1.2,
                u * dice.uniform(0.03, 0.14),
                u * 0.0018,
            )
            for _ in range(dice.whole(8, 18))
        ]
        canvas.gradient(rings, shore, canvas.height, line, line, 0.45, 0.30, merge=True)
        if light is not None and light[1] < shore:
            paint_glitter(canvas, look, dice, light, shore, canvas.height)


def _bends(canvas: Canvas, dice: Dice, top: float, x_top: float) -> tuple[Line, Line]:
    """A winding line from the distance to the lower edge: x and y, in perspective."""
    part = np.linspace(0.0, 1.0, 46)
    y = top + (canvas.height + 6.0 - top) * part**1.7
    end = dice.uniform(0.25, 0.75) * canvas.width
    swing = canvas.unit * dice.uniform(0.07, 0.16) * dice.choice((-1.0, 1.0))
    x = x_top + (end - x_top) * part + swing * np.sin(part * np.pi * dice.uniform(1.6, 2.6)) * part**0.5
    return x, y


def paint_river(canvas: Canvas, look: Look, dice: Dice, top: float) -> None:
    """A river that winds towards us, with the sky in it."""
    u = canvas.unit
    x, y = _bends(canvas, dice, top, dice.uniform(0.3, 0.7) * canvas.width)
    wide = u * (0.006 + 0.19 * ((y - top) / (canvas.height - top)) ** 1.25)
    left, right = np.stack([x - wide, y], 1), np.stack([x + wide, y], 1)
    canvas.at_depth(0.62, -0.5 / (canvas.height - top))
    bank = np.concatenate(
        [left - (wide * 0.10)[:, None] * (1.0, 0.0), (right + (wide * 0.10)[:, None] * (1.0, 0.0))[::-1]]
    )
    edge = mix(look.land(EARTH, 0.3), look.palette.shade, 0.2)
    canvas.gradient([bank], top, canvas.height, mix(edge, look.haze, 0.5), edge)
    ring = np.concatenate([left, right[::-1]])
    near = mix(water_color(look, 0.0), look.palette.sky[1], 0.35)
    canvas.gradient([ring], top, canvas.height, mix(look.palette.sky[-1], near, 0.25), near)
    with canvas.untracked():
        bright = mix(look.palette.sky[-1], (255.0, 255.0, 255.0), 0.0 if look.is_dark else 0.3)
        rings = []
        for _ in range(14):
            k = dice.whole(8, len(x) - 2)
            rings.append(
                _stroke(
                    float(x[k]) + dice.uniform(-0.5, 0.5) * float(wide[k]),
                    float(y[k]),
                    float(wide[k]) * dice.uniform(0.12, 0.35),
                    u * 0.0022,
                )
            )
        canvas.gradient(rings, top, canvas.height, bright, bright, 0.6, 0.6, merge=True)


def paint_road(canvas: Canvas, look: Look, dice: Dice, top: float, paved: bool) -> None:
    """A road or a path that leads into the picture."""
    u = canvas.unit
    x, y = _bends(canvas, dice, top, dice.uniform(0.35, 0.65) * canvas.width)
    part = (y - top) / (canvas.height - top)
    wide = u * (0.004 + (0.15 if paved else 0.085) * part**1.15)
    ring = np.concatenate([np.stack([x - wide, y], 1), np.stack([x + wide, y], 1)[::-1]])
    near = look.land(rgb("#5c6068") if paved else rgb("#d2b184"), 0.12)
    canvas.at_depth(0.60, -0.5 / (canvas.height - top))
    canvas.gradient([ring], top, canvas.height, mix(near, look.haze, 0.55), near)
    if not paved:
        return
    with canvas.untracked():
        paint = look.lit(rgb("#f6efd8"), 0.8)
        for k in range(6, len(x) - 2, 4):
            if y[k + 1] > canvas.height:
                break
            w = wide[k : k + 3] * 0.05
            dash = np.concatenate(
                [
                    np.stack([x[k : k + 3] - w, y[k : k + 3]], 1),
                    np.stack([x[k : k + 3] + w, y[k : k + 3]], 1)[::-1],
                ]
            )
            canvas.poly(dash, paint, 0.9)


def paint_plain(
    canvas: Canvas, look: Look, dice: Dice, top: float, material: Color, rough: float = 1.0
) -> None:
    """Open ground from `top` to the lower edge, in two or three soft folds."""
    u = canvas.unit
    x = columns(canvas, 2.5)
    folds = dice.whole(2, 3)
    for k in range(folds):
        depth = 0.40 - 0.30 * k / folds
        canvas.at_depth(depth)
        y0 = top + (canvas.height - top) * k / folds * 0.92
        y = y0 + dice.noise(x, u * 0.55, 2, 0.35) * u * 0.016 * rough * (0.6 + k)
        color = look.land(mix(material, look.palette.sun, 0.06 * (folds - k)), depth)
        canvas.below(x, y, color, mix(color, look.palette.shade, 0.14), (canvas.height - top) / folds * 1.3)


def paint_scatter(canvas: Canvas, look: Look, dice: Dice, top: float, material: Color, kind: str) -> None:
    """Small things over open ground, larger towards us: tufts of grass, ripples in sand, drifts of snow, stones."""
    u = canvas.unit
    room = canvas.height - top
    turn = np.linspace(0.0, np.pi, 8)
    light, dark = [], []
    for _ in range(int(dice.uniform(22, 60) * canvas.width / u)):
        part = dice.uniform(0.0, 1.0) ** 0.8
        x, y, s = dice.uniform(0, canvas.width), top + room * (0.05 + 0.95 * part), u * (0.006 + 0.020 * part)
        rings = light if dice.chance(0.5) else dark
        if kind == "tufts":
            for lean in (-0.5, 0.0, 0.5):
                rings.append(
                    np.array(
                        [
                            (x + lean * s * 0.5 - 0.10 * s, y),
                            (x + lean * s * 1.2, y - s * (1.0 - 0.3 * abs(lean))),
                            (x + lean * s * 0.5 + 0.10 * s, y),
                        ]
                    )
                )
        elif kind == "ripples":
            rings.append(_stroke(x, y, s * dice.uniform(1.4, 4.0), s * 0.10))
        elif dice.chance(0.35):
            rings.append(np.stack([x - np.cos(turn) * s * 0.6, y - np.sin(turn) * s * 0.5], 1))
        else:
            rings.append(_stroke(x, y, s * dice.uniform(1.0, 3.0), s * 0.10))
    near = look.land(material, 0.15)
    with canvas.untracked():
        canvas.gradient(
            light,
            top,
            canvas.height,
            mix(near, look.haze, 0.4),
            mix(near, look.palette.sun, 0.35),
            0.35,
            0.8,
            merge=True,
        )
        canvas.gradient(
            dark,
            top,
            canvas.height,
            mix(near, look.haze, 0.3),
            mix(near, look.palette.shade, 0.40),
            0.35,
            0.8,
            merge=True,
        )


def paint_field_rows(canvas: Canvas, look: Look, dice: Dice, top: float, color: Color) -> None:
    """Furrows of a field (lavender, wheat) that run to the horizon."""
    u = canvas.unit
    vanish = dice.uniform(0.3, 0.7) * canvas.width
    canvas.at_depth(0.45, -0.35 / (canvas.height - top))
    light, dark = look.land(color, 0.30), look.land(mix(color, look.palette.shade, 0.30), 0.18)
    ring = [
        (-4.0, top),
        (canvas.width + 4.0, top),
        (canvas.width + 4.0, canvas.height + 4.0),
        (-4.0, canvas.height + 4.0),
    ]
    canvas.gradient([ring], top, canvas.height, look.land(color, 0.6), light)
    step = u * dice.uniform(0.10, 0.15)
    first = vanish - int(vanish / step + 14) * step
    rows = []
    while first < canvas.width + 14 * step:
        rows.append(
            [
                (vanish + (first - vanish) * 0.06, top),
                (first - step * 0.27, canvas.height + 4.0),
                (first + step * 0.27, canvas.height + 4.0),
            ]
        )
        first += step
    with canvas.untracked():
        canvas.gradient(rows, top, canvas.height, look.land(color, 0.6), dark, 0.85, 0.95, merge=True)


def paint_flowers(
    canvas: Canvas, look: Look, dice: Dice, top: float, colors: list[Color], dense: bool
) -> None:
    """Blossoms over a meadow, larger towards us."""
    u = canvas.unit
    turn = np.linspace(0.0, 2.0 * np.pi, 9, endpoint=False)
    circle = np.stack([np.cos(turn), np.sin(turn)], 1)
    count = int((150 if dense else 80) * canvas.width / u)
    groups: dict[int, list[Line]] = {}
    for _ in range(count):
        part = dice.uniform(0.0, 1.0) ** 0.75
        y = top + (canvas.height - top) * (0.06 + 0.94 * part)
        r = u * (0.0022 + 0.0072 * part * part)
        groups.setdefault(dice.whole(0, len(colors) - 1), []).append(
            circle * (r, r * 0.85) + (dice.uniform(0, canvas.width), y)
        )
    with canvas.untracked():
        for k, rings in groups.items():
            color = look.lit(colors[k], 0.85)
            canvas.gradient(rings, top, canvas.height, mix(color, look.haze, 0.35), color, merge=True)


def paint_grass(canvas: Canvas, look: Look, dice: Dice, x: Line, y: Line, color: Color, tall: float) -> None:
    """Tufts along a line of ground."""
    rings = []
    for _ in range(int(canvas.width / (tall * 0.55))):
        at = dice.uniform(0, canvas.width)
        foot = float(np.interp(at, x, y)) + tall * 0.25
        lean, h, w = dice.uniform(-0.4, 0.4) * tall, tall * dice.uniform(0.5, 1.2), tall * 0.10
        rings.append([(at - w, foot), (at + lean, foot - h), (at + w, foot)])
    canvas.gradient(rings, 0.0, canvas.height, color, color, merge=True)


def paint_bank(
    canvas: Canvas, look: Look, dice: Dice, level: float, material: Color, grassy: bool, side: str
) -> tuple[Line, Line]:
    """The near ground that frames the picture. `side`: "all", or the corner that it rises in. Returns its line."""
    u = canvas.unit
    canvas.at_depth(0.08)
    x = columns(canvas, 2.0)
    part = np.clip(x / canvas.width, 0.0, 1.0)
    y = level + dice.noise(x, u * 0.45, 3, 0.4) * u * 0.014
    if side == "left":
        y = y + (canvas.height + 0.03 * u - level) * np.clip(part * 1.7, 0.0, 1.0) ** 1.4
    elif side == "right":
        y = y + (canvas.height + 0.03 * u - level) * np.clip((1.0 - part) * 1.7, 0.0, 1.0) ** 1.4
    color = mix(look.land(material, 0.05), look.palette.shade, 0.30)
    if grassy:
        paint_grass(canvas, look, dice, x, y, color, u * 0.022)
    canvas.below(x, y, color, mix(color, look.palette.shade, 0.45), u * 0.16)
    return x, y


def ground_of(terrain: str) -> Color:
    """What the plain before a terrain is made of."""
    return {
        "dunes": rgb("#e6bf7c"),
        "canyon": rgb("#d88c58"),
        "snowfield": rgb("#eef3fb"),
        "beach": rgb("#f0d9a4"),
        "city": rgb("#7d8f6a"),
    }.get(terrain, GRASS)


def paint_beach(canvas: Canvas, look: Look, dice: Dice, horizon: float) -> float:
    """Sand before the sea, with shallows and foam along it. Returns the height of the waterline."""
    x = columns(canvas, 2.0)
    u = canvas.unit
    part, side = x / canvas.width, dice.choice((-1.0, 1.0))
    top = horizon + (canvas.height - horizon) * dice.uniform(0.42, 0.62)
    y = top + side * (part - 0.5) * u * dice.uniform(0.05, 0.25) + dice.noise(x, u * 0.5, 2, 0.3) * u * 0.03
    shallow = mix(water_color(look, 0.1), look.lit(rgb("#6fd6c4"), 0.8), 0.55)
    for lift, color, alpha in (
        (0.075, shallow, 0.45),
        (0.035, shallow, 0.6),
        (0.010, look.lit(rgb("#ffffff"), 0.85), 0.9),
    ):
        line = y - u * (lift + 0.008 * dice.noise(x, u * 0.22, 2))
        ring = np.concatenate(
            [np.stack([x, line], 1), [(x[-1], canvas.height + 4), (x[0], canvas.height + 4)]]
        )
        with canvas.untracked():
            canvas.gradient([ring], float(line.min()), canvas.height, color, color, alpha, alpha)
    canvas.at_depth(0.30)
    sand = look.land(rgb("#f0d9a4"), 0.2)
    canvas.below(x, y, mix(sand, look.palette.shade, 0.10), sand, u * 0.08)
    return top
