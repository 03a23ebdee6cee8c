"""What is chosen by the seed: `{a|b|c}`, wildcards `__name__`, and comments taken out.

`{2$$a|b|c}` picks two different ones, joined by a comma; `{3::a|b}` picks a three times as often as b. A wildcard names
a list of lines, one of which takes its place; lines may hold choices and wildcards again. The same text, seed and lists
give the same words.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

_MAX_DEPTH = 12
_MAX_LINES = 500
"""Wildcards in wildcards, and in all: a list that names itself comes to an end."""

_COMMENT = re.compile(r"(?<![\w#&\\])#(?!(?:[0-9a-fA-F]{3,4}|[0-9a-fA-F]{6}|[0-9a-fA-F]{8})\b)[^\n]*")
_WILDCARD = re.compile(r"__([\w][\w /.-]*?)__")
_COUNT = re.compile(r"\s*(\d+)(?:-(\d+))?\$\$(?:([^$|{}]*)\$\$)?")
_PIECE = re.compile(r"\\.|[{}]|[^\\{}]+|\\", re.DOTALL)
_OPTION_PIECE = re.compile(r"\\.|[()\[\]|]|[^\\()\[\]|]+|\\", re.DOTALL)
_SHARE = re.compile(r"\s*(\d+\.?\d*|\.\d+)::")

Wildcards = Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class Chosen:
    """A prompt without choices, and what couldn't be carried out."""

    text: str
    warnings: tuple[str, ...] = ()


def without_comments(text: str) -> str:
    """`#` and what follows it on its line taken out, unless a hex colour such as #ff8800 begins there."""
    if "#" not in text:
        return text
    lines = ((line, _COMMENT.sub("", line)) for line in text.split("\n"))
    return "\n".join(rest for line, rest in lines if rest == line or rest.strip())


def names_in(text: str) -> tuple[str, ...]:
    """The wildcard lists that a text names."""
    return tuple(match[1].strip() for match in _WILDCARD.finditer(text))


def choose(text: str, seed: int, wildcards: Wildcards | None = None) -> Chosen:
    """Everything chosen by `seed`; comments out first."""
    chooser = _Chooser(random.Random(f"sdpaint {seed}"), wildcards or {})
    return Chosen(chooser.choose(without_comments(text), 0), tuple(chooser.warnings))


class _Chooser:
    def __init__(self, dice: random.Random, lists: Wildcards) -> None:
        self._dice = dice
        self._lists = lists
        self._lines = 0
        self.warnings: dict[str, None] = {}

    def choose(self, text: str, depth: int) -> str:
        text = _resolved(text, lambda inside: _pick(inside, self._dice))
        return _WILDCARD.sub(lambda match: self._line_for(match, depth), text)

    def _line_for(self, match: re.Match[str], depth: int) -> str:
        name = match[1].strip()
        lines = self._lists.get(name)
        if not lines:
            self.warnings[f"There is no wildcard list “{name}”"] = None
            return match[0]
        self._lines += 1
        if depth >= _MAX_DEPTH or self._lines > _MAX_LINES:
            self.warnings[f"The wildcard list “{name}” leads to too many others"] = None
            return ""
        return self.choose(self._dice.choice(lines), depth + 1)


def _resolved(text: str, pick: Callable[[str], str]) -> str:
    """Each pair of braces replaced by what `pick` makes of its inside, from the inside out, in one pass.

    A brace without a partner stands for itself, and so does one behind a backslash, which goes away.
    """
    open_parts: list[list[str]] = [[]]
    for piece in _PIECE.findall(text):
        if piece == "{":
            open_parts.append([])
        elif piece == "}" and len(open_parts) > 1:
            open_parts[-2].append(pick("".join(open_parts.pop())))
        else:
            open_parts[-1].append(piece[1] if piece in ("\\{", "\\}") else piece)
    return "{".join("".join(parts) for parts in open_parts)


def _options(inside: str) -> list[str]:
    """Parted at the bars that lie in no other brackets."""
    options = [""]
    depth = 0
    for piece in _OPTION_PIECE.findall(inside):
        depth += (piece in "([") - (piece in ")]")
        if piece == "|" and depth <= 0:
            options.append("")
        else:
            options[-1] += piece
    return options


def _pick(inside: str, dice: random.Random) -> str:
    count, joint = 1, ", "
    wanted = _COUNT.match(inside)
    if wanted is not None:
        least, most = int(wanted[1]), int(wanted[2] or wanted[1])
        count = dice.randint(min(least, most), max(least, most))
        joint = wanted[3] if wanted[3] is not None else joint
        inside = inside[wanted.end() :]
    options: list[str] = []
    shares: list[float] = []
    for option in _options(inside):
        share = _SHARE.match(option)
        shares.append(float(share[1]) if share is not None else 1.0)
        options.append(option[share.end() :] if share is not None else option)
    picked: list[str] = []
    while options and len(picked) < count:
        total = sum(shares)
        index = dice.choices(range(len(options)), shares)[0] if total > 0 else dice.randrange(len(options))
        picked.append(options.pop(index))
        shares.pop(index)
    return joint.join(picked)
