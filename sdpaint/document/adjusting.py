"""Adjustment layers at work: the mathematics of the filters, kept ready for tile after tile."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

from sdpaint.document.layers import Adjustment
from sdpaint.imaging.adjustments import Table, mapped
from sdpaint.imaging.blend import BlendMode
from sdpaint.imaging.compositing import cut_to, mixed, straight_opaque
from sdpaint.imaging.raster import composite
from sdpaint.imaging.tiles import Pixels, full_of

_BY_CHANNEL = frozenset({"brightnessContrast", "levels", "curves", "colorBalance", "invert", "posterize"})
"""Adjustments that change each channel by itself: for them a table of all levels says it all."""
_KNOWN = 64

_tables: dict[tuple[int, int], tuple[Adjustment, Table]] = {}
"""By identity of the adjustment and bytes a channel. The adjustment is held here so that no other one gets it."""


def adjust(
    pixels: Pixels, adjustment: Adjustment, share: Pixels | None, mode: BlendMode, opacity: float
) -> Pixels:
    """Premultiplied pixels (h, w, 4) adjusted as far as `share` (h, w; None: all) and `opacity` say: a new array.

    Alpha stays. `mode` blends what is adjusted with what was there.
    """
    alpha = cv2.extractChannel(pixels, 3)
    is_opaque = bool(alpha.min() == full_of(pixels))
    below = pixels if is_opaque else straight_opaque(pixels)
    after = _change_of(adjustment)(below)
    if mode is not BlendMode.NORMAL:
        blended = below.copy()
        composite(blended, after, mode)
        after = blended
    if not is_opaque:
        after = cut_to(after, alpha)
    return after if share is None and opacity == 1.0 else mixed(pixels, after, share, opacity)


def _change_of(adjustment: Adjustment) -> Callable[[Pixels], Pixels]:
    spec, values = adjustment.filter, adjustment.values
    if adjustment.name in _BY_CHANNEL:
        return lambda pixels: mapped(pixels, _table_of(adjustment, pixels))
    return lambda pixels: spec.apply(pixels, values, (0, 0))


def _table_of(adjustment: Adjustment, pixels: Pixels) -> Table:
    key = (id(adjustment), pixels.itemsize)
    known = _tables.get(key)
    if known is not None:
        return known[1]
    full = full_of(pixels)
    ramp = np.full((1, full + 1, 4), full, pixels.dtype)
    ramp[..., :3] = np.arange(full + 1)[:, None]
    table = np.ascontiguousarray(adjustment.filter.apply(ramp, adjustment.values, (0, 0))[0, :, 2::-1])
    if len(_tables) >= _KNOWN:
        _tables.clear()
    _tables[key] = (adjustment, table)
    return table
