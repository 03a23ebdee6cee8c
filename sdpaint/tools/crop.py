"""Crop tool: a box on the canvas, or beyond it, that the canvas is cut or grown to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sdpaint.document.document import MAX_SIDE_PX, Document
from sdpaint.document.edits import with_all_tiles
from sdpaint.document.transforms import crop
from sdpaint.imaging.geometry import Point, Rect
from sdpaint.imaging.projection import Projection
from sdpaint.imaging.snapping import SNAP_VIEW_PX, snap, snap_box
from sdpaint.tools.base import Draft, PointerEvent, ToolContext, ToolName
from sdpaint.tools.handles import Box, Grip, Hold, is_inside, nearest_grip
from sdpaint.tools.placing_options import CropOptions, CropRatio
from sdpaint.tools.selection import CLICK_VIEW_PX, is_finite, within_reach


@dataclass(frozen=True, slots=True)
class _Drag:
    grip: Grip
    start: Point
    before: Rect


class CropTool:
    """Drag the box's handles (Shift keeps the ratio, Alt stays about the middle), inside to move, elsewhere to draw.

    Enter crops, Esc begins anew.
    """

    name = ToolName.CROP
    returns = False

    def __init__(self) -> None:
        self._rect: Rect | None = None
        self._canvas: Rect | None = None
        self._drag: _Drag | None = None
        self.ratio: float | None = None
        """Width ÷ height that the box keeps; None: any."""
        self._snapped: tuple[float | None, float | None] = (None, None)

    @property
    def rect(self) -> Rect | None:
        """The box, in canvas pixels; None while the tool isn't in hand."""
        return self._rect

    @property
    def is_open(self) -> bool:
        """Whether the box differs from the canvas."""
        return self._rect is not None and self._rect != self._canvas

    def take(self, context: ToolContext) -> None:
        """The box is what is selected; without a selection, the canvas."""
        document = context.document
        self._canvas = document.bounds
        selected = Rect(0, 0, 0, 0) if document.selection is None else document.selection.bounds()
        self._put(context, document.bounds if selected.is_empty else self._of_ratio(context, selected))

    def put_down(self, context: ToolContext) -> None:
        """Another tool was chosen: nothing is cut without being asked for."""
        self._rect = self._drag = None
        context.show_draft(None)

    def follow(self, context: ToolContext) -> None:
        """A canvas of another size: the box is that."""
        if self._rect is None or context.document.bounds != self._canvas:
            self._canvas = context.document.bounds
            self._drag = None
            self._put(context, context.document.bounds)
        else:
            self._show(context)

    def confirm(self, context: ToolContext) -> None:
        """One undo step."""
        rect = self._rect
        if rect is None or not self.is_open:
            return
        deletes = context.options_of(CropOptions).deletes
        self._drag = None
        context.compute("Crop", lambda document: cropped(document, rect, deletes))

    def cancel(self, context: ToolContext) -> None:
        """The box is the canvas again."""
        self._drag = None
        if self._rect is not None:
            self._put(context, context.document.bounds)

    def step_back(self, context: ToolContext) -> None:
        """The box is the canvas again."""
        self.cancel(context)

    def set_rect(self, context: ToolContext, rect: Rect) -> None:
        """The box put there: from the tool options."""
        if self._rect is not None and not rect.is_empty:
            self._put(context, _bounded(rect))

    def refresh(self, context: ToolContext) -> None:
        """Options have changed."""
        if self._rect is not None:
            self._put(context, self._of_ratio(context, self._rect))

    def nudge(self, context: ToolContext, dx: int, dy: int) -> bool:
        """The box elsewhere."""
        if self._rect is not None and self.is_open:
            self._put(context, self._rect.translated(dx, dy))
        return True

    # -- gestures

    def press(self, context: ToolContext, event: PointerEvent) -> None:
        """Take hold, or begin a new box."""
        if self._rect is None:
            self.take(context)
        if self._rect is not None and is_finite(event.pos):
            self._drag = _Drag(self.grip(context, event), within_reach(event.pos), self._rect)

    def move(self, context: ToolContext, events: Sequence[PointerEvent]) -> None:
        """The newest sample counts."""
        drag = self._drag
        if drag is None or not events or not is_finite(events[-1].pos):
            return
        event = events[-1]
        self._snapped = (None, None)
        if drag.grip.hold is Hold.DRAW and (event.pos - drag.start).length * event.view_scale < CLICK_VIEW_PX:
            self._put(context, drag.before)
            return
        self._put(context, self._dragged(context, drag, event))

    def release(self, context: ToolContext, event: PointerEvent) -> None:
        """The box stays there."""
        self.move(context, [event])
        self._drag = None
        self._snapped = (None, None)
        self._show(context)

    def rebase(self, context: ToolContext) -> bool:
        """The box goes on over any document of the same size."""
        return context.document.bounds == self._canvas

    def outline(self, context: ToolContext, pos: Point) -> float | None:
        """An ordinary cursor."""
        return None

    def grip(self, context: ToolContext, event: PointerEvent) -> Grip:
        """Handles; inside to move, unless the box is the whole canvas; elsewhere a new one is drawn."""
        if self._drag is not None:
            return self._drag.grip
        if self._rect is None:
            return Grip(Hold.DRAW)
        corners = Projection().corners(self._rect)
        toward = nearest_grip(corners, event.pos, event.view_scale)
        if toward is not None:
            return Grip(Hold.RESIZE, toward, Point(*map(float, toward)))
        return Grip(Hold.MOVE if self.is_open and is_inside(corners, event.pos) else Hold.DRAW)

    def _dragged(self, context: ToolContext, drag: _Drag, event: PointerEvent) -> Rect:
        pos, reach = within_reach(event.pos), SNAP_VIEW_PX / event.view_scale
        if drag.grip.hold is Hold.MOVE:
            by = pos - drag.start
            x, y = drag.before.x + by.x, drag.before.y + by.y
            pushed = snap_box(
                [x, x + drag.before.width / 2, x + drag.before.width],
                [y, y + drag.before.height / 2, y + drag.before.height],
                context.snapping,
                reach,
            )
            self._snapped = pushed.lines
            return replace(drag.before, x=round(x + pushed.point.x), y=round(y + pushed.point.y))
        if drag.grip.hold is Hold.DRAW:
            start = snap(drag.start, context.snapping, reach).point
            before, toward = Rect(round(start.x), round(start.y), 0, 0), (1, 1)
            end = pos
        else:
            before, toward = drag.before, drag.grip.toward
            by = pos - drag.start
            end = Point(
                (before.right if toward[0] > 0 else before.left) + by.x,
                (before.bottom if toward[1] > 0 else before.top) + by.y,
            )
        snapped = snap(end, context.snapping, reach)
        self._snapped = (snapped.x if toward[0] else None, snapped.y if toward[1] else None)
        ratio = self._ratio(context)
        if ratio is None and event.shift:
            ratio = 1.0 if before.is_empty else before.width / before.height
        return _bounded(_resized(before, toward, snapped.point, ratio, event.alt))

    # -- what is seen

    def _ratio(self, context: ToolContext) -> float | None:
        """Width ÷ height that is kept; None: any."""
        options = context.options_of(CropOptions)
        if options.ratio is CropRatio.FREE:
            return None
        size = context.document.size
        width, height = options.ratio.numbers or (size.width, size.height)
        return height / width if options.upright else width / height

    def _of_ratio(self, context: ToolContext, rect: Rect) -> Rect:
        """The largest box of the ratio that is kept, within this one and around its middle."""
        ratio = self._ratio(context)
        if ratio is None:
            return rect
        width, height = min(rect.width, rect.height * ratio), min(rect.height, rect.width / ratio)
        x, y = rect.x + (rect.width - width) / 2, rect.y + (rect.height - height) / 2
        return Rect(round(x), round(y), max(1, round(width)), max(1, round(height)))

    def _put(self, context: ToolContext, rect: Rect) -> None:
        self._rect = rect
        self._show(context)

    def _show(self, context: ToolContext) -> None:
        rect, self.ratio = self._rect, self._ratio(context)
        if rect is None:
            return
        box = Box(
            Projection().corners(rect),
            dims=True,
            thirds=context.options_of(CropOptions).thirds,
            label=f"{rect.width} × {rect.height}" if self._drag is not None else "",
            snapped=self._snapped,
        )
        context.show_draft(Draft(box=box))


