"""Prompt → embeddings, remembered: the artist changes seed and mask more often than words.

A prompt is read in sdpaint's prompt language (`generation.prompt`). What is plain goes through the pipeline's own
encoding, bit for bit; weights, long prompts and BREAK through `clip_prompt`. Words that change with the steps become
several sets of embeddings, which are exchanged between steps through the pipelines' own callback.
"""

from __future__ import annotations

import functools
import hashlib
import inspect
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from sdpaint.engine.calls import CALLS, Negative, pipeline_class
from sdpaint.engine.clip_prompt import ClipEncoder, is_plain
from sdpaint.engine.embeddings import vectors_for
from sdpaint.engine.loader import LoadedCheckpoint
from sdpaint.engine.picture_reader import saying_where_the_picture_is, shown_as
from sdpaint.engine.token_weights import scaled, token_weights, words_of
from sdpaint.generation.families import FAMILIES, FamilyName
from sdpaint.generation.prompt.embeddings import Embedding, with_embeddings
from sdpaint.generation.prompt.emphasis import Weighted, weighted
from sdpaint.generation.prompt.explain import Honours, understand_chosen
from sdpaint.generation.prompt.of_request import Texts, prompts_by_region
from sdpaint.generation.prompt.schedule import Stretch
from sdpaint.generation.request import GenerationRequest

_LIKE_A_CALL = ("num_images_per_prompt", "max_sequence_length", "complex_human_instruction")
"""Arguments of encode_prompt that are given as the pipelines themselves do: its own defaults differ, or are none."""

Embeddings = Mapping[str, Any]
"""Keyword arguments of the family's pipelines; each is (1, tokens, width) or, pooled, (1, width), or None."""


@dataclass(frozen=True, eq=False)
class Conditioning:
    """What the prompts ask for: from the first step on, and from later ones on (the first is 1)."""

    first: Embeddings
    later: tuple[tuple[int, Embeddings], ...] = ()

    def arguments(self, steps: int) -> dict[str, Any]:
        """Keyword arguments of a pipeline call of `steps` steps, with the callback that exchanges embeddings."""
        if not self.later:
            return dict(self.first)
        return {**self.first, "callback_on_step_end": self._exchange(steps)}

    def _exchange(self, steps: int) -> Callable[[Any, int, Any, dict[str, Any]], dict[str, Any]]:
        def after_step(pipeline: Any, index: int, timestep: Any, tensors: dict[str, Any]) -> dict[str, Any]:
            now = self.at(step_of_call(pipeline, index + 1, steps))
            return {} if now is self.at(step_of_call(pipeline, index, steps)) else in_loop(now)

        return after_step

    def at(self, step: int) -> Embeddings:
        """What holds at a step."""
        current = self.first
        for start, embeddings in self.later:
            if step >= start:
                current = embeddings
        return current


def step_of_call(pipeline: Any, index: int, steps: int) -> int:
    """Which of `steps` steps, from 1, call `index` of the loop belongs to: a sampler may call twice a step."""
    return index * steps // int(pipeline.num_timesteps) + 1


def in_loop(embeddings: Embeddings) -> dict[str, Tensor]:
    """As the pipelines hold them within their loops: negative before positive, as one tensor."""
    joined = {}
    for name, positive in embeddings.items():
        if name.startswith("negative") or positive is None:
            continue
        negative = embeddings.get(f"negative_{name}")
        whole = positive if negative is None else torch.cat([negative, positive])
        joined["add_text_embeds" if name.startswith("pooled") else name] = whole
    return joined


def is_guided(loaded: LoadedCheckpoint, request: GenerationRequest) -> bool:
    """Whether each step asks the network twice, with the prompt and with the negative one.

    Not at a guidance scale of 1 or less, and not where the scale is an input of the network, as of the first LCMs'.
    """
    network = loaded.components[FAMILIES[loaded.info.family].network]
    return request.sampling.guidance_scale > 1.0 and getattr(network.config, "time_cond_proj_dim", None) is None


