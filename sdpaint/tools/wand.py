"""Magic wand: selects what is of one colour."""

from __future__ import annotations

import math
from collections.abc import Sequence

from sdpaint.document.document import Document
from sdpaint.document.render import flatten
from sdpaint.document.selection_edits import pixels_of
from sdpaint.imaging import selection as shapes
from sdpaint.imaging.geometry import Point
from sdpaint.imaging.tiles import TileMap
from sdpaint.tools.base import PointerEvent, ToolContext, ToolName
from sdpaint.tools.options import SelectionOptions
from sdpaint.tools.selection import LABELS, deselect_by_click, mode_for, selecting


class WandTool:
    """Selects what is of the colour that was clicked on."""

    name = ToolName.SELECT_ALIKE

    def press(self, context: ToolContext, event: PointerEvent) -> None:
        """Select; a click beside the canvas takes the selection away."""
        options = context.options_of(SelectionOptions)
        mode = mode_for(event, options)
        document = context.document
        if not document.bounds.contains_point(event.pos):
            deselect_by_click(context, mode)
            return
        x, y, layer_id = math.floor(event.pos.x), math.floor(event.pos.y), document.active

        def shape(document: Document) -> TileMap:
            if options.sample_all_layers:
                pixels = flatten(document, document.bounds, document.depth)
            else:
                pixels = pixels_of(document, layer_id).read(document.bounds)
            return shapes.coverage_map(shapes.alike(pixels, x, y, options.likeness))

        context.compute(LABELS[self.name], selecting(shape, mode, options))

    def move(self, context: ToolContext, events: Sequence[PointerEvent]) -> None:
        """Nothing more happens."""

    def release(self, context: ToolContext, event: PointerEvent) -> None:
        """Nothing more happens."""

    def cancel(self, context: ToolContext) -> None:
        """What was asked for at press comes all the same; it can be undone."""

    def rebase(self, context: ToolContext) -> bool:
        """There's nothing to go on with."""
        return True

    def outline(self, context: ToolContext, pos: Point) -> float | None:
        """An ordinary cursor."""
        return None
