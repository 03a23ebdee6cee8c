"""Image encoders, CLIP's and SigLIP's: a reference picture → what IP-Adapters read of it, remembered while it may be
asked."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
import transformers
from safetensors.torch import load_file
from torch import Tensor

from sdpaint.checkpoints.ip_adapters import ImageEncoderInfo, read_image_encoder
from sdpaint.engine.device import Device
from sdpaint.engine.failures import is_out_of_memory
from sdpaint.engine.loader import load_network, place_network
from sdpaint.engine.recent import Recent
from sdpaint.engine.room import held_bytes
from sdpaint.errors import CheckpointError
from sdpaint.imaging.tiles import Pixels8

_log = logging.getLogger(__name__)

_HEADS = 16
"""Of all image encoders that IP-Adapters read: CLIP L, H and bigG, SigLIP so400m."""
_SHARP_GELU_WIDTH = 1024
"""OpenAI's CLIP-L has an activation of its own; those of OpenCLIP have the plain one."""

_OF_PICTURES = ("vision_model.", "visual_projection.")
"""What belongs to the image encoder in a file that holds a text encoder too."""

States = tuple[Tensor, Tensor]
"""What is said of nothing and of the picture: (1, width) each, or (1, patches, width)."""


def digest(image: Pixels8) -> bytes:
    """What tells a picture from all others."""
    return hashlib.blake2b(np.ascontiguousarray(image).data, key=repr(image.shape).encode()).digest()


class ImageEncoder:
    """Reads pictures, through the encoder that was used last. That one stays as far as there is room for it."""

    def __init__(self, device: Device, spare_bytes: Callable[[], int]) -> None:
        """`spare_bytes` says how much memory it may take between pictures."""
        self._device = device
        self._spare_bytes = spare_bytes
        self._path: Path | None = None
        self._network: Any = None
        self._known: Recent[States] = Recent(32)

    @property
    def held_bytes(self) -> int:
        """The memory that it takes now."""
        return held_bytes([self._network])

    def read(self, image: Pixels8, path: Path, of_patches: bool) -> States:
        """What an encoder says of a picture, (h, w, 3) uint8 RGB. Raises CheckpointError, OutOfMemory."""
        key = (digest(image), path, of_patches)
        return self._known.get(key, lambda: self._read(image, path, of_patches))

    def settle(self) -> None:
        """Let go of the encoder where the rest wants its room; what it said stays."""
        if self.held_bytes > self._spare_bytes():
            self._path = self._network = None

    def clear(self) -> None:
        """Free everything."""
        self._path = self._network = None
        self._known.clear()

    def _read(self, image: Pixels8, path: Path, of_patches: bool) -> States:
        if path != self._path:
            self._path = self._network = None   # before the next one takes as much
            with torch.inference_mode(mode=False):
                self._network = load_image_encoder(path, self._device)
            self._path = path
        is_siglip = isinstance(self._network, transformers.SiglipVisionModel)
        side = int(self._network.config.image_size)
        if is_siglip:
            processor = transformers.SiglipImageProcessor(size={"height": side, "width": side})
        else:
            processor = transformers.CLIPImageProcessor(size={"shortest_edge": side}, crop_size=side)
        pixels = processor(image, return_tensors="pt").pixel_values.to(self._network.device, self._network.dtype)
        with torch.inference_mode():
            if is_siglip:
                states = self._network(pixels, output_hidden_states=True).hidden_states[-2]
                return torch.zeros_like(states), states
            if of_patches:
                nothing, states = (
                    self._network(each, output_hidden_states=True).hidden_states[-2]
                    for each in (torch.zeros_like(pixels), pixels)
                )
                return nothing, states
            embeds = self._network(pixels).image_embeds
            return torch.zeros_like(embeds), embeds


def load_image_encoder(path: Path, device: Device) -> Any:
    """An image encoder on the device. Raises CheckpointError where its files don't fit, OutOfMemory."""
    info = read_image_encoder(path)
    if info.configured:
        return load_network(path, _class_of(info), device)
    try:
        network = _from_file(info, device)
    except Exception as error:
        if is_out_of_memory(error):
            raise
        _log.debug("loading %s failed", path, exc_info=True)
        raise CheckpointError(
            f"The image encoder {path.name} can't be loaded", hint="Get it as a folder, with its config.json"
        ) from error
    place_network(network, path.name, device)
    return network


def _class_of(info: ImageEncoderInfo) -> Any:
    return transformers.SiglipVisionModel if info.is_siglip else transformers.CLIPVisionModelWithProjection


def _from_file(info: ImageEncoderInfo, device: Device) -> Any:
    """A file has no configuration: its shapes say all but the heads and the activation."""
    tensors = {
        name: tensor.to(device.dtype)
        for name, tensor in load_file(info.path).items()
        if name.startswith(_OF_PICTURES) and not name.endswith("position_ids")
    }
    patches = tensors["vision_model.embeddings.patch_embedding.weight"]
    positions = tensors["vision_model.embeddings.position_embedding.weight"].shape[0]
    places = positions if info.is_siglip else positions - 1     # CLIP has one more for the whole
    layers = {name.split(".")[3] for name in tensors if name.startswith("vision_model.encoder.layers.")}
    sizes = {
        "hidden_size": info.patch_width,
        "intermediate_size": tensors["vision_model.encoder.layers.0.mlp.fc1.weight"].shape[0],
        "num_hidden_layers": len(layers),
        "num_attention_heads": _HEADS,
        "patch_size": patches.shape[2],
        "image_size": patches.shape[2] * round(places**0.5),
    }
    if info.is_siglip:
        config = transformers.SiglipVisionConfig(**sizes)
    else:
        activation = "quick_gelu" if info.patch_width == _SHARP_GELU_WIDTH else "gelu"
        config = transformers.CLIPVisionConfig(**sizes, projection_dim=info.width, hidden_act=activation)
    network = _class_of(info)(config).to(device.dtype)
    known = network.state_dict()
    network.load_state_dict(
        {name if name in known else name.removeprefix("vision_model."): tensor for name, tensor in tensors.items()}
    )
    return network
