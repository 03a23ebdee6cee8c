"""Regions: layers and masks that carry a prompt of their own, which holds where they are. Pure.

A layer's place is its alpha under its mask, whether it is shown or not, and however opaque it is: what is hidden can
guide. A mask's place is what is painted on it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from sdpaint.document.document import Document
from sdpaint.document.edits import change_layers
from sdpaint.document.layers import Adjustment, Layer, LayerId, Region
from sdpaint.document.mask_edits import change_mask
from sdpaint.errors import EditRefused
from sdpaint.imaging.blend import BlendMode
from sdpaint.imaging.geometry import Rect
from sdpaint.imaging.tiles import Pixels8


@dataclass(frozen=True)
class RegionOwner:
    """What carries a region: a layer, or the mask at a place among the masks."""

    layer: LayerId | None = None
    mask: int | None = None


@dataclass(frozen=True)
class OwnedRegion:
    """A region, what carries it, and what that is called."""

    owner: RegionOwner
    region: Region
    name: str


def regions_of(document: Document) -> tuple[OwnedRegion, ...]:
    """All regions, the topmost last; masks lie above all layers."""
    layers = (
        OwnedRegion(RegionOwner(layer=layer.id), layer.region, layer.name)
        for layer in document.walk()
        if layer.region is not None
    )
    masks = (
        OwnedRegion(RegionOwner(mask=place), mask.region, mask.name)
        for place, mask in enumerate(document.masks)
        if mask.region is not None
    )
    return (*layers, *masks)


def region_of(document: Document, owner: RegionOwner) -> Region | None:
    """The region that it carries; None where it carries none or isn't there any more."""
    return next((each.region for each in regions_of(document) if each.owner == owner), None)


def same_regions(old: Document, new: Document) -> bool:
    """Whether they have equal regions under equal names. Cheap where layers are shared, as during a stroke."""
    return old.masks == new.masks and _same(old.layers, new.layers)


def _same(old: tuple[Layer, ...], new: tuple[Layer, ...]) -> bool:
    return old is new or (
        len(old) == len(new)
        and all(
            was is now
            or (
                was.id == now.id
                and was.region == now.region
                and (now.region is None or was.name == now.name)
                and _same(was.children, now.children)
            )
            for was, now in zip(old, new, strict=True)
        )
    )


def set_region(document: Document, owner: RegionOwner, region: Region | None) -> Document:
    """Give it this region, or take it away. Raises EditRefused where it has no place; KeyError, IndexError."""
    if owner.mask is not None:
        return change_mask(document, owner.mask, region=region)
    assert owner.layer is not None
    layer = document.layer(owner.layer)
    if layer.region == region:
        return document
    if region is not None and isinstance(layer.content, Adjustment):
        raise EditRefused("An adjustment has no place of its own", "Give a layer with pixels or a group a prompt")
    return change_layers(document, {layer.id}, lambda each: replace(each, region=region))


def cover_under(document: Document, owner: RegionOwner, rect: Rect) -> Pixels8:
    """(h, w) uint8: how much of each pixel of `rect` it covers. Raises KeyError, IndexError."""
    if owner.mask is not None:
        mask = document.masks[owner.mask]
        return np.asarray(mask.tiles.read(rect), np.uint8)
    assert owner.layer is not None
    layer = document.layer(owner.layer)
    if layer.holds_pixels and layer.shown_mask is None and layer.tiles.depth == 8:
        return np.ascontiguousarray(layer.tiles.read(rect)[..., 3])
    # Brings in Qt, without which headless use goes: there, regions are masks.
    from sdpaint.document.render import flatten

    alone = _whole(layer)
    return np.ascontiguousarray(flatten(replace(document, layers=(alone,), active=alone.id), rect)[..., 3])


def _whole(layer: Layer) -> Layer:
    """The layer as if it were the only one."""
    return replace(layer, visible=True, opacity=1.0, blend_mode=BlendMode.NORMAL, clipped=False)
