"""Which files of a repository are taken for samples."""

from __future__ import annotations

import pytest

from sdpaint.checkpoints.hub import Repo
from sdpaint.checkpoints.repo_files import RepoFile
from sdpaint.checkpoints.samples import MOST_BYTES, sample_files
from sdpaint.errors import CheckpointError


def chosen(*paths: str, size: int = 1000) -> list[str]:
    files = tuple(RepoFile(path, size) for path in paths)
    return [file.path for file in sample_files(Repo("a/b", "0" * 40, files))]


def test_samples_come_first_and_logos_and_diagrams_last():
    found = chosen("logo.png", "architecture.jpg", "01.PNG", "assets/bird.webp", "images/bird_out.png", "README.md")
    assert found == ["images/bird_out.png", "01.PNG", "assets/bird.webp"]
    assert chosen("logo.png", "sampler.png", "teasers/a.jpeg") == ["sampler.png", "logo.png", "teasers/a.jpeg"]
    assert chosen("logo.png", "generated/logo.png", "examples/a.jpg")[0] == "examples/a.jpg"


def test_what_is_too_large_or_of_unknown_size_is_left_out():
    with pytest.raises(CheckpointError, match="larger than 6 MB"):
        chosen("a.png", size=MOST_BYTES + 1)
    for nothing in ({"size": 0}, {}):
        with pytest.raises(CheckpointError, match="has no sample pictures"):
            chosen(*(["a.png"] if nothing else ["a.gif", "a.svg"]), **nothing)
