"""IP-Adapters and image encoders on the disk: what each fits is told from shapes and configurations alone."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sdpaint.checkpoints.header import Shape, read_header
from sdpaint.checkpoints.identify import CheckpointInfo
from sdpaint.checkpoints.weights import find_weights, read_json
from sdpaint.errors import CheckpointError
from sdpaint.generation.families import FAMILIES, FamilyName

_UNETS = (FamilyName.SD, FamilyName.SDXL)
ADAPTED = (*_UNETS, FamilyName.SD3, FamilyName.FLUX)
"""Families that references work with."""

_PATCHES = ("vision_model.embeddings.patch_embedding.weight", "embeddings.patch_embedding.weight")
_PROJECTION = "visual_projection.weight"
_POOLING = ("vision_model.head.probe", "head.probe")
"""SigLIP's way to say something of a whole picture, which isn't asked for."""
_FACE_ID_WIDTH = 512

FLUX_LAYER = re.compile(
    r"(?:double_blocks|ip_adapter)\.(\d+)\.(?:processor\.ip_adapter_double_stream_|to_)([kv])(?:_proj|_ip)\.(\w+)"
)
"""What a layer of one for Flux is called, by its authors or by diffusers: number of the block, keys or values,
weight or bias."""
FLUX_PROJECTIONS = ("ip_adapter_proj_model.", "image_proj.")
"""What stands before the names of the tensors that make tokens of a picture."""


@dataclass(frozen=True)
class IpAdapterInfo:
    """One IP-Adapter. `widths`: what the denoising network must have, by name.

    It reads what an image encoder says of a picture, `image_width` wide: of each patch (`reads_patches`) or of all. SD
    3's reads through SigLIP, all others through CLIP.
    """

    path: Path
    name: str
    families: tuple[FamilyName, ...]
    widths: Mapping[str, int] = field(hash=False)
    image_width: int
    reads_patches: bool

    def fits(self, checkpoint: CheckpointInfo) -> bool:
        """Whether it was made for networks such as the checkpoint's. Reads JSON."""
        if checkpoint.family not in self.families:
            return False
        given = _widths_of(checkpoint)
        return all(given.get(name) == width for name, width in self.widths.items())

    def reads(self, encoder: ImageEncoderInfo) -> bool:
        """Whether the encoder says what it was trained with."""
        if encoder.is_siglip is not (FamilyName.SD3 in self.families):
            return False
        return (encoder.patch_width if self.reads_patches else encoder.width) == self.image_width


def _widths_of(checkpoint: CheckpointInfo) -> dict[str, Any]:
    config = read_json(checkpoint.configurations / FAMILIES[checkpoint.family].network / "config.json")
    heads, width = config.get("num_attention_heads"), config.get("attention_head_dim")
    return {
        "prompt": config.get("cross_attention_dim") or config.get("joint_attention_dim"),
        "network": heads * width if isinstance(heads, int) and isinstance(width, int) else None,
        "layers": config.get("num_layers"),
    }


@dataclass(frozen=True)
class ImageEncoderInfo:
    """One image encoder. `patch_width`: what it says of each patch, `width`: of the whole picture.

    `configured`: it is a folder with a configuration of its own. `is_siglip`: it is no CLIP and says nothing of the
    whole picture.
    """

    path: Path
    patch_width: int
    width: int
    configured: bool
    is_siglip: bool = False


def read_ip_adapter(path: Path) -> IpAdapterInfo:
    """Identify an IP-Adapter by its header. Raises CheckpointError where it is none or of an unknown kind."""
    shapes = read_header(path).shapes
    found = _for_flux(path, shapes) or _for_sd3(path, shapes) or _for_unet(path, shapes)
    if found is None:
        raise CheckpointError(
            f"{path.name} is no IP-Adapter that sdpaint can run", hint="Choose one for SD, SDXL, SD 3 or FLUX.1"
        )
    return found


def _for_flux(path: Path, shapes: Mapping[str, Shape]) -> IpAdapterInfo | None:
    """Only those without a resampler, which say a picture in a few words of the prompt's width."""
    layers = [match for match in map(FLUX_LAYER.match, shapes) if match is not None]
    keys = next((shapes[match.string] for match in layers if match.string.endswith(".weight")), ())
    projections = (shapes.get(f"{prefix}proj.weight", ()) for prefix in FLUX_PROJECTIONS)
    projection = next((shape for shape in projections if len(shape) == 2), ())
    has_biases = any(match.string.endswith(".bias") for match in layers)
    if not has_biases or len(keys) != 2 or not projection:
        return None
    widths = {"network": keys[0], "prompt": keys[1], "layers": 1 + max(int(match[1]) for match in layers)}
    return IpAdapterInfo(path, path.stem, (FamilyName.FLUX,), widths, projection[1], reads_patches=False)


def _for_sd3(path: Path, shapes: Mapping[str, Shape]) -> IpAdapterInfo | None:
    """Its layers are told the step."""
    layers = [name for name in shapes if name.endswith(".norm_ip.linear.weight")]
    keys, entry = shapes.get("ip_adapter.0.to_k_ip.weight", ()), shapes.get("image_proj.proj_in.weight", ())
    if not layers or len(keys) != 2 or len(entry) != 2:
        return None
    widths = {"network": keys[0], "layers": len(layers)}
    return IpAdapterInfo(path, path.stem, (FamilyName.SD3,), widths, entry[1], reads_patches=True)


def _for_unet(path: Path, shapes: Mapping[str, Shape]) -> IpAdapterInfo | None:
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
        return IpAdapterInfo(path, path.stem, _UNETS, {"prompt": keys[0][1]}, shape[1], reads_patches)
    return None


def read_image_encoder(path: Path) -> ImageEncoderInfo:
    """Identify an image encoder, a folder or a file. Raises CheckpointError where it is none.

    One that stands beside a text encoder, as CLIP and SigLIP are published, is one too.
    """
    if path.is_dir():
        config = read_json(path / "config.json")
        own = config.get("vision_config") or config
        is_siglip = str(config.get("model_type")).startswith("siglip")
        patch_width = own.get("hidden_size")
        width = 0 if is_siglip else own.get("projection_dim")
        if not isinstance(patch_width, int) or not isinstance(width, int):
            raise CheckpointError(f"{path.name} is no image encoder", hint="Choose another folder")
        find_weights(path)
        return ImageEncoderInfo(path, patch_width, width, configured=True, is_siglip=is_siglip)
    shapes = read_header(path).shapes
    patches = next((shapes[name] for name in _PATCHES if name in shapes), ())
    projection = shapes.get(_PROJECTION, ())
    is_siglip = any(name in shapes for name in _POOLING)
    if len(patches) != 4 or (len(projection) != 2 and not is_siglip):
        raise CheckpointError(f"{path.name} is no whole image encoder", hint="Get it as a folder, with its config.json")
    width = 0 if is_siglip else projection[0]
    return ImageEncoderInfo(path, patches[0], width, configured=False, is_siglip=is_siglip)


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
        hint=f"Put its folder image_encoder ({_wanted(fitting[0])}) beside it",
    )


def _wanted(adapter: IpAdapterInfo) -> str:
    return f"a {'SigLIP' if FamilyName.SD3 in adapter.families else 'CLIP'} of width {adapter.image_width}"


def _shared(one: Path, other: Path) -> int:
    """How many folders two paths have in common."""
    try:
        return len(Path(os.path.commonpath((one.absolute(), other.absolute()))).parts)
    except ValueError:
        return 0    # on different drives
