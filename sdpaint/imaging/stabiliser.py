"""Stabilisers: what takes the trembling out of a hand, between the pointer and the path."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass
from enum import Enum

from sdpaint.imaging.geometry import Point

MAX_SAMPLES = 60
"""How many samples the weighted stabiliser looks back at full strength: 0.3 s of a tablet."""


class StabiliserKind(Enum):
    """How a stroke is steadied; the value is stored."""

    NONE = "none"
    WEIGHTED = "weighted"
    """A mean of the last samples, the newest counting most."""
    ROPE = "rope"
    """The brush hangs on a rope and moves only while it is taut: for slow, exact curves."""


@dataclass(frozen=True)
class Stabilising:
    """Which stabiliser, and how strong: `strength` (0 … 1) of the weighted, `rope_px` on the screen of the rope."""

    kind: StabiliserKind = StabiliserKind.NONE
    strength: float = 0.5
    rope_px: float = 40.0

    def __post_init__(self) -> None:
        if not 0.0 <= self.strength <= 1.0 or not 1.0 <= self.rope_px <= 1000.0:
            raise ValueError("a stabiliser has a strength of 0 to 1 and a rope of 1 to 1000 px")


class Stabiliser:
    """Steadies the samples of one stroke, all in canvas pixels."""

    def __init__(self, settings: Stabilising, start: Point, view_scale: float = 1.0) -> None:
        self._settings = settings
        self._at = self._pointer = start
        self._rope_px = settings.rope_px / view_scale
        self._recent: deque[Point] = deque([start], maxlen=1 + round(settings.strength * MAX_SAMPLES))

    @property
    def pointer(self) -> Point:
        """Where the hand is."""
        return self._pointer

    def follow(self, pos: Point) -> Point:
        """Where the brush goes when the hand goes to `pos`. Samples without finite coordinates change nothing."""
        if not (math.isfinite(pos.x) and math.isfinite(pos.y)):
            return self._at
        self._pointer = pos
        match self._settings.kind:
            case StabiliserKind.NONE:
                self._at = pos
            case StabiliserKind.WEIGHTED:
                self._recent.append(pos)
                self._at = self._mean()
            case StabiliserKind.ROPE:
                dx, dy = pos.x - self._at.x, pos.y - self._at.y
                slack = self._rope_px / max(math.hypot(dx, dy), 1e-9)
                if slack < 1.0:
                    self._at = Point(pos.x - dx * slack, pos.y - dy * slack)
        return self._at

    def settle(self) -> list[Point]:
        """The way that the brush still goes when the hand lifts: to the hand with weights; a rope just drops."""
        if self._settings.kind is not StabiliserKind.WEIGHTED:
            return []
        way = []
        while len(self._recent) > 1:
            self._recent.popleft()
            way.append(self._mean())
        return way

    def _mean(self) -> Point:
        """Weights rise in a line from the oldest to the newest."""
        total = len(self._recent) * (len(self._recent) + 1) / 2
        x = sum(i * point.x for i, point in enumerate(self._recent, 1)) / total
        y = sum(i * point.y for i, point in enumerate(self._recent, 1)) / total
        return Point(x, y)
