"""The sky: gradient, sun and moon, stars, clouds, aurora, rainbow, birds, balloons, and what falls from it."""

from __future__ import annotations

import cv2
import numpy as np

from starter_checkpoint.world.canvas import SUPERSAMPLING, Canvas, Color, mix
from starter_checkpoint.world.dice import Dice
from starter_checkpoint.world.palettes import Look, rgb

Light = tuple[float, float, float]
"""Sun or moon: x, y and radius in pixels."""

_AURORAS = (("#3df2a0", "#5ad0ff"), ("#58ffb0", "#b06cff"), ("#7dffcf", "#ff7ad0"))
_RAINBOW = ("#ff5a5a", "#ff9a4a", "#ffdf5a", "#6fdc7a", "#5ab4f0", "#7a6ae0", "#b46ad8")


def paint_gradient(canvas: Canvas, look: Look, horizon: float, light: Light | None, strength: float) -> None:
    """The sky's colours down to the horizon and, around the sun or moon, their glow."""
    canvas.at_depth(1.0)
    height, width = canvas.image.shape[:2]
    rows, columns = height // 8 + 1, width // 8 + 1
    y = (np.arange(rows, dtype=np.float32) + 0.5) * 8 / SUPERSAMPLING
    stops = np.asarray(look.palette.sky, np.float32)
    # The upper half changes slowly, the horizon fast: so it is in the real sky.
    places = np.linspace(0.0, 1.0, len(stops)) ** 0.85 * horizon
    sky = np.stack([np.interp(y, places, stops[:, c]) for c in range(3)], 1).astype(np.float32)
    field = np.ascontiguousarray(np.broadcast_to(sky[:, None], (rows, columns, 3)))
    if light is not None:
        x = (np.arange(columns, dtype=np.float32) + 0.5) * 8 / SUPERSAMPLING
        far = np.hypot(x[None] - light[0], (y[:, None] - light[1]) * 1.25) / canvas.unit
        halo = (0.62 * np.exp(-((far / 0.16) ** 1.2)) + 0.38 * np.exp(-far / 0.34)) * strength
        field += halo[..., None] * (np.asarray(look.palette.sun, np.float32) - field)
    canvas.image[:] = (
        cv2.resize(field, (columns * 8, rows * 8), interpolation=cv2.INTER_LINEAR)[:height, :width] + 0.5
    )


def paint_stars(canvas: Canvas, look: Look, dice: Dice, horizon: float, many: bool) -> None:
    """Stars, more towards the zenith; with `many`, the Milky Way too."""
    count = dice.whole(60, 110) if many else dice.whole(25, 55)
    x = dice.floats(0.0, canvas.width, count)
    y = dice.floats(0.0, 1.0, count) ** 1.3 * horizon * 0.92
    if many:
        along = dice.floats(-0.2, 1.2, 90)
        slope, start = dice.uniform(-0.5, 0.5), dice.uniform(0.2, 0.5)
        x = np.concatenate([x, along * canvas.width])
        y = np.concatenate([y, (start + slope * (along - 0.5) + 0.06 * dice.normals(90)) * horizon])
    size = canvas.unit * (0.0016 + 0.0026 * dice.floats(0.0, 1.0, len(x)) ** 3)
    for sx, sy, r in zip(x.tolist(), y.tolist(), size.tolist(), strict=True):
        if not 0.0 <= sy < horizon * 0.95:
            continue
        color = mix(
            (255.0, 255.0, 255.0), (255.0, 226.0, 190.0) if dice.chance(0.3) else (190.0, 212.0, 255.0), 0.6
        )
        if r > canvas.unit * 0.0036:
            canvas.glow(sx, sy, r * 4.5, color, 0.7)
            canvas.polys(
                [[(sx - 3 * r, sy), (sx, sy - r * 0.5), (sx + 3 * r, sy), (sx, sy + r * 0.5)]], color, 0.9
            )
            canvas.polys(
                [[(sx, sy - 3 * r), (sx + r * 0.5, sy), (sx, sy + 3 * r), (sx - r * 0.5, sy)]], color, 0.9
            )
        canvas.disc(sx, sy, r, color)


