"""All results in a window of their own: search, marks, trash, settings, layers; comparing; what a picture says."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from sdpaint.fileio.result_index import TRASH
from sdpaint.fileio.results import ResultStore
from sdpaint.generation.request import GenerationMode, GenerationRequest, MaskFill, SamplingParams
from sdpaint.imaging.geometry import Rect, Size
from sdpaint.paths import default_results_dir, starter_checkpoint


def write(prompt: str, seed: int, mode: GenerationMode = GenerationMode.TEXT_TO_IMAGE) -> Path:
    """A result of an earlier day."""
    size, region = Size(64, 64), Rect(100, 80, 64, 64)
    image = np.full((64, 64, 3), (seed % 256, 100, 50), np.uint8)
    mask = np.zeros((64, 64), np.uint8)
    mask[16:48, 16:48] = 255
    request = GenerationRequest(
        mode=mode,
        prompt=prompt,
        negative_prompt="fog",
        checkpoint=starter_checkpoint(),
        sampling=SamplingParams(steps=7, seed=seed),
        seed=seed,
        size=size,
        region=region,
        image=image if mode.is_masked else None,
        mask=mask if mode.is_masked else None,
        fill=MaskFill.BLUR if mode.is_masked else None,
        color_match=not mode.is_masked,
    )
    return ResultStore(default_results_dir()).write(request, seed, image, "Starter")


@pytest.fixture
def browser(driver, qtbot):
    for seed, prompt in enumerate(("a red fox", "a hot air balloon", "a castle"), 1):
        write(prompt, seed)
    driver.trigger("browseResults")
    shown = driver.window.findChild(object, "resultsBrowser")
    qtbot.waitUntil(lambda: len(shown.grid.entries) == 3)
    return shown


def select(browser, *prompts: str) -> None:
    model, chosen = browser.grid.selectionModel(), browser.grid.selectionModel().SelectionFlag
    model.clearSelection()
    for row, entry in enumerate(browser.grid.entries):
        if entry.prompt in prompts:
            model.select(browser.grid.model().index(row), chosen.Select)


def press(browser, name: str) -> None:
    button = browser.findChild(object, name)
    assert button.isEnabled(), name
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)


def test_typing_finds_by_words_and_thumbnails_are_read_for_what_is_seen(browser, qtbot):
    qtbot.waitUntil(lambda: len(browser.grid.pixmaps) == 3)
    QTest.keyClicks(browser.findChild(object, "resultsSearch"), "ball")
    qtbot.waitUntil(lambda: [each.prompt for each in browser.grid.entries] == ["a hot air balloon"])
    assert browser.findChild(object, "resultsCount").text() == "1 picture"


def test_favourites_are_marked_and_shown_alone(browser, qtbot):
    select(browser, "a castle")
    browser.grid.setFocus()
    QTest.keyClick(browser.grid, Qt.Key.Key_F)
    qtbot.waitUntil(lambda: any(each.favourite for each in browser.grid.entries))
    press(browser, "resultsFavourites")
    qtbot.waitUntil(lambda: [each.prompt for each in browser.grid.entries] == ["a castle"])


def test_what_is_thrown_away_can_be_taken_back(driver, browser, qtbot):
    select(browser, "a castle", "a red fox")
    browser.grid.setFocus()
    QTest.keyClick(browser.grid, Qt.Key.Key_Delete)
    qtbot.waitUntil(lambda: len(browser.grid.entries) == 1)
    assert len(list((default_results_dir() / TRASH).rglob("*.png"))) == 2
    undo = driver.find("messageRemedyButton")
    assert undo.text() == "Undo"
    QTest.mouseClick(undo, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: len(browser.grid.entries) == 3)


def test_all_that_was_deleted_since_the_start_is_listed_and_comes_back(driver, browser, qtbot):
    for prompt, left in (("a castle", 2), ("a red fox", 1)):
        select(browser, prompt)
        press(browser, "resultsTrash")
        qtbot.waitUntil(lambda left=left: len(browser.grid.entries) == left)
    press(browser, "resultsDeleted")
    assert [each.prompt for each in browser.grid.entries] == ["a red fox", "a castle"]
    assert all(each.path.is_relative_to(default_results_dir() / TRASH) for each in browser.grid.entries)
    select(browser, "a castle")
    press(browser, "resultsBringBack")
    qtbot.waitUntil(lambda: [each.prompt for each in browser.grid.entries] == ["a red fox"])
    select(browser, "a red fox")
    QTest.keyClick(browser.grid, Qt.Key.Key_Delete)    # it is deleted already
    assert [each.prompt for each in browser.grid.entries] == ["a red fox"]
    driver.find("messageRemedyButton").click()    # Undo of the latest deletion
    qtbot.waitUntil(lambda: browser.grid.entries == ())
    press(browser, "resultsDeleted")
    qtbot.waitUntil(lambda: len(browser.grid.entries) == 3)
    assert not list((default_results_dir() / TRASH).rglob("*.png"))


def test_what_was_deleted_before_a_failure_is_listed(driver, browser, qtbot):
    last = browser.grid.entries[2]
    last.path.unlink()
    browser.grid.selectAll()
    with qtbot.waitSignal(driver.window._services.results.failed):
        press(browser, "resultsTrash")
    assert "isn't there" in driver.find("messageText").text()
    press(browser, "resultsDeleted")
    assert len(browser.grid.entries) == 2
    next((default_results_dir() / TRASH).rglob("*.png")).unlink()
    browser.grid.selectAll()
    with qtbot.waitSignal(driver.window._services.results.failed):
        press(browser, "resultsBringBack")
    assert browser.grid.entries != ()    # what isn't back stays in the list
    driver.find("messageDismissButton").click()


def test_settings_of_a_picture_are_used(driver, browser, qtbot):
    select(browser, "a hot air balloon")
    press(browser, "resultsUse")
    qtbot.waitUntil(lambda: driver.generation.params.prompt == "a hot air balloon")
    assert driver.generation.params.negative_prompt == "fog"
    assert (driver.generation.params.sampling.steps, driver.generation.params.sampling.seed) == (7, 2)


def test_a_picture_becomes_a_layer_in_its_own_place(driver, browser, qtbot):
    select(browser, "a castle")
    press(browser, "resultsLayer")
    qtbot.waitUntil(lambda: driver.documents.committed.active_layer.name == "a castle")
    assert driver.documents.committed.active_layer.tiles.bounds() == Rect(100, 80, 64, 64)
    driver.trigger("undo")
    assert len(driver.documents.committed.layers) == 2


def test_a_thumbnail_dropped_on_the_canvas_becomes_a_layer_there(driver, browser, qtbot):
    row = next(row for row, entry in enumerate(browser.grid.entries) if entry.prompt == "a castle")
    data = browser.grid.model().mimeData([browser.grid.model().index(row)])
    drop(driver, data, driver.at(300, 200))
    qtbot.waitUntil(lambda: driver.documents.committed.active_layer.name == "a castle")
    bounds = driver.documents.committed.active_layer.tiles.bounds()
    assert abs(bounds.center.x - 300) <= 2
    assert abs(bounds.center.y - 200) <= 2


def test_two_pictures_are_compared_side_by_side_looked_at_together(driver, browser, qtbot):
    select(browser, "a castle", "a red fox")
    press(browser, "resultsCompare")
    qtbot.waitUntil(lambda: driver.window.findChild(object, "compareDialog") is not None)
    dialog = driver.window.findChild(object, "compareDialog")
    dialog.findChild(object, "compareWay").setCurrentIndex(1)
    QApplication.processEvents()
    view = dialog.left
    QTest.keyClick(view, Qt.Key.Key_Plus)
    QTest.keyClick(view, Qt.Key.Key_Plus)
    assert dialog.right.zoom == view.zoom > 1.0
    first = dialog.pair.first
    dialog.swap()
    assert dialog.pair.second is first
    dialog.close()


def test_one_picture_is_compared_with_what_the_canvas_shows_there(driver, browser, qtbot):
    select(browser, "a castle")
    press(browser, "resultsCompare")
    qtbot.waitUntil(lambda: driver.window.findChild(object, "compareDialog") is not None)
    dialog = driver.window.findChild(object, "compareDialog")
    assert dialog.pair.names[0] == "Canvas"
    assert dialog.pair.first.shape == (64, 64, 4)
    assert tuple(dialog.pair.first[5, 5]) == (255, 255, 255, 255)
    dialog.close()


def drop(driver, data: QMimeData, at) -> None:
    pos = driver.canvas.mapTo(driver.window, at)
    event = QDropEvent(
        QPointF(pos), Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    )
    driver.window.dropEvent(event)


def test_a_dropped_picture_offers_its_settings_and_its_mask(driver, qtbot):
    driver.drag((10, 10), (60, 60))    # not an untouched page any more
    path = write("a lake", 9, GenerationMode.INPAINT)
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path))])
    drop(driver, data, driver.at(50, 50))
    button, other = driver.find("messageRemedyButton"), driver.find("messageOtherButton")
    qtbot.waitUntil(lambda: button.isVisible() and button.text() == "Use settings")
    assert other.text() == "Use mask"
    QTest.mouseClick(other, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not driver.documents.committed.mask.is_empty)
    assert driver.documents.committed.mask.tiles.bounds() == Rect(116, 96, 32, 32)


def test_a_picture_that_is_opened_offers_its_settings(driver, qtbot):
    path = write("a lake", 9, GenerationMode.INPAINT)
    driver.window.open_path(path)
    button = driver.find("messageRemedyButton")
    qtbot.waitUntil(lambda: button.isVisible() and button.text() == "Use settings")
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: driver.generation.params.prompt == "a lake")
    assert driver.generation.params.fill is MaskFill.BLUR
    assert not driver.generation.params.color_match
