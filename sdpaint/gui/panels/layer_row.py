"""LayerRow geometry: where the parts of a row of the layers panel lie, and which of them a pointer is on."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPoint, QRect

from sdpaint.document.layers import Layer
from sdpaint.gui.panels.layers_model import DEPTH_ROLE, LAYER_ROLE

ROW_HEIGHT = 44
EYE_WIDTH = 28
INDENT = 16
"""As wide as the arrow of a group, so that what is in it stands below its picture."""
_DEEPEST = 5
"""Deeper groups aren't indented further: their names would have no room."""
_PICTURE_WIDTH, _PICTURE_HEIGHT = 40, 34
_LINK_WIDTH = 14
_GAP = 8

Index = QModelIndex | QPersistentModelIndex


class RowPart(Enum):
    """What a pointer can be on."""

    EYE = auto()
    FOLD = auto()
    PICTURE = auto()
    LINK = auto()
    MASK = auto()
    NAME = auto()


@dataclass(frozen=True)
class RowPlaces:
    """Rectangles of a row, in the coordinates of the view. Those of parts that it hasn't are None."""

    eye: QRect
    picture: QRect
    name: QRect
    clip: QRect | None = None
    fold: QRect | None = None
    link: QRect | None = None
    mask: QRect | None = None

    def part_at(self, place: QPoint) -> RowPart:
        """The part under the pointer."""
        if place.x() <= self.eye.right():
            return RowPart.EYE
        for part, rect in (
            (RowPart.FOLD, self.fold),
            (RowPart.PICTURE, self.picture),
            (RowPart.LINK, self.link),
            (RowPart.MASK, self.mask),
        ):
            # The whole height counts: small things are hard to hit.
            if rect is not None and rect.left() <= place.x() <= rect.right():
                return part
        return RowPart.NAME


def depth_left(depth: int) -> int:
    """Where a row of this depth begins, from the left of the view."""
    return EYE_WIDTH + min(depth, _DEEPEST) * INDENT


def row_places(rect: QRect, index: Index) -> RowPlaces:
    """Where the parts of a row lie whose item has this rectangle."""
    layer: Layer = index.data(LAYER_ROLE)
    left = rect.left() + depth_left(int(index.data(DEPTH_ROLE)))
    top, height = rect.top(), rect.height()
    clip = fold = link = mask = None
    if layer.clipped:
        clip = QRect(left, top, INDENT, height)
        left += INDENT
    if layer.is_group:
        fold = QRect(left, top, INDENT, height)
        left += INDENT
    picture_top = top + (height - _PICTURE_HEIGHT) // 2
    picture = QRect(left + 2, picture_top, _PICTURE_WIDTH, _PICTURE_HEIGHT)
    left = picture.right() + 1
    if layer.mask is not None:
        link = QRect(left, top, _LINK_WIDTH, height)
        mask = QRect(left + _LINK_WIDTH, picture_top, _PICTURE_WIDTH, _PICTURE_HEIGHT)
        left = mask.right() + 1
    name = QRect(left + _GAP, top, max(0, rect.right() - left - _GAP), height)
    eye = QRect(rect.left(), top, EYE_WIDTH, height)
    return RowPlaces(eye, picture, name, clip, fold, link, mask)