def paint_sun(canvas: Canvas, look: Look, light: Light, dice: Dice, style: str) -> None:
    """The sun: a disc, with rings or rays around it in some pictures."""
    x, y, r = light
    if style == "rings":
        for k, share in ((2.3, 0.10), (1.7, 0.16), (1.32, 0.24)):
            canvas.disc(x, y, r * k, look.palette.sun, share)
    elif style == "rays":
        count = dice.whole(9, 14)
        turn = dice.uniform(0.0, 1.0)
        for k in range(count):
            a = (k + turn) / count * 2 * np.pi
            spread = np.pi / count * 0.42
            reach = canvas.unit * 1.1
            points = [(x, y)] + [
                (x + reach * np.cos(a + d), y + reach * np.sin(a + d)) for d in (-spread, spread)
            ]
            canvas.poly(points, look.palette.sun, 0.09)
    canvas.glow(x, y, r * 2.6, look.palette.sun, 0.55)
    canvas.disc(x, y, r, mix(look.palette.sun, (255.0, 255.0, 255.0), 0.25))


def paint_moon(canvas: Canvas, look: Look, light: Light, dice: Dice, phase: str) -> None:
    """The moon, full (with its seas) or a crescent."""
    x, y, r = light
    color = look.palette.sun
    canvas.glow(x, y, r * 3.2, mix(color, look.palette.sky[-1], 0.25), 0.50)
    if phase == "full":
        canvas.disc(x, y, r, color)
        seas = mix(color, look.palette.sky[-2], 0.20)
        for dx, dy, k in ((-0.32, -0.25, 0.26), (0.30, 0.10, 0.20), (-0.10, 0.42, 0.17), (0.38, -0.38, 0.11)):
            canvas.disc(x + dx * r, y + dy * r, k * r, seas)
        return
    a = dice.uniform(-0.9, 0.2)
    turn = np.linspace(np.pi * 0.5, np.pi * 1.5, 40)
    outer = np.stack([np.cos(turn), np.sin(turn)], 1)
    inner = np.stack([np.cos(turn[::-1]) * 0.42, np.sin(turn[::-1])], 1)
    ring = np.concatenate([outer, inner]) * r
    spin = np.array([[np.cos(a), np.sin(a)], [-np.sin(a), np.cos(a)]])
    canvas.poly(ring @ spin + (x, y), color)


def paint_clouds(canvas: Canvas, look: Look, dice: Dice, horizon: float, style: str) -> None:
    """Clouds of one kind: puffy heaps with flat bases, long stripes, or a low bank at the horizon."""
    top, under = look.palette.cloud, mix(look.palette.cloud, look.palette.sky[1], 0.45)
    u = canvas.unit
    if style == "stripes":
        for _ in range(dice.whole(4, 8)):
            y = horizon * dice.uniform(0.12, 0.86)
            size = 0.4 + 0.8 * (1.0 - y / horizon)
            x, length, h = (
                dice.uniform(-0.1, 1.1) * canvas.width,
                u * dice.uniform(0.12, 0.42),
                u * 0.012 * size,
            )
            share = dice.uniform(0.35, 0.85)
            for k in range(dice.whole(1, 3)):
                dx = dice.uniform(-0.35, 0.35) * length * (k > 0)
                _capsule(
                    canvas, x + dx, y + k * h * 2.0, length * (1.0 - 0.3 * k), h, mix(under, top, share), 0.75
                )
        return
    if style == "bank":
        line = np.linspace(-4.0, canvas.width + 4.0, 96)
        for k in range(2):
            bumps = np.abs(dice.noise(line, u * 0.16, 3)) * u * (0.10 - 0.03 * k)
            y = horizon - u * (0.035 - 0.02 * k) - bumps
            ring = np.concatenate([np.stack([line, y], 1), [(line[-1], horizon + 9), (line[0], horizon + 9)]])
            color = mix(top, look.haze, 0.35 + 0.25 * k)
            canvas.gradient([ring], float(y.min()), horizon, color, look.haze, 0.9, 0.25)
    for _ in range(dice.whole(2, 4) if style == "puffy" else dice.whole(0, 2)):
        y = horizon * dice.uniform(0.12, 0.66)
        size = u * dice.uniform(0.030, 0.062) * (1.25 - 0.75 * y / horizon)
        _puff(canvas, dice, dice.uniform(0.02, 0.98) * canvas.width, y, size, top, under)


