"""Selections: coverage of the canvas, 0…255, in a tile map of one channel. Shapes, wand, algebra and changes of shape.

Where coverage counts as a set, it is a fuzzy one: union is the larger of two, intersection the smaller, and what is
taken away leaves the rest up to 255. So adding or intersecting with itself changes nothing, and edges stay as soft as
they were drawn. Safe on any thread.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum

import cv2
import numpy as np

from sdpaint.imaging import masks
from sdpaint.imaging.color import Color
from sdpaint.imaging.depth import rounded_8
from sdpaint.imaging.geometry import Point, Rect
from sdpaint.imaging.pixels import rgba_from_premultiplied
from sdpaint.imaging.raster import filled_ellipse, filled_polygon
from sdpaint.imaging.tiles import TILE_SIZE, Pixels, Pixels8, TileKey, TileMap, full_of, tile_rect

FULL_TILE: Pixels = np.full((TILE_SIZE, TILE_SIZE), 255, np.uint8)
"""Shared by all selections, so that a large one costs next to nothing and is known to be whole by its identity."""
FULL_TILE.flags.writeable = False


class SelectionMode(Enum):
    """What a new shape does to what is selected."""

    REPLACE = "replace"
    ADD = "add"
    SUBTRACT = "subtract"
    INTERSECT = "intersect"


class SelectionChange(Enum):
    """What can be done to a selection by a number of pixels."""

    GROW = "grow"
    SHRINK = "shrink"
    FEATHER = "feather"
    BORDER = "border"
    SMOOTH = "smooth"


class StrokePlace(Enum):
    """Where a line along the outline lies; the value is the label."""

    INSIDE = "Inside"
    CENTER = "On the outline"
    OUTSIDE = "Outside"


@dataclass(frozen=True, slots=True)
class Likeness:
    """What counts as alike: colours that differ by at most `tolerance` (0 … 255) in every channel and in alpha.

    `contiguous`: only what hangs together with the pixel asked about. `antialias`: pixels of a smooth edge are taken
    by the share that the colour has in them.
    """

    tolerance: int = 32
    contiguous: bool = True
    antialias: bool = True
    gap_px: int = 0
    """What hangs together only through gaps of up to this width counts as apart."""


# ------------------------------------------------------------------------------------------------------------ shapes


def coverage_map(coverage: Pixels, x: int = 0, y: int = 0) -> TileMap:
    """Coverage (h, w) as a tile map, its first pixel at (x, y). Tiles that are full are the shared one."""
    whole = Rect(x, y, coverage.shape[1], coverage.shape[0])
    changes: dict[TileKey, Pixels | None] = {}
    for key in whole.tiles(TILE_SIZE):
        tile = tile_rect(key)
        inside = tile.intersected(whole)
        part = coverage[inside.top - y : inside.bottom - y, inside.left - x : inside.right - x]
        if inside == tile and part.min() == 255:
            changes[key] = FULL_TILE
        elif part.any():
            new = np.zeros((TILE_SIZE, TILE_SIZE), np.uint8)
            top, left = inside.top - tile.top, inside.left - tile.left
            new[top : top + inside.height, left : left + inside.width] = part
            changes[key] = new
    return TileMap(1).with_tiles(changes)


def rectangle(rect: Rect) -> TileMap:
    """Everything in `rect`, with sharp edges."""
    return TileMap(1, dict.fromkeys(rect.tiles(TILE_SIZE), FULL_TILE)).cropped(rect)


def ellipse(left: float, top: float, right: float, bottom: float, canvas: Rect, antialias: bool = True) -> TileMap:
    """The ellipse that touches these edges, in canvas pixels, as far as it lies on the canvas."""
    place = _around([Point(left, top), Point(right, bottom)]).intersected(canvas)
    if place.is_empty:
        return TileMap(1)
    return coverage_map(filled_ellipse(left, top, right, bottom, place, antialias), place.x, place.y)


def polygon(points: Sequence[Point], canvas: Rect, antialias: bool = True) -> TileMap:
    """What the closed path winds around, in canvas pixels, as far as it lies on the canvas."""
    place = _around(points).intersected(canvas)
    if len(points) < 3 or place.is_empty:
        return TileMap(1)
    return coverage_map(filled_polygon(points, place, antialias), place.x, place.y)


def _around(points: Sequence[Point]) -> Rect:
    if not points:
        return Rect(0, 0, 0, 0)
    xs, ys = [point.x for point in points], [point.y for point in points]
    return Rect.from_edges(
        int(np.floor(min(xs))), int(np.floor(min(ys))), int(np.ceil(max(xs))), int(np.ceil(max(ys)))
    )


def alike(pixels: Pixels, x: int, y: int, likeness: Likeness) -> Pixels8:
    """Coverage (h, w) of what is like the pixel at column x, row y of premultiplied `pixels` (h, w, 4).

    At 16 bits a channel a tolerance of 0 takes nothing but the very same value.
    """
    color = tuple(float(value) for value in pixels[y, x])
    channels = cv2.split(cv2.absdiff(pixels, color))
    distance = cv2.max(cv2.max(channels[0], channels[1]), cv2.max(channels[2], channels[3]))
    tolerance = float(likeness.tolerance * (full_of(pixels) // 255))
    inside = np.asarray(cv2.compare(distance, tolerance, cv2.CMP_LE), np.uint8)
    if likeness.contiguous:
        inside = _connected_past_gaps(inside, x, y, likeness.gap_px) if likeness.gap_px else _connected(inside, x, y)
    return _with_soft_edge(inside, distance) if likeness.antialias else inside


def color_range(pixels: Pixels, colors: Sequence[Color], fuzziness: int) -> Pixels:
    """Coverage (h, w) of what is near to one of the colours, wherever it lies.

    `pixels` (h, w, 4) are premultiplied. The farthest of the three channels counts: up to half of `fuzziness`
    (0 … 255) a pixel is wholly selected, from there to all of it less and less. What is transparent is selected by
    its alpha at most.
    """
    height, width = pixels.shape[:2]
    if not colors:
        return np.zeros((height, width), np.uint8)
    full = full_of(pixels)
    scale = full // 255
    alpha = np.ascontiguousarray(pixels[..., 3])
    straight = pixels[..., :3]
    if alpha.min() < full:
        straight = np.ascontiguousarray(rgba_from_premultiplied(pixels)[..., 2::-1])
    nearest: Pixels = np.full((height, width), full, pixels.dtype)
    for color in colors:
        red, green, blue = (level * scale for level in color.levels)
        channels = cv2.split(cv2.absdiff(straight, (blue, green, red, 0.0)))
        distance = cv2.max(cv2.max(channels[0], channels[1]), channels[2])
        nearest = np.asarray(cv2.min(nearest, distance), pixels.dtype)
    far = np.arange(full + 1, dtype=np.float32) / np.float32(scale)
    half = fuzziness / 2
    table = np.clip((fuzziness + 1 - far) / (fuzziness + 1 - half), 0, 1)
    found = np.rint(255 * table).astype(np.uint8).take(nearest)
    return np.asarray(cv2.min(found, rounded_8(alpha)), np.uint8)


def outline_band(selection: TileMap, width_px: int, place: StrokePlace, canvas: Rect) -> TileMap:
    """A line of this width along the outline of what is selected at least by half, with a smooth edge."""
    reach = width_px + 2
    area = tile_bounds(selection).inflated(reach)
    coverage = selection.read(area).astype(np.float32)
    inside = coverage >= 127.5
    out = cv2.distanceTransform((~inside).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    within = cv2.distanceTransform(inside.astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    # Signed distance of a pixel's middle to the outline: the first pixel inside is half a pixel in.
    signed = np.where(inside, within - 0.5, 0.5 - out)
    low, high = {
        StrokePlace.INSIDE: (0.0, float(width_px)),
        StrokePlace.CENTER: (-width_px / 2, width_px / 2),
        StrokePlace.OUTSIDE: (-float(width_px), 0.0),
    }[place]
    band = np.clip(signed - low + 0.5, 0, 1) * np.clip(high - signed + 0.5, 0, 1)
    return coverage_map(np.rint(255 * band).astype(np.uint8), area.x, area.y).cropped(canvas)


def _connected(inside: Pixels, x: int, y: int) -> Pixels8:
    """The part of `inside` that hangs together with a pixel by the sides of pixels: a diagonal line is a wall."""
    found = np.zeros((inside.shape[0] + 2, inside.shape[1] + 2), np.uint8)
    cv2.floodFill(inside, found, (x, y), 0, 0, 0, 4 | (255 << 8) | cv2.FLOODFILL_MASK_ONLY)
    return np.ascontiguousarray(found[1:-1, 1:-1])


def _connected_past_gaps(inside: Pixels, x: int, y: int, gap_px: int) -> Pixels8:
    """Likewise, but not through openings of up to `gap_px`: what is left of `inside` when everything near its edge is
    taken away hangs together only through wider ones, and is grown back afterwards.
    """
    reach = (gap_px + 1) // 2
    # The border of the picture is no edge: a fill may run along it.
    framed = cv2.copyMakeBorder(inside, 1, 1, 1, 1, cv2.BORDER_REPLICATE)
    core = (cv2.distanceTransform(framed, cv2.DIST_L2, 5) > reach)[1:-1, 1:-1].astype(np.uint8) * 255
    start = _nearest_in(core, inside, x, y, reach + 1)
    if start is None:
        return _connected(inside, x, y)     # a narrow place: all of it, as without closing
    found = _connected(core, *start)
    # Step by step within `inside`, so that nothing is reached around a line that is thinner than the way back.
    cross = cv2.getStructuringElement(cv2.MORPH_CROSS, (3, 3))
    square = np.ones((3, 3), np.uint8)
    for step in range(reach + 1):
        found = np.asarray(cv2.min(cv2.dilate(found, square if step % 2 else cross), inside), np.uint8)
    return found


def _nearest_in(core: Pixels, inside: Pixels, x: int, y: int, reach: int) -> tuple[int, int] | None:
    """The pixel (x, y) of `core` that is nearest on a way through `inside` of so many steps; None: there's none."""
    side = 2 * reach
    left, top = max(0, x - side), max(0, y - side)
    part = (slice(top, y + side + 1), slice(left, x + side + 1))
    near, walls = np.zeros_like(inside[part]), np.ascontiguousarray(inside[part])
    near[y - top, x - left] = 255
    square = np.ones((3, 3), np.uint8)
    for _ in range(side + 1):
        rows, columns = np.nonzero(cv2.min(near, np.ascontiguousarray(core[part])))
        if rows.size:
            return int(columns[0]) + left, int(rows[0]) + top
        near = np.asarray(cv2.min(cv2.dilate(near, square), walls), np.uint8)
    return None


