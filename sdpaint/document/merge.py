"""Merging layers: the edits that blend pixels. Pure functions, safe on any thread."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace

from sdpaint.document import tree
from sdpaint.document.changes import reached_tiles
from sdpaint.document.document import Document, EditTarget
from sdpaint.document.edits import insert_layer, next_name
from sdpaint.document.layers import Fill, Group, Layer, LayerId
from sdpaint.document.render import composed_tiles
from sdpaint.errors import EditRefused
from sdpaint.imaging.blend import BlendMode
from sdpaint.imaging.tiles import TILE_SIZE, TileMap


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
    _refuse_controls((upper, lower))
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
    layers = tree.replaced(_replaced(document, upper.id, ()), lower.id, (merged,))
    return _merged_document(document, layers, merged)


def _merged_tiles(document: Document, layers: tuple[Layer, ...]) -> TileMap:
    """Siblings as one picture. What has no end is drawn as far as the canvas goes."""
    keys = set().union(*(reached_tiles(layer, document.bounds) for layer in layers))
    tiles = composed_tiles(layers, keys)
    is_endless = any(isinstance(each.content, Fill) for layer in layers for each in layer.walk())
    return tiles.cropped(document.bounds) if is_endless else tiles


def merge_group(document: Document, layer_id: LayerId) -> Document:
    """A group as one pixel layer with its name, opacity and blend mode. Raises EditRefused for another layer."""
    group = document.layer(layer_id)
    if not group.is_group:
        raise EditRefused("The layer is no group", hint="Choose a group in the layers panel")
    alone = replace(
        group,
        content=Group(group.children),
        visible=True,
        opacity=1.0,
        blend_mode=BlendMode.NORMAL,
        clipped=False,
    )
    merged = Layer(
        group.name,
        tiles=_merged_tiles(document, (alone,)),
        visible=group.visible,
        opacity=group.opacity,
        blend_mode=group.blend_mode,
        id=group.id,
        clipped=group.clipped,
        tag=group.tag,
    )
    return _merged_document(document, _replaced(document, group.id, (merged,)), merged)


def merge_layers(document: Document, ids: Collection[LayerId]) -> Document:
    """Several layers as one, in the place and under the name of the topmost; it becomes active.

    They are blended with each other, and no longer with what lay between them.
    """
    chosen = tree.topmost(document.layers, ids)
    if len(chosen) < 2:
        return document
    _refuse_controls(chosen)
    top = chosen[-1]
    merged = Layer(top.name, tiles=_merged_tiles(document, tuple(chosen)), tag=top.tag)
    layers = tree.without(_replaced(document, top.id, (merged,)), {layer.id for layer in chosen})
    return _merged_document(document, layers, merged)


def merge_visible(document: Document) -> Document:
    """All that is seen as one layer, in the place of the lowest visible one; hidden layers stay as they are."""
    visible = [layer for layer in document.layers if layer.visible and layer.control is None]
    if not visible:
        return document
    merged = Layer(visible[0].name, tiles=_seen(document))
    layers: list[Layer] = []
    for layer in document.layers:
        if layer is visible[0]:
            layers.append(merged)
        elif not layer.visible or layer.control is not None:
            layers.append(layer)
    return _merged_document(document, tuple(layers), merged)


def flatten_image(document: Document) -> Document:
    """One layer with all that is seen; hidden layers are gone. Control layers stay as they are."""
    name = document.layers[0].name if len(document.layers) == 1 else "Background"
    merged = Layer(name, tiles=_seen(document))
    controls = tuple(layer for layer in document.layers if layer.control is not None)
    return _merged_document(document, (merged, *controls), merged)


def stamp_visible(document: Document) -> Document:
    """A new layer on top with all that is seen; the others stay."""
    return insert_layer(
        document, Layer(next_name(document, "Visible"), tiles=_seen(document)), len(document.layers)
    )


def _refuse_controls(layers: Iterable[Layer]) -> None:
    control = next((layer for layer in layers if layer.control is not None), None)
    if control is not None:
        raise EditRefused(
            f"The control layer {control.name} is no part of the picture", hint="Make it a pixel layer first"
        )


def _seen(document: Document) -> TileMap:
    return composed_tiles(document.layers, document.bounds.tiles(TILE_SIZE)).cropped(document.bounds)


def _merged_document(document: Document, layers: tuple[Layer, ...], merged: Layer) -> Document:
    return replace(document, layers=layers, active=merged.id, selected=frozenset(), target=EditTarget.CONTENT)


def _replaced(document: Document, layer_id: LayerId, by: tuple[Layer, ...]) -> tuple[Layer, ...]:
    return tree.replaced(document.layers, layer_id, by)
