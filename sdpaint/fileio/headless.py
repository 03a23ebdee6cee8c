"""Headless generation's end: pictures go to files as they come, over what was there before. No Qt for flat pictures."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from sdpaint.checkpoints.identify import CheckpointInfo
from sdpaint.document.document import Document
from sdpaint.errors import SdPaintError
from sdpaint.fileio.formats import write_project
from sdpaint.fileio.images import write_image
from sdpaint.fileio.picture_kinds import KIND_OF_SUFFIX
from sdpaint.fileio.project import Project
from sdpaint.generation.apply import apply_result
from sdpaint.generation.engine import CancelToken
from sdpaint.generation.events import Event, Failed, ImageDone
from sdpaint.generation.params import GenerationParams
from sdpaint.generation.prepare import Prepared
from sdpaint.generation.recipe import format_infotext, recipe_of
from sdpaint.imaging.blend import BlendMode
from sdpaint.imaging.pixels import rgba_from_premultiplied
from sdpaint.imaging.tiles import Pixels


@dataclass(frozen=True)
class Job:
    """Everything that is known before the engine starts."""

    prepared: Prepared
    document: Document
    params: GenerationParams
    checkpoint: CheckpointInfo
    original: Pixels | None
    """(h, w, 4) straight RGBA of what is inpainted: kept bit by bit outside the mask."""


class Outputs:
    """The pictures of a job, written as they come: to `output`, or to out-1, out-2 … where there are several."""

    def __init__(self, job: Job, output: Path, cancel: CancelToken) -> None:
        self._job = job
        self._output = output
        self._cancel = cancel
        self.pictures: list[tuple[Path, int]] = []
        """Where each lies, and its seed."""
        self.error: SdPaintError | None = None
        """What went wrong first, here or in the engine."""

    def take(self, event: Event) -> None:
        """Write a picture that is ready, remember a failure."""
        match event:
            case ImageDone():
                try:
                    self._write(event)
                except SdPaintError as error:
                    # The others would fare no better.
                    self.error = error
                    self._cancel.cancel()
            case Failed(error=error):
                self.error = self.error or error

    def summary(self, seconds: float, device: str) -> dict[str, Any]:
        """For --json. The recipe is that of the first picture; the others differ in their seeds."""
        request = self._job.prepared.request
        return {
            "outputs": [str(path) for path, _ in self.pictures],
            "seeds": [seed for _, seed in self.pictures],
            "seconds": round(seconds, 3),
            "device": device,
            "recipe": recipe_of(request, request.seed, self._job.checkpoint.name).as_dict(),
        }

    def _write(self, done: ImageDone) -> None:
        job = self._job
        count = job.prepared.request.sampling.count
        path = self._output
        if count > 1:
            path = path.with_stem(f"{path.stem}-{done.index + 1}")
        document = apply_result(job.document, job.prepared, done.image)
        if path.suffix.lower() in KIND_OF_SUFFIX:
            recipe = recipe_of(job.prepared.request, done.seed, job.checkpoint.name)
            write_image(path, laid_over(document, job.original), format_infotext(recipe))
        else:
            sampling = replace(job.params.sampling, seed=done.seed, count=1)
            write_project(path, Project(document, replace(job.params, sampling=sampling)))
        self.pictures.append((path, done.seed))


def laid_over(document: Document, original: Pixels | None) -> Pixels:
    """The result laid over what was there: (h, w, 3) RGB, or (h, w, 4) straight RGBA where that isn't opaque.

    The same arithmetic as QPainter's, which draws the window's canvas, so that the pixels are the same too.
    """
    top = document.layers[-1]
    if top.opacity != 1.0 or top.blend_mode is not BlendMode.NORMAL:
        raise ValueError("a result is a plain layer")
    over = top.tiles.read(document.bounds)
    if original is None:
        return over[..., 2::-1]
    below = document.layers[0].tiles.read(document.bounds).astype(np.uint32)
    rest = below * (255 - over[..., 3:].astype(np.uint32))
    laid = over + ((rest + (rest >> 8) + 128) >> 8).astype(np.uint8)
    # Outside the mask the bytes of the file stand, also where converting them to and fro would round.
    rgba = np.where(over[..., 3:] == 0, original, rgba_from_premultiplied(laid))
    return rgba[..., :3] if bool((rgba[..., 3] == 255).all()) else rgba
