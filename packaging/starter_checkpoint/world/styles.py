"""Styles: what becomes of the painted canvas on paper, in ink, in neon, cut out or washed; and its line art."""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from starter_checkpoint.world.canvas import SUPERSAMPLING, Canvas
from starter_checkpoint.world.dice import Dice
from starter_checkpoint.world.palettes import PALETTES, Look, Palette, _palette, rgb

Image = NDArray[np.uint8]

_NOISE_SIZE = 1024

_NEON = (
    _palette(
        "synthwave",
        "#0d0630 #2a0a5e #7a1fa2 #ff4fa3",
        (0.40, 0.34, 0.66),
        "#2a1a6e",
        "#0a0626",
        "#ffd36a",
        "#8a3fc0",
        0.22,
    ),
    _palette(
        "cyber",
        "#03081f #071a4a #0f4a8a #2fd6e6",
        (0.34, 0.44, 0.66),
        "#123a7a",
        "#040a22",
        "#ff6ac8",
        "#2a6ac0",
        0.22,
    ),
    _palette(
        "acid",
        "#060a1c #1a0f4a #5a1a8a #46f0b0",
        (0.36, 0.42, 0.60),
        "#2a2a72",
        "#070720",
        "#f6ff7a",
        "#5a3ab0",
        0.22,
    ),
)
_PAPERS = ("#f6f1e4", "#f4f4f0", "#f3ead8")
_INKS = ("#1c2430", "#22304e", "#3a2430", "#1f3a3a")


def palette_for(style: str, time: str, dice: Dice) -> Palette | None:
    """The palette that a style brings along, if it does."""
    if style == "neon":
        return dice.choice(_NEON)
    if style == "paper-cut" and dice.chance(0.5):
        return dice.choice(PALETTES[time])
    return None


