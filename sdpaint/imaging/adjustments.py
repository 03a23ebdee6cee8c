"""Adjustments: what happens to the colour of each pixel by itself. Alpha stays.

All take and give premultiplied BGRA (h, w, 4) uint8. The arithmetic is done on straight colours, or a half transparent
red would be adjusted as if it were a dark one. Whatever changes nothing gives back the same bytes: taking the alpha out
of a valid pixel and putting it back is exact.
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from sdpaint.imaging.dynamics import Curve
from sdpaint.imaging.pixels import premultiplied_from_rgba, rgba_from_premultiplied
from sdpaint.imaging.tiles import Pixels

Table = NDArray[np.uint8]
"""A value for each of 256, or (256, 3) for red, green and blue."""
_ROWS = 256
"""Float arithmetic goes in strips of so many rows: it needs twelve times the memory of the pixels."""
_LUMA = np.array([0.2126, 0.7152, 0.0722], np.float32)
"""Rec. 709, red, green, blue."""


def adjusted(pixels: Pixels, change: Callable[[Pixels], Pixels]) -> Pixels:
    """`change` applied to the straight colours, (h, w, 3) RGB → the same; alpha as it was."""
    result = np.empty_like(pixels)
    for top in range(0, pixels.shape[0], _ROWS):
        rgba = rgba_from_premultiplied(np.ascontiguousarray(pixels[top : top + _ROWS]))
        rgba[..., :3] = change(np.ascontiguousarray(rgba[..., :3]))
        result[top : top + _ROWS] = premultiplied_from_rgba(rgba)
    return result


def mapped(pixels: Pixels, table: Table) -> Pixels:
    """Every straight colour looked up in a table."""
    lut = (table if table.ndim == 2 else np.repeat(table[:, None], 3, axis=1)).reshape(256, 1, 3)
    return adjusted(pixels, lambda rgb: np.asarray(cv2.LUT(rgb, lut), np.uint8))


def luma(rgb: Pixels) -> NDArray[np.float32]:
    """Lightness (h, w), 0…255, of straight RGB."""
    return np.asarray(cv2.transform(rgb.astype(np.float32), _LUMA[None]), np.float32).reshape(rgb.shape[:2])


def invert(pixels: Pixels) -> Pixels:
    """Each colour its opposite."""
    return mapped(pixels, _table(lambda v: 1.0 - v))


def desaturate(pixels: Pixels) -> Pixels:
    """Grey of the same lightness."""
    return adjusted(pixels, lambda rgb: np.repeat(_rounded(luma(rgb))[..., None], 3, axis=2))


def brightness_contrast(pixels: Pixels, brightness: float, contrast: float) -> Pixels:
    """Both −1…1. Contrast turns about the middle grey: −1 leaves nothing else, 1 is black and white."""
    slope = np.tan(np.clip((contrast + 1) * np.pi / 4, 0.0, np.pi / 2 - 1e-4))
    return mapped(pixels, _table(lambda v: (v - 0.5) * slope + 0.5 + brightness))


def levels(
    pixels: Pixels, black: float, white: float, gamma: float, out_black: float = 0.0, out_white: float = 1.0
) -> Pixels:
    """`black` and `white` (0…1) become the ends, `gamma` above 1 lightens what is between, then it goes to
    `out_black` … `out_white`."""
    span = max(white - black, 1 / 255)

    def change(v: NDArray[np.float64]) -> NDArray[np.float64]:
        inner = np.clip((v - black) / span, 0.0, 1.0) ** (1.0 / gamma)
        return np.asarray(out_black + inner * (out_white - out_black))

    return mapped(pixels, _table(change))


def curves(pixels: Pixels, every: Curve, red: Curve, green: Curve, blue: Curve) -> Pixels:
    """Each channel through its own curve, then all of them through `every`."""
    tables = [[every.at(curve.at(i / 255)) * 255 for i in range(256)] for curve in (red, green, blue)]
    return mapped(pixels, _rounded(np.array(tables).T))


def hue_saturation_lightness(pixels: Pixels, hue: float, saturation: float, lightness: float) -> Pixels:
    """`hue` in degrees, the others −1…1: −1 is grey or black, 1 is twice the saturation or white."""

    def change(rgb: Pixels) -> Pixels:
        values = np.asarray(rgb, np.float32) / np.float32(255)
        if hue or saturation:
            hls = np.asarray(cv2.cvtColor(values, cv2.COLOR_RGB2HLS), np.float32)
            hls[..., 0] = (hls[..., 0] + hue) % 360.0
            hls[..., 2] = np.clip(hls[..., 2] * (1.0 + saturation), 0.0, 1.0)
            values = np.asarray(cv2.cvtColor(hls, cv2.COLOR_HLS2RGB), np.float32)
        goal = np.float32(1.0 if lightness > 0 else 0.0)
        values = values + (goal - values) * np.float32(abs(lightness))
        return _rounded(values * np.float32(255))

    return adjusted(pixels, change)


def color_balance(
    pixels: Pixels,
    shadows: tuple[float, float, float],
    midtones: tuple[float, float, float],
    highlights: tuple[float, float, float],
) -> Pixels:
    """Red, green and blue (each −1…1; the negative is cyan, magenta, yellow) moved, by how dark a value is.

    The ranges overlap as in GIMP: shadows fade out around a third, highlights around two thirds.
    """
    v = np.arange(256) / 255
    low = np.clip((v - 0.333) / -0.25 + 0.5, 0.0, 1.0) * 0.7
    high = np.clip((v + 0.333 - 1.0) / 0.25 + 0.5, 0.0, 1.0) * 0.7
    middle = np.clip((v - 0.333) / 0.25 + 0.5, 0.0, 1.0) * np.clip((v + 0.333 - 1.0) / -0.25 + 0.5, 0.0, 1.0) * 0.7
    columns = [
        v + low * shadows[channel] + middle * midtones[channel] + high * highlights[channel] for channel in range(3)
    ]
    return mapped(pixels, _rounded(np.stack(columns, axis=1) * 255))


def posterize(pixels: Pixels, steps: int) -> Pixels:
    """So many values in each channel, evenly from black to white. Raises ValueError under 2."""
    if steps < 2:
        raise ValueError(f"a posterised picture has at least 2 values, not {steps}")
    return mapped(pixels, _table(lambda v: np.minimum(np.floor(v * steps), steps - 1) / (steps - 1)))


def threshold(pixels: Pixels, level: float) -> Pixels:
    """White from this lightness (0…1) on, black below."""

    def change(rgb: Pixels) -> Pixels:
        white = (luma(rgb) >= level * 255).astype(np.uint8) * np.uint8(255)
        return np.asarray(np.repeat(white[..., None], 3, axis=2), np.uint8)

    return adjusted(pixels, change)


def histogram(pixels: Pixels) -> NDArray[np.float64]:
    """How much of the picture has each lightness: 256 weights, transparent pixels counted by their alpha."""
    result = np.zeros(256)
    for top in range(0, pixels.shape[0], _ROWS):
        rgba = rgba_from_premultiplied(np.ascontiguousarray(pixels[top : top + _ROWS]))
        values = _rounded(luma(np.ascontiguousarray(rgba[..., :3])))
        result += np.bincount(values.ravel(), weights=rgba[..., 3].ravel() / 255.0, minlength=256)
    return result


def _table(change: Callable[[NDArray[np.float64]], NDArray[np.float64]]) -> Table:
    return _rounded(change(np.arange(256) / 255) * 255)


def _rounded(values: NDArray[np.floating]) -> NDArray[np.uint8]:
    return np.asarray(np.rint(np.clip(values, 0, 255)), np.uint8)