def _capsule(canvas: Canvas, x: float, y: float, length: float, h: float, color: Color, alpha: float) -> None:
    turn = np.linspace(-np.pi / 2, np.pi / 2, 9)
    right = np.stack([x + length / 2 + h * np.cos(turn), y + h * np.sin(turn)], 1)
    left = np.stack([x - length / 2 - h * np.cos(turn), y - h * np.sin(turn)], 1)
    canvas.poly(np.concatenate([right, left]), color, alpha)


def _puff(canvas: Canvas, dice: Dice, x: float, y: float, size: float, top: Color, under: Color) -> None:
    lobes = dice.whole(4, 6)
    turn = np.linspace(0.0, 2.0 * np.pi, 26, endpoint=False)
    circle = np.stack([np.cos(turn), np.sin(turn)], 1)
    rings = []
    width = size * 1.05 * lobes
    for k in range(lobes):
        part = (k + 0.5) / lobes * 2.0 - 1.0
        r = size * (1.0 - 0.55 * part * part) * dice.uniform(0.8, 1.2)
        rings.append(circle * r + (x + part * width / 2, y - r * 0.55))
    # A straight base: everything below it is cut off.
    rings = [np.stack([ring[:, 0], np.minimum(ring[:, 1], y)], 1) for ring in rings]
    base = size * 0.34
    ends = (
        np.stack(
            [
                np.concatenate([np.cos(turn[:13] - np.pi / 2), -np.cos(turn[:13] - np.pi / 2)]),
                np.concatenate([np.sin(turn[:13] - np.pi / 2), -np.sin(turn[:13] - np.pi / 2)]),
            ],
            1,
        )
        * base
    )
    ends[:13, 0] += x + width * 0.52
    ends[13:, 0] += x - width * 0.52
    ends[:, 1] += y - base * 0.5
    canvas.gradient([*rings, ends], y - size * 1.5, y + base * 0.5, top, under, 0.97, 0.85, merge=True)


def paint_aurora(canvas: Canvas, dice: Dice, horizon: float) -> None:
    """Curtains of northern light."""
    first, second = (np.asarray(rgb(code), np.float32) for code in dice.choice(_AURORAS))
    height, width = canvas.image.shape[:2]
    rows, columns = height // 4, width // 4
    x = np.linspace(0.0, 1.0, columns)
    y = np.linspace(0.0, canvas.height / horizon, rows, dtype=np.float32)[:, None]
    light = np.zeros((rows, columns), np.float32)
    for _ in range(dice.whole(2, 3)):
        foot = dice.uniform(0.45, 0.80) + 0.11 * dice.noise(x, 0.45, 2)
        tall = dice.uniform(0.30, 0.50) * (1.0 + 0.35 * dice.noise(x, 0.16, 3))
        bright = np.clip(0.62 + 0.5 * dice.noise(x, 0.20, 4, 0.7), 0.05, 1.0)
        up = (foot[None] - y) / np.maximum(tall[None], 0.05)
        light += (np.clip(up * 9.0, 0.0, 1.0) * np.exp(-2.6 * np.clip(up, 0.0, None)) * bright[None]).astype(
            np.float32
        )
    light = cv2.resize(np.clip(light, 0.0, 1.0) * 0.80, (width, height), interpolation=cv2.INTER_LINEAR)[
        ..., None
    ]
    tint = np.linspace(1.0, 0.0, height, dtype=np.float32)[:, None, None] * (second - first) * 1.3 + first
    canvas.image[:] = (canvas.image * (1.0 - light) + np.clip(tint, 0, 255) * light).astype(np.uint8)


def paint_rainbow(canvas: Canvas, dice: Dice, horizon: float) -> tuple[float, float]:
    """A bow standing on the horizon. Returns the x of its middle and its radius."""
    x, radius = dice.uniform(0.2, 0.8) * canvas.width, canvas.unit * dice.uniform(0.40, 0.58)
    band = canvas.unit * 0.016
    y = horizon + radius * 0.12
    turn = np.linspace(np.pi, 2 * np.pi, 64)
    for k, code in enumerate(_RAINBOW):
        r = radius - k * band
        line = np.stack([x + r * np.cos(turn), y + r * np.sin(turn)], 1)
        inner = np.stack(
            [x + (r - band * 1.04) * np.cos(turn[::-1]), y + (r - band * 1.04) * np.sin(turn[::-1])], 1
        )
        canvas.poly(np.concatenate([line, inner]), rgb(code), 0.55)
    return x, radius


