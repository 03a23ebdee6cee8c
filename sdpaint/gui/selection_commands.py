"""SelectionCommands: what menus, buttons and keys do to the selection, and to pixels through it."""

from __future__ import annotations

from collections.abc import Callable
from weakref import WeakKeyDictionary

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from sdpaint.controllers.background_edits import BackgroundEdits
from sdpaint.controllers.document_controller import DocumentController
from sdpaint.controllers.open_document import OpenDocument
from sdpaint.controllers.tool_controller import ToolController
from sdpaint.document import selection_edits as edits
from sdpaint.document.document import Document
from sdpaint.document.layers import LayerId
from sdpaint.document.quick_mask import fill_quick_mask, masking_value
from sdpaint.gui.messages import Messages
from sdpaint.imaging.color import Color
from sdpaint.imaging.selection import SelectionChange, SelectionMode, rectangle
from sdpaint.imaging.tiles import TileMap
from sdpaint.tools.base import ToolRefused
from sdpaint.tools.fill import fill_coverage
from sdpaint.tools.stroke_target import check_editable
from sdpaint.worker.background import Background

CHANGE_LABELS = {
    SelectionChange.GROW: "Grow selection",
    SelectionChange.SHRINK: "Shrink selection",
    SelectionChange.FEATHER: "Feather selection",
    SelectionChange.BORDER: "Border of selection",
    SelectionChange.SMOOTH: "Smooth selection",
}


