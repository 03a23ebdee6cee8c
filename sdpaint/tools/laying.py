"""Laying colours over the active layer or strength over the inpaint mask: what gradients and shapes share.

It works tile by tile, within the canvas, the selection and a locked alpha, and is safe on any thread.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from sdpaint.document.document import Document
from sdpaint.document.edits import replace_layer, set_mask, with_layer_tiles
from sdpaint.document.layers import LayerId
from sdpaint.imaging.blend import BlendMode
from sdpaint.imaging.depth import at_depth, rounded_8
from sdpaint.imaging.geometry import Rect
from sdpaint.imaging.raster import StampMode, TilePainter
from sdpaint.imaging.selection import FULL_TILE
from sdpaint.imaging.tiles import TILE_SIZE, Pixels, TileKey, TileMap, tile_rect
from sdpaint.tools.base import ToolRefused
from sdpaint.tools.options import Target
from sdpaint.tools.stroke_target import check_editable, check_mask_seen

_LUMA = np.array([0.0722, 0.7152, 0.2126], np.float32)
"""Of blue, green and red (Rec. 709)."""

Weight = float | NDArray[np.float32]
"""How far each pixel takes part, 0 … 1: one number, or (h, w)."""


def check_target(document: Document, target: Target, blend_mode: BlendMode = BlendMode.NORMAL) -> None:
    """Raises ToolRefused where laying something there couldn't be seen."""
    if target is Target.MASK:
        check_mask_seen(document)
        return
    check_editable(document)
    layer = document.active_layer
    if not document.edits_mask and layer.alpha_locked and blend_mode is BlendMode.ERASE:
        raise ToolRefused("The layer's transparency is locked", "Unlock it in the layers panel to erase")


def lay_colors(
    document: Document,
    layer_id: LayerId,
    area: Rect,
    paint: Callable[[Rect, Weight], Pixels],
    blend_mode: BlendMode = BlendMode.NORMAL,
    opacity: float = 1.0,
) -> Document:
    """The document with colours over one layer; the same one where nothing changes. Raises KeyError.

    `paint(part, weight)` makes the premultiplied pixels (h, w, 4) of a part of a tile, in canvas pixels, already
    times `weight`, of 8 or 16 bits a channel.
    """
    layer = document.layer(layer_id)
    if document.edits_mask and layer_id == document.active:
        return _on_layer_mask(document, area, paint, opacity)
    erases = blend_mode is BlendMode.ERASE
    mode = StampMode.ATOP if layer.alpha_locked else StampMode.OVER
    plain = None if blend_mode is BlendMode.NORMAL else blend_mode
    painter = TilePainter()
    changes: dict[TileKey, Pixels | None] = {}
    for key, part in _parts(document, area):
        base = layer.tiles.tile(key)
        weight = _weight(document.selection, key, part, opacity)
        if weight is None or (base is None and (mode is StampMode.ATOP or erases)):
            continue
        corner = tile_rect(key)
        colors = np.ascontiguousarray(at_depth(paint(part, weight), layer.tiles.depth))
        if not colors.any():
            continue
        inner = part.translated(-corner.x, -corner.y)
        if base is None:
            tile = layer.tiles.editable_tile(key)
            tile[inner.top : inner.bottom, inner.left : inner.right] = colors   # over nothing, colour is itself
        else:
            tile = base.copy()
            painter.blend(tile, base, colors, inner.left, inner.top, mode, plain)
        changes[key] = tile
    return with_layer_tiles(document, layer_id, layer.tiles.with_tiles(changes)) if changes else document


def lay_strength(
    document: Document,
    area: Rect,
    paint: Callable[[Rect], tuple[NDArray[np.float32], Weight]],
    opacity: float = 1.0,
) -> Document:
    """The document with another strength of its mask; the same one where nothing changes.

    `paint(part)` gives for a part of a tile the strength 0 … 255 (h, w), and how far it takes the place of what was.
    """
    mask = document.mask
    changes: dict[TileKey, Pixels | None] = {}
    for key, part in _parts(document, area):
        weight = _weight(document.selection, key, part, opacity)
        if weight is None:
            continue
        corner = tile_rect(key)
        inner = part.translated(-corner.x, -corner.y)
        place = (slice(inner.top, inner.bottom), slice(inner.left, inner.right))
        strength, share = paint(part)
        tile = mask.tiles.editable_tile(key)
        old = tile[place].astype(np.float32)
        tile[place] = old + (strength - old) * (share * weight) + np.float32(0.5)
        before = mask.tiles.tile(key)
        if before is None or not np.array_equal(before, tile):
            changes[key] = tile
    return set_mask(document, replace(mask, tiles=mask.tiles.with_tiles(changes))) if changes else document


def _on_layer_mask(
    document: Document, area: Rect, paint: Callable[[Rect, Weight], Pixels], opacity: float
) -> Document:
    """As colours on the active layer's mask: white shows, black hides."""
    layer = document.active_layer
    mask = layer.mask
    if mask is None:
        return document
    tiles = mask.tiles
    for key, part in _parts(document, area):
        weight = _weight(document.selection, key, part, opacity)
        if weight is None:
            continue
        colors = rounded_8(paint(part, weight)).astype(np.float32)
        kept = mask.read(part) * (1.0 - colors[..., 3] * np.float32(1 / 255))
        shown = np.asarray(kept + colors[..., :3] @ _LUMA + np.float32(0.5), np.uint8)
        tiles = replace(mask, tiles=tiles).with_shown(part, shown)
    if tiles is mask.tiles:
        return document
    return replace_layer(document, replace(layer, mask=replace(mask, tiles=tiles)))


def _parts(document: Document, area: Rect) -> list[tuple[TileKey, Rect]]:
    inside = area.intersected(document.bounds)
    return [(key, tile_rect(key).intersected(inside)) for key in inside.tiles(TILE_SIZE)]


def _weight(selection: TileMap | None, key: TileKey, part: Rect, opacity: float) -> Weight | None:
    """How far the pixels of a part of a tile are selected, times the opacity; None where they aren't at all."""
    if selection is None:
        return opacity
    tile = selection.tile(key)
    if tile is None:
        return None
    if tile is FULL_TILE:
        return opacity
    corner = tile_rect(key)
    inner = part.translated(-corner.x, -corner.y)
    selected = tile[inner.top : inner.bottom, inner.left : inner.right]
    return np.asarray(selected * np.float32(opacity / 255.0), np.float32)
