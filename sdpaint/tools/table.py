"""TOOLS: which tools there are."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from sdpaint.tools.base import Tool, ToolName
from sdpaint.tools.clone import CloneTool
from sdpaint.tools.crop import CropTool
from sdpaint.tools.fill import FillTool
from sdpaint.tools.frame import FrameTool
from sdpaint.tools.gradient import GradientTool
from sdpaint.tools.move import MoveTool
from sdpaint.tools.paint import PaintTool
from sdpaint.tools.pan import PanTool
from sdpaint.tools.picker import PickerTool
from sdpaint.tools.polygon import PolygonTool
from sdpaint.tools.selection import BoxSelectTool, LassoTool
from sdpaint.tools.shape import ShapeTool
from sdpaint.tools.text import TextTool
from sdpaint.tools.transform import TransformTool
from sdpaint.tools.wand import WandTool

TOOLS: dict[ToolName, Callable[[], Tool]] = {
    ToolName.BRUSH: partial(PaintTool, ToolName.BRUSH),
    ToolName.ERASER: partial(PaintTool, ToolName.ERASER),
    ToolName.MASK_BRUSH: partial(PaintTool, ToolName.MASK_BRUSH),
    ToolName.MASK_ERASER: partial(PaintTool, ToolName.MASK_ERASER),
    ToolName.CLONE: CloneTool,
    ToolName.FILL: FillTool,
    ToolName.GRADIENT: GradientTool,
    ToolName.SHAPE: ShapeTool,
    ToolName.TEXT: TextTool,
    ToolName.PICKER: PickerTool,
    ToolName.SELECT_RECTANGLE: partial(BoxSelectTool, ToolName.SELECT_RECTANGLE),
    ToolName.SELECT_ELLIPSE: partial(BoxSelectTool, ToolName.SELECT_ELLIPSE),
    ToolName.SELECT_LASSO: LassoTool,
    ToolName.SELECT_POLYGON: PolygonTool,
    ToolName.SELECT_ALIKE: WandTool,
    ToolName.PAN: PanTool,
    ToolName.FRAME: FrameTool,
    ToolName.MOVE: MoveTool,
    ToolName.TRANSFORM: TransformTool,
    ToolName.CROP: CropTool,
}
"""Tool name → how to make one."""
