"""Navigator: the part of the canvas widget that moves the view: zoom, pan, turn, flip, by wheel, pinch and commands."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QEvent, QPointF, Qt, Signal
from PySide6.QtGui import QInputDevice, QNativeGestureEvent, QResizeEvent, QShowEvent, QWheelEvent
from PySide6.QtWidgets import QWidget

from sdpaint.gui.canvas.viewport import Viewport, next_zoom
from sdpaint.imaging.geometry import Point, Rect

FIT_MARGIN_PX = 32
OPENING_MAX_ZOOM = 2.0
"""A small document isn't blown up beyond this when it is opened."""
NOTCH = 120
"""Wheel units of one click."""
NOTCHES_PER_DOUBLING = 3
SNAP = 2 ** (0.5 / NOTCHES_PER_DOUBLING)
"""A wheel click that ends nearer to 100 % than half a click ends there."""


@dataclass(frozen=True)
class SavedView:
    """How a document was seen when it was left; `fits`: whether, and up to which zoom, it is kept whole in sight."""

    viewport: Viewport
    fits: float | None


class Navigator(QWidget):
    """A widget with a viewport over a canvas. Subclasses paint."""

    view_changed = Signal()
    """Zoom, rotation, flip or place differ."""

    def __init__(self, canvas: Rect, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._canvas = canvas
        self._viewport = Viewport()
        self._shown = self._viewport
        self._held: tuple[Point, Point] | None = None
        # Until the artist moves the view, it goes on to show the whole canvas when the window's size changes.
        self._fits: float | None = OPENING_MAX_ZOOM

    @property
    def viewport(self) -> Viewport:
        """How the canvas is seen, whole pixels on whole pixels."""
        return self._shown

    @property
    def zoom(self) -> float:
        """Device pixels for each canvas pixel."""
        return self._viewport.zoom

    @property
    def rotation(self) -> float:
        """Degrees clockwise, as seen."""
        return self._viewport.rotation

    @property
    def flipped(self) -> bool:
        """Whether left and right are swapped."""
        return self._viewport.flipped

    def zoom_in(self) -> None:
        """To the next stop, around the middle."""
        self.zoom_to(next_zoom(self.zoom, 1))

    def zoom_out(self) -> None:
        """To the stop before, around the middle."""
        self.zoom_to(next_zoom(self.zoom, -1))

    def zoom_to(self, factor: float, anchor: Point | None = None) -> None:
        """So many device pixels for each canvas pixel; what is at the view position `anchor` stays."""
        self._around(anchor, self._viewport.zoomed(factor))

    def zoom_to_fit(self) -> None:
        """All of the canvas, as large as goes."""
        self._fit(max_zoom=64.0)

    def rotate_by(self, degrees: float, anchor: Point | None = None) -> None:
        """Clockwise, around the view position `anchor` (None: the middle)."""
        self._around(anchor, self._viewport.rotated(degrees))

    def reset_rotation(self) -> None:
        """Upright again."""
        self.rotate_by(-self.rotation)

    def flip_horizontally(self) -> None:
        """Swap left and right of what is seen: fresh eyes for a drawing."""
        self.show_through(self._viewport.mirrored())

    def pan_by(self, dx: float, dy: float) -> None:
        """Push the canvas by so many view pixels."""
        self.show_through(self._viewport.panned(dx, dy))

    def show_through(self, viewport: Viewport) -> None:
        """Another view of the canvas, pushed back where nothing of it would be seen."""
        viewport = viewport.kept_in_sight(self._canvas)
        self._fits = None
        self._look(viewport)

    def _around(self, anchor: Point | None, viewport: Viewport) -> None:
        """Show through `viewport`, pushed so that what is seen at `anchor` stays there.

        A series around one place (a wheel that goes on turning) keeps to the canvas position that it began with:
        else each step would add its rounding to whole pixels.
        """
        at = anchor or viewport.middle
        held = self._held if self._held is not None and self._held[0] == at else (at, self._shown.to_canvas(at))
        self.show_through(viewport.holding(held[1], at))
        self._held = held

    def _fit(self, max_zoom: float) -> None:
        margin = min(FIT_MARGIN_PX, self.width() / 12, self.height() / 12)
        self._fits = max_zoom
        self._look(self._viewport.fitted(self._canvas, margin, max_zoom))

    def _look(self, viewport: Viewport) -> None:
        if viewport == self._viewport:
            return
        self._viewport = viewport
        self._shown = viewport.snapped()
        self._held = None
        self.update()
        self.view_changed.emit()

    @property
    def _saved_view(self) -> SavedView:
        return SavedView(self._viewport, self._fits)

    def _set_canvas(self, canvas: Rect, fresh: bool, saved: SavedView | None = None) -> None:
        """Another canvas; `fresh`: of another document, which is seen as it was left, or fitted."""
        self._canvas = canvas
        if fresh and saved is not None:
            self._fits = saved.fits
            now = self._viewport
            self._look(saved.viewport.resized(now.width, now.height, now.dpr))
            if self._fits is not None:
                self._fit(self._fits)
        elif fresh:
            self._viewport = Viewport(self._viewport.width, self._viewport.height, dpr=self._viewport.dpr)
            self._fit(OPENING_MAX_ZOOM)
        elif self._fits is not None:
            self._fit(self._fits)
        else:
            self._look(self._viewport.kept_in_sight(canvas))

    def _measure(self) -> None:
        width, height = max(1, self.width()), max(1, self.height())
        resized = self._viewport.resized(width, height, self.devicePixelRatioF())
        if resized == self._viewport:
            return
        self._look(resized)
        if self._fits is not None:
            self._fit(self._fits)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._measure()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._measure()

    def event(self, event: QEvent) -> bool:
        if event.type() is QEvent.Type.DevicePixelRatioChange:
            self._measure()
        if isinstance(event, QNativeGestureEvent) and self._pinch(event):
            return True
        return super().event(event)

    def _pinch(self, event: QNativeGestureEvent) -> bool:
        anchor = point_of(event.position())
        match event.gestureType():
            case Qt.NativeGestureType.ZoomNativeGesture:
                self.zoom_to(self.zoom * max(0.1, 1.0 + event.value()), anchor)
            case Qt.NativeGestureType.RotateNativeGesture:
                self.rotate_by(event.value(), anchor)
            case Qt.NativeGestureType.SmartZoomNativeGesture:
                if self._fits is None:
                    self.zoom_to_fit()
                else:
                    self.zoom_to(1.0, anchor)
            case _:
                return False
        event.accept()
        return True

    def wheelEvent(self, event: QWheelEvent) -> None:
        """A wheel zooms at the cursor, with Shift it pans sideways; two fingers on a touchpad pan."""
        event.accept()
        angle, pixels = event.angleDelta(), event.pixelDelta()
        modifiers = event.modifiers()
        touchpad = event.device() is not None and event.device().type() is QInputDevice.DeviceType.TouchPad
        smooth = touchpad or event.phase() is not Qt.ScrollPhase.NoScrollPhase
        if smooth and not pixels.isNull() and not modifiers & Qt.KeyboardModifier.ControlModifier:
            self.pan_by(pixels.x(), pixels.y())
            return
        if modifiers & Qt.KeyboardModifier.ShiftModifier:
            self.pan_by((angle.x() or angle.y()) / NOTCH * 64, 0)
            return
        # Some platforms turn the wheel sideways while Alt is held.
        notches = (angle.y() or angle.x()) / NOTCH
        if notches:
            self._zoom_by_notches(notches, point_of(event.position()))

    def _zoom_by_notches(self, notches: float, anchor: Point) -> None:
        zoom = self.zoom * 2 ** (notches / NOTCHES_PER_DOUBLING)
        whole = notches == int(notches)
        if whole and self.zoom != 1.0 and 1 / SNAP < zoom < SNAP:
            zoom = 1.0
        self.zoom_to(zoom, anchor)


def point_of(pos: QPointF) -> Point:
    """Qt's point as ours."""
    return Point(pos.x(), pos.y())
