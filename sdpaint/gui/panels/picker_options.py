"""What can be set of the colour picker, as a part of the bar above the canvas."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtGui import QAction

from sdpaint.controllers.tool_controller import ToolController
from sdpaint.gui.panels.option_part import OptionPart
from sdpaint.gui.widgets.controls import action_button, label
from sdpaint.tools.options import PICKER_SIZES_PX, PickerOptions, PickerSource

SIZE_NAMES = {
    size: "The pixel" if size == 1 else f"{size} × {size} average" for size in PICKER_SIZES_PX
}
SOURCE_NAMES = {PickerSource.ALL_LAYERS: "All layers", PickerSource.LAYER: "This layer"}


class PickerPart(OptionPart):
    """Of the colour picker."""

    def __init__(self, tools: ToolController, actions: Mapping[str, QAction]) -> None:
        super().__init__(tools.settings, PickerOptions)
        self.add_combo("size_px", "pickerSizeCombo", "Sample", SIZE_NAMES, "How much is looked at")
        self.add_combo("source", "pickerSourceCombo", "Of", SOURCE_NAMES, "Where is looked")
        self.add(action_button("optionsPickFromScreenButton", actions["pickFromScreen"]))
        self.add(label("While painting, hold Alt or Ctrl", "dim"))
        self.finish()
