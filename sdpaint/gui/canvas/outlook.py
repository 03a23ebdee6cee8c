"""Drawing what inpainting will do before it is done: what the engine will see, at which size, and what can change."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPainterPath, QPen

from sdpaint.generation.prepare import Outlook
from sdpaint.gui.canvas.overlay import paint_label
from sdpaint.gui.canvas.paint import outline_of, qtransform
from sdpaint.gui.canvas.viewport import Viewport

_UNDER = QColor(0, 0, 0, 70)
_SEEN = QColor(255, 255, 255, 170)
_BAND_ALPHA = 190
_DASHES = (5.0, 4.0)


def outlook_words(outlook: Outlook) -> str:
    """The label: what is seen, and at which size it is worked on where that isn't the same."""
    plan = outlook.plan
    words = f"Sees {plan.region.size}"
    passes = plan.passes
    if passes is not None and passes.first is not None:
        words += f", composes at {passes.first}"
    if plan.is_scaled:
        words += f", works at {plan.work_size} ({plan.scale:.0%})"
    if passes is not None:
        count = len(passes.tiles)
        words += ", refines it" if count == 1 else f", refines {count} tiles"
    return words


def paint_outlook(painter: QPainter, viewport: Viewport, outlook: Outlook, accent: QColor, font: QFont) -> None:
    """A faint line around what the engine will see, a dashed one beyond which nothing changes, and the label."""
    band = QPainterPath()
    box = outlook.band
    band.addRoundedRect(QRectF(box.x, box.y, box.width, box.height), outlook.reach_px, outlook.reach_px)
    dashed = QColor(accent)
    dashed.setAlpha(_BAND_ALPHA)
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    seen = outline_of(viewport, outlook.plan.frame)
    for color, width in ((_UNDER, 2.0), (_SEEN, 1.0)):
        painter.setPen(QPen(color, width))
        painter.drawPolygon(seen)
    mapped = qtransform(viewport).map(band)
    painter.setPen(QPen(_UNDER, 2.0))
    painter.drawPath(mapped)
    pen = QPen(dashed, 1.0)
    pen.setDashPattern(list(_DASHES))
    painter.setPen(pen)
    painter.drawPath(mapped)
    painter.restore()
    paint_label(painter, viewport, outlook.plan.frame, outlook_words(outlook), font)
