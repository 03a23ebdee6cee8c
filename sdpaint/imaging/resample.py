"""Resampling whole pictures and masks."""

from __future__ import annotations

from typing import TypeVar, cast

import cv2
import numpy as np

from sdpaint.imaging.geometry import Size
from sdpaint.imaging.tiles import Pixels, full_of

AnyPixels = TypeVar("AnyPixels", bound=Pixels)


def resized(pixels: AnyPixels, size: Size) -> AnyPixels:
    """The picture or mask at another size: area averages on the way down, Lanczos up (masks linearly: no overshoot)."""
    height, width = pixels.shape[:2]
    if (width, height) == (size.width, size.height):
        return pixels
    target = (size.width, size.height)
    if size.width * size.height <= width * height:
        return cast(AnyPixels, cv2.resize(pixels, target, interpolation=cv2.INTER_AREA))
    if pixels.ndim == 2:
        return cast(AnyPixels, cv2.resize(pixels, target, interpolation=cv2.INTER_LINEAR))
    # In float32: on bytes OpenCV's Lanczos weights don't add up to one, and a flat colour would shift by a level.
    larger = cv2.resize(pixels.astype(np.float32), target, interpolation=cv2.INTER_LANCZOS4)
    return cast(AnyPixels, np.asarray(np.clip(np.rint(larger), 0, full_of(pixels)), pixels.dtype))
