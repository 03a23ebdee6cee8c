"""Strokes of brushes with tips, dynamics or grain: from samples to dabs that differ, and from dabs to coverage.

Plain round brushes go the shorter way of `imaging.stroke`; what is shared (the smooth path, the tiles of transmittance)
is inherited from there.

A stamp here is a picture of coverage. Soft discs multiply, as plain ones do. All others have a limit: no number of dabs
takes a pixel beyond what the tip covers there, so a texture stays a texture and an edge stays smooth.
"""

from __future__ import annotations

import colorsys
import math
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import cv2
import numpy as np

from sdpaint.imaging.brush import ALIASED_SOFTNESS_PX, MIN_SIZE_PX, BrushParams, Coverage, quantised_size
from sdpaint.imaging.color import Color
from sdpaint.imaging.dynamics import FASTEST_PX_S, FLATTEST_DEGREES, Drive, Property, Readings
from sdpaint.imaging.geometry import Point, Rect
from sdpaint.imaging.stroke import CoverageBuffer, PathSample, SmoothPath, between
from sdpaint.imaging.tiles import TILE_SIZE, TileKey
from sdpaint.imaging.tips import Grain, Tip

SPEED_INERTIA = 0.7
"""How much of the speed of the sample before stays: the clock of a tablet trembles."""

ANGLE_STEPS = 128
"""Directions that stamps are made for."""

GRAIN_SOFTNESS = 0.3
"""How deep into the paper, of its whole height, a stroke fades out."""

RGB = tuple[float, float, float]


@dataclass(slots=True)
class TipDab:
    """One touch of a tip: centre and diameter in canvas pixels, clockwise degrees, all others 0 … 1."""

    x: float
    y: float
    size_px: float
    opacity: float
    flow: float
    hardness: float
    angle: float
    roundness: float
    rgb: RGB | None = None
    """Its own colour; None for the stroke's."""
    is_mirrored: bool = False
    image: int = 0
    """Which of the images that symmetry makes; 0 is the stroke itself."""


class TipPath(SmoothPath[TipDab]):
    """Turns samples into dabs that the brush's drivers shape. `color` is what shifts of hue and value start from."""

    def __init__(self, params: BrushParams, bounds: Rect, seed: int, color: Color) -> None:
        super().__init__(params, bounds)
        self._drive = Drive(params.drivers, seed)
        self._readings = Readings(stroke_random=self._drive.stroke_random)
        self._wanted = (0.0, 0.0)
        red, green, blue = color.levels
        self._hsv = colorsys.rgb_to_hsv(red / 255, green / 255, blue / 255)
        self._last_seen: tuple[Point, float] | None = None
        self._travelled_px = 0.0
        self._is_waiting = False

    def sense(self, pos: Point, tilt_x: float, tilt_y: float, time_ms: float, view_scale: float) -> None:
        """What the sensors say from the next sample on. Tilt in degrees."""
        readings = self._readings
        readings.tilt = min(1.0, math.hypot(tilt_x, tilt_y) / FLATTEST_DEGREES)
        if tilt_x or tilt_y:
            readings.tilt_direction = (math.atan2(tilt_y, tilt_x) / math.tau) % 1.0
        if self._last_seen is not None:
            before, then_ms = self._last_seen
            elapsed_s = (time_ms - then_ms) / 1000
            if elapsed_s > 0:
                distance = math.hypot(pos.x - before.x, pos.y - before.y) * view_scale
                now = min(1.0, distance / elapsed_s / FASTEST_PX_S)
                readings.speed += (now - readings.speed) * (1 - SPEED_INERTIA)
                self._last_seen = pos, time_ms
        else:
            self._last_seen = pos, time_ms

    def begin(self, pos: Point, pressure: float | None = None) -> list[TipDab]:
        """A dab at once, unless it has to know where the stroke goes."""
        self._is_waiting = self._drive.follows_direction
        return super().begin(pos, pressure)

    def finish(self) -> list[TipDab]:
        """The rest of the way. A click with a brush that waits for a direction lays its dab now."""
        self._is_waiting = False
        return super().finish()

    def rest(self) -> list[TipDab]:
        """One more dab where the path is: the airbrush goes on while the pointer rests."""
        return [] if self._last is None else [self._dab_at(*self._at)[0]]

    def _walk(self, to: PathSample) -> list[TipDab]:
        start = self._at
        dx, dy = to[0] - start[0], to[1] - start[1]
        length = math.hypot(dx, dy)
        if length > 0.0:
            self._readings.direction = (math.atan2(dy, dx) / math.tau) % 1.0
            self._is_waiting = False
        elif self._is_waiting:
            return []
        self._at = to
        reach = self._params.size_px * (0.71 + self._params.scatter) + 1
        first, last = self._visible_part(start[0], start[1], dx, dy, reach)
        if first > last:
            self._until_next = 0.0
            self._travelled_px += length
            return []
        end, dabs = last * length, []
        place = max(first * length, min(self._until_next, self._farthest_px))
        while place <= end:
            self._readings.fade = min(
                1.0, (self._travelled_px + place) / (self._params.fade_length * self._params.size_px)
            )
            dab, distance = self._dab_at(*between(start, to, place / length if length else 1.0))
            dabs.append(dab)
            place += distance
        self._until_next = max(0.0, place - length)
        self._travelled_px += length
        return dabs

    @property
    def _farthest_px(self) -> float:
        return self._params.size_px * self._params.spacing + 1

    def _dab_at(self, x: float, y: float, pressure: float | None) -> tuple[TipDab, float]:
        """The dab at this place of the path, and how far the next one is."""
        params, drive, readings = self._params, self._drive, self._readings
        readings.pressure = pressure
        size = max(MIN_SIZE_PX, params.size_at(pressure) * drive.factor(Property.SIZE, readings))
        distance = max(0.5, size * params.spacing * drive.factor(Property.SPACING, readings))
        if params.scatter > 0.0:
            far = params.scatter * size * drive.factor(Property.SCATTER, readings) * math.sqrt(drive.random())
            turn = math.tau * drive.random()
            x, y = x + far * math.cos(turn), y + far * math.sin(turn)
        dab = TipDab(
            x,
            y,
            size,
            params.opacity_at(pressure) * drive.factor(Property.OPACITY, readings),
            params.flow * drive.factor(Property.FLOW, readings),
            params.hardness * drive.factor(Property.HARDNESS, readings),
            params.angle + drive.turn(readings),
            max(0.02, params.roundness * drive.factor(Property.ROUNDNESS, readings)),
        )
        if params.build_up:
            # Nothing limits the stroke: what a dab may reach is what it lays down.
            dab.flow *= dab.opacity * params.opacity
            dab.opacity = 1.0
        if drive.shifts_color:
            dab.rgb = self._shifted_color()
        return dab, distance

    def _shifted_color(self) -> RGB:
        hue, saturation, value = self._hsv
        drive, readings = self._drive, self._readings
        return colorsys.hsv_to_rgb(
            (hue + drive.shift(Property.HUE, readings)) % 1.0,
            min(1.0, max(0.0, saturation + drive.shift(Property.SATURATION, readings))),
            min(1.0, max(0.0, value + drive.shift(Property.VALUE, readings))),
        )


