"""The words of one picture of a request: what its seed chooses."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from sdpaint.generation.prompt.choices import Wildcards, choose, names_in
from sdpaint.generation.prompt.styles import PLACE, Style
from sdpaint.generation.request import GenerationRequest

Texts = tuple[str, str]
"""Prompt and negative prompt, with everything chosen."""

_DICE_APART = 15_485_863
_MARK = "\ue000"
"""Of private use: stands for `{prompt}` while choices, which look alike, are made."""


def chosen_prompts(request: GenerationRequest, seed: int) -> Texts:
    """Prompt and negative prompt of the picture with this seed, with everything chosen and comments taken out."""
    prompt = choose(request.prompt, seed, request.wildcards).text
    # Another roll of the dice than the prompt's: the same list may stand in both.
    negative = choose(request.negative_prompt, seed ^ 0x5EED, request.wildcards).text
    return prompt, negative


def chosen_region_prompts(request: GenerationRequest, seed: int) -> tuple[Texts, ...]:
    """The same for each region: its own words alone."""
    found = []
    for place, region in enumerate(request.regions, 1):
        own = replace(request, prompt=region.prompt, negative_prompt=region.negative_prompt, regions=())
        # Another roll of the dice for each: the same list may stand in several.
        found.append(chosen_prompts(own, seed + place * _DICE_APART))
    return tuple(found)


def prompts_by_region(request: GenerationRequest, seed: int) -> tuple[Texts, ...]:
    """What holds where there is no region, and then in each of the regions: its own words with those of the whole.

    In these `{prompt}` is the place of a region's words; without it they stand before them.
    """
    if not request.regions:
        return (chosen_prompts(request, seed),)
    prompt, negative = (text.replace(PLACE, _MARK) for text in (request.prompt, request.negative_prompt))
    root = chosen_prompts(replace(request, prompt=prompt, negative_prompt=negative), seed)
    whole = Style("", *(text.replace(_MARK, PLACE) for text in root))
    return tuple(whole.applied(*own) for own in (("", ""), *chosen_region_prompts(request, seed)))


def used_lists(texts: Iterable[str], lists: Wildcards) -> dict[str, tuple[str, ...]]:
    """Those lists that the texts name, and that their lines name again: what a request has to take along."""
    used: dict[str, tuple[str, ...]] = {}
    waiting = [name for text in texts for name in names_in(text)]
    while waiting:
        name = waiting.pop()
        if name in lists and name not in used:
            used[name] = tuple(lists[name])
            waiting += [inner for line in used[name] for inner in names_in(line)]
    return used
