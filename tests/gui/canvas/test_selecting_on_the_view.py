"""Selecting and filling on the canvas: real mouse events, the outline that is seen, and what it costs."""

from __future__ import annotations

import threading
from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPointF, QRect, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from sdpaint.document.edits import fill_mask, new_document
from sdpaint.document.selection_edits import deselect, select, select_all
from sdpaint.gui.canvas import ants
from sdpaint.gui.canvas.ants import STEP_MS
from sdpaint.gui.canvas.outlines import CELL_PX, level_at, make_outline, touched_cells
from sdpaint.gui.canvas.viewport import Viewport
from sdpaint.imaging.color import Color
from sdpaint.imaging.geometry import Point, Rect, Size
from sdpaint.imaging.selection import coverage_map, ellipse, rectangle, united
from sdpaint.tools.base import ToolName
from tests.guards import GUARD_S
from tests.gui.conftest import double_click

SHIFT, ALT = Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.AltModifier


@pytest.fixture
def still(desk):
    """A desk whose ants stand still, so that pictures can be compared; upright, one pixel to a pixel."""
    desk.view.ants.set_still(True)
    desk.view.zoom_to(1.0)
    return desk


def selected(desk) -> np.ndarray:
    document = desk.documents.document
    assert document.selection is not None
    return document.selection.read(document.bounds)


def wait(desk) -> None:
    desk.qtbot.waitUntil(lambda: not desk.tools.edits.is_computing)
    desk.settle()


def drag(desk, *path, modifiers=Qt.KeyboardModifier.NoModifier) -> None:
    """With the keys held all the time, which QTest's moves leave out."""
    left = Qt.MouseButton.LeftButton
    points = [desk.at(*place) for place in path]
    QTest.mousePress(desk.view, left, modifiers, points[0])
    for point in points[1:]:
        place = QPointF(point)
        anywhere = desk.view.mapToGlobal(place)
        move = QMouseEvent(QEvent.Type.MouseMove, place, anywhere, Qt.MouseButton.NoButton, left, modifiers)
        QApplication.sendEvent(desk.view, move)
    QTest.mouseRelease(desk.view, left, modifiers, points[-1])
    wait(desk)


def click(desk, x, y, modifiers=Qt.KeyboardModifier.NoModifier) -> None:
    QTest.mouseClick(desk.view, Qt.MouseButton.LeftButton, modifiers, desk.at(x, y))
    wait(desk)


# -- the tools by mouse


def test_a_rectangle_is_dragged(still):
    still.tools.set_tool(ToolName.SELECT_RECTANGLE)
    drag(still, (20, 30), (80, 60), (120, 110))
    assert still.documents.document.selection == rectangle(Rect(20, 30, 100, 80))
    assert still.documents.history.undo_label == "Select a rectangle"


def test_shift_adds_alt_subtracts_and_both_intersect(still):
    still.tools.set_tool(ToolName.SELECT_RECTANGLE)
    drag(still, (20, 20), (80, 80))
    drag(still, (60, 20), (120, 80), modifiers=SHIFT)
    assert still.documents.document.selection == rectangle(Rect(20, 20, 100, 60))
    drag(still, (60, 20), (80, 80), modifiers=ALT)
    assert selected(still)[50, 70] == 0
    assert selected(still)[50, 50] == 255
    drag(still, (0, 0), (60, 50), modifiers=SHIFT | ALT)
    assert still.documents.document.selection == rectangle(Rect(20, 20, 40, 30))


def test_alt_does_not_pick_a_colour_with_a_selection_tool_in_hand_but_does_with_the_bucket(still):
    still.tools.set_tool(ToolName.SELECT_RECTANGLE)
    QTest.keyPress(still.view, Qt.Key.Key_Alt)
    assert still.tools.tool is ToolName.SELECT_RECTANGLE
    QTest.keyRelease(still.view, Qt.Key.Key_Alt)
    still.tools.set_tool(ToolName.FILL)
    QTest.keyPress(still.view, Qt.Key.Key_Alt)
    assert still.tools.tool is ToolName.PICKER
    QTest.keyRelease(still.view, Qt.Key.Key_Alt)
    assert still.tools.tool is ToolName.FILL


