"""Filters: what a pixel becomes by its neighbours. Blurs, sharpening, noise, blocks, edges.

All take and give premultiplied BGRA (h, w, 4) of 8 or 16 bits a channel; beyond its edge the picture is taken to go on
as it ends, so that no dark fringe comes in. Blurs work on premultiplied colours, where a transparent pixel weighs
nothing. Whatever works on the colours of solid things (sharpening, noise, edges) leaves alpha alone.
"""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from sdpaint.imaging.adjustments import adjusted, luma
from sdpaint.imaging.pixels import premultiplied_from_rgba, rgba_from_premultiplied
from sdpaint.imaging.tiles import TILE_SIZE, Pixels, full_of

_LARGE_SIGMA = 12.0
"""From here on a Gaussian is computed on a smaller copy: nothing finer is left in it."""


def gaussian_blur(pixels: Pixels, radius_px: float) -> Pixels:
    """`radius_px` is the standard deviation."""
    if radius_px <= 0:
        return pixels.copy()
    if radius_px <= _LARGE_SIGMA:
        blurred = cv2.GaussianBlur(pixels, (0, 0), radius_px, borderType=cv2.BORDER_REPLICATE)
        return _valid(np.asarray(blurred, pixels.dtype))
    height, width = pixels.shape[:2]
    share = _LARGE_SIGMA / 2 / radius_px
    small_size = (max(1, round(width * share)), max(1, round(height * share)))
    small = cv2.resize(pixels, small_size, interpolation=cv2.INTER_AREA).astype(np.float32)
    blurred = cv2.GaussianBlur(
        small,
        (0, 0),
        radius_px * small_size[0] / width,
        sigmaY=radius_px * small_size[1] / height,
        borderType=cv2.BORDER_REPLICATE,
    )
    if pixels.dtype != np.uint8:
        grown = cv2.resize(np.asarray(blurred, np.float32), (width, height), interpolation=cv2.INTER_LINEAR)
        return _valid(np.asarray(np.rint(grown), pixels.dtype))
    # 16 bits while it grows again, or it would show steps.
    fine = np.rint(np.asarray(blurred, np.float32) * 256).astype(np.uint16)
    large = cv2.resize(fine, (width, height), interpolation=cv2.INTER_LINEAR)
    return _valid(np.asarray(cv2.convertScaleAbs(large, alpha=1 / 256), np.uint8))


def gaussian_reach(radius_px: float) -> int:
    """How many pixels away the result can be felt."""
    return math.ceil(3 * radius_px) + (1 if radius_px <= _LARGE_SIGMA else math.ceil(radius_px))


def box_blur(pixels: Pixels, radius_px: int) -> Pixels:
    """The mean of a square of 2 · radius + 1 pixels a side."""
    if radius_px <= 0:
        return pixels.copy()
    side = 2 * radius_px + 1
    return _valid(np.asarray(cv2.blur(pixels, (side, side), borderType=cv2.BORDER_REPLICATE), pixels.dtype))


def motion_blur(pixels: Pixels, length_px: float, angle: float) -> Pixels:
    """The mean along a line of this length, centred; `angle` in degrees, counted against the clock."""
    if length_px <= 0:
        return pixels.copy()
    blurred = cv2.filter2D(pixels, -1, _line(length_px, angle), borderType=cv2.BORDER_REPLICATE)
    return _valid(np.asarray(blurred, pixels.dtype))


def _line(length_px: float, angle: float) -> NDArray[np.float32]:
    """A smooth line through the middle of a square, of sum 1."""
    half = math.ceil(length_px / 2) + 1
    dx, dy = math.cos(math.radians(angle)), -math.sin(math.radians(angle))
    y, x = np.mgrid[-half : half + 1, -half : half + 1].astype(np.float32)
    along, across = x * dx + y * dy, -x * dy + y * dx
    kernel = np.clip(length_px / 2 + 0.5 - np.abs(along), 0, 1) * np.clip(1 - np.abs(across), 0, 1)
    return np.asarray(kernel / kernel.sum(), np.float32)


def sharpen(pixels: Pixels, amount: float, radius_px: float) -> Pixels:
    """Unsharp mask: what a blur of this radius would take away, added `amount` times."""
    if amount <= 0 or radius_px <= 0:
        return pixels.copy()
    result = pixels.copy()
    # Both as straight colours: the edge of a shape isn't an edge of its colour.
    colors, alpha = pixels[..., :3].astype(np.float32), pixels[..., 3:].astype(np.float32)
    soft = gaussian_blur(pixels, radius_px).astype(np.float32)
    straight = colors / np.maximum(alpha, 1)
    around = soft[..., :3] / np.maximum(soft[..., 3:], 1)
    sharp = np.clip(straight + amount * (straight - around), 0, 1) * alpha
    result[..., :3] = np.rint(sharp)
    return result


