"""Edits of the selection and of what is selected: pure functions Document → Document. Safe on any thread.

Whatever would leave nothing selected leaves no selection: one that can't be seen would lock the whole canvas.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np

from sdpaint.document.document import Document, EditTarget
from sdpaint.document.edits import (
    clear_layer,
    insert_layer,
    replace_layer,
    set_mask,
    set_target,
    with_layer_tiles,
)
from sdpaint.document.layers import Fill, Group, Layer, LayerId
from sdpaint.document.render import flatten, flatten_layers
from sdpaint.imaging import selection as shapes
from sdpaint.imaging.blend import BlendMode
from sdpaint.imaging.color import Color
from sdpaint.imaging.compositing import times
from sdpaint.imaging.depth import rounded_8
from sdpaint.imaging.geometry import Rect
from sdpaint.imaging.pixels import grey_pixels
from sdpaint.imaging.selection import FULL_TILE, SelectionChange, SelectionMode
from sdpaint.imaging.tiles import Pixels, TileKey, TileMap


def set_selection(document: Document, selection: TileMap | None) -> Document:
    """Select this much of the canvas; None or nothing at all is everything."""
    if selection is not None:
        selection = selection.cropped(document.bounds)
        if selection.is_empty:
            selection = None
    if selection is document.selection or (selection is not None and selection == document.selection):
        return document
    return replace(document, selection=selection)


def select(document: Document, shape: TileMap, mode: SelectionMode = SelectionMode.REPLACE) -> Document:
    """A shape put to the selection."""
    return set_selection(document, shapes.combined(document.selection, shape, mode, document.bounds))


def select_all(document: Document) -> Document:
    """The whole canvas selected, with its outline."""
    return set_selection(document, shapes.rectangle(document.bounds))


def deselect(document: Document) -> Document:
    """No selection: everything can be painted on."""
    return set_selection(document, None)


def invert_selection(document: Document) -> Document:
    """What wasn't selected. Without a selection nothing changes: there is no rest."""
    if document.selection is None:
        return document
    return set_selection(document, shapes.inverted(document.selection, document.bounds))


def change_selection(document: Document, change: SelectionChange, amount_px: int) -> Document:
    """The outline changed by so many pixels."""
    if document.selection is None:
        return document
    return set_selection(document, shapes.changed(document.selection, change, amount_px, document.bounds))


def fill_selection_holes(document: Document) -> Document:
    """What the selection encloses selected too."""
    if document.selection is None:
        return document
    return set_selection(document, shapes.without_holes(document.selection, document.bounds))


# --------------------------------------------------------------------------------------------------- mask and layers


def selection_from_mask(document: Document, mode: SelectionMode = SelectionMode.REPLACE) -> Document:
    """What is masked selected, as softly as it was masked."""
    return select(document, _shared(document.mask.tiles), mode)


def mask_from_selection(document: Document) -> Document:
    """What is selected masked instead of what was; the mask is shown. Without a selection, all of the canvas."""
    tiles = shapes.rectangle(document.bounds) if document.selection is None else document.selection
    return set_mask(document, replace(document.mask, tiles=tiles, visible=True))


def selection_from_layer(
    document: Document, layer_id: LayerId, mode: SelectionMode = SelectionMode.REPLACE
) -> Document:
    """Where the layer has pixels, selected as far as they are opaque."""
    alphas: dict[TileKey, Pixels | None] = {
        key: rounded_8(cv2.extractChannel(tile, 3))
        for key, tile in pixels_of(set_target(document, EditTarget.CONTENT), layer_id).tiles.items()
    }
    return select(document, _shared(TileMap(1).with_tiles(alphas)), mode)


def selection_from_layer_mask(
    document: Document, layer_id: LayerId, mode: SelectionMode = SelectionMode.REPLACE
) -> Document:
    """What the layer's mask shows selected. Raises KeyError; a layer without a mask changes nothing."""
    mask = document.layer(layer_id).mask
    if mask is None:
        return document
    return select(document, _shared(TileMap.from_pixels(mask.read(document.bounds))), mode)


@dataclass(frozen=True)
class ColorRange:
    """What a selection by colour takes, see `imaging.selection.color_range`.

    `layer_id` None: what is seen of all layers counts.
    """

    colors: tuple[Color, ...]
    fuzziness: int = 40
    layer_id: LayerId | None = None
    mode: SelectionMode = SelectionMode.REPLACE


def select_color_range(document: Document, wanted: ColorRange, pixels: Pixels | None = None) -> Document:
    """What is near to the colours put to the selection. `pixels`: the canvas as `pixels_for` gives it, where known."""
    if pixels is None:
        pixels = pixels_for(document, wanted.layer_id)
    coverage = shapes.color_range(pixels, wanted.colors, wanted.fuzziness)
    return select(document, shapes.coverage_map(coverage), wanted.mode)


