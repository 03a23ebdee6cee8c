"""Layers as references: one click in the menu, a row below the prompt, undo, and the request that comes of it."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel

from sdpaint.document.reference import LayerReference, ReferenceUse
from sdpaint.errors import CheckpointError
from sdpaint.paths import user_checkpoint_dir
from tests.checkpoints.headers import write_file


@pytest.fixture
def painted(driver):
    """A stroke on the active layer, which is hidden then."""
    frame = driver.documents.document.frame
    driver.drag((frame.x + 40, frame.y + 40), (frame.x + 90, frame.y + 60))
    driver.trigger("referenceStyle")
    driver.trigger("layerVisible")
    return driver.documents.document.active


def reference_of(driver, layer_id):
    return driver.documents.document.layer(layer_id).reference


def adapter_files():
    """Headers of an IP-Adapter for the starter and of an encoder that it reads through."""
    folder = user_checkpoint_dir()
    folder.mkdir(parents=True, exist_ok=True)
    write_file(
        folder / "style.safetensors",
        {"image_proj.proj.weight": (768, 24), "ip_adapter.1.to_k_ip.weight": (64, 192)},
    )
    vision = "vision_model.encoder.layers.0.self_attn.k_proj.weight"
    write_file(
        folder / "clip.safetensors",
        {"vision_model.embeddings.patch_embedding.weight": (32, 3, 8, 8), vision: (32, 32),
         "visual_projection.weight": (24, 32)},
    )  # fmt: skip
    return folder


def test_one_click_makes_a_reference_and_undo_takes_it_back(driver):
    rows, active = driver.find("referenceRows"), driver.documents.document.active
    assert not rows.isVisibleTo(driver.window)

    driver.trigger("referenceStyle")
    assert reference_of(driver, active) == LayerReference(ReferenceUse.STYLE)
    assert rows.isVisibleTo(driver.window)
    assert driver.window.actions_by_id["referenceStyle"].isChecked()

    driver.trigger("undo")
    assert reference_of(driver, active) is None
    assert not rows.isVisibleTo(driver.window)
    assert driver.window.actions_by_id["referenceNone"].isChecked()
    assert not driver.window.actions_by_id["referenceInPlace"].isEnabled()


def test_the_row_changes_use_and_weight_each_in_one_step(driver, painted):
    combo, slider = driver.find("referenceUseCombo"), driver.find("referenceWeightSlider")
    name = driver.window.findChild(QLabel, "referenceName")
    assert "(hidden)" in name.text()

    combo.activated.emit(combo.findData(ReferenceUse.COMPOSITION))
    assert reference_of(driver, painted).use is ReferenceUse.COMPOSITION

    for weight in (0.7, 0.5, 0.3):
        slider.value_changed.emit(weight)
    slider.value_committed.emit(0.3)
    assert reference_of(driver, painted).weight == 0.3
    driver.trigger("undo")
    assert reference_of(driver, painted).weight == LayerReference().weight

    QTest.mouseClick(driver.find("dropReferenceButton"), Qt.MouseButton.LeftButton)
    assert reference_of(driver, painted) is None


def test_it_goes_along_with_what_is_generated(driver, qtbot, painted):
    folder = adapter_files()
    driver.trigger("referenceInPlace")
    with qtbot.waitSignal(driver.generation.finished):
        driver.trigger("generate")

    (reference,) = driver.engine.requests[-1].references
    assert reference.adapter == folder / "style.safetensors"
    assert reference.encoder == folder / "clip.safetensors"
    assert reference.mask is not None
    assert reference.mask.any()


def test_without_an_adapter_the_remedy_is_said_and_nothing_is_loaded(driver, qtbot, painted):
    with qtbot.waitSignal(driver.generation.failed) as said:
        driver.trigger("generate")

    assert isinstance(said.args[0], CheckpointError)
    assert "IP-Adapter" in said.args[0].message
    assert "hide" in said.args[0].hint or "Get one" in said.args[0].hint
    assert not driver.engine.requests


def opened(driver, qtbot):
    """The menu of the row, as it is when what fits is known."""
    button = driver.find("referenceMenuButton")
    with qtbot.waitSignal(driver.window.flows.adapters.changed):
        button.menu().aboutToShow.emit()
    return button.menu()


def test_its_menu_chooses_the_adapter_that_reads_it(driver, qtbot, painted):
    folder = adapter_files()
    write_file(
        folder / "another.safetensors",
        {"image_proj.proj.weight": (768, 24), "ip_adapter.1.to_k_ip.weight": (64, 192)},
    )
    menu = opened(driver, qtbot)
    by_name = {action.data(): action for action in menu.actions() if action.isCheckable()}
    assert set(by_name) == {"", "another", "style"}
    assert by_name[""].isChecked()

    by_name["style"].trigger()
    assert reference_of(driver, painted).adapter == "style"
    with qtbot.waitSignal(driver.generation.finished):
        driver.trigger("generate")
    assert driver.engine.requests[-1].references[0].adapter == folder / "style.safetensors"

    driver.trigger("undo")
    driver.trigger("undo")
    assert reference_of(driver, painted).adapter == ""


def test_its_menu_says_when_it_counts_and_never_ends_before_it_starts(driver, painted):
    start, end = driver.find("referenceStartSlider"), driver.find("referenceEndSlider")
    for value in (0.2, 0.4, 0.6):
        start.value_changed.emit(value)
    start.value_committed.emit(0.6)
    end.value_changed.emit(0.3)
    end.value_committed.emit(0.3)
    assert (reference_of(driver, painted).start, reference_of(driver, painted).end) == (0.3, 0.3)
    driver.trigger("undo")
    assert (reference_of(driver, painted).start, reference_of(driver, painted).end) == (0.6, 1.0)
    driver.trigger("undo")
    assert reference_of(driver, painted) == LayerReference()


def test_without_any_that_fits_the_menu_leads_to_the_manager(driver, qtbot, painted):
    menu = opened(driver, qtbot)
    assert driver.window.actions_by_id["manageCheckpoints"] in menu.actions()
    adapter_files()
    with qtbot.waitSignal(driver.window.flows.adapters.changed):
        driver.window.flows.adapters.look_again()
    assert driver.window.actions_by_id["manageCheckpoints"] not in menu.actions()
