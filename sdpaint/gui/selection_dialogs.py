"""SelectionDialogs: selecting by colour, quick mask, stroking, and the selections that a document keeps."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QInputDialog, QMenu, QWidget

from sdpaint.controllers.document_controller import DocumentController
from sdpaint.controllers.tool_controller import ToolController
from sdpaint.document.document import Document
from sdpaint.document.quick_mask import begin_quick_mask, end_quick_mask
from sdpaint.document.saved_selections import (
    delete_saved_selection,
    free_selection_name,
    load_selection,
    save_selection,
)
from sdpaint.document.selection_edits import ColorRange, select_color_range
from sdpaint.gui.messages import Messages
from sdpaint.gui.selection_commands import SelectionCommands
from sdpaint.imaging.selection import SelectionMode
from sdpaint.tools.base import ToolName, ToolRefused
from sdpaint.tools.outline_stroke import StrokeChoice, stroke_with_brush, stroke_with_line
from sdpaint.tools.stroke_target import check_editable

_LOADING = (
    (SelectionMode.REPLACE, "Select", "Select with {}"),
    (SelectionMode.ADD, "Add to the selection", "Add {}"),
    (SelectionMode.SUBTRACT, "Subtract from the selection", "Subtract {}"),
    (SelectionMode.INTERSECT, "Intersect with the selection", "Intersect with {}"),
)


class SelectionDialogs(QObject):
    """One undo step for each. Pixels are looked at by SelectionCommands, away from the GUI thread."""

    def __init__(
        self,
        documents: DocumentController,
        tools: ToolController,
        commands: SelectionCommands,
        messages: Messages,
        window: QWidget,
    ) -> None:
        super().__init__(window)
        self._documents = documents
        self._tools = tools
        self._commands = commands
        self._messages = messages
        self._window = window
        self._stroke = StrokeChoice()
        self._menu: QMenu | None = None

    @property
    def _present(self) -> Document:
        return self._documents.committed

    # -- by colour

    def ask_color_range(self) -> None:
        """Ask for colours and how near to them, and show the outcome meanwhile."""
        from sdpaint.gui.dialogs.color_range import ColorRangeDialog, PixelsOf
        from sdpaint.gui.dialogs.selection_preview import SelectionPreview

        pixels = PixelsOf()

        def edit(document: Document, wanted: ColorRange) -> Document:
            return select_color_range(document, wanted, pixels.of(document, wanted.layer_id))

        commands, background = self._commands, self._commands.previews
        preview = SelectionPreview(self._documents, edit, background, self._messages.error)
        dialog = ColorRangeDialog(self._window, self._present, self._tools.foreground, preview)
        background.run(lambda: pixels.small(self._present), dialog.show_picture, self._messages.error)

        def take() -> None:
            wanted, before = dialog.wanted, self._present
            after = preview.outcome(wanted)
            if after is None:
                commands.run("Select by colour", lambda document: select_color_range(document, wanted))
            elif after is not before:
                self._documents.apply("Select by colour", after)
            if after is not None and after.selection is None:
                self._messages.info("Nothing has these colours", "Raise the fuzziness or choose another colour")

        dialog.accepted.connect(take)
        dialog.open()

    # -- quick mask

    def set_quick_mask(self, is_on: bool) -> None:
        """Paint what is selected, or take what was painted as the selection."""
        present = self._present
        if is_on == (present.quick_mask is not None):
            return
        if is_on:
            self._documents.apply("Quick mask", begin_quick_mask(present))
            if self._tools.tool not in (ToolName.BRUSH, ToolName.ERASER):
                self._tools.set_tool(ToolName.BRUSH)
            self._messages.info("Quick mask: paint black to protect, white to select", "Q makes it the selection")
            return

        def say(before: Document, after: Document) -> None:
            if before.quick_mask is not None and not before.quick_mask.is_empty and after.selection is None:
                self._messages.info("All was masked, so nothing is selected")

        self._commands.run("Selection from quick mask", end_quick_mask, say)

    # -- painting along the outline

    def ask_stroke(self) -> None:
        """Ask with what to paint along the outline."""
        from sdpaint.gui.dialogs.stroke_selection import StrokeSelectionDialog

        if not self._commands.has_selection():
            return
        layer = self._present.active_layer
        try:
            check_editable(self._present)
        except ToolRefused as refusal:
            self._messages.info(refusal.message, refusal.hint)
            return
        dialog = StrokeSelectionDialog(self._window, self._stroke)

        def take() -> None:
            choice = self._stroke = dialog.choice
            color, brush = self._tools.foreground, self._tools.brushes[ToolName.BRUSH]

            def edit(document: Document) -> Document:
                if choice.uses_brush:
                    return stroke_with_brush(document, layer.id, brush, color)
                return stroke_with_line(document, layer.id, choice.width_px, choice.place, color)

            self._commands.run("Stroke selection", edit)

        dialog.accepted.connect(take)
        dialog.open()

    # -- saved selections

    def ask_name(self) -> None:
        """Keep what is selected under a name."""
        if not self._commands.has_selection():
            return
        dialog = QInputDialog(self._window)
        dialog.setObjectName("saveSelectionDialog")
        dialog.setWindowTitle("Save selection")
        dialog.setLabelText("Name; one that is there already is replaced")
        dialog.setTextValue(free_selection_name(self._present))
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.textValueSelected.connect(self.save)
        dialog.open()

    def save(self, name: str) -> None:
        """Keep what is selected under this name."""
        if name.strip() and self._commands.has_selection():
            self._documents.apply("Save selection", save_selection(self._present, name.strip()))
            self._messages.info(f"Saved as {name.strip()}", "Find it in Select → Saved selections")

    def load(self, name: str, mode: SelectionMode = SelectionMode.REPLACE) -> None:
        """Put a saved selection to what is selected."""
        label = next(words for each, _, words in _LOADING if each is mode).format(name)
        self._commands.run(label, lambda document: load_selection(document, name, mode))

    def delete(self, name: str) -> None:
        """Forget a saved selection."""
        self._documents.apply(f"Delete {name}", delete_saved_selection(self._present, name))

    def fill(self, menu: QMenu) -> None:
        """Keep a menu true to what the document has: for each saved selection what can be done with it."""
        self._menu = menu
        menu.aboutToShow.connect(self._refill)
        self._documents.document_changed.connect(lambda _old, _new: self._follow())
        self._follow()

    def _follow(self) -> None:
        if self._menu is not None:
            self._menu.setEnabled(bool(self._present.saved_selections))

    def _refill(self) -> None:
        menu = self._menu
        assert menu is not None
        menu.clear()
        for saved in self._present.saved_selections:
            entries = QMenu(saved.name.replace("&", "&&"), menu)
            for mode, words, _ in _LOADING:
                entries.addAction(words).triggered.connect(partial(self._on_load, saved.name, mode))
            entries.addSeparator()
            entries.addAction("Delete").triggered.connect(partial(self._on_delete, saved.name))
            menu.addMenu(entries)

    def _on_load(self, name: str, mode: SelectionMode, _checked: bool = False) -> None:
        self.load(name, mode)

    def _on_delete(self, name: str, _checked: bool = False) -> None:
        self.delete(name)
