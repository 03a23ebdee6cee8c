"""Chunks: how a prompt of any length is laid out for an encoder that reads 75 tokens at a time.

As A1111 does it: a chunk that is full ends behind its last comma, where one lies within its last 20 tokens; BREAK ends
a chunk at once; each chunk is filled up with padding and encoded by itself, the results are put one behind the other.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sdpaint.generation.prompt.emphasis import Weighted

CHUNK_TOKENS = 75
LOOK_BACK_TOKENS = 20

Tokenize = Callable[[str], Sequence[int]]
"""Text → ids, without the marks of beginning and end."""


@dataclass(frozen=True)
class Chunk:
    """Ids with the weight of each, at most `size` of them, without marks and padding.

    `embedded`: at which of them the vectors of which embedding begin; the ids there mean nothing.
    """

    ids: tuple[int, ...] = ()
    weights: tuple[float, ...] = ()
    embedded: tuple[tuple[int, str], ...] = ()


def chunks(
    pieces: Sequence[Weighted],
    tokenize: Tokenize,
    size: int = CHUNK_TOKENS,
    comma: int | None = None,
    look_back: int = LOOK_BACK_TOKENS,
) -> tuple[Chunk, ...]:
    """The chunks of a weighted prompt: at least one. `comma` is the id of ",", behind which a full chunk may end.

    The vectors of an embedding stay together; of more than fit into a chunk the first count.
    """
    done: list[Chunk] = []
    ids: list[int] = []
    weights: list[float] = []
    embedded: list[tuple[int, str]] = []
    behind_comma = -1

    def end_chunk(at: int) -> None:
        nonlocal behind_comma
        done.append(Chunk(tuple(ids[:at]), tuple(weights[:at]), tuple(each for each in embedded if each[0] < at)))
        embedded[:] = [(place - at, name) for place, name in embedded if place >= at]
        del ids[:at], weights[:at]
        behind_comma = -1

    for piece in pieces:
        if piece.is_break:
            end_chunk(len(ids))
            continue
        if piece.vectors:
            count = min(piece.vectors, size)
            if len(ids) + count > size:
                end_chunk(len(ids))
            embedded.append((len(ids), piece.text))
            ids += [0] * count
            weights += [piece.weight] * count
            continue
        for token in tokenize(piece.text):
            if len(ids) == size:
                near = behind_comma > 0 and size - behind_comma <= min(look_back, size // 2)
                end_chunk(behind_comma if near else size)
            ids.append(token)
            weights.append(piece.weight)
            if token == comma:
                behind_comma = len(ids)
    if ids or not done:
        end_chunk(len(ids))
    return tuple(done)
