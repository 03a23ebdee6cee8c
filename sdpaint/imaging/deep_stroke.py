"""Strokes at 16 bits a channel: coverage stays a float until it is colour, and is rounded once.

At 3 % of opacity a level of 8 bits is a third of what a stroke adds, so rounding stalls it; 16 bits leave 257 steps.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from sdpaint.imaging.color import Color
from sdpaint.imaging.raster import StampMode
from sdpaint.imaging.tiles import Pixels

_FULL = np.float32(65535)


def opaque_color(color: Color) -> NDArray[np.float32]:
    """(4,) blue, green, red of 0 … 65535, at full alpha, whatever that of the colour is."""
    red, green, blue = color.deep or (257 * color.red, 257 * color.green, 257 * color.blue)
    return np.array([blue, green, red, 65535], np.float32)


def opaque_colors(own: NDArray[np.float32]) -> NDArray[np.float32]:
    """(h, w, 4) likewise of blue, green and red (3, h, w), 0 … 1."""
    colors = np.empty((*own.shape[1:], 4), np.float32)
    colors[..., :3] = np.moveaxis(own, 0, -1)
    colors[..., 3] = 1.0
    colors *= _FULL
    return colors


def deep_colors(colors: NDArray[Any], covered: NDArray[np.float32]) -> NDArray[np.uint16]:
    """Premultiplied colours, (h, w, 4) or (4,) of 0 … 65535, times (h, w) of 0 … 1, rounded."""
    values = colors * covered[..., None]
    values += np.float32(0.5)
    return np.asarray(values, np.uint16)


def laid_deep(
    base: Pixels, colors: NDArray[np.float32], covered: NDArray[np.float32], mode: StampMode
) -> NDArray[np.uint16]:
    """Premultiplied pixels (h, w, 4) with opaque colours on them as far as (h, w) of 0 … 1 says: a new array."""
    was = base.astype(np.float32)
    share = covered[..., None]
    if mode is StampMode.ERASE:
        result = was - was * share
    elif mode is StampMode.OVER:
        result = colors - was
        result *= share
        result += was
    else:
        result = colors * (was[..., 3:] * np.float32(1 / 65535)) - was
        result *= share
        result += was
        result[..., 3] = was[..., 3]
    result += np.float32(0.5)
    return np.asarray(result, np.uint16)
