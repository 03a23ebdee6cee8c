"""Fill tool: pours the foreground colour over what is alike, as far as it is selected.

Where the layer's alpha is locked, only paint that is there takes the colour.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from sdpaint.document.document import Document
from sdpaint.document.edits import replace_layer, with_layer_tiles
from sdpaint.document.layers import LayerId
from sdpaint.document.render import flatten
from sdpaint.document.selection_edits import pixels_of
from sdpaint.imaging import masks
from sdpaint.imaging.color import Color
from sdpaint.imaging.deep_stroke import deep_colors, opaque_color
from sdpaint.imaging.geometry import Point, Rect
from sdpaint.imaging.raster import StampMode, TilePainter
from sdpaint.imaging.selection import FULL_TILE, alike, coverage_map, scaled_by
from sdpaint.imaging.tiles import TILE_SIZE, Pixels, TileKey, TileMap
from sdpaint.tools.base import PointerEvent, ToolContext, ToolName, ToolRefused
from sdpaint.tools.layer_target import premultiplied_table
from sdpaint.tools.mask_targets import shown_value
from sdpaint.tools.options import FillOptions
from sdpaint.tools.stroke_target import check_editable


def fill(document: Document, layer_id: LayerId, x: int, y: int, color: Color, options: FillOptions) -> Document:
    """Fill what is like the pixel at column x, row y, which lies on the canvas. Safe on any thread."""
    if options.sample_all_layers:
        pixels = flatten(document, document.bounds, document.depth)
    else:
        pixels = pixels_of(document, layer_id).read(document.bounds)
    coverage = alike(pixels, x, y, options.likeness)
    if options.grow_px:
        coverage = masks.grow(coverage, options.grow_px)
    return fill_coverage(document, layer_id, coverage_map(coverage), color, options.opacity)


def fill_coverage(
    document: Document, layer_id: LayerId, coverage: TileMap, color: Color, opacity: float = 1.0
) -> Document:
    """The colour laid over the layer by the coverage, as far as it is selected."""
    layer = document.layer(layer_id)
    if document.selection is not None:
        coverage = _product(coverage, document.selection)
    if document.edits_mask and layer_id == document.active:
        return _fill_mask(document, coverage, color, opacity)
    mode = StampMode.ATOP if layer.alpha_locked else StampMode.OVER
    table = premultiplied_table(color, opacity)

    def colored(coverage: Pixels) -> Pixels:
        if layer.tiles.depth == 8:
            return table.take(coverage).view(np.uint8).reshape(TILE_SIZE, TILE_SIZE, 4)
        return deep_colors(opaque_color(color), coverage * np.float32(opacity * color.alpha / (255 * 255)))

    painter = TilePainter()
    plain: Pixels | None = None
    changes: dict[TileKey, Pixels | None] = {}
    for key, tile in coverage.tiles.items():
        base = layer.tiles.tile(key)
        if base is None and mode is StampMode.ATOP:
            continue
        if tile is FULL_TILE and (base is None or (mode is StampMode.OVER and table[255] >> 24 == 255)):
            # All whole tiles are one shared array.
            if plain is None:
                plain = colored(tile)
            changes[key] = plain
        elif base is None:
            changes[key] = colored(tile)
        else:
            target = base.copy()
            painter.blend(target, base, colored(tile), 0, 0, mode)
            changes[key] = target
    return with_layer_tiles(document, layer_id, layer.tiles.with_tiles(changes)) if changes else document


def _fill_mask(document: Document, coverage: TileMap, color: Color, opacity: float) -> Document:
    """As the colour's lightness on the active layer's mask."""
    layer = document.active_layer
    mask = layer.mask
    if mask is None:
        return document
    shown = shown_value(color)
    value = np.float32(shown if mask.default == 0 else 255 - shown)
    changes: dict[TileKey, Pixels | None] = {}
    for key, tile in coverage.tiles.items():
        old = mask.tiles.editable_tile(key).astype(np.float32)
        share = tile * np.float32(opacity * color.alpha / (255 * 255))
        changes[key] = (old + (value - old) * share + np.float32(0.5)).astype(np.uint8)
    tiles = mask.tiles.with_tiles(changes)
    return replace_layer(document, replace(layer, mask=replace(mask, tiles=tiles)))


def _product(coverage: TileMap, selection: TileMap) -> TileMap:
    """Coverage times how far each pixel is selected."""
    soft: dict[TileKey, Pixels | None] = {}
    for key, tile in coverage.tiles.items():
        selected = selection.tile(key)
        if selected is None or selected is FULL_TILE:
            soft[key] = None if selected is None else tile
        else:
            soft[key] = selected if tile is FULL_TILE else scaled_by(tile, selected)
    return TileMap(1).with_tiles(soft)


class FillTool:
    """Fills at press."""

    name = ToolName.FILL

    def press(self, context: ToolContext, event: PointerEvent) -> None:
        """Fill from here. Raises ToolRefused where it can't."""
        document = context.document
        if not document.bounds.contains_point(event.pos):
            return
        if document.quick_mask is not None:
            raise ToolRefused("Paint the quick mask with the brush", "Press Q to turn it back into a selection")
        check_editable(document)
        x, y = math.floor(event.pos.x), math.floor(event.pos.y)
        if document.selection is not None and not document.selection.read(Rect(x, y, 1, 1)).any():
            raise ToolRefused("That lies outside the selection", "Click inside it, or deselect with Ctrl+D")
        layer_id, color, options = document.active, context.foreground, context.options_of(FillOptions)

        def edit(document: Document) -> Document:
            return fill(document, layer_id, x, y, color, options)

        context.compute("Fill", edit)

    def move(self, context: ToolContext, events: Sequence[PointerEvent]) -> None:
        """Nothing more happens."""

    def release(self, context: ToolContext, event: PointerEvent) -> None:
        """Nothing more happens."""

    def cancel(self, context: ToolContext) -> None:
        """What was asked for at press comes all the same; it can be undone."""

    def rebase(self, context: ToolContext) -> bool:
        """There's nothing to go on with."""
        return True

    def outline(self, context: ToolContext, pos: Point) -> float | None:
        """An ordinary cursor."""
        return None
