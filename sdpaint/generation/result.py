"""Result: a finished picture with everything that is needed to show it in place, keep it, or make it again."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from sdpaint.document.layers import Layer
from sdpaint.generation.apply import STEP_LABELS, layer_name, result_layer
from sdpaint.generation.color_match import with_matched_colors
from sdpaint.generation.crop import CropPlan
from sdpaint.generation.events import ImageDone
from sdpaint.generation.prepare import Prepared
from sdpaint.generation.request import GenerationRequest
from sdpaint.imaging.geometry import Rect, Size
from sdpaint.imaging.resample import resized
from sdpaint.imaging.tiles import Pixels8

THUMBNAIL_PX = 128


@dataclass(frozen=True, eq=False)
class Result:
    """One picture. eq=False, since array equality is ambiguous; `id` tells results apart.

    * `prepared`: what it was made from.
    * `seed`: makes this picture alone again.
    * `image`: (h, w, 3) uint8 RGB of the request's size, its colours matched; `region` is where it lies, in
      canvas pixels.
    * `thumbnail`: RGB, at most 128 px a side.
    * `complete`: False where the artist stopped early and kept what was there.
    * `kept`: whether it has become a layer.
    * `note`: what was done otherwise than asked for, where memory was short.
    * `path`: the file in the results folder, None until it is written.
    """

    id: str
    prepared: Prepared
    seed: int
    image: Pixels8
    thumbnail: Pixels8
    complete: bool = True
    kept: bool = False
    path: Path | None = None
    note: str = ""

    @property
    def request(self) -> GenerationRequest:
        """The job that it is of."""
        return self.prepared.request

    @property
    def alone(self) -> GenerationRequest:
        """The request for this picture by itself."""
        index = int(self.id.rpartition(":")[2] or 0)
        return replace(self.request.alone(index), seed=self.seed)

    @property
    def plan(self) -> CropPlan:
        """Where it lay when it was made."""
        return self.prepared.plan

    @property
    def region(self) -> Rect:
        """Where the picture lay when it was made, in canvas pixels."""
        return self.plan.region

    @property
    def alpha(self) -> Pixels8 | None:
        """(h, w) uint8 of the region's size, how strongly it covers the canvas; None: wholly."""
        return self.prepared.alpha

    @property
    def step_label(self) -> str:
        """What the undo step is called."""
        return STEP_LABELS[self.request.mode]

    def layer(self) -> Layer:
        """A new layer of it. Whole-picture work: not for the GUI thread."""
        return result_layer(self.image, self.plan, self.alpha, layer_name(self.request.prompt))


def result_id_of(done: ImageDone) -> str:
    """The id that the result of this event has."""
    return f"{done.request_id}:{done.index}"


def develop(prepared: Prepared, done: ImageDone) -> Result:
    """The result of an ImageDone event. Whole-picture work: not for the GUI thread."""
    image = with_matched_colors(prepared.request, done.image, prepared.alpha)
    return Result(
        id=result_id_of(done),
        prepared=prepared,
        seed=done.seed,
        image=image,
        thumbnail=thumbnail_of(image),
        complete=done.complete,
        note=done.note,
    )


def thumbnail_of(image: Pixels8, side_px: int = THUMBNAIL_PX) -> Pixels8:
    """The picture scaled down to at most `side_px` a side; smaller ones stay as they are."""
    height, width = image.shape[:2]
    scale = min(1.0, side_px / max(height, width))
    size = Size(max(1, round(width * scale)), max(1, round(height * scale)))
    return np.ascontiguousarray(resized(image, size))
