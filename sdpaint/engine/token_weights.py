"""Weights of words for encoders that know none: T5 and its kin, whose embeddings stand in the order of the tokens.

The embedding of a weighted token is moved away from, or towards, that of an empty prompt in the same place:
empty + weight · (embedding − empty). CLIP's own are multiplied instead, as A1111 does (`clip_prompt`).
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain, repeat
from typing import Any

import torch
from torch import Tensor

from sdpaint.generation.prompt.emphasis import Weighted


def words_of(pieces: Sequence[Weighted]) -> str:
    """What is encoded of them: a BREAK is a space."""
    return "".join(map(_text, pieces)).strip()


def token_weights(tokenizer: Any, pieces: Sequence[Weighted], length: int) -> Tensor:
    """The weight of each of a fast tokenizer's first `length` tokens of `words_of(pieces)`: (length,) float32."""
    whole = "".join(map(_text, pieces))
    lead = len(whole) - len(whole.lstrip())
    of_letters = list(chain.from_iterable(repeat(piece.weight, len(_text(piece))) for piece in pieces))[lead:]
    encoded = tokenizer(
        words_of(pieces), padding="max_length", truncation=True, max_length=length, return_offsets_mapping=True
    )
    weights = torch.ones(length)
    for place, (start, end) in enumerate(encoded["offset_mapping"]):
        if end > start:
            weights[place] = of_letters[end - 1]    # the first letter may be the blank before a word
    return weights


def scaled(embeddings: Tensor, empty: Tensor, weights: Tensor) -> Tensor:
    """(1, tokens, width) embeddings of a prompt and of an empty one, (tokens,) → (1, tokens, width)."""
    factors = weights.to(embeddings)[None, :, None]
    return torch.where(factors == 1.0, embeddings, empty + factors * (embeddings - empty))


def _text(piece: Weighted) -> str:
    return " " if piece.is_break else piece.text
