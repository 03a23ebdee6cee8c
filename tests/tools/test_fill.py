"""The fill tool: what is alike takes the colour, as far as it may."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sdpaint.document.document import Document
from sdpaint.document.edits import new_document, replace_layer, with_layer_tiles
from sdpaint.document.selection_edits import select
from sdpaint.imaging.color import Color
from sdpaint.imaging.geometry import Point, Rect, Size
from sdpaint.imaging.selection import coverage_map, rectangle
from sdpaint.imaging.tiles import TileMap
from sdpaint.tools.base import PointerEvent, ToolRefused
from sdpaint.tools.fill import FillTool, fill, fill_coverage
from sdpaint.tools.options import FillOptions
from tests.tools.board import Board

SIZE = Size(300, 200)
RED = Color(200, 30, 40)
RED_PIXEL = (40, 30, 200, 255)


def with_paint(rect: Rect, bgra: tuple[int, int, int, int]) -> Document:
    """Paint on the active layer above white paper."""
    document = new_document(SIZE)
    pixels = np.empty((rect.height, rect.width, 4), np.uint8)
    pixels[:] = bgra
    return with_layer_tiles(document, document.active, TileMap(4).with_pixels(rect, pixels))


def pixels(document: Document) -> np.ndarray:
    return document.active_layer.tiles.read(document.bounds)


def click(board: Board, x: float, y: float) -> None:
    tool = FillTool()
    tool.press(board, PointerEvent(Point(x, y)))
    tool.move(board, [PointerEvent(Point(x + 5, y))])
    tool.release(board, PointerEvent(Point(x + 5, y)))


def test_an_empty_canvas_fills_to_its_edges_in_one_step():
    board = Board(new_document(SIZE))
    click(board, 10, 10)
    assert board.steps == ["Fill"]
    assert (pixels(board.document) == RED_PIXEL).all()
    assert board.document.active_layer.tiles.bounds() == Rect(0, 0, 300, 200)
    tiles = board.document.active_layer.tiles
    assert tiles.tile((0, 0)) is tiles.tile((1, 0))


def test_the_fill_stops_at_what_is_unlike():
    board = Board(with_paint(Rect(100, 0, 4, 200), (0, 0, 0, 255)))
    click(board, 10, 10)
    filled = pixels(board.document)
    assert tuple(filled[50, 99]) == RED_PIXEL
    assert tuple(filled[50, 101]) == (0, 0, 0, 255)
    assert not filled[50, 150].any()


def test_what_does_not_hang_together_is_filled_where_asked():
    board = Board(with_paint(Rect(100, 0, 4, 200), (0, 0, 0, 255)))
    board.put_options(FillOptions(contiguous=False))
    click(board, 10, 10)
    assert tuple(pixels(board.document)[50, 150]) == RED_PIXEL


def test_the_layer_alone_or_all_layers_are_looked_at():
    lines_below = with_paint(Rect(0, 0, 1, 1), (0, 0, 0, 0))
    lines = np.zeros((200, 300, 4), np.uint8)
    lines[..., :] = 255
    lines[:, 100:104] = (0, 0, 0, 255)
    lines_below = with_layer_tiles(lines_below, lines_below.layers[0].id, TileMap.from_pixels(lines))
    board = Board(lines_below)
    click(board, 10, 10)
    assert not pixels(board.document)[50, 150].any()
    board = Board(lines_below)
    board.put_options(FillOptions(sample_all_layers=False))
    click(board, 10, 10)
    assert tuple(pixels(board.document)[50, 150]) == RED_PIXEL


def test_growing_reaches_beneath_the_line():
    board = Board(with_paint(Rect(100, 0, 4, 200), (0, 0, 0, 255)))
    board.put_options(FillOptions(grow_px=2))
    click(board, 10, 10)
    assert tuple(pixels(board.document)[50, 101]) == RED_PIXEL
    assert tuple(pixels(board.document)[50, 102]) == (0, 0, 0, 255)


def test_locked_alpha_keeps_its_alpha():
    document = with_paint(Rect(50, 50, 60, 60), (60, 60, 60, 120))
    document = replace_layer(document, replace(document.active_layer, alpha_locked=True))
    board = Board(document)
    board.put_options(FillOptions(tolerance=255))
    click(board, 10, 10)
    before, after = pixels(document), pixels(board.document)
    assert np.array_equal(before[..., 3], after[..., 3])
    assert after[60, 60, 2] > after[60, 60, 0]


@settings(max_examples=25)
@given(st.integers(0, 999), st.booleans())
def test_a_fill_changes_nothing_where_nothing_is_selected_and_scales_where_it_is_soft(seed, locked):
    rng = np.random.default_rng(seed)
    coverage = rng.integers(0, 256, (200, 300), np.uint8)
    coverage[rng.random((200, 300)) < 0.3] = 0
    coverage[:, 150:] = 255
    paint = rng.integers(0, 256, (200, 300, 4), np.uint8)
    paint[..., :3] = np.minimum(paint[..., :3], paint[..., 3:])
    document = new_document(SIZE)
    document = with_layer_tiles(document, document.active, TileMap.from_pixels(paint))
    document = replace_layer(document, replace(document.active_layer, alpha_locked=locked))
    document = select(document, coverage_map(coverage))
    after = pixels(fill(document, document.active, 5, 5, RED, FillOptions(tolerance=255)))
    assert np.array_equal(after[coverage == 0], paint[coverage == 0])
    share = coverage[..., None] / 255
    alpha = paint[..., 3:] / 255 if locked else 1.0
    expected = paint * (1 - share) + np.array(RED_PIXEL) * share * alpha
    assert np.abs(after - expected).max() <= 2


def test_a_click_outside_the_selection_is_refused_with_a_remedy():
    board = Board(select(new_document(SIZE), rectangle(Rect(0, 0, 50, 50))))
    with pytest.raises(ToolRefused, match="Ctrl"):
        click(board, 100, 100)
    assert board.steps == []


def test_hidden_layers_are_not_filled():
    document = new_document(SIZE)
    document = replace_layer(document, replace(document.active_layer, visible=False))
    with pytest.raises(ToolRefused, match="hidden"):
        click(Board(document), 10, 10)


def test_a_click_beside_the_canvas_does_nothing():
    board = Board(new_document(SIZE))
    click(board, -1, 10)
    assert board.steps == []


def test_opacity_is_that_of_the_whole_fill():
    document = new_document(SIZE)
    filled = fill_coverage(document, document.active, rectangle(document.bounds), RED, 0.5)
    assert tuple(pixels(filled)[10, 10]) == (20, 15, 100, 128)


# -- gaps


def box_with_gap(gap_px: int) -> Document:
    """The outline of a box whose right side has an opening."""
    document = new_document(SIZE)
    lines = np.zeros((200, 300, 4), np.uint8)
    lines[50:150, 50:54, 3] = lines[50:150, 150:154, 3] = 255
    lines[50:54, 50:154, 3] = lines[146:150, 50:154, 3] = 255
    lines[100 : 100 + gap_px, 150:154, 3] = 0
    return with_layer_tiles(document, document.active, TileMap.from_pixels(lines))


@pytest.mark.parametrize("gap", [1, 2, 5, 8])
def test_a_fill_does_not_leak_through_a_gap_that_is_closed(gap):
    board = Board(box_with_gap(gap))
    board.put_options(FillOptions(gap_px=gap, antialias=False))
    click(board, 100, 100)
    filled = pixels(board.document)
    assert not filled[..., 2][:, 158:].any()
    inside = filled[54:146, 54:150, 2] == 200
    assert inside.mean() > 0.99, "the corners are filled, too"


def test_a_fill_leaks_through_a_wider_gap():
    board = Board(box_with_gap(20))
    board.put_options(FillOptions(gap_px=4))
    click(board, 100, 100)
    assert pixels(board.document)[100, 250, 2] == 200


def test_closing_gaps_changes_nothing_where_there_are_none():
    plain, closing = Board(box_with_gap(0)), Board(box_with_gap(0))
    closing.put_options(FillOptions(gap_px=10))
    for board in (plain, closing):
        click(board, 100, 100)
    difference = pixels(plain.document) != pixels(closing.document)
    assert difference.mean() < 0.001


def test_a_click_next_to_a_line_fills_the_same():
    middle, beside = Board(box_with_gap(6)), Board(box_with_gap(6))
    for board, x in ((middle, 100), (beside, 54)):
        board.put_options(FillOptions(gap_px=8))
        click(board, x, 70)
    assert np.array_equal(pixels(middle.document), pixels(beside.document))


def test_a_place_narrower_than_the_gap_is_filled_all_the_same():
    document = with_paint(Rect(0, 0, 300, 200), (0, 0, 0, 255))
    slit = np.zeros((100, 3, 4), np.uint8)
    tiles = document.active_layer.tiles.with_pixels(Rect(100, 50, 3, 100), slit)
    board = Board(with_layer_tiles(document, document.active, tiles))
    board.put_options(FillOptions(gap_px=10, sample_all_layers=False))
    click(board, 101, 100)
    assert (pixels(board.document)[50:150, 100:103, 2] == 200).all()


def test_a_fill_with_closed_gaps_reaches_the_edges_of_the_canvas():
    board = Board(with_paint(Rect(100, 0, 4, 200), (0, 0, 0, 255)))
    board.put_options(FillOptions(gap_px=8))
    click(board, 10, 10)
    assert (pixels(board.document)[:, :100, 2] == 200).all()
