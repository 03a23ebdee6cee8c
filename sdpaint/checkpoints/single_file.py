"""Single files: whole checkpoints in one .safetensors, as A1111 and ComfyUI have them.

A file holds weights only. The configurations and the vocabulary that belong to it come with sdpaint, so that nothing
is asked of a network.
"""

from __future__ import annotations

import re
from pathlib import Path

from sdpaint.checkpoints.component import Architecture, Component, Kind, Prediction
from sdpaint.checkpoints.header import Container
from sdpaint.errors import CheckpointError
from sdpaint.paths import resource_dir

SUFFIXES = (".safetensors", ".gguf")

_V_IN_NAME = re.compile(r"768|v[-_ ]?pred", re.IGNORECASE)
_INPUTS = {"": 4, "inpaint": 9}


def configurations() -> Path:
    """The folder of the bundled configurations, one sub-folder for each kind of file."""
    return resource_dir() / "single_files"


def is_single_file(path: Path) -> bool:
    """Whether a path may be a checkpoint in one file."""
    return path.suffix.lower() in SUFFIXES and path.is_file()


def configs_for(path: Path, found: Component) -> tuple[Path, int, Prediction | None]:
    """For a single file: the diffusers configurations, the input channels of its UNet, and what that predicts.

    Raises CheckpointError where the file is no whole checkpoint that can be used so.
    """
    if found.kind is not Kind.CHECKPOINT or found.container is not Container.SAFETENSORS:
        raise CheckpointError(
            f"{path.name} is no whole checkpoint but {found.describe()}", hint="Choose a file with all of its networks"
        )
    folder = _folder(path, found)
    if folder is None or found.variant not in _INPUTS:
        raise CheckpointError(
            f"{path.name} holds {found.describe()}, which can't be used as a single file",
            hint="Get it as a diffusers folder",
        )
    return configurations() / folder, _INPUTS[found.variant], found.prediction


def _folder(path: Path, found: Component) -> str | None:
    predicts_v = found.prediction is Prediction.V
    match found.architecture:
        case Architecture.SD1:
            return "sd1"
        case Architecture.SD2:
            # The header doesn't say it, the names of these files mostly do.
            return "sd2-v" if predicts_v or (found.prediction is None and _V_IN_NAME.search(path.stem)) else "sd2"
        case Architecture.SDXL:
            return "sdxl-v" if predicts_v else "sdxl"
        case _:
            return None
