"""Downloads from a hub that fails in every way: what is there in the end is whole, or it is said why not."""

from __future__ import annotations

import shutil
import threading
from collections import namedtuple

import numpy as np
import pytest
from huggingface_hub import constants

from sdpaint.checkpoints.download import PARTIAL, Download, Paused
from sdpaint.checkpoints.hub import Hub, describe
from sdpaint.checkpoints.repo_files import RepoFile, needed_files
from sdpaint.errors import CheckpointError, FileError
from tests.checkpoints.hub_server import COMMIT, REPO, hub_server

UNET = "unet/diffusion_pytorch_model.fp16.safetensors"
BIG = np.random.default_rng(1).integers(0, 256, 3_000_000, np.uint8).tobytes()
FILES = {
    "model_index.json": b'{"_class_name": "StableDiffusionPipeline"}',
    "unet/config.json": b"{}",
    UNET: BIG,
    "unet/diffusion_pytorch_model.safetensors": b"twice as large",
    "unet/diffusion_pytorch_model.bin": b"pickled",
    "vae/model.safetensors": b"small",
    "samples/a.png": b"picture",
}
KEPT = {"model_index.json", "unet/config.json", UNET, "vae/model.safetensors"}


@pytest.fixture(autouse=True)
def online(monkeypatch):
    """The whole suite runs with the hub's library offline; here the hub is on this machine."""
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)


def test_an_environment_that_forbids_the_hub_is_said(monkeypatch):
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)

    with pytest.raises(CheckpointError, match="HF_HUB_OFFLINE"):
        describe(REPO, Hub("http://127.0.0.1:9"))


@pytest.fixture
def server():
    with hub_server(files=dict(FILES)) as running:
        yield running


def download(server, folder, **options) -> Download:
    hub = Hub(server.url, timeout_s=options.pop("timeout_s", 5.0), **options)
    repo = describe(REPO, hub)
    return Download(repo, needed_files(repo.files), folder, hub, wait_s=0.01)


def nothing(done, total):
    """Progress that nobody looks at."""


def files_in(folder):
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_what_is_needed_arrives_whole_and_nothing_else(server, tmp_path):
    seen = []

    target = download(server, tmp_path).run(lambda done, total: seen.append((done, total)), threading.Event())

    assert target == tmp_path / "painters--tiny"
    assert files_in(tmp_path) == {f"painters--tiny/{path}" for path in KEPT}
    assert all((target / path).read_bytes() == FILES[path] for path in KEPT)
    total = sum(len(FILES[path]) for path in KEPT)
    assert seen[-1] == (total, total)
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)


@pytest.mark.parametrize(
    "faults",
    [["drop"], ["drop"] * 3, ["truncate"], ["stall"], [503, 429, 500], ["corrupt"], ["drop", "ignore range"]],
    ids=str,
)
def test_what_may_pass_is_got_over(server, tmp_path, faults):
    server.faults[UNET] = list(faults)

    target = download(server, tmp_path, timeout_s=0.4).run(nothing, threading.Event())

    assert (target / UNET).read_bytes() == BIG
    assert not server.faults[UNET]


def test_a_broken_connection_goes_on_where_it_was(server, tmp_path):
    server.faults[UNET] = ["drop"]

    download(server, tmp_path).run(nothing, threading.Event())

    ranges = [asked for name, asked in server.requests if name == UNET]
    assert ranges[0] is None
    assert int(ranges[1].removeprefix("bytes=").rstrip("-")) > len(BIG) // 4


def test_a_pause_keeps_what_is_there_and_the_next_call_goes_on(server, tmp_path):
    stop = threading.Event()

    def pause(done, total):
        if done > total // 3:
            stop.set()

    with pytest.raises(Paused):
        download(server, tmp_path).run(pause, stop)
    assert not (tmp_path / "painters--tiny").exists()
    there = download(server, tmp_path).bytes_there
    assert 0 < there < len(BIG)

    target = download(server, tmp_path).run(nothing, threading.Event())

    assert (target / UNET).read_bytes() == BIG
    asked = [asked for name, asked in server.requests if name == UNET][-1]
    assert asked is not None
    assert not (tmp_path / PARTIAL).exists()


def test_a_slow_connection_can_be_paused_at_once(server, tmp_path):
    server.throttle_bytes_s = 2_000_000
    stop = threading.Event()
    timer = threading.Timer(0.3, stop.set)
    timer.start()

    with pytest.raises(Paused):
        download(server, tmp_path).run(nothing, stop)

    timer.join()
    assert download(server, tmp_path).bytes_there < len(BIG)


