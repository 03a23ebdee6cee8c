"""Prompts of layers and masks through the window: given, written, gone to, taken away, shown on the canvas."""

from __future__ import annotations

import threading

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QToolButton

from sdpaint.document.layers import Region
from sdpaint.document.regions import cover_under
from sdpaint.generation.request import GenerationMode
from sdpaint.gui.canvas import region_overlay
from sdpaint.tools.base import ToolName
from tests.guards import GUARD_S

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def painted(driver):
    """A window with a stroke on the active layer, which has a prompt of its own."""
    driver.tools.set_tool(ToolName.BRUSH)
    driver.drag((150, 200), (250, 200))
    driver.trigger("layerRegion")
    return driver


def layer(driver):
    return driver.documents.committed.active_layer


def write(driver, name, text):
    edit = driver.find(name)
    edit.setFocus()
    QTest.keyClicks(edit, text)
    QApplication.processEvents()


def drawn(driver, qtbot):
    qtbot.waitUntil(lambda: driver.canvas.regions.is_ready)
    return driver.canvas.regions.places


def test_what_is_written_for_a_layer_is_generated_where_it_is(painted, qtbot):
    assert painted.find("regionPromptEdit").hasFocus()
    write(painted, "regionPromptEdit", "night")
    write(painted, "regionNegativeEdit", "fog")
    painted.find("regionWeightSlider").value_changed.emit(0.5)

    painted.trigger("generate")

    qtbot.waitUntil(lambda: bool(painted.engine.requests))
    (request,) = painted.engine.requests
    (region,) = request.regions
    assert (region.prompt, region.negative_prompt, region.weight) == ("night", "fog", 0.5)
    assert region.mask.any()


def test_its_tokens_are_counted_with_those_of_the_whole(painted, qtbot):
    counter = painted.find("regionTokenCounter")
    painted.generation.set_params(prompt="sea, hills")
    qtbot.waitUntil(lambda: counter.text().startswith("3/"))
    write(painted, "regionPromptEdit", "hills")
    qtbot.waitUntil(lambda: counter.text().startswith("5/"))
    assert "5 tokens in 1" in counter.toolTip()


def test_what_of_its_words_cannot_be_carried_out_is_said_below_them(painted, qtbot):
    note = painted.find("regionNote")
    assert not note.isVisibleTo(painted.window)
    write(painted, "regionPromptEdit", "<lora:nowhere:1>")
    qtbot.waitUntil(lambda: "nowhere" in note.text())
    assert note.isVisibleTo(painted.window)
    assert "nowhere" not in painted.find("promptNote").text()
    painted.generation.set_params(prompt="<lora:nowhere:1>")
    qtbot.waitUntil(lambda: "nowhere" in painted.find("promptNote").text())
    qtbot.waitUntil(lambda: not note.isVisibleTo(painted.window))


def test_what_was_written_in_a_row_is_one_step(painted):
    write(painted, "regionPromptEdit", "night sky")
    painted.find("promptEdit").setFocus()
    assert layer(painted).region == Region("night sky")
    painted.trigger("undo")
    assert layer(painted).region == Region()
    assert painted.find("regionPromptEdit").toPlainText() == ""
    painted.trigger("undo")
    assert layer(painted).region is None
    assert not painted.find("regionStrip").isVisible()
    painted.trigger("redo")
    painted.trigger("redo")
    assert layer(painted).region == Region("night sky")


def test_a_click_on_a_region_goes_to_its_layer(painted):
    write(painted, "regionPromptEdit", "a very long prompt, longer than its button")
    first = layer(painted)
    painted.trigger("addLayer")
    assert layer(painted).id != first.id
    chip = painted.find("regionChip0")
    assert isinstance(chip, QToolButton)
    assert chip.text() == "a very long prompt, lon…"

    QTest.mouseClick(chip, LEFT)    # folds the words away, since they were shown
    QTest.mouseClick(painted.find("regionChip0"), LEFT)

    assert layer(painted).id == first.id
    assert painted.find("regionPromptEdit").isVisible()


def test_a_mask_can_be_no_more_than_the_place_of_its_words(driver):
    driver.window._docks["Masks"].raise_()
    driver.tools.set_tool(ToolName.MASK_BRUSH)
    driver.drag((250, 200), (300, 200))
    assert driver.generation.mode is GenerationMode.INPAINT
    QTest.mouseClick(driver.find("maskRegion0"), LEFT)
    write(driver, "regionPromptEdit", "night")
    assert driver.generation.mode is GenerationMode.INPAINT

    QTest.mouseClick(driver.find("regionInpaintsButton"), LEFT)

    assert driver.generation.mode is GenerationMode.TEXT_TO_IMAGE
    assert driver.documents.committed.mask.region == Region("night")
    QTest.mouseClick(driver.find("regionRemoveButton"), LEFT)
    assert driver.documents.committed.mask.region is None


def test_regions_are_outlined_and_named_on_the_canvas(painted, qtbot):
    write(painted, "regionPromptEdit", "night")

    (place,) = drawn(painted, qtbot)

    bounds = layer(painted).tiles.bounds()
    inside = place.box.intersected(bounds)
    assert inside.area > 0.7 * bounds.area
    assert place.says == "night"
    assert place.counts
    QTest.mouseClick(painted.find("regionEnabledButton"), LEFT)
    assert not drawn(painted, qtbot)[0].counts


def test_outlines_follow_strokes_and_can_be_hidden(painted, qtbot):
    write(painted, "regionPromptEdit", "night")
    before = drawn(painted, qtbot)[0].box
    painted.drag((150, 300), (250, 300))
    assert drawn(painted, qtbot)[0].box.height > before.height

    with_lines = painted.canvas.grab().toImage()
    painted.trigger("showRegions")

    assert drawn(painted, qtbot) == ()
    assert painted.canvas.grab().toImage() != with_lines


def test_a_canvas_that_is_shut_down_waits_for_the_region_that_is_traced(painted, qtbot, monkeypatch):
    begun, may_go, covers = threading.Event(), threading.Event(), []

    def cover(*asked):
        begun.set()
        may_go.wait(GUARD_S)
        covers.append(cover_under(*asked))
        return covers[-1]

    monkeypatch.setattr(region_overlay, "cover_under", cover)
    write(painted, "regionPromptEdit", "night")
    painted.drag((150, 300), (250, 300))
    qtbot.waitUntil(begun.is_set)
    threading.Timer(0.05, may_go.set).start()
    painted.canvas.shutdown()
    assert len(covers) == 1


def test_a_region_is_saved_and_opened_again(painted, qtbot, tmp_path):
    write(painted, "regionPromptEdit", "night")
    painted.find("promptEdit").setFocus()
    painted.asker.save_path = tmp_path / "a.ora"
    with qtbot.waitSignal(painted.files.saved):
        painted.trigger("save")
    with qtbot.waitSignal(painted.window.document_opened):
        painted.window.open_path(tmp_path / "a.ora")
    regions = [each.region for each in painted.documents.committed.walk() if each.region is not None]
    assert regions == [Region("night")]
