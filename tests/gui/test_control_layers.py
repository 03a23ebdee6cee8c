"""Control layers in the window: made, painted, derived, set, refreshed, undone, and sent to the engine."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QWidget
from safetensors.numpy import save_file

from sdpaint import paths
from sdpaint.document.control import ControlKind
from sdpaint.document.render import flatten
from sdpaint.imaging.geometry import Rect
from tests.gui.conftest import Driver
from tests.starter_facts import FITTING


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of checkpoints with two control networks for the starter."""
    folder = tmp_path / "checkpoints"
    for name in ("starter-lineart", "starter-depth"):
        (folder / name).mkdir(parents=True)
        (folder / name / "config.json").write_text(json.dumps({"_class_name": "ControlNetModel", **FITTING}))
        save_file({"a": np.zeros(1, np.float32)}, folder / name / "diffusion_pytorch_model.safetensors")
    monkeypatch.setattr(paths, "user_checkpoint_dir", lambda: folder)
    return folder


def open_panel(driver: Driver, qtbot) -> None:
    dock = driver.window._docks["Control"]
    dock.show()
    dock.raise_()
    qtbot.waitUntil(lambda: driver.find("controlPanel").isVisible())


def control(driver: Driver):
    return driver.documents.committed.active_layer.control


def idle(driver: Driver, qtbot) -> None:
    qtbot.waitUntil(lambda: not driver.window.flows.controls.is_busy)


def test_without_a_control_layer_the_panel_says_how_to_get_one(driver: Driver, qtbot) -> None:
    open_panel(driver, qtbot)
    assert driver.find("newControlLayerActionOfControlButton").isVisible()
    driver.find("newControlLayerActionOfControlButton").click()
    assert control(driver).kind is ControlKind.SCRIBBLE
    assert not driver.find("newControlLayerActionOfControlButton").isVisible()
    driver.trigger("undo")
    assert control(driver) is None


def test_the_panel_leads_to_the_control_layers_that_there_are(driver: Driver, qtbot) -> None:
    open_panel(driver, qtbot)
    picture = driver.documents.committed.active
    driver.trigger("newControlLayer")
    layer = driver.documents.committed.active
    driver.window.flows.layers.choose(picture, ())
    assert driver.find("controlEntry0").text() == "Scribble 1"
    driver.find("controlEntry0").click()
    assert driver.documents.committed.active == layer
    driver.trigger("deleteLayer")
    qtbot.waitUntil(lambda: driver.window.findChild(QWidget, "controlEntry0") is None)


def test_a_control_layer_is_painted_with_the_brush_and_seen_over_the_picture(driver: Driver, qtbot) -> None:
    before = flatten(driver.documents.committed, Rect(0, 0, 512, 512))
    driver.trigger("newControlLayer")
    driver.drag((100, 100), (200, 120), (300, 100))
    document = driver.documents.committed
    assert not document.active_layer.tiles.is_empty
    assert np.array_equal(flatten(document, Rect(0, 0, 512, 512)), before)
    assert driver.canvas._backing.mask is not None


def test_what_is_painted_goes_to_the_engine(driver: Driver, qtbot, installed: Path) -> None:
    driver.trigger("newControlLayer")
    frame = driver.documents.committed.frame
    driver.drag((frame.x + 40, frame.y + 40), (frame.x + 90, frame.y + 90), (frame.x + 140, frame.y + 40))
    with qtbot.waitSignal(driver.generation.job_ended):
        driver.trigger("generate")
    (request,) = driver.engine.requests
    (sent,) = request.controls
    assert sent.kind is ControlKind.SCRIBBLE
    assert sent.image.max() > 100
    assert (sent.name, sent.checkpoint) == ("starter-lineart", installed / "starter-lineart")


def test_the_panel_offers_what_is_installed_and_says_what_is_missing(driver: Driver, qtbot, installed: Path) -> None:
    open_panel(driver, qtbot)
    driver.trigger("newControlLayer")
    networks = driver.find("controlNetworkCombo")
    qtbot.waitUntil(lambda: networks.count() == 3)
    assert networks.currentText() == "Automatic: starter-lineart"
    assert driver.find("controlMissingLabel").isHidden()
    networks.setCurrentIndex(networks.findData("starter-depth"))
    assert control(driver).checkpoint == "starter-depth"
    kinds = driver.find("controlKindCombo")
    kinds.setCurrentIndex(kinds.findData(ControlKind.POSE))
    assert control(driver).kind is ControlKind.POSE
    assert networks.currentText() == "None that reads this"
    assert "pose" in driver.find("controlMissingLabel").text()
    shutil.rmtree(installed)
    driver.generation.checkpoints_changed.emit()
    qtbot.waitUntil(lambda: networks.count() == 1)


