"""Typesetting: words laid out in lines and drawn, with Qt's fonts. Beside `raster` the one QtGui module below `gui`.

No Qt object leaves this module. Fonts need a QGuiApplication; with one, all of this is safe on any thread.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from PySide6.QtCore import QPointF
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontDatabase,
    QFontMetricsF,
    QPainter,
    QPen,
    QTextLayout,
    QTextLine,
    QTextOption,
)

from sdpaint.imaging.geometry import FloatRect, Point, Rect
from sdpaint.imaging.raster import painting
from sdpaint.imaging.tiles import Pixels
from sdpaint.imaging.words import TextAlign, TextStyle, Words

_UNBROKEN_PX = 1e7
"""A line that doesn't break has room enough."""
_OVERHANG = 0.6
"""Letters may reach so much of their size beyond their line: swashes, stacked accents."""


@lru_cache(maxsize=1)
def families() -> tuple[str, ...]:
    """The font families of this machine that scale, by name."""
    return tuple(each for each in QFontDatabase.families() if QFontDatabase.isSmoothlyScalable(each))


def has_family(name: str) -> bool:
    """Whether this machine has the font family."""
    return QFontDatabase.hasFamily(name)


@dataclass(frozen=True, slots=True)
class _Line:
    line: QTextLine
    layout: QTextLayout
    start: int
    """Of its first character in the whole text."""
    end: int
    """Of the place behind its last one."""
    x: float
    y: float
    """Top left, in canvas pixels."""


