"""Picking a colour from anywhere on the screen."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QGuiApplication, QPixmap, QScreen
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from sdpaint.gui.screen_picker import ScreenCover
from sdpaint.imaging.color import Color

LEFT, RIGHT, NONE = Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton, Qt.KeyboardModifier.NoModifier


@pytest.fixture
def screen_shot(monkeypatch):
    """What is on the screens: teal, with one orange square. Offscreen there's nothing to photograph."""
    size = QGuiApplication.primaryScreen().size()
    shot = QPixmap(size)
    shot.fill(QColor(0, 120, 130))
    image = shot.toImage()
    for x in range(40, 60):
        for y in range(40, 60):
            image.setPixelColor(x, y, QColor(250, 140, 10))
    shot = QPixmap.fromImage(image)
    monkeypatch.setattr(QScreen, "grabWindow", lambda _screen, _window=0: shot)
    return shot


def covers() -> list[ScreenCover]:
    return [each for each in QApplication.topLevelWidgets() if isinstance(each, ScreenCover) and each.isVisible()]


def test_a_click_takes_the_colour_below_and_closes(driver, screen_shot):
    QTest.mouseClick(driver.find("pickFromScreenButton"), LEFT)
    (cover,) = covers()
    QTest.mouseMove(cover, QPoint(50, 50))
    cover.grab()
    QTest.mouseClick(cover, LEFT, NONE, QPoint(50, 50))
    assert driver.tools.foreground == Color(250, 140, 10)
    assert covers() == []


@pytest.mark.parametrize("how", ["escape", "right"])
def test_it_can_be_left_without_a_colour(driver, screen_shot, how):
    driver.tools.set_foreground(Color(1, 2, 3))
    driver.trigger("pickFromScreen")
    (cover,) = covers()
    if how == "escape":
        QTest.keyClick(cover, Qt.Key.Key_Escape)
    else:
        QTest.mouseClick(cover, RIGHT, NONE, QPoint(50, 50))
    assert driver.tools.foreground == Color(1, 2, 3)
    assert covers() == []


def test_a_desktop_that_shows_nothing_is_said(driver, qtbot, monkeypatch):
    monkeypatch.setattr(QScreen, "grabWindow", lambda _screen, _window=0: QPixmap())
    with qtbot.waitSignal(driver.window.messages.posted):
        driver.trigger("pickFromScreen")
    assert covers() == []


def test_a_dense_screen_is_read_pixel_by_pixel(driver, screen_shot):
    taken = []
    cover = ScreenCover(QGuiApplication.primaryScreen(), screen_shot, QColor(0, 0, 0), taken.append)
    cover.resize(screen_shot.width() // 2, screen_shot.height() // 2)
    assert cover.color_at(QPointF(25, 25)) == QColor(250, 140, 10)
    assert cover.color_at(QPointF(1e6, -5)) == QColor(0, 120, 130)
    cover.deleteLater()
