"""Styles: templates around the artist's words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdpaint.errors import FileError
from sdpaint.generation.prompt.styles import Style, format_styles, parse_styles


@pytest.mark.parametrize(
    ("template", "words", "expected"),
    [
        ("{prompt}, ink", "a hill", "a hill, ink"),
        ("ink of {prompt} in rain", " a hill ", "ink of a hill in rain"),
        ("ink", "a hill", "a hill, ink"),
        ("ink", "a hill, ", "a hill, ink"),
        ("", "a hill", "a hill"),
        ("ink", "", "ink"),
        ("{prompt} and {prompt}", "a", "a and a"),
    ],
)
def test_a_style_goes_around_the_words(template, words, expected):
    assert Style("x", template).applied(words, "")[0] == expected


def test_the_negative_prompt_has_a_template_of_its_own():
    assert Style("x", "", "fog").applied("a", "rain") == ("a", "rain, fog")


def test_older_files_are_read_too():
    assert parse_styles("\ufeffname,text\nInk,in ink\n", "styles.csv") == (Style("Ink", "in ink"),)


@pytest.mark.parametrize("text", ["", "a,b\n1,2\n", "name,prompt\n,x\n"])
def test_a_file_without_styles_is_refused_with_a_remedy(text):
    with pytest.raises(FileError) as problem:
        parse_styles(text, "styles.csv")

    assert problem.value.hint


lines = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=20)


@given(st.dictionaries(lines.map(str.strip).filter(bool), st.tuples(lines, lines), min_size=1, max_size=5))
def test_what_is_written_is_read_again(values):
    styles = tuple(Style(name, *texts) for name, texts in values.items())

    assert parse_styles(format_styles(styles), "styles.csv") == styles
