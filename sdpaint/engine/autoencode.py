"""Pixels ↔ latents, as diffusers' pipelines do it, with a second try in float32 where half precision overflows."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from diffusers import VQModel
from numpy.typing import NDArray
from torch import Tensor

from sdpaint.engine.layout import folded, unfolded
from sdpaint.engine.loader import LoadedCheckpoint
from sdpaint.engine.preview import non_finite
from sdpaint.generation.engine import CancelToken
from sdpaint.generation.families import FamilyName

_log = logging.getLogger(__name__)

_COLORS_AND_ALPHA = 4
"""Channels of pictures with transparency."""


def encode(
    loaded: LoadedCheckpoint, image: NDArray[np.uint8], generator: torch.Generator | None, cancel: CancelToken
) -> Tensor:
    """(height, width, 3) uint8 RGB → (1, channels, height/8, width/8) latents, scaled as the UNet sees them.

    With a generator the latents are drawn from the encoder's distribution, without one they are its mode; an
    autoencoder without a distribution gives the same either way. The distribution of recent pictures is remembered.
    """
    key = (image.shape, hashlib.blake2b(np.ascontiguousarray(image).data).digest())
    encoding = loaded.encodings.get(key, lambda: _encode(loaded, image, cancel))
    distribution = getattr(encoding, "latent_dist", None)
    if distribution is None:
        latents = _latents_of(encoding)
    else:
        latents = distribution.mode() if generator is None else distribution.sample(generator)
    if _is_video(loaded.vae):
        latents = latents.squeeze(2)
    return _scaled(loaded.vae, latents.to(loaded.device.dtype))


def decode(loaded: LoadedCheckpoint, latents: Tensor, cancel: CancelToken) -> NDArray[np.uint8]:
    """(1, channels, height/8, width/8) scaled latents → (height, width, 3) uint8 RGB, owned.

    Raises NonFiniteLatents, GenerationCancelled between tiles.
    """
    if not bool(torch.isfinite(latents).all()):
        raise non_finite()
    vae = loaded.vae
    unscaled = _unscaled(vae, latents)
    with _cancelled_at(vae.decoder, cancel):
        # fp16 alone: bfloat16 has the range of float32.
        upcast = loaded.device.dtype == torch.float16 and _wants_float32(loaded)
        pixels = _decode_in(vae, unscaled, torch.float32 if upcast else loaded.device.dtype)
        if not bool(torch.isfinite(pixels).all()):
            _log.warning("the autoencoder overflowed in %s; decoding again in float32", loaded.device.dtype)
            pixels = _decode_in(vae, unscaled, torch.float32)
    if not bool(torch.isfinite(pixels).all()):
        raise non_finite()
    rgb = (pixels[0].to(torch.float32) * 0.5 + 0.5).clamp(0.0, 1.0).permute(1, 2, 0)
    return np.array((rgb * 255.0).round().to(torch.uint8).cpu().numpy(), order="C")


def to_tensor(image: NDArray[np.uint8]) -> Tensor:
    """(height, width, 3) uint8 → (1, 3, height, width) float32 of -1…1."""
    pixels = torch.from_numpy(np.array(image, order="C")).to(torch.float32) / 255.0
    return (2.0 * pixels - 1.0).permute(2, 0, 1).unsqueeze(0).contiguous()


def _encode(loaded: LoadedCheckpoint, image: NDArray[np.uint8], cancel: CancelToken) -> Any:
    vae = loaded.vae
    pixels = to_tensor(image).to(loaded.device.torch_device)
    with _cancelled_at(vae.encoder, cancel):
        encoding = _encode_in(vae, pixels, torch.float32 if _wants_float32(loaded) else loaded.device.dtype)
        if not _is_finite(encoding):
            _log.warning("the autoencoder overflowed in %s; encoding again in float32", loaded.device.dtype)
            encoding = _encode_in(vae, pixels, torch.float32)
    if not _is_finite(encoding):
        raise non_finite()
    return encoding


def _is_finite(encoding: Any) -> bool:
    distribution = getattr(encoding, "latent_dist", None)
    values = _latents_of(encoding) if distribution is None else distribution.parameters
    return bool(torch.isfinite(values).all())


def _latents_of(encoding: Any) -> Tensor:
    latents: Tensor = encoding.latents if hasattr(encoding, "latents") else encoding.latent
    return latents


def _wants_float32(loaded: LoadedCheckpoint) -> bool:
    # SDXL's autoencoder overflows in float16 and says so; for SD the key is a default that nobody meant.
    return loaded.info.family is FamilyName.SDXL and bool(getattr(loaded.vae.config, "force_upcast", False))


def _encode_in(vae: Any, pixels: Tensor, dtype: torch.dtype) -> Any:
    with _precision(vae, dtype):
        pixels = pixels.to(dtype)
        if getattr(vae.config, "in_channels", 3) == _COLORS_AND_ALPHA:
            pixels = torch.cat([pixels, torch.ones_like(pixels[:, :1])], dim=1)     # all of it opaque
        return vae.encode(pixels.unsqueeze(2) if _is_video(vae) else pixels)


def _decode_in(vae: Any, latents: Tensor, dtype: torch.dtype) -> Tensor:
    as_they_are = {"force_not_quantize": True} if isinstance(vae, VQModel) else {}
    with _precision(vae, dtype):
        latents = latents.to(dtype)
        latents = latents.unsqueeze(2) if _is_video(vae) else latents
        pixels: Tensor = vae.decode(latents, return_dict=False, **as_they_are)[0]
        return _over_white(pixels.squeeze(2) if _is_video(vae) else pixels)


def _over_white(pixels: Tensor) -> Tensor:
    """(1, 3 or 4, h, w) of -1…1 → (1, 3, h, w): results have no transparency, and white is what such networks know."""
    if pixels.shape[1] != _COLORS_AND_ALPHA:
        return pixels
    colors, alpha = pixels[:, :3], (pixels[:, 3:] * 0.5 + 0.5).clamp(0.0, 1.0)
    return colors * alpha + (1.0 - alpha)


@contextmanager
def _precision(vae: Any, dtype: torch.dtype) -> Iterator[None]:
    before = vae.dtype
    if before == dtype:
        yield
        return
    vae.to(dtype=dtype)
    try:
        yield
    finally:
        vae.to(dtype=before)


@contextmanager
def _cancelled_at(network: torch.nn.Module, cancel: CancelToken) -> Iterator[None]:
    def check(*_: Any) -> None:
        cancel.raise_if_cancelled()

    handle = network.register_forward_pre_hook(check)
    try:
        yield
    finally:
        handle.remove()


def _scaled(vae: Any, latents: Tensor) -> Tensor:
    config = vae.config
    if isinstance(vae, VQModel):
        return latents  # its configuration has a factor, which Kandinsky's pipelines don't use
    if hasattr(vae, "bn"):
        return normalised(vae, latents)
    mean, std = _statistics(config, latents)
    if mean is not None and std is not None:
        return (latents - mean) * _factor(config) / std
    return (latents - _shift(config)) * _factor(config)


def unshifted(vae: Any, latents: Tensor) -> Tensor:
    """Scaled latents as they are without the autoencoder's shift."""
    return latents + _shift(vae.config) * _factor(vae.config)


