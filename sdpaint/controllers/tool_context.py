# ruff: noqa: D102 -- ToolContext says what each of them is
"""What a tool sees of the tool controller."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from sdpaint.controllers.document_controller import DocumentController
from sdpaint.document.document import Document
from sdpaint.document.edits import set_active
from sdpaint.document.guide_edits import snap_targets
from sdpaint.document.layers import LayerId
from sdpaint.imaging.brush import BrushParams
from sdpaint.imaging.color import Color
from sdpaint.imaging.geometry import Rect
from sdpaint.imaging.snapping import SnapTargets
from sdpaint.tools.base import AnyOptions, Draft, ToolName
from sdpaint.tools.options import PaintOptions
from sdpaint.tools.placing_options import SnapOptions

if TYPE_CHECKING:
    from sdpaint.controllers.tool_controller import ToolController


class ControllerContext:
    """The ToolContext of one of the controller's tools."""

    def __init__(self, controller: ToolController, documents: DocumentController, name: ToolName) -> None:
        self._controller = controller
        self._documents = documents
        self._edits = controller.edits
        self._name = name

    @property
    def document(self) -> Document:
        return self._documents.committed

    @property
    def foreground(self) -> Color:
        return self._controller.foreground

    @property
    def background(self) -> Color:
        return self._controller.background

    @property
    def brush(self) -> BrushParams:
        return self._controller.brushes.get(self._name, self._controller.brush)

    @property
    def paint_options(self) -> PaintOptions:
        return self._controller.paint_options

    @property
    def view_part(self) -> Rect:
        controller = self._controller
        return self.document.bounds if controller.visible_part is None else controller.visible_part()

    def options_of(self, kind: type[AnyOptions]) -> AnyOptions:
        return self._controller.settings.get(kind)

    def put_options(self, options: object) -> None:
        self._controller.settings.put(options)

    def amend(self, document: Document) -> None:
        self._edits.amend(document)

    def brush_of(self, name: ToolName) -> BrushParams:
        return self._controller.brushes[name]

    def preview_later(self, edit: Callable[[Document], Document]) -> None:
        self._edits.preview_later(edit)

    @property
    def snapping(self) -> SnapTargets:
        options = self.options_of(SnapOptions)
        if not options.enabled:
            return SnapTargets()
        return snap_targets(self.document, options.guides, options.grid, options.canvas)

    def compute(self, label: str, edit: Callable[[Document], Document], merge_key: str = "") -> None:
        self._edits.compute(label, edit, merge_key)

    def in_background(self, work: Callable[[], AnyOptions], done: Callable[[AnyOptions], None]) -> None:
        self._edits.in_background(work, done)

    def activate(self, layer_id: LayerId) -> None:
        self._documents.amend(set_active(self.document, layer_id))

    def say(self, sentence: str) -> None:
        self._controller.tool_message.emit(sentence)

    def show_draft(self, draft: Draft | None) -> None:
        self._edits.show_draft(draft)

    def preview(self, document: Document) -> None:
        self._edits.preview(document)

    def commit(self, label: str, document: Document) -> None:
        self._edits.commit(label, document)

    def cancel(self) -> None:
        self._edits.cancel()

    def set_foreground(self, color: Color) -> None:
        self._controller.set_foreground(color)
