"""Strokes: from stylus samples to dabs along a smooth path, and from dabs to coverage in tiles."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from typing import Generic, TypeVar

import cv2
import numpy as np

from sdpaint.imaging.brush import MIN_DAB_DISTANCE_PX, BrushParams, Coverage, Dab, StampCache
from sdpaint.imaging.geometry import Point, Rect
from sdpaint.imaging.tiles import TILE_SIZE, Pixels, TileKey

CUSP_COSINE = -0.5
"""A turn sharper than 120° is a reversal that the artist means: the path goes into it rather than round it."""

OPACITY_STEP = 0.015
"""By how much dabs next to each other may differ in opacity: four levels of 255."""

FARTHEST_PX = 1e6
"""Samples are taken to lie no farther out than this. Beyond 1e15 a float can't tell one dab from the next."""

PathSample = tuple[float, float, float | None]
"""x, y, pressure."""

D = TypeVar("D")


class SmoothPath(Generic[D]):
    """Turns pointer samples into dabs along a smooth curve; what a dab is, subclasses say in `_walk`.

    The curve is the quadratic B-spline of the samples: it runs through the middle between two samples and heads for the
    sample between, so it has no corners however few samples there are, and doesn't overshoot. It trails the pointer
    by half a sample; `finish` takes it to the last one. Dabs further than their radius from `bounds` are left out.
    """

    def __init__(self, params: BrushParams, bounds: Rect) -> None:
        self._params = params
        self._bounds = bounds
        self._last: PathSample | None = None
        self._at: PathSample = (0.0, 0.0, None)
        self._until_next = 0.0

    @property
    def end(self) -> Point | None:
        """The last sample; None before the first."""
        return None if self._last is None else Point(self._last[0], self._last[1])

    @property
    def pressure(self) -> float | None:
        """Of the last sample."""
        return None if self._last is None else self._last[2]

    def begin(self, pos: Point, pressure: float | None = None) -> list[D]:
        """The first sample: a dab lies there at once."""
        if not _is_finite(pos):
            return []
        self._last = self._at = _sample(pos, pressure)
        self._until_next = 0.0
        return self._walk(self._at)

    def extend(self, pos: Point, pressure: float | None = None) -> list[D]:
        """One more sample; the dabs that it adds. A sample without finite coordinates is dropped."""
        if self._last is None:
            return self.begin(pos, pressure)
        if not _is_finite(pos):
            return []
        last, new = self._last, _sample(pos, pressure)
        if (new[0], new[1]) == (last[0], last[1]):
            return []
        self._last = new
        middle = between(last, new, 0.5)
        if _is_cusp(self._at, last, new):
            return [*self._walk(last), *self._walk(middle)]
        return self._curve(last, middle)

    def line_to(self, pos: Point, pressure: float | None = None) -> list[D]:
        """A straight line to `pos`, from where the path is."""
        dabs = self.finish()
        if not _is_finite(pos):
            return dabs
        self._last = _sample(pos, pressure)
        return [*dabs, *self._walk(self._last)]

    def finish(self) -> list[D]:
        """The rest of the way to the last sample."""
        return [] if self._last is None else self._walk(self._last)

    def _curve(self, control: PathSample, end: PathSample) -> list[D]:
        """Along the quadratic Bézier curve from where the path is."""
        start = self._at
        deviation = 0.25 * math.hypot(
            start[0] - 2 * control[0] + end[0], start[1] - 2 * control[1] + end[1]
        )
        # n chords leave 1/n² of the deviation of one; a twentieth of a pixel isn't seen.
        pieces = min(64, max(1, math.ceil(math.sqrt(deviation / 0.05)))) if deviation > 0 else 1
        dabs: list[D] = []
        for i in range(1, pieces + 1):
            t = i / pieces
            dabs += self._walk(between(between(start, control, t), between(control, end, t), t))
        return dabs

    def rest(self) -> list[D]:
        """One more dab where the path is: the airbrush goes on while the pointer rests."""
        raise NotImplementedError

    def _walk(self, to: PathSample) -> list[D]:
        """Straight on to `to`, with a dab wherever one is due."""
        raise NotImplementedError

    def _visible_part(self, x: float, y: float, dx: float, dy: float, reach: float) -> tuple[float, float]:
        """The part (from, to) of the line, 0 … 1, that may touch the canvas; from > to where none does.

        Liang and Barsky's clipping: a stroke that runs a million pixels outside costs nothing there.
        """
        first, last = 0.0, 1.0
        bounds = self._bounds
        for start, delta, low, high in (
            (x, dx, bounds.left - reach, bounds.right + reach),
            (y, dy, bounds.top - reach, bounds.bottom + reach),
        ):
            if delta == 0.0:
                if not low <= start <= high:
                    return 1.0, 0.0
                continue
            enter, leave = (low - start) / delta, (high - start) / delta
            first = max(first, min(enter, leave))
            last = min(last, max(enter, leave))
        return first, last


