"""Crop planning: which pixels of the canvas the engine sees, and at what size.

Where the frame's size suits the checkpoint, nothing is scaled: the frame is padded to the right and below up to
the next multiple of 8. Otherwise the whole crop is scaled, by as little as the checkpoint's limits allow; it is
grown, never stretched, so that its aspect is that of a picture the engine can make.

For inpainting the engine sees a context region around the mask instead of the whole frame: what a 4096² canvas costs
is then what the mask costs, and what is made has all the pixels that the checkpoint can give. The frame stays the
artist's limit: nothing outside it is seen or changed.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Protocol

import numpy as np

from sdpaint.generation.passes import MAX_TILES, MUCH_LARGER, Passes, count_of_tiles, plan_passes
from sdpaint.generation.request import LATENT_MULTIPLE
from sdpaint.imaging.geometry import Rect, Size
from sdpaint.imaging.masks import FEATHER_PX, mask_bands

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


class NativeSize(SizeLimits, Protocol):
    """What a checkpoint says about sizes, with the one that it was trained on; CheckpointInfo does."""

    @property
    def native_px(self) -> int:
        """Side of the square that it was trained on."""


@dataclass(frozen=True)
class CropPlan:
    """`frame` is what may be covered; `region` ⊇ frame, in canvas pixels, is what the engine's picture covers.

    The frame is the artist's own, or for inpainting the context region in it. `work_size` is the size of that picture,
    both sides multiples of 8. `passes`: how it is made where that takes more than one.
    """

    region: Rect
    work_size: Size
    frame: Rect
    passes: Passes | None = None

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
    whole = plan_unscaled(frame)
    width, height = whole.work_size.width, whole.work_size.height
    if shortest <= min(width, height) and max(width, height) <= longest and whole.work_size.area <= area:
        return whole
    grown, work = _search(frame.width, frame.height, shortest, longest, area)
    region = Rect(
        frame.x - _before(grown.width - frame.width),
        frame.y - _before(grown.height - frame.height),
        grown.width,
        grown.height,
    )
    return CropPlan(region, work, frame)


def plan_unscaled(frame: Rect) -> CropPlan:
    """Plan at the pixels of the canvas, whatever the size: where no checkpoint has a part."""
    size = Size(_up(frame.width), _up(frame.height))
    return CropPlan(Rect(frame.x, frame.y, size.width, size.height), size, frame)


def plan_detailed(frame: Rect, info: NativeSize, wanted: Rect, strength: float) -> CropPlan:
    """As plan_crop; but where that works on much less than the pixels of the canvas, in passes at their full number.

    `wanted` is what is made anew, in canvas pixels. What would take more than MAX_TILES tiles is scaled so that it
    doesn't; what is too narrow for a tile of its own is left to one pass.
    """
    plan = plan_crop(frame, info)
    if plan.scale * MUCH_LARGER >= 1.0 or min(plan.region.width, plan.region.height) < info.min_side_px:
        return plan
    scale = 1.0
    while count_of_tiles(Size(round(wanted.width * scale), round(wanted.height * scale)), info.native_px) > MAX_TILES:
        scale *= 0.95
    whole = Size(_up(math.ceil(plan.region.width * scale)), _up(math.ceil(plan.region.height * scale)))
    if whole.area * MUCH_LARGER**-2 <= plan.work_size.area:
        return plan
    region = Rect(plan.region.x, plan.region.y, round(whole.width / scale), round(whole.height / scale))
    part = scaled_rect(wanted.translated(-region.x, -region.y), scale)
    fits = max(whole.width, whole.height) <= info.max_side_px
    passes = plan_passes(
        whole, plan.work_size, part, strength, info.native_px, info.max_area_px if fits else 0
    )
    return replace(plan, region=region, work_size=whole, passes=passes)


def scaled_rect(rect: Rect, scale: float) -> Rect:
    """The smallest whole rectangle around `rect` scaled about the origin."""
    return Rect.from_edges(
        math.floor(rect.left * scale),
        math.floor(rect.top * scale),
        math.ceil(rect.right * scale),
        math.ceil(rect.bottom * scale),
    )


def context_region(masked: Rect, frame: Rect, canvas: Rect, strength: float, native_px: int) -> Rect:
    """What the engine sees around a mask of these bounds (not empty, inside the frame), in canvas pixels.

    The padding is krita-ai-diffusion's, with a context on top at full strength, where nothing of what was there guides
    the engine. At least the native size, in multiples of 8; at an edge of the frame, or of the canvas where the mask
    stays inside, it is shifted, and cut only where there is no room at all.
    """
    bound = frame.intersected(canvas)
    if not bound.contains(masked):
        bound = frame
    diagonal = math.hypot(masked.width, masked.height)
    padding = mask_bands(masked, strength, least_feather_px(native_px)).feather_px + 4 + int(0.06 * diagonal)
    if strength >= 1.0:
        padding += max(max(bound.width, bound.height) // 16, (masked.width + masked.height) // 4)
    x, width = _span(masked.left, masked.right, bound.left, bound.right, padding, native_px)
    y, height = _span(masked.top, masked.bottom, bound.top, bound.bottom, padding, native_px)
    return Rect(x, y, width, height)


def least_feather_px(native_px: int) -> float:
    """The least feather at full strength: that of the formulas, but no more than a sixteenth of what is seen at once.

    They are made for 512 px and more; on a checkpoint of 256 px, most of what it sees would be feather.
    """
    return min(FEATHER_PX, native_px / 16)


def _span(start: int, end: int, least: int, most: int, padding: int, native_px: int) -> tuple[int, int]:
    """(first pixel, length) of the context along one axis."""
    length = min(_up(max(end - start + 2 * padding, native_px)), most - least)
    first = (start + end - length) // 2
    return max(least, min(first, most - length)), length


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
