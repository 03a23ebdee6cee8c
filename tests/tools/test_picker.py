"""Colour picker and pan."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from sdpaint.document.document import Document
from sdpaint.document.edits import insert_layer, new_document
from sdpaint.document.layers import Layer
from sdpaint.imaging.color import BLACK, Color
from sdpaint.imaging.geometry import Point, Rect, Size
from sdpaint.imaging.tiles import TileMap
from sdpaint.tools.base import PointerEvent
from sdpaint.tools.options import PickerOptions, PickerSource
from sdpaint.tools.pan import PanTool
from sdpaint.tools.picker import PickerTool, color_at
from tests.tools.board import Board

SIZE = Size(300, 200)


def layer(rect: Rect, bgra: tuple[int, int, int, int], **attributes) -> Layer:
    pixels = np.empty((rect.height, rect.width, 4), np.uint8)
    pixels[:] = bgra
    return Layer("Block", TileMap(4).with_pixels(rect, pixels), **attributes)


def test_the_picker_sees_what_all_layers_make_together():
    document = new_document(SIZE, (100, 150, 200))
    document = insert_layer(document, layer(Rect(10, 10, 50, 50), (0, 0, 128, 128)))
    assert color_at(document, Point(5, 5)) == Color(100, 150, 200)
    seen = color_at(document, Point(20.7, 30.2))
    assert seen is not None
    assert max(abs(seen.red - 178), abs(seen.green - 75), abs(seen.blue - 100)) <= 1


def test_hidden_layers_are_not_picked():
    document = insert_layer(
        new_document(SIZE, (1, 2, 3)), layer(Rect(0, 0, 300, 200), (9, 9, 9, 255), visible=False)
    )
    assert color_at(document, Point(50, 50)) == Color(1, 2, 3)


def test_a_half_transparent_colour_is_picked_in_its_full_strength():
    document = insert_layer(new_document(SIZE, None), layer(Rect(0, 0, 50, 50), (0, 50, 100, 100)))
    assert color_at(document, Point(5, 5)) == Color(255, 128, 0)


@pytest.mark.parametrize("at", [Point(-1, 5), Point(300, 5), Point(5, 200), Point(math.nan, 5), Point(1e30, 1)])
def test_outside_the_canvas_there_is_no_colour(at):
    assert color_at(new_document(SIZE), at) is None


def test_where_nothing_is_painted_the_colour_stays():
    board = Board(new_document(SIZE, None), color=BLACK)
    tool = PickerTool()
    tool.press(board, PointerEvent(Point(50, 50)))
    assert board.foreground == BLACK


def test_dragging_picks_along_the_way_and_edits_nothing():
    document = insert_layer(new_document(SIZE), layer(Rect(100, 0, 50, 200), (10, 20, 30, 255)))
    board, tool = Board(document), PickerTool()
    tool.press(board, PointerEvent(Point(5, 5)))
    assert board.foreground == Color(255, 255, 255)
    tool.move(board, [PointerEvent(Point(50, 5)), PointerEvent(Point(120, 5))])
    assert board.foreground == Color(30, 20, 10)
    tool.release(board, PointerEvent(Point(280, 5)))
    assert board.foreground == Color(255, 255, 255)
    assert board.seen is document
    assert board.steps == []


def test_panning_leaves_the_document_alone():
    board, tool = Board(new_document(SIZE)), PanTool()
    before = replace(board.document)
    tool.press(board, PointerEvent(Point(5, 5)))
    tool.move(board, [PointerEvent(Point(50, 5))])
    tool.release(board, PointerEvent(Point(80, 5)))
    assert board.seen == before
    assert board.steps == []
    assert tool.outline(board, Point(0, 0)) is None


# -- how much, and where


def checkered() -> Document:
    """Columns of black and white in turn, opaque, on a layer above grey paper."""
    document = new_document(SIZE, (90, 90, 90))
    pixels = np.zeros((200, 300, 4), np.uint8)
    pixels[..., 3] = 255
    pixels[:, ::2, :3] = 255
    return insert_layer(document, Layer("Columns", TileMap.from_pixels(pixels)))


@pytest.mark.parametrize(("size", "level"), [(1, 255), (3, 85), (5, 153), (11, 116)])
def test_the_mean_of_a_square_is_picked(size, level):
    color = color_at(checkered(), Point(100.5, 100.5), PickerOptions(size))
    assert color is not None
    assert color.red == color.green == color.blue
    assert abs(color.red - level) <= 1


def test_at_the_edge_only_the_canvas_counts():
    assert color_at(checkered(), Point(0.5, 0.5), PickerOptions(3)) == Color(128, 128, 128)


def test_clear_pixels_bring_no_colour_into_the_mean():
    document = insert_layer(new_document(SIZE, None), layer(Rect(0, 0, 101, 200), (0, 100, 200, 255)))
    assert color_at(document, Point(101, 50), PickerOptions(11)) == Color(200, 100, 0)


def test_the_layer_alone_is_picked_where_asked():
    document = insert_layer(new_document(SIZE, (90, 90, 90)), layer(Rect(0, 0, 50, 50), (0, 0, 255, 255)))
    this_layer = PickerOptions(1, PickerSource.LAYER)
    assert color_at(document, Point(10, 10), this_layer) == Color(255, 0, 0)
    assert color_at(document, Point(100, 100), this_layer) is None
    assert color_at(document, Point(100, 100)) == Color(90, 90, 90)


def test_sizes_that_are_not_offered_are_refused():
    with pytest.raises(ValueError, match="4"):
        PickerOptions(4)
