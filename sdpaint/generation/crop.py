"""Crop planning: which pixels of the canvas the engine sees, and at what size.

Where the frame's size suits the checkpoint, nothing is scaled: the frame is padded to the right and below up to
the next multiple of 8. Otherwise the whole crop is scaled, by as little as the checkpoint's limits allow; it is
grown, never stretched, so that its aspect is that of a picture the engine can make.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

import numpy as np

from sdpaint.generation.request import LATENT_MULTIPLE
from sdpaint.imaging.geometry import Rect, Size

_GROWTH_COST = 2.0
"""How much worse it is to make pixels that nobody asked for than to scale by the same factor."""


class SizeLimits(Protocol):
    """What a checkpoint says about sizes, in pixels; CheckpointInfo does."""

    @property
    def min_side_px(self) -> int:
        """Shortest side that it makes sense of."""

    @property
    def max_side_px(self) -> int:
        """Longest side."""

    @property
    def max_area_px(self) -> int:
        """Largest area."""


@dataclass(frozen=True)
class CropPlan:
    """`frame` is what the artist asked for; `region` ⊇ frame, in canvas pixels, is what the engine's picture covers.

    `work_size` is the size of that picture, both sides multiples of 8.
    """

    region: Rect
    work_size: Size
    frame: Rect

    @property
    def is_scaled(self) -> bool:
        """Whether a pixel of the picture isn't a pixel of the canvas."""
        return self.region.size != self.work_size

    @property
    def scale(self) -> float:
        """Pixels of the picture for each pixel of the canvas, along one side."""
        return math.sqrt(self.work_size.area / self.region.area)


def plan_crop(frame: Rect, info: SizeLimits) -> CropPlan:
    """Plan for a frame of any size (at least one pixel) anywhere, within the limits of the checkpoint.

    The picture's aspect and the region's differ by less than a pixel of the picture over its whole width or height.
    """
    shortest = _up(max(info.min_side_px, LATENT_MULTIPLE))
    longest = max(shortest, _down(info.max_side_px))
    area = max(info.max_area_px, shortest * shortest)
    width, height = _up(frame.width), _up(frame.height)
    if shortest <= min(width, height) and max(width, height) <= longest and width * height <= area:
        return CropPlan(Rect(frame.x, frame.y, width, height), Size(width, height), frame)
    grown, work = _search(frame.width, frame.height, shortest, longest, area)
    region = Rect(
        frame.x - _before(grown.width - frame.width),
        frame.y - _before(grown.height - frame.height),
        grown.width,
        grown.height,
    )
    return CropPlan(region, work, frame)


def _before(growth: int) -> int:
    # A few pixels go to the right and below, as without scaling. More of them are context: on both sides.
    return 0 if growth < LATENT_MULTIPLE else growth // 2


@lru_cache(maxsize=64)
def _search(width: int, height: int, shortest: int, longest: int, area: int) -> tuple[Size, Size]:
    """(size of the region, size of the picture): the pair within the limits that scales and grows least."""
    sides = np.arange(shortest, longest + 1, LATENT_MULTIPLE, dtype=np.float64)
    work_w, work_h = (side.ravel() for side in np.meshgrid(sides, sides))
    fits = work_w * work_h <= area
    work_w, work_h = work_w[fits], work_h[fits]
    scale = np.minimum(work_w / width, work_h / height)  # the frame just fits into the picture
    region_w = np.maximum(width, np.rint(work_w / scale))
    region_h = np.maximum(height, np.rint(work_h / scale))
    # Pixels of the picture by which one side is off once the other fits exactly. A square never is.
    off = np.maximum(
        np.abs(work_w - region_w * work_h / region_h), np.abs(work_h - region_h * work_w / region_w)
    )
    growth = np.log(region_w * region_h / (width * height))
    scaling = np.abs(np.log(work_w * work_h / (region_w * region_h))) / 2
    cost = np.where(off < 1.0, _GROWTH_COST * growth + scaling, np.inf)
    best = int(np.argmin(cost))
    return Size(int(region_w[best]), int(region_h[best])), Size(int(work_w[best]), int(work_h[best]))


def _up(pixels: int) -> int:
    return -(-pixels // LATENT_MULTIPLE) * LATENT_MULTIPLE


def _down(pixels: int) -> int:
    return pixels // LATENT_MULTIPLE * LATENT_MULTIPLE
