"""Text layers: their words, what happens to the layer, and what is kept of them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from sdpaint.document.document import Document
from sdpaint.document.edits import new_document, replace_layer, resize_canvas, with_layer_tiles
from sdpaint.document.journal_values import document_from_json, to_json
from sdpaint.document.layers import Text
from sdpaint.document.text_edits import (
    SetWords,
    missing_families,
    name_for,
    text_layer_at,
    was_reshaped,
    words_of,
)
from sdpaint.document.transforms import Turn, turn_layer
from sdpaint.fileio.layer_data import layer_data, layer_json, read_layer
from sdpaint.imaging.color import Color
from sdpaint.imaging.geometry import Point, Size
from sdpaint.imaging.words import TextAlign, TextStyle, Words

pytestmark = pytest.mark.usefixtures("qapp")
WORDS = Words("Hello", Point(100, 50), TextStyle("DejaVu Sans", 40), Color(200, 10, 20))


def with_text(words: Words = WORDS) -> Document:
    return SetWords("text", words)(new_document(Size(400, 300)))


def test_new_words_come_on_a_layer_of_their_own_named_after_them():
    document = with_text()
    layer = document.active_layer
    assert (layer.id, layer.name) == ("text", "Hello")
    assert isinstance(layer.content, Text)
    assert layer.tiles.bounds() == layer.content.drawn
    assert not layer.holds_pixels


def test_other_words_redraw_the_layer_and_its_name_unless_it_was_given_one():
    document = SetWords("text", replace(WORDS, text="Bye"))(with_text())
    assert document.active_layer.name == "Bye"
    named = replace_layer(with_text(), replace(with_text().active_layer, name="Title"))
    assert SetWords("text", replace(WORDS, text="Bye"))(named).active_layer.name == "Title"


def test_without_words_the_layer_goes():
    assert not SetWords("text", replace(WORDS, text=" \n "))(with_text()).has_layer("text")
    empty = new_document(Size(10, 10))
    assert SetWords("text", replace(WORDS, text=""))(empty) is empty


def test_words_go_along_with_a_layer_that_was_moved():
    document = resize_canvas(with_text(), Size(500, 400), 30, 40)
    words = words_of(document.active_layer)
    assert words == replace(WORDS, at=Point(130, 90))
    again = SetWords("text", words)(document)
    assert again.active_layer.tiles == document.active_layer.tiles


def test_words_grow_with_a_layer_that_was_scaled():
    document = with_text()
    small, large = document.active_layer, SetWords("text", replace(WORDS, style=TextStyle("DejaVu Sans", 80)))(document)
    scaled = replace(large.active_layer, content=small.content)
    words = words_of(scaled)
    assert words is not None
    assert words.style.size_px == pytest.approx(80, abs=2)


def test_a_picture_that_was_turned_or_painted_on_is_known():
    document = with_text()
    assert not was_reshaped(document.active_layer)
    assert was_reshaped(turn_layer(document, "text", Turn.MIRROR).active_layer)
    assert was_reshaped(turn_layer(document, "text", Turn.RIGHT).active_layer)
    layer = document.active_layer
    spot = layer.tiles.bounds()
    pixels = layer.tiles.read(spot)
    pixels[5:9, 5:9] = 255
    painted = with_layer_tiles(document, "text", layer.tiles.with_pixels(spot, pixels))
    assert was_reshaped(painted.active_layer)


def test_a_click_finds_the_topmost_text_that_is_seen():
    document = SetWords("above", replace(WORDS, text="Hello there"))(with_text())
    assert text_layer_at(document, Point(120, 70)) == "above"
    hidden = replace_layer(document, replace(document.layer("above"), visible=False))
    assert text_layer_at(hidden, Point(120, 70)) == "text"
    assert text_layer_at(document, Point(20, 250)) is None


def test_names_are_short():
    assert name_for(replace(WORDS, text="one\ntwo")) == "one two"
    assert len(name_for(replace(WORDS, text="word " * 30))) <= 24


def test_fonts_that_are_missing_are_named_once():
    style = TextStyle("No Such Font 123")
    document = SetWords("b", replace(WORDS, style=style))(SetWords("a", replace(WORDS, style=style))(with_text()))
    assert missing_families(document) == ["No Such Font 123"]


def test_text_is_kept_in_files_as_it_was():
    style = TextStyle("DejaVu Serif", 33, 700, True, TextAlign.RIGHT, 1.5, -2.5)
    document = with_text(Words("zwei\nZeilen 🎈", Point(1.5, 2.25), style, Color(1, 2, 3), 200.0))
    data = layer_data(document.active_layer)
    assert read_layer(layer_json(data)) == data


@pytest.mark.parametrize(
    "change",
    [{"size": 99999}, {"text": 7}, {"color": [1, 2, 999, 4]}, {"align": "up"}, {"at": [1]}, {"drawn": "x"}],
)
def test_damaged_text_is_not_read(change):
    json = layer_json(layer_data(with_text().active_layer))
    json["content"].update(change)
    with pytest.raises((ValueError, TypeError, KeyError)):
        read_layer(json)


def test_huge_text_keeps_to_the_surroundings_of_the_canvas():
    document = with_text(replace(WORDS, text="W" * 500, style=TextStyle("DejaVu Sans", 300)))
    assert document.active_layer.tiles.bounds().right <= 800
    assert np.any(document.active_layer.tiles.read(document.bounds))


def test_the_journal_keeps_text_as_it_is():
    document = with_text()
    maps = []

    def serial_of(tiles):
        maps.append(tiles)
        return len(maps) - 1

    assert document_from_json(to_json(document, serial_of), maps.__getitem__) == document
