"""Conversions between the document's premultiplied BGRA pixels and the straight RGB(A) of files and engines.

What goes in at 8 or 16 bits a channel comes out so, but for what is made for engines and masks: that has 8.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from sdpaint.imaging.color import Color
from sdpaint.imaging.tiles import Pixels, Pixels8, full_of

_Wide = NDArray[np.uint32]

_BAND_PIXELS = 1 << 16


def premultiplied_from_rgba(rgba: Pixels) -> Pixels:
    """(h, w, 4) straight RGBA → premultiplied BGRA, rounded to nearest.

    Converting there and back and there again gives the same bytes: un-premultiplying is off by less than the half
    level that premultiplying rounds away.
    """
    result = np.asarray(cv2.cvtColor(rgba, cv2.COLOR_RGBA2BGRA), rgba.dtype)
    if result.dtype != np.uint8:
        return _each_deep_band(result, lambda color, alpha: (color * alpha + 32767) // 65535)
    _map_translucent(result, _PREMULTIPLIED)
    return result


def _each_deep_band(pixels: Pixels, change: Callable[[_Wide, _Wide], _Wide]) -> Pixels:
    """The colours (n, 3) of translucent pixels changed by their alpha (n, 1), in place; transparent ones cleared."""
    rows = max(1, _BAND_PIXELS // max(1, pixels.shape[1]))
    for start in range(0, len(pixels), rows):
        band = pixels[start : start + rows]
        alpha = band[..., 3]
        band[alpha == 0] = 0
        some = (alpha != 65535) & (alpha != 0)
        if some.any():
            found = band[some].astype(np.uint32)
            band[some, :3] = np.minimum(change(found[:, :3], found[:, 3:]), 65535)
    return pixels


def _tables() -> tuple[Pixels8, Pixels8]:
    """Channel values by 256 · alpha + value: premultiplied, and straight again."""
    alpha, value = np.meshgrid(np.arange(256), np.arange(256), indexing="ij")
    premultiplied = (value * alpha + 127) // 255
    straight = np.minimum(255, (value * 255 + alpha // 2) // np.maximum(alpha, 1))
    return premultiplied.astype(np.uint8).ravel(), straight.astype(np.uint8).ravel()


_PREMULTIPLIED, _STRAIGHT = _tables()



def _map_translucent(pixels: Pixels, table: Pixels8) -> None:
    """Look the colours of translucent pixels up in a table, in place.

    Band by band: what fits into the cache is five times as quick, and other threads get their turn between the bands.
    """
    rows = max(1, _BAND_PIXELS // max(1, pixels.shape[1]))
    for start in range(0, len(pixels), rows):
        band = pixels[start : start + rows]
        some, colors, alpha = _translucent(band)
        band[some, :3] = table.take(alpha * 256 + colors)


def _translucent(pixels: Pixels) -> tuple[NDArray[np.bool_], NDArray[np.uint16], NDArray[np.uint16]]:
    """(which pixels (h, w) are neither opaque nor clear, their colours (n, 3), their alpha (n, 1)).

    Only they need arithmetic, and in most pictures they are few. Clears the colour of what is transparent.
    """
    alpha = pixels[..., 3]
    whole = pixels.view(np.uint32)[..., 0]
    np.multiply(whole, alpha != 0, out=whole)
    some = (alpha != 255) & (alpha != 0)
    found = pixels[some].astype(np.uint16)
    return some, found[:, :3], found[:, 3:]


def premultiplied_from_rgb(rgb: Pixels) -> Pixels:
    """(h, w, 3) opaque RGB → premultiplied BGRA."""
    result = np.empty((*rgb.shape[:2], 4), rgb.dtype)
    result[..., :3] = rgb[..., ::-1]
    result[..., 3] = full_of(rgb)
    return result


def rgba_from_premultiplied(bgra: Pixels) -> Pixels:
    """(h, w, 4) premultiplied BGRA → straight RGBA; transparent pixels come out as zeros."""
    result = np.asarray(cv2.cvtColor(bgra, cv2.COLOR_BGRA2RGBA), bgra.dtype)
    if result.dtype != np.uint8:
        # The largest numerator, 65535² and half an alpha, just fits into 32 bits.
        return _each_deep_band(result, lambda color, alpha: (color * 65535 + alpha // 2) // alpha)
    _map_translucent(result, _STRAIGHT)
    return result


def color_of_pixel(pixel: Pixels) -> Color | None:
    """The opaque form of one premultiplied pixel (4,) of either depth; None where nothing is."""
    red, green, blue, alpha = rgba_from_premultiplied(pixel[None, None])[0, 0].tolist()
    if not alpha:
        return None
    return Color(red, green, blue) if pixel.dtype == np.uint8 else Color.from_deep(red, green, blue)


def rgb_over(bgra: Pixels, paper: tuple[int, int, int] = (255, 255, 255)) -> Pixels8:
    """(h, w, 4) premultiplied BGRA laid on opaque paper → (h, w, 3) RGB of 8 bits, rounded once."""
    if bgra.dtype != np.uint8:
        clear = 65535 - bgra[..., 3:4].astype(np.uint32)
        laid = bgra[..., 2::-1] + (clear * np.array(paper, np.uint32) + 127) // 255
        return np.asarray((np.minimum(65535, laid) + 128) // 257, np.uint8)
    rest = 255 - bgra[..., 3:4].astype(np.uint16)
    behind = (rest * np.array(paper, np.uint16) + 127) // 255
    result: Pixels8 = np.minimum(255, bgra[..., 2::-1].astype(np.uint16) + behind).astype(np.uint8)
    return result


def grey_pixels(values: Pixels) -> Pixels:
    """Coverage (h, w) as opaque grey, (h, w, 4) premultiplied BGRA: how a mask is looked at and filtered."""
    result = np.full((*values.shape, 4), 255, np.uint8)
    result[..., :3] = values[..., None]
    return result


def values_of_grey(pixels: Pixels) -> Pixels:
    """The lightness (h, w), 0…255, of opaque pixels, (h, w, 4) BGRA: Rec. 709. Grey gives itself."""
    weights = np.array([0.0722, 0.7152, 0.2126], np.float32) * np.float32(255 / full_of(pixels))
    return np.asarray(np.rint(pixels[..., :3].astype(np.float32) @ weights), np.uint8)


def digest_of(pixels: Pixels8) -> str:
    """By which the same pixels are known again."""
    return hashlib.blake2b(np.ascontiguousarray(pixels).data, digest_size=16).hexdigest()
