"""Control layers: layers that say where things are to be, and are no part of the picture.

A control layer is painted on as any other, or derived from another layer or from what the picture shows. It is drawn
over the picture, at its own opacity. While it is visible, what is on it goes along with every generation.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING

from sdpaint.errors import SettingsError

if TYPE_CHECKING:
    from sdpaint.document.layers import Layer

MAX_WEIGHT = 2.0
_EPSILON = 1e-6
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

    @property
    def is_lines(self) -> bool:
        """Whether it is drawn in dark lines on nothing, which control networks want in white on black."""
        return self in (ControlKind.SCRIBBLE, ControlKind.LINE_ART, ControlKind.SOFT_EDGE, ControlKind.CANNY)


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

    def counts(self, done: int, count: int) -> bool:
        """Whether the evaluation of a network after `done` of `count` lies wholly within the stretch."""
        return done / count >= self.start - _EPSILON and (done + 1) / count <= self.end + _EPSILON


@dataclass(frozen=True)
class ControlSource:
    """What a control layer was derived from: a layer by its id, or None for all that the picture showed.

    `values` are the settings of the preprocessor, `digest` is that of the pixels that it was given.
    """

    layer: str | None
    values: Mapping[str, float] = field(default_factory=dict)
    digest: str = ""


@dataclass(frozen=True)
class ControlSettings:
    """What makes a layer a control layer. `checkpoint` is a name; empty: the first that is installed and suits."""

    kind: ControlKind = ControlKind.SCRIBBLE
    checkpoint: str = ""
    stretch: ControlStretch = ControlStretch()
    source: ControlSource | None = None


def shown_controls(layers: Iterable[Layer]) -> tuple[Layer, ...]:
    """The visible control layers at any depth, bottom to top. Quick: asked for with every event of a stroke."""
    found: list[Layer] = []
    for layer in layers:
        if layer.control is not None:
            if layer.visible:
                found.append(layer)
        elif layer.content is not None and layer.visible:
            found += shown_controls(layer.children)
    return tuple(found)
