"""Prefill: what the engine finds under the mask before it starts.

Below full strength some of it shines through, in colours and masses. What is to be replaced had better be gone then,
and ground that isn't there yet (outpainting) had better look like a continuation of what is.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from sdpaint.generation.request import MaskFill
from sdpaint.imaging.exemplar import exemplar_fill
from sdpaint.imaging.masks import distance_to, inside_of
from sdpaint.imaging.spread import spread
from sdpaint.imaging.tiles import Pixels8

FALLOFF_PX = 9
"""Over so many pixels, inside the mask, the fill sets in."""
REPLACING_FROM = 0.85
"""At this strength and above, what lies under the mask is meant to go."""
REMOVING = (MaskFill.REMOVE, MaskFill.REMOVE_REFINED)
REMOVE_STRENGTH = 0.3
"""Of removing: what was copied from around is to be joined, not made anew, and needs no prompt."""
_EDGE_PX = 2
"""By so much more than the mask is removed: the soft edge of a thing would show as its outline."""
_GROUND_SIGMA = 0.12
"""Of the blur of a new background, as a share of the picture."""
_NEUTRAL = 128
_BORDER_SIDE_PX = 192
"""Navier–Stokes runs at this size: its front walks pixel by pixel, and what it finds is smooth."""
_BORDER_RADIUS_PX = 5
_NOISE_CELL_PX = 8
_NOISE_DEVIATION = 64.0


def resolve_fill(fill: MaskFill, strength: float, is_expanding: bool) -> MaskFill:
    """The fill that AUTOMATIC stands for: the intent as strength and mode say it."""
    if fill is not MaskFill.AUTOMATIC:
        return fill
    if is_expanding:
        return MaskFill.BORDER
    return MaskFill.BLUR if strength >= REPLACING_FROM else MaskFill.ORIGINAL


def prefill(
    image: Pixels8, mask: Pixels8, fill: MaskFill, seed: int, missing: NDArray[np.bool_] | None = None
) -> Pixels8:
    """`image` (h, w, 3) RGB with what `mask` (h, w) marks filled.

    Of a soft mask, half coverage and less keeps what is there: a little change is asked for, not another content.
    `missing` (h, w) marks where there is no picture yet: filled wholly, and never taken as a source. The same seed
    gives the same noise. `fill` is resolved: AUTOMATIC is a ValueError.
    """
    if fill is MaskFill.AUTOMATIC:
        raise ValueError("which fill is meant must have been decided")
    weight = _removing(mask) if fill in REMOVING else _weight(mask)
    if missing is not None:
        weight = np.maximum(weight, missing)
    if not weight.any() or (fill is MaskFill.ORIGINAL and missing is None):
        return image
    if fill is MaskFill.ORIGINAL:
        weight = np.asarray(missing, np.float32)
        fill = MaskFill.BORDER
    filled = _filled(image, weight > 0, fill, seed)
    mixed = image + (filled - image) * weight[..., None]
    return np.asarray(np.clip(np.rint(mixed), 0, 255), np.uint8)


def _weight(mask: Pixels8) -> NDArray[np.float32]:
    meant: NDArray[np.float32] = np.clip(mask.astype(np.float32) / np.float32(127.5) - 1.0, 0.0, 1.0, dtype=np.float32)
    inside = mask < 128
    if not inside.any():
        return meant
    depth = distance_to(inside)
    return np.asarray(meant * np.clip((depth - 0.5) / FALLOFF_PX, 0.0, 1.0), np.float32)


def _removing(mask: Pixels8) -> NDArray[np.float32]:
    """No falloff: what lies there, soft edges too, is to go."""
    inside = inside_of(mask)
    return (distance_to(inside) <= _EDGE_PX).astype(np.float32) if mask.any() else np.zeros(mask.shape, np.float32)


def _filled(image: Pixels8, hole: NDArray[np.bool_], fill: MaskFill, seed: int) -> NDArray[np.float32]:
    if fill is MaskFill.NEUTRAL:
        return np.full(image.shape, _NEUTRAL, np.float32)
    if fill is MaskFill.NOISE:
        return _noise(image.shape[0], image.shape[1], seed)
    if bool(hole.all()):
        return np.full(image.shape, _NEUTRAL, np.float32)
    if fill in REMOVING:
        return exemplar_fill(image, hole, seed).astype(np.float32)
    if fill is MaskFill.TELEA:
        return _inpainted(image, hole, cv2.INPAINT_TELEA)
    if fill is MaskFill.BACKGROUND:
        return _ground(image)
    if fill is MaskFill.BLUR:
        return spread(image.astype(np.float32), ~hole)
    return _extended(image, hole)


def _noise(height: int, width: int, seed: int) -> NDArray[np.float32]:
    """Cells of random colour, of the size of a latent pixel: finer noise would come out of the encoder as grey."""
    rng = np.random.default_rng(seed)
    rows, columns = -(-height // _NOISE_CELL_PX), -(-width // _NOISE_CELL_PX)
    cells = rng.normal(_NEUTRAL, _NOISE_DEVIATION, (rows, columns, 3)).astype(np.float32)
    whole = cells.repeat(_NOISE_CELL_PX, axis=0).repeat(_NOISE_CELL_PX, axis=1)
    return np.clip(whole[:height, :width], 0.0, 255.0)


def _ground(image: Pixels8) -> NDArray[np.float32]:
    """Light and dark as they are spread over the picture, in grey: no colour and no shape of the old background."""
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY).astype(np.float32)
    broad = cv2.GaussianBlur(grey, (0, 0), max(1.0, _GROUND_SIGMA * max(grey.shape)))
    return np.asarray(np.repeat(broad[..., None], 3, axis=2), np.float32)


def _extended(image: Pixels8, hole: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Navier–Stokes carries lines on into the hole."""
    return _inpainted(image, hole, cv2.INPAINT_NS)


def _inpainted(image: Pixels8, hole: NDArray[np.bool_], method: int) -> NDArray[np.float32]:
    """What OpenCV's way finds, smoothed, more the farther from what is known."""
    height, width = hole.shape
    scale = min(1.0, _BORDER_SIDE_PX / max(height, width))
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    # The hole's edge is mixed with nothing from inside: known colours are averaged among themselves only.
    known = (~hole).astype(np.float32)
    small_known = cv2.resize(known, size, interpolation=cv2.INTER_AREA)
    small = cv2.resize(image * known[..., None], size, interpolation=cv2.INTER_AREA)
    small = small / np.maximum(small_known, 1e-6)[..., None]
    small_hole = np.where(small_known < 0.5, 255, 0).astype(np.uint8)
    source = np.clip(np.rint(small), 0, 255).astype(np.uint8)
    found = cv2.inpaint(source, small_hole, _BORDER_RADIUS_PX, method).astype(np.float32)
    near, far = (cv2.GaussianBlur(found, (0, 0), sigma) for sigma in (1.5, 8.0))
    depth = distance_to(small_hole == 0)[..., None]
    soft = near + (far - near) * np.clip(depth / 32.0, 0.0, 1.0)
    return np.asarray(cv2.resize(soft, (width, height), interpolation=cv2.INTER_CUBIC), np.float32)