def _with_soft_edge(inside: Pixels8, distance: Pixels) -> Pixels8:
    """`inside` with the pixels around it by their share of its colour.

    A pixel of a smooth edge is a mix of the colour and what lies beyond, and that is the farthest colour next to it;
    so 1 - distance / farthest is the share. At a hard edge both are the same, and the edge stays hard.
    """
    square = np.ones((3, 3), np.uint8)
    ring = cv2.subtract(cv2.dilate(inside, square), inside)
    rows, columns = np.nonzero(ring)
    if not rows.size:
        return inside
    farthest = np.asarray(cv2.dilate(distance, square), distance.dtype)[rows, columns].astype(np.float32)
    share = 1.0 - distance[rows, columns] / np.maximum(farthest, 1.0)
    result = inside.copy()
    result[rows, columns] = np.rint(255.0 * share)
    return result


# ----------------------------------------------------------------------------------------------------------- algebra


def combined(old: TileMap | None, shape: TileMap, mode: SelectionMode, canvas: Rect) -> TileMap | None:
    """`shape` put to what was selected; None stands for everything, and where nothing is left it is the outcome.

    To add to everything is to begin anew: else a first shape that is added would select nothing new.
    """
    if mode is SelectionMode.SUBTRACT:
        result = subtracted(rectangle(canvas) if old is None else old, shape)
    elif old is None or mode is SelectionMode.REPLACE:
        result = shape
    else:
        result = united(old, shape) if mode is SelectionMode.ADD else intersected(old, shape)
    return None if result.is_empty else result


