"""Applying a result: the engine's picture becomes a layer of the document.

Making the layer (scaling, cropping, tiles) is for a background thread; putting it in is cheap.
"""

from __future__ import annotations

import numpy as np

from sdpaint.document import edits
from sdpaint.document.document import Document
from sdpaint.document.layers import Layer, MaskLayer
from sdpaint.document.mask_edits import cleared_masks
from sdpaint.generation.color_match import with_matched_colors
from sdpaint.generation.crop import CropPlan
from sdpaint.generation.prepare import Prepared
from sdpaint.generation.request import GenerationMode
from sdpaint.imaging.geometry import Rect
from sdpaint.imaging.pixels import premultiplied_from_rgb, premultiplied_from_rgba
from sdpaint.imaging.resample import resized
from sdpaint.imaging.tiles import Pixels8, TileMap

MAX_NAME_LENGTH = 32

STEP_LABELS: dict[GenerationMode, str] = {
    GenerationMode.TEXT_TO_IMAGE: "Generate",
    GenerationMode.IMAGE_TO_IMAGE: "Refine",
    GenerationMode.INPAINT: "Inpaint",
    GenerationMode.EXPAND: "Expand",
}
"""What the undo step is called, and the button that leads to it."""


def layer_name(prompt: str) -> str:
    """The start of the prompt, up to a whole word where there is one."""
    words = " ".join(prompt.split())
    if not words:
        return "Generated"
    if len(words) <= MAX_NAME_LENGTH:
        return words
    start = words[: MAX_NAME_LENGTH - 1]
    if words[MAX_NAME_LENGTH - 1] != " " and " " in start:
        start = start[: start.rindex(" ")]
    return start.rstrip(" ,.;:") + "…"


def result_layer(image: Pixels8, plan: CropPlan, alpha: Pixels8 | None, name: str) -> Layer:
    """A layer of the picture, (h, w, 3) RGB of the plan's working size, laid onto the frame through `alpha`.

    Outside the frame, and where alpha is 0, the layer is empty, so that what lies below stays as it is.
    """
    frame = plan.frame.translated(-plan.region.x, -plan.region.y)
    part = (slice(frame.top, frame.bottom), slice(frame.left, frame.right))
    rgb = resized(image, plan.region.size)[part]
    if alpha is None or bool((alpha[part] == 255).all()):
        pixels = premultiplied_from_rgb(rgb)
    else:
        pixels = premultiplied_from_rgba(np.dstack((rgb, alpha[part])))
    return Layer(name, tiles=TileMap.from_pixels(pixels, plan.frame.x, plan.frame.y), generated=True)


def insert_result(
    document: Document,
    layer: Layer,
    frame: Rect,
    mask: MaskLayer | None = None,
    grows: bool = False,
    read: tuple[TileMap, ...] = (),
) -> Document:
    """The layer on top of the stack, active. `mask` is the one that was inpainted within `frame`, None without.

    `read`: the artist's masks that it was made of, where it isn't one of them itself.

    That part of the mask has done its work and would tint the result, so it is cleared, and undo brings it back; but
    a mask that the artist has changed since is kept. Where the canvas `grows`, it does so to hold the frame.
    """
    result = edits.insert_layer(document, layer, len(document.layers))
    if grows:
        canvas = document.bounds.united(frame)
        return edits.resize_canvas(result, canvas.size, -canvas.x, -canvas.y)
    return result if mask is None else cleared_masks(result, read or (mask.tiles,), frame)


def apply_result(document: Document, prepared: Prepared, image: Pixels8) -> Document:
    """The document with the engine's picture as a new layer: colour match, result_layer and insert_result in one."""
    name = layer_name(prepared.request.prompt)
    matched = with_matched_colors(prepared.request, image, prepared.alpha)
    layer = result_layer(matched, prepared.plan, prepared.alpha, name)
    return insert_result(document, layer, prepared.plan.frame, prepared.mask, prepared.grows, prepared.masks)
