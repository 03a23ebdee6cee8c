"""Adjustments: what happens to the colour of each pixel by itself. Alpha stays.

All take and give premultiplied BGRA (h, w, 4) of 8 or 16 bits a channel; tables have a value for each level. The
arithmetic is done on straight colours, or a half transparent red would be adjusted as if it were a dark one. Whatever
changes nothing gives back the same bytes: taking the alpha out of a valid pixel and putting it back is exact.
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from sdpaint.imaging.dynamics import Curve
from sdpaint.imaging.pixels import premultiplied_from_rgba, rgba_from_premultiplied
from sdpaint.imaging.tiles import Pixels, full_of

Table = Pixels
"""A value for each of 256 or 65536, or (levels, 3) for red, green and blue."""
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
    if pixels.dtype != np.uint8:
        return _mapped_deep(pixels, table)
    lut = (table if table.ndim == 2 else np.repeat(table[:, None], 3, axis=1)).reshape(256, 1, 3)
    return adjusted(pixels, lambda rgb: np.asarray(cv2.LUT(rgb, lut), np.uint8))


def _mapped_deep(pixels: Pixels, table: Table) -> Pixels:
    if table.ndim == 1:
        return adjusted(pixels, lambda rgb: table.take(rgb))
    columns = [np.ascontiguousarray(table[:, channel]) for channel in range(3)]
    return adjusted(pixels, lambda rgb: np.dstack([column.take(rgb[..., i]) for i, column in enumerate(columns)]))


def luma(rgb: Pixels) -> NDArray[np.float32]:
    """Lightness (h, w), 0…255 at any depth, of straight RGB."""
    weights = _LUMA[None] * np.float32(255 / full_of(rgb))
    return np.asarray(cv2.transform(rgb.astype(np.float32), weights), np.float32).reshape(rgb.shape[:2])


def invert(pixels: Pixels) -> Pixels:
    """Each colour its opposite."""
    return mapped(pixels, _table(pixels, lambda v: 1.0 - v))


def desaturate(pixels: Pixels) -> Pixels:
    """Grey of the same lightness."""
    return adjusted(pixels, lambda rgb: np.repeat(_at_level(rgb, luma(rgb) / 255)[..., None], 3, axis=2))


def brightness_contrast(pixels: Pixels, brightness: float, contrast: float) -> Pixels:
    """Both −1…1. Contrast turns about the middle grey: −1 leaves nothing else, 1 is black and white."""
    slope = np.tan(np.clip((contrast + 1) * np.pi / 4, 0.0, np.pi / 2 - 1e-4))
    return mapped(pixels, _table(pixels, lambda v: (v - 0.5) * slope + 0.5 + brightness))


def levels(
    pixels: Pixels, black: float, white: float, gamma: float, out_black: float = 0.0, out_white: float = 1.0
) -> Pixels:
    """`black` and `white` (0…1) become the ends, `gamma` above 1 lightens what is between, then it goes to
    `out_black` … `out_white`."""
    span = max(white - black, 1 / 255)

    def change(v: NDArray[np.float64]) -> NDArray[np.float64]:
        inner = np.clip((v - black) / span, 0.0, 1.0) ** (1.0 / gamma)
        return np.asarray(out_black + inner * (out_white - out_black))

    return mapped(pixels, _table(pixels, change))


def curves(pixels: Pixels, every: Curve, red: Curve, green: Curve, blue: Curve) -> Pixels:
    """Each channel through its own curve, then all of them through `every`."""
    if pixels.dtype == np.uint8:
        tables = [[every.at(curve.at(i / 255)) for i in range(256)] for curve in (red, green, blue)]
        return mapped(pixels, _at_level(pixels, np.array(tables).T))
    # Between the places that a curve has values for, straight lines.
    columns = [_along(every, _along(curve, np.arange(65536) / 65535)) for curve in (red, green, blue)]
    return mapped(pixels, _at_level(pixels, np.stack(columns, axis=1)))


def _along(curve: Curve, places: NDArray[np.float64]) -> NDArray[np.float64]:
    values = curve.table
    return np.interp(places, np.linspace(0.0, 1.0, len(values)), values)


def hue_saturation_lightness(pixels: Pixels, hue: float, saturation: float, lightness: float) -> Pixels:
    """`hue` in degrees, the others −1…1: −1 is grey or black, 1 is twice the saturation or white."""

    def change(rgb: Pixels) -> Pixels:
        values = np.asarray(rgb, np.float32) / np.float32(full_of(rgb))
        if hue or saturation:
            hls = np.asarray(cv2.cvtColor(values, cv2.COLOR_RGB2HLS), np.float32)
            hls[..., 0] = (hls[..., 0] + hue) % 360.0
            hls[..., 2] = np.clip(hls[..., 2] * (1.0 + saturation), 0.0, 1.0)
            values = np.asarray(cv2.cvtColor(hls, cv2.COLOR_HLS2RGB), np.float32)
        goal = np.float32(1.0 if lightness > 0 else 0.0)
        values = values + (goal - values) * np.float32(abs(lightness))
        return _at_level(rgb, values)

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
    v = _levels_of(pixels)
    low = np.clip((v - 0.333) / -0.25 + 0.5, 0.0, 1.0) * 0.7
    high = np.clip((v + 0.333 - 1.0) / 0.25 + 0.5, 0.0, 1.0) * 0.7
    middle = np.clip((v - 0.333) / 0.25 + 0.5, 0.0, 1.0) * np.clip((v + 0.333 - 1.0) / -0.25 + 0.5, 0.0, 1.0) * 0.7
    columns = [
        v + low * shadows[channel] + middle * midtones[channel] + high * highlights[channel] for channel in range(3)
    ]
    return mapped(pixels, _at_level(pixels, np.stack(columns, axis=1)))


def posterize(pixels: Pixels, steps: int) -> Pixels:
    """So many values in each channel, evenly from black to white; each stands for as many levels. Raises ValueError
    under 2."""
    if steps < 2:
        raise ValueError(f"a posterised picture has at least 2 values, not {steps}")
    full = full_of(pixels)
    share = full / (full + 1)
    return mapped(pixels, _table(pixels, lambda v: np.floor(v * share * steps) / (steps - 1)))


def threshold(pixels: Pixels, level: float) -> Pixels:
    """White from this lightness (0…1) on, black below."""

    def change(rgb: Pixels) -> Pixels:
        white = np.where(luma(rgb) >= level * 255, full_of(rgb), 0).astype(rgb.dtype)
        return np.repeat(white[..., None], 3, axis=2)

    return adjusted(pixels, change)


def histogram(pixels: Pixels) -> NDArray[np.float64]:
    """How much of the picture has each lightness: 256 weights, transparent pixels counted by their alpha."""
    result = np.zeros(256)
    for top in range(0, pixels.shape[0], _ROWS):
        rgba = rgba_from_premultiplied(np.ascontiguousarray(pixels[top : top + _ROWS]))
        values = _rounded(luma(np.ascontiguousarray(rgba[..., :3])))
        result += np.bincount(values.ravel(), weights=rgba[..., 3].ravel() / full_of(pixels), minlength=256)
    return result


def _levels_of(pixels: Pixels) -> NDArray[np.float64]:
    """The levels that a channel has, 0 … 1."""
    full = full_of(pixels)
    return np.arange(full + 1) / full


def _table(pixels: Pixels, change: Callable[[NDArray[np.float64]], NDArray[np.float64]]) -> Table:
    return _at_level(pixels, change(_levels_of(pixels)))


def _at_level(pixels: Pixels, values: NDArray[np.floating]) -> Pixels:
    """Values 0 … 1 as levels of the depth that the pixels have."""
    full = values.dtype.type(full_of(pixels))
    return np.asarray(np.rint(np.clip(values * full, 0, full)), pixels.dtype)


def _rounded(values: NDArray[np.floating]) -> NDArray[np.uint8]:
    return np.asarray(np.rint(np.clip(values, 0, 255)), np.uint8)
