"""Pointer and keys on the canvas: real events change the right pixels, under every view."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import (
    QFocusEvent,
    QKeyEvent,
    QNativeGestureEvent,
    QPointingDevice,
    QWheelEvent,
)
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from sdpaint.document.edits import new_document
from sdpaint.gui.canvas.viewport import Viewport
from sdpaint.imaging.color import Color
from sdpaint.imaging.geometry import Point, Rect, Size
from sdpaint.tools.base import ToolName

VIEWS = {
    "plain": lambda view: None,
    "zoomed in": lambda view: view.zoom_to(4.0, Point(300, 200)),
    "zoomed out": lambda view: view.zoom_to(0.3, Point(120, 90)),
    "rotated": lambda view: view.rotate_by(33),
    "a quarter": lambda view: view.rotate_by(90),
    "flipped": lambda view: view.flip_horizontally(),
    "all": lambda view: (view.zoom_to(1.7), view.rotate_by(-70), view.flip_horizontally(), view.pan_by(20, -9)),
}


def painted_bounds(desk) -> Rect:
    return desk.documents.document.active_layer.tiles.bounds()


@pytest.mark.parametrize("name", VIEWS)
def test_a_stroke_of_the_mouse_lands_where_it_is_seen(desk, name):
    desk.tools.set_brush(replace(desk.tools.brush, size_px=10, hardness=1.0))
    VIEWS[name](desk.view)
    start, end = (140.0, 100.0), (160.0, 104.0)
    desk.drag(start, end)
    bounds = painted_bounds(desk)
    slack = 6 + 1 / desk.view.viewport.scale
    assert bounds.left == pytest.approx(start[0] - 5, abs=slack - 5 + 1)
    assert bounds.right == pytest.approx(end[0] + 5, abs=slack - 5 + 1)
    assert bounds.top == pytest.approx(start[1] - 5, abs=slack - 5 + 1)
    assert bounds.bottom == pytest.approx(end[1] + 5, abs=slack - 5 + 1)
    assert desk.color_at(150, 102) == (0, 0, 0)
    assert desk.documents.history.undo_label


def test_every_sample_of_a_turn_of_the_event_loop_reaches_the_tool(desk, monkeypatch):
    batches = []
    monkeypatch.setattr(desk.tools, "move", batches.append)
    desk.tablet(QEvent.Type.TabletPress, 10, 10, pressure=0.5)
    for i in range(1, 41):
        desk.tablet(QEvent.Type.TabletMove, 10 + i, 10, pressure=0.5)
    assert batches == []
    desk.tablet(QEvent.Type.TabletRelease, 51, 10)
    assert [round(e.pos.x) for batch in batches for e in batch] == list(range(11, 51))
    assert len(batches) == 1


def test_samples_are_handed_over_without_waiting_for_the_release(desk, monkeypatch, qtbot):
    batches = []
    monkeypatch.setattr(desk.tools, "move", batches.append)
    desk.tablet(QEvent.Type.TabletPress, 10, 10, pressure=0.5)
    desk.tablet(QEvent.Type.TabletMove, 20, 10, pressure=0.5)
    qtbot.waitUntil(lambda: len(batches) == 1)
    desk.tablet(QEvent.Type.TabletRelease, 20, 10)


def test_the_stylus_brings_pressure_tilt_and_its_exact_position(desk, monkeypatch):
    samples = []
    monkeypatch.setattr(desk.tools, "press", samples.append)
    desk.view.zoom_to(2.0)
    event = desk.tablet(QEvent.Type.TabletPress, 33.25, 44.75, pressure=0.8, tilt=(12, -7))
    sample = samples[0]
    assert event.isAccepted(), "else Qt sends the same once more as a mouse event"
    assert sample.pressure == pytest.approx(0.8, abs=1e-3)
    assert sample.has_pressure
    assert (sample.tilt_x, sample.tilt_y) == (12, -7)
    assert sample.pos.x == pytest.approx(33.25, abs=1e-6)
    assert sample.pos.y == pytest.approx(44.75, abs=1e-6)
    assert sample.view_scale == 2.0
    desk.tablet(QEvent.Type.TabletRelease, 33, 44)


def test_a_mouse_and_a_pen_without_pressure_report_the_middle(desk, monkeypatch):
    samples = []
    monkeypatch.setattr(desk.tools, "press", samples.append)
    QTest.mouseClick(desk.view, Qt.MouseButton.LeftButton, pos=desk.at(20, 20))
    desk.tablet(QEvent.Type.TabletPress, 30, 30, pressure=1.0, measures=False)
    desk.tablet(QEvent.Type.TabletRelease, 30, 30)
    assert [(s.pressure, s.has_pressure) for s in samples] == [(0.5, False), (0.5, False)]


def test_more_pressure_paints_a_wider_stroke(desk):
    desk.tools.set_brush(replace(desk.tools.brush, size_px=40, hardness=1.0, pressure_size=True))
    widths = []
    for y, pressure in ((50, 0.2), (150, 1.0)):
        before = desk.documents.document.active_layer.tiles
        desk.tablet(QEvent.Type.TabletPress, 100, y, pressure=pressure)
        desk.tablet(QEvent.Type.TabletMove, 160, y, pressure=pressure)
        desk.tablet(QEvent.Type.TabletRelease, 160, y)
        rows = desk.documents.document.active_layer.tiles.read(Rect(120, 0, 1, 200))[:, 0, 3]
        rows = np.where(before.read(Rect(120, 0, 1, 200))[:, 0, 3] > 0, 0, rows)
        widths.append(int((rows > 0).sum()))
    assert widths[1] > 2 * widths[0] > 0


def test_the_other_end_of_the_stylus_erases(desk):
    desk.tools.set_brush(replace(desk.tools.brush, size_px=60, hardness=1.0))
    desk.drag((100, 100), (150, 100))
    desk.tablet(QEvent.Type.TabletPress, 120, 100, pressure=1.0, eraser=True)
    desk.tablet(QEvent.Type.TabletMove, 125, 100, pressure=1.0, eraser=True)
    desk.tablet(QEvent.Type.TabletRelease, 125, 100, eraser=True)
    assert desk.color_at(120, 100) == (255, 255, 255)
    assert desk.tools.tool is ToolName.BRUSH


def test_the_mouse_is_ignored_while_the_stylus_paints(desk):
    desk.tablet(QEvent.Type.TabletPress, 50, 50, pressure=1.0)
    QTest.mouseMove(desk.view, desk.at(250, 150))
    QTest.mouseRelease(desk.view, Qt.MouseButton.LeftButton, pos=desk.at(250, 150))
    assert desk.tools.is_busy
    desk.tablet(QEvent.Type.TabletRelease, 50, 50)
    assert painted_bounds(desk).right < 150


def test_escape_drops_the_stroke_and_the_rest_of_the_gesture(desk):
    before = desk.documents.document
    QTest.mousePress(desk.view, Qt.MouseButton.LeftButton, pos=desk.at(50, 50))
    QTest.mouseMove(desk.view, desk.at(90, 50))
    QTest.keyClick(desk.view, Qt.Key.Key_Escape)
    QTest.mouseMove(desk.view, desk.at(150, 50))
    QTest.mouseRelease(desk.view, Qt.MouseButton.LeftButton, pos=desk.at(150, 50))
    desk.settle()
    assert desk.documents.document is before
    assert desk.color_at(90, 50) == (255, 255, 255)


def test_space_and_the_middle_button_pan(desk):
    before = desk.at(0, 0)
    QTest.keyPress(desk.view, Qt.Key.Key_Space)
    assert desk.view.cursor().shape() is Qt.CursorShape.OpenHandCursor
    desk.drag_view(QPoint(200, 200), QPoint(210, 205), QPoint(230, 215))
    QTest.keyRelease(desk.view, Qt.Key.Key_Space)
    assert desk.at(0, 0) == before + QPoint(30, 15)
    desk.drag_view(QPoint(200, 200), QPoint(170, 185), button=Qt.MouseButton.MiddleButton)
    assert desk.at(0, 0) == before
    assert desk.tools.tool is ToolName.BRUSH
    assert not desk.documents.history.can_undo


def test_space_let_go_during_a_pan_keeps_the_pan_to_its_end(desk):
    QTest.keyPress(desk.view, Qt.Key.Key_Space)
    QTest.mousePress(desk.view, Qt.MouseButton.LeftButton, pos=QPoint(100, 100))
    QTest.keyRelease(desk.view, Qt.Key.Key_Space)
    assert desk.tools.tool is ToolName.PAN
    QTest.mouseMove(desk.view, QPoint(140, 100))
    QTest.mouseRelease(desk.view, Qt.MouseButton.LeftButton, pos=QPoint(140, 100))
    assert desk.tools.tool is ToolName.BRUSH
    assert not desk.documents.history.can_undo


def test_alt_picks_the_colour_under_the_pointer(make_desk):
    desk = make_desk(new_document(Size(300, 200), background=(12, 200, 99)))
    QTest.keyPress(desk.view, Qt.Key.Key_Alt)
    assert desk.tools.tool is ToolName.PICKER
    QTest.mouseClick(desk.view, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.AltModifier, desk.at(40, 40))
    QTest.keyRelease(desk.view, Qt.Key.Key_Alt)
    assert desk.tools.tool is ToolName.BRUSH
    assert desk.tools.foreground == Color(12, 200, 99)
    assert not desk.documents.history.can_undo


def test_a_key_that_is_held_when_the_focus_goes_is_let_go(desk):
    QTest.keyPress(desk.view, Qt.Key.Key_Space)
    QApplication.sendEvent(desk.view, QFocusEvent(QEvent.Type.FocusOut))
    assert desk.tools.tool is ToolName.BRUSH


def test_r_held_turns_the_view_around_its_middle(desk):
    middle = desk.view.viewport.to_canvas(desk.view.viewport.middle)
    QTest.keyPress(desk.view, Qt.Key.Key_R)
    desk.drag_view(QPoint(400, 200), QPoint(330, 330), QPoint(250, 350))
    QTest.keyRelease(desk.view, Qt.Key.Key_R)
    assert desk.view.rotation == pytest.approx(90, abs=0.5)
    after = desk.view.viewport.to_canvas(desk.view.viewport.middle)
    assert (after.x, after.y) == pytest.approx((middle.x, middle.y), abs=1)
    assert not desk.documents.history.can_undo


@pytest.mark.parametrize("key", [Qt.Key.Key_Space, Qt.Key.Key_R])
def test_the_canvas_claims_its_held_keys_before_shortcuts(desk, key):
    event = QKeyEvent(QEvent.Type.ShortcutOverride, key, Qt.KeyboardModifier.NoModifier)
    event.ignore()
    QApplication.sendEvent(desk.view, event)
    assert event.isAccepted()
    event = QKeyEvent(QEvent.Type.ShortcutOverride, Qt.Key.Key_B, Qt.KeyboardModifier.NoModifier)
    event.ignore()
    QApplication.sendEvent(desk.view, event)
    assert not event.isAccepted()


def wheel(desk, pos: QPointF, angle=(0, 0), pixels=(0, 0), modifiers=Qt.KeyboardModifier.NoModifier, phase=None):
    event = QWheelEvent(
        pos,
        desk.view.mapToGlobal(pos),
        QPoint(*pixels),
        QPoint(*angle),
        Qt.MouseButton.NoButton,
        modifiers,
        phase or Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(desk.view, event)


def test_the_wheel_zooms_at_the_cursor_and_comes_back(desk):
    before: Viewport = desk.view.viewport
    cursor = QPointF(310, 130)
    fixed = before.to_canvas(Point(310, 130))
    for _ in range(7):
        wheel(desk, cursor, angle=(0, 120))
    assert desk.view.zoom > 4 * before.zoom
    seen = desk.view.viewport.to_view(fixed)
    assert (seen.x, seen.y) == pytest.approx((310, 130), abs=0.75)
    for _ in range(12):
        wheel(desk, cursor, angle=(0, -120))
    seen = desk.view.viewport.to_view(fixed)
    assert (seen.x, seen.y) == pytest.approx((310, 130), abs=0.75)


def test_a_wheel_click_near_full_size_ends_at_full_size(desk):
    desk.view.zoom_to(1.22)
    wheel(desk, QPointF(100, 100), angle=(0, -120))
    assert desk.view.zoom == 1.0


def pinch(desk, kind: Qt.NativeGestureType, value: float) -> None:
    pos = QPointF(310, 130)
    event = QNativeGestureEvent(
        kind, QPointingDevice.primaryPointingDevice(), 2, pos, pos, desk.view.mapToGlobal(pos), value, QPointF(0, 0)
    )
    QApplication.sendEvent(desk.view, event)
    assert event.isAccepted()


def test_a_pinch_zooms_and_turns_around_the_fingers(desk):
    fixed = desk.view.viewport.to_canvas(Point(310, 130))
    zoom = desk.view.zoom
    pinch(desk, Qt.NativeGestureType.ZoomNativeGesture, 0.5)
    assert desk.view.zoom == pytest.approx(1.5 * zoom)
    pinch(desk, Qt.NativeGestureType.RotateNativeGesture, 25)
    assert desk.view.rotation == pytest.approx(25)
    seen = desk.view.viewport.to_view(fixed)
    assert (seen.x, seen.y) == pytest.approx((310, 130), abs=0.75)
    pinch(desk, Qt.NativeGestureType.SmartZoomNativeGesture, 0)
    bounds = desk.view.viewport.view_bounds(Rect(0, 0, 300, 200))
    assert bounds.left >= 0
    assert bounds.right <= 500


def test_a_press_after_a_lost_release_begins_a_stroke_of_its_own(desk):
    QTest.mousePress(desk.view, Qt.MouseButton.LeftButton, pos=desk.at(50, 50))
    QTest.mousePress(desk.view, Qt.MouseButton.LeftButton, pos=desk.at(150, 50))
    QTest.mouseRelease(desk.view, Qt.MouseButton.LeftButton, pos=desk.at(150, 50))
    desk.documents.undo()
    assert painted_bounds(desk).width > 0
    desk.documents.undo()
    assert painted_bounds(desk).is_empty


def test_a_tool_chosen_while_space_is_held_stays_when_it_is_let_go(desk):
    QTest.keyPress(desk.view, Qt.Key.Key_Space)
    desk.tools.set_tool(ToolName.ERASER)
    QTest.keyRelease(desk.view, Qt.Key.Key_Space)
    assert desk.tools.tool is ToolName.ERASER


def test_shift_and_wheel_pans_sideways_and_a_touchpad_pans_freely(desk):
    origin = desk.at(0, 0)
    wheel(desk, QPointF(100, 100), angle=(0, 120), modifiers=Qt.KeyboardModifier.ShiftModifier)
    moved = desk.at(0, 0)
    assert moved.x() > origin.x()
    assert moved.y() == origin.y()
    wheel(desk, QPointF(100, 100), angle=(0, 8), pixels=(-6, 11), phase=Qt.ScrollPhase.ScrollUpdate)
    assert desk.at(0, 0) == moved + QPoint(-6, 11)


def test_the_cursor_is_the_brush_outline_or_a_cross_when_tiny(desk):
    desk.view.zoom_to(1.0)
    desk.tools.set_brush(replace(desk.tools.brush, size_px=40))
    QTest.mouseMove(desk.view, QPoint(250, 140))
    assert desk.view.cursor().shape() is Qt.CursorShape.BlankCursor
    picture = desk.picture(pointer=True)
    ring = picture[140, 250 + 18 : 250 + 23].mean(axis=1)
    assert ring.min() < 120, "the dark line of the rim"
    assert (picture[140, 250 - 10 : 250 + 10] == 255).all(), "nothing within"
    desk.tools.set_brush(replace(desk.tools.brush, size_px=2))
    assert desk.view.cursor().shape() is Qt.CursorShape.BitmapCursor, "a cross of our own"
    assert (desk.picture(pointer=True)[120:160, 225:275] == 255).all()


def test_the_outline_goes_when_the_pointer_leaves(desk, qtbot):
    QTest.mouseMove(desk.view, QPoint(250, 110))
    assert (desk.picture(pointer=True)[80:140, 220:280] < 200).any()
    with qtbot.waitSignal(desk.view.cursor_moved, check_params_cb=lambda pos: pos is None):
        QApplication.sendEvent(desk.view, QEvent(QEvent.Type.Leave))
    assert (desk.picture(pointer=True)[80:140, 220:280] == 255).all()


def test_the_frame_tool_shows_resize_cursors_on_handles_under_rotation(make_desk):
    desk = make_desk(replace(new_document(Size(300, 200)), frame=Rect(96, 64, 64, 64)))
    desk.tools.set_tool(ToolName.FRAME)
    frame = desk.documents.document.frame
    corner = (frame.right, frame.bottom)
    QTest.mouseMove(desk.view, desk.at(*corner))
    assert desk.view.cursor().shape() is Qt.CursorShape.SizeFDiagCursor
    QTest.mouseMove(desk.view, desk.at(frame.center.x, frame.center.y))
    assert desk.view.cursor().shape() is Qt.CursorShape.SizeAllCursor
    desk.view.rotate_by(90)
    QTest.mouseMove(desk.view, desk.at(*corner))
    assert desk.view.cursor().shape() is Qt.CursorShape.SizeBDiagCursor


def test_dragging_inside_the_frame_moves_it_by_what_is_seen(make_desk):
    desk = make_desk(replace(new_document(Size(300, 200)), frame=Rect(96, 64, 64, 64)))
    desk.tools.set_tool(ToolName.FRAME)
    desk.view.rotate_by(90)
    desk.drag((128, 96), (136, 96), (152, 96))
    assert desk.documents.document.frame == Rect(120, 64, 64, 64)
