"""The table of faults in CONTRIBUTING: each is brought about, and what the artist sees is what stands there."""

from __future__ import annotations

import json
import os
import pickle
import shutil
import struct
import threading
import time
import zipfile
from collections import namedtuple
from collections.abc import Callable
from pathlib import Path

import keyring
import pytest
import torch
from huggingface_hub import constants
from keyring.backends.fail import Keyring as NoKeyring

from sdpaint.checkpoints.download import Download
from sdpaint.checkpoints.hub import Hub, describe
from sdpaint.checkpoints.identify import read_checkpoint
from sdpaint.checkpoints.recognise import identify_file
from sdpaint.checkpoints.repo_files import needed_files
from sdpaint.checkpoints.token import keep_token
from sdpaint.engine.convert import convert
from sdpaint.errors import SdPaintError
from sdpaint.generation.families import FAMILIES
from sdpaint.paths import starter_checkpoint
from sdpaint.settings.schema import Settings
from tests.checkpoints.headers import sd_checkpoint, write_file
from tests.checkpoints.hub_server import REPO, HubServer, hub_server

ROOT = Path(__file__).resolve().parents[2]
UNET = "unet/diffusion_pytorch_model.safetensors"
_FAMILIES = ", ".join(name.value for name in FAMILIES)
FILES = {"model_index.json": b"{}", UNET: b"12345678" * 1000}


class Program:
    """What a pickle may carry."""

    def __reduce__(self):
        return (os.system, ("true",))


# -- files -----------------------------------------------------------------------------------------------------------


