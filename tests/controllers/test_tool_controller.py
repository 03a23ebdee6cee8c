"""The tool controller over a real document controller."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from sdpaint.controllers.document_controller import DocumentController
from sdpaint.controllers.tool_controller import DEFAULT_BRUSHES, ToolController
from sdpaint.controllers.tool_settings import ToolSettings
from sdpaint.document.edits import insert_layer, new_document, replace_layer, set_mask
from sdpaint.document.layers import Layer
from sdpaint.imaging.color import BLACK, WHITE, Color
from sdpaint.imaging.geometry import Point, Rect, Size
from sdpaint.imaging.stabiliser import StabiliserKind, Stabilising
from sdpaint.imaging.symmetry import Symmetry, SymmetryKind
from sdpaint.tools.base import PointerEvent, ToolName
from sdpaint.tools.options import CloneOptions, PaintOptions, SelectionOptions

RED = Color(255, 0, 0)


@pytest.fixture
def documents(qapp) -> DocumentController:
    return DocumentController(new_document(Size(400, 300)))


@pytest.fixture
def tools(documents) -> ToolController:
    return ToolController(documents)


def at(x: float, y: float, **more) -> PointerEvent:
    return PointerEvent(Point(x, y), **more)


def alpha(documents: DocumentController, x: int, y: int) -> int:
    return int(documents.document.active_layer.tiles.read(Rect(x, y, 1, 1))[0, 0, 3])


def begin_stroke(tools: ToolController) -> None:
    tools.press(at(50, 50))
    tools.move([at(100, 50), at(150, 50)])


def test_a_stroke_is_one_undo_step(documents, tools):
    seen = []
    documents.document_changed.connect(lambda old, new: seen.append(new))
    begin_stroke(tools)
    assert tools.is_busy
    assert len(seen) == 2
    assert not documents.history.can_undo
    tools.release(at(200, 50))
    assert not tools.is_busy
    assert documents.history.undo_label == "Brush stroke"
    assert alpha(documents, 190, 50) == 255
    documents.undo()
    assert documents.document.active_layer.tiles.is_empty


def test_events_without_a_press_do_nothing(documents, tools):
    start = documents.document
    tools.move([at(50, 50)])
    tools.release(at(60, 60))
    tools.cancel()
    tools.finish()
    assert documents.document is start
    assert not documents.history.can_undo


def test_escape_drops_the_stroke(documents, tools):
    start = documents.document
    begin_stroke(tools)
    tools.cancel()
    assert documents.document is start
    assert not tools.is_busy
    tools.move([at(160, 50)])
    tools.release(at(160, 50))
    assert documents.document is start


def test_undo_during_a_stroke_drops_it_and_nothing_else(documents, tools):
    begin_stroke(tools)
    tools.release(at(150, 50))
    painted = documents.document
    tools.press(at(50, 100))
    tools.move([at(150, 100)])
    documents.undo()
    assert documents.document is painted
    assert not tools.is_busy
    tools.move([at(200, 100)])
    tools.release(at(200, 100))
    assert documents.document is painted


def test_choosing_another_tool_ends_and_keeps_the_stroke(documents, tools):
    begin_stroke(tools)
    tools.set_tool(ToolName.ERASER)
    assert not tools.is_busy
    assert documents.history.undo_label == "Brush stroke"
    assert alpha(documents, 149, 50) == 255


def test_a_second_press_ends_and_keeps_the_stroke_before(documents, tools):
    begin_stroke(tools)
    tools.press(at(50, 200))
    assert documents.history.undo_label == "Brush stroke"
    tools.cancel()
    assert alpha(documents, 149, 50) == 255
    assert alpha(documents, 50, 200) == 0


def test_a_temporary_tool_waits_for_the_stroke_to_end(documents, tools):
    begin_stroke(tools)
    tools.push_temporary(ToolName.PICKER)
    assert tools.tool is ToolName.PICKER
    tools.move([at(180, 50)])
    tools.release(at(200, 50))
    assert alpha(documents, 190, 50) == 255
    tools.press(at(300, 200))
    tools.release(at(300, 200))
    assert tools.foreground == WHITE
    tools.pop_temporary()
    assert tools.tool is ToolName.BRUSH


def test_opening_another_document_drops_the_stroke_and_forgets_where_it_ended(documents, tools):
    begin_stroke(tools)
    tools.release(at(150, 50))
    begin_stroke(tools)
    opened = new_document(Size(200, 200))
    documents.open(opened)
    assert not tools.is_busy
    assert documents.document is opened
    tools.press(at(100, 100, shift=True))
    tools.release(at(100, 100, shift=True))
    assert documents.document.active_layer.tiles.bounds().width <= 24


def test_a_result_that_arrives_during_a_stroke_is_kept_and_so_is_the_stroke(documents, tools, qtbot):
    begin_stroke(tools)
    active = documents.document.active
    result = insert_layer(documents.committed, Layer("Result"), 0)
    documents.apply("Generate", replace(result, active=active))
    assert tools.is_busy
    qtbot.waitUntil(lambda: alpha(documents, 100, 50) == 255)
    tools.move([at(180, 50)])
    tools.release(at(200, 50))
    assert [layer.name for layer in documents.document.layers] == ["Result", "Background", "Layer 1"]
    assert alpha(documents, 190, 50) == 255
    documents.undo()
    assert documents.history.undo_label == "Generate"
    assert documents.document.active_layer.tiles.is_empty


def test_hiding_the_mask_during_a_stroke_is_not_taken_back_by_it(documents, tools):
    begin_stroke(tools)
    committed = documents.committed
    documents.amend(set_mask(committed, replace(committed.mask, visible=False)))
    tools.release(at(200, 50))
    assert not documents.document.mask.visible
    assert alpha(documents, 190, 50) == 255


def test_a_stroke_ends_where_its_layer_is_deleted(documents, tools):
    begin_stroke(tools)
    document = documents.committed
    documents.apply("Delete", replace(document, layers=document.layers[:1], active=document.layers[0].id))
    kept = documents.document
    tools.move([at(200, 50)])
    tools.release(at(250, 50))
    assert documents.document is kept
    assert not tools.is_busy


def test_a_refusal_is_said_and_nothing_begins(documents, tools, qtbot):
    layer = documents.document.active_layer
    documents.amend(replace_layer(documents.document, replace(layer, visible=False)))
    with qtbot.waitSignal(tools.tool_message) as said:
        tools.press(at(50, 50))
    assert said.args[0].startswith("The layer is hidden")
    assert not tools.is_busy
    tools.move([at(60, 50)])
    tools.release(at(70, 50))
    assert not documents.history.can_undo


def test_every_tool_remembers_its_own_brush(tools):
    tools.set_brush(replace(tools.brush, size_px=77))
    tools.set_tool(ToolName.ERASER)
    assert tools.brush == DEFAULT_BRUSHES[ToolName.ERASER]
    tools.set_brush(replace(tools.brush, size_px=33))
    tools.set_tool(ToolName.BRUSH)
    assert tools.brush.size_px == 77
    tools.set_tool(ToolName.ERASER)
    assert tools.brush.size_px == 33


def test_tools_without_a_brush_show_the_last_one_that_had(tools):
    tools.set_tool(ToolName.ERASER)
    eraser = tools.brush
    tools.set_tool(ToolName.PAN)
    assert tools.brush == eraser
    assert tools.outline_radius(Point(0, 0)) is None
    tools.set_tool(ToolName.ERASER)
    assert tools.outline_radius(Point(0, 0)) == eraser.size_px / 2


def test_brushes_can_be_kept_and_restored(tools, documents, qtbot):
    tools.set_brush(replace(tools.brush, size_px=99))
    kept = tools.brushes
    other = ToolController(documents)
    with qtbot.waitSignal(other.brush_changed):
        other.restore_brushes(kept)
    assert other.brush.size_px == 99
    assert other.brushes == kept


def test_size_keys_step_up_and_down_within_the_limits(tools):
    tools.change_size(1)
    assert tools.brush.size_px == 25
    tools.change_size(-2)
    assert tools.brush.size_px == 18
    tools.change_size(-100)
    assert tools.brush.size_px == 1
    tools.change_size(1000)
    assert tools.brush.size_px == 1000


def test_a_brush_changed_during_a_stroke_counts_from_the_next(documents, tools):
    tools.press(at(50, 50))
    tools.set_brush(replace(tools.brush, size_px=200))
    tools.move([at(150, 50)])
    tools.release(at(150, 50))
    assert documents.document.active_layer.tiles.bounds().height <= 24


def test_signals_come_only_where_something_changed(tools, qtbot):
    seen: list[object] = []
    tools.tool_changed.connect(seen.append)
    tools.brush_changed.connect(seen.append)
    tools.colors_changed.connect(lambda: seen.append("colors"))
    tools.set_tool(ToolName.BRUSH)
    tools.set_brush(tools.brush)
    tools.reset_colors()
    tools.pop_temporary()
    assert seen == []
    tools.set_tool(ToolName.ERASER)
    tools.swap_colors()
    assert seen == [ToolName.ERASER, tools.brush, "colors"]


def test_temporary_tools_nest_and_give_back_the_chosen_one(tools, qtbot):
    seen: list[ToolName] = []
    tools.tool_changed.connect(seen.append)
    tools.push_temporary(ToolName.PAN)
    tools.push_temporary(ToolName.PICKER)
    tools.pop_temporary(ToolName.PAN)
    assert tools.tool is ToolName.PICKER
    tools.pop_temporary()
    tools.pop_temporary()
    assert tools.tool is ToolName.BRUSH
    assert seen == [ToolName.PAN, ToolName.PICKER, ToolName.BRUSH]


def test_colours_swap_and_reset(tools):
    assert (tools.foreground, tools.background) == (BLACK, WHITE)
    tools.set_foreground(RED)
    tools.set_background(BLACK)
    tools.swap_colors()
    assert (tools.foreground, tools.background) == (BLACK, RED)
    tools.reset_colors()
    assert (tools.foreground, tools.background) == (BLACK, WHITE)


def test_the_brush_paints_in_the_foreground_colour(documents, tools):
    tools.set_foreground(RED)
    tools.press(at(50, 50))
    tools.release(at(50, 50))
    assert tuple(documents.document.active_layer.tiles.read(Rect(50, 50, 1, 1))[0, 0]) == (0, 0, 255, 255)


def test_the_frame_tool_moves_the_frame_as_one_step(documents, tools):
    frame = documents.document.frame
    tools.set_tool(ToolName.FRAME)
    tools.press(at(*frame_middle(frame)))
    x, y = frame_middle(frame)
    tools.move([at(x + 41, y)])
    tools.release(at(x + 41, y))
    assert documents.document.frame == replace(frame, x=40)
    assert documents.history.undo_label == "Move frame"
    documents.undo()
    assert documents.document.frame == frame


def frame_middle(frame: Rect) -> tuple[float, float]:
    return frame.center.x, frame.center.y


def test_two_thousand_samples_paint_the_same_as_they_come_or_at_once(documents, tools):
    turns = np.linspace(0, 20, 2000)
    events = [
        at(200 + 6 * t * np.cos(t), 150 + 6 * t * np.sin(t), pressure=0.5 + 0.4 * np.sin(t), has_pressure=True)
        for t in turns
    ]
    tools.press(events[0])
    for event in events[1:]:
        tools.move([event])
    tools.release(events[-1])
    one_by_one = documents.document.active_layer.tiles
    documents.undo()
    tools.press(events[0])
    tools.move(events[1:])
    tools.release(events[-1])
    assert documents.document.active_layer.tiles == one_by_one


def test_symmetry_stabiliser_and_the_stamp_are_remembered(qapp):
    kept = ToolSettings()
    paint = PaintOptions(Stabilising(StabiliserKind.ROPE), Symmetry(SymmetryKind.MANDALA, arms=9), wraps=True)
    for options in (paint, CloneOptions(aligned=False, sample_all_layers=True), SelectionOptions(feather_px=4)):
        kept.put(options)
    restored = ToolSettings()
    restored.restore(kept.as_text())
    for kind in (PaintOptions, CloneOptions, SelectionOptions):
        assert restored.get(kind) == kept.get(kind)
