"""Noise levels: what share of picture and noise latents hold at a point of a schedule, and x0 from a prediction."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor


@dataclass(frozen=True)
class NoiseLevel:
    """latents = signal · x0 + noise · ε."""

    signal: float
    noise: float

    def apply(self, x0: Tensor, epsilon: Tensor) -> Tensor:
        """Latents of this noise level."""
        return x0 * self.signal + epsilon * self.noise


FLOW = "flow_prediction"
"""The network predicts noise − picture."""
CLEAN = NoiseLevel(1.0, 0.0)


def is_flow(scheduler: Any) -> bool:
    """Whether it goes along straight lines from noise to picture (rectified flow, Liu et al. 2022)."""
    return hasattr(scheduler, "scale_noise")


def prediction_type(scheduler: Any) -> str:
    """What the network's prediction is, as predicted_x0 takes it."""
    return FLOW if is_flow(scheduler) else str(scheduler.config.prediction_type)


def noise_level(scheduler: Any, timesteps: Sequence[float], index: int) -> NoiseLevel:
    """The level of the latents that the scheduler holds when its next call is number `index` of `timesteps`.

    Called before the step it speaks of the latents that go in, after it of those that came out. Behind the last
    call latents are clean. Reads no tensor of the compute device: sigmas are kept on the CPU.
    """
    if index >= len(timesteps):
        return CLEAN
    sigmas = getattr(scheduler, "sigmas", None)
    if is_flow(scheduler):
        sigma = float(scheduler.sigmas[index])
        return NoiseLevel(1.0 - sigma, sigma)
    if sigmas is None:
        signal = float(scheduler.alphas_cumprod[int(timesteps[index])])
        return NoiseLevel(math.sqrt(signal), math.sqrt(1.0 - signal))
    # Between its two stages DPM++ SDE stands half way to the next sigma.
    midpoint = getattr(scheduler, "mid_point_sigma", None)
    sigma = float(sigmas[index] if midpoint is None else midpoint)
    # Schedulers that start from unit noise keep the variance; the others let it explode, from sigma down to 0.
    if float(scheduler.init_noise_sigma) == 1.0:
        scale = 1.0 / math.sqrt(1.0 + sigma**2)
        return NoiseLevel(scale, sigma * scale)
    return NoiseLevel(1.0, sigma)


def predicted_x0(prediction_type: str, prediction: Tensor, latents: Tensor, level: NoiseLevel) -> Tensor:
    """The picture's latents that the network has in mind, from its prediction at `latents` of `level`.

    For v-prediction (Salimans & Ho 2022) `latents` are normalised to unit variance first, as the network saw them.
    """
    if prediction_type == FLOW:
        return latents - prediction * level.noise
    if prediction_type == "sample":
        return prediction
    if prediction_type == "epsilon":
        return (latents - prediction * level.noise) / level.signal
    if prediction_type == "v_prediction":
        norm = math.hypot(level.signal, level.noise)
        return latents * (level.signal / norm**2) - prediction * (level.noise / norm)
    raise ValueError(f"unknown prediction type {prediction_type!r}")


def randn(shape: Sequence[int], generator: torch.Generator, device: torch.device, dtype: torch.dtype) -> Tensor:
    """Normal noise, drawn as diffusers' pipelines draw it: on the generator's device, in the wanted precision."""
    return torch.randn(tuple(shape), generator=generator, device=generator.device, dtype=dtype).to(device)


def twin(generator: torch.Generator) -> torch.Generator:
    """A generator that will draw what the other one will."""
    other = torch.Generator("cpu")
    other.set_state(generator.get_state())
    return other