def test_an_ellipse_is_dragged_under_a_turned_view(still):
    still.tools.set_tool(ToolName.SELECT_ELLIPSE)
    still.view.rotate_by(90)
    drag(still, (50, 50), (150, 130))
    bounds = still.documents.document.selection.bounds()
    assert abs(bounds.left - 50) <= 1
    assert abs(bounds.bottom - 130) <= 1


def test_a_lasso_is_drawn(still):
    still.tools.set_tool(ToolName.SELECT_LASSO)
    drag(still, (50, 50), (150, 50), (150, 120), (50, 120))
    assert selected(still)[80, 100] == 255
    assert selected(still)[20, 20] == 0


def test_a_polygon_is_clicked_and_closed_by_enter(still):
    still.tools.set_tool(ToolName.SELECT_POLYGON)
    for place in ((50, 50), (150, 50), (150, 120)):
        click(still, *place)
    assert still.tools.has_open_shape
    assert still.documents.document.selection is None
    QTest.keyClick(still.view, Qt.Key.Key_Return)
    wait(still)
    assert selected(still)[70, 140] == 255
    assert not still.tools.has_open_shape


def test_a_double_click_closes_a_polygon(still):
    still.tools.set_tool(ToolName.SELECT_POLYGON)
    for place in ((50, 50), (150, 50), (150, 120)):
        click(still, *place)
    double_click(still.view, still.at(50, 120))
    click(still, 50, 120)
    assert selected(still)[110, 60] == 255


def test_backspace_takes_a_corner_back_and_escape_drops_the_polygon(still):
    still.tools.set_tool(ToolName.SELECT_POLYGON)
    for place in ((50, 50), (150, 50), (150, 120)):
        click(still, *place)
    QTest.keyClick(still.view, Qt.Key.Key_Backspace)
    assert len(still.tools.edits.draft.points) == 2
    QTest.keyClick(still.view, Qt.Key.Key_Escape)
    assert still.tools.edits.draft is None
    assert not still.documents.history.can_undo


def test_another_tool_drops_an_open_polygon(still):
    still.tools.set_tool(ToolName.SELECT_POLYGON)
    click(still, 50, 50)
    still.tools.set_tool(ToolName.BRUSH)
    assert still.tools.edits.draft is None
    assert not still.tools.has_open_shape


def test_the_wand_selects_what_was_painted(still):
    still.tools.set_brush(replace(still.tools.brush, size_px=40, hardness=1.0))
    drag(still, (100, 100), (101, 100))
    still.tools.set_tool(ToolName.SELECT_ALIKE)
    click(still, 100, 100)
    bounds = still.documents.document.selection.bounds()
    assert Rect(78, 78, 45, 45).contains(bounds)
    assert bounds.width >= 40


def test_the_bucket_fills_the_selection(still):
    still.tools.set_foreground(Color(10, 200, 30))
    still.tools.set_tool(ToolName.SELECT_RECTANGLE)
    drag(still, (20, 20), (120, 120))
    still.tools.set_tool(ToolName.FILL)
    click(still, 50, 50)
    assert still.documents.history.undo_label == "Fill"
    assert still.documents.document.active_layer.tiles.bounds() == Rect(20, 20, 100, 100)
    assert still.color_at(60, 60) == (10, 200, 30)
    click(still, 200, 150)
    assert still.documents.history.undo_label == "Fill"


def test_a_stroke_stays_inside_the_selection(still):
    still.documents.apply("Select", select(still.documents.document, rectangle(Rect(50, 50, 60, 60))))
    still.tools.set_tool(ToolName.BRUSH)
    drag(still, (0, 80), (290, 80))
    assert still.documents.document.active_layer.tiles.bounds().left == 50
    assert still.documents.document.active_layer.tiles.bounds().right == 110


def test_a_selection_is_undone_and_redone_with_its_outline(still):
    plain = still.picture()
    still.tools.set_tool(ToolName.SELECT_RECTANGLE)
    drag(still, (20, 30), (120, 110))
    outlined = still.picture()
    still.documents.undo()
    assert not np.array_equal(still.picture(), outlined)
    still.documents.redo()
    assert np.array_equal(still.picture(), outlined)
    still.documents.undo()
    changed = np.any(still.picture() != plain, axis=2)
    # The hint on the empty document doesn't come back.
    assert not changed[: still.at(0, 60).y()].any()