def united(a: TileMap, b: TileMap) -> TileMap:
    """What either selects."""
    changes: dict[TileKey, Pixels | None] = {}
    for key, tile in b.tiles.items():
        mine = a.tile(key)
        if mine is None or tile is FULL_TILE:
            changes[key] = tile
        elif mine is not FULL_TILE:
            changes[key] = _settled(np.maximum(mine, tile))
    return a.with_tiles(changes) if changes else a


def intersected(a: TileMap, b: TileMap) -> TileMap:
    """What both select."""
    changes: dict[TileKey, Pixels | None] = {}
    for key, tile in a.tiles.items():
        theirs = b.tile(key)
        if theirs is None or tile is FULL_TILE:
            changes[key] = theirs
        elif theirs is not FULL_TILE:
            changes[key] = np.minimum(tile, theirs)
    return a.with_tiles(changes) if changes else a


def subtracted(a: TileMap, b: TileMap) -> TileMap:
    """What `a` selects and `b` doesn't."""
    changes: dict[TileKey, Pixels | None] = {}
    for key, tile in a.tiles.items():
        theirs = b.tile(key)
        if theirs is FULL_TILE:
            changes[key] = None
        elif theirs is not None:
            changes[key] = np.minimum(tile, 255 - theirs)
    return a.with_tiles(changes) if changes else a


