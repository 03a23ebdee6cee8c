"""Drawing what inpainting will do before it is done: what the engine will see, at which size, and what can change."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPainterPath, QPen

from sdpaint.generation.cost import Estimate
from sdpaint.generation.planning import Outlook
from sdpaint.gui.canvas.context_handles import CONTEXT_HANDLES, place_of
from sdpaint.gui.canvas.overlay import paint_label
from sdpaint.gui.canvas.paint import outline_of, qtransform
from sdpaint.gui.canvas.viewport import Viewport
from sdpaint.gui.wording import estimate_words

_UNDER = QColor(0, 0, 0, 70)
_SEEN = QColor(255, 255, 255, 170)
_HANDLE = QColor(255, 255, 255)
_HANDLE_EDGE = QColor(0, 0, 0, 160)
_HANDLE_PX = 7.0
_BAND_ALPHA = 190
_DASHES = (5.0, 4.0)


def outlook_words(outlook: Outlook, estimate: Estimate | None = None, helper_name: str = "") -> str:
    """The label: what is seen, at which size and in how many parts it is worked on, and what that will cost.

    `helper_name`: of a dedicated checkpoint that is used instead of the chosen one, or of a ControlNet beside it.
    """
    plan = outlook.plan
    words = [f"Sees {plan.region.size}" + (" (by hand)" if outlook.is_by_hand else "")]
    passes = plan.passes
    if passes is not None and passes.first is not None:
        words.append(f"composes at {passes.first}")
    if plan.is_scaled:
        words.append(f"works at {plan.work_size} ({plan.scale:.0%})")
    if passes is not None:
        count = len(passes.tiles)
        words.append("refines it" if count == 1 else f"refines {count} tiles")
    words.append(f"feather {outlook.feather_px} px")
    if helper_name:
        words.append(f"with {helper_name}")
    if estimate is not None:
        words.append(estimate_words(estimate))
    return ", ".join(words)


def paint_outlook(
    painter: QPainter,
    viewport: Viewport,
    outlook: Outlook,
    accent: QColor,
    font: QFont,
    estimate: Estimate | None = None,
    helper_name: str = "",
) -> None:
    """A faint line with handles around what the engine will see, a dashed one beyond which nothing changes, a label."""
    band = QPainterPath()
    box = outlook.band
    band.addRoundedRect(QRectF(box.x, box.y, box.width, box.height), outlook.reach_px, outlook.reach_px)
    dashed = QColor(accent)
    dashed.setAlpha(_BAND_ALPHA)
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    seen = outline_of(viewport, outlook.plan.frame)
    line = accent if outlook.is_by_hand else _SEEN
    for color, width in ((_UNDER, 2.0), (line, 1.0)):
        painter.setPen(QPen(color, width))
        painter.drawPolygon(seen)
    mapped = qtransform(viewport).map(band)
    painter.setPen(QPen(_UNDER, 2.0))
    painter.drawPath(mapped)
    pen = QPen(dashed, 1.0)
    pen.setDashPattern(list(_DASHES))
    painter.setPen(pen)
    painter.drawPath(mapped)
    painter.setPen(QPen(_HANDLE_EDGE, 1.0))
    painter.setBrush(_HANDLE)
    for handle in CONTEXT_HANDLES:
        at = viewport.to_view(place_of(handle, outlook.plan.frame))
        painter.drawRect(QRectF(at.x - _HANDLE_PX / 2, at.y - _HANDLE_PX / 2, _HANDLE_PX, _HANDLE_PX))
    painter.restore()
    paint_label(painter, viewport, outlook.plan.frame, outlook_words(outlook, estimate, helper_name), font)
