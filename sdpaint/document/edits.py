"""Edits: pure functions Document → Document. None of them looks at pixels that it doesn't change."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from sdpaint.document import tree
from sdpaint.document.document import Document, EditTarget, layers_at_depth, with_selections
from sdpaint.document.layers import Group, Layer, LayerId, MaskLayer, swapped
from sdpaint.imaging.depth import map_at_depth
from sdpaint.imaging.geometry import Rect, Size
from sdpaint.imaging.tiles import TILE_SIZE, TileMap

DEFAULT_FRAME_PX = 512


@dataclass(frozen=True)
class NewDocument:
    """What a new document is to be like. `background` None: transparent."""

    size: Size = Size(768, 512)
    background: tuple[int, int, int] | None = (255, 255, 255)
    depth: int = 8
    """Bits a channel."""


def new_document(
    size: Size,
    background: tuple[int, int, int] | None = (255, 255, 255),
    frame_px: int = DEFAULT_FRAME_PX,
    depth: int = 8,
) -> Document:
    """A document with an opaque background of this RGB (None: none) and an empty layer above, which is active.

    The frame is a centred square of `frame_px`, or the whole canvas where that is smaller.
    """
    paint = Layer("Layer 1")
    layers: tuple[Layer, ...] = (paint,)
    if background is not None:
        layers = (Layer("Background", tiles=solid_tiles(size, background)), paint)
    return Document(size=size, layers=layers, active=paint.id, frame=centered_frame(size, frame_px), depth=depth)


def set_depth(document: Document, depth: int, dithers: bool = True) -> Document:
    """The document at 8 or 16 bits a channel: exact to 16, dithered or rounded to 8. Looks at pixels."""
    if depth == document.depth:
        return document
    return replace(document, layers=layers_at_depth(document.layers, depth, dithers), depth=depth)


def solid_tiles(size: Size, rgb: tuple[int, int, int]) -> TileMap:
    """Tiles that cover the canvas in one opaque colour. All whole tiles are one shared array."""
    tile = np.empty((TILE_SIZE, TILE_SIZE, 4), np.uint8)
    tile[:] = (*rgb[::-1], 255)
    tile.flags.writeable = False
    canvas = Rect.of_size(size)
    whole = TileMap(4, dict.fromkeys(canvas.tiles(TILE_SIZE), tile))
    return whole.cropped(canvas)


def centered_frame(size: Size, side_px: int) -> Rect:
    """A frame of at most `side_px` a side in the middle of the canvas."""
    width, height = min(size.width, side_px), min(size.height, side_px)
    return Rect((size.width - width) // 2, (size.height - height) // 2, width, height)


def replace_layer(document: Document, layer: Layer) -> Document:
    """The layer of the same id swapped for this one. Raises KeyError."""
    return replace(document, layers=tree.replaced(document.layers, layer.id, (layer,)))


def change_layers(document: Document, ids: Collection[LayerId], change: Callable[[Layer], Layer]) -> Document:
    """Several layers, at any depth, swapped for what `change` makes of them, in one go."""
    layers = tree.mapped(document.layers, lambda layer: change(layer) if layer.id in ids else layer)
    return document if layers is document.layers else replace(document, layers=layers)


def with_layer_tiles(document: Document, layer_id: LayerId, tiles: TileMap) -> Document:
    """The layer's pixels replaced."""
    layer = document.layer(layer_id)
    if tiles.channels != layer.tiles.channels:
        raise ValueError("a layer has 4 channels")
    tiles = map_at_depth(tiles, document.depth)
    # Every event of a stroke comes here: with the same layers in the same order there's nothing else to check.
    layers = tree.replaced(document.layers, layer_id, (swapped(layer, tiles=tiles),))
    return swapped(document, layers=layers)


def insert_layer(
    document: Document, layer: Layer, index: int | None = None, parent: LayerId | None = None
) -> Document:
    """A layer put in at `index` of the group `parent` (None: beside the outermost); it becomes active.

    Without an index: into the active layer where that is an open group, else right above it. Amidst layers that are
    clipped to one below, it is clipped to that too.
    """
    if index is None:
        parent, index = _place_above(document)
        siblings = document.layers if parent is None else document.layer(parent).children
        if 0 < index < len(siblings) and siblings[index].clipped:
            layer = replace(layer, clipped=True)
    layers = tree.inserted(document.layers, parent, index, (layer,))
    return set_active(replace(document, layers=layers), layer.id)


def insert_layers(
    document: Document, layers: Collection[Layer], parent: LayerId | None = None, index: int | None = None
) -> Document:
    """Several layers beside each other, bottom to top, at one place (see `insert_layer`); all of them are chosen."""
    new = tuple(layers)
    if not new:
        return document
    if index is None:
        parent, index = _place_above(document)
    inserted = set_active(replace(document, layers=tree.inserted(document.layers, parent, index, new)), new[-1].id)
    return set_selected(inserted, [layer.id for layer in new])