def inverted(a: TileMap, canvas: Rect) -> TileMap:
    """What of the canvas `a` doesn't select."""
    tiles: dict[TileKey, Pixels | None] = {}
    for key in canvas.tiles(TILE_SIZE):
        tile = a.tile(key)
        if tile is None:
            tiles[key] = FULL_TILE
        elif tile is not FULL_TILE:
            tiles[key] = _settled(255 - tile)
    return TileMap(1).with_tiles(tiles).cropped(canvas)


def _settled(tile: Pixels) -> Pixels:
    return FULL_TILE if tile.min() == 255 else tile


# ---------------------------------------------------------------------------------------------------------- changes

_CHANGES: dict[SelectionChange, Callable[[Pixels, int], Pixels]] = {
    SelectionChange.GROW: masks.grow,
    SelectionChange.SHRINK: masks.shrink,
    SelectionChange.FEATHER: masks.feather,
    SelectionChange.BORDER: masks.border,
    SelectionChange.SMOOTH: masks.smooth,
}


def changed(selection: TileMap, change: SelectionChange, amount_px: int, canvas: Rect) -> TileMap:
    """The selection with its outline changed by so many pixels; the canvas's edge isn't an outline."""
    if amount_px <= 0:
        return selection
    place = tile_bounds(selection).inflated(amount_px + 2).intersected(canvas)
    if place.is_empty:
        return selection
    return coverage_map(_CHANGES[change](selection.read(place), amount_px), place.x, place.y)


def without_holes(selection: TileMap, canvas: Rect) -> TileMap:
    """The selection with what it encloses selected too."""
    # A pixel more than what is selected all around, so that outside is one region; but not beyond the canvas, whose
    # edge closes nothing.
    place = tile_bounds(selection).inflated(1).intersected(canvas)
    if place.is_empty:
        return selection
    return coverage_map(masks.fill_holes(selection.read(place)), place.x, place.y)


def tile_bounds(selection: TileMap) -> Rect:
    """A rectangle around all that is selected, at tile edges: found without looking at pixels."""
    return Rect.bounding(tile_rect(key) for key in selection.tiles)


def scaled_by(coverage: Pixels, selection: Pixels) -> Pixels:
    """Coverage times how far each pixel is selected, both (h, w), rounded to nearest."""
    product: Pixels = cv2.multiply(coverage, selection, scale=1 / 255)
    return product
