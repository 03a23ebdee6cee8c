"""Document: the whole picture as one immutable value."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from sdpaint.document.guides import Guide
from sdpaint.document.layers import Layer, LayerId, MaskLayer
from sdpaint.imaging.geometry import Rect, Size
from sdpaint.imaging.tiles import TileKey, TileMap

MAX_SIDE_PX = 32767
"""QPainter's coordinates end here."""


@dataclass(frozen=True)
class Document:
    """Layers bottom to top, the inpaint mask, the selection, and the frame: where the next generation goes.

    Two documents share every tile that an edit didn't touch. `active` names one of the layers.
    The frame may lie partly or wholly outside the canvas. `selection` is what edits of pixels are held to: coverage
    on the canvas, 0…255, never empty; None where everything is selected.
    """

    size: Size
    layers: tuple[Layer, ...]
    active: LayerId
    frame: Rect
    mask: MaskLayer = field(default_factory=MaskLayer)
    selection: TileMap | None = None
    moved: tuple[int, int] = (0, 0)
    """How far (x, y) its content has been moved since it was opened, by a canvas that grew or was
    cut at its left or top. What was noted in canvas coordinates, such as the place of a result, has moved along."""
    guides: tuple[Guide, ...] = ()

    def __post_init__(self) -> None:
        if max(self.size.width, self.size.height) > MAX_SIDE_PX:
            raise ValueError(f"a document is at most {MAX_SIDE_PX} px a side, not {self.size}")
        if not self.layers:
            raise ValueError("a document has at least one layer")
        ids = [layer.id for layer in self.layers]
        if len(set(ids)) != len(ids):
            raise ValueError("layer ids are unique")
        if self.active not in ids:
            raise ValueError("the active layer is one of the layers")
        if self.frame.is_empty:
            raise ValueError("the frame covers at least one pixel")
        if self.selection is not None and (self.selection.channels != 1 or self.selection.is_empty):
            raise ValueError("a selection has 1 channel and selects something")

    @property
    def bounds(self) -> Rect:
        """The canvas."""
        return Rect.of_size(self.size)

    @property
    def active_layer(self) -> Layer:
        """The layer that tools paint on."""
        return self.layer(self.active)

    @property
    def active_index(self) -> int:
        """Its place, 0 at the bottom."""
        return self.index_of(self.active)

    def layer(self, layer_id: LayerId) -> Layer:
        """The layer of this id. Raises KeyError."""
        return self.layers[self.index_of(layer_id)]

    def index_of(self, layer_id: LayerId) -> int:
        """Place of the layer, 0 at the bottom. Raises KeyError."""
        for index, layer in enumerate(self.layers):
            if layer.id == layer_id:
                return index
        raise KeyError(layer_id)

    def tile_maps(self) -> Iterator[TileMap]:
        """The pixels of every layer, of the mask and of the selection: what this version keeps alive."""
        for layer in self.layers:
            yield layer.tiles
        yield self.mask.tiles
        if self.selection is not None:
            yield self.selection


def changed_tiles(old: Document, new: Document) -> set[TileKey] | None:
    """Tiles where the two may look different, the mask overlay aside; None where everything may (size changed).

    A selection looks like nothing: its outline is drawn by whoever shows the document, from `Document.selection`.
    """
    if old is new:
        return set()
    if old.size != new.size:
        return None
    changed: set[TileKey] = set()
    old_order = [layer.id for layer in old.layers]
    new_order = [layer.id for layer in new.layers]
    if old_order != new_order:
        common_old = [i for i in old_order if i in set(new_order)]
        common_new = [i for i in new_order if i in set(old_order)]
        moved = set() if common_old == common_new else set(common_old)
        for layer in (*old.layers, *new.layers):
            alone = (layer.id in old_order) != (layer.id in new_order)
            if (alone or layer.id in moved) and layer.visible:
                changed.update(layer.tiles.tiles)
    by_id = {layer.id: layer for layer in old.layers}
    for layer in new.layers:
        before = by_id.get(layer.id)
        if before is None or before is layer:
            continue
        look_before = (before.visible, before.opacity, before.blend_mode)
        look_now = (layer.visible, layer.opacity, layer.blend_mode)
        if look_before != look_now:
            changed.update(before.tiles.tiles)
            changed.update(layer.tiles.tiles)
        elif layer.visible:
            changed.update(layer.tiles.changed_tiles(before.tiles))
    return changed


def changed_mask_tiles(old: Document, new: Document) -> set[TileKey]:
    """Tiles where the mask overlay differs."""
    if (old.mask.visible, old.mask.color, old.mask.opacity) != (
        new.mask.visible,
        new.mask.color,
        new.mask.opacity,
    ):
        return {*old.mask.tiles.tiles, *new.mask.tiles.tiles}
    return new.mask.tiles.changed_tiles(old.mask.tiles)
