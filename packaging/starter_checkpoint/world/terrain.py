"""What stands at the horizon: ranges, hills, dunes, woods, towns, canyons, volcanoes, far coasts."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from starter_checkpoint.world.canvas import Canvas, Color, mix
from starter_checkpoint.world.dice import Dice
from starter_checkpoint.world.palettes import Look, rgb

TERRAINS = (
    "mountains",
    "snowy mountains",
    "hills",
    "dunes",
    "forest",
    "sea",
    "city",
    "canyon",
    "volcano",
    "snowfield",
    "beach",
)

GRASS, PINE, ROCK, SNOW = rgb("#7cbb4e"), rgb("#2f6f52"), rgb("#7d8796"), rgb("#f2f6fd")
SAND, CLAY, BASALT = rgb("#f2c67a"), rgb("#d8683a"), rgb("#6b5a5c")
AUTUMN = (rgb("#d9792f"), rgb("#c4482e"), rgb("#e6ad3e"), rgb("#a8542c"))
WALL = rgb("#8089a3")

Line = NDArray[np.float64]


def columns(canvas: Canvas, step: float = 1.5) -> Line:
    """X positions from just left of the picture to just right of it."""
    return np.linspace(-6.0, canvas.width + 6.0, int((canvas.width + 12) / step) + 2)


def paint_mountains(
    canvas: Canvas, look: Look, dice: Dice, horizon: float, light_x: float, snow: bool
) -> None:
    """Ranges one behind the other, each with lit and shaded faces."""
    u = canvas.unit
    ranges = dice.whole(2, 4)
    material = mix(ROCK, dice.choice((rgb("#5f78b8"), rgb("#7a68a8"), rgb("#8f7a70"), rgb("#4f8088"))), 0.7)
    green = dice.chance(0.5) and not snow
    hero = dice.chance(0.45)
    for k in range(ranges):
        near = k / max(ranges - 1, 1)
        depth = 0.92 - 0.50 * near
        canvas.at_depth(depth)
        base = horizon + u * (0.01 + 0.10 * near)
        tall = u * dice.uniform(0.24, 0.40) * (1.0 - 0.48 * near)
        peaks = _peaks(canvas, dice, base, tall, hero and k == 0)
        x, y, tops = _ridge(canvas, dice, peaks, base, 0.10 if k < 2 else 0.07)
        color = look.land(material, depth)
        if green and near > 0.4:
            color = mix(color, look.land(mix(PINE, GRASS, 0.5), depth), 0.6 * near)
        foot = mix(color, look.haze, 0.60 - 0.2 * near)
        canvas.below(x, y, color, foot, tall * 1.15)
        with canvas.untracked():
            caps = snow and k < max(1, ranges - 1)
            if caps:
                white = look.hazed(look.lit(SNOW, 0.80), depth * 0.45)
                for px, py in tops:
                    _snowcap(canvas, dice, x, y, px, py, base, white)
            for px, py in tops:
                _face(canvas, dice, x, y, px, py, base, light_x, look, caps)
        canvas.veil(base - tall * 0.55, base, base + u * 0.12, look.haze, 0.30 + 0.35 * look.mist)


def _peaks(canvas: Canvas, dice: Dice, base: float, tall: float, hero: bool) -> list[tuple[float, float]]:
    w = canvas.width
    if hero:
        middle = dice.uniform(0.3, 0.7)
        return [
            (w * (middle - dice.uniform(0.40, 0.55)), base - tall * dice.uniform(0.35, 0.6)),
            (w * middle, base - tall * 1.2),
            (w * (middle + dice.uniform(0.38, 0.55)), base - tall * dice.uniform(0.35, 0.6)),
        ]
    count = max(2, round(dice.uniform(2.4, 4.6) * w / canvas.unit))
    places = (np.arange(count) + 0.5 + dice.floats(-0.34, 0.34, count)) / count * 1.16 - 0.08
    heights = tall * (0.50 + 0.50 * dice.floats(0.0, 1.0, count) ** 0.8)
    return [(float(p) * w, base - float(h)) for p, h in zip(places, heights, strict=True)]


def _ridge(
    canvas: Canvas, dice: Dice, peaks: list[tuple[float, float]], base: float, rough: float
) -> tuple[Line, Line, list[tuple[float, float]]]:
    x = columns(canvas)
    px, py = [-0.3 * canvas.width], [base]
    previous: tuple[float, float] | None = None
    for peak in peaks:
        if previous is not None:
            at = dice.uniform(0.38, 0.62)
            low = max(previous[1], peak[1])
            px.append(previous[0] + (peak[0] - previous[0]) * at)
            py.append(low + (base - low) * dice.uniform(0.35, 0.75))
        px.append(peak[0])
        py.append(peak[1])
        previous = peak
    px.append(1.3 * canvas.width)
    py.append(base)
    y = np.interp(x, px, py)
    tall = base - min(py)
    wobble = dice.noise(x, canvas.unit * 0.11, 5, 0.55) * tall * rough
    # Summits stay where they were put: roughness fades out around them.
    nearest = np.min(np.abs(x[:, None] - np.asarray(px)[None, 1:-1:2]), 1)
    y = y + wobble * np.clip(nearest / (canvas.unit * 0.03), 0.15, 1.0)
    tops = []
    for peak in peaks:
        if -6.0 < peak[0] < canvas.width + 6.0:
            k = int(np.argmin(np.abs(x - peak[0])))
            tops.append((float(x[k]), float(y[k])))
    return x, y, tops


def _flank(x: Line, y: Line, px: float, side: float) -> slice:
    """Indices of the ridge line from a summit down to the next valley on one side."""
    k = int(np.argmin(np.abs(x - px)))
    step = 1 if side > 0 else -1
    lowest, end = k, k
    while 0 <= end < len(x):
        if y[end] >= y[lowest]:
            lowest = end
        elif y[lowest] - y[end] > 3.0:
            break
        end += step
    return slice(k, lowest + 1) if step > 0 else slice(lowest, k + 1)


def _face(
    canvas: Canvas,
    dice: Dice,
    x: Line,
    y: Line,
    px: float,
    py: float,
    base: float,
    light_x: float,
    look: Look,
    snow: bool,
) -> None:
    side = 1.0 if px >= light_x else -1.0
    part = _flank(x, y, px, side)
    edge = np.stack([x[part], y[part]], 1)
    if side < 0:
        edge = edge[::-1]
    if len(edge) < 3:
        return
    fall = base - py
    steps = 7
    down = np.linspace(1.0, 0.0, steps)
    drift = dice.uniform(-0.10, 0.14) * side * fall
    zigzag = np.where(np.arange(steps) % 2 == 0, 0.055, -0.045) * fall * np.sin(down * np.pi) ** 0.5
    back = np.stack([px + drift * down + zigzag * side, py + fall * down], 1)[:-1]
    ring = np.concatenate([edge, [(edge[-1, 0], base)], back])
    shadow = mix(look.palette.shade, look.palette.land, 0.35)
    canvas.gradient([ring], py, base, shadow, shadow, 0.34 if snow else 0.30, 0.04)


def _snowcap(
    canvas: Canvas, dice: Dice, x: Line, y: Line, px: float, py: float, base: float, white: Color
) -> None:
    line = py + (base - py) * dice.uniform(0.30, 0.46)
    k = int(np.argmin(np.abs(x - px)))
    left, right = k, k
    while left > 0 and y[left - 1] < line and x[k] - x[left] < canvas.unit * 0.22:
        left -= 1
    while right < len(x) - 1 and y[right + 1] < line and x[right] - x[k] < canvas.unit * 0.22:
        right += 1
    if right - left < 3:
        return
    teeth = max(3, int((x[right] - x[left]) / (canvas.unit * 0.035)) | 1)
    along = np.linspace(x[right], x[left], teeth + 2)[1:-1]
    ground = np.interp(along, x, y)
    depth = (line - ground) * np.where(
        np.arange(teeth) % 2 == 0, dice.uniform(0.5, 0.7), dice.uniform(1.0, 1.25)
    )
    lower = np.stack([along, ground + np.maximum(depth, 0.0)], 1)
    ring = np.concatenate([np.stack([x[left : right + 1], y[left : right + 1] - 0.4], 1), lower])
    canvas.poly(ring, white)


def paint_hills(canvas: Canvas, look: Look, dice: Dice, horizon: float, material: Color, trees: bool) -> None:
    """Rolling hills, with woods and lone trees on their crests."""
    u = canvas.unit
    layers = dice.whole(3, 5)
    x = columns(canvas, 2.0)
    for k in range(layers):
        near = k / (layers - 1)
        depth = 0.90 - 0.48 * near
        canvas.at_depth(depth)
        amplitude = u * (0.055 + 0.02 * near)
        y = (
            horizon
            + u * (-0.05 + 0.15 * near)
            - dice.noise(x, u * dice.uniform(0.38, 0.6), 2, 0.3) * amplitude
        )
        tint = mix(material, dice.choice((rgb("#a8c060"), rgb("#5f9a5c"), rgb("#8fae52"))), 0.35)
        top, low = look.land(tint, depth), look.land(mix(tint, look.palette.shade, 0.28), depth * 0.92)
        if trees and dice.chance(0.7):
            _crest_trees(canvas, look, dice, x, y, depth, u * (0.016 + 0.022 * near))
        canvas.below(x, y, top, low, u * 0.22)
        if dice.chance(0.5):
            canvas.veil(
                float(y.max()) - u * 0.03,
                float(y.max()) + u * 0.04,
                float(y.max()) + u * 0.10,
                look.haze,
                0.22,
            )


def _crest_trees(canvas: Canvas, look: Look, dice: Dice, x: Line, y: Line, depth: float, size: float) -> None:
    color = look.land(mix(PINE, GRASS, 0.25), max(0.0, depth - 0.06))
    middle, spread = dice.uniform(0, canvas.width), canvas.unit * dice.uniform(0.05, 0.22)
    turn = np.linspace(0.0, 2.0 * np.pi, 12, endpoint=False)
    rings = []
    for _ in range(dice.whole(3, 12)):
        tx = middle + spread * dice.uniform(-1.0, 1.0)
        ty = float(np.interp(tx, x, y)) + size * 0.25
        r = size * dice.uniform(0.6, 1.1)
        rings.append(np.stack([tx + np.cos(turn) * r * 0.75, ty - r * 0.8 + np.sin(turn) * r], 1))
    canvas.gradient(rings, 0.0, canvas.height, color, color, merge=True)


def paint_dunes(canvas: Canvas, look: Look, dice: Dice, horizon: float, light_x: float) -> None:
    """Dunes: sharp crests between a lit and a shaded slope."""
    u = canvas.unit
    layers = dice.whole(3, 5)
    x = columns(canvas, 2.0)
    for k in range(layers):
        near = k / (layers - 1)
        depth = 0.88 - 0.58 * near
        canvas.at_depth(depth)
        base = horizon + u * (-0.01 + 0.24 * near**1.2)
        count = dice.whole(1, 3)
        tops = np.sort(dice.floats(0.0, 1.0, count) * 1.1 - 0.05) * canvas.width
        y = np.full_like(x, base)
        for top in tops:
            tall = u * dice.uniform(0.05, 0.10) * (1.0 + 0.7 * near)
            wide = u * dice.uniform(0.30, 0.60)
            y = np.minimum(y, base - tall * np.clip(1.0 - np.abs(x - top) / wide, 0.0, 1.0) ** 1.55)
        y += dice.noise(x, u * 0.5, 1) * u * 0.012
        sand = mix(SAND, dice.choice((rgb("#e2a866"), rgb("#f0d6a2"), rgb("#dc9a62"))), 0.4)
        color = look.land(sand, depth)
        canvas.below(x, y, color, mix(color, look.palette.shade, 0.10), u * 0.25)
        dark = mix(look.palette.shade, look.palette.land, 0.55)
        with canvas.untracked():
            for top in tops:
                _lee_slope(canvas, dice, x, y, float(top), light_x, dark)


def _lee_slope(canvas: Canvas, dice: Dice, x: Line, y: Line, top: float, light_x: float, dark: Color) -> None:
    k = int(np.argmin(np.abs(x - top)))
    side = 1.0 if top >= light_x else -1.0
    part = _flank(x, y, top, side)
    edge = np.stack([x[part], y[part]], 1)
    if side < 0:
        edge = edge[::-1]
    if len(edge) < 3:
        return
    fall = canvas.unit * dice.uniform(0.16, 0.30)
    down = np.linspace(1.0, 0.0, 14)
    sway = canvas.unit * (0.07 * np.sin(down * np.pi * 1.3) + dice.uniform(0.06, 0.16) * down) * side
    back = np.stack([x[k] + sway, y[k] + fall * down], 1)
    canvas.gradient([np.concatenate([edge, back])], float(y[k]), float(y[k]) + fall, dark, dark, 0.40, 0.03)


def pine_ring(x: float, y: float, height: float, tiers: int, lean: float = 0.0) -> Line:
    """The outline of a fir: tiers of branches around (x, y), its foot."""
    right, half = [], height * 0.22
    for k in range(tiers):
        low = 0.10 + 0.90 * k / tiers
        high = 0.10 + 0.90 * (k + 1) / tiers
        wide = half * (1.0 - 0.86 * k / tiers)
        right.append((wide, low))
        right.append((wide * 0.52 if k < tiers - 1 else 0.0, high))
    ring = [(s * px, py) for s, side in ((1, right), (-1, right[::-1])) for px, py in side]
    return np.array([(x + px + lean * py * height, y - py * height) for px, py in ring])


def paint_forest(canvas: Canvas, look: Look, dice: Dice, horizon: float, autumn: bool) -> None:
    """Woods, row behind row in the mist: firs, or broadleaves in autumn colours."""
    u = canvas.unit
    layers = dice.whole(3, 5)
    x = columns(canvas, 3.0)
    turn = np.linspace(0.0, 2.0 * np.pi, 12, endpoint=False)
    round_crown = np.stack([np.cos(turn) * 0.30, np.sin(turn) * 0.40], 1)
    for k in range(layers):
        near = k / (layers - 1)
        depth = 0.88 - 0.60 * near
        canvas.at_depth(depth)
        ground = horizon + u * (-0.02 + 0.15 * near) - dice.noise(x, u * 0.5, 2, 0.4) * u * 0.03
        tall = u * (0.085 + 0.11 * near)
        material = PINE if not autumn else mix(dice.choice(AUTUMN), dice.choice(AUTUMN), 0.3)
        color = look.land(material, depth)
        foot = mix(color, look.haze, 0.42 * (1.0 - 0.55 * near))
        rings: list[Line] = [
            np.concatenate(
                [np.stack([x, ground], 1), [(x[-1], canvas.height + 4.0), (x[0], canvas.height + 4.0)]]
            )
        ]
        at = -u * 0.04
        while at < canvas.width + u * 0.04:
            h = tall * dice.uniform(0.62, 1.18)
            gy = float(np.interp(at, x, ground)) + u * 0.015
            if autumn:
                rings.append(round_crown * h * dice.uniform(0.85, 1.1) + (at, gy - h * 0.55))
            else:
                rings.append(pine_ring(at, gy, h, 3 if near < 0.5 else 4))
            at += tall * dice.uniform(0.20, 0.42)
        top = float(ground.min()) - tall
        canvas.gradient(rings, top, top + tall * 2.4, color, foot, merge=True)
        if autumn:
            _crown_marks(canvas, look, dice, x, ground, tall, depth)


def _crown_marks(
    canvas: Canvas, look: Look, dice: Dice, x: Line, ground: Line, tall: float, depth: float
) -> None:
    for _ in range(int(canvas.width / tall * 1.6)):
        at = dice.uniform(0, canvas.width)
        h = tall * dice.uniform(0.5, 0.95)
        color = look.land(dice.choice(AUTUMN), depth)
        canvas.ellipse(at, float(np.interp(at, x, ground)) - h * 0.42, h * 0.24, h * 0.32, color)


def paint_city(canvas: Canvas, look: Look, dice: Dice, horizon: float, foot: float) -> None:
    """A skyline: blocks and towers, with lights in their windows after dark."""
    u = canvas.unit
    for k, depth in enumerate((0.80, 0.56, 0.34)):
        canvas.at_depth(depth)
        tone = mix(WALL, dice.choice((rgb("#6f7a9c"), rgb("#9a8f98"), rgb("#5f7288"))), 0.5)
        at = -u * 0.05
        centre = dice.uniform(0.25, 0.75) * canvas.width
        while at < canvas.width + u * 0.02:
            wide = u * dice.uniform(0.055, 0.105) * (0.9 + 0.25 * k)
            crowd = np.exp(-(((at - centre) / (0.38 * canvas.width)) ** 2))
            tall = u * (dice.uniform(0.10, 0.24) + (0.26 - 0.06 * k) * crowd * dice.uniform(0.35, 1.0))
            tall *= 1.0 - 0.22 * k
            color = look.land(mix(tone, (40.0, 46.0, 70.0), dice.uniform(0.0, 0.35)), depth)
            _tower(canvas, look, dice, at, foot, wide, tall + foot - horizon, color, k, depth)
            at += wide + u * dice.uniform(-0.004, 0.012)
        canvas.veil(foot - u * 0.24, foot, foot + 1.0, look.haze, 0.34 - 0.10 * k)


def _tower(
    canvas: Canvas,
    look: Look,
    dice: Dice,
    x: float,
    foot: float,
    wide: float,
    tall: float,
    color: Color,
    row: int,
    depth: float,
) -> None:
    top = foot - tall
    kind = dice.weighted({"flat": 4, "stepped": 2, "spire": 1.4, "slant": 1, "dome": 0.7})
    low = mix(color, look.haze, 0.25 * depth)
    rings: list[list[tuple[float, float]]] = [
        [(x, foot + 2), (x, top), (x + wide, top), (x + wide, foot + 2)]
    ]
    if kind == "slant":
        rings = [[(x, foot + 2), (x, top), (x + wide, top - wide * 0.5), (x + wide, foot + 2)]]
    elif kind == "stepped":
        rings.append(
            [
                (x + wide * a, top - wide * b)
                for a, b in ((0.18, -0.1), (0.18, 0.32), (0.82, 0.32), (0.82, -0.1))
            ]
        )
    elif kind == "spire":
        rings.append(
            [(x + wide * 0.42, top + 1), (x + wide * 0.5, top - wide * 1.1), (x + wide * 0.58, top + 1)]
        )
    elif kind == "dome":
        turn = np.linspace(np.pi, 2 * np.pi, 12)
        rings.append(
            [(x + wide * (0.5 + 0.5 * np.cos(t)), top + 1 + wide * 0.5 * np.sin(t)) for t in turn.tolist()]
        )
    canvas.gradient(rings, top, foot, color, low, merge=True)
    if row == 0 and not look.is_dark:
        return
    lit = look.hazed(look.window, depth * (0.55 if look.is_dark else 0.8))
    dull = mix(color, look.palette.sky[-1], 0.22)
    share = {"night": 0.55, "dusk": 0.5, "sunset": 0.22, "dawn": 0.12, "day": 0.0}[look.time]
    gap = canvas.unit * (0.017 + 0.004 * row)
    size = gap * 0.52
    cols = max(2, int((wide - gap * 0.5) / gap))
    margin = (wide - (cols - 1) * gap - size) / 2
    on, off = [], []
    wy = top + gap * 0.8
    while wy < foot - gap:
        for c in range(cols):
            wx = x + margin + c * gap
            roll = dice.uniform(0.0, 1.0)
            if roll < 0.82:
                ring = [(wx, wy), (wx + size, wy), (wx + size, wy + size * 1.25), (wx, wy + size * 1.25)]
                (on if roll < 0.82 * share else off).append(ring)
        wy += gap * 1.35
    with canvas.untracked():
        if off and not (look.is_dark and row < 2):
            canvas.polys(off, dull)
        if on:
            canvas.polys(on, lit)
