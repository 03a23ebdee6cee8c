"""Preparing a generation: document and params become a complete request. Pure, and safe on any thread.

A document is immutable, so the engine's thread can flatten it while the artist paints on.
"""

from __future__ import annotations

import uuid
import weakref
from dataclasses import dataclass, replace

import cv2
import numpy as np

from sdpaint.document.document import MAX_SIDE_PX, Document
from sdpaint.document.layers import Adjustment, Fill, Group, Layer, MaskLayer
from sdpaint.errors import SettingsError
from sdpaint.generation.crop import (
    CropPlan,
    NativeSize,
    context_region,
    least_feather_px,
    plan_crop,
    plan_detailed,
)
from sdpaint.generation.params import GenerationParams
from sdpaint.generation.passes import Passes
from sdpaint.generation.prefill import prefill, resolve_fill
from sdpaint.generation.request import LATENT_MULTIPLE, GenerationMode, GenerationRequest, MaskFill
from sdpaint.imaging import masks
from sdpaint.imaging.geometry import Rect
from sdpaint.imaging.pixels import rgb_over
from sdpaint.imaging.resample import resized
from sdpaint.imaging.tiles import TILE_SIZE, Pixels, TileMap, tile_rect

EXPAND_STRENGTH = 0.95
"""Nothing lies beyond the canvas that could be kept, but the colours of what is continued there lead to no seam."""
PAPER = (255, 255, 255)
"""What the engine sees where nothing is painted."""


@dataclass(frozen=True, eq=False)
class Prepared:
    """A request and what is needed to lay its pictures back.

    `alpha`: (h, w) uint8 of the region's size, how strongly the picture covers each canvas pixel; None: it covers
    the region, which is then the frame, wholly. `mask`: the mask layer that was read, None where none was. `grows`:
    the canvas is to grow by what of the frame lies beyond it. `moved`: that of the document that it was prepared from.
    """

    request: GenerationRequest
    plan: CropPlan
    alpha: Pixels | None = None
    mask: MaskLayer | None = None
    grows: bool = False
    moved: tuple[int, int] = (0, 0)

    def shift_in(self, document: Document) -> tuple[int, int]:
        """How far (x, y) what was prepared has moved in the document since."""
        return document.moved[0] - self.moved[0], document.moved[1] - self.moved[1]


@dataclass(frozen=True)
class Outlook:
    """What inpainting would do: what the engine would see, and the box beyond which no pixel can change.

    `reach_px` is the width of the blend band, by which the box is wider than what is masked.
    """

    plan: CropPlan
    band: Rect
    reach_px: int


def effective_mode(
    document: Document, mode: GenerationMode | None, grow_canvas: bool = True
) -> GenerationMode:
    """What will happen: `mode` where it is set by hand, else what is under the frame decides.

    A mask means inpaint, pixels img2img, and nothing txt2img; a frame that reaches from pixels beyond the canvas means
    outpaint where the canvas may grow. A bottom layer of one opaque colour is paper, not
    pixels. Cheap enough for the GUI thread: looks at single tiles, remembers them, and stops at the first answer.
    """
    if mode is not None:
        return mode
    if _has_pixels(document.mask.tiles, document.frame):
        return GenerationMode.INPAINT
    under = document.frame.intersected(document.bounds)
    for index, layer in enumerate(document.layers):
        if not layer.visible or layer.opacity == 0.0 or (index == 0 and _is_paper(document, layer, under)):
            continue
        if _is_seen_under(layer, under):
            reaches_out = grow_canvas and not _outside(document).is_empty
            return GenerationMode.EXPAND if reaches_out else GenerationMode.IMAGE_TO_IMAGE
    return GenerationMode.TEXT_TO_IMAGE


