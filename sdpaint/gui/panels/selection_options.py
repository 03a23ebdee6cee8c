"""What can be set of selection tools and of the fill tool, as parts of the bar above the canvas."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from PySide6.QtGui import QAction

from sdpaint.controllers.tool_controller import ToolController
from sdpaint.gui.panels.option_part import OptionPart
from sdpaint.gui.widgets.controls import action_button, divider
from sdpaint.gui.widgets.number_slider import PERCENT, NumberSlider, NumberSpec
from sdpaint.imaging.selection import SelectionMode
from sdpaint.tools.base import ToolName
from sdpaint.tools.options import MAX_FEATHER_PX, MAX_GAP_PX, MAX_GROW_PX, FillOptions, SelectionOptions

TOLERANCE = NumberSpec(0, 255, 32)
FEATHER = NumberSpec(0, MAX_FEATHER_PX, 0, unit=" px", curve=2.0, soft_maximum=100)
GAP = NumberSpec(0, MAX_GAP_PX, 0, unit=" px", soft_maximum=32)
GROW = NumberSpec(0, MAX_GROW_PX, 0, unit=" px", soft_maximum=16)

_MODES = {
    SelectionMode.REPLACE: ("select-new", "New selection", "Each shape is a new selection"),
    SelectionMode.ADD: ("select-add", "Add", "Add each shape to the selection; or hold Shift"),
    SelectionMode.SUBTRACT: ("select-subtract", "Subtract", "Take each shape away; or hold Alt"),
    SelectionMode.INTERSECT: ("select-intersect", "Intersect", "Keep what both have; or hold Shift and Alt"),
}
_ALL_LAYERS = "Look at what is seen, not at the layer alone"


class SelectionPart(OptionPart):
    """Of the selection tools: what a shape does, its edge, and what the wand takes."""

    def __init__(self, tools: ToolController, actions: Mapping[str, QAction]) -> None:
        super().__init__(tools.settings, SelectionOptions)
        self.add_choice("mode", "SelectionButton", _MODES)
        self.add(divider())
        tolerance = NumberSlider("wandToleranceSlider", "Tolerance", TOLERANCE, "How much colours may differ")
        self.add_slider("tolerance", tolerance, whole=True)
        feather = NumberSlider("selectionFeatherSlider", "Feather", FEATHER, "Softens the edge of new shapes")
        self.add_slider("feather_px", feather, whole=True)
        self.add_box("antialias", "selectionAntialiasBox", "Smooth", "Smooth edges (anti-alias)", gives_way=True)
        self.add_box("contiguous", "wandContiguousBox", "Adjacent", "Only what hangs together (contiguous)")
        self.add_box("sample_all_layers", "wandAllLayersBox", "All layers", _ALL_LAYERS)
        self.add(action_button("optionsSelectionToMaskButton", actions["selectionToMask"]), gives_way=True)
        self.add(action_button("optionsDeselectButton", actions["deselect"]), gives_way=True)
        self.finish()
        tools.tool_changed.connect(self._show_tool)
        self._show_tool(tools.tool)

    def _show_tool(self, tool: ToolName) -> None:
        """Show what counts for this one."""
        unused = set() if tool is ToolName.SELECT_ALIKE else {"tolerance", "contiguous", "sample_all_layers"}
        if tool is ToolName.SELECT_RECTANGLE:
            unused.add("antialias")
        self.use_only({self.control(field) for field in unused})


class FillPart(OptionPart):
    """Of the fill tool."""

    def __init__(self, tools: ToolController) -> None:
        super().__init__(tools.settings, FillOptions)
        tolerance = NumberSlider("fillToleranceSlider", "Tolerance", TOLERANCE, "How much colours may differ")
        self.add_slider("tolerance", tolerance, whole=True)
        grow = NumberSlider("fillGrowSlider", "Grow", GROW, "Spreads the fill beneath the lines around it")
        self.add_slider("grow_px", grow, whole=True)
        gaps = NumberSlider("fillGapSlider", "Gaps", GAP, "Doesn't leak through gaps of up to this width")
        self.add_slider("gap_px", gaps, whole=True)
        opacity = replace(PERCENT, minimum=0.01)
        self.add_slider("opacity", NumberSlider("fillOpacitySlider", "Opacity", opacity, "Opacity of the fill"))
        self.add_box("antialias", "fillAntialiasBox", "Anti-alias", "Smooth edges", gives_way=True)
        self.add_box("contiguous", "fillContiguousBox", "Contiguous", "Only what hangs together")
        self.add_box("sample_all_layers", "fillAllLayersBox", "All layers", _ALL_LAYERS)
        self.finish()
