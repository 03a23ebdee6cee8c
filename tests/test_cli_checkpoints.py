"""`sdpaint checkpoints`."""

from __future__ import annotations

import json

import pytest
import torch
from safetensors.torch import load_file

from sdpaint import cli
from sdpaint.paths import starter_checkpoint
from tests.checkpoints.headers import flux, kohya_lora, write_file


def run(capsys, *arguments):
    code = cli.main(["checkpoints", *(str(argument) for argument in arguments)])
    out, err = capsys.readouterr()
    return code, out, err


def test_the_starter_is_listed(capsys):
    code, out, _ = run(capsys, "list", "--json")

    assert code == 0
    assert json.loads(out)[0]["path"] == str(starter_checkpoint())


def test_files_and_folders_are_identified(capsys, tmp_path):
    model = write_file(tmp_path / "flux.safetensors", flux())
    lora = write_file(tmp_path / "lora.safetensors", kohya_lora({"lora_unet_double_blocks_0_img_attn_qkv": 3072}))

    code, out, _ = run(capsys, "identify", model, lora, starter_checkpoint(), "--json")

    found = json.loads(out)
    assert code == 0
    assert [row["kind"] for row in found] == ["diffusion model", "LoRA", "checkpoint"]
    assert found[0]["architecture"] == "FLUX.1"
    assert found[0]["variant"] == "dev"


def test_a_file_that_cannot_be_read_does_not_keep_the_others_from_their_lines(capsys, tmp_path):
    (tmp_path / "broken.safetensors").write_bytes(b"nonsense")
    model = write_file(tmp_path / "flux.safetensors", flux())

    code, out, err = run(capsys, "identify", tmp_path / "broken.safetensors", model)

    assert code == 1
    assert "FLUX.1" in out
    assert "broken.safetensors" in err


def test_pickled_weights_are_converted(capsys, tmp_path):
    torch.save({"a": torch.ones(2)}, tmp_path / "a.ckpt")

    code, out, _ = run(capsys, "convert", tmp_path / "a.ckpt")

    assert code == 0
    assert out.strip() == str(tmp_path / "a.safetensors")
    assert torch.equal(load_file(tmp_path / "a.safetensors")["a"], torch.ones(2))


@pytest.mark.parametrize("arguments", [["convert", "nowhere.ckpt"], ["identify", "nowhere.safetensors"]])
def test_what_is_not_there_is_said(capsys, arguments, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    code, _, err = run(capsys, *arguments)

    assert code == 1
    assert "nowhere" in err
