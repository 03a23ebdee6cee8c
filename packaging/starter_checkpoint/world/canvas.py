"""The canvas that everything is drawn on: antialiased shapes, and beside the colours what each pixel shows.

Coordinates are pixels of the finished picture, as floats; inside, the canvas is `SUPERSAMPLING` times as large. Every
shape gets a number, and a second plane holds the number of the shape that covers each pixel: from it come the
masks of objects, the depth and the line art. That plane is only kept where it is asked for.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

SUPERSAMPLING = 2

Color = tuple[float, float, float]
"""RGB, 0…255."""

_SHIFT = 4
_FRACTION = 1 << _SHIFT
_FALLOFF_PX = 129


def mix(a: Color, b: Color, share: float) -> Color:
    """`a` with that share of `b` in it."""
    keep = 1.0 - share
    return (a[0] * keep + b[0] * share, a[1] * keep + b[1] * share, a[2] * keep + b[2] * share)


def _falloff() -> NDArray[np.float32]:
    axis = np.linspace(-1.0, 1.0, _FALLOFF_PX, dtype=np.float32)
    distance = np.sqrt(axis[:, None] ** 2 + axis[None, :] ** 2)
    return np.clip(1.0 - distance, 0.0, 1.0) ** 2.2


_GLOW = _falloff()


class Canvas:
    """A picture under way. `image` is (height, width, 3) uint8 RGB at the supersampled size."""

    def __init__(self, width: int, height: int, track: bool) -> None:
        self.width, self.height = width, height
        self.unit = min((width * height) ** 0.5, 1.3 * width, 1.3 * height)
        """What sizes are given in: about the side of the square of the same area."""
        self.image = np.zeros((height * SUPERSAMPLING, width * SUPERSAMPLING, 3), np.uint8)
        self.shapes: NDArray[np.uint16] | None = np.zeros(self.image.shape[:2], np.uint16) if track else None
        self._depths: list[tuple[float, float]] = [(1.0, 0.0)]
        self._owners: list[int] = [0]
        self._depth = (1.0, 0.0)
        self._owner = 0
        self._owner_count = 0
        self._hidden = False

    # ------------------------------------------------------------------------------------------------ what it shows

    def at_depth(self, depth: float, slope: float = 0.0) -> None:
        """What follows lies at this depth: 0 nearest, 1 the sky. `slope` is added per pixel of y."""
        self._depth = (depth, slope)

    @contextmanager
    def object(self) -> Iterator[int]:
        """What is drawn inside belongs to one object; its number is given."""
        outer = self._owner
        self._owner_count += 1
        self._owner = self._owner_count
        try:
            yield self._owner
        finally:
            self._owner = outer

    @property
    def next_object(self) -> int:
        """The number that the next object will get."""
        return self._owner_count + 1

    @contextmanager
    def untracked(self) -> Iterator[None]:
        """What is drawn inside leaves masks, depth and lines as they are (rain, gleams, marks on a surface)."""
        outer, self._hidden = self._hidden, True
        try:
            yield
        finally:
            self._hidden = outer

    def depth(self) -> NDArray[np.float32]:
        """(height, width) float32 at the supersampled size, 0 nearest to 1."""
        if self.shapes is None:
            raise ValueError("This canvas keeps no shapes")
        table = np.asarray(self._depths, np.float32)
        rows = np.arange(self.shapes.shape[0], dtype=np.float32)[:, None] / SUPERSAMPLING
        return np.clip(table[self.shapes, 0] + table[self.shapes, 1] * rows, 0.0, 1.0)

    def owners(self) -> NDArray[np.uint8]:
        """(height, width) uint8 at the supersampled size: the number of the object seen there, 0 where none is."""
        if self.shapes is None:
            raise ValueError("This canvas keeps no shapes")
        return np.asarray(self._owners, np.uint8)[self.shapes]

    def _next_shape(self) -> int:
        self._depths.append(self._depth)
        self._owners.append(self._owner)
        return len(self._depths) - 1

    # ------------------------------------------------------------------------------------------------------- shapes

    def poly(self, points: ArrayLike, color: Color, alpha: float = 1.0) -> None:
        """Fill a polygon given as (n, 2)."""
        self.polys([points], color, alpha)

    def polys(self, rings: Sequence[ArrayLike], color: Color, alpha: float = 1.0) -> None:
        """Fill polygons as one shape; where they overlap an even number of times is a hole."""
        scaled = [self._scaled(ring) for ring in rings]
        if alpha < 1.0:
            box = self._box(scaled)
            if box is None:
                return
            y0, y1, x0, x1 = box
            before = self.image[y0:y1, x0:x1].copy()
            cv2.fillPoly(self.image, scaled, color, cv2.LINE_AA, _SHIFT)
            view = self.image[y0:y1, x0:x1]
            cv2.addWeighted(view, alpha, before, 1.0 - alpha, 0.0, dst=view)
        else:
            cv2.fillPoly(self.image, scaled, color, cv2.LINE_AA, _SHIFT)
        if self.shapes is not None and alpha > 0.5 and not self._hidden:
            cv2.fillPoly(self.shapes, scaled, self._next_shape(), cv2.LINE_8, _SHIFT)

    def rect(self, x0: float, y0: float, x1: float, y1: float, color: Color, alpha: float = 1.0) -> None:
        """Fill a rectangle."""
        self.poly([(x0, y0), (x1, y0), (x1, y1), (x0, y1)], color, alpha)

    def disc(self, x: float, y: float, radius: float, color: Color, alpha: float = 1.0) -> None:
        """Fill a circle."""
        self.ellipse(x, y, radius, radius, color, alpha)

    def ellipse(
        self, x: float, y: float, rx: float, ry: float, color: Color, alpha: float = 1.0, tilt: float = 0.0
    ) -> None:
        """Fill an ellipse; `tilt` in radians."""
        count = int(np.clip(6.0 * (max(rx, ry) * SUPERSAMPLING) ** 0.5, 10, 96))
        turn = np.linspace(0.0, 2.0 * np.pi, count, endpoint=False)
        dx, dy = rx * np.cos(turn), ry * np.sin(turn)
        if tilt:
            dx, dy = dx * np.cos(tilt) - dy * np.sin(tilt), dx * np.sin(tilt) + dy * np.cos(tilt)
        self.poly(np.stack([x + dx, y + dy], 1), color, alpha)

    def line(self, points: ArrayLike, width: float, color: Color, alpha: float = 1.0) -> None:
        """Stroke a polyline with round joints."""
        line = np.asarray(points, np.float64)
        ring = stroke_outline(line, np.full(len(line), width))
        self.poly(ring, color, alpha)
        if width * SUPERSAMPLING > 3.0:
            for x, y in (line[0], line[-1]):
                self.disc(float(x), float(y), width / 2.0, color, alpha)

    def curve(self, points: ArrayLike, widths: ArrayLike, color: Color) -> None:
        """Stroke a polyline whose width changes along it (trunks, necks, limbs)."""
        self.poly(stroke_outline(np.asarray(points, np.float64), np.asarray(widths, np.float64)), color)

    def below(
        self, x: NDArray[np.float64], y: NDArray[np.float64], top: Color, bottom: Color, reach: float
    ) -> None:
        """Fill all that lies below a line, from `top` at its highest point to `bottom` after `reach` pixels."""
        ring = np.concatenate([np.stack([x, y], 1), [(x[-1], self.height + 4.0), (x[0], self.height + 4.0)]])
        self.gradient([ring], float(y.min()), float(y.min()) + reach, top, bottom)

    def gradient(
        self,
        rings: Sequence[ArrayLike],
        y_top: float,
        y_bottom: float,
        top: Color,
        bottom: Color,
        alpha_top: float = 1.0,
        alpha_bottom: float = 1.0,
        merge: bool = False,
    ) -> None:
        """Fill polygons with a vertical gradient of colour and opacity; `merge` lets overlapping ones unite."""
        if not rings:
            return
        scaled = [self._scaled(ring) for ring in rings]
        box = self._box(scaled)
        if box is None:
            return
        y0, y1, x0, x1 = box
        mask = np.zeros((y1 - y0, x1 - x0), np.uint8)
        offset = (-x0 << _SHIFT, -y0 << _SHIFT)
        moved = [ring + np.array(offset, np.int32) for ring in scaled]
        for group in [[ring] for ring in moved] if merge else [moved]:
            cv2.fillPoly(mask, group, 255, cv2.LINE_AA, _SHIFT)
        rows = (np.arange(y0, y1, dtype=np.float32) / SUPERSAMPLING - y_top) / max(y_bottom - y_top, 1e-3)
        share = np.clip(rows, 0.0, 1.0)[:, None]
        colors = np.asarray(top, np.float32) * (1.0 - share) + np.asarray(bottom, np.float32) * share
        fill = _widened((colors + 0.5).astype(np.uint8)[:, None], mask.shape[1])
        if alpha_top == alpha_bottom:
            weights = cv2.multiply(mask, alpha_top / 255.0, dtype=cv2.CV_32F)
        else:
            alphas = ((alpha_top * (1.0 - share) + alpha_bottom * share) / 255.0).astype(np.float32)
            weights = cv2.multiply(mask, _widened(alphas, mask.shape[1]), dtype=cv2.CV_32F)
        view = self.image[y0:y1, x0:x1]
        cv2.blendLinear(fill, view, weights, cv2.subtract(1.0, weights), dst=view)
        if self.shapes is not None and max(alpha_top, alpha_bottom) > 0.5 and not self._hidden:
            self.shapes[y0:y1, x0:x1][weights > 0.5] = self._next_shape()

    def cover_rows(self, row: int) -> None:
        """Count everything from a row of `image` downwards as one new shape (a water surface)."""
        if self.shapes is not None:
            self.shapes[row:] = self._next_shape()

    def glow(self, x: float, y: float, radius: float, color: Color, strength: float) -> None:
        """Add light around a point."""
        r = max(2, round(radius * SUPERSAMPLING))
        cx, cy = round(x * SUPERSAMPLING), round(y * SUPERSAMPLING)
        height, width = self.image.shape[:2]
        x0, x1, y0, y1 = max(cx - r, 0), min(cx + r, width), max(cy - r, 0), min(cy + r, height)
        if x0 >= x1 or y0 >= y1:
            return
        light = cv2.resize(_GLOW, (2 * r, 2 * r), interpolation=cv2.INTER_LINEAR)
        light = light[y0 - cy + r : y1 - cy + r, x0 - cx + r : x1 - cx + r] * np.float32(strength)
        view = self.image[y0:y1, x0:x1]
        tint = np.full(view.shape, np.asarray(color, np.float32).astype(np.uint8), np.uint8)
        light = np.ascontiguousarray(light)
        cv2.blendLinear(tint, view, light, 1.0 - light, dst=view)

    def veil(self, y_top: float, y_full: float, y_bottom: float, color: Color, strength: float) -> None:
        """A band of mist: nothing at `y_top`, `strength` at `y_full`, nothing again at `y_bottom`."""
        s = SUPERSAMPLING
        y0, y1 = max(0, int(y_top * s)), min(self.image.shape[0], int(y_bottom * s))
        if y0 >= y1:
            return
        rows = np.arange(y0, y1) / s
        share = np.interp(rows, [y_top, y_full, y_bottom], [0.0, 1.0, 0.0])
        share = (strength * share * share * (3.0 - 2.0 * share)).astype(np.float32)[:, None]
        view = self.image[y0:y1]
        tint = np.full(view.shape, np.asarray(color, np.float32).astype(np.uint8), np.uint8)
        weights = _widened(share, view.shape[1])
        cv2.blendLinear(tint, view, weights, 1.0 - weights, dst=view)

    def finished(self) -> NDArray[np.uint8]:
        """The picture at its final size."""
        return cv2.resize(self.image, (self.width, self.height), interpolation=cv2.INTER_AREA)

    def _scaled(self, ring: ArrayLike) -> NDArray[np.int32]:
        # Pixel centres sit at half coordinates of the final size.
        points = np.asarray(ring, np.float64) * (SUPERSAMPLING * _FRACTION) - _FRACTION / 2
        return np.clip(np.rint(points), -(2**20), 2**20).astype(np.int32)

    def _box(self, rings: Sequence[NDArray[np.int32]]) -> tuple[int, int, int, int] | None:
        low = np.min([ring.min(0) for ring in rings], 0) // _FRACTION - 1
        high = np.max([ring.max(0) for ring in rings], 0) // _FRACTION + 3
        x0, y0 = int(max(low[0], 0)), int(max(low[1], 0))
        x1, y1 = int(min(high[0], self.image.shape[1])), int(min(high[1], self.image.shape[0]))
        return (y0, y1, x0, x1) if x0 < x1 and y0 < y1 else None


def _widened(column: NDArray[Any], width: int) -> NDArray[Any]:
    """A column (height, 1) or (height, 1, channels) repeated sideways; resizing does it faster than repeating."""
    return cv2.resize(column, (width, column.shape[0]), interpolation=cv2.INTER_NEAREST)


def stroke_outline(line: NDArray[np.float64], widths: NDArray[np.float64]) -> NDArray[np.float64]:
    """The outline (2n, 2) of a stroke along `line` (n, 2) with `widths` (n,)."""
    along = np.gradient(line, axis=0)
    along /= np.maximum(np.linalg.norm(along, axis=1, keepdims=True), 1e-6)
    across = np.stack([-along[:, 1], along[:, 0]], 1) * (widths / 2.0)[:, None]
    return np.concatenate([line + across, (line - across)[::-1]])
