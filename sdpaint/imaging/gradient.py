"""Gradients: colours that run along a drag, as premultiplied pixels without bands.

Colours are mixed premultiplied, so that a transparent stop brings no colour of its own in. Values are rounded by a
noise that belongs to the place (dithering): neighbouring pixels of one exact value come out as one level or the next,
in the share that the value asks for. All channels of a pixel share one threshold, so no colour exceeds its alpha.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from enum import Enum
from functools import cached_property, lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from sdpaint.imaging.color import BLACK, WHITE, Color
from sdpaint.imaging.geometry import Point, Rect
from sdpaint.imaging.tiles import TILE_SIZE, Pixels

_ENTRIES = 4096
"""Of a ramp: finer than a sixteenth of a level, so that the table can't be seen."""

MAX_STOPS = 32


class GradientShape(Enum):
    """How colours run from the start of the drag to its end."""

    LINEAR = "linear"
    RADIAL = "radial"
    ANGULAR = "angular"
    """Around the start, clockwise as seen, from the direction of the drag on."""
    REFLECTED = "reflected"
    """Linear to both sides."""
    DIAMOND = "diamond"


class GradientRepeat(Enum):
    """What comes beyond the end."""

    NONE = "none"
    """The last colour."""
    REPEAT = "repeat"
    """From the start again."""
    MIRROR = "mirror"
    """Back and forth."""


@dataclass(frozen=True, slots=True)
class Stop:
    """A colour, alpha included, at a place of the way, 0 … 1."""

    position: float
    color: Color

    def __post_init__(self) -> None:
        if not 0.0 <= self.position <= 1.0:
            raise ValueError(f"a stop lies at 0 to 1, not {self.position}")


Stops = tuple[Stop, ...]


def checked_stops(stops: Stops) -> Stops:
    """The stops in the order of their places. Raises ValueError where they are none or too many."""
    if not 1 <= len(stops) <= MAX_STOPS:
        raise ValueError(f"a gradient has 1 to {MAX_STOPS} stops, not {len(stops)}")
    return tuple(sorted(stops, key=lambda stop: stop.position))


def color_at(stops: Stops, position: float) -> Color:
    """The straight colour at a place of the way, 0 … 1."""
    there = ramp(checked_stops(stops), np.array([position], np.float32))[0]
    blue, green, red, alpha = (float(value) for value in there)
    if alpha <= 0.0:
        nearest = min(stops, key=lambda stop: abs(stop.position - position)).color
        return replace(nearest, alpha=0)
    red, green, blue = (min(255.0, 255.0 * value / alpha) for value in (red, green, blue))
    return Color(round(red), round(green), round(blue), round(alpha))


def ramp(stops: Stops, positions: NDArray[np.float32]) -> NDArray[np.float32]:
    """(n, 4) premultiplied BGRA, 0 … 255, at the positions, from stops in order. Two at one place make a hard edge."""
    straight = np.array([(*reversed(stop.color.levels), 255.0) for stop in stops])
    colors = straight * np.array([[stop.color.alpha / 255.0] for stop in stops])
    places = [stop.position for stop in stops]
    return np.stack([np.interp(positions, places, colors[:, i]) for i in range(4)], axis=1).astype(np.float32)


@dataclass(frozen=True)
class Gradient:
    """A gradient laid over the canvas from `start` to `end`, in canvas pixels. Safe on any thread."""

    stops: Stops
    start: Point
    end: Point
    shape: GradientShape = GradientShape.LINEAR
    repeat: GradientRepeat = GradientRepeat.NONE
    reverse: bool = False
    dither: bool = True

    def __post_init__(self) -> None:
        checked_stops(self.stops)

    @cached_property
    def _table(self) -> NDArray[np.float32]:
        positions = np.linspace(0.0, 1.0, _ENTRIES, dtype=np.float32)
        return ramp(checked_stops(self.stops), 1.0 - positions if self.reverse else positions)

    def positions(self, rect: Rect) -> NDArray[np.float32]:
        """(h, w) places on the way, 0 … 1, of the middles of the pixels of `rect`."""
        way = self.end - self.start
        length = max(way.length, 1e-6)
        along_x, along_y = way.x / length, way.y / length
        x = np.arange(rect.left, rect.right, dtype=np.float32)[None, :] + np.float32(0.5 - self.start.x)
        y = np.arange(rect.top, rect.bottom, dtype=np.float32)[:, None] + np.float32(0.5 - self.start.y)
        if self.shape is GradientShape.ANGULAR:
            turn = cv2.phase(x * along_x + y * along_y, y * along_x - x * along_y)
            return np.asarray(turn * np.float32(1 / math.tau), np.float32)
        if self.shape is GradientShape.RADIAL:
            place = np.sqrt(x * x + y * y)
        else:
            place = x * np.float32(along_x) + y * np.float32(along_y)
            if self.shape is not GradientShape.LINEAR:
                place = np.abs(place)
            if self.shape is GradientShape.DIAMOND:
                place += np.abs(y * np.float32(along_x) - x * np.float32(along_y))
        place = place * np.float32(1 / length)
        if self.repeat is GradientRepeat.REPEAT:
            place -= np.floor(place)
        elif self.repeat is GradientRepeat.MIRROR:
            place -= 2.0 * np.floor(place * np.float32(0.5))
            place = np.where(place > 1.0, np.float32(2.0) - place, place)
        return np.asarray(np.clip(place, 0.0, 1.0), np.float32)

    def colors(self, rect: Rect, weight: float | NDArray[np.float32] = 1.0, depth: int = 8) -> Pixels:
        """(h, w, 4) premultiplied BGRA of the pixels of `rect`, times `weight`: one number or (h, w), 0 … 1.

        At 16 bits a channel there is nothing to dither.
        """
        place = self.positions(rect) * np.float32(_ENTRIES - 1)
        if depth == 16:
            first = np.minimum(place.astype(np.int32), _ENTRIES - 2)
            share = (place - first)[..., None]
            values = self._table.take(first, axis=0) * (1 - share) + self._table.take(first + 1, axis=0) * share
            values *= np.float32(257) * (weight[..., None] if isinstance(weight, np.ndarray) else np.float32(weight))
            return np.asarray(values + np.float32(0.5), np.uint16)
        values = self._table.take(np.rint(place).astype(np.int32), axis=0)
        if isinstance(weight, np.ndarray):
            values *= weight[..., None]
        elif weight != 1.0:
            values *= np.float32(weight)
        values += self._threshold(rect)[..., None]
        return np.asarray(values, np.uint8)

    def levels(self, rect: Rect) -> NDArray[np.float32]:
        """(h, w) strength, 0 … 255, for a mask: from all to nothing on the way, or the other way round."""
        place = self.positions(rect)
        return np.asarray(255.0 * (place if self.reverse else 1.0 - place), np.float32)

    def _threshold(self, rect: Rect) -> NDArray[np.float32]:
        if not self.dither:
            return np.full((1, 1), 0.5, np.float32)
        return noise(rect)


