"""Controls: pictures that say where things are, read by ControlNets and T2I-Adapters beside the prompt."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum
from pathlib import Path

import numpy as np

from sdpaint.errors import SettingsError
from sdpaint.imaging.geometry import Rect, Size
from sdpaint.imaging.resample import resized
from sdpaint.imaging.tiles import Pixels8

MAX_WEIGHT = 2.0
"""Largest weight, as in A1111: beyond it pictures fall apart."""


class ControlKind(Enum):
    """What a control picture shows. The value is its name on the command line and in recipes."""

    SCRIBBLE = "scribble"
    LINE_ART = "lineart"
    SOFT_EDGE = "softedge"
    CANNY = "canny"
    DEPTH = "depth"
    NORMAL = "normal"
    POSE = "pose"
    SEGMENTATION = "segmentation"
    TILE = "tile"
    INPAINT = "inpaint"
    COLOR = "color"
    OTHER = "other"


KIND_LABELS: dict[ControlKind, str] = {
    ControlKind.SCRIBBLE: "Scribble",
    ControlKind.LINE_ART: "Line art",
    ControlKind.SOFT_EDGE: "Soft edge",
    ControlKind.CANNY: "Canny edges",
    ControlKind.DEPTH: "Depth",
    ControlKind.NORMAL: "Normals",
    ControlKind.POSE: "Pose",
    ControlKind.SEGMENTATION: "Segmentation",
    ControlKind.TILE: "Tile",
    ControlKind.INPAINT: "Inpaint",
    ControlKind.COLOR: "Colour grid",
    ControlKind.OTHER: "As it is",
}
"""How the kinds are called in the window."""


@dataclass(frozen=True)
class ControlStretch:
    """How strongly a control counts, and when: `start` and `end` are shares of the schedule, 0 its beginning."""

    weight: float = 1.0
    start: float = 0.0
    end: float = 1.0

    def __post_init__(self) -> None:
        if not 0.0 <= self.weight <= MAX_WEIGHT:
            raise SettingsError(f"A control weight of {self.weight} can't be used", hint=f"Choose 0 to {MAX_WEIGHT:g}")
        if not 0.0 <= self.start <= self.end <= 1.0:
            raise SettingsError(
                f"A control can't count from {self.start} to {self.end}", hint="Choose 0 to 1, the end after the start"
            )

    @property
    def is_active(self) -> bool:
        """Whether it does anything."""
        return self.weight > 0.0 and self.end > self.start


@dataclass(frozen=True, eq=False)
class Control:
    """One control of a request. `image`: (height, width, 3) uint8 RGB of the size of the picture that is made.

    `checkpoint`: the ControlNet or T2I-Adapter that reads it, a file or a folder of diffusers.
    """

    kind: ControlKind
    checkpoint: Path
    image: Pixels8
    stretch: ControlStretch = ControlStretch()

    def resized(self, size: Size) -> Control:
        """The same for a picture of another size."""
        return replace(self, image=resized(self.image, size))

    def cropped(self, part: Rect) -> Control:
        """The same for a part of the picture."""
        return replace(
            self, image=np.ascontiguousarray(self.image[part.top : part.bottom, part.left : part.right])
        )
