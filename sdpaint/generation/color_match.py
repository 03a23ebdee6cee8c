"""Colour match: takes the shift that autoencoder and network bring in out of an inpainted picture.

Around the mask the picture is to be what was there before. By how much it isn't, on a ring there, is by how much its
colours are off inside too: mean and deviation of each channel of OKLab are brought back to those of the original. What
is still off then differs from place to place (sky and ground are off each in its way); it is carried on into the mask,
less the deeper. Nothing of what is new takes part in the comparison, so that it keeps its own colours.

Then the seam itself is joined: by how much the picture is off in the blend band, each place of it, is carried on into
the mask and runs out there, as a membrane that is held at its rim (after Pérez, Gangnet, Blake 2003: Poisson image
editing). Colours unlike those at the rim, a thing that stands at the edge of the mask, are left alone.

Only what is laid back through the blend band ever shows, so that the pixel guarantee isn't touched.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sdpaint.generation.passes import with_tones_of
from sdpaint.generation.request import LATENT_MULTIPLE, GenerationRequest, MaskFill
from sdpaint.imaging.masks import distance_to
from sdpaint.imaging.oklab import oklab_of, rgb_of
from sdpaint.imaging.resample import resized
from sdpaint.imaging.spread import smoothed_among, spread
from sdpaint.imaging.tiles import Pixels8

RING_PX = 24
"""Width of the ring, in pixels of the picture."""
LOOKED_AT_PX = LATENT_MULTIPLE + RING_PX
"""No pixel farther from what is made anew has a part in the match."""
LEAST_PIXELS = 256
"""On less than this, the match would follow chance."""
GAINS = (0.85, 1.18)
"""Deviations are changed by no more than this: a smoother picture isn't to become a noisy one."""
LARGEST_SHIFT = 0.12
"""Means are moved by no more than this, in OKLab."""
LARGEST_LOCAL_SHIFT = 0.08
_FLAT = 1e-3
_OPAQUE = 254
_UNSEEN = 1e-3
_LOCAL_SIGMA_PX = 5.0
"""What the autoencoder loses of lines and grain is no shift, and is averaged away over so many pixels."""
_ALIKE = 0.15
"""Colours so far apart in OKLab are corrected by six tenths of what is off."""
_DEPTH_PX = 64.0
"""So deep in the mask, a correction is down to a third: the local one, and that of the seam."""
_RIM_PX = 4.0
"""At least so wide is the rim that the seam is joined along, in pixels of the picture."""
_RIM_SIGMA_PX = 1.0
"""A wider blur takes what is off where a line crosses the seam for what is off beside it."""
_RIM_ALIKE = 0.3
LARGEST_RIM_SHIFT = 0.25
"""At the seam, colours are moved by no more than this, in OKLab."""


def with_matched_colors(request: GenerationRequest, image: Pixels8, alpha: Pixels8 | None = None) -> Pixels8:
    """The picture (h, w, 3) RGB that came of the request, its colours brought back where that is wanted.

    `alpha` is how it will be laid back, (h, w) of any size: the seam is joined where that is neither 0 nor 255.
    """
    if request.mask is None or request.image is None or not request.color_match:
        return image
    if request.fill is MaskFill.REMOVE:
        return image
    if request.fill is MaskFill.REMOVE_REFINED:
        # What was copied from around has the right colours, everywhere.
        return with_tones_of(image, request.image)
    matched = match_colors(image, request.image, request.mask)
    return matched if alpha is None else joined(matched, request.image, resized(alpha, request.size))


def joined(image: Pixels8, original: Pixels8, alpha: Pixels8) -> Pixels8:
    """`image` (h, w, 3) that leads to `original` without a step where it is laid back onto it through `alpha` (h, w).

    Changes nothing where alpha is 255 or 0 throughout.
    """
    inside = alpha >= _OPAQUE
    distance = distance_to(inside) if inside.any() else np.zeros(alpha.shape, np.float32)
    rim = ~inside & ((alpha > 0) | (distance <= _RIM_PX))
    if not inside.any() or not rim.any():
        return image
    made = oklab_of(image)
    off = smoothed_among(oklab_of(original) - made, rim, _RIM_SIGMA_PX)
    near = smoothed_among(made, rim, _RIM_SIGMA_PX)
    unlike = np.square(made - spread(near, rim)).sum(axis=-1)
    share = np.exp(-distance_to(~inside) / np.float32(_DEPTH_PX) - unlike / np.float32(2 * _RIM_ALIKE**2))
    shift = np.clip(spread(off, rim), -LARGEST_RIM_SHIFT, LARGEST_RIM_SHIFT) * share[..., None]
    return rgb_of(np.asarray(made + shift, np.float32))


def ring_around(mask: Pixels8) -> NDArray[np.bool_]:
    """(h, w): which pixels lie near what is made anew (mask > 0), but are kept.

    It begins a latent pixel farther out: nearer, the autoencoder mixes old and new.
    """
    distance = distance_to(mask > 0)
    return (distance > LATENT_MULTIPLE) & (distance <= LOOKED_AT_PX)


def match_colors(image: Pixels8, original: Pixels8, mask: Pixels8) -> Pixels8:
    """`image` (h, w, 3) with the colours that make it around the mask (h, w) what `original` is there."""
    ring = ring_around(mask)
    if int(np.count_nonzero(ring)) < LEAST_PIXELS:
        return image
    made, was = oklab_of(image), oklab_of(original)
    matched = _matched_as_a_whole(made, made[ring], was[ring])
    local = _local_shift(was - matched, ring)
    if max(np.abs(matched - made).max(), np.abs(local).max()) < _UNSEEN:
        return image
    return rgb_of(np.asarray(made + (matched - made + local) * _likeness(made, ring)[..., None], np.float32))


def _likeness(made: NDArray[np.float32], ring: NDArray[np.bool_]) -> NDArray[np.float32]:
    """(h, w) 0…1: how far each colour is that of the ring near it. How green is off says nothing of how red is."""
    near = spread(smoothed_among(made, ring, _LOCAL_SIGMA_PX), ring)
    apart = np.square(made - near).sum(axis=-1)
    return np.asarray(np.exp(-apart / np.float32(2 * _ALIKE**2)), np.float32)


def _matched_as_a_whole(
    lab: NDArray[np.float32], made: NDArray[np.float32], was: NDArray[np.float32]
) -> NDArray[np.float32]:
    """`lab` (h, w, 3) moved and stretched by what leads from the ring's colours `made` to `was`, both (n, 3)."""
    made_mean, was_mean = made.mean(axis=0), was.mean(axis=0)
    made_std, was_std = made.std(axis=0), was.std(axis=0)
    # Where a channel is flat, its deviation says nothing about contrast.
    gain = np.where(np.minimum(made_std, was_std) > _FLAT, was_std / np.maximum(made_std, _FLAT), 1.0)
    target = made_mean + np.clip(was_mean - made_mean, -LARGEST_SHIFT, LARGEST_SHIFT)
    return np.asarray((lab - made_mean) * np.clip(gain, *GAINS) + target, np.float32)


def _local_shift(off: NDArray[np.float32], ring: NDArray[np.bool_]) -> NDArray[np.float32]:
    """What is off on the ring, (h, w, 3), smoothed there and carried on elsewhere, less the farther from it."""
    smooth = smoothed_among(off, ring, _LOCAL_SIGMA_PX)
    carried = spread(smooth, ring) * np.exp(-distance_to(ring) / np.float32(_DEPTH_PX))[..., None]
    return np.asarray(np.clip(carried, -LARGEST_LOCAL_SHIFT, LARGEST_LOCAL_SHIFT), np.float32)
