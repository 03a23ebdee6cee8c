"""What control layers give the engine: the part of each that a generation is about, at the size that is made."""

from __future__ import annotations

import cv2
import numpy as np

from sdpaint.document.control import ControlKind, shown_controls
from sdpaint.document.document import Document
from sdpaint.document.layers import Layer
from sdpaint.generation.controls import Control
from sdpaint.generation.crop import CropPlan
from sdpaint.imaging.compositing import times
from sdpaint.imaging.depth import rounded_8
from sdpaint.imaging.geometry import Rect
from sdpaint.imaging.pixels import rgb_over
from sdpaint.imaging.resample import resized
from sdpaint.imaging.tiles import Pixels8

_OVER_PICTURE = (ControlKind.TILE, ControlKind.COLOR, ControlKind.INPAINT)
"""Kinds that show a picture: where nothing is painted, it is the artist's own."""

_WHITE, _BLACK, _FACING = (255, 255, 255), (0, 0, 0), (128, 128, 255)


def controls_for(
    document: Document, plan: CropPlan, under: Pixels8, mask: Pixels8 | None
) -> tuple[Control, ...]:
    """The visible control layers that count, bottom to top.

    `under`: (h, w, 3) RGB of what the picture shows in the plan's region. `mask`: (h, w) of the plan's work size, what
    is made anew. A layer with nothing on it counts only where it shows the picture then.
    """
    found = []
    for layer in shown_controls(document.layers):
        settings = layer.control
        assert settings is not None
        shows_picture = settings.kind in _OVER_PICTURE
        if not settings.stretch.is_active or (layer.tiles.is_empty and not shows_picture):
            continue
        pixels = _read(layer, plan.region)
        if shows_picture:
            image = _laid_on(under, pixels)
        elif settings.kind.is_lines:
            image = np.subtract(255, rgb_over(pixels, _WHITE), dtype=np.uint8)
        else:
            image = rgb_over(pixels, _FACING if settings.kind is ControlKind.NORMAL else _BLACK)
        image = resized(image, plan.work_size)
        if settings.kind is ControlKind.INPAINT and mask is not None:
            image = np.where(mask[..., None] > 0, np.uint8(0), image)
        found.append(Control(settings.kind, np.ascontiguousarray(image), settings.stretch, settings.checkpoint))
    return tuple(found)


def _read(layer: Layer, region: Rect) -> Pixels8:
    """(h, w, 4) premultiplied BGRA of a layer as its mask shows it."""
    pixels = layer.tiles.read(region)
    mask = layer.shown_mask
    return rounded_8(pixels if mask is None else times(pixels, mask.read(region)))


def _laid_on(under: Pixels8, pixels: Pixels8) -> Pixels8:
    """RGB under premultiplied BGRA."""
    rest = cv2.merge([cv2.bitwise_not(pixels[..., 3])] * 3)
    kept = cv2.multiply(under, rest, scale=1 / 255)
    return np.asarray(cv2.add(kept, np.ascontiguousarray(pixels[..., 2::-1])), np.uint8)
