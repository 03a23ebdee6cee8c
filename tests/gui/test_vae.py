"""Another VAE for a checkpoint: listed where it fits, chosen, remembered, and looked up by the names in recipes."""

from __future__ import annotations

from pathlib import Path

import pytest

from sdpaint.generation.recipe import Recipe, infotext_of, parse_infotext
from sdpaint.paths import starter_checkpoint, user_checkpoint_dir
from tests.checkpoints.headers import write_file


@pytest.fixture
def vae(driver, qtbot) -> Path:
    assert not driver.find("vaeCombo").isVisibleTo(driver.find("samplingPanel"))
    folder = user_checkpoint_dir() / "VAE"
    folder.mkdir(parents=True)
    write_file(folder / "Flux ae.safetensors", {"decoder.conv_in.weight": (512, 16, 3, 3)})
    file = write_file(folder / "Warm.safetensors", {"decoder.conv_in.weight": (512, 4, 3, 3)})
    driver.window.flows.checkpoints.look()
    qtbot.waitUntil(lambda: bool(driver.generation.vaes))
    return file


def test_those_that_fit_can_be_chosen_and_go_with_the_request(driver, qtbot, vae):
    combo = driver.find("vaeCombo")
    assert [combo.itemText(place) for place in range(combo.count())] == ["From the checkpoint", "Warm"]
    assert combo.currentData() is None

    combo.activated.emit(1)

    assert combo.currentText() == "Warm"
    with qtbot.waitSignal(driver.generation.finished):
        driver.trigger("generate")
    request = driver.engine.requests[-1]
    assert request.vae == vae
    assert parse_infotext(infotext_of(request, 1, "starter")).vae_name == "Warm.safetensors"
    assert driver.settings.settings.checkpoint_vaes == {str(starter_checkpoint()): vae}


def test_each_checkpoint_has_its_own(driver, vae, tmp_path):
    driver.generation.choose_vae(vae)
    driver.generation.set_params(checkpoint=tmp_path)
    assert driver.generation.params.vae is None

    driver.generation.set_params(checkpoint=starter_checkpoint())
    assert driver.generation.params.vae == vae


def test_a_recipe_brings_its_own_and_says_where_it_is_not_there(driver, vae):
    combo = driver.find("vaeCombo")
    driver.generation.use_recipe(Recipe(extra={"VAE": "warm.safetensors"}))
    assert driver.generation.params.vae == vae
    assert driver.settings.settings.checkpoint_vaes == {}

    driver.generation.use_recipe(Recipe(extra={"VAE": "Cold.ckpt"}))
    assert driver.generation.params.vae == Path("Cold.ckpt")
    assert combo.currentText() == ""
    assert "Cold" in combo.placeholderText()

    driver.generation.use_recipe(Recipe(extra={"VAE": "None"}))
    assert driver.generation.params.vae is None