def prepare(
    document: Document,
    params: GenerationParams,
    info: NativeSize,
    seed: int,
    request_id: str | None = None,
) -> Prepared:
    """The request for what lies under the frame. `seed` is that of the first picture.

    The same document, params and seed give the same arrays. Raises SettingsError where inpainting is wanted and
    nothing inside the frame is masked.
    """
    mode = effective_mode(document, params.mode, params.grow_canvas)
    sampling = replace(params.sampling, seed=seed)
    if mode is GenerationMode.EXPAND:
        sampling = replace(sampling, strength=EXPAND_STRENGTH)
    plan = plan_for(document, mode, sampling.strength, info, params.in_passes)
    image: Pixels | None = None
    engine_mask: Pixels | None = None
    alpha = frame_alpha(plan)
    mask: MaskLayer | None = None
    fill: MaskFill | None = None
    if mode is not GenerationMode.TEXT_TO_IMAGE:
        image = resized(picture_under(document, plan.region), plan.work_size)
    if mode.is_masked and image is not None:
        is_expanding = mode is GenerationMode.EXPAND
        masked = beyond_canvas(document, plan) if is_expanding else mask_under(document, plan)
        mask = None if is_expanding else document.mask
        feather_px = least_feather_px(info.native_px)
        denoise, alpha = inpaint_masks(document, plan, masked, sampling.strength, feather_px)
        engine_mask = resized(denoise, plan.work_size)
        fill = resolve_fill(params.fill, sampling.strength, is_expanding)
        small = resized(masked, plan.work_size)
        image = prefill(image, small, fill, seed, small > 0 if is_expanding else None)
    request = GenerationRequest(
        mode=mode,
        prompt=params.prompt,
        negative_prompt=params.negative_prompt,
        checkpoint=params.checkpoint,
        sampling=sampling,
        seed=seed,
        size=plan.work_size,
        region=plan.region,
        image=image,
        mask=engine_mask,
        id=request_id or uuid.uuid4().hex,
        fill=fill,
        color_match=params.color_match,
        passes=_needed_passes(plan, engine_mask),
    )
    return Prepared(request, plan, alpha, mask, mode is GenerationMode.EXPAND, document.moved)


def plan_for(
    document: Document, mode: GenerationMode, strength: float, info: NativeSize, in_passes: bool = True
) -> CropPlan:
    """What the engine will see, at which size: the frame, or the context in it around what is masked or missing."""
    masked = _to_be_made(document, mode)
    if masked.is_empty:
        return plan_crop(document.frame, info)
    region = context_region(masked, document.frame, document.bounds, strength, info.native_px)
    if not in_passes:
        return plan_crop(region, info)
    reach = masks.mask_bands(masked, strength, least_feather_px(info.native_px)).reach_px
    return plan_detailed(region, info, masked.inflated(reach).intersected(region), strength)


def _needed_passes(plan: CropPlan, mask: Pixels | None) -> Passes | None:
    """The plan's passes without the tiles in which nothing is made anew."""
    if plan.passes is None or mask is None:
        return None
    tiles = tuple(
        tile for tile in plan.passes.tiles if mask[tile.top : tile.bottom, tile.left : tile.right].any()
    )
    return replace(plan.passes, tiles=tiles)


def outlook_on(
    document: Document, mode: GenerationMode, strength: float, info: NativeSize, in_passes: bool = True
) -> Outlook | None:
    """What `prepare` would plan; None where nothing is masked or missing. Cheap enough for the GUI thread."""
    if mode is GenerationMode.EXPAND:
        strength = EXPAND_STRENGTH
    masked = _to_be_made(document, mode)
    if masked.is_empty:
        return None
    reach = masks.mask_bands(masked, strength, least_feather_px(info.native_px)).reach_px
    band = masked.inflated(reach).intersected(document.frame)
    return Outlook(plan_for(document, mode, strength, info, in_passes), band, reach)


def _to_be_made(document: Document, mode: GenerationMode) -> Rect:
    """Around what is masked in the frame, or missing; empty in modes that take all of it."""
    match mode:
        case GenerationMode.INPAINT:
            return _bounds_of(document.mask.tiles.cropped(document.frame))
        case GenerationMode.EXPAND:
            return _outside(document)
    return Rect(0, 0, 0, 0)


