"""What can be set of tools beside their brush. Frozen; the controller replaces them."""

from __future__ import annotations

from dataclasses import dataclass

from sdpaint.imaging.selection import Likeness, SelectionMode
from sdpaint.imaging.stabiliser import Stabilising
from sdpaint.imaging.symmetry import Symmetry

MAX_FEATHER_PX = 250
MAX_GROW_PX = 64


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
    """Of the fill tool. `grow_px` spreads the fill beneath the lines around it; `opacity` is 0 … 1."""

    tolerance: int = 32
    contiguous: bool = True
    sample_all_layers: bool = True
    grow_px: int = 0
    antialias: bool = True
    opacity: float = 1.0

    def __post_init__(self) -> None:
        if not 0 <= self.grow_px <= MAX_GROW_PX:
            raise ValueError(f"a fill grows by 0 to {MAX_GROW_PX} px, not {self.grow_px}")
        if not 0.0 <= self.opacity <= 1.0:
            raise ValueError(f"opacity is 0 to 1, not {self.opacity}")
        _check_tolerance(self.tolerance)

    @property
    def likeness(self) -> Likeness:
        """What is filled."""
        return Likeness(self.tolerance, self.contiguous, self.antialias)


def _check_tolerance(tolerance: int) -> None:
    if not 0 <= tolerance <= 255:
        raise ValueError(f"tolerance is 0 to 255, not {tolerance}")


@dataclass(frozen=True, slots=True)
class PaintOptions:
    """Of all tools with a brush, whichever brush that is. `wraps`: the edges of the canvas meet, for seamless tiles."""

    stabilising: Stabilising = Stabilising()
    symmetry: Symmetry = Symmetry()
    wraps: bool = False
