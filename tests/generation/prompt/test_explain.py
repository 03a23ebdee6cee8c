"""Everything about a prompt at once, and what a family can't honour."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdpaint.generation.prompt.explain import Honours, understand

TEXT = "a [red:blue:.5] (ball:1.3) BREAK __w__ <lora:ink:0.5> # note"
LISTS = {"w": ("sea",)}


def test_all_stages_follow_each_other():
    understood = understand(TEXT, 10, 0, LISTS)

    assert [(stretch.last_step, stretch.text.strip()) for stretch in understood.stretches] == [
        (5, "a red (ball:1.3) BREAK sea"),
        (10, "a blue (ball:1.3) BREAK sea"),
    ]
    assert [adapter.name for adapter in understood.adapters] == ["ink"]
    assert not understood.warnings


@pytest.mark.parametrize(
    ("lacking", "word"),
    [
        (Honours.SCHEDULES, "steps"),
        (Honours.WEIGHTS, "weigh"),
        (Honours.CHUNKS, "BREAK"),
        (Honours.ADAPTERS, "ink"),
    ],
)
def test_what_a_family_cannot_honour_is_said_and_taken_out(lacking, word):
    understood = understand(TEXT, 10, 0, LISTS, Honours.ALL & ~lacking)

    assert len(understood.warnings) == 1
    assert word in understood.warnings[0]


def test_without_schedules_the_last_words_hold():
    understood = understand("[a:b:5]", 10, honours=Honours.ALL & ~Honours.SCHEDULES)

    assert [stretch.text for stretch in understood.stretches] == ["b"]


def test_and_is_said_to_be_a_word():
    assert "AND" in understand("a cat AND a dog", 10).warnings[0]
    assert not understand("a cat and a dog, ANDROID", 10).warnings


@given(st.text(max_size=100), st.integers(1, 12), st.integers(0, 99))
def test_any_text_can_be_understood(text, steps, seed):
    understood = understand(text, steps, seed)

    assert understood.stretches[-1].last_step == steps
