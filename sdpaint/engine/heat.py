"""Heat maps of words: cross-attention gathered while a picture is made (DAAM, Tang et al. 2022).

What each place looks at, as a share of all tokens, is averaged over heads and over the tokens of a word, enlarged to
the size of the latents, and averaged over layers and steps. The network computes as ever: what is gathered is computed
beside it from the same queries and keys, so that the picture is the same, bit for bit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from torch import Tensor

from sdpaint.engine.conditioning import clip_encoders, words_over_steps
from sdpaint.engine.lanes import Lanes
from sdpaint.engine.loader import LoadedCheckpoint
from sdpaint.engine.regional_attention import AttentionAround, RegionalAttention, cross_attentions
from sdpaint.generation.families import FAMILIES
from sdpaint.generation.heat import HeatMaps
from sdpaint.generation.prompt.embeddings import with_embeddings
from sdpaint.generation.prompt.emphasis import weighted
from sdpaint.generation.request import GenerationRequest

_LEAST_PLACES = 12
"""Layers with fewer places along the shorter side are too coarse to point at anything, as DAAM's middle block is."""

Position = Callable[[], tuple[int, int] | None]

Places = Mapping[str, tuple[int, ...]]
"""Word → which of the tokens that the network is given are its own."""


class HeatGatherer:
    """Watches the cross-attention of a UNet in one denoising loop."""

    def __init__(
        self,
        network: Any,
        words: Sequence[Sequence[tuple[int, Places]]],
        size: tuple[int, int],
        steps: int,
        regions: RegionalAttention | Lanes | None = None,
    ) -> None:
        """`words`: for the whole's own prompt and for each region's, from which step on (the first is 1) they hold.

        `size`: height and width of the latents.
        """
        self._network = network
        self._words = words
        self._regions = regions
        self._names = tuple(dict.fromkeys(word for text in words for _, places in text for word in places))
        self._sums = torch.zeros(len(self._names), *size)
        self._looks = 0
        self._steps = steps
        self._position: Position = lambda: None

    @contextmanager
    def attached(self, position: Position) -> Iterator[None]:
        """Gather within a `with` block, which is entered before that of regions. Afterwards the network is as it was.

        `position` says how many evaluations of the network are done, of how many; None: the next is a blind one.
        """
        self._position = position
        before = [(layer, layer.processor) for layer in cross_attentions(self._network)]
        try:
            for layer, processor in before:
                layer.set_processor(_Gathering(processor, self))
            yield
        finally:
            for layer, processor in before:
                layer.set_processor(processor)

    @property
    def maps(self) -> HeatMaps:
        """What was gathered so far."""
        mean = self._sums / max(1, self._looks)
        return HeatMaps(self._names, np.ascontiguousarray(mean.cpu().numpy(), np.float32))

    def look(self, attn: Any, hidden_states: Tensor, words: Tensor) -> None:
        """One layer at one step, for the words of the whole or of a region."""
        height, width = _sides(hidden_states.shape[1], self._sums.shape[-2:])
        if min(height, width) < min(_LEAST_PLACES, min(self._sums.shape[-2:]) // 2):
            return
        turn = 0 if self._regions is None else self._regions.turn
        places = self._places(turn)
        share = None if self._regions is None else self._regions.share_of(turn, hidden_states)
        if turn == 0:
            self._looks += 1
        if not places:
            return
        # The last of the batch is what the prompt asks for; before it comes what the negative one does.
        probabilities = _probabilities(attn, hidden_states[-1:], words[-1:])    # (places, tokens)
        heat = torch.stack([probabilities[:, list(tokens)].mean(1) for tokens in places.values()])
        if share is not None:
            heat = heat * share.reshape(1, -1).to(heat)
        large = torch.nn.functional.interpolate(
            heat.reshape(1, len(places), height, width), size=self._sums.shape[-2:], mode="bicubic", align_corners=False
        )[0]
        if self._sums.device != large.device:
            self._sums = self._sums.to(large.device)
        rows = torch.tensor([self._names.index(word) for word in places], device=large.device)
        self._sums.index_add_(0, rows, large.clamp_min(0.0).to(self._sums.dtype))

    def _places(self, turn: int) -> Places:
        done, calls = self._position() or (0, 1)
        step, found = done * self._steps // calls + 1, self._words[turn][0][1]
        for start, places in self._words[turn]:
            if step >= start:
                found = places
        return found


class _Gathering(AttentionAround):
    """The output as it is; what was looked at is gathered beside it."""

    def __init__(self, inner: Any, gatherer: HeatGatherer) -> None:
        super().__init__(inner)
        self._gatherer = gatherer

    def around(self, attend: Callable[[Any], Tensor], attn: Any, hidden_states: Tensor, words: Any) -> Tensor:
        """See the class."""
        if hidden_states.ndim == 3:
            self._gatherer.look(attn, hidden_states, words[0] if isinstance(words, tuple) else words)
        return attend(words)


def _probabilities(attn: Any, hidden_states: Tensor, words: Tensor) -> Tensor:
    """(places, tokens) in float32: the mean over heads of softmax(Q Kᵀ)."""
    if attn.norm_cross:
        words = attn.norm_encoder_hidden_states(words)
    query, key = attn.to_q(hidden_states), attn.to_k(words)
    query, key = (each.reshape(*each.shape[1:2], attn.heads, -1).transpose(0, 1).float() for each in (query, key))
    scores = torch.baddbmm(
        torch.empty(attn.heads, query.shape[1], key.shape[1], device=query.device),
        query, key.transpose(1, 2), beta=0, alpha=attn.scale,
    )  # fmt: skip
    return scores.softmax(-1).mean(0)


def _sides(places: int, size: torch.Size) -> tuple[int, int]:
    """Height and width of the level of the network that has so many places."""
    height, width = size
    while height * width > places:
        height, width = -(-height // 2), -(-width // 2)
    return height, width


def gatherer_for(
    loaded: LoadedCheckpoint, request: GenerationRequest, steps: int, regions: RegionalAttention | Lanes | None
) -> HeatGatherer:
    """For a checkpoint whose network has cross-attention, and picture 0 of a request."""
    size = (request.size.height // loaded.latent_px, request.size.width // loaded.latent_px)
    words = [
        [(start, _places_of(loaded, request, text)) for start, text in stretches]
        for stretches in words_over_steps(loaded, request, 0, steps)
    ]
    network = loaded.components[FAMILIES[loaded.info.family].network]
    return HeatGatherer(network, words, size, steps, regions)


def _places_of(loaded: LoadedCheckpoint, request: GenerationRequest, text: str) -> Places:
    """Where in the embeddings of a text each of its words stands, whatever its capitals."""
    encoder = clip_encoders(loaded, request.embeddings)[0]
    found: dict[str, list[int]] = {}
    for number, chunk in enumerate(encoder.chunks(with_embeddings(weighted(text), request.embeddings))):
        first = number * (encoder.room + 2) + 1    # behind the mark of beginning
        word, tokens = "", list[int]()
        for place, piece in enumerate(encoder.tokenizer.convert_ids_to_tokens(list(chunk.ids))):
            word += piece.removesuffix("</w>")
            tokens.append(first + place)
            if piece.endswith("</w>"):
                if any(letter.isalnum() for letter in word):
                    found.setdefault(word.casefold(), []).extend(tokens)
                word, tokens = "", []
    return {word: tuple(places) for word, places in found.items()}
