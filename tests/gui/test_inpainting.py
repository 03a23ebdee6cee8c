"""Inpainting and outpainting as the artist meets them in the window."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QLineEdit, QPushButton

from sdpaint.document import edits
from sdpaint.document.document import Document
from sdpaint.document.render import flatten
from sdpaint.generation.request import GenerationMode, MaskFill
from sdpaint.gui.widgets.number_slider import NumberSlider
from sdpaint.imaging.geometry import Point, Rect, Size


def painted(size: Size, frame: Rect) -> Document:
    document = edits.new_document(size)
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 256, (size.height, size.width, 4), np.uint8)
    pixels[..., 3] = 255
    layer = document.layers[-1]
    document = edits.with_layer_tiles(document, layer.id, layer.tiles.with_pixels(document.bounds, pixels))
    return edits.set_frame(document, frame)


def generate(driver, qtbot):
    with qtbot.waitSignal(driver.generation.finished):
        driver.trigger("generate")
    qtbot.waitUntil(lambda: not driver.generation.is_busy)


def menu_action(driver, name: str) -> QAction:
    found = driver.find("inpaintMenuButton").menu().findChild(QAction, name)
    assert found is not None
    return found


def test_the_inpainting_menu_is_there_where_it_counts(driver):
    menu = driver.find("inpaintMenuButton")
    assert not menu.isVisible()
    driver.drag((300, 250), (420, 260))
    assert not menu.isVisible()
    driver.key(Qt.Key.Key_K)
    driver.drag((350, 250), (420, 260))
    assert menu.isVisible()


@pytest.mark.parametrize("fill", MaskFill)
def test_every_fill_can_be_chosen_and_is_shown(driver, fill):
    menu_action(driver, f"fill-{fill.value}").trigger()
    assert driver.generation.params.fill is fill
    driver.generation.set_params(fill=MaskFill.AUTOMATIC)
    assert menu_action(driver, "fill-automatic").isChecked()
    driver.generation.set_params(fill=fill)
    assert menu_action(driver, f"fill-{fill.value}").isChecked()


def test_colour_match_growing_and_passes_can_be_turned_off_and_on(driver):
    fields = (("matchColors", "color_match"), ("growCanvas", "grow_canvas"), ("inPasses", "in_passes"))
    for name, field in fields:
        for wanted in (False, True):
            menu_action(driver, name).trigger()
            assert getattr(driver.generation.params, field) is wanted
            assert menu_action(driver, name).isChecked() is wanted


def test_a_frame_beyond_the_canvas_expands_it_in_one_step(driver, qtbot):
    document = painted(Size(256, 256), Rect(-96, 0, 256, 256))
    driver.documents.open(document)
    button = driver.find("generateButton")
    assert button.text() == "Expand"
    assert not driver.find("strengthSlider").isVisible()
    driver.engine.hold_at(5)  # until the preview was seen: the next one would take its place
    driver.trigger("generate")
    qtbot.waitUntil(
        lambda: driver.generation.overlay is not None and driver.generation.overlay.beyond_canvas
    )
    with qtbot.waitSignal(driver.generation.finished):
        driver.engine.release()
    assert driver.engine.requests[-1].mode is GenerationMode.EXPAND
    grown = driver.documents.committed
    assert grown.size == Size(352, 256)
    assert grown.frame == Rect(0, 0, 256, 256)
    was, now = flatten(document, document.bounds), flatten(grown, grown.bounds)
    assert np.array_equal(now[:, 256:], was[:, 160:]), "what the frame didn't hold stays as it was"
    assert (now[:, :96, 3] == 255).all()
    assert driver.documents.history.undo_label == "Expand"
    driver.trigger("undo")
    assert driver.documents.committed is document


def test_the_canvas_stays_as_it_is_where_that_is_wanted(driver, qtbot):
    driver.documents.open(painted(Size(256, 256), Rect(-96, 0, 256, 256)))
    menu_action(driver, "growCanvas").trigger()
    assert driver.find("generateButton").text() == "Refine"
    generate(driver, qtbot)
    assert driver.documents.committed.size == Size(256, 256)


def test_expanding_by_hand_where_nothing_is_beyond_says_what_to_do(driver, qtbot):
    driver.documents.open(painted(Size(256, 256), Rect(0, 0, 256, 256)))
    driver.trigger("modeExpand")
    with qtbot.waitSignal(driver.generation.failed) as signal:
        driver.trigger("generate")
    assert "beyond the picture" in signal.args[0].message


def test_grow_and_feather_can_be_set_by_hand_and_let_go_of(driver):
    for name in ("grow_px", "feather_px"):
        slider = driver.find("inpaintMenuButton").menu().findChild(NumberSlider, f"{name}Slider")
        assert slider.accessibleDescription() == "automatic"
        slider.setFocus()
        driver.generation.set_params(bands=replace(driver.generation.params.bands, **{name: 12}))
        assert slider.accessibleDescription() == "12 px"
        slider.value_changed.emit(-1.0)
        assert getattr(driver.generation.params.bands, name) is None
        slider.value_changed.emit(30.0)
        assert getattr(driver.generation.params.bands, name) == 30


def test_the_fill_can_be_seen_beforehand(driver, qtbot):
    document = edits.fill_mask(painted(Size(256, 256), Rect(0, 0, 256, 256)), Rect(100, 100, 60, 60))
    driver.documents.open(document)
    driver.generation.set_params(fill=MaskFill.NEUTRAL)
    with qtbot.waitSignal(driver.generation.overlay_changed):
        menu_action(driver, "previewFill").trigger()
    shown = driver.generation.overlay
    assert shown.label == "What the engine will find"
    assert (shown.image[128, 128] == 128).all()
    assert driver.documents.committed is document
    driver.generation.set_params(fill=MaskFill.BLUR)
    assert driver.generation.overlay is None, "it would be another one now"
    assert not driver.engine.requests


def test_after_inpainting_it_is_said_what_did_not_change(driver, qtbot):
    driver.documents.open(edits.fill_mask(painted(Size(256, 256), Rect(0, 0, 256, 256)), Rect(100, 100, 60, 60)))
    with qtbot.waitSignal(driver.generation.finished) as said:
        driver.trigger("generate")
    assert "pixels outside the band are untouched" in said.args[0]
    qtbot.waitUntil(lambda: not driver.generation.is_busy)


def test_extending_by_the_dialog_grows_the_canvas_in_one_step(driver, qtbot):
    document = painted(Size(256, 192), Rect(0, 0, 64, 64))
    driver.documents.open(document)
    driver.trigger("extendBy")
    dialog = driver.find("extendDialog")
    assert dialog.extent == Rect(0, 0, 320, 192)
    for side, typed in (("Left", "10"), ("Right", "0"), ("Bottom", "50")):
        field = dialog.findChild(QLineEdit, f"extend{side}")
        field.setText(typed)
        field.editingFinished.emit()
    assert dialog.extent == Rect(-32, 0, 288, 288)
    with qtbot.waitSignal(driver.generation.finished):
        dialog.findChild(QPushButton, "acceptButton").click()
    qtbot.waitUntil(lambda: not driver.generation.is_busy)
    grown = driver.documents.committed
    assert grown.size == Size(288, 288)
    assert grown.frame == Rect(32, 0, 64, 64), "the frame stays on what it was on"
    assert (flatten(grown, grown.bounds)[..., 3] == 255).all()
    assert driver.documents.history.undo_label == "Expand"
    driver.trigger("undo")
    assert driver.documents.committed is document


def test_progress_is_shown_around_what_is_made_and_not_around_the_frame(driver, engine, qtbot):
    driver.documents.open(painted(Size(256, 192), Rect(0, 0, 64, 64)))
    driver.generation.set_sampling(steps=10, strength=1.0)
    engine.hold_at(6)
    driver.trigger("extendBy")
    driver.find("extendDialog").findChild(QPushButton, "acceptButton").click()
    qtbot.waitUntil(lambda: driver.generation.working_at == Rect(0, 0, 320, 192))
    qtbot.waitUntil(lambda: driver.generation.progress.fraction > 0.4)
    driver.canvas.zoom_to(0.5)
    accent = driver.canvas.palette().accent().color()
    place = driver.canvas.viewport.to_view(Point(280, 0))
    image = driver.canvas.grab().toImage()
    column = [image.pixelColor(round(place.x), round(place.y) + dy) for dy in range(-4, 5)]
    assert accent in column
    engine.release()
    qtbot.waitUntil(lambda: not driver.generation.is_busy)
    assert driver.generation.working_at is None


def test_a_dedicated_checkpoint_inpaints_by_itself_and_that_is_said(driver, qtbot):
    starter = driver.generation.checkpoints[0]
    sibling = replace(starter, path=starter.path.parent / "sibling", name="Starter inpainting", is_inpaint=True)
    driver.generation.set_checkpoints((starter, sibling))
    driver.documents.open(edits.fill_mask(painted(Size(256, 256), Rect(0, 0, 256, 256)), Rect(100, 100, 60, 60)))
    driver.generation.set_sampling(strength=0.3)
    assert driver.generation.inpaint_checkpoint is None
    driver.generation.set_sampling(strength=1.0)
    assert driver.generation.inpaint_checkpoint is sibling
    with qtbot.waitSignal(driver.generation.finished) as said:
        driver.trigger("generate")
    assert driver.engine.requests[-1].checkpoint == sibling.path
    assert driver.generation.params.checkpoint == starter.path
    assert "with Starter inpainting" in said.args[0]
    qtbot.waitUntil(lambda: not driver.generation.is_busy)
