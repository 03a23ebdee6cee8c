"""PointerInput: mouse, stylus and held keys become gestures of the tools or moves of the view.

Moves are collected and handed to the tool once for each turn of the event loop: no sample is lost, and a stylus that
reports faster than the screen refreshes costs one repaint, not three.
"""

from __future__ import annotations

import math
from enum import Enum, auto

from PySide6.QtCore import QObject, QPointF, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence, QMouseEvent, QPointingDevice, QTabletEvent

from sdpaint.controllers.tool_controller import ToolController
from sdpaint.gui.canvas.navigation import Navigator, point_of
from sdpaint.gui.canvas.pointer_samples import sample_of_mouse, sample_of_tablet
from sdpaint.imaging.geometry import Point
from sdpaint.tools.base import PointerEvent, ToolName

NO_MODIFIERS = Qt.KeyboardModifier.NoModifier
ROTATION_STEP = 15.0
"""Degrees to which Ctrl rounds a turn."""

_SHAPE_KEYS = frozenset(
    (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Escape, Qt.Key.Key_Backspace, Qt.Key.Key_Delete)
)
"""While a polygon is open they are its."""

_ARROWS = {
    Qt.Key.Key_Left: (-1, 0),
    Qt.Key.Key_Right: (1, 0),
    Qt.Key.Key_Up: (0, -1),
    Qt.Key.Key_Down: (0, 1),
}
NUDGE_PX = 10
"""With Shift an arrow key pushes so far."""


_PICKING = Qt.KeyboardModifier.AltModifier | Qt.KeyboardModifier.ControlModifier
"""Held while painting, either takes the colour picker in hand: Photoshop's key and Krita's."""


class Drag(Enum):
    """What the pressed pointer does."""

    NONE = auto()
    TOOL = auto()
    PAN = auto()
    ROTATE = auto()
    DROPPED = auto()
    """The gesture was cancelled; nothing until the release."""


