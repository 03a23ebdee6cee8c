"""Any sequence of edits, undo and redo returns identical tiles, whatever the edits are and whoever packs old steps."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sdpaint.document import edits, layer_edits, merge
from sdpaint.document.document import Document
from sdpaint.document.filtering import filtered
from sdpaint.document.history import History
from sdpaint.document.placing import lift, place
from sdpaint.document.quick_mask import begin_quick_mask, end_quick_mask
from sdpaint.document.selection_edits import (
    clear_selected,
    deselect,
    invert_selection,
    mask_from_selection,
    select,
)
from sdpaint.document.shelf import Shelf
from sdpaint.document.text_edits import SetWords
from sdpaint.document.transforms import Turn, crop, scale_document, turn_document
from sdpaint.errors import SdPaintError
from sdpaint.imaging.brush import BrushParams
from sdpaint.imaging.color import BLACK, WHITE, Color
from sdpaint.imaging.filter_table import FILTERS_BY_ID
from sdpaint.imaging.geometry import Point, Rect, Size
from sdpaint.imaging.gradient import PRESETS, Gradient
from sdpaint.imaging.projection import Projection
from sdpaint.imaging.selection import ellipse
from sdpaint.imaging.shapes import rectangle
from sdpaint.imaging.words import TextStyle, Words
from sdpaint.tools.gradient import GradientEdit
from sdpaint.tools.shape import ShapeEdit
from sdpaint.tools.strokes import stroke_along
from tests.document.trees import trees

Edit = Callable[[Document, int], Document]


def some_layer(document: Document, n: int) -> str:
    everything = list(document.walk())
    return everything[n % len(everything)].id


def on(document: Document, n: int) -> Document:
    """Another active layer, so that edits meet every kind."""
    return edits.set_active(document, some_layer(document, n))


def stroke(smudge: float, document: Document, n: int) -> Document:
    places = [Point(10.0 + 7 * n, 20.0), Point(120.0, 90.0 + n), Point(200.0, 30.0)]
    brush = BrushParams(size_px=12.0 + n, hardness=0.5, smudge=smudge)
    try:
        return stroke_along(document, document.active, brush, Color(20 * n, 40, 200), places)
    except SdPaintError:
        document = edits.add_layer(document)    # most layers here are locked, hidden or of another kind
        return stroke_along(document, document.active, brush, Color(20 * n, 40, 200), places)


def gradient(document: Document, n: int) -> Document:
    stops = PRESETS[0].stops_for(BLACK, WHITE)
    return GradientEdit(document.active, Gradient(stops, Point(3.0, 5.0), Point(90.0 + n, 60.0)), opacity=0.6)(document)


def shape(document: Document, n: int) -> Document:
    outline = rectangle(10.0, 10.0, 90.0 + n, 70.0, 4.0)
    return ShapeEdit(document.active, outline, Color(200, 10, 10), Color(0, 0, 90), 3.0, True, True)(document)


def moved(document: Document, n: int) -> Document:
    return place(lift(document, [document.active]), Projection.shift(5 * n - 20, 3 * n))


def turned(document: Document, n: int) -> Document:
    return place(lift(document, [document.active]), Projection.linear(0.9, 0.1 * n, -0.1 * n, 0.8, 12.0, 4.0))


EDITS: tuple[Edit, ...] = (
    on,
    on,
    lambda d, n: edits.add_layer(d),
    lambda d, n: edits.duplicate_layer(d, d.active),
    lambda d, n: edits.delete_layer(d, some_layer(d, n)),
    lambda d, n: edits.move_layers(d, {some_layer(d, n)}, None, n % (len(d.layers) + 1)),
    lambda d, n: layer_edits.group_layers(d, {d.active, some_layer(d, n)}),
    lambda d, n: layer_edits.ungroup(d, d.active),
    lambda d, n: layer_edits.set_clipped(d, {d.active}, n % 2 == 0),
    lambda d, n: layer_edits.add_fill(d, Color(9 * n, 80, 30)),
    lambda d, n: layer_edits.add_adjustment(d, FILTERS_BY_ID["invert"]),
    lambda d, n: layer_edits.add_mask(d, d.active, layer_edits.mask_of_selection(d)),
    lambda d, n: layer_edits.invert_mask(d, d.active),
    lambda d, n: layer_edits.apply_mask(d, d.active),
    lambda d, n: layer_edits.rasterize(d, d.active),
    lambda d, n: SetWords(f"words {n}", Words("Ag", Point(4.0 * n, 20.0), TextStyle(size_px=20 + n)))(d),
    lambda d, n: merge.merge_down(d, d.active),
    lambda d, n: merge.merge_visible(d),
    lambda d, n: filtered(d, d.active, FILTERS_BY_ID["gaussianBlur"], {"radius": 1.0 + n}),
    lambda d, n: filtered(d, d.active, FILTERS_BY_ID["posterize"], {"steps": 2 + n}),
    lambda d, n: stroke(0.0, d, n),
    lambda d, n: stroke(0.7, d, n),
    gradient,
    shape,
    moved,
    turned,
    lambda d, n: select(d, ellipse(10 * n, 5, 120, 90, d.bounds, True)),
    lambda d, n: invert_selection(d),
    lambda d, n: deselect(d),
    lambda d, n: clear_selected(d, d.active),
    lambda d, n: mask_from_selection(d),
    lambda d, n: begin_quick_mask(d),
    lambda d, n: end_quick_mask(d),
    lambda d, n: edits.fill_mask(d, Rect(8 * n, 8, 60, 50)),
    lambda d, n: edits.invert_mask(d),
    lambda d, n: turn_document(d, list(Turn)[n % len(Turn)]),
    lambda d, n: crop(d, Rect(n, n, 150, 100)),
    lambda d, n: scale_document(d, Size(120 + 10 * n, 90)),
    lambda d, n: edits.replace_layer(d, replace(d.active_layer, opacity=n / 9, visible=n % 3 > 0)),
)

commands = st.one_of(
    st.tuples(st.sampled_from(EDITS), st.integers(0, 9)),
    st.tuples(st.sampled_from(EDITS), st.integers(0, 9)),
    st.sampled_from(["undo", "undo", "redo", "pack"]),
)


def print_of(document: Document) -> tuple[object, ...]:
    """Of every tile of everything: where it is, and a checksum of its bytes."""
    maps = [
        sorted((key, zlib.crc32(tile.tobytes())) for key, tile in tiles.tiles.items())
        for tiles in document.tile_maps()
    ]
    return document.size, [(layer.id, layer.name) for layer in document.walk()], maps


@pytest.mark.usefixtures("qapp")
@given(trees(), st.lists(commands, min_size=4, max_size=24))
@settings(max_examples=40, deadline=None)
def test_any_sequence_of_edits_undo_and_redo_returns_identical_tiles(start, sequence):
    history = History(start, shelf=Shelf())
    prints, at = [print_of(start)], 0
    for command in sequence:
        if command == "undo":
            at = max(0, at - 1)
            history.undo()
        elif command == "redo":
            at = min(len(prints) - 1, at + 1)
            history.redo()
        elif command == "pack":
            work = history.tidying()
            if work is not None:
                work.run()
                history.take(work)
        else:
            edit, n = command
            try:
                after = edit(history.present, n)
            except SdPaintError:
                after = history.present     # refused, as on a locked layer
            if after is not history.present:
                history.push("Edit", after)
                del prints[at + 1 :]
                prints.append(print_of(after))
                at += 1
        assert print_of(history.present) == prints[at]
    while history.can_undo:
        at -= 1
        assert print_of(history.undo()) == prints[at]
    while history.can_redo:
        at += 1
        assert print_of(history.redo()) == prints[at]
    assert at == len(prints) - 1
