"""Adapters on the disk."""

from __future__ import annotations

from sdpaint.checkpoints.adapters import AdapterFolders
from sdpaint.checkpoints.component import Architecture
from tests.checkpoints.headers import flux, kohya_lora, write_file

LORA = kohya_lora({"lora_unet_down_blocks_0_attentions_0_transformer_blocks_0_attn2_to_k": 768})


def test_lora_files_are_found_by_name_in_all_folders(tmp_path):
    (tmp_path / "a" / "styles").mkdir(parents=True)
    (tmp_path / "b").mkdir()
    write_file(tmp_path / "a" / "styles" / "ink v2.safetensors", LORA)
    write_file(tmp_path / "b" / "ink v2.safetensors", LORA)
    write_file(tmp_path / "b" / "model.safetensors", flux())
    (tmp_path / "b" / "broken.safetensors").write_bytes(b"nonsense")

    found = AdapterFolders().find([tmp_path / "a", tmp_path / "nowhere", tmp_path / "b"])

    assert list(found) == ["ink v2"]
    assert found["ink v2"].path == tmp_path / "a" / "styles" / "ink v2.safetensors"
    assert found["ink v2"].component.architecture is Architecture.SD1


def test_a_file_that_comes_or_goes_is_noticed(tmp_path):
    folders = AdapterFolders()
    assert folders.find([tmp_path]) == {}

    file = write_file(tmp_path / "ink.safetensors", LORA)
    assert list(folders.find([tmp_path])) == ["ink"]

    file.unlink()
    assert folders.find([tmp_path]) == {}
