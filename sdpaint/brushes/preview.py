"""Previews: what a stroke of a brush looks like, small. Takes milliseconds; not for the GUI thread."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np

from sdpaint.imaging.brush import BrushParams, StampCache
from sdpaint.imaging.color import Color
from sdpaint.imaging.dynamics import Property
from sdpaint.imaging.geometry import Point, Rect, Size
from sdpaint.imaging.smudge import SmudgeBuffer
from sdpaint.imaging.stroke import CoverageBuffer, StrokeBuffer, StrokePath
from sdpaint.imaging.tiles import TILE_SIZE, Pixels, TileKey, TileMap, tile_rect
from sdpaint.imaging.tip_stroke import TipBuffer, TipPath, TipStampCache, stroke_params

_SAMPLES = 72
_SEED = 5
LEAF_GREEN = Color(86, 142, 70)
"""What brushes that shift the hue are shown with: a grey has no hue that could shift."""


def render_preview(params: BrushParams, size: Size, color: Color) -> Pixels:
    """A stroke under rising and falling pressure: (h, w, 4) premultiplied BGRA, transparent around.

    Large brushes are shown smaller, so that the stroke is seen.
    """
    shown = replace(params, size_px=min(params.size_px, 0.62 * size.height))
    if shown.scatter > 0.3:
        shown = replace(shown, size_px=max(1.0, shown.size_px / (1 + 0.6 * shown.scatter)))
    bounds = Rect.of_size(size)
    if any(driver.property is Property.HUE for driver in params.drivers):
        color = LEAF_GREEN
    if shown.smudge > 0.0:
        return _smudged(shown, size, color)
    buffer: CoverageBuffer[Any]
    if shown.is_plain:
        path = StrokePath(shown, bounds)
        plain = buffer = StrokeBuffer(shown, bounds, StampCache())
        plain.draw([dab for pos, pressure, _ in _way(size) for dab in path.extend(pos, pressure)])
        plain.draw(path.finish())
    else:
        tips = TipPath(shown, bounds, _SEED, color)
        own = buffer = TipBuffer(shown, bounds, TipStampCache())
        for pos, pressure, time_ms in _way(size):
            tips.sense(pos, 20.0, -20.0, time_ms, 1.0)
            own.draw(tips.extend(pos, pressure))
        own.draw(tips.finish())
    return _picture(buffer, bounds, color, stroke_params(shown).opacity)


def _smudged(params: BrushParams, size: Size, color: Color) -> Pixels:
    """Bars of paint, and what a stroke across them makes of them."""
    bars = np.zeros((size.height, size.width, 4), np.uint8)
    pitch = max(8, size.width // 7)
    for left in range(pitch // 2, size.width, pitch):
        bars[size.height // 8 : -size.height // 8, left : left + pitch // 3] = (*_bgr(color), 255)
    base = TileMap.from_pixels(bars)
    path = TipPath(params, Rect.of_size(size), _SEED, color)
    buffer = SmudgeBuffer(params, Rect.of_size(size), TipStampCache(), base, color)
    for pos, pressure, time_ms in _way(size):
        path.sense(pos, 20.0, -20.0, time_ms, 1.0)
        buffer.draw(path.extend(pos, pressure))
    changes: dict[TileKey, Pixels | None] = {}
    for key, part in buffer.take_dirty():
        tile = base.editable_tile(key)
        pixels = buffer.pixels(key, part)
        assert pixels is not None
        tile[part.top : part.bottom, part.left : part.right] = pixels
        changes[key] = tile
    return base.with_tiles(changes).read(Rect.of_size(size))


def _bgr(color: Color) -> tuple[int, int, int]:
    return color.blue, color.green, color.red


def _way(size: Size) -> list[tuple[Point, float, float]]:
    """Position, pressure and time of a lying S."""
    margin = 0.4 * size.height
    way = []
    for i in range(_SAMPLES):
        t = i / (_SAMPLES - 1)
        x = margin + (size.width - 2 * margin) * t
        y = size.height * (0.5 - 0.17 * math.sin(2 * math.pi * t))
        pressure = 0.06 + 0.94 * math.sin(math.pi * min(1.0, 1.04 * t) ** 0.9) ** 0.8
        way.append((Point(x, y), min(1.0, max(0.0, pressure)), 6.0 * i))
    return way


def _picture(buffer: CoverageBuffer[Any], bounds: Rect, color: Color, opacity: float) -> Pixels:
    result = np.zeros((bounds.height, bounds.width, 4), np.uint8)
    own_rgb = np.array([color.blue, color.green, color.red], np.float32)[:, None, None] / np.float32(255)
    for key in buffer.keys:
        rect = tile_rect(key).intersected(bounds)
        inside = rect.translated(-key[0] * TILE_SIZE, -key[1] * TILE_SIZE)
        covered = buffer.coverage(key, inside) * np.float32(opacity)
        colors = buffer.colors(key, inside)
        part = result[rect.top : rect.bottom, rect.left : rect.right]
        part[..., :3] = np.moveaxis((own_rgb if colors is None else colors) * covered, 0, -1) + 0.5
        part[..., 3] = covered + np.float32(0.5)
    return result
