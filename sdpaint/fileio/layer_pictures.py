"""What other programs show of a layer that has a mask, is clipped, or isn't made of pixels: a picture of what it does.

Over an opaque picture masks and adjustments come out right, and nearly so where it is translucent; our own data beside
them restores the layers as they are. Layers that are clipped come out right over anything, in a group of their own:
OpenRaster has no clipping, but it has what is shown only where the layer on top is (`svg:dst-in`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from sdpaint.document.layers import Adjustment, Fill, Layer, LayerMask
from sdpaint.document.recipe import solid_tile
from sdpaint.document.tree import clipping_bases
from sdpaint.imaging.blend import BlendMode
from sdpaint.imaging.compositing import straight_opaque, times
from sdpaint.imaging.geometry import Rect
from sdpaint.imaging.tiles import TILE_SIZE, Pixels, TileKey, TileMap


@dataclass(frozen=True)
class Shown:
    """A layer that isn't a group, with its picture for others."""

    layer: Layer
    tiles: TileMap


@dataclass(frozen=True)
class Run:
    """What stands beneath and on top of a layer and those that are clipped to it, in the group that shows them.

    `ground` is what the base shows, opaque wherever it is at all: what is clipped is blended with its colours, however
    soft it is. `shape` cuts the whole to the alpha of the base.
    """

    base: Layer
    ground: TileMap
    shape: TileMap


def shown_layers(
    layers: Sequence[Layer], canvas: Rect, masks: tuple[LayerMask, ...] = ()
) -> Iterator[Shown | Run]:
    """Every layer in these siblings and in their groups, bottom to top, and each run where its base has passed.

    `masks` are those of the groups around them.
    """
    bases = clipping_bases(layers)
    clipped_to = {base.id for base in bases if base is not None and not isinstance(base.content, Adjustment)}
    for index, (layer, base) in enumerate(zip(layers, bases, strict=True)):
        # What a run shows is cut as a whole, by its shape.
        outer = () if layer.id in clipped_to or (base is not None and base.id in clipped_to) else masks
        if layer.is_group:
            mask = layer.shown_mask
            yield from shown_layers(layer.children, canvas, outer if mask is None else (*outer, mask))
        else:
            tiles = _own_picture(layers, index, base, canvas)
            yield Shown(layer, _cut_by(tiles, outer if layer.shown_mask is None else (*outer, layer.shown_mask)))
        if layer.id in clipped_to:
            yield _run(layer, canvas, masks)


def _run(base: Layer, canvas: Rect, masks: Sequence[LayerMask]) -> Run:
    plain = replace(base, opacity=1.0, blend_mode=BlendMode.NORMAL, clipped=False, visible=True)
    shape = plain.tiles if plain.is_plain else _composed((plain,), canvas)
    return Run(base, _opaque(shape), _cut_by(shape, masks))


def _opaque(tiles: TileMap) -> TileMap:
    """The straight colours, opaque wherever anything is."""
    made: dict[TileKey, Pixels | None] = {}
    for key, tile in tiles.tiles.items():
        solid = straight_opaque(tile)
        solid[..., 3] *= (tile[..., 3] > 0).astype(solid.dtype)
        made[key] = solid
    return tiles.with_tiles(made)


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
                return _opaque(_composed((*below, whole), canvas))
            return _composed((*below, replace(whole, clipped=False)), canvas)
    return layer.tiles


def _composed(layers: Sequence[Layer], canvas: Rect) -> TileMap:
    # Brings in Qt, which a picture of plain layers doesn't need.
    from sdpaint.document.render import composed_tiles

    return composed_tiles(layers, canvas.tiles(TILE_SIZE)).cropped(canvas)


def _cut_by(tiles: TileMap, masks: Sequence[LayerMask]) -> TileMap:
    for mask in masks:
        tiles = _cut(tiles, mask)
    return tiles


def _cut(tiles: TileMap, mask: LayerMask) -> TileMap:
    changes: dict[tuple[int, int], Pixels | None] = {}
    for key, tile in tiles.tiles.items():
        shown = mask.tile(key)
        if shown is not None:
            changes[key] = times(tile, shown)
        elif mask.default == 0:
            changes[key] = None
    return tiles.with_tiles(changes) if changes else tiles
