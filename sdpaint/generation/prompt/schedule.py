"""Words that come, go, or alternate while denoising goes on: `[from:to:when]`, `[to:when]`, `[from::when]`, `[a|b]`.

The language is that of A1111. As a grammar, with `…` for what is in quotation marks otherwise:

    prompt    = { scheduled | alternate | group | text }
    scheduled = "[" [ prompt ":" ] prompt ":" number "]"          (here a bar stands for itself)
    alternate = "[" prompt "|" prompt { "|" prompt } "]"
    group     = "(" prompt [ ":" prompt ] ")" | "[" prompt "]"
    text      = any characters but []():| , or a backslash and any character

A bracket that fits no rule stands for itself, and so does a colon or bar outside of brackets. Choices are tried in the
order written (a parsing expression grammar) and remembered by place, so that no input takes more than linear time in
the number of rules. Groups are weights; they are carried through as they are written, for `emphasis`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from sdpaint.errors import SettingsError

MAX_LENGTH = 100_000
"""Characters; longer text is no prompt."""

_MAX_DEPTH = 60
"""Brackets within brackets. Deeper ones stand for themselves."""

_TEXT = re.compile(r"(?:[^\\\[\]():|]|\\.)+|\\", re.DOTALL)
_WHEN = re.compile(r":\s*([+-]?(?:\d+\.?\d*|\.\d+))\s*\]")
_CLOSING = {"(": ")", "[": "]"}


@dataclass(frozen=True)
class Text:
    """What stands for itself."""

    text: str


@dataclass(frozen=True)
class Scheduled:
    """`before` until a moment, `after` from then on. `when` with a dot is a share of the steps, else a step."""

    before: Parts
    after: Parts
    when: str

    def step(self, steps: int) -> int:
        """The last step of `before`; 0 where there is none."""
        moment = float(self.when) * steps if "." in self.when else float(self.when)
        return max(0, min(steps, int(moment)))


@dataclass(frozen=True)
class Alternate:
    """One after the other, step by step, and again from the first."""

    options: tuple[Parts, ...]


@dataclass(frozen=True)
class Parts:
    """Parts one behind the other."""

    parts: tuple[Part, ...]


Part = Text | Scheduled | Alternate | Parts


@dataclass(frozen=True)
class Stretch:
    """What is asked for up to and with `last_step`, the first being 1."""

    last_step: int
    text: str


def schedule(text: str, steps: int) -> tuple[Stretch, ...]:
    """What the prompt asks for at each step of `steps`, steps with the same text as one stretch, by alternation too.

    Raises SettingsError where the text is too long to be a prompt.
    """
    if steps < 1:
        raise ValueError(f"{steps} steps")
    tree = parse(text)
    ends = sorted({steps, *_ends(tree, steps)})
    return tuple(Stretch(end, _at(tree, end, steps)) for end in ends)


def parse(text: str) -> Parts:
    """The tree of a prompt. Every text has one."""
    if len(text) > MAX_LENGTH:
        raise SettingsError(
            f"A prompt of {len(text)} characters can't be used", hint=f"Use at most {MAX_LENGTH} characters"
        )
    return _Parser(text).all()


class _Parser:
    def __init__(self, text: str) -> None:
        self._text = text
        self._known: dict[int, tuple[Part, int] | None] = {}
        self._depth = 0
        self._wont_close = {"(": len(text), "[": len(text)}
        for opening, closing in _CLOSING.items():
            self._wont_close[opening] = text.rfind(closing)

    def all(self) -> Parts:
        parts: list[Part] = []
        at = 0
        while at < len(self._text):
            sequence, at = self._sequence(at)
            parts.extend(sequence.parts)
            if at < len(self._text):
                parts.append(Text(self._text[at]))
                at += 1
        return Parts(_joined(parts))

    def _sequence(self, at: int, bars: bool = False) -> tuple[Parts, int]:
        """As many parts as there are from `at` on, up to a character that only a rule outside could take.

        With `bars`, a bar stands for itself.
        """
        parts: list[Part] = []
        while at < len(self._text):
            if bars and self._text[at] == "|":
                parts.append(Text("|"))
                at += 1
                continue
            found = self._part(at)
            if found is None:
                break
            part, at = found
            parts.append(part)
        return Parts(_joined(parts)), at

    def _part(self, at: int) -> tuple[Part, int] | None:
        character = self._text[at]
        if character not in _CLOSING:
            match = _TEXT.match(self._text, at)
            return None if match is None else (Text(match[0]), match.end())
        if at not in self._known:
            self._known[at] = self._bracket(at, character)
        return self._known[at]

    def _bracket(self, at: int, opening: str) -> tuple[Part, int] | None:
        if self._wont_close[opening] < at or self._depth >= _MAX_DEPTH:
            return None
        self._depth += 1
        try:
            return self._round(at) if opening == "(" else self._square(at)
        finally:
            self._depth -= 1

    def _round(self, at: int) -> tuple[Part, int] | None:
        inside, end = self._sequence(at + 1)
        parts: list[Part] = [Text("("), *inside.parts]
        if self._text[end : end + 1] == ":":
            weight, end = self._sequence(end + 1)
            parts += [Text(":"), *weight.parts]
        if self._text[end : end + 1] != ")":
            return None
        return Parts(_joined([*parts, Text(")")])), end + 1

    def _square(self, at: int) -> tuple[Part, int] | None:
        first, end = self._sequence(at + 1, bars=True)
        when = _WHEN.match(self._text, end)
        if when is not None:
            return Scheduled(Parts(()), first, when[1]), when.end()
        if self._text[end : end + 1] == ":":
            second, end = self._sequence(end + 1, bars=True)
            when = _WHEN.match(self._text, end)
            return None if when is None else (Scheduled(first, second, when[1]), when.end())
        first, end = self._sequence(at + 1)
        if self._text[end : end + 1] == "|":
            return self._alternate(first, end)
        if self._text[end : end + 1] == "]":
            return Parts(_joined([Text("["), *first.parts, Text("]")])), end + 1
        return None

    def _alternate(self, first: Parts, end: int) -> tuple[Part, int] | None:
        options = [first]
        while self._text[end : end + 1] == "|":
            option, end = self._sequence(end + 1)
            options.append(option)
        if self._text[end : end + 1] != "]":
            return None
        return Alternate(tuple(options)), end + 1


def _joined(parts: list[Part]) -> tuple[Part, ...]:
    """Texts that follow each other as one, sequences laid open."""
    joined: list[Part] = []
    for part in parts:
        for piece in part.parts if isinstance(part, Parts) else (part,):
            if isinstance(piece, Text) and joined and isinstance(joined[-1], Text):
                joined[-1] = Text(joined[-1].text + piece.text)
            else:
                joined.append(piece)
    return tuple(joined)


def _walk(tree: Part) -> Iterator[Part]:
    """All parts that are no sequences."""
    match tree:
        case Parts(parts):
            for part in parts:
                yield from _walk(part)
        case Scheduled(before, after):
            yield tree
            yield from _walk(before)
            yield from _walk(after)
        case Alternate(options):
            yield tree
            for option in options:
                yield from _walk(option)
        case Text():
            yield tree


def _ends(tree: Part, steps: int) -> Iterator[int]:
    """Last steps of stretches."""
    for part in _walk(tree):
        if isinstance(part, Scheduled):
            step = part.step(steps)
            if step >= 1:
                yield step
        elif isinstance(part, Alternate):
            yield from range(1, steps + 1)


def _at(tree: Part, step: int, steps: int) -> str:
    match tree:
        case Parts(parts):
            return "".join(_at(part, step, steps) for part in parts)
        case Scheduled(before, after):
            return _at(before if step <= tree.step(steps) else after, step, steps)
        case Alternate(options):
            return _at(options[(step - 1) % len(options)], step, steps)
        case Text(text):
            return text
