"""Spelling: what the dictionary doesn't know is found, with what may have been meant; the artist's words are kept."""

from __future__ import annotations

import pytest

from sdpaint.errors import FileError
from sdpaint.fileio.spelling import Spelling


@pytest.fixture(scope="module")
def english(tmp_path_factory):
    return Spelling(None, tmp_path_factory.mktemp("own") / "deep" / "spelling.txt")


def test_unknown_words_come_with_what_may_have_been_meant(english):
    found = english.unknown(["a", "beautiful", "ballon", "over", "mountians", "gouache"])
    assert set(found) == {"ballon", "mountians"}
    assert "balloon" in found["ballon"]
    assert "mountains" in found["mountians"]


def test_words_that_are_known_otherwise_are_right(english):
    assert english.unknown(["bokeh"])
    assert english.unknown(["bokeh"], {"bokeh"}) == {}


def test_a_word_that_was_learnt_is_right_at_the_next_start_too(tmp_path):
    own = tmp_path / "own" / "spelling.txt"
    first = Spelling(None, own)
    assert "sfumato" in first.unknown(["sfumato"])
    first.learn("sfumato")
    first.learn("bokeh")
    assert first.unknown(["sfumato"]) == {}
    assert Spelling(None, own).unknown(["sfumato", "bokeh", "mountians"]).keys() == {"mountians"}


def test_a_dictionary_of_ones_own_is_used(tmp_path):
    (tmp_path / "de.aff").write_text("SET UTF-8\nTRY abc\n", encoding="utf-8")
    (tmp_path / "de.dic").write_text("2\nberg\nüber\n", encoding="utf-8")
    assert Spelling(tmp_path / "de.dic", tmp_path / "own.txt").unknown(["berg", "über", "hill"]).keys() == {"hill"}


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("none.dic", None, "lacks its .aff"),
        ("lone.dic", b"1\nword\n", "lacks its .aff"),
        ("odd.dic", b"\xff\xfe\0", "isn't a"),
    ],
)
def test_what_is_no_dictionary_is_said_with_a_remedy(tmp_path, name, content, words):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    if name == "odd.dic":
        (tmp_path / "odd.aff").write_bytes(b"SET nonsense\nSFX A Y x\n")
    with pytest.raises(FileError, match=words) as failure:
        Spelling(tmp_path / name, tmp_path / "own.txt").unknown(["word"])
    assert failure.value.hint
