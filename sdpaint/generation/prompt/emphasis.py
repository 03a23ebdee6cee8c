"""Weights of words: `(more)`, `[less]`, `(exactly:1.3)`, within each other, as A1111 reads them.

`(x)` multiplies by 1.1, `[x]` divides by it, `(x:1.3)` multiplies by the number. A backslash takes a bracket's meaning
away. A bracket that is never closed reaches to the end; one that closes nothing stands for itself.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

STEP = 1.1
"""What one pair of brackets multiplies by."""

_TOKEN = re.compile(
    r"\\[\\()\[\]]|\\|\(|\[|:\s*([+-]?(?:\d+\.?\d*|\.\d+))\s*\)|\)|\]|[^\\()\[\]:]+|:"
)
_BREAK = re.compile(r"\s*\bBREAK\b\s*")


@dataclass(frozen=True)
class Weighted:
    """Text and what its embeddings are multiplied by. `is_break`: no text, but the end of a chunk.

    `vectors`: the text is the name of an embedding, which takes the room of so many tokens; 0: it is words.
    """

    text: str
    weight: float = 1.0
    is_break: bool = False
    vectors: int = 0


def weighted(text: str) -> tuple[Weighted, ...]:
    """The words of a prompt with their weights; neighbours of one weight are one. Never empty."""
    pieces: list[list[str | float | bool]] = []
    round_opened: list[int] = []
    square_opened: list[int] = []

    def multiply(start: int, factor: float) -> None:
        for piece in pieces[start:]:
            piece[1] = float(piece[1]) * factor

    for match in _TOKEN.finditer(text):
        token = match[0]
        if token.startswith("\\") and len(token) == 2:
            pieces.append([token[1], 1.0, False])
        elif token == "(":
            round_opened.append(len(pieces))
        elif token == "[":
            square_opened.append(len(pieces))
        elif match[1] is not None and round_opened:
            multiply(round_opened.pop(), float(match[1]))
        elif token == ")" and round_opened:
            multiply(round_opened.pop(), STEP)
        elif token == "]" and square_opened:
            multiply(square_opened.pop(), 1.0 / STEP)
        else:
            for index, part in enumerate(_BREAK.split(token)):
                if index:
                    pieces.append(["", 1.0, True])
                pieces.append([part, 1.0, False])
    for start in round_opened:
        multiply(start, STEP)
    for start in square_opened:
        multiply(start, 1.0 / STEP)
    return _merged([Weighted(str(text), float(weight), bool(ends)) for text, weight, ends in pieces])


def _merged(pieces: list[Weighted]) -> tuple[Weighted, ...]:
    merged: list[Weighted] = []
    for piece in pieces:
        if piece.is_break:
            merged.append(Weighted("", 1.0, is_break=True))
        elif merged and not merged[-1].is_break and merged[-1].weight == piece.weight:
            merged[-1] = Weighted(merged[-1].text + piece.text, piece.weight)
        elif piece.text or not merged:
            merged.append(piece)
    merged = [piece for piece in merged if piece.text or piece.is_break]
    return tuple(merged) or (Weighted(""),)


def plain(text: str) -> str:
    """The words without brackets and weights, for encoders that know none. A BREAK becomes a space."""
    return "".join(" " if piece.is_break else piece.text for piece in weighted(text)).strip()


def has_weights(text: str) -> bool:
    """Whether any word weighs more or less than it does by itself."""
    return any(piece.weight != 1.0 for piece in weighted(text))


def escaped(text: str) -> str:
    """The text so that its brackets stand for themselves."""
    return re.sub(r"([\\()\[\]])", r"\\\1", text)
