"""Blending in numpy: what QPainter's composition modes don't do, or do by another formula than painting programs.

All pictures are premultiplied BGRA (h, w, 4) uint8. The formulas are those of W3C Compositing and Blending Level 1:
where αs and αb are the alphas of source and backdrop, cs and cb their straight colours, and B(cb, cs) the blend mode,

    co = αs·(1 − αb)·cs + αb·(1 − αs)·cb + αs·αb·B(cb, cs)        αo = αs + αb − αs·αb
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from sdpaint.imaging.blend import BlendMode
from sdpaint.imaging.tiles import Pixels

Floats = NDArray[np.float32]
_ROWS = 128
"""Float arithmetic goes in strips of so many rows."""


def blend_onto(target: Pixels, source: Pixels, blend: Callable[[Floats, Floats], Floats], opacity: float = 1.0) -> None:
    """Lay `source` onto `target`, in place, by B(cb, cs): of straight colours (h, w, 3) in BGR order, 0…1."""
    for top in range(0, target.shape[0], _ROWS):
        rows = slice(top, top + _ROWS)
        below = target[rows].astype(np.float32) * np.float32(1 / 255)
        above = source[rows].astype(np.float32) * np.float32(opacity / 255)
        alpha_b, alpha_s = below[..., 3:], above[..., 3:]
        colors_b = below[..., :3] / np.maximum(alpha_b, np.float32(1e-6))
        colors_s = above[..., :3] / np.maximum(alpha_s, np.float32(1e-6))
        both = alpha_s * alpha_b
        result = below + above * (1 - alpha_b)
        result[..., :3] += both * blend(np.minimum(colors_b, 1), np.minimum(colors_s, 1)) - alpha_s * below[..., :3]
        np.clip(result, 0, 1, out=result)
        target[rows] = result * np.float32(255) + np.float32(0.5)


def times(pixels: Pixels, share: Pixels) -> Pixels:
    """Premultiplied pixels (h, w, 4) times coverage (h, w), rounded to nearest: a new array."""
    product = pixels.astype(np.uint16) * share[..., None]
    product += 128
    product += product >> 8
    product >>= 8
    return product.astype(np.uint8)


def mixed(before: Pixels, after: Pixels, share: Pixels | None, opacity: float = 1.0) -> Pixels:
    """From one picture to the other by coverage (h, w) times opacity: a new array, whose ends are exact."""
    if share is None:
        weight = np.full((1, 1, 1), round(opacity * 255), np.int32)
    else:
        weight = np.rint(share[..., None] * np.float32(opacity)).astype(np.int32)
    result = before * (255 - weight) + after * weight
    return np.asarray((result + 127) // 255, np.uint8)


def straight_opaque(pixels: Pixels) -> Pixels:
    """The straight colours at full alpha; black where nothing is: a new array."""
    alpha = pixels[..., 3:].astype(np.uint16)
    result = np.empty_like(pixels)
    colors = pixels[..., :3].astype(np.uint16)
    result[..., :3] = np.minimum(255, (colors * 255 + (alpha >> 1)) // np.maximum(alpha, 1))
    result[..., 3] = 255
    return result


# ------------------------------------------------------------------------------------------------- blend functions


def dodge(cb: Floats, cs: Floats) -> Floats:
    """Colour dodge."""
    bright = np.minimum(1, cb / np.maximum(1 - cs, np.float32(1e-6)))
    return np.where(cb <= 0, np.float32(0), bright)


def burn(cb: Floats, cs: Floats) -> Floats:
    """Colour burn."""
    dark = 1 - np.minimum(1, (1 - cb) / np.maximum(cs, np.float32(1e-6)))
    return np.where(cb >= 1, np.float32(1), dark)


def linear_dodge(cb: Floats, cs: Floats) -> Floats:
    """Add."""
    return np.asarray(np.minimum(1, cb + cs))


def linear_burn(cb: Floats, cs: Floats) -> Floats:
    """Sum less one."""
    return np.asarray(np.maximum(0, cb + cs - 1))


def exclusion(cb: Floats, cs: Floats) -> Floats:
    """Difference with less contrast."""
    return np.asarray(cb + cs - 2 * cb * cs)


def subtract(cb: Floats, cs: Floats) -> Floats:
    """The backdrop less the source."""
    return np.asarray(np.maximum(0, cb - cs))


def divide(cb: Floats, cs: Floats) -> Floats:
    """The backdrop by the source."""
    share = np.minimum(1, cb / np.maximum(cs, np.float32(1e-6)))
    return np.where(cs <= 0, np.where(cb <= 0, np.float32(0), np.float32(1)), share)


def vivid_light(cb: Floats, cs: Floats) -> Floats:
    """Burn below the middle of the source, dodge above."""
    return np.where(cs < 0.5, burn(cb, np.minimum(1, 2 * cs)), dodge(cb, np.clip(2 * cs - 1, 0, 1)))


def linear_light(cb: Floats, cs: Floats) -> Floats:
    """Linear burn below the middle of the source, linear dodge above."""
    return np.asarray(np.clip(cb + 2 * cs - 1, 0, 1))


def pin_light(cb: Floats, cs: Floats) -> Floats:
    """Darken below the middle of the source, lighten above."""
    return np.asarray(np.maximum(2 * cs - 1, np.minimum(cb, 2 * cs)))


def _lum(color: Floats) -> Floats:
    blue, green, red = color[..., 0], color[..., 1], color[..., 2]
    return np.asarray(np.float32(0.3) * red + np.float32(0.59) * green + np.float32(0.11) * blue)[..., None]


def _clip_color(color: Floats) -> Floats:
    lum = _lum(color)
    low, high = color.min(axis=-1, keepdims=True), color.max(axis=-1, keepdims=True)
    tiny = np.float32(1e-6)
    color = np.where(low < 0, lum + (color - lum) * lum / np.maximum(lum - low, tiny), color)
    return np.where(high > 1, lum + (color - lum) * (1 - lum) / np.maximum(high - lum, tiny), color)


def _set_lum(color: Floats, lum: Floats) -> Floats:
    return _clip_color(color + (lum - _lum(color)))


def _sat(color: Floats) -> Floats:
    return np.asarray(color.max(axis=-1, keepdims=True) - color.min(axis=-1, keepdims=True))


def _set_sat(color: Floats, sat: Floats) -> Floats:
    low = color.min(axis=-1, keepdims=True)
    span = color.max(axis=-1, keepdims=True) - low
    return np.where(span > 0, (color - low) * sat / np.maximum(span, np.float32(1e-6)), np.float32(0))


def hue(cb: Floats, cs: Floats) -> Floats:
    """The source's hue."""
    return _set_lum(_set_sat(cs, _sat(cb)), _lum(cb))