# -- what is seen


def dark_and_light(picture: np.ndarray) -> tuple[int, int]:
    return int((picture.max(axis=-1) < 40).sum()), int((picture.min(axis=-1) > 215).sum())


def test_ants_are_seen_along_the_edge_and_nowhere_else(still):
    blank = still.picture()
    still.documents.apply("Select", select(still.documents.document, rectangle(Rect(100, 60, 80, 60))))
    still.documents.undo()
    blank = still.picture()
    still.documents.redo()
    seen = still.picture()
    changed = np.argwhere((seen != blank).any(axis=2))
    top_left, bottom_right = still.at(100, 60), still.at(180, 120)
    assert changed.min(axis=0).tolist() == [top_left.y(), top_left.x()]
    assert changed.max(axis=0).tolist() == [bottom_right.y(), bottom_right.x()]
    inner = seen[top_left.y() + 1 : bottom_right.y(), top_left.x() + 1 : bottom_right.x()]
    assert np.array_equal(inner, blank[top_left.y() + 1 : bottom_right.y(), top_left.x() + 1 : bottom_right.x()])
    dark, light = dark_and_light(seen[top_left.y(), top_left.x() : bottom_right.x()])
    assert abs(dark - light) <= 8
    assert dark + light == 80


@pytest.mark.parametrize("zoom", [0.37, 1.0, 5.0])
@pytest.mark.parametrize("turn", [0, 33, 90])
def test_ants_lie_on_the_edge_under_every_view(make_desk, zoom, turn):
    document = select(fill_mask(new_document(Size(300, 200)), Rect(0, 0, 1, 1)), rectangle(Rect(130, 80, 60, 40)))
    desk = make_desk(document)
    desk.view.ants.set_still(True)
    desk.view.zoom_to(zoom)
    desk.view.rotate_by(turn)
    desk.view.show_through(desk.view.viewport.fitted(Rect(130, 80, 60, 40), 0, max_zoom=zoom))
    desk.settle()
    with_ants = desk.picture()
    desk.documents.apply("Deselect", deselect(desk.documents.document))
    changed = np.argwhere((with_ants != desk.picture()).any(axis=2))
    assert len(changed) > 80 * zoom * 0.8
    back = [desk.view.viewport.to_canvas(Point(x + 0.5, y + 0.5)) for y, x in changed]
    slack = 1.5 / zoom + 0.01
    for point in back:
        off_x = min(abs(point.x - 130), abs(point.x - 190))
        off_y = min(abs(point.y - 80), abs(point.y - 120))
        assert min(off_x, off_y) <= slack
        assert 130 - slack <= point.x <= 190 + slack


def test_a_soft_selection_is_outlined_where_it_is_half(still):
    ramp = np.tile(np.linspace(0, 255, 200).astype(np.uint8), (100, 1))
    outline = make_outline(coverage_map(ramp, 20, 40), 0, Rect(0, 0, 300, 200))
    xs = {x for edge in outline.edges.tolist() for x in (edge[0], edge[2])}
    assert xs == {20.0 + int(np.argmax(ramp[0] >= 128)), 220.0}


def test_selecting_everything_is_outlined_at_the_edge_of_the_canvas(still):
    outline = make_outline(select_all(still.documents.document).selection, 0, Rect(0, 0, 300, 200))
    assert outline.edges.min() == 0
    assert outline.edges.max() == 300
    assert len(outline.edges) == 4


def test_a_draft_is_drawn_while_the_shape_is_dragged(still):
    still.tools.set_tool(ToolName.SELECT_RECTANGLE)
    before = still.picture(pointer=True)
    QTest.mousePress(still.view, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, still.at(20, 20))
    QTest.mouseMove(still.view, still.at(120, 90))
    still.settle()
    drawn = np.argwhere((still.picture(pointer=True) != before).any(axis=2))
    corner = still.at(20, 20)
    assert drawn.min(axis=0).tolist() == [corner.y(), corner.x()]
    QTest.mouseRelease(still.view, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, still.at(120, 90))
    wait(still)
    assert still.tools.edits.draft is None


