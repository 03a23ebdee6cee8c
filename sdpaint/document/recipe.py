"""Recipes: what has to be done, in which order, to compose one tile of a document. No pixel is read here.

A recipe is a list of items, bottom to top. It names tiles by identity, so that two recipes that are the same give the
same pixels, and what was made by one needn't be made again.

The rules are those of Photoshop and, where it has them, of Krita:

* An isolated group is composed on transparency, cut by its mask, and laid down as if it were one layer.
* The layers of a group that passes through are laid straight onto what lies below the group. Its opacity and its mask
  then go from what was there before to what came out.
* Layers that are clipped to one below are laid onto its colours within its alpha, which stays; the result is laid down
  by the blend mode and opacity of the one below. An adjustment has no alpha of its own: what is clipped to one is
  shown wholly, but hidden along with it. A group that something is clipped to is isolated.
* A mask cuts the layer before its opacity and blend mode count.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from sdpaint.document.layers import Adjustment, Fill, Group, Layer, LayerId
from sdpaint.imaging.blend import BlendMode
from sdpaint.imaging.color import Color
from sdpaint.imaging.tiles import TILE_SIZE, Pixels, TileKey


class Share(NamedTuple):
    """How much is shown: a tile of a mask, or its opposite."""

    tile: Pixels
    inverted: bool

    def shown(self) -> Pixels:
        """(128, 128), 255 where all is shown."""
        return np.bitwise_not(self.tile) if self.inverted else self.tile

    def same(self, other: Share) -> bool:
        """Whether it is so by identity."""
        return self.tile is other.tile and self.inverted == other.inverted


class Sheet(NamedTuple):
    """One picture laid onto what is below. A tuple, since many are made for every dab."""

    source: Pixels | Stack
    mode: BlendMode = BlendMode.NORMAL
    opacity: float = 1.0

    @property
    def is_plain(self) -> bool:
        """Whether it goes over what is below as it is."""
        return self.mode is BlendMode.NORMAL and self.opacity == 1.0


class Adjust(NamedTuple):
    """A change of what is below."""

    adjustment: Adjustment
    share: Share | None
    mode: BlendMode
    opacity: float


class Through(NamedTuple):
    """A group that passes through, with a mask or less than all of its opacity."""

    items: list[Item]
    share: Share | None
    opacity: float


Item = Sheet | Adjust | Through


@dataclass(slots=True, eq=False)
class Stack:
    """A picture of several items. `owner` tells it from other stacks of the same tile.

    `clips`: the first item gives the alpha, the others its colours. `active`: where among the items is what is being
    painted on.
    """

    owner: str
    items: list[Item]
    share: Share | None = None
    clips: bool = False
    active: int | None = None


def same_items(ours: Sequence[Item], theirs: Sequence[Item]) -> bool:
    """Whether two recipes give the same pixels, told by identities."""
    return len(ours) == len(theirs) and all(map(_same_item, ours, theirs))


def same_stack(one: Stack, other: Stack) -> bool:
    """Likewise of two stacks."""
    return (
        one.clips == other.clips and _same_share(one.share, other.share) and same_items(one.items, other.items)
    )


def _same_item(one: Item, other: Item) -> bool:
    if type(one) is not type(other):
        return False
    match one, other:
        case Sheet(), Sheet():
            return one.mode is other.mode and one.opacity == other.opacity and _same_source(one.source, other.source)
        case Adjust(), Adjust():
            return (
                one.adjustment is other.adjustment
                and (one.mode, one.opacity) == (other.mode, other.opacity)
                and _same_share(one.share, other.share)
            )
        case Through(), Through():
            return (
                one.opacity == other.opacity
                and _same_share(one.share, other.share)
                and same_items(one.items, other.items)
            )
    return False


def _same_source(one: Pixels | Stack, other: Pixels | Stack) -> bool:
    return one is other or (isinstance(one, Stack) and isinstance(other, Stack) and same_stack(one, other))


def _same_share(one: Share | None, other: Share | None) -> bool:
    return one is other or (one is not None and other is not None and one.same(other))


# ------------------------------------------------------------------------------------------------------------ making


class Recipe(NamedTuple):
    """The items of a tile, and which of them is or holds what is being painted on (None: that lies elsewhere)."""

    items: list[Item]
    active: int | None = None


_HIDDEN = "hidden"


def recipe_for(layers: Sequence[Layer], key: TileKey, path: Collection[LayerId] = ()) -> Recipe:
    """What to lay down for a tile of these siblings. `path`: ids of the active layer and the groups around it."""
    items: list[Item] = []
    active: int | None = None
    layers = [layer for layer in layers if layer.control is None]
    count = len(layers)
    index = 0
    while index < count:
        layer = layers[index]
        index += 1
        if index == count or not layers[index].clipped:
            if layer.visible and layer.opacity > 0.0:
                active = _append(items, layer, key, path, active)
            continue
        end = index
        while end < count and layers[end].clipped:
            end += 1
        clipped, index = layers[index:end], end
        if layer.visible and layer.opacity > 0.0:
            active = _append_run(items, layer, clipped, key, path, active)
    return Recipe(items, active)


def _append(
    items: list[Item], layer: Layer, key: TileKey, path: Collection[LayerId], active: int | None
) -> int | None:
    """Put what a layer does at the end of `items`; returns where the active layer is now."""
    if layer.content is None and layer.mask is None:      # the most by far
        tile = layer.tiles.tile(key)
        if tile is None:
            return active
        items.append(Sheet(tile, layer.blend_mode, layer.opacity))
        return len(items) - 1 if layer.id in path else active
    share = _share_of(layer, key)
    if isinstance(share, str):
        return active
    match layer.content:
        case Adjustment() as adjustment:
            if layer.blend_mode is BlendMode.NORMAL and adjustment.filter.changes_nothing(adjustment.values):
                return active
            items.append(Adjust(adjustment, share, layer.blend_mode, layer.opacity))
        case Group(pass_through=True, children=children):
            inner = recipe_for(children, key, path)
            if not inner.items:
                return active
            if share is None and layer.opacity == 1.0:
                items += inner.items
                return active if inner.active is None else len(items) - len(inner.items) + inner.active
            items.append(Through(inner.items, share, layer.opacity))
        case _:
            source = _source_of(layer, key, path)
            if source is None:
                return active
            items.append(Sheet(source, layer.blend_mode, layer.opacity))
    return len(items) - 1 if layer.id in path else active


def _append_run(
    items: list[Item],
    base: Layer,
    clipped: Sequence[Layer],
    key: TileKey,
    path: Collection[LayerId],
    active: int | None,
) -> int | None:
    """Likewise a layer with those that are clipped to it."""
    if isinstance(base.content, Adjustment):
        for layer in (base, *clipped):
            if layer.visible and layer.opacity > 0.0:
                active = _append(items, layer, key, path, active)
        return active
    source = _source_of(base, key, path)
    if source is None:
        return active
    inner: list[Item] = [Sheet(source)]
    inner_active = 0 if base.id in path else None
    for layer in clipped:
        if layer.visible and layer.opacity > 0.0:
            inner_active = _append(inner, layer, key, path, inner_active)
    if len(inner) > 1:
        source = Stack(f"clip {base.id}", inner, clips=True, active=inner_active)
    items.append(Sheet(source, base.blend_mode, base.opacity))
    return active if inner_active is None else len(items) - 1


def _share_of(layer: Layer, key: TileKey) -> Share | str | None:
    """The layer's mask at a tile: None where it shows all, _HIDDEN where it shows nothing."""
    mask = layer.shown_mask
    if mask is None:
        return None
    tile = mask.tiles.tile(key)
    if tile is not None:
        return Share(tile, mask.default == 255)
    return None if mask.default == 255 else _HIDDEN


