"""Which part of the canvas the engine will see for a document and params, and what of it can change.

Cheap enough for the GUI thread but for `missing_around`, which reads pixels.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from sdpaint.document.document import Document
from sdpaint.generation.crop import (
    CropPlan,
    NativeSize,
    context_region,
    least_feather_px,
    plan_crop,
    plan_detailed,
    plan_unscaled,
)
from sdpaint.generation.ground import TRANSPARENT, flattened_under
from sdpaint.generation.mode import beyond_the_canvas, is_bare
from sdpaint.generation.params import GenerationParams
from sdpaint.generation.prefill import REMOVE_STRENGTH, REMOVING
from sdpaint.generation.request import GenerationMode, is_fill_alone
from sdpaint.imaging import masks
from sdpaint.imaging.geometry import Rect
from sdpaint.imaging.tiles import TILE_SIZE, TileMap, tile_rect


class CheckpointFacts(NativeSize, Protocol):
    """What a checkpoint says that requests depend on; CheckpointInfo does."""

    @property
    def expand_strength(self) -> float:
        """The strength of outpainting."""


@dataclass(frozen=True)
class Outlook:
    """What inpainting would do: what the engine would see, and the box beyond which no pixel can change.

    `reach_px` is the width of the blend band, by which the box is wider than what is masked; `feather_px` how softly
    its edge sets in; `is_by_hand`: the artist has set what is seen.
    """

    plan: CropPlan
    band: Rect
    reach_px: int
    feather_px: int = 0
    is_by_hand: bool = False


def effective_strength(mode: GenerationMode, params: GenerationParams, info: CheckpointFacts) -> float:
    """The strength that is used: expanding and removing have their own."""
    if mode is GenerationMode.EXPAND:
        return info.expand_strength
    strength = params.sampling.strength
    is_removing = mode is GenerationMode.INPAINT and params.fill in REMOVING
    return min(strength, REMOVE_STRENGTH) if is_removing else strength


def plan_for(
    document: Document,
    mode: GenerationMode,
    params: GenerationParams,
    info: CheckpointFacts,
    missing: Rect | None = None,
) -> CropPlan:
    """What the engine will see, at which size: the frame, or the context in it around what is masked or missing.

    `missing`: around all that is to be continued; None: only what is seen of it without reading pixels.
    """
    masked = _to_be_made(document, mode, fills_bare_ground(params)) if missing is None else missing
    strength = effective_strength(mode, params, info)
    if masked.is_empty:
        return plan_crop(document.frame, info)
    frame = document.frame
    region = context_region(masked, frame, document.bounds, strength, info.native_px)
    if params.context is not None and params.context.counts_for(masked):
        region = params.context.box.intersected(frame).united(masked)
    if is_fill_alone(mode, params.fill):
        return plan_unscaled(region)
    if not params.in_passes:
        return plan_crop(region, info)
    reach = masks.mask_bands(masked, strength, least_feather_px(info.native_px), params.bands).reach_px
    return plan_detailed(region, info, masked.inflated(reach).intersected(region), strength)


def outlook_on(
    document: Document, mode: GenerationMode, params: GenerationParams, info: CheckpointFacts
) -> Outlook | None:
    """What `prepare` would plan; None where nothing is masked or missing. Cheap enough for the GUI thread.

    Of transparent ground it knows only where no layer has any pixels at all near.
    """
    strength = effective_strength(mode, params, info)
    masked = _to_be_made(document, mode, fills_bare_ground(params))
    if masked.is_empty:
        return None
    bands = masks.mask_bands(masked, strength, least_feather_px(info.native_px), params.bands)
    box = masked.inflated(bands.paste_px).intersected(document.frame)
    plan = plan_for(document, mode, params, info)
    is_by_hand = params.context is not None and params.context.counts_for(masked)
    return Outlook(plan, box, bands.paste_px, bands.feather_px, is_by_hand)


def _to_be_made(document: Document, mode: GenerationMode, with_bare: bool) -> Rect:
    """Around what is masked in the frame, or missing; empty in modes that take all of it."""
    match mode:
        case GenerationMode.INPAINT:
            counting = (mask.tiles.cropped(document.frame) for mask in document.masks if mask.counts)
            bounds = [_bounds_of(tiles) for tiles in counting if not tiles.is_empty]
            return Rect.bounding(bounds) if bounds else Rect(0, 0, 0, 0)
        case GenerationMode.EXPAND:
            outside = beyond_the_canvas(document)
            return outside.united(_bare_tiles(document)) if with_bare else outside
    return Rect(0, 0, 0, 0)


def _bare_tiles(document: Document) -> Rect:
    """Around what of the frame lies on the canvas in tiles that no visible layer has."""
    under = document.frame.intersected(document.bounds)
    layers = [layer for layer in document.layers if layer.is_in_picture]
    bare = [key for key in under.tiles(TILE_SIZE) if all(is_bare(layer, key) for layer in layers)]
    return Rect.bounding([tile_rect(key).intersected(under) for key in bare]) if bare else Rect(0, 0, 0, 0)


def missing_around(document: Document) -> Rect:
    """Around what is to be continued: beyond the canvas, or transparent on it, within the frame."""
    under = document.frame.intersected(document.bounds)
    if under.is_empty:
        return Rect(0, 0, 0, 0)
    bare = masks.mask_bounds((flattened_under(document, under)[..., 3] < TRANSPARENT).astype(np.uint8))
    return beyond_the_canvas(document).united(bare.translated(under.x, under.y) if not bare.is_empty else bare)


def _bounds_of(tiles: TileMap) -> Rect:
    """`tiles.bounds()` that reads the outermost tiles only: each holds something, so those within don't matter."""
    keys = tiles.tiles.keys()
    if not keys:
        return Rect(0, 0, 0, 0)
    columns, rows = {key[0] for key in keys}, {key[1] for key in keys}
    outer_columns, outer_rows = (min(columns), max(columns)), (min(rows), max(rows))
    outer = {key: tiles.tiles[key] for key in keys if key[0] in outer_columns or key[1] in outer_rows}
    return TileMap(1, outer).bounds()


def fills_bare_ground(params: GenerationParams) -> bool:
    """Whether transparent ground on the canvas is continued too: where the artist has said so.

    A picture on transparent ground is often meant to stand free.
    """
    return params.mode is GenerationMode.EXPAND
