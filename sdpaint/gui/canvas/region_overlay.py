"""RegionOverlay: where layers and masks with prompts of their own lie, with their first words, over the canvas.

The places are traced away from the GUI thread, from a reduced picture, a moment after they have changed.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from PySide6.QtCore import QObject, QPointF, Qt, QTimer
from PySide6.QtGui import QColor, QFont, QPainter, QPainterPath, QPen, QPolygonF
from PySide6.QtWidgets import QWidget

from sdpaint.controllers.document_controller import DocumentController
from sdpaint.document.document import Document
from sdpaint.document.layers import Layer, MaskLayer
from sdpaint.document.mask_edits import COLORS
from sdpaint.document.regions import OwnedRegion, RegionOwner, cover_under, regions_of
from sdpaint.errors import SdPaintError
from sdpaint.gui.canvas.overlay import DARK_LINE, paint_label
from sdpaint.gui.canvas.paint import qtransform
from sdpaint.gui.canvas.viewport import Viewport
from sdpaint.gui.wording import region_words
from sdpaint.imaging.color import Color
from sdpaint.imaging.geometry import Rect
from sdpaint.imaging.tiles import Pixels8
from sdpaint.worker.background import Background

DELAY_MS = 120
"""After the last change: a stroke shall not wait for an outline."""
TRACED_PX = 1024
"""Longer side of the picture that outlines are traced in."""
_TINT_ALPHA = 34


@dataclass(frozen=True, eq=False)
class Place:
    """Where one region is: its outline in canvas pixels, and the box around it. `says` is its label."""

    path: QPainterPath
    box: Rect
    color: QColor
    says: str
    is_tinted: bool
    counts: bool


def region_colors(document: Document) -> dict[RegionOwner, Color]:
    """What each region is drawn in: a mask in its own colour, layers one after the other, not in that of all masks."""
    found: dict[RegionOwner, Color] = {}
    for each in regions_of(document):
        place = each.owner.mask
        found[each.owner] = COLORS[1 + len(found) % (len(COLORS) - 1)] if place is None else document.masks[place].color
    return found


class RegionOverlay(QObject):
    """The regions of the document in front, on one view."""

    def __init__(self, view: QWidget, documents: DocumentController) -> None:
        super().__init__(view)
        self._view = view
        self._documents = documents
        self._is_on = True
        self._places: tuple[Place, ...] = ()
        self._traced: tuple[object, ...] = ()
        self._outlines: dict[RegionOwner, tuple[object, QPainterPath, Rect]] = {}
        self._background = Background(1, self)
        self._timer = QTimer(self, singleShot=True, interval=DELAY_MS)
        self._timer.timeout.connect(self._trace)
        documents.document_changed.connect(self._follow)
        self._follow(None, documents.document)

    @property
    def is_ready(self) -> bool:
        """Whether what is drawn is where the regions are."""
        return not self._timer.isActive() and not self._background.is_busy

    @property
    def places(self) -> tuple[Place, ...]:
        """What is drawn."""
        return self._places if self._is_on else ()

    def shutdown(self) -> None:
        """Trace no more, and wait for what is being traced."""
        self._is_on = False
        self._timer.stop()
        self._background.close()

    def show(self, is_on: bool) -> None:
        """Draw them or not."""
        if is_on is not self._is_on:
            self._is_on = is_on
            self._follow(None, self._documents.document)
            self._view.update()

    def paint(self, painter: QPainter, viewport: Viewport, with_tint: bool) -> None:
        """Outlines, and a tint where a mask doesn't give one."""
        if not self.places:
            return
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for place in self.places:
            path = qtransform(viewport).map(place.path)
            tint = QColor(place.color)
            tint.setAlpha(_TINT_ALPHA)
            if with_tint and place.is_tinted and place.counts:
                painter.fillPath(path, tint)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(DARK_LINE, 2.5))
            painter.drawPath(path)
            style = Qt.PenStyle.SolidLine if place.counts else Qt.PenStyle.DotLine
            painter.setPen(QPen(place.color, 1.25, style))
            painter.drawPath(path)
        painter.restore()

    def paint_labels(self, painter: QPainter, viewport: Viewport, font: QFont) -> None:
        """The first words of each, above what else is drawn over the canvas."""
        for place in self.places:
            paint_label(painter, viewport, _label_place(place.box), place.says, font)

    def _follow(self, _old: Document | None, new: Document) -> None:
        if self._is_on and _state(new) != self._traced:
            self._timer.start()

    def _trace(self) -> None:
        document = self._documents.document
        self._traced = _state(document)
        known = dict(self._outlines)
        self._background.run(lambda: _traced(document, known), self._take, self._give_up)

    def _take(self, found: tuple[tuple[Place, ...], dict[RegionOwner, tuple[object, QPainterPath, Rect]]]) -> None:
        before = self._places
        self._places, self._outlines = found
        if before or self._places:
            self._view.update()

    def _give_up(self, _error: SdPaintError) -> None:
        # It is in the log; without outlines one can go on.
        self._take(((), {}))


