"""What inpainting will do, shown on the canvas before it is done."""

from __future__ import annotations

import pytest
from PySide6.QtGui import QImage

from sdpaint.document import edits
from sdpaint.document.document import Document
from sdpaint.generation.crop import CropPlan
from sdpaint.generation.passes import Passes
from sdpaint.generation.prepare import Outlook
from sdpaint.gui.canvas.outlook import outlook_words
from sdpaint.imaging.geometry import Rect, Size


def grabbed(canvas) -> QImage:
    return canvas.grab().toImage()


def masked(mask: Rect) -> Document:
    document = edits.set_frame(edits.new_document(Size(900, 700)), Rect(0, 0, 900, 700))
    return edits.fill_mask(document, mask)


def outlook(region: Size, work: Size) -> Outlook:
    rect = Rect.of_size(region)
    return Outlook(CropPlan(rect, work, rect), rect, 20)


@pytest.mark.parametrize(
    ("region", "work", "words"),
    [
        (Size(512, 512), Size(512, 512), "Sees 512×512"),
        (Size(1024, 1024), Size(512, 512), "Sees 1024×1024, works at 512×512 (50%)"),
    ],
)
def test_the_label_says_what_is_seen_and_at_which_size(region, work, words):
    assert outlook_words(outlook(region, work)) == words


@pytest.mark.parametrize(
    ("passes", "words"),
    [
        (Passes(Size(384, 256), (Rect(0, 0, 8, 8),), 0.4), "Sees 1024×1024, composes at 384×256, refines it"),
        (Passes(None, (Rect(0, 0, 8, 8),) * 9, 0.3), "Sees 1024×1024, refines 9 tiles"),
    ],
)
def test_the_label_says_how_a_large_region_is_made(passes, words):
    rect = Rect(0, 0, 1024, 1024)
    assert outlook_words(Outlook(CropPlan(rect, rect.size, rect, passes), rect, 20)) == words


def test_a_mask_shows_what_will_be_seen_and_what_can_change(driver, qtbot):
    driver.documents.open(masked(Rect(300, 300, 90, 70)))
    qtbot.waitUntil(lambda: driver.canvas.is_complete)
    shown = driver.generation.outlook
    assert shown is not None
    assert shown.plan.frame.contains(Rect(300, 300, 90, 70))
    with_outlook = grabbed(driver.canvas)
    edge = driver.at(shown.plan.frame.left, shown.plan.frame.center.y)
    column = [with_outlook.pixelColor(edge.x() + dx, edge.y()).lightness() for dx in range(-3, 4)]
    assert min(column) < 230, "a line on the white paper"


def test_it_follows_mask_strength_and_mode(driver):
    driver.documents.open(masked(Rect(300, 300, 90, 70)))
    said = []
    driver.generation.outlook_changed.connect(said.append)
    driver.generation.set_sampling(strength=1.0)
    wide = driver.generation.outlook
    driver.generation.set_sampling(strength=0.2)
    narrow = driver.generation.outlook
    assert wide.band.contains(narrow.band)
    assert wide.band != narrow.band
    driver.documents.apply("Mask", edits.clear_mask(driver.documents.committed))
    assert driver.generation.outlook is None
    assert said[-1] is None


def test_a_stroke_on_a_layer_computes_nothing_anew(driver):
    driver.documents.open(masked(Rect(300, 300, 90, 70)))
    before = driver.generation.outlook
    driver.drag((100, 100), (200, 120))
    assert driver.generation.outlook is before


def test_it_goes_away_with_the_mask_out_of_sight(driver, qtbot):
    driver.documents.open(masked(Rect(300, 300, 90, 70)))
    qtbot.waitUntil(lambda: driver.canvas.is_complete)
    with_outlook = grabbed(driver.canvas)
    driver.trigger("showMask")
    qtbot.waitUntil(lambda: driver.canvas.is_complete)
    assert grabbed(driver.canvas) != with_outlook
    edge = driver.at(driver.generation.outlook.plan.frame.left, 500)
    without = grabbed(driver.canvas)
    assert without.pixelColor(edge.x(), edge.y()).lightness() == 255