class PointerInput(QObject):
    """Gestures on one canvas view."""

    hovered = Signal(object)
    """View position of the pointer, a Point; None where it left."""
    drag_changed = Signal()
    """A gesture began or ended."""

    def __init__(self, view: Navigator, tools: ToolController) -> None:
        super().__init__(view)
        self._view = view
        self._tools = tools
        self._drag = Drag.NONE
        self._button = Qt.MouseButton.NoButton
        self._stylus = False
        self._last = Point(0.0, 0.0)
        self._turned = 0.0
        self._space = False
        self._turning = False
        self._temporary: ToolName | None = None
        self._modifiers = NO_MODIFIERS
        self._pending: list[PointerEvent] = []
        self._flush_timer = QTimer(self, singleShot=True, interval=0)
        self._flush_timer.timeout.connect(self.flush)

    @property
    def drag(self) -> Drag:
        """What goes on."""
        return self._drag

    @property
    def pans(self) -> bool:
        """Whether a press would move the view."""
        return self._tools.tool is ToolName.PAN

    @property
    def turns(self) -> bool:
        """Whether a press would turn the view."""
        return self._turning

    # Mouse

    def mouse_press(self, event: QMouseEvent) -> bool:
        """Whether the press is used."""
        if self._drag is not Drag.NONE:
            if self._stylus or event.button() is not self._button:
                return True
            # The release went to somebody else, such as a window that opened meanwhile.
            self._end(sample_of_mouse(self._view, event), event.modifiers())
        self._settle(event.modifiers())
        return self._begin(
            event.button(), event.position(), event.modifiers(), sample_of_mouse(self._view, event)
        )

    def mouse_move(self, event: QMouseEvent) -> None:
        """A sample of the gesture, or a hover."""
        if self._stylus:
            return
        self._move(event.position(), event.modifiers(), sample_of_mouse(self._view, event))

    def mouse_release(self, event: QMouseEvent) -> bool:
        """Whether it ended a gesture."""
        if self._stylus or event.button() is not self._button:
            return False
        self._end(sample_of_mouse(self._view, event), event.modifiers())
        return True

    # Stylus

    def tablet_press(self, event: QTabletEvent) -> bool:
        """Whether the press is used."""
        if self._drag is not Drag.NONE:
            return True
        self._settle(event.modifiers())
        tip = event.button() is Qt.MouseButton.LeftButton
        if tip and event.pointerType() is QPointingDevice.PointerType.Eraser:
            self._push(eraser_for(self._tools.tool))
        self._stylus = True
        used = self._begin(
            event.button(), event.position(), event.modifiers(), sample_of_tablet(self._view, event)
        )
        self._stylus = used
        return used

    def tablet_move(self, event: QTabletEvent) -> None:
        """A sample of the gesture, or a hover."""
        if self._drag is not Drag.NONE and not self._stylus:
            return
        self._move(event.position(), event.modifiers(), sample_of_tablet(self._view, event))

    def tablet_release(self, event: QTabletEvent) -> bool:
        """Whether it ended a gesture."""
        if not self._stylus or event.button() is not self._button:
            return False
        self._end(sample_of_tablet(self._view, event), event.modifiers())
        return True

    def leave(self) -> None:
        """The pointer is elsewhere."""
        if self._drag is Drag.NONE:
            self.hovered.emit(None)

    # Keys

    def key_press(self, event: QKeyEvent) -> bool:
        """Whether the key is used."""
        if self._nudges(event):
            x, y = _ARROWS[Qt.Key(event.key())]
            step = NUDGE_PX if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1
            return self._tools.held.nudge(x * step, y * step)
        match event.key():
            case Qt.Key.Key_Space:
                self._space = True
            case Qt.Key.Key_R if event.modifiers() == NO_MODIFIERS:
                self._turning = True
                self.drag_changed.emit()
            case Qt.Key.Key_Escape if self._drag is Drag.TOOL and not self._tools.has_open_shape:
                self.cancel()
            case key if self._changes_shape(event):
                self._change_shape(key)
                return True
            case Qt.Key.Key_Alt:
                self._settle(event.modifiers() | Qt.KeyboardModifier.AltModifier)
                return True
            case Qt.Key.Key_Control:
                self._settle(event.modifiers() | Qt.KeyboardModifier.ControlModifier)
                return False
            case _:
                return False
        self._settle(event.modifiers())
        return True

    def key_release(self, event: QKeyEvent) -> bool:
        """Whether the key was one that is held."""
        if event.isAutoRepeat():
            return event.key() in (Qt.Key.Key_Space, Qt.Key.Key_R)
        modifiers = event.modifiers()
        match event.key():
            case Qt.Key.Key_Space:
                self._space = False
            case Qt.Key.Key_R:
                self._turning = False
                self.drag_changed.emit()
            case Qt.Key.Key_Alt:
                modifiers &= ~Qt.KeyboardModifier.AltModifier
            case Qt.Key.Key_Control:
                modifiers &= ~Qt.KeyboardModifier.ControlModifier
            case _:
                return False
        self._settle(modifiers)
        return True

    def wants_key(self, event: QKeyEvent) -> bool:
        """Whether the key is meant for the canvas rather than for a shortcut of the window."""
        if self._changes_shape(event):
            return True
        if self._nudges(event):
            return True
        if event.key() == Qt.Key.Key_Escape:
            return self._drag is Drag.TOOL
        return event.key() in (Qt.Key.Key_Space, Qt.Key.Key_R) and event.modifiers() in (
            NO_MODIFIERS,
            Qt.KeyboardModifier.ShiftModifier,
        )

    def _changes_shape(self, event: QKeyEvent) -> bool:
        """Whether the key is one of the shape's that waits for more. Undo takes its last part back."""
        is_its = event.key() in _SHAPE_KEYS or event.matches(QKeySequence.StandardKey.Undo)
        return is_its and self._tools.has_open_shape

    def _nudges(self, event: QKeyEvent) -> bool:
        """Whether an arrow key pushes something: with Shift farther."""
        plain = event.modifiers() & ~(Qt.KeyboardModifier.KeypadModifier | Qt.KeyboardModifier.ShiftModifier)
        return (
            event.key() in _ARROWS
            and plain == NO_MODIFIERS
            and self._drag is Drag.NONE
            and self._tools.held.grip_at(self.hovering(self._last)) is not None
        )

    def hovering(self, view_pos: Point) -> PointerEvent:
        """The pointer as it is at a view position, with the keys that are held."""
        keys = self._modifiers
        return PointerEvent(
            self._view.viewport.to_canvas(view_pos),
            shift=bool(keys & Qt.KeyboardModifier.ShiftModifier),
            ctrl=bool(keys & Qt.KeyboardModifier.ControlModifier),
            alt=bool(keys & Qt.KeyboardModifier.AltModifier),
            view_scale=self._view.viewport.scale,
        )

    def _change_shape(self, key: int) -> None:
        """A shape that waits for more is closed, shortened or dropped."""
        self._pending.clear()
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._tools.confirm_shape()
        elif key == Qt.Key.Key_Escape:
            self._tools.drop_shape()
        else:
            self._tools.step_back_shape()

    def release_keys(self) -> None:
        """The keyboard is elsewhere: nothing is held any more."""
        self._space = self._turning = False
        self._settle(NO_MODIFIERS)

    # Gestures

    def cancel(self) -> None:
        """Drop the gesture of the tool; the pointer does nothing until it is released."""
        self._pending.clear()
        self._flush_timer.stop()
        if self._drag is Drag.TOOL:
            self._drag = Drag.DROPPED
            self._tools.cancel()

    def flush(self) -> None:
        """Hand the samples that wait to the tool."""
        self._flush_timer.stop()
        if self._pending:
            events, self._pending = self._pending, []
            self._tools.move(events)

    def _begin(
        self, button: Qt.MouseButton, pos: QPointF, modifiers: Qt.KeyboardModifier, sample: PointerEvent
    ) -> bool:
        shift = bool(modifiers & Qt.KeyboardModifier.ShiftModifier)
        if button is Qt.MouseButton.MiddleButton:
            drag = Drag.ROTATE if shift else Drag.PAN
        elif button is not Qt.MouseButton.LeftButton:
            return False
        elif self._turning:
            drag = Drag.ROTATE
        elif self.pans:
            drag = Drag.ROTATE if shift else Drag.PAN
        else:
            drag = Drag.TOOL
        self._drag, self._button, self._last = drag, button, point_of(pos)
        self._turned = self._view.rotation
        if drag is Drag.TOOL:
            self._tools.press(sample)
            self.hovered.emit(self._last)
        self.drag_changed.emit()
        return True

    def _move(self, position: QPointF, modifiers: Qt.KeyboardModifier, sample: PointerEvent) -> None:
        pos = point_of(position)
        match self._drag:
            case Drag.NONE:
                self._settle(modifiers)
            case Drag.TOOL:
                self._pending.append(sample)
                if not self._flush_timer.isActive():
                    self._flush_timer.start()
            case Drag.PAN:
                self._view.pan_by(pos.x - self._last.x, pos.y - self._last.y)
            case Drag.ROTATE:
                self._turn_to(pos, bool(modifiers & Qt.KeyboardModifier.ControlModifier))
            case Drag.DROPPED:
                return
        self._last = pos
        self.hovered.emit(pos)

    def _turn_to(self, pos: Point, stepwise: bool) -> None:
        middle = self._view.viewport.middle
        before = math.atan2(self._last.y - middle.y, self._last.x - middle.x)
        now = math.atan2(pos.y - middle.y, pos.x - middle.x)
        self._turned += (math.degrees(now - before) + 180.0) % 360.0 - 180.0
        wanted = round(self._turned / ROTATION_STEP) * ROTATION_STEP if stepwise else self._turned
        self._view.rotate_by(wanted - self._view.rotation)

    def _end(self, sample: PointerEvent, modifiers: Qt.KeyboardModifier) -> None:
        drag, self._drag = self._drag, Drag.NONE
        self._button = Qt.MouseButton.NoButton
        self._stylus = False
        if drag is Drag.TOOL:
            self.flush()
            self._tools.release(sample)
        if self._temporary in (ToolName.ERASER, ToolName.MASK_ERASER):
            self._pop()
        self._settle(modifiers)
        self.drag_changed.emit()

    # Tools for as long as a key is held

    def _settle(self, modifiers: Qt.KeyboardModifier) -> None:
        """Let the held keys choose the tool; a gesture under way keeps its own."""
        self._modifiers = modifiers
        if self._drag is not Drag.NONE:
            return
        wanted = self._wanted(modifiers)
        if wanted is self._temporary:
            return
        self._pop()
        if wanted is not None:
            self._push(wanted)

    def _wanted(self, modifiers: Qt.KeyboardModifier) -> ToolName | None:
        """Ctrl means something else to each kind of tool."""
        chosen = self._tools.chosen_tool.name
        if self._space:
            return ToolName.PAN
        if modifiers & _PICKING and chosen.takes_color:
            return ToolName.PICKER
        moves = chosen.selects and not self._tools.has_open_shape
        return ToolName.MOVE if modifiers & Qt.KeyboardModifier.ControlModifier and moves else None

    def _push(self, name: ToolName) -> None:
        self._pop()
        self._temporary = name
        self._tools.push_temporary(name)

    def _pop(self) -> None:
        # By its name: choosing another tool meanwhile has put it back already.
        name, self._temporary = self._temporary, None
        if name is not None:
            self._tools.pop_temporary(name)


def eraser_for(tool: ToolName) -> ToolName:
    """What the other end of the stylus does."""
    masks = tool in (ToolName.MASK_BRUSH, ToolName.MASK_ERASER)
    return ToolName.MASK_ERASER if masks else ToolName.ERASER
