"""Clone stamp, painting on the quick mask, and painting along outlines."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from sdpaint.document.edits import insert_layer, new_document
from sdpaint.document.layers import Layer
from sdpaint.document.quick_mask import begin_quick_mask
from sdpaint.document.selection_edits import select
from sdpaint.imaging.brush import BrushParams
from sdpaint.imaging.color import BLACK, WHITE, Color
from sdpaint.imaging.geometry import Point, Rect, Size
from sdpaint.imaging.selection import StrokePlace, ellipse, rectangle
from sdpaint.imaging.tiles import TileMap
from sdpaint.tools.base import PointerEvent, ToolName, ToolRefused
from sdpaint.tools.clone import CloneTool
from sdpaint.tools.options import CloneOptions
from sdpaint.tools.outline_stroke import outlines, stroke_with_brush, stroke_with_line
from sdpaint.tools.paint import PaintTool
from tests.tools.board import Board

HARD = BrushParams(size_px=20, hardness=1.0, pressure_size=False)
CANVAS = Rect(0, 0, 300, 200)


def noisy_board() -> Board:
    noise = np.random.default_rng(1).integers(0, 256, (200, 300, 4), np.uint8)
    noise[..., 3] = 255
    document = new_document(Size(300, 200), None)
    return Board(insert_layer(document, Layer("Noise", TileMap.from_pixels(noise))), HARD)


def pixels(board: Board) -> np.ndarray:
    return board.document.active_layer.tiles.read(CANVAS)


def stroke(tool, board, *points, **keys):
    tool.press(board, PointerEvent(points[0], **keys))
    tool.move(board, [PointerEvent(point, **keys) for point in points])
    tool.release(board, PointerEvent(points[-1], **keys))


def test_without_a_source_nothing_is_cloned():
    with pytest.raises(ToolRefused, match="source"):
        CloneTool().press(noisy_board(), PointerEvent(Point(50, 50)))


def test_what_lies_at_the_source_is_copied_to_the_pixel():
    board, tool = noisy_board(), CloneTool()
    before = pixels(board)
    stroke(tool, board, Point(60, 50), alt=True)
    assert board.steps == []
    stroke(tool, board, Point(200, 120), Point(220, 120))
    assert board.steps == ["Clone"]
    after = pixels(board)
    assert np.array_equal(after[115:126, 200:221], before[45:56, 60:81])
    assert np.array_equal(after[:100], before[:100])


def test_an_aligned_source_keeps_its_distance_from_stroke_to_stroke():
    board, tool = noisy_board(), CloneTool()
    before = pixels(board)
    stroke(tool, board, Point(60, 50), alt=True)
    stroke(tool, board, Point(200, 120))
    stroke(tool, board, Point(240, 160))
    assert np.array_equal(pixels(board)[155:166, 235:246], before[85:96, 95:106])
    assert tool.mark(board, Point(240, 160)) == Point(100, 90)


def test_one_that_isnt_aligned_begins_at_the_source_each_time():
    board, tool = noisy_board(), CloneTool()
    board.options[CloneOptions] = CloneOptions(aligned=False)
    before = pixels(board)
    stroke(tool, board, Point(60, 50), alt=True)
    stroke(tool, board, Point(200, 120))
    stroke(tool, board, Point(240, 160))
    assert np.array_equal(pixels(board)[155:166, 235:246], before[45:56, 55:66])
    assert tool.mark(board, Point(10, 10)) == Point(60, 50)


def test_all_layers_are_copied_onto_an_empty_one_where_asked_for():
    board, tool = noisy_board(), CloneTool()
    before = pixels(board)
    board.document = insert_layer(board.document, Layer("Empty"))
    stroke(tool, board, Point(60, 50), alt=True)
    stroke(tool, board, Point(200, 120))
    assert board.document.active_layer.tiles.is_empty
    board.options[CloneOptions] = CloneOptions(sample_all_layers=True)
    stroke(tool, board, Point(200, 120))
    assert np.array_equal(pixels(board)[115:126, 195:206], before[45:56, 55:66])


def test_beyond_the_canvas_there_is_nothing_to_copy():
    board, tool = noisy_board(), CloneTool()
    before = pixels(board)
    stroke(tool, board, Point(-200, -200), alt=True)
    stroke(tool, board, Point(100, 100))
    assert np.array_equal(pixels(board), before)


def test_the_selection_limits_the_stamp():
    board, tool = noisy_board(), CloneTool()
    board.document = select(board.document, rectangle(Rect(0, 0, 200, 200)))
    before = pixels(board)
    stroke(tool, board, Point(60, 50), alt=True)
    stroke(tool, board, Point(200, 120))
    assert np.array_equal(pixels(board)[:, 200:], before[:, 200:])
    assert not np.array_equal(pixels(board)[:, :200], before[:, :200])


def test_dark_strokes_mask_light_ones_select_and_the_eraser_does_too():
    board = Board(begin_quick_mask(new_document(Size(300, 200))), HARD, BLACK)
    brush, eraser = PaintTool(ToolName.BRUSH), PaintTool(ToolName.ERASER)
    layer = board.document.active_layer
    stroke(brush, board, Point(50, 100), Point(250, 100))
    assert board.document.quick_mask.read(Rect(150, 100, 1, 1)) == 255
    board.foreground = WHITE
    stroke(brush, board, Point(100, 100))
    assert board.document.quick_mask.read(Rect(100, 100, 1, 1)) == 0
    stroke(eraser, board, Point(200, 100))
    assert board.document.quick_mask.read(Rect(200, 100, 1, 1)) == 0
    assert board.document.active_layer is layer
    assert set(board.steps) == {"Paint quick mask"}


def test_the_inpaint_mask_isnt_painted_unseen_beneath_the_quick_mask():
    board = Board(begin_quick_mask(new_document(Size(300, 200))), HARD, BLACK)
    with pytest.raises(ToolRefused, match="quick mask"):
        PaintTool(ToolName.MASK_BRUSH).press(board, PointerEvent(Point(50, 50)))


def test_soft_dabs_on_the_quick_mask_are_soft():
    board = Board(begin_quick_mask(new_document(Size(300, 200))), replace(HARD, size_px=60, hardness=0.0), BLACK)
    stroke(PaintTool(ToolName.BRUSH), board, Point(150, 100))
    row = board.document.quick_mask.read(Rect(150, 100, 40, 1))[0].astype(int)
    assert row[0] > 250
    assert 60 < row[15] < 200
    assert (np.diff(row) <= 0).all()


def test_a_line_is_painted_along_the_outline_beyond_the_selection():
    document = select(new_document(Size(300, 200), None), rectangle(Rect(50, 50, 100, 80)))
    painted = stroke_with_line(document, document.active, 6, StrokePlace.CENTER, Color(255, 0, 0))
    assert painted.active_layer.tiles.bounds() == Rect(47, 47, 106, 86)
    assert painted.active_layer.tiles.read(Rect(90, 90, 1, 1)).max() == 0
    assert painted.selection is document.selection


def test_the_brush_is_led_around_every_part_and_every_hole():
    ring = ellipse(40, 20, 200, 180, CANVAS)
    document = select(new_document(Size(300, 200), None), ring)
    assert len(outlines(ring)) == 1
    painted = stroke_with_brush(document, document.active, replace(HARD, size_px=8), Color(255, 0, 0))
    alpha = painted.active_layer.tiles.read(CANVAS)[..., 3]
    assert alpha[100, 40] == 255
    assert alpha[20, 120] == 255
    assert alpha[100, 120] == 0
    assert painted.active == document.active
    y, x = np.nonzero(alpha == 255)
    far = np.hypot(x + 0.5 - 120, y + 0.5 - 100)
    assert far.min() > 80 - 6
    assert far.max() < 80 + 6
