"""Events of mouse and stylus as samples on the canvas, which is all that tools know of devices."""

from __future__ import annotations

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QInputDevice, QMouseEvent, QTabletEvent

from sdpaint.gui.canvas.navigation import Navigator, point_of
from sdpaint.tools.base import PointerEvent


def sample_of_mouse(view: Navigator, event: QMouseEvent) -> PointerEvent:
    """The event on the canvas; a mouse has no pressure."""
    return _sample(view, event.position(), event.modifiers(), event.timestamp())


def sample_of_tablet(view: Navigator, event: QTabletEvent) -> PointerEvent:
    """The event on the canvas, with pressure where the stylus measures it."""
    measures = bool(event.pointingDevice().capabilities() & QInputDevice.Capability.Pressure)
    return _sample(
        view,
        event.position(),
        event.modifiers(),
        event.timestamp(),
        pressure=event.pressure() if measures else None,
        tilt=(event.xTilt(), event.yTilt()),
        device=event.pointingDevice().name(),
    )


def _sample(
    view: Navigator,
    position: QPointF,
    modifiers: Qt.KeyboardModifier,
    time_ms: float,
    pressure: float | None = None,
    tilt: tuple[float, float] = (0.0, 0.0),
    device: str = "",
) -> PointerEvent:
    return PointerEvent(
        pos=view.viewport.to_canvas(point_of(position)),
        pressure=0.5 if pressure is None else pressure,
        has_pressure=pressure is not None,
        tilt_x=tilt[0],
        tilt_y=tilt[1],
        time_ms=float(time_ms),
        shift=bool(modifiers & Qt.KeyboardModifier.ShiftModifier),
        ctrl=bool(modifiers & Qt.KeyboardModifier.ControlModifier),
        alt=bool(modifiers & Qt.KeyboardModifier.AltModifier),
        view_scale=view.viewport.scale,
        device=device,
    )
