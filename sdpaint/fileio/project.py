"""Project: everything that a file holds."""

from __future__ import annotations

from dataclasses import dataclass

from sdpaint.document.document import Document
from sdpaint.generation.params import GenerationParams


@dataclass(frozen=True)
class Project:
    """A document and, where the file kept them, the generation parameters that belong to it.

    `has_frame`: the file says where the frame is; otherwise it is a guess that knows nothing of the checkpoint.
    `notes` are sentences on what another program's file says that couldn't be taken over as it is.
    """

    document: Document
    params: GenerationParams | None = None
    has_frame: bool = True
    notes: tuple[str, ...] = ()
    needs_new_name: bool = False
    """Saving must not go over the file unasked: it holds more than the document does, or can hold only less."""
