"""What tools are tried on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sdpaint.document.document import Document
from sdpaint.imaging.brush import BrushParams
from sdpaint.imaging.color import WHITE, Color
from sdpaint.imaging.geometry import Rect
from sdpaint.imaging.snapping import SnapTargets
from sdpaint.tools.base import Draft, ToolName
from sdpaint.tools.options import PaintOptions

HARD = BrushParams(size_px=20, hardness=1.0)


class Board:
    """A tool context that keeps what the tool did."""

    def __init__(self, document: Document, brush: BrushParams = HARD, color: Color = Color(200, 30, 40)) -> None:
        self.document = document
        self.foreground, self.background = color, WHITE
        self.brush = brush
        self.seen = document
        self.steps: list[str] = []
        self.paint_options = PaintOptions()
        self.draft: Draft | None = None
        self.snapping = SnapTargets()
        self.options: dict[type, Any] = {}

    def preview(self, document: Document) -> None:
        self.seen = document

    def commit(self, label: str, document: Document) -> None:
        self.steps.append(label)
        self.document = self.seen = document

    def compute(self, label: str, edit: Callable[[Document], Document]) -> None:
        after = edit(self.document)
        if after is not self.document:
            self.commit(label, after)
        self.draft = None

    @property
    def view_part(self) -> Rect:
        return self.document.bounds

    def options_of(self, kind):
        return self.options.get(kind) or kind()

    def put_options(self, options: object) -> None:
        self.options[type(options)] = options

    def amend(self, document: Document) -> None:
        self.document = self.seen = document

    def brush_of(self, name: ToolName) -> BrushParams:
        return self.brush

    def preview_later(self, edit: Callable[[Document], Document]) -> None:
        self.seen = edit(self.document)

    def show_draft(self, draft: Draft | None) -> None:
        self.draft = draft

    def cancel(self) -> None:
        self.seen = self.document

    def set_foreground(self, color: Color) -> None:
        self.foreground = color
