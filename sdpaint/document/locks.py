"""Locks: what of a layer may not be changed, said in a sentence. A lock of a group holds for all that is in it."""

from __future__ import annotations

from collections.abc import Collection

from sdpaint.document.document import Document
from sdpaint.document.layers import Layer, LayerId
from sdpaint.errors import EditRefused

_UNLOCK = "Unlock it with the buttons above the layers"


def refuse_locked(document: Document, layer_id: LayerId) -> None:
    """Raises EditRefused where nothing of the layer may be changed, or where it is gone: an edit may have waited."""
    if not document.has_layer(layer_id):
        raise EditRefused("The layer is gone", "Undo brings it back")
    for layer in document.path_to(layer_id):
        if layer.locked:
            raise EditRefused(f"{_kind(layer)} is locked", _UNLOCK)


def refuse_locked_pixels(document: Document, layer_id: LayerId) -> None:
    """Raises EditRefused where its pixels may not be changed."""
    refuse_locked(document, layer_id)
    for layer in document.path_to(layer_id):
        if layer.pixels_locked:
            raise EditRefused(f"The pixels of {_named(layer)} are locked", _UNLOCK)


def refuse_locked_position(document: Document, layer_id: LayerId) -> None:
    """Raises EditRefused where it may not be moved, turned or scaled, alone or with what is in it."""
    for layer in (*document.path_to(layer_id), *document.layer(layer_id).walk()):
        if layer.locked:
            raise EditRefused(f"{_kind(layer)} is locked", _UNLOCK)
        if layer.position_locked:
            raise EditRefused(f"The position of {_named(layer)} is locked", _UNLOCK)


def refuse_locked_inside(document: Document, ids: Collection[LayerId]) -> None:
    """Raises EditRefused where one of them, or anything in it, may not be changed: before deleting or merging."""
    for layer_id in ids:
        refuse_locked(document, layer_id)
        for layer in document.layer(layer_id).walk():
            if layer.locked:
                raise EditRefused(f"{_kind(layer)} is locked", _UNLOCK)


def _named(layer: Layer) -> str:
    return f'"{layer.name}"'


def _kind(layer: Layer) -> str:
    return f"The {'group' if layer.is_group else 'layer'} {_named(layer)}"
