"""Prompt → embeddings, remembered: the artist changes seed and mask more often than words."""

from __future__ import annotations

from typing import Any

from sdpaint.engine.loader import LoadedCheckpoint
from sdpaint.generation.families import FamilyName

_NAMES: dict[FamilyName, tuple[str, ...]] = {
    FamilyName.SD: ("prompt_embeds", "negative_prompt_embeds"),
    FamilyName.SDXL: (
        "prompt_embeds",
        "negative_prompt_embeds",
        "pooled_prompt_embeds",
        "negative_pooled_prompt_embeds",
    ),
    FamilyName.SD3: (
        "prompt_embeds",
        "negative_prompt_embeds",
        "pooled_prompt_embeds",
        "negative_pooled_prompt_embeds",
    ),
    FamilyName.FLUX: ("prompt_embeds", "pooled_prompt_embeds"),
}
"""What each family's `encode_prompt` returns, by the names under which its pipelines take it again."""


def encode_prompt(
    loaded: LoadedCheckpoint, pipeline: Any, prompt: str, negative_prompt: str, guidance_scale: float
) -> dict[str, Any]:
    """Embeddings as keyword arguments of the family's pipelines; each is (1, tokens, width) or, pooled, (1, width).

    At a guidance scale of 1 or less there is no negative branch, and its embeddings are None. Prompts longer than the
    text encoder reads are cut off, as its tokenizer does it. Remembered by prompt, negative prompt and guidance or not.
    """
    guided = guidance_scale > 1.0
    key = (prompt, negative_prompt if guided else None, guided)
    embeddings: dict[str, Any] = loaded.prompts.get(
        key, lambda: _encode(loaded, pipeline, prompt, negative_prompt, guided)
    )
    return embeddings


def is_encoded(loaded: LoadedCheckpoint, prompt: str, negative_prompt: str, guidance_scale: float) -> bool:
    """Whether the embeddings are known already."""
    guided = guidance_scale > 1.0
    return (prompt, negative_prompt if guided else None, guided) in loaded.prompts


def _encode(loaded: LoadedCheckpoint, pipeline: Any, prompt: str, negative_prompt: str, guided: bool) -> dict[str, Any]:
    family = loaded.info.family
    own: dict[str, Any] = {}
    if family is FamilyName.FLUX:
        # Its guidance is an input of the network, so that there is no negative branch.
        own = {"prompt_2": None}
    else:
        # None lets SDXL use the zeros that it was trained with instead of an encoded empty prompt.
        own = {"do_classifier_free_guidance": guided, "negative_prompt": negative_prompt or None}
        if family is FamilyName.SD3:
            own |= {"prompt_2": None, "prompt_3": None}
    encoded = pipeline.encode_prompt(
        prompt=prompt, device=loaded.device.torch_device, num_images_per_prompt=1, **own
    )
    # Flux gives the places of the tokens too, which its pipelines make themselves.
    embeddings = dict(zip(_NAMES[family], encoded, strict=family is not FamilyName.FLUX))
    if not guided:
        embeddings |= {name: None for name in embeddings if name.startswith("negative")}
    return embeddings
