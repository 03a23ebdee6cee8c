"""Preprocessors: from a picture to what a control network wants to see of it. OpenCV does the work.

Those of lines give black ink, premultiplied BGRA with the strength of a line as its alpha, as an artist would draw it;
the others an opaque picture. All take (h, w, 3) uint8 RGB.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from sdpaint.imaging.tiles import Pixels8


def canny(rgb: Pixels8, low: float, high: float) -> Pixels8:
    """Canny's edges (1986), a pixel wide; thresholds of the gradient, 0 to 255."""
    grey = cv2.GaussianBlur(_grey(rgb), (0, 0), 1.0)
    return _ink(np.asarray(cv2.Canny(grey, min(low, high), max(low, high), L2gradient=True), np.uint8))


def line_art(rgb: Pixels8, width_px: float, darkness: float) -> Pixels8:
    """Lines by extended differences of Gaussians (Winnemöller, Kyprianidis & Olsen 2012)."""
    grey = _grey(rgb).astype(np.float32) / 255.0
    fine = cv2.GaussianBlur(grey, (0, 0), width_px)
    broad = cv2.GaussianBlur(grey, (0, 0), width_px * 1.6)
    # What is darker than its surroundings, by a soft threshold.
    strength = np.tanh(np.clip((broad - fine) * (8.0 + 40.0 * darkness) - 0.05, 0.0, None) * 3.0)
    return _ink(np.rint(strength * 255).astype(np.uint8))


def soft_edges(rgb: Pixels8, radius_px: float) -> Pixels8:
    """Edges as broad slopes: the steepest of the three channels, at a scale."""
    blurred = cv2.GaussianBlur(rgb, (0, 0), radius_px).astype(np.float32)
    across = cv2.Sobel(blurred, cv2.CV_32F, 1, 0)
    down = cv2.Sobel(blurred, cv2.CV_32F, 0, 1)
    steepness = np.sqrt(across * across + down * down).max(axis=2) * radius_px
    return _ink(np.rint(255.0 * (1.0 - np.exp(-steepness / 160.0))).astype(np.uint8))


def scribble(rgb: Pixels8, detail: float, width_px: float) -> Pixels8:
    """A few thick strokes: the long edges of a blurred picture. `detail` 0 to 1."""
    grey = cv2.GaussianBlur(_grey(rgb), (0, 0), 1.5 + 4.0 * (1.0 - detail))
    thin = cv2.Canny(grey, 12 + 30 * (1.0 - detail), 30 + 70 * (1.0 - detail), L2gradient=True)
    count, places, facts, _ = cv2.connectedComponentsWithStats(thin, connectivity=8)
    least = (0.02 + 0.08 * (1.0 - detail)) * max(rgb.shape[:2])
    is_long = np.zeros(count, bool)
    is_long[1:] = facts[1:, cv2.CC_STAT_AREA] >= least
    lines = np.where(is_long[places], np.uint8(255), np.uint8(0))
    size = max(1, round(width_px))
    brush = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))
    return _ink(np.asarray(cv2.GaussianBlur(cv2.dilate(lines, brush), (0, 0), 0.7), np.uint8))


def normals(rgb: Pixels8, depth: float) -> Pixels8:
    """Normals of a depth map (light is near): x to the right in red, y upwards in green, towards us in blue."""
    height = cv2.GaussianBlur(_grey(rgb), (0, 0), 1.0).astype(np.float32) / 255.0
    across = -cv2.Sobel(height, cv2.CV_32F, 1, 0) * depth
    up = cv2.Sobel(height, cv2.CV_32F, 0, 1) * depth
    vectors = np.dstack([across, up, np.ones_like(across)])
    vectors /= np.linalg.norm(vectors, axis=2, keepdims=True)
    return _opaque(np.rint((vectors * 0.5 + 0.5) * 255).astype(np.uint8))


def blurred(rgb: Pixels8, shrinking: float) -> Pixels8:
    """The picture as if it had come from one so many times smaller."""
    height, width = rgb.shape[:2]
    small = (max(1, round(width / shrinking)), max(1, round(height / shrinking)))
    reduced = cv2.resize(rgb, small, interpolation=cv2.INTER_AREA)
    return _opaque(np.asarray(cv2.resize(reduced, (width, height), interpolation=cv2.INTER_CUBIC), np.uint8))


def color_grid(rgb: Pixels8, cell_px: float) -> Pixels8:
    """One colour for each cell of a grid."""
    height, width = rgb.shape[:2]
    cells = (max(1, round(width / cell_px)), max(1, round(height / cell_px)))
    reduced = cv2.resize(rgb, cells, interpolation=cv2.INTER_AREA)
    return _opaque(np.asarray(cv2.resize(reduced, (width, height), interpolation=cv2.INTER_NEAREST), np.uint8))


def as_it_is(rgb: Pixels8) -> Pixels8:
    """The picture itself: for those that are drawn or photographed as a network wants them."""
    return _opaque(rgb)


def _grey(rgb: Pixels8) -> NDArray[np.uint8]:
    return np.asarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY), np.uint8)


def _ink(strength: NDArray[np.uint8]) -> Pixels8:
    black = np.zeros_like(strength)
    return np.asarray(cv2.merge([black, black, black, strength]), np.uint8)


def _opaque(rgb: Pixels8) -> Pixels8:
    return np.asarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2BGRA), np.uint8)