def _bounds_of(tiles: TileMap) -> Rect:
    """`tiles.bounds()` that reads the outermost tiles only: each holds something, so those within don't matter."""
    keys = tiles.tiles.keys()
    if not keys:
        return Rect(0, 0, 0, 0)
    columns, rows = {key[0] for key in keys}, {key[1] for key in keys}
    outer_columns, outer_rows = (min(columns), max(columns)), (min(rows), max(rows))
    outer = {key: tiles.tiles[key] for key in keys if key[0] in outer_columns or key[1] in outer_rows}
    return TileMap(1, outer).bounds()


def picture_under(document: Document, region: Rect) -> Pixels:
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


def _flattened(document: Document, inside: Rect) -> Pixels:
    """(h, w, 4) premultiplied BGRA of the visible layers under a part of the canvas."""
    visible = [layer for layer in document.layers if layer.visible and layer.opacity > 0.0]
    if len(visible) == 1 and visible[0].is_plain:
        return visible[0].tiles.read(inside)
    # Brings in Qt, without which headless use goes: there, the picture is one plain layer.
    from sdpaint.document.render import flatten

    return flatten(document, inside)


def mask_under(document: Document, plan: CropPlan) -> Pixels:
    """(h, w) uint8 of the region's size: what is masked in the plan's frame.

    Raises SettingsError where nothing is.
    """
    mask = np.zeros((plan.region.height, plan.region.width), np.uint8)
    mask[_in_frame(plan)] = document.mask.tiles.read(plan.frame)
    if not mask.any():
        raise SettingsError(
            "Nothing inside the frame is masked",
            hint="Paint over what is to change with the mask brush, or choose another mode",
        )
    return mask


def beyond_canvas(document: Document, plan: CropPlan) -> Pixels:
    """(h, w) uint8 of the region's size: 255 where the plan's frame reaches beyond the canvas.

    Raises SettingsError where it doesn't, or where the canvas can't grow so far.
    """
    if _outside(document).is_empty:
        raise SettingsError(
            "The frame doesn't reach beyond the canvas",
            hint="Drag a side of the frame over the edge of the canvas, with a part of the picture inside",
        )
    grown = document.bounds.united(document.frame)
    if max(grown.width, grown.height) > MAX_SIDE_PX:
        raise SettingsError(
            f"The canvas can't grow to {grown.size} pixels", hint=f"A side has at most {MAX_SIDE_PX} pixels"
        )
    outside = np.zeros((plan.region.height, plan.region.width), np.uint8)
    outside[_in_frame(plan)] = 255
    inside = document.bounds.intersected(plan.region).translated(-plan.region.x, -plan.region.y)
    outside[inside.top : inside.bottom, inside.left : inside.right] = 0
    return outside


def _outside(document: Document) -> Rect:
    """Around what of the frame lies beyond the canvas; empty where that is a few pixels, or the canvas isn't met."""
    frame, canvas = document.frame, document.bounds
    if frame.intersected(canvas).is_empty:
        return Rect(0, 0, 0, 0)
    strips = (
        Rect.from_edges(frame.left, frame.top, min(frame.right, canvas.left), frame.bottom),
        Rect.from_edges(max(frame.left, canvas.right), frame.top, frame.right, frame.bottom),
        Rect.from_edges(frame.left, frame.top, frame.right, min(frame.bottom, canvas.top)),
        Rect.from_edges(frame.left, max(frame.top, canvas.bottom), frame.right, frame.bottom),
    )
    wide = [strip for strip in strips if min(strip.width, strip.height) >= LATENT_MULTIPLE]
    return Rect.bounding(strips) if wide else Rect(0, 0, 0, 0)


def _in_frame(plan: CropPlan) -> tuple[slice, slice]:
    frame = plan.frame.translated(-plan.region.x, -plan.region.y)
    return slice(frame.top, frame.bottom), slice(frame.left, frame.right)


