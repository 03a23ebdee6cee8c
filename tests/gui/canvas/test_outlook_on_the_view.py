"""What inpainting will do, shown on the canvas before it is done."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QEvent, QObject, QPoint, Qt
from PySide6.QtGui import QCursor, QImage, QRegion
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from sdpaint.document import edits
from sdpaint.document.document import Document
from sdpaint.document.layers import MaskLayer
from sdpaint.generation.cost import Cost, CostBook, Estimate, work_of
from sdpaint.generation.crop import CropPlan
from sdpaint.generation.passes import Passes
from sdpaint.generation.planning import Outlook
from sdpaint.generation.request import MaskFill
from sdpaint.gui.canvas.outlook import outlook_words
from sdpaint.imaging.geometry import Rect, Size
from sdpaint.tools.base import ToolName
from tests.gui.conftest import double_click


def grabbed(canvas) -> QImage:
    return canvas.grab().toImage()


def masked(mask: Rect) -> Document:
    document = edits.set_frame(edits.new_document(Size(900, 700)), Rect(0, 0, 900, 700))
    return edits.fill_mask(document, mask)


def looks_of(cursor: QCursor) -> tuple[Qt.CursorShape, int]:
    """What is the same for cursors that look the same."""
    return cursor.shape(), cursor.pixmap().cacheKey()


def outlook(region: Size, work: Size) -> Outlook:
    rect = Rect.of_size(region)
    return Outlook(CropPlan(rect, work, rect), rect, 20, 16)


@pytest.mark.parametrize(
    ("region", "work", "words"),
    [
        (Size(512, 512), Size(512, 512), "Sees 512×512, feather 16 px"),
        (Size(1024, 1024), Size(512, 512), "Sees 1024×1024, works at 512×512 (50%), feather 16 px"),
    ],
)
def test_the_label_says_what_is_seen_and_at_which_size(region, work, words):
    assert outlook_words(outlook(region, work)) == words


@pytest.mark.parametrize(
    ("passes", "words"),
    [
        (
            Passes(Size(384, 256), (Rect(0, 0, 8, 8),), 0.4),
            "Sees 1024×1024, composes at 384×256, refines it, feather 16 px",
        ),
        (Passes(None, (Rect(0, 0, 8, 8),) * 9, 0.3), "Sees 1024×1024, refines 9 tiles, feather 16 px"),
    ],
)
def test_the_label_says_how_a_large_region_is_made(passes, words):
    rect = Rect(0, 0, 1024, 1024)
    assert outlook_words(Outlook(CropPlan(rect, rect.size, rect, passes), rect, 20, 16)) == words


def test_the_label_says_what_it_is_expected_to_cost():
    shown = outlook(Size(512, 512), Size(512, 512))
    assert outlook_words(shown, Estimate(12.2, 3 * 1024**3)).endswith(", about 12 s, 3.0 GB")
    assert outlook_words(shown, Estimate(400.0)).endswith(", about 7 min")


def test_what_was_measured_is_expected_of_the_next_one(driver, qtbot):
    driver.documents.open(masked(Rect(300, 300, 90, 70)))
    assert driver.generation.estimate is None
    plan, sampling = driver.generation.outlook.plan, driver.generation.params.sampling
    work = work_of(plan, sampling, sampling.strength)
    book = CostBook().learnt(str(driver.generation.params.checkpoint), Cost(*work, 8.0, 2 * 1024**3))
    driver.generation._take_costs(book)
    assert driver.generation.estimate.seconds == pytest.approx(8.0)
    driver.generation.set_sampling(count=3)
    assert driver.generation.estimate.seconds == pytest.approx(24.0)
    driver.generation.set_params(fill=MaskFill.REMOVE)
    assert driver.generation.estimate is None, "no checkpoint has a part in it"


def test_a_controlnet_that_helps_by_itself_is_named(driver):
    driver.documents.open(masked(Rect(300, 300, 90, 70)))
    checkpoint = driver.generation.params.checkpoint
    driver.generation._take_inpaint_controls({checkpoint: "own_inpaint"})
    assert driver.generation.inpaint_helper == "own_inpaint"
    assert "with own_inpaint" in outlook_words(driver.generation.outlook, helper_name=driver.generation.inpaint_helper)
    driver.generation.set_params(inpaint_control=False)
    assert driver.generation.inpaint_helper == ""
    driver.generation.set_params(inpaint_control=True, fill=MaskFill.REMOVE)
    assert driver.generation.inpaint_helper == ""


class TestContext:
    def open(self, driver) -> Rect:
        driver.documents.open(masked(Rect(300, 300, 90, 70)))
        return driver.generation.outlook.plan.frame

    def test_a_handle_is_dragged(self, driver):
        box = self.open(driver)
        before = driver.documents.committed
        driver.drag((box.right, box.bottom), (box.right + 60, box.bottom + 40), (box.right + 96, box.bottom + 64))
        shown = driver.generation.outlook
        assert shown.plan.frame == Rect(box.x, box.y, box.width + 96, box.height + 64)
        assert shown.is_by_hand
        assert driver.documents.committed is before, "no stroke was painted"
        assert driver.generation.params.context.box == shown.plan.frame

    def test_the_next_mask_beside_it_has_an_automatic_context(self, driver):
        box = self.open(driver)
        driver.drag((box.right, box.bottom), (box.right + 96, box.bottom + 64))
        first = driver.documents.committed
        beside = edits.fill_mask(edits.set_mask(first, MaskLayer()), Rect(box.right, 300, 40, 40))
        driver.documents.apply("Another mask", beside)
        assert not driver.generation.outlook.is_by_hand
        driver.documents.apply("The first mask again", first)
        assert driver.generation.outlook.is_by_hand

    def test_beside_the_handles_the_tool_paints(self, driver):
        box = self.open(driver)
        before = driver.documents.committed
        y = box.top + box.height / 4
        driver.drag((box.left, y), (box.left + 30, y))
        assert driver.documents.committed is not before
        assert driver.generation.params.context is None

    def test_a_double_click_makes_it_automatic_again(self, driver):
        box = self.open(driver)
        driver.drag((box.right, box.bottom), (box.right + 96, box.bottom + 64))
        now = driver.generation.outlook.plan.frame
        double_click(driver.canvas, driver.at(now.left, now.top))
        assert driver.generation.params.context is None
        assert driver.generation.outlook.plan.frame == box

    @pytest.mark.parametrize("tool", [ToolName.BRUSH, ToolName.FILL, ToolName.TEXT])
    def test_the_pointer_says_that_a_handle_can_be_dragged(self, driver, tool):
        box = self.open(driver)
        driver.tools.set_tool(tool)
        beside, handle = driver.at(box.center.x, box.center.y), driver.at(box.right, box.center.y)
        QTest.mouseMove(driver.canvas, beside)
        before = looks_of(driver.canvas.cursor())
        assert before[0] is not Qt.CursorShape.SizeHorCursor
        QTest.mouseMove(driver.canvas, handle)
        assert driver.canvas.cursor().shape() is Qt.CursorShape.SizeHorCursor
        QTest.mouseMove(driver.canvas, beside)
        assert looks_of(driver.canvas.cursor()) == before

    def test_over_a_handle_is_no_brush_wherever_the_pointer_came_from(self, driver):
        box = self.open(driver)
        handle = driver.at(box.right, box.center.y)
        for _coming_back in range(2):
            QTest.mouseMove(driver.canvas, handle)
            assert driver.canvas.marks.place is None
            assert driver.canvas.cursor().shape() is Qt.CursorShape.SizeHorCursor
            QTest.mouseMove(driver.canvas, QPoint(-1000, -1000))
            assert driver.canvas.cursor().shape() is not Qt.CursorShape.SizeHorCursor


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
    driver.documents.open(masked(Rect(150, 150, 600, 400)))
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


class Repaints(QObject):
    """Adds up what is painted anew."""

    def __init__(self) -> None:
        super().__init__()
        self.region = QRegion()

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        if event.type() is QEvent.Type.Paint:
            self.region = self.region.united(event.region())
        return False


def test_nothing_of_it_is_left_on_screen_when_the_engine_begins(driver, qtbot):
    driver.documents.open(masked(Rect(300, 300, 90, 70)))
    canvas = driver.window.canvas
    qtbot.waitUntil(lambda: canvas.is_complete)
    QApplication.processEvents()
    repaints = Repaints()
    canvas.installEventFilter(repaints)
    driver.generation.generate()
    qtbot.waitUntil(lambda: repaints.region.contains(canvas.rect()))
    canvas.removeEventFilter(repaints)
    driver.generation.cancel()
    qtbot.waitUntil(lambda: driver.generation.progress is None)
