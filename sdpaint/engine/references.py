"""References at work: IP-Adapters on a denoising UNet, put on and taken off without loading it anew.

diffusers makes the layers out of the files. They are attention processors beside the network's own, which are kept:
when no reference is asked for, the very same objects are back, and the pixels are as before bit for bit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import load_file
from torch import Tensor

from sdpaint.checkpoints.identify import CheckpointInfo, read_checkpoint
from sdpaint.checkpoints.ip_adapters import read_image_encoder, read_ip_adapter
from sdpaint.document.reference import ReferenceUse
from sdpaint.engine.failures import is_out_of_memory
from sdpaint.engine.image_encoder import ImageEncoder, States
from sdpaint.engine.loader import LoadedCheckpoint
from sdpaint.errors import CheckpointError
from sdpaint.generation.families import FAMILIES, FamilyName
from sdpaint.generation.references import Reference
from sdpaint.generation.request import GenerationRequest
from sdpaint.imaging.geometry import Size

Position = Callable[[], tuple[int, int] | None]
"""(evaluations of the network done, evaluations in all), or None where what the network says is thrown away."""

_BLOCKS: dict[FamilyName, dict[ReferenceUse, dict[str, float]]] = {
    # InstantStyle (Wang et al. 2024): of SDXL's blocks one draws up the picture, another one gives it its style.
    FamilyName.SDXL: {
        ReferenceUse.STYLE: {"up_blocks.0.attentions.1.": 1.0},
        ReferenceUse.COMPOSITION: {"down_blocks.2.attentions.1.": 1.0},
    },
    # As ComfyUI's nodes for IP-Adapter part SD's, which are less clear-cut.
    FamilyName.SD: {
        ReferenceUse.STYLE: {
            "down_blocks.0.": 1.0, "down_blocks.1.": 1.0, "mid_block.": 1.0, "up_blocks.2.": 1.0, "up_blocks.3.": 1.0,
        },
        ReferenceUse.COMPOSITION: {"down_blocks.2.attentions.0.": 0.25, "down_blocks.2.attentions.1.": 1.0},
    },
}  # fmt: skip
"""Start of a layer's name → the share of the weight that it gets; others get none."""


@dataclass(eq=False)
class WornAdapters:
    """IP-Adapters as a network wears them, by their files, and what is put back when it takes them off."""

    paths: tuple[Path, ...]
    processors: dict[str, Any]
    projection: Any
    own_processors: dict[str, Any]
    own_projection: Any
    own_projection_type: Any


def check_references(request: GenerationRequest) -> None:
    """Raise CheckpointError where a reference can't be used.

    Reads JSON and headers alone, so that nothing is loaded for what can't be done.
    """
    for reference in request.active_references:
        adapter, checkpoint = read_ip_adapter(file_of(reference.adapter)), read_checkpoint(request.checkpoint)
        if not adapter.fits(checkpoint):
            raise _unfit(adapter.name, checkpoint)
        encoder = read_image_encoder(file_of(reference.encoder))
        if not adapter.reads(encoder):
            raise CheckpointError(
                f"The IP-Adapter {adapter.name} doesn't read through {encoder.path.name}",
                hint=f"Choose an image encoder of width {adapter.image_width}",
            )


def wear(loaded: LoadedCheckpoint, references: Sequence[Reference]) -> None:
    """Let the denoising network read through the references' IP-Adapters, and through none where there are none.

    Raises CheckpointError where a file is damaged or doesn't fit.
    """
    paths = tuple(dict.fromkeys(file_of(reference.adapter) for reference in references))
    if loaded.worn is not None and loaded.worn.paths == paths:
        return
    network = _network(loaded)
    if loaded.worn is not None:
        _take_off(network, loaded.worn)
        loaded.spare_worn, loaded.worn = loaded.worn, None
    if not paths:
        return
    # What is made in inference mode couldn't be changed outside of it.
    with torch.inference_mode(mode=False):
        spare = loaded.spare_worn
        if spare is not None and spare.paths == paths:
            network.set_attn_processor(dict(spare.processors))
            network.encoder_hid_proj, network.config.encoder_hid_dim_type = spare.projection, "ip_image_proj"
            loaded.worn, loaded.spare_worn = spare, None
        else:
            loaded.spare_worn = None
            loaded.worn = _put_on(loaded, network, paths)


def file_of(path: Path | None) -> Path:
    """A reference's file. Raises CheckpointError where it hasn't been looked up."""
    if path is None or not path.is_absolute():
        raise CheckpointError("A reference has no IP-Adapter", hint="Get one into a folder of checkpoints")
    return path


def _network(loaded: LoadedCheckpoint) -> Any:
    return loaded.components[FAMILIES[loaded.info.family].network]


def _take_off(network: Any, worn: WornAdapters) -> None:
    network.encoder_hid_proj = worn.own_projection     # first: it may have attention layers of its own
    network.set_attn_processor(dict(worn.own_processors))
    network.config.encoder_hid_dim_type = worn.own_projection_type


