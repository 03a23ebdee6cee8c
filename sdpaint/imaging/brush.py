"""Brush dynamics: what a brush is, how pressure shapes it, and the stamps that its dabs are drawn with.

A stamp is a small float32 picture of one dab at a quantised size and sub-pixel place. It has up to two planes:

* `keep`: what the dab leaves of the transmittance below it, `1 - flow * profile`. Soft brushes need no more: dabs
  multiply, as light through layers of glass.
* `floor`: below what transmittance the dab can't take a pixel, the outside of its anti-aliased disc. Without it, the
  half covered edge pixels of a hard brush would fill up where dabs overlap: its edge would turn jagged and too wide.
"""

from __future__ import annotations

import functools
import math
from collections import OrderedDict
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sdpaint.imaging.blend import BlendMode
from sdpaint.imaging.dynamics import Driver
from sdpaint.imaging.tips import Grain, Tip

MIN_SIZE_PX = 1.0
MAX_SIZE_PX = 1000.0
LIGHTEST_SIZE = 0.05
"""Part of the nominal size that a stylus without any pressure paints, where pressure drives the size."""

MIN_DAB_DISTANCE_PX = 0.25
"""Dabs of a one-pixel brush that are nearer than this look the same and only cost time; of two pixels, than twice."""

ALIASED_SOFTNESS_PX = 1.5
"""A falloff narrower than this doesn't smooth the edge by itself."""

Coverage = NDArray[np.float32]

_RANGES = (
    ("angle", -360.0, 360.0),
    ("roundness", 0.02, 1.0),
    ("scatter", 0.0, 5.0),
    ("wet_edge", 0.0, 1.0),
    ("smudge", 0.0, 1.0),
    ("paint_load", 0.0, 1.0),
    ("fade_length", 0.5, 1000.0),
    ("airbrush_hz", 0.0, 200.0),
)


@dataclass(frozen=True, slots=True)
class BrushParams:
    """A brush: round as long as nothing else is asked for.

    `size_px` is the diameter (1 … 1000). `hardness` is the part of the radius that is fully covered. `flow` is what one
    dab lays down, `opacity` what a whole stroke can reach. `spacing` is the distance of dabs as a part of the size.

    `tip` is a texture in place of the disc (it has a hardness of its own), `angle` turns it clockwise in degrees,
    `roundness` squeezes it. `scatter` throws dabs off the path, up to this part of the size. `drivers` are the
    dynamics beside the two switches for pressure; one that fades does so within `fade_length` sizes. `grain` is the
    paper. With `build_up` dabs go on to add up where the stroke crosses itself: `opacity` is each dab's then.
    `airbrush_hz` dabs a second are laid while the pointer rests. `wet_edge` is how much thinner colour lies inside
    than at the rim, where water carries it to. With `smudge` above 0 it carries along what it finds, the farther the
    higher, and adds `paint_load` of its own colour with each dab.
    Raises ValueError on values outside.
    """

    size_px: float = 24.0
    hardness: float = 0.8
    opacity: float = 1.0
    flow: float = 1.0
    spacing: float = 0.1
    pressure_size: bool = True
    pressure_opacity: bool = False
    tip: Tip | None = None
    angle: float = 0.0
    roundness: float = 1.0
    scatter: float = 0.0
    drivers: tuple[Driver, ...] = ()
    fade_length: float = 20.0
    grain: Grain | None = None
    build_up: bool = False
    airbrush_hz: float = 0.0
    wet_edge: float = 0.0
    smudge: float = 0.0
    paint_load: float = 0.0
    blend_mode: BlendMode = BlendMode.NORMAL

    def __post_init__(self) -> None:
        if not MIN_SIZE_PX <= self.size_px <= MAX_SIZE_PX:
            raise ValueError(f"a brush is {MIN_SIZE_PX:.0f} to {MAX_SIZE_PX:.0f} px wide, not {self.size_px}")
        for name in ("hardness", "opacity", "flow"):
            if not 0.0 <= getattr(self, name) <= 1.0:
                raise ValueError(f"{name} is 0 to 1, not {getattr(self, name)}")
        if not 0.01 <= self.spacing <= 10.0:
            raise ValueError(f"spacing is 0.01 to 10 of the size, not {self.spacing}")
        for name, low, high in _RANGES:
            if not low <= getattr(self, name) <= high:
                raise ValueError(f"{name} is {low:g} to {high:g}, not {getattr(self, name)}")

    @property
    def is_plain(self) -> bool:
        """Whether it is a round brush that only pressure drives: the quickest way to paint serves it."""
        return (
            self.tip is None
            and not self.drivers
            and self.grain is None
            and self.roundness == 1.0
            and self.scatter == 0.0
            and not self.build_up
            and self.wet_edge == 0.0
            and self.smudge == 0.0
        )

    def size_at(self, pressure: float | None) -> float:
        """Diameter in pixels; a pressure of None (a mouse) paints at the nominal size."""
        if pressure is None or not self.pressure_size:
            return self.size_px
        return self.size_px * (LIGHTEST_SIZE + (1.0 - LIGHTEST_SIZE) * pressure)

    def opacity_at(self, pressure: float | None) -> float:
        """The share of the stroke's opacity that a dab may reach; 1 for a mouse."""
        if pressure is None or not self.pressure_opacity:
            return 1.0
        return pressure

    def dab_distance_px(self, pressure: float | None) -> float:
        """How far the next dab is."""
        size = self.size_at(pressure)
        return max(MIN_DAB_DISTANCE_PX * min(2.0, max(1.0, size)), size * self.spacing)


