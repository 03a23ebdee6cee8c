"""Pickled weights → safetensors. The unpickler knows tensors and plain containers, nothing else.

A pickle is a program: reading it with Python's own unpickler runs whatever its author wrote. torch's `weights_only`
unpickler refuses every name but those that tensors are made of (https://pytorch.org/docs/stable/generated/torch.load.html).
"""

from __future__ import annotations

import pickle
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from torch import Tensor

from sdpaint.atomic import replacing_path
from sdpaint.engine.failures import is_out_of_memory
from sdpaint.errors import CheckpointError, FileError

PICKLED = (".ckpt", ".pt", ".pth", ".bin")
_CONTAINERS = ("state_dict", "params_ema", "params", "model", "module")
"""Under which of its keys a training program keeps the weights, the best first."""
_OF_IP_ADAPTERS = ("image_proj", "ip_adapter")
"""The two halves of a pickled IP-Adapter. In safetensors they stand before the names."""


def convert(source: Path, target: Path | None = None) -> Path:
    """Write the tensors of a pickled file as safetensors, by default beside it. Returns where.

    Raises CheckpointError where it holds something else than tensors or is damaged, FileError where the target is
    taken or can't be written.
    """
    target = target or source.with_suffix(".safetensors")
    if target.exists():
        raise FileError(f"{target.name} is there already", hint="Choose another name, or take it away")
    tensors = tensors_of(_load(source), source.name)
    try:
        with replacing_path(target) as scratch:
            save_file(tensors, scratch, metadata={"format": "pt"})
    except OSError as error:
        raise FileError(f"{target.name} can't be written", hint="Make room on the disk, or choose another") from error
    return target


def tensors_of(loaded: Any, name: str) -> dict[str, Tensor]:
    """The tensors of what was unpickled, by name, each with memory of its own. Raises CheckpointError without any."""
    if isinstance(loaded, Mapping) and "string_to_param" in loaded:
        # A1111's embedding: one matrix under "*".
        words = [value for value in loaded["string_to_param"].values() if isinstance(value, Tensor)]
        loaded = {"emb_params": words[0]} if words else {}
    if isinstance(loaded, Mapping) and all(isinstance(loaded.get(part), Mapping) for part in _OF_IP_ADAPTERS):
        loaded = {f"{part}.{key}": value for part in _OF_IP_ADAPTERS for key, value in loaded[part].items()}
    for key in _CONTAINERS:
        if isinstance(loaded, Mapping) and isinstance(loaded.get(key), Mapping):
            loaded = loaded[key]
            break
    found = (
        {str(key): value for key, value in loaded.items() if isinstance(value, Tensor)}
        if isinstance(loaded, Mapping)
        else {}
    )
    if not found:
        raise CheckpointError(f"{name} holds no weights", hint="Get the checkpoint as .safetensors")
    # Several names may share memory, which safetensors doesn't know.
    return {key: value.detach().clone().contiguous() for key, value in found.items()}


def _load(source: Path) -> Any:
    _check_archive(source)
    try:
        return torch.load(source, map_location="cpu", weights_only=True)
    except FileNotFoundError as error:
        raise CheckpointError(f"{source.name} is missing", hint="Choose another file") from error
    except pickle.UnpicklingError as error:
        raise CheckpointError(
            f"{source.name} holds more than tensors: a program that would run when it is read",
            hint="Don't use it. Get the checkpoint as .safetensors",
        ) from error
    except Exception as error:
        if is_out_of_memory(error):
            raise
        # torch raises RuntimeError, EOFError, ValueError, KeyError … for damaged files.
        raise CheckpointError(f"{source.name} is damaged or no weights at all", hint="Download it again") from error


def _check_archive(source: Path) -> None:
    """Refuse an archive that unpacks to more than it is: torch stores tensors as they are."""
    try:
        if not zipfile.is_zipfile(source):
            return
        with zipfile.ZipFile(source) as archive:
            total = sum(entry.file_size for entry in archive.infolist())
        size = source.stat().st_size
    except (OSError, zipfile.BadZipFile, ValueError) as error:
        raise CheckpointError(f"{source.name} is damaged", hint="Download it again") from error
    if total > size:
        raise CheckpointError(f"{source.name} unpacks to more than it is", hint="Get it from its author")
