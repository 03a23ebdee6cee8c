"""Preparing a generation: document and params become a complete request. Pure, and safe on any thread.

A document is immutable, so the engine's thread can flatten it while the artist paints on.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace

import cv2
import numpy as np

from sdpaint.document.control import shown_controls
from sdpaint.document.document import Document
from sdpaint.document.layers import MaskLayer
from sdpaint.document.mask_edits import combined_mask
from sdpaint.generation.control_pictures import controls_for
from sdpaint.generation.controls import Control
from sdpaint.generation.crop import CropPlan, least_feather_px
from sdpaint.generation.ground import frame_alpha, in_frame, mask_under, missing_under, picture_under
from sdpaint.generation.layer_references import references_for
from sdpaint.generation.mode import effective_mode
from sdpaint.generation.params import GenerationParams
from sdpaint.generation.passes import Passes
from sdpaint.generation.planning import (
    CheckpointFacts,
    effective_strength,
    fills_bare_ground,
    missing_around,
    plan_for,
)
from sdpaint.generation.prefill import prefill, resolve_fill
from sdpaint.generation.prompt.choices import Wildcards
from sdpaint.generation.prompt.of_request import used_lists
from sdpaint.generation.region_masks import regions_under
from sdpaint.generation.request import GenerationMode, GenerationRequest, MaskFill, is_fill_alone
from sdpaint.imaging import masks
from sdpaint.imaging.geometry import Rect
from sdpaint.imaging.pixels import digest_of
from sdpaint.imaging.resample import resized
from sdpaint.imaging.tiles import Pixels8, TileMap

_LED_IN_PX = 128
_LED_IN_SHARE = 4
_LED_IN_FROM = 0.6
"""New ground is made anew by this share at the seam, and wholly a fourth of what the checkpoint sees at once, but at
most 128 px, farther out: near the old ground, the colours that were carried on from it lead the network."""


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
    missing = missing_around(document) if mode is GenerationMode.EXPAND and fills_bare_ground(params) else None
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
            masked = missing_under(document, plan, fills_bare_ground(params))
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


def _needed_passes(plan: CropPlan, mask: Pixels8 | None) -> Passes | None:
    """The plan's passes without the tiles in which nothing is made anew."""
    if plan.passes is None or mask is None:
        return None
    tiles = tuple(
        tile for tile in plan.passes.tiles if mask[tile.top : tile.bottom, tile.left : tile.right].any()
    )
    return replace(plan.passes, tiles=tiles)


def _carried_out(mask: Pixels8, plan: CropPlan) -> Pixels8:
    """The mask with what lies at the frame's edge carried on to that of the region: padding is as bare as its side."""
    rows, columns = in_frame(plan)
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
    alpha[in_frame(plan)] = spread[in_frame(plan)]
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