@lru_cache(maxsize=1)
def _noise_tile() -> NDArray[np.float32]:
    """(128, 128) thresholds 0 … 1, without the neighbours that are alike which plain noise has.

    High-pass filtered noise, made uniform by rank: a cheap stand-in for Ulichney's void and cluster (1993).
    """
    values = np.random.default_rng(7).random((TILE_SIZE, TILE_SIZE)).astype(np.float32)
    for _ in range(4):
        wrapped = np.pad(values, 8, mode="wrap")
        high = values - cv2.GaussianBlur(wrapped, (0, 0), 1.5)[8:-8, 8:-8]
        order = np.argsort(high, axis=None)
        ranks = np.empty(order.size, np.float32)
        ranks[order] = np.arange(order.size, dtype=np.float32)
        # Strictly below 1: an exact level isn't lifted to the next one.
        values = ((ranks + 0.5) / (order.size + 1)).reshape(TILE_SIZE, TILE_SIZE).astype(np.float32)
    values.flags.writeable = False
    return values


def noise(rect: Rect) -> NDArray[np.float32]:
    """(h, w) thresholds, 0 … 1, of the pixels of `rect`: the same ones for a place each time."""
    tile = _noise_tile()
    rows = np.arange(rect.top, rect.bottom) % TILE_SIZE
    columns = np.arange(rect.left, rect.right) % TILE_SIZE
    if rect.height == rect.width == TILE_SIZE and not rows[0] and not columns[0]:
        return tile
    return tile[np.ix_(rows, columns)]


@dataclass(frozen=True)
class Preset:
    """A gradient to choose. `stops` None: made of the colours in hand."""

    name: str
    stops: Stops | None = None
    fades: bool = False
    """Without stops: from the foreground to nothing, instead of to the background."""

    def stops_for(self, foreground: Color, background: Color) -> Stops:
        """The stops with the colours in hand."""
        if self.stops is not None:
            return self.stops
        end = replace(foreground, alpha=0) if self.fades else background
        return (Stop(0.0, foreground), Stop(1.0, end))


def _stops(*colors: str | tuple[float, str]) -> Stops:
    """Evenly spread hexadecimal colours, or ones with their places."""
    last = max(1, len(colors) - 1)
    return tuple(
        Stop(i / last, Color.from_hex(each)) if isinstance(each, str) else Stop(each[0], Color.from_hex(each[1]))
        for i, each in enumerate(colors)
    )


PRESETS: tuple[Preset, ...] = (
    Preset("Foreground to background"),
    Preset("Foreground to transparent", fades=True),
    Preset("Black to white", (Stop(0.0, BLACK), Stop(1.0, WHITE))),
    Preset("Spectrum", _stops("ff0000", "ffff00", "00ff00", "00ffff", "0000ff", "ff00ff", "ff0000")),
    Preset("Clear sky", _stops("1f5fae", "6fa9dd", "d9ecf5")),
    Preset("Sunset", _stops((0.0, "2b1b4d"), (0.4, "a03a6a"), (0.7, "f0803c"), (1.0, "ffe08a"))),
    Preset("Dusk", _stops("0c1433", "33407a", "8a6a9a", "e9b7a0")),
    Preset("Forest", _stops("0e2a1c", "2f6b3a", "8fb85a", "eef2c0")),
    Preset("Fire", _stops((0.0, "200000"), (0.35, "b01800"), (0.65, "ff8a00"), (1.0, "fff6c0"))),
    Preset("Steel", _stops((0.0, "3a3f46"), (0.45, "d6dce2"), (0.5, "8a929b"), (0.55, "c2c9d0"), (1.0, "4a5058"))),
    Preset("Gold", _stops((0.0, "5a3a10"), (0.35, "d9a441"), (0.5, "fff1b8"), (0.65, "c98f2c"), (1.0, "6a4512"))),
    Preset("Skin", _stops("5b2f26", "b06a52", "e6ac8e", "ffe6d6")),
)
