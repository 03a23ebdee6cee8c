"""make_tool: which tools there are. All but those with a brush are imported when they are first taken in hand."""

from __future__ import annotations

from sdpaint.tools.base import Tool, ToolName
from sdpaint.tools.paint import PaintTool


def make_tool(name: ToolName) -> Tool:
    """A tool that hasn't been used yet."""
    match name:
        case ToolName.BRUSH | ToolName.ERASER | ToolName.MASK_BRUSH | ToolName.MASK_ERASER:
            return PaintTool(name)
        case ToolName.CLONE:
            from sdpaint.tools.clone import CloneTool

            return CloneTool()
        case ToolName.FILL:
            from sdpaint.tools.fill import FillTool

            return FillTool()
        case ToolName.GRADIENT:
            from sdpaint.tools.gradient import GradientTool

            return GradientTool()
        case ToolName.SHAPE:
            from sdpaint.tools.shape import ShapeTool

            return ShapeTool()
        case ToolName.TEXT:
            from sdpaint.tools.text import TextTool

            return TextTool()
        case ToolName.PICKER:
            from sdpaint.tools.picker import PickerTool

            return PickerTool()
        case ToolName.SELECT_RECTANGLE | ToolName.SELECT_ELLIPSE:
            from sdpaint.tools.selection import BoxSelectTool

            return BoxSelectTool(name)
        case ToolName.SELECT_LASSO:
            from sdpaint.tools.selection import LassoTool

            return LassoTool()
        case ToolName.SELECT_POLYGON:
            from sdpaint.tools.polygon import PolygonTool

            return PolygonTool()
        case ToolName.SELECT_ALIKE:
            from sdpaint.tools.wand import WandTool

            return WandTool()
        case ToolName.PAN:
            from sdpaint.tools.pan import PanTool

            return PanTool()
        case ToolName.FRAME:
            from sdpaint.tools.frame import FrameTool

            return FrameTool()
        case ToolName.MOVE:
            from sdpaint.tools.move import MoveTool

            return MoveTool()
        case ToolName.TRANSFORM:
            from sdpaint.tools.transform import TransformTool

            return TransformTool()
        case ToolName.CROP:
            from sdpaint.tools.crop import CropTool

            return CropTool()
