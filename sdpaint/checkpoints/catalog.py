"""What pictures can be made with: the bundled starter and every checkpoint in the artist's folders."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from sdpaint.checkpoints.identify import CheckpointInfo, read_checkpoint
from sdpaint.checkpoints.library import Library
from sdpaint.checkpoints.marks import user_marks
from sdpaint.errors import CheckpointError
from sdpaint.generation.families import FamilyName

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
    """Look for checkpoints: (the whole ones, the broken ones with what is wrong with each).

    The starter comes first, then those of each directory by name, however deep they lie; a path that is itself a
    checkpoint counts as one. Parts, adapters and pickled files pass unmentioned; so do directories that aren't there.
    """
    scan = Library(marks=user_marks()).scan(dirs)
    broken = [
        (entry.path, CheckpointError(entry.problem.message, hint=entry.problem.hint))
        for entry in scan.entries
        if entry.is_broken and entry.problem is not None
    ]
    return scan.checkpoints, broken
