"""Filtering a layer: within the selection, as softly as it is, and within the alpha where that is locked.

Only what lies on the canvas is filtered. The picture counts as going on beyond the canvas as it ends there, so that a
blur brings no transparency in from outside.
"""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np

from sdpaint.document.document import Document
from sdpaint.document.edits import replace_layer, with_layer_tiles
from sdpaint.document.layers import Layer, LayerId
from sdpaint.document.render import flatten
from sdpaint.imaging.adjustments import histogram
from sdpaint.imaging.compositing import mixed as mixed_by
from sdpaint.imaging.filter_table import Filter, Values
from sdpaint.imaging.geometry import Rect
from sdpaint.imaging.pixels import grey_pixels, values_of_grey
from sdpaint.imaging.tiles import Pixels, TileMap, tile_rect

_ROWS = 256


def filtered(
    document: Document,
    layer_id: LayerId,
    spec: Filter,
    values: Values,
    region: Rect | None = None,
    coarseness: int = 1,
) -> Document:
    """The document with one layer filtered; the same one where nothing changes. Raises KeyError. Safe on any thread.

    For previews: `region` limits the result to a part of the canvas, and `coarseness` n computes it at 1 / n of the
    size, with the lengths shortened likewise.
    """
    layer = document.layer(layer_id)
    if spec.changes_nothing(values):
        return document
    if document.edits_mask and layer_id == document.active:
        return _with_filtered_mask(document, spec, values, region, coarseness)
    reach = spec.reach(values)
    area = filter_area(document, layer, reach)
    if region is not None:
        area = area.intersected(region)
    if area.is_empty:
        return document
    source = area.inflated(reach).intersected(document.bounds)
    pixels = layer.tiles.read(source)
    if coarseness > 1:
        changed = _coarsely(pixels, spec, values, (source.x, source.y), coarseness)
    else:
        changed = spec.apply(pixels, values, (source.x, source.y))
    inner = area.translated(-source.x, -source.y)
    part = (slice(inner.top, inner.bottom), slice(inner.left, inner.right))
    before, after = pixels[part], np.ascontiguousarray(changed[part])
    if layer.alpha_locked and reach:
        after = with_alpha_of(before, after)
    if document.selection is not None:
        after = blended(before, after, document.selection.read(area))
    tiles = layer.tiles.with_pixels(area, after)
    return document if tiles is layer.tiles else with_layer_tiles(document, layer_id, tiles)


def _with_filtered_mask(
    document: Document, spec: Filter, values: Values, region: Rect | None, coarseness: int
) -> Document:
    """The active layer's mask filtered as grey."""
    layer = document.active_layer
    mask = layer.mask
    area = document.bounds
    if document.selection is not None:
        area = area.intersected(_tile_bounds(document.selection))
    if region is not None:
        area = area.intersected(region)
    if mask is None or area.is_empty:
        return document
    source = area.inflated(spec.reach(values)).intersected(document.bounds)
    pixels = grey_pixels(mask.read(source))
    if coarseness > 1:
        changed = _coarsely(pixels, spec, values, (source.x, source.y), coarseness)
    else:
        changed = spec.apply(pixels, values, (source.x, source.y))
    inner = area.translated(-source.x, -source.y)
    part = (slice(inner.top, inner.bottom), slice(inner.left, inner.right))
    after = np.ascontiguousarray(changed[part])
    if document.selection is not None:
        after = blended(pixels[part], after, document.selection.read(area))
    tiles = mask.with_shown(area, values_of_grey(after))
    if tiles is mask.tiles:
        return document
    return replace_layer(document, replace(layer, mask=replace(mask, tiles=tiles)))


def filter_area(document: Document, layer: Layer, reach: int) -> Rect:
    """What a filter of this reach can change."""
    area = _tile_bounds(layer.tiles).inflated(reach) if not layer.tiles.is_empty else Rect(0, 0, 0, 0)
    area = area.intersected(document.bounds)
    return area if document.selection is None else area.intersected(_tile_bounds(document.selection))


def selected_histogram(document: Document, layer_id: LayerId) -> tuple[float, ...]:
    """256 weights: how much of the layer's selected part has each lightness."""
    layer = document.layer(layer_id)
    if document.edits_mask and layer.mask is not None and layer_id == document.active:
        shown = grey_pixels(layer.mask.read(document.bounds))
        return tuple(float(weight) for weight in histogram(shown))
    area = filter_area(document, layer, 0)
    if area.is_empty:
        return (0.0,) * 256
    pixels = layer.tiles.read(area)
    if document.selection is not None:
        pixels = blended(np.zeros_like(pixels), pixels, document.selection.read(area))
    return tuple(float(weight) for weight in histogram(pixels))


def seen_histogram(document: Document, layer_id: LayerId) -> tuple[float, ...]:
    """256 weights: how much of the picture without this layer has each lightness."""
    layer = document.layer(layer_id)
    below = replace_layer(document, replace(layer, visible=False))
    return tuple(float(weight) for weight in histogram(flatten(below, document.bounds, document.depth)))


def blended(before: Pixels, after: Pixels, coverage: Pixels) -> Pixels:
    """From one to the other by coverage (h, w), 0 … 255: its ends give exactly the one and the other."""
    result = np.empty_like(before)
    for top in range(0, before.shape[0], _ROWS):
        rows = slice(top, top + _ROWS)
        if before.dtype != np.uint8:
            result[rows] = mixed_by(before[rows], after[rows], coverage[rows])
            continue
        share = coverage[rows, :, None].astype(np.uint16)
        mixed = before[rows] * (255 - share) + after[rows] * share
        result[rows] = (mixed + 127) // 255
    return result


def with_alpha_of(before: Pixels, after: Pixels) -> Pixels:
    """The colours of `after` at the alpha of `before`; where `after` has no colour, that of `before`."""
    result = np.empty_like(before)
    for top in range(0, before.shape[0], _ROWS):
        rows = slice(top, top + _ROWS)
        alpha, new_alpha = before[rows, :, 3:].astype(np.float32), after[rows, :, 3:].astype(np.float32)
        colors = after[rows, :, :3].astype(np.float32) * (alpha / np.maximum(new_alpha, 1))
        result[rows, :, :3] = np.where(new_alpha > 0, np.rint(np.minimum(colors, alpha)), before[rows, :, :3])
        result[rows, :, 3] = before[rows, :, 3]
    return result


def _coarsely(pixels: Pixels, spec: Filter, values: Values, origin: tuple[int, int], coarseness: int) -> Pixels:
    height, width = pixels.shape[:2]
    size = (max(1, width // coarseness), max(1, height // coarseness))
    small = np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), pixels.dtype)
    place = (origin[0] // coarseness, origin[1] // coarseness)
    changed = spec.apply(small, spec.scaled(values, size[0] / width), place)
    return np.asarray(cv2.resize(changed, (width, height), interpolation=cv2.INTER_LINEAR), pixels.dtype)


def _tile_bounds(tiles: TileMap) -> Rect:
    return Rect.bounding(tile_rect(key) for key in tiles.tiles)
