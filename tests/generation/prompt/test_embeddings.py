"""Embeddings named in a prompt."""

from __future__ import annotations

from pathlib import Path

import pytest

from sdpaint.generation.prompt.chunks import chunks
from sdpaint.generation.prompt.embeddings import Embedding, asked_for, embeddings_in, with_embeddings
from sdpaint.generation.prompt.emphasis import Weighted, weighted

KNOWN = {
    "ink": Embedding(Path("ink.safetensors"), 2),
    "ink-dark": Embedding(Path("ink-dark.safetensors"), 3),
    "Bad Hands 5": Embedding(Path("Bad Hands 5.safetensors"), 8),
}


def parts(text):
    return [(piece.text, piece.weight, piece.vectors) for piece in with_embeddings(weighted(text), KNOWN)]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("a hill, INK, sea", ["ink"]),
        ("inky pink", []),
        ("(ink-dark:1.2)", ["ink-dark"]),
        ("bad hands 5, embedding:ink", ["ink", "Bad Hands 5"]),
        ("", []),
    ],
)
def test_whole_words_are_found_in_any_case_and_the_longest_name_counts(text, names):
    assert list(embeddings_in([text], KNOWN)) == names


def test_each_is_a_piece_of_its_own_with_the_weight_around_it():
    assert parts("a hill (at ink:1.2), sea") == [
        ("a hill ", 1.0, 0), ("at ", 1.2, 0), ("ink", 1.2, 2), (", sea", 1.0, 0),
    ]  # fmt: skip
    assert parts("embedding:ink-dark") == [("ink-dark", 1.0, 3)]
    assert parts("a hill") == [("a hill", 1.0, 0)]


def test_without_any_the_pieces_are_as_they_were():
    pieces = weighted("a (b:2) BREAK c")
    assert with_embeddings(pieces, {}) == pieces
    assert Weighted("", 1.0, is_break=True) in with_embeddings(pieces, KNOWN)


def test_names_behind_the_word_embedding_are_meant_as_such():
    assert asked_for(["a embedding:ink, (embedding:fog:1.2)", "Embedding:ink"]) == ("ink", "fog")


def laid_out(text, size):
    pieces = with_embeddings(weighted(text), KNOWN)
    return chunks(pieces, lambda words: [1] * len(words.split()), size)


def test_vectors_take_the_room_of_tokens_and_stay_together():
    (chunk,) = laid_out("a b ink c", 5)
    assert chunk.ids == (1, 1, 0, 0, 1)
    assert chunk.embedded == ((2, "ink"),)

    first, second = laid_out("a b c ink-dark d", 5)
    assert (len(first.ids), first.embedded) == (3, ())
    assert (len(second.ids), second.embedded) == (4, ((0, "ink-dark"),))


def test_more_vectors_than_a_chunk_holds_are_cut_to_it():
    (chunk,) = laid_out("bad hands 5", 5)
    assert len(chunk.ids) == 5
