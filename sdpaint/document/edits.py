"""Edits: pure functions Document → Document. None of them looks at pixels that it doesn't change."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from sdpaint.document.document import Document
from sdpaint.document.layers import Layer, LayerId, MaskLayer, new_layer_id
from sdpaint.imaging.geometry import Rect, Size
from sdpaint.imaging.tiles import TILE_SIZE, TileMap

DEFAULT_FRAME_PX = 512


def new_document(
    size: Size,
    background: tuple[int, int, int] | None = (255, 255, 255),
    frame_px: int = DEFAULT_FRAME_PX,
) -> Document:
    """A document with an opaque background of this RGB (None: none) and an empty layer above, which is active.

    The frame is a centred square of `frame_px`, or the whole canvas where that is smaller.
    """
    paint = Layer("Layer 1")
    layers: tuple[Layer, ...] = (paint,)
    if background is not None:
        layers = (Layer("Background", tiles=solid_tiles(size, background)), paint)
    return Document(size=size, layers=layers, active=paint.id, frame=centered_frame(size, frame_px))


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
    """The layer of the same id swapped for this one."""
    index = document.index_of(layer.id)
    return replace(document, layers=(*document.layers[:index], layer, *document.layers[index + 1 :]))


def with_layer_tiles(document: Document, layer_id: LayerId, tiles: TileMap) -> Document:
    """The layer's pixels replaced."""
    return replace_layer(document, replace(document.layer(layer_id), tiles=tiles))


def insert_layer(document: Document, layer: Layer, index: int | None = None) -> Document:
    """A layer put in at `index` (None: right above the active one); it becomes active."""
    at = document.active_index + 1 if index is None else index
    return replace(document, layers=(*document.layers[:at], layer, *document.layers[at:]), active=layer.id)


def add_layer(document: Document) -> Document:
    """A new empty layer above the active one, named by the next free number."""
    return insert_layer(document, Layer(next_name(document, "Layer")))


def next_name(document: Document, stem: str) -> str:
    """`stem n` with the smallest n above all that are taken."""
    taken = [
        int(name[len(stem) + 1 :])
        for name in (layer.name for layer in document.layers)
        if name.startswith(stem + " ") and name[len(stem) + 1 :].isdigit()
    ]
    return f"{stem} {max(taken, default=0) + 1}"


def duplicate_layer(document: Document, layer_id: LayerId) -> Document:
    """A copy right above, sharing all tiles."""
    source = document.layer(layer_id)
    copy = replace(source, name=f"{source.name} copy", id=new_layer_id())
    return insert_layer(document, copy, document.index_of(layer_id) + 1)


def delete_layer(document: Document, layer_id: LayerId) -> Document:
    """The layer gone; the one below (or above) becomes active. Deleting the last leaves a fresh empty one."""
    index = document.index_of(layer_id)
    rest = (*document.layers[:index], *document.layers[index + 1 :])
    if not rest:
        rest = (Layer("Layer 1"),)
    if document.active != layer_id:
        return replace(document, layers=rest)
    return replace(document, layers=rest, active=rest[max(0, index - 1)].id)


def move_layer(document: Document, layer_id: LayerId, index: int) -> Document:
    """The layer put at `index` (0 is the bottom) of the new order."""
    layer = document.layer(layer_id)
    rest = [other for other in document.layers if other.id != layer_id]
    at = max(0, min(index, len(rest)))
    order = (*rest[:at], layer, *rest[at:])
    return document if order == document.layers else replace(document, layers=order)


def set_active(document: Document, layer_id: LayerId) -> Document:
    """Another layer active."""
    return document if layer_id == document.active else replace(document, active=layer_id)


def set_frame(document: Document, frame: Rect) -> Document:
    """The frame elsewhere."""
    return document if frame == document.frame else replace(document, frame=frame)


def set_mask(document: Document, mask: MaskLayer) -> Document:
    """The mask replaced."""
    return replace(document, mask=mask)


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


def resize_canvas(document: Document, size: Size, dx: int = 0, dy: int = 0) -> Document:
    """The canvas made larger or smaller, its content moved by (dx, dy). Layers keep the pixels that fall outside.

    The selection doesn't: what lies outside the canvas can't be selected.
    """
    selection = document.selection
    if selection is not None:
        selection = selection.translated(dx, dy).cropped(Rect.of_size(size))
        selection = None if selection.is_empty else selection
    if dx == 0 and dy == 0:
        return replace(document, size=size, selection=selection)
    return replace(
        document,
        size=size,
        selection=selection,
        layers=tuple(replace(layer, tiles=layer.tiles.translated(dx, dy)) for layer in document.layers),
        mask=replace(document.mask, tiles=document.mask.tiles.translated(dx, dy)),
        frame=document.frame.translated(dx, dy),
        moved=(document.moved[0] + dx, document.moved[1] + dy),
        guides=tuple(guide.mapped(1.0, 1.0, dx, dy) for guide in document.guides),
    )
