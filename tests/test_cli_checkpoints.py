"""`sdpaint checkpoints`."""

from __future__ import annotations

import io
import json
import shutil

import keyring
import pytest
import torch
from huggingface_hub import constants
from keyring.backend import KeyringBackend
from safetensors.torch import load_file

from sdpaint import cli, paths
from sdpaint.paths import starter_checkpoint
from sdpaint.settings.store import SettingsStore
from tests.checkpoints.headers import flux, kohya_lora, write_file
from tests.checkpoints.hub_server import REPO, hub_server
from tests.engine.support import build_flow_checkpoint


def run(capsys, *arguments):
    code = cli.main(["checkpoints", *(str(argument) for argument in arguments)])
    out, err = capsys.readouterr()
    return code, out, err


def test_the_starter_is_listed(capsys):
    code, out, _ = run(capsys, "list", "--json")

    assert code == 0
    assert json.loads(out)[0]["path"] == str(starter_checkpoint())


def test_adapters_and_parts_are_listed_when_asked_for_and_folders_say_whose_they_are(capsys, tmp_path):
    for folder in ("checkpoints", "loras"):
        (tmp_path / "models" / folder).mkdir(parents=True)
    lora = kohya_lora({"lora_unet_double_blocks_0_img_attn_qkv": 3072})
    write_file(tmp_path / "models" / "loras" / "ink.safetensors", lora)
    (tmp_path / "models" / "checkpoints" / "old.ckpt").write_bytes(b"PK")

    _, added, _ = run(capsys, "add", tmp_path)
    _, plain, _ = run(capsys, "list")
    _, full, _ = run(capsys, "list", "--all", "--json")

    assert "ComfyUI: 1 checkpoint, 1 LoRA" in added
    assert "ink" not in plain
    rows = {row["name"]: row for row in json.loads(full)}
    assert (rows["ink"]["kind"], rows["ink"]["family"]) == ("LoRA", "FLUX.1")
    assert rows["old"]["pickled"]


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


FILES = {
    "model_index.json": b"{}",
    "unet/diffusion_pytorch_model.fp16.safetensors": b"12345678" * 1000,
    "unet/diffusion_pytorch_model.safetensors": b"12345678" * 2000,
}


@pytest.fixture
def hub(monkeypatch):
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    with hub_server(files=dict(FILES)) as server:
        store = SettingsStore()
        store.change(hub_endpoint=server.url)
        store.close()
        yield server


@pytest.fixture(autouse=True)
def own_keyring():
    before = keyring.get_keyring()
    keyring.set_keyring(Keyring())
    yield
    keyring.set_keyring(before)


class Keyring(KeyringBackend):
    """A keyring in memory."""

    priority = 1

    def __init__(self):
        super().__init__()
        self.kept = {}

    def get_password(self, service, username):
        return self.kept.get((service, username))

    def set_password(self, service, username, password):
        self.kept[service, username] = password

    def delete_password(self, service, username):
        del self.kept[service, username]


def test_a_repository_is_fetched_from_the_mirror_that_is_set(capsys, hub):
    code, out, _ = run(capsys, "download", REPO)

    target = paths.user_checkpoint_dir() / "painters--tiny"
    assert code == 0
    assert str(target) in out
    assert "cc0-1.0" in out
    assert sorted(path.name for path in target.rglob("*.*")) == [
        "diffusion_pytorch_model.fp16.safetensors", "model_index.json"
    ]  # fmt: skip


def test_what_would_be_fetched_can_be_asked_for(capsys, hub):
    code, out, _ = run(capsys, "download", REPO, "--dry-run")

    assert code == 0
    assert "fp16" in out
    assert not hub.requests
    assert not (paths.user_checkpoint_dir() / "painters--tiny").exists()


@pytest.mark.parametrize("repo", ["nonsense", "../..", "a/b/c"])
def test_what_is_no_repository_is_said(capsys, hub, repo):
    code, _, err = run(capsys, "download", repo)

    assert code == 1
    assert "owner/name" in err


def test_a_token_is_kept_in_the_keyring_and_sent_to_the_hub(capsys, hub, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO("hf_abc\n"))
    assert run(capsys, "token")[0] == 0

    run(capsys, "download", REPO)
    assert set(hub.authorizations) == {"Bearer hf_abc"}

    assert run(capsys, "token", "--forget")[0] == 0
    assert keyring.get_password("sdpaint", "model hub") is None


def test_no_token_is_refused(capsys, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO("\n"))

    code, _, err = run(capsys, "token")

    assert code == 1
    assert "token" in err


def test_a_folder_is_added_to_those_that_are_looked_through(capsys, tmp_path):
    assert run(capsys, "add", tmp_path)[0] == 0
    assert run(capsys, "add", tmp_path)[0] == 0

    store = SettingsStore()
    store.close()
    assert store.settings.checkpoint_dirs == (tmp_path,)
    assert run(capsys, "add", tmp_path / "nowhere")[0] == 1


def test_the_companion_of_a_network_is_said_and_chosen(capsys, tmp_path):
    whole = build_flow_checkpoint(tmp_path / "models" / "whole", "FluxPipeline")
    other = build_flow_checkpoint(tmp_path / "elsewhere" / "deep" / "down" / "other", "FluxPipeline")
    file = tmp_path / "models" / "net.safetensors"
    shutil.copy(whole / "transformer" / "diffusion_pytorch_model.safetensors", file)

    assert run(capsys, "companion", file)[1].strip() == str(whole)
    assert run(capsys, "companion", file, other)[1].strip() == str(other)
    assert run(capsys, "companion", file)[1].strip() == str(other)
    code, _, err = run(capsys, "companion", file, file)
    assert code == 1
    assert "no whole checkpoint either" in err
