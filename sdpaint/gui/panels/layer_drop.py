"""Where in the tree of layers something lands that is dropped on the list of them. No widgets, only rows and places."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sdpaint.document.document import Document
from sdpaint.document.layers import Group, Layer, LayerId
from sdpaint.gui.panels.layers_model import LayerRow


@dataclass(frozen=True)
class DropPlace:
    """`index` of the group `parent` (None: beside the outermost), counted without the layers that are moved.

    It is shown as a line above the row `line` of the list, from `depth` on; or, `onto` a row, as a frame around it.
    """

    parent: LayerId | None
    index: int
    line: int
    depth: int
    onto: int | None = None


def place_of_drop(
    document: Document, rows: Sequence[LayerRow], moving: Collection[LayerId], row: int, share: float, depth: int
) -> DropPlace | None:
    """The place under a pointer at `share` (0 top, 1 bottom) of a row; None where the layers can't go there.

    `row` may be `len(rows)`: below all. `depth`: which the pointer's distance from the left suggests. It decides where
    more than one place is right, such as below the last layer of a group.
    """
    if 0 <= row < len(rows):
        layer = rows[row].layer
        if layer.is_group and 0.25 <= share < 0.75 and layer.id not in moving:
            place = DropPlace(layer.id, _below(layer.children, None, moving), row, rows[row].depth + 1, onto=row)
            return None if _is_inside(document, layer.id, moving) else place
    gap = min(len(rows), row + (1 if share >= 0.5 else 0))
    place = _in_gap(document, rows, moving, gap, depth)
    return None if place.parent is not None and _is_inside(document, place.parent, moving) else place


def _in_gap(
    document: Document, rows: Sequence[LayerRow], moving: Collection[LayerId], gap: int, depth: int
) -> DropPlace:
    """Above the row `gap`, as deep as wanted where that may be."""
    if gap == 0:
        return DropPlace(None, _below(document.layers, None, moving), 0, 0)
    above = rows[gap - 1]
    shallowest = rows[gap].depth if gap < len(rows) else 0
    is_open = above.layer.is_group and (
        (gap < len(rows) and rows[gap].depth > above.depth)
        or (not above.layer.children and _is_expanded(above))
    )
    wanted = max(shallowest, min(above.depth + (1 if is_open else 0), depth))
    if wanted > above.depth:
        return DropPlace(above.layer.id, _below(above.layer.children, None, moving), gap, wanted)
    path = document.path_to(above.layer.id)
    over = path[wanted]
    parent = path[wanted - 1].id if wanted else None
    return DropPlace(parent, _below(document.siblings_of(over.id), over.id, moving), gap, wanted)


def _is_expanded(row: LayerRow) -> bool:
    return isinstance(row.layer.content, Group) and row.layer.content.expanded


def _below(siblings: Sequence[Layer], over: LayerId | None, moving: Collection[LayerId]) -> int:
    """How many of the siblings that stay lie below one of them (None: all of them)."""
    count = 0
    for layer in siblings:
        if layer.id == over:
            break
        count += layer.id not in moving
    return count


def _is_inside(document: Document, group: LayerId, moving: Collection[LayerId]) -> bool:
    return any(layer.id in moving for layer in document.path_to(group))
