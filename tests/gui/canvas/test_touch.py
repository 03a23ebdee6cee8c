"""Fingers on the canvas: strokes, the view, undo and redo."""

from __future__ import annotations

import math

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QPointingDevice, QTabletEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from sdpaint.gui.canvas import touch
from sdpaint.gui.canvas.touch import TAP_MS
from sdpaint.settings.schema import Touch
from sdpaint.tools.base import ToolName


@pytest.fixture(scope="module")
def screen() -> QPointingDevice:
    return QTest.createTouchDevice()


class Hand:
    """Fingers that come, move and go, by number."""

    def __init__(self, canvas, device) -> None:
        self.canvas, self.device = canvas, device
        self.at: dict[int, QPoint] = {}

    def _send(self, **what: dict[int, QPoint]) -> None:
        sequence = QTest.touchEvent(self.canvas, self.device, False)
        named = {finger for fingers in what.values() for finger in fingers}
        for act, fingers in what.items():
            for finger, pos in fingers.items():
                getattr(sequence, act)(finger, pos, self.canvas)
        for finger, pos in self.at.items():
            if finger not in named:
                # `stationary` of a fresh sequence would put it into the corner.
                sequence.move(finger, pos, self.canvas)
        sequence.commit()
        QApplication.processEvents()

    def put(self, **fingers: tuple[int, int]) -> None:
        new = {_number(name): QPoint(*pos) for name, pos in fingers.items()}
        self._send(press=new)
        self.at.update(new)

    def move(self, **fingers: tuple[int, int]) -> None:
        new = {_number(name): QPoint(*pos) for name, pos in fingers.items()}
        self._send(move=new)
        self.at.update(new)

    def lift(self, *names: str) -> None:
        gone = {_number(name): self.at[_number(name)] for name in names or tuple("abc"[i] for i in self.at)}
        self._send(release=gone)
        for finger in gone:
            del self.at[finger]


def _number(name: str) -> int:
    return "abc".index(name)


@pytest.fixture
def hand(driver, screen, monkeypatch) -> Hand:
    # On a busy machine a tap takes as long as a rest: where time doesn't count, there is enough of it.
    monkeypatch.setattr(touch, "TAP_MS", 60_000)
    return Hand(driver.canvas, screen)


def center_of(driver) -> tuple[int, int]:
    return driver.canvas.width() // 2, driver.canvas.height() // 2


def test_one_finger_paints(driver, hand):
    x, y = center_of(driver)
    hand.put(a=(x, y))
    assert not driver.tools.is_busy
    hand.move(a=(x + 40, y))
    assert driver.tools.is_busy
    hand.move(a=(x + 80, y + 10))
    hand.lift()
    assert driver.documents.history.undo_label == "Brush stroke"
    assert len(driver.documents.history.steps) == 2


def test_a_tap_of_one_finger_sets_a_dab(driver, hand):
    x, y = center_of(driver)
    hand.put(a=(x, y))
    hand.lift()
    assert not driver.documents.document.active_layer.tiles.is_empty


def test_two_fingers_zoom_around_what_is_between_them(driver, hand):
    x, y = center_of(driver)
    canvas = driver.canvas
    zoom, kept = canvas.zoom, canvas.viewport.to_canvas(type(canvas.viewport.center)(x, y))
    hand.put(a=(x - 50, y), b=(x + 50, y))
    hand.move(a=(x - 100, y), b=(x + 100, y))
    assert canvas.zoom == pytest.approx(2 * zoom)
    assert canvas.rotation == 0.0
    after = canvas.viewport.to_view(kept)
    assert (after.x, after.y) == (pytest.approx(x, abs=1.5), pytest.approx(y, abs=1.5))
    hand.lift()
    assert not driver.documents.history.can_undo


def test_two_fingers_move_the_view(driver, hand):
    driver.canvas.zoom_to(2.0)
    before = driver.canvas.viewport.center
    x, y = center_of(driver)
    hand.put(a=(x - 50, y), b=(x + 50, y))
    hand.move(a=(x - 10, y + 30), b=(x + 90, y + 30))
    center = driver.canvas.viewport.center
    assert (before.x - center.x, before.y - center.y) == (pytest.approx(20, abs=1), pytest.approx(15, abs=1))
    hand.lift()


