"""Editing a prompt: weights raised and lowered where the cursor is, marks for colouring, and what is being written."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

WEIGHT_STEP = 0.1
_LEAST, _MOST = 0.0, 4.0

_WEIGHTED = re.compile(r"\(([^()]*):\s*([+-]?(?:\d+\.?\d*|\.\d+))\s*\)")
_TAG = re.compile(r"<(?:lora|lyco|hypernet):([^<>:]*)(?::([+-]?(?:\d+\.?\d*|\.\d+)))?[^<>]*>", re.IGNORECASE)
_WORD = re.compile(r"[^\s,()\[\]{}|<>:]+")


class Mark(Enum):
    """What a part of a prompt is."""

    BRACKET = "bracket"
    WEIGHT = "weight"
    SCHEDULE = "schedule"
    KEYWORD = "keyword"
    ADAPTER = "adapter"
    WILDCARD = "wildcard"
    CHOICE = "choice"
    COMMENT = "comment"
    UNBALANCED = "unbalanced"


@dataclass(frozen=True)
class Span:
    """A marked part: characters `start` to `end`."""

    start: int
    end: int
    mark: Mark


_MARKS = re.compile(
    r"(?P<escape>\\.)"
    r"|(?P<comment>(?<![\w#&\\])#(?!(?:[0-9a-fA-F]{3,4}|[0-9a-fA-F]{6}|[0-9a-fA-F]{8})\b)[^\n]*)"
    r"|(?P<adapter><(?:lora|lyco|hypernet):[^<>]*>)"
    r"|(?P<wildcard>__[\w][\w /.-]*?__)"
    r"|(?P<keyword>\bBREAK\b)"
    r"|(?P<weight>:\s*[+-]?(?:\d+\.?\d*|\.\d+)(?=\s*[)\]]))"
    r"|(?P<open>[(\[{])|(?P<close>[)\]}])|(?P<bar>[|:])",
    re.IGNORECASE | re.DOTALL,
)
_PARTNERS = {")": "(", "]": "[", "}": "{"}
_OF_BRACKET = {"(": Mark.BRACKET, "[": Mark.SCHEDULE, "{": Mark.CHOICE}


def spans(text: str) -> tuple[Span, ...]:
    """The marked parts of a prompt, by their starts. A bracket without a partner is marked as that."""
    found: list[Span] = []
    opened: list[tuple[str, int]] = []
    for match in _MARKS.finditer(text):
        kind, start, end = match.lastgroup, match.start(), match.end()
        if kind == "open":
            opened.append((match[0], len(found)))
            found.append(Span(start, end, Mark.UNBALANCED))
        elif kind == "close":
            partner = _PARTNERS[match[0]]
            if opened and opened[-1][0] == partner:
                _, index = opened.pop()
                mark = _OF_BRACKET[partner]
                found[index] = Span(found[index].start, found[index].end, mark)
                found.append(Span(start, end, mark))
            else:
                found.append(Span(start, end, Mark.UNBALANCED))
        elif kind == "bar":
            if opened and opened[-1][0] != "(":
                found.append(Span(start, end, _OF_BRACKET[opened[-1][0]]))
        elif kind == "keyword":
            if match[0] == "BREAK":
                found.append(Span(start, end, Mark.KEYWORD))
        elif kind in ("comment", "adapter", "wildcard", "weight"):
            found.append(Span(start, end, Mark(kind)))
    return tuple(found)


_SPELT = re.compile(r"(?<![^\W_]|['’])[^\W\d_]{3,}(?:['’][^\W\d_]+)*(?![\d'’])")
_NO_WORDS = (Mark.COMMENT, Mark.ADAPTER, Mark.WILDCARD, Mark.KEYWORD)


def spelt_words(text: str) -> tuple[tuple[int, int], ...]:
    """Starts and ends of the words whose spelling can be looked up.

    Names, which have a capital letter elsewhere than at the start of the prompt, and what isn't read aren't.
    """
    passed_over = [(span.start, span.end) for span in spans(text) if span.mark in _NO_WORDS]
    found = []
    for match in _SPELT.finditer(text):
        start, end = match.span()
        word = match[0] if text[:start].strip() else match[0][0].lower() + match[0][1:]
        if word == word.lower() and not any(first < end and last > start for first, last in passed_over):
            found.append((start, end))
    return tuple(found)


@dataclass(frozen=True)
class Edited:
    """A prompt after an edit, with what is selected in it."""

    text: str
    start: int
    end: int


def reweighted(text: str, start: int, end: int, change: float) -> Edited:
    """The weight of the selection, or of what the cursor stands in, changed: `(word:1.1)`.

    The cursor may stand in a tag of an adapter, in weighted brackets, or in a word. A weight that comes back to 1 loses
    its brackets. Where the cursor stands in nothing, nothing changes.
    """
    start, end = sorted(max(0, min(len(text), place)) for place in (start, end))
    for match in _TAG.finditer(text):
        if match.start() <= start and end <= match.end():
            return _tag_reweighted(text, match, change)
    for match in _WEIGHTED.finditer(text):
        if match.start() <= start and end <= match.end():
            return _brackets_reweighted(text, match, change)
    if start == end:
        word = _word_at(text, start)
        if word is None:
            return Edited(text, start, end)
        start, end = word
    if not text[start:end].strip():
        return Edited(text, start, end)
    while text[start].isspace():
        start += 1
    while text[end - 1].isspace():
        end -= 1
    inside = text[start:end]
    weight = _number(1.0 + change)
    return Edited(f"{text[:start]}({inside}:{weight}){text[end:]}", start + 1, start + 1 + len(inside))


def _brackets_reweighted(text: str, match: re.Match[str], change: float) -> Edited:
    inside = match[1]
    weight = _bounded(float(match[2]) + change)
    if abs(weight - 1.0) < 1e-6:
        return Edited(text[: match.start()] + inside + text[match.end() :], match.start(), match.start() + len(inside))
    written = f"({inside}:{_number(weight)})"
    start = match.start() + 1
    return Edited(text[: match.start()] + written + text[match.end() :], start, start + len(inside))


def _tag_reweighted(text: str, match: re.Match[str], change: float) -> Edited:
    if match[2] is None:
        at = match.end(1)
        written = f":{_number(1.0 + change)}"
        return Edited(text[:at] + written + text[at:], match.start(1), match.end(1))
    weight = _number(max(-_MOST, min(_MOST, float(match[2]) + change)))
    return Edited(text[: match.start(2)] + weight + text[match.end(2) :], match.start(1), match.end(1))


def _word_at(text: str, at: int) -> tuple[int, int] | None:
    for match in _WORD.finditer(text):
        if match.start() <= at <= match.end():
            return match.start(), match.end()
    return None


def _bounded(weight: float) -> float:
    return max(_LEAST, min(_MOST, weight))


def _number(weight: float) -> str:
    return f"{round(weight, 2):g}"


class Sought(Enum):
    """What may be completed."""

    WORD = "word"
    ADAPTER = "adapter"
    WILDCARD = "wildcard"


@dataclass(frozen=True)
class Completion:
    """What is being written before the cursor: characters `start` to `end`, which a completion replaces."""

    sought: Sought
    start: int
    end: int
    prefix: str


_ADAPTER_START = re.compile(r"<(?:lora|lyco):([^<>:]*)$", re.IGNORECASE)
_WILDCARD_START = re.compile(r"__([\w/.-]*)$")
_WORDS_START = re.compile(r"[^\s,()\[\]{}|<>:\\](?:[^,()\[\]{}|<>:\\\n]*[^\s,()\[\]{}|<>:\\])?$")


def completion_at(text: str, at: int) -> Completion | None:
    """What is being written at the cursor, None where nothing is. Words reach back to the comma or bracket before."""
    before = text[:at]
    adapter = _ADAPTER_START.search(before)
    if adapter is not None:
        return Completion(Sought.ADAPTER, adapter.start(1), at, adapter[1])
    wildcard = _WILDCARD_START.search(before)
    if wildcard is not None and before.count("__") % 2 == 1:
        return Completion(Sought.WILDCARD, wildcard.start(1), at, wildcard[1])
    words = _WORDS_START.search(before)
    if words is None or (at < len(text) and text[at].isalnum()):
        return None
    return Completion(Sought.WORD, words.start(), at, words[0])


def matches(prefix: str, offered: tuple[str, ...], most: int = 12) -> tuple[str, ...]:
    """What begins with the prefix, then what holds a word that does; in the order offered. Empty below 2 letters."""
    sought = prefix.casefold().strip()
    if len(sought) < 2:
        return ()
    return tuple(_unique(_ranked(sought, offered)))[:most]


def _ranked(sought: str, offered: tuple[str, ...]) -> Iterator[str]:
    folded = [(word, word.casefold()) for word in offered]
    yield from (word for word, plain in folded if plain.startswith(sought) and plain != sought)
    yield from (word for word, plain in folded if f" {sought}" in plain)


def _unique(words: Iterator[str]) -> Iterator[str]:
    return iter(dict.fromkeys(words))


def behind_adapter(weight: float | None = None, trigger: str = "") -> str:
    """What comes behind an adapter's name: its weight, and the words that it answers to."""
    return f":{1.0 if weight is None else weight:g}>" + (f", {trigger}" if trigger else "")


def inserted(text: str, completion: Completion, word: str, behind: str = "") -> tuple[str, int]:
    """The text with a completion taken, and where the cursor is then. `behind`: as `behind_adapter` says it."""
    behind = {
        Sought.ADAPTER: behind or behind_adapter(), Sought.WILDCARD: "__", Sought.WORD: ""
    }[completion.sought]  # fmt: skip
    if completion.sought is Sought.WORD:
        word = re.sub(r"([\\()\[\]{}])", r"\\\1", word)
    whole = text[: completion.start] + word + behind + text[completion.end :]
    return whole, completion.start + len(word) + len(behind)


_OPENING, _CLOSING = tuple("([{|,:\n"), tuple(")]}|,:\n")


def with_words(text: str, start: int, end: int, words: str) -> Edited:
    """The words in the place of the selection, with commas where they meet others. The cursor comes behind them."""
    before, after, words = text[:start].rstrip(" "), text[end:].lstrip(" "), words.strip()
    if before.endswith(","):
        before += " "
    elif before and not before.endswith(_OPENING):
        before += ", "
    place = len(before) + len(words)
    if after and not after.startswith(_CLOSING):
        after = f", {after}"
    return Edited(before + words + after, place, place)
