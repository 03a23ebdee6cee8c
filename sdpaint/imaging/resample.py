"""Resampling whole pictures and masks."""

from __future__ import annotations

import cv2
import numpy as np

from sdpaint.imaging.geometry import Size
from sdpaint.imaging.tiles import Pixels


def resized(pixels: Pixels, size: Size) -> Pixels:
    """The picture or mask at another size: area averages on the way down, Lanczos up (masks linearly: no overshoot)."""
    height, width = pixels.shape[:2]
    if (width, height) == (size.width, size.height):
        return pixels
    target = (size.width, size.height)
    if size.width * size.height <= width * height:
        return np.asarray(cv2.resize(pixels, target, interpolation=cv2.INTER_AREA), np.uint8)
    if pixels.ndim == 2:
        return np.asarray(cv2.resize(pixels, target, interpolation=cv2.INTER_LINEAR), np.uint8)
    # In float32: on bytes OpenCV's Lanczos weights don't add up to one, and a flat colour would shift by a level.
    larger = cv2.resize(pixels.astype(np.float32), target, interpolation=cv2.INTER_LANCZOS4)
    return np.asarray(np.clip(np.rint(larger), 0, 255), np.uint8)
