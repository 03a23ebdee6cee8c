"""PressureCurves: from what a stylus reports to what tools feel, by device, and which devices there are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from PySide6.QtCore import QObject, Signal

from sdpaint.imaging.dynamics import LINEAR, Curve
from sdpaint.tools.base import PointerEvent


class PressureCurves(QObject):
    """One curve for all, and those of devices that have their own."""

    device_seen = Signal(str)
    """A device that wasn't known yet pressed for the first time."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._common: Curve = LINEAR
        self._own: dict[str, Curve] = {}
        self._known: set[str] = set()
        self._is_straight = True

    def set_curves(self, common: Curve, own: Mapping[str, Curve]) -> None:
        """`own`: by the name of the device."""
        self._common, self._own = common, dict(own)
        self._is_straight = all(curve == LINEAR for curve in (common, *self._own.values()))

    def know(self, devices: tuple[str, ...]) -> None:
        """These were seen before."""
        self._known.update(devices)

    def note(self, event: PointerEvent) -> None:
        """A press."""
        if event.has_pressure and event.device and event.device not in self._known:
            self._known.add(event.device)
            self.device_seen.emit(event.device)

    def felt(self, event: PointerEvent) -> PointerEvent:
        """The event with its pressure as tools feel it."""
        if self._is_straight or not event.has_pressure:
            return event
        return replace(event, pressure=self._own.get(event.device, self._common).at(event.pressure))


def curve_of(text: str) -> Curve:
    """The curve that settings keep; a straight one where they keep none, or none that can be."""
    try:
        return Curve.from_text(text) if text else LINEAR
    except ValueError:
        return LINEAR
