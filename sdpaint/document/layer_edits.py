"""Edits of the tree of layers: groups, masks, clipping and kinds. Pure functions Document → Document.

What can't be done raises EditRefused with a remedy. Locks are looked at by whoever offers the edit (see `locks`).
Those that look at pixels say so; they are for another thread.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from sdpaint.document import tree
from sdpaint.document.document import Document, EditTarget
from sdpaint.document.edits import change_layers, insert_layer, next_name, replace_layer, set_active
from sdpaint.document.layers import Adjustment, Fill, Group, Layer, LayerId, LayerMask
from sdpaint.document.recipe import solid_tile
from sdpaint.errors import EditRefused
from sdpaint.imaging.color import Color
from sdpaint.imaging.compositing import straight_opaque, times
from sdpaint.imaging.depth import rounded_8
from sdpaint.imaging.filter_table import Filter
from sdpaint.imaging.selection import FULL_TILE
from sdpaint.imaging.tiles import TILE_SIZE, Pixels, TileKey, TileMap

# ------------------------------------------------------------------------------------------------------------ groups


def add_group(document: Document) -> Document:
    """A new empty group above the active layer."""
    return insert_layer(document, Layer(next_name(document, "Group"), content=Group()))


def group_layers(document: Document, ids: Collection[LayerId]) -> Document:
    """Layers put into a new group in the place of the topmost of them; it becomes active."""
    moving = tree.topmost(document.layers, ids)
    if not moving:
        return document
    top = moving[-1]
    siblings = document.siblings_of(top.id)
    bases = dict(zip([layer.id for layer in siblings], tree.clipping_bases(siblings), strict=True))
    inside = {layer.id for layer in moving}
    bottom_base = bases.get(moving[0].id)
    # Where all are clipped to one layer outside, the group takes that over.
    is_clipped = bottom_base is not None and all(bases.get(layer.id) is bottom_base for layer in moving)
    if is_clipped or moving[0].clipped:
        moving = [
            replace(layer, clipped=False) if is_clipped or layer is moving[0] else layer for layer in moving
        ]
    group = Layer(next_name(document, "Group"), content=Group(tuple(moving)), clipped=is_clipped)
    layers = tree.replaced(document.layers, top.id, (group, top)) if top.id in inside else document.layers
    for layer in moving:
        layers = _without_first(layers, layer.id, group.id)
    return set_active(replace(document, layers=layers, active=group.id), group.id)


def _without_first(layers: tuple[Layer, ...], layer_id: LayerId, group_id: LayerId) -> tuple[Layer, ...]:
    """The layer taken out of where it was; the copy in the new group stays."""
    result = []
    for layer in layers:
        if layer.id == layer_id:
            continue
        if layer.id != group_id and layer.children:
            layer = tree.with_children(layer, _without_first(layer.children, layer_id, group_id))
        result.append(layer)
    return tuple(result)


def ungroup(document: Document, layer_id: LayerId) -> Document:
    """The layers of a group in its place; its own mask, opacity and blend mode are gone. Raises EditRefused."""
    group = document.layer(layer_id)
    if not group.is_group:
        raise EditRefused("The layer is no group", "Choose a group in the layers panel")
    children = group.children
    if group.clipped:
        children = tuple(replace(child, clipped=True) for child in children)
    layers = tree.replaced(document.layers, layer_id, children)
    if not layers:
        layers = (Layer("Layer 1"),)
    if children:
        active = children[-1].id
    else:
        parent = document.parent_of(layer_id)
        left = layers if parent is None else tree.path_to(layers, parent.id)[-1].children
        active = left[max(0, document.index_of(layer_id) - 1)].id if left else (parent or layers[-1]).id
    return replace(document, layers=layers, active=active, selected=frozenset(), target=EditTarget.CONTENT)


def set_pass_through(document: Document, layer_id: LayerId, pass_through: bool) -> Document:
    """Whether the layers of a group meet what lies below it one by one. Raises EditRefused."""
    group = document.layer(layer_id)
    if not isinstance(group.content, Group):
        raise EditRefused("The layer is no group", "Only groups can pass through")
    return replace_layer(document, replace(group, content=replace(group.content, pass_through=pass_through)))


def set_expanded(document: Document, layer_id: LayerId, expanded: bool) -> Document:
    """Whether the layers panel shows what is in a group: view state."""
    group = document.layer(layer_id)
    if not isinstance(group.content, Group) or group.content.expanded == expanded:
        return document
    return replace_layer(document, replace(group, content=replace(group.content, expanded=expanded)))


# --------------------------------------------------------------------------------------------------------- visibility


def set_visible(document: Document, ids: Collection[LayerId], visible: bool) -> Document:
    """Layers shown or hidden."""
    return change_layers(
        document, ids, lambda layer: layer if layer.visible == visible else replace(layer, visible=visible)
    )


def solo(document: Document, layer_id: LayerId) -> tuple[Document, frozenset[LayerId]]:
    """The layer seen by itself, with the groups around it; and what was hidden for that: all that is beside them."""
    path = document.path_to(layer_id)
    beside = {each.id for step in path for each in document.siblings_of(step.id) if each.visible}
    hidden = frozenset(beside - {step.id for step in path})
    return set_visible(set_visible(document, hidden, False), [step.id for step in path], True), hidden


# ---------------------------------------------------------------------------------------------------------- clipping


def set_clipped(document: Document, ids: Collection[LayerId], clipped: bool) -> Document:
    """Layers clipped to the one below, or released. Raises EditRefused where there is none below."""
    for layer_id in ids:
        layer = document.layer(layer_id)
        if clipped and layer.control is not None:
            raise EditRefused(f'The control layer "{layer.name}" is no part of the picture', "Choose another layer")
        if clipped and document.index_of(layer_id) == 0:
            raise EditRefused(f'There is no layer below "{layer.name}" to be clipped to', "Move it up first")
        if layer.clipped != clipped:
            document = replace_layer(document, replace(layer, clipped=clipped))
    return document


# ------------------------------------------------------------------------------------------------------------- masks


def add_mask(document: Document, layer_id: LayerId, mask: LayerMask) -> Document:
    """A mask for a layer that has none; where the layer is active, the mask is worked on. Raises EditRefused."""
    layer = document.layer(layer_id)
    if layer.mask is not None:
        raise EditRefused("The layer has a mask already", "Apply or delete that one first")
    result = replace_layer(document, replace(layer, mask=mask))
    return replace(result, target=EditTarget.MASK) if layer_id == document.active else result


def mask_of_selection(document: Document, hide: bool = False) -> LayerMask:
    """One that shows what is selected (or hides it); without a selection one that shows (or hides) everything."""
    if document.selection is None:
        return LayerMask(default=0 if hide else 255)
    return LayerMask(document.selection, default=255 if hide else 0)


def mask_from_selection(document: Document, layer_id: LayerId) -> Document:
    """The layer's mask shows what is selected, whatever it showed before. Raises EditRefused without a selection."""
    layer = document.layer(layer_id)
    if document.selection is None:
        raise EditRefused("Nothing is selected", "Drag with a selection tool first")
    if layer.mask is None:
        return add_mask(document, layer_id, mask_of_selection(document))
    return _with_mask(document, layer, replace(layer.mask, tiles=document.selection, default=0))


