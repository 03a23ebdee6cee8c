"""Edits of the guides, and what tools snap to. Pure functions."""

from __future__ import annotations

from dataclasses import replace

from sdpaint.document.document import Document
from sdpaint.document.guides import Guide, GuideKind
from sdpaint.imaging.geometry import Point
from sdpaint.imaging.snapping import Grid, SnapTargets


def add_guide(document: Document, guide: Guide) -> Document:
    """One more guide; one that is there already isn't doubled."""
    return document if guide in document.guides else replace(document, guides=(*document.guides, guide))


def move_guide(document: Document, guide: Guide, at: int) -> Document:
    """The guide elsewhere. Raises ValueError where it isn't one of the document's."""
    index = document.guides.index(guide)
    if at == guide.at:
        return document
    rest = document.guides[:index], document.guides[index + 1 :]
    moved = Guide(guide.kind, at)
    if moved in document.guides:
        return replace(document, guides=(*rest[0], *rest[1]))
    return replace(document, guides=(*rest[0], moved, *rest[1]))


def remove_guide(document: Document, guide: Guide) -> Document:
    """The guide gone. Raises ValueError where it isn't one of the document's."""
    index = document.guides.index(guide)
    return replace(document, guides=(*document.guides[:index], *document.guides[index + 1 :]))


def clear_guides(document: Document) -> Document:
    """No guides."""
    return replace(document, guides=()) if document.guides else document


def guide_at(document: Document, pos: Point, distance: float) -> Guide | None:
    """The guide nearest to a canvas position, within `distance` pixels; None where there is none."""

    def away(guide: Guide) -> float:
        return abs(guide.at - (pos.x if guide.kind is GuideKind.UPRIGHT else pos.y))

    nearest = min(document.guides, key=away, default=None)
    return None if nearest is None or away(nearest) > distance else nearest


def snap_targets(document: Document, guides: bool = True, grid: Grid | None = None, canvas: bool = True) -> SnapTargets:
    """What tools snap to: guides, the lines of a grid, and the edges and middle of the canvas."""
    xs: list[float] = []
    ys: list[float] = []
    if guides:
        xs += [guide.at for guide in document.guides if guide.kind is GuideKind.UPRIGHT]
        ys += [guide.at for guide in document.guides if guide.kind is GuideKind.LEVEL]
    if canvas:
        width, height = document.size.width, document.size.height
        xs += [0.0, width / 2, float(width)]
        ys += [0.0, height / 2, float(height)]
    return SnapTargets(tuple(xs), tuple(ys), grid)
