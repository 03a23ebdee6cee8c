"""Typesetting: where lines, carets and marks are, and what is drawn."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from sdpaint.imaging.color import Color
from sdpaint.imaging.geometry import Point, Rect
from sdpaint.imaging.typeset import Typeset, families, has_family
from sdpaint.imaging.words import TextAlign, TextStyle, Words

pytestmark = pytest.mark.usefixtures("qapp")
FAMILY = "DejaVu Sans"
CANVAS = Rect(0, 0, 600, 400)
STYLE = TextStyle(FAMILY, 40)


def words(text: str, **changes) -> Words:
    return replace(Words(text, Point(100, 50), STYLE, Color(200, 10, 20)), **changes)


def test_fonts_of_the_machine_are_known_by_name():
    assert families()
    assert has_family(families()[0])
    assert not has_family("No Such Font 123")


def test_a_caret_walks_to_the_right_and_down_with_the_lines():
    typeset = Typeset(words("ab\n\ncd"))
    carets = [typeset.caret(i) for i in range(7)]
    assert carets[0].x == pytest.approx(100, abs=2)
    assert carets[0].x < carets[1].x < carets[2].x
    assert carets[3].x == carets[4].x == carets[0].x
    assert carets[2].y < carets[3].y < carets[4].y
    assert carets[4].y - carets[3].y == pytest.approx(carets[3].y - carets[2].y)


@pytest.mark.parametrize("text", ["Hello, wide world", "a\nbb\n\nccc", "x🎈y日本z", ""])
@pytest.mark.parametrize("width", [None, 120.0])
def test_a_click_on_a_caret_finds_its_place(text, width):
    typeset = Typeset(words(text, width_px=width))
    for place in range(len(text) + 1):
        caret = typeset.caret(place)
        assert typeset.place_at(Point(caret.x + 0.01, caret.y + caret.height / 2)) == place


def test_box_text_breaks_and_point_text_does_not():
    long = "one two three four five six"
    assert Typeset(words(long)).caret(len(long)).y == 50
    boxed = Typeset(words(long, width_px=150.0))
    assert boxed.caret(len(long)).y > 150
    assert boxed.box.width == 150
    _place, pixels = boxed.drawn(CANVAS)
    assert not pixels[:, 300:].any()


@pytest.mark.parametrize(("align", "share"), [(TextAlign.LEFT, 0.0), (TextAlign.CENTER, 0.5), (TextAlign.RIGHT, 1.0)])
def test_lines_are_aligned_around_their_place_or_within_their_box(align, share):
    style = replace(STYLE, align=align)
    box = Typeset(words("wide line\nshort", style=style)).box
    assert box.x + share * box.width == pytest.approx(100, abs=1)
    typeset = Typeset(words("ab", style=style, width_px=300.0))
    start, end = typeset.caret(0).x, typeset.caret(2).x
    assert start + share * (end - start) == pytest.approx(100 + share * 300, abs=2)


def test_line_height_and_letter_spacing_count():
    plain = Typeset(words("ab\nab"))
    wide = Typeset(words("ab\nab", style=replace(STYLE, line_height=2.0, letter_spacing_px=10.0)))
    assert wide.caret(3).y - 50 == pytest.approx(2 * (plain.caret(3).y - 50))
    assert wide.caret(1).x - plain.caret(1).x == pytest.approx(10, abs=0.5)


def test_up_and_down_stay_in_the_column_and_stop_at_the_ends():
    typeset = Typeset(words("hello\nhello\nhello"))
    assert typeset.place_in_next_line(2, 1) == 8
    assert typeset.place_in_next_line(8, -1) == 2
    assert typeset.place_in_next_line(8, 5) == 17
    assert typeset.place_in_next_line(8, -5) == 0
    assert typeset.line_ends(8) == (6, 11)


def test_marks_lie_in_every_line_between_two_places():
    typeset = Typeset(words("hello\nhello\nhello"))
    boxes = typeset.marked(2, 14)
    assert len(boxes) == 3
    assert boxes[0].x == pytest.approx(typeset.caret(2).x)
    assert boxes[2].x + boxes[2].width == pytest.approx(typeset.caret(14).x)
    assert typeset.marked(3, 3) == []


def test_what_is_drawn_has_its_colour_smooth_edges_and_its_place():
    typeset = Typeset(words("Hill"))
    place, pixels = typeset.drawn(CANVAS)
    assert tuple(pixels[pixels[..., 3] == 255][0]) == (20, 10, 200, 255)
    assert (pixels[..., :3] <= pixels[..., 3:]).all()
    assert len(np.unique(pixels[..., 3])) > 10
    rows, columns = np.nonzero(pixels[..., 3])
    box = typeset.box
    assert box.x - 1 <= place.x + columns.min()
    assert place.x + columns.max() <= box.x + box.width + 1
    assert box.y <= place.y + rows.min()


def test_only_what_lies_within_is_drawn():
    place, pixels = Typeset(words("W" * 1000)).drawn(CANVAS)
    assert CANVAS.contains(place)
    assert pixels.shape == (place.height, place.width, 4)
    place, pixels = Typeset(words("far", at=Point(9000, 9000))).drawn(CANVAS)
    assert place.is_empty
    assert not pixels.size


def test_words_keep_within_what_can_be_drawn():
    for bad in ({"size_px": 1}, {"size_px": 5000}, {"weight": 0}, {"line_height": 0.0}, {"letter_spacing_px": 1e9}):
        with pytest.raises(ValueError, match="not"):
            TextStyle(**bad)
    with pytest.raises(ValueError, match="long"):
        words("x" * 20_001)
