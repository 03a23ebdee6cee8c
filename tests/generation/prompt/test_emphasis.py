"""Weights: the published examples, escapes, and laws."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdpaint.generation.prompt.emphasis import escaped, has_weights, plain, weighted

# The examples in the documentation of A1111's prompt parser.
PUBLISHED = {
    "normal text": [("normal text", 1.0)],
    "an (important) word": [("an ", 1.0), ("important", 1.1), (" word", 1.0)],
    "(unbalanced": [("unbalanced", 1.1)],
    r"\(literal\]": [("(literal]", 1.0)],
    "(unnecessary)(parens)": [("unnecessaryparens", 1.1)],
    "a (((house:1.3)) [on] a (hill:0.5), sun, (((sky))).": [
        ("a ", 1.0),
        ("house", 1.573),
        (" ", 1.1),
        ("on", 1.0),
        (" a ", 1.1),
        ("hill", 0.55),
        (", sun, ", 1.1),
        ("sky", 1.4641),
        (".", 1.1),
    ],
}

OWN = {
    "[less]": [("less", 1 / 1.1)],
    "[unbalanced": [("unbalanced", 1 / 1.1)],
    "closed)": [("closed)", 1.0)],
    "(a:-0.5)": [("a", -0.5)],
    "(a: 1.3 )": [("a", 1.3)],
    "(a:b)": [("a:b", 1.1)],
    "ratio 16:9": [("ratio 16:9", 1.0)],
    "16:9)": [("16:9)", 1.0)],
    "(a:0)": [("a", 0.0)],
    "": [("", 1.0)],
}


@pytest.mark.parametrize("text", [*PUBLISHED, *OWN])
def test_words_weigh_what_is_documented(text):
    expected = {**PUBLISHED, **OWN}[text]

    assert [piece.text for piece in weighted(text)] == [words for words, _ in expected]
    assert [piece.weight for piece in weighted(text)] == pytest.approx([weight for _, weight in expected])


def test_break_ends_a_chunk_and_takes_its_spaces_along():
    pieces = weighted("a (b BREAK c) d")

    assert [(piece.text, piece.is_break) for piece in pieces] == [
        ("a ", False),
        ("b", False),
        ("", True),
        ("c", False),
        (" d", False),
    ]
    assert plain("a BREAK b") == "a b"


def test_break_within_a_word_is_a_word():
    assert [piece.text for piece in weighted("BREAKFAST outBREAK")] == ["BREAKFAST outBREAK"]


@given(st.text(max_size=60))
def test_escaped_text_comes_back_as_it_was(text):
    text = text.replace("BREAK", "")

    assert plain(escaped(text)) == text.strip()
    assert not has_weights(escaped(text))


@given(st.text(alphabet="()[]:.159 ab\\", max_size=80))
def test_any_text_has_weights(text):
    pieces = weighted(text)

    assert pieces
    assert all(piece.weight == piece.weight for piece in pieces)