def _source_of(layer: Layer, key: TileKey, path: Collection[LayerId]) -> Pixels | Stack | None:
    """The picture of a layer that has one, cut by its mask; None where it is transparent."""
    share = _share_of(layer, key)
    if isinstance(share, str):
        return None
    match layer.content:
        case Group(children=children):
            inner = recipe_for(children, key, path)
            return Stack(layer.id, inner.items, share, active=inner.active) if inner.items else None
        case Fill(color=color):
            tile: Pixels | None = solid_tile(color, layer.tiles.depth)
        case _:
            tile = layer.tiles.tile(key)
    if tile is None or share is None:
        return tile
    return Stack(layer.id, [Sheet(tile)], share, active=0 if layer.id in path else None)


@lru_cache(64)
def solid_tile(color: Color, depth: int = 8) -> Pixels:
    """A read-only tile of one colour."""
    alpha, scale = color.alpha, 1 if depth == 8 else 257
    straight = (257 * color.red, 257 * color.green, 257 * color.blue)
    if depth == 16 and color.deep is not None:
        straight = color.deep
    red, green, blue = (round(value * scale / 257 * alpha / 255) for value in straight)
    tile = np.empty((TILE_SIZE, TILE_SIZE, 4), np.uint8 if depth == 8 else np.uint16)
    tile[:] = (blue, green, red, alpha * scale)
    tile.flags.writeable = False
    return tile
