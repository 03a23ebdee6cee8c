"""Guides: lines across the canvas that an artist aligns things with. Part of the document, never of the picture."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class GuideKind(Enum):
    """Which way a guide runs; the value is what files say."""

    LEVEL = "horizontal"
    UPRIGHT = "vertical"


@dataclass(frozen=True, slots=True)
class Guide:
    """A line at the edge of pixels: `at` is the x of an upright one, the y of a level one."""

    kind: GuideKind
    at: int

    def mapped(self, across: float, down: float, dx: float = 0.0, dy: float = 0.0) -> Guide:
        """Where it is on a canvas scaled by (across, down) and then moved by (dx, dy)."""
        at = self.at * across + dx if self.kind is GuideKind.UPRIGHT else self.at * down + dy
        return Guide(self.kind, round(at))
