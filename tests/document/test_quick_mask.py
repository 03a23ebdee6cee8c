"""The quick mask and saved selections as edits of the document."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdpaint.document.edits import new_document, resize_canvas
from sdpaint.document.quick_mask import begin_quick_mask, end_quick_mask, fill_quick_mask, masking_value
from sdpaint.document.saved_selections import (
    delete_saved_selection,
    free_selection_name,
    load_selection,
    save_selection,
)
from sdpaint.document.selection_edits import ColorRange, deselect, select, select_all, select_color_range
from sdpaint.document.transforms import Turn, turn_document
from sdpaint.imaging.color import BLACK, WHITE, Color
from sdpaint.imaging.geometry import Rect, Size
from sdpaint.imaging.selection import SelectionMode, StrokePlace, coverage_map, outline_band, rectangle
from sdpaint.tools.fill import fill_coverage

SIZE = Size(200, 150)
BOX = Rect(20, 30, 60, 50)


def selected(rect=BOX):
    return select(new_document(SIZE), rectangle(rect))


def coverage(document):
    return document.selection.read(document.bounds)


@given(st.integers(0, 2**32 - 1))
def test_into_the_quick_mask_and_out_again_is_the_same_selection(seed):
    soft = np.random.default_rng(seed).integers(0, 256, (150, 200), np.uint8)
    document = select(new_document(SIZE), coverage_map(soft))
    masked = begin_quick_mask(document)
    assert masked.selection is None
    assert np.array_equal(masked.quick_mask.read(masked.bounds), 255 - soft)
    assert end_quick_mask(masked) == document


def test_without_a_selection_nothing_is_masked_and_nothing_selected_afterwards():
    masked = begin_quick_mask(new_document(SIZE))
    assert masked.quick_mask.is_empty
    assert end_quick_mask(masked).selection is None


def test_the_red_of_the_quick_mask_stands_in_for_the_inpaint_mask():
    document = selected()
    assert document.shown_mask is document.mask
    masked = begin_quick_mask(document)
    assert masked.shown_mask.tiles is masked.quick_mask
    assert masked.shown_mask.color.red > 200


def test_it_is_filled_within_what_is_selected_beside_it():
    masked = select(begin_quick_mask(new_document(SIZE)), rectangle(BOX))
    filled = fill_quick_mask(masked, 200)
    assert filled.quick_mask.bounds() == BOX
    assert filled.quick_mask.read(BOX).max() == 200
    assert fill_quick_mask(deselect(filled), 0).quick_mask.is_empty


def test_black_masks_white_selects_and_greys_lie_between():
    assert masking_value(BLACK) == 255
    assert masking_value(WHITE) == 0
    assert 100 < masking_value(Color(128, 128, 128)) < 155


def test_a_selection_is_saved_replaced_and_forgotten():
    document = save_selection(selected(), "Sky")
    assert free_selection_name(document) == "Selection 1"
    other = save_selection(select(document, rectangle(Rect(0, 0, 5, 5))), "Sky")
    assert [saved.name for saved in other.saved_selections] == ["Sky"]
    assert other.saved_selections[0].tiles.bounds() == Rect(0, 0, 5, 5)
    assert delete_saved_selection(other, "Sky").saved_selections == ()
    assert save_selection(new_document(SIZE), "Nothing").saved_selections == ()


@pytest.mark.parametrize(
    ("mode", "bounds"),
    [
        (SelectionMode.REPLACE, BOX),
        (SelectionMode.ADD, Rect(20, 30, 80, 50)),
        (SelectionMode.SUBTRACT, Rect(80, 30, 20, 50)),
        (SelectionMode.INTERSECT, Rect(50, 30, 30, 50)),
    ],
)
def test_a_saved_selection_is_put_to_the_one_that_is_there(mode, bounds):
    document = save_selection(selected(), "Box")
    document = select(document, rectangle(Rect(50, 30, 50, 50)))
    assert load_selection(document, "Box", mode).selection.bounds() == bounds


def test_saved_selections_move_turn_and_are_cut_with_the_canvas():
    document = begin_quick_mask(save_selection(selected(), "Box"))
    moved = resize_canvas(document, Size(100, 100), -30, -10)
    assert moved.saved_selections[0].tiles.bounds() == Rect(0, 20, 50, 50)
    assert moved.quick_mask.read(moved.bounds)[20:70, :50].max() == 0
    turned = turn_document(document, Turn.RIGHT)
    assert turned.saved_selections[0].tiles.bounds() == Rect(70, 20, 50, 60)
    assert resize_canvas(document, Size(10, 10)).saved_selections == ()


def test_every_area_of_a_colour_is_selected_wherever_it_lies():
    document = new_document(SIZE)
    for rect, color in ((BOX, Color(200, 40, 30)), (Rect(120, 100, 30, 30), Color(190, 50, 40))):
        document = fill_coverage(document, document.active, rectangle(rect), color)
    near = select_color_range(document, ColorRange((Color(200, 40, 30),), 60))
    assert coverage(near)[50, 50] == 255
    assert coverage(near)[110, 130] == 255
    assert coverage(near)[5, 5] == 0
    exact = select_color_range(document, ColorRange((Color(200, 40, 30),), 0))
    assert exact.selection.bounds() == BOX
    both = select_color_range(document, ColorRange((Color(200, 40, 30), Color(190, 50, 40)), 0))
    assert both.selection.bounds() == Rect(20, 30, 130, 100)


def test_fuzziness_falls_off_to_nothing():
    ramp = np.zeros((150, 200, 4), np.uint8)
    ramp[..., 0] = ramp[..., 1] = ramp[..., 2] = np.arange(200)
    ramp[..., 3] = 255
    document = new_document(SIZE)
    found = coverage(select_color_range(document, ColorRange((Color(100, 100, 100),), 40), ramp))[0].astype(int)
    assert (found[80:121] == 255).all()
    assert (np.diff(found[100:]) <= 0).all()
    assert 0 < found[130] < 255
    assert found[141] == 0
    assert found[59] == 0


def test_what_is_transparent_is_selected_by_its_alpha_at_most():
    document = new_document(SIZE, None)
    document = fill_coverage(document, document.active, rectangle(BOX), Color(200, 40, 30), 0.5)
    found = select_color_range(document, ColorRange((Color(200, 40, 30),), 40))
    assert found.selection.bounds() == BOX
    assert coverage(found).max() == 128


@pytest.mark.parametrize(
    ("place", "bounds"),
    [
        (StrokePlace.INSIDE, BOX),
        (StrokePlace.CENTER, BOX.inflated(2)),
        (StrokePlace.OUTSIDE, BOX.inflated(4)),
    ],
)
def test_a_line_lies_where_it_was_asked_for(place, bounds):
    band = outline_band(rectangle(BOX), 4, place, Rect.of_size(SIZE))
    assert band.bounds() == bounds
    row = band.read(Rect(0, 55, 200, 1))[0]
    assert int(row[:50].sum()) == 4 * 255
    assert row[50] == 0


def test_with_all_selected_the_line_runs_along_the_edge_of_the_canvas():
    document = select_all(new_document(SIZE))
    band = outline_band(document.selection, 3, StrokePlace.INSIDE, document.bounds)
    assert band.read(Rect(0, 70, 4, 1)).tolist() == [[255, 255, 255, 0]]
