"""Autoencoders by themselves: folders of diffusers, and single files as A1111 and ComfyUI have them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sdpaint.checkpoints.header import read_header
from sdpaint.checkpoints.identify import CheckpointInfo
from sdpaint.checkpoints.parts import PARTS
from sdpaint.checkpoints.weights import find_weights, read_json
from sdpaint.errors import CheckpointError
from sdpaint.generation.families import FAMILIES

_KL = "AutoencoderKL"
_KNOWN = frozenset(name for family, parts in PARTS.items() for name in parts[FAMILIES[family].autoencoder])
_FIRST_OF_DECODER = ("decoder.conv_in.weight", "first_stage_model.decoder.conv_in.weight")


@dataclass(frozen=True)
class VaeInfo:
    """One autoencoder. `channels`: of its latents; `configured`: it is a folder with a configuration of its own."""

    path: Path
    name: str
    class_name: str
    channels: int
    configured: bool

    def fits(self, checkpoint: CheckpointInfo) -> bool:
        """Whether it can take the place of the checkpoint's. SD's and SDXL's are of one shape: no file tells them."""
        family = FAMILIES[checkpoint.family]
        return self.class_name in PARTS[family.name][family.autoencoder] and self.channels == family.latent_channels

    def check(self, checkpoint: CheckpointInfo) -> None:
        """Raise CheckpointError where it can't."""
        if not self.fits(checkpoint):
            raise CheckpointError(
                f"The VAE {self.name}, a {self.class_name} of {self.channels} channels, isn't for {checkpoint.name}",
                hint="Choose another VAE, or the checkpoint's own",
            )


def read_vae(path: Path) -> VaeInfo:
    """Identify an autoencoder. Reads JSON or a header, no weights. Raises CheckpointError where it is none."""
    if path.is_dir():
        config = read_json(path / "config.json")
        class_name, channels = str(config.get("_class_name")), config.get("latent_channels", config.get("z_dim"))
        if class_name not in _KNOWN or not isinstance(channels, int):
            raise CheckpointError(f"{path.name} is no VAE", hint="Choose another folder")
        find_weights(path)
        return VaeInfo(path, path.name, class_name, channels, configured=True)
    shapes = read_header(path).shapes
    first = next((shapes[name] for name in _FIRST_OF_DECODER if name in shapes), ())
    if len(first) != 4:
        raise CheckpointError(
            f"{path.name} is no VAE that can be read by itself", hint="Get it as a folder of diffusers"
        )
    return VaeInfo(path, path.stem, _KL, first[1], configured=False)
