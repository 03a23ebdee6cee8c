"""Merging layers: the edits that blend pixels. Pure functions, safe on any thread."""

from __future__ import annotations

from dataclasses import replace

from sdpaint.document.changes import reached_tiles
from sdpaint.document.document import Document
from sdpaint.document.layers import Layer, LayerId
from sdpaint.document.render import composed_tiles
from sdpaint.document.tree import replaced
from sdpaint.errors import EditRefused
from sdpaint.imaging.blend import BlendMode
from sdpaint.imaging.tiles import TileMap


def merge_down(document: Document, layer_id: LayerId) -> Document:
    """The layer and the one below as one, under the name and blend mode of the lower one; it becomes active.

    Opacities and masks are drawn into the pixels. A hidden layer adds nothing. The lowest layer of a group has nothing
    to merge with: the document comes back as it is. Raises EditRefused where the lower one is clipped to another layer
    and the upper isn't.
    """
    index = document.index_of(layer_id)
    if index == 0:
        return document
    siblings = document.siblings_of(layer_id)
    upper, lower = siblings[index], siblings[index - 1]
    if lower.clipped and not upper.clipped:
        raise EditRefused(
            f"{lower.name} is clipped to another layer", hint="Merge it with that one first, or release it"
        )
    ground = replace(lower, blend_mode=BlendMode.NORMAL, clipped=False)
    cover = replace(upper, clipped=upper.clipped and not lower.clipped)
    merged = Layer(
        lower.name,
        tiles=_merged_tiles(document, (ground, cover)),
        visible=lower.visible or upper.visible,
        blend_mode=lower.blend_mode,
        alpha_locked=lower.alpha_locked,
        generated=lower.generated and upper.generated,
        id=lower.id,
        clipped=lower.clipped,
        tag=lower.tag,
    )
    layers = replaced(replaced(document.layers, upper.id, ()), lower.id, (merged,))
    return replace(document, layers=layers, active=merged.id, selected=frozenset())


def _merged_tiles(document: Document, layers: tuple[Layer, ...]) -> TileMap:
    """Siblings as one picture. What has no end is drawn as far as the canvas goes."""
    keys = set().union(*(reached_tiles(layer, document.bounds) for layer in layers))
    return composed_tiles(layers, keys)
