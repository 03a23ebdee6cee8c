"""Transform tool: scales, turns, skews and distorts the active layer, or what is selected of it.

It opens with the tool and lasts until Enter or Esc. All gestures change one `Placement`, which the tool options show
in numbers too; the pixels follow from the originals, so that nothing is resampled twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sdpaint.document.layers import LayerId
from sdpaint.imaging.geometry import Point
from sdpaint.imaging.placement import Placement
from sdpaint.imaging.snapping import SNAP_VIEW_PX, snap, snap_box
from sdpaint.tools.base import Draft, PointerEvent, ToolContext, ToolName
from sdpaint.tools.floating import Float
from sdpaint.tools.handles import HANDLE_VIEW_PX, Box, Grip, Hold, is_inside, nearest_grip
from sdpaint.tools.move import movable_layers
from sdpaint.tools.placing_options import TransformOptions
from sdpaint.tools.selection import is_finite, within_reach

LABEL = "Transform"


@dataclass(frozen=True, slots=True)
class _Drag:
    grip: Grip
    start: Point
    offset: Point
    before: Placement


class TransformTool:
    """Drag inside to move, handles to scale (Shift keeps the ratio, Alt stays about the pivot), outside to turn.

    With Ctrl, sides skew and corners go alone. The pivot can be dragged.
    """

    name = ToolName.TRANSFORM
    returns = True

    def __init__(self) -> None:
        self._float: Float | None = None
        self._layer_ids: tuple[LayerId, ...] = ()
        self._placement: Placement | None = None
        self._steps: list[Placement] = []
        self._drag: _Drag | None = None
        self._snapped: tuple[float | None, float | None] = (None, None)

    # -- what is open

    @property
    def is_open(self) -> bool:
        """Whether something is off its layer."""
        return self._float is not None

    @property
    def placement(self) -> Placement | None:
        """Where it is; None as long as it isn't off its layer."""
        return self._placement

    def take(self, context: ToolContext) -> None:
        """Lift what is to be transformed. Raises ToolRefused where there is nothing."""
        self._open(context, movable_layers(context.document))

    def put_down(self, context: ToolContext) -> None:
        """Another tool was chosen: this stays as it is."""
        self.confirm(context)

    def confirm(self, context: ToolContext) -> None:
        """One undo step, or none where nothing was changed."""
        floating, placement = self._float, self._placement
        if floating is None:
            return
        interpolation = context.options_of(TransformOptions).interpolation
        self._close()
        if placement is None or placement.is_identity:
            floating.drop()
            context.show_draft(None)
            return
        if floating.made(placement.projection, interpolation) is None:
            # The rough picture stays until the exact one is there.
            context.show_draft(Draft(box=_box(placement, (None, None), floating)))
        floating.commit(LABEL, placement.projection, interpolation)

    def cancel(self, context: ToolContext) -> None:
        """Everything back where it was."""
        floating = self._float
        self._close()
        if floating is not None:
            floating.drop()
        context.show_draft(None)

    def step_back(self, context: ToolContext) -> None:
        """The last gesture taken back."""
        if self._steps:
            self._put(context, self._steps.pop())

    def follow(self, context: ToolContext) -> None:
        """Goes on with the same placement in the new document; closes where its layer is gone or undo dropped it."""
        floating, placement, layer_ids = self._float, self._placement, self._layer_ids
        if floating is None:
            return
        if context.document is floating.base or not all(map(context.document.has_layer, layer_ids)):
            self.cancel(context)
            return
        steps = self._steps
        floating.drop()
        self._open(context, layer_ids, placement)
        self._steps = steps

    def _open(
        self, context: ToolContext, layer_ids: tuple[LayerId, ...], placement: Placement | None = None
    ) -> None:
        self._layer_ids = layer_ids
        self._steps = []
        floating: Float | None = None

        def ready() -> None:
            if floating is not None and self._float is floating:
                bounds = floating.bounds
                if bounds.is_empty:
                    self.cancel(context)
                    context.say("Nothing there can be transformed: choose another layer, or deselect")
                    return
                keep = placement is not None and placement.box == bounds
                self._placement = placement if keep else Placement.of(bounds)
                self._show(context)

        self._float = floating = Float(context, layer_ids, ready)

    def _close(self) -> None:
        self._float = self._placement = self._drag = None
        self._layer_ids = ()
        self._steps = []

    # -- numbers and buttons

    def set_placement(self, context: ToolContext, placement: Placement) -> None:
        """Put it there: from the tool options."""
        if self._placement is not None and placement != self._placement:
            self._steps.append(self._placement)
            self._put(context, placement)

    def reset(self, context: ToolContext) -> None:
        """As it was lifted."""
        if self._placement is not None:
            self.set_placement(context, Placement.of(self._placement.box))

    def refresh(self, context: ToolContext) -> None:
        """Options have changed."""
        if self._placement is not None:
            self._show(context)

    def nudge(self, context: ToolContext, dx: int, dy: int) -> bool:
        """Move by so many pixels."""
        if self._placement is not None:
            self.set_placement(context, self._placement.moved(Point(dx, dy)))
        return True

    # -- gestures

    def press(self, context: ToolContext, event: PointerEvent) -> None:
        """Take hold. Where nothing is off, lift it first. Raises ToolRefused where there is nothing."""
        if self._float is None:
            self.take(context)
        placement = self._placement
        if placement is None or not is_finite(event.pos):
            return
        grip, pos = self.grip(context, event), within_reach(event.pos)
        held = placement.at if grip.hold is Hold.PIVOT else placement.grip_place(grip.toward)
        self._drag = _Drag(grip, pos, held - pos, placement)

    def move(self, context: ToolContext, events: Sequence[PointerEvent]) -> None:
        """The newest sample counts."""
        if self._drag is not None and events and is_finite(events[-1].pos):
            self._snapped = (None, None)
            self._put(context, self._dragged(context, self._drag, events[-1]))

    def release(self, context: ToolContext, event: PointerEvent) -> None:
        """It stays there, and is shown exactly."""
        self.move(context, [event])
        drag, self._drag = self._drag, None
        self._snapped = (None, None)
        if drag is not None and self._placement is not None:
            if self._placement != drag.before:
                self._steps.append(drag.before)
            self._show(context)

    def rebase(self, context: ToolContext) -> bool:
        """The gesture ends; what is off goes on in the new document."""
        return False

    def outline(self, context: ToolContext, pos: Point) -> float | None:
        """An ordinary cursor."""
        return None

    def grip(self, context: ToolContext, event: PointerEvent) -> Grip:
        """Pivot, handles, inside, and around it where it is turned."""
        placement, drag = self._placement, self._drag
        if drag is not None:
            return drag.grip
        if placement is None:
            return Grip(Hold.NONE)
        corners, pos = placement.corners, event.pos
        if (placement.at - pos).length * event.view_scale <= HANDLE_VIEW_PX and not event.ctrl:
            return Grip(Hold.PIVOT)
        toward = nearest_grip(corners, pos, event.view_scale)
        if toward is None:
            return Grip(Hold.MOVE) if is_inside(corners, pos) else Grip(Hold.TURN)
        along = placement.grip_place(toward) - placement.grip_place((-toward[0], -toward[1]))
        if not event.ctrl:
            return Grip(Hold.RESIZE, toward, along)
        if 0 in toward:
            return Grip(Hold.SKEW, toward, Point(-along.y, along.x))
        return Grip(Hold.PULL, toward, along)

    def _dragged(self, context: ToolContext, drag: _Drag, event: PointerEvent) -> Placement:
        before, grip, pos = drag.before, drag.grip, within_reach(event.pos)
        by, target = pos - drag.start, pos + drag.offset
        match grip.hold:
            case Hold.MOVE:
                return self._moved(context, before, by, event)
            case Hold.TURN:
                return before.turned(drag.start, pos, stepwise=event.shift)
            case Hold.PIVOT:
                return before.with_pivot(self._snap(context, target, event))
            case Hold.SKEW:
                return before.skewed(grip.toward, by, about_pivot=event.alt)
            case Hold.PULL:
                return before.pulled(grip.toward, self._snap(context, target, event))
        keeps = context.options_of(TransformOptions).keeps_ratio is not event.shift
        if not keeps and before.angle % 90.0 == 0.0:
            target = self._snap(context, target, event)
        return before.scaled(grip.toward, target, keep_ratio=keeps, about_pivot=event.alt)

    def _snap(self, context: ToolContext, pos: Point, event: PointerEvent) -> Point:
        snapped = snap(pos, context.snapping, SNAP_VIEW_PX / event.view_scale)
        self._snapped = snapped.lines
        return snapped.point

    def _moved(self, context: ToolContext, before: Placement, by: Point, event: PointerEvent) -> Placement:
        if event.shift:
            by = Point(by.x, 0.0) if abs(by.x) >= abs(by.y) else Point(0.0, by.y)
        # By whole pixels: what is only moved stays as sharp as it is.
        moved = before.moved(Point(round(by.x), round(by.y)))
        if context.snapping.is_empty:
            return moved
        xs, ys = sorted(p.x for p in moved.corners), sorted(p.y for p in moved.corners)
        pushed = snap_box(
            [xs[0], (xs[0] + xs[-1]) / 2, xs[-1]],
            [ys[0], (ys[0] + ys[-1]) / 2, ys[-1]],
            context.snapping,
            SNAP_VIEW_PX / event.view_scale,
        )
        self._snapped = pushed.lines
        return moved.moved(pushed.point)

    # -- what is seen

    def _put(self, context: ToolContext, placement: Placement) -> None:
        self._placement = placement
        self._show(context)

    def _show(self, context: ToolContext) -> None:
        floating, placement = self._float, self._placement
        if floating is None or placement is None:
            return
        projection, interpolation = placement.projection, context.options_of(TransformOptions).interpolation
        heavy = self._drag is not None and not floating.is_light(projection)
        if heavy:
            floating.show_rest()
        else:
            floating.show(projection, interpolation)
        context.show_draft(Draft(box=_box(placement, self._snapped, floating if heavy else None)))


def _box(placement: Placement, snapped: tuple[float | None, float | None], shown: Float | None) -> Box:
    return Box(
        placement.corners,
        pivot=placement.at,
        snapped=snapped,
        floating=None if shown is None else shown.picture(placement.projection),
    )
