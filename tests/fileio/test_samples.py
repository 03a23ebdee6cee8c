"""Samples are kept small, for a bounded number of repositories, and shown where they can't be kept."""

from __future__ import annotations

import threading

import numpy as np
import pytest
from huggingface_hub import constants

from sdpaint import paths
from sdpaint.checkpoints.hub import Hub
from sdpaint.fileio import samples
from sdpaint.fileio.encoding import encode
from sdpaint.fileio.picture_kinds import EncodeOptions
from tests.checkpoints.hub_server import REPO, hub_server

LARGE = encode(np.full((700, 2100, 3), 90, np.uint8), EncodeOptions(), None)


@pytest.fixture
def hub(monkeypatch, tmp_path):
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setenv("SDPAINT_HOME", str(tmp_path))
    with hub_server(files={"samples/sea.png": LARGE}) as server:
        yield Hub(server.url)


def fetched(hub, repo: str = REPO) -> samples.Samples:
    return samples.fetched_samples(repo, hub, lambda _done, _total: None, threading.Event())


def test_what_is_kept_is_no_larger_than_it_is_shown(hub):
    (sample,) = fetched(hub).pictures
    (kept,) = samples.kept_samples(REPO)
    assert sample.picture.shape == kept.picture.shape == (341, 1024, 3)
    assert kept.small.shape == (170, 512, 3)
    assert kept.name == "sea"
    assert np.abs(kept.picture.astype(int) - 90).max() <= 2


def test_the_oldest_are_forgotten(hub, monkeypatch):
    monkeypatch.setattr(samples, "_MOST_KEPT", 2)
    for repo in ("a/a", "b/b", "c/c"):
        fetched(hub, repo)
    assert [len(samples.kept_files(repo)) for repo in ("a/a", "b/b", "c/c")] == [0, 1, 1]
    assert sorted(path.name for path in (paths.cache_dir() / "samples").iterdir()) == ["b--b", "c--c"]


def test_what_is_kept_and_damaged_is_passed_over(hub):
    fetched(hub)
    samples.kept_files(REPO)[0].write_bytes(b"nothing")
    assert samples.kept_samples(REPO) == ()


def test_where_nothing_can_be_kept_they_are_shown_all_the_same(hub):
    paths.cache_dir().mkdir(parents=True)
    (paths.cache_dir() / "samples").write_bytes(b"a file in the way")
    found = fetched(hub)
    assert len(found.pictures) == 1
    assert found.problem is not None
    assert found.problem.hint
