"""References of networks in which words and picture attend to each other: Flux and Stable Diffusion 3.

Beside what it attends to anyway, each layer looks at what an IP-Adapter read of a picture, and what it finds there is
added. Hooks around the layers do it, for the time of a picture: nothing of the network is exchanged, and it doesn't
matter which pipeline calls it. diffusers' own layers know one weight for all pictures of an adapter, no places and, for
SD 3, one adapter; and only some of its pipelines take references.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from safetensors import safe_open
from torch import Tensor
from torch.nn import functional

from sdpaint.checkpoints.ip_adapters import FLUX_LAYER, FLUX_PROJECTIONS
from sdpaint.engine.image_encoder import ImageEncoder, digest
from sdpaint.engine.loader import LoadedCheckpoint
from sdpaint.engine.references import Position, file_of, fitting, parts_of, read
from sdpaint.generation.families import FAMILIES, FamilyName
from sdpaint.generation.references import Reference
from sdpaint.imaging.geometry import Size

Seen = dict[str, Tensor]
"""What a layer made of the picture's places: "to_q" and, of SD 3, "to_k" and "to_v"; (batch, places, width) each."""


class _Reading(Protocol):
    """One picture as an IP-Adapter reads it."""

    def begin(self, given: dict[str, Any]) -> None:
        """The network is about to be asked with these arguments."""

    def found(self, number: int, layer: Any, seen: Seen) -> Tensor:
        """What the places of a layer find in the picture: (batch, places, width)."""


