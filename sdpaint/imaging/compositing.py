"""Blending in numpy: what QPainter's composition modes don't do, or do by another formula than painting programs.

All pictures are premultiplied BGRA (h, w, 4), of 8 or 16 bits a channel, both of a pair alike; coverage is uint8. The
formulas are those of W3C Compositing and Blending Level 1: where αs and αb are the alphas of source and backdrop, cs
and cb their straight colours, and B(cb, cs) the blend mode,

    co = αs·(1 − αb)·cs + αb·(1 − αs)·cb + αs·αb·B(cb, cs)        αo = αs + αb − αs·αb
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import cv2
import numpy as np
from numpy.typing import NDArray

from sdpaint.imaging.blend import BlendMode
from sdpaint.imaging.tiles import Pixels, full_of

Floats = NDArray[np.float32]
_TINY = np.float32(1e-6)
_ROWS = 32
"""Float arithmetic goes in strips of so many rows, which stay in the processor's cache."""


def blend_onto(target: Pixels, source: Pixels, blend: Callable[[Floats, Floats], Floats], opacity: float = 1.0) -> None:
    """Lay `source` onto `target`, in place, by B(cb, cs): of straight colours, planes (3, h, w) of blue, green and red,
    0…1.

    At 8 bits straight colours are levels, as they are in programs that keep them so: Divide makes much of the parts of
    a level that premultiplied colours have lost.
    """
    full = full_of(target)
    for top in range(0, target.shape[0], _ROWS):
        rows = slice(top, top + _ROWS)
        below, above = _planes(target[rows], 1.0), _planes(source[rows], opacity)
        alpha_b, alpha_s = below[3], above[3]
        colors_b = np.minimum(below[:3] / np.maximum(alpha_b, _TINY), 1)
        colors_s = np.minimum(above[:3] / np.maximum(alpha_s, _TINY), 1)
        if full == 255:
            for colors in (colors_b, colors_s):
                colors *= np.float32(255)
                np.rint(colors, out=colors)
                colors /= np.float32(255)
        result = below + above * (1 - alpha_b)
        result[:3] += alpha_s * alpha_b * blend(colors_b, colors_s) - alpha_s * below[:3]
        np.clip(result, 0, 1, out=result)
        result *= np.float32(full)
        result += np.float32(0.5)
        target[rows] = cv2.merge(list(result.astype(target.dtype)))


def _planes(pixels: Pixels, scale: float) -> Floats:
    """(4, h, w): with the channels apart, numpy has long rows to work on, which is several times as quick."""
    planes = np.stack(cv2.split(pixels)).astype(np.float32)
    planes *= np.float32(scale / full_of(pixels))
    return planes


def times(pixels: Pixels, share: Pixels) -> Pixels:
    """Premultiplied pixels (h, w, 4) times coverage (h, w), rounded to nearest: a new array."""
    if pixels.dtype != np.uint8:
        share = share.astype(np.uint16)
    return np.asarray(cv2.multiply(pixels, cv2.merge([share] * 4), scale=1 / 255), pixels.dtype)


def cut_to(pixels: Pixels, alpha: Pixels) -> Pixels:
    """Opaque pixels (h, w, 4) given an alpha (h, w) of their own depth, premultiplied: a new array."""
    return np.asarray(cv2.multiply(pixels, cv2.merge([alpha] * 4), scale=1 / full_of(pixels)), pixels.dtype)


def mixed(before: Pixels, after: Pixels, share: Pixels | None, opacity: float = 1.0) -> Pixels:
    """From one picture to the other by coverage (h, w) times opacity: a new array, whose ends are exact."""
    if before.dtype != np.uint8:
        return _mixed_deep(before, after, share, opacity)
    weight: Pixels
    if share is None:
        weight = np.full(before.shape[:2], round(opacity * 255), np.uint8)
    elif opacity == 1.0:
        weight = share
    else:
        weight = np.asarray(cv2.convertScaleAbs(share, alpha=opacity), np.uint8)
    wide = cv2.merge([weight] * 4).astype(np.uint16)
    result = before * (255 - wide) + after * wide
    return np.asarray((result + 127) // 255, np.uint8)


def _mixed_deep(before: Pixels, after: Pixels, share: Pixels | None, opacity: float) -> Pixels:
    weight: Floats | np.float32 = np.float32(opacity)
    if share is not None:
        weight = (share * np.float32(opacity / 255))[..., None]
    start = before.astype(np.float32)
    return np.asarray(start + (after - start) * weight + np.float32(0.5), before.dtype)


def straight_opaque(pixels: Pixels) -> Pixels:
    """The straight colours at full alpha; black where nothing is: a new array."""
    alpha = cv2.extractChannel(pixels, 3)
    result = np.asarray(cv2.divide(pixels, cv2.merge([alpha] * 4), scale=full_of(pixels)), pixels.dtype)
    result[..., 3] = full_of(pixels)
    return result


# ------------------------------------------------------------------------------------------------- blend functions


def dodge(cb: Floats, cs: Floats) -> Floats:
    """Colour dodge."""
    bright = np.minimum(1, cb / np.maximum(1 - cs, _TINY))
    return np.where(cb <= 0, np.float32(0), bright)


def burn(cb: Floats, cs: Floats) -> Floats:
    """Colour burn."""
    dark = 1 - np.minimum(1, (1 - cb) / np.maximum(cs, _TINY))
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
    share = np.minimum(1, cb / np.maximum(cs, _TINY))
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
    blue, green, red = color
    return np.asarray(np.float32(0.3) * red + np.float32(0.59) * green + np.float32(0.11) * blue)


def _clip_color(color: Floats) -> Floats:
    lum = _lum(color)
    low, high = color.min(axis=0), color.max(axis=0)
    color = np.where(low < 0, lum + (color - lum) * lum / np.maximum(lum - low, _TINY), color)
    return np.where(high > 1, lum + (color - lum) * (1 - lum) / np.maximum(high - lum, _TINY), color)


def _set_lum(color: Floats, lum: Floats) -> Floats:
    return _clip_color(color + (lum - _lum(color)))


def _sat(color: Floats) -> Floats:
    return np.asarray(color.max(axis=0) - color.min(axis=0))


def _set_sat(color: Floats, sat: Floats) -> Floats:
    low = color.min(axis=0)
    span = color.max(axis=0) - low
    return np.where(span > 0, (color - low) * sat / np.maximum(span, _TINY), np.float32(0))


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
