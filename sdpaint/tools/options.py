"""What can be set of tools beside their brush. Frozen; the controller replaces them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from sdpaint.imaging.blend import BlendMode
from sdpaint.imaging.gradient import PRESETS, GradientRepeat, GradientShape, Preset
from sdpaint.imaging.selection import Likeness, SelectionMode
from sdpaint.imaging.shapes import MAX_SIDES, MIN_SIDES, ShapeKind
from sdpaint.imaging.stabiliser import Stabilising
from sdpaint.imaging.symmetry import Symmetry
from sdpaint.imaging.words import TextStyle
from sdpaint.tools.placing_options import CropOptions, MoveOptions, TransformOptions

MAX_FEATHER_PX = 250
MAX_GROW_PX = 64
MAX_GAP_PX = 64
MAX_LINE_PX = 1000.0
MAX_RADIUS_PX = 2000.0


class Target(Enum):
    """What gradients and shapes are laid on."""

    LAYER = "layer"
    MASK = "mask"
    """The inpaint mask."""


@dataclass(frozen=True, slots=True)
class SelectionOptions:
    """Of all selection tools.

    `mode` counts where no key says otherwise. `antialias` counts for all shapes but rectangles, which lie on whole
    pixels. `tolerance` (0 … 255), `contiguous` and `sample_all_layers` are the wand's.
    """

    mode: SelectionMode = SelectionMode.REPLACE
    antialias: bool = True
    feather_px: int = 0
    tolerance: int = 32
    contiguous: bool = True
    sample_all_layers: bool = True

    def __post_init__(self) -> None:
        if not 0 <= self.feather_px <= MAX_FEATHER_PX:
            raise ValueError(f"feather is 0 to {MAX_FEATHER_PX} px, not {self.feather_px}")
        _check_tolerance(self.tolerance)

    @property
    def likeness(self) -> Likeness:
        """What the wand takes."""
        return Likeness(self.tolerance, self.contiguous, self.antialias)


@dataclass(frozen=True, slots=True)
class FillOptions:
    """Of the fill tool. `grow_px` spreads the fill beneath the lines around it; `opacity` is 0 … 1.

    A contiguous fill doesn't leak through gaps of up to `gap_px` in the lines.
    """

    tolerance: int = 32
    contiguous: bool = True
    sample_all_layers: bool = True
    grow_px: int = 0
    antialias: bool = True
    opacity: float = 1.0
    gap_px: int = 0

    def __post_init__(self) -> None:
        if not 0 <= self.gap_px <= MAX_GAP_PX:
            raise ValueError(f"gaps of 0 to {MAX_GAP_PX} px are closed, not {self.gap_px}")
        if not 0 <= self.grow_px <= MAX_GROW_PX:
            raise ValueError(f"a fill grows by 0 to {MAX_GROW_PX} px, not {self.grow_px}")
        if not 0.0 <= self.opacity <= 1.0:
            raise ValueError(f"opacity is 0 to 1, not {self.opacity}")
        _check_tolerance(self.tolerance)

    @property
    def likeness(self) -> Likeness:
        """What is filled."""
        return Likeness(self.tolerance, self.contiguous, self.antialias, self.gap_px)


def _check_tolerance(tolerance: int) -> None:
    if not 0 <= tolerance <= 255:
        raise ValueError(f"tolerance is 0 to 255, not {tolerance}")


@dataclass(frozen=True, slots=True)
class CloneOptions:
    """Of the clone stamp.

    `aligned`: the source keeps its distance from stroke to stroke; else each stroke begins at the source anew.
    """

    aligned: bool = True
    sample_all_layers: bool = False


@dataclass(frozen=True, slots=True)
class PaintOptions:
    """Of all tools with a brush, whichever brush that is. `wraps`: the edges of the canvas meet, for seamless tiles."""

    stabilising: Stabilising = Stabilising()
    symmetry: Symmetry = Symmetry()
    wraps: bool = False


@dataclass(frozen=True, slots=True)
class GradientOptions:
    """Of the gradient tool. `opacity` is 0 … 1; `own` are the presets that the artist has kept."""

    preset: Preset = PRESETS[0]
    shape: GradientShape = GradientShape.LINEAR
    repeat: GradientRepeat = GradientRepeat.NONE
    reverse: bool = False
    dither: bool = True
    blend_mode: BlendMode = BlendMode.NORMAL
    opacity: float = 1.0
    target: Target = Target.LAYER
    own: tuple[Preset, ...] = ()

    def __post_init__(self) -> None:
        _check_share("opacity", self.opacity)


class PickerSource(Enum):
    """Where the colour picker looks."""

    ALL_LAYERS = "all"
    LAYER = "layer"


PICKER_SIZES_PX = (1, 3, 5, 11, 31, 51, 101)


@dataclass(frozen=True, slots=True)
class PickerOptions:
    """Of the colour picker: the mean of a square of `size_px` pixels a side is picked, 1 for the pixel alone."""

    size_px: int = 1
    source: PickerSource = PickerSource.ALL_LAYERS

    def __post_init__(self) -> None:
        if self.size_px not in PICKER_SIZES_PX:
            raise ValueError(f"the picker looks at one of {PICKER_SIZES_PX} px, not {self.size_px}")


class Ink(Enum):
    """What a shape is filled or outlined with."""

    NONE = "none"
    FOREGROUND = "foreground"
    BACKGROUND = "background"
    BRUSH = "brush"
    """Outlines only: the brush in the foreground colour."""


@dataclass(frozen=True, slots=True)
class ShapeOptions:
    """Of the shape tool. `radius_px` rounds the corners of rectangles; `inner` below 1 makes a star of a polygon."""

    kind: ShapeKind = ShapeKind.RECTANGLE
    fill: Ink = Ink.FOREGROUND
    stroke: Ink = Ink.NONE
    width_px: float = 4.0
    radius_px: float = 0.0
    sides: int = 5
    inner: float = 1.0
    round_joins: bool = False
    antialias: bool = True
    blend_mode: BlendMode = BlendMode.NORMAL
    opacity: float = 1.0
    target: Target = Target.LAYER

    def __post_init__(self) -> None:
        if self.fill is Ink.BRUSH:
            raise ValueError("a brush paints outlines only")
        if not 0.1 <= self.width_px <= MAX_LINE_PX:
            raise ValueError(f"a line is 0.1 to {MAX_LINE_PX:g} px wide, not {self.width_px}")
        if not 0.0 <= self.radius_px <= MAX_RADIUS_PX:
            raise ValueError(f"corners are rounded by 0 to {MAX_RADIUS_PX:g} px, not {self.radius_px}")
        if not MIN_SIDES <= self.sides <= MAX_SIDES:
            raise ValueError(f"a polygon has {MIN_SIDES} to {MAX_SIDES} sides, not {self.sides}")
        if not 0.05 <= self.inner <= 1.0:
            raise ValueError(f"the inner radius of a star is 0.05 to 1, not {self.inner}")
        _check_share("opacity", self.opacity)


REMEMBERED: dict[str, type] = {
    "fill": FillOptions,
    "gradient": GradientOptions,
    "picker": PickerOptions,
    "shape": ShapeOptions,
    "paint": PaintOptions,
    "clone": CloneOptions,
    "selection": SelectionOptions,
    "text": TextStyle,
    "move": MoveOptions,
    "transform": TransformOptions,
    "crop": CropOptions,
}
"""What is kept from start to start, by its name in the settings."""


def _check_share(name: str, value: float) -> None:
    if not 0.0 <= value <= 1.0:
        raise ValueError(f"{name} is 0 to 1, not {value}")