def _put_on(loaded: LoadedCheckpoint, network: Any, paths: tuple[Path, ...]) -> WornAdapters:
    own = network.attn_processors, network.encoder_hid_proj, network.config.encoder_hid_dim_type
    made = WornAdapters(paths, {}, None, *own)
    try:
        with fitting(loaded.info, paths):
            network._load_ip_adapter_weights([parts_of(path) for path in paths])
    except BaseException:
        _take_off(network, made)
        raise
    network.requires_grad_(False)
    made.projection = network.encoder_hid_proj
    made.processors = {name: each for name, each in network.attn_processors.items() if name in made.own_processors}
    return made


def parts_of(path: Path) -> dict[str, dict[str, Tensor]]:
    """A file's tensors as diffusers takes them: apart by what stands before the first dot."""
    parts: dict[str, dict[str, Tensor]] = {"image_proj": {}, "ip_adapter": {}}
    for name, tensor in load_file(path).items():
        part, _, rest = name.partition(".")
        if part in parts:
            parts[part][rest] = tensor
    return parts


@contextmanager
def fitting(checkpoint: CheckpointInfo, paths: Sequence[Path]) -> Iterator[None]:
    """Within it, what goes wrong with the files of IP-Adapters is a CheckpointError, unless memory ran out."""
    try:
        yield
    except Exception as error:
        if is_out_of_memory(error) or isinstance(error, CheckpointError):
            raise
        raise _unfit(", ".join(path.stem for path in paths), checkpoint) from error


def _unfit(name: str, checkpoint: CheckpointInfo) -> CheckpointError:
    return CheckpointError(
        f"The IP-Adapter {name} doesn't fit {checkpoint.name}",
        hint="Choose one of the checkpoint's family, or hide the reference layers",
    )


class References:
    """The references of one picture: arguments of the pipeline's call, and when each counts."""

    def __init__(
        self, loaded: LoadedCheckpoint, references: Sequence[Reference], encoder: ImageEncoder, size: Size
    ) -> None:
        """`references` as `wear` was told, their masks of the size of the picture that the pipeline is called for."""
        assert loaded.worn is not None
        self._size = size
        self._network = _network(loaded)
        self._groups = [[each for each in references if each.adapter == path] for path in loaded.worn.paths]
        self._blocks = _BLOCKS[loaded.info.family]
        self._states = [[read(each, encoder) for each in group] for group in self._groups]
        self._layers = {
            name: processor for name, processor in loaded.worn.processors.items() if hasattr(processor, "to_k_ip")
        }
        self._active: list[list[bool]] = []
        self._position: Position = lambda: None

    def arguments(self, guided: bool) -> dict[str, Any]:
        """Of a pipeline's call. `guided`: the network is asked with and without them at once."""
        found: dict[str, Any] = {"ip_adapter_image_embeds": [_stacked(group, guided) for group in self._states]}
        if any(len(group) > 1 or group[0].mask is not None for group in self._groups):
            found["cross_attention_kwargs"] = {
                "ip_adapter_masks": [_masks(group, self._size) for group in self._groups]
            }
        return found

    @contextmanager
    def attached(self, position: Position) -> Iterator[None]:
        """Let each count in its stretch of the schedule, within a `with` block."""
        self._position = position
        handle = self._network.register_forward_pre_hook(self._before)
        try:
            yield
        finally:
            self._active = []
            handle.remove()

    def _before(self, _network: Any, _arguments: Any) -> None:
        done, count = self._position() or (0, 1)
        active = [[each.stretch.counts(done, count) for each in group] for group in self._groups]
        if active == self._active:
            return
        self._active = active
        for name, layer in self._layers.items():
            layer.scale = [
                self._scale(name, group, counting) for group, counting in zip(self._groups, active, strict=True)
            ]

    def _scale(self, layer: str, group: Sequence[Reference], counting: Sequence[bool]) -> float | list[float]:
        scales = [
            each.stretch.weight * self._share(layer, each.use) if counts else 0.0
            for each, counts in zip(group, counting, strict=True)
        ]
        return scales if len(group) > 1 or group[0].mask is not None else scales[0]

    def _share(self, layer: str, use: ReferenceUse) -> float:
        if use is ReferenceUse.BOTH:
            return 1.0
        return next((share for start, share in self._blocks[use].items() if layer.startswith(start)), 0.0)


def read(reference: Reference, encoder: ImageEncoder) -> States:
    """What its image encoder says of a reference, as its IP-Adapter wants it."""
    adapter = read_ip_adapter(file_of(reference.adapter))
    return encoder.read(reference.image, file_of(reference.encoder), adapter.reads_patches)


def _stacked(states: Sequence[States], guided: bool) -> Tensor:
    """(1 or 2, pictures, …): what is said of nothing first, where the network is asked with and without."""
    nothing, pictures = (torch.stack([each[part] for each in states], dim=1) for part in (0, 1))
    return torch.cat([nothing, pictures]) if guided else pictures


def _masks(group: Sequence[Reference], size: Size) -> Tensor | None:
    """(1, pictures, height, width) of 0…1; pictures of one adapter only have weights apart where they have masks."""
    if len(group) == 1 and group[0].mask is None:
        return None
    everywhere = np.full((size.height, size.width), 255, np.uint8)
    masks = [everywhere if each.mask is None else each.mask for each in group]
    return torch.from_numpy(np.stack(masks)).to(torch.float32)[None] / 255.0