def add_noise(pixels: Pixels, amount: float, is_grey: bool, seed: int, origin: tuple[int, int] = (0, 0)) -> Pixels:
    """Gaussian noise; `amount` is its standard deviation, 1 for the whole range. `origin` is the first pixel's place.

    Each place of the canvas has the noise of its seed, whatever part is asked for.
    """
    if amount <= 0:
        return pixels.copy()
    noise = _noise_at(origin, pixels.shape[1], pixels.shape[0], 1 if is_grey else 3, seed)
    result = np.empty_like(pixels)
    for top in range(0, pixels.shape[0], TILE_SIZE):
        rows = slice(top, top + TILE_SIZE)

        def change(rgb: Pixels, rows: slice = rows) -> Pixels:
            values = rgb.astype(np.float32) + noise[rows] * np.float32(amount * full_of(rgb))
            return np.asarray(np.rint(np.clip(values, 0, full_of(rgb))), rgb.dtype)

        result[rows] = adjusted(pixels[rows], change)
    return result


def _noise_at(origin: tuple[int, int], width: int, height: int, channels: int, seed: int) -> NDArray[np.float32]:
    left, top = origin
    result = np.empty((height, width, channels), np.float32)
    for row in range(top // TILE_SIZE, -(-(top + height) // TILE_SIZE)):
        for column in range(left // TILE_SIZE, -(-(left + width) // TILE_SIZE)):
            random = np.random.default_rng((seed, column & 0xFFFFFFFF, row & 0xFFFFFFFF))
            tile = random.standard_normal((TILE_SIZE, TILE_SIZE, channels), np.float32)
            y, x = row * TILE_SIZE - top, column * TILE_SIZE - left
            y0, y1 = max(0, y), min(height, y + TILE_SIZE)
            x0, x1 = max(0, x), min(width, x + TILE_SIZE)
            result[y0:y1, x0:x1] = tile[y0 - y : y1 - y, x0 - x : x1 - x]
    return result


def denoise(pixels: Pixels, strength: float, radius_px: int) -> Pixels:
    """Smooths what differs little from its neighbours and keeps edges (bilateral). `strength` 0…1."""
    if strength <= 0 or radius_px <= 0:
        return pixels.copy()
    result = pixels.copy()
    colors: Pixels | NDArray[np.float32] = np.ascontiguousarray(pixels[..., :3])
    if pixels.dtype != np.uint8:
        # OpenCV has this filter for bytes and for floats.
        colors = colors * np.float32(1 / 257)
    smooth = cv2.bilateralFilter(
        colors, 2 * radius_px + 1, strength * 100, radius_px / 1.5, borderType=cv2.BORDER_REPLICATE
    )
    # Where it is half transparent, neighbours of another alpha would change the colour.
    solid = pixels[..., 3] == full_of(pixels)
    if pixels.dtype == np.uint8:
        result[solid, :3] = smooth[solid]
    else:
        result[solid, :3] = np.rint(np.clip(smooth[solid] * np.float32(257), 0, 65535))
    return result


def pixelate(pixels: Pixels, block_px: int, origin: tuple[int, int] = (0, 0)) -> Pixels:
    """Blocks of their mean, on a grid from the canvas's corner. `origin` is the place of the first pixel."""
    if block_px <= 1:
        return pixels.copy()
    ys = _block_starts(origin[1], pixels.shape[0], block_px)
    xs = _block_starts(origin[0], pixels.shape[1], block_px)
    sums = np.add.reduceat(np.add.reduceat(pixels, ys, axis=0, dtype=np.uint64), xs, axis=1)
    heights, widths = np.diff([*ys, pixels.shape[0]]), np.diff([*xs, pixels.shape[1]])
    counts = (heights[:, None] * widths[None])[..., None].astype(np.uint64)
    means = ((sums + counts // 2) // counts).astype(pixels.dtype)
    return np.repeat(np.repeat(means, heights, axis=0), widths, axis=1)


def _block_starts(origin: int, count: int, block_px: int) -> list[int]:
    first = -origin % block_px
    return sorted({0, *range(first, count, block_px)})


def find_edges(pixels: Pixels, amount: float, dark_lines: bool) -> Pixels:
    """How steeply the lightness changes (Sobel), as light lines on black or dark ones on white."""

    def change(rgb: Pixels) -> Pixels:
        grey = luma(rgb)
        dx = cv2.Sobel(grey, cv2.CV_32F, 1, 0, borderType=cv2.BORDER_REPLICATE)
        dy = cv2.Sobel(grey, cv2.CV_32F, 0, 1, borderType=cv2.BORDER_REPLICATE)
        edges = np.clip(np.hypot(dx, dy) * (amount / 4), 0, 255)
        levels = (255 - edges if dark_lines else edges) * (full_of(rgb) / 255)
        lines = np.rint(levels).astype(rgb.dtype)
        return np.repeat(lines[..., None], 3, axis=2)

    # In one piece: a strip has no neighbours beyond its edge.
    rgba = rgba_from_premultiplied(np.ascontiguousarray(pixels))
    rgba[..., :3] = change(np.ascontiguousarray(rgba[..., :3]))
    return premultiplied_from_rgba(rgba)


def _valid(pixels: Pixels) -> Pixels:
    """No colour above its alpha: rounding may leave one a level too high."""
    alpha = pixels[..., 3:]
    np.minimum(pixels[..., :3], alpha, out=pixels[..., :3])
    return pixels
