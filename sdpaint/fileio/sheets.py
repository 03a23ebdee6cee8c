"""Contact sheets: many pictures as one, in rows and columns, with labels."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from sdpaint.document.document import MAX_SIDE_PX
from sdpaint.errors import SettingsError
from sdpaint.imaging.geometry import Size
from sdpaint.imaging.tiles import Pixels, Pixels8

_GROUND = (38, 38, 38)
_INK = (226, 226, 226)
_MAX_LINES = 3


@dataclass(frozen=True)
class SheetStyle:
    """`cell_px`: the longer side of a picture; None: as large as it is. Sizes in pixels."""

    cell_px: int | None = None
    gap_px: int = 8
    font_px: int = 16


def contact_sheet(
    pictures: Sequence[Pixels],
    columns: int | None = None,
    labels: Sequence[str] = (),
    column_labels: Sequence[str] = (),
    row_labels: Sequence[str] = (),
    style: SheetStyle = SheetStyle(),
) -> Pixels8:
    """One picture (h, w, 3) of many, each (h, w, 3) RGB or (h, w, 4) straight RGBA, in reading order.

    `labels` stand below the pictures, `column_labels` above the columns, `row_labels` left of the rows. Pictures of
    different sizes are centred in their cells. Raises SettingsError where it would be larger than a picture may be.
    """
    if not pictures:
        raise ValueError("a sheet has at least one picture")
    columns = columns or len(column_labels) or max(1, math.ceil(math.sqrt(len(pictures))))
    rows = math.ceil(len(pictures) / columns)
    sizes = [_cell_size(picture, style.cell_px) for picture in pictures]
    cell = Size(max(size.width for size in sizes), max(size.height for size in sizes))
    font = ImageFont.load_default(style.font_px)
    pen = _Pen(font, style)
    below = max((pen.height(label, cell.width) for label in labels), default=0)
    top = max((pen.height(label, cell.width) for label in column_labels), default=0)
    left = max((pen.width(label) for label in row_labels), default=0)
    left = min(left, 2 * cell.width) + (style.gap_px if left else 0)
    gap = style.gap_px
    width = gap + left + columns * (cell.width + gap)
    height = gap + top + rows * (cell.height + below + gap)
    if max(width, height) > MAX_SIDE_PX:
        raise SettingsError(f"A sheet of {width}×{height} pixels is too large", hint="Make its pictures smaller")
    sheet = Image.new("RGB", (width, height), _GROUND)
    draw = ImageDraw.Draw(sheet)
    for column, label in enumerate(column_labels[:columns]):
        pen.write(draw, label, gap + left + column * (cell.width + gap), gap, cell.width)
    for row, label in enumerate(row_labels[:rows]):
        pen.write(draw, label, gap, gap + top + row * (cell.height + below + gap), left - gap)
    for index, (picture, size) in enumerate(zip(pictures, sizes, strict=True)):
        row, column = divmod(index, columns)
        x = gap + left + column * (cell.width + gap)
        y = gap + top + row * (cell.height + below + gap)
        image = _fitted(picture, size)
        place = (x + (cell.width - size.width) // 2, y + (cell.height - size.height) // 2)
        sheet.paste(image, place, image if image.mode == "RGBA" else None)
        if index < len(labels):
            pen.write(draw, labels[index], x, y + cell.height + gap // 2, cell.width)
    return np.asarray(sheet)


def _cell_size(picture: Pixels, cell_px: int | None) -> Size:
    height, width = picture.shape[:2]
    if cell_px is None:
        return Size(width, height)
    scale = cell_px / max(width, height)
    return Size(max(1, round(width * scale)), max(1, round(height * scale)))


def _fitted(picture: Pixels, size: Size) -> Image.Image:
    image = Image.fromarray(np.ascontiguousarray(picture))
    if image.size == (size.width, size.height):
        return image
    return image.resize((size.width, size.height), Image.Resampling.LANCZOS)


class _Pen:
    """Text in lines of a width."""

    def __init__(self, font: ImageFont.FreeTypeFont | ImageFont.ImageFont, style: SheetStyle) -> None:
        self._font = font
        self._line_px = round(style.font_px * 1.3)

    def width(self, text: str) -> int:
        return math.ceil(self._font.getlength(text))

    def height(self, text: str, width: int) -> int:
        return len(self._lines(text, width)) * self._line_px

    def write(self, draw: ImageDraw.ImageDraw, text: str, x: int, y: int, width: int) -> None:
        for number, line in enumerate(self._lines(text, width)):
            draw.text((x, y + number * self._line_px), line, fill=_INK, font=self._font)

    def _lines(self, text: str, width: int) -> list[str]:
        """At most three lines; what doesn't fit ends in dots."""
        lines: list[str] = []
        line = ""
        for word in text.split():
            longer = f"{line} {word}".strip()
            if line and self.width(longer) > width:
                lines.append(line)
                line = word
            else:
                line = longer
        lines.append(line)
        if len(lines) > _MAX_LINES:
            lines = [*lines[: _MAX_LINES - 1], f"{lines[_MAX_LINES - 1]} …"]
        return [self._cut(line, width) for line in lines if line]

    def _cut(self, line: str, width: int) -> str:
        if self.width(line) <= width:
            return line
        while line and self.width(f"{line}…") > width:
            line = line[:-1]
        return f"{line}…"
