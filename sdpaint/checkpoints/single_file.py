"""Single files: checkpoints in one .safetensors, whole or but for some parts, as A1111 and ComfyUI have them.

A file holds weights only. The configurations and the vocabularies that belong to it come with sdpaint, so that nothing
is asked of a network.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from sdpaint.checkpoints.architectures import family_of
from sdpaint.checkpoints.component import Architecture, Component, Kind, Prediction
from sdpaint.checkpoints.header import Container
from sdpaint.checkpoints.text_encoders import ENCODERS_OF
from sdpaint.checkpoints.variants import edits_pictures
from sdpaint.errors import CheckpointError
from sdpaint.paths import resource_dir

SUFFIXES = (".safetensors", ".gguf")

_V_IN_NAME = re.compile(r"768|v[-_ ]?pred", re.IGNORECASE)
_FOLDERS: Mapping[tuple[Architecture, str], str] = {
    **{(Architecture.SD1, variant): "sd1" for variant in ("", "inpaint")},
    **{(Architecture.SD2, variant): "sd2" for variant in ("", "inpaint")},
    **{(Architecture.SDXL, variant): "sdxl" for variant in ("", "inpaint")},
    (Architecture.SD3, ""): "sd3",
    (Architecture.SD35_MEDIUM, ""): "sd35-medium",
    (Architecture.SD35_LARGE, ""): "sd35-large",
    (Architecture.FLUX, "dev"): "flux-dev",
    (Architecture.FLUX, "schnell"): "flux-schnell",
    (Architecture.FLUX, "fill"): "flux-fill",
    (Architecture.CHROMA, ""): "chroma",
    (Architecture.Z_IMAGE, ""): "z-image",
}
"""Architecture and variant → folder of its configurations."""


def configurations() -> Path:
    """The folder of the bundled configurations, one sub-folder for each kind of file."""
    return resource_dir() / "single_files"


def is_single_file(path: Path) -> bool:
    """Whether a path may be a checkpoint in one file."""
    return path.suffix.lower() in SUFFIXES and path.is_file()


def has_configurations(architecture: Architecture) -> bool:
    """Whether those of an architecture's files come with sdpaint."""
    return any(each is architecture for each, _ in _FOLDERS)


def configs_for(path: Path, found: Component) -> Path:
    """The folder of diffusers' configurations for a checkpoint in one file, or for a network that lacks other parts.

    Raises CheckpointError where there is none.
    """
    is_alone = found.kind is Kind.DIFFUSION_MODEL
    if not is_alone and (found.kind is not Kind.CHECKPOINT or found.container is not Container.SAFETENSORS):
        raise CheckpointError(
            f"{path.name} is no whole checkpoint but {found.describe()}", hint="Choose a file with all of its networks"
        )
    if is_alone and family_of(found.architecture) not in ENCODERS_OF:
        name = found.architecture.value
        raise CheckpointError(
            f"{path.name} holds only the network of {name}, without text encoders and autoencoder",
            hint=f"Download a whole {name} checkpoint too: what is missing is taken from it",
        )
    folder = _folder(path, found)
    if folder is None:
        raise CheckpointError(
            f"{path.name} holds {found.describe()}, which can't be used as a single file",
            hint="Get it as a diffusers folder",
        )
    return configurations() / folder


def _folder(path: Path, found: Component) -> str | None:
    folder = _FOLDERS.get((found.architecture, found.variant))
    match found.architecture:
        case Architecture.SD2 if folder is not None:
            # The header doesn't say it, the names of these files mostly do.
            predicts_v = found.prediction is Prediction.V
            return "sd2-v" if predicts_v or (found.prediction is None and _V_IN_NAME.search(path.stem)) else folder
        case Architecture.SDXL if found.prediction is Prediction.V and folder is not None:
            return "sdxl-v"
        case Architecture.FLUX if folder == "flux-dev" and edits_pictures(path):
            return "flux-kontext"
        case Architecture.Z_IMAGE if folder is not None and "turbo" in path.stem.casefold():
            return "z-image-turbo"
        case _:
            return folder
