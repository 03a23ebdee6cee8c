"""What can be set of the shape tool, as a part of the bar above the canvas."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sdpaint.controllers.tool_controller import ToolController
from sdpaint.gui.panels.gradient_options import TARGET_NAMES
from sdpaint.gui.panels.option_part import OptionPart
from sdpaint.gui.widgets.number_slider import PERCENT, NumberSlider, NumberSpec
from sdpaint.imaging.shapes import MAX_SIDES, MIN_SIDES, ShapeKind
from sdpaint.tools.options import MAX_LINE_PX, MAX_RADIUS_PX, Ink, ShapeOptions

WIDTH = NumberSpec(0.5, MAX_LINE_PX, 4.0, unit=" px", decimals=1, step=0.5, curve=3.0, soft_maximum=200)
RADIUS = NumberSpec(0.0, MAX_RADIUS_PX, 0.0, unit=" px", curve=2.0, soft_maximum=500)
SIDES = NumberSpec(MIN_SIDES, MAX_SIDES, 5, soft_maximum=12)
INNER = replace(PERCENT, minimum=0.05)

KINDS: dict[ShapeKind, tuple[str, str, str]] = {
    ShapeKind.LINE: ("shape-line", "Line", "Line; Shift keeps its angle"),
    ShapeKind.RECTANGLE: ("shape-rectangle", "Rectangle", "Rectangle; Shift: square, Alt: from the middle"),
    ShapeKind.ELLIPSE: ("shape-ellipse", "Ellipse", "Ellipse; Shift: circle, Alt: from the middle"),
    ShapeKind.POLYGON: ("shape-polygon", "Regular polygon", "Regular polygon or star; Shift keeps its angle"),
    ShapeKind.FREE: ("shape-free", "Free polygon", "Free polygon: click corners, Enter closes"),
}
FILLS = {Ink.NONE: "None", Ink.FOREGROUND: "Foreground", Ink.BACKGROUND: "Background"}
STROKES = {**FILLS, Ink.BRUSH: "Brush"}


class ShapePart(OptionPart):
    """Of the shape tool."""

    def __init__(self, tools: ToolController) -> None:
        super().__init__(tools.settings, ShapeOptions)
        self.add_choice("kind", "ShapeButton", KINDS)
        self.add_combo("fill", "shapeFillCombo", "Fill", FILLS, "What the shape is filled with")
        self.add_combo("stroke", "shapeStrokeCombo", "Outline", STROKES, "What its outline is drawn with")
        self.add_slider("width_px", NumberSlider("shapeWidthSlider", "Width", WIDTH, "Width of the outline"))
        radius = NumberSlider("shapeRadiusSlider", "Corners", RADIUS, "How far corners are rounded")
        self.add_slider("radius_px", radius)
        self.add_slider("sides", NumberSlider("shapeSidesSlider", "Sides", SIDES, "How many sides"), whole=True)
        self.add_slider(
            "inner", NumberSlider("shapeInnerSlider", "Star", INNER, "Below 100 %: a star with corners so far in")
        )
        opacity = NumberSlider("shapeOpacitySlider", "Opacity", replace(PERCENT, minimum=0.01), "Opacity")
        self.add_slider("opacity", opacity)
        self.add_box("round_joins", "shapeRoundBox", "Round", "Round joins and ends of the outline")
        self.add_box("antialias", "shapeAntialiasBox", "Anti-alias", "Smooth edges")
        self.add_blend_modes("blend_mode", "shapeBlendCombo")
        self.add_combo("target", "shapeTargetCombo", "On", TARGET_NAMES, "What it is drawn on")
        self.finish()

    def show_values(self, options: Any) -> None:
        """Show these options, and of the controls those that count for the kind of shape."""
        super().show_values(options)
        unused = set()
        if options.kind is ShapeKind.LINE:
            unused |= {"fill"}
        elif options.stroke is Ink.NONE:
            unused |= {"width_px", "round_joins"}
        if options.stroke is Ink.BRUSH:
            unused |= {"width_px", "round_joins"}
        if options.kind is not ShapeKind.RECTANGLE:
            unused |= {"radius_px"}
        if options.kind is not ShapeKind.POLYGON:
            unused |= {"sides", "inner"}
        self.use_only({self.control(field) for field in unused})
