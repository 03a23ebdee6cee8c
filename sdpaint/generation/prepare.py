"""Preparing a generation: document and params become a complete request. Pure, and safe on any thread.

A document is immutable, so the engine's thread can flatten it while the artist paints on.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace
from typing import Protocol

import cv2
import numpy as np

from sdpaint.document.control import shown_controls
from sdpaint.document.document import MAX_SIDE_PX, Document
from sdpaint.document.layers import MaskLayer
from sdpaint.document.mask_edits import combined_mask
from sdpaint.errors import SettingsError
from sdpaint.generation.control_pictures import controls_for
from sdpaint.generation.controls import Control
from sdpaint.generation.crop import (
    CropPlan,
    NativeSize,
    context_region,
    least_feather_px,
    plan_crop,
    plan_detailed,
    plan_unscaled,
)
from sdpaint.generation.layer_references import references_for
from sdpaint.generation.mode import beyond_the_canvas, effective_mode, is_bare
from sdpaint.generation.params import GenerationParams
from sdpaint.generation.passes import Passes
from sdpaint.generation.prefill import REMOVE_STRENGTH, REMOVING, prefill, resolve_fill
from sdpaint.generation.prompt.choices import Wildcards
from sdpaint.generation.prompt.of_request import used_lists
from sdpaint.generation.region_masks import regions_under
from sdpaint.generation.request import GenerationMode, GenerationRequest, MaskFill, is_fill_alone
from sdpaint.imaging import masks
from sdpaint.imaging.depth import rounded_8
from sdpaint.imaging.geometry import Rect
from sdpaint.imaging.pixels import digest_of, rgb_over
from sdpaint.imaging.resample import resized
from sdpaint.imaging.tiles import TILE_SIZE, Pixels8, TileMap, tile_rect

_LED_IN_PX = 128
_LED_IN_SHARE = 4
_LED_IN_FROM = 0.6
"""New ground is made anew by this share at the seam, and wholly a fourth of what the checkpoint sees at once, but at
most 128 px, farther out: near the old ground, the colours that were carried on from it lead the network."""
_TRANSPARENT = 8
"""Below this alpha, ground counts as bare."""
PAPER = (255, 255, 255)
"""What the engine sees where nothing is painted."""


class CheckpointFacts(NativeSize, Protocol):
    """What a checkpoint says that requests depend on; CheckpointInfo does."""

    @property
    def expand_strength(self) -> float:
        """The strength of outpainting."""


@dataclass(frozen=True, eq=False)
class Prepared:
    """A request and what is needed to lay its pictures back.

    `alpha`: (h, w) uint8 of the region's size, how strongly the picture covers each canvas pixel; None: it covers
    the region, which is then the frame, wholly. `mask`: the mask layer that was read, None where none was. `grows`:
    the canvas is to grow by what of the frame lies beyond it. `moved`: that of the document that it was prepared from.
    `params`: from which it was made. `seen`: the part of the canvas that the request looked at, and `ground` the digest
    of what was there; empty where it looked at nothing. `frame`: the document's own.
    `masks`: those of the artist that `mask` was made of.
    """

    request: GenerationRequest
    plan: CropPlan
    alpha: Pixels8 | None = None
    mask: MaskLayer | None = None
    grows: bool = False
    moved: tuple[int, int] = (0, 0)
    params: GenerationParams | None = None
    ground: str = ""
    seen: Rect = Rect(0, 0, 0, 0)
    frame: Rect = Rect(0, 0, 0, 0)
    masks: tuple[TileMap, ...] = ()

    def shift_in(self, document: Document) -> tuple[int, int]:
        """How far (x, y) what was prepared has moved in the document since."""
        return document.moved[0] - self.moved[0], document.moved[1] - self.moved[1]


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


def prepare(
    document: Document,
    params: GenerationParams,
    info: CheckpointFacts,
    seed: int,
    request_id: str | None = None,
    wildcards: Wildcards | None = None,
) -> Prepared:
    """The request for what lies under the frame. `seed` is that of the first picture.

    `wildcards`: lists that the prompts may name; those that they do go along with the request.
    The same document, params and seed give the same arrays. Raises SettingsError where inpainting is wanted and
    nothing inside the frame is masked.
    """
    mode = effective_mode(document, params.mode, params.grow_canvas)
    sampling = replace(params.sampling, seed=seed, strength=effective_strength(mode, params, info))
    missing = _missing(document) if mode is GenerationMode.EXPAND and _fills_bare_ground(params) else None
    plan = plan_for(document, mode, params, info, missing)
    image: Pixels8 | None = None
    engine_mask: Pixels8 | None = None
    alpha = frame_alpha(plan)
    mask: MaskLayer | None = None
    read: tuple[TileMap, ...] = ()
    fill: MaskFill | None = None
    ground, seen = "", Rect(0, 0, 0, 0)
    under: Pixels8 | None = None
    if mode is not GenerationMode.TEXT_TO_IMAGE:
        under = picture_under(document, plan.region)
        image = resized(under, plan.work_size)
        seen = plan.region.intersected(document.bounds)
        at = seen.translated(-plan.region.x, -plan.region.y)
        ground = digest_of(under[at.top : at.bottom, at.left : at.right])
    if mode.is_masked and image is not None:
        is_expanding = mode is GenerationMode.EXPAND
        if is_expanding:
            masked = missing_under(document, plan, _fills_bare_ground(params))
        else:
            masked = mask_under(document, plan)
        mask = None if is_expanding else combined_mask(document)
        read = () if is_expanding else tuple(each.tiles for each in document.masks if each.counts)
        feather_px = least_feather_px(info.native_px)
        denoise, alpha = inpaint_masks(document, plan, masked, sampling.strength, feather_px, params.bands)
        ground_to_be = _carried_out(masked, plan) if is_expanding else None
        if ground_to_be is not None:
            width_px = min(_LED_IN_PX, info.native_px // _LED_IN_SHARE)
            denoise = masks.led_in(denoise, ground_to_be, _LED_IN_FROM, width_px)
        fill = resolve_fill(params.fill, sampling.strength, is_expanding)
        small = resized(masked, plan.work_size)
        engine_mask = small if is_fill_alone(mode, fill) else resized(denoise, plan.work_size)
        bare = None if ground_to_be is None else resized(ground_to_be, plan.work_size) > 0
        image = prefill(image, small, fill, seed, bare)
    regions = regions_under(document, plan)
    words = [params.prompt, *(region.prompt for region in regions)]
    unwanted = [params.negative_prompt, *(region.negative_prompt for region in regions)]
    controls: tuple[Control, ...] = ()
    if shown_controls(document.layers):
        shown = picture_under(document, plan.region) if under is None else under
        controls = controls_for(document, plan, shown, engine_mask)
    request = GenerationRequest(
        mode=mode,
        prompt=params.prompt,
        negative_prompt=params.negative_prompt,
        checkpoint=params.checkpoint,
        sampling=sampling,
        seed=seed,
        variations=params.variations,
        size=plan.work_size,
        region=plan.region,
        image=image,
        mask=engine_mask,
        id=request_id or uuid.uuid4().hex,
        fill=fill,
        color_match=params.color_match,
        passes=_needed_passes(plan, engine_mask),
        vae=params.vae,
        wildcards=used_lists((*words, *unwanted), wildcards or {}),
        regions=regions,
        controls=controls,
        explains=params.explains,
        wants_inpaint_control=params.inpaint_control and mode.is_masked and not is_fill_alone(mode, fill),
        references=references_for(document, plan),
    )
    grows = mode is GenerationMode.EXPAND
    return Prepared(request, plan, alpha, mask, grows, document.moved, params, ground, seen, document.frame, read)


def ground_under(document: Document, seen: Rect) -> str:
    """The digest of what a request that looked at this part of the canvas would find there now."""
    inside = seen.intersected(document.bounds)
    return digest_of(picture_under(document, inside)) if not inside.is_empty else ""


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
    masked = _to_be_made(document, mode, _fills_bare_ground(params)) if missing is None else missing
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


def _needed_passes(plan: CropPlan, mask: Pixels8 | None) -> Passes | None:
    """The plan's passes without the tiles in which nothing is made anew."""
    if plan.passes is None or mask is None:
        return None
    tiles = tuple(
        tile for tile in plan.passes.tiles if mask[tile.top : tile.bottom, tile.left : tile.right].any()
    )
    return replace(plan.passes, tiles=tiles)


