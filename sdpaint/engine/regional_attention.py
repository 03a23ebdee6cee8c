"""Regions of a UNet: where a region lies, cross-attention goes to its own words.

Every cross-attention is done once more for each region, with that region's embeddings, and the outputs are mixed by the
regions' shares at the resolution of the layer ("attention couple"; laksjdjf 2023, hako-mikan's Regional Prompter).
Self-attention and convolutions see the whole, so that what is made hangs together. The processors that are in place do
the work, whatever they are: those of adapters too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from diffusers.models.attention_processor import Attention
from torch import Tensor

from sdpaint.engine.conditioning import Conditioning, in_loop, step_of_call

AfterStep = Callable[[Any, int, Any, dict[str, Any]], dict[str, Any]]


class RegionalAttention:
    """The words of all regions, and where they count, for one denoising loop of `steps` steps."""

    def __init__(self, network: Any, regions: Sequence[Conditioning], shares: Tensor, steps: int) -> None:
        """`shares`: (1 + regions, 1, height/8, width/8), those of the whole's own words first; they add up to 1."""
        self._network = network
        self._regions = tuple(regions)
        self._steps = steps
        self._shares = {shares.shape[-2] * shares.shape[-1]: shares}
        self._words = [_states(region.first) for region in regions]
        self.turn = 0
        """Whose words are looked at now: 0 for the whole's own, else those of the region of this number."""

    @contextmanager
    def applied(self) -> Iterator[None]:
        """Mix within a `with` block. Afterwards the network is as it was."""
        before = [(layer, layer.processor) for layer in cross_attentions(self._network)]
        try:
            for layer, processor in before:
                layer.set_processor(_Mixing(processor, self))
            yield
        finally:
            for layer, processor in before:
                layer.set_processor(processor)

    def exchanging(self, callback: AfterStep | None) -> AfterStep | None:
        """A pipeline's callback_on_step_end that also exchanges the words that change with the steps."""
        if not any(region.later for region in self._regions):
            return callback

        def after_step(pipeline: Any, index: int, timestep: Any, tensors: dict[str, Any]) -> dict[str, Any]:
            coming = step_of_call(pipeline, index + 1, self._steps)
            self._words = [_states(region.at(coming)) for region in self._regions]
            return {} if callback is None else callback(pipeline, index, timestep, tensors)

        return after_step

    def mixed(self, attend: Callable[[Any], Tensor], hidden_states: Tensor, words: Any) -> Tensor:
        """The outputs of `attend` for the words of the whole, and for those of each region, by their shares."""
        own, rest = (words[0], words[1:]) if isinstance(words, tuple) else (words, ())
        shares = self._shares_at(hidden_states)
        mixed = attend(words) * shares[0]
        for turn, (share, states) in enumerate(zip(shares[1:], self._words, strict=True), 1):
            self.turn, states = turn, states.to(own)
            mixed = mixed + attend((states, *rest) if rest else states) * share
        self.turn = 0
        return mixed

    def share_of(self, turn: int, hidden_states: Tensor) -> Tensor:
        """How much one of the texts counts at each place of a layer's states."""
        return self._shares_at(hidden_states)[turn]

    def _shares_at(self, hidden_states: Tensor) -> Tensor:
        """(1 + regions, 1, places, 1) for states (batch, places, width)."""
        places = hidden_states.shape[1]
        found = self._shares.get(places)
        if found is None:
            found = self._shares[places] = reduced(self._shares[max(self._shares)], places)
        return found.to(hidden_states).reshape(len(found), 1, places, 1)


class AttentionAround:
    """An attention processor around the one that was there, for layers that look at words."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner

    def __call__(
        self,
        attn: Any,
        hidden_states: Tensor,
        encoder_hidden_states: Any = None,
        attention_mask: Tensor | None = None,
        temb: Tensor | None = None,
        ip_adapter_masks: Any = None,
        **rest: Any,
    ) -> Tensor:
        """As diffusers calls a processor. It reads the names from here, and leaves out what isn't named."""
        if ip_adapter_masks is not None:
            rest = {**rest, "ip_adapter_masks": ip_adapter_masks}

        def attend(words: Any) -> Tensor:
            output: Tensor = self._inner(attn, hidden_states, words, attention_mask, temb, **rest)
            return output

        if encoder_hidden_states is None:
            return attend(None)
        return self.around(attend, attn, hidden_states, encoder_hidden_states)

    def around(self, attend: Callable[[Any], Tensor], attn: Any, hidden_states: Tensor, words: Any) -> Tensor:
        """What the layer gives for `words`; `attend` is the processor that was there."""
        raise NotImplementedError


class _Mixing(AttentionAround):
    """The outputs for all regions' words, mixed."""

    def __init__(self, inner: Any, regions: RegionalAttention) -> None:
        super().__init__(inner)
        self._regions = regions

    def around(self, attend: Callable[[Any], Tensor], attn: Any, hidden_states: Tensor, words: Any) -> Tensor:
        """See the class."""
        return self._regions.mixed(attend, hidden_states, words)


def cross_attentions(network: Any) -> list[Any]:
    """The layers of a UNet that look at words."""
    return [each for each in network.modules() if isinstance(each, Attention) and each.is_cross_attention]


def _states(embeddings: Any) -> Tensor:
    states: Tensor = in_loop(embeddings)["prompt_embeds"]
    return states


def reduced(shares: Tensor, places: int) -> Tensor:
    """At the level of the network that has so many places: each halves the sides, rounded up."""
    height, width = shares.shape[-2:]
    while height * width > places:
        height, width = -(-height // 2), -(-width // 2)
    if height * width != places:
        raise ValueError(f"no level of a network over {tuple(shares.shape[-2:])} latents has {places} places")
    return torch.nn.functional.interpolate(shares, size=(height, width), mode="area")
