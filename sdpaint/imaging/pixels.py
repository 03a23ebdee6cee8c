"""Conversions between the document's premultiplied BGRA pixels and the straight RGB(A) of files and engines."""

from __future__ import annotations

import numpy as np

from sdpaint.imaging.tiles import Pixels


def premultiplied_from_rgba(rgba: Pixels) -> Pixels:
    """(h, w, 4) straight RGBA → premultiplied BGRA, rounded to nearest.

    Converting there and back and there again gives the same bytes: un-premultiplying is off by less than the half
    level that premultiplying rounds away.
    """
    alpha = rgba[..., 3:4].astype(np.uint16)
    result = np.empty_like(rgba)
    result[..., :3] = (rgba[..., 2::-1].astype(np.uint16) * alpha + 127) // 255
    result[..., 3] = rgba[..., 3]
    return result


def premultiplied_from_rgb(rgb: Pixels) -> Pixels:
    """(h, w, 3) opaque RGB → premultiplied BGRA."""
    result = np.empty((*rgb.shape[:2], 4), np.uint8)
    result[..., :3] = rgb[..., ::-1]
    result[..., 3] = 255
    return result


def rgba_from_premultiplied(bgra: Pixels) -> Pixels:
    """(h, w, 4) premultiplied BGRA → straight RGBA; transparent pixels come out as zeros."""
    alpha = bgra[..., 3:4].astype(np.uint32)
    safe = np.maximum(alpha, 1)
    result = np.empty_like(bgra)
    result[..., :3] = np.minimum(255, (bgra[..., 2::-1].astype(np.uint32) * 255 + safe // 2) // safe)
    result[..., 3] = bgra[..., 3]
    return result


def rgb_over(bgra: Pixels, paper: tuple[int, int, int] = (255, 255, 255)) -> Pixels:
    """(h, w, 4) premultiplied BGRA laid on opaque paper → (h, w, 3) RGB."""
    rest = 255 - bgra[..., 3:4].astype(np.uint16)
    behind = (rest * np.array(paper, np.uint16) + 127) // 255
    result: Pixels = np.minimum(255, bgra[..., 2::-1].astype(np.uint16) + behind).astype(np.uint8)
    return result
