"""OKLab (Ottosson 2020): a perceptual space, in which means and deviations of colours can be compared and matched."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sdpaint.imaging.tiles import Pixels8

_TO_LMS = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ],
    np.float32,
)
_TO_LAB = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ],
    np.float32,
)
_FROM_LMS = np.linalg.inv(_TO_LMS.astype(np.float64)).astype(np.float32)
_FROM_LAB = np.linalg.inv(_TO_LAB.astype(np.float64)).astype(np.float32)


def _linear_of(levels: NDArray[np.floating]) -> NDArray[np.float32]:
    linear = np.where(levels <= 0.04045, levels / 12.92, ((levels + 0.055) / 1.055) ** 2.4)
    return linear.astype(np.float32)


_LINEAR = _linear_of(np.arange(256) / 255.0)
_CODE_STEPS = 1 << 14
_CODES = np.searchsorted(  # linear light, finely divided, to the nearest sRGB byte
    _linear_of((np.arange(255) + 0.5) / 255.0), np.linspace(0.0, 1.0, _CODE_STEPS + 1)
).astype(np.uint8)


def oklab_of(rgb: Pixels8) -> NDArray[np.float32]:
    """(h, w, 3) or (n, 3) sRGB bytes → as many OKLab values: lightness 0…1, then green–red, then blue–yellow."""
    light = _LINEAR[rgb].reshape(-1, 3)
    lab = np.cbrt(light @ _TO_LMS.T) @ _TO_LAB.T
    return np.asarray(lab, np.float32).reshape(rgb.shape)


def rgb_of(lab: NDArray[np.float32]) -> Pixels8:
    """OKLab values → sRGB bytes of the same shape; what no screen can show is cut to what it can."""
    light = ((lab.reshape(-1, 3) @ _FROM_LAB.T) ** 3) @ _FROM_LMS.T
    steps = np.rint(np.clip(light, 0.0, 1.0) * _CODE_STEPS).astype(np.int32)
    return np.asarray(_CODES[steps], np.uint8).reshape(lab.shape)


def linear_of_oklab(lab: NDArray[np.float64]) -> NDArray[np.float64]:
    """(n, 3) OKLab values → linear sRGB, below 0 and above 1 where no screen can show it."""
    return np.asarray(((lab @ _FROM_LAB.T.astype(np.float64)) ** 3) @ _FROM_LMS.T.astype(np.float64), np.float64)
