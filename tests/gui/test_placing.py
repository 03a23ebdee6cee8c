"""Move, transform and crop in the real window: mouse, keys, numbers, undo."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from sdpaint.document.document import Document, EditTarget
from sdpaint.document.edits import new_document, set_active, set_target
from sdpaint.document.layers import Adjustment, Fill, Group, Layer, LayerMask
from sdpaint.document.selection_edits import select
from sdpaint.document.text_edits import SetWords, was_reshaped, words_of
from sdpaint.imaging.color import Color
from sdpaint.imaging.geometry import Point, Rect, Size
from sdpaint.imaging.selection import SelectionMode, rectangle
from sdpaint.imaging.tiles import TileMap
from sdpaint.imaging.words import TextStyle, Words
from sdpaint.tools.base import ToolName
from sdpaint.tools.crop import CropTool
from sdpaint.tools.placing_options import CropOptions, CropRatio, MoveOptions, SnapOptions, TransformOptions
from sdpaint.tools.transform import TransformTool
from tests.gui.conftest import Driver

LEFT = Qt.MouseButton.LeftButton
NONE = Qt.KeyboardModifier.NoModifier
CTRL, SHIFT, ALT = (
    Qt.KeyboardModifier.ControlModifier,
    Qt.KeyboardModifier.ShiftModifier,
    Qt.KeyboardModifier.AltModifier,
)
SPOT = Rect(100, 80, 120, 90)


def spot(rect: Rect = SPOT, color=(0, 0, 255, 255)) -> TileMap:
    pixels = np.empty((rect.height, rect.width, 4), np.uint8)
    pixels[:] = color
    return TileMap.from_pixels(pixels, rect.x, rect.y)


def picture(*layers: Layer, size=Size(512, 400)) -> Document:
    paper = new_document(size).layers[0]
    layers = layers or (Layer("Spot", spot()),)
    return Document(size, (paper, *layers), layers[-1].id, Rect(0, 0, 256, 256))


@pytest.fixture
def board(driver: Driver, qtbot) -> Driver:
    open_in(driver, picture())
    settle(driver, qtbot)
    driver.tools.settings.put(SnapOptions(enabled=False))
    return driver


def open_in(driver: Driver, document: Document) -> None:
    driver.documents.open(document)
    driver.canvas.zoom_to(1.0)


def settle(driver: Driver, qtbot) -> None:
    def is_done() -> bool:
        return driver.window.is_settled and not driver.tools.edits.is_computing

    for _ in range(2):
        qtbot.waitUntil(is_done)
        QApplication.processEvents()


def drag(driver: Driver, qtbot, *points: tuple[float, float], keys=NONE) -> None:
    QTest.mousePress(driver.canvas, LEFT, keys, driver.at(*points[0]))
    for point in points[1:]:
        QTest.mouseMove(driver.canvas, driver.at(*point))
        QApplication.processEvents()
    QTest.mouseRelease(driver.canvas, LEFT, keys, driver.at(*points[-1]))
    settle(driver, qtbot)


def take(driver: Driver, qtbot, tool: ToolName) -> None:
    driver.trigger(f"{tool.value}Tool")
    settle(driver, qtbot)


def key(driver: Driver, qtbot, which: Qt.Key, keys=NONE) -> None:
    QTest.keyClick(driver.canvas, which, keys)
    settle(driver, qtbot)


def bounds(driver: Driver) -> Rect:
    return driver.documents.committed.active_layer.tiles.bounds()


def undo_count(driver: Driver) -> int:
    count = 0
    while driver.documents.history.can_undo:
        driver.documents.undo()
        count += 1
    return count


# ---------------------------------------------------------------------------------------------------------------- move


def test_a_drag_moves_the_layer_in_one_step(board, qtbot):
    before = board.documents.committed
    take(board, qtbot, ToolName.MOVE)
    drag(board, qtbot, (150, 120), (170, 130), (180, 150))
    assert bounds(board) == SPOT.translated(30, 30)
    assert board.documents.history.undo_label == "Move"
    board.documents.undo()
    assert board.documents.committed is before


def test_a_move_back_to_where_it_was_is_no_step(board, qtbot):
    take(board, qtbot, ToolName.MOVE)
    drag(board, qtbot, (150, 120), (190, 160), (150, 120))
    assert not board.documents.history.can_undo
    assert board.documents.document is board.documents.committed


def test_esc_while_dragging_puts_the_layer_back(board, qtbot):
    take(board, qtbot, ToolName.MOVE)
    QTest.mousePress(board.canvas, LEFT, NONE, board.at(150, 120))
    QTest.mouseMove(board.canvas, board.at(200, 150))
    settle(board, qtbot)
    assert board.documents.document.active_layer.tiles.bounds() == SPOT.translated(50, 30)
    key(board, qtbot, Qt.Key.Key_Escape)
    QTest.mouseRelease(board.canvas, LEFT, NONE, board.at(200, 150))
    settle(board, qtbot)
    assert bounds(board) == SPOT
    assert not board.documents.history.can_undo


def test_shift_keeps_to_a_level_way(board, qtbot):
    take(board, qtbot, ToolName.MOVE)
    drag(board, qtbot, (150, 120), (190, 130), keys=SHIFT)
    assert bounds(board) == SPOT.translated(40, 0)


def test_alt_moves_a_copy_onto_a_layer_of_its_own(board, qtbot):
    take(board, qtbot, ToolName.MOVE)
    drag(board, qtbot, (150, 120), (250, 120), keys=ALT)
    document = board.documents.committed
    assert [layer.name for layer in document.layers][1:] == ["Spot", "Spot copy"]
    assert document.layers[1].tiles.bounds() == SPOT
    assert bounds(board) == SPOT.translated(100, 0)
    assert undo_count(board) == 1


def test_selected_pixels_move_with_their_outline(board, qtbot):
    chosen = Rect(100, 80, 60, 90)
    board.documents.apply("Select", select(board.documents.committed, rectangle(chosen)))
    take(board, qtbot, ToolName.MOVE)
    drag(board, qtbot, (120, 120), (120, 260))
    document = board.documents.committed
    assert document.selection.bounds() == chosen.translated(0, 140)
    alpha = document.active_layer.tiles.read(document.bounds)[..., 3]
    assert alpha[80:170, 100:160].max() == 0
    assert alpha[80:170, 160:220].min() == 255
    assert alpha[220:310, 100:160].min() == 255


def test_half_selected_pixels_are_lifted_by_half(board, qtbot):
    half = TileMap.from_pixels(np.full((90, 60), 128, np.uint8), 100, 80)
    board.documents.apply("Select", select(board.documents.committed, half))
    take(board, qtbot, ToolName.MOVE)
    drag(board, qtbot, (120, 120), (320, 120))
    alpha = board.documents.committed.active_layer.tiles.read(Rect(0, 0, 512, 400))[..., 3]
    assert abs(int(alpha[100, 120]) - 127) <= 1
    assert abs(int(alpha[100, 320]) - 128) <= 1


def test_arrow_keys_push_and_pushes_in_a_row_are_one_step(board, qtbot):
    take(board, qtbot, ToolName.MOVE)
    key(board, qtbot, Qt.Key.Key_Right)
    key(board, qtbot, Qt.Key.Key_Right)
    key(board, qtbot, Qt.Key.Key_Up, SHIFT)
    assert bounds(board) == SPOT.translated(2, -10)
    assert undo_count(board) == 1


def test_the_layer_under_the_pointer_is_taken_where_that_is_asked_for(board, qtbot):
    low, high = Layer("Low", spot()), Layer("High", spot(Rect(300, 80, 50, 50)))
    open_in(board, picture(low, high))
    take(board, qtbot, ToolName.MOVE)
    board.tools.settings.put(MoveOptions(auto_select=True))
    drag(board, qtbot, (150, 120), (160, 120))
    assert board.documents.committed.active == low.id
    assert bounds(board) == SPOT.translated(10, 0)


def test_a_group_moves_with_all_its_layers_and_their_masks(board, qtbot):
    mask = LayerMask.of_coverage(rectangle(Rect(110, 90, 40, 40)))
    inner, masked = Layer("Inner", spot()), Layer("Masked", spot(), mask=mask)
    group = Layer("Group", content=Group((inner, masked)))
    open_in(board, picture(group))
    take(board, qtbot, ToolName.MOVE)
    drag(board, qtbot, (150, 120), (190, 170))
    document = board.documents.committed
    assert document.layer(inner.id).tiles.bounds() == SPOT.translated(40, 50)
    assert document.layer(masked.id).mask.tiles.bounds() == Rect(150, 140, 40, 40)
    assert undo_count(board) == 1


def test_a_mask_that_isn_t_linked_stays_and_moves_alone_when_it_is_worked_on(board, qtbot):
    mask = LayerMask(rectangle(Rect(110, 90, 40, 40)), default=0, linked=False)
    masked = Layer("Masked", spot(), mask=mask)
    open_in(board, picture(masked))
    take(board, qtbot, ToolName.MOVE)
    drag(board, qtbot, (150, 120), (190, 120))
    layer = board.documents.committed.active_layer
    assert (layer.tiles.bounds(), layer.mask.tiles.bounds()) == (SPOT.translated(40, 0), Rect(110, 90, 40, 40))
    board.documents.amend(set_target(board.documents.committed, EditTarget.MASK))
    drag(board, qtbot, (150, 120), (150, 140))
    layer = board.documents.committed.active_layer
    assert (layer.tiles.bounds(), layer.mask.tiles.bounds()) == (SPOT.translated(40, 0), Rect(110, 110, 40, 40))


def test_what_can_t_be_moved_is_said(board, qtbot):
    open_in(board, picture(Layer("Empty")))
    take(board, qtbot, ToolName.MOVE)
    with qtbot.waitSignal(board.tools.tool_message) as said:
        drag(board, qtbot, (150, 120), (190, 120))
    assert "Empty is empty" in said.args[0]
    open_in(board, picture(Layer("Fixed", spot(), position_locked=True)))
    with qtbot.waitSignal(board.tools.tool_message) as said:
        key(board, qtbot, Qt.Key.Key_Left)
    assert "Fixed is locked" in said.args[0]


def test_kinds_without_pixels_say_why_they_can_t_be_moved(board, qtbot):
    for layer, why in (
        (Layer("Sky", content=Fill(Color(1, 2, 3))), "fills the whole canvas"),
        (Layer("Light", content=Adjustment("levels")), "adjusts all that is below"),
    ):
        open_in(board, picture(layer))
        take(board, qtbot, ToolName.MOVE)
        with qtbot.waitSignal(board.tools.tool_message) as said:
            drag(board, qtbot, (150, 120), (190, 120))
        assert why in said.args[0]


def text_picture() -> Document:
    document = picture()
    return SetWords("words", Words("Hello", Point(100, 80), TextStyle(size_px=40)))(document)


def test_text_moves_and_stays_text_at_its_new_place(board, qtbot):
    open_in(board, text_picture())
    before = bounds(board)
    take(board, qtbot, ToolName.MOVE)
    drag(board, qtbot, (150, 120), (190, 170))
    layer = board.documents.committed.layer("words")
    assert bounds(board) == before.translated(40, 50)
    assert words_of(layer).at == Point(140, 130)
    assert not was_reshaped(layer)
    assert undo_count(board) == 1


def test_text_is_moved_with_its_group_and_scaled_by_transform(board, qtbot):
    document = text_picture()
    group = Layer("Group", content=Group((document.layer("words"),)))
    open_in(board, picture(group))
    take(board, qtbot, ToolName.TRANSFORM)
    box = document.layer("words").tiles.bounds()
    drag(board, qtbot, (box.right, box.bottom), (box.right + box.width, box.bottom + box.height))
    key(board, qtbot, Qt.Key.Key_Return)
    words = words_of(board.documents.committed.layer("words"))
    assert words.style.size_px in (79, 80, 81)
    assert abs(board.documents.committed.layer("words").tiles.bounds().width - 2 * box.width) <= 3


def test_a_part_of_a_text_can_t_be_moved_and_that_is_said(board, qtbot):
    document = text_picture()
    board.documents.open(select(document, rectangle(Rect(100, 80, 30, 60)), SelectionMode.REPLACE))
    take(board, qtbot, ToolName.MOVE)
    with qtbot.waitSignal(board.tools.tool_message) as said:
        drag(board, qtbot, (110, 100), (190, 120))
    assert "is text, and moves as a whole" in said.args[0]
    assert board.documents.committed.layer("words") is document.layer("words")


def test_ctrl_takes_the_move_tool_while_selecting(board, qtbot):
    take(board, qtbot, ToolName.SELECT_RECTANGLE)
    drag(board, qtbot, (150, 120), (180, 120), keys=CTRL)
    assert bounds(board) == SPOT.translated(30, 0)
    QTest.keyRelease(board.canvas, Qt.Key.Key_Control)
    assert board.tools.tool is ToolName.SELECT_RECTANGLE


def test_edges_snap_to_the_middle_of_the_canvas(board, qtbot):
    take(board, qtbot, ToolName.MOVE)
    board.tools.settings.put(SnapOptions(enabled=True))
    drag(board, qtbot, (150, 120), (150 + 34, 120 + 73))
    assert bounds(board) == SPOT.translated(36, 75)     # its right edge at 256, its middle at 200


# ----------------------------------------------------------------------------------------------------------- transform


def placement(driver: Driver):
    tool = driver.tools.held.current(TransformTool)
    return None if tool is None else tool.placement


def test_a_corner_scales_and_enter_makes_one_step_of_it(board, qtbot):
    take(board, qtbot, ToolName.TRANSFORM)
    drag(board, qtbot, (220, 170), (300, 220), (340, 260))
    drag(board, qtbot, (200, 160), (210, 170))
    assert not board.documents.history.can_undo
    assert board.documents.document.active_layer.tiles.bounds() == Rect(110, 90, 240, 180)
    key(board, qtbot, Qt.Key.Key_Return)
    assert bounds(board) == Rect(110, 90, 240, 180)
    assert board.documents.history.undo_label == "Transform"
    assert board.tools.edits.draft is None
    assert undo_count(board) == 1
    assert bounds(board) == SPOT


def test_the_tool_before_is_in_hand_again_after_enter_and_esc(board, qtbot):
    for end in (Qt.Key.Key_Return, Qt.Key.Key_Escape):
        take(board, qtbot, ToolName.ERASER)
        take(board, qtbot, ToolName.TRANSFORM)
        drag(board, qtbot, (220, 170), (340, 260))
        key(board, qtbot, end)
        assert board.tools.tool is ToolName.ERASER


def test_esc_leaves_everything_as_it_was(board, qtbot):
    before = board.documents.committed
    take(board, qtbot, ToolName.TRANSFORM)
    drag(board, qtbot, (220, 170), (340, 260))
    key(board, qtbot, Qt.Key.Key_Escape)
    assert board.documents.document is before
    assert board.tools.edits.draft is None


def test_enter_without_a_change_is_no_step(board, qtbot):
    take(board, qtbot, ToolName.TRANSFORM)
    key(board, qtbot, Qt.Key.Key_Return)
    assert not board.documents.history.can_undo


def test_shift_keeps_the_ratio_and_alt_stays_about_the_middle(board, qtbot):
    take(board, qtbot, ToolName.TRANSFORM)
    drag(board, qtbot, (220, 170), (340, 200), keys=SHIFT)
    assert placement(board).scale_x == pytest.approx(placement(board).scale_y)
    key(board, qtbot, Qt.Key.Key_Backspace)
    drag(board, qtbot, (220, 125), (250, 125), keys=ALT)
    assert placement(board).scale_x == pytest.approx(1.5, abs=0.02)
    assert placement(board).at.x == 160


def test_a_drag_outside_turns_in_steps_with_shift(board, qtbot):
    take(board, qtbot, ToolName.TRANSFORM)
    drag(board, qtbot, (260, 125), (160, 230), keys=SHIFT)
    assert placement(board).angle == 90.0
    key(board, qtbot, Qt.Key.Key_Return)
    assert bounds(board) == Rect(115, 65, 90, 120)


def test_ctrl_skews_by_a_side_and_pulls_a_corner_alone(board, qtbot):
    take(board, qtbot, ToolName.TRANSFORM)
    drag(board, qtbot, (160, 80), (200, 80), keys=CTRL)
    assert placement(board).skew == pytest.approx(-24, abs=1)
    drag(board, qtbot, (220, 170), (260, 210), keys=CTRL)
    assert placement(board).is_distorted
    key(board, qtbot, Qt.Key.Key_Return)
    assert bounds(board).bottom == 210


def test_the_pivot_can_be_dragged(board, qtbot):
    take(board, qtbot, ToolName.TRANSFORM)
    drag(board, qtbot, (160, 125), (120, 100))
    assert abs(placement(board).at.x - 120) <= 1
    assert placement(board).is_identity


def test_numbers_say_what_is_and_are_taken(board, qtbot):
    take(board, qtbot, ToolName.TRANSFORM)
    width, angle = board.find("transformWidthField"), board.find("transformAngleField")
    assert width.text() == "100 %"
    for field, text in ((width, "50"), (angle, "90")):
        field.setFocus()
        field.selectAll()
        QTest.keyClicks(field, text)
        QTest.keyClick(field, Qt.Key.Key_Return)
    settle(board, qtbot)
    assert (placement(board).scale_x, placement(board).angle) == (0.5, 90.0)
    board.canvas.setFocus()
    key(board, qtbot, Qt.Key.Key_Return)
    assert bounds(board) == Rect(115, 95, 90, 60)


def test_flip_and_reset_work_by_their_buttons(board, qtbot):
    pixels = np.zeros((40, 40, 4), np.uint8)
    pixels[:, :10] = 255
    open_in(board, picture(Layer("Bar", TileMap.from_pixels(pixels, 50, 50).with_pixels(
        Rect(89, 60, 1, 1), np.full((1, 1, 4), 255, np.uint8)))))
    take(board, qtbot, ToolName.TRANSFORM)
    QTest.mouseClick(board.find("transformFlipLevelButton"), LEFT)
    settle(board, qtbot)
    shown = board.documents.document.active_layer.tiles.read(Rect(50, 50, 40, 40))
    assert np.array_equal(shown[20, :, 3] > 0, np.arange(40) >= 30)
    QTest.mouseClick(board.find("transformResetButton"), LEFT)
    settle(board, qtbot)
    assert placement(board).is_identity


def test_choosing_another_tool_applies_what_was_transformed(board, qtbot):
    take(board, qtbot, ToolName.TRANSFORM)
    drag(board, qtbot, (220, 170), (340, 260))
    take(board, qtbot, ToolName.BRUSH)
    assert bounds(board) == Rect(100, 80, 240, 180)
    assert undo_count(board) == 1


def test_ctrl_z_takes_back_one_gesture_of_the_transform(board, qtbot):
    take(board, qtbot, ToolName.TRANSFORM)
    drag(board, qtbot, (220, 170), (340, 260))
    drag(board, qtbot, (200, 160), (230, 160))
    key(board, qtbot, Qt.Key.Key_Z, CTRL)
    assert placement(board).corners[0] == Point(100, 80)
    assert placement(board).scale_x == 2.0
    key(board, qtbot, Qt.Key.Key_Z, CTRL)
    assert placement(board).is_identity


def test_a_step_undone_from_the_menu_ends_the_transform(board, qtbot):
    board.trigger("addLayer")
    board.trigger("layerBelow")
    take(board, qtbot, ToolName.TRANSFORM)
    drag(board, qtbot, (220, 170), (340, 260))
    board.trigger("undo")
    settle(board, qtbot)
    assert bounds(board) == SPOT
    assert board.tools.edits.draft is None
    assert board.documents.document is board.documents.committed


def test_a_change_from_elsewhere_keeps_the_placement(board, qtbot):
    take(board, qtbot, ToolName.TRANSFORM)
    drag(board, qtbot, (220, 170), (340, 260))
    active = board.documents.committed.active
    board.trigger("addLayer")
    settle(board, qtbot)
    key(board, qtbot, Qt.Key.Key_Return)
    assert board.documents.committed.layer(active).tiles.bounds() == Rect(100, 80, 240, 180)
    assert undo_count(board) == 2


def test_selected_pixels_are_transformed_alone(board, qtbot):
    chosen = Rect(100, 80, 60, 90)
    board.documents.apply("Select", select(board.documents.committed, rectangle(chosen)))
    take(board, qtbot, ToolName.TRANSFORM)
    drag(board, qtbot, (100, 125), (40, 125))
    key(board, qtbot, Qt.Key.Key_Return)
    document = board.documents.committed
    assert bounds(board) == Rect(40, 80, 180, 90)
    assert document.selection.bounds() == Rect(40, 80, 120, 90)


def test_a_group_is_transformed_with_all_its_layers(board, qtbot):
    first, second = Layer("One", spot(Rect(100, 80, 40, 40))), Layer("Two", spot(Rect(180, 130, 40, 40)))
    open_in(board, picture(Layer("Group", content=Group((first, second)))))
    take(board, qtbot, ToolName.TRANSFORM)
    drag(board, qtbot, (220, 170), (340, 260))
    key(board, qtbot, Qt.Key.Key_Return)
    document = board.documents.committed
    assert document.layer(first.id).tiles.bounds() == Rect(100, 80, 80, 80)
    assert document.layer(second.id).tiles.bounds() == Rect(260, 180, 80, 80)


def test_a_large_layer_floats_as_a_picture_while_it_is_dragged(board, qtbot):
    rect = Rect(0, 0, 1400, 1000)
    open_in(board, picture(Layer("Large", spot(rect)), size=rect.size))
    take(board, qtbot, ToolName.TRANSFORM)
    QTest.mousePress(board.canvas, LEFT, NONE, board.at(1200, 800))
    QTest.mouseMove(board.canvas, board.at(1300, 800))
    QApplication.processEvents()
    box = board.tools.edits.draft.box
    assert box.floating is not None
    assert board.documents.document.active_layer.tiles.is_empty
    settle(board, qtbot)
    color = board.canvas.grab().toImage().pixelColor(board.at(700, 500))
    assert (color.red(), color.green(), color.blue()) == (255, 0, 0)
    QTest.mouseRelease(board.canvas, LEFT, NONE, board.at(1300, 800))
    settle(board, qtbot)
    assert board.tools.edits.draft.box.floating is None
    key(board, qtbot, Qt.Key.Key_Return)
    assert bounds(board) == rect.translated(100, 0)


def test_resampling_is_remembered_and_used(board, qtbot):
    take(board, qtbot, ToolName.TRANSFORM)
    box = board.find("transformInterpolationBox")
    box.setCurrentIndex(0)
    box.activated.emit(0)
    assert board.tools.settings.get(TransformOptions).interpolation.value == "Nearest"
    drag(board, qtbot, (260, 125), (240, 190))
    key(board, qtbot, Qt.Key.Key_Return)
    alpha = board.documents.committed.active_layer.tiles.read(Rect(0, 0, 512, 400))[..., 3]
    assert set(np.unique(alpha)) == {0, 255}


def test_the_cursor_says_what_a_drag_would_do(board, qtbot):
    take(board, qtbot, ToolName.TRANSFORM)
    shapes = {
        (130, 100): Qt.CursorShape.SizeAllCursor,
        (220, 170): Qt.CursorShape.SizeFDiagCursor,
        (220, 140): Qt.CursorShape.SizeHorCursor,
        (300, 300): Qt.CursorShape.BitmapCursor,
        (160, 125): Qt.CursorShape.PointingHandCursor,
    }
    for place, shape in shapes.items():
        QTest.mouseMove(board.canvas, board.at(*place))
        QApplication.processEvents()
        assert board.canvas.cursor().shape() is shape, place


# ---------------------------------------------------------------------------------------------------------------- crop


def crop_rect(driver: Driver) -> Rect:
    return driver.tools.held.current(CropTool).rect


def test_a_drawn_box_crops_in_one_step(board, qtbot):
    take(board, qtbot, ToolName.CROP)
    drag(board, qtbot, (60, 50), (200, 100), (260, 250))
    assert crop_rect(board) == Rect(60, 50, 200, 200)
    key(board, qtbot, Qt.Key.Key_Return)
    assert board.documents.committed.size == Size(200, 200)
    assert bounds(board) == SPOT.translated(-60, -50)
    assert crop_rect(board) == Rect(0, 0, 200, 200)
    assert undo_count(board) == 1


def test_the_box_may_reach_beyond_the_canvas(board, qtbot):
    take(board, qtbot, ToolName.CROP)
    board.canvas.zoom_to(0.5)
    drag(board, qtbot, (512, 400), (600, 450))
    key(board, qtbot, Qt.Key.Key_Return)
    assert board.documents.committed.size == Size(600, 450)


def test_esc_begins_anew_and_nothing_is_cut_by_another_tool(board, qtbot):
    take(board, qtbot, ToolName.CROP)
    drag(board, qtbot, (60, 50), (260, 250))
    key(board, qtbot, Qt.Key.Key_Escape)
    assert crop_rect(board) == Rect(0, 0, 512, 400)
    drag(board, qtbot, (60, 50), (260, 250))
    take(board, qtbot, ToolName.BRUSH)
    assert board.documents.committed.size == Size(512, 400)
    assert board.tools.edits.draft is None


def test_a_ratio_is_kept_by_every_handle(board, qtbot):
    board.tools.settings.put(CropOptions(ratio=CropRatio.SIXTEEN_NINE))
    take(board, qtbot, ToolName.CROP)
    drag(board, qtbot, (60, 50), (220, 60))
    assert crop_rect(board) == Rect(60, 50, 160, 90)
    drag(board, qtbot, (220, 95), (380, 95))
    assert (crop_rect(board).width, crop_rect(board).height) == (320, 180)


def test_the_size_can_be_typed(board, qtbot):
    take(board, qtbot, ToolName.CROP)
    field = board.find("cropWidthField")
    field.setFocus()
    field.selectAll()
    QTest.keyClicks(field, "300")
    QTest.keyClick(field, Qt.Key.Key_Return)
    settle(board, qtbot)
    assert crop_rect(board) == Rect(106, 0, 300, 400)


def test_what_is_cut_off_can_be_deleted(board, qtbot):
    for deletes, kept in ((False, SPOT.translated(-150, 0)), (True, Rect(0, 80, 70, 90))):
        open_in(board, picture())
        board.tools.settings.put(CropOptions(deletes=deletes))
        take(board, qtbot, ToolName.BRUSH)
        take(board, qtbot, ToolName.CROP)
        drag(board, qtbot, (0, 200), (150, 200))
        QTest.mouseClick(board.find("cropApplyButton"), LEFT)
        settle(board, qtbot)
        assert bounds(board) == kept


def test_the_box_begins_around_what_is_selected(board, qtbot):
    board.documents.apply("Select", select(board.documents.committed, rectangle(Rect(30, 40, 100, 60))))
    take(board, qtbot, ToolName.CROP)
    assert crop_rect(board) == Rect(30, 40, 100, 60)


def test_an_active_layer_chosen_meanwhile_keeps_the_crop_box(board, qtbot):
    take(board, qtbot, ToolName.CROP)
    drag(board, qtbot, (60, 50), (260, 250))
    document = board.documents.committed
    board.documents.amend(set_active(document, document.layers[0].id))
    settle(board, qtbot)
    assert crop_rect(board) == Rect(60, 50, 200, 200)