@dataclass(frozen=True, slots=True, eq=False)
class TipStamp:
    """Coverage of one dab, (h, w) float32; its first pixel lies (left, top) from the pixel that holds the centre.

    `has_limit`: see the module.
    """

    left: int
    top: int
    mask: Coverage
    has_limit: bool


class TipStampCache:
    """Stamps of tips; those not used for longest go when `budget_bytes` is full."""

    def __init__(self, budget_bytes: int = 24 * 1024**2) -> None:
        self._stamps: OrderedDict[tuple[object, ...], TipStamp] = OrderedDict()
        self._budget_bytes = budget_bytes
        self._bytes = 0

    def stamp_at(self, tip: Tip | None, dab: TipDab) -> tuple[int, int, TipStamp]:
        """The first pixel (column, row) and the stamp of a dab."""
        size = quantised_size(dab.size_px, 64 if tip is None else 24)
        grid = 1 if size > 200 else 2 if size > 24 else 4
        column, row = round(dab.x * grid), round(dab.y * grid)
        whole_x, part_x = divmod(column, grid)
        whole_y, part_y = divmod(row, grid)
        hardness = round(dab.hardness * 32) / 32 if tip is None else 0.0
        roundness = max(0.02, round(dab.roundness * 48) / 48)
        turns_alike = tip is None and roundness >= 1.0
        angle = 0 if turns_alike else round(dab.angle / 360 * ANGLE_STEPS) % ANGLE_STEPS
        mirrored = dab.is_mirrored and tip is not None
        key = (tip, size, hardness, angle, roundness, part_x, part_y, grid, mirrored)
        stamp = self._stamps.get(key)
        if stamp is None:
            place = part_x / grid, part_y / grid
            degrees = 360 * angle / ANGLE_STEPS
            if tip is None:
                stamp = render_ellipse(size, hardness, degrees, roundness, *place)
            else:
                stamp = render_tip(tip, size, degrees, roundness, *place, mirrored)
            self._keep(key, stamp)
        else:
            self._stamps.move_to_end(key)
        return whole_x + stamp.left, whole_y + stamp.top, stamp

    def _keep(self, key: tuple[object, ...], stamp: TipStamp) -> None:
        self._stamps[key] = stamp
        self._bytes += stamp.mask.nbytes
        while self._bytes > self._budget_bytes and len(self._stamps) > 1:
            self._bytes -= self._stamps.popitem(last=False)[1].mask.nbytes


