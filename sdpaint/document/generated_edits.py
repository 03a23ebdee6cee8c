"""Edits of generated layers: which picture is shown, more and fewer of them, and baking. Pure functions.

What can't be done raises EditRefused with a remedy.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sdpaint.document import tree
from sdpaint.document.document import Document
from sdpaint.document.edits import replace_layer
from sdpaint.document.generated import Alternative, Generated
from sdpaint.document.layers import Layer, LayerId
from sdpaint.document.placing import kept_area
from sdpaint.errors import EditRefused
from sdpaint.imaging.projection import Projection
from sdpaint.imaging.warp import Interpolation, warped


def generated_of(document: Document, layer_id: LayerId) -> Generated:
    """What the layer remembers, with what has been painted on it since. Raises KeyError, EditRefused."""
    layer = document.layer(layer_id)
    if layer.origin is None:
        raise EditRefused("The layer didn't come out of a generation", "Choose one that the layers panel marks")
    return layer.origin.with_shown_tiles(layer.tiles)


def show_alternative(document: Document, layer_id: LayerId, index: int) -> Document:
    """Another of its pictures in place; what was painted on the one before stays with that. Raises EditRefused."""
    generated = generated_of(document, layer_id)
    if not 0 <= index < len(generated.alternatives):
        raise EditRefused("The layer has no such picture", "Choose one that the layers panel shows")
    if index == generated.shown:
        return document
    return _with(document, layer_id, replace(generated, shown=index))


def add_alternatives(document: Document, layer_id: LayerId, new: Sequence[Alternative]) -> Document:
    """More pictures behind those that it has, where the layer has been put since, the first of them shown.

    Raises EditRefused.
    """
    generated = generated_of(document, layer_id)
    if not new:
        return document
    projection = generated.placed
    if projection != Projection():
        within = kept_area(document)
        new = [replace(each, tiles=warped(each.tiles, projection, Interpolation.BICUBIC, within)) for each in new]
    count = len(generated.alternatives)
    return _with(document, layer_id, replace(generated, alternatives=(*generated.alternatives, *new), shown=count))


def remove_alternative(document: Document, layer_id: LayerId) -> Document:
    """The picture that is shown gone, the next one shown. Raises EditRefused where it is the last."""
    generated = generated_of(document, layer_id)
    if len(generated.alternatives) == 1:
        raise EditRefused("The layer has no other picture to show", "Delete the layer, or generate another one first")
    at = generated.shown
    rest = generated.alternatives[:at] + generated.alternatives[at + 1 :]
    return _with(document, layer_id, replace(generated, alternatives=rest, shown=min(at, len(rest) - 1)))


def remove_others(document: Document, layer_id: LayerId) -> Document:
    """All but the picture that is shown gone. Raises EditRefused."""
    generated = generated_of(document, layer_id)
    if len(generated.alternatives) == 1:
        return document
    return _with(document, layer_id, replace(generated, alternatives=(generated.current,), shown=0))


def bake(document: Document, layer_id: LayerId) -> Document:
    """A plain pixel layer of what is shown; its mask stays. Raises EditRefused."""
    generated_of(document, layer_id)
    return replace_layer(document, replace(document.layer(layer_id), origin=None, generated=False))


def beneath(document: Document, layer_id: LayerId) -> Document:
    """The document without the layer and all that lies above it: what it was made on. Raises KeyError."""
    path = document.path_to(layer_id)
    kept: tuple[Layer, ...] = ()
    for siblings, at in reversed([(document.siblings_of(each.id), each) for each in path]):
        below = siblings[: [layer.id for layer in siblings].index(at.id)]
        inner = tree.with_children(at, kept) if kept and at.is_group else None
        kept = below if inner is None else (*below, inner)
    kept = kept or (Layer("Nothing"),)
    return replace(document, layers=kept, active=kept[-1].id, selected=frozenset())


def _with(document: Document, layer_id: LayerId, generated: Generated) -> Document:
    layer = document.layer(layer_id)
    return replace_layer(document, replace(layer, origin=generated, tiles=generated.current.tiles))
