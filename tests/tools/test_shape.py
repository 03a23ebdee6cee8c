"""The shape tool: what a drag or clicks draw."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from sdpaint.document.document import Document
from sdpaint.document.edits import new_document, replace_layer
from sdpaint.document.selection_edits import select
from sdpaint.imaging.brush import BrushParams
from sdpaint.imaging.color import Color
from sdpaint.imaging.geometry import Point, Rect, Size
from sdpaint.imaging.selection import rectangle
from sdpaint.imaging.shapes import ShapeKind
from sdpaint.imaging.snapping import SnapTargets
from sdpaint.tools.base import LastingTool, PointerEvent, ToolRefused
from sdpaint.tools.options import Ink, ShapeOptions, Target
from sdpaint.tools.shape import ShapeTool
from tests.tools.board import Board

SIZE = Size(300, 200)
RED, RED_PIXEL = Color(200, 30, 40), (40, 30, 200, 255)
WHITE_PIXEL = (255, 255, 255, 255)


def board(document: Document | None = None, **options) -> Board:
    made = Board(document or new_document(SIZE, None), color=RED)
    made.options[ShapeOptions] = ShapeOptions(**options)
    return made


def drag(board: Board, start: tuple[float, float], end: tuple[float, float], **keys) -> np.ndarray:
    tool = ShapeTool()
    tool.press(board, PointerEvent(Point(*start), **keys))
    tool.move(board, [PointerEvent(Point(*end), **keys)])
    seen = board.seen
    tool.release(board, PointerEvent(Point(*end), **keys))
    assert not board.steps or seen.active_layer.tiles == board.document.active_layer.tiles
    return pixels(board.document)


def pixels(document: Document) -> np.ndarray:
    return document.active_layer.tiles.read(document.bounds)


def used(found: np.ndarray) -> tuple[int, int, int, int]:
    rows, columns = np.nonzero(found[..., 3])
    return int(columns.min()), int(rows.min()), int(columns.max()) + 1, int(rows.max()) + 1


def test_a_rectangle_lies_on_whole_pixels_and_is_one_step():
    made = board()
    found = drag(made, (10.3, 20.4), (99.8, 60.1))
    assert made.steps == ["Rectangle"]
    assert used(found) == (10, 20, 100, 60)
    assert (found[20:60, 10:100] == RED_PIXEL).all()


def test_fill_and_outline_have_their_own_colours():
    found = drag(board(stroke=Ink.BACKGROUND, width_px=10), (50, 50), (150, 150))
    assert tuple(found[100, 100]) == RED_PIXEL
    assert tuple(found[100, 48]) == WHITE_PIXEL
    assert used(found) == (45, 45, 155, 155)


def test_an_outline_alone_leaves_the_inside_empty():
    found = drag(board(fill=Ink.NONE, stroke=Ink.FOREGROUND), (50, 50), (150, 150))
    assert not found[100, 100].any()
    assert tuple(found[100, 50]) == RED_PIXEL


def test_shift_makes_squares_and_alt_draws_from_the_middle():
    assert used(drag(board(), (100, 100), (160, 120), shift=True)) == (100, 100, 160, 160)
    assert used(drag(board(), (100, 100), (160, 120), alt=True)) == (40, 80, 160, 120)
    assert used(drag(board(kind=ShapeKind.ELLIPSE), (100, 100), (130, 120), shift=True, alt=True)) == (70, 70, 130, 130)


def test_edges_are_smooth_or_not_as_asked():
    smooth = drag(board(kind=ShapeKind.ELLIPSE), (10, 10), (150, 110))
    hard = drag(board(kind=ShapeKind.ELLIPSE, antialias=False), (10, 10), (150, 110))
    assert len(np.unique(smooth[..., 3])) > 20
    assert set(np.unique(hard[..., 3])) == {0, 255}


def test_a_line_takes_the_ink_that_is_there_and_keeps_its_angle():
    found = drag(board(kind=ShapeKind.LINE, width_px=6), (50, 100), (250, 108), shift=True)
    assert used(found)[1::2] == (97, 103)
    assert tuple(found[100, 150]) == RED_PIXEL
    found = drag(board(kind=ShapeKind.LINE, fill=Ink.NONE, stroke=Ink.BACKGROUND), (50, 100), (250, 100))
    assert tuple(found[100, 150]) == WHITE_PIXEL


def test_a_star_is_dragged_from_its_middle():
    found = drag(board(kind=ShapeKind.POLYGON, sides=5, inner=0.4), (100, 100), (100, 40))
    assert used(found)[1] == 40
    assert tuple(found[100, 100]) == RED_PIXEL
    assert not found[60, 130].any()


def test_the_brush_draws_the_outline():
    made = board(fill=Ink.NONE, stroke=Ink.BRUSH)
    made.brush = BrushParams(size_px=12, hardness=0.9)
    found = drag(made, (50, 50), (150, 150))
    assert made.steps == ["Rectangle"]
    # The whole way round, corners included.
    for x, y in ((100, 50), (150, 100), (100, 149), (50, 100), (52, 52), (148, 148)):
        assert found[y, x, 3] > 200, (x, y)
    assert not found[100, 100].any()


def test_shapes_keep_to_the_selection_and_the_canvas():
    document = select(new_document(SIZE, None), rectangle(Rect(0, 0, 100, 200)))
    assert used(drag(board(document), (50, -50), (1000, 100))) == (50, 0, 100, 100)


def test_shapes_on_the_mask_are_masked():
    made = board(target=Target.MASK)
    drag(made, (50, 50), (150, 150))
    mask = made.document.mask.tiles.read(made.document.bounds)
    assert (mask[50:150, 50:150] == 255).all()
    assert mask.sum() == 255 * 100 * 100
    assert made.steps == ["Rectangle"]


def test_opacity_counts_once_where_fill_and_outline_overlap():
    found = drag(board(stroke=Ink.FOREGROUND, width_px=10, opacity=0.5), (50, 50), (150, 150))
    assert set(np.unique(found[40:160, 40:160, 3])) <= {0, 127, 128}


@pytest.mark.parametrize("end", [(50, 50), (51, 52), (float("nan"), 3.0)])
def test_a_click_draws_nothing(end):
    made = board()
    drag(made, (50, 50), end)
    assert made.steps == []


def test_a_shape_without_any_ink_is_refused_with_a_remedy():
    with pytest.raises(ToolRefused, match="neither"):
        drag(board(fill=Ink.NONE), (50, 50), (150, 150))


def test_a_hidden_layer_is_refused():
    document = new_document(SIZE)
    document = replace_layer(document, replace(document.active_layer, visible=False))
    with pytest.raises(ToolRefused, match="hidden"):
        drag(board(document), (50, 50), (150, 150))


def click(tool: ShapeTool, made: Board, x: float, y: float, time_ms: float) -> None:
    tool.press(made, PointerEvent(Point(x, y), time_ms=time_ms))
    tool.release(made, PointerEvent(Point(x, y), time_ms=time_ms + 50))


def test_a_free_polygon_is_clicked_and_closed_by_enter():
    made, tool = board(kind=ShapeKind.FREE), ShapeTool()
    assert isinstance(tool, LastingTool)
    for i, (x, y) in enumerate(((50, 50), (150, 50), (150, 150), (10, 10))):
        click(tool, made, x, y, 1000.0 * i)
    tool.step_back(made)
    assert tool.is_open
    assert made.draft is not None
    tool.confirm(made)
    assert made.steps == ["Polygon"]
    assert not tool.is_open
    found = pixels(made.document)
    assert tuple(found[70, 140]) == RED_PIXEL
    assert not found[140, 60].any()


def test_a_click_on_the_first_corner_closes_it_and_esc_drops_it():
    made, tool = board(kind=ShapeKind.FREE), ShapeTool()
    for i, (x, y) in enumerate(((50, 50), (150, 50), (150, 150), (51, 51))):
        click(tool, made, x, y, 1000.0 * i)
    assert made.steps == ["Polygon"]
    click(tool, made, 10, 10, 9000)
    tool.cancel(made)
    assert not tool.is_open
    assert made.draft is None
    assert made.steps == ["Polygon"]


def test_corners_snap_to_lines_that_are_near():
    made = board()
    made.snapping = SnapTargets(xs=(10.0, 100.0), ys=(20.0,), grid=None)
    assert used(drag(made, (13, 17), (95, 60))) == (10, 20, 100, 60)
    assert used(drag(board(), (13, 17), (95, 60))) == (13, 17, 95, 60)


def test_corners_of_a_free_polygon_snap_too():
    made, tool = board(kind=ShapeKind.FREE), ShapeTool()
    made.snapping = SnapTargets(xs=(50.0, 150.0), ys=(50.0,))
    for place in ((46, 53), (154, 47), (100, 120)):
        tool.press(made, PointerEvent(Point(*place)))
        tool.release(made, PointerEvent(Point(*place)))
    assert made.draft.points[:2] == (Point(50, 50), Point(150, 50))
    tool.confirm(made)
    assert used(pixels(made.document))[:3] == (50, 50, 150)
