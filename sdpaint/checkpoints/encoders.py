"""What embeddings must fit: the text encoders of a checkpoint, by their configurations alone."""

from __future__ import annotations

from pathlib import Path

from sdpaint.checkpoints.identify import read_checkpoint
from sdpaint.checkpoints.parts import PIPELINE_FAMILIES
from sdpaint.checkpoints.single_file import is_single_file
from sdpaint.checkpoints.weights import read_json
from sdpaint.errors import CheckpointError
from sdpaint.generation.families import FamilyName

EMBEDDED = (FamilyName.SD, FamilyName.SDXL)
"""Those for which there are embeddings."""


def encoder_widths(checkpoint: Path) -> tuple[int, ...]:
    """The widths of a folder's or single file's text encoders; none where its family takes no embeddings.

    Reads JSON and a header. Raises CheckpointError.
    """
    configs = read_checkpoint(checkpoint).configurations if is_single_file(checkpoint) else checkpoint
    index = read_json(configs / "model_index.json")
    if PIPELINE_FAMILIES.get(str(index.get("_class_name"))) not in EMBEDDED:
        return ()
    widths = []
    for name in ("text_encoder", "text_encoder_2"):
        if isinstance(index.get(name), list) and index[name][-1] is not None:
            width = read_json(configs / name / "config.json").get("hidden_size")
            if not isinstance(width, int):
                raise CheckpointError(
                    f"The {name} of {checkpoint.name} doesn't say its width", hint="Download the checkpoint again"
                )
            widths.append(width)
    return tuple(widths)


def fits(embedding: tuple[int, ...], encoders: tuple[int, ...]) -> bool:
    """Whether an embedding of these widths is for these encoders. SDXL's refiner has the second of a pair alone."""
    if len(embedding) == 2 and len(encoders) == 1:
        return embedding[1:] == encoders
    return bool(encoders) and embedding == encoders