def render_ellipse(
    size_px: float, hardness: float, angle: float, roundness: float, part_x: float, part_y: float
) -> TipStamp:
    """An ellipse with a hard or a soft rim, centred (part_x, part_y) inside its pixel."""
    radius = size_px / 2
    cos, sin = math.cos(math.radians(angle)), math.sin(math.radians(angle))
    short = max(0.5, radius * roundness)
    half_width = math.hypot(radius * cos, short * sin) + 0.5
    half_height = math.hypot(radius * sin, short * cos) + 0.5
    left, right = math.floor(part_x - half_width), math.ceil(part_x + half_width)
    top, bottom = math.floor(part_y - half_height), math.ceil(part_y + half_height)
    dx = (np.arange(left, right, dtype=np.float32) + np.float32(0.5 - part_x))[None, :]
    dy = (np.arange(top, bottom, dtype=np.float32) + np.float32(0.5 - part_y))[:, None]
    along = dx * np.float32(cos / radius) + dy * np.float32(sin / radius)
    across = dy * np.float32(cos / short) - dx * np.float32(sin / short)
    squares = along * along + across * across
    distance = np.sqrt(squares)
    softness_px = (1.0 - hardness) * short
    if softness_px < ALIASED_SOFTNESS_PX:
        # Signed distance to the rim to first order: value by length of the gradient.
        gradient = np.sqrt((along / np.float32(radius)) ** 2 + (across / np.float32(short)) ** 2)
        rim_px = (distance - 1) * distance / np.maximum(gradient, np.float32(1e-6))
        return TipStamp(left, top, np.clip(np.float32(0.5) - rim_px, 0, 1), has_limit=True)
    t = np.clip((distance - np.float32(hardness)) / np.float32(1 - hardness), 0, 1)
    profile = np.maximum(1 - t**3 * (t * (6 * t - 15) + 10), 0)
    return TipStamp(left, top, np.asarray(profile, np.float32), has_limit=False)


def render_tip(
    tip: Tip, size_px: float, angle: float, roundness: float, part_x: float, part_y: float, is_mirrored: bool
) -> TipStamp:
    """The tip at this size, turned and squeezed, centred (part_x, part_y) inside its pixel."""
    source = next((level for level in reversed(tip.levels) if level.shape[0] >= size_px), tip.levels[0])
    scale = size_px / source.shape[0]
    cos, sin = math.cos(math.radians(angle)), math.sin(math.radians(angle))
    half = size_px / 2
    half_x = abs(half * cos) + abs(half * roundness * sin) + 1
    half_y = abs(half * sin) + abs(half * roundness * cos) + 1
    left, right = math.floor(part_x - half_x), math.ceil(part_x + half_x)
    top, bottom = math.floor(part_y - half_y), math.ceil(part_y + half_y)
    # Source pixel of each stamp pixel: back by the offset, the turn, and the two scales.
    across = scale * roundness * (-1 if is_mirrored else 1)
    inverse = np.array([[cos / scale, sin / scale, 0], [-sin / across, cos / across, 0]])
    offset = np.array([left + 0.5 - part_x, top + 0.5 - part_y])
    inverse[:, 2] = inverse[:, :2] @ offset + source.shape[0] / 2 - 0.5
    warped = cv2.warpAffine(
        source, inverse, (right - left, bottom - top), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    )
    # Many tips fill a part of their square; every dab that is laid costs as much as its box is large.
    x, y, width, height = cv2.boundingRect(warped)
    box = warped[y : y + max(1, height), x : x + max(1, width)]
    return TipStamp(left + x, top + y, np.asarray(box, np.float32) * np.float32(1 / 255), has_limit=True)


