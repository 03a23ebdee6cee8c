"""Turning, mirroring, scaling and cropping: of the whole document, or of one layer. Pure functions, safe on any thread.

Turns and mirrors are exact and take the pixels beyond the canvas with them; scaling cuts them off, for a canvas and
what lies beside it have no common grid at another size.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from enum import Enum

import cv2
import numpy as np

from sdpaint.document import tree
from sdpaint.document.document import MAX_SIDE_PX, Document, with_selections
from sdpaint.document.edits import replace_layer, resize_canvas, with_all_tiles, with_mask_tiles
from sdpaint.document.guides import Guide, GuideKind
from sdpaint.document.layers import Layer, LayerId
from sdpaint.document.locks import refuse_locked_position
from sdpaint.imaging.geometry import Rect, Size
from sdpaint.imaging.projection import Projection
from sdpaint.imaging.selection import coverage_map
from sdpaint.imaging.tiles import Pixels, TileMap, tile_rect


class Turn(Enum):
    """What can be done to a picture without a loss; the value is the label."""

    RIGHT = "Rotate right"
    LEFT = "Rotate left"
    HALF = "Rotate by 180°"
    MIRROR = "Flip horizontally"
    UPSIDE_DOWN = "Flip vertically"

    @property
    def swaps_sides(self) -> bool:
        """Whether width and height change places."""
        return self in (Turn.RIGHT, Turn.LEFT)


class Resampling(Enum):
    """How pixels are made at another size; the value is the label."""

    SMOOTH = "Smooth"
    """Area mean on the way down, Lanczos on the way up."""
    PIXELS = "Hard pixels"
    """The nearest pixel: for pixel art."""


def turn_document(document: Document, turn: Turn) -> Document:
    """Everything turned, the canvas with it."""
    size = document.size
    new_size = Size(size.height, size.width) if turn.swaps_sides else size
    document = with_selections(document, lambda tiles: turn_tiles(tiles, turn, size))
    return replace(
        document,
        size=new_size,
        layers=_no_more_repeatable(with_all_tiles(document.layers, lambda tiles: turn_tiles(tiles, turn, size))),
        **with_mask_tiles(document, lambda tiles: turn_tiles(tiles, turn, size)),
        frame=turn_rect(document.frame, turn, size),
        guides=tuple(_turned_guide(guide, turn, size) for guide in document.guides),
    )


def _no_more_repeatable(layers: tuple[Layer, ...]) -> tuple[Layer, ...]:
    """What generated layers were asked for speaks of places on the canvas as it was."""

    def changed(layer: Layer) -> Layer:
        return layer if layer.origin is None else replace(layer, origin=replace(layer.origin, repeatable=False))

    return tree.mapped(layers, changed)


def _turned_guide(guide: Guide, turn: Turn, canvas: Size) -> Guide:
    is_upright = guide.kind is GuideKind.UPRIGHT
    line = turn_rect(Rect(guide.at, 0, 0, 1) if is_upright else Rect(0, guide.at, 1, 0), turn, canvas)
    if is_upright != turn.swaps_sides:
        return Guide(GuideKind.UPRIGHT, line.x)
    return Guide(GuideKind.LEVEL, line.y)


def turn_layer(document: Document, layer_id: LayerId, turn: Turn) -> Document:
    """One layer turned about the middle of the canvas, with all that is in it and the masks that are linked.

    Where its mask is worked on, only that. Raises KeyError, and EditRefused where the position is locked.
    """
    refuse_locked_position(document, layer_id)
    layer = document.layer(layer_id)

    dx = dy = 0
    if turn.swaps_sides:
        # The middle of the turned canvas onto that of the canvas that stays.
        # Where that is half a pixel off, left and right round the other way, so that they undo each other.
        more = document.size.width - document.size.height
        dx = more // 2
        dy = -dx if turn is Turn.RIGHT else dx - more
    projection = turn_projection(turn, document.size).then(Projection.shift(dx, dy))

    def turned(tiles: TileMap) -> TileMap:
        return tiles if tiles.is_empty else turn_tiles(tiles, turn, document.size).translated(dx, dy)

    def change(each: Layer) -> Layer:
        mask = each.mask
        if mask is not None and (mask.linked or only_mask):
            mask = replace(mask, tiles=turned(mask.tiles))
        if only_mask:
            return replace(each, mask=mask)
        tiles = turned(each.tiles)
        origin = None if each.origin is None else each.origin.put(projection, turned, tiles)
        return replace(each, tiles=tiles, mask=mask, origin=origin)

    only_mask = document.edits_mask and layer_id == document.active
    if only_mask:
        return replace_layer(document, change(layer))
    if all(each.tiles.is_empty for each in layer.walk()):
        return document
    return replace_layer(document, tree.mapped((layer,), change)[0])


def turn_rect(rect: Rect, turn: Turn, canvas: Size) -> Rect:
    """Where a rectangle comes to lie when a canvas of this size is turned."""
    width, height = canvas.width, canvas.height
    match turn:
        case Turn.MIRROR:
            return Rect(width - rect.right, rect.y, rect.width, rect.height)
        case Turn.UPSIDE_DOWN:
            return Rect(rect.x, height - rect.bottom, rect.width, rect.height)
        case Turn.HALF:
            return Rect(width - rect.right, height - rect.bottom, rect.width, rect.height)
        case Turn.RIGHT:
            return Rect(height - rect.bottom, rect.x, rect.height, rect.width)
        case Turn.LEFT:
            return Rect(rect.y, width - rect.right, rect.height, rect.width)


def turn_projection(turn: Turn, canvas: Size) -> Projection:
    """Where positions come to lie when a canvas of this size is turned."""
    width, height = canvas.width, canvas.height
    match turn:
        case Turn.MIRROR:
            return Projection.linear(-1, 0, 0, 1, width, 0)
        case Turn.UPSIDE_DOWN:
            return Projection.linear(1, 0, 0, -1, 0, height)
        case Turn.HALF:
            return Projection.linear(-1, 0, 0, -1, width, height)
        case Turn.RIGHT:
            return Projection.linear(0, -1, 1, 0, height, 0)
        case Turn.LEFT:
            return Projection.linear(0, 1, -1, 0, 0, width)


_TURNS: dict[Turn, Callable[[Pixels], object]] = {
    Turn.RIGHT: lambda pixels: cv2.rotate(pixels, cv2.ROTATE_90_CLOCKWISE),
    Turn.LEFT: lambda pixels: cv2.rotate(pixels, cv2.ROTATE_90_COUNTERCLOCKWISE),
    Turn.HALF: lambda pixels: cv2.rotate(pixels, cv2.ROTATE_180),
    Turn.MIRROR: lambda pixels: cv2.flip(pixels, 1),
    Turn.UPSIDE_DOWN: lambda pixels: cv2.flip(pixels, 0),
}


def turn_tiles(tiles: TileMap, turn: Turn, canvas: Size) -> TileMap:
    """The pixels as they lie when a canvas of this size is turned."""
    if tiles.is_empty:
        return tiles
    bounds = Rect.bounding(tile_rect(key) for key in tiles.tiles)
    turned = np.ascontiguousarray(np.asarray(_TURNS[turn](tiles.read(bounds)), tiles.dtype))
    place = turn_rect(bounds, turn, canvas)
    return _tiles(turned, place.x, place.y)


def scale_document(document: Document, size: Size, resampling: Resampling = Resampling.SMOOTH) -> Document:
    """Everything at another size. Raises ValueError for a size that a document can't have."""
    if max(size.width, size.height) > MAX_SIDE_PX:
        raise ValueError(f"a document is at most {MAX_SIDE_PX} px a side, not {size}")
    if size == document.size:
        return document

    def scaled(tiles: TileMap) -> TileMap:
        if tiles.is_empty:
            return tiles
        return _tiles(resampled(tiles.read(document.bounds), size, resampling))

    document = with_selections(document, scaled)
    across, down = size.width / document.size.width, size.height / document.size.height
    frame = document.frame
    left, top = round(frame.left * across), round(frame.top * down)
    right, bottom = round(frame.right * across), round(frame.bottom * down)
    return replace(
        document,
        size=size,
        layers=_no_more_repeatable(with_all_tiles(document.layers, scaled)),
        **with_mask_tiles(document, scaled),
        frame=Rect.from_edges(left, top, max(left + 1, right), max(top + 1, bottom)),
        guides=tuple(guide.mapped(across, down) for guide in document.guides),
    )


