"""Embeddings (textual inversion) named in a prompt: a word that is a file's name stands for the vectors in that file.

As in A1111: the name alone is enough, in capitals or not, weighted like any other word. ComfyUI's `embedding:name` is
read too. Of names that begin alike the longest counts.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sdpaint.generation.prompt.emphasis import Weighted

_COMFY = re.compile(r"\bembedding:([^\s,:()\[\]{}|<>]+)", re.IGNORECASE)


@dataclass(frozen=True)
class Embedding:
    """The file of one, how many vectors it puts in a prompt, and the start of its SHA-256, by which A1111 knows it."""

    path: Path
    vectors: int
    digest: str = ""


def embeddings_in(texts: Iterable[str], known: Mapping[str, Embedding]) -> dict[str, Embedding]:
    """Those of the known ones that the texts name."""
    if not known:
        return {}
    pattern, names = _pattern(frozenset(known)), _folded(known)
    named = {names[match[1].casefold()] for text in texts for match in pattern.finditer(text)}
    return {name: known[name] for name in known if name in named}


def asked_for(texts: Iterable[str]) -> tuple[str, ...]:
    """Names that can only be meant as embeddings: those behind `embedding:`."""
    return tuple(dict.fromkeys(match[1] for text in texts for match in _COMFY.finditer(text)))


def with_embeddings(pieces: Sequence[Weighted], known: Mapping[str, Embedding]) -> tuple[Weighted, ...]:
    """The words of a prompt with each embedding as a piece of its own: its name, and how many vectors it is."""
    if not known:
        return tuple(pieces)
    pattern, names = _pattern(frozenset(known)), _folded(known)
    parted: list[Weighted] = []
    for piece in pieces:
        end = 0
        for match in pattern.finditer(piece.text):
            if piece.text[end : match.start()].strip():
                parted.append(Weighted(piece.text[end : match.start()], piece.weight))
            name = names[match[1].casefold()]
            parted.append(Weighted(name, piece.weight, vectors=known[name].vectors))
            end = match.end()
        if end == 0:
            parted.append(piece)
        elif piece.text[end:].strip():
            parted.append(Weighted(piece.text[end:], piece.weight))
    return tuple(parted)


def _folded(known: Mapping[str, Embedding]) -> dict[str, str]:
    return {name.casefold(): name for name in known}


@functools.lru_cache(maxsize=8)
def _pattern(names: frozenset[str]) -> re.Pattern[str]:
    longest_first = sorted(names, key=lambda name: (-len(name), name))
    return re.compile(rf"(?<!\w)(?:embedding:)?({'|'.join(map(re.escape, longest_first))})(?!\w)", re.IGNORECASE)