def pixels_for(document: Document, layer_id: LayerId | None) -> Pixels:
    """The canvas as one layer has it, or as all together are seen: (h, w, 4) premultiplied BGRA at its depth."""
    if layer_id is None:
        return flatten(document, document.bounds, document.depth)
    return document.layer(layer_id).tiles.read(document.bounds)


def _shared(coverage: TileMap) -> TileMap:
    """The same with full tiles shared."""
    full: dict[TileKey, Pixels | None] = {
        key: FULL_TILE for key, tile in coverage.tiles.items() if tile is not FULL_TILE and tile.min() == 255
    }
    return coverage.with_tiles(full) if full else coverage


# ------------------------------------------------------------------------------------------------------------ pixels


def clear_selected(document: Document, layer_id: LayerId) -> Document:
    """The layer's pixels gone as far as they are selected."""
    tiles, selection = document.layer(layer_id).tiles, document.selection
    if selection is None:
        return clear_layer(document, layer_id)
    changes: dict[TileKey, Pixels | None] = {}
    for key, selected in selection.tiles.items():
        tile = tiles.tile(key)
        if tile is not None:
            changes[key] = None if selected is FULL_TILE else times(tile, 255 - selected)
    return with_layer_tiles(document, layer_id, tiles.with_tiles(changes)) if changes else document


def clear_worked_on(document: Document, layer_id: LayerId) -> Document:
    """The same; where the layer's mask is worked on, that hides what is selected, and its pixels stay."""
    if document.edits_mask and layer_id == document.active:
        return _hide_selected(document)
    return clear_selected(document, layer_id)


def _hide_selected(document: Document) -> Document:
    layer, selection = document.active_layer, document.selection
    mask = layer.mask
    if mask is None:
        return document
    if selection is None:
        return replace_layer(document, replace(layer, mask=replace(mask, tiles=TileMap(1), default=0)))
    place = selection.bounds()
    shown = cv2.multiply(mask.read(place), 255 - selection.read(place), scale=1 / 255)
    tiles = mask.with_shown(place, np.asarray(shown, np.uint8))
    return replace_layer(document, replace(layer, mask=replace(mask, tiles=tiles)))


def selected_pixels(document: Document, layer_id: LayerId) -> tuple[Rect, Pixels]:
    """The layer's pixels as far as they are selected: where they lie on the canvas, and (h, w, 4) premultiplied BGRA.

    The rectangle is the smallest around them, empty where there are none. Without a selection all of the layer counts
    that lies on the canvas.
    """
    tiles = _as_selected(pixels_of(document, layer_id), document.selection)
    place = tiles.cropped(document.bounds).bounds()
    return place, tiles.read(place)


def selected_tiles(document: Document, layer_id: LayerId) -> TileMap:
    """The layer's pixels as far as they are selected; without a selection all, those beyond the canvas too."""
    return _as_selected(document.layer(layer_id).tiles, document.selection)


def _as_selected(tiles: TileMap, selection: TileMap | None) -> TileMap:
    if selection is not None:
        kept: dict[TileKey, Pixels | None] = {}
        for key, tile in tiles.tiles.items():
            selected = selection.tile(key)
            if selected is not FULL_TILE:
                kept[key] = None if selected is None else times(tile, selected)
        tiles = tiles.with_tiles(kept)
    return tiles


def pixels_of(document: Document, layer_id: LayerId) -> TileMap:
    """What a layer of any kind holds: of groups and fills what they show, of a mask that is worked on its grey."""
    layer = document.layer(layer_id)
    if document.edits_mask and layer.mask is not None and layer_id == document.active:
        return TileMap.from_pixels(grey_pixels(layer.mask.read(document.bounds)))
    if not isinstance(layer.content, Group | Fill):
        return layer.tiles
    alone = replace(layer, visible=True, opacity=1.0, blend_mode=BlendMode.NORMAL, clipped=False)
    return TileMap.from_pixels(flatten_layers((alone,), document.bounds))


def selected_composite(document: Document) -> tuple[Rect, Pixels]:
    """What is seen of all layers, likewise."""
    selection = document.selection
    place = document.bounds if selection is None else selection.bounds()
    pixels = flatten(document, place, document.depth)
    return place, pixels if selection is None else times(pixels, selection.read(place))


def paste_layer(document: Document, pixels: Pixels, x: int, y: int, name: str) -> Document:
    """Pixels (h, w, 4), premultiplied BGRA, on a new layer above the active one, the first at (x, y)."""
    return insert_layer(document, Layer(name, tiles=TileMap.from_pixels(pixels, x, y)))


def is_selected(document: Document, x: int, y: int) -> bool:
    """Whether the pixel is selected at least by half; without a selection every one is."""
    return document.selection is None or int(document.selection.read(Rect(x, y, 1, 1))[0, 0]) >= 128


def touches_selection(document: Document, layer_id: LayerId) -> bool:
    """Whether the layer has a tile where something is selected: a quick guess that no pixel needs to be read for."""
    tiles, selection = document.layer(layer_id).tiles, document.selection
    if selection is None:
        return not tiles.is_empty
    return any(key in selection.tiles for key in tiles.tiles)