def _place_above(document: Document) -> tuple[LayerId | None, int]:
    """Where a new layer goes: the group (None: beside the outermost), and its place there."""
    active = document.active_layer
    if isinstance(active.content, Group) and active.content.expanded:
        return active.id, len(active.children)
    parent = document.parent_of(active.id)
    return None if parent is None else parent.id, document.index_of(active.id) + 1


def add_layer(document: Document) -> Document:
    """A new empty layer above the active one, named by the next free number."""
    return insert_layer(document, Layer(next_name(document, "Layer")))


def next_name(document: Document, stem: str) -> str:
    """`stem n` with the smallest n above all that are taken."""
    taken = [
        int(name[len(stem) + 1 :])
        for name in (layer.name for layer in document.walk())
        if name.startswith(stem + " ") and name[len(stem) + 1 :].isdigit()
    ]
    return f"{stem} {max(taken, default=0) + 1}"


def duplicate_layer(document: Document, layer_id: LayerId) -> Document:
    """A copy right above, with all that is in it, sharing all tiles."""
    source = document.layer(layer_id)
    copy = replace(tree.with_fresh_ids(source), name=f"{source.name} copy")
    parent = document.parent_of(layer_id)
    return insert_layer(document, copy, document.index_of(layer_id) + 1, None if parent is None else parent.id)


def delete_layer(document: Document, layer_id: LayerId) -> Document:
    """The layer gone; see `delete_layers`."""
    return delete_layers(document, (layer_id,))


def delete_layers(document: Document, ids: Collection[LayerId]) -> Document:
    """The layers gone with all that is in them. Deleting the last leaves a fresh empty one.

    Where the active one goes, the sibling below (or above) becomes active, or the group that is left empty.
    """
    rest = tree.without(document.layers, ids)
    if not rest:
        rest = (Layer("Layer 1"),)
    if tree.path_to(rest, document.active):
        return replace(document, layers=rest)
    left = {layer.id for layer in rest for layer in layer.walk()}
    path = document.path_to(document.active)
    depth = next(depth for depth, layer in enumerate(path) if layer.id not in left)
    siblings = path[depth - 1].children if depth else document.layers
    at = [layer.id for layer in siblings].index(path[depth].id)
    near = [*siblings[:at][::-1], *siblings[at + 1 :]]
    heir = next((layer.id for layer in near if layer.id in left), None)
    if heir is None:
        heir = path[depth - 1].id if depth else rest[-1].id
    return replace(document, layers=rest, active=heir, selected=frozenset(), target=EditTarget.CONTENT)


def move_layer(document: Document, layer_id: LayerId, index: int) -> Document:
    """The layer put at `index` (0 is the bottom) of the new order of its siblings."""
    parent = document.parent_of(layer_id)
    return move_layers(document, (layer_id,), None if parent is None else parent.id, index)


def move_layers(
    document: Document, ids: Collection[LayerId], parent: LayerId | None, index: int
) -> Document:
    """Layers put into a group (None: beside the outermost), in their order, at `index` of what else is in it.

    A group can't be put into itself: nothing changes then. Raises KeyError.
    """
    moving = tree.topmost(document.layers, ids)
    if parent is not None and {layer.id for layer in document.path_to(parent)} & {layer.id for layer in moving}:
        return document
    rest = document.layers
    for layer in moving:
        rest = tree.replaced(rest, layer.id, ())
    layers = tree.inserted(rest, parent, max(0, index), tuple(moving))
    same = [layer.id for layer in document.walk()] == [i for layer in layers for i in (x.id for x in layer.walk())]
    if same and all(_parent_id(document, layer.id) == parent for layer in moving):
        return document
    return replace(document, layers=layers)


def _parent_id(document: Document, layer_id: LayerId) -> LayerId | None:
    parent = document.parent_of(layer_id)
    return None if parent is None else parent.id


def copy_layers(document: Document, ids: Collection[LayerId], parent: LayerId | None, index: int) -> Document:
    """Copies of layers put into a group (None: beside the outermost) at `index`; they are chosen. Raises KeyError."""
    copies = [
        replace(tree.with_fresh_ids(layer), name=f"{layer.name} copy") for layer in tree.topmost(document.layers, ids)
    ]
    return insert_layers(document, copies, parent, index)


def step_layers(document: Document, ids: Collection[LayerId], up: bool) -> Document:
    """Each of the layers one place up or down, in their order; what is at the end already holds up those behind it."""
    chosen = tree.topmost(document.layers, ids)
    stuck: set[LayerId] = set()
    for layer in chosen[::-1] if up else chosen:
        siblings, beside = document.siblings_of(layer.id), document.index_of(layer.id) + (1 if up else -1)
        if 0 <= beside < len(siblings) and siblings[beside].id in stuck:
            stuck.add(layer.id)
            continue
        moved = step_layer(document, layer.id, up)
        if moved is document:
            stuck.add(layer.id)
        document = moved
    return document