def outlook_on(
    document: Document, mode: GenerationMode, params: GenerationParams, info: CheckpointFacts
) -> Outlook | None:
    """What `prepare` would plan; None where nothing is masked or missing. Cheap enough for the GUI thread.

    Of transparent ground it knows only where no layer has any pixels at all near.
    """
    strength = effective_strength(mode, params, info)
    masked = _to_be_made(document, mode, _fills_bare_ground(params))
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


def _missing(document: Document) -> Rect:
    """Around what is to be continued: beyond the canvas, or transparent on it, within the frame."""
    under = document.frame.intersected(document.bounds)
    if under.is_empty:
        return Rect(0, 0, 0, 0)
    bare = masks.mask_bounds((_flattened(document, under)[..., 3] < _TRANSPARENT).astype(np.uint8))
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


def picture_under(document: Document, region: Rect) -> Pixels8:
    """(h, w, 3) RGB of what the artist sees under `region`, on white paper.

    Beyond the canvas its edge is continued, so that no border arises that the engine would paint. A region that
    lies wholly outside is paper.
    """
    inside = region.intersected(document.bounds)
    if inside.is_empty:
        return np.full((region.height, region.width, 3), PAPER, np.uint8)
    rgb = rgb_over(_flattened(document, inside), PAPER)
    if inside == region:
        return rgb
    extended = cv2.copyMakeBorder(
        rgb,
        inside.top - region.top,
        region.bottom - inside.bottom,
        inside.left - region.left,
        region.right - inside.right,
        cv2.BORDER_REPLICATE,
    )
    return np.asarray(extended, np.uint8)


