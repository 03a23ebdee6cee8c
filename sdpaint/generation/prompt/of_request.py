"""The words of one picture of a request: what its seed chooses."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from sdpaint.generation.prompt.choices import Wildcards, choose, names_in
from sdpaint.generation.request import GenerationRequest

_DICE_APART = 15_485_863


def chosen_prompts(request: GenerationRequest, seed: int) -> tuple[str, str]:
    """Prompt and negative prompt of the picture with this seed, with everything chosen and comments taken out."""
    prompt = choose(request.prompt, seed, request.wildcards).text
    # Another roll of the dice than the prompt's: the same list may stand in both.
    negative = choose(request.negative_prompt, seed ^ 0x5EED, request.wildcards).text
    return prompt, negative


def chosen_region_prompts(request: GenerationRequest, seed: int) -> tuple[tuple[str, str], ...]:
    """The same for each region: its own words alone."""
    found = []
    for place, region in enumerate(request.regions, 1):
        own = replace(request, prompt=region.prompt, negative_prompt=region.negative_prompt, regions=())
        # Another roll of the dice for each: the same list may stand in several.
        found.append(chosen_prompts(own, seed + place * _DICE_APART))
    return tuple(found)


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
