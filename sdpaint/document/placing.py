"""Placing: taking pixels off their layers and putting them elsewhere, moved or transformed. Safe on any thread.

What is selected is lifted as softly as it is selected; without a selection, all of a layer, and its mask where that is
linked. A group stands for all that is in it. The outline of the selection goes along.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial, reduce

from sdpaint.document import tree
from sdpaint.document.document import Document
from sdpaint.document.edits import replace_layer, with_layer_tiles
from sdpaint.document.layers import Layer, LayerId, LayerMask, Text
from sdpaint.document.selection_edits import clear_selected, selected_tiles
from sdpaint.imaging.geometry import Rect
from sdpaint.imaging.projection import Projection
from sdpaint.imaging.raster import composite
from sdpaint.imaging.tiles import Pixels, TileKey, TileMap, full_of
from sdpaint.imaging.warp import Interpolation, warped


@dataclass(frozen=True, eq=False)
class Lifted:
    """What was taken off: `pieces` and `masks` by layer, `rest` the document without the pieces.

    `places` are the smallest rectangles around the pieces. `bounds` is that around all of them (around the masks, where
    there are none); empty where there is nothing at all.
    """

    source: Document
    rest: Document
    pieces: Mapping[LayerId, TileMap]
    places: Mapping[LayerId, Rect]
    masks: Mapping[LayerId, LayerMask]
    bounds: Rect

    def picture(self) -> TileMap:
        """All pieces as one, the lowest first."""
        return reduce(laid_over, self.pieces.values(), TileMap(4, depth=self.source.depth))


def parts_of(document: Document, layer_ids: Iterable[LayerId]) -> Iterator[Layer]:
    """These layers and all that is in them, each once, bottom to top. Raises KeyError."""
    for layer in tree.topmost(document.layers, [document.layer(layer_id).id for layer_id in layer_ids]):
        yield from layer.walk()


def has_movable_pixels(document: Document, layer: Layer) -> bool:
    """Whether what the layer shows is its own and has a place: pixels, or all of a text. A part of a text hasn't."""
    return layer.holds_pixels or (isinstance(layer.content, Text) and document.selection is None)


def moves_pixels(document: Document, layer: Layer) -> bool:
    """Whether the layer's pixels go along: not where its mask is worked on and isn't linked to them."""
    mask_alone = document.edits_mask and layer.id == document.active and layer.mask is not None
    return has_movable_pixels(document, layer) and not (mask_alone and layer.mask is not None and not layer.mask.linked)


def moves_mask(document: Document, layer: Layer) -> bool:
    """Whether the layer's mask goes along: where it is linked, or worked on. Selected pixels leave it where it is."""
    if layer.mask is None or document.selection is not None:
        return False
    return layer.mask.linked or (document.edits_mask and layer.id == document.active)


def lift(document: Document, layer_ids: Iterable[LayerId], leaves_copy: bool = False) -> Lifted:
    """Take what is selected off these layers; `leaves_copy`: it stays there too. Raises KeyError."""
    rest = document
    pieces: dict[LayerId, TileMap] = {}
    masks: dict[LayerId, LayerMask] = {}
    for layer in parts_of(document, layer_ids):
        if moves_pixels(document, layer):
            piece = selected_tiles(document, layer.id)
            if not piece.is_empty:
                pieces[layer.id] = piece
                rest = rest if leaves_copy else clear_selected(rest, layer.id)
        if layer.mask is not None and moves_mask(document, layer):
            masks[layer.id] = layer.mask
    places = {layer_id: piece.bounds() for layer_id, piece in pieces.items()}
    bounds = Rect.bounding(places.values())
    if bounds.is_empty:
        bounds = Rect.bounding(mask.tiles.bounds() for mask in masks.values())
    return Lifted(document, rest, pieces, places, masks, bounds)


def place(
    lifted: Lifted, projection: Projection, interpolation: Interpolation = Interpolation.BICUBIC
) -> Document:
    """The pieces put back where the projection takes them, the selection with them. Nowhere else: the source itself.

    What comes to lie farther from the canvas than its longer side is cut off, except by a move of whole pixels. A layer
    that is put elsewhere as a whole takes along the pictures that it might show instead.
    """
    if projection.whole_shift == (0, 0):
        return lifted.source
    document = lifted.rest
    within = kept_area(document)
    for layer_id, piece in lifted.pieces.items():
        moved = warped(piece, projection, interpolation, within, lifted.places[layer_id])
        layer = document.layer(layer_id)
        tiles = laid_over(layer.tiles, moved)
        document = with_layer_tiles(document, layer_id, tiles)
        if layer.origin is not None and lifted.source.selection is None:
            along = partial(warped, projection=projection, interpolation=interpolation, within=within)
            origin = layer.origin.put(projection, along, tiles)
            document = replace_layer(document, replace(document.layer(layer_id), origin=origin))
    for layer_id, mask in lifted.masks.items():
        moved = warped(mask.tiles, projection, interpolation, within)
        document = replace_layer(document, replace(document.layer(layer_id), mask=replace(mask, tiles=moved)))
    return _with_selection_placed(document, projection, interpolation)


def kept_area(document: Document) -> Rect:
    """How far from the canvas pixels are kept when they are transformed."""
    return document.bounds.inflated(max(document.size.width, document.size.height))


def _with_selection_placed(document: Document, projection: Projection, interpolation: Interpolation) -> Document:
    if document.selection is None:
        return document
    selection = warped(document.selection, projection, interpolation, document.bounds).cropped(document.bounds)
    return replace(document, selection=None if selection.is_empty else selection)


def laid_over(below: TileMap, above: TileMap) -> TileMap:
    """One map of pixels on another, as paint lies on paint."""
    changes: dict[TileKey, Pixels | None] = {}
    for key, tile in above.tiles.items():
        ground = below.tile(key)
        if ground is None or tile[..., 3].min() == full_of(tile):
            changes[key] = tile
        else:
            mixed = ground.copy()
            composite(mixed, tile)
            changes[key] = mixed
    return below.with_tiles(changes) if changes else below
