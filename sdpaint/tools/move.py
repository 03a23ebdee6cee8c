"""Move tool: the active layer, or what is selected of it, dragged or pushed by the arrow keys."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from sdpaint.document import tree
from sdpaint.document.document import Document
from sdpaint.document.edits import insert_layer
from sdpaint.document.guide_edits import guide_at, move_guide, remove_guide, snap_targets
from sdpaint.document.guides import Guide, GuideKind
from sdpaint.document.layers import Adjustment, Fill, Layer, LayerId, Text
from sdpaint.document.placing import has_movable_pixels, lift, moves_mask, moves_pixels, parts_of, place
from sdpaint.document.selection_edits import touches_selection
from sdpaint.imaging.geometry import Point, Rect
from sdpaint.imaging.projection import Projection
from sdpaint.imaging.snapping import SNAP_VIEW_PX, snap, snap_box
from sdpaint.imaging.warp import Interpolation
from sdpaint.tools.base import Draft, PointerEvent, ToolContext, ToolName, ToolRefused
from sdpaint.tools.floating import Float
from sdpaint.tools.handles import Box, Grip, Hold
from sdpaint.tools.placing_options import MoveOptions, SnapOptions
from sdpaint.tools.selection import CLICK_VIEW_PX, is_finite, within_reach

GUIDE_REACH_VIEW_PX = 5.0
"""How near to a guide, in view pixels, the pointer takes hold of it."""


@dataclass(slots=True, eq=False)
class _Drag:
    start: Point
    layer_ids: tuple[LayerId, ...]
    duplicates: bool
    event: PointerEvent
    floating: Float | None = None
    by: tuple[int, int] = (0, 0)
    snapped: tuple[float | None, float | None] = (None, None)


@dataclass(slots=True, eq=False)
class _GuideDrag:
    """A guide that was taken hold of."""

    guide: Guide
    base: Document


class MoveTool:
    """Drags; Shift keeps to a level or upright way, Alt leaves the original and moves a copy.

    Where something is selected, those pixels are lifted off the active layer, as softly as they are selected. Guides
    can be dragged too; let go outside the view, they are gone.
    """

    name = ToolName.MOVE
    returns = False
    is_open = False

    def __init__(self) -> None:
        self._drag: _Drag | None = None
        self._guide: _GuideDrag | None = None
        self._ended: _Drag | None = None
        """Let go before it was off its layer; where it snaps to, its outline must tell."""

    def take(self, context: ToolContext) -> None:
        """Nothing is shown before a drag."""

    def put_down(self, context: ToolContext) -> None:
        """What was let go goes there."""
        self._finish(context)

    def follow(self, context: ToolContext) -> None:
        """What was let go goes there, in the new document."""
        self._finish(context)

    def refresh(self, context: ToolContext) -> None:
        """They count from the next press on."""

    def confirm(self, context: ToolContext) -> None:
        """Nothing is left open."""

    def step_back(self, context: ToolContext) -> None:
        """Nothing is left open."""

    def press(self, context: ToolContext, event: PointerEvent) -> None:
        """Take hold of a layer. Raises ToolRefused where there is nothing to move."""
        if not is_finite(event.pos):
            return
        self._finish(context)
        document = context.document
        guide = _guide_under(context, event)
        if guide is not None:
            self._guide = _GuideDrag(guide, document)
            return
        if context.options_of(MoveOptions).auto_select and document.selection is None:
            found = layer_at(document, event.pos)
            if found is not None and found != document.active:
                context.activate(found)
                document = context.document
        self._drag = _Drag(within_reach(event.pos), movable_layers(document), event.alt, event)

    def move(self, context: ToolContext, events: Sequence[PointerEvent]) -> None:
        """Show it where the pointer takes it."""
        if self._guide is not None and events:
            context.preview(_with_guide_at(context, self._guide, events[-1]))
        drag = self._drag
        if drag is None or not events or not is_finite(events[-1].pos):
            return
        drag.event = events[-1]
        if drag.floating is None:
            if (drag.event.pos - drag.start).length * drag.event.view_scale < CLICK_VIEW_PX:
                return
            drag.floating = self._lift(context, drag)
        self._show(context, drag)

    def release(self, context: ToolContext, event: PointerEvent) -> None:
        """Let it go there: one undo step."""
        guided, self._guide = self._guide, None
        if guided is not None:
            after = _with_guide_at(context, guided, event)
            if after is context.document:
                context.cancel()
            else:
                gone = len(after.guides) < len(guided.base.guides)
                context.commit("Remove guide" if gone else "Move guide", after)
            return
        self.move(context, [event])
        drag, self._drag = self._drag, None
        if drag is None or drag.floating is None:
            return
        self._ended = drag
        if drag.floating.is_ready or context.snapping.is_empty:
            self._finish(context)

    def _finish(self, context: ToolContext) -> None:
        drag, self._ended = self._ended, None
        if drag is None or drag.floating is None:
            return
        if drag.by == (0, 0):
            drag.floating.drop()
            context.show_draft(None)
            return
        label = "Duplicate and move" if drag.duplicates else "Move"
        drag.floating.commit(label, Projection.shift(*drag.by), Interpolation.NEAREST)

    def cancel(self, context: ToolContext) -> None:
        """It goes back."""
        drag, self._drag, self._ended, self._guide = self._drag, None, None, None
        if drag is not None and drag.floating is not None:
            drag.floating.drop()
        context.show_draft(None)
        context.cancel()

    def rebase(self, context: ToolContext) -> bool:
        """What was lifted belongs to the document before."""
        drag = self._drag
        if self._guide is not None:
            self._guide.base = context.document
            return self._guide.guide in context.document.guides
        return drag is not None and drag.floating is None and all(map(context.document.has_layer, drag.layer_ids))

    def outline(self, context: ToolContext, pos: Point) -> float | None:
        """An ordinary cursor."""
        return None

    def grip(self, context: ToolContext, event: PointerEvent) -> Grip:
        """Everything can be taken hold of everywhere; a guide under the pointer goes first."""
        guide = _guide_under(context, event) if self._guide is None else self._guide.guide
        if guide is None or self._drag is not None:
            return Grip(Hold.MOVE)
        return Grip(Hold.RESIZE, along=Point(1.0, 0.0) if guide.kind is GuideKind.UPRIGHT else Point(0.0, 1.0))

    def nudge(self, context: ToolContext, dx: int, dy: int) -> bool:
        """By so many pixels. Pushes in a row are one undo step."""
        self._finish(context)
        layer_ids = movable_layers(context.document)

        def edit(document: Document) -> Document:
            return place(lift(document, layer_ids), Projection.shift(dx, dy), Interpolation.NEAREST)

        context.compute("Move", edit, merge_key=f"nudge {' '.join(layer_ids)}")
        return True

    def _lift(self, context: ToolContext, drag: _Drag) -> Float:
        def ready() -> None:
            if drag in (self._drag, self._ended):
                self._show(context, drag)
            if drag is self._ended:
                self._finish(context)

        document = context.document
        if not drag.duplicates or document.selection is not None:
            return Float(context, drag.layer_ids, ready, leaves_copy=drag.duplicates)
        twins = [(layer.id, _twin(layer)) for layer in tree.topmost(document.layers, drag.layer_ids)]

        def with_copies(document: Document) -> Document:
            for source, twin in twins:
                parent = document.parent_of(source)
                index = document.index_of(source) + 1
                document = insert_layer(document, twin, index, None if parent is None else parent.id)
            return document

        return Float(context, [twin.id for _source, twin in twins], ready, with_copies)

    def _show(self, context: ToolContext, drag: _Drag) -> None:
        floating = drag.floating
        if floating is None:
            return
        drag.by, drag.snapped = _way(context, drag, floating.bounds)
        projection = Projection.shift(*drag.by)
        floating.show(projection, Interpolation.NEAREST)
        around = floating.bounds
        if around.is_empty:
            return
        dx, dy = drag.by
        box = Box(
            projection.corners(around), has_handles=False, label=f"{dx:+d}, {dy:+d} px", snapped=drag.snapped
        )
        pushed = drag.by if context.document.selection is not None else (0, 0)
        context.show_draft(Draft(pushed_by=pushed, box=box))


def _way(
    context: ToolContext, drag: _Drag, around: Rect
) -> tuple[tuple[int, int], tuple[float | None, float | None]]:
    """How far to move, in whole pixels, and the lines that edges or middle lie on then."""
    by = within_reach(drag.event.pos) - drag.start
    if drag.event.shift:
        by = Point(by.x, 0.0) if abs(by.x) >= abs(by.y) else Point(0.0, by.y)
    if around.is_empty or context.snapping.is_empty:
        return (round(by.x), round(by.y)), (None, None)
    center = around.center
    pushed = snap_box(
        [around.left + by.x, center.x + by.x, around.right + by.x],
        [around.top + by.y, center.y + by.y, around.bottom + by.y],
        context.snapping,
        SNAP_VIEW_PX / drag.event.view_scale,
    )
    by = by + Point(
        0.0 if drag.event.shift and by.x == 0.0 else pushed.point.x,
        0.0 if drag.event.shift and by.y == 0.0 else pushed.point.y,
    )
    return (round(by.x), round(by.y)), pushed.lines


def _guide_under(context: ToolContext, event: PointerEvent) -> Guide | None:
    if not context.options_of(SnapOptions).guides or not context.document.guides:
        return None
    return guide_at(context.document, event.pos, GUIDE_REACH_VIEW_PX / event.view_scale)


def _with_guide_at(context: ToolContext, drag: _GuideDrag, event: PointerEvent) -> Document:
    """The document with the guide under the pointer, or on a line that is near; without it outside the view."""
    document, pos = context.document, event.pos
    if not is_finite(pos) or drag.guide not in document.guides:
        return document
    if not context.view_part.contains_point(pos):
        return remove_guide(document, drag.guide)
    options = context.options_of(SnapOptions)
    if options.enabled:
        targets = snap_targets(document, False, options.grid, options.canvas)
        pos = snap(pos, targets, SNAP_VIEW_PX / event.view_scale).point
    return move_guide(document, drag.guide, round(pos.x if drag.guide.kind is GuideKind.UPRIGHT else pos.y))


def _twin(layer: Layer) -> Layer:
    return replace(tree.with_fresh_ids(layer), name=f"{layer.name} copy")


def layer_at(document: Document, pos: Point) -> LayerId | None:
    """The topmost layer that is shown and has something at a canvas position; None where none has."""
    pixel = Rect(math.floor(pos.x), math.floor(pos.y), 1, 1)
    for layer in reversed(list(document.walk())):
        if has_movable_pixels(document, layer) and layer.tiles.read(pixel)[0, 0, 3] > 0 and document.is_shown(layer.id):
            return layer.id
    return None


def movable_layers(document: Document) -> tuple[LayerId, ...]:
    """The chosen layers; where pixels are selected, the active one. Raises ToolRefused where nothing can be moved."""
    chosen = document.selected_layers if document.selection is None else (document.active_layer,)
    ids = tuple(layer.id for layer in chosen)
    parts = list(parts_of(document, ids))
    for layer in parts:
        if layer.locked or layer.position_locked:
            raise ToolRefused(f"{layer.name} is locked", hint="Unlock it in the layers panel")
    if not any(_has_something(document, layer) for layer in parts):
        layer, name = document.active_layer, document.active_layer.name
        if layer.content is not None and not layer.is_group:
            raise ToolRefused(*_why_not(layer))
        if document.selection is not None:
            raise ToolRefused(f"Nothing of {name} is selected", hint="Choose another layer, or deselect")
        raise ToolRefused(f"{name} is empty", hint="Choose a layer with something on it")
    return ids


def _why_not(layer: Layer) -> tuple[str, str]:
    """Why a layer that isn't made of pixels has nothing to move."""
    match layer.content:
        case Text():
            return f"{layer.name} is text, and moves as a whole", "Deselect, or make it pixels with Layer → Rasterise"
        case Fill():
            return f"{layer.name} fills the whole canvas: there is nothing to move", "Work on its mask to move that"
        case Adjustment():
            return f"{layer.name} adjusts all that is below: there is nothing to move", "Work on its mask to move that"
    return f"{layer.name} isn't made of pixels yet", "Rasterise it to move parts of it"


def _has_something(document: Document, layer: Layer) -> bool:
    if moves_pixels(document, layer) and touches_selection(document, layer.id):
        return True
    return layer.mask is not None and moves_mask(document, layer) and not layer.mask.tiles.is_empty
