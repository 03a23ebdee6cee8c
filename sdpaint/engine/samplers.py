"""SAMPLERS: name → diffusers scheduler and what to set in its config. No scheduler is written here.

A scheduler is made from the checkpoint's own scheduler config, so that betas, prediction type, spacing and zero
terminal SNR survive.

Zero terminal SNR (Lin et al. 2023) means an infinite last sigma. diffusers clamps it to 4096, which is right for
first-order steps. Heun's and PLMS' correction across the gap from 4096 to the next sigma multiplies the network's
error a hundredfold (measured: noise instead of a picture); LMS and DPM++ SDE don't know the setting at all, and
Karras spacing spends a third of its steps there. These get betas rescaled in the same way, but to a finite last
sigma. At it the picture's share in the latents is 3 %, so the network sees what it was trained on.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import torch
from diffusers import (
    DDIMScheduler,
    DDPMScheduler,
    DPMSolverMultistepScheduler,
    DPMSolverSDEScheduler,
    EulerAncestralDiscreteScheduler,
    EulerDiscreteScheduler,
    FlowMatchEulerDiscreteScheduler,
    HeunDiscreteScheduler,
    LCMScheduler,
    LMSDiscreteScheduler,
    PNDMScheduler,
    UniPCMultistepScheduler,
)

from sdpaint.errors import SettingsError
from sdpaint.generation.families import FAMILIES, Family, FamilyName
from sdpaint.generation.request import SamplerName

TERMINAL_SIGMA = 30.0
"""The last sigma of bounded schedules. From 15 to 60 pictures are alike; beyond, Heun degrades."""

_LCM_ORIGINAL_STEPS = 50


@dataclass(frozen=True)
class Sampler:
    """How a sampler is made: scheduler class, config overrides, and whether its last sigma must be bounded."""

    scheduler: Any
    overrides: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    bounded: bool = False


def _with(**overrides: Any) -> Mapping[str, Any]:
    return MappingProxyType(overrides)


SAMPLERS: dict[SamplerName, Sampler] = {
    # Clipping to -1…1 is for pixels; latents go beyond.
    SamplerName.DDIM: Sampler(DDIMScheduler, _with(clip_sample=False)),
    SamplerName.DDPM: Sampler(DDPMScheduler, _with(clip_sample=False, variance_type="fixed_small")),
    SamplerName.PLMS: Sampler(PNDMScheduler, _with(skip_prk_steps=True), bounded=True),
    SamplerName.EULER: Sampler(EulerDiscreteScheduler, _with(use_karras_sigmas=False)),
    SamplerName.EULER_A: Sampler(EulerAncestralDiscreteScheduler),
    SamplerName.HEUN: Sampler(HeunDiscreteScheduler, _with(use_karras_sigmas=False), bounded=True),
    SamplerName.LMS: Sampler(LMSDiscreteScheduler, _with(use_karras_sigmas=False), bounded=True),
    SamplerName.DPMPP_2M: Sampler(
        DPMSolverMultistepScheduler, _with(use_karras_sigmas=False, algorithm_type="dpmsolver++", solver_order=2)
    ),
    SamplerName.DPMPP_2M_KARRAS: Sampler(
        DPMSolverMultistepScheduler,
        _with(use_karras_sigmas=True, algorithm_type="dpmsolver++", solver_order=2),
        bounded=True,
    ),
    SamplerName.DPMPP_SDE: Sampler(DPMSolverSDEScheduler, _with(use_karras_sigmas=False), bounded=True),
    SamplerName.UNIPC: Sampler(UniPCMultistepScheduler, _with(use_karras_sigmas=False)),
    SamplerName.LCM: Sampler(LCMScheduler, _with(clip_sample=False)),
}


FLOW_SCHEDULERS: dict[SamplerName, Any] = {SamplerName.EULER: FlowMatchEulerDiscreteScheduler}
"""One for each of the families' FLOW_SAMPLERS."""


def make_scheduler(
    name: SamplerName, config: Mapping[str, Any], steps: int, seed: int, family: Family = FAMILIES[FamilyName.SD]
) -> Any:
    """A new diffusers scheduler for one picture, from the checkpoint's scheduler config.

    `steps` is what will be passed to the pipeline; `seed` fixes the noise that DPM++ SDE draws on its own. Raises
    SettingsError for a sampler that the family doesn't have.
    """
    if name not in family.samplers:
        known = " or ".join(sampler.value for sampler in family.samplers)
        raise SettingsError(f"{name.value} can't be used with this checkpoint", hint=f"Choose {known} as sampler")
    if family.is_flow:
        return FLOW_SCHEDULERS[name].from_config(config)
    sampler = SAMPLERS[name]
    overrides = dict(sampler.overrides)
    if sampler.bounded and config.get("rescale_betas_zero_snr"):
        overrides |= {"trained_betas": bounded_betas(config), "rescale_betas_zero_snr": False}
    if name is SamplerName.DPMPP_SDE:
        overrides["noise_sampler_seed"] = seed
    if name is SamplerName.LCM:
        # LCM picks its steps from this many and refuses to do more.
        overrides["original_inference_steps"] = max(_LCM_ORIGINAL_STEPS, steps)
    return sampler.scheduler.from_config(config, **overrides)


def bounded_betas(config: Mapping[str, Any]) -> list[float]:
    """Betas rescaled as for zero terminal SNR, but to TERMINAL_SIGMA: algorithm 1 of https://arxiv.org/abs/2305.08891."""
    betas = DDIMScheduler.from_config(config, rescale_betas_zero_snr=False).betas.to(torch.float64)
    signal = torch.cumprod(1.0 - betas, dim=0).sqrt()
    first, last = signal[0].clone(), signal[-1].clone()
    terminal = (1.0 + TERMINAL_SIGMA**2) ** -0.5
    signal = terminal + (signal - last) * (first - terminal) / (first - last)
    return _betas_of(signal**2)


def shifted_betas(config: Mapping[str, Any]) -> list[float]:
    """Betas with `snr_shift_scale` in them, which only CogView's own schedulers know: https://arxiv.org/abs/2403.05121."""
    betas = DDIMScheduler.from_config(config, rescale_betas_zero_snr=False).betas.to(torch.float64)
    alphas_cumprod = torch.cumprod(1.0 - betas, dim=0)
    scale = float(config["snr_shift_scale"])
    return _betas_of(alphas_cumprod / (scale + (1.0 - scale) * alphas_cumprod))


def _betas_of(alphas_cumprod: torch.Tensor) -> list[float]:
    alphas = torch.cat([alphas_cumprod[:1], alphas_cumprod[1:] / alphas_cumprod[:-1]])
    betas: list[float] = (1.0 - alphas).tolist()
    return betas
