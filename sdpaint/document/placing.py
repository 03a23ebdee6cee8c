"""Placing: taking pixels off their layers and putting them elsewhere, moved or transformed. Safe on any thread.

What is selected is lifted as softly as it is selected; without a selection, all of a layer. The outline of the
selection goes along.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import reduce

from sdpaint.document.document import Document
from sdpaint.document.edits import with_layer_tiles
from sdpaint.document.layers import LayerId
from sdpaint.document.selection_edits import clear_selected, selected_tiles
from sdpaint.imaging.geometry import Rect
from sdpaint.imaging.projection import Projection
from sdpaint.imaging.raster import composite
from sdpaint.imaging.tiles import Pixels, TileKey, TileMap
from sdpaint.imaging.warp import Interpolation, warped


@dataclass(frozen=True, eq=False)
class Lifted:
    """What was taken off: `pieces` by layer, `rest` the document without them.

    `bounds` is the smallest rectangle around all pieces, empty where there is nothing.
    """

    source: Document
    rest: Document
    pieces: Mapping[LayerId, TileMap]
    bounds: Rect

    def picture(self) -> TileMap:
        """All pieces as one, the lowest first."""
        return reduce(laid_over, self.pieces.values())


def lift(document: Document, layer_ids: Iterable[LayerId], leaves_copy: bool = False) -> Lifted:
    """Take what is selected off these layers; `leaves_copy`: it stays there too. Raises KeyError."""
    rest, pieces = document, {}
    for layer_id in layer_ids:
        pieces[layer_id] = selected_tiles(document, layer_id)
        if not leaves_copy:
            rest = clear_selected(rest, layer_id)
    return Lifted(document, rest, pieces, Rect.bounding(tiles.bounds() for tiles in pieces.values()))


def place(
    lifted: Lifted, projection: Projection, interpolation: Interpolation = Interpolation.BICUBIC
) -> Document:
    """The pieces put back where the projection takes them, the selection with them. Nowhere else: the source itself.

    What comes to lie farther from the canvas than its longer side is cut off, except by a move of whole pixels.
    """
    if projection.whole_shift == (0, 0) and lifted.rest is not lifted.source:
        return lifted.source
    document = lifted.rest
    within = kept_area(document)
    for layer_id, piece in lifted.pieces.items():
        moved = warped(piece, projection, interpolation, within)
        below = document.layer(layer_id).tiles
        document = with_layer_tiles(document, layer_id, laid_over(below, moved))
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
        if ground is None or tile[..., 3].min() == 255:
            changes[key] = tile
        else:
            mixed = ground.copy()
            composite(mixed, tile)
            changes[key] = mixed
    return below.with_tiles(changes) if changes else below