def paint_birds(canvas: Canvas, look: Look, dice: Dice, x: float, y: float, flock: str) -> None:
    """Birds in flight: a loose flock, or a V of geese."""
    u = canvas.unit
    color = mix(look.palette.shade, look.palette.sky[1], 0.12 if not look.is_dark else 0.30)
    if look.time == "night":
        color = mix(look.palette.sky[-1], (230.0, 230.0, 240.0), 0.35)
    places: list[tuple[float, float]] = []
    if flock == "v":
        side = dice.choice((-1.0, 1.0))
        for k in range(dice.whole(5, 9)):
            arm = (k + 1) // 2
            places.append(
                (
                    x + side * arm * u * 0.035,
                    y + arm * u * (0.020 if k % 2 else 0.032) * (1 if k % 2 else -0.8),
                )
            )
    else:
        spread = dice.whole(3, 6)
        places = [
            (x + dice.uniform(-0.15, 0.15) * u, y + dice.uniform(-0.08, 0.08) * u) for _ in range(spread)
        ]
    for bx, by in places:
        size = u * dice.uniform(0.018, 0.028)
        lift, lean = dice.uniform(0.35, 0.8), dice.uniform(-0.15, 0.15)
        wing = np.linspace(0.0, 1.0, 7)
        arch = np.sin(wing * np.pi * 0.75) * lift
        for s in (-1.0, 1.0):
            line = np.stack([bx + s * wing * size, by - arch * size * 0.6 + s * lean * wing * size], 1)
            canvas.curve(line, size * (0.20 - 0.16 * wing), color)


def paint_rain(canvas: Canvas, look: Look, dice: Dice) -> None:
    """Slanting rain over everything."""
    u = canvas.unit
    slant = dice.uniform(-0.35, 0.35)
    color = mix(look.palette.sky[-1], (255.0, 255.0, 255.0), 0.55)
    rings = []
    for _ in range(int(110 * canvas.width * canvas.height / u**2)):
        x, y = dice.uniform(-0.1, 1.1) * canvas.width, dice.uniform(-0.05, 1.0) * canvas.height
        long, thick = u * dice.uniform(0.02, 0.055), u * 0.0014
        rings.append(
            [(x, y), (x + thick, y), (x + slant * long + thick, y + long), (x + slant * long, y + long)]
        )
    canvas.gradient(rings, 0.0, canvas.height, color, color, 0.40, 0.40, merge=True)


def paint_snowfall(canvas: Canvas, look: Look, dice: Dice) -> None:
    """Flakes, near ones large."""
    u = canvas.unit
    color = mix(look.palette.cloud, (255.0, 255.0, 255.0), 0.75)
    turn = np.linspace(0.0, 2.0 * np.pi, 10, endpoint=False)
    circle = np.stack([np.cos(turn), np.sin(turn)], 1)
    rings = []
    for _ in range(int(dice.uniform(90, 150) * canvas.width * canvas.height / u**2)):
        r = u * (0.0022 + 0.0052 * dice.uniform(0.0, 1.0) ** 3)
        rings.append(circle * r + (dice.uniform(0, 1) * canvas.width, dice.uniform(0, 1) * canvas.height))
    canvas.gradient(rings, 0.0, canvas.height, color, color, 0.88, 0.88, merge=True)


def paint_shooting_star(canvas: Canvas, dice: Dice, horizon: float) -> None:
    """One streak."""
    u = canvas.unit
    x, y = dice.uniform(0.15, 0.85) * canvas.width, dice.uniform(0.08, 0.40) * horizon
    side, long = dice.choice((-1.0, 1.0)), u * dice.uniform(0.14, 0.24)
    end = (x - side * long, y - long * 0.45)
    canvas.polys(
        [[(x, y - u * 0.004), (x + side * u * 0.004, y + u * 0.002), (x, y + u * 0.004), end]],
        (255, 255, 250),
        0.85,
    )
    canvas.glow(x, y, u * 0.025, (255.0, 255.0, 245.0), 0.9)
