"""Axes: parameters that are varied, one picture for each combination. For tables of pictures (X/Y plots)."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sdpaint.errors import SettingsError
from sdpaint.generation.params import GenerationParams
from sdpaint.generation.request import SamplerName

MAX_CELLS = 1000

NAMES = ("steps", "guidance", "strength", "seed", "sampler", "checkpoint", "prompt", "negative")
"""What can be varied. A checkpoint by its name, for whoever knows the installed ones to look up. Words of the prompt by
what the first value says: each other value takes its place.
"""


@dataclass(frozen=True)
class Axis:
    """A parameter and its values, each as it is written."""

    name: str
    values: tuple[str, ...]

    def labels(self) -> tuple[str, ...]:
        """What a table says beside its rows or columns."""
        if self.name in ("checkpoint", "prompt", "negative"):
            return self.values
        return tuple(f"{self.name} {value}" for value in self.values)

    def apply(self, params: GenerationParams, index: int) -> GenerationParams:
        """The parameters with value `index`. Raises SettingsError where it is none."""
        value = self.values[index]
        match self.name:
            case "prompt":
                return replace(params, prompt=_swapped(params.prompt, self.values[0], value, self.name))
            case "negative":
                swapped = _swapped(params.negative_prompt, self.values[0], value, self.name)
                return replace(params, negative_prompt=swapped)
            case "checkpoint":
                return replace(params, checkpoint=Path(value))
            case "sampler":
                return replace(params, sampling=replace(params.sampling, sampler=sampler_named(value)))
            case _:
                field = {"guidance": "guidance_scale"}.get(self.name, self.name)
                change: dict[str, Any] = {field: _number(self.name, value)}
                return replace(params, sampling=replace(params.sampling, **change))


def parse_axis(text: str) -> Axis:
    """`steps=10,20,30`, whole numbers also as `seed=1-4`. A comma within a value has a backslash before it.

    Raises SettingsError where it can't be understood.
    """
    name, equals, rest = text.partition("=")
    name = name.strip().casefold()
    if not equals or name not in NAMES:
        raise SettingsError(f"“{text}” varies nothing", hint=f"Write NAME=VALUE,VALUE with one of {', '.join(NAMES)}")
    written = [value.replace("\0", ",").strip() for value in rest.replace("\\,", "\0").split(",")]
    values: list[str] = []
    for value in written:
        values += _span(value) if name in ("steps", "seed") else [value]
    if len(values) > MAX_CELLS:
        raise SettingsError(f"{len(values)} values are too many", hint=f"Give at most {MAX_CELLS}")
    if not all(values) and name not in ("prompt", "negative"):
        raise SettingsError(f"“{text}” has an empty value", hint="Take away the comma that is too many")
    for value in values:
        if name == "sampler":
            sampler_named(value)
        elif name not in ("checkpoint", "prompt", "negative"):
            _number(name, value)
    return Axis(name, tuple(values))


def combinations(axes: Sequence[Axis]) -> Iterator[tuple[int, ...]]:
    """The indices of all combinations, the last axis running fastest. Raises SettingsError where they are too many."""
    total = 1
    for axis in axes:
        total *= len(axis.values)
    if total > MAX_CELLS:
        raise SettingsError(f"{total} pictures are too many for a table", hint=f"Ask for at most {MAX_CELLS}")
    return itertools.product(*(range(len(axis.values)) for axis in axes))


def applied(params: GenerationParams, axes: Sequence[Axis], indices: Sequence[int]) -> GenerationParams:
    """The parameters of one combination."""
    for axis, index in zip(axes, indices, strict=True):
        params = axis.apply(params, index)
    return params


def sampler_named(text: str) -> SamplerName:
    """The sampler of a label or a name, in small or capital letters. Raises SettingsError."""
    for name in SamplerName:
        if text.strip().casefold() in (name.value.casefold(), name.name.casefold()):
            return name
    raise SettingsError(f"There is no sampler {text}", hint=f"Choose {', '.join(name.value for name in SamplerName)}")


def _span(value: str) -> list[str]:
    first, dash, last = value.partition("-")
    if dash and first.strip().isdecimal() and last.strip().isdecimal():
        start, end = int(first), int(last)
        if 0 <= end - start < MAX_CELLS:
            return [str(number) for number in range(start, end + 1)]
    return [value]


def _number(name: str, value: str) -> int | float:
    try:
        return int(value) if name in ("steps", "seed") else float(value)
    except ValueError as error:
        raise SettingsError(f"“{value}” is no value of {name}", hint="Write a number") from error


def _swapped(text: str, sought: str, value: str, name: str) -> str:
    if sought not in text:
        raise SettingsError(f"“{sought}” doesn't stand in the {name}", hint="The first value is what is swapped")
    return text.replace(sought, value)
