"""OKLCH (Ottosson 2020): lightness, chroma and hue as the eye sees them, and the edge of what a screen can show."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from sdpaint.imaging.color import Color
from sdpaint.imaging.oklab import linear_of_oklab, oklab_of

MAX_CHROMA = 0.33
"""Just above sRGB's most colourful colour, a magenta of 0.3225."""
_TOLERANCE = 1e-4
_STEPS = 24

Floats = NDArray[np.float64]


def oklch_of(color: Color) -> tuple[float, float, float]:
    """Lightness 0…1, chroma 0…MAX_CHROMA, hue 0…1 of a turn."""
    lab = oklab_of(np.array([[color.red, color.green, color.blue]], np.uint8))[0]
    lightness, a, b = (float(part) for part in lab)
    return lightness, math.hypot(a, b), (math.atan2(b, a) / math.tau) % 1.0


def srgb_of(lightness: Floats, chroma: Floats, hue: Floats) -> Floats:
    """(n,) each → (n, 3) sRGB, 0…1 where a screen can show it and beyond where it can't."""
    lab = np.stack((lightness, chroma * np.cos(hue * math.tau), chroma * np.sin(hue * math.tau)), axis=-1)
    light = linear_of_oklab(lab)
    size = np.abs(light)
    coded = np.where(size <= 0.0031308, size * 12.92, 1.055 * np.maximum(size, 1e-9) ** (1 / 2.4) - 0.055)
    return np.asarray(np.sign(light) * coded, np.float64)


def is_shown(srgb: Floats) -> NDArray[np.bool_]:
    """(n,) whether a screen can show each of (n, 3)."""
    return np.asarray(((srgb >= -_TOLERANCE) & (srgb <= 1 + _TOLERANCE)).all(axis=-1))


def most_chroma(lightness: float, hue: float) -> float:
    """The largest chroma that sRGB has at this lightness and hue."""
    if not 0.0 < lightness < 1.0:
        return 0.0
    low, high = 0.0, MAX_CHROMA
    for _ in range(_STEPS):
        middle = (low + high) / 2
        inside = is_shown(srgb_of(np.array([lightness]), np.array([middle]), np.array([hue])))[0]
        low, high = (middle, high) if inside else (low, middle)
    return low


def color_of(lightness: float, chroma: float, hue: float) -> Color:
    """The nearest colour of the same lightness and hue that sRGB has."""
    coded = srgb_of(np.array([lightness]), np.array([chroma]), np.array([hue]))
    if not is_shown(coded)[0]:
        chroma = min(chroma, most_chroma(lightness, hue))
        coded = srgb_of(np.array([lightness]), np.array([chroma]), np.array([hue]))
    red, green, blue = (int(level) for level in np.rint(np.clip(coded[0], 0.0, 1.0) * 255))
    return Color(red, green, blue)