def mask_from_transparency(document: Document, layer_id: LayerId) -> Document:
    """The layer's alpha made its mask, and its pixels opaque, which looks the same.

    Looks at pixels. Raises EditRefused.
    """
    layer = document.layer(layer_id)
    if layer.content is not None:
        raise EditRefused("The layer has no pixels of its own", "Choose a pixel layer")
    alpha: dict[TileKey, Pixels | None] = {}
    colors: dict[TileKey, Pixels | None] = {}
    for key, tile in layer.tiles.tiles.items():
        alpha[key] = rounded_8(tile[..., 3]).copy()
        colors[key] = straight_opaque(tile)
    mask = LayerMask.of_coverage(TileMap(1).with_tiles(alpha))
    result = add_mask(document, layer_id, mask)
    return replace_layer(result, replace(result.layer(layer_id), tiles=layer.tiles.with_tiles(colors)))


def apply_mask(document: Document, layer_id: LayerId) -> Document:
    """The mask drawn into the layer's pixels, and gone. Looks at pixels. Raises EditRefused."""
    layer = _masked(document, layer_id)
    if layer.content is not None:
        raise EditRefused("The mask can be applied to pixels only", "Rasterise the layer, or merge the group, first")
    mask = layer.mask
    assert mask is not None
    tiles = layer.tiles if not mask.enabled else masked_tiles(layer.tiles, mask)
    return _with_mask(document, replace(layer, tiles=tiles), None)


