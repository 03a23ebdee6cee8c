"""Variations: noise of other seeds mixed into that of a picture, wherever a pipeline starts from noise."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from sdpaint.engine.noising import randn
from sdpaint.generation.request import Variation

_PARALLEL = 1e-4
"""Below this sine of the angle between them, two noises count as one."""


def slerp(one: Tensor, other: Tensor, share: float) -> Tensor:
    """From `one` (share 0) to `other` (share 1) along the great circle between them (Shoemake 1985).

    All of the tensor is one vector. Its length runs evenly from that of the one to that of the other, so that a mix
    is as strong a noise as either: a plain mean of two noises is too weak by a third, and comes out blurred.
    """
    if share <= 0.0:
        return one
    if share >= 1.0:
        return other
    a, b = one.to(torch.float32), other.to(torch.float32)
    length_a, length_b = a.norm(), b.norm()
    unit_a, unit_b = a / length_a, b / length_b
    angle = torch.arccos((unit_a * unit_b).sum().clamp(-1.0, 1.0))
    sine = torch.sin(angle)
    if float(sine) < _PARALLEL:
        return torch.lerp(a, b, share).to(one.dtype)
    direction = unit_a * (torch.sin((1.0 - share) * angle) / sine) + unit_b * (torch.sin(share * angle) / sine)
    mixed: Tensor = direction * torch.lerp(length_a, length_b, share)
    return mixed.to(one.dtype)


def varied(noise: Tensor, variations: Sequence[Variation]) -> Tensor:
    """The noise of the seed with that of the variations mixed in, in their order. Without any, the noise itself."""
    for each in variations:
        generator = torch.Generator("cpu").manual_seed(each.seed)
        noise = slerp(noise, randn(noise.shape, generator, noise.device, noise.dtype), each.strength)
    return noise


def vary_what_is_added(scheduler: Any, variations: Sequence[Variation]) -> None:
    """Have a scheduler, made for one picture, vary the noise that a pipeline gives it to add to a picture."""
    if not variations:
        return
    if hasattr(scheduler, "scale_noise"):
        scale: Callable[..., Tensor] = scheduler.scale_noise

        def scale_noise(sample: Tensor, timestep: Any, noise: Tensor | None = None) -> Tensor:
            return scale(sample, timestep, None if noise is None else varied(noise, variations))

        scheduler.scale_noise = scale_noise
    if hasattr(scheduler, "add_noise"):
        add: Callable[..., Tensor] = scheduler.add_noise

        def add_noise(original_samples: Tensor, noise: Tensor, timesteps: Any) -> Tensor:
            return add(original_samples, varied(noise, variations), timesteps)

        scheduler.add_noise = add_noise