def _state(document: Document) -> tuple[object, ...]:
    """What outlines depend on. By identity but for masks, whose tiles are compared so too."""
    return (document.bounds, *((each, _Same(_carrier(document, each.owner))) for each in regions_of(document)))


class _Same:
    """Equal to itself alone."""

    def __init__(self, value: object) -> None:
        self._value = value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and self._value is other._value

    def __hash__(self) -> int:
        return id(self._value)


def _carrier(document: Document, owner: RegionOwner) -> Layer | MaskLayer:
    if owner.mask is not None:
        return document.masks[owner.mask]
    assert owner.layer is not None
    return document.layer(owner.layer)


def _traced(
    document: Document, known: dict[RegionOwner, tuple[object, QPainterPath, Rect]]
) -> tuple[tuple[Place, ...], dict[RegionOwner, tuple[object, QPainterPath, Rect]]]:
    """The places, and the outlines to be remembered. Not for the GUI thread."""
    colors = region_colors(document)
    places: list[Place] = []
    outlines: dict[RegionOwner, tuple[object, QPainterPath, Rect]] = {}
    for each in regions_of(document):
        carrier = (_Same(_carrier(document, each.owner)), document.bounds)
        before = known.get(each.owner)
        if before is not None and before[0] == carrier:
            path, box = before[1:]
        else:
            path, box = _outline(cover_under(document, each.owner, document.bounds))
        outlines[each.owner] = (carrier, path, box)
        if not path.isEmpty():
            places.append(_place(each, path, box, _qcolor(colors[each.owner])))
    return tuple(places), outlines


def _place(each: OwnedRegion, path: QPainterPath, box: Rect, color: QColor) -> Place:
    return Place(path, box, color, region_words(each), each.owner.mask is None, each.region.counts)


def _qcolor(color: Color) -> QColor:
    return QColor(color.red, color.green, color.blue)


def _outline(cover: Pixels8) -> tuple[QPainterPath, Rect]:
    """Around what is covered by half or more, in pixels of `cover`, and the box of it."""
    height, width = cover.shape
    scale = max(1.0, max(height, width) / TRACED_PX)
    size = (max(1, round(width / scale)), max(1, round(height / scale)))
    small = cv2.resize(cover, size, interpolation=cv2.INTER_AREA)
    # Twice as large, so that the line runs between pixels: on the middle of them it would be half a pixel inside.
    inside = (np.repeat(np.repeat(small, 2, 0), 2, 1) >= 128).astype(np.uint8)
    chains, _ = cv2.findContours(inside, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE)
    path = QPainterPath()
    x_scale, y_scale = width / inside.shape[1], height / inside.shape[0]
    for chain in chains:
        if len(chain) > 2:
            points = [QPointF((x + 0.5) * x_scale, (y + 0.5) * y_scale) for x, y in chain[:, 0].tolist()]
            path.addPolygon(QPolygonF(points))
            path.closeSubpath()
    around = path.boundingRect().toAlignedRect()
    return path, Rect(around.x(), around.y(), around.width(), around.height())


def _label_place(box: Rect) -> Rect:
    """A spot inside the box's upper left corner: above it the frame has its label."""
    return Rect(box.x, box.y, 1, 1)
