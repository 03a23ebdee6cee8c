"""The main job with nothing faked but the file dialogs: real window, real events, real engine, real checkpoint."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QImage, QTabletEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from sdpaint import cli
from sdpaint.app import build_window, engine_factory
from sdpaint.document.document import Document
from sdpaint.document.edits import set_frame
from sdpaint.document.render import flatten
from sdpaint.fileio.images import read_image
from sdpaint.generation.recipe import parse_infotext
from sdpaint.generation.request import GenerationMode
from sdpaint.gui.dialogs.files import Answer
from sdpaint.imaging.color import Color
from sdpaint.imaging.geometry import Point, Rect
from sdpaint.imaging.masks import mask_bands
from sdpaint.settings.store import SettingsStore
from sdpaint.tools.base import ToolName
from tests.gui.canvas.conftest import stylus
from tests.gui.conftest import Driver, FakeAsker

CTRL = Qt.KeyboardModifier.ControlModifier
GENERATION_TIMEOUT_MS = 120_000
FRAME = Rect(160, 96, 192, 128)


@pytest.fixture
def studio(themed: QApplication, qtbot, tmp_path) -> Iterator[Driver]:
    settings = SettingsStore()
    settings.change(results_dir=tmp_path / "results")
    asker = FakeAsker()
    window = build_window(settings, engine_factory(settings.settings), asker=asker)
    window.resize(1280, 860)
    with qtbot.waitExposed(window):
        window.show()
    window.activateWindow()
    window.canvas.setFocus()
    driver = Driver(window, None, None, asker)
    driver.documents.amend(set_frame(driver.documents.committed, FRAME))
    yield driver
    asker.answer = Answer.DISCARD
    window.close()
    qtbot.waitUntil(lambda: not window.isVisible(), timeout=GENERATION_TIMEOUT_MS)
    window.deleteLater()
    settings.close()


def pixels_of(document: Document) -> np.ndarray:
    return flatten(document, document.bounds)


def draw_with_the_pen(driver: Driver, *samples: tuple[float, float, float]) -> None:
    """One stroke through (x, y, pressure) in canvas coordinates."""
    kinds = [QEvent.Type.TabletPress, *[QEvent.Type.TabletMove] * (len(samples) - 2), QEvent.Type.TabletRelease]
    for kind, (x, y, pressure) in zip(kinds, samples, strict=True):
        pos = driver.canvas.viewport.to_view(Point(x, y))
        view_pos = QPointF(pos.x, pos.y)
        is_up = kind is QEvent.Type.TabletRelease
        event = QTabletEvent(
            kind,
            stylus(eraser=False),
            view_pos,
            QPointF(driver.canvas.mapToGlobal(QPoint(0, 0))) + view_pos,
            0.0 if is_up else pressure,
            0.0,
            0.0,
            0.0,
            0.0,
            0.0,
            Qt.KeyboardModifier.NoModifier,
            Qt.MouseButton.NoButton if kind is QEvent.Type.TabletMove else Qt.MouseButton.LeftButton,
            Qt.MouseButton.NoButton if is_up else Qt.MouseButton.LeftButton,
        )
        QApplication.sendEvent(driver.canvas, event)
    QApplication.processEvents()


def prompt_and_generate(driver: Driver, qtbot, prompt: str) -> None:
    edit = driver.find("promptEdit")
    edit.setFocus()
    edit.selectAll()
    QTest.keyClicks(edit, prompt)
    with qtbot.waitSignal(driver.generation.finished, timeout=GENERATION_TIMEOUT_MS):
        driver.key(Qt.Key.Key_Return, CTRL)
    qtbot.waitUntil(lambda: driver.generation.results[0].path is not None, timeout=GENERATION_TIMEOUT_MS)


class CanvasWatcher:
    """Takes a picture of the canvas whenever a preview is drawn on it."""

    def __init__(self, driver: Driver) -> None:
        self._driver = driver
        self.shots: list[QImage] = []
        driver.generation.overlay_changed.connect(self._look)

    def _look(self, overlay: object) -> None:
        if overlay is not None and self._driver.generation.is_busy:
            self.shots.append(self._driver.canvas.grab().toImage())


def color_at(driver: Driver, shot: QImage, x: float, y: float) -> tuple[int, int, int]:
    color = shot.pixelColor(driver.at(x, y))
    return color.red(), color.green(), color.blue()


def test_a_picture_is_painted_refined_inpainted_undone_saved_and_opened_equal(studio, qtbot, tmp_path):
    driver = studio
    driver.generation.set_sampling(steps=12, seed=11, strength=0.9)

    # paint, with the mouse and with a pen that is pressed harder and harder
    driver.tools.set_tool(ToolName.BRUSH)
    driver.tools.set_foreground(Color(40, 90, 200))
    driver.drag((170, 110), (250, 130), (340, 110))
    after_mouse = driver.documents.committed
    draw_with_the_pen(driver, *[(180 + 10 * i, 200, 0.05 + 0.06 * i) for i in range(15)])
    painted = driver.documents.committed
    stroke = (pixels_of(painted) != pixels_of(after_mouse)).any(axis=2)
    assert stroke[:, 190:200].any(axis=1).sum() < stroke[:, 290:300].any(axis=1).sum()

    # refine what was painted, and see it form in place
    assert driver.find("generateButton").text() == "Refine"
    qtbot.waitUntil(lambda: driver.canvas.is_complete)
    before = driver.canvas.grab().toImage()
    watcher = CanvasWatcher(driver)
    prompt_and_generate(driver, qtbot, "sunset over mountains with a lake")
    assert watcher.shots
    assert color_at(driver, watcher.shots[-1], *(FRAME.center.x, 150)) != color_at(
        driver, before, *(FRAME.center.x, 150)
    )
    for outside in ((30, 30), (600, 400), (FRAME.left - 20, FRAME.center.y), (FRAME.center.x, FRAME.bottom + 20)):
        assert color_at(driver, watcher.shots[-1], *outside) == color_at(driver, before, *outside)
    refined = driver.documents.committed
    assert refined.active_layer.generated
    assert refined.active_layer.tiles.bounds() == FRAME
    assert len(np.unique(pixels_of(refined)[FRAME.top : FRAME.bottom, FRAME.left : FRAME.right, 0])) > 50
    result = driver.generation.results[0]
    recipe = parse_infotext(read_image(result.path).text)
    assert (recipe.prompt, recipe.seed) == ("sunset over mountains with a lake", 11)

    # mask a place and have something else there
    driver.tools.set_tool(ToolName.MASK_BRUSH)
    driver.drag((230, 140), (250, 150), (240, 160))
    masked = driver.documents.committed
    assert driver.find("generateButton").text() == "Inpaint"
    prompt_and_generate(driver, qtbot, "a hot air balloon")
    inpainted = driver.documents.committed
    assert driver.generation.results[0].request.mode is GenerationMode.INPAINT
    changed = (pixels_of(inpainted) != pixels_of(masked)).any(axis=2)
    place = masked.mask.tiles.bounds()
    band = place.inflated(mask_bands(place, 0.9).paste_px).intersected(FRAME)
    assert changed[place.top : place.bottom, place.left : place.right].any()
    changed[band.top : band.bottom, band.left : band.right] = False
    assert not changed.any()  # outside the blend band bit for bit as it was
    assert inpainted.mask.is_empty

    # undo brings back what was, redo what is
    driver.trigger("undo")
    assert driver.documents.committed is masked
    driver.trigger("redo")
    assert driver.documents.committed is inpainted

    # save, spoil, close without saving, open: the same picture with the same prompt
    driver.asker.save_path = driver.asker.open_path = tmp_path / "lake.ora"
    with qtbot.waitSignal(driver.files.saved, timeout=GENERATION_TIMEOUT_MS):
        driver.key(Qt.Key.Key_S, CTRL)
    driver.trigger("addLayer")
    driver.asker.answer = Answer.DISCARD
    driver.trigger("closeDocument")
    qtbot.waitUntil(lambda: len(driver.documents.committed.layers) != len(inpainted.layers) + 1)
    with qtbot.waitSignal(driver.files.opened, timeout=GENERATION_TIMEOUT_MS):
        driver.key(Qt.Key.Key_O, CTRL)
    reopened = driver.documents.committed
    assert reopened is not inpainted
    assert [layer.id for layer in reopened.layers] == [layer.id for layer in inpainted.layers]
    assert all(a.tiles == b.tiles for a, b in zip(reopened.layers, inpainted.layers, strict=True))
    assert (reopened.frame, reopened.size, reopened.active) == (FRAME, inpainted.size, inpainted.active)
    assert np.array_equal(pixels_of(reopened), pixels_of(inpainted))
    assert driver.find("promptEdit").toPlainText() == "a hot air balloon"
    assert driver.generation.params.sampling.seed == 11


def test_the_window_and_the_command_line_make_the_same_pixels(studio, qtbot, tmp_path):
    driver = studio
    driver.generation.set_sampling(steps=4, seed=5)
    prompt_and_generate(driver, qtbot, "day over sea with a sailboat")
    from_window = read_image(driver.generation.results[0].path)
    out = tmp_path / "cli.png"
    command = ["generate", "--prompt", "day over sea with a sailboat", "--steps", "4", "--seed", "5"]
    assert cli.main([*command, "--size", f"{FRAME.width}x{FRAME.height}", "-o", str(out)]) == 0
    assert np.array_equal(read_image(out).rgba, from_window.rgba)