_SIZE_STEPS = ((10.0, 1.0), (20.0, 2.0), (50.0, 5.0), (100.0, 10.0), (200.0, 20.0), (500.0, 50.0), (1000.0, 100.0))
"""Up to this size, the step of the size keys."""

_SIZES = (
    1.0,
    *(
        float(size)
        for (lower, _), (upper, step) in zip(((1.0, 0.0), *_SIZE_STEPS), _SIZE_STEPS, strict=False)
        for size in np.arange(lower + step, upper + step / 2, step)
    ),
)


def stepped_size(size_px: float, steps: int) -> float:
    """The size `steps` marks up (or down, when negative) a scale whose marks lie further apart for larger brushes."""
    for _ in range(abs(steps)):
        if steps > 0:
            size_px = next((mark for mark in _SIZES if mark > size_px + 1e-6), MAX_SIZE_PX)
        else:
            size_px = next((mark for mark in reversed(_SIZES) if mark < size_px - 1e-6), MIN_SIZE_PX)
    return size_px


@dataclass(frozen=True, slots=True)
class Dab:
    """One touch of the brush: its centre in canvas pixels, its diameter, and the coverage that it may reach (0 … 1)."""

    x: float
    y: float
    size_px: float
    opacity: float = 1.0


@dataclass(frozen=True, slots=True, eq=False)
class Stamp:
    """A rendered dab; its first pixel lies (left, top) from the pixel that holds the dab's centre.

    Both planes are (h, w) float32, see the module. At least one of them is there.
    """

    left: int
    top: int
    keep: Coverage | None
    floor: Coverage | None

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width."""
        plane = self.keep if self.keep is not None else self.floor
        assert plane is not None
        height, width = plane.shape
        return height, width


class StampCache:
    """Stamps by size, hardness, flow and sub-pixel place; those not used for longest go when `budget_bytes` is full."""

    def __init__(self, budget_bytes: int = 16 * 1024**2) -> None:
        self._stamps: OrderedDict[tuple[float, ...], Stamp] = OrderedDict()
        self._budget_bytes = budget_bytes
        self._bytes = 0

    def stamp_at(
        self, x: float, y: float, size_px: float, hardness: float, flow: float
    ) -> tuple[int, int, Stamp]:
        """The first pixel (column, row) and the stamp of a dab centred at (x, y)."""
        # A large brush is judged by its outline as a whole, a small one by every pixel; and a soft edge hides more.
        soft = (1.0 - hardness) * size_px >= 6.0
        size = quantised_size(size_px, 64 if soft else 128)
        grid = 1 if size > 512 else 2 if soft or size > 128 else 4
        column, row = round(x * grid), round(y * grid)
        whole_x, part_x = divmod(column, grid)
        whole_y, part_y = divmod(row, grid)
        key = (size, hardness, flow, part_x / grid, part_y / grid)
        stamp = self._stamps.get(key)
        if stamp is None:
            stamp = render_stamp(*key)
            self._keep(key, stamp)
        else:
            self._stamps.move_to_end(key)
        return whole_x + stamp.left, whole_y + stamp.top, stamp

    def _keep(self, key: tuple[float, ...], stamp: Stamp) -> None:
        self._stamps[key] = stamp
        self._bytes += _nbytes(stamp)
        while self._bytes > self._budget_bytes and len(self._stamps) > 1:
            _, oldest = self._stamps.popitem(last=False)
            self._bytes -= _nbytes(oldest)


def _nbytes(stamp: Stamp) -> int:
    return sum(plane.nbytes for plane in (stamp.keep, stamp.floor) if plane is not None)


def quantised_size(size_px: float, per_octave: int = 128) -> float:
    """The nearest size that stamps are made at, so that a stroke under pressure meets cached ones."""
    if size_px <= MIN_SIZE_PX:
        return MIN_SIZE_PX
    # The power of two below it comes out of the float itself.
    step = math.ldexp(1.0, math.frexp(size_px)[1] - 1) / per_octave
    return round(size_px / step) * step


def render_stamp(size_px: float, hardness: float, flow: float, part_x: float, part_y: float) -> Stamp:
    """The stamp of a disc whose centre lies (part_x, part_y) inside its pixel, each 0 … 1."""
    radius = max(size_px, MIN_SIZE_PX) / 2
    left, right = math.floor(part_x - radius), math.ceil(part_x + radius)
    top, bottom = math.floor(part_y - radius), math.ceil(part_y + radius)
    dx = np.arange(left, right, dtype=np.float32) + np.float32(0.5 - part_x)
    dy = np.arange(top, bottom, dtype=np.float32) + np.float32(0.5 - part_y)
    if size_px > 128 and {part_x, part_y} <= {0.0, 0.5}:
        # A large stamp takes milliseconds; this one is symmetric, and a quarter of it is enough.
        keep, floor = _planes(dx[: (dx.size + 1) // 2], dy[: (dy.size + 1) // 2], radius, hardness, flow)
        return Stamp(left, top, _mirrored(keep, dy.size, dx.size), _mirrored(floor, dy.size, dx.size))
    return Stamp(left, top, *_planes(dx, dy, radius, hardness, flow))


def _planes(
    dx: Coverage, dy: Coverage, radius: float, hardness: float, flow: float
) -> tuple[Coverage | None, Coverage | None]:
    """Keep and floor of the pixels at these offsets from the centre."""
    squares: Coverage = np.add.outer(dy * dy, dx * dx)
    softness_px = (1.0 - hardness) * radius
    floor: Coverage | None = None
    if softness_px < ALIASED_SOFTNESS_PX:
        floor = np.sqrt(squares)
        floor -= np.float32(radius - 0.5)
        np.minimum(floor, np.float32(1.0), out=floor)
        np.maximum(floor, np.float32(0.0), out=floor)
    if softness_px < 0.25:
        return None if flow >= 1.0 else np.full_like(squares, 1.0 - flow), floor
    squares *= np.float32(_PROFILE_STEPS / radius**2)
    return keep_by_square(hardness, flow).take(squares.astype(np.intp), mode="clip"), floor


def _mirrored(quarter: Coverage | None, height: int, width: int) -> Coverage | None:
    """A symmetric plane from its upper left quarter, which holds the middle row and column."""
    if quarter is None:
        return None
    rows, columns = quarter.shape
    whole = np.empty((height, width), np.float32)
    whole[:rows, :columns] = quarter
    whole[:rows, columns:] = quarter[:, : width - columns][:, ::-1]
    whole[rows:] = whole[: height - rows][::-1]
    return whole


_PROFILE_STEPS = 4096


@functools.lru_cache(maxsize=64)
def keep_by_square(hardness: float, flow: float) -> Coverage:
    """What a dab leaves, `1 - flow * profile`, by the square of the distance, which needs no root.

    4097 values for (distance / radius)² from 0 to 1. The falloff between the hard core and the rim is the quintic
    smoothstep, whose slope and curvature vanish at both ends: the eye sees a kink in either as a ring.
    """
    distance = np.sqrt((np.arange(_PROFILE_STEPS + 1) + 0.5) / _PROFILE_STEPS)
    t = np.clip((distance - hardness) / (1.0 - hardness), 0.0, 1.0)
    profile = 1.0 - t**3 * (t * (6.0 * t - 15.0) + 10.0)
    profile[-1] = 0.0
    return (1.0 - flow * profile).astype(np.float32)