def resampled(pixels: Pixels, size: Size, resampling: Resampling = Resampling.SMOOTH) -> Pixels:
    """Premultiplied pixels (h, w, 4) or coverage (h, w) at another size; colours stay within their alpha."""
    if resampling is Resampling.PIXELS:
        nearest = cv2.resize(pixels, (size.width, size.height), interpolation=cv2.INTER_NEAREST_EXACT)
        return np.asarray(nearest, pixels.dtype)
    height, width = pixels.shape[:2]
    # Each direction by itself: one may shrink while the other grows.
    lesser = (min(size.width, width), min(size.height, height))
    small = cv2.resize(pixels, lesser, interpolation=cv2.INTER_AREA)
    result = np.asarray(cv2.resize(small, (size.width, size.height), interpolation=cv2.INTER_LANCZOS4), pixels.dtype)
    if result.ndim == 3:
        np.minimum(result[..., :3], result[..., 3:], out=result[..., :3])
    return result


def crop(document: Document, rect: Rect) -> Document:
    """The canvas as large as `rect` and there; what falls outside is kept in its layers. Empty: nothing changes."""
    if rect.is_empty or rect == document.bounds:
        return document
    return resize_canvas(document, rect.size, -rect.x, -rect.y)


def crop_to_frame(document: Document) -> Document:
    """The canvas as large as the frame and there, which may be beyond its old edge."""
    return crop(document, document.frame)


def crop_to_selection(document: Document) -> Document:
    """The canvas as large as what is selected. Without a selection nothing changes."""
    return document if document.selection is None else crop(document, document.selection.bounds())


def _tiles(pixels: Pixels, x: int = 0, y: int = 0) -> TileMap:
    return coverage_map(pixels, x, y) if pixels.ndim == 2 else TileMap.from_pixels(pixels, x, y)