class StrokePath(SmoothPath[Dab]):
    """The path of a plain round brush: dabs at even distances, sized by pressure alone."""

    def rest(self) -> list[Dab]:
        """A dab where the path is."""
        if self._last is None:
            return []
        x, y, pressure = self._at
        return [Dab(x, y, self._params.size_at(pressure), self._params.opacity_at(pressure))]

    def _walk(self, to: PathSample) -> list[Dab]:
        """Straight on to `to`, with a dab wherever one is due."""
        start, self._at = self._at, to
        dx, dy = to[0] - start[0], to[1] - start[1]
        length = math.hypot(dx, dy)
        reach = self._params.size_px / 2 + 1
        first, last = self._visible_part(start[0], start[1], dx, dy, reach)
        if first > last:
            self._until_next = 0.0      # out of sight: start afresh on coming back
            return []
        end = last * length
        longest = self._longest_distance(start[2], to[2], length)
        dabs = []
        place = max(first * length, min(longest, self._until_next))
        while place <= end:
            x, y, pressure = between(start, to, place / length if length else 1.0)
            dabs.append(Dab(x, y, self._params.size_at(pressure), self._params.opacity_at(pressure)))
            place += min(longest, self._params.dab_distance_px(pressure))
        self._until_next = max(0.0, place - length)
        return dabs

    def _longest_distance(self, start: float | None, end: float | None, length: float) -> float:
        """How far apart dabs may lie while opacity changes, so that they aren't seen as rings."""
        change = abs(self._params.opacity_at(end) - self._params.opacity_at(start)) * self._params.flow
        if change == 0.0 or length == 0.0:
            return math.inf
        return max(MIN_DAB_DISTANCE_PX, OPACITY_STEP * length / change)


def _is_finite(pos: Point) -> bool:
    return math.isfinite(pos.x) and math.isfinite(pos.y)


def _sample(pos: Point, pressure: float | None) -> PathSample:
    return (
        min(FARTHEST_PX, max(-FARTHEST_PX, pos.x)),
        min(FARTHEST_PX, max(-FARTHEST_PX, pos.y)),
        pressure,
    )


def between(a: PathSample, b: PathSample, t: float) -> PathSample:
    """The sample at the share `t` of the way."""
    pressure = b[2] if a[2] is None or b[2] is None else a[2] + (b[2] - a[2]) * t
    return a[0] + (b[0] - a[0]) * t, a[1] + (b[1] - a[1]) * t, pressure


def _is_cusp(a: PathSample, b: PathSample, c: PathSample) -> bool:
    ux, uy, vx, vy = b[0] - a[0], b[1] - a[1], c[0] - b[0], c[1] - b[1]
    lengths = math.hypot(ux, uy) * math.hypot(vx, vy)
    return lengths > 0 and (ux * vx + uy * vy) / lengths < CUSP_COSINE


