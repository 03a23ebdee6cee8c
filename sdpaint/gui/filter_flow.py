"""FilterFlow: from the Filter menu to the panel, and what can be said where there is nothing to filter."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QWidget

from sdpaint.controllers.document_controller import DocumentController
from sdpaint.controllers.filter_controller import FilterController, ViewPart
from sdpaint.controllers.layer_controller import LayerController
from sdpaint.controllers.tool_controller import ToolController
from sdpaint.document.layers import Adjustment, Fill
from sdpaint.document.selection_edits import touches_selection
from sdpaint.gui.canvas.view import CanvasView
from sdpaint.gui.messages import Messages
from sdpaint.imaging.filter_table import FILTERS_BY_ID
from sdpaint.tools.base import ToolRefused
from sdpaint.tools.stroke_target import check_editable

if TYPE_CHECKING:
    from sdpaint.gui.panels.fill_card import FillCard
    from sdpaint.gui.panels.filter import FilterPanel


class FilterFlow(QObject):
    """Opens filters. `repeat_action` is named after the filter that it would repeat."""

    def __init__(
        self,
        documents: DocumentController,
        tools: ToolController,
        layers: LayerController,
        canvas: CanvasView,
        messages: Messages,
        window: QWidget,
    ) -> None:
        super().__init__(window)
        self._documents = documents
        self._tools = tools
        self._layers = layers
        self._messages = messages
        self._repeat: QAction | None = None
        self.filters = FilterController(
            documents, lambda: ViewPart(canvas.viewport.visible, canvas.viewport.zoom), self
        )
        self.filters.failed.connect(messages.error)
        self.filters.closed.connect(self._name_repeat)
        canvas.view_changed.connect(self.filters.follow_view)
        self.filters.opened.connect(lambda spec: self._panel.show_filter(spec))
        self._window, self._canvas = window, canvas

    @cached_property
    def _panel(self) -> FilterPanel:
        from sdpaint.gui.panels.filter import FilterPanel

        return FilterPanel(self._window, self._canvas, self.filters)

    @cached_property
    def _fill_card(self) -> FillCard:
        from sdpaint.gui.panels.fill_card import FillCard

        tools = self._tools
        return FillCard(self._window, self._canvas, self._documents, self._layers, lambda: tools.foreground)

    def name_after_last(self, action: QAction) -> None:
        """From now on this action says what it would repeat."""
        self._repeat = action
        self._name_repeat()

    def open(self, filter_id: str) -> None:
        """Set a filter's values, or apply it where there is nothing to set. Raises KeyError."""
        if self._can_filter():
            self.filters.open(FILTERS_BY_ID[filter_id])

    def add_adjustment(self, name: str) -> None:
        """A new adjustment layer, with its values to set. `name`: of one of `filter_table.ADJUSTMENTS`."""
        self._tools.finish()
        self._layers.add_adjustment(name)
        if FILTERS_BY_ID[name].parameters:
            self.filters.open_adjustment(self._documents.committed.active)

    def edit_layer(self) -> None:
        """Set the values of an adjustment layer, or the colour of a fill layer."""
        layer = self._documents.committed.active_layer
        if isinstance(layer.content, Fill):
            self._fill_card.edit(layer.id)
        elif isinstance(layer.content, Adjustment) and layer.content.filter.parameters:
            self.filters.open_adjustment(layer.id)
        else:
            self._messages.info("The layer has nothing to set", "Choose an adjustment or fill layer")

    def repeat(self) -> None:
        """The last filter once more, with the same values."""
        if self.filters.last is None:
            self._messages.info("No filter was applied yet")
        elif self._can_filter():
            self.filters.repeat()

    def shutdown(self) -> None:
        """Wait for what is under way."""
        self.filters.shutdown()

    def _can_filter(self) -> bool:
        self._tools.finish()
        document = self._documents.committed
        layer = document.active_layer
        try:
            check_editable(document)
        except ToolRefused as refusal:
            self._messages.info(str(refusal))
            return False
        if document.edits_mask:
            return True
        if layer.tiles.is_empty:
            self._messages.info(f"{layer.name} is empty: there is nothing to filter", "Choose a layer with paint")
            return False
        if not touches_selection(document, layer.id):
            self._messages.info(f"{layer.name} has nothing where the selection is", "Select something else, or nothing")
            return False
        return True

    def _name_repeat(self) -> None:
        if self._repeat is not None:
            last = self.filters.last
            self._repeat.setEnabled(last is not None)
            self._repeat.setText(f"&Repeat {last.label}" if last is not None else "&Repeat the last filter")
