"""Distilled checkpoints: what they want instead of their family's steps, guidance and sampler.

They have their family's networks, so that configurations tell only a few of them apart. The others say what they are
in their names, as people do when they look for them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sdpaint.generation.families import Family, FamilyName
from sdpaint.generation.request import SamplerName


@dataclass(frozen=True)
class Quirks:
    """What a checkpoint is best sampled with."""

    sampler: SamplerName
    steps: int
    guidance_scale: float


_EDITS = re.compile(r"kontext|(?<![a-z])edit(?![a-z])", re.IGNORECASE)
_STEPS_IN_NAME = re.compile(r"(?<![0-9])(1|2|4|6|8|12|16)[-_ ]?steps?")

_DISTILLED: tuple[tuple[str, SamplerName | None, int, frozenset[FamilyName]], ...] = (
    ("lightning", SamplerName.EULER, 4, frozenset({FamilyName.SD, FamilyName.SDXL, FamilyName.QWEN_IMAGE})),
    ("hyper", SamplerName.DDIM, 8, frozenset({FamilyName.SD, FamilyName.SDXL})),
    ("lcm", SamplerName.LCM, 6, frozenset({FamilyName.SD, FamilyName.SDXL})),
    ("turbo", SamplerName.EULER_A, 4, frozenset({FamilyName.SD, FamilyName.SDXL})),
    ("turbo", None, 4, frozenset({FamilyName.SD3})),
    ("turbo", None, 9, frozenset({FamilyName.Z_IMAGE})),
    ("schnell", None, 4, frozenset({FamilyName.FLUX})),
)
"""Word in the name, sampler (None: the family's), steps, of which families. All of them work without guidance."""


def edits_pictures(path: Path) -> bool:
    """Whether a file's name says that its network is given the picture that it is to change: its tensors don't."""
    return _EDITS.search(path.stem) is not None


def quirks_of(path: Path, family: Family, index: dict[str, Any], network: dict[str, Any]) -> Quirks:
    """Sampler, steps and guidance scale for a checkpoint of a family.

    `index` is its model_index.json, `network` the config of its denoising network.
    """
    plain = Quirks(family.sampler, family.steps, family.guidance_scale)
    if index.get("is_distilled") is True:
        return replace(plain, steps=8 if family.name is FamilyName.KREA2 else 4, guidance_scale=1.0)
    if family.name is FamilyName.FLUX and network.get("guidance_embeds") is False:
        return replace(plain, steps=4, guidance_scale=1.0)
    if family.name is FamilyName.FLUX and network.get("in_channels") == family.inpaint_channels:
        return replace(plain, steps=50, guidance_scale=30.0)
    if network.get("time_cond_proj_dim") is not None:
        # Consistency models whose guidance is an input of the network: as diffusers' pipeline of them does it.
        return Quirks(SamplerName.LCM, 4, 8.5)
    name = f"{index.get('_name_or_path', '')} {path.name}".casefold()
    for word, sampler, steps, families in _DISTILLED:
        if family.name in families and re.search(rf"(?<![a-z]){word}(?![a-z])|(?<=sd|xl){word}(?![a-z])", name):
            stated = _STEPS_IN_NAME.search(name)
            return Quirks(sampler or family.sampler, int(stated[1]) if stated else steps, 1.0)
    return plain
