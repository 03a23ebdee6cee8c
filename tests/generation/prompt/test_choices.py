"""Choices, wildcards and comments."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdpaint.generation.prompt.choices import choose, without_comments


def test_each_option_comes_up_about_as_often():
    found = Counter(choose("{a|b|c}", seed).text for seed in range(600))

    assert set(found) == {"a", "b", "c"}
    assert min(found.values()) > 140


def test_the_same_seed_chooses_the_same():
    text = "{a|b|c} {d|e} __w__"
    lists = {"w": ("x", "y", "{p|q}")}

    assert choose(text, 7, lists) == choose(text, 7, lists)
    assert len({choose(text, seed, lists).text for seed in range(60)}) > 8


def test_shares_make_an_option_come_more_often():
    found = Counter(choose("{3::a|b}", seed).text for seed in range(800))

    assert 2.2 < found["a"] / found["b"] < 4.2


def test_several_are_picked_without_repetition():
    for seed in range(30):
        picked = choose("{2$$a|b|c}", seed).text.split(", ")
        assert len(picked) == len(set(picked)) == 2
    assert {len(choose("{1-2$$ and $$a|b|c}", seed).text.split(" and ")) for seed in range(30)} == {1, 2}


def test_choices_nest_and_keep_schedules_whole():
    assert {choose("{a{1|2}|b}", seed).text for seed in range(60)} == {"a1", "a2", "b"}
    assert {choose("{[x|y]|b}", seed).text for seed in range(20)} == {"[x|y]", "b"}


@pytest.mark.parametrize("text", ["{a|b", "a|b}", "a { b", r"\{a|b\}"])
def test_a_brace_without_partner_stands_for_itself(text):
    assert choose(text, 0).text == text.replace("\\", "")


def test_a_wildcard_becomes_a_line_of_its_list():
    lists = {"animal": ("cat", "{old|young} dog"), "places/city": ("Rome",)}

    assert {choose("a __animal__ in __places/city__", seed, lists).text for seed in range(60)} == {
        "a cat in Rome",
        "a old dog in Rome",
        "a young dog in Rome",
    }


def test_an_unknown_wildcard_stays_and_is_said():
    chosen = choose("a __nothing__ and __nothing__", 0)

    assert chosen.text == "a __nothing__ and __nothing__"
    assert len(chosen.warnings) == 1
    assert "nothing" in chosen.warnings[0]


def test_a_list_that_names_itself_comes_to_an_end_and_is_said():
    chosen = choose("__a__", 0, {"a": ("__a__ __a__ __a__",)})

    assert chosen.warnings
    assert len(chosen.text) < 10_000


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("a # rest", "a "),
        ("# all\nb", "b"),
        ("a\n\nb", "a\n\nb"),
        ("a sky of #ff8800, wide", "a sky of #ff8800, wide"),
        ("#fff", "#fff"),
        ("#ffg", ""),
        ("C# and a#b", "C# and a#b"),
    ],
)
def test_comments_go_and_colours_stay(text, left):
    assert without_comments(text) == left


@given(st.text(alphabet="{}|$:2_aw\\#\n ", max_size=60), st.integers(0, 9))
def test_any_text_can_be_chosen_from(text, seed):
    chosen = choose(text, seed, {"a": ("__w__", "{a|b}"), "w": ("__a__",)})

    assert chosen == choose(text, seed, {"a": ("__w__", "{a|b}"), "w": ("__a__",)})


def test_a_wall_of_braces_is_read_in_one_go():
    assert choose("{" * 40_000 + "}" * 40_000, 0).text == ""
