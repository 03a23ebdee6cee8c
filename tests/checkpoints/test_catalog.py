"""What is found, in which order, and what is said of the rest."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from sdpaint.checkpoints.catalog import find_checkpoints
from sdpaint.paths import starter_checkpoint
from tests.checkpoints.headers import LDM_VAE, kohya_lora, write_file


@pytest.fixture
def checkpoints(tmp_path: Path) -> Path:
    for name in ("beta", "Alpha"):
        shutil.copytree(starter_checkpoint(), tmp_path / name)
        (tmp_path / name / "sdpaint.json").unlink()
    (tmp_path / "notes").mkdir()
    (tmp_path / "readme.txt").write_text("x")
    return tmp_path


def test_the_starter_comes_first_then_the_others_by_name(checkpoints: Path) -> None:
    found, broken = find_checkpoints([checkpoints])
    assert [info.name for info in found] == ["Starter", "Alpha", "beta"]
    assert broken == []


def test_the_starter_alone_is_found_where_nothing_is_installed(tmp_path: Path) -> None:
    found, broken = find_checkpoints([tmp_path / "nowhere"])
    assert [info.path for info in found] == [starter_checkpoint()]
    assert broken == []


def test_broken_checkpoints_are_passed_over_and_named(checkpoints: Path) -> None:
    (checkpoints / "beta" / "model_index.json").write_text("{")
    found, broken = find_checkpoints([checkpoints])
    assert [info.name for info in found] == ["Starter", "Alpha"]
    ((path, error),) = broken
    assert path == checkpoints / "beta"
    assert error.hint


def test_a_directory_that_is_a_checkpoint_counts_as_one(checkpoints: Path) -> None:
    found, _ = find_checkpoints([checkpoints / "beta"])
    assert [info.name for info in found] == ["Starter", "beta"]


def test_the_same_folder_is_listed_once(checkpoints: Path) -> None:
    found, _ = find_checkpoints([checkpoints, checkpoints, checkpoints / "beta", starter_checkpoint().parent])
    assert [info.name for info in found] == ["Starter", "Alpha", "beta"]


def test_adapters_and_parts_beside_checkpoints_are_none_and_not_broken(tmp_path):
    write_file(
        tmp_path / "ink.safetensors",
        kohya_lora({"lora_unet_down_blocks_0_attentions_0_transformer_blocks_0_attn2_to_k": 768}),
    )
    write_file(tmp_path / "vae.safetensors", LDM_VAE)
    (tmp_path / "torn.safetensors").write_bytes(b"12345678")

    found, broken = find_checkpoints([tmp_path])

    assert [info.path for info in found] == [starter_checkpoint()]
    assert [path.name for path, _ in broken] == ["torn.safetensors"]