class CoverageBuffer(Generic[D]):
    """What a stroke has covered so far, in tiles of float32 transmittance: 1 = untouched, 0 = fully covered.

    Floats, because 8 bits stall: at a flow of 2 % a dab would round away long before the stroke is full.
    The cost of a dab depends on its size alone, not on the canvas. What a dab is, subclasses say in `draw`.
    """

    def __init__(self, params: BrushParams, bounds: Rect) -> None:
        self._params = params
        self._bounds = bounds
        self._tiles: dict[TileKey, Coverage] = {}
        self._dirty: dict[TileKey, tuple[int, int, int, int]] = {}

    @property
    def keys(self) -> Iterable[TileKey]:
        """The tiles that any dab has touched."""
        return self._tiles.keys()

    def draw(self, dabs: Iterable[D]) -> None:
        """Lay the dabs down, clipped to the bounds."""
        raise NotImplementedError

    def take_dirty(self) -> Iterator[tuple[TileKey, Rect]]:
        """What was touched since the last call: tile by tile, and which part of the tile."""
        dirty, self._dirty = self._dirty, {}
        for key, (left, top, right, bottom) in dirty.items():
            yield key, Rect(left, top, right - left, bottom - top)

    def coverage(self, key: TileKey, part: Rect) -> Pixels:
        """What is covered in a part of a touched tile: (h, w) uint8, 255 = fully."""
        # One SIMD pass: |255 - 255 t|, rounded and saturated.
        covered: Pixels = cv2.convertScaleAbs(self.transmittance(key, part), alpha=-255.0, beta=255.0)
        return covered

    def transmittance(self, key: TileKey, part: Rect) -> Coverage:
        """What isn't covered in a part of a touched tile: (h, w) float32, a view for reading."""
        return self._tiles[key][part.top : part.bottom, part.left : part.right]

    def pixels(self, key: TileKey, part: Rect) -> Pixels | None:
        """What the part of the layer's tile becomes, where the stroke moves pixels; None where it covers them."""
        return None

    def colors(self, key: TileKey, part: Rect) -> Coverage | None:
        """Blue, green and red of each pixel (3, h, w); None where the stroke has one colour, as here."""
        return None

    def _touched(self, key: TileKey, part: tuple[int, int, int, int]) -> Coverage:
        tile = self._tiles.get(key)
        if tile is None:
            tile = self._tiles[key] = np.ones((TILE_SIZE, TILE_SIZE), np.float32)
        left, top, right, bottom = part
        old = self._dirty.get(key)
        if old is None:
            self._dirty[key] = part
        else:
            # Comparisons, not min and max: every dab comes here, and calls cost more than what they do.
            self._dirty[key] = (
                left if left < old[0] else old[0],
                top if top < old[1] else old[1],
                right if right > old[2] else old[2],
                bottom if bottom > old[3] else old[3],
            )
        return tile[top:bottom, left:right]


class StrokeBuffer(CoverageBuffer[Dab]):
    """The coverage of a plain round brush."""

    def __init__(self, params: BrushParams, bounds: Rect, stamps: StampCache) -> None:
        super().__init__(params, bounds)
        self._stamps = stamps

    def draw(self, dabs: Iterable[Dab]) -> None:
        """Lay the dabs down, clipped to the bounds."""
        hardness, flow, stamp_at = self._params.hardness, self._params.flow, self._stamps.stamp_at
        bounds = self._bounds
        first_x, first_y, end_x, end_y = bounds.left, bounds.top, bounds.right, bounds.bottom
        for dab in dabs:
            size = dab.size_px
            # A disc below one pixel covers a part of the pixel that it lies in.
            opacity = dab.opacity if size >= 1.0 else dab.opacity * size
            if opacity <= 0.0 or flow <= 0.0:
                continue
            x, y, stamp = stamp_at(dab.x, dab.y, size, hardness, flow)
            height, width = stamp.shape
            left = x if x > first_x else first_x
            top = y if y > first_y else first_y
            right = x + width if x + width < end_x else end_x
            bottom = y + height if y + height < end_y else end_y
            if left >= right or top >= bottom:
                continue
            for row in range(top // TILE_SIZE, (bottom - 1) // TILE_SIZE + 1):
                tile_y = row * TILE_SIZE
                upper = top if top > tile_y else tile_y
                lower = bottom if bottom < tile_y + TILE_SIZE else tile_y + TILE_SIZE
                rows = slice(upper - y, lower - y)
                for column in range(left // TILE_SIZE, (right - 1) // TILE_SIZE + 1):
                    tile_x = column * TILE_SIZE
                    first = left if left > tile_x else tile_x
                    end = right if right < tile_x + TILE_SIZE else tile_x + TILE_SIZE
                    columns = slice(first - x, end - x)
                    part = (first - tile_x, upper - tile_y, end - tile_x, lower - tile_y)
                    view = self._touched((column, row), part)
                    _lay(
                        view,
                        None if stamp.keep is None else stamp.keep[rows, columns],
                        None if stamp.floor is None else stamp.floor[rows, columns],
                        opacity,
                    )


def _lay(view: Coverage, keep: Coverage | None, floor: Coverage | None, opacity: float) -> None:
    """Multiply `view` by `keep`, but never take it below `floor`, nor below `1 - opacity`; nor raise it."""
    if floor is None and opacity >= 1.0 and keep is not None:
        np.multiply(view, keep, out=view)
        return
    lowest: Coverage | np.float32
    if floor is None:
        lowest = np.float32(1.0 - opacity)
    else:
        lowest = floor if opacity >= 1.0 else floor * np.float32(opacity) + np.float32(1.0 - opacity)
    if keep is None:
        np.minimum(view, lowest, out=view)
        return
    lower = view - lowest
    lower *= keep
    lower += lowest
    np.minimum(view, lower, out=view)