def _unscaled(vae: Any, latents: Tensor) -> Tensor:
    config = vae.config
    if isinstance(vae, VQModel):
        return latents
    if hasattr(vae, "bn"):
        centre, spread = _batch_statistics(vae, latents)
        return unfolded(latents * spread + centre)
    mean, std = _statistics(config, latents)
    if mean is not None and std is not None:
        return latents * std / _factor(config) + mean
    return latents / _factor(config) + _shift(config)


def normalised(vae: Any, latents: Tensor) -> Tensor:
    """Flux 2's latents: patches of two by two, brought to unit variance by the autoencoder's batch norm."""
    cells = folded(latents)
    mean, std = _batch_statistics(vae, cells)
    return (cells - mean) / std


def _batch_statistics(vae: Any, latents: Tensor) -> tuple[Tensor, Tensor]:
    mean = vae.bn.running_mean.view(1, -1, 1, 1).to(latents)
    std = (vae.bn.running_var.view(1, -1, 1, 1) + vae.config.batch_norm_eps).sqrt().to(latents)
    return mean, std


def _factor(config: Any) -> float:
    return float(getattr(config, "scaling_factor", None) or 1.0)


def _shift(config: Any) -> float:
    return float(getattr(config, "shift_factor", None) or 0.0)


def _statistics(config: Any, latents: Tensor) -> tuple[Tensor | None, Tensor | None]:
    both = []
    for name in ("latents_mean", "latents_std"):
        values = getattr(config, name, None)
        both.append(None if values is None else torch.tensor(values).view(1, -1, 1, 1).to(latents))
    return both[0], both[1]


def _is_video(vae: Any) -> bool:
    """Whether the autoencoder wants frames: Qwen-Image's is one of films."""
    return hasattr(vae, "temperal_downsample")
