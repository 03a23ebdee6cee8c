"""Previews and results in place, with the real controller over a fake engine: seen, flipped, kept, discarded."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, QSize, Qt
from PySide6.QtGui import QAction, QKeyEvent, QTabletEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel

from sdpaint.checkpoints.identify import read_checkpoint
from sdpaint.controllers.generation_controller import GenerationController
from sdpaint.controllers.stores import Stores
from sdpaint.document.edits import new_document
from sdpaint.gui.canvas.generated_strip import VARIATIONS
from sdpaint.gui.canvas.result_bar import ResultBar
from sdpaint.imaging.geometry import Rect, Size
from sdpaint.paths import starter_checkpoint
from sdpaint.worker.engine_client import EngineClient
from tests.fakes import FakeEngine, FakeResultStore
from tests.gui.canvas.conftest import stylus

FRAME = Rect(64, 64, 128, 128)


@pytest.fixture
def studio(make_desk) -> Iterator[Callable]:
    """Opens a view with a generation controller on a fake engine."""
    controllers = []

    def make(engine: FakeEngine | None = None, size=(500, 400)):
        engine = engine or FakeEngine()

        def wire(documents) -> GenerationController:
            info = replace(read_checkpoint(starter_checkpoint()), min_side_px=64)
            controller = GenerationController(
                documents, EngineClient(lambda: engine), Stores(FakeResultStore()), info, (info,)
            )
            controller.set_params(prompt="a hill")
            controller.set_sampling(steps=4, seed=100)
            controllers.append(controller)
            return controller

        document = replace(new_document(Size(256, 256)), frame=FRAME)
        return make_desk(document, size=size, generation=wire)

    yield make
    for controller in controllers:
        assert controller.shutdown()


def generate(desk, count: int) -> None:
    desk.generation.set_sampling(count=count)
    desk.generation.generate()
    desk.qtbot.waitUntil(lambda: not desk.generation.is_busy)
    desk.settle()


def bar_of(desk) -> ResultBar:
    return desk.view.findChild(ResultBar, "resultBar")


def click(desk, name: str) -> None:
    QTest.mouseClick(desk.view.findChild(QAbstractButton, name), Qt.MouseButton.LeftButton)


def shown(desk) -> str:
    return desk.view.findChild(QLabel, "resultCountLabel").text()


def test_a_preview_is_seen_in_place_while_the_engine_works(studio):
    engine = FakeEngine(hold_at=3)
    desk = studio(engine)
    desk.generation.generate()
    desk.qtbot.waitUntil(lambda: engine.held.is_set() and desk.generation.overlay is not None)
    inside, outside = desk.color_at(128, 120), desk.color_at(30, 30)
    assert inside != (255, 255, 255)
    assert outside == (255, 255, 255)
    assert not bar_of(desk).isVisible()
    engine.release()
    desk.qtbot.waitUntil(lambda: not desk.generation.is_busy)


def test_the_bar_appears_with_results_and_flips_through_them(studio):
    desk = studio()
    assert not bar_of(desk).isVisible()
    generate(desk, 3)
    assert bar_of(desk).isVisible()
    first, color = shown(desk), desk.color_at(128, 120)
    click(desk, "nextResultButton")
    assert shown(desk) != first
    assert desk.color_at(128, 120) != color
    click(desk, "previousResultButton")
    assert shown(desk) == first
    assert desk.color_at(128, 120) == color


def test_keep_makes_a_layer_of_what_is_seen(studio):
    desk = studio()
    generate(desk, 2)
    layers = len(desk.documents.document.layers)
    color = desk.color_at(128, 120)
    click(desk, "keepResultButton")
    desk.qtbot.waitUntil(lambda: len(desk.documents.document.layers) == layers + 1)
    assert not bar_of(desk).isVisible()
    assert desk.color_at(128, 120) == color


def test_discard_takes_the_results_away_one_by_one(studio):
    desk = studio()
    generate(desk, 2)
    click(desk, "discardResultButton")
    assert shown(desk).endswith("/1")
    assert not desk.view.findChild(QAbstractButton, "nextResultButton").isEnabled()
    click(desk, "discardResultButton")
    assert not bar_of(desk).isVisible()
    assert desk.color_at(128, 120) == (255, 255, 255)


def test_again_makes_more_with_another_seed(studio):
    desk = studio()
    generate(desk, 2)
    seeds = {result.seed for result in desk.generation.results}
    click(desk, "againResultButton")
    desk.qtbot.waitUntil(lambda: not desk.generation.is_busy)
    assert {result.seed for result in desk.generation.results} - seeds


def test_arrows_enter_and_delete_work_on_the_canvas(studio):
    desk = studio()
    generate(desk, 3)
    desk.view.setFocus()
    first = shown(desk)
    QTest.keyClick(desk.view, Qt.Key.Key_Right)
    assert shown(desk) != first
    QTest.keyClick(desk.view, Qt.Key.Key_Left)
    assert shown(desk) == first
    QTest.keyClick(desk.view, Qt.Key.Key_Delete)
    assert shown(desk).endswith("/2")
    layers = len(desk.documents.document.layers)
    QTest.keyClick(desk.view, Qt.Key.Key_Return)
    desk.qtbot.waitUntil(lambda: len(desk.documents.document.layers) == layers + 1)


def test_the_keys_are_claimed_only_while_there_is_something_to_choose(studio):
    desk = studio()

    def claims(key: Qt.Key) -> bool:
        event = QKeyEvent(QEvent.Type.ShortcutOverride, key, Qt.KeyboardModifier.NoModifier)
        event.ignore()
        QApplication.sendEvent(desk.view, event)
        return event.isAccepted()

    keys = (Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Return, Qt.Key.Key_Delete)
    assert not any(claims(key) for key in keys)
    generate(desk, 2)
    assert all(claims(key) for key in keys)


@pytest.mark.parametrize("size", [(500, 400), (300, 200), (900, 260)])
def test_the_bar_stands_under_the_frame_and_within_the_view(studio, size):
    desk = studio(size=size)
    generate(desk, 2)
    for move in (
        lambda: None,
        lambda: desk.view.zoom_to(6.0),
        lambda: desk.view.pan_by(-900, 700),
        lambda: desk.view.rotate_by(45),
        lambda: desk.view.pan_by(2000, -2000),
    ):
        move()
        assert desk.view.rect().contains(bar_of(desk).geometry())


def test_the_bar_goes_under_the_frame_where_there_is_room(studio):
    desk = studio(size=(700, 600))
    generate(desk, 2)
    desk.view.zoom_to(1.0)
    bar = bar_of(desk)
    bar.place(QRect(100, 100, 400, 200), QSize(700, 600))
    assert bar.y() > 300
    assert abs(bar.geometry().center().x() - 300) <= 2
    bar.place(QRect(100, 100, 400, 480), QSize(700, 600))
    assert bar.geometry().bottom() < 580


def test_a_click_on_the_bar_paints_nothing(studio):
    desk = studio()
    generate(desk, 2)
    before = desk.documents.document
    QTest.mouseClick(bar_of(desk), Qt.MouseButton.LeftButton, pos=QPoint(2, 2))
    assert desk.documents.document is before
    # A stylus event that nobody accepts comes again as a mouse event, which the buttons take.
    event = QTabletEvent(
        QEvent.Type.TabletPress,
        stylus(eraser=False),
        QPointF(2, 2),
        QPointF(bar_of(desk).mapToGlobal(QPoint(2, 2))),
        *(0.7, 0.0, 0.0, 0.0, 0.0, 0.0),
        Qt.KeyboardModifier.NoModifier,
        Qt.MouseButton.LeftButton,
        Qt.MouseButton.LeftButton,
    )
    QApplication.sendEvent(bar_of(desk), event)
    assert not event.isAccepted()
    assert not desk.tools.is_busy


def test_a_narrow_view_has_a_bar_of_icons_that_fits(studio):
    desk = studio(size=(290, 200))  # room for the bar in the window's theme, which another test may have put on
    generate(desk, 2)
    bar = bar_of(desk)
    assert bar.sizeHint().width() <= 290
    for button in bar.findChildren(QAbstractButton):
        assert bar.rect().contains(button.geometry())
        assert button.accessibleName()


def test_its_buttons_say_the_keys_that_the_actions_have_now(studio):
    desk = studio()
    generate(desk, 1)
    names = ("previousResult", "nextResult", "keepResult", "discardResult", *VARIATIONS)
    actions = {name: QAction(name, desk.view) for name in names}
    actions["keepResult"].setShortcut("Return")
    bar_of(desk).name_keys(actions)
    keep = desk.view.findChild(QAbstractButton, "keepResultButton")
    assert keep.toolTip() == "Keep this result as a layer (Return)"
    actions["keepResult"].setShortcut("F7")
    assert keep.toolTip() == "Keep this result as a layer (F7)"
    actions["keepResult"].setShortcuts([])
    assert keep.toolTip() == "Keep this result as a layer"
