"""Command search: what the typed letters could mean among everything that can be done.

A word fits where its letters stand together, or begin the words of a name ("gb" finds Gaussian blur). Letters that are
merely scattered over the name in this order come last, for those who remember half of a word.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

MAX_RECENT_COMMANDS = 8


@dataclass(frozen=True)
class Command:
    """One thing that can be done. `path` is where the menus hold it, such as "Generate ▸ Mode"."""

    id: str
    name: str
    path: str = ""
    shortcut: str = ""
    """As this system writes it."""
    enabled: bool = True
    reason: str = ""
    """Why it isn't enabled."""
    checked: bool = False
    icon: str = ""
    keywords: str = ""
    """Other words under which it is looked for."""


@dataclass(frozen=True)
class Found:
    """A command that fits, and the places of its name that were typed."""

    command: Command
    score: float
    places: frozenset[int] = frozenset()


def search(commands: Sequence[Command], text: str, recent: Sequence[str] = ()) -> list[Found]:
    """The commands that every typed word fits, best first; what was used lately comes before its equals.

    Without a word, all: first those used lately, then the others in their order.
    """
    words = text.casefold().split()
    rank = {name: len(recent) - place for place, name in enumerate(recent)}
    found = []
    for command in commands:
        match = _match(command, words)
        if match is not None:
            found.append(match)

    def order(each: Found) -> tuple[float, int]:
        # Less than a step each: recency, and that it can be done now, decide among equals; a better fit still wins.
        bonus = rank.get(each.command.id, 0)
        likely = (0.3 if bonus else 0.0) + (0.6 if each.command.enabled else 0.0)
        return -(each.score + (likely if words else 0.0)), -bonus

    return sorted(found, key=order)


def _match(command: Command, words: Sequence[str]) -> Found | None:
    score, places = 0.0, set()
    name = command.name.casefold()
    for word in words:
        in_name = _fit(word, name)
        elsewhere = max(
            (fit[0] * share for fit, share in _elsewhere(command, word) if fit is not None), default=0.0
        )
        if in_name is not None and in_name[0] >= elsewhere:
            score += in_name[0]
            places.update(in_name[1])
        elif elsewhere:
            score += elsewhere
        else:
            return None
    # Of two that fit, the one with less beside it is meant.
    return Found(command, score - (len(name) * 0.002 if words else 0.0), frozenset(places))


def _elsewhere(command: Command, word: str) -> list[tuple[tuple[float, list[int]] | None, float]]:
    """How a word fits what isn't the name, and how much that counts."""
    result: list[tuple[tuple[float, list[int]] | None, float]] = []
    # Scattered letters count in names only: in a path they would fit nearly everything.
    for text, share in ((command.keywords, 0.8), (command.path, 0.5)):
        fit = _fit(word, text.casefold())
        result.append((fit if fit is not None and fit[0] >= _INSIDE else None, share))
    if command.shortcut and word in command.shortcut.casefold() and len(word) > 1:
        result.append(((_WORD_START, []), 0.9))
    return result


_WHOLE, _START, _WORD_START, _INITIALS, _INSIDE, _SCATTERED = 6.0, 5.0, 4.0, 3.0, 2.0, 1.0


def _fit(word: str, text: str) -> tuple[float, list[int]] | None:
    """How well, and which places of the text."""
    at = text.find(word)
    if at == 0:
        return (_WHOLE if len(word) == len(text) else _START), list(range(len(word)))
    starts = {i for i in range(len(text)) if i == 0 or not text[i - 1].isalnum()}
    for start in sorted(starts):
        if text.startswith(word, start):
            return _WORD_START, list(range(start, start + len(word)))
    initials = _along_words(word, text, 0, starts)
    if initials is not None:
        return _INITIALS, initials
    if at > 0:
        return _INSIDE, list(range(at, at + len(word)))
    scattered = _scattered(word, text)
    return None if scattered is None else (_SCATTERED, scattered)


def _along_words(word: str, text: str, begin: int, starts: set[int]) -> list[int] | None:
    """Places where each letter follows the one before or begins a word."""
    if not word:
        return []
    for start in sorted(each for each in starts if each >= begin and text[each] == word[0]):
        run = 1
        while run < len(word) and start + run < len(text) and text[start + run] == word[run]:
            run += 1
        for length in range(run, 0, -1):
            rest = _along_words(word[length:], text, start + length, starts)
            if rest is not None:
                return [*range(start, start + length), *rest]
    return None


def _scattered(word: str, text: str) -> list[int] | None:
    """Places of the letters in this order, unless they lie far apart."""
    if len(word) < 3:
        return None
    places: list[int] = []
    at = -1
    for letter in word:
        at = text.find(letter, at + 1)
        if at < 0:
            return None
        places.append(at)
    return places if places[-1] - places[0] <= 2 * len(word) + 1 else None
