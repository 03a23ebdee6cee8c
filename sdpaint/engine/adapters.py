"""LoRA on a loaded checkpoint: as many as a prompt names, each with weights of its own, without loading it anew.

diffusers and peft do the work: kohya's and diffusers' files are converted by diffusers' loaders, LyCORIS' before. When
no adapter is wanted the networks are as they were, bit for bit: peft's layers are taken out, not only turned off.
"""

from __future__ import annotations

import logging
import re
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file
from torch import Tensor

from sdpaint.checkpoints.architectures import is_foreign
from sdpaint.checkpoints.component import Kind
from sdpaint.checkpoints.header import read_header
from sdpaint.checkpoints.identify import CheckpointInfo
from sdpaint.checkpoints.recognise import identify_file
from sdpaint.engine.failures import is_out_of_memory
from sdpaint.engine.loader import LoadedCheckpoint
from sdpaint.engine.lycoris import as_lora, is_lycoris
from sdpaint.errors import CheckpointError
from sdpaint.generation.prompt.adapters import AdapterTag, take_adapters
from sdpaint.generation.prompt.of_request import chosen_prompts, chosen_region_prompts
from sdpaint.generation.request import GenerationRequest

log = logging.getLogger(__name__)

_MOST_KEPT = 8
"""Adapters that stay with a checkpoint though the prompt doesn't name them: switching back is then quick."""


@dataclass(frozen=True)
class ActiveAdapter:
    """An adapter that a picture is made with."""

    name: str
    path: Path
    text_weight: float
    network_weight: float


def wanted_adapters(request: GenerationRequest, index: int) -> tuple[ActiveAdapter, ...]:
    """What the prompts of picture `index` ask for, those whose files are known; a later tag of a name counts.

    Those of regions count for the whole picture: an adapter changes the networks.
    """
    seed = request.seed_of(index)
    prompts = [chosen_prompts(request, seed), *chosen_region_prompts(request, seed)]
    found: dict[str, AdapterTag] = {
        tag.name: tag for prompt, _ in prompts for tag in take_adapters(prompt).adapters if tag.kind == "lora"
    }
    return tuple(
        ActiveAdapter(name, request.adapter_files[name], tag.text_weight, tag.unet_weight)
        for name, tag in found.items()
        if name in request.adapter_files and (tag.text_weight or tag.unet_weight)
    )


def apply_adapters(loaded: LoadedCheckpoint, pipeline: Any, wanted: Sequence[ActiveAdapter]) -> None:
    """Put exactly these adapters onto the checkpoint's networks. Raises CheckpointError where one doesn't fit."""
    if tuple(wanted) == loaded.adapters:
        return
    # What is made in inference mode couldn't be changed outside of it.
    with torch.inference_mode(mode=False):
        if not wanted:
            pipeline.unload_lora_weights()
            loaded.adapter_names.clear()
        else:
            _load_missing(loaded, pipeline, wanted)
            names = [loaded.adapter_names[each.path] for each in wanted]
            weights = [_weights(pipeline, each, name) for each, name in zip(wanted, names, strict=True)]
            pipeline.set_adapters(names, weights)
    loaded.adapters = tuple(wanted)


def _load_missing(loaded: LoadedCheckpoint, pipeline: Any, wanted: Sequence[ActiveAdapter]) -> None:
    kept = {each.path for each in wanted}
    spare = [path for path in loaded.adapter_names if path not in kept]
    for path in spare[: max(0, len(spare) - _MOST_KEPT)]:
        pipeline.delete_adapters(loaded.adapter_names.pop(path))
    for each in wanted:
        if each.path not in loaded.adapter_names:
            name = f"{re.sub(r'[^A-Za-z0-9_]', '_', each.name)}_{len(loaded.adapter_names)}_{loaded.next_adapter}"
            loaded.next_adapter += 1
            _check(each, loaded.info)
            _load(pipeline, each, name)
            loaded.adapter_names[each.path] = name


def _check(adapter: ActiveAdapter, checkpoint: CheckpointInfo) -> None:
    """Raise CheckpointError where a header says that its file is damaged or for something else."""
    found = identify_file(adapter.path)
    if found.kind is not Kind.LORA or is_foreign(found.architecture, checkpoint.family):
        raise CheckpointError(
            f"{adapter.name} is {found.describe()}, and no LoRA for {checkpoint.name}, a {checkpoint.family.value}",
            hint="Take it out of the prompt, or choose a checkpoint of its family",
        )


def _load(pipeline: Any, adapter: ActiveAdapter, name: str) -> None:
    unfit = CheckpointError(
        f"The LoRA {adapter.name} doesn't fit this checkpoint", hint="Take it out of the prompt, or choose its family"
    )
    try:
        with warnings.catch_warnings():
            # Several at once are what is wanted.
            warnings.filterwarnings("ignore", "Already found a `peft_config` attribute", UserWarning)
            source = _converted(adapter.path, pipeline)
            pipeline.load_lora_weights(source, adapter_name=name, local_files_only=True, use_safetensors=True)
    except Exception as error:
        if is_out_of_memory(error):
            raise
        # What was half put in must not stay.
        if any(name in names for names in pipeline.get_list_adapters().values()):
            pipeline.delete_adapters(name)
        log.warning("loading the LoRA %s failed", adapter.path, exc_info=True)
        raise unfit from error
    if not any(name in names for names in pipeline.get_list_adapters().values()):
        raise unfit


def _converted(path: Path, pipeline: Any) -> Path | dict[str, Tensor]:
    """What diffusers is to load: the file itself, or for UNets the LoRA that its LoHa and LoKr are."""
    if not hasattr(pipeline, "unet") or not is_lycoris(read_header(path).shapes):
        return path
    return as_lora(load_file(path))


def _weights(pipeline: Any, adapter: ActiveAdapter, name: str) -> dict[str, float]:
    """By component: only those that the adapter has a part for."""
    return {
        component: adapter.text_weight if component.startswith("text_encoder") else adapter.network_weight
        for component, names in pipeline.get_list_adapters().items()
        if name in names
    }
