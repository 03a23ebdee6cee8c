"""Rulers, guides, grid and snapping in the real window."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog

from sdpaint.document.edits import new_document
from sdpaint.document.guide_edits import add_guide
from sdpaint.document.guides import Guide, GuideKind
from sdpaint.gui.canvas.aids import GUIDE_COLOR
from sdpaint.gui.canvas.rulers import Ruler, tick_step
from sdpaint.gui.widgets.fields import IntField
from sdpaint.imaging.geometry import Rect, Size
from sdpaint.tools.base import ToolName
from sdpaint.tools.placing_options import SnapOptions
from tests.gui.conftest import Driver

LEFT = Qt.MouseButton.LeftButton
NONE = Qt.KeyboardModifier.NoModifier


@pytest.fixture
def board(driver: Driver, qtbot) -> Driver:
    driver.documents.open(new_document(Size(512, 400)))
    driver.trigger("showRulers")
    QApplication.processEvents()
    driver.canvas.zoom_to(1.0)
    settle(driver, qtbot)
    return driver


def settle(driver: Driver, qtbot) -> None:
    for _ in range(2):
        qtbot.waitUntil(
            lambda: driver.window.is_settled and not driver.tools.edits.is_computing
        )
        QApplication.processEvents()


def ruler(driver: Driver, name: str) -> Ruler:
    found = driver.find(name)
    assert isinstance(found, Ruler)
    return found


def drag_from(driver: Driver, name: str, end: tuple[float, float]) -> None:
    """Out of a ruler to a canvas position."""
    source = ruler(driver, name)
    there = source.mapFrom(driver.window, driver.canvas.mapTo(driver.window, driver.at(*end)))
    QTest.mousePress(source, LEFT, NONE, QPoint(5, 5))
    QTest.mouseMove(source, there)
    QApplication.processEvents()
    QTest.mouseRelease(source, LEFT, NONE, there)
    QApplication.processEvents()


def test_a_guide_is_dragged_out_of_a_ruler_in_one_step(board):
    board.tools.settings.put(SnapOptions(enabled=False))
    drag_from(board, "topRuler", (100, 130))
    drag_from(board, "leftRuler", (90, 20))
    assert board.documents.committed.guides == (Guide(GuideKind.LEVEL, 130), Guide(GuideKind.UPRIGHT, 90))
    assert board.documents.history.undo_label == "Add guide"
    board.documents.undo()
    assert len(board.documents.committed.guides) == 1


def test_a_guide_let_go_over_the_ruler_isn_t_made(board):
    source = ruler(board, "topRuler")
    QTest.mousePress(source, LEFT, NONE, QPoint(50, 5))
    QTest.mouseMove(source, QPoint(60, 8))
    QTest.mouseRelease(source, LEFT, NONE, QPoint(60, 8))
    assert board.documents.committed.guides == ()
    assert board.canvas.aids.draft is None


def test_a_guide_snaps_to_the_middle_of_the_canvas(board):
    drag_from(board, "leftRuler", (251, 20))
    assert board.documents.committed.guides == (Guide(GuideKind.UPRIGHT, 256),)


def test_guides_are_seen_and_can_be_hidden(board, qtbot):
    board.documents.apply("Add", add_guide(board.documents.committed, Guide(GuideKind.UPRIGHT, 90)))
    settle(board, qtbot)

    def color():
        return board.canvas.grab().toImage().pixelColor(board.at(90, 50))

    assert color() == GUIDE_COLOR
    board.trigger("showGrid")
    beyond = board.canvas.grab().toImage().pixelColor(board.at(90, -10))
    assert beyond == GUIDE_COLOR
    board.trigger("showGuides")
    assert color() != GUIDE_COLOR
    assert not board.settings.settings.guides_visible


def test_the_move_tool_moves_a_guide_and_drops_it_outside_the_view(board, qtbot):
    board.tools.settings.put(SnapOptions(enabled=False))
    board.documents.apply("Add", add_guide(board.documents.committed, Guide(GuideKind.UPRIGHT, 90)))
    board.trigger("moveTool")
    QTest.mouseMove(board.canvas, board.at(91, 60))
    QApplication.processEvents()
    assert board.canvas.cursor().shape() is Qt.CursorShape.SizeHorCursor
    board.drag((91, 60), (120, 70), (140, 70))
    assert board.documents.committed.guides == (Guide(GuideKind.UPRIGHT, 140),)
    assert board.documents.history.undo_label == "Move guide"
    QTest.mousePress(board.canvas, LEFT, NONE, board.at(140, 60))
    QTest.mouseMove(board.canvas, QPoint(-40, 60))
    QApplication.processEvents()
    QTest.mouseRelease(board.canvas, LEFT, NONE, QPoint(-40, 60))
    assert board.documents.committed.guides == ()
    assert board.documents.history.undo_label == "Remove guide"


def test_a_selection_snaps_to_guides_unless_snapping_is_off(board, qtbot):
    board.documents.apply("Add", add_guide(board.documents.committed, Guide(GuideKind.UPRIGHT, 90)))
    board.tools.set_tool(ToolName.SELECT_RECTANGLE)
    board.drag((94, 60), (200, 150), (200, 150))
    settle(board, qtbot)
    assert board.documents.committed.selection.bounds() == Rect(90, 60, 110, 90)
    board.trigger("snapping")
    board.trigger("deselect")
    board.drag((94, 60), (200, 150), (200, 150))
    settle(board, qtbot)
    assert board.documents.committed.selection.bounds() == Rect(94, 60, 106, 90)


def test_a_crop_snaps_to_the_grid_while_it_is_shown(board, qtbot):
    board.settings.change(grid_spacing_px=50)
    board.trigger("showGrid")
    board.tools.set_tool(ToolName.CROP)
    board.drag((103, 47), (303, 252), (303, 252))
    assert board.tools.edits.draft.box.corners[0].x == 100
    assert board.tools.edits.draft.box.corners[2].y == 250


def test_the_frame_snaps_to_guides_when_it_is_moved(board):
    board.documents.apply("Add", add_guide(board.documents.committed, Guide(GuideKind.UPRIGHT, 91)))
    before = board.documents.committed.frame
    board.tools.set_tool(ToolName.FRAME)
    middle = (before.center.x, before.center.y)
    board.drag(middle, (middle[0] + 88 - before.x, middle[1]), (middle[0] + 88 - before.x, middle[1]))
    assert board.documents.committed.frame.x == 91


def test_the_grid_takes_its_numbers_from_a_dialog(board):
    board.trigger("gridSettings")
    dialog = board.window.findChild(QDialog, "gridDialog")
    for name, text in (("gridSpacing", "25"), ("gridOffsetX", "5"), ("gridOffsetY", "-3")):
        field = dialog.findChild(IntField, name)
        field.setText(text)
        field.editingFinished.emit()
    dialog.accept()
    settings = board.settings.settings
    assert (settings.grid_spacing_px, settings.grid_offset_x_px, settings.grid_offset_y_px) == (25, 5, -3)
    assert settings.grid_visible
    assert board.canvas.aids.shown.grid.spacing_px == 25
    assert board.tools.settings.get(SnapOptions).grid.offset_x == 5


def test_all_guides_go_in_one_step(board):
    document = add_guide(add_guide(board.documents.committed, Guide(GuideKind.UPRIGHT, 90)), Guide(GuideKind.LEVEL, 9))
    board.documents.apply("Add", document)
    board.trigger("clearGuides")
    assert board.documents.committed.guides == ()
    board.documents.undo()
    assert len(board.documents.committed.guides) == 2


def test_a_ruler_says_where_in_the_picture_things_are(board):
    top = ruler(board, "topRuler")
    along, at = top.ticks()[2]
    assert top.place_of(along) == pytest.approx(at)
    assert board.canvas.viewport.to_canvas(type(board.canvas.viewport.middle)(along, 0)).x == pytest.approx(at)
    board.canvas.rotate_by(90)
    assert top.place_of(10) == pytest.approx(
        board.canvas.viewport.to_canvas(type(board.canvas.viewport.middle)(10, 0)).y
    )


@pytest.mark.parametrize(("least", "step"), [(0.2, 1), (1.5, 2), (3, 5), (7, 10), (64, 100), (130, 200), (501, 1000)])
def test_numbers_stand_at_round_places(least, step):
    assert tick_step(least) == step


def test_what_is_shown_is_remembered_and_ticked(board):
    assert board.settings.settings.rulers_visible
    assert board.window.actions_by_id["showRulers"].isChecked()
    board.trigger("showRulers")
    assert not ruler(board, "topRuler").isVisible()
    assert not board.window.actions_by_id["showRulers"].isChecked()
