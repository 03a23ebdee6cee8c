"""Spreading known values into the unknown, softly."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

_SMOOTHING_PX = 1.5


def spread(values: NDArray[np.float32], known: NDArray[np.bool_]) -> NDArray[np.float32]:
    """`values` (h, w, channels) with those at unknown places taken from the known ones around; zeros without any.

    Pulled up a pyramid until all is known, and pushed down again: blurs of every width at once, each where the finer
    one has nothing to say. The time doesn't depend on the size of the holes.
    """
    height, width = known.shape
    if bool(known.all()):
        return values
    if max(height, width) == 1 or not known.any():
        return np.where(known[..., None], values, np.float32(0.0))
    half = (-(-width // 2), -(-height // 2))
    weight = known.astype(np.float32)
    small_weight = _reduced(weight, half)
    some = small_weight > 0.0
    small = _reduced(values * weight[..., None], half)
    small[some] /= small_weight[some][:, None]
    below = spread(small, some)
    larger = cv2.resize(below, (width, height), interpolation=cv2.INTER_LINEAR).reshape(values.shape)
    softer = cv2.GaussianBlur(larger, (0, 0), _SMOOTHING_PX).reshape(values.shape)
    return np.asarray(np.where(known[..., None], values, softer), np.float32)


def smoothed_among(values: NDArray[np.float32], known: NDArray[np.bool_], sigma_px: float) -> NDArray[np.float32]:
    """`values` (h, w, channels) blurred by a Gaussian that takes from known places only; zeros far from any."""
    weight = known.astype(np.float32)
    total = cv2.GaussianBlur(weight, (0, 0), sigma_px)
    summed = cv2.GaussianBlur(values * weight[..., None], (0, 0), sigma_px).reshape(values.shape)
    return np.asarray(summed / np.maximum(total, 1e-4)[..., None], np.float32)


def _reduced(values: NDArray[np.float32], size: tuple[int, int]) -> NDArray[np.float32]:
    reduced = cv2.resize(values, size, interpolation=cv2.INTER_AREA)
    shape = (size[1], size[0], *values.shape[2:])
    return np.asarray(reduced, np.float32).reshape(shape)
