"""Prompts written before, and styles, on disk."""

from __future__ import annotations

import pytest

from sdpaint.errors import FileError
from sdpaint.fileio.prompt_store import PromptStore, Written
from sdpaint.generation.prompt.styles import Style


def test_the_newest_prompt_comes_first_and_each_only_once(tmp_path):
    store = PromptStore(tmp_path / "prompts")
    for text in ("a", "b\nc", "a"):
        store.remember(Written(text, "fog"))

    assert PromptStore(tmp_path / "prompts").history() == (Written("a", "fog"), Written("b\nc", "fog"))
    store.forget()
    assert store.history() == ()


def test_broken_lines_are_passed_over(tmp_path):
    store = PromptStore(tmp_path)
    store.remember(Written("a"))
    with (tmp_path / "history.jsonl").open("a", encoding="utf-8") as file:
        file.write('{"prompt"\n[]\n\n{"prompt": "b"}\n')

    assert store.history() == (Written("b"), Written("a"))


def test_lone_surrogates_do_not_keep_a_prompt_from_being_remembered(tmp_path):
    PromptStore(tmp_path).remember(Written("a\ud800b"))

    assert len(PromptStore(tmp_path).history()) == 1


def test_imported_styles_join_own_ones(tmp_path):
    store = PromptStore(tmp_path / "own")
    store.keep_styles([Style("Ink", "old"), Style("Mine", "m")])
    (tmp_path / "styles.csv").write_text("name,prompt,negative_prompt\nInk,new,\n", encoding="utf-8")

    assert store.import_styles(tmp_path / "styles.csv") == (Style("Ink", "new"), Style("Mine", "m"))
    assert PromptStore(tmp_path / "own").styles() == store.styles()
    assert store.keep_styles([]) == ()
    assert store.styles() == ()


def test_a_folder_that_cannot_be_made_is_said(tmp_path):
    (tmp_path / "file").write_text("x")

    with pytest.raises(FileError):
        PromptStore(tmp_path / "file").remember(Written("a"))
