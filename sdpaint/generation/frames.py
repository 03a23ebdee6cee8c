"""Frames: sizes that suit a checkpoint, in the multiples that the engine works in."""

from __future__ import annotations

import math

from sdpaint.generation.crop import NativeSize
from sdpaint.generation.request import LATENT_MULTIPLE
from sdpaint.imaging.geometry import Rect, Size

SHAPES: tuple[tuple[str, int, int], ...] = (
    ("Square", 1, 1),
    ("Landscape 4:3", 4, 3),
    ("Landscape 3:2", 3, 2),
    ("Landscape 16:9", 16, 9),
    ("Portrait 3:4", 3, 4),
    ("Portrait 2:3", 2, 3),
    ("Portrait 9:16", 9, 16),
)
"""(name, width, height) of the proportions that are offered."""


def to_multiple(value: float) -> int:
    """The nearest multiple that the engine works in, at least one."""
    return max(LATENT_MULTIPLE, round(value / LATENT_MULTIPLE) * LATENT_MULTIPLE)


def frame_sizes(native_px: int) -> list[tuple[str, Size]]:
    """Shapes with about the area of the square that a checkpoint was trained on."""
    return [
        (
            name,
            Size(
                to_multiple(native_px * math.sqrt(across / down)),
                to_multiple(native_px * math.sqrt(down / across)),
            ),
        )
        for name, across, down in SHAPES
    ]


def suggested_frame(canvas: Size, info: NativeSize | None) -> Rect:
    """A frame for a new document: the proportions of the canvas, in its middle, as large as the checkpoint is good at.

    Without a checkpoint, the whole canvas.
    """
    if info is None:
        return Rect.of_size(canvas)
    shorter, longer = sorted((canvas.width, canvas.height))
    scale = min(
        1.0, info.native_px / shorter, info.max_side_px / longer, math.sqrt(info.max_area_px / canvas.area)
    )
    width = min(canvas.width, _down_to_multiple(canvas.width * scale))
    height = min(canvas.height, _down_to_multiple(canvas.height * scale))
    return Rect((canvas.width - width) // 2, (canvas.height - height) // 2, width, height)


def _down_to_multiple(value: float) -> int:
    # Rounded down, so that the limits of the checkpoint hold; a hair's breadth above forgives the division.
    return max(LATENT_MULTIPLE, math.floor(value / LATENT_MULTIPLE + 1e-6) * LATENT_MULTIPLE)
