"""Mask arithmetic in document pixels: what the engine may change, and how its picture is laid back.

Widths follow krita-ai-diffusion's formulas for a selection of diagonal D at strength s. Its chain of dilate, erode
and box blurs is written here as ramps over the distance to the mask: the same widths, in time that doesn't depend on
them, and the invariant (opaque inside the mask) holds by construction.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from sdpaint.imaging.geometry import Rect
from sdpaint.imaging.tiles import Pixels, Pixels8

FEATHER_PX = 32.0
"""The least feather at full strength, for checkpoints of 512 px and more."""
MAX_BAND_PX = 512
"""Grow and feather can't be set wider than this by hand."""
_MAX_BLEND_PX = 25
_PASTE_SHARE = 0.25
_LEAST_PASTE_PX = 4
"""The picture is laid back over so much of the feather: the colours at the seam are joined beforehand, and each pixel
farther out stays the artist's. Of the formulas' reach, most would be made anew for nothing."""
_LEVELS = 8
"""So many strengths of a soft mask have a band of their own."""
FAINTEST = 8
"""Coverage below this changes nothing that can be seen: the last traces of a soft brush, unless all is so faint."""

OPAQUE_FROM = 48
"""Fainter places change so little that the original shines through there, and a soft brush runs out without an edge."""


