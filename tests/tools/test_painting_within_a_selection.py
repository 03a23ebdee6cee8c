"""Strokes within a selection: bit-exact where nothing is selected, in proportion where the selection is soft."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sdpaint.document.document import Document
from sdpaint.document.edits import new_document, replace_layer, set_mask, with_layer_tiles
from sdpaint.document.selection_edits import deselect, select, select_all
from sdpaint.imaging.blend import BlendMode
from sdpaint.imaging.brush import BrushParams
from sdpaint.imaging.color import BLACK
from sdpaint.imaging.geometry import Point, Rect, Size
from sdpaint.imaging.selection import coverage_map, rectangle
from sdpaint.imaging.tiles import TileMap
from sdpaint.tools.base import PointerEvent, ToolName
from sdpaint.tools.paint import PaintTool
from tests.tools.board import Board

SIZE = Size(300, 200)
PAINTERS = (ToolName.BRUSH, ToolName.ERASER, ToolName.MASK_BRUSH, ToolName.MASK_ERASER)
WIDE = BrushParams(size_px=1000, hardness=1.0)


def painted(seed: int) -> Document:
    """Noise on the active layer and on the mask."""
    rng = np.random.default_rng(seed)
    paint = rng.integers(0, 256, (200, 300, 4), np.uint8)
    paint[..., :3] = np.minimum(paint[..., :3], paint[..., 3:])
    document = new_document(SIZE)
    document = with_layer_tiles(document, document.active, TileMap.from_pixels(paint))
    mask = TileMap.from_pixels(rng.integers(0, 256, (200, 300), np.uint8))
    return set_mask(document, replace(document.mask, tiles=mask))


def soft_selection(seed: int) -> np.ndarray:
    """Noise, with a part that isn't selected at all and one that is wholly."""
    rng = np.random.default_rng(seed)
    coverage = rng.integers(0, 256, (200, 300), np.uint8)
    coverage[rng.random((200, 300)) < 0.3] = 0
    coverage[:, :40] = 0
    coverage[:, 200:] = 255
    coverage[:128, 128:256] = rng.choice([0, 255])
    return coverage


def stroke(name: ToolName, board: Board, *places: tuple[float, float]) -> None:
    tool = PaintTool(name)
    tool.press(board, PointerEvent(Point(*places[0])))
    tool.move(board, [PointerEvent(Point(*place)) for place in places[1:]])
    tool.release(board, PointerEvent(Point(*places[-1])))


def layer(document: Document) -> np.ndarray:
    return document.active_layer.tiles.read(document.bounds)


def mask(document: Document) -> np.ndarray:
    return document.mask.tiles.read(document.bounds)


@settings(max_examples=150)
@given(
    name=st.sampled_from(PAINTERS),
    seed=st.integers(0, 99),
    places=st.lists(st.tuples(st.floats(-50, 350), st.floats(-50, 250)), min_size=1, max_size=6),
    size=st.floats(1, 200),
    hardness=st.floats(0, 1),
    opacity=st.floats(0.01, 1),
    locked=st.booleans(),
    blend_mode=st.sampled_from(BlendMode),
)
def test_a_stroke_never_changes_a_pixel_that_is_not_selected(
    name, seed, places, size, hardness, opacity, locked, blend_mode
):
    locked = locked and name is ToolName.BRUSH and blend_mode is not BlendMode.ERASE
    document = painted(seed)
    document = replace_layer(document, replace(document.active_layer, alpha_locked=locked))
    coverage = soft_selection(seed + 1)
    document = select(document, coverage_map(coverage))
    brush = BrushParams(size_px=size, hardness=hardness, opacity=opacity, blend_mode=blend_mode)
    board = Board(document, brush=brush)
    stroke(name, board, *places)
    outside = coverage == 0
    assert np.array_equal(layer(board.document)[outside], layer(document)[outside])
    assert np.array_equal(mask(board.document)[outside], mask(document)[outside])


@pytest.mark.parametrize("name", PAINTERS)
def test_a_soft_selection_scales_what_is_laid_down(name):
    coverage = soft_selection(3)
    document = select(painted(5), coverage_map(coverage))
    board = Board(document, brush=WIDE, color=BLACK)
    stroke(name, board, (150, 100))
    share = coverage / 255
    if name in (ToolName.MASK_BRUSH, ToolName.MASK_ERASER):
        goal = 255 if name is ToolName.MASK_BRUSH else 0
        expected = mask(document) * (1 - share) + goal * share
        assert np.abs(mask(board.document) - expected).max() <= 0.51
    else:
        goal = np.array([0, 0, 0, 255 if name is ToolName.BRUSH else 0])
        expected = layer(document) * (1 - share[..., None]) + goal * share[..., None]
        assert np.abs(layer(board.document) - expected).max() <= 1.01


@pytest.mark.parametrize("name", PAINTERS)
def test_all_selected_paints_as_without_a_selection(name):
    places = [(20, 30), (200, 150), (280, 10)]
    brush = BrushParams(size_px=60, hardness=0.4, opacity=0.7)
    document = painted(1)
    with_all, without = Board(select_all(document), brush=brush), Board(document, brush=brush)
    stroke(name, with_all, *places)
    stroke(name, without, *places)
    assert np.array_equal(layer(with_all.document), layer(without.document))
    assert np.array_equal(mask(with_all.document), mask(without.document))


def test_a_stroke_beside_the_selection_leaves_no_step_and_no_tile():
    document = select(new_document(SIZE), rectangle(Rect(0, 0, 20, 20)))
    board = Board(document)
    stroke(ToolName.BRUSH, board, (200, 150), (280, 150))
    assert board.steps == []
    assert board.seen.active_layer.tiles.is_empty


def test_a_stroke_goes_on_only_under_the_same_selection():
    document = select(new_document(SIZE), rectangle(Rect(0, 0, 100, 100)))
    for name in (ToolName.BRUSH, ToolName.MASK_BRUSH):
        board, tool = Board(document), PaintTool(name)
        tool.press(board, PointerEvent(Point(20, 20)))
        board.document = replace(document, frame=Rect(1, 2, 64, 64))
        assert tool.rebase(board)
        board.document = deselect(board.document)
        assert not tool.rebase(board)
