"""Several inpaint masks through the window: added, painted on, weakened, switched off, and what inpainting is told."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit

from sdpaint.document import edits, mask_edits
from sdpaint.generation.request import GenerationMode
from sdpaint.imaging.geometry import Rect
from sdpaint.tools.base import ToolName

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def two(driver):
    """A window with two painted masks; the second one is painted on."""
    driver.window._docks["Masks"].raise_()
    driver.tools.set_tool(ToolName.MASK_BRUSH)
    driver.drag((250, 200), (300, 200))
    driver.trigger("addMask")
    driver.drag((400, 300), (450, 300))
    return driver


def masks(driver):
    return driver.documents.committed.masks


def click(driver, name):
    QTest.mouseClick(driver.find(name), LEFT)


def test_the_brush_paints_on_the_mask_that_is_chosen(two):
    first, second = masks(two)
    assert first.tiles.bounds().right < second.tiles.bounds().left
    click(two, "maskTarget0")
    two.drag((250, 350), (300, 350))
    assert masks(two)[1].tiles is second.tiles
    assert masks(two)[0].tiles.bounds().bottom > first.tiles.bounds().bottom
    two.trigger("undo")
    assert masks(two)[0].tiles is first.tiles


def test_all_of_it_is_undone_as_one_stack(two):
    before = two.documents.committed
    click(two, "maskSwitch0")
    assert not masks(two)[0].enabled
    name = two.find("maskName1")
    assert isinstance(name, QLineEdit)
    name.setText("sky")
    name.editingFinished.emit()
    two.find("maskStrength1").value_changed.emit(0.5)
    two.find("maskStrength1").value_changed.emit(0.4)
    two.find("maskStrength1").value_committed.emit(0.4)
    assert (masks(two)[1].name, masks(two)[1].strength) == ("sky", 0.4)
    for _ in range(3):
        two.trigger("undo")
    assert two.documents.committed is before
    assert two.find("maskName1").text() == before.mask.name


def test_inpainting_is_told_the_strongest_of_those_that_are_switched_on_and_clears_them(two, qtbot):
    document = two.documents.committed
    ground = np.full((document.size.height, document.size.width, 4), 255, np.uint8)
    ground[..., 0] = 90
    tiles = document.layers[0].tiles.with_pixels(document.bounds, ground)
    document = edits.with_layer_tiles(document, document.layers[0].id, tiles)
    document = mask_edits.change_mask(document, 1, strength=0.5)
    document = edits.set_frame(document, document.bounds)
    two.documents.apply("Set up", document)
    two.generation.set_sampling(count=1, steps=4, strength=1.0)
    assert two.generation.mode is GenerationMode.INPAINT
    two.trigger("generate")
    qtbot.waitUntil(lambda: not two.generation.is_busy and two.window.is_settled)
    prepared = two.generation.results[0].prepared
    strongest = [prepared.mask.tiles.read(Rect(x, y, 4, 4)).max() for x, y in ((275, 200), (425, 300))]
    assert strongest == [255, 128]
    assert all(mask.is_empty for mask in masks(two))
    two.trigger("undo")
    assert not any(mask.is_empty for mask in masks(two))


def test_a_mask_that_is_switched_off_neither_counts_nor_can_be_painted_on(two):
    for place in (0, 1):
        click(two, f"maskSwitch{place}")
    assert two.generation.mode is not GenerationMode.INPAINT
    before = two.documents.committed
    two.drag((300, 300), (350, 300))
    assert two.documents.committed is before


def test_the_last_mask_stays(two):
    two.trigger("removeMask")
    assert len(masks(two)) == 1
    assert not two.window.actions_by_id["removeMask"].isEnabled()
    two.trigger("undo")
    assert len(masks(two)) == 2


def test_the_mask_that_is_chosen_goes_to_the_selection_and_comes_from_it(two, qtbot):
    two.trigger("maskToSelection")
    qtbot.waitUntil(lambda: two.documents.committed.selection is not None)
    second = masks(two)[1].tiles
    assert two.documents.committed.selection.bounds() == second.bounds()
    click(two, "maskTarget0")
    two.trigger("selectionToMask")
    assert masks(two)[0].tiles.bounds() == second.bounds()
    assert masks(two)[1].tiles is second