def encode_prompts(
    loaded: LoadedCheckpoint,
    pipeline: Any,
    request: GenerationRequest,
    index: int,
    steps: int,
    announce: Callable[[], None] = lambda: None,
) -> Conditioning:
    """The conditioning of picture `index` of a request, over `steps` steps.

    Without a negative branch (`is_guided`) its embeddings are None. Remembered by words; `announce` is called where
    they aren't known yet and must be encoded.
    """
    seed = request.seed_of(index)
    return _encoded(loaded, pipeline, request, prompts_by_region(request, seed)[0], seed, steps, announce)


def encode_regions(
    loaded: LoadedCheckpoint,
    pipeline: Any,
    request: GenerationRequest,
    index: int,
    steps: int,
    announce: Callable[[], None] = lambda: None,
) -> tuple[Conditioning, ...]:
    """The same for each region, whose words stand together with those of the whole."""
    seed = request.seed_of(index)
    texts = prompts_by_region(request, seed)[1:]
    return tuple(_encoded(loaded, pipeline, request, each, seed, steps, announce) for each in texts)


def words_over_steps(
    loaded: LoadedCheckpoint, request: GenerationRequest, index: int, steps: int
) -> tuple[tuple[tuple[int, str], ...], ...]:
    """For the whole's own prompt and each region's: (the first step at which it holds, from 1; the words)."""
    found = []
    for texts in prompts_by_region(request, request.seed_of(index)):
        positive, _ = _stretches(loaded, texts, steps)
        starts = (1, *(stretch.last_step + 1 for stretch in positive))
        found.append(tuple(zip(starts, (stretch.text for stretch in positive), strict=False)))
    return tuple(found)


def _encoded(
    loaded: LoadedCheckpoint,
    pipeline: Any,
    request: GenerationRequest,
    texts: Texts,
    seed: int,
    steps: int,
    announce: Callable[[], None],
) -> Conditioning:
    guided = is_guided(loaded, request)
    shown_px = CALLS[loaded.info.family].edit.get(type(pipeline).__name__, 0)
    picture = request.image if shown_px else None
    positive, negative = _stretches(loaded, texts, steps)
    if not guided:
        negative = (Stretch(steps, ""),)

    def encode() -> Conditioning:
        announce()
        if CALLS[loaded.info.family].prior is not None:
            by_prior = functools.partial(_by_prior, loaded, guided=guided, seed=seed, announce=announce)
            return _over_steps(positive, negative, by_prior)
        shown = None if picture is None else shown_as(Image.fromarray(picture), shown_px)
        by_pipeline = functools.partial(
            _encode, loaded, pipeline, guided=guided, named=request.embeddings, shown=shown
        )
        return _over_steps(positive, negative, by_pipeline)

    # Adapters may change the text encoders too.
    named = tuple(request.embeddings.items())
    seen = b"" if picture is None else hashlib.blake2b(np.ascontiguousarray(picture).data).digest()
    drawn = None if CALLS[loaded.info.family].prior is None else seed
    found: Conditioning = loaded.prompts.get((positive, negative, guided, loaded.adapters, named, seen, drawn), encode)
    return found


def _stretches(
    loaded: LoadedCheckpoint, texts: Texts, steps: int
) -> tuple[tuple[Stretch, ...], tuple[Stretch, ...]]:
    """What prompt and negative prompt ask for, step by step, as far as the family can."""
    honours = FAMILIES[loaded.info.family].honours
    positive, negative = (understand_chosen(text, steps, honours).stretches for text in texts)
    return positive, negative


def _over_steps(
    positive: tuple[Stretch, ...], negative: tuple[Stretch, ...], encode: Callable[[str, str], Embeddings]
) -> Conditioning:
    """What `encode` makes of each pair of texts that holds for a while."""
    ends = sorted({stretch.last_step for stretch in (*positive, *negative)})
    pairs = [(_text_at(positive, end), _text_at(negative, end)) for end in ends]
    known: dict[Texts, Embeddings] = {}
    for words in pairs:
        if words not in known:
            known[words] = encode(*words)
    starts = [1, *(end + 1 for end in ends[:-1])]
    return Conditioning(
        known[pairs[0]], tuple((start, known[words]) for start, words in zip(starts[1:], pairs[1:], strict=True))
    )


