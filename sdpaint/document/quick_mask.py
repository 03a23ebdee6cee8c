"""Edits of the quick mask: the selection turned into what can be painted, and back. Pure functions, safe anywhere.

The quick mask holds what isn't selected. While it is there nothing else limits where brushes paint.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from sdpaint.document.document import Document
from sdpaint.document.selection_edits import set_selection
from sdpaint.imaging.color import Color
from sdpaint.imaging.selection import coverage_map, inverted, tile_bounds
from sdpaint.imaging.tiles import TileMap


def begin_quick_mask(document: Document) -> Document:
    """What isn't selected becomes the mask; without a selection there is none of it yet."""
    if document.quick_mask is not None:
        return document
    selection = document.selection
    mask = TileMap(1) if selection is None else inverted(selection, document.bounds)
    return replace(document, quick_mask=mask, selection=None)


def end_quick_mask(document: Document) -> Document:
    """What isn't masked is selected. With nothing or everything masked there is no selection."""
    mask = document.quick_mask
    if mask is None:
        return document
    document = replace(document, quick_mask=None)
    mask = mask.cropped(document.bounds)
    return set_selection(document, None if mask.is_empty else inverted(mask, document.bounds))


def set_quick_mask(document: Document, tiles: TileMap) -> Document:
    """The mask's tiles replaced."""
    return replace(document, quick_mask=tiles)


def fill_quick_mask(document: Document, value: int) -> Document:
    """All of it 0 (selected) to 255 (masked), as far as something is selected beside it."""
    if document.quick_mask is None:
        return document
    old, where = document.quick_mask, document.bounds
    if document.selection is None:
        return set_quick_mask(document, coverage_map(np.full((where.height, where.width), value, np.uint8)))
    part = tile_bounds(document.selection).intersected(where)
    share = document.selection.read(part) * np.float32(1 / 255)
    before = old.read(part).astype(np.float32)
    return set_quick_mask(document, old.with_pixels(part, np.rint(before + (value - before) * share).astype(np.uint8)))


def masking_value(color: Color) -> int:
    """How much a colour masks: black all, white nothing, greys by their luma (Rec. 601), as the eye sees them."""
    luma = 0.299 * color.red + 0.587 * color.green + 0.114 * color.blue
    return 255 - round(luma)
