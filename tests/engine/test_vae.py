"""Another autoencoder in the place of a checkpoint's own."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from sdpaint.checkpoints.adapters import AdapterFolders
from sdpaint.checkpoints.identify import read_checkpoint
from sdpaint.checkpoints.named import with_named_files
from sdpaint.checkpoints.vaes import read_vae
from sdpaint.engine.device import choose_device
from sdpaint.engine.diffusion import DiffusionEngine
from sdpaint.engine.loader import load_checkpoint
from sdpaint.engine.room import part_bytes
from sdpaint.engine.store import CheckpointStore
from sdpaint.engine.vae import use_vae
from sdpaint.errors import CheckpointError
from tests.engine.original_layout import original_vae_name
from tests.engine.support import _autoencoder, centre_mask, failure_of, landscape, make_request, picture, run


@pytest.fixture(scope="module")
def engine():
    made = DiffusionEngine("cpu", "float32")
    yield made
    made.close()


@pytest.fixture(scope="module")
def other(tmp_path_factory) -> Path:
    """A folder with an autoencoder of other weights."""
    folder = tmp_path_factory.mktemp("vaes") / "warm colours"
    torch.manual_seed(9)
    _autoencoder("kl").save_pretrained(folder)
    return folder


def weights_of(folder):
    return load_file(next(folder.glob("*.safetensors")))


def in_original_layout(folder: Path, file: Path) -> Path:
    tensors = {}
    for name, value in weights_of(folder).items():
        name = original_vae_name(name)
        tensors[name] = value[..., None, None] if ".attn_1." in name and value.ndim == 2 else value
    save_file({name: value.contiguous() for name, value in tensors.items()}, file)
    return file


def asked(checkpoint, vae, **options):
    return replace(make_request(checkpoint, steps=2, **options), vae=vae)


@pytest.mark.parametrize("layout", ["folder", "diffusers file", "original file"])
def test_it_makes_the_pixels_and_without_it_they_are_as_before(engine, tiny_sd, other, tmp_path, layout):
    whole = shutil.copytree(tiny_sd, tmp_path / "whole")
    shutil.rmtree(whole / "vae")
    shutil.copytree(other, whole / "vae")
    vae = other
    if layout == "diffusers file":
        vae = tmp_path / "vae.safetensors"
        save_file(weights_of(other), vae)
    elif layout == "original file":
        vae = in_original_layout(other, tmp_path / "vae.safetensors")
    for options in ({}, {"image": landscape(64), "mask": centre_mask(64), "strength": 0.5}):
        before = picture(engine, asked(tiny_sd, None, **options))
        changed = picture(engine, asked(tiny_sd, vae, **options))

        assert np.array_equal(changed, picture(engine, asked(whole, None, **options)))
        assert not np.array_equal(changed, before)
        assert np.array_equal(picture(engine, asked(tiny_sd, None, **options)), before)


def test_changing_back_loads_nothing(engine, tiny_sd, other, monkeypatch):
    picture(engine, asked(tiny_sd, other))
    picture(engine, asked(tiny_sd, None))
    monkeypatch.setattr("sdpaint.engine.vae.load_network", lambda *_: pytest.fail("it is loaded again"))

    picture(engine, asked(tiny_sd, other))


def test_few_stay_and_all_count_in_the_budget(tiny_sd, other, tmp_path):
    store = CheckpointStore(choose_device("cpu", "float32"), budget=10**9)
    loaded = store.get(tiny_sd)
    alone = loaded.held_bytes
    for number in range(5):
        use_vae(loaded, shutil.copytree(other, tmp_path / str(number)))

    each = sum(part_bytes(read_checkpoint(tiny_sd), 4).values()) // 20
    assert len(loaded.spare_vaes) == 2
    assert None in loaded.spare_vaes
    assert loaded.held_bytes > alone + each
    store.clear()


def test_adapters_that_came_later_are_at_the_cost_of_older_checkpoints(tiny_sd, tiny_sdxl, other):
    first, second = (sum(part_bytes(read_checkpoint(path), 4).values()) for path in (tiny_sd, tiny_sdxl))
    store = CheckpointStore(choose_device("cpu", "float32"), budget=int(1.01 * (first + second)))
    store.get(tiny_sd)
    use_vae(store.get(tiny_sdxl), other)
    assert store.holds(tiny_sd)

    store.get(tiny_sdxl)
    assert not store.holds(tiny_sd)
    store.clear()


def test_one_of_another_family_is_refused_before_it_is_loaded(engine, tiny_sd, tmp_path):
    tensors = {"decoder.conv_in.weight": torch.zeros(8, 16, 3, 3), "encoder.conv_in.weight": torch.zeros(8, 3, 3, 3)}
    save_file(tensors, tmp_path / "ae.safetensors")

    error = failure_of(run(engine, asked(tiny_sd, tmp_path / "ae.safetensors")))

    assert "16 channels" in error.message
    assert "own" in error.hint


@pytest.mark.parametrize("damage", ["gone", "cut off", "another network"])
def test_a_file_that_cannot_be_used_says_so_and_changes_nothing(engine, tiny_sd, other, tmp_path, damage):
    file = tmp_path / "vae.safetensors"
    before = picture(engine, asked(tiny_sd, None))
    if damage == "cut off":
        file.write_bytes(next(other.glob("*.safetensors")).read_bytes()[:-100])
    elif damage == "another network":
        save_file({"decoder.conv_in.weight": torch.zeros(8, 4, 3, 3)}, file)

    error = failure_of(run(engine, asked(tiny_sd, file)))

    assert isinstance(error, CheckpointError)
    assert "vae" in error.message
    assert error.hint
    assert np.array_equal(picture(engine, asked(tiny_sd, None)), before)


@pytest.mark.parametrize(("name", "upcast"), [("sdxl_vae", True), ("sdxl.vae-fp16-fix", False)])
def test_the_one_for_half_precision_is_known_by_its_name(tiny_sdxl, other, tmp_path, name, upcast):
    file = tmp_path / f"{name}.safetensors"
    save_file(weights_of(other), file)
    loaded = load_checkpoint(read_checkpoint(tiny_sdxl), choose_device("cpu", "float32"))

    use_vae(loaded, file)

    assert loaded.vae.config.force_upcast is upcast


def test_they_are_found_but_not_those_within_checkpoints(tiny_sd, other, tmp_path):
    shutil.copytree(tiny_sd, tmp_path / "checkpoint")
    shutil.copytree(other, tmp_path / "mine")
    in_original_layout(other, tmp_path / "ft-mse.safetensors")

    found = AdapterFolders().find([tmp_path]).vaes

    assert {name: vae.configured for name, vae in found.items()} == {"ft-mse": False, "mine": True}
    assert all(vae.fits(read_checkpoint(tiny_sd)) for vae in found.values())
    assert read_vae(tmp_path / "mine") == found["mine"]


def test_a_name_out_of_a_file_is_looked_up_and_missed(tiny_sd, other):
    found = AdapterFolders().find([other.parent])
    known = with_named_files(asked(tiny_sd, Path(other.name)), found)
    missing = with_named_files(asked(tiny_sd, Path("sunset.safetensors")), found)

    assert known.vae == other
    assert not known.notes
    assert missing.vae is None
    assert "sunset" in missing.notes[0]
