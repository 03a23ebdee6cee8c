"""Which tiles look different in another version of a document, told by identities: no pixel is read."""

from __future__ import annotations

from collections.abc import Sequence

from sdpaint.document.document import Document
from sdpaint.document.layers import Adjustment, Fill, Group, Layer, LayerId, LayerMask
from sdpaint.document.tree import clipping_bases
from sdpaint.imaging.geometry import Rect
from sdpaint.imaging.tiles import TILE_SIZE, TileKey


def changed_tiles(old: Document, new: Document) -> set[TileKey] | None:
    """Tiles where the two may look different, the mask overlay aside; None where everything may (size changed).

    A selection looks like nothing: its outline is drawn by whoever shows the document, from `Document.selection`.
    """
    if old is new:
        return set()
    if old.size != new.size or old.depth != new.depth:
        return None
    return _Comparison(new.bounds).of_siblings(old.layers, new.layers)


def reached_tiles(layer: Layer, canvas: Rect) -> set[TileKey]:
    """Tiles on which the look of the picture may depend on this layer."""
    if not layer.visible or layer.control is not None:
        return set()
    match layer.content:
        case Group(children=children):
            reached = set().union(*(reached_tiles(child, canvas) for child in children))
        case Fill() | Adjustment():
            reached = set(canvas.tiles(TILE_SIZE))
        case _:
            reached = set(layer.tiles.tiles)
    mask = layer.shown_mask
    if mask is not None and mask.default == 0:
        reached &= mask.tiles.tiles.keys()
    return reached


class _Comparison:
    def __init__(self, canvas: Rect) -> None:
        self._canvas = canvas

    def of_siblings(self, old: Sequence[Layer], new: Sequence[Layer]) -> set[TileKey]:
        if old is new:
            return set()
        old, new = ([layer for layer in layers if layer.control is None] for layers in (old, new))
        changed: set[TileKey] = set()
        before, now = _in_context(old), _in_context(new)
        common = [i for i in before if i in now]
        moved = set() if common == [i for i in now if i in before] else set(common)
        for layer in old:
            if layer.id not in now:
                changed |= self._reach(layer)
        for layer in new:
            if layer.id not in before:
                changed |= self._reach(layer)
        for layer_id in common:
            (was, old_context), (layer, context) = before[layer_id], now[layer_id]
            if layer_id in moved or old_context != context:
                changed |= self._reach(was) | self._reach(layer)
            else:
                changed |= self._of_layer(was, layer)
        return changed

    def _of_layer(self, old: Layer, new: Layer) -> set[TileKey]:
        if old is new or not (old.visible or new.visible):
            return set()
        if _look(old) != _look(new) or _is_other_mask(old.shown_mask, new.shown_mask):
            return self._reach(old) | self._reach(new)
        changed: set[TileKey] = set()
        mask_before, mask_now = old.shown_mask, new.shown_mask
        if mask_before is not None and mask_now is not None:
            changed |= mask_now.tiles.changed_tiles(mask_before.tiles)
        match old.content, new.content:
            case Group(children=before), Group(children=now):
                changed |= self.of_siblings(before, now)
            case _:
                changed |= new.tiles.changed_tiles(old.tiles)
        return changed

    def _reach(self, layer: Layer) -> set[TileKey]:
        return reached_tiles(layer, self._canvas)


def _in_context(layers: Sequence[Layer]) -> dict[LayerId, tuple[Layer, object]]:
    """Each layer with what its look takes over from its siblings beyond their own tiles, by clipping."""
    bases = clipping_bases(layers)
    carriers = {base.id for base in bases if base is not None}
    return {
        layer.id: (layer, (layer.id in carriers, None if base is None else (base.id, base.visible, type(base.content))))
        for layer, base in zip(layers, bases, strict=True)
    }


def _look(layer: Layer) -> tuple[object, ...]:
    content = layer.content
    kind: object = type(content)
    match content:
        case Group(pass_through=pass_through):
            kind = pass_through
        case Fill() | Adjustment():
            kind = content
    return (layer.visible, layer.opacity, layer.blend_mode, kind)


def _is_other_mask(old: LayerMask | None, new: LayerMask | None) -> bool:
    """Whether the two differ in more than their tiles."""
    if old is None or new is None:
        return old is not new
    return old.default != new.default