def _flattened(document: Document, inside: Rect) -> Pixels8:
    """(h, w, 4) premultiplied BGRA, rounded to 8 bits, of the visible layers under a part of the canvas."""
    visible = [layer for layer in document.layers if layer.is_in_picture]
    if len(visible) == 1 and visible[0].is_plain:
        return rounded_8(visible[0].tiles.read(inside))
    # Brings in Qt, without which headless use goes: there, the picture is one plain layer.
    from sdpaint.document.render import flatten

    return rounded_8(flatten(document, inside))


def mask_under(document: Document, plan: CropPlan) -> Pixels8:
    """(h, w) uint8 of the region's size: what is masked in the plan's frame.

    Raises SettingsError where nothing is.
    """
    mask = np.zeros((plan.region.height, plan.region.width), np.uint8)
    mask[_in_frame(plan)] = combined_mask(document).tiles.read(plan.frame)
    if not mask.any():
        raise SettingsError(
            "Nothing inside the frame is masked",
            hint="Paint over what is to change with the mask brush, or choose another mode",
        )
    return mask


def _fills_bare_ground(params: GenerationParams) -> bool:
    """Whether transparent ground on the canvas is continued too: where the artist has said so.

    A picture on transparent ground is often meant to stand free.
    """
    return params.mode is GenerationMode.EXPAND


