"""IP-Adapters and image encoders on the disk: what each fits is told from shapes and configurations alone."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from sdpaint.checkpoints.header import read_header
from sdpaint.checkpoints.identify import CheckpointInfo
from sdpaint.checkpoints.weights import find_weights, read_json
from sdpaint.errors import CheckpointError
from sdpaint.generation.families import FAMILIES, FamilyName

ADAPTED = (FamilyName.SD, FamilyName.SDXL)
"""Families that references work with."""

_PATCHES = ("vision_model.embeddings.patch_embedding.weight", "embeddings.patch_embedding.weight")
_PROJECTION = "visual_projection.weight"
_FACE_ID_WIDTH = 512


@dataclass(frozen=True)
class IpAdapterInfo:
    """One IP-Adapter. `prompt_width`: what it must share with the denoising network.

    It reads what an image encoder says of a picture, `image_width` wide: of each patch (`reads_patches`) or of all.
    """

    path: Path
    name: str
    prompt_width: int
    image_width: int
    reads_patches: bool

    def fits(self, checkpoint: CheckpointInfo) -> bool:
        """Whether it was made for networks such as the checkpoint's. Reads JSON."""
        if checkpoint.family not in ADAPTED:
            return False
        configs = checkpoint.configurations
        network = read_json(configs / FAMILIES[checkpoint.family].network / "config.json")
        return network.get("cross_attention_dim") == self.prompt_width

    def reads(self, encoder: ImageEncoderInfo) -> bool:
        """Whether the encoder says what it was trained with."""
        return (encoder.patch_width if self.reads_patches else encoder.width) == self.image_width


@dataclass(frozen=True)
class ImageEncoderInfo:
    """One CLIP image encoder. `patch_width`: what it says of each patch, `width`: of the whole picture.

    `configured`: it is a folder with a configuration of its own.
    """

    path: Path
    patch_width: int
    width: int
    configured: bool


def read_ip_adapter(path: Path) -> IpAdapterInfo:
    """Identify an IP-Adapter by its header. Raises CheckpointError where it is none or of an unknown kind."""
    shapes = read_header(path).shapes
    read_by = [name for name in shapes if name.startswith("ip_adapter.") and name.endswith("to_k_ip.weight")]
    keys = [shapes[name] for name in read_by]
    for name, reads_patches in (
        ("image_proj.proj_in.weight", True), ("image_proj.proj.0.weight", True), ("image_proj.proj.weight", False)
    ):
        shape = shapes.get(name, ())
        if len(shape) != 2 or not keys or len(keys[0]) != 2:
            continue
        if shape[1] == _FACE_ID_WIDTH:
            raise CheckpointError(
                f"{path.name} knows people by a face recogniser, which sdpaint doesn't have",
                hint="Choose another IP-Adapter, such as plus-face",
            )
        return IpAdapterInfo(path, path.stem, keys[0][1], shape[1], reads_patches)
    raise CheckpointError(f"{path.name} is no IP-Adapter that sdpaint can run", hint="Choose one for SD or SDXL")


def read_image_encoder(path: Path) -> ImageEncoderInfo:
    """Identify a CLIP image encoder, a folder or a file. Raises CheckpointError where it is none."""
    if path.is_dir():
        config = read_json(path / "config.json")
        patch_width, width = config.get("hidden_size"), config.get("projection_dim")
        if not isinstance(patch_width, int) or not isinstance(width, int):
            raise CheckpointError(f"{path.name} is no image encoder", hint="Choose another folder")
        find_weights(path)
        return ImageEncoderInfo(path, patch_width, width, configured=True)
    shapes = read_header(path).shapes
    patches = next((shapes[name] for name in _PATCHES if name in shapes), ())
    projection = shapes.get(_PROJECTION, ())
    if len(patches) != 4 or len(projection) != 2:
        raise CheckpointError(f"{path.name} is no whole image encoder", hint="Get it as a folder, with its config.json")
    return ImageEncoderInfo(path, patches[0], projection[0], configured=False)


def adapter_for(
    checkpoint: CheckpointInfo,
    adapters: Iterable[IpAdapterInfo],
    encoders: Iterable[ImageEncoderInfo],
    wanted: str = "",
) -> tuple[IpAdapterInfo, ImageEncoderInfo]:
    """An IP-Adapter for a checkpoint, and the encoder for it that lies nearest to it.

    `wanted`: the name of its file; else the one that tells most apart for which there is an encoder. Raises
    CheckpointError where there is none.
    """
    sought = wanted.casefold()
    known = [each for each in adapters if sought in ("", each.name.casefold(), each.path.name.casefold())]
    if not known:
        raise CheckpointError(
            f"There is no IP-Adapter {wanted}" if wanted else "References need an IP-Adapter, and there is none",
            hint="Get one, with its image encoder, into a folder of checkpoints, or hide the reference layers",
        )
    fitting = [each for each in known if each.fits(checkpoint)]
    if not fitting:
        raise CheckpointError(
            f"No IP-Adapter here is for {checkpoint.name}, a {checkpoint.family.value}",
            hint="Get one of its family, or hide the reference layers",
        )
    candidates = tuple(encoders)
    for adapter in sorted(fitting, key=lambda each: (not each.reads_patches, each.name.casefold())):
        readable = [each for each in candidates if adapter.reads(each)]
        if readable:
            return adapter, max(readable, key=lambda each: _shared(each.path, adapter.path))
    raise CheckpointError(
        f"The image encoder that {fitting[0].name} reads through isn't there",
        hint=f"Put its folder image_encoder (a CLIP of width {fitting[0].image_width}) beside it",
    )


def _shared(one: Path, other: Path) -> int:
    """How many folders two paths have in common."""
    try:
        return len(Path(os.path.commonpath((one.absolute(), other.absolute()))).parts)
    except ValueError:
        return 0    # on different drives
