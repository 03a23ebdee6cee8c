"""TouchInput: fingers on the canvas, as painters know them from tablets.

Two fingers move, zoom and turn the view at once; a tap of two fingers undoes, of three redoes. One finger paints, or
moves the view where a stylus is there for painting. A finger that turns out to be the first of two leaves no mark.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from PySide6.QtCore import QEvent, QObject, Signal
from PySide6.QtGui import QEventPoint, QInputDevice, QTouchEvent

from sdpaint.controllers.tool_controller import ToolController
from sdpaint.gui.canvas.navigation import Navigator, point_of
from sdpaint.gui.canvas.viewport import Viewport
from sdpaint.imaging.geometry import Point
from sdpaint.settings.schema import Touch
from sdpaint.tools.base import PointerEvent, ToolName

TAP_MS = 350
"""Fingers that stay longer are no tap."""
SLOP_PX = 10.0
"""Fingers that move farther are no tap."""
TURN_FROM_DEGREES = 10.0
"""Two fingers turn the view only from here on: nobody zooms without turning a little."""
LEVEL_DEGREES = 4.0
"""A view that is nearer to upright than this is let go of upright."""


@dataclass
class _Pinch:
    """Two fingers, and the view as it was when they came."""

    center: Point
    distance: float
    angle: float
    viewport: Viewport
    turned_from: float | None = None
    """The angle at which turning began."""


@dataclass
class _Contact:
    """All that fingers do from the first that comes to the last that goes."""

    began_ms: int
    starts: dict[int, Point] = field(default_factory=dict)
    last: dict[int, Point] = field(default_factory=dict)
    most: int = 0
    has_moved: bool = False
    is_painting: bool = False


class TouchInput(QObject):
    """Turns touch events into strokes, views, undo and redo."""

    undo_asked = Signal()
    redo_asked = Signal()

    def __init__(self, view: Navigator, tools: ToolController) -> None:
        super().__init__(view)
        self._view = view
        self._tools = tools
        self._contact: _Contact | None = None
        self._pinch: _Pinch | None = None
        self._stylus_seen = False
        self.mode = Touch.AUTO

    @property
    def paints(self) -> bool:
        """Whether one finger paints now."""
        if self._tools.tool is ToolName.PAN or self.mode is Touch.PANS:
            return False
        return self.mode is Touch.PAINTS or not self._stylus_seen

    def note_stylus(self) -> None:
        """A stylus was used: fingers needn't paint."""
        self._stylus_seen = True

    def take(self, event: QTouchEvent) -> bool:
        """Whether the event is used."""
        if event.device().type() is not QInputDevice.DeviceType.TouchScreen:
            return False  # a touchpad's fingers come as wheel and pinch
        match event.type():
            case QEvent.Type.TouchBegin:
                self._contact = _Contact(int(event.timestamp()))
                self._pinch = None
                self._follow(event)
            case QEvent.Type.TouchUpdate:
                self._follow(event)
            case QEvent.Type.TouchEnd:
                self._follow(event)
                self._end(event)
            case QEvent.Type.TouchCancel:
                self.cancel()
        event.accept()
        return True

    def cancel(self) -> None:
        """The fingers belong to somebody else, such as a stylus that came down: nothing of it stays."""
        contact, self._contact, self._pinch = self._contact, None, None
        if contact is not None and contact.is_painting:
            self._tools.cancel()

    # -- following the fingers

    def _follow(self, event: QTouchEvent) -> None:
        contact = self._contact
        if contact is None:
            return
        down: dict[int, Point] = {}
        for point in event.points():
            at = point_of(point.position())
            contact.starts.setdefault(point.id(), at)
            contact.has_moved = contact.has_moved or _distance(contact.starts[point.id()], at) > SLOP_PX
            if point.state() is not QEventPoint.State.Released:
                down[point.id()] = at
        before = set(contact.last)
        contact.most = max(contact.most, len(down))
        if len(down) >= 2:
            self._pinch_with(down, fresh=set(down) != before)
        elif len(down) == 1 and contact.most == 1:
            self._one_finger(event, next(iter(down.values())))
        contact.last = down

    def _one_finger(self, event: QTouchEvent, at: Point) -> None:
        contact = self._contact
        if contact is None or not contact.has_moved:
            return  # it may be the first of two
        start = next(iter(contact.starts.values()))
        if not self.paints:
            last = next(iter(contact.last.values()), start)
            self._view.pan_by(at.x - last.x, at.y - last.y)
        elif not contact.is_painting:
            contact.is_painting = True
            self._tools.press(self._sample(start, contact.began_ms))
            self._tools.move([self._sample(at, int(event.timestamp()))])
        else:
            self._tools.move([self._sample(at, int(event.timestamp()))])

    def _pinch_with(self, down: dict[int, Point], fresh: bool) -> None:
        contact = self._contact
        if contact is not None and contact.is_painting:
            # The stroke was the first finger of two.
            contact.is_painting = False
            self._tools.cancel()
        ids = sorted(down)[:2]
        one, other = down[ids[0]], down[ids[1]]
        center = Point((one.x + other.x) / 2, (one.y + other.y) / 2)
        distance = max(1.0, _distance(one, other))
        angle = math.degrees(math.atan2(other.y - one.y, other.x - one.x))
        pinch = self._pinch
        if fresh or pinch is None:
            self._pinch = _Pinch(center, distance, angle, self._view.viewport)
            return
        if contact is None or not contact.has_moved:
            return  # it may be a tap
        turned = (angle - pinch.angle + 180.0) % 360.0 - 180.0
        if pinch.turned_from is None and abs(turned) > TURN_FROM_DEGREES:
            pinch.turned_from = math.copysign(TURN_FROM_DEGREES, turned)
        viewport = pinch.viewport.zoomed(pinch.viewport.zoom * distance / pinch.distance)
        if pinch.turned_from is not None:
            viewport = viewport.rotated(turned - pinch.turned_from)
            if abs(viewport.rotation) < LEVEL_DEGREES:
                viewport = viewport.rotated(-viewport.rotation)
        self._view.show_through(viewport.holding(pinch.viewport.to_canvas(pinch.center), center))

    def _end(self, event: QTouchEvent) -> None:
        contact, self._contact, self._pinch = self._contact, None, None
        if contact is None:
            return
        at = point_of(event.points()[0].position())
        sample = self._sample(at, int(event.timestamp()))
        if contact.is_painting:
            self._tools.release(sample)
        elif contact.has_moved or event.timestamp() - contact.began_ms > TAP_MS:
            return
        elif contact.most == 1 and self.paints:
            self._tools.press(sample)
            self._tools.release(sample)
        elif contact.most == 2:
            self.undo_asked.emit()
        elif contact.most == 3:
            self.redo_asked.emit()

    def _sample(self, at: Point, time_ms: int) -> PointerEvent:
        viewport = self._view.viewport
        return PointerEvent(
            pos=viewport.to_canvas(at), time_ms=float(time_ms), view_scale=viewport.scale, has_pressure=False
        )


def _distance(one: Point, other: Point) -> float:
    return math.hypot(other.x - one.x, other.y - one.y)
