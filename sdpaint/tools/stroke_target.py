"""What a stroke may paint on: the protocol of its targets, and why a layer can't be painted on."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from sdpaint.document.document import Document
from sdpaint.document.layers import Adjustment, Fill, Group, Layer, Text
from sdpaint.document.locks import refuse_locked_pixels
from sdpaint.errors import EditRefused
from sdpaint.imaging.geometry import Rect
from sdpaint.imaging.selection import FULL_TILE
from sdpaint.imaging.stroke import CoverageBuffer
from sdpaint.imaging.tiles import Pixels, TileKey, TileMap
from sdpaint.tools.base import ToolRefused

_KINDS: dict[type, tuple[str, str]] = {
    Group: ("A group has no pixels of its own", "Choose a layer in it, or add one"),
    Fill: ("A fill layer has no pixels of its own", "Paint on its mask, or rasterise it"),
    Text: ("This layer is text", "Edit it with the text tool, or make it pixels with Layer → Rasterise"),
    Adjustment: ("An adjustment layer has no pixels", "Paint on its mask, or choose another layer"),
}
_OTHER_KIND = ("The layer isn't made of pixels yet", "Rasterise it to paint on it")


def check_paintable(layer: Layer) -> None:
    """Raises ToolRefused where painting on the layer's pixels can't be seen, or isn't allowed by itself."""
    if layer.content is not None:
        raise ToolRefused(*_KINDS.get(type(layer.content), _OTHER_KIND))
    _check_seen(layer)
    if layer.locked or layer.pixels_locked:
        raise ToolRefused(
            f'The layer "{layer.name}" is locked', "Unlock it with the buttons above the layers, or choose another one"
        )


def check_editable(document: Document) -> None:
    """Raises ToolRefused where what is worked on, the active layer or its mask, can't be painted on.

    Groups around it count: hidden ones and locked ones.
    """
    layer = document.active_layer
    if not document.edits_mask and layer.content is not None:
        raise ToolRefused(*_KINDS.get(type(layer.content), _OTHER_KIND))
    for each in document.path_to(layer.id)[::-1]:
        _check_seen(each)
    try:
        refuse_locked_pixels(document, layer.id)
    except EditRefused as refusal:
        raise ToolRefused(refusal.message, refusal.hint) from refusal


def check_mask_seen(document: Document) -> None:
    """Raises ToolRefused where what is painted on the inpaint mask couldn't be seen or wouldn't count."""
    if not document.mask.visible:
        raise ToolRefused("The mask is hidden", "Show it to paint on it")
    if not document.mask.enabled:
        raise ToolRefused(f'"{document.mask.name}" is switched off', "Switch it on in the masks panel")


def _check_seen(layer: Layer) -> None:
    kind = "group" if layer.is_group else "layer"
    if not layer.visible:
        raise ToolRefused(f"The {kind} is hidden", "Show it in the layers panel, or choose another layer")
    if layer.opacity == 0.0:
        raise ToolRefused(f"The {kind} is fully transparent", "Raise its opacity in the layers panel")


class StrokeTarget:
    """What a stroke paints on: the tiles at press, and how coverage changes a tile. The selection limits it."""

    def __init__(self, document: Document, tiles: TileMap) -> None:
        self.document = document
        self.base = tiles
        self._selection = document.selection

    def selected(self, key: TileKey, part: Rect) -> Pixels | None:
        """How far each pixel of a part of a tile is selected (h, w); None where all of the tile is."""
        if self._selection is None:
            return None
        tile = self._selection.tile(key)
        if tile is FULL_TILE:
            return None
        if tile is None:
            return np.zeros((part.height, part.width), np.uint8)
        return tile[part.top : part.bottom, part.left : part.right]

    def covered(self, key: TileKey, part: Rect, buffer: CoverageBuffer[Any]) -> NDArray[np.float32]:
        """What the stroke covers of what is selected, in a part of a tile: a new array (h, w), 0 … 1."""
        covered = np.float32(1.0) - buffer.transmittance(key, part)
        selected = self.selected(key, part)
        if selected is not None:
            covered *= selected * np.float32(1 / 255)
        return covered

    def is_out_of_reach(self, key: TileKey) -> bool:
        """Whether a stroke leaves the tile as it is."""
        return (self._selection is not None and self._selection.tile(key) is None) or self.leaves(key)

    def paint(self, tile: Pixels, key: TileKey, part: Rect, buffer: CoverageBuffer[Any]) -> None:
        """Make a part of the tile anew, in place, from the tile at press and the stroke's coverage."""
        raise NotImplementedError

    def leaves(self, key: TileKey) -> bool:
        """Whether no stroke of this kind can change the tile."""
        raise NotImplementedError

    def document_with(self, tiles: TileMap) -> Document:
        """The document with its tiles replaced."""
        raise NotImplementedError

    def is_unchanged_in(self, document: Document) -> bool:
        """Whether what is painted on is the same in another document."""
        raise NotImplementedError

    def rebased(self, document: Document) -> bool:
        """Go on in another document. False where what is painted on, or what is selected, differs there."""
        if document.size != self.document.size or document.selection is not self._selection:
            return False
        if not self.is_unchanged_in(document):
            return False
        self.document = document
        return True