@dataclass(frozen=True)
class MaskBands:
    """Widths in pixels outside the mask: the engine makes anew up to `reach_px`, what changes ends at `paste_px`."""

    grow_px: int
    feather_px: int
    blend_px: int
    by_hand: bool = False

    @property
    def reach_px(self) -> int:
        """How far the engine has a say at all."""
        return max(1, self.grow_px + -(-self.feather_px // 2))

    @property
    def paste_px(self) -> int:
        """Width of the blend band around the mask: outside it, no pixel changes. By hand it is all of the reach."""
        if self.by_hand:
            return self.reach_px
        return min(self.reach_px, max(_LEAST_PASTE_PX, min(_MAX_BLEND_PX, round(_PASTE_SHARE * self.feather_px))))


@dataclass(frozen=True)
class HandBands:
    """Widths in pixels that the artist has set; None: automatic."""

    grow_px: int | None = None
    feather_px: int | None = None


AUTOMATIC_BANDS = HandBands()


def mask_bands(
    bounds: Rect, strength: float, feather_px: float = FEATHER_PX, by_hand: HandBands = AUTOMATIC_BANDS
) -> MaskBands:
    """The widths for a mask of these bounds: grow = 4 + feather/2, blend = min(25, grow + feather/2).

    `feather_px` is the least feather at full strength. What is set by hand is taken as it is, at any strength.
    """
    diagonal = float(np.hypot(bounds.width, bounds.height))
    feather = max(int(0.10 * strength * diagonal), round(feather_px * strength))
    feather = feather if by_hand.feather_px is None else by_hand.feather_px
    grow = 4 + feather // 2 if by_hand.grow_px is None else by_hand.grow_px
    is_by_hand = by_hand != AUTOMATIC_BANDS
    return MaskBands(grow, feather, max(1, min(_MAX_BLEND_PX, grow + feather // 2)), is_by_hand)


def mask_bounds(mask: Pixels) -> Rect:
    """The smallest rectangle around every pixel of `mask` (h, w) that isn't zero."""
    rows = np.flatnonzero(mask.any(axis=1))
    columns = np.flatnonzero(mask.any(axis=0))
    if not rows.size:
        return Rect(0, 0, 0, 0)
    return Rect.from_edges(int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1)


def inside_of(mask: Pixels) -> NDArray[np.bool_]:
    """Which pixels the artist means: half covered or more; of a mask that is faint throughout, the strongest."""
    return mask >= max(1, min(128, int(mask.max(initial=0))))


def distance_to(inside: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Distance in pixels of every pixel to the nearest one inside; 0 inside."""
    outside = (~inside).astype(np.uint8)
    return np.asarray(cv2.distanceTransform(outside, cv2.DIST_L2, cv2.DIST_MASK_PRECISE), np.float32)


def strength_map(
    mask: Pixels8, strength: float, feather_px: float = FEATHER_PX, by_hand: HandBands = AUTOMATIC_BANDS
) -> tuple[Pixels8, Pixels8]:
    """(how strongly each pixel is made anew, how the picture is laid back), both (h, w) uint8, from a soft mask.

    A grey mask means less change (differential diffusion): 128 is half the strength. Every grey has the bands that a
    hard mask at its strength would have, so that a faint place isn't spread as far as a strong one. The first result
    is never below the mask, except where that is fainter than FAINTEST; the second is 255 where the mask is OPAQUE_FROM
    or more (of a mask that is fainter throughout: where it is strongest).
    """
    bounds = mask_bounds(mask)
    denoise, alpha = np.zeros_like(mask), np.zeros_like(mask)
    if bounds.is_empty:
        return denoise, alpha
    bounds_of_all, bounds = bounds, _largest_island(mask)
    strongest = int(mask.max())
    opaque_from = min(OPAQUE_FROM, strongest)
    reach = mask_bands(bounds, strength * strongest / 255, feather_px, by_hand).reach_px
    near = bounds_of_all.inflated(reach).intersected(Rect(0, 0, mask.shape[1], mask.shape[0]))
    part = (slice(near.top, near.bottom), slice(near.left, near.right))
    cut, denoise_cut, alpha_cut = mask[part], denoise[part], alpha[part]
    for level in _levels_of(cut, strongest):
        bands = mask_bands(bounds, strength * level / 255, feather_px, by_hand)
        distance = distance_to(cut >= level)
        spread = denoise_mask(distance, np.where(cut >= level, 255, 0).astype(np.uint8), bands)
        np.maximum(denoise_cut, (spread.astype(np.uint16) * level // 255).astype(np.uint8), out=denoise_cut)
        opacity = min(1.0, level / opaque_from)
        np.maximum(alpha_cut, _bytes(paste_alpha(distance, bands) * np.float32(opacity / 255)), out=alpha_cut)
    felt = np.where(cut >= min(FAINTEST, strongest), cut, 0).astype(np.uint8)
    np.maximum(denoise_cut, felt, out=denoise_cut)
    np.maximum(alpha_cut, _bytes(felt / np.float32(opaque_from)), out=alpha_cut)
    return denoise, alpha


def led_in(denoise: Pixels8, mask: Pixels8, least: float, width_px: float) -> Pixels8:
    """`denoise` (h, w), what is made anew, held to the share `least` at the edge of the mask and outside it.

    From there it grows to all of it `width_px` inside: what is found there at the start leads over to the rest.
    """
    share = least + (1.0 - least) * distance_to(mask == 0) / np.float32(width_px)
    return np.minimum(denoise, _bytes(share))


def _largest_island(mask: Pixels) -> Rect:
    """Around the part of the mask, in one piece, of the longest diagonal: widths follow it."""
    _, _, stats, _ = cv2.connectedComponentsWithStats((mask > 0).astype(np.uint8), connectivity=8)
    boxes = [Rect(int(x), int(y), int(w), int(h)) for x, y, w, h, _ in stats[1:]]
    return max(boxes, key=lambda box: box.width**2 + box.height**2)


def _levels_of(mask: Pixels, strongest: int) -> list[int]:
    """The greys of the mask where they are few, else steps between the faintest and the strongest."""
    faintest = min(FAINTEST, strongest)
    found = np.flatnonzero(np.bincount(mask.ravel(), minlength=256))
    found = found[found >= faintest]
    if len(found) > _LEVELS:
        found = np.unique(np.rint(np.linspace(faintest, strongest, _LEVELS)))
    return [int(level) for level in found]


def denoise_mask(distance: NDArray[np.float32], mask: Pixels, bands: MaskBands) -> Pixels8:
    """What the engine makes anew: 255 inside, a ramp of `feather_px` about the grown edge, 0 beyond the reach.

    Where the artist's own soft edge reaches farther or is stronger, it counts.
    """
    if bands.feather_px:
        ramp = 0.5 + (bands.grow_px - distance) / bands.feather_px
    else:
        ramp = (distance < bands.grow_px).astype(np.float32)
    return np.maximum(_bytes(ramp), np.where(distance < bands.reach_px, mask, 0).astype(np.uint8))


def paste_alpha(distance: NDArray[np.float32], bands: MaskBands) -> Pixels8:
    """How the picture is laid back: 255 inside, falling smoothly to 0 over the last `blend_px` of the blend band."""
    share = np.clip((bands.paste_px - distance) / min(bands.blend_px, bands.paste_px), 0.0, 1.0)
    return _bytes(share * share * (3.0 - 2.0 * share))


def _bytes(share: NDArray[np.floating]) -> Pixels8:
    return np.asarray(np.rint(np.clip(share, 0.0, 1.0) * 255), np.uint8)


def grow(mask: Pixels, radius_px: float) -> Pixels8:
    """The mask (h, w) spread by `radius_px` all around, with an anti-aliased edge; what was soft inside it stays."""
    # The edge lies half a pixel nearer than the middle of the next pixel, and that one is whole half a pixel later.
    spread = _bytes(np.float32(radius_px + 1.0) - distance_to(inside_of(mask)))
    known = np.asarray(mask, np.uint8)
    return np.maximum(known, spread) if known.any() else known.copy()


def shrink(mask: Pixels, radius_px: float) -> Pixels8:
    """The mask (h, w) drawn in by `radius_px`, but not from the border of the array: there it may well go on."""
    return 255 - grow(255 - mask, radius_px)


def feather(mask: Pixels, radius_px: int) -> Pixels8:
    """The mask (h, w) with its edge spread evenly by `radius_px` to both sides, as a Gaussian of half that deviation.

    Nothing changes farther than `radius_px` from an edge. The mask is taken to go on as it is beyond the array.
    """
    if radius_px <= 0:
        return np.asarray(mask, np.uint8).copy()
    side = 2 * radius_px + 1
    blurred: Pixels8 = cv2.GaussianBlur(
        mask, (side, side), radius_px / 2, borderType=cv2.BORDER_REPLICATE
    )
    return blurred


def border(mask: Pixels, width_px: int) -> Pixels8:
    """A band of `width_px` along the edge of the mask (h, w), half of it inside; none along the edge of the array."""
    inner = width_px // 2
    return np.minimum(grow(mask, width_px - inner), 255 - shrink(mask, inner))


def smooth(mask: Pixels, radius_px: int) -> Pixels8:
    """The mask (h, w) without bumps, nicks and corners smaller than `radius_px`, its edge anti-aliased.

    A Gaussian blur evens the outline out; then the ramp is made as steep again as that of an anti-aliased edge.
    """
    if radius_px <= 0:
        return np.asarray(mask, np.uint8).copy()
    # The slope of a blurred edge is 255 / (sqrt(2 pi) sigma) levels a pixel.
    steepness = np.sqrt(2.0 * np.pi) * radius_px / 2
    levels = (np.arange(256) - 127.5) * max(1.0, steepness) + 127.5
    table = np.asarray(np.rint(np.clip(levels, 0, 255)), np.uint8)
    sharpened: Pixels8 = cv2.LUT(feather(mask, radius_px), table)
    return sharpened


def fill_holes(mask: Pixels) -> Pixels8:
    """The mask (h, w) with all that it encloses masked; what touches the border of the array isn't enclosed."""
    open_ground = np.pad(np.where(inside_of(mask), 0, 255).astype(np.uint8), 1, constant_values=255)
    cv2.floodFill(open_ground, None, (0, 0), 0)
    return np.maximum(mask, open_ground[1:-1, 1:-1])