class TipBuffer(CoverageBuffer[TipDab]):
    """What a stroke of such a brush has covered, and with which colours where dabs differ in colour."""

    def __init__(self, params: BrushParams, bounds: Rect, tips: TipStampCache) -> None:
        super().__init__(params, bounds)
        self._tips = tips
        self._grain = None if params.grain is None or params.grain.depth == 0.0 else params.grain
        self._colors: dict[TileKey, Coverage] = {}

    def draw(self, dabs: Iterable[TipDab]) -> None:
        """Lay the dabs down, clipped to the bounds."""
        for dab in dabs:
            if dab.opacity <= 0.0 or dab.flow <= 0.0:
                continue
            x, y, stamp = self._tips.stamp_at(self._params.tip, dab)
            for view, rows, columns, key, part in self._views(x, y, *stamp.mask.shape):
                mask = stamp.mask[rows, columns]
                lay_mask(view, mask, dab.flow, dab.opacity, stamp.has_limit)
                if dab.rgb is not None:
                    self._lay_color(key, part, mask, dab)

    def transmittance(self, key: TileKey, part: Rect) -> Coverage:
        """What isn't covered, paper and water taken into account: (h, w) float32."""
        view = super().transmittance(key, part)
        if self._grain is None and self._params.wet_edge == 0.0:
            return view
        covered = 1 - view
        if self._params.wet_edge > 0.0:
            covered = wet(covered, self._params.wet_edge)
        if self._grain is not None:
            covered = self._on_paper(covered, self._grain, key, part)
        return np.asarray(1 - covered, np.float32)

    def _on_paper(self, covered: Coverage, grain: Grain, key: TileKey, part: Rect) -> Coverage:
        """Colour reaches down to where coverage and paper meet; what is pressed harder fills more of the valleys."""
        heights = grain.heights
        left = key[0] * TILE_SIZE % heights.shape[0] + part.left
        top = key[1] * TILE_SIZE % heights.shape[0] + part.top
        paper = heights[top : top + part.height, left : left + part.width]
        reached = covered - (1 - paper) * np.float32(grain.depth)
        reached *= np.float32(1 / GRAIN_SOFTNESS)
        np.clip(reached, 0, 1, out=reached)
        reached *= covered
        return reached

    def colors(self, key: TileKey, part: Rect) -> Coverage | None:
        """Blue, green and red of the stroke (3, h, w), 0 … 1; None where all dabs have the stroke's colour."""
        tile = self._colors.get(key)
        if tile is None:
            return None
        view = tile[:, part.top : part.bottom, part.left : part.right]
        return np.asarray(view[:3] / np.maximum(view[3], np.float32(1e-4)), np.float32)

    def _views(
        self, x: int, y: int, height: int, width: int
    ) -> Iterator[tuple[Coverage, slice, slice, TileKey, Rect]]:
        """For each tile under a stamp: the part of the tile, rows and columns of the stamp, key, and where it lies."""
        bounds = self._bounds
        left, top = max(x, bounds.left), max(y, bounds.top)
        right, bottom = min(x + width, bounds.right), min(y + height, bounds.bottom)
        if left >= right or top >= bottom:
            return
        for row in range(top // TILE_SIZE, (bottom - 1) // TILE_SIZE + 1):
            tile_y = row * TILE_SIZE
            upper, lower = max(top, tile_y), min(bottom, tile_y + TILE_SIZE)
            for column in range(left // TILE_SIZE, (right - 1) // TILE_SIZE + 1):
                tile_x = column * TILE_SIZE
                first, end = max(left, tile_x), min(right, tile_x + TILE_SIZE)
                part = (first - tile_x, upper - tile_y, end - tile_x, lower - tile_y)
                view = self._touched((column, row), part)
                rect = Rect(part[0], part[1], end - first, lower - upper)
                yield view, slice(upper - y, lower - y), slice(first - x, end - x), (column, row), rect

    def _lay_color(self, key: TileKey, part: Rect, mask: Coverage, dab: TipDab) -> None:
        tile = self._colors.get(key)
        if tile is None:
            tile = self._colors[key] = np.zeros((4, TILE_SIZE, TILE_SIZE), np.float32)
        assert dab.rgb is not None
        view = tile[:, part.top : part.bottom, part.left : part.right]
        new = np.array([*dab.rgb[::-1], 1.0], np.float32)[:, None, None] - view
        new *= mask * np.float32(dab.flow * dab.opacity)
        view += new


def lay_mask(view: Coverage, mask: Coverage, flow: float, opacity: float, has_limit: bool) -> None:
    """Let `view` (transmittance) be taken down by a dab, in place; never below what opacity and limit allow."""
    if has_limit:
        lower = mask * np.float32(-opacity)
        lower += np.float32(1.0)
        if flow >= 1.0:
            np.minimum(view, lower, out=view)
            return
        np.minimum(view, lower, out=lower)
        lower -= view
        lower *= np.float32(flow)
        view += lower
        return
    keep = mask * np.float32(-flow)
    keep += np.float32(1.0)
    if opacity >= 1.0:
        view *= keep
        return
    lowest = np.float32(1.0 - opacity)
    lower = view - lowest
    lower *= keep
    lower += lowest
    np.minimum(view, lower, out=view)


def wet(covered: Coverage, strength: float) -> Coverage:
    """Pigment of a wet stroke: the rim, where coverage falls off, keeps all of it, the inside `1 - strength`."""
    inside = np.clip((covered - np.float32(0.45)) * np.float32(1 / 0.5), 0, 1)
    inside *= inside * (3 - 2 * inside)
    pigment = np.minimum(covered * 2, np.float32(1))
    pigment *= 1 - np.float32(strength) * inside
    return np.asarray(pigment, np.float32)


def stroke_params(params: BrushParams) -> BrushParams:
    """The brush as the stroke as a whole sees it: one that builds up has no opacity to stay below."""
    return replace(params, opacity=1.0) if params.build_up else params

