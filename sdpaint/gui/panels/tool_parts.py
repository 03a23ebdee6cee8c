"""The part of the bar above the canvas that a tool has for itself, imported when the tool is first taken."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtGui import QAction
from PySide6.QtWidgets import QWidget

from sdpaint.controllers.tool_controller import ToolController
from sdpaint.tools.base import ToolName


def make_part(tool: ToolName, tools: ToolController, actions: Mapping[str, QAction]) -> QWidget | None:
    """None: there is nothing to set. All tools that select share one."""
    match tool:
        case _ if tool.selects:
            from sdpaint.gui.panels.selection_options import SelectionPart

            return SelectionPart(tools, actions)
        case ToolName.FILL:
            from sdpaint.gui.panels.selection_options import FillPart

            return FillPart(tools)
        case ToolName.GRADIENT:
            from sdpaint.gui.panels.gradient_options import GradientPart

            return GradientPart(tools)
        case ToolName.SHAPE:
            from sdpaint.gui.panels.shape_options import ShapePart

            return ShapePart(tools)
        case ToolName.MOVE:
            from sdpaint.gui.panels.placing_options import MovePart

            return MovePart(tools)
        case ToolName.TRANSFORM:
            from sdpaint.gui.panels.placing_options import TransformPart

            return TransformPart(tools)
        case ToolName.CROP:
            from sdpaint.gui.panels.placing_options import CropPart

            return CropPart(tools)
        case ToolName.TEXT:
            from sdpaint.gui.panels.text_options import TextPart

            return TextPart(tools)
        case ToolName.PICKER:
            from sdpaint.gui.panels.picker_options import PickerPart

            return PickerPart(tools, actions)
        case _:
            return None
