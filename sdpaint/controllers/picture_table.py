"""PictureTable: pictures of one batch, one for each combination of values, gathered to a labelled contact sheet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from sdpaint.generation.axes import Axis, combinations
from sdpaint.imaging.geometry import Size
from sdpaint.imaging.resample import resized
from sdpaint.imaging.tiles import Pixels8

_LARGE_PX = 512
_SMALL_PX = 256
_MANY = 64
"""From so many pictures on they are small."""
_GAP_GREY = 64
_SMALLEST_FONT_PX, _LARGEST_FONT_PX = 14, 28


@dataclass(eq=False)
class PictureTable:
    """The last axis runs along the columns, the one before it down the rows."""

    axes: Sequence[Axis]
    pictures: dict[int, Pixels8] = field(default_factory=dict)
    missing: set[int] = field(default_factory=set)
    is_made: bool = False
    """Whether its sheet is on its way, or there."""

    @property
    def count(self) -> int:
        """How many pictures it is of."""
        return len(list(combinations(self.axes)))

    @property
    def is_whole(self) -> bool:
        """Whether nothing is to come any more."""
        return len(self.pictures.keys() | self.missing) >= self.count

    @property
    def words(self) -> str:
        """What it is called."""
        return " ".join(axis.name for axis in self.axes)

    def small(self, picture: Pixels8) -> Pixels8:
        """The picture at the size that it has in the sheet. Not for the GUI thread."""
        side = _SMALL_PX if self.count > _MANY else _LARGE_PX
        height, width = picture.shape[:2]
        scale = min(1.0, side / max(height, width))
        size = Size(max(1, round(width * scale)), max(1, round(height * scale)))
        return np.ascontiguousarray(resized(picture, size))

    def sheet(self) -> Pixels8:
        """All of them with labels, (h, w, 3) RGB; grey where one is missing. Not for the GUI thread."""
        from sdpaint.fileio.sheets import SheetStyle, contact_sheet

        if not self.pictures:
            raise ValueError("a table has at least one picture")
        gap = np.full_like(next(iter(self.pictures.values())), _GAP_GREY)
        pictures = [self.pictures.get(number, gap) for number in range(self.count)]
        font_px = min(_LARGEST_FONT_PX, max(_SMALLEST_FONT_PX, gap.shape[1] // 16))
        last, rows = self.axes[-1], self.axes[0].labels() if len(self.axes) > 1 else ()
        return contact_sheet(pictures, len(last.values), (), last.labels(), rows, SheetStyle(font_px=font_px))


@dataclass(frozen=True, eq=False)
class TableMade:
    """A table that is done: its sheet, (h, w, 3) RGB, and where that was written."""

    table: PictureTable
    sheet: Pixels8
    path: Path
