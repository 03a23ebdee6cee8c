"""16 bits a channel from the window: made, converted, painted on, copied and exported."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QMimeData, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QWidget

from sdpaint.document.edits import with_layer_tiles
from sdpaint.document.render import flatten
from sdpaint.gui.clipboard import PLACE
from sdpaint.gui.dialogs.export import ExportDialog
from sdpaint.gui.dialogs.new_document import NewDocumentDialog
from sdpaint.imaging.depth import rounded_8

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def clipboard(qapp):
    """Empty before and after: what lies in it would outlive the program that the tests are."""
    found = QGuiApplication.clipboard()
    found.clear()
    yield found
    found.clear()


def _converted(driver, qtbot, action: str) -> None:
    with qtbot.waitSignal(driver.documents.history_changed):
        driver.trigger(action)


def test_a_document_is_converted_to_16_bits_and_back_each_in_one_step(driver, qtbot):
    driver.drag((100, 100), (220, 160))
    before = driver.documents.committed
    assert driver.window.actions_by_id["depth8"].isChecked()
    assert not driver.window.actions_by_id["roundDepth"].isEnabled()
    _converted(driver, qtbot, "depth16")
    deep = driver.documents.committed
    assert deep.depth == 16
    assert driver.documents.history.undo_label == "Convert to 16 bits a channel"
    assert driver.window.actions_by_id["depth16"].isChecked()
    assert "16 bit" in driver.find("documentSizeLabel").text()
    driver.trigger("undo")
    assert driver.documents.committed is before
    assert driver.window.actions_by_id["depth8"].isChecked()
    assert "bit" not in driver.find("documentSizeLabel").text()
    driver.trigger("redo")
    _converted(driver, qtbot, "roundDepth")
    back = driver.documents.committed
    assert [layer.tiles for layer in back.layers] == [layer.tiles for layer in before.layers]


def test_a_document_that_has_so_many_bits_already_says_so(driver):
    driver.trigger("depth8")
    assert "8 bits a channel already" in driver.find("messageText").text()
    assert driver.window.actions_by_id["depth8"].isChecked()
    assert not driver.documents.history.can_undo


def test_strokes_on_16_bits_are_seen_and_stay_16_bits(driver, qtbot):
    _converted(driver, qtbot, "depth16")
    driver.drag((100, 100), (220, 160))
    document = driver.documents.committed
    tile = next(iter(document.active_layer.tiles.tiles.values()))
    assert tile.dtype == np.uint16
    backing = driver.window.canvas._backing
    backing.compose(None)
    shown = backing.picture.pixels[: document.size.height, : document.size.width]
    exact = flatten(document, document.bounds, 16)
    assert shown.dtype == np.uint8
    assert np.abs(shown - exact / 257.0).max() < 1.0
    assert np.abs(shown.astype(int) - rounded_8(exact)).max() <= 1


def test_a_new_document_has_the_bits_that_were_chosen_and_the_choice_is_remembered(driver, qtbot):
    driver.trigger("new")
    dialog = driver.window.findChild(NewDocumentDialog)
    depth = dialog.findChild(QWidget, "newDepth")
    depth.setCurrentIndex(depth.findData(16))
    QTest.mouseClick(dialog.accept_button, LEFT)
    assert driver.documents.committed.depth == 16
    assert all(layer.tiles.depth == 16 for layer in driver.documents.committed.walk())
    assert driver.window._settings.settings.new_documents_deep


def test_what_is_copied_from_16_bits_is_pasted_with_all_of_them(driver, qtbot, clipboard):
    _converted(driver, qtbot, "depth16")
    driver.drag((100, 100), (220, 160))
    drawn = driver.documents.committed.active_layer.tiles
    # Levels that 8 bits don't have.
    fine = {key: np.where(tile > 1000, tile - (tile % np.uint16(5)), tile) for key, tile in drawn.tiles.items()}
    document = driver.documents.committed
    driver.documents.apply("Fine", with_layer_tiles(document, document.active, drawn.with_tiles(fine)))
    source = driver.documents.committed.active_layer.tiles
    driver.trigger("copy")
    qtbot.waitUntil(lambda: (clipboard.mimeData() or QMimeData()).hasFormat(PLACE))
    _converted(driver, qtbot, "paste")
    pasted = driver.documents.committed.active_layer
    assert pasted.tiles == source


@pytest.mark.parametrize("action", ["depth8", "depth16"])
def test_the_export_begins_with_the_bits_of_the_document(driver, qtbot, action):
    if action == "depth16":
        _converted(driver, qtbot, action)
    driver.trigger("export")
    dialog = driver.window.findChild(ExportDialog)
    depth = dialog.findChild(QWidget, "exportDepth")
    assert depth.currentData() == (16 if action == "depth16" else 8)
    assert dialog.plan.options.depth == depth.currentData()
    qtbot.waitUntil(lambda: "px" in dialog.findChild(QLabel, "exportFileSize").text())
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
