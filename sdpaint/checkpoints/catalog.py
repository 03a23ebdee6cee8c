"""What is installed: the bundled starter and every diffusers folder in the user's checkpoint directories."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from sdpaint.checkpoints.component import Kind
from sdpaint.checkpoints.identify import CheckpointInfo, read_checkpoint
from sdpaint.checkpoints.recognise import identify_file
from sdpaint.checkpoints.single_file import is_single_file
from sdpaint.errors import CheckpointError
from sdpaint.generation.families import FamilyName
from sdpaint.paths import starter_checkpoint

__all__ = ["CheckpointInfo", "dedicated_to_inpainting", "find_checkpoints", "read_checkpoint"]

DEDICATED_ABOVE: dict[FamilyName, float] = {FamilyName.SD: 0.5, FamilyName.SDXL: 0.8, FamilyName.FLUX: 0.99}
"""Above this strength a dedicated inpaint checkpoint does better than a general one (krita-ai-diffusion's)."""


def dedicated_to_inpainting(
    info: CheckpointInfo, checkpoints: Iterable[CheckpointInfo], strength: float
) -> CheckpointInfo | None:
    """The checkpoint to inpaint with instead of `info` at this strength; None where there is no better one.

    It must be of the same family and native size; of several, the one whose name shares most words with `info`'s.
    """
    if info.is_inpaint or info.is_edit or strength <= DEDICATED_ABOVE.get(info.family, 1.0):
        return None
    fitting = [
        each
        for each in checkpoints
        if each.is_inpaint and each.family is info.family and each.native_px == info.native_px
    ]
    words = set(info.name.casefold().split())
    return max(fitting, key=lambda each: len(words & set(each.name.casefold().split())), default=None)


def find_checkpoints(
    dirs: Iterable[Path],
) -> tuple[tuple[CheckpointInfo, ...], list[tuple[Path, CheckpointError]]]:
    """Scan for checkpoints: (the whole ones, the broken ones with what is wrong with each).

    The starter comes first, then the sub-folders and single files of each directory by name; a directory that is
    itself a checkpoint counts as one. Folders without a model_index.json are no checkpoints and pass unmentioned; so do
    directories that aren't there.
    """
    found: list[CheckpointInfo] = []
    broken: list[tuple[Path, CheckpointError]] = []
    seen: set[Path] = set()
    for folder in (starter_checkpoint(), *_candidates(dirs, broken)):
        resolved = folder.resolve()
        if resolved in seen:
            continue
        seen.add(resolved)
        try:
            found.append(read_checkpoint(folder))
        except CheckpointError as error:
            broken.append((folder, error))
    return tuple(found), broken


def _may_be_one(path: Path) -> bool:
    """Whether a file may be a checkpoint. LoRA and other parts often lie beside them, and aren't broken ones."""
    if not is_single_file(path):
        return False
    try:
        return identify_file(path).kind in (Kind.CHECKPOINT, Kind.DIFFUSION_MODEL, Kind.UNKNOWN)
    except CheckpointError:
        return True    # what is wrong with it is said where it is read


def _candidates(dirs: Iterable[Path], broken: list[tuple[Path, CheckpointError]]) -> list[Path]:
    folders: list[Path] = []
    for directory in dirs:
        if not directory.is_dir():
            continue
        if (directory / "model_index.json").is_file():
            folders.append(directory)
            continue
        try:
            children = sorted(directory.iterdir(), key=lambda child: child.name.casefold())
            folders += [child for child in children if (child / "model_index.json").is_file() or _may_be_one(child)]
        except OSError as error:
            problem = CheckpointError(f"{directory} can't be read", hint="Check the folder's permissions")
            problem.__cause__ = error
            broken.append((directory, problem))
    return folders