def test_two_fingers_turn_the_view_from_a_clear_turn_on(driver, hand):
    x, y = center_of(driver)

    def around(degrees: float) -> dict[str, tuple[int, int]]:
        dx, dy = 200 * math.cos(math.radians(degrees)), 200 * math.sin(math.radians(degrees))
        return {"a": (round(x - dx), round(y - dy)), "b": (round(x + dx), round(y + dy))}

    hand.put(**around(0))
    hand.move(**around(8))
    assert driver.canvas.rotation == 0.0
    hand.move(**around(40))
    assert driver.canvas.rotation == pytest.approx(30.0, abs=1.0)
    hand.move(**around(12))
    assert driver.canvas.rotation == 0.0
    hand.lift()


def test_a_second_finger_takes_a_stroke_back(driver, hand):
    x, y = center_of(driver)
    hand.put(a=(x, y))
    hand.move(a=(x + 40, y))
    assert driver.tools.is_busy
    hand.put(b=(x + 90, y))
    assert not driver.tools.is_busy
    hand.move(a=(x, y), b=(x + 140, y))
    hand.lift("b")
    hand.move(a=(x + 40, y + 40))
    hand.lift("a")
    assert not driver.documents.history.can_undo
    assert driver.documents.document.active_layer.tiles.is_empty


def test_a_tap_of_two_undoes_and_of_three_redoes(driver, hand):
    driver.drag((100, 100), (200, 150))
    painted = driver.documents.document
    x, y = center_of(driver)
    hand.put(a=(x, y), b=(x + 60, y))
    hand.lift()
    assert driver.documents.document is not painted
    assert driver.documents.history.can_redo
    hand.put(a=(x, y))
    hand.put(b=(x + 60, y))
    hand.put(c=(x + 120, y))
    hand.lift("b")
    hand.lift("a", "c")
    assert driver.documents.document is painted


def test_fingers_that_rest_are_no_tap(driver, hand, qtbot, monkeypatch):
    monkeypatch.setattr(touch, "TAP_MS", TAP_MS)
    driver.drag((100, 100), (200, 150))
    painted = driver.documents.document
    x, y = center_of(driver)
    hand.put(a=(x, y), b=(x + 60, y))
    qtbot.wait(TAP_MS + 100)
    hand.lift()
    assert driver.documents.document is painted


def test_one_finger_moves_the_view_once_a_stylus_was_seen(driver, hand):
    canvas = driver.canvas
    canvas.zoom_to(2.0)
    stylus = QPointingDevice.primaryPointingDevice()
    pos = QPointF(*center_of(driver))
    event = QTabletEvent(
        QTabletEvent.Type.TabletMove, stylus, pos, pos, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0,
        Qt.KeyboardModifier.NoModifier, Qt.MouseButton.NoButton, Qt.MouseButton.NoButton,
    )  # fmt: skip
    QApplication.sendEvent(canvas, event)
    before = canvas.viewport.center
    x, y = center_of(driver)
    hand.put(a=(x, y))
    hand.move(a=(x + 20, y))
    hand.move(a=(x + 60, y))
    hand.lift()
    assert before.x - canvas.viewport.center.x == pytest.approx(30, abs=1)
    assert not driver.documents.history.can_undo


@pytest.mark.parametrize(("touch", "paints"), [(Touch.PAINTS, True), (Touch.PANS, False)])
def test_the_setting_decides_what_one_finger_does(driver, hand, touch, paints):
    driver.canvas.touch.note_stylus()
    driver.settings.change(touch=touch)
    x, y = center_of(driver)
    hand.put(a=(x, y))
    hand.move(a=(x + 40, y))
    hand.lift()
    assert driver.documents.history.can_undo == paints


def test_with_the_hand_one_finger_moves_the_view(driver, hand):
    driver.tools.set_tool(ToolName.PAN)
    x, y = center_of(driver)
    hand.put(a=(x, y))
    hand.move(a=(x + 40, y))
    hand.lift()
    assert not driver.documents.history.can_undo
