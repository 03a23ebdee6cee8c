"""The tree of layers: finding, replacing, taking out and putting in, at any depth.

Pure functions over tuples of layers. Within a tuple they stand bottom to top. `clipping_bases` says which of them shows
itself only within which.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace

from sdpaint.document.layers import Group, Layer, LayerId, new_layer_id

Layers = tuple[Layer, ...]


def path_to(layers: Layers, layer_id: LayerId) -> tuple[Layer, ...]:
    """The groups around a layer from the outermost inwards, then the layer itself; empty where there is none."""
    for layer in layers:
        if layer.id == layer_id:
            return (layer,)
        if layer.children:
            inner = path_to(layer.children, layer_id)
            if inner:
                return (layer, *inner)
    return ()


def with_children(group: Layer, children: Layers) -> Layer:
    """A group with other children. Raises TypeError for another kind of layer."""
    if not isinstance(group.content, Group):
        raise TypeError(f"{group.name} is no group")
    if group.content.children == children and all(map(_is_same, group.content.children, children)):
        return group
    return replace(group, content=replace(group.content, children=children))


def _is_same(one: Layer, other: Layer) -> bool:
    return one is other


def replaced(layers: Layers, layer_id: LayerId, by: Layers) -> Layers:
    """The layer swapped for others (none takes it out). What doesn't hold it stays identical. Raises KeyError."""
    for index, layer in enumerate(layers):
        if layer.id == layer_id:
            return (*layers[:index], *by, *layers[index + 1 :])
        if layer.children and path_to(layer.children, layer_id):
            inner = with_children(layer, replaced(layer.children, layer_id, by))
            return (*layers[:index], inner, *layers[index + 1 :])
    raise KeyError(layer_id)


def inserted(layers: Layers, parent: LayerId | None, index: int, new: Layers) -> Layers:
    """Layers put into a group (None: beside the outermost) before what stands at `index`. Raises KeyError."""
    if parent is None:
        at = max(0, min(index, len(layers)))
        return (*layers[:at], *new, *layers[at:])
    path = path_to(layers, parent)
    if not path:
        raise KeyError(parent)
    group = path[-1]
    return replaced(layers, parent, (with_children(group, inserted(group.children, None, index, new)),))


def without(layers: Layers, ids: Collection[LayerId]) -> Layers:
    """All of these gone, at any depth. Layers that were clipped to one of them are set free."""
    bases = clipping_bases(layers)
    result = []
    for layer, base in zip(layers, bases, strict=True):
        if layer.id in ids:
            continue
        if base is not None and base.id in ids:
            layer = replace(layer, clipped=False)
        if layer.children:
            layer = with_children(layer, without(layer.children, ids))
        result.append(layer)
    return tuple(result) if not _all_same(result, layers) else layers


def mapped(layers: Layers, change: Callable[[Layer], Layer]) -> Layers:
    """`change` done to every layer, children first."""
    result = []
    for layer in layers:
        if layer.children:
            layer = with_children(layer, mapped(layer.children, change))
        result.append(change(layer))
    return tuple(result) if not _all_same(result, layers) else layers


def _all_same(one: Sequence[Layer], other: Sequence[Layer]) -> bool:
    return len(one) == len(other) and all(map(_is_same, one, other))


def clipping_bases(layers: Sequence[Layer]) -> list[Layer | None]:
    """For each of the siblings the layer that it is clipped to; None where it isn't.

    At the bottom of a group there is nothing to be clipped to, so a clipped layer there is shown wholly. Control layers
    are passed over.
    """
    bases: list[Layer | None] = []
    base: Layer | None = None
    for layer in layers:
        if layer.control is not None:
            bases.append(None)
        elif layer.clipped and base is not None:
            bases.append(base)
        else:
            bases.append(None)
            base = layer
    return bases


def topmost(layers: Layers, ids: Collection[LayerId]) -> list[Layer]:
    """The layers of these ids, bottom to top, without those that lie within another one of them."""
    found = []
    for layer in layers:
        if layer.id in ids:
            found.append(layer)
        else:
            found += topmost(layer.children, ids)
    return found


def with_fresh_ids(layer: Layer) -> Layer:
    """A copy at all depths, sharing all tiles."""
    copy = replace(layer, id=new_layer_id())
    return with_children(copy, tuple(map(with_fresh_ids, layer.children))) if layer.children else copy
