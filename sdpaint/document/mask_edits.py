"""Edits of the inpaint masks: which there are, which one is painted on, and what they make together. Pure functions.

What can't be done raises EditRefused with a remedy.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import Any

import cv2
import numpy as np

from sdpaint.document.document import Document
from sdpaint.document.layers import MaskLayer
from sdpaint.errors import EditRefused
from sdpaint.imaging.color import Color
from sdpaint.imaging.geometry import Rect
from sdpaint.imaging.tiles import Pixels, TileKey, TileMap

COLORS = (
    Color(255, 64, 160),
    Color(64, 160, 255),
    Color(255, 160, 32),
    Color(64, 200, 96),
    Color(160, 96, 255),
    Color(240, 220, 48),
)
"""What new masks are drawn in, one after the other."""


def add_mask(document: Document) -> Document:
    """A new empty mask above the active one, which it takes the place of."""
    masks, at = document.masks, document.mask_place + 1
    names = {mask.name for mask in masks}
    name = next(name for name in (f"Mask {number}" for number in range(2, len(masks) + 3)) if name not in names)
    taken = {mask.color for mask in masks}
    color = next((color for color in COLORS if color not in taken), COLORS[len(masks) % len(COLORS)])
    new = MaskLayer(color=color, opacity=document.mask.opacity, visible=document.mask.visible, name=name)
    return _with(document, (*masks[:at], new, *masks[at:]), at)


def remove_mask(document: Document) -> Document:
    """The active mask gone; the one below it takes its place. Raises EditRefused where it is the last."""
    masks, at = document.masks, document.mask_place
    if len(masks) == 1:
        raise EditRefused("The document has one mask at least", "Clear it instead")
    return _with(document, masks[:at] + masks[at + 1 :], max(0, at - 1))


def choose_mask(document: Document, place: int) -> Document:
    """Another mask is painted on. Raises IndexError."""
    if not 0 <= place < len(document.masks):
        raise IndexError(place)
    return document if place == document.mask_place else _with(document, document.masks, place)


def change_mask(document: Document, place: int, **fields: Any) -> Document:
    """Other name, colour, strength, region or state of one of the masks. Raises IndexError, ValueError."""
    masks = list(document.masks)
    changed = replace(masks[place], **fields)
    if changed == masks[place]:
        return document
    masks[place] = changed
    return _with(document, tuple(masks), document.mask_place)


def show_masks(document: Document, visible: bool) -> Document:
    """Whether masks are drawn over the picture. What they do to it doesn't depend on it."""
    masks = tuple(replace(mask, visible=visible) for mask in document.masks)
    return _with(document, masks, document.mask_place)


def _with(document: Document, masks: tuple[MaskLayer, ...], place: int) -> Document:
    others = masks[:place] + masks[place + 1 :]
    return replace(document, mask=masks[place], other_masks=others, mask_place=place)


def combined_mask(document: Document) -> MaskLayer:
    """What inpainting makes anew: the strongest of what the enabled masks say at each place, by their strengths.

    Where there is one alone at full strength, it is that very mask, with its tiles.
    """
    counting = [mask for mask in document.masks if mask.counts]
    if len(counting) == 1 and counting[0].strength == 1.0:
        return counting[0]
    changes: dict[TileKey, Pixels | None] = {}
    for key in {key for mask in counting for key in mask.tiles.tiles}:
        changes[key] = _strongest(counting, key)
    return replace(document.mask, tiles=TileMap(1).with_tiles(changes), strength=1.0, enabled=True, guides_only=False)


def _strongest(masks: list[MaskLayer], key: TileKey) -> Pixels | None:
    found: Pixels | None = None
    for mask in masks:
        tile = mask.tiles.tile(key)
        if tile is None:
            continue
        said = tile if mask.strength == 1.0 else scaled_strength(tile, mask.strength)
        found = said if found is None else np.maximum(found, said)
    return found


def scaled_strength(coverage: Pixels, strength: float) -> Pixels:
    """Coverage times a strength of 0 to 1, rounded."""
    table = np.rint(np.arange(256) * strength).astype(np.uint8)
    return np.asarray(cv2.LUT(coverage, table), np.uint8)


def cleared_masks(document: Document, read: Collection[TileMap], rect: Rect) -> Document:
    """The masks that were read cleared under a rectangle; one that has been painted on since is kept."""
    known = {id(tiles) for tiles in read}
    masks = tuple(
        replace(mask, tiles=mask.tiles.cleared(rect)) if id(mask.tiles) in known else mask for mask in document.masks
    )
    return _with(document, masks, document.mask_place)
