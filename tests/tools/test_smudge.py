"""Smudging and mixing through the paint tool."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from sdpaint.document.edits import new_document, replace_layer, with_layer_tiles
from sdpaint.imaging.brush import BrushParams
from sdpaint.imaging.color import Color
from sdpaint.imaging.geometry import Point, Rect, Size
from sdpaint.imaging.selection import rectangle
from sdpaint.imaging.symmetry import Symmetry, SymmetryKind
from sdpaint.imaging.tiles import TileMap
from sdpaint.tools.base import PointerEvent, ToolName
from sdpaint.tools.options import PaintOptions
from sdpaint.tools.paint import PaintTool
from tests.tools.board import Board

ALL = Rect(0, 0, 300, 200)
SMUDGE = BrushParams(size_px=30, hardness=0.8, smudge=0.9, spacing=0.05, pressure_size=False)
RED, BLUE = (0, 0, 255, 255), (255, 0, 0, 255)     # premultiplied BGRA


def halves(left=RED, right=BLUE) -> Board:
    document = new_document(Size(300, 200), None)
    pixels = np.empty((200, 300, 4), np.uint8)
    pixels[:, :150], pixels[:, 150:] = left, right
    return Board(with_layer_tiles(document, document.active, TileMap.from_pixels(pixels)), SMUDGE)


def drawn(board: Board, start=(100.0, 100.0), end=(200.0, 100.0)) -> np.ndarray:
    tool = PaintTool(ToolName.BRUSH)
    way = [
        Point(start[0] + (end[0] - start[0]) * i / 20, start[1] + (end[1] - start[1]) * i / 20) for i in range(21)
    ]
    tool.press(board, PointerEvent(way[0]))
    tool.move(board, [PointerEvent(pos, time_ms=5.0 * i) for i, pos in enumerate(way)])
    tool.release(board, PointerEvent(way[-1], time_ms=200))
    return board.document.active_layer.tiles.read(ALL)


def test_colour_is_carried_over_the_border_and_fades():
    board = halves()
    board.brush = replace(SMUDGE, smudge=0.5)
    pixels = drawn(board).astype(int)
    red = pixels[100, 155:195, 2]
    assert red[0] > 150
    assert red[-1] < red[0] - 60
    assert (np.diff(red) <= 1).all()
    assert (pixels[..., 3] == 255).all()


def test_what_the_brush_didnt_touch_stays_to_the_byte():
    board = halves()
    before = board.document.active_layer.tiles.read(ALL)
    pixels = drawn(board)
    assert np.array_equal(pixels[:80], before[:80])
    assert np.array_equal(pixels[120:], before[120:])


def test_a_smudge_on_one_colour_changes_nothing_and_leaves_no_step():
    board = halves(RED, RED)
    drawn(board)
    assert board.steps == []


def test_more_smudge_carries_farther():
    far = {}
    for smudge in (0.5, 0.95):
        board = halves()
        board.brush = replace(SMUDGE, smudge=smudge)
        far[smudge] = int(drawn(board)[100, 180, 2])
    assert far[0.95] > far[0.5] + 20


def test_a_mixer_adds_its_own_colour():
    board = halves()
    board.brush, board.foreground = replace(SMUDGE, paint_load=0.2), Color(0, 255, 0)
    assert drawn(board)[100, 180, 1] > 100


def test_transparency_is_smudged_too_and_pixels_stay_premultiplied():
    board = halves(right=(0, 0, 0, 0))
    board.brush = replace(SMUDGE, smudge=0.5)
    pixels = drawn(board)
    alpha = pixels[100, 150:200, 3]
    assert alpha[0] > 200
    assert ((alpha > 20) & (alpha < 235)).any()
    assert (pixels[..., :3] <= pixels[..., 3:]).all()


def test_locked_transparency_stays():
    board = halves(right=(0, 0, 0, 0))
    board.document = replace_layer(board.document, replace(board.document.active_layer, alpha_locked=True))
    before = board.document.active_layer.tiles.read(ALL)[..., 3]
    assert np.array_equal(drawn(board)[..., 3], before)


def test_a_selection_holds_it():
    board = halves()
    board.document = replace(board.document, selection=rectangle(Rect(0, 0, 160, 200)))
    before = board.document.active_layer.tiles.read(ALL)
    pixels = drawn(board)
    assert np.array_equal(pixels[:, 160:], before[:, 160:])
    assert not np.array_equal(pixels[:, 150:160], before[:, 150:160])


def test_under_symmetry_each_image_carries_what_it_found_itself():
    board = halves()
    before = board.document.active_layer.tiles.read(ALL)
    board.paint_options = PaintOptions(symmetry=Symmetry(SymmetryKind.HORIZONTAL))
    pixels = drawn(board, (100.0, 40.0), (220.0, 40.0))
    assert not np.array_equal(pixels[:80], before[:80])
    # The picture is the same above and below, so its mirrored smudge is too; stamps lie on a quarter of a pixel.
    far = np.abs(pixels[:80].astype(int) - pixels[:-81:-1].astype(int))
    assert far.max() <= 2


def test_a_dab_beyond_the_edge_of_the_canvas_is_clipped():
    board = halves()
    drawn(board, (-20.0, 0.0), (320.0, 199.0))
    assert board.steps == ["Brush stroke"]
