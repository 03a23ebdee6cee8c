"""Editing prompts: weights, marks, completion."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdpaint.generation.prompt.editing import (
    Mark,
    Sought,
    behind_adapter,
    completion_at,
    inserted,
    matches,
    reweighted,
    spans,
    spelt_words,
    with_words,
)
from sdpaint.generation.prompt.emphasis import weighted


def at(text):
    """Text without its bars, and where they stood: the cursor, or a selection."""
    places = [place - k for k, place in enumerate(i for i, letter in enumerate(text) if letter == "|")]
    return text.replace("|", ""), places[0], places[-1]


@pytest.mark.parametrize(
    ("before", "change", "after"),
    [
        ("a re|d hill", 0.1, "a (red:1.1) hill"),
        ("a (re|d:1.1) hill", 0.1, "a (red:1.2) hill"),
        ("a (re|d:1.1) hill", -0.1, "a red hill"),
        ("a |red hill|, sea", 0.1, "a (red hill:1.1), sea"),
        ("a | red |hill", -0.1, "a  (red:0.9) hill"),
        ("(a re|d hill:1.5)", 0.05, "(a red hill:1.55)"),
        ("<lora:in|k:0.5>", 0.1, "<lora:ink:0.6>"),
        ("<lora:in|k>", 0.1, "<lora:ink:1.1>"),
        ("a , |, b", 0.1, "a , , b"),
        ("|", 0.1, ""),
        ("(red|:4)", 0.1, "(red:4)"),
    ],
)
def test_weights_follow_the_keys(before, change, after):
    text, start, end = at(before)

    edited = reweighted(text, start, end, change)

    assert edited.text == after


def test_what_was_weighed_stays_selected_so_that_the_key_can_be_pressed_again():
    text = "a red hill"
    edited = reweighted(text, 2, 5, 0.1)
    for _ in range(3):
        edited = reweighted(edited.text, edited.start, edited.end, 0.1)

    assert edited.text == "a (red:1.4) hill"
    assert edited.text[edited.start : edited.end] == "red"


@given(st.text(alphabet="ab ,\n", max_size=40), st.integers(0, 40), st.integers(0, 40))
def test_a_step_up_and_down_again_leaves_everything_as_it_was(text, start, end):
    up = reweighted(text, start, end, 0.1)

    assert reweighted(up.text, up.start, up.end, -0.1).text == text


@given(st.text(alphabet="ab ,():[]<>.15|lora", max_size=40), st.integers(0, 40), st.integers(0, 40))
def test_whatever_stands_there_a_step_leaves_a_prompt_with_a_selection_in_it(text, start, end):
    up = reweighted(text, start, end, 0.1)

    assert 0 <= up.start <= up.end <= len(up.text)
    assert weighted(up.text)


def marks(text):
    return [(text[span.start : span.end], span.mark) for span in spans(text)]


def test_parts_of_a_prompt_are_marked():
    assert marks("(a:1.2) BREAK <lora:x:1> __w__ # end") == [
        ("(", Mark.BRACKET),
        (":1.2", Mark.WEIGHT),
        (")", Mark.BRACKET),
        ("BREAK", Mark.KEYWORD),
        ("<lora:x:1>", Mark.ADAPTER),
        ("__w__", Mark.WILDCARD),
        ("# end", Mark.COMMENT),
    ]
    assert marks("[a:b:.5] {x|y}") == [
        ("[", Mark.SCHEDULE),
        (":", Mark.SCHEDULE),
        (":.5", Mark.WEIGHT),
        ("]", Mark.SCHEDULE),
        ("{", Mark.CHOICE),
        ("|", Mark.CHOICE),
        ("}", Mark.CHOICE),
    ]


def test_brackets_without_a_partner_are_marked_as_that():
    assert marks("(a") == [("(", Mark.UNBALANCED)]
    assert marks("a]") == [("]", Mark.UNBALANCED)]
    assert marks(r"\(a") == []
    assert marks("break #ff0000") == []


@given(st.text(alphabet="()[]{}|:<>_#\\ab 1.\n", max_size=60))
def test_marks_lie_in_order_and_within_the_text(text):
    found = spans(text)

    assert all(0 <= span.start < span.end <= len(text) for span in found)
    assert all(first.end <= second.start for first, second in itertools.pairwise(found))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a red bal|", (Sought.WORD, "a red bal")),
        ("hills, red bal|", (Sought.WORD, "red bal")),
        ("(sun|", (Sought.WORD, "sun")),
        ("<lora:in|", (Sought.ADAPTER, "in")),
        ("a __an|", (Sought.WILDCARD, "an")),
        ("a, |", None),
        ("su|n", None),
        ("|", None),
    ],
)
def test_what_is_being_written_is_known(text, expected):
    words, place, _ = at(text)
    found = completion_at(words, place)

    assert (None if found is None else (found.sought, found.prefix)) == expected


def test_completions_are_taken_with_what_belongs_behind_them():
    text = "sea, <lora:in"
    assert inserted(text, completion_at(text, len(text)), "ink v2") == ("sea, <lora:ink v2:1>", 20)
    text = "a __an"
    assert inserted(text, completion_at(text, len(text)), "animal")[0] == "a __animal__"
    text = "smil"
    assert inserted(text, completion_at(text, len(text)), "smile (art)")[0] == r"smile \(art\)"


def test_a_lora_comes_with_its_weight_and_the_words_that_it_answers_to():
    text = "sea, <lora:in"
    behind = behind_adapter(0.7, "ink drawing")
    assert inserted(text, completion_at(text, len(text)), "ink", behind)[0] == "sea, <lora:ink:0.7>, ink drawing"
    assert behind_adapter() == ":1>"


def test_what_begins_so_comes_before_what_only_holds_it():
    offered = ("hot air balloon", "balloon", "ball", "red ball")

    assert matches("ball", offered) == ("balloon", "hot air balloon", "red ball")
    assert matches("b", offered) == ()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Mountians by Rutkowski, (mist:1.2)", ["Mountians", "mist"]),
        ("bird's-eye view, 8k, HDR, trending", ["bird's", "eye", "view", "trending"]),
        ("<lora:detial:0.8> hill __seasson__ BREAK fog # commment", ["hill", "fog"]),
        ("[dawn:dusk:0.5] {red|bleu} long_hair", ["dawn", "dusk", "red", "bleu", "long", "hair"]),
        ("山の湖, a2b, über", ["山の湖", "über"]),
        ("", []),
    ],
)
def test_words_whose_spelling_counts(text, words):
    assert [text[start:end] for start, end in spelt_words(text)] == words


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("|", "a fox|"),
        ("a hill|", "a hill, a fox|"),
        ("a hill, |", "a hill, a fox|"),
        ("a hill,|", "a hill, a fox|"),
        ("a | hill", "a, a fox|, hill"),
        ("|a hill", "a fox|, a hill"),
        ("(|:1.2)", "(a fox|:1.2)"),
        ("a hill\n|\nfog", "a hill\na fox|\nfog"),
        ("a hill|, fog", "a hill, a fox|, fog"),
    ],
)
def test_words_meet_others_with_a_comma(before, after):
    edited = with_words(before.replace("|", ""), before.index("|"), before.index("|"), " a fox ")

    assert edited.text[: edited.start] + "|" + edited.text[edited.end :] == after


def test_words_take_the_place_of_what_is_selected():
    assert with_words("a red hill", 2, 5, "fox").text == "a, fox, hill"