FAULTS = {
    "always damaged": ({"faults": {UNET: ["corrupt", "corrupt"]}}, "damaged, twice"),
    "the mirror's file is another": ({"hashes": {UNET: "0" * 64}}, "damaged, twice"),
    "longer than said": ({"faults": {UNET: ["longer"]}}, "longer"),
    "never answers": ({"faults": {UNET: [503] * 9}}, "can't be reached"),
    "drops without a byte": ({"faults": {UNET: [502] * 9}}, "can't be reached"),
    "closed": ({"faults": {UNET: [403]}}, "licence"),
    "gone": ({"faults": {UNET: [404]}}, "isn't there any more"),
    "odd answer": ({"faults": {UNET: [418]}}, "418"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_what_stays_broken_is_said_with_a_remedy(tmp_path, name):
    options, words = FAULTS[name]
    with hub_server(files=dict(FILES), **options) as server, pytest.raises(CheckpointError, match=words) as problem:
        download(server, tmp_path, timeout_s=0.5).run(nothing, threading.Event())

    assert problem.value.hint
    assert not (tmp_path / "painters--tiny").exists()


@pytest.mark.parametrize(
    ("status", "words"), [(401, "licence"), (403, "licence"), (404, "no repository"), (500, "500")]
)
def test_a_hub_that_refuses_is_said_with_a_remedy(server, status, words):
    server.api_status = status

    with pytest.raises(CheckpointError, match=words) as problem:
        describe(REPO, Hub(server.url))

    assert problem.value.hint


def test_a_hub_out_of_reach_is_said_with_a_remedy():
    with pytest.raises(CheckpointError, match="can't be reached") as problem:
        describe(REPO, Hub("http://127.0.0.1:9", timeout_s=1.0))

    assert "mirror" in problem.value.hint


def test_a_full_disk_is_seen_before_a_byte_is_fetched(server, tmp_path, monkeypatch):
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: usage(10**9, 10**9, 10**6))

    with pytest.raises(FileError, match="free"):
        download(server, tmp_path).run(nothing, threading.Event())

    assert not server.requests


def test_a_folder_that_is_a_file_is_said(server, tmp_path):
    (tmp_path / "file").write_text("x")

    with pytest.raises(FileError) as problem:
        download(server, tmp_path / "file").run(nothing, threading.Event())

    assert problem.value.hint


def test_the_token_goes_to_the_hub_and_not_to_where_it_sends_us(server, tmp_path):
    with hub_server(files=dict(FILES)) as other:
        server.redirects = other.url
        download(server, tmp_path, token="secret").run(nothing, threading.Event())

        assert set(server.authorizations) == {"Bearer secret"}
        assert set(other.authorizations) == {None}


def test_the_state_of_the_repository_is_held_fast(server, tmp_path):
    found = describe(REPO, Hub(server.url))

    assert found.commit == COMMIT
    assert found.license == "cc0-1.0"
    assert Hub(server.url).file_url(REPO, COMMIT, UNET) == f"{server.url}/{REPO}/resolve/{COMMIT}/{UNET}"


def test_what_was_there_before_is_replaced_only_by_something_whole(server, tmp_path):
    old = tmp_path / "painters--tiny"
    old.mkdir()
    (old / "old.txt").write_text("old")
    server.faults[UNET] = [403]
    with pytest.raises(CheckpointError):
        download(server, tmp_path).run(nothing, threading.Event())
    assert (old / "old.txt").is_file()

    download(server, tmp_path).run(nothing, threading.Event())

    assert not (old / "old.txt").exists()
    assert (old / UNET).is_file()


def test_an_unfinished_download_can_be_thrown_away(server, tmp_path):
    server.faults[UNET] = [403]
    unfinished = download(server, tmp_path)
    with pytest.raises(CheckpointError):
        unfinished.run(nothing, threading.Event())

    unfinished.discard()

    assert unfinished.bytes_there == 0


def test_files_that_were_chosen_join_those_that_were_fetched_before(tmp_path):
    files = {f"models/{name}.safetensors": name.encode() * 1000 for name in ("adapter", "plus", "encoder")}
    with hub_server(files=files) as server:
        hub = Hub(server.url)
        repo = describe(REPO, hub)
        for name in ("adapter", "plus"):
            chosen = needed_files(repo.files, (f"models/{name}.safetensors", "models/encoder.safetensors"))
            target = Download(repo, chosen, tmp_path, hub, is_selection=True).run(nothing, threading.Event())

        assert {path: (target / path).read_bytes() for path in files} == files
        assert [name for name, _ in server.requests].count("models/encoder.safetensors") == 1
    assert files_in(tmp_path) == {f"painters--tiny/{path}" for path in files}


def test_of_a_part_by_itself_its_configuration_and_one_set_of_weights_are_needed():
    paths = ("config.json", "diffusion_pytorch_model.safetensors", "diffusion_pytorch_model.fp16.safetensors",
             "diffusion_pytorch_model.bin", "README.md", "images/a.png")  # fmt: skip

    needed = needed_files([RepoFile(path, 1) for path in paths])

    assert {file.path for file in needed} == {"config.json", "diffusion_pytorch_model.fp16.safetensors", "README.md"}
