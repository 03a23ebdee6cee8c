"""Tips and paper grains: textures that brushes paint with, made from seeds when they are first needed.

A tip is a square picture of coverage, a grain a seamless picture of heights. Both are generated, so they weigh nothing
in the package and belong to everyone; imported tips carry their pixels.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from sdpaint.imaging.tiles import TILE_SIZE, Pixels

TIP_SIZE = 256
GRAIN_SIZE = 512

_Plane = NDArray[np.float32]


@dataclass(frozen=True)
class Tip:
    """A textured tip. `pixels` (h, w) uint8, 255 = fully covered; two tips of the same name are taken for the same."""

    name: str
    pixels: Pixels = field(compare=False, repr=False)

    @functools.cached_property
    def levels(self) -> tuple[Pixels, ...]:
        """Squares of half the side each, from the whole one down to 4 px, with a clear rim."""
        side = max(self.pixels.shape) + 2
        square = np.zeros((side, side), np.uint8)
        top, left = (side - self.pixels.shape[0]) // 2, (side - self.pixels.shape[1]) // 2
        square[top : top + self.pixels.shape[0], left : left + self.pixels.shape[1]] = self.pixels
        levels = [square]
        while levels[-1].shape[0] > 8:
            half = max(4, levels[-1].shape[0] // 2)
            levels.append(np.asarray(cv2.resize(levels[-1], (half, half), interpolation=cv2.INTER_AREA)))
        return tuple(levels)


@dataclass(frozen=True)
class Grain:
    """Paper that the stroke is laid on. `scale` 1 is one texel a pixel; `depth` 0 … 1 is how much the paper shows.

    `kind` is a name of GRAINS. Raises ValueError on others.
    """

    kind: str = "paper"
    scale: float = 1.0
    depth: float = 0.5

    def __post_init__(self) -> None:
        if self.kind not in GRAINS:
            raise ValueError(f"there's no paper grain called {self.kind!r}")
        if not 0.25 <= self.scale <= 4.0 or not 0.0 <= self.depth <= 1.0:
            raise ValueError("a grain has a scale of 0.25 to 4 and a depth of 0 to 1")

    @property
    def heights(self) -> _Plane:
        """(n, n) float32 from 0 (valley) to 1 (peak), evenly distributed; n is a multiple of the tile size."""
        return _grain_at(self.kind, round(self.scale * GRAIN_SIZE / TILE_SIZE))


@functools.lru_cache(maxsize=16)
def _grain_at(kind: str, tiles: int) -> _Plane:
    heights = GRAINS[kind]()
    side = tiles * TILE_SIZE
    if side == GRAIN_SIZE:
        return heights
    # Wrapped, so that the seam stays unseen whatever the filter looks at.
    margin = 16
    wide = np.pad(heights, margin, mode="wrap")
    scale = side / GRAIN_SIZE
    mode = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    resized = cv2.resize(wide, None, fx=scale, fy=scale, interpolation=mode)
    offset = round(margin * scale)
    return np.ascontiguousarray(np.clip(resized[offset : offset + side, offset : offset + side], 0, 1))


def _rng(name: str) -> np.random.Generator:
    return np.random.default_rng([ord(letter) for letter in name])


def _noise(rng: np.random.Generator, side: int, blur_x: float, blur_y: float | None = None) -> _Plane:
    """Seamless noise with features of this size in pixels, stretched to mean 0 and deviation 1."""
    spectrum = np.fft.rfft2(rng.standard_normal((side, side)))
    fy, fx = np.fft.fftfreq(side)[:, None], np.fft.rfftfreq(side)[None, :]
    blur_y = blur_x if blur_y is None else blur_y
    spectrum *= np.exp(-2 * np.pi**2 * ((fx * blur_x) ** 2 + (fy * blur_y) ** 2))
    spectrum[0, 0] = 0
    field_ = np.fft.irfft2(spectrum, (side, side))
    return np.asarray(field_ / field_.std(), np.float32)


def _clouds(rng: np.random.Generator, side: int, largest: float, octaves: int = 5) -> _Plane:
    """Noise of several sizes, each half as large and half as strong."""
    total = sum(_noise(rng, side, largest / 2**i) * np.float32(0.55**i) for i in range(octaves))
    return np.asarray(total / np.std(total), np.float32)


def _ranked(plane: _Plane) -> _Plane:
    """The same picture with values evenly spread over 0 … 1."""
    order = np.empty(plane.size, np.float32)
    order[np.argsort(plane, axis=None)] = np.linspace(0, 1, plane.size, dtype=np.float32)
    return order.reshape(plane.shape)


def _grid() -> tuple[_Plane, _Plane, _Plane]:
    """Columns and rows from −1 to 1, and the distance from the middle."""
    axis = ((np.arange(TIP_SIZE, dtype=np.float32) + 0.5) / TIP_SIZE) * 2 - 1
    x, y = (np.asarray(each, np.float32) for each in np.meshgrid(axis, axis))
    return x, y, np.asarray(np.hypot(x, y), np.float32)


def _step(low: float, high: float, value: _Plane) -> _Plane:
    """Smoothly from 0 at `low` to 1 at `high`."""
    t = np.clip((value - low) / (high - low), 0, 1)
    return np.asarray(t * t * (3 - 2 * t), np.float32)


def _bytes(plane: _Plane) -> Pixels:
    return np.asarray(np.clip(plane, 0, 1) * 255 + 0.5, np.uint8)


def _draw(points: list[tuple[float, float]], into: Pixels, value: int = 255) -> None:
    shift = 4
    polygon = np.round((np.array(points) * 0.5 + 0.5) * TIP_SIZE * 2**shift).astype(np.int32)
    cv2.fillPoly(into, [polygon], value, cv2.LINE_AA, shift)


def _charcoal() -> Pixels:
    rng = _rng("charcoal")
    x, y, _ = _grid()
    edge = np.maximum(np.abs(x) * 1.05, np.abs(y) * 1.5) + 0.1 * _noise(rng, TIP_SIZE, 14)
    crumbs = _step(-0.6, 0.9, _noise(rng, TIP_SIZE, 2.2) + 0.5 * _noise(rng, TIP_SIZE, 8))
    return _bytes(_step(0.98, 0.72, edge) * (0.25 + 0.75 * crumbs))


def _chalk() -> Pixels:
    rng = _rng("chalk")
    x, y, _ = _grid()
    edge = (np.abs(x) ** 4 + np.abs(y) ** 4) ** 0.25 + 0.06 * _noise(rng, TIP_SIZE, 8)
    pits = _step(-0.2, 0.5, _noise(rng, TIP_SIZE, 3.0) + 0.6 * _noise(rng, TIP_SIZE, 9))
    return _bytes(_step(0.95, 0.8, edge) * pits)


def _bristles() -> Pixels:
    """Many hairs side by side: across the stroke, so that a turn with the direction draws streaks."""
    rng = _rng("bristles")
    tip = np.zeros((TIP_SIZE, TIP_SIZE), np.float32)
    x, y, _ = _grid()
    for _ in range(150):
        cy = rng.uniform(-0.92, 0.92)
        cx = rng.normal(0, 0.14) * np.sqrt(1 - cy * cy)
        radius, weight = rng.uniform(0.012, 0.05), rng.uniform(0.15, 1.0) ** 1.3
        spot = weight * np.exp(-(((x - cx) / (2 * radius)) ** 2 + ((y - cy) / radius) ** 2))
        np.maximum(tip, spot, out=tip)
    return _bytes(tip)


_TUFTS = np.array((-0.78, -0.6, -0.33, -0.12, 0.1, 0.28, 0.55, 0.8))


def _dry_bristles() -> Pixels:
    rng = _rng("dry")
    tip = np.zeros((TIP_SIZE, TIP_SIZE), np.float32)
    x, y, _ = _grid()
    for _ in range(64):
        # Hairs hold together in tufts, with gaps between.
        cy, cx = rng.choice(_TUFTS) + rng.normal(0, 0.07), rng.uniform(-0.12, 0.12)
        radius, weight = rng.uniform(0.012, 0.03), rng.uniform(0.45, 1.0)
        np.maximum(tip, weight * np.exp(-(((x - cx) / (2 * radius)) ** 2 + ((y - cy) / radius) ** 2)), out=tip)
    return _bytes(tip)


def _flat() -> Pixels:
    rng = _rng("flat")
    x, y, _ = _grid()
    edge = np.maximum(np.abs(x) * 3.2, np.abs(y) * 1.04)
    streaks = 0.72 + 0.28 * _step(-1.2, 0.6, _noise(rng, TIP_SIZE, 60, 3.5))
    return _bytes(_step(1.0, 0.9, edge) * streaks)


def _blot() -> Pixels:
    """A drop of water colour: an uneven shape whose pigment gathers at the edge."""
    rng = _rng("blot")
    _, _, r = _grid()
    edge = r + 0.075 * _clouds(rng, TIP_SIZE, 28)
    inside = _step(0.86, 0.78, edge)
    rim = np.exp(-(((edge - 0.76) / 0.07) ** 2))
    wash = 0.5 + 0.1 * _clouds(rng, TIP_SIZE, 40)
    return _bytes(inside * np.clip(wash + 0.42 * rim, 0, 1))


def _splatter() -> Pixels:
    rng = _rng("splatter")
    tip = np.zeros((TIP_SIZE, TIP_SIZE), np.uint8)
    for _ in range(70):
        turn, far = rng.uniform(0, 2 * np.pi), 0.92 * rng.beta(1.3, 1.6)
        radius = min(0.005 + 0.085 * rng.beta(1, 5), 0.96 - far)
        cx, cy = far * np.cos(turn), far * np.sin(turn)
        centre = (round((cx * 0.5 + 0.5) * TIP_SIZE * 16), round((cy * 0.5 + 0.5) * TIP_SIZE * 16))
        cv2.circle(tip, centre, round(radius * TIP_SIZE * 8), 255, -1, cv2.LINE_AA, 4)
    return tip


def _spray() -> Pixels:
    rng = _rng("spray")
    tip = np.zeros((TIP_SIZE, TIP_SIZE), np.uint8)
    for _ in range(420):
        turn, far = rng.uniform(0, 2 * np.pi), 0.95 * rng.beta(2.2, 2.2)
        cx, cy = far * np.cos(turn), far * np.sin(turn)
        centre = (round((cx * 0.5 + 0.5) * TIP_SIZE * 16), round((cy * 0.5 + 0.5) * TIP_SIZE * 16))
        cv2.circle(tip, centre, round(rng.uniform(0.8, 2.0) * 16), int(rng.integers(90, 255)), -1, cv2.LINE_AA, 4)
    return tip


def _leaf() -> Pixels:
    """One leaf on its stalk, with a vein left out."""
    tip = np.zeros((TIP_SIZE, TIP_SIZE), np.uint8)
    t = np.linspace(0, 1, 40)
    width = 0.36 * np.sin(np.pi * t**0.85) ** 0.9
    x = -0.72 + 1.62 * t
    bend = 0.12 * np.sin(np.pi * t)
    _draw([*zip(x, bend - width, strict=True), *zip(x[::-1], (bend + width)[::-1], strict=True)], tip)
    vein = np.round((np.stack([x, bend], axis=1) * 0.5 + 0.5) * TIP_SIZE).astype(np.int32)
    cv2.polylines(tip, [vein[:-6]], False, 120, 3, cv2.LINE_AA)
    for i in range(8, 32, 5):
        for side in (-1, 1):
            end = (x[i] + 0.16, bend[i] + side * width[i] * 0.8)
            a = tuple(int((v * 0.5 + 0.5) * TIP_SIZE) for v in (x[i], bend[i]))
            b = tuple(int((v * 0.5 + 0.5) * TIP_SIZE) for v in end)
            cv2.line(tip, a, b, 160, 2, cv2.LINE_AA)
    _draw([(-0.96, -0.03), (-0.70, -0.02), (-0.70, 0.03), (-0.96, 0.02)], tip)
    return tip


def _foliage() -> Pixels:
    """A tuft of small leaves."""
    rng = _rng("foliage")
    tip = np.zeros((TIP_SIZE, TIP_SIZE), np.uint8)
    t = np.linspace(0, 1, 12)
    for _ in range(58):
        turn, far = rng.uniform(0, 2 * np.pi), 0.72 * np.sqrt(rng.uniform())
        length, heading = rng.uniform(0.16, 0.3), turn + rng.normal(0, 0.9)
        width = 0.3 * length * np.sin(np.pi * t)
        along, across = np.cos(heading), np.sin(heading)
        cx, cy = far * np.cos(turn), far * np.sin(turn)
        xs, ys = (t - 0.5) * length, width
        upper = [(cx + a * along - b * across, cy + a * across + b * along) for a, b in zip(xs, ys, strict=True)]
        lower = [(cx + a * along + b * across, cy + a * across - b * along) for a, b in zip(xs, ys, strict=True)]
        _draw([*upper, *lower[::-1]], tip, int(rng.integers(150, 255)))
    return tip


def _grass() -> Pixels:
    """Blades that grow upwards from one place."""
    rng = _rng("grass")
    tip = np.zeros((TIP_SIZE, TIP_SIZE), np.uint8)
    t = np.linspace(0, 1, 16)
    for _ in range(13):
        root, lean, height = rng.uniform(-0.3, 0.3), rng.normal(0, 0.35), rng.uniform(1.0, 1.85)
        x, y = root + lean * t**1.8, 0.95 - height * t
        width = 0.035 * (1 - t) ** 0.8 + 0.002
        _draw([*zip(x - width, y, strict=True), *zip((x + width)[::-1], y[::-1], strict=True)], tip)
    _, rows, _ = _grid()
    return _bytes(np.asarray(tip / 255 * _step(0.93, 0.45, rows), np.float32))


def _cloud() -> Pixels:
    rng = _rng("cloud")
    _, _, r = _grid()
    body = _step(1.0, 0.15, r + 0.16 * _clouds(rng, TIP_SIZE, 36))
    return _bytes(body * (0.75 + 0.25 * _step(-1, 1, _clouds(rng, TIP_SIZE, 24))))


def _sponge() -> Pixels:
    rng = _rng("sponge")
    _, _, r = _grid()
    holes = _step(0.15, 0.45, _noise(rng, TIP_SIZE, 6) + 0.7 * _noise(rng, TIP_SIZE, 14))
    return _bytes(holes * _step(0.98, 0.8, r + 0.07 * _noise(rng, TIP_SIZE, 16)))


def _pencil() -> Pixels:
    rng = _rng("pencil")
    _, _, r = _grid()
    crumbs = _step(-1, 1, _noise(rng, TIP_SIZE, 5))
    return _bytes(_step(1.0, 0.35, r + 0.1 * _noise(rng, TIP_SIZE, 12)) * (0.7 + 0.3 * crumbs))


def _star() -> Pixels:
    tip = np.zeros((TIP_SIZE, TIP_SIZE), np.uint8)
    turns = np.arange(10) * np.pi / 5 - np.pi / 2
    radii = np.where(np.arange(10) % 2 == 0, 0.95, 0.38)
    _draw([(r * np.cos(a), r * np.sin(a)) for r, a in zip(radii, turns, strict=True)], tip)
    return tip


TIPS: dict[str, Callable[[], Pixels]] = {
    "blot": _blot,
    "bristles": _bristles,
    "chalk": _chalk,
    "charcoal": _charcoal,
    "cloud": _cloud,
    "dry bristles": _dry_bristles,
    "flat": _flat,
    "foliage": _foliage,
    "grass": _grass,
    "leaf": _leaf,
    "pencil": _pencil,
    "splatter": _splatter,
    "sponge": _sponge,
    "spray": _spray,
    "star": _star,
}
"""Name → what makes the picture."""


@functools.cache
def bundled_tip(name: str) -> Tip:
    """The tip of this name from TIPS, made once. Raises KeyError."""
    return Tip(name, TIPS[name]())


def _paper() -> _Plane:
    rng = _rng("paper")
    fine, pits, hills = (_noise(rng, GRAIN_SIZE, size) for size in (1.1, 2.6, 9))
    return _ranked(fine + 0.9 * pits + 0.3 * hills)


def _rough_paper() -> _Plane:
    rng = _rng("rough")
    fine, pits, hills = (_noise(rng, GRAIN_SIZE, size) for size in (1.3, 4.2, 14))
    return _ranked(0.5 * fine + pits + 0.4 * hills)


def _canvas() -> _Plane:
    """Woven threads, over and under."""
    rng = _rng("canvas")
    axis = np.arange(GRAIN_SIZE) * (2 * np.pi / 8)
    warp, weft = np.abs(np.sin(axis / 2))[None, :], np.abs(np.sin(axis / 2))[:, None]
    parity = np.sign(np.sin(axis / 2)[None, :] * np.sin(axis / 2)[:, None])
    weave = np.where(parity > 0, warp, weft)
    return _ranked(np.asarray(weave + 0.18 * _noise(rng, GRAIN_SIZE, 1.2), np.float32))


GRAINS: dict[str, Callable[[], _Plane]] = {"paper": _paper, "rough paper": _rough_paper, "canvas": _canvas}
"""Name → what makes the heights, (512, 512) float32."""