def masked_tiles(tiles: TileMap, mask: LayerMask) -> TileMap:
    """Pixels as far as a mask shows them."""
    changes: dict[TileKey, Pixels | None] = {}
    for key, tile in tiles.tiles.items():
        shown = mask.tile(key)
        if shown is not None:
            changes[key] = tile if shown is FULL_TILE else times(tile, shown)
        elif mask.default == 0:
            changes[key] = None
    return tiles.with_tiles(changes) if changes else tiles


def delete_mask(document: Document, layer_id: LayerId) -> Document:
    """The mask gone; all of the layer shows. Raises EditRefused."""
    return _with_mask(document, _masked(document, layer_id), None)


def invert_mask(document: Document, layer_id: LayerId) -> Document:
    """What showed is hidden and the other way round. Raises EditRefused."""
    layer = _masked(document, layer_id)
    assert layer.mask is not None
    return _with_mask(document, layer, replace(layer.mask, default=255 - layer.mask.default))


def set_mask_enabled(document: Document, layer_id: LayerId, enabled: bool) -> Document:
    """Whether the mask counts. Raises EditRefused."""
    layer = _masked(document, layer_id)
    assert layer.mask is not None
    return _with_mask(document, layer, replace(layer.mask, enabled=enabled))


def set_mask_linked(document: Document, layer_id: LayerId, linked: bool) -> Document:
    """Whether the mask moves along with the layer. Raises EditRefused."""
    layer = _masked(document, layer_id)
    assert layer.mask is not None
    return _with_mask(document, layer, replace(layer.mask, linked=linked))


def _masked(document: Document, layer_id: LayerId) -> Layer:
    layer = document.layer(layer_id)
    if layer.mask is None:
        raise EditRefused("The layer has no mask", "Add one first")
    return layer


def _with_mask(document: Document, layer: Layer, mask: LayerMask | None) -> Document:
    result = replace_layer(document, replace(layer, mask=mask))
    return replace(result, target=EditTarget.CONTENT) if mask is None else result


# ------------------------------------------------------------------------------------------------------------- kinds


def add_fill(document: Document, color: Color) -> Document:
    """A layer of one colour above the active one. What is selected becomes its mask."""
    return _insert_masked(document, Layer(next_name(document, "Colour"), content=Fill(color)))


def add_adjustment(document: Document, spec: Filter) -> Document:
    """An adjustment of what lies below, above the active layer. What is selected becomes its mask."""
    return _insert_masked(document, Layer(next_name(document, spec.label), content=Adjustment(spec.id)))


def _insert_masked(document: Document, layer: Layer) -> Document:
    mask = None if document.selection is None else mask_of_selection(document)
    return insert_layer(document, replace(layer, mask=mask))


def set_content(document: Document, layer_id: LayerId, content: Fill | Adjustment) -> Document:
    """Another colour or other values. Raises EditRefused where the layer is of another kind."""
    layer = document.layer(layer_id)
    if type(layer.content) is not type(content):
        raise EditRefused("The layer is of another kind", "Choose a fill or adjustment layer")
    return document if layer.content == content else replace_layer(document, replace(layer, content=content))


def rasterize(document: Document, layer_id: LayerId) -> Document:
    """A layer that pixels are made of made pixels. Looks at pixels. Raises EditRefused for groups and adjustments."""
    layer = document.layer(layer_id)
    content, tiles = layer.content, layer.tiles
    if content is None:
        return document
    if isinstance(content, Group | Adjustment):
        raise EditRefused("The layer has no picture of its own", "Merge it with the layers that it works on")
    if isinstance(content, Fill):
        keys = document.bounds.tiles(TILE_SIZE) if content.color.alpha else ()
        solid = solid_tile(content.color, document.depth)
        tiles = TileMap(4, dict.fromkeys(keys, solid), document.depth).cropped(document.bounds)
    return replace_layer(document, replace(layer, content=None, tiles=tiles))
