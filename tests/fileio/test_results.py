"""Results: each generated picture is on disk at once, with its recipe, and none takes another's place."""

from __future__ import annotations

import errno
import os
import threading
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdpaint.errors import FileError
from sdpaint.fileio import results as results_module
from sdpaint.fileio.images import read_image
from sdpaint.fileio.results import ResultStore, words_of
from sdpaint.generation.recipe import parse_infotext
from sdpaint.generation.request import GenerationMode, GenerationRequest, SamplingParams
from sdpaint.imaging.geometry import Rect, Size

PICTURE = np.arange(16 * 24 * 3, dtype=np.uint8).reshape(16, 24, 3)


def request(prompt="Hot air-balloon, over hills!") -> GenerationRequest:
    size = Size(24, 16)
    return GenerationRequest(
        GenerationMode.TEXT_TO_IMAGE, prompt, "", Path("c"), SamplingParams(), 5, size, Rect.of_size(size)
    )


@pytest.fixture
def store(tmp_path) -> ResultStore:
    return ResultStore(tmp_path / "results", clock=lambda: datetime(2026, 11, 20, 14, 30, 12))


def test_a_result_lies_in_the_folder_of_its_day_and_says_seed_and_prompt(store):
    path = store.write(request(), 1234567, PICTURE, "Starter")
    assert path == store.folder / "2026-11-20" / "143012-1234567-hot-air-balloon-over-hills.png"


def test_a_result_holds_picture_and_recipe(store):
    picture = read_image(store.write(request("ein Gehöft, 世界"), 9, PICTURE, "Starter"))
    assert np.array_equal(picture.rgba[..., :3], PICTURE)
    recipe = parse_infotext(picture.text)
    assert (recipe.prompt, recipe.seed, recipe.checkpoint_name) == ("ein Gehöft, 世界", 9, "Starter")


def test_nothing_is_made_before_the_first_result(store):
    assert not store.folder.exists()


def test_no_result_takes_the_place_of_another(store):
    written = [store.write(request(), 5, PICTURE, "Starter") for _ in range(3)]
    assert [path.name for path in written] == [
        "143012-5-hot-air-balloon-over-hills.png",
        "143012-5-hot-air-balloon-over-hills-2.png",
        "143012-5-hot-air-balloon-over-hills-3.png",
    ]


def test_two_threads_dont_take_each_others_place(store):
    written = []
    threads = [
        threading.Thread(target=lambda: written.append(store.write(request(), 5, PICTURE, "s"))) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(written)) == 8
    assert all(np.array_equal(read_image(path).rgba[..., :3], PICTURE) for path in written)


@pytest.mark.parametrize(
    ("prompt", "words"),
    [
        ("", ""),
        ("世界", ""),
        ("../../etc/passwd", "etc-passwd"),
        ("Ein Gehöft", "ein-gehoft"),
        ("a" * 100, "a" * 48),
        ("con", "con"),
    ],
)
def test_prompts_become_words_for_a_name(prompt, words):
    assert words_of(prompt) == words


@given(prompt=st.text())
def test_any_prompt_gives_a_safe_name(prompt):
    words = words_of(prompt)
    assert len(words) <= 48
    assert set(words) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")


def test_a_results_folder_that_cant_be_made_is_said(tmp_path):
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(FileError) as caught:
        ResultStore(tmp_path / "file" / "results").write(request(), 1, PICTURE, "s")
    assert caught.value.hint


def test_a_full_disk_is_said_and_leaves_no_half_picture(store, monkeypatch):
    class FullDisk:
        def __init__(self, file):
            self._file = file

        def __enter__(self):
            return self

        def __exit__(self, *_):
            self._file.close()

        def write(self, data):
            self._file.write(data[:10])
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        def close(self):
            self._file.close()

    opened = Path.open
    monkeypatch.setattr(results_module.Path, "open", lambda path, mode="r": FullDisk(opened(path, mode)))
    with pytest.raises(FileError, match="disk is full"):
        store.write(request(), 1, PICTURE, "s")
    assert list(store.folder.rglob("*.png")) == []
