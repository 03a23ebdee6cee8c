"""Regions of a request → what guides the denoising loop by them: cross-attention where there is some, else lanes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from sdpaint.engine.calls import CALLS, Layout
from sdpaint.engine.conditioning import Conditioning
from sdpaint.engine.lanes import Lanes
from sdpaint.engine.loader import LoadedCheckpoint
from sdpaint.engine.noising import twin
from sdpaint.engine.regional_attention import RegionalAttention
from sdpaint.generation.families import FAMILIES
from sdpaint.generation.regions import shares_of
from sdpaint.generation.request import GenerationRequest


def shares_on_latents(loaded: LoadedCheckpoint, request: GenerationRequest) -> Tensor:
    """(1 + regions, 1, 1, h, w) of 0…1: what each region's words count at each latent; the whole's own come first."""
    cell_px = loaded.latent_px * (2 if CALLS[loaded.info.family].layout is Layout.FOLDED else 1)
    size = (request.size.height // cell_px, request.size.width // cell_px)
    covers = [
        torch.nn.functional.interpolate(
            torch.from_numpy(region.mask).to(torch.float32)[None, None] / 255.0, size=size, mode="area"
        )[0, 0].numpy()
        for region in request.regions
    ]
    shares = shares_of(covers, [region.weight for region in request.regions])
    return torch.from_numpy(shares)[:, None, None].to(loaded.device.torch_device)


def regional_attention(
    loaded: LoadedCheckpoint, request: GenerationRequest, regions: tuple[Conditioning, ...], steps: int
) -> RegionalAttention | None:
    """For a request with regions and a network that can be guided so; None for all others."""
    if not regions or not _reads_by_attention(loaded):
        return None
    shares = shares_on_latents(loaded, request)[:, 0]
    network = loaded.components[FAMILIES[loaded.info.family].network]
    return RegionalAttention(network, regions, shares, steps)


def lanes(
    loaded: LoadedCheckpoint,
    request: GenerationRequest,
    regions: tuple[Conditioning, ...],
    pipeline: Any,
    arguments: Mapping[str, Any],
    steps: int,
) -> Lanes | None:
    """For a request with regions and a network whose attention can't be guided; None for all others."""
    if not regions or _reads_by_attention(loaded):
        return None
    each = [
        {**arguments, **words.arguments(steps), "generator": twin(arguments["generator"])} for words in regions
    ]
    return Lanes(pipeline, each, shares_on_latents(loaded, request))


def _reads_by_attention(loaded: LoadedCheckpoint) -> bool:
    """Whether words reach the places of a picture by cross-attention alone.

    The family says whether there is any: a fact that is asked for without a network too. Its checkpoints still differ
    in whether an embedding of the whole prompt's states is added ("text" to diffusers), by which a network hears of day
    or night at every place, wherever it looks. Only the configuration of the loaded one says so.
    """
    family = FAMILIES[loaded.info.family]
    if not family.cross_attends:
        return False
    return getattr(loaded.components[family.network].config, "addition_embed_type", None) != "text"
