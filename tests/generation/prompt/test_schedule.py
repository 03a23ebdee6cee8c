"""Schedules: the published examples of A1111's language, and laws that hold for any text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdpaint.errors import SettingsError
from sdpaint.generation.prompt.schedule import MAX_LENGTH, schedule

# The examples in the documentation of A1111's prompt parser, at 10 steps.
PUBLISHED = {
    "test": [(10, "test")],
    "a [b:3]": [(3, "a "), (10, "a b")],
    "a [b: 3]": [(3, "a "), (10, "a b")],
    "a [[[b]]:2]": [(2, "a "), (10, "a [[b]]")],
    "[(a:2):3]": [(3, ""), (10, "(a:2)")],
    "a [b : c : 1] d": [(1, "a b  d"), (10, "a  c  d")],
    "a[b:[c:d:2]:1]e": [(1, "abe"), (2, "ace"), (10, "ade")],
    "a [unbalanced": [(10, "a [unbalanced")],
    "a [b:.5] c": [(5, "a  c"), (10, "a b c")],
    "a [{b|d{:.5] c": [(5, "a  c"), (10, "a {b|d{ c")],
    "((a][:b:c [d:3]": [(3, "((a][:b:c "), (10, "((a][:b:c d")],
    "[a|(b:1.1)]": [(step, "a" if step % 2 else "(b:1.1)") for step in range(1, 11)],
    "[fe|]male": [(step, "female" if step % 2 else "male") for step in range(1, 11)],
    "[fe|||]male": [(step, "female" if step % 4 == 1 else "male") for step in range(1, 11)],
}

OWN = {
    "[from::3]": [(3, "from"), (10, "")],
    "[a:b:0.25]": [(2, "a"), (10, "b")],
    "[a:b:1.0]": [(10, "a")],
    "[a:b:0]": [(10, "b")],
    "[a:b:99]": [(10, "a")],
    "[a:b:-1]": [(10, "b")],
    "[a:b:]": [(10, "[a:b:]")],
    "[a:b:c:1]": [(10, "[a:b:c:1]")],
    r"\[b:3\]": [(10, r"\[b:3\]")],
    r"[\[b\]:3]": [(3, ""), (10, r"\[b\]")],
    "a | b: c": [(10, "a | b: c")],
    "[[a|b]:c:2]": [(1, "a"), (2, "b"), *((step, "c") for step in range(3, 11))],
    "[a:[b|c]:8]": [*((step, "a") for step in range(1, 9)), (9, "b"), (10, "c")],
    "((a:1.2) [b:c:5]:1.1)": [(5, "((a:1.2) b:1.1)"), (10, "((a:1.2) c:1.1)")],
    "": [(10, "")],
}


@pytest.mark.parametrize("text", [*PUBLISHED, *OWN])
def test_a_schedule_reads_as_it_is_documented(text):
    expected = {**PUBLISHED, **OWN}[text]

    assert [(stretch.last_step, stretch.text) for stretch in schedule(text, 10)] == expected


@given(st.text(alphabet="[]():|\\.35 ab", max_size=80), st.integers(1, 30))
def test_any_text_has_a_schedule_that_covers_every_step_once(text, steps):
    stretches = schedule(text, steps)

    ends = [stretch.last_step for stretch in stretches]
    assert ends == sorted(set(ends))
    assert ends[-1] == steps
    assert ends[0] >= 1


@given(st.text(max_size=80))
def test_text_without_square_brackets_stays_as_it_is(text):
    text = text.replace("[", "").replace("]", "")

    assert [stretch.text for stretch in schedule(text, 7)] == [text]


@pytest.mark.parametrize(
    "text",
    ["[" * 50_000, "[a:" * 30_000, "(" * 50_000 + ")" * 50_000, "[x]" * 30_000 + "]"],
)
def test_brackets_without_end_are_read_in_one_go(text):
    assert [stretch.text for stretch in schedule(text, 4)] == [text]


def test_a_text_too_long_for_a_prompt_is_refused_with_a_remedy():
    with pytest.raises(SettingsError) as problem:
        schedule("a" * (MAX_LENGTH + 1), 10)

    assert problem.value.hint
