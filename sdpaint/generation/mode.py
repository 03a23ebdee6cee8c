"""What will happen: the mode that follows from what lies under the frame. Cheap enough for the GUI thread."""

from __future__ import annotations

import weakref

import numpy as np

from sdpaint.document.document import Document
from sdpaint.document.layers import Adjustment, Fill, Group, Layer
from sdpaint.generation.request import LATENT_MULTIPLE, GenerationMode
from sdpaint.imaging.geometry import Rect
from sdpaint.imaging.tiles import TILE_SIZE, Pixels, TileKey, TileMap, tile_rect


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
    if any(_has_pixels(mask.tiles, document.frame) for mask in document.masks if mask.counts):
        return GenerationMode.INPAINT
    under = document.frame.intersected(document.bounds)
    for index, layer in enumerate(document.layers):
        if not layer.is_in_picture or (index == 0 and is_paper(document, layer, under)):
            continue
        if _is_seen_under(layer, under):
            reaches_out = grow_canvas and not beyond_the_canvas(document).is_empty
            return GenerationMode.EXPAND if reaches_out else GenerationMode.IMAGE_TO_IMAGE
    return GenerationMode.TEXT_TO_IMAGE


def beyond_the_canvas(document: Document) -> Rect:
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


def is_bare(layer: Layer, key: TileKey) -> bool:
    """Whether a visible layer has nothing in a tile of the canvas. Pixels and masks aren't looked at."""
    match layer.content:
        case Group(children=children):
            return all(is_bare(child, key) for child in children if child.is_in_picture)
        case Fill():
            return False
        case Adjustment():
            return True
    return key not in layer.tiles.tiles


def _is_seen_under(layer: Layer, under: Rect) -> bool:
    """Whether a visible layer has anything under `under`. Masks aren't looked at."""
    match layer.content:
        case Group(children=children):
            return any(_is_seen_under(child, under) for child in children if child.is_in_picture)
        case Fill():
            return not under.is_empty
        case Adjustment():
            return False
    return _has_pixels(layer.tiles, under)


def is_paper(document: Document, layer: Layer, under: Rect) -> bool:
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
