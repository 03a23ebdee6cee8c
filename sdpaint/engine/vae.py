"""Another autoencoder in the place of a checkpoint's own, exchanged while the other networks stay where they are."""

from __future__ import annotations

import logging
import re
from pathlib import Path
from typing import Any

import diffusers

from sdpaint.checkpoints.vaes import VaeInfo, read_vae
from sdpaint.engine.failures import is_out_of_memory
from sdpaint.engine.loader import LoadedCheckpoint, load_network, place_network
from sdpaint.errors import CheckpointError
from sdpaint.generation.families import FAMILIES, FamilyName

_log = logging.getLogger(__name__)

_MOST_KEPT = 2
"""Autoencoders that stay with a checkpoint beside the one in use: changing back is then quick."""

_HALF_FIXED = re.compile(r"fp16[-_ .]*fix", re.IGNORECASE)
"""Names of SDXL's autoencoder as retrained for half precision (madebyollin's)."""


def holds_vae(loaded: LoadedCheckpoint, path: Path | None) -> bool:
    """Whether `use_vae` would return at once."""
    return path == loaded.vae_path or path in loaded.spare_vaes


def use_vae(loaded: LoadedCheckpoint, path: Path | None) -> None:
    """Let a checkpoint work with the autoencoder of a file or folder; None: with its own.

    Raises CheckpointError where it is damaged or of another family.
    """
    if path == loaded.vae_path:
        return
    network = loaded.spare_vaes.pop(path, None) or _load(loaded, path)
    loaded.spare_vaes[loaded.vae_path] = loaded.vae
    while len(loaded.spare_vaes) > _MOST_KEPT:
        loaded.spare_vaes.pop(next(each for each in loaded.spare_vaes if each is not None))
    loaded.components[FAMILIES[loaded.info.family].autoencoder], loaded.vae_path = network, path
    # What was made with the other one, or for it.
    loaded.pipelines.clear()
    loaded.encodings.clear()
    loaded.fitted_map = None


def _load(loaded: LoadedCheckpoint, path: Path | None) -> Any:
    if path is None:
        raise RuntimeError("a checkpoint's own autoencoder is never dropped")
    info = read_vae(path)
    info.check(loaded.info)
    if info.configured:
        return load_network(path, getattr(diffusers, info.class_name), loaded.device)
    network = _from_file(loaded, info)
    place_network(network, info.name, loaded.device)
    return network


def _from_file(loaded: LoadedCheckpoint, info: VaeInfo) -> Any:
    """A file says neither how its latents are scaled nor how it was built: as the checkpoint's own was."""
    try:
        network = diffusers.AutoencoderKL.from_single_file(
            str(info.path),
            config=str(loaded.info.configurations),
            subfolder="vae",
            local_files_only=True,
            torch_dtype=loaded.device.dtype,
        )
    except Exception as error:
        if is_out_of_memory(error):
            raise
        _log.debug("loading %s failed", info.path, exc_info=True)
        raise _unfit(loaded, info) from error
    if any(each.is_meta for each in network.parameters()):
        raise _unfit(loaded, info)
    if loaded.info.family is FamilyName.SDXL and _HALF_FIXED.search(info.name):
        network.register_to_config(force_upcast=False)
    return network


def _unfit(loaded: LoadedCheckpoint, info: VaeInfo) -> CheckpointError:
    return CheckpointError(
        f"The VAE {info.name} doesn't fit {loaded.info.name}", hint="Choose another VAE, or the checkpoint's own"
    )
