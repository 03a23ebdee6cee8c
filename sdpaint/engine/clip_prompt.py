"""Prompts of any length and weight for CLIP text encoders, as A1111 encodes them.

Each chunk of 75 tokens is encoded by itself, between the marks of beginning and end, and filled up with padding; the
results stand one behind the other. What a token came out as is multiplied by its weight, and the whole is then scaled
so that its mean is what it was ("original" emphasis). SDXL was found to fare better without the latter ("no norm").
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from sdpaint.generation.prompt.chunks import CHUNK_TOKENS, Chunk, chunks
from sdpaint.generation.prompt.emphasis import Weighted

_LEAST_MEAN = 1e-6


@dataclass(frozen=True, eq=False)
class ClipEncoder:
    """A tokenizer and its text encoder. `penultimate`: the layer before the last is read, as SDXL does it.

    `vectors`: what it reads where embeddings are named, by name, (vectors, width).
    """

    tokenizer: Any
    network: Any
    penultimate: bool = False
    restores_mean: bool = True
    vectors: Mapping[str, Tensor] = field(default_factory=dict)

    @property
    def room(self) -> int:
        """Tokens that fit into one chunk."""
        return min(CHUNK_TOKENS, int(self.tokenizer.model_max_length) - 2)

    def chunks(self, pieces: Sequence[Weighted]) -> tuple[Chunk, ...]:
        """The chunks of a weighted prompt."""
        comma = self._ids(",")
        return chunks(pieces, self._ids, self.room, comma[0] if len(comma) == 1 else None)

    def _ids(self, text: str) -> list[int]:
        found: list[int] = self.tokenizer(text, add_special_tokens=False, truncation=False, verbose=False).input_ids
        return found

    def encode(self, found: Sequence[Chunk], count: int) -> tuple[Tensor, Tensor | None]:
        """Chunks, with empty ones behind them up to `count`: (1, count × tokens, width).

        And the pooled output of the first chunk, (1, width), where the encoder has one.
        """
        padded = [*found, *[Chunk()] * (count - len(found))]
        ids, weights = self._laid_out(padded)
        device = self.network.device
        with self._embedding(padded):
            output = self.network(ids.to(device), output_hidden_states=self.penultimate)
        states: Tensor = output.hidden_states[-2] if self.penultimate else output.last_hidden_state
        states = self._weighted(states, weights.to(device))
        pooled = output[0][:1] if self.penultimate and output[0].ndim == 2 else None
        return states.reshape(1, -1, states.shape[-1]), pooled

    @contextmanager
    def _embedding(self, found: Sequence[Chunk]) -> Iterator[None]:
        """Lay vectors in where chunks name embeddings, within a `with` block."""

        def lay_in(_network: Any, _inputs: Any, output: Tensor) -> Tensor:
            laid = output.clone()
            for row, chunk in enumerate(found):
                for place, name in chunk.embedded:
                    vectors = self.vectors[name][: self.room]
                    laid[row, 1 + place : 1 + place + len(vectors)] = vectors.to(laid)  # behind the mark of beginning
            return laid

        if not any(chunk.embedded for chunk in found):
            yield
            return
        handle = self.network.get_input_embeddings().register_forward_hook(lay_in)
        try:
            yield
        finally:
            handle.remove()

    def _laid_out(self, found: Sequence[Chunk]) -> tuple[Tensor, Tensor]:
        """(chunks, tokens) of ids with marks and padding, and of weights."""
        begin, end = int(self.tokenizer.bos_token_id), int(self.tokenizer.eos_token_id)
        padding = int(self.tokenizer.pad_token_id)
        length = self.room + 2
        ids = torch.full((len(found), length), padding, dtype=torch.long)
        weights = torch.ones((len(found), length), dtype=torch.float32)
        for row, chunk in enumerate(found):
            count = len(chunk.ids)
            ids[row, 0] = begin
            ids[row, 1 : 1 + count] = torch.tensor(chunk.ids, dtype=torch.long)
            ids[row, 1 + count] = end
            weights[row, 1 : 1 + count] = torch.tensor(chunk.weights)
        return ids, weights

    def _weighted(self, states: Tensor, weights: Tensor) -> Tensor:
        if bool((weights == 1.0).all()):
            return states
        # In float32: a mean of half numbers is none.
        wide = states.float()
        heavy = wide * weights[..., None]
        if self.restores_mean:
            before, after = wide.mean(), heavy.mean()
            if after.abs() > _LEAST_MEAN:
                heavy = heavy * (before / after)
        return heavy.to(states.dtype)


def is_plain(pieces: Sequence[Weighted]) -> bool:
    """Whether there is nothing that the pipeline's own encoding couldn't do, but for its length."""
    return len(pieces) == 1 and pieces[0].weight == 1.0 and not pieces[0].is_break and not pieces[0].vectors
