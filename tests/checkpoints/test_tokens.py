"""Counting tokens without the engine: the same ids as transformers gives."""

from __future__ import annotations

import json

import pytest
from transformers import CLIPTokenizer

from sdpaint.checkpoints.tokens import PromptTokenizer
from sdpaint.errors import CheckpointError
from sdpaint.paths import starter_checkpoint

TEXTS = [
    "a red balloon, over the hills",
    "",
    "  Ünïcode  and 12 dogs' tails!?  ",
    "日本 🎈\nnew line",
    "a <|endoftext|>",
]


def test_the_starter_counts_as_its_encoder_does():
    mine = PromptTokenizer.of_checkpoint(starter_checkpoint())
    theirs = CLIPTokenizer.from_pretrained(starter_checkpoint() / "tokenizer")

    for text in TEXTS:
        assert list(mine.ids(text)) == theirs(text, add_special_tokens=False).input_ids
    assert mine.room == theirs.model_max_length - 2


def test_a_comma_is_known():
    tokenizer = PromptTokenizer.of_checkpoint(starter_checkpoint())

    assert tokenizer.words([tokenizer.comma]) == [","]


def test_vocabulary_and_merges_of_older_checkpoints_count_alike(tmp_path):
    whole = json.loads((starter_checkpoint() / "tokenizer" / "tokenizer.json").read_text(encoding="utf-8"))
    merges = [" ".join(pair) if isinstance(pair, list) else pair for pair in whole["model"]["merges"]]
    (tmp_path / "vocab.json").write_text(json.dumps(whole["model"]["vocab"]), encoding="utf-8")
    (tmp_path / "merges.txt").write_text("#version: 0.2\n" + "\n".join(merges) + "\n", encoding="utf-8")

    older = PromptTokenizer.of_folder(tmp_path)
    newer = PromptTokenizer.of_checkpoint(starter_checkpoint())

    for text in TEXTS[:4]:
        assert list(older.ids(text)) == list(newer.ids(text))
    assert older.room == 75


def test_a_folder_without_vocabulary_is_refused_with_a_remedy(tmp_path):
    with pytest.raises(CheckpointError) as problem:
        PromptTokenizer.of_folder(tmp_path)

    assert problem.value.hint


def test_a_broken_vocabulary_is_refused_with_a_remedy(tmp_path):
    (tmp_path / "tokenizer.json").write_text("{", encoding="utf-8")

    with pytest.raises(CheckpointError):
        PromptTokenizer.of_folder(tmp_path)
