"""Actions that take tools, as a table."""

from __future__ import annotations

from sdpaint.gui.action_spec import ActionSpec
from sdpaint.tools.base import ToolName


def _tool(tool: ToolName, text: str, key: str, icon_name: str, tooltip: str) -> ActionSpec:
    return ActionSpec(
        f"{tool.value}Tool",
        text,
        "tools.set_tool",
        (key,),
        icon_name,
        tooltip,
        checkable=True,
        group="tools",
        value=tool,
    )


TOOL_ACTIONS: tuple[ActionSpec, ...] = (
    _tool(ToolName.BRUSH, "Brush", "B", "brush", "Brush: paint with the foreground colour"),
    _tool(ToolName.ERASER, "Eraser", "E", "eraser", "Eraser: take paint away"),
    _tool(ToolName.CLONE, "Clone stamp", "S", "clone", "Clone stamp: paint with what lies where you Alt+click"),
    _tool(ToolName.FILL, "Fill", "F", "fill", "Fill: pour the foreground colour"),
    _tool(ToolName.GRADIENT, "Gradient", "G", "gradient", "Gradient: drag colours over the layer"),
    _tool(ToolName.SHAPE, "Shape", "U", "shape", "Shape: lines, rectangles, ellipses and polygons"),
    _tool(ToolName.TEXT, "Text", "T", "text", "Text: click or drag a box, and type"),
    _tool(ToolName.MASK_BRUSH, "Mask brush", "K", "mask-brush", "Mask brush: mark what Inpaint makes anew"),
    _tool(ToolName.MASK_ERASER, "Mask eraser", "Shift+K", "mask-eraser", "Mask eraser: take marks away"),
    _tool(
        ToolName.SELECT_RECTANGLE, "Box select", "A", "select-rectangle", "Box select: drag a rectangle"
    ),
    _tool(
        ToolName.SELECT_ELLIPSE, "Ellipse select", "Shift+A", "select-ellipse", "Ellipse select: drag a box"
    ),
    _tool(ToolName.SELECT_LASSO, "Lasso", "L", "select-lasso", "Lasso: draw around what you select"),
    _tool(
        ToolName.SELECT_POLYGON,
        "Polygon",
        "Shift+L",
        "select-polygon",
        "Polygon: click corners, Enter closes",
    ),
    _tool(ToolName.SELECT_ALIKE, "Magic wand", "W", "select-alike", "Magic wand: select what is alike"),
    _tool(ToolName.MOVE, "Move", "V", "move", "Move: drag the layer, or what is selected of it"),
    _tool(
        ToolName.TRANSFORM, "Transform", "Ctrl+T", "transform", "Transform: scale, turn, skew, distort; Enter applies"
    ),
    _tool(ToolName.CROP, "Crop", "Shift+C", "crop", "Crop: cut or grow the canvas; Enter applies"),
    _tool(ToolName.PICKER, "Colour picker", "I", "picker", "Colour picker: hold Alt while painting"),
    _tool(ToolName.FRAME, "Frame", "C", "frame", "Frame: choose where the next picture goes"),
    _tool(ToolName.PAN, "Hand", "H", "pan", "Hand: move the view; hold Space while painting"),
)