def cropped(document: Document, rect: Rect, deletes: bool = False) -> Document:
    """The canvas as large as `rect` and there; `deletes`: layers keep nothing that falls outside."""
    after = crop(document, rect)
    if not deletes or after is document:
        return after
    layers = with_all_tiles(after.layers, lambda tiles: tiles.cropped(after.bounds))
    mask = replace(after.mask, tiles=after.mask.tiles.cropped(after.bounds))
    return replace(after, layers=layers, mask=mask)


def _resized(before: Rect, toward: tuple[int, int], end: Point, ratio: float | None, centered: bool) -> Rect:
    """The box with an edge or corner brought to `end`; the opposite one stays, or the middle."""
    center = before.center
    left, right = float(before.left), float(before.right)
    top, bottom = float(before.top), float(before.bottom)
    if toward[0]:
        fixed = center.x if centered else (left if toward[0] > 0 else right)
        left, right = (2 * fixed - end.x if centered else fixed), end.x
    if toward[1]:
        fixed = center.y if centered else (top if toward[1] > 0 else bottom)
        top, bottom = (2 * fixed - end.y if centered else fixed), end.y
    if ratio is not None:
        left, right, top, bottom = _with_ratio((left, right, top, bottom), toward, ratio, centered, center)
    xs, ys = sorted((round(left), round(right))), sorted((round(top), round(bottom)))
    return Rect(xs[0], ys[0], max(1, xs[1] - xs[0]), max(1, ys[1] - ys[0]))


def _with_ratio(
    edges: tuple[float, float, float, float],
    toward: tuple[int, int],
    ratio: float,
    centered: bool,
    center: Point,
) -> tuple[float, float, float, float]:
    """`edges` are left, right, top, bottom; the second of each pair is the one that is dragged, where one is."""
    left, right, top, bottom = edges
    width, height = right - left, bottom - top
    if toward[0] == 0:
        half = abs(height) * ratio / 2
        return center.x - half, center.x + half, top, bottom
    if toward[1] == 0:
        half = abs(width) / ratio / 2
        return left, right, center.y - half, center.y + half
    wide = max(abs(width), abs(height) * ratio)
    dx = wide if width >= 0 else -wide
    dy = wide / ratio if height >= 0 else -wide / ratio
    if centered:
        return center.x - dx / 2, center.x + dx / 2, center.y - dy / 2, center.y + dy / 2
    return left, left + dx, top, top + dy


def _bounded(rect: Rect) -> Rect:
    return Rect(rect.x, rect.y, min(rect.width, MAX_SIDE_PX), min(rect.height, MAX_SIDE_PX))
