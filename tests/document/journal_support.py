"""Random pictures and edits for the journal's tests, and what two histories have in common."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from hypothesis import strategies as st

from sdpaint.document import edits, guide_edits
from sdpaint.document.document import Document
from sdpaint.document.guides import Guide, GuideKind
from sdpaint.document.history import Step
from sdpaint.document.journal import Entry
from sdpaint.imaging.blend import BlendMode
from sdpaint.imaging.color import Color
from sdpaint.imaging.geometry import Rect, Size
from sdpaint.imaging.tiles import TILE_SIZE

SIZE = Size(3 * TILE_SIZE, 2 * TILE_SIZE)


def painted(document: Document, column: int = 0, seed: int = 1, side: int = 40) -> Document:
    """Noise in one tile of the active layer."""
    pixels = np.random.default_rng(seed).integers(0, 256, (side, side, 4), np.uint8)
    rect = Rect(column * TILE_SIZE + 10, 20, side, side)
    return edits.with_layer_tiles(document, document.active, document.active_layer.tiles.with_pixels(rect, pixels))


def masked(document: Document, seed: int) -> Document:
    coverage = np.random.default_rng(seed).integers(0, 256, (30, 50), np.uint8)
    tiles = document.mask.tiles.with_pixels(Rect(seed % 100, 100, 50, 30), coverage)
    return edits.set_mask(document, replace(document.mask, tiles=tiles, color=Color(seed % 256, 1, 2, 3)))


def restyled(document: Document, seed: int) -> Document:
    modes = list(BlendMode)
    layer = replace(
        document.active_layer,
        name=f"Σ \ud800 {seed}",
        opacity=(seed % 7) / 7,
        blend_mode=modes[seed % len(modes)],
        visible=seed % 2 == 0,
        alpha_locked=seed % 3 == 0,
        generated=seed % 5 == 0,
    )
    return edits.replace_layer(document, layer)


EDITS = (
    lambda document, seed: painted(document, seed % 3, seed),
    masked,
    restyled,
    lambda document, seed: edits.add_layer(document),
    lambda document, seed: edits.duplicate_layer(document, document.active),
    lambda document, seed: edits.delete_layer(document, document.layers[seed % len(document.layers)].id),
    lambda document, seed: edits.move_layer(document, document.active, seed % 3),
    lambda document, seed: edits.set_active(document, document.layers[seed % len(document.layers)].id),
    lambda document, seed: edits.set_frame(document, Rect(seed % 90 - 40, 5, 64, 64 + seed % 9)),
    lambda document, seed: edits.resize_canvas(document, Size(200 + seed % 99, 300), seed % 5, 128),
    lambda document, seed: edits.clear_layer(document, document.active),
    lambda document, seed: guide_edits.add_guide(document, Guide(list(GuideKind)[seed % 2], seed % 300 - 20)),
    lambda document, seed: edits.clear_mask(document),
)

random_edits = st.lists(st.tuples(st.sampled_from(EDITS), st.integers(0, 2**31)), max_size=8)


def line_of(start: Document, changes) -> list[Document]:
    line = [start]
    for edit, seed in changes:
        line.append(edit(line[-1], seed))
    return line


def entry_of(documents: list[Document], position: int | None = None, **values) -> Entry:
    steps = [Step(f"Step {n}", document) for n, document in enumerate(documents)]
    return Entry(steps, len(steps) - 1 if position is None else position, **values)