def step_layer(document: Document, layer_id: LayerId, up: bool) -> Document:
    """One place up or down in the list: past a sibling, into an open group beside it, or out of its own group."""
    siblings, index = document.siblings_of(layer_id), document.index_of(layer_id)
    beside = index + 1 if up else index - 1
    if 0 <= beside < len(siblings):
        neighbour = siblings[beside]
        if isinstance(neighbour.content, Group) and neighbour.content.expanded:
            return move_layers(document, (layer_id,), neighbour.id, 0 if up else len(neighbour.children))
        return move_layer(document, layer_id, beside)
    group = document.parent_of(layer_id)
    if group is None:
        return document
    return move_layers(
        document, (layer_id,), _parent_id(document, group.id), document.index_of(group.id) + (1 if up else 0)
    )


def set_active(document: Document, layer_id: LayerId) -> Document:
    """Another layer active, and no other chosen beside it. Its pixels are worked on, not its mask."""
    if layer_id == document.active and not document.selected and document.target is EditTarget.CONTENT:
        return document
    return replace(document, active=layer_id, selected=frozenset(), target=EditTarget.CONTENT)


def set_selected(document: Document, ids: Collection[LayerId]) -> Document:
    """Layers chosen beside the active one."""
    selected = frozenset(ids) - {document.active}
    return document if selected == document.selected else replace(document, selected=selected)


def set_target(document: Document, target: EditTarget) -> Document:
    """What of the active layer is worked on. Raises ValueError where it has no mask."""
    if target is EditTarget.MASK and document.active_layer.mask is None:
        raise ValueError("the active layer has no mask")
    return document if target is document.target else replace(document, target=target)


def set_frame(document: Document, frame: Rect) -> Document:
    """The frame elsewhere."""
    return document if frame == document.frame else replace(document, frame=frame)


def set_mask(document: Document, mask: MaskLayer) -> Document:
    """The mask replaced."""
    return replace(document, mask=mask)


def with_mask_tiles(document: Document, change: Callable[[TileMap], TileMap]) -> dict[str, Any]:
    """The fields of a document whose masks are all changed alike."""
    return {
        "mask": replace(document.mask, tiles=change(document.mask.tiles)),
        "other_masks": tuple(replace(mask, tiles=change(mask.tiles)) for mask in document.other_masks),
    }


def clear_mask(document: Document) -> Document:
    """Nothing masked."""
    return set_mask(document, replace(document.mask, tiles=TileMap(1)))


def fill_mask(document: Document, rect: Rect) -> Document:
    """Everything inside `rect` masked."""
    tiles = document.mask.tiles.with_pixels(rect, np.full((rect.height, rect.width), 255, np.uint8))
    return set_mask(document, replace(document.mask, tiles=tiles))


def invert_mask(document: Document) -> Document:
    """Masked becomes kept and the other way round, within the canvas."""
    inverted = 255 - document.mask.tiles.read(document.bounds)
    return set_mask(document, replace(document.mask, tiles=TileMap.from_pixels(inverted)))


def clear_layer(document: Document, layer_id: LayerId) -> Document:
    """The layer's pixels gone."""
    return with_layer_tiles(document, layer_id, TileMap(4))


def with_all_tiles(layers: tuple[Layer, ...], change: Callable[[TileMap], TileMap]) -> tuple[Layer, ...]:
    """Pixels and masks of every layer at any depth replaced by what `change` makes of them."""

    def changed(layer: Layer) -> Layer:
        mask, tiles = layer.mask, change(layer.tiles)
        return replace(
            layer,
            tiles=tiles,
            mask=None if mask is None else replace(mask, tiles=change(mask.tiles)),
            origin=None if layer.origin is None else layer.origin.mapped(change, tiles),
        )

    return tree.mapped(layers, changed)


def moved_layer(layer: Layer, dx: int, dy: int) -> Layer:
    """The layer, with all that it remembers, on a canvas that has moved."""
    (moved,) = _with_places_moved(with_all_tiles((layer,), lambda tiles: tiles.translated(dx, dy)), dx, dy)
    return moved


def _with_places_moved(layers: tuple[Layer, ...], dx: int, dy: int) -> tuple[Layer, ...]:
    def moved(layer: Layer) -> Layer:
        return layer if layer.origin is None else replace(layer, origin=layer.origin.translated(dx, dy))

    return tree.mapped(layers, moved)


def resize_canvas(document: Document, size: Size, dx: int = 0, dy: int = 0) -> Document:
    """The canvas made larger or smaller, its content moved by (dx, dy). Layers keep the pixels that fall outside.

    The selection doesn't: what lies outside the canvas can't be selected.
    """
    document = with_selections(document, lambda tiles: tiles.translated(dx, dy).cropped(Rect.of_size(size)))
    if dx == 0 and dy == 0:
        return replace(document, size=size)
    return replace(
        document,
        size=size,
        layers=_with_places_moved(
            with_all_tiles(document.layers, lambda tiles: tiles.translated(dx, dy)), dx, dy
        ),
        **with_mask_tiles(document, lambda tiles: tiles.translated(dx, dy)),
        frame=document.frame.translated(dx, dy),
        moved=(document.moved[0] + dx, document.moved[1] + dy),
        guides=tuple(guide.mapped(1.0, 1.0, dx, dy) for guide in document.guides),
    )
