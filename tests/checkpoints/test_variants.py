"""Distilled checkpoints are told by name or config, and get steps and guidance of their own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sdpaint.checkpoints.variants import Quirks, quirks_of
from sdpaint.generation.families import FAMILIES, FamilyName
from sdpaint.generation.request import SamplerName

SAID: dict[str, tuple[FamilyName, str, SamplerName, int]] = {
    "turbo": (FamilyName.SDXL, "sdxl-turbo", SamplerName.EULER_A, 4),
    "sd turbo": (FamilyName.SD, "sd-turbo", SamplerName.EULER_A, 4),
    "lightning": (FamilyName.SDXL, "SDXL-Lightning", SamplerName.EULER, 4),
    "lightning of 8 steps": (FamilyName.SDXL, "sdxl_lightning_8step", SamplerName.EULER, 8),
    "hyper": (FamilyName.SDXL, "Hyper-SDXL-8steps", SamplerName.DDIM, 8),
    "lcm": (FamilyName.SD, "LCM_Dreamshaper_v7", SamplerName.LCM, 6),
    "fast SD 3.5": (FamilyName.SD3, "stable-diffusion-3.5-large-turbo", SamplerName.EULER, 4),
    "fast Z-Image": (FamilyName.Z_IMAGE, "Z-Image-Turbo", SamplerName.EULER, 9),
    "schnell": (FamilyName.FLUX, "FLUX.1-schnell", SamplerName.EULER, 4),
}


def quirks(name: str, family: FamilyName, index: dict[str, Any] | None = None, **network: Any) -> Quirks:
    return quirks_of(Path("/x") / name, FAMILIES[family], index or {}, network)


@pytest.mark.parametrize("what", SAID)
def test_a_name_says_it(what: str) -> None:
    family, name, sampler, steps = SAID[what]
    assert quirks(name, family) == Quirks(sampler, steps, 1.0)


def test_a_config_says_it() -> None:
    assert quirks("flux", FamilyName.FLUX, guidance_embeds=False).steps == 4
    assert quirks("dream", FamilyName.SDXL, time_cond_proj_dim=256) == Quirks(SamplerName.LCM, 4, 8.5)
    assert quirks("klein", FamilyName.FLUX2_KLEIN, {"is_distilled": True}).guidance_scale == 1.0
    assert quirks("krea", FamilyName.KREA2, {"is_distilled": True}).steps == 8
    assert quirks("flux", FamilyName.FLUX, guidance_embeds=True, in_channels=384).guidance_scale == 30.0


@pytest.mark.parametrize("name", ["dreamshaper", "hyperrealism-v3", "turbovision-like", "nightlcmish", "xllightnings"])
def test_other_names_say_nothing(name: str) -> None:
    family = FAMILIES[FamilyName.SDXL]
    assert quirks(name, FamilyName.SDXL) == Quirks(family.sampler, family.steps, family.guidance_scale)