def test_a_line_leads_from_an_open_polygon_to_the_pointer(still):
    still.tools.set_tool(ToolName.SELECT_POLYGON)
    click(still, 20, 20)
    QTest.mouseMove(still.view, still.at(120, 20))
    still.settle()
    one = still.picture(pointer=True)
    QTest.mouseMove(still.view, still.at(20, 120))
    still.settle()
    two = still.picture(pointer=True)
    across, down = still.at(70, 20), still.at(20, 70)
    assert (one[across.y() - 1 : across.y() + 2, across.x() - 8 : across.x() + 8].max(axis=2) < 40).any()
    assert not (two[across.y() - 1 : across.y() + 2, across.x() - 8 : across.x() + 8].max(axis=2) < 40).any()
    assert (two[down.y() - 8 : down.y() + 8, down.x() - 1 : down.x() + 2].max(axis=2) < 40).any()


def test_ants_march_and_stand_still_where_motion_disturbs(desk):
    desk.documents.apply("Select", select_all(desk.documents.document))
    assert desk.view.ants.is_moving
    first = desk.picture()
    desk.qtbot.waitUntil(lambda: not np.array_equal(desk.picture(), first))
    desk.view.ants.set_still(True)
    assert not desk.view.ants.is_moving
    assert not np.array_equal(desk.picture(), np.zeros_like(first))
    desk.documents.apply("Deselect", deselect(desk.documents.document))
    desk.view.ants.set_still(False)
    assert not desk.view.ants.is_moving


def test_steps_come_less_than_eight_times_a_second():
    assert STEP_MS > 1000 / 8


def test_a_large_outline_is_traced_off_the_gui_thread_and_the_old_one_stays_until_then(make_desk):
    document = new_document(Size(2048, 2048))
    desk = make_desk(select(document, rectangle(Rect(200, 200, 1600, 1600))))
    desk.view.ants.set_still(True)
    before = desk.picture()
    shape = united(ellipse(100, 100, 1900, 1500, document.bounds), rectangle(Rect(900, 900, 900, 900)))
    desk.documents.apply("Select", select(desk.documents.document, shape))
    assert not desk.view.ants.is_ready
    assert not desk.view.is_complete
    desk.settle()
    assert desk.view.ants.is_ready
    assert not np.array_equal(desk.picture(), before)


def test_a_view_that_is_shut_down_waits_for_the_outline_that_is_traced(make_desk, monkeypatch):
    desk = make_desk(new_document(Size(2048, 2048)))
    may_go, traced = threading.Event(), []

    def trace(*asked):
        may_go.wait(GUARD_S)
        traced.append(make_outline(*asked))
        return traced[-1]

    monkeypatch.setattr(ants, "make_outline", trace)
    desk.documents.apply("Select", select(desk.documents.document, rectangle(Rect(200, 200, 1600, 1600))))
    threading.Timer(0.05, may_go.set).start()
    desk.view.shutdown()
    assert len(traced) == 1
    QApplication.processEvents()
    assert desk.view.ants.region.isEmpty()
    assert not desk.view.ants.is_moving


def test_only_the_newest_of_many_selections_is_outlined(make_desk):
    document = new_document(Size(2048, 2048))
    desk = make_desk(document)
    for inset in range(0, 500, 50):
        shape = rectangle(Rect(inset, inset, 2000 - 2 * inset, 2000 - 2 * inset))
        desk.documents.apply("Select", select(desk.documents.document, shape))
    desk.settle()
    edges = desk.view.ants._shown.edges
    assert abs(edges.min() - 450) <= 8
    assert abs(edges.max() - 1550) <= 8


# -- what is repainted


def test_a_step_repaints_the_edge_alone(make_desk):
    desk = make_desk(select(new_document(Size(300, 200)), rectangle(Rect(20, 20, 260, 160))), size=(800, 600))
    desk.view.zoom_to(2.0)
    region = desk.view.ants.region
    middle = desk.at(150, 100)
    assert not region.contains(middle)
    assert region.contains(desk.at(20, 100))
    assert region.contains(desk.at(150, 180))


