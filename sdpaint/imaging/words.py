"""Words: text on the canvas as a value. How it is laid out and drawn, `sdpaint.imaging.typeset` knows."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from sdpaint.imaging.color import BLACK, Color
from sdpaint.imaging.geometry import Point

MIN_TEXT_PX = 4
MAX_TEXT_PX = 2000
MAX_CHARACTERS = 20_000


class TextAlign(Enum):
    """Where lines begin: within their box, or around the place where they were begun."""

    LEFT = "left"
    CENTER = "center"
    RIGHT = "right"


@dataclass(frozen=True, slots=True)
class TextStyle:
    """How text looks. `size_px` is the font's, `weight` that of CSS (100 … 900); `line_height` counts in the font's
    own distance of lines, `letter_spacing_px` comes on top of its own.
    """

    family: str = "Noto Sans"
    size_px: int = 48
    weight: int = 400
    italic: bool = False
    align: TextAlign = TextAlign.LEFT
    line_height: float = 1.0
    letter_spacing_px: float = 0.0

    def __post_init__(self) -> None:
        if not MIN_TEXT_PX <= self.size_px <= MAX_TEXT_PX:
            raise ValueError(f"text is {MIN_TEXT_PX} to {MAX_TEXT_PX} px high, not {self.size_px}")
        if not 1 <= self.weight <= 1000:
            raise ValueError(f"a weight is 1 to 1000, not {self.weight}")
        if not 0.3 <= self.line_height <= 5.0:
            raise ValueError(f"lines lie 0.3 to 5 apart, not {self.line_height}")
        if not -100.0 <= self.letter_spacing_px <= 1000.0:
            raise ValueError(f"letters are spaced by -100 to 1000 px, not {self.letter_spacing_px}")


@dataclass(frozen=True, slots=True)
class Words:
    """Text at a place. `at` is the top left of its box; without a box, where the first line begins, has its middle or
    ends, as it is aligned. `width_px` is that of the box, in which lines break; None: only where they are broken.
    """

    text: str
    at: Point
    style: TextStyle = TextStyle()
    color: Color = BLACK
    width_px: float | None = None

    def __post_init__(self) -> None:
        if len(self.text) > MAX_CHARACTERS:
            raise ValueError(f"text is at most {MAX_CHARACTERS} characters long")
        if self.width_px is not None and not 1.0 <= self.width_px <= 1e6:
            raise ValueError(f"a box is 1 to a million px wide, not {self.width_px}")
