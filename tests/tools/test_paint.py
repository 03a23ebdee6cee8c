"""Brush and eraser on layers and on the mask, through a context that is a plain value."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sdpaint.controllers.tool_controller import DEFAULT_BRUSHES
from sdpaint.document.changes import changed_tiles
from sdpaint.document.document import Document, changed_overlay_tiles
from sdpaint.document.edits import fill_mask, insert_layer, new_document, replace_layer, set_mask
from sdpaint.document.layers import Layer
from sdpaint.imaging.brush import BrushParams
from sdpaint.imaging.color import BLACK, WHITE, Color
from sdpaint.imaging.geometry import Point, Rect, Size
from sdpaint.imaging.tiles import TILE_SIZE, TileMap
from sdpaint.tools.base import PointerEvent, ToolName, ToolRefused
from sdpaint.tools.layer_target import premultiplied_table
from sdpaint.tools.paint import PaintTool
from sdpaint.tools.table import make_tool
from tests.tools.board import HARD, Board

SIZE = Size(400, 300)


def event(x: float, y: float, **more) -> PointerEvent:
    return PointerEvent(Point(x, y), **more)


def stroke(tool: PaintTool, board: Board, *places: tuple[float, float], **more) -> None:
    tool.press(board, event(*places[0], **more))
    tool.move(board, [event(*place, **more) for place in places[1:]])
    tool.release(board, event(*places[-1], **more))


def layer_pixels(document: Document) -> np.ndarray:
    return document.active_layer.tiles.read(document.bounds)


def mask_pixels(document: Document) -> np.ndarray:
    return document.mask.tiles.read(document.bounds)


def with_block(rect: Rect, bgra: tuple[int, int, int, int], **attributes) -> Document:
    """A document whose active layer has one flat block."""
    pixels = np.empty((rect.height, rect.width, 4), np.uint8)
    pixels[:] = bgra
    layer = Layer("Block", TileMap(4).with_pixels(rect, pixels), **attributes)
    return insert_layer(new_document(SIZE), layer)


def test_every_tool_name_has_a_tool_of_that_name():
    assert all(make_tool(name).name is name for name in ToolName)


def test_a_click_paints_one_dab_in_the_foreground_colour():
    board = Board(new_document(SIZE))
    stroke(PaintTool(ToolName.BRUSH), board, (100, 80))
    assert board.steps == ["Brush stroke"]
    assert board.document.active_layer.tiles.bounds() == Rect(90, 70, 20, 20)
    assert tuple(layer_pixels(board.document)[80, 100]) == (40, 30, 200, 255)


def test_the_stroke_is_seen_while_it_is_painted_and_committed_once():
    board, tool = Board(new_document(SIZE)), PaintTool(ToolName.BRUSH)
    tool.press(board, event(50, 50))
    assert layer_pixels(board.seen)[50, 50, 3] == 255
    tool.move(board, [event(100, 50), event(150, 50)])
    assert layer_pixels(board.seen)[50, 110, 3] == 255
    assert board.steps == []
    tool.release(board, event(200, 50))
    assert layer_pixels(board.document)[50, 199, 3] == 255
    assert board.steps == ["Brush stroke"]


@settings(max_examples=40)
@given(
    st.lists(st.tuples(st.floats(-100, 500), st.floats(-100, 400)), min_size=1, max_size=8),
    st.sampled_from([ToolName.BRUSH, ToolName.ERASER]),
    st.sampled_from([4.0, 30.0, 150.0]),
)
def test_batches_make_no_difference_and_only_touched_tiles_change(places, name, size):
    document = with_block(Rect(50, 40, 300, 200), (10, 20, 30, 200))
    brush = BrushParams(size_px=size, hardness=0.5, opacity=0.7, flow=0.6)
    one, other = Board(document, brush), Board(document, brush)
    stroke(PaintTool(name), one, *places)
    tool = PaintTool(name)
    tool.press(other, event(*places[0]))
    for place in places[1:]:
        before = other.seen
        tool.move(other, [event(*place)])
        changed = changed_tiles(before, other.seen)
        assert changed is not None
        assert changed <= set(document.bounds.tiles(TILE_SIZE))
    tool.release(other, event(*places[-1]))
    assert one.document.active_layer.tiles == other.document.active_layer.tiles
    pixels = one.document.active_layer.tiles
    assert pixels.cropped(document.bounds) == pixels
    for document_layer, layer in zip(document.layers, one.document.layers, strict=True):
        if layer.id != document.active:
            assert layer is document_layer
    image = layer_pixels(one.document)
    assert (image[..., :3] <= image[..., 3:]).all()


def test_overlap_in_one_stroke_stays_at_its_opacity_and_a_second_stroke_adds():
    board = Board(new_document(SIZE), replace(HARD, opacity=0.5))
    tool = PaintTool(ToolName.BRUSH)
    stroke(tool, board, (50, 50), (200, 50), (50, 50), (200, 50))
    alpha = layer_pixels(board.document)[50, 60:190, 3]
    assert set(alpha) == {128}
    stroke(tool, board, (50, 50), (200, 50))
    assert abs(int(layer_pixels(board.document)[50, 100, 3]) - 192) <= 1


def test_flow_builds_up_within_the_stroke_to_its_opacity():
    board = Board(new_document(SIZE), BrushParams(size_px=40, hardness=1.0, opacity=0.6, flow=0.1))
    tool = PaintTool(ToolName.BRUSH)
    tool.press(board, event(100, 100))
    first = int(layer_pixels(board.seen)[100, 100, 3])
    for _ in range(30):
        tool.move(board, [event(160, 100), event(100, 100)])
    tool.release(board, event(100, 100))
    assert 10 <= first <= 20
    assert layer_pixels(board.document)[100, 130, 3] == 153


def test_a_soft_faint_stroke_keeps_the_hue_of_a_dark_colour():
    color = Color(90, 45, 20)
    board = Board(new_document(SIZE), BrushParams(size_px=80, hardness=0.0, flow=0.03), color)
    stroke(PaintTool(ToolName.BRUSH), board, (100, 100), (300, 120))
    image = layer_pixels(board.document).astype(float)
    faint = (image[..., 3] > 20) & (image[..., 3] < 80)
    straight = image[faint][:, :3] * 255 / image[faint][:, 3:]
    assert np.abs(straight.mean(axis=0) - (20, 45, 90)).max() < 3


def test_a_colour_with_alpha_paints_with_that_alpha():
    board = Board(new_document(SIZE), HARD, Color(255, 255, 255, 51))
    stroke(PaintTool(ToolName.BRUSH), board, (100, 100))
    assert tuple(layer_pixels(board.document)[100, 100]) == (51, 51, 51, 51)


def test_the_colour_table_runs_from_nothing_to_the_colour():
    table = premultiplied_table(Color(200, 100, 50), 0.5).view(np.uint8).reshape(256, 4)
    assert tuple(table[0]) == (0, 0, 0, 0)
    assert tuple(table[255]) == (25, 50, 100, 128)
    assert (np.diff(table.astype(int), axis=0) >= 0).all()
    assert (table[:, :3] <= table[:, 3:]).all()


def test_the_eraser_takes_away_and_gives_back_empty_tiles():
    board = Board(with_block(Rect(100, 100, 10, 10), (9, 9, 9, 255)))
    stroke(PaintTool(ToolName.ERASER), board, (105, 105))
    assert board.steps == ["Erase"]
    assert board.document.active_layer.tiles.is_empty


def test_erasing_at_half_opacity_leaves_half():
    board = Board(with_block(Rect(0, 0, 200, 200), (100, 100, 100, 200)), replace(HARD, opacity=0.5))
    stroke(PaintTool(ToolName.ERASER), board, (50, 50), (150, 50))
    assert np.abs(layer_pixels(board.document)[50, 100].astype(int) - (50, 50, 50, 100)).max() <= 1


@pytest.mark.parametrize("name", [ToolName.ERASER, ToolName.MASK_ERASER])
def test_erasing_nothing_leaves_no_step(name):
    board = Board(new_document(SIZE))
    start = board.document
    stroke(PaintTool(name), board, (50, 50), (150, 50))
    assert board.steps == []
    assert board.seen is start


def test_painting_what_is_there_already_leaves_no_step():
    board = Board(with_block(Rect(0, 0, 200, 200), (255, 255, 255, 255)), HARD, WHITE)
    stroke(PaintTool(ToolName.BRUSH), board, (50, 50), (150, 50))
    assert board.steps == []


def test_tiles_that_come_out_as_they_were_are_shared_with_the_step_before():
    board = Board(with_block(Rect(0, 0, TILE_SIZE, 300), (255, 255, 255, 255)), HARD, WHITE)
    before = board.document
    stroke(PaintTool(ToolName.BRUSH), board, (100, 50), (200, 50))
    assert changed_tiles(before, board.document) == {(1, 0)}


def test_a_locked_alpha_is_painted_on_and_never_changed():
    document = with_block(Rect(50, 50, 100, 100), (20, 20, 20, 100), alpha_locked=True)
    board = Board(document)
    stroke(PaintTool(ToolName.BRUSH), board, (20, 100), (250, 100))
    before, after = layer_pixels(document), layer_pixels(board.document)
    assert np.array_equal(before[..., 3], after[..., 3])
    assert np.abs(after[100, 100].astype(int) - (16, 12, 78, 100)).max() <= 1
    assert not after[100, 200].any()


@pytest.mark.parametrize(
    ("name", "attributes", "said"),
    [
        (ToolName.BRUSH, {"visible": False}, "hidden"),
        (ToolName.ERASER, {"visible": False}, "hidden"),
        (ToolName.BRUSH, {"opacity": 0.0}, "fully transparent"),
        (ToolName.ERASER, {"alpha_locked": True}, "locked"),
    ],
)
def test_painting_that_could_not_be_seen_is_refused_with_a_remedy(name, attributes, said):
    board = Board(with_block(Rect(0, 0, 50, 50), (9, 9, 9, 255), **attributes))
    tool = PaintTool(name)
    with pytest.raises(ToolRefused, match=said) as refusal:
        tool.press(board, event(20, 20))
    assert refusal.value.hint
    tool.move(board, [event(30, 30)])
    tool.release(board, event(40, 40))
    assert board.steps == []


@pytest.mark.parametrize("name", [ToolName.MASK_BRUSH, ToolName.MASK_ERASER])
def test_a_hidden_mask_is_not_painted_on(name):
    document = new_document(SIZE)
    board = Board(set_mask(document, replace(document.mask, visible=False)))
    with pytest.raises(ToolRefused, match="mask is hidden"):
        PaintTool(name).press(board, event(20, 20))


def test_the_mask_can_be_painted_while_the_layer_is_hidden():
    document = new_document(SIZE)
    board = Board(replace_layer(document, replace(document.active_layer, visible=False)))
    stroke(PaintTool(ToolName.MASK_BRUSH), board, (100, 100))
    assert mask_pixels(board.document)[100, 100] == 255


def test_the_mask_brush_changes_the_mask_alone():
    board = Board(new_document(SIZE))
    before = board.document
    stroke(PaintTool(ToolName.MASK_BRUSH), board, (100, 100), (200, 150))
    assert board.steps == ["Paint mask"]
    assert board.document.layers is before.layers
    assert changed_tiles(before, board.document) == set()
    assert changed_overlay_tiles(before, board.document) == {(0, 0), (1, 0), (1, 1)}


def test_mask_strength_follows_opacity_and_builds_up_stroke_by_stroke():
    board = Board(new_document(SIZE), replace(HARD, opacity=0.5))
    tool = PaintTool(ToolName.MASK_BRUSH)
    stroke(tool, board, (100, 100), (200, 100), (100, 100))
    assert mask_pixels(board.document)[100, 150] == 128
    stroke(tool, board, (100, 100), (200, 100))
    assert mask_pixels(board.document)[100, 150] == 192


def test_the_mask_eraser_takes_away_what_the_mask_brush_laid_down():
    board = Board(fill_mask(new_document(SIZE), Rect(0, 0, 400, 300)), BrushParams(size_px=30, hardness=0.5))
    stroke(PaintTool(ToolName.MASK_ERASER), board, (100, 100), (200, 100))
    mask = mask_pixels(board.document)
    assert mask[100, 150] == 0
    assert mask[200, 150] == 255
    assert 0 < mask[110, 150] < 255


def test_a_stylus_paints_thin_where_it_is_light_and_a_mouse_at_nominal_size():
    areas = {}
    for what, more in {
        "mouse": {},
        "light": {"pressure": 0.2, "has_pressure": True},
        "firm": {"pressure": 1.0, "has_pressure": True},
    }.items():
        board = Board(new_document(SIZE))
        stroke(PaintTool(ToolName.BRUSH), board, (50, 50), (150, 50), **more)
        areas[what] = board.document.active_layer.tiles.bounds().height
    assert areas["light"] <= 6
    assert areas["mouse"] == areas["firm"] == 20


def test_pressure_to_opacity_paints_fainter():
    board = Board(new_document(SIZE), replace(HARD, pressure_size=False, pressure_opacity=True))
    stroke(PaintTool(ToolName.BRUSH), board, (50, 50), (150, 50), pressure=0.4, has_pressure=True)
    assert layer_pixels(board.document)[50, 100, 3] == 102


def test_a_stylus_that_leaves_without_pressure_does_not_thin_the_end():
    board, tool = Board(new_document(SIZE)), PaintTool(ToolName.BRUSH)
    tool.press(board, event(50, 50, pressure=1.0, has_pressure=True))
    tool.move(board, [event(100, 50, pressure=1.0, has_pressure=True)])
    tool.release(board, event(150, 50, pressure=0.0, has_pressure=True))
    column = layer_pixels(board.document)[:, 140, 3]
    assert (column > 0).sum() == 20


def test_escape_drops_the_stroke():
    board, tool = Board(new_document(SIZE)), PaintTool(ToolName.BRUSH)
    start = board.document
    tool.press(board, event(50, 50))
    tool.move(board, [event(100, 50)])
    tool.cancel(board)
    assert board.seen is start
    tool.move(board, [event(150, 50)])
    tool.release(board, event(150, 50))
    assert board.seen is start
    assert board.steps == []


def test_shift_draws_a_straight_line_from_the_end_of_the_last_stroke():
    board, tool = Board(new_document(SIZE)), PaintTool(ToolName.BRUSH)
    stroke(tool, board, (50, 50), (60, 60))
    stroke(tool, board, (300, 60), shift=True, pressure=0.01, has_pressure=True)
    assert board.steps == ["Brush stroke", "Brush stroke"]
    row = layer_pixels(board.document)[60, 60:300, 3]
    assert (row == 255).all()


def test_shift_without_a_stroke_before_paints_a_dab():
    board = Board(new_document(SIZE))
    stroke(PaintTool(ToolName.BRUSH), board, (100, 100), shift=True)
    assert board.document.active_layer.tiles.bounds() == Rect(90, 90, 20, 20)


def test_a_stroke_outside_the_canvas_leaves_no_step():
    board = Board(new_document(SIZE))
    stroke(PaintTool(ToolName.BRUSH), board, (-500, -500), (-300, 900), (1e12, 1e12))
    assert board.steps == []
    assert board.document.active_layer.tiles.is_empty


def test_a_stroke_over_the_border_is_cut_there():
    board = Board(new_document(SIZE), BrushParams(size_px=100, hardness=1.0))
    stroke(PaintTool(ToolName.BRUSH), board, (-10, 150), (410, 150))
    assert board.document.active_layer.tiles.bounds() == Rect(0, 100, 400, 100)


def test_a_stroke_goes_on_where_a_result_arrived_as_another_layer():
    board, tool = Board(new_document(SIZE)), PaintTool(ToolName.BRUSH)
    tool.press(board, event(50, 50))
    arrived = insert_layer(board.document, Layer("Result"), 0)
    board.document = board.seen = replace(arrived, active=board.document.active)
    assert tool.rebase(board)
    tool.move(board, [event(50, 50)])
    assert layer_pixels(board.seen)[50, 50, 3] == 255
    tool.release(board, event(150, 50))
    assert [layer.name for layer in board.document.layers] == ["Result", "Background", "Layer 1"]
    assert layer_pixels(board.document)[50, 140, 3] == 255


def test_a_stroke_whose_layer_was_changed_or_deleted_does_not_go_on():
    board, tool = Board(new_document(SIZE)), PaintTool(ToolName.BRUSH)
    tool.press(board, event(50, 50))
    board.document = with_block(Rect(0, 0, 9, 9), (9, 9, 9, 9))
    assert not tool.rebase(board)


def test_the_outline_is_the_nominal_radius():
    board = Board(new_document(SIZE), HARD, BLACK)
    assert PaintTool(ToolName.BRUSH).outline(board, Point(0, 0)) == 10


@pytest.mark.parametrize(("pressure", "strength"), [(1.0, 255), (0.4, 102), (0.1, 26)])
def test_a_stylus_paints_the_strength_of_the_mask_by_its_pressure(pressure, strength):
    brush = replace(DEFAULT_BRUSHES[ToolName.MASK_BRUSH], size_px=30, hardness=1.0)
    board = Board(new_document(SIZE), brush)
    stroke(PaintTool(ToolName.MASK_BRUSH), board, (50, 100), (150, 100), pressure=pressure, has_pressure=True)
    assert mask_pixels(board.document)[100, 100] == pytest.approx(strength, abs=1)


def test_a_mouse_paints_the_mask_at_full_strength():
    board = Board(new_document(SIZE), DEFAULT_BRUSHES[ToolName.MASK_BRUSH])
    stroke(PaintTool(ToolName.MASK_BRUSH), board, (80, 100), (150, 100))
    assert mask_pixels(board.document)[100, 100] == 255
