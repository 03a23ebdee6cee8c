"""Colours of other spaces as sRGB, for swatches: no profile says more than the numbers do."""

from __future__ import annotations

import math

import numpy as np

from sdpaint.imaging.color import Color


def from_unit(red: float, green: float, blue: float) -> Color:
    """Levels of 0…1; what lies beyond is cut, what is no number is black."""
    return Color(*(_byte(level) for level in (red, green, blue)))


def from_grey(light: float) -> Color:
    """0 black, 1 white."""
    return from_unit(light, light, light)


def from_cmyk(cyan: float, magenta: float, yellow: float, black: float) -> Color:
    """Inks of 0…1, as programs without a profile convert them."""
    return from_unit(*((1 - ink) * (1 - black) for ink in (cyan, magenta, yellow)))


def from_lab(lightness: float, a: float, b: float) -> Color:
    """CIELAB for D50: lightness 0…100."""
    from sdpaint.fileio.color_profiles import D50, srgb_of_xyz

    numbers = (lightness, a, b)
    if not all(math.isfinite(number) and abs(number) <= 1000 for number in numbers):
        raise ValueError("it has a colour that isn't one")
    middle = (lightness + 16) / 116
    roots = np.array([middle + a / 500, middle, middle - b / 200])
    xyz = np.where(roots > 6 / 29, roots**3, 3 * (6 / 29) ** 2 * (roots - 4 / 29)) * D50
    return from_unit(*(float(level) for level in srgb_of_xyz(xyz)))


def _byte(level: float) -> int:
    return round(min(1.0, max(0.0, level)) * 255) if math.isfinite(level) else 0
