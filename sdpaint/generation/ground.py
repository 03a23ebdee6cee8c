"""What of a document lies under the engine's eye: the picture, what of it is masked, and what isn't there yet."""

from __future__ import annotations

import cv2
import numpy as np

from sdpaint.document.document import MAX_SIDE_PX, Document
from sdpaint.document.mask_edits import combined_mask
from sdpaint.errors import SettingsError
from sdpaint.generation.crop import CropPlan
from sdpaint.generation.mode import beyond_the_canvas
from sdpaint.imaging.depth import rounded_8
from sdpaint.imaging.geometry import Rect
from sdpaint.imaging.pixels import digest_of, rgb_over
from sdpaint.imaging.tiles import Pixels8

TRANSPARENT = 8
"""Below this alpha, ground counts as bare."""
PAPER = (255, 255, 255)
"""What the engine sees where nothing is painted."""


def picture_under(document: Document, region: Rect) -> Pixels8:
    """(h, w, 3) RGB of what the artist sees under `region`, on white paper.

    Beyond the canvas its edge is continued, so that no border arises that the engine would paint. A region that
    lies wholly outside is paper.
    """
    inside = region.intersected(document.bounds)
    if inside.is_empty:
        return np.full((region.height, region.width, 3), PAPER, np.uint8)
    rgb = rgb_over(flattened_under(document, inside), PAPER)
    if inside == region:
        return rgb
    extended = cv2.copyMakeBorder(
        rgb,
        inside.top - region.top,
        region.bottom - inside.bottom,
        inside.left - region.left,
        region.right - inside.right,
        cv2.BORDER_REPLICATE,
    )
    return np.asarray(extended, np.uint8)


def flattened_under(document: Document, inside: Rect) -> Pixels8:
    """(h, w, 4) premultiplied BGRA, rounded to 8 bits, of the visible layers under a part of the canvas."""
    visible = [layer for layer in document.layers if layer.is_in_picture]
    if len(visible) == 1 and visible[0].is_plain:
        return rounded_8(visible[0].tiles.read(inside))
    # Brings in Qt, without which headless use goes: there, the picture is one plain layer.
    from sdpaint.document.render import flatten

    return rounded_8(flatten(document, inside))


def mask_under(document: Document, plan: CropPlan) -> Pixels8:
    """(h, w) uint8 of the region's size: what is masked in the plan's frame.

    Raises SettingsError where nothing is.
    """
    mask = np.zeros((plan.region.height, plan.region.width), np.uint8)
    mask[in_frame(plan)] = combined_mask(document).tiles.read(plan.frame)
    if not mask.any():
        raise SettingsError(
            "Nothing inside the frame is masked",
            hint="Paint over what is to change with the mask brush, or choose another mode",
        )
    return mask


def missing_under(document: Document, plan: CropPlan, with_bare: bool) -> Pixels8:
    """(h, w) uint8 of the region's size: 255 where the plan's frame reaches beyond the canvas.

    `with_bare`: also where nothing is painted.

    Raises SettingsError where nothing is missing, nothing is there to continue, or the canvas can't grow so far.
    """
    outside = np.zeros((plan.region.height, plan.region.width), np.uint8)
    if not beyond_the_canvas(document).is_empty:
        outside[in_frame(plan)] = 255
        grown = document.bounds.united(document.frame)
        if max(grown.width, grown.height) > MAX_SIDE_PX:
            raise SettingsError(
                f"The canvas can't grow to {grown.size} pixels", hint=f"A side has at most {MAX_SIDE_PX} pixels"
            )
    inside = document.bounds.intersected(plan.frame)
    at = inside.translated(-plan.region.x, -plan.region.y)
    if not inside.is_empty:
        bare = np.where(flattened_under(document, inside)[..., 3] < TRANSPARENT, 255, 0) if with_bare else 0
        outside[at.top : at.bottom, at.left : at.right] = bare
    if not outside.any() or bool(outside[in_frame(plan)].all()):
        raise SettingsError(
            "The frame doesn't reach beyond the picture",
            hint="Drag a side of the frame over the edge of the canvas or onto transparent ground, with a part inside",
        )
    return outside


def in_frame(plan: CropPlan) -> tuple[slice, slice]:
    """Rows and columns of the frame within the region."""
    frame = plan.frame.translated(-plan.region.x, -plan.region.y)
    return slice(frame.top, frame.bottom), slice(frame.left, frame.right)


def ground_under(document: Document, seen: Rect) -> str:
    """The digest of what a request that looked at this part of the canvas would find there now."""
    inside = seen.intersected(document.bounds)
    return digest_of(picture_under(document, inside)) if not inside.is_empty else ""


def frame_alpha(plan: CropPlan) -> Pixels8 | None:
    """255 inside the frame, 0 in the rest of the region; None where they are the same."""
    if plan.region == plan.frame:
        return None
    alpha = np.zeros((plan.region.height, plan.region.width), np.uint8)
    alpha[in_frame(plan)] = 255
    return alpha