def _text_at(stretches: tuple[Stretch, ...], step: int) -> str:
    return next(stretch.text for stretch in stretches if step <= stretch.last_step)


def _encode(
    loaded: LoadedCheckpoint,
    pipeline: Any,
    prompt: str,
    negative_prompt: str,
    guided: bool,
    named: Mapping[str, Embedding],
    shown: Image.Image | None,
) -> Embeddings:
    """Embeddings of one pair of texts, by the pipeline itself where it can. `named`: files that they may name.

    `shown`: the picture that the text encoder reads along with the words.
    """
    pieces, negative = weighted(prompt), weighted(negative_prompt)
    if CALLS[loaded.info.family].weighed:
        return _encode_scaled(loaded, pipeline, pieces, negative, guided)
    if Honours.WEIGHTS in FAMILIES[loaded.info.family].honours:
        pieces, negative = with_embeddings(pieces, named), with_embeddings(negative, named)
        encoders = clip_encoders(loaded, named)
        fits = all(len(encoder.chunks(each)) == 1 for encoder in encoders for each in (pieces, negative))
        if not (fits and is_plain(pieces) and is_plain(negative)):
            return _encode_weighted(loaded, encoders, pieces, negative, guided)
    return _encode_plain(loaded, pipeline, _words(pieces), _words(negative), guided, shown)


def _by_prior(
    loaded: LoadedCheckpoint, prompt: str, negative: str, guided: bool, seed: int, announce: Callable[[], None]
) -> Embeddings:
    """What the first stage makes of a pair of texts: it draws, so that a seed has its own.

    `announce` is called at each of its steps, so that it can be cancelled there.
    """
    calls = CALLS[loaded.info.family]
    assert calls.prior is not None

    def after_step(*_: Any) -> dict[str, Any]:
        announce()
        return {}

    made = loaded.pipeline(pipeline_class(calls.prior))(
        words_of(weighted(prompt)),
        negative_prompt=words_of(weighted(negative)) if negative and guided else None,
        generator=torch.Generator("cpu").manual_seed(seed),
        callback_on_step_end=after_step,
        return_dict=False,
    )
    found = {name: value for name, value in zip(calls.embeddings, made, strict=True) if name is not None}
    return found if guided else {name: None if name.startswith("negative") else v for name, v in found.items()}


def _words(pieces: tuple[Weighted, ...]) -> str:
    return "".join(piece.text for piece in pieces)


def _encode_plain(
    loaded: LoadedCheckpoint,
    pipeline: Any,
    prompt: str,
    negative_prompt: str,
    guided: bool,
    shown: Image.Image | None = None,
) -> Embeddings:
    calls = CALLS[loaded.info.family]
    negative = negative_prompt or calls.empty
    own = {**_defaults_of_call(pipeline), **calls.encoding}
    if calls.negative is Negative.TOGETHER:
        own |= {"do_classifier_free_guidance": guided, "negative_prompt": negative}
    if shown is not None:
        own["image"] = shown
    embeddings: dict[str, Any] = {}
    for encoder in range(calls.encoders):
        which = {"text_encoder_index": encoder} if calls.encoders > 1 else {}
        suffix = f"_{encoder + 1}" if encoder else ""
        encoded = _call(loaded, pipeline, prompt, {**own, **which})
        embeddings |= {name + suffix: value for name, value in encoded.items()}
    if calls.negative is Negative.APART and guided:
        apart = _call(loaded, pipeline, negative or "", own)
        embeddings |= {f"negative_{name}": value for name, value in apart.items()}
    if not guided:
        embeddings |= {name: None for name in embeddings if name.startswith("negative")}
    return embeddings


def _call(loaded: LoadedCheckpoint, pipeline: Any, prompt: str, own: dict[str, Any]) -> dict[str, Any]:
    reading = saying_where_the_picture_is(pipeline.text_encoder) if "image" in own else nullcontext()
    with reading:
        encoded = pipeline.encode_prompt(prompt=prompt, device=loaded.device.torch_device, **own)
    names = CALLS[loaded.info.family].embeddings
    return {name: value for name, value in zip(names, encoded, strict=True) if name is not None}


