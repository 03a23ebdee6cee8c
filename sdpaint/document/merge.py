"""Merging layers: the one edit that blends pixels."""

from __future__ import annotations

from dataclasses import replace

from sdpaint.document.document import Document
from sdpaint.document.layers import LayerId
from sdpaint.imaging.raster import COMPOSITION_MODES, image_over, painting
from sdpaint.imaging.tiles import Pixels, TileKey, TileMap


def merge_down(document: Document, layer_id: LayerId) -> Document:
    """The layer and the one below as one, under the name and blend mode of the lower one; it becomes active.

    Opacities are drawn into the pixels. A hidden layer adds nothing. The lowest layer has nothing to merge with:
    the document comes back as it is. Safe on any thread.
    """
    index = document.index_of(layer_id)
    if index == 0:
        return document
    upper, lower = document.layers[index], document.layers[index - 1]
    changes: dict[TileKey, Pixels | None] = {}
    for key in lower.tiles.tiles.keys() | upper.tiles.tiles.keys():
        target = TileMap(4).editable_tile(key)
        with painting(target) as painter:
            for layer in (lower, upper):
                tile = layer.tiles.tile(key)
                if tile is None or not layer.visible:
                    continue
                if layer is upper:
                    painter.setCompositionMode(COMPOSITION_MODES[upper.blend_mode])
                painter.setOpacity(layer.opacity)
                painter.drawImage(0, 0, image_over(tile))
        changes[key] = target
    merged = replace(
        lower,
        tiles=TileMap(4).with_tiles(changes),
        opacity=1.0,
        visible=lower.visible or upper.visible,
        generated=lower.generated and upper.generated,
    )
    layers = (*document.layers[: index - 1], merged, *document.layers[index + 1 :])
    return replace(document, layers=layers, active=merged.id)