def inpaint_masks(
    document: Document, plan: CropPlan, mask: Pixels, strength: float, feather_px: float
) -> tuple[Pixels, Pixels]:
    """(what the engine makes anew, how its picture is laid back) for a mask, all (h, w) uint8 of the region's size.

    A soft mask is a strength map: see masks.strength_map. The second is 255 inside the mask, 0 outside the blend band
    and outside the frame, and runs out softly where the band meets an edge of the frame inside the canvas.
    """
    denoise, spread = masks.strength_map(mask, strength, feather_px)
    alpha = np.zeros_like(mask)
    alpha[_in_frame(plan)] = spread[_in_frame(plan)]
    blend_px = masks.mask_bands(masks.mask_bounds(mask), strength, feather_px).blend_px
    fade = _fade_to_frame(document, plan, blend_px)
    return denoise, np.where(mask >= masks.FAINTEST, alpha, np.minimum(alpha, fade))


def _fade_to_frame(document: Document, plan: CropPlan, width_px: int) -> Pixels:
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


def frame_alpha(plan: CropPlan) -> Pixels | None:
    """255 inside the frame, 0 in the rest of the region; None where they are the same."""
    if plan.region == plan.frame:
        return None
    alpha = np.zeros((plan.region.height, plan.region.width), np.uint8)
    alpha[_in_frame(plan)] = 255
    return alpha


def _has_pixels(tiles: TileMap, rect: Rect) -> bool:
    """Whether anything under `rect` isn't zero. A tile that is there holds something, so only cut ones are read."""
    cut: list[tuple[Pixels, Rect]] = []
    for key in rect.tiles(TILE_SIZE):
        tile = tiles.tile(key)
        if tile is None:
            continue
        whole = tile_rect(key)
        if rect.contains(whole):
            return True
        cut.append((tile, whole.intersected(rect).translated(-whole.x, -whole.y)))
    return any(tile[part.top : part.bottom, part.left : part.right].any() for tile, part in cut)


def _is_seen_under(layer: Layer, under: Rect) -> bool:
    """Whether a visible layer has anything under `under`. Masks aren't looked at."""
    match layer.content:
        case Group(children=children):
            shown = (child for child in children if child.visible and child.opacity > 0.0)
            return any(_is_seen_under(child, under) for child in shown)
        case Fill():
            return not under.is_empty
        case Adjustment():
            return False
    return _has_pixels(layer.tiles, under)


def _is_paper(document: Document, layer: Layer, under: Rect) -> bool:
    """Whether the layer is one opaque colour everywhere under the frame."""
    if isinstance(layer.content, Fill):
        return layer.content.color.alpha == 255 and layer.has_plain_look
    if not layer.is_plain:
        return False
    colors: set[bytes | None] = set()
    seen: set[int] = set()
    tiles = layer.tiles.tiles
    for key in under.tiles(TILE_SIZE):
        tile = tiles.get(key)
        if tile is None:
            return False
        if id(tile) in seen:  # whole tiles of a fresh background are one shared array, looked at once
            continue
        whole = tile_rect(key)
        part = whole.intersected(document.bounds)
        if part == whole:
            seen.add(id(tile))
        colors.add(_plain_color(tile, part.translated(-whole.x, -whole.y)))
        if None in colors or len(colors) > 1:
            return False
    return True


_plain_colors: dict[int, tuple[weakref.ref[Pixels], Rect, bytes | None]] = {}
"""What _plain_color found, by identity of the tile. A dead tile may hand its identity on, hence the weakref."""


def _plain_color(tile: Pixels, part: Rect) -> bytes | None:
    """The one opaque colour of this part of the tile as four bytes; None where there are more."""
    known = _plain_colors.get(id(tile))
    if known is not None and known[0]() is tile and known[1] == part:
        return known[2]
    # Four bytes at a time: this runs on the GUI thread.
    pixels = tile.view(np.uint32)[part.top : part.bottom, part.left : part.right, 0]
    first = tile[part.top, part.left]
    color = first.tobytes() if first[3] == 255 and bool((pixels == pixels[0, 0]).all()) else None
    key = id(tile)
    _plain_colors[key] = (weakref.ref(tile, lambda _: _plain_colors.pop(key, None)), part, color)
    return color
