"""Axes: parameters that are varied."""

from __future__ import annotations

from pathlib import Path

import pytest

from sdpaint.errors import SettingsError
from sdpaint.generation.axes import Axis, applied, combinations, parse_axis
from sdpaint.generation.params import GenerationParams
from sdpaint.generation.request import SamplerName

PARAMS = GenerationParams(Path("starter"), "a red hill, red sky", "fog")


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("steps=10,20", ("10", "20")),
        ("seed=1-4", ("1", "2", "3", "4")),
        ("seed=1-2,9", ("1", "2", "9")),
        ("guidance=1.5, 7", ("1.5", "7")),
        ("sampler=Euler,dpm++ 2m karras", ("Euler", "dpm++ 2m karras")),
        (r"prompt=red,blue,one\, two", ("red", "blue", "one, two")),
        ("prompt=red,", ("red", "")),
        (r"checkpoint=starter, my\, best", ("starter", "my, best")),
    ],
)
def test_an_axis_is_read(text, values):
    assert parse_axis(text).values == values


@pytest.mark.parametrize(
    "text", ["steps", "magic=1", "steps=a", "steps=1,,2", "sampler=Magic", "strength=x", "seed=1-5000", ""]
)
def test_what_varies_nothing_is_refused_with_a_remedy(text):
    with pytest.raises(SettingsError) as problem:
        parse_axis(text)

    assert problem.value.hint


def test_values_take_their_places():
    axes = [parse_axis("prompt=red,green"), parse_axis("steps=5,6"), parse_axis("sampler=Euler a,LCM")]

    found = applied(PARAMS, axes, (1, 0, 1))

    assert found.prompt == "a green hill, green sky"
    assert found.sampling.steps == 5
    assert applied(PARAMS, [parse_axis("checkpoint=other,starter")], (0,)).checkpoint == Path("other")
    assert found.sampling.sampler is SamplerName.LCM
    assert applied(PARAMS, axes, (0, 0, 0)).prompt == PARAMS.prompt


def test_all_combinations_come_once_the_last_axis_fastest():
    axes = [Axis("steps", ("1", "2")), Axis("seed", ("1", "2", "3"))]

    assert list(combinations(axes)) == [(0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2)]
    assert list(combinations([])) == [()]


def test_words_that_are_not_there_cannot_be_swapped():
    with pytest.raises(SettingsError, match="purple"):
        applied(PARAMS, [parse_axis("prompt=purple,red")], (0,))


def test_too_many_are_refused():
    with pytest.raises(SettingsError):
        combinations([parse_axis("seed=1-900"), parse_axis("steps=1,2")])


def test_a_number_out_of_range_is_refused_where_it_is_used():
    with pytest.raises(SettingsError):
        applied(PARAMS, [parse_axis("steps=0,5")], (0,))
