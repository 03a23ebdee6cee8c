"""What other programs show of a layer that has a mask, is clipped, or isn't made of pixels: a picture of what it does.

Over an opaque picture they come out right, and nearly so where it is translucent; our own data beside them restores the
layers as they are.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from sdpaint.document.layers import Adjustment, Fill, Layer, LayerMask
from sdpaint.document.recipe import solid_tile
from sdpaint.document.tree import clipping_bases
from sdpaint.imaging.blend import BlendMode
from sdpaint.imaging.compositing import times
from sdpaint.imaging.depth import rounded_8
from sdpaint.imaging.geometry import Rect
from sdpaint.imaging.tiles import TILE_SIZE, Pixels, TileMap


@dataclass(frozen=True)
class Shown:
    """A layer that isn't a group, with its picture for others."""

    layer: Layer
    tiles: TileMap


def shown_layers(layers: Sequence[Layer], canvas: Rect, masks: tuple[LayerMask, ...] = ()) -> Iterator[Shown]:
    """Every layer in these siblings and in their groups, bottom to top. `masks` are those of the groups around them."""
    for index, (layer, base) in enumerate(zip(layers, clipping_bases(layers), strict=True)):
        if layer.is_group:
            mask = layer.shown_mask
            yield from shown_layers(layer.children, canvas, masks if mask is None else (*masks, mask))
            continue
        tiles = _own_picture(layers, index, base, canvas)
        for mask in (*masks, *([] if layer.shown_mask is None else [layer.shown_mask])):
            tiles = _cut(tiles, mask)
        if base is not None and not isinstance(base.content, Adjustment):
            tiles = _cut(tiles, _alpha_of(base, canvas))
        yield Shown(layer, tiles)


def _own_picture(layers: Sequence[Layer], index: int, base: Layer | None, canvas: Rect) -> TileMap:
    layer = layers[index]
    match layer.content:
        case Fill(color=color):
            tiles = dict.fromkeys(canvas.tiles(TILE_SIZE), solid_tile(color, layer.tiles.depth)) if color.alpha else {}
            return TileMap(4, tiles, layer.tiles.depth).cropped(canvas)
        case Adjustment():
            if not layer.visible:
                return TileMap(4, depth=layer.tiles.depth)
            # What it makes of the layers below it, without what is drawn by its own opacity and blend mode.
            whole = replace(layer, opacity=1.0, blend_mode=BlendMode.NORMAL, mask=None)
            below = list(layers[:index])
            if base is not None and not isinstance(base.content, Adjustment):
                below = below[below.index(base) :]
                below[0] = replace(base, opacity=1.0, blend_mode=BlendMode.NORMAL, clipped=False)
            else:
                whole = replace(whole, clipped=False)
            return _composed((*below, whole), canvas)
    return layer.tiles


def _composed(layers: Sequence[Layer], canvas: Rect) -> TileMap:
    # Brings in Qt, which a picture of plain layers doesn't need.
    from sdpaint.document.render import composed_tiles

    return composed_tiles(layers, canvas.tiles(TILE_SIZE)).cropped(canvas)


def _alpha_of(base: Layer, canvas: Rect) -> LayerMask:
    plain = replace(base, opacity=1.0, blend_mode=BlendMode.NORMAL, clipped=False, visible=True)
    if plain.is_plain and plain.mask is None:
        tiles = plain.tiles
    else:
        tiles = _composed((plain,), canvas)
    alpha: dict[tuple[int, int], Pixels | None] = {
        key: rounded_8(tile[..., 3]).copy() for key, tile in tiles.tiles.items()
    }
    return LayerMask.of_coverage(TileMap(1).with_tiles(alpha))


def _cut(tiles: TileMap, mask: LayerMask) -> TileMap:
    changes: dict[tuple[int, int], Pixels | None] = {}
    for key, tile in tiles.tiles.items():
        shown = mask.tile(key)
        if shown is not None:
            changes[key] = times(tile, shown)
        elif mask.default == 0:
            changes[key] = None
    return tiles.with_tiles(changes) if changes else tiles
