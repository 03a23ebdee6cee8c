"""Heat maps of words through the window: gathered with a picture or afterwards, chosen, shown on the canvas."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QPushButton, QToolButton

from sdpaint.generation.events import Explained, Finished, ImageDone
from sdpaint.generation.heat import HeatMaps

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def heated(driver, monkeypatch):
    """A window whose engine says for each picture that is to be explained where its two words are."""
    generate = driver.engine.generate

    def explaining(request, emit, cancel):
        def tell(event):
            if isinstance(event, ImageDone) and request.explains:
                maps = np.zeros((2, 8, 8), np.float32)
                maps[0, :, :4] = maps[1, :, 4:] = 1.0
                emit(Explained(request.id, event.index, HeatMaps(("night", "hills"), maps)))
            emit(event)

        generate(request, tell, cancel)

    monkeypatch.setattr(driver.engine, "generate", explaining)
    driver.find("promptEdit").setPlainText("night hills")
    return driver


def made(driver, qtbot):
    with qtbot.waitSignal(driver.generation.job_ended) as ended:
        driver.trigger("generate")
    assert isinstance(ended.args[1], Finished)
    qtbot.waitUntil(lambda: bool(driver.generation.results))


def chip(driver, number) -> QToolButton:
    found = driver.find(f"heatWord{number}")
    assert isinstance(found, QToolButton)
    return found


def test_a_word_is_chosen_by_its_button_or_by_the_cursor_of_the_prompt(heated, qtbot):
    heated.trigger("showHeat")
    made(heated, qtbot)
    assert heated.engine.requests[0].explains
    assert [chip(heated, number).text() for number in range(2)] == ["night", "hills"]
    assert heated.canvas.heat.region is None

    QTest.mouseClick(chip(heated, 1), LEFT)

    assert heated.canvas.heat.region == heated.generation.results[0].region
    edit = heated.find("promptEdit")
    edit.setFocus()
    cursor = edit.textCursor()
    cursor.setPosition(2)
    edit.setTextCursor(cursor)
    assert chip(heated, 0).isChecked()
    QTest.mouseClick(chip(heated, 0), LEFT)
    assert heated.canvas.heat.region is None


def test_it_is_drawn_where_the_picture_lies_and_goes_away(heated, qtbot):
    heated.trigger("showHeat")
    made(heated, qtbot)
    QApplication.processEvents()
    without = heated.canvas.grab().toImage()

    QTest.mouseClick(chip(heated, 0), LEFT)

    assert heated.canvas.grab().toImage() != without
    heated.trigger("showHeat")
    assert heated.canvas.heat.region is None
    assert not heated.find("heatStrip").isVisible()
    assert not heated.generation.params.explains


def test_a_picture_made_without_is_made_again_for_its_maps_alone(heated, qtbot):
    made(heated, qtbot)
    layers = heated.documents.committed.layers
    heated.trigger("showHeat")
    button = heated.find("explainButton")
    assert isinstance(button, QPushButton)
    assert button.isVisible()

    with qtbot.waitSignal(heated.generation.job_ended):
        QTest.mouseClick(button, LEFT)

    first, second = heated.engine.requests
    assert (second.seed, second.prompt, second.explains) == (first.seed, first.prompt, True)
    assert len(heated.generation.results) == 1
    assert heated.documents.committed.layers == layers
    assert chip(heated, 0).isVisible()


def test_a_family_without_maps_says_so(heated, monkeypatch):
    monkeypatch.setattr(type(heated.window.flows.heat), "obstacle", property(lambda _self: "There is none"))
    heated.trigger("showHeat")
    assert not heated.find("explainButton").isVisible()