def torn(folder: Path) -> None:
    file = write_file(folder / "dream.safetensors", sd_checkpoint())
    os.truncate(file, file.stat().st_size // 2)
    identify_file(file)


def long_header(folder: Path) -> None:
    with (folder / "dream.safetensors").open("wb") as file:
        file.write(struct.pack("<Q", 1 << 30))
        file.truncate(2 << 30)    # a hole: it takes no room
    identify_file(folder / "dream.safetensors")


def lying_header(folder: Path) -> None:
    entry = {"dtype": "F16", "shape": [2**40, 2**40], "data_offsets": [0, 4]}
    raw = json.dumps({"a": entry}).encode()
    (folder / "dream.safetensors").write_bytes(struct.pack("<Q", len(raw)) + raw + b"1234")
    identify_file(folder / "dream.safetensors")


def placeholder(folder: Path) -> None:
    (folder / "dream.safetensors").write_bytes(b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n")
    identify_file(folder / "dream.safetensors")


def pickled(folder: Path) -> None:
    torch.save({"a": torch.ones(2)}, folder / "dream.ckpt")
    identify_file(folder / "dream.ckpt")


def program(folder: Path) -> None:
    (folder / "dream.ckpt").write_bytes(pickle.dumps({"a": Program()}, protocol=2))
    convert(folder / "dream.ckpt")


def bomb(folder: Path) -> None:
    with zipfile.ZipFile(folder / "dream.ckpt", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("archive/data.pkl", b"\0" * 50_000_000)
    convert(folder / "dream.ckpt")


def no_weights(folder: Path) -> None:
    torch.save({"epoch": 3}, folder / "dream.ckpt")
    convert(folder / "dream.ckpt")


def not_gguf(folder: Path) -> None:
    (folder / "dream.gguf").write_bytes(b"GGUF" + struct.pack("<IQQ", 3, 2**60, 1))
    identify_file(folder / "dream.gguf")


def incomplete(folder: Path) -> None:
    shutil.copytree(starter_checkpoint(), folder / "dream")
    shutil.rmtree(folder / "dream" / "vae")
    read_checkpoint(folder / "dream")


def other_pipeline(folder: Path) -> None:
    (folder / "dream").mkdir()
    (folder / "dream" / "model_index.json").write_text('{"_class_name": "AudioPipeline"}')
    read_checkpoint(folder / "dream")


FILE_FAULTS: dict[str, Callable[[Path], None]] = {
    "a file ends early": torn,
    "a header is said to be of a gigabyte": long_header,
    "a header lies about shapes": lying_header,
    "a GGUF file claims 2⁶⁰ tensors": not_gguf,
    "a placeholder of git-lfs": placeholder,
    "a pickled file is to be used": pickled,
    "a pickled file with a program in it is to be converted": program,
    "an archive that unpacks to more than it is, to be converted": bomb,
    "a pickled file without tensors, to be converted": no_weights,
    "a folder lacks a part": incomplete,
    "a folder of another pipeline": other_pipeline,
}


# -- downloads -------------------------------------------------------------------------------------------------------


def fetch(hub: HubServer, folder: Path, token: str | None = None, timeout_s: float = 2.0) -> str:
    """The words at the end where it is got over; else the error is raised."""
    reach = Hub(hub.url, token, timeout_s=timeout_s)
    repo = describe(REPO, reach)
    download = Download(repo, needed_files(repo.files), folder, reach, wait_s=0.01)
    target = download.run(lambda *_: None, threading.Event())
    assert (target / UNET).read_bytes() == hub.files[UNET]
    return "Nothing: it goes on where it was"


Prepare = Callable[[HubServer, pytest.MonkeyPatch], None]


def failing(*faults: str | int) -> Prepare:
    return lambda hub, _patch: hub.faults.update({UNET: list(faults)})


def holding(*names: str) -> Prepare:
    return lambda hub, _patch: setattr(hub, "files", dict.fromkeys(names, b"x"))


def answering(status: int) -> Prepare:
    return lambda hub, _patch: setattr(hub, "api_status", status)


def full_disk(_hub: HubServer, patch: pytest.MonkeyPatch) -> None:
    usage = namedtuple("usage", "total used free")
    patch.setattr(shutil, "disk_usage", lambda _folder: usage(10**9, 10**9, 10**6))


def offline(_hub: HubServer, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(constants, "HF_HUB_OFFLINE", True)


def out_of_reach(hub: HubServer, _patch: pytest.MonkeyPatch) -> None:
    hub.url = "http://127.0.0.1:9"


DOWNLOAD_FAULTS: dict[str, Prepare] = {
    "the connection breaks, ends early or stalls": failing("drop", "truncate", "stall"),
    "the hub is busy for a while": failing(503, 429),
    "a file comes damaged, once": failing("corrupt"),
    "a file comes damaged, twice": failing("corrupt", "corrupt"),
    "more comes than was said": failing("longer"),
    "the hub stays busy": failing(*[503] * 9),
    "a file was taken away meanwhile": failing(404),
    "the hub answers oddly": failing(418),
    "the hub is out of reach": out_of_reach,
    "the hub has a fault of its own": answering(500),
    "there is no such repository": answering(404),
    "the licence wasn't accepted": answering(403),
    "only pickled weights": holding("model.ckpt"),
    "no weights at all": holding("README.md"),
    "several files of weights": holding("a.safetensors", "b.safetensors"),
    "a path that leads elsewhere": holding("model_index.json", "../../.bashrc"),
    "the disk is full": full_disk,
    "downloads are turned off": offline,
}


def ask_for_nonsense(_patch: pytest.MonkeyPatch) -> None:
    describe("../etc", Hub())


def set_nonsense_as_mirror(_patch: pytest.MonkeyPatch) -> None:
    Hub.of_settings(Settings(hub_endpoint="mirror"))


def keep_a_token_without_keyring(_patch: pytest.MonkeyPatch) -> None:
    before = keyring.get_keyring()
    keyring.set_keyring(NoKeyring())
    try:
        keep_token("hf_abc")
    finally:
        keyring.set_keyring(before)


OTHER_FAULTS: dict[str, Callable[[pytest.MonkeyPatch], None]] = {
    "the name of a repository is none": ask_for_nonsense,
    "the mirror is no address": set_nonsense_as_mirror,
    "a token is to be kept, and the system has no keyring": keep_a_token_without_keyring,
}


def seen(act: Callable[[], object], folder: Path, url: str = "") -> str:
    """What the artist sees, without what differs between machines."""
    try:
        words = str(act())
    except SdPaintError as error:
        words = f"{error.message}. {error.hint or 'NO REMEDY'}"
    for what, name in ((str(folder), "FOLDER"), (url, "HUB"), (REPO, "owner/name"), (_FAMILIES, "…")):
        words = words.replace(what, name) if what else words
    return words


def row(fault: str, words: str) -> str:
    return f"| {fault} | {words} |"


@pytest.fixture(scope="module")
def documented() -> str:
    return (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("fault", FILE_FAULTS)
def test_a_fault_of_a_file_is_said_within_a_second_as_the_table_says(documented, tmp_path, fault):
    before = time.process_time()

    words = seen(lambda: FILE_FAULTS[fault](tmp_path), tmp_path)

    assert row(fault, words) in documented
    assert time.process_time() - before < 1.0


@pytest.mark.parametrize("fault", DOWNLOAD_FAULTS)
def test_a_fault_of_a_download_is_said_as_the_table_says(documented, tmp_path, monkeypatch, fault):
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    with hub_server(files=dict(FILES)) as hub:
        DOWNLOAD_FAULTS[fault](hub, monkeypatch)

        words = seen(lambda: fetch(hub, tmp_path, timeout_s=0.5), tmp_path, hub.url)

    assert row(fault, words) in documented


@pytest.mark.parametrize("fault", OTHER_FAULTS)
def test_what_is_set_wrongly_is_said_as_the_table_says(documented, tmp_path, monkeypatch, fault):
    words = seen(lambda: OTHER_FAULTS[fault](monkeypatch), tmp_path)

    assert row(fault, words) in documented


def test_with_a_token_the_remedy_for_a_closed_repository_is_another(tmp_path, monkeypatch):
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    with hub_server(files=dict(FILES), api_status=403) as hub:
        words = seen(lambda: fetch(hub, tmp_path, token="hf_abc"), tmp_path)

    assert "with the account of your token" in words
