"""Tensors of a file as they are to be computed with, whatever form they are stored in."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file

from sdpaint.engine.failures import is_out_of_memory
from sdpaint.errors import CheckpointError

Tensors = dict[str, torch.Tensor]

_SCALES = ("scale_weight", "weight_scale")
"""What ComfyUI calls the number that weights of eight bits are to be multiplied with, formerly and today."""
_OF_COMFYUI = ("scaled_fp8", "scale_input", "input_scale", "comfy_quant", *_SCALES)
"""Tensors that say how others are stored."""
_MOST_SAID = 4096
"""Bytes of JSON on a layer."""
_PLAIN_FORMATS = ("float8_e4m3fn", "float8_e5m2")


def read_tensors(file: Path) -> Tensors:
    """What a .safetensors file holds. It is mapped, and read where it is used. Raises CheckpointError."""
    try:
        tensors: Tensors = load_file(file)
    except Exception as error:
        if is_out_of_memory(error):
            raise
        raise CheckpointError(f"{file.name} can't be read", hint="Download it again") from error
    return tensors


def unscaled(tensors: Tensors, dtype: torch.dtype, name: str) -> Tensors:
    """Tensors without ComfyUI's scales: what had one is multiplied with it, and is of `dtype` then.

    `name`: of the file, for people. Raises CheckpointError where weights are packed in another way.
    """
    scales = dict(_scales(tensors))
    if any(scale.numel() != 1 for scale in scales.values()) or not all(map(_is_plain, _formats(tensors))):
        raise CheckpointError(
            f"{name} holds weights packed for ComfyUI in a way that can't be read", hint="Get it as GGUF, or in 16 bits"
        )
    return {
        key: (tensor.float() * scales[key].float()).to(dtype) if key in scales else tensor
        for key, tensor in tensors.items()
        if key.rpartition(".")[2] not in _OF_COMFYUI
    }


def _scales(tensors: Tensors) -> Iterator[tuple[str, torch.Tensor]]:
    """The weight → what it is to be multiplied with."""
    for key, tensor in tensors.items():
        layer, _, last = key.rpartition(".")
        if last in _SCALES:
            yield f"{layer}.weight", tensor


def _formats(tensors: Tensors) -> Iterator[Any]:
    """What is said of how layers are packed; None where that says nothing."""
    for key, tensor in tensors.items():
        if key.rpartition(".")[2] == "comfy_quant":
            try:
                yield json.loads(bytes(tensor.flatten()[:_MOST_SAID].to(torch.uint8).tolist()))
            except (ValueError, RecursionError):
                yield None


def _is_plain(stated: Any) -> bool:
    return isinstance(stated, dict) and stated.get("format") in _PLAIN_FORMATS