@pytest.mark.parametrize("turn", [0, 30])
@pytest.mark.parametrize("zoom", [0.2, 1.0, 30.0])
def test_what_is_repainted_covers_all_that_is_drawn(make_desk, zoom, turn):
    shape = ellipse(20, 20, 280, 180, Rect(0, 0, 300, 200))
    desk = make_desk(fill_mask(new_document(Size(300, 200)), Rect(0, 0, 1, 1)))
    desk.view.zoom_to(zoom)
    desk.view.rotate_by(turn)
    blank = desk.picture()
    desk.documents.apply("Select", select(desk.documents.document, shape))
    desk.view.ants.set_still(True)
    region = desk.view.ants.region
    for y, x in np.argwhere((desk.picture() != blank).any(axis=2)):
        assert region.contains(QRect(int(x), int(y), 1, 1))


def test_cells_out_of_sight_are_not_counted():
    edges = np.array([[-5000.0, 10.0, -4000.0, 10.0], [10.0, 10.0, 60.0, 10.0]])
    region = touched_cells(edges, Viewport(640, 480, center=Point(320, 240)))
    assert region.boundingRect() == QRect(0, 0, 2 * CELL_PX, CELL_PX)


def test_levels_follow_the_zoom():
    assert [level_at(zoom) for zoom in (64, 1, 0.6, 0.5, 0.2, 1 / 64)] == [0, 0, 0, 1, 2, 6]


# -- pushing


def test_the_outline_goes_along_while_the_selection_is_pushed(still):
    still.documents.apply("Select", select(still.documents.document, rectangle(Rect(40, 40, 60, 50))))
    still.documents.apply("Select", select(still.documents.document, rectangle(Rect(90, 60, 60, 50))))
    still.tools.set_tool(ToolName.SELECT_RECTANGLE)
    there = still.picture()
    still.documents.undo()
    press, end = still.at(70, 60), still.at(120, 80)
    QTest.mousePress(still.view, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, press)
    QTest.mouseMove(still.view, end)
    still.settle()
    assert still.documents.document.selection == rectangle(Rect(40, 40, 60, 50))
    assert np.array_equal(still.picture(), there)
    QTest.mouseRelease(still.view, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, end)
    wait(still)
    assert still.documents.document.selection == rectangle(Rect(90, 60, 60, 50))
    assert np.array_equal(still.picture(), there)


def test_a_large_outline_that_was_pushed_never_jumps_back(make_desk):
    shape = ellipse(200, 200, 1700, 1500, Rect(0, 0, 2048, 2048))
    desk = make_desk(select(new_document(Size(2048, 2048)), shape))
    desk.view.ants.set_still(True)
    desk.tools.set_tool(ToolName.SELECT_LASSO)
    press, end = desk.at(900, 900), desk.at(1100, 1000)
    QTest.mousePress(desk.view, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, press)
    QTest.mouseMove(desk.view, end)
    desk.settle()
    lefts = []
    desk.tools.edits.draft_changed.connect(lambda _draft: lefts.append(desk.view.ants.region.boundingRect().left()))
    pushed = desk.view.ants.region.boundingRect().left()
    QTest.mouseRelease(desk.view, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, end)
    wait(desk)
    assert lefts
    assert all(abs(left - pushed) <= CELL_PX for left in [*lefts, desk.view.ants.region.boundingRect().left()])


def test_the_cursor_says_what_a_drag_would_push(still):
    still.documents.apply("Select", select(still.documents.document, rectangle(Rect(40, 40, 60, 50))))
    still.tools.set_tool(ToolName.SELECT_RECTANGLE)
    for place, shape in (((60, 60), Qt.CursorShape.SizeAllCursor), ((200, 150), Qt.CursorShape.BitmapCursor)):
        QTest.mouseMove(still.view, still.at(*place))
        assert still.view.cursor().shape() is shape


def test_only_what_takes_long_has_a_waiting_cursor(still):
    may_go = threading.Event()

    def edit(document):
        may_go.wait(GUARD_S)
        return document

    still.tools.edits.compute("Slow", edit)
    assert still.view.cursor().shape() is not Qt.CursorShape.BusyCursor
    still.qtbot.waitUntil(lambda: still.view.cursor().shape() is Qt.CursorShape.BusyCursor)
    may_go.set()
    wait(still)
    assert still.view.cursor().shape() is not Qt.CursorShape.BusyCursor