class SelectionCommands(QObject):
    """One method and one undo step each. What looks at many pixels is computed away from the GUI thread."""

    busy_changed = Signal(bool)

    def __init__(
        self,
        documents: DocumentController,
        tools: ToolController,
        messages: Messages,
        window: QWidget,
    ) -> None:
        super().__init__(window)
        self._documents = documents
        self._tools = tools
        self._messages = messages
        self._window = window
        self._edits = BackgroundEdits(documents, self)
        self._edits.busy_changed.connect(self.busy_changed)
        self._edits.failed.connect(messages.error)
        self._previews = Background(1, self)
        self._last: WeakKeyDictionary[OpenDocument, TileMap] = WeakKeyDictionary()
        documents.document_changed.connect(self._follow)

    @property
    def is_busy(self) -> bool:
        """Whether something is being computed."""
        return self._edits.is_busy

    def shutdown(self) -> None:
        """Wait for what is under way."""
        self._edits.shutdown()
        self._previews.close()

    @property
    def _present(self) -> Document:
        return self._documents.committed

    def _follow(self, old: Document | None, new: Document) -> None:
        """Remember what was selected last, for `reselect`."""
        if old is not None and old.selection is not None and new.selection is None:
            self._last[self._documents.in_front] = old.selection

    # -- how much of the canvas

    def select_all(self) -> None:
        """The whole canvas."""
        self._documents.apply("Select all", edits.select_all(self._present))

    def deselect(self) -> None:
        """No selection any more."""
        if self._present.selection is not None:
            self._documents.apply("Deselect", edits.deselect(self._present))

    def reselect(self) -> None:
        """What was selected before."""
        last = self._last.get(self._documents.in_front)
        if last is None:
            self._messages.info("Nothing was selected before")
            return
        self._documents.apply("Reselect", edits.set_selection(self._present, last))

    def invert(self) -> None:
        """What wasn't selected."""
        if self.has_selection():
            self._edits.run("Invert selection", edits.invert_selection, self._say_if_nothing)

    def fill_holes(self) -> None:
        """What the selection encloses too."""
        if self.has_selection():
            self._edits.run("Fill holes", edits.fill_selection_holes, self._say_if_nothing)

    def ask_change(self, change: SelectionChange) -> None:
        """Ask by how many pixels, and show the outcome meanwhile."""
        from sdpaint.gui.dialogs.change_selection import ChangeSelectionDialog
        from sdpaint.gui.dialogs.selection_preview import SelectionPreview

        if not self.has_selection():
            return

        def edit(document: Document, amount_px: int) -> Document:
            return edits.change_selection(document, change, amount_px)

        preview = SelectionPreview(self._documents, edit, self._previews, self._messages.error)
        dialog = ChangeSelectionDialog(self._window, change, preview)

        def take() -> None:
            before, after = self._present, preview.outcome(dialog.amount_px)
            if after is None:
                self.change(change, dialog.amount_px)
            else:
                self._documents.apply(CHANGE_LABELS[change], after)
                self._say_if_nothing(before, after)

        dialog.accepted.connect(take)
        dialog.open()

    def change(self, change: SelectionChange, amount_px: int) -> None:
        """Move or soften the outline."""
        self._edits.run(
            CHANGE_LABELS[change],
            lambda document: edits.change_selection(document, change, amount_px),
            self._say_if_nothing,
        )

    @property
    def previews(self) -> Background:
        """Where outcomes are computed that a dialog shows."""
        return self._previews

    def has_selection(self) -> bool:
        """Whether something is selected; says so where not."""
        if self._present.selection is None:
            self._messages.info("Nothing is selected", "Drag with a selection tool, or choose Select ▸ All")
            return False
        return True

    def _say_if_nothing(self, before: Document, after: Document) -> None:
        if before.selection is not None and after.selection is None:
            self._messages.info("Nothing is left of the selection")

    # -- mask and layers

    def to_mask(self) -> None:
        """What is selected is what Inpaint makes anew."""
        if self.has_selection():
            self._documents.apply("Selection to mask", edits.mask_from_selection(self._present))

    def from_mask(self) -> None:
        """What is masked is selected."""
        if self._present.mask.is_empty:
            self._messages.info("The mask is empty", "Paint it with the mask brush (K)")
            return
        self._edits.run("Mask to selection", edits.selection_from_mask)

    def from_layer(
        self, layer_id: LayerId | None = None, mode: SelectionMode = SelectionMode.REPLACE
    ) -> None:
        """Where a layer (None: the active one) has pixels."""
        layer = self._present.layer(layer_id or self._present.active)
        if layer.holds_pixels and layer.tiles.is_empty and mode is SelectionMode.REPLACE:
            self._messages.info(f"{layer.name} is empty")
            return
        self._edits.run(
            "Select layer", lambda document: edits.selection_from_layer(document, layer.id, mode)
        )

    def from_layer_mask(
        self, layer_id: LayerId | None = None, mode: SelectionMode = SelectionMode.REPLACE
    ) -> None:
        """What the mask of a layer (None: the active one) shows."""
        layer = self._present.layer(layer_id or self._present.active)
        if layer.mask is None:
            self._messages.info(f"{layer.name} has no mask", "Add one with the button below the layers")
            return
        self._edits.run(
            "Select layer mask",
            lambda document: edits.selection_from_layer_mask(document, layer.id, mode),
            self._say_if_nothing,
        )

    # -- pixels

    def clear(self) -> None:
        """The active layer's pixels gone, as far as they are selected."""
        layer = self._present.active_layer
        if self._present.quick_mask is not None:
            self._edits.run("Clear quick mask", lambda document: fill_quick_mask(document, 0))
        elif not self.may_edit():
            return
        elif self._present.edits_mask:
            self._edits.run("Clear mask", lambda document: edits.clear_worked_on(document, layer.id))
        elif layer.tiles.is_empty:
            self._messages.info(f"{layer.name} is empty already")
        elif self._present.selection is None:
            self._documents.apply("Clear layer", edits.clear_worked_on(self._present, layer.id))
        elif not edits.touches_selection(self._present, layer.id):
            self._messages.info(f"{layer.name} has no paint in the selection")
        else:
            self._edits.run("Clear", lambda document: edits.clear_worked_on(document, layer.id))

    def fill(self) -> None:
        """The foreground colour over all that is selected."""
        self._fill(self._tools.foreground)

    def fill_background(self) -> None:
        """The background colour, likewise."""
        self._fill(self._tools.background)

    def _fill(self, color: Color) -> None:
        layer, selection = self._present.active_layer, self._present.selection
        if self._present.quick_mask is not None:
            value = masking_value(color)
            self._edits.run("Fill quick mask", lambda document: fill_quick_mask(document, value))
            return
        if not self.may_edit():
            return

        def edit(document: Document) -> Document:
            return fill_coverage(document, layer.id, rectangle(document.bounds), color)

        self._edits.run("Fill" if selection is None else "Fill selection", edit)

    def may_edit(self) -> bool:
        """Whether what is worked on can be changed; if not, why not is said."""
        try:
            check_editable(self._present)
        except ToolRefused as refusal:
            self._messages.info(refusal.message, refusal.hint)
            return False
        return True

    def run(
        self,
        label: str,
        edit: Callable[[Document], Document],
        done: Callable[[Document, Document], None] | None = None,
    ) -> None:
        """Any edit, in turn with the others."""
        self._edits.run(label, edit, done)
