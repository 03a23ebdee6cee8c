"""Chunks: prompts longer than an encoder reads."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from sdpaint.generation.prompt.chunks import chunks
from sdpaint.generation.prompt.emphasis import weighted

COMMA = 1


def tokenize(text):
    """A token for each word, and one for each comma."""
    return [COMMA if word == "," else 2 + len(word) for word in text.replace(",", " , ").split()]


def lengths(text, size=75):
    return [len(chunk.ids) for chunk in chunks(weighted(text), tokenize, size, COMMA)]


def test_a_short_prompt_is_one_chunk_and_no_words_are_one_too():
    assert lengths("a b c") == [3]
    assert lengths("") == [0]


def test_seventy_five_tokens_fit_and_one_more_begins_another_chunk():
    assert lengths("word " * 75) == [75]
    assert lengths("word " * 76) == [75, 1]


def test_a_full_chunk_ends_behind_a_comma_within_its_last_twenty_tokens():
    assert lengths("word " * 59 + ", " + "word " * 30) == [60, 30]
    assert lengths("word " * 54 + ", " + "word " * 30) == [55, 30]
    assert lengths("word " * 53 + ", " + "word " * 30) == [75, 9]


def test_break_ends_a_chunk():
    assert lengths("a b BREAK c") == [2, 1]
    assert lengths("BREAK a") == [0, 1]


def test_weights_follow_their_tokens():
    (chunk,) = chunks(weighted("a (b c:1.5)"), tokenize, 75, COMMA)

    assert chunk.weights == (1.0, 1.5, 1.5)


@given(st.lists(st.sampled_from(["a", "bb", ",", "(c:1.2)"]), max_size=300), st.integers(4, 75))
def test_no_token_is_lost_and_no_chunk_is_overfull(words, size):
    text = " ".join(words)
    pieces = weighted(text)
    found = chunks(pieces, tokenize, size, COMMA)

    assert [token for chunk in found for token in chunk.ids] == [
        token for piece in pieces for token in tokenize(piece.text)
    ]
    assert all(len(chunk.ids) <= size for chunk in found)
    assert all(chunk.ids for chunk in found[1:])


def test_a_prompt_of_three_hundred_tokens_is_five_chunks_at_most():
    assert lengths(("word " * 9 + ", ") * 30) == [70, 70, 70, 70, 20]
