"""Generated layers: which picture they show, what they keep alive, what becomes of them with the canvas."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from sdpaint.document import edits, generated_edits
from sdpaint.document.document import Document
from sdpaint.document.generated import Alternative, Generated, Sources, generated_of_values, generated_values
from sdpaint.document.history import History
from sdpaint.document.layers import Group, Layer
from sdpaint.document.placing import lift, place
from sdpaint.document.render import flatten
from sdpaint.document.selection_edits import set_selection
from sdpaint.document.transforms import Turn, turn_document, turn_layer
from sdpaint.errors import EditRefused
from sdpaint.imaging.geometry import Rect, Size
from sdpaint.imaging.projection import Projection
from sdpaint.imaging.tiles import TileMap


def square(value: int, x: int = 10, y: int = 20) -> TileMap:
    return TileMap.from_pixels(np.full((30, 40, 4), value, np.uint8), x, y)


def generated_layer(*values: int, shown: int = 0) -> Layer:
    sources = Sources(picture=square(255, 0, 0), painted=TileMap.from_pixels(np.full((9, 9), 200, np.uint8)))
    pictures = tuple(
        Alternative("{}", sources, square(value), ground="abc", seen=Rect(0, 0, 64, 64)) for value in values
    )
    return Layer("hill", pictures[shown].tiles, generated=True, id="it", origin=Generated(pictures, shown))


def document_with(layer: Layer) -> Document:
    return edits.insert_layer(edits.new_document(Size(100, 80)), layer)


def test_another_picture_is_shown_in_place_of_the_one_before() -> None:
    document = document_with(generated_layer(100, 150))
    other = generated_edits.show_alternative(document, "it", 1)
    assert other.layer("it").tiles == square(150)
    assert generated_edits.show_alternative(other, "it", 0).layer("it").tiles is document.layer("it").tiles


def test_what_was_painted_on_a_picture_stays_with_it() -> None:
    document = document_with(generated_layer(100, 150))
    painted = edits.with_layer_tiles(document, "it", square(222))
    other = generated_edits.show_alternative(painted, "it", 1)
    assert other.layer("it").tiles == square(150)
    assert generated_edits.show_alternative(other, "it", 0).layer("it").tiles == square(222)


def test_new_pictures_come_behind_the_others_and_the_first_of_them_is_shown() -> None:
    document = document_with(generated_layer(100))
    new = generated_layer(150, 160).origin
    assert new is not None
    more = generated_edits.add_alternatives(document, "it", new.alternatives)
    origin = more.layer("it").origin
    assert origin is not None
    assert (origin.shown, len(origin.alternatives)) == (1, 3)
    assert more.layer("it").tiles == square(150)


def test_the_last_picture_cannot_be_removed_but_the_others_can() -> None:
    document = document_with(generated_layer(100, 150, 160, shown=1))
    one_less = generated_edits.remove_alternative(document, "it")
    assert one_less.layer("it").tiles == square(160)
    alone = generated_edits.remove_others(one_less, "it")
    assert alone.layer("it").tiles == square(160)
    with pytest.raises(EditRefused):
        generated_edits.remove_alternative(alone, "it")


def test_a_baked_layer_looks_the_same_and_remembers_nothing() -> None:
    document = document_with(generated_layer(100, 150))
    baked = generated_edits.bake(document, "it")
    assert np.array_equal(flatten(baked, baked.bounds), flatten(document, document.bounds))
    assert baked.layer("it").origin is None
    with pytest.raises(EditRefused):
        generated_edits.show_alternative(baked, "it", 1)


def test_the_bytes_of_all_its_pictures_count_in_the_history() -> None:
    document = edits.new_document(Size(100, 80))
    history = History(document)
    before = history.nbytes
    history.push("Keep", edits.insert_layer(document, generated_layer(100, 150, 160)))
    tile = 128 * 128
    assert history.nbytes - before >= 4 * tile * 4 + tile


def test_pictures_and_places_move_with_the_canvas() -> None:
    document = document_with(generated_layer(100, 150))
    grown = edits.resize_canvas(document, Size(140, 100), 40, 20)
    origin = grown.layer("it").origin
    assert origin is not None
    assert origin.current.tiles is grown.layer("it").tiles
    assert origin.alternatives[1].tiles == square(150, 50, 40)
    assert (origin.current.shift, origin.current.seen) == ((40, 20), Rect(40, 20, 64, 64))
    assert origin.repeatable


def test_a_turned_canvas_turns_all_pictures_and_ends_repeating() -> None:
    document = document_with(generated_layer(100, 150))
    turned = turn_document(document, Turn.HALF)
    origin = turned.layer("it").origin
    assert origin is not None
    assert not origin.repeatable
    shown = generated_edits.show_alternative(turned, "it", 1)
    back = turn_document(shown, Turn.HALF)
    assert back.layer("it").tiles == square(150)


def test_beneath_is_what_lies_under_the_layer_at_any_depth() -> None:
    layer = generated_layer(100)
    low, above = Layer("low", square(60)), Layer("above", square(70))
    group = Layer("group", content=Group((Layer("inside", square(80)), layer, above)))
    top = Layer("top", square(90))
    document = replace(document_with(low), layers=(low, group, top), active=top.id)
    below = generated_edits.beneath(document, "it")
    assert [each.name for each in below.walk()] == ["low", "inside", "group"]


def test_beneath_the_lowest_layer_is_nothing() -> None:
    layer = generated_layer(100)
    document = replace(document_with(layer), layers=(layer,), active=layer.id)
    below = generated_edits.beneath(document, "it")
    assert not flatten(below, below.bounds).any()


def moved(document: Document, projection: Projection) -> Document:
    return place(lift(document, ["it"]), projection)


def test_all_pictures_move_with_the_layer_and_new_ones_come_where_it_is_now() -> None:
    document = document_with(generated_layer(100, 150))
    there = moved(document, Projection.shift(7, -5))
    assert there.layer("it").tiles == square(100, 17, 15)
    other = generated_edits.show_alternative(there, "it", 1)
    assert other.layer("it").tiles == square(150, 17, 15)
    new = generated_layer(160).origin
    assert new is not None
    more = generated_edits.add_alternatives(other, "it", new.alternatives)
    assert more.layer("it").tiles == square(160, 17, 15)
    back = moved(more, Projection.shift(-7, 5))
    assert generated_edits.show_alternative(back, "it", 0).layer("it").tiles == square(100)


def test_a_layer_that_was_moved_takes_new_pictures_rightly_on_a_canvas_that_has_grown() -> None:
    larger = moved(document_with(generated_layer(100)), Projection.linear(2, 0, 0, 2))
    grown = edits.resize_canvas(larger, Size(140, 100), 30, 10)
    place_of_it = grown.layer("it").tiles.bounds()
    new = generated_layer(150).origin
    assert new is not None
    on_the_grown = [replace(each, tiles=each.tiles.translated(30, 10)) for each in new.alternatives]
    more = generated_edits.add_alternatives(grown, "it", on_the_grown)
    assert more.layer("it").tiles.bounds() == place_of_it


@pytest.mark.parametrize("turn", Turn)
def test_a_turned_layer_turns_all_its_pictures_and_the_new_ones(turn: Turn) -> None:
    turned = turn_layer(document_with(generated_layer(100, 150)), "it", turn)
    at = turned.layer("it").tiles.bounds()
    assert generated_edits.show_alternative(turned, "it", 1).layer("it").tiles.bounds() == at
    new = generated_layer(160).origin
    assert new is not None
    assert generated_edits.add_alternatives(turned, "it", new.alternatives).layer("it").tiles.bounds() == at


def test_a_selected_part_that_is_moved_leaves_the_other_pictures() -> None:
    document = set_selection(document_with(generated_layer(100, 150)), TileMap.from_pixels(
        np.full((10, 10), 255, np.uint8), 10, 20))
    other = generated_edits.show_alternative(moved(document, Projection.shift(40, 0)), "it", 1)
    assert other.layer("it").tiles == square(150)


def test_where_it_was_put_is_among_its_values() -> None:
    origin = moved(document_with(generated_layer(100, 150)), Projection.shift(7, -5)).layer("it").origin
    assert origin is not None
    maps = list(origin.tile_maps())
    values = json.loads(json.dumps(generated_values(origin, maps)))
    assert generated_of_values(values, maps) == origin
    for damaged in ([1, 2], [0] * 9, ["x"] * 9, [float("nan")] * 9):
        with pytest.raises((ValueError, TypeError)):
            generated_of_values({**values, "placed": damaged}, maps)