def missing_under(document: Document, plan: CropPlan, with_bare: bool) -> Pixels8:
    """(h, w) uint8 of the region's size: 255 where the plan's frame reaches beyond the canvas.

    `with_bare`: also where nothing is painted.

    Raises SettingsError where nothing is missing, nothing is there to continue, or the canvas can't grow so far.
    """
    outside = np.zeros((plan.region.height, plan.region.width), np.uint8)
    if not beyond_the_canvas(document).is_empty:
        outside[_in_frame(plan)] = 255
        grown = document.bounds.united(document.frame)
        if max(grown.width, grown.height) > MAX_SIDE_PX:
            raise SettingsError(
                f"The canvas can't grow to {grown.size} pixels", hint=f"A side has at most {MAX_SIDE_PX} pixels"
            )
    inside = document.bounds.intersected(plan.frame)
    at = inside.translated(-plan.region.x, -plan.region.y)
    if not inside.is_empty:
        bare = np.where(_flattened(document, inside)[..., 3] < _TRANSPARENT, 255, 0) if with_bare else 0
        outside[at.top : at.bottom, at.left : at.right] = bare
    if not outside.any() or bool(outside[_in_frame(plan)].all()):
        raise SettingsError(
            "The frame doesn't reach beyond the picture",
            hint="Drag a side of the frame over the edge of the canvas or onto transparent ground, with a part inside",
        )
    return outside


def _in_frame(plan: CropPlan) -> tuple[slice, slice]:
    frame = plan.frame.translated(-plan.region.x, -plan.region.y)
    return slice(frame.top, frame.bottom), slice(frame.left, frame.right)


def _carried_out(mask: Pixels8, plan: CropPlan) -> Pixels8:
    """The mask with what lies at the frame's edge carried on to that of the region: padding is as bare as its side."""
    rows, columns = _in_frame(plan)
    height, width = mask.shape
    carried = cv2.copyMakeBorder(
        mask[rows, columns], rows.start, height - rows.stop, columns.start, width - columns.stop, cv2.BORDER_REPLICATE
    )
    return np.asarray(carried, np.uint8)


def inpaint_masks(
    document: Document,
    plan: CropPlan,
    mask: Pixels8,
    strength: float,
    feather_px: float,
    by_hand: masks.HandBands = masks.AUTOMATIC_BANDS,
) -> tuple[Pixels8, Pixels8]:
    """(what the engine makes anew, how its picture is laid back) for a mask, all (h, w) uint8 of the region's size.

    A soft mask is a strength map: see masks.strength_map. The second is 255 inside the mask, 0 outside the blend band
    and outside the frame, and runs out softly where the band meets an edge of the frame inside the canvas.
    """
    denoise, spread = masks.strength_map(mask, strength, feather_px, by_hand)
    alpha = np.zeros_like(mask)
    alpha[_in_frame(plan)] = spread[_in_frame(plan)]
    bands = masks.mask_bands(masks.mask_bounds(mask), strength, feather_px, by_hand)
    fade = _fade_to_frame(document, plan, min(bands.blend_px, bands.paste_px))
    return denoise, np.where(mask >= masks.FAINTEST, alpha, np.minimum(alpha, fade))


def _fade_to_frame(document: Document, plan: CropPlan, width_px: int) -> Pixels8:
    """255 well inside the frame, falling to 0 towards those of its edges beyond which the canvas goes on."""
    region, frame = plan.region, plan.frame
    x = np.arange(region.left, region.right, dtype=np.float32) + 0.5
    y = np.arange(region.top, region.bottom, dtype=np.float32) + 0.5
    across, down = np.full_like(x, np.inf), np.full_like(y, np.inf)
    if frame.left > 0:
        across = np.minimum(across, x - frame.left)
    if frame.right < document.size.width:
        across = np.minimum(across, frame.right - x)
    if frame.top > 0:
        down = np.minimum(down, y - frame.top)
    if frame.bottom < document.size.height:
        down = np.minimum(down, frame.bottom - y)
    to_edge = np.minimum(down[:, None], across[None, :])
    return np.rint(np.clip(to_edge / width_px, 0.0, 1.0) * 255).astype(np.uint8)


def frame_alpha(plan: CropPlan) -> Pixels8 | None:
    """255 inside the frame, 0 in the rest of the region; None where they are the same."""
    if plan.region == plan.frame:
        return None
    alpha = np.zeros((plan.region.height, plan.region.width), np.uint8)
    alpha[_in_frame(plan)] = 255
    return alpha
