"""Controls that Qt doesn't have, used as by hand."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit, QPushButton, QWidget

from sdpaint.gui.widgets.color_wheel import ColorWheel
from sdpaint.gui.widgets.combo_box import ComboBox
from sdpaint.gui.widgets.fields import ElidedLabel, GrowingEdit, HexField, IntField
from sdpaint.gui.widgets.flow_layout import FlowLayout
from sdpaint.gui.widgets.number_slider import PERCENT, NumberSlider, NumberSpec
from sdpaint.gui.widgets.swatches import ColorPair, Swatches
from sdpaint.imaging.color import BLACK, WHITE, Color
from sdpaint.imaging.color_models import Hsv
from tests.gui.conftest import double_click

LEFT, NONE, SHIFT = (
    Qt.MouseButton.LeftButton,
    Qt.KeyboardModifier.NoModifier,
    Qt.KeyboardModifier.ShiftModifier,
)
PIXELS = NumberSpec(0, 200, 50, unit=" px")


class Heard:
    """What a slider said."""

    def __init__(self, slider: NumberSlider) -> None:
        self.live: list[float] = []
        self.committed: list[float] = []
        slider.value_changed.connect(self.live.append)
        slider.value_committed.connect(self.committed.append)


@pytest.fixture
def shown(themed, qtbot):
    def show(widget: QWidget, width: int = 200, height: int = 28) -> QWidget:
        qtbot.addWidget(widget)
        widget.resize(width, height)
        with qtbot.waitActive(widget):
            widget.show()
            widget.activateWindow()
        return widget

    return show


def drag(widget: QWidget, start: int, end: int, modifiers=NONE, steps: int = 10) -> None:
    QTest.mousePress(widget, LEFT, modifiers, QPoint(start, 14))
    for step in range(1, steps + 1):
        pos = QPointF(start + (end - start) * step / steps, 14)
        kind, no_button = QEvent.Type.MouseMove, Qt.MouseButton.NoButton
        move = QMouseEvent(kind, pos, widget.mapToGlobal(pos), no_button, LEFT, modifiers)
        QApplication.sendEvent(widget, move)
    QTest.mouseRelease(widget, LEFT, modifiers, QPoint(end, 14))


def wheel(widget: QWidget, notches: int) -> QWheelEvent:
    event = QWheelEvent(
        QPointF(10, 10),
        QPointF(10, 10),
        QPoint(),
        QPoint(0, 120 * notches),
        Qt.MouseButton.NoButton,
        NONE,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(widget, event)
    return event


# ------------------------------------------------------------------------------------------------- NumberSlider


def test_dragging_moves_the_value_with_the_pointer_and_commits_once(shown):
    slider = shown(NumberSlider("s", "Size", PIXELS))
    heard = Heard(slider)
    drag(slider, 20, 120)
    assert slider.value == 150
    assert heard.live[-1] == 150
    assert heard.live == sorted(heard.live)
    assert heard.committed == [150]


def test_shift_drags_ten_times_finer(shown):
    slider = shown(NumberSlider("s", "Size", PIXELS))
    drag(slider, 20, 120, SHIFT)
    assert slider.value == 60


def test_a_click_changes_nothing(shown):
    slider = shown(NumberSlider("s", "Size", PIXELS))
    heard = Heard(slider)
    QTest.mouseClick(slider, LEFT, NONE, QPoint(180, 14))
    assert slider.value == 50
    assert heard.live == heard.committed == []


def test_a_double_click_resets(shown):
    slider = shown(NumberSlider("s", "Size", PIXELS))
    slider.set_value(10)
    heard = Heard(slider)
    double_click(slider, QPoint(180, 14))
    assert slider.value == 50
    assert heard.committed == [50]


def test_escape_takes_a_drag_back(shown):
    slider = shown(NumberSlider("s", "Size", PIXELS))
    slider.setFocus()
    QTest.mousePress(slider, LEFT, NONE, QPoint(20, 14))
    QTest.mouseMove(slider, QPoint(100, 14))
    assert slider.value > 50
    QTest.keyClick(slider, Qt.Key.Key_Escape)
    assert slider.value == 50
    QTest.mouseRelease(slider, LEFT, NONE, QPoint(100, 14))


@pytest.mark.parametrize(
    ("typed", "value"),
    [("75", 75), ("75 px", 75), ("12,6", 13), ("999", 200), ("-5", 0), ("nonsense", 50), ("", 50)],
)
def test_a_number_is_typed(shown, typed, value):
    slider = shown(NumberSlider("s", "Size", PIXELS))
    slider.setFocus()
    QTest.keyClick(slider, Qt.Key.Key_F2)
    editor = slider.findChild(QLineEdit)
    assert editor.text() == "50"
    editor.clear()
    QTest.keyClicks(editor, typed)
    QTest.keyClick(editor, Qt.Key.Key_Return)
    assert slider.value == value
    assert slider.hasFocus()


def test_a_digit_begins_typing_and_escape_gives_up(shown):
    slider = shown(NumberSlider("s", "Size", PIXELS))
    heard = Heard(slider)
    slider.setFocus()
    QTest.keyClick(slider, Qt.Key.Key_7)
    editor = slider.findChild(QLineEdit)
    assert editor.text() == "7"
    QTest.keyClick(editor, Qt.Key.Key_Escape)
    assert slider.value == 50
    assert heard.committed == []


def test_arrow_keys_step_within_the_range(shown):
    slider = shown(NumberSlider("s", "Opacity", PERCENT))
    slider.setFocus()
    slider.set_value(0.5)
    QTest.keyClick(slider, Qt.Key.Key_Right)
    assert slider.value == pytest.approx(0.51)
    QTest.keyClick(slider, Qt.Key.Key_PageDown)
    assert slider.value == pytest.approx(0.41)
    QTest.keyClick(slider, Qt.Key.Key_End)
    QTest.keyClick(slider, Qt.Key.Key_Up)
    assert slider.value == 1.0
    assert slider.accessibleDescription() == "100 %"


def test_the_wheel_counts_only_with_the_focus(shown, qtbot):
    slider = shown(NumberSlider("s", "Size", PIXELS))
    other = shown(QPushButton("elsewhere"))
    other.setFocus()
    event = wheel(slider, 1)
    assert (slider.value, event.isAccepted()) == (50, False)
    with qtbot.waitActive(slider):
        slider.activateWindow()
    slider.setFocus()
    wheel(slider, 2)
    assert slider.value == 52


def test_setting_a_value_tells_nobody_and_waits_while_it_is_dragged(shown):
    slider = shown(NumberSlider("s", "Size", PIXELS))
    heard = Heard(slider)
    slider.set_value(80)
    assert (slider.value, heard.live) == (80, [])
    QTest.mousePress(slider, LEFT, NONE, QPoint(20, 14))
    QTest.mouseMove(slider, QPoint(100, 14))
    dragged = slider.value
    slider.set_value(3)
    assert slider.value == dragged
    QTest.mouseRelease(slider, LEFT, NONE, QPoint(100, 14))


def test_a_curved_way_gives_small_values_more_room():
    spec = NumberSpec(1, 1000, 24, curve=3)
    assert spec.value_at(0.5) < 200
    for value in (1, 5, 24, 300, 1000):
        assert spec.value_at(spec.position(value)) == pytest.approx(value)


def test_typing_goes_beyond_the_end_of_the_way():
    spec = NumberSpec(1, 1000, 20, soft_maximum=100)
    assert spec.clamped(400) == 400
    assert spec.position(400) == 1.0
    assert spec.value_at(1.0) == 100


# ------------------------------------------------------------------------------------------------------- colour


def test_the_wheel_picks_hue_on_the_ring_and_the_rest_inside(shown):
    hsv = Hsv()
    wheel_widget = shown(ColorWheel(hsv), 160, 160)
    heard: list[Color] = []
    wheel_widget.color_changed.connect(heard.append)
    QTest.mouseClick(wheel_widget, LEFT, NONE, QPoint(80, 7))
    assert hsv.hue == pytest.approx(0.25, abs=0.02)
    square = wheel_widget._square()
    QTest.mouseClick(wheel_widget, LEFT, NONE, square.topRight().toPoint() + QPoint(-1, 1))
    color = heard[-1]
    assert color.green > 240
    assert color.blue < 15
    QTest.mouseClick(wheel_widget, LEFT, NONE, square.bottomLeft().toPoint() + QPoint(0, -1))
    assert max(heard[-1].red, heard[-1].green, heard[-1].blue) < 10


def test_the_wheel_is_driven_by_keys(shown):
    hsv = Hsv()
    hsv.take(Color(128, 64, 64))
    wheel_widget = shown(ColorWheel(hsv), 160, 160)
    wheel_widget.setFocus()
    before = (hsv.hue, hsv.saturation, hsv.value)
    for key in (Qt.Key.Key_Right, Qt.Key.Key_Up, Qt.Key.Key_PageUp):
        QTest.keyClick(wheel_widget, key)
    assert hsv.saturation > before[1]
    assert hsv.value > before[2]
    assert hsv.hue != before[0]


def test_a_grey_keeps_the_hue_that_was_chosen():
    hsv = Hsv()
    hsv.take(Color(0, 0, 255))
    hue = hsv.hue
    hsv.take(Color(90, 90, 90))
    assert hsv.hue == hue
    hsv.take(BLACK)
    assert (hsv.hue, hsv.saturation) == (hue, 0.0)


@pytest.mark.parametrize("hexadecimal", ["#d0533f", "#000000", "#ffffff", "#123456", "#808080"])
def test_colours_survive_the_way_through_hue_saturation_and_value(hexadecimal):
    hsv = Hsv()
    hsv.take(Color.from_hex(hexadecimal))
    assert hsv.color == Color.from_hex(hexadecimal)


def test_a_hexadecimal_colour_is_typed(shown):
    field = shown(HexField())
    heard: list[Color] = []
    field.color_entered.connect(heard.append)
    field.setFocus()
    field.selectAll()
    QTest.keyClicks(field, "0f8")
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert heard == [Color(0x00, 0xFF, 0x88)]
    field.selectAll()
    QTest.keyClicks(field, "zz")
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert field.text() == "#00ff88"
    assert len(heard) == 1


def test_swatches_are_picked_by_mouse_and_keys(shown):
    swatches = shown(Swatches("s", "Used"), 240, 20)
    swatches.set_colors((BLACK, WHITE, Color(1, 2, 3)))
    heard: list[Color] = []
    swatches.picked.connect(heard.append)
    QTest.mouseClick(swatches, LEFT, NONE, QPoint(30, 10))
    QTest.mouseClick(swatches, LEFT, NONE, QPoint(200, 10))
    swatches.setFocus()
    QTest.keyClick(swatches, Qt.Key.Key_Right)
    QTest.keyClick(swatches, Qt.Key.Key_Return)
    assert heard == [WHITE, Color(1, 2, 3)]


def test_the_pair_of_colours_asks_to_be_swapped(shown, qtbot):
    pair = shown(ColorPair(), 48, 44)
    with qtbot.waitSignal(pair.swap_requested):
        QTest.mouseClick(pair, LEFT)
    with qtbot.waitSignal(pair.swap_requested):
        QTest.keyClick(pair, Qt.Key.Key_Space)


# ------------------------------------------------------------------------------------------------------- fields


@pytest.mark.parametrize(("typed", "value"), [("300", 300), ("5", 8), ("99999", 1024), ("abc", 64)])
def test_a_whole_number_is_kept_within_its_range(shown, typed, value):
    field = shown(IntField("w", "Width", 8, 1024))
    field.set_value(64)
    heard: list[int] = []
    field.value_committed.connect(heard.append)
    field.setFocus()
    field.selectAll()
    QTest.keyClicks(field, typed)
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert field.value == value
    assert field.text() == str(value)
    assert heard == ([] if value == 64 else [value])


def test_text_grows_with_its_lines_up_to_a_limit(shown):
    edit = shown(GrowingEdit("p", "Prompt", "say", 4), 300)
    one = edit.height()
    edit.setPlainText("a\nb")
    two = edit.height()
    edit.setPlainText("a\nb\nc\nd")
    four = edit.height()
    edit.setPlainText("\n".join("abcdefgh"))
    assert one < two < four == edit.height()
    edit.clear()
    assert edit.height() == one


def test_a_long_line_without_breaks_grows_too(shown):
    edit = shown(GrowingEdit("p", "Prompt", "say", 4), 200)
    one = edit.height()
    QTest.keyClicks(edit, "word " * 20)
    assert edit.height() > one


def test_an_edit_knows_whether_it_was_changed_since_a_mark(shown):
    edit = shown(GrowingEdit("p", "Prompt", "say", 4))
    QTest.keyClicks(edit, "a")
    edit.mark()
    assert not edit.was_edited_since_mark
    QTest.keyClicks(edit, "b")
    assert edit.was_edited_since_mark


def test_a_shortened_label_says_all_in_its_tooltip(shown):
    long = ElidedLabel("a device with a very long name, float32, 3.1 of 8 GB")
    shown(long, 60)
    long.grab()
    assert long.toolTip() == long.text()
    long.resize(900, 28)
    long.grab()
    assert long.toolTip() == ""


def test_a_choice_ignores_the_wheel_without_the_focus(shown):
    combo = shown(ComboBox("c", "Mode", shows_name=True))
    combo.addItems(["one", "two", "three"])
    combo.setCurrentIndex(1)
    other = shown(QPushButton("elsewhere"))
    other.setFocus()
    wheel(combo, 1)
    assert combo.currentIndex() == 1


def test_a_row_goes_on_in_the_next_line_where_the_width_ends(shown):
    box = QWidget()
    flow = FlowLayout(8)
    box.setLayout(flow)
    for text in ("first", "second", "third"):
        button = QPushButton(text)
        button.setFixedSize(100, 28)
        flow.addWidget(button)
    shown(box, 330, 28)
    assert flow.heightForWidth(330) == 28
    assert flow.heightForWidth(220) == 28 + 8 + 28
    assert flow.heightForWidth(100) == 3 * 28 + 2 * 8
    box.resize(220, 64)
    assert flow.itemAt(2).geometry().topLeft() == QPoint(0, 36)
    flow.itemAt(0).widget().hide()
    assert flow.heightForWidth(220) == 28


def test_a_hidden_item_takes_no_room_in_the_row(shown):
    box = QWidget()
    flow = FlowLayout(8)
    box.setLayout(flow)
    for text in ("a", "b"):
        flow.addWidget(QLabel(text))
    flow.itemAt(1).widget().hide()
    assert flow.count() == 2
    assert flow.sizeHint().width() <= flow.itemAt(0).sizeHint().width() + 8
