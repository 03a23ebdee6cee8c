"""The frame tool."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdpaint.document.document import Document
from sdpaint.document.edits import new_document, set_frame
from sdpaint.imaging.geometry import Point, Rect, Size
from sdpaint.tools.base import PointerEvent
from sdpaint.tools.frame import GRID_PX, MIN_SIDE_PX, FrameHandle, FrameTool, drawn, handle_at, moved, resized
from tests.tools.board import Board

FRAME = Rect(200, 160, 256, 192)
CANVAS = Size(1000, 700)
handles = st.sampled_from([handle for handle in FrameHandle if handle is not FrameHandle.INSIDE])
offsets = st.floats(-2000, 2000)


def board() -> Board:
    return Board(set_frame(new_document(CANVAS), FRAME))


def event(x: float, y: float, **more) -> PointerEvent:
    return PointerEvent(Point(x, y), **more)


def drag(board: Board, start: tuple[float, float], end: tuple[float, float], **more) -> Document:
    tool = FrameTool()
    tool.press(board, event(*start, **more))
    tool.move(board, [event(*end, **more)])
    tool.release(board, event(*end, **more))
    return board.document


@pytest.mark.parametrize(
    ("at", "handle"),
    [
        ((200, 160), FrameHandle.TOP_LEFT),
        ((330, 157), FrameHandle.TOP),
        ((460, 163), FrameHandle.TOP_RIGHT),
        ((459, 250), FrameHandle.RIGHT),
        ((456, 352), FrameHandle.BOTTOM_RIGHT),
        ((330, 355), FrameHandle.BOTTOM),
        ((195, 352), FrameHandle.BOTTOM_LEFT),
        ((193, 250), FrameHandle.LEFT),
        ((300, 250), FrameHandle.INSIDE),
        ((191, 250), None),
        ((300, 361), None),
    ],
)
def test_edges_and_corners_are_held_within_eight_view_pixels(at, handle):
    assert handle_at(FRAME, Point(*at)) is handle


def test_the_reach_is_the_same_on_screen_at_any_zoom():
    assert handle_at(FRAME, Point(170, 250), view_scale=0.25) is FrameHandle.LEFT
    assert handle_at(FRAME, Point(198, 250), view_scale=8.0) is None
    assert handle_at(FRAME, Point(202, 250), view_scale=8.0) is FrameHandle.INSIDE


def test_a_frame_that_is_small_on_screen_can_still_be_moved():
    assert handle_at(FRAME, FRAME.center, view_scale=0.02) is FrameHandle.INSIDE


def test_dragging_inside_moves_on_the_grid_as_one_step():
    drawing_board = board()
    document = drag(drawing_board, (300, 250), (341, 229))
    assert document.frame == Rect(240, 136, 256, 192)
    assert drawing_board.steps == ["Move frame"]


def test_the_frame_snaps_to_the_canvas_edges_and_control_lets_go():
    assert drag(board(), (300, 250), (105, 250)).frame.x == 0
    assert drag(board(), (300, 250), (300 + 541, 250)).frame.right == 1000
    assert drag(board(), (300, 250), (105, 251), ctrl=True).frame == Rect(5, 161, 256, 192)


@given(handles, offsets, offsets, st.booleans())
def test_resizing_keeps_the_other_side_and_gives_sides_that_latents_have(handle, dx, dy, keep_aspect):
    frame = resized(FRAME, handle, Point(dx, dy), keep_aspect)
    assert frame.width % GRID_PX == 0
    assert frame.height % GRID_PX == 0
    assert min(frame.width, frame.height) >= MIN_SIDE_PX
    toward_x, toward_y = handle.value
    if toward_x > 0:
        assert frame.left == FRAME.left
    if toward_x < 0:
        assert frame.right == FRAME.right
    if toward_y > 0:
        assert frame.top == FRAME.top
    if toward_y < 0:
        assert frame.bottom == FRAME.bottom
    if not keep_aspect:
        assert toward_x != 0 or frame.width == FRAME.width
        assert toward_y != 0 or frame.height == FRAME.height


@given(handles, st.floats(-150, 600), st.floats(-150, 600))
def test_shift_keeps_the_aspect_to_within_the_grid(handle, dx, dy):
    frame = resized(FRAME, handle, Point(dx, dy), keep_aspect=True)
    # Both sides are rounded to the grid, by half of it at most.
    assert abs(frame.width / FRAME.width - frame.height / FRAME.height) <= 4 / FRAME.width + 4 / FRAME.height


@given(st.floats(-500, 1500), st.floats(-500, 1500), st.floats(-500, 1500), st.floats(-500, 1500), st.booleans())
def test_a_drawn_frame_has_the_start_as_its_corner_and_lies_on_the_grid(x0, y0, x1, y1, square):
    frame = drawn(Point(x0, y0), Point(x1, y1), square)
    assert min(frame.width, frame.height) >= MIN_SIDE_PX
    assert all(value % GRID_PX == 0 for value in (frame.x, frame.y, frame.width, frame.height))
    assert min(abs(frame.left - x0), abs(frame.right - x0)) <= GRID_PX / 2
    assert min(abs(frame.top - y0), abs(frame.bottom - y0)) <= GRID_PX / 2
    assert not square or frame.width == frame.height


@given(offsets, offsets)
def test_moving_keeps_the_size(dx, dy):
    frame = moved(FRAME, Point(dx, dy), Rect(0, 0, 1000, 700), reach=8.0)
    assert frame.size == FRAME.size


def test_dragging_on_empty_ground_draws_a_new_frame():
    assert drag(board(), (504, 400), (704, 600)).frame == Rect(504, 400, 200, 200)
    assert drag(board(), (696, 600), (496, 400)).frame == Rect(496, 400, 200, 200)


def test_a_click_changes_nothing():
    for at in ((600, 500), (300, 250), (200, 160)):
        drawing_board = board()
        start = drawing_board.document
        assert drag(drawing_board, at, (at[0] + 1, at[1])) is start
        assert drawing_board.steps == []


def test_the_frame_is_seen_while_it_is_dragged_and_escape_puts_it_back():
    drawing_board, tool = board(), FrameTool()
    start = drawing_board.document
    tool.press(drawing_board, event(300, 250))
    tool.move(drawing_board, [event(380, 250)])
    assert drawing_board.seen.frame.x == 280
    assert drawing_board.document is start
    tool.cancel(drawing_board)
    assert drawing_board.seen is start
    tool.release(drawing_board, event(380, 250))
    assert drawing_board.steps == []


def test_a_frame_dragged_out_and_back_leaves_no_step():
    drawing_board, tool = board(), FrameTool()
    start = drawing_board.document
    tool.press(drawing_board, event(300, 250))
    tool.move(drawing_board, [event(380, 250)])
    tool.release(drawing_board, event(300, 250))
    assert drawing_board.steps == []
    assert drawing_board.seen is start


@pytest.mark.parametrize("bad", [math.nan, math.inf, -1e300])
def test_impossible_places_make_no_impossible_frames(bad):
    for start, end in (((600, 500), (bad, 600)), ((bad, 5), (600, 600)), ((300, 250), (bad, bad))):
        frame = drag(board(), start, end).frame
        assert abs(frame.x) < 1e6
        assert frame.width < 40000


def test_the_gesture_goes_on_in_a_changed_document_only_if_the_frame_is_the_same():
    drawing_board, tool = board(), FrameTool()
    tool.press(drawing_board, event(300, 250))
    assert tool.rebase(drawing_board)
    drawing_board.document = set_frame(drawing_board.document, Rect(0, 0, 64, 64))
    assert not tool.rebase(drawing_board)