class Typeset:
    """Words in lines. Places between characters are counted from 0 to the length of the text."""

    def __init__(self, words: Words) -> None:
        self.words = words
        self._font = _font_of(words.style)
        self._metrics = QFontMetricsF(self._font)
        self._layouts: list[QTextLayout] = []   # kept: lines are no more than their numbers
        self._lines = list(self._set())

    def _set(self) -> Iterator[_Line]:
        words = self.words
        step = self._metrics.lineSpacing() * words.style.line_height
        top, start = words.at.y, 0
        for paragraph in words.text.split("\n"):
            layout = QTextLayout(paragraph, self._font)
            option = QTextOption()
            option.setWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
            option.setUseDesignMetrics(True)
            layout.setTextOption(option)
            self._layouts.append(layout)
            layout.beginLayout()
            while True:
                line = layout.createLine()
                if not line.isValid():
                    break
                line.setLineWidth(_UNBROKEN_PX if words.width_px is None else words.width_px)
                first = start + line.textStart()
                yield _Line(line, layout, first, first + line.textLength(), self._left(line), top)
                top += step
            layout.endLayout()
            start += _utf16_length(paragraph) + 1

    def _left(self, line: QTextLine) -> float:
        words = self.words
        share = {TextAlign.LEFT: 0.0, TextAlign.CENTER: 0.5, TextAlign.RIGHT: 1.0}[words.style.align]
        room = 0.0 if words.width_px is None else words.width_px
        return words.at.x + share * (room - line.naturalTextWidth())

    @property
    def box(self) -> FloatRect:
        """Around all lines."""
        words, first, last = self.words, self._lines[0], self._lines[-1]
        height = last.y + self._metrics.height() - first.y
        if words.width_px is not None:
            return FloatRect(words.at.x, words.at.y, words.width_px, height)
        left = min(line.x for line in self._lines)
        right = max(line.x + line.line.naturalTextWidth() for line in self._lines)
        return FloatRect(left, words.at.y, right - left, height)

    def caret(self, place: int) -> FloatRect:
        """Where the caret stands: a box of no width."""
        line = self._line_of(place)
        x = _cursor_x(line.line, _to_utf16(self.words.text, place) - line.start + line.line.textStart())
        return FloatRect(line.x + x, line.y, 0.0, self._metrics.height())

    def place_at(self, pos: Point) -> int:
        """The place between characters that is nearest."""
        line = self._lines[0]
        for each in self._lines[1:]:
            if pos.y >= each.y:
                line = each
        inner = line.line.xToCursor(pos.x - line.x)
        place = line.start + inner - line.line.textStart()
        if place == line.end and self._wraps(line) and place > line.start:
            place -= 1      # behind the last character of a broken line is the start of the next
        return _from_utf16(self.words.text, place)

    def place_in_next_line(self, place: int, by: int, x: float | None = None) -> int:
        """The place so many lines below (above where negative), at the caret's x or at another one."""
        here = self._lines.index(self._line_of(place))
        there = here + by
        if there < 0:
            return 0
        if there >= len(self._lines):
            return len(self.words.text)
        line = self._lines[there]
        middle = line.y + self._metrics.height() / 2
        return self.place_at(Point(self.caret(place).x if x is None else x, middle))

    def line_ends(self, place: int) -> tuple[int, int]:
        """The first and the last place of the line."""
        line = self._line_of(place)
        end = line.end - (1 if self._wraps(line) and line.end > line.start else 0)
        text = self.words.text
        return _from_utf16(text, line.start), _from_utf16(text, end)

    def marked(self, start: int, end: int) -> list[FloatRect]:
        """Boxes around the characters between two places, one for each line."""
        first, last = _to_utf16(self.words.text, start), _to_utf16(self.words.text, end)
        boxes = []
        for line in self._lines:
            a, b = max(first, line.start), min(last, line.end)
            if a > b or (a == b and not (first <= line.end < last)):
                continue
            offset = line.line.textStart() - line.start
            left = _cursor_x(line.line, a + offset)
            right = _cursor_x(line.line, b + offset)
            # A line that is marked beyond its end shows a little of the break.
            more = self.words.style.size_px * 0.25 if last > line.end else 0.0
            boxes.append(
                FloatRect(line.x + min(left, right), line.y, abs(right - left) + more, self._metrics.height())
            )
        return boxes

    def drawn(self, within: Rect) -> tuple[Rect, Pixels]:
        """The picture: where it is, and premultiplied BGRA (h, w, 4); no more of it than lies within a rectangle."""
        box, words = self.box, self.words
        margin = 2 + _OVERHANG * words.style.size_px
        place = Rect.from_edges(
            math.floor(min(line.x for line in self._lines) - margin),
            math.floor(box.y - margin),
            math.ceil(max(line.x + line.line.naturalTextWidth() for line in self._lines) + margin),
            math.ceil(box.y + box.height + margin),
        ).intersected(within)
        pixels = np.zeros((place.height, place.width, 4), np.uint8)
        if place.is_empty:
            return place, pixels
        color = words.color
        with painting(pixels) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setRenderHint(QPainter.RenderHint.TextAntialiasing)
            painter.setPen(QPen(QColor(color.red, color.green, color.blue, color.alpha)))
            painter.translate(-place.x, -place.y)
            for line in self._lines:
                # A line knows where it lies within its layout, which begins anew for each paragraph.
                line.line.draw(painter, QPointF(line.x - line.line.x(), line.y - line.line.y()))
        return place, pixels

    def _line_of(self, place: int) -> _Line:
        at = _to_utf16(self.words.text, place)
        return next(line for line in reversed(self._lines) if line.start <= at)

    def _wraps(self, line: _Line) -> bool:
        """Whether it was broken to fit: what comes next belongs to the same paragraph."""
        return line.line.textStart() + line.line.textLength() < _utf16_length(line.layout.text())


def _font_of(style: TextStyle) -> QFont:
    font = QFont(style.family)
    font.setPixelSize(style.size_px)
    font.setWeight(QFont.Weight(min(QFont.Weight, key=lambda each: abs(each.value - style.weight))))
    font.setItalic(style.italic)
    font.setLetterSpacing(QFont.SpacingType.AbsoluteSpacing, style.letter_spacing_px)
    # The same outlines at any place, and greys rather than the colours of a screen's sub-pixels.
    font.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
    font.setStyleStrategy(QFont.StyleStrategy.PreferAntialias | QFont.StyleStrategy.NoSubpixelAntialias)
    return font


def _cursor_x(line: QTextLine, cursor: int) -> float:
    # PySide returns the x and the cursor that it belongs to, which its stubs don't know.
    found: Any = line.cursorToX(cursor)
    return float(found[0] if isinstance(found, tuple) else found)


def _utf16_length(text: str) -> int:
    """Qt counts in units of UTF-16."""
    return len(text) + sum(character > "\uffff" for character in text)


def _to_utf16(text: str, place: int) -> int:
    return _utf16_length(text[:place])


def _from_utf16(text: str, place: int) -> int:
    units = 0
    for i, character in enumerate(text):
        if units >= place:
            return i
        units += 2 if character > "\uffff" else 1
    return len(text)