def saturation(cb: Floats, cs: Floats) -> Floats:
    """The source's saturation."""
    return _set_lum(_set_sat(cb, _sat(cs)), _lum(cb))


def color(cb: Floats, cs: Floats) -> Floats:
    """The source's hue and saturation."""
    return _set_lum(cs, _lum(cb))


def luminosity(cb: Floats, cs: Floats) -> Floats:
    """The source's lightness."""
    return _set_lum(cb, _lum(cs))


BLEND_FUNCTIONS: Mapping[BlendMode, Callable[[Floats, Floats], Floats]] = {
    BlendMode.COLOR_DODGE: dodge,
    BlendMode.ADD: linear_dodge,
    BlendMode.LINEAR_BURN: linear_burn,
    BlendMode.VIVID_LIGHT: vivid_light,
    BlendMode.LINEAR_LIGHT: linear_light,
    BlendMode.PIN_LIGHT: pin_light,
    BlendMode.EXCLUSION: exclusion,
    BlendMode.SUBTRACT: subtract,
    BlendMode.DIVIDE: divide,
    BlendMode.HUE: hue,
    BlendMode.SATURATION: saturation,
    BlendMode.COLOR: color,
    BlendMode.LUMINOSITY: luminosity,
}
"""The modes that aren't left to QPainter."""