def _defaults_of_call(pipeline: Any) -> dict[str, Any]:
    taken = inspect.signature(pipeline.encode_prompt).parameters
    call = inspect.signature(pipeline.__call__).parameters
    return {name: call[name].default for name in _LIKE_A_CALL if name in taken and name in call}


def _encode_scaled(
    loaded: LoadedCheckpoint,
    pipeline: Any,
    pieces: tuple[Weighted, ...],
    negative: tuple[Weighted, ...],
    guided: bool,
) -> Embeddings:
    """As the pipeline encodes the words, with the embeddings of weighted tokens scaled."""
    found = dict(_encode_plain(loaded, pipeline, words_of(pieces), words_of(negative), guided))
    weighed = {"prompt_embeds": pieces, "negative_prompt_embeds": negative}
    weighed = {
        name: each for name, each in weighed.items()
        if found.get(name) is not None and any(piece.weight != 1.0 for piece in each)
    }  # fmt: skip
    if not weighed:
        return found
    empty = _encode_plain(loaded, pipeline, "", "", guided)["prompt_embeds"]
    for name, each in weighed.items():
        found[name] = scaled(found[name], empty, _token_weights(loaded, each, found[name].shape[1]))
    return found


def _token_weights(loaded: LoadedCheckpoint, pieces: tuple[Weighted, ...], count: int) -> Tensor:
    """The weights of all `count` tokens, of one tokenizer after the other."""
    weights = torch.ones(count)
    first = 0
    names = CALLS[loaded.info.family].weighed
    for name in names:
        tokenizer: Any = loaded.components.get(name)
        if tokenizer is not None:   # SD3 can do without T5
            length = count - first if name == names[-1] else tokenizer.model_max_length
            weights[first : first + length] = token_weights(tokenizer, pieces, length)
            first += length
    return weights


# -- weights and long prompts ------------------------------------------------------------------------------------


def clip_encoders(loaded: LoadedCheckpoint, named: Mapping[str, Embedding]) -> tuple[ClipEncoder, ...]:
    """The encoders of a family that honours weights, in the order of their states."""
    components = loaded.components
    is_xl = loaded.info.family is not FamilyName.SD
    return tuple(
        ClipEncoder(
            components[f"tokenizer{which}"],
            components[f"text_encoder{which}"],
            penultimate=is_xl,
            restores_mean=not is_xl,
            vectors=vectors_for(loaded, f"text_encoder{which}", named),
        )
        for which in ("", "_2")
        if components.get(f"text_encoder{which}") is not None
    )


def _encode_weighted(
    loaded: LoadedCheckpoint,
    encoders: tuple[ClipEncoder, ...],
    pieces: tuple[Weighted, ...],
    negative: tuple[Weighted, ...],
    guided: bool,
) -> Embeddings:
    # Both branches have the same length: they go through the network together.
    count = max(len(encoder.chunks(each)) for encoder in encoders for each in (pieces, negative))
    states, pooled = _encoded_by(encoders, pieces, count)
    found: dict[str, Any] = {"prompt_embeds": states, "pooled_prompt_embeds": pooled}
    if guided:
        below, below_pooled = _encoded_by(encoders, negative, count)
        if not _words(negative) and pooled is not None and loaded.options.get("force_zeros_for_empty_prompt", True):
            # What SDXL was trained with instead of an encoded empty prompt.
            below, below_pooled = torch.zeros_like(states), torch.zeros_like(pooled)
        found |= {"negative_prompt_embeds": below, "negative_pooled_prompt_embeds": below_pooled}
    return {name: found.get(name) for name in CALLS[loaded.info.family].embeddings if name is not None}


def _encoded_by(
    encoders: tuple[ClipEncoder, ...], pieces: tuple[Weighted, ...], count: int
) -> tuple[Tensor, Tensor | None]:
    """The states of all encoders side by side, (1, tokens, widths), and the last one's pooled output."""
    found = [encoder.encode(encoder.chunks(pieces), count) for encoder in encoders]
    return torch.cat([states for states, _ in found], dim=-1), found[-1][1]