@cache
def _grain() -> NDArray[np.float32]:
    """Paper: (n, n) float32 of mean 0 and deviation 1, fine and coarse."""
    rng = np.random.Generator(np.random.PCG64(20))
    total = np.zeros((_NOISE_SIZE, _NOISE_SIZE), np.float32)
    for cell, weight in ((1, 0.45), (2, 0.5), (5, 0.5), (17, 0.45)):
        small = rng.standard_normal((_NOISE_SIZE // cell + 1, _NOISE_SIZE // cell + 1)).astype(np.float32)
        total += weight * cv2.resize(small, (_NOISE_SIZE, _NOISE_SIZE), interpolation=cv2.INTER_CUBIC)
    return total / float(total.std())


@cache
def _clouds(seed: int) -> NDArray[np.float32]:
    """Soft blotches: (n, n) float32 of mean 0 and deviation 1."""
    rng = np.random.Generator(np.random.PCG64(seed))
    total = np.zeros((_NOISE_SIZE, _NOISE_SIZE), np.float32)
    for cell, weight in ((14, 0.35), (36, 0.7), (90, 1.0)):
        small = rng.standard_normal((_NOISE_SIZE // cell + 2, _NOISE_SIZE // cell + 2)).astype(np.float32)
        total += weight * cv2.resize(small, (_NOISE_SIZE, _NOISE_SIZE), interpolation=cv2.INTER_CUBIC)
    return total / float(total.std())


def _window(field: NDArray[np.float32], shape: tuple[int, ...], dice: Dice) -> NDArray[np.float32]:
    y, x = dice.whole(0, _NOISE_SIZE - shape[0]), dice.whole(0, _NOISE_SIZE - shape[1])
    return field[y : y + shape[0], x : x + shape[1]]


def line_art(canvas: Canvas) -> Image:
    """Lines where one shape ends and the next begins: (height, width) uint8 at the supersampled size, 255 on lines."""
    shapes = canvas.shapes
    if shapes is None:
        raise ValueError("This canvas keeps no shapes")
    edge = np.zeros(shapes.shape, np.uint8)
    edge[:, 1:] |= (shapes[:, 1:] != shapes[:, :-1]).astype(np.uint8)
    edge[1:] |= (shapes[1:] != shapes[:-1]).astype(np.uint8)
    # Two tones that hardly differ aren't worth a line.
    grey = cv2.cvtColor(canvas.image, cv2.COLOR_RGB2GRAY)
    span = cv2.subtract(
        cv2.dilate(grey, np.ones((5, 5), np.uint8)), cv2.erode(grey, np.ones((5, 5), np.uint8))
    )
    return np.where((edge > 0) & (span > 6), np.uint8(255), np.uint8(0))


def apply_style(style: str, canvas: Canvas, dice: Dice, look: Look, lines: Image | None) -> Image:
    """The finished picture (height, width, 3) uint8 RGB. `lines` is needed for neon and ink."""
    match style:
        case "pastel":
            return _pastel(canvas.finished(), dice)
        case "neon" if lines is not None:
            return _neon(canvas, lines, look)
        case "ink" if lines is not None:
            return _ink(canvas, lines, dice, look)
        case "paper-cut":
            return _paper_cut(canvas, dice)
        case "watercolour":
            return _watercolour(canvas, dice)
    return canvas.finished()


def _pastel(image: Image, dice: Dice) -> Image:
    work = image.astype(np.float32)
    grey = work.mean(2, keepdims=True)
    work = grey + (work - grey) * np.float32(0.90)
    white = np.array(dice.choice(((255, 246, 240), (250, 246, 255), (246, 252, 248))), np.float32)
    work = white - (white - work) * np.float32(dice.uniform(0.66, 0.76))
    grain = _window(_grain(), image.shape, dice)[..., None]
    return np.clip(work + grain * 0.8, 0, 255).astype(np.uint8)


def _neon(canvas: Canvas, lines: Image, look: Look) -> Image:
    depth = canvas.depth()
    far, near = np.asarray(look.palette.sky[-1], np.float32), np.asarray(look.palette.sun, np.float32)
    share = np.clip(1.35 * (1.0 - depth), 0.0, 1.0)[..., None]
    color = far * (1.0 - share) + near * share
    width = max(1, round(canvas.unit * SUPERSAMPLING / 330))
    mark = (
        cv2.GaussianBlur(cv2.dilate(lines, np.ones((width, width), np.uint8)), (0, 0), 0.7).astype(np.float32)
        / 255.0
    )
    mark *= np.where(depth < 0.95, 1.0, 0.35).astype(np.float32)
    small = (canvas.width, canvas.height)
    base = cv2.resize(canvas.image, small, interpolation=cv2.INTER_AREA).astype(np.float32)
    light = cv2.resize(mark[..., None] * color, small, interpolation=cv2.INTER_AREA)
    bloom = cv2.GaussianBlur(light, (0, 0), canvas.unit * 0.011) * 1.1
    return np.clip(base * 0.92 + light * 0.95 + bloom, 0, 255).astype(np.uint8)


_INK_TONES = {
    "dawn": (0.30, 1.0),
    "day": (0.34, 1.0),
    "sunset": (0.18, 0.86),
    "dusk": (0.08, 0.66),
    "night": (0.0, 0.50),
}
"""The darkest and lightest wash of each hour."""


def _ink(canvas: Canvas, lines: Image, dice: Dice, look: Look) -> Image:
    paper, ink = (
        np.asarray(rgb(dice.choice(_PAPERS)), np.float32),
        np.asarray(rgb(dice.choice(_INKS)), np.float32),
    )
    small = (canvas.width, canvas.height)
    grey = cv2.cvtColor(canvas.finished(), cv2.COLOR_RGB2GRAY).astype(np.float32) / 255.0
    low, high = np.percentile(grey[::4, ::4], (2, 98))
    tone = np.clip((grey - low) / max(float(high - low), 0.12), 0.0, 1.0)
    darkest, lightest = _INK_TONES[look.time]
    lamps = np.clip((grey - 0.60) * 4.0, 0.0, 1.0) if look.is_dark else 0.0
    tone = np.maximum(darkest + (lightest - darkest) * tone, lamps)
    # Washes in a few strengths, with soft borders between them.
    steps = 6.0
    part = tone * steps
    flat = np.floor(part) + np.clip((part - np.floor(part)) * 3.0 - 1.0, 0.0, 1.0)
    tone = 0.5 * tone + 0.5 * flat / steps
    blot = _window(_clouds(31), grey.shape, dice)
    wash = np.clip((1.0 - tone) ** 1.15 * (0.86 + 0.05 * blot), 0.0, 1.0)
    width = max(1, round(canvas.unit * SUPERSAMPLING / 400))
    drawn = cv2.resize(
        cv2.dilate(lines, np.ones((width, width), np.uint8)), small, interpolation=cv2.INTER_AREA
    )
    near = cv2.resize(np.clip(1.15 - canvas.depth(), 0.25, 1.0), small, interpolation=cv2.INTER_AREA)
    wash = np.clip(np.maximum(wash, drawn.astype(np.float32) / 255.0 * near * 0.92), 0.0, 1.0)[..., None]
    grain = _window(_grain(), grey.shape, dice)[..., None]
    return np.clip(paper * (1.0 - wash) + ink * wash + grain * 1.2, 0, 255).astype(np.uint8)


def _paper_cut(canvas: Canvas, dice: Dice) -> Image:
    small = (canvas.width, canvas.height)
    depth = cv2.resize(canvas.depth(), small, interpolation=cv2.INTER_AREA)
    shapes = canvas.image
    work = cv2.resize(shapes, small, interpolation=cv2.INTER_AREA).astype(np.float32)
    u = canvas.unit
    dx, dy = round(u * 0.006), round(u * 0.010)
    near = 1.0 - depth
    moved = cv2.warpAffine(
        near, np.array([[1, 0, dx], [0, 1, dy]], np.float32), small, borderMode=cv2.BORDER_REPLICATE
    )
    shadow = np.zeros_like(near)
    for sigma, share in ((u * 0.005, 0.6), (u * 0.018, 0.75)):
        for field in (moved, near):
            shadow += share * np.clip(cv2.GaussianBlur(field, (0, 0), sigma) - near, 0.0, 0.22) / 0.22 * 0.5
    rim = (
        np.clip(
            near
            - cv2.warpAffine(
                near, np.array([[1, 0, 1], [0, 1, 1]], np.float32), small, borderMode=cv2.BORDER_REPLICATE
            ),
            0.0,
            0.06,
        )
        / 0.06
    )
    grain = _window(_grain(), near.shape, dice)
    work *= (1.0 - 0.46 * np.clip(shadow, 0.0, 1.0))[..., None]
    work += (255.0 - work) * (0.16 * rim)[..., None]
    return np.clip(work + grain[..., None] * 1.6, 0, 255).astype(np.uint8)


def _watercolour(canvas: Canvas, dice: Dice) -> Image:
    image = canvas.finished()
    shape = image.shape[:2]
    u = canvas.unit
    dx, dy = _window(_clouds(41), shape, dice), _window(_clouds(43), shape, dice)
    fine_x, fine_y = _window(_grain(), shape, dice), _window(_grain(), shape, dice)
    y, x = np.mgrid[0 : shape[0], 0 : shape[1]].astype(np.float32)
    reach = u * 0.0042
    wet = cv2.remap(
        image,
        x + dx * reach + fine_x * 0.2,
        y + dy * reach + fine_y * 0.2,
        cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REFLECT,
    )
    soft = cv2.GaussianBlur(wet, (0, 0), u * 0.0028).astype(np.float32)
    wide = cv2.GaussianBlur(wet, (0, 0), u * 0.011).astype(np.float32)
    work = 0.55 * wet.astype(np.float32) + 0.45 * soft
    # Pigment gathers at the edge of a wash: darker where the picture is darker than around.
    work += np.clip(soft - wide, -34, 4) * 0.55
    white = np.array((252, 249, 242), np.float32)
    grey = work.mean(2, keepdims=True)
    work = grey + (work - grey) * np.float32(1.16)
    density = 0.90 + 0.055 * _window(_clouds(47), shape, dice) + 0.010 * _window(_grain(), shape, dice)
    return np.clip(white - (white - work) * np.clip(density, 0.35, 1.05)[..., None], 0, 255).astype(np.uint8)
