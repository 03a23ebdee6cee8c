from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from sdpaint.errors import FileError
from sdpaint.fileio.result_index import ResultIndex, ResultQuery
from sdpaint.fileio.results import ResultStore
from sdpaint.generation.request import GenerationMode, GenerationRequest, SamplingParams
from sdpaint.imaging.geometry import Rect, Size

PICTURE = np.full((8, 16, 3), (200, 100, 50), np.uint8)


class Folder:
    """A results folder with an index beside it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.folder = root / "results"
        self.index = ResultIndex(root / "index.sqlite", self.folder)

    def write(self, prompt: str, seed: int = 1, checkpoint: str = "starter") -> Path:
        request = GenerationRequest(
            mode=GenerationMode.TEXT_TO_IMAGE,
            prompt=prompt,
            negative_prompt="fog",
            checkpoint=Path("/weights") / checkpoint,
            sampling=SamplingParams(seed=seed),
            seed=seed,
            size=Size(16, 8),
            region=Rect(0, 0, 16, 8),
        )
        store = ResultStore(self.folder, lambda: datetime(2026, 11, 20, 14, 30, tzinfo=UTC))
        path = store.write(request, seed, PICTURE, checkpoint)
        self.index.record(path)
        return path

    def found(self, words: str = "", **query) -> list[str]:
        return sorted(entry.prompt for entry in self.index.search(ResultQuery(words, **query)))

    def reopened(self) -> ResultIndex:
        self.index.close()
        self.index = ResultIndex(self.root / "index.sqlite", self.folder)
        return self.index


@pytest.fixture
def results(tmp_path):
    made = Folder(tmp_path)
    yield made
    made.index.close()


def test_results_are_found_by_words_of_the_prompt_and_beginnings_of_them(results):
    results.write("a hot air balloon over the hills")
    results.write("a red fox in the snow")
    assert results.found("balloon hills") == ["a hot air balloon over the hills"]
    assert results.found("FOX sno") == ["a red fox in the snow"]
    assert results.found("balloon snow") == []
    assert len(results.found()) == 2


def test_odd_letters_in_a_search_are_no_syntax(results):
    results.write('a "quoted" word* (nested) AND OR')
    for words in ('"', "quoted)", "* AND", "NEAR(", "nested:", "-quoted"):
        results.found(words)
    assert len(results.found('"quoted" word')) == 1


def test_results_are_found_by_seed_checkpoint_date_and_mark(results):
    fox = results.write("fox", seed=12345)
    results.write("owl", seed=2, checkpoint="painter")
    os.utime(fox, (1_000_000, 1_000_000))
    results.index.refresh()
    assert results.found("12345") == ["fox"]
    assert results.found(checkpoint="painter") == ["owl"]
    assert results.found(since=2_000_000.0) == ["owl"]
    results.index.set_favourite([fox], True)
    assert results.found(favourites=True) == ["fox"]
    assert results.index.checkpoints() == ["painter", "starter"]


@pytest.mark.parametrize("content", [None, b"damaged" * 1000])
def test_a_missing_or_damaged_index_is_made_anew_from_the_pictures(results, content):
    fox = results.write("fox", seed=7)
    results.index.set_favourite([fox], True)
    results.index.close()
    for file in results.root.glob("index.sqlite*"):
        file.unlink()
    if content is not None:
        (results.root / "index.sqlite").write_bytes(content)
    index = results.reopened()
    index.refresh()
    (entry,) = index.search(ResultQuery())
    assert (entry.path, entry.prompt, entry.seed, entry.checkpoint) == (fox, "fox", 7, "starter")
    assert entry.size == Size(16, 8)
    assert entry.favourite


def test_refresh_finds_what_came_and_forgets_what_went(results):
    fox = results.write("fox")
    owl = results.write("owl")
    fox.unlink()
    copy = owl.with_name("copy.png")
    copy.write_bytes(owl.read_bytes())
    results.index.refresh()
    assert results.found() == ["owl", "owl"]
    assert results.found("fox") == []


def test_a_file_that_is_no_picture_is_passed_over(results):
    results.write("fox")
    (results.folder / "notes.png").write_text("no picture")
    results.index.refresh()
    assert results.found() == ["fox"]


def test_trash_can_be_taken_back_with_the_mark(results):
    fox = results.write("fox")
    results.index.set_favourite([fox], True)
    trashed = results.index.trash([fox])
    assert results.found() == []
    assert not fox.exists()
    assert trashed[0].trash.is_relative_to(results.folder / "trash")
    results.index.refresh()
    assert results.found() == [], "the trash isn't searched"
    assert results.index.restore(trashed) == [fox]
    assert results.found(favourites=True) == ["fox"]


def test_what_is_gone_cannot_be_thrown_away(results):
    with pytest.raises(FileError):
        results.index.trash([results.folder / "none.png"])


def test_another_folder_has_its_own_results(results):
    results.write("fox")
    results.index.folder = results.root / "other"
    assert results.found() == []
    results.index.folder = results.folder
    assert results.found() == ["fox"]


def test_an_index_without_full_text_search_finds_the_same(results):
    results.write("a red fox in the snow", seed=5)
    results.found()
    results.index._has_words = False
    assert results.found("red sno") == ["a red fox in the snow"]
    assert results.found("5") == ["a red fox in the snow"]
    assert results.found("owl") == []
