"""A preview map fitted to a checkpoint's own autoencoder, for families of which nobody has published one."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from sdpaint.engine.autoencode import encode
from sdpaint.engine.loader import LoadedCheckpoint
from sdpaint.generation.engine import CancelToken
from sdpaint.generation.families import FAMILIES
from sdpaint.generation.preview_maps import PreviewMap

_CELLS = 16
"""So many patches of colour to a side are encoded."""

_RIDGE = 1e-3
"""Keeps channels that don't matter for colours from being blown up."""


def preview_map_of(loaded: LoadedCheckpoint) -> PreviewMap:
    """The published map of the checkpoint's family, else one by least squares, computed once per checkpoint."""
    known = loaded.info.preview_map or loaded.fitted_map
    if known is None:
        known = loaded.fitted_map = fit(loaded)
    return known


def fit(loaded: LoadedCheckpoint) -> PreviewMap:
    """Latents → colours by ridge regression, over patches of colour that the autoencoder has encoded."""
    # Two latents to a side are as many as any autoencoder takes together; other multiples are the network's.
    patch = max(loaded.latent_px, min(FAMILIES[loaded.info.family].multiple_px, 2 * loaded.latent_px))
    image = _patches(patch)
    with torch.inference_mode():
        latents = encode(loaded, image, None, CancelToken())[0].to("cpu", torch.float64)
    step = image.shape[0] // latents.shape[-1]
    colours = torch.from_numpy(image).to(torch.float64).unfold(0, step, step).unfold(1, step, step).mean((-1, -2))
    inputs = latents.flatten(1).T
    inputs = torch.cat([inputs, torch.ones(len(inputs), 1, dtype=torch.float64)], dim=1)
    wanted = colours.flatten(0, 1) / 127.5 - 1.0
    gram = inputs.T @ inputs + _RIDGE * len(inputs) * torch.eye(inputs.shape[1], dtype=torch.float64)
    solved = torch.linalg.solve(gram, inputs.T @ wanted).tolist()
    rows = tuple((red, green, blue) for red, green, blue in solved)
    return PreviewMap(rows[:-1], rows[-1])


def _patches(side: int) -> NDArray[np.uint8]:
    colours = np.random.default_rng(0).integers(0, 256, (_CELLS, _CELLS, 3), dtype=np.uint8)
    return np.ascontiguousarray(colours.repeat(side, axis=0).repeat(side, axis=1))
