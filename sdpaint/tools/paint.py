"""Brush and eraser, on the active layer or its mask, on the inpaint mask and on the quick mask."""

from __future__ import annotations

from collections.abc import Sequence

from sdpaint.imaging.geometry import Point
from sdpaint.imaging.tip_stroke import stroke_params
from sdpaint.tools.base import PointerEvent, ToolContext, ToolName, ToolRefused
from sdpaint.tools.layer_target import LayerTarget
from sdpaint.tools.mask_targets import LayerMaskTarget, MaskTarget, QuickMaskTarget
from sdpaint.tools.stroke_target import StrokeTarget
from sdpaint.tools.strokes import AnyStroke, StampCaches, new_stroke

_LABELS = {
    ToolName.BRUSH: "Brush stroke",
    ToolName.ERASER: "Erase",
    ToolName.MASK_BRUSH: "Paint mask",
    ToolName.MASK_ERASER: "Erase mask",
    ToolName.CLONE: "Clone",
}


class PaintTool:
    """A brush or an eraser; which one, `name` says. Shift at press draws a straight line from the last stroke's end."""

    def __init__(self, name: ToolName) -> None:
        self._name = name
        self._stamps = StampCaches()
        self._stroke: AnyStroke | None = None
        self._last_end: Point | None = None

    @property
    def name(self) -> ToolName:
        """Which of the four it is."""
        return self._name

    @property
    def is_painting(self) -> bool:
        """Whether a stroke is under way."""
        return self._stroke is not None

    def press(self, context: ToolContext, event: PointerEvent) -> None:
        """Begin a stroke; a dab lies there at once."""
        stroke = self._new_stroke(context, event)
        changed = stroke.begin(event, self._last_end if event.shift else None)
        self._stroke = stroke
        if changed:
            context.preview(stroke.document)

    def move(self, context: ToolContext, events: Sequence[PointerEvent]) -> None:
        """Paint on along the samples."""
        if self._stroke is not None:
            self._show(context, self._stroke, self._stroke.extend(events))

    def rest_interval_ms(self, context: ToolContext) -> float | None:
        """How often an airbrush lays a dab; None for other brushes."""
        return 1000 / context.brush.airbrush_hz if context.brush.airbrush_hz > 0.0 else None

    def rest(self, context: ToolContext) -> None:
        """The pointer rests: an airbrush goes on."""
        if self._stroke is not None:
            self._show(context, self._stroke, self._stroke.rest())

    def _show(self, context: ToolContext, stroke: AnyStroke, changed: bool) -> None:
        if changed or not stroke.is_shown:
            stroke.is_shown = True
            context.preview(stroke.document)

    def release(self, context: ToolContext, event: PointerEvent) -> None:
        """Reach the last sample and commit. A stroke that changed no pixel leaves no step."""
        stroke, self._stroke = self._stroke, None
        if stroke is None:
            return
        changed = stroke.finish(event)
        self._last_end = stroke.path.end
        if changed:
            on_quick_mask = isinstance(stroke.target, QuickMaskTarget)
            context.commit("Paint quick mask" if on_quick_mask else _LABELS[self._name], stroke.document)
        else:
            context.cancel()

    def cancel(self, context: ToolContext) -> None:
        """Drop the stroke."""
        self._stroke = None
        context.cancel()

    def rebase(self, context: ToolContext) -> bool:
        """Go on in the new document where what is painted on is the same there."""
        stroke = self._stroke
        if stroke is None or not stroke.target.rebased(context.document):
            return False
        stroke.is_shown = False
        return True

    def outline(self, context: ToolContext, pos: Point) -> float | None:
        """The brush's nominal radius."""
        return context.brush.size_px / 2

    def _new_stroke(self, context: ToolContext, event: PointerEvent) -> AnyStroke:
        target, color = self._target(context), context.foreground
        smudges = self._name is ToolName.BRUSH and isinstance(target, LayerTarget)
        return new_stroke(target, context.brush, context.paint_options, event, self._stamps, color, smudges)

    def _target(self, context: ToolContext) -> StrokeTarget:
        document, opacity = context.document, stroke_params(context.brush).opacity
        erase = self._name in (ToolName.ERASER, ToolName.MASK_ERASER)
        if self._name in (ToolName.MASK_BRUSH, ToolName.MASK_ERASER):
            if document.quick_mask is not None:
                raise ToolRefused("The quick mask hides the inpaint mask", "Press Q to turn it into a selection first")
            return MaskTarget(document, opacity, erase)
        if document.quick_mask is not None:
            return QuickMaskTarget(document, context.foreground, opacity, erase)
        if document.edits_mask:
            return LayerMaskTarget(document, context.foreground, opacity, erase)
        return LayerTarget(document, context.foreground, opacity, erase, context.brush.blend_mode)
