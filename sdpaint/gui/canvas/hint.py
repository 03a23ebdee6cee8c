"""When the hint on an empty document is shown: until the first edit."""

from __future__ import annotations

import numpy as np

from sdpaint.document.document import Document
from sdpaint.document.layers import Layer
from sdpaint.imaging.tiles import Pixels, tile_rect

HINT_LINES = ("Paint", "Type a prompt and generate", "Drop a picture here")
"""What to try, without the keys that the window knows."""
LIGHT_FROM = 110
"""Mean level of a ground that takes dark letters."""


class EmptyHint:
    """Whether a document as it was opened has nothing on it but a plain ground. `None`: no hint."""

    def __init__(self, document: Document | None) -> None:
        self._document = document if document is not None and _is_blank(document) else None
        self.ground_is_light = True
        if self._document is not None and (tiles := self._document.layers[0].tiles.tiles):
            self.ground_is_light = float(np.mean(next(iter(tiles.values()))[0, 0, :3])) >= LIGHT_FROM

    @property
    def is_shown(self) -> bool:
        """Whether there is anything to say."""
        return self._document is not None

    def is_over_with(self, document: Document) -> bool:
        """Whether pixels, mask, layers or selection of `document` end it. A moved frame doesn't."""
        blank = self._document
        if blank is None:
            return False
        return (
            document.layers is not blank.layers
            or document.mask.tiles is not blank.mask.tiles
            or document.selection is not blank.selection
        )


def _is_blank(document: Document) -> bool:
    ground, *others = document.layers
    if not document.mask.is_empty or any(not layer.holds_pixels or not layer.tiles.is_empty for layer in others):
        return False
    if not ground.holds_pixels or ground.mask is not None:
        return False
    return _is_plain(ground, document)


def _is_plain(layer: Layer, document: Document) -> bool:
    """Whether the layer is empty or of one colour. Tiles that are one and the same array are looked at once."""
    seen: set[int] = set()
    colors: set[bytes] = set()
    for key, tile in layer.tiles.tiles.items():
        if id(tile) in seen:
            continue
        seen.add(id(tile))
        whole = tile_rect(key)
        inside = whole.intersected(document.bounds)
        if inside.is_empty:
            return False
        part: Pixels = tile[: inside.height, : inside.width]
        if (part != part[0, 0]).any():
            return False
        colors.add(part[0, 0].tobytes())
        if len(colors) > 1:
            return False
    return True
