"""Conversions between the document's premultiplied BGRA pixels and the straight RGB(A) of files and engines."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from sdpaint.imaging.tiles import Pixels


def premultiplied_from_rgba(rgba: Pixels) -> Pixels:
    """(h, w, 4) straight RGBA → premultiplied BGRA, rounded to nearest.

    Converting there and back and there again gives the same bytes: un-premultiplying is off by less than the half
    level that premultiplying rounds away.
    """
    result = np.asarray(cv2.cvtColor(rgba, cv2.COLOR_RGBA2BGRA), np.uint8)
    _map_translucent(result, _PREMULTIPLIED)
    return result


def _tables() -> tuple[Pixels, Pixels]:
    """Channel values by 256 · alpha + value: premultiplied, and straight again."""
    alpha, value = np.meshgrid(np.arange(256), np.arange(256), indexing="ij")
    premultiplied = (value * alpha + 127) // 255
    straight = np.minimum(255, (value * 255 + alpha // 2) // np.maximum(alpha, 1))
    return premultiplied.astype(np.uint8).ravel(), straight.astype(np.uint8).ravel()


_PREMULTIPLIED, _STRAIGHT = _tables()

_BAND_PIXELS = 1 << 16


def _map_translucent(pixels: Pixels, table: Pixels) -> None:
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
    result = np.empty((*rgb.shape[:2], 4), np.uint8)
    result[..., :3] = rgb[..., ::-1]
    result[..., 3] = 255
    return result


def rgba_from_premultiplied(bgra: Pixels) -> Pixels:
    """(h, w, 4) premultiplied BGRA → straight RGBA; transparent pixels come out as zeros."""
    result = np.asarray(cv2.cvtColor(bgra, cv2.COLOR_BGRA2RGBA), np.uint8)
    _map_translucent(result, _STRAIGHT)
    return result


def rgb_over(bgra: Pixels, paper: tuple[int, int, int] = (255, 255, 255)) -> Pixels:
    """(h, w, 4) premultiplied BGRA laid on opaque paper → (h, w, 3) RGB."""
    rest = 255 - bgra[..., 3:4].astype(np.uint16)
    behind = (rest * np.array(paper, np.uint16) + 127) // 255
    result: Pixels = np.minimum(255, bgra[..., 2::-1].astype(np.uint16) + behind).astype(np.uint8)
    return result


def grey_pixels(values: Pixels) -> Pixels:
    """Coverage (h, w) as opaque grey, (h, w, 4) premultiplied BGRA: how a mask is looked at and filtered."""
    result = np.full((*values.shape, 4), 255, np.uint8)
    result[..., :3] = values[..., None]
    return result


def values_of_grey(pixels: Pixels) -> Pixels:
    """The lightness (h, w) of opaque pixels, (h, w, 4) BGRA: Rec. 709. Grey gives itself."""
    weights = np.array([0.0722, 0.7152, 0.2126], np.float32)
    return np.asarray(np.rint(pixels[..., :3].astype(np.float32) @ weights), np.uint8)
