"""ContextHandles: the box of what the engine will see, taken hold of on the canvas.

The handles lie at its corners and in the middle of its sides. Elsewhere on its line the tool in hand works as ever, so
that a stroke may begin anywhere but on a handle.
"""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, QPointF, Qt
from PySide6.QtGui import QMouseEvent, QTabletEvent

from sdpaint.controllers.generation_controller import GenerationController
from sdpaint.generation.params import HandContext
from sdpaint.generation.planning import Outlook
from sdpaint.gui.canvas.navigation import Navigator
from sdpaint.gui.canvas.overlay import cursor_for
from sdpaint.imaging.geometry import Point, Rect
from sdpaint.tools.frame import FrameHandle, resized

REACH_PX = 7.0
"""How near to the middle of a handle, in view pixels, the pointer takes hold of it."""
CONTEXT_HANDLES = tuple(handle for handle in FrameHandle if handle is not FrameHandle.INSIDE)

_PRESSES = (QEvent.Type.MouseButtonPress, QEvent.Type.TabletPress)
_MOVES = (QEvent.Type.MouseMove, QEvent.Type.TabletMove)
_RELEASES = (QEvent.Type.MouseButtonRelease, QEvent.Type.TabletRelease)


def place_of(handle: FrameHandle, box: Rect) -> Point:
    """Where a handle of the box is, in canvas pixels."""
    toward_x, toward_y = handle.value
    return Point(box.center.x + toward_x * box.width / 2, box.center.y + toward_y * box.height / 2)


class ContextHandles(QObject):
    """Drags a side or corner: by hand. Double click on a handle: automatic again."""

    def __init__(
        self,
        view: Navigator,
        generation: GenerationController,
        shown: Callable[[], Outlook | None],
        left: Callable[[], None],
        lend_cursor: Callable[[Qt.CursorShape | None], None],
    ) -> None:
        """`shown`: what is drawn now. `left`: the pointer is no longer the tool's.

        `lend_cursor`: show this one instead of the tool's; None: the tool's again.
        """
        super().__init__(view)
        self._view = view
        self._generation = generation
        self._shown = shown
        self._left = left
        self._lend_cursor = lend_cursor
        self._grip: tuple[FrameHandle, Rect, Point, Rect] | None = None
        view.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Whether the event was for a handle."""
        kind = event.type()
        if kind is QEvent.Type.Leave:
            self._lend_cursor(None)
        if not isinstance(event, QMouseEvent | QTabletEvent):
            return False
        if kind is QEvent.Type.MouseButtonDblClick:
            return self._reset(event.position())
        if kind in _PRESSES:
            return event.button() is Qt.MouseButton.LeftButton and self._press(event.position())
        if kind in _MOVES:
            return self._move(event.position(), bool(event.buttons()))
        if kind in _RELEASES and self._grip is not None:
            self._grip = None
            return True
        return False

    def _handle_at(self, at: QPointF) -> FrameHandle | None:
        outlook = self._shown()
        if outlook is None:
            return None
        for handle in CONTEXT_HANDLES:
            place = self._view.viewport.to_view(place_of(handle, outlook.plan.frame))
            if max(abs(place.x - at.x()), abs(place.y - at.y())) <= REACH_PX:
                return handle
        return None

    def _press(self, at: QPointF) -> bool:
        handle, outlook = self._handle_at(at), self._shown()
        if handle is None or outlook is None:
            return False
        start = self._view.viewport.to_canvas(Point(at.x(), at.y()))
        self._grip = (handle, outlook.plan.frame, start, outlook.band)
        return True

    def _move(self, at: QPointF, is_pressed: bool) -> bool:
        if self._grip is not None:
            held, box, start, around = self._grip
            dragged = resized(box, held, self._view.viewport.to_canvas(Point(at.x(), at.y())) - start)
            self._generation.set_params(context=HandContext(dragged, around))
            return True
        handle = None if is_pressed else self._handle_at(at)
        if handle is None:
            self._lend_cursor(None)
            return False
        self._left()
        self._lend_cursor(cursor_for(handle, self._view.viewport))
        return True

    def _reset(self, at: QPointF) -> bool:
        if self._handle_at(at) is None and self._grip is None:
            return False
        self._grip = None
        self._generation.set_params(context=None)
        return True