def test_weight_start_and_end_are_one_step_each_while_they_are_dragged(driver: Driver, qtbot) -> None:
    open_panel(driver, qtbot)
    driver.trigger("newControlLayer")
    weight = driver.find("controlWeight")
    for value in (0.9, 0.8, 0.7):
        weight.value_changed.emit(value)
    weight.value_committed.emit(0.7)
    driver.find("controlStart").value_changed.emit(0.6)
    driver.find("controlEnd").value_changed.emit(0.4)
    stretch = control(driver).stretch
    assert (stretch.weight, stretch.start, stretch.end) == (0.7, 0.4, 0.4), "an end is never before the start"
    for _ in range(2):
        driver.trigger("undo")
    assert control(driver).stretch.weight == 1.0


def test_a_layer_is_derived_set_and_refreshed(driver: Driver, qtbot) -> None:
    open_panel(driver, qtbot)
    driver.drag((100, 100), (200, 120), (300, 100))
    source = driver.documents.committed.active
    driver.trigger("controlFromLayer")
    qtbot.waitUntil(lambda: control(driver) is not None)
    idle(driver, qtbot)
    derived = driver.documents.committed.active_layer
    assert derived.control.source.layer == source
    assert not derived.tiles.is_empty
    assert driver.find("controlRefreshButton").isVisible()

    driver.find("control_width").value_changed.emit(3.0)
    driver.find("control_width").value_changed.emit(4.0)
    qtbot.waitUntil(lambda: control(driver).source.values["width"] == 4.0)
    idle(driver, qtbot)
    driver.find("control_width").value_committed.emit(4.0)
    assert driver.documents.committed.active_layer.tiles.changed_tiles(derived.tiles)

    kinds = driver.find("controlKindCombo")
    kinds.setCurrentIndex(kinds.findData(ControlKind.CANNY))
    qtbot.waitUntil(lambda: control(driver).kind is ControlKind.CANNY)
    idle(driver, qtbot)
    assert set(control(driver).source.values) == {"low", "high"}
    assert driver.window.findChild(type(driver.find("controlWeight")), "control_low") is not None


def test_a_source_that_changed_is_said_until_the_layer_is_refreshed(driver: Driver, qtbot) -> None:
    open_panel(driver, qtbot)
    driver.drag((100, 100), (200, 120), (300, 100))
    source = driver.documents.committed.active
    driver.trigger("controlFromLayer")
    qtbot.waitUntil(lambda: control(driver) is not None)
    derived = driver.documents.committed.active
    flows = driver.window.flows
    flows.layers.choose(source, ())
    driver.drag((100, 300), (300, 320))
    qtbot.waitUntil(lambda: flows.controls.stale == {derived})
    flows.layers.choose(derived, ())
    assert "changed" in driver.find("controlSourceLabel").text()
    driver.trigger("refreshControl")
    qtbot.waitUntil(lambda: not flows.controls.stale)
    driver.trigger("undo")
    qtbot.waitUntil(lambda: flows.controls.stale == {derived})


def test_a_pixel_layer_becomes_a_control_layer_and_back(driver: Driver, qtbot) -> None:
    driver.drag((100, 100), (200, 120), (300, 100))
    seen = flatten(driver.documents.committed, Rect(0, 0, 512, 512))
    driver.trigger("convertControl")
    assert control(driver) is not None
    assert not np.array_equal(flatten(driver.documents.committed, Rect(0, 0, 512, 512)), seen)
    driver.trigger("convertControl")
    assert np.array_equal(flatten(driver.documents.committed, Rect(0, 0, 512, 512)), seen)


def test_a_copied_control_layer_is_pasted_as_one(driver: Driver, qtbot) -> None:
    driver.trigger("newControlLayer")
    driver.drag((100, 100), (200, 120), (300, 100))
    first = driver.documents.committed.active
    driver.trigger("copy")
    qtbot.waitUntil(lambda: not driver.window.flows.clipboard.is_busy)
    driver.trigger("paste")
    qtbot.waitUntil(lambda: driver.documents.committed.active != first)
    assert control(driver) is not None
    QGuiApplication.clipboard().clear()  # it would outlive the interpreter
