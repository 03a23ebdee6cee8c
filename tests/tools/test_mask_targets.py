"""Painting, filling, filtering and clearing on the mask of a layer, and layers that can't be painted on."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from sdpaint.document import edits, layer_edits
from sdpaint.document.document import EditTarget
from sdpaint.document.filtering import filtered
from sdpaint.document.layers import Adjustment, Fill, Group, Layer, LayerMask
from sdpaint.document.selection_edits import clear_selected, clear_worked_on, select, selected_pixels
from sdpaint.imaging.color import BLACK, WHITE, Color
from sdpaint.imaging.filter_table import FILTERS_BY_ID
from sdpaint.imaging.geometry import Point, Rect, Size
from sdpaint.imaging.selection import rectangle
from sdpaint.tools.base import PointerEvent, ToolName, ToolRefused
from sdpaint.tools.fill import fill
from sdpaint.tools.options import FillOptions
from sdpaint.tools.paint import PaintTool
from sdpaint.tools.stroke_target import check_editable, check_paintable
from tests.tools.board import Board


@pytest.fixture(params=[0, 255])
def board(request) -> Board:
    """A board whose active layer has a mask that shows nothing, or everything, and is worked on."""
    document = edits.new_document(Size(200, 160))
    return Board(layer_edits.add_mask(document, document.active, LayerMask(default=request.param)))


def stroke(board: Board, tool: ToolName, color: Color) -> None:
    board.foreground = color
    brush = PaintTool(tool)
    brush.press(board, PointerEvent(Point(40, 40)))
    brush.move(board, [PointerEvent(Point(120, 40))])
    brush.release(board, PointerEvent(Point(120, 40)))


def shown(board: Board, x: int, y: int) -> int:
    mask = board.document.active_layer.mask
    return int(mask.read(Rect(x, y, 1, 1))[0, 0])


@pytest.mark.parametrize(
    ("tool", "color", "value"),
    [
        (ToolName.BRUSH, WHITE, 255),
        (ToolName.BRUSH, BLACK, 0),
        (ToolName.BRUSH, Color(128, 128, 128), 128),
        (ToolName.ERASER, WHITE, 0),
    ],
)
def test_a_stroke_paints_the_lightness_of_its_colour_on_the_mask(board, tool, color, value):
    pixels, before = board.document.active_layer.tiles, shown(board, 10, 150)
    stroke(board, tool, color)
    assert abs(shown(board, 80, 40) - value) <= 1
    assert shown(board, 10, 150) == before
    assert board.document.active_layer.tiles is pixels


def test_the_fill_tool_pours_onto_the_mask(board):
    document = fill(board.document, board.document.active, 5, 5, Color(100, 100, 100), FillOptions())
    assert (document.active_layer.mask.read(document.bounds) == 100).all()
    assert document.active_layer.tiles.is_empty


def test_a_filter_works_on_the_mask_as_grey(board):
    before = shown(board, 0, 0)
    document = filtered(board.document, board.document.active, FILTERS_BY_ID["invert"], {})
    assert (document.active_layer.mask.read(document.bounds) == 255 - before).all()


def test_clearing_hides_what_is_selected_and_copying_takes_the_mask(board):
    document = select(board.document, rectangle(Rect(10, 10, 20, 20)))
    before = shown(board, 0, 0)
    cleared = clear_worked_on(document, document.active)
    assert not cleared.active_layer.mask.read(Rect(10, 10, 20, 20)).any()
    assert (cleared.active_layer.mask.read(Rect(30, 10, 20, 20)) == before).all()
    place, pixels = selected_pixels(document, document.active)
    assert place == Rect(10, 10, 20, 20)
    assert (pixels == (before, before, before, 255)).all()


def test_taking_pixels_off_a_layer_leaves_the_mask_that_is_worked_on(board):
    document = edits.with_layer_tiles(
        board.document, board.document.active, edits.solid_tiles(Size(200, 160), (9, 9, 9))
    )
    cleared = clear_selected(document, document.active)
    assert cleared.active_layer.tiles.is_empty
    assert cleared.active_layer.mask is document.active_layer.mask


def test_kinds_without_pixels_and_locked_or_hidden_layers_are_refused_with_a_remedy():
    document = edits.new_document(Size(50, 50))
    layer = document.active_layer
    group = Layer("Group", content=Group((layer,)))
    for look, words in (
        ({"content": Group()}, "group has no pixels"),
        ({"content": Fill(BLACK)}, "fill layer"),
        ({"content": Adjustment("invert")}, "adjustment"),
        ({"visible": False}, "hidden"),
        ({"opacity": 0.0}, "transparent"),
        ({"locked": True}, "locked"),
        ({"pixels_locked": True}, "locked"),
    ):
        refused = edits.replace_layer(document, replace(layer, **look))
        for check, subject in ((check_editable, refused), (check_paintable, refused.active_layer)):
            with pytest.raises(ToolRefused, match=words) as caught:
                check(subject)
            assert caught.value.hint
    for look, words in (({"visible": False}, "group is hidden"), ({"locked": True}, "group .* is locked")):
        inside = replace(document, layers=(replace(group, **look),))
        with pytest.raises(ToolRefused, match=words):
            check_editable(inside)


def test_the_mask_of_a_layer_without_pixels_can_be_painted_on():
    document = layer_edits.add_fill(edits.new_document(Size(50, 50)), WHITE)
    masked = layer_edits.add_mask(document, document.active, LayerMask())
    check_editable(masked)
    with pytest.raises(ToolRefused):
        check_editable(edits.set_target(masked, EditTarget.CONTENT))


def test_a_mask_brush_still_paints_the_inpaint_mask(board):
    mask = board.document.active_layer.mask
    stroke(board, ToolName.MASK_BRUSH, WHITE)
    assert board.document.active_layer.mask is mask
    assert np.any(board.document.mask.tiles.read(Rect(80, 40, 1, 1)))
