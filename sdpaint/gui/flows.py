"""Flows: everything in the window that the table of actions can ask for, besides the controllers themselves."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QMimeData
from PySide6.QtWidgets import QWidget

from sdpaint.controllers.control_controller import ControlController
from sdpaint.controllers.fitting import Fitting
from sdpaint.controllers.generated_controller import GeneratedController
from sdpaint.controllers.heat_controller import HeatController
from sdpaint.controllers.layer_controller import LayerController
from sdpaint.controllers.mask_controller import MaskController
from sdpaint.controllers.region_controller import RegionController
from sdpaint.document.layers import LayerId
from sdpaint.gui.canvas.view import CanvasView
from sdpaint.gui.checkpoint_folders import CheckpointFolders
from sdpaint.gui.clipboard import PixelClipboard
from sdpaint.gui.commands import DocumentCommands
from sdpaint.gui.dialogs.files import Asker
from sdpaint.gui.dropped import dropped_files
from sdpaint.gui.export_flow import ExportFlow
from sdpaint.gui.file_flow import FileFlow
from sdpaint.gui.filter_flow import FilterFlow
from sdpaint.gui.image_commands import ImageCommands
from sdpaint.gui.messages import Messages
from sdpaint.gui.page_flow import PageFlow
from sdpaint.gui.palette_flow import PaletteFlow
from sdpaint.gui.prompt_flow import PromptFlow
from sdpaint.gui.queue_flow import QueueFlow
from sdpaint.gui.references import References
from sdpaint.gui.results_flow import ResultsFlow
from sdpaint.gui.screen_picker import ScreenPicker
from sdpaint.gui.selection_commands import SelectionCommands
from sdpaint.gui.selection_dialogs import SelectionDialogs
from sdpaint.gui.services import Services
from sdpaint.gui.view_aids import ViewAids


class Flows:
    """Made once for a window. The name of an attribute is what the slot of an action calls it."""

    def __init__(
        self, window: QWidget, services: Services, canvas: CanvasView, messages: Messages, asker: Asker
    ) -> None:
        documents, generation, tools = services.documents, services.generation, services.tools
        settings = services.settings
        self._files = services.files
        self.checkpoints = CheckpointFolders(
            services.library, services.downloads, settings, generation, asker, messages, window
        )
        self.edits = DocumentCommands(documents, messages, window)
        self.layers = LayerController(documents, lambda: tools.foreground, window)
        self.masks = MaskController(documents, window)
        self.regions = RegionController(documents, window)
        self.heat = HeatController(documents, generation, window)
        self.controls = ControlController(documents, generation, window)
        resources = generation.prompt_resources
        self.adapters = Fitting(generation, resources.ip_adapters_for, window)
        for looking in (self.controls, self.adapters):
            services.library.changed.connect(looking.look_again)
        self.generated = GeneratedController(documents, generation, window)
        for controller in (self.layers, self.masks, self.regions, self.controls, self.adapters, self.generated):
            controller.failed.connect(messages.refusal)
        self.pages = PageFlow(documents, generation, tools, settings, self.edits, window)
        self.files = FileFlow(
            documents, services.files, messages, asker, self.pages.fresh, window, tools.confirm_text
        )
        self.exports = ExportFlow(documents, services.exports, tools, messages, asker, window)
        self.prompts = PromptFlow(services.prompts, documents, generation, messages, asker, window)
        self.palettes = PaletteFlow(services.palettes, tools, messages, asker, window)
        self.aids = ViewAids(canvas, documents, tools, settings, messages, window)
        self.selection = SelectionCommands(documents, tools, messages, window)
        self.selecting = SelectionDialogs(documents, tools, self.selection, messages, window)
        self.clipboard = PixelClipboard(
            documents, self.selection, messages, lambda: canvas.viewport.visible, self.open_as_layers, window
        )
        self.references = References(tools, self.layers, settings, asker, messages, window)
        self.image = ImageCommands(documents, messages, window)
        self.filters = FilterFlow(documents, tools, self.layers, canvas, messages, window)
        self.screen_picker = ScreenPicker(tools, messages, window)
        self.queue = QueueFlow(generation, messages, window)
        self.results = ResultsFlow(services.results, generation, messages, self.prompts.save_of_file, window)

    @property
    def is_busy(self) -> bool:
        """Whether something is being computed that will be seen."""
        return self.generated.is_busy or self.controls.is_busy or self.selection.is_busy

    def open_as_layers(self, paths: list[Path]) -> None:
        """Pictures become layers; what a single one says about how it was made is offered."""
        for path in paths:
            self._files.open_as_layer(path)
        if len(paths) == 1:
            self.results.look_for_recipe(paths[0])

    def insert(self, data: QMimeData, parent: LayerId | None, index: int) -> None:
        """Files and pictures that were dropped between layers become layers there."""
        paths = dropped_files(data)
        for path in paths:
            self._files.open_as_layer(path, (parent, index))
        if not paths:
            self.clipboard.insert(data, parent, index)

    def close(self) -> None:
        """Close the windows that stand beside the one that goes."""
        self.references.shutdown()
        self.results.close()
        self.checkpoints.close()

    def shutdown(self) -> None:
        """Wait for what is under way."""
        self.generated.shutdown()
        self.controls.shutdown()
        self.adapters.shutdown()
        self.edits.shutdown()
        self.layers.shutdown()
        self.filters.shutdown()
        self.image.shutdown()
        self.clipboard.shutdown()
        self.selection.shutdown()
        self.checkpoints.shutdown()
