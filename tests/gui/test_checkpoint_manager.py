"""The manager of checkpoints and adapters: what is found, marked, corrected, converted and thrown away; watching."""

from __future__ import annotations

import hashlib
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from PySide6.QtCore import QEvent, QFile, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from sdpaint.checkpoints.component import Architecture, Kind, Prediction
from sdpaint.checkpoints.marks import user_marks
from sdpaint.paths import starter_checkpoint, user_checkpoint_dir
from tests.checkpoints.headers import CLIP_L, LDM_VAE, flux, t5, write_file
from tests.checkpoints.test_library import A1111, COMFYUI, LORA, put, sd_checkpoint

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture(autouse=True)
def no_folders_elsewhere(monkeypatch, tmp_path):
    """Whatever lies in the real home of who runs the tests."""
    monkeypatch.setenv("HOME", str(tmp_path / "elsewhere"))
    monkeypatch.setenv("USERPROFILE", str(tmp_path / "elsewhere"))
    for name in ("HF_HUB_CACHE", "HF_HOME", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def folder(tmp_path) -> Path:
    root = put(tmp_path / "webui", A1111)
    picture = np.full((80, 60, 3), (10, 200, 30), np.uint8)
    cv2.imwrite(str(root / "models" / "Lora" / "ink.png"), picture)
    cv2.imwrite(str(root / "models" / "Stable-diffusion" / "photo.preview.png"), picture)
    return root


@pytest.fixture
def manager(driver, qtbot, folder):
    driver.settings.change(checkpoint_dirs=(folder,))
    qtbot.waitUntil(lambda: driver.window._services.library.has_looked)
    driver.trigger("manageCheckpoints")
    shown = driver.window.findChild(object, "checkpointManager")
    qtbot.waitUntil(lambda: bool(shown.library_page.view.selected))
    return shown


@pytest.fixture
def library(driver):
    return driver.window._services.library


def names(manager) -> list[str]:
    return [entry.name for entry in manager.library_page.view.entries]


def entry_of(library, name: str):
    return next(entry for entry in library.entries if entry.name == name)


def choose(manager, library, name: str):
    entry = entry_of(library, name)
    manager.library_page.choose(entry.path)
    return entry


def press(manager, name: str) -> None:
    button = manager.findChild(object, name)
    assert button.isEnabled(), name
    QTest.mouseClick(button, LEFT)


def text(manager, name: str) -> str:
    return manager.findChild(object, name).text().replace("\u200b", "")


def test_everything_in_the_folders_is_shown_and_the_chosen_checkpoint_is_told_about(driver, manager):
    assert names(manager) == sorted(names(manager), key=str.casefold)
    assert {"Starter", "photo", "xl", "ink", "fine", "lines", "sharp", "style", "worse"} <= set(names(manager))
    assert text(manager, "libraryName") == driver.generation.params.checkpoint.stem == "photo"


def test_opening_it_asks_nothing_of_any_network(driver, qtbot, monkeypatch):
    import socket

    def refuse(*_arguments):
        raise AssertionError("a connection was asked for")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    driver.trigger("manageCheckpoints")
    shown = driver.window.findChild(object, "checkpointManager")
    for tab in range(shown.tabs.count()):
        shown.tabs.setCurrentIndex(tab)
    qtbot.waitUntil(lambda: driver.window._services.library.has_looked)


def test_words_kinds_families_and_favourites_narrow_the_list(manager, library, qtbot):
    search = manager.findChild(object, "librarySearch")
    QTest.keyClicks(search, "lora IN")
    qtbot.waitUntil(lambda: names(manager) == ["ink"])
    search.clear()
    kind, family = (manager.findChild(object, name) for name in ("libraryKindFilter", "libraryFamilyFilter"))
    kind.setCurrentIndex(kind.place_of(Kind.CHECKPOINT))
    family.setCurrentIndex(family.place_of(Architecture.SDXL))
    assert names(manager) == ["xl"]
    choose(manager, library, "xl")
    press(manager, "libraryStar")
    choose(manager, library, "ink")
    press(manager, "libraryFavourites")
    assert names(manager) == ["xl"]


def test_a_name_that_is_nowhere_says_so_and_an_empty_machine_says_where_to_begin(manager, qtbot):
    QTest.keyClicks(manager.findChild(object, "librarySearch"), "nothing like it")
    qtbot.waitUntil(lambda: names(manager) == [])
    assert "else" in manager.library_page._empty_words()


def test_previews_beside_files_are_shown(manager, folder, qtbot):
    picture = folder / "models" / "Lora" / "ink.png"
    qtbot.waitUntil(lambda: manager.library_page.view.pixmaps.get(picture) is not None)


def test_a_checkpoint_is_used_by_a_double_click_and_a_lora_goes_into_the_prompt(driver, manager, library):
    photo = choose(manager, library, "photo")
    manager.library_page.view.use_asked.emit()
    assert driver.generation.params.checkpoint == photo.path
    assert driver.find("checkpointCombo").currentText() == "photo"
    driver.generation.set_params(prompt="a cat")
    choose(manager, library, "ink")
    press(manager, "libraryUse")
    press(manager, "libraryUse")
    assert driver.generation.params.prompt == "a cat <lora:ink:1>"


def test_a_vae_is_used_with_the_checkpoint_that_it_fits(driver, manager, library, qtbot):
    qtbot.waitUntil(lambda: bool(driver.generation.vaes))
    fine = choose(manager, library, "fine")
    press(manager, "libraryUse")
    assert driver.generation.params.vae == fine.path


def test_a_folder_added_in_the_preferences_says_what_it_is(driver, qtbot, folder):
    driver.settings.change(checkpoint_dirs=(folder,))
    qtbot.waitUntil(lambda: driver.find("messageText").text().startswith("A1111 or Forge: "))


@pytest.mark.parametrize(("name", "why"), [("old", "pickled"), ("lines", "control layer")])
def test_what_cannot_be_used_from_here_says_why(manager, library, name, why):
    choose(manager, library, name)
    button = manager.findChild(object, "libraryUse")
    assert not button.isEnabled()
    assert why in button.toolTip()


def test_a_note_is_kept_and_found(manager, library, qtbot):
    entry = choose(manager, library, "ink")
    note = manager.findChild(object, "libraryNote")
    note.setFocus()
    QTest.keyClicks(note, "for hatching")
    choose(manager, library, "photo")
    qtbot.waitUntil(lambda: user_marks().of(entry.path).note == "for hatching")
    assert note.toPlainText() == ""
    QTest.keyClicks(manager.findChild(object, "librarySearch"), "hatch")
    qtbot.waitUntil(lambda: names(manager) == ["ink"])


def test_a_hash_is_computed_when_asked_for_and_remembered(manager, library, qtbot):
    entry = choose(manager, library, "ink")
    assert text(manager, "libraryHash") == "Not computed yet"
    press(manager, "hashButton")
    expected = hashlib.sha256(entry.path.read_bytes()).hexdigest()
    qtbot.waitUntil(lambda: text(manager, "libraryHash") == f"{expected[:10]}\n{expected}")
    qtbot.waitUntil(lambda: user_marks().of(entry.path).sha256 == expected)
    assert user_marks().of(entry.path).auto_v2 == expected[:10]


def test_what_the_artist_knows_better_is_kept_and_used(driver, manager, library, qtbot):
    entry = choose(manager, library, "photo")
    combo = manager.findChild(object, "libraryPrediction")
    combo.activated.emit(combo.place_of(Prediction.V))

    def predicted() -> Prediction | None:
        return next(info.prediction for info in driver.generation.checkpoints if info.path == entry.path)

    qtbot.waitUntil(lambda: predicted() is Prediction.V)
    assert combo.currentData() is Prediction.V


def test_a_network_alone_says_what_it_is_made_of_or_what_to_put_where(driver, manager, library, folder, qtbot):
    models = folder / "models"
    for place in ("unet", "text_encoder", "VAE"):
        (models / place).mkdir(exist_ok=True)
    write_file(models / "unet" / "flux1-dev.safetensors", flux())
    write_file(models / "text_encoder" / "clip_l.safetensors", CLIP_L)
    write_file(models / "VAE" / "ae.safetensors", {**LDM_VAE, "decoder.conv_in.weight": (512, 16, 3, 3)})
    library.look_again()
    qtbot.waitUntil(lambda: "flux1-dev" in names(manager))
    choose(manager, library, "flux1-dev")
    said = text(manager, "libraryProblem")
    assert "comes without T5-XXL" in said
    assert f"Put t5xxl_fp16.safetensors into {models / 'text_encoder'}" in said

    write_file(models / "text_encoder" / "t5xxl_fp16.safetensors", t5(4096))
    library.look_again()
    qtbot.waitUntil(lambda: entry_of(library, "flux1-dev").info is not None)
    assert text(manager, "libraryParts").split("\n") == [
        "CLIP-L from clip_l.safetensors", "T5-XXL from t5xxl_fp16.safetensors", "Autoencoder from ae.safetensors"
    ]


def test_a_pickled_file_is_converted_and_can_be_used_then(driver, manager, library, folder, qtbot):
    old = folder / "embeddings" / "worse.pt"
    torch.save({"string_to_param": {"*": torch.ones(2, 768)}}, old)
    entry = choose(manager, library, "worse")
    library.set_favourite([entry], True)
    assert "pickled" in text(manager, "libraryProblem")
    press(manager, "convertButton")
    qtbot.waitUntil(lambda: entry_of(library, "worse").problem is None)
    assert entry_of(library, "worse").kind is Kind.EMBEDDING
    assert old.exists()
    assert names(manager).count("worse") == 1
    assert entry_of(library, "worse").marks.favourite


def test_a_file_that_is_no_weights_says_so_when_it_is_converted(driver, manager, library, qtbot):
    choose(manager, library, "old")
    with qtbot.waitSignal(library.failed) as failed:
        press(manager, "convertButton")
    assert failed.args[0].hint
    assert manager.findChild(object, "convertButton").isEnabled()


def test_what_is_taken_off_the_list_stays_on_the_disk_and_can_come_back(driver, manager, library, qtbot):
    entry = choose(manager, library, "photo")
    library.set_hidden([entry], True)
    assert "photo" not in names(manager)
    assert all(info.path != entry.path for info in driver.generation.checkpoints)
    press(manager, "libraryHidden")
    assert names(manager) == ["photo"]
    library.set_hidden([entry], False)
    press(manager, "libraryHidden")
    assert "photo" in names(manager)
    assert entry.path.is_file()


def test_nothing_is_thrown_away_unasked(driver, manager, library, qtbot, monkeypatch):
    trashed = []
    monkeypatch.setattr(QFile, "moveToTrash", staticmethod(lambda path: trashed.append(path) or True))
    entry = choose(manager, library, "ink")
    QTest.keyClick(manager.library_page.view, Qt.Key.Key_Delete)
    assert driver.asker.asked[-1].startswith("Move ink.safetensors to the trash")
    assert not trashed
    driver.asker.confirms = True
    QTest.keyClick(manager.library_page.view, Qt.Key.Key_Delete)
    qtbot.waitUntil(lambda: trashed == [str(entry.path)])


def test_a_picture_of_ones_own_stands_for_it(driver, manager, library, tmp_path, qtbot):
    entry = choose(manager, library, "xl")
    cv2.imwrite(str(tmp_path / "mine.png"), np.zeros((900, 700, 3), np.uint8))
    driver.asker.open_path = tmp_path / "mine.png"
    manager.library_page.picture_asked.emit(entry, "file")
    qtbot.waitUntil(lambda: entry_of(library, "xl").picture is not None)
    kept = entry_of(library, "xl").picture
    assert max(cv2.imread(str(kept)).shape) == 512
    library.set_picture(entry_of(library, "xl"), None)
    qtbot.waitUntil(lambda: entry_of(library, "xl").picture is None)


def test_the_last_generated_picture_is_offered(driver, manager, library, qtbot):
    with qtbot.waitSignal(driver.generation.finished):
        driver.trigger("generate")
    manager.library_page.picture_asked.emit(entry_of(library, "Starter"), "result")
    qtbot.waitUntil(lambda: entry_of(library, "Starter").picture is not None)


def test_folders_of_other_programs_are_offered_and_only_then_looked_into(driver, qtbot, tmp_path):
    root = put(tmp_path / "elsewhere" / "ComfyUI", COMFYUI)
    driver.trigger("manageCheckpoints")
    shown = driver.window.findChild(object, "checkpointManager")
    qtbot.waitUntil(lambda: shown.findChild(object, "libraryTakeFolder") is not None)
    assert driver.settings.settings.checkpoint_dirs == ()
    press(shown, "libraryTakeFolder")
    assert driver.settings.settings.checkpoint_dirs == (root,)
    qtbot.waitUntil(lambda: "photo" in names(shown))
    qtbot.waitUntil(lambda: driver.find("messageText").text().startswith("ComfyUI: "))


# -- watching ------------------------------------------------------------------------------------------------------


def test_a_file_that_comes_is_noticed_and_one_that_goes_vanishes(driver, library, qtbot):
    folder = put(user_checkpoint_dir(), {"photo.safetensors": sd_checkpoint()})
    driver.window.flows.checkpoints.look()
    qtbot.waitUntil(lambda: len(driver.generation.checkpoints) == 2)
    driver.generation.set_params(checkpoint=folder / "photo.safetensors")

    write_file(folder / "new.safetensors", LORA)
    qtbot.waitUntil(lambda: any(entry.name == "new" for entry in library.entries))
    (folder / "new.safetensors").unlink()
    (folder / "photo.safetensors").unlink()
    qtbot.waitUntil(lambda: [entry.name for entry in library.entries] == ["Starter"])

    # What is chosen stays so: it may be on a drive that comes back.
    assert driver.generation.params.checkpoint == folder / "photo.safetensors"
    assert [info.path for info in driver.generation.checkpoints] == [starter_checkpoint()]


def test_coming_back_to_the_window_looks_again_where_nobody_watches(driver, library, qtbot, monkeypatch):
    driver.window.flows.checkpoints.look()
    qtbot.waitUntil(lambda: library.has_looked and not library.is_looking)
    library._watch.watch([])
    put(user_checkpoint_dir(), {"photo.safetensors": sd_checkpoint()})
    library._looked_at -= 60
    QApplication.sendEvent(driver.window, QEvent(QEvent.Type.WindowActivate))
    qtbot.waitUntil(lambda: len(driver.generation.checkpoints) == 2)


def test_a_file_that_is_still_being_copied_is_looked_at_again(driver, library, qtbot, monkeypatch):
    monkeypatch.setattr("sdpaint.controllers.library_controller._GROWS_MS", 100)
    whole = put(user_checkpoint_dir(), {"photo.safetensors": sd_checkpoint()}) / "photo.safetensors"
    size = whole.stat().st_size
    with whole.open("r+b") as file:
        file.truncate(size // 2)
    driver.window.flows.checkpoints.look()
    qtbot.waitUntil(lambda: any(entry.problem for entry in library.entries))
    with whole.open("r+b") as file:
        file.truncate(size)
    qtbot.waitUntil(lambda: len(driver.generation.checkpoints) == 2)
