"""What can be set of the tools that place things: move, transform, crop; and of snapping. Frozen."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from sdpaint.imaging.snapping import Grid
from sdpaint.imaging.warp import Interpolation


@dataclass(frozen=True, slots=True)
class MoveOptions:
    """`auto_select`: a press takes the topmost layer that has something there, not the active one."""

    auto_select: bool = False


@dataclass(frozen=True, slots=True)
class TransformOptions:
    """`keeps_ratio`: width and height scale alike; Shift says the opposite."""

    interpolation: Interpolation = Interpolation.BICUBIC
    keeps_ratio: bool = False


class CropRatio(Enum):
    """Proportions that a crop keeps; the value is the label."""

    FREE = "Free"
    ORIGINAL = "Original"
    SQUARE = "1 : 1"
    FIVE_FOUR = "5 : 4"
    FOUR_THREE = "4 : 3"
    THREE_TWO = "3 : 2"
    SIXTEEN_NINE = "16 : 9"

    @property
    def numbers(self) -> tuple[int, int] | None:
        """Width and height; None where they follow from elsewhere."""
        if self in (CropRatio.FREE, CropRatio.ORIGINAL):
            return None
        width, height = self.value.split(" : ")
        return int(width), int(height)


@dataclass(frozen=True, slots=True)
class CropOptions:
    """`upright`: width and height of the ratio change places. `deletes`: layers keep nothing of what falls outside."""

    ratio: CropRatio = CropRatio.FREE
    upright: bool = False
    thirds: bool = True
    deletes: bool = False


@dataclass(frozen=True, slots=True)
class SnapOptions:
    """What tools snap to. `grid` None: none is shown. What isn't shown isn't snapped to."""

    enabled: bool = False
    guides: bool = True
    canvas: bool = True
    grid: Grid | None = None
