"""Selection tools, through a context that is a plain value."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdpaint.document.document import Document
from sdpaint.document.edits import new_document, with_layer_tiles
from sdpaint.document.selection_edits import select
from sdpaint.imaging.geometry import Point, Rect, Size
from sdpaint.imaging.selection import SelectionMode, rectangle
from sdpaint.imaging.snapping import SnapTargets
from sdpaint.imaging.tiles import TileMap
from sdpaint.tools.base import LastingTool, PointerEvent, Tool, ToolName
from sdpaint.tools.options import FillOptions, SelectionOptions
from sdpaint.tools.polygon import PolygonTool
from sdpaint.tools.selection import BoxSelectTool, LassoTool, mode_for
from sdpaint.tools.wand import WandTool
from tests.tools.board import Board

SIZE = Size(300, 200)
BOX = Rect(0, 0, 60, 60)


def event(x: float, y: float, **more) -> PointerEvent:
    return PointerEvent(Point(x, y), **more)


def drag(tool: Tool, board: Board, *places: tuple[float, float], **more) -> None:
    tool.press(board, event(*places[0], **more))
    tool.move(board, [event(*place, **more) for place in places[1:]])
    tool.release(board, event(*places[-1], **more))


def selected(document: Document) -> np.ndarray:
    assert document.selection is not None
    return document.selection.read(document.bounds)


def board(selection: Rect | None = None) -> Board:
    document = new_document(SIZE)
    return Board(document if selection is None else select(document, rectangle(selection)))


def box_tool() -> BoxSelectTool:
    return BoxSelectTool(ToolName.SELECT_RECTANGLE)


def test_a_drag_selects_a_rectangle_of_whole_pixels_in_one_step():
    desk = board()
    drag(box_tool(), desk, (10.4, 20.3), (80, 90), (49.6, 60.2))
    assert desk.steps == ["Select a rectangle"]
    assert desk.document.selection == rectangle(Rect(10, 20, 40, 40))


@given(*[st.floats(-100, 400)] * 4)
def test_any_two_corners_select_what_lies_between_them(x0, y0, x1, y1):
    desk = board()
    drag(box_tool(), desk, (x0, y0), (x1, y1))
    expected = Rect.from_edges(
        *(round(min(pair)) for pair in ((x0, x1), (y0, y1))), *(round(max(pair)) for pair in ((x0, x1), (y0, y1)))
    ).intersected(desk.document.bounds)
    if expected.is_empty or max(abs(x1 - x0), abs(y1 - y0)) < 3:
        return
    assert desk.document.selection == rectangle(expected)


def test_while_dragging_a_draft_is_shown_and_the_document_stays():
    desk, tool = board(), box_tool()
    tool.press(desk, event(10, 10))
    assert desk.draft is None
    tool.move(desk, [event(50, 40)])
    assert desk.draft.points == (Point(10, 10), Point(50, 10), Point(50, 40), Point(10, 40))
    assert desk.document.selection is None
    tool.cancel(desk)
    assert desk.draft is None
    tool.release(desk, event(50, 40))
    assert desk.steps == []


def test_a_click_takes_the_selection_away_and_leaves_no_step_without_one():
    desk = board(BOX)
    drag(box_tool(), desk, (100, 100), (101, 100))
    assert desk.steps == ["Deselect"]
    assert desk.document.selection is None
    drag(box_tool(), desk, (100, 100))
    assert desk.steps == ["Deselect"]


def test_a_click_at_high_zoom_is_a_drag_of_pixels():
    desk = board()
    drag(box_tool(), desk, (10, 10), (11, 11), view_scale=32.0)
    assert desk.document.selection == rectangle(Rect(10, 10, 1, 1))


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ({}, SelectionMode.REPLACE),
        ({"shift": True}, SelectionMode.ADD),
        ({"alt": True}, SelectionMode.SUBTRACT),
        ({"shift": True, "alt": True}, SelectionMode.INTERSECT),
    ],
)
def test_the_keys_at_press_say_what_the_shape_does(keys, expected):
    assert mode_for(event(0, 0, **keys), SelectionOptions()) is expected
    desk = board(BOX)
    drag(box_tool(), desk, (90, 90), (30, 30), **keys)
    old, shape = np.zeros((200, 300), bool), np.zeros((200, 300), bool)
    old[:60, :60] = True
    shape[30:90, 30:90] = True
    outcome = {
        SelectionMode.REPLACE: shape,
        SelectionMode.ADD: old | shape,
        SelectionMode.SUBTRACT: old & ~shape,
        SelectionMode.INTERSECT: old & shape,
    }[expected]
    assert np.array_equal(selected(desk.document) == 255, outcome)


def test_the_options_say_it_where_no_key_does():
    desk = board(BOX)
    desk.put_options(SelectionOptions(mode=SelectionMode.ADD))
    drag(box_tool(), desk, (100, 100), (120, 120))
    assert selected(desk.document)[10, 10] == selected(desk.document)[110, 110] == 255
    drag(box_tool(), desk, (5, 5))
    assert desk.document.selection is not None


def test_shift_pressed_after_the_press_makes_a_square_and_alt_centres_it():
    desk, tool = board(), box_tool()
    tool.press(desk, event(100, 100))
    tool.move(desk, [event(120, 110), event(130, 110, shift=True)])
    tool.release(desk, event(130, 110, shift=True))
    assert desk.document.selection == rectangle(Rect(100, 100, 30, 30))
    desk = board()
    tool.press(desk, event(100, 100))
    tool.release(desk, event(130, 110, alt=True))
    assert desk.document.selection == rectangle(Rect(70, 90, 60, 20))


def test_the_key_that_adds_makes_a_square_once_it_was_let_go():
    desk, tool = board(BOX), box_tool()
    tool.press(desk, event(100, 100, shift=True))
    tool.move(desk, [event(130, 110, shift=True), event(130, 110), event(130, 110, shift=True)])
    tool.release(desk, event(130, 110, shift=True))
    assert selected(desk.document)[125, 125] == 255
    assert selected(desk.document)[10, 10] == 255


def test_an_ellipse_lies_in_the_box():
    desk = board()
    drag(BoxSelectTool(ToolName.SELECT_ELLIPSE), desk, (20, 20), (120, 80))
    assert desk.document.selection.bounds() == Rect(20, 20, 100, 60)
    assert selected(desk.document)[22, 22] == 0
    assert selected(desk.document)[50, 70] == 255


def test_feather_softens_every_shape():
    desk = board()
    desk.put_options(SelectionOptions(feather_px=8))
    drag(box_tool(), desk, (50, 50), (150, 150))
    assert 0 < selected(desk.document)[100, 46] < 128 < selected(desk.document)[100, 53] < 255


def test_the_lasso_selects_what_it_goes_around():
    desk, tool = board(), LassoTool()
    tool.press(desk, event(50, 50))
    tool.move(desk, [event(150, 50), event(150, 120)])
    assert not desk.draft.is_closed
    assert len(desk.draft.points) == 3
    tool.release(desk, event(50, 120))
    assert desk.steps == ["Select with the lasso"]
    assert desk.document.selection == rectangle(Rect(50, 50, 100, 70))


def test_a_click_with_the_lasso_deselects():
    desk = board(BOX)
    drag(LassoTool(), desk, (100, 100), (101, 101))
    assert desk.document.selection is None


def test_a_polygon_closes_at_its_first_corner():
    desk, tool = board(), PolygonTool()
    for place in ((50, 50), (150, 50), (150, 120)):
        drag(tool, desk, place)
        assert tool.is_open
        assert desk.draft.follows_pointer
    assert desk.steps == []
    drag(tool, desk, (53, 52))
    assert desk.steps == ["Select a polygon"]
    assert not tool.is_open
    assert selected(desk.document)[70, 140] == 255
    assert selected(desk.document)[110, 60] == 0


def test_a_polygon_closes_on_a_double_click_and_by_confirming():
    for end in ("click", "confirm"):
        desk, tool = board(), PolygonTool()
        for place in ((50, 50), (150, 50), (150, 120), (50, 120)):
            drag(tool, desk, place)
        if end == "click":
            drag(tool, desk, (50.5, 120))
        else:
            tool.confirm(desk)
        assert desk.document.selection == rectangle(Rect(50, 50, 100, 70))


def test_a_corner_goes_with_the_pointer_until_it_is_let_go():
    desk, tool = board(), PolygonTool()
    drag(tool, desk, (50, 50))
    drag(tool, desk, (100, 100), (150, 50))
    assert desk.draft.points == (Point(50, 50), Point(150, 50))


def test_corners_are_taken_back_one_by_one():
    desk, tool = board(), PolygonTool()
    assert isinstance(tool, LastingTool)
    drag(tool, desk, (50, 50))
    drag(tool, desk, (150, 50))
    tool.step_back(desk)
    assert desk.draft.points == (Point(50, 50),)
    tool.step_back(desk)
    assert not tool.is_open
    assert desk.draft is None


def test_a_polygon_without_area_deselects_and_cancel_drops_it():
    desk, tool = board(BOX), PolygonTool()
    drag(tool, desk, (150, 150))
    tool.cancel(desk)
    assert not tool.is_open
    assert desk.steps == []
    drag(tool, desk, (150, 150))
    tool.confirm(desk)
    assert desk.document.selection is None


def test_the_wand_selects_what_is_seen_or_what_the_layer_holds():
    document = new_document(SIZE)
    pixels = np.zeros((200, 300, 4), np.uint8)
    pixels[50:100, 50:100] = (0, 0, 200, 255)
    document = with_layer_tiles(document, document.layers[0].id, TileMap.from_pixels(pixels))
    desk = Board(document)
    WandTool().press(desk, event(70.5, 70.5))
    assert desk.steps == ["Select with the wand"]
    assert desk.document.selection == rectangle(Rect(50, 50, 50, 50))
    desk.put_options(replace(desk.options_of(SelectionOptions), sample_all_layers=False))
    WandTool().press(desk, event(70.5, 70.5))
    assert selected(desk.document).min() == 255


def test_the_wand_beside_the_canvas_deselects():
    desk = board(BOX)
    WandTool().press(desk, event(-5, 10))
    assert desk.document.selection is None


@pytest.mark.parametrize("tool", [box_tool, LassoTool, PolygonTool, WandTool])
@pytest.mark.parametrize("where", [float("nan"), float("inf"), 1e300])
def test_places_that_are_no_places_do_no_harm(tool, where):
    desk = board(BOX)
    made = tool()
    drag(made, desk, (where, 10), (20, where), (where, where))
    drag(made, desk, (10, 10), (where, 40), (30, 30))
    assert desk.document.size == SIZE


@pytest.mark.parametrize(
    ("options", "values"),
    [
        (SelectionOptions, {"feather_px": -1}),
        (SelectionOptions, {"tolerance": 256}),
        (FillOptions, {"grow_px": 1000}),
        (FillOptions, {"opacity": 1.5}),
    ],
)
def test_options_out_of_range_are_refused(options, values):
    with pytest.raises(ValueError, match="not"):
        options(**values)


# -- pushing what is selected


@pytest.mark.parametrize("tool", [box_tool, LassoTool])
def test_a_drag_inside_the_selection_pushes_it(tool):
    desk, made = board(BOX), tool()
    made.press(desk, event(30, 30))
    made.move(desk, [event(60, 40), event(130.4, 49.6)])
    assert desk.draft.pushed_by == (100, 20)
    assert desk.document.selection == rectangle(BOX)
    made.release(desk, event(130.4, 49.6))
    assert desk.steps == ["Move selection"]
    assert desk.document.selection == rectangle(BOX.translated(100, 20))


def test_shift_pushes_level_or_upright():
    desk = board(BOX)
    drag(box_tool(), desk, (30, 30), (90, 40))
    tool = box_tool()
    tool.press(desk, event(90, 40))
    tool.release(desk, event(95, 90, shift=True))
    assert desk.document.selection == rectangle(BOX.translated(60, 60))


def test_what_is_pushed_off_the_canvas_is_selected_no_more():
    desk = board(BOX)
    drag(box_tool(), desk, (30, 30), (10, 30))
    assert desk.document.selection == rectangle(Rect(0, 0, 40, 60))
    drag(box_tool(), desk, (30, 30), (-200, 30))
    assert desk.document.selection is None


def test_a_click_inside_deselects_and_cancelling_a_push_leaves_it():
    desk, tool = board(BOX), box_tool()
    tool.press(desk, event(30, 30))
    tool.move(desk, [event(90, 90)])
    tool.cancel(desk)
    assert desk.draft is None
    assert desk.document.selection == rectangle(BOX)
    drag(tool, desk, (30, 30), (31, 30))
    assert desk.steps == ["Deselect"]


def test_keys_and_other_modes_draw_instead_of_pushing():
    desk = board(BOX)
    drag(box_tool(), desk, (30, 30), (90, 90), shift=True)
    assert desk.steps == ["Select a rectangle"]
    desk.put_options(SelectionOptions(mode=SelectionMode.INTERSECT))
    drag(box_tool(), desk, (30, 30), (50, 50))
    assert desk.document.selection == rectangle(Rect(30, 30, 20, 20))


def test_a_double_tap_may_wander_a_little_where_it_is_quick():
    for wait_ms, closes in ((200, True), (2000, False)):
        desk, tool = board(), PolygonTool()
        for i, place in enumerate(((50, 50), (150, 50), (150, 120))):
            drag(tool, desk, place, time_ms=1000.0 * i)
        drag(tool, desk, (155, 122), time_ms=2000.0 + wait_ms)
        assert tool.is_open is not closes


def test_corners_of_a_polygon_snap_to_lines_that_are_near():
    desk, tool = board(), PolygonTool()
    desk.snapping = SnapTargets(xs=(50.0, 150.0), ys=(50.0,))
    for place in ((46, 53), (154, 47), (100, 120)):
        drag(tool, desk, place)
    assert desk.draft.points[:2] == (Point(50, 50), Point(150, 50))