class JointReferences:
    """The references of one picture, and when and where each counts."""

    def __init__(
        self, loaded: LoadedCheckpoint, references: Sequence[Reference], encoder: ImageEncoder, size: Size
    ) -> None:
        """The masks of `references` are of the size of the picture that the pipeline is called for."""
        family = FAMILIES[loaded.info.family]
        self._network = loaded.components[family.network]
        self._references = tuple(references)
        self._is_flux = family.name is FamilyName.FLUX
        self._readings: tuple[_Reading, ...]
        if self._is_flux:
            self._readings = tuple(_FluxReading(loaded, each, encoder) for each in references)
        else:
            paths = {file_of(each.adapter) for each in references}
            loaded.beside = {path: each for path, each in loaded.beside.items() if path in paths}
            self._readings = tuple(_Sd3Reading(loaded, each, encoder) for each in references)
        grid = Size(size.width // family.multiple_px, size.height // family.multiple_px)
        self._places = [_places(each, grid) for each in references]
        self._layers = [
            self._network.get_submodule(name.removesuffix(".processor"))
            for name in self._network.attn_processors
            if not name.startswith("single_")
        ]
        self._position: Position = lambda: None
        self._counting: tuple[int, ...] = ()
        self._seen: Seen = {}

    def arguments(self, _guided: bool) -> dict[str, Any]:
        """Of a pipeline's call: none are needed."""
        return {}

    @contextmanager
    def attached(self, position: Position) -> Iterator[None]:
        """Let each count in its stretch of the schedule, within a `with` block."""
        self._position = position
        handles = [self._network.register_forward_pre_hook(self._before, with_kwargs=True)]
        for number, layer in enumerate(self._layers):
            seen = ("to_q",) if self._is_flux else ("to_q", "to_k", "to_v")
            handles += [getattr(layer, name).register_forward_hook(functools.partial(self._see, name)) for name in seen]
            # Flux adds it to the block's result, SD 3 to that of the attention before its heads are mixed.
            if self._is_flux:
                handles.append(layer.register_forward_hook(functools.partial(self._beside, number)))
            else:
                into = functools.partial(self._into, number, layer)
                handles.append(layer.to_out[0].register_forward_pre_hook(into))
        with ExitStack() as stack:
            for handle in handles:
                stack.callback(handle.remove)
            yield
        self._seen = {}

    def _before(self, _network: Any, _arguments: Any, given: dict[str, Any]) -> None:
        done, count = self._position() or (0, 1)
        self._counting = tuple(
            number for number, each in enumerate(self._references) if each.stretch.counts(done, count)
        )
        for number in self._counting:
            self._readings[number].begin(given)

    def _see(self, name: str, _layer: Any, _arguments: Any, output: Tensor) -> None:
        if self._counting:
            self._seen[name] = output

    def _beside(self, number: int, layer: Any, _arguments: Any, output: tuple[Tensor, Tensor]) -> Any:
        return (*output, self._found(number, layer)) if self._counting else None

    def _into(self, number: int, layer: Any, _mixing: Any, arguments: tuple[Tensor]) -> Any:
        return (arguments[0] + self._found(number, layer),) if self._counting else None

    def _found(self, number: int, layer: Any) -> Tensor:
        parts = []
        for i in self._counting:
            found = self._readings[i].found(number, layer, self._seen) * self._references[i].stretch.weight
            places = self._places[i]
            if places is not None:
                # Networks that edit have the picture that they change, place for place, behind the one that they make.
                found = found * places.repeat(found.shape[1] // len(places)).to(found).reshape(1, -1, 1)
            parts.append(found)
        return functools.reduce(torch.add, parts)


def _places(reference: Reference, grid: Size) -> Tensor | None:
    """How much of each of a network's places is covered by the mask, row by row; None: all of each."""
    if reference.mask is None:
        return None
    weights = torch.from_numpy(np.array(reference.mask, order="C")).to(torch.float32)[None, None] / 255.0
    return functional.interpolate(weights, size=(grid.height, grid.width), mode="area").flatten()


def _by_heads(states: Tensor, heads: int) -> Tensor:
    """(batch, places, width) → (batch, heads, places, width/heads)."""
    return states.reshape(*states.shape[:2], heads, -1).transpose(1, 2)


class _FluxReading:
    """A few words that are the same at all steps: the layers' keys and values of them are worked out at the start."""

    def __init__(self, loaded: LoadedCheckpoint, reference: Reference, encoder: ImageEncoder) -> None:
        path = file_of(reference.adapter)

        def work_out() -> list[tuple[Tensor, Tensor]]:
            with fitting(loaded.info, (path,)):
                return _keys_and_values(loaded, path, read(reference, encoder)[1])

        key = (path, reference.encoder, digest(reference.image))
        self._layers: list[tuple[Tensor, Tensor]] = loaded.readings.get(key, work_out)

    def begin(self, given: dict[str, Any]) -> None:
        """The same at all steps: there is nothing to do."""

    def found(self, number: int, layer: Any, seen: Seen) -> Tensor:
        """What the places of a layer find in the picture: (batch, places, width)."""
        query = layer.norm_q(_by_heads(seen["to_q"], layer.heads))
        key, value = (_by_heads(each.to(query), layer.heads) for each in self._layers[number])
        return functional.scaled_dot_product_attention(query, key, value).transpose(1, 2).flatten(2)


def _keys_and_values(loaded: LoadedCheckpoint, path: Path, picture: Tensor) -> list[tuple[Tensor, Tensor]]:
    """Of each block, (1, words, width). Of the file's gigabyte one layer at a time is on the device."""
    device, dtype = loaded.device.torch_device, loaded.device.dtype
    with safe_open(path, "pt", device="cpu") as file:
        stored = list(file.keys())

        def tensors(name: str) -> tuple[Tensor, Tensor]:
            weight, bias = (file.get_tensor(f"{name}.{part}").to(device, dtype) for part in ("weight", "bias"))
            return weight, bias

        prefix = next(each for each in FLUX_PROJECTIONS if f"{each}proj.weight" in stored)
        weight, bias = tensors(f"{prefix}norm")
        words = functional.linear(picture.to(device, dtype), *tensors(f"{prefix}proj"))
        words = functional.layer_norm(words.reshape(1, -1, len(weight)), weight.shape, weight, bias)
        matches = [match for match in map(FLUX_LAYER.match, stored) if match is not None and match[3] == "weight"]
        names = {(int(match[1]), match[2]): match.string.removesuffix(".weight") for match in matches}
        made = {each: functional.linear(words, *tensors(name)) for each, name in names.items()}
    return [(made[number, "k"], made[number, "v"]) for number in range(1 + max(number for number, _ in made))]


class _Sd3Reading:
    """What is read depends on the step: the adapter's layers stay beside the network."""

    def __init__(self, loaded: LoadedCheckpoint, reference: Reference, encoder: ImageEncoder) -> None:
        path, device = file_of(reference.adapter), loaded.device
        states = torch.cat(read(reference, encoder))
        if path not in loaded.beside:
            with fitting(loaded.info, (path,)), torch.inference_mode(mode=False):
                loaded.beside[path] = _layers_of_sd3(loaded, path)
        self._projection, *self._layers = loaded.beside[path]
        self._states = states.to(device.torch_device, device.dtype)
        self._words = self._step = states

    def begin(self, given: dict[str, Any]) -> None:
        """Make words of the picture for a step."""
        states = self._states[-given["hidden_states"].shape[0] :]     # of nothing first, where it is guided
        self._words, self._step = self._projection(states, given["timestep"])

    def found(self, number: int, layer: Any, seen: Seen) -> Tensor:
        """What the places of a layer find among the words and each other: (batch, places, width)."""
        own, heads = self._layers[number], layer.heads
        words = own.norm_ip(self._words, temb=self._step)
        query, key, value = (_by_heads(seen[name], heads) for name in ("to_q", "to_k", "to_v"))
        word_keys = own.norm_ip_k(_by_heads(own.to_k_ip(words), heads))
        key = torch.cat([own.norm_k(key), word_keys], dim=2)
        value = torch.cat([value, _by_heads(own.to_v_ip(words), heads)], dim=2)
        found = functional.scaled_dot_product_attention(own.norm_q(query), key, value)
        return found.transpose(1, 2).flatten(2)


def _layers_of_sd3(loaded: LoadedCheckpoint, path: Path) -> torch.nn.ModuleList:
    """What makes words of a picture, and a layer for each of the network's."""
    network, parts = loaded.components[FAMILIES[loaded.info.family].network], parts_of(path)
    # Not in diffusers' quick way, which asks the network where it lies: that may be anywhere.
    projection = network._convert_ip_adapter_image_proj_to_diffusers(parts["image_proj"], low_cpu_mem_usage=False)
    layers = network._convert_ip_adapter_attn_to_diffusers(parts["ip_adapter"], low_cpu_mem_usage=False)
    made = torch.nn.ModuleList([projection, *layers.values()]).requires_grad_(False).eval()
    return made.to(loaded.device.torch_device, loaded.device.dtype)
