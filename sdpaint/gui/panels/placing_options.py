"""What can be set of the tools that place things (move, transform, crop), as parts of the bar above the canvas."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

from sdpaint.controllers.tool_controller import ToolController
from sdpaint.document.document import MAX_SIDE_PX
from sdpaint.gui.panels.option_part import OptionPart
from sdpaint.gui.widgets.controls import divider, icon_button, label, push_button
from sdpaint.gui.widgets.decimal_field import DecimalField
from sdpaint.gui.widgets.fields import IntField
from sdpaint.imaging.geometry import Point, Rect
from sdpaint.imaging.placement import MAX_SKEW, Placement
from sdpaint.imaging.warp import Interpolation
from sdpaint.tools.crop import CropTool
from sdpaint.tools.placing_options import CropOptions, CropRatio, MoveOptions, TransformOptions
from sdpaint.tools.transform import TransformTool

_FAR = 1e6
_TURNS: tuple[tuple[tuple[str, str, str], Callable[[Placement], Placement], bool], ...] = (
    (("transformFlipLevelButton", "flip", "Flip horizontally"), lambda at: at.flipped(True), False),
    (("transformFlipUprightButton", "flip-upright", "Flip vertically"), lambda at: at.flipped(False), False),
    (("transformLeftButton", "rotate-left", "Turn left by 90°"), lambda at: at.turned_by(-90.0), True),
    (("transformRightButton", "rotate-right", "Turn right by 90°"), lambda at: at.turned_by(90.0), True),
)
"""Object name, icon and name of a button, what a click makes of the placement, and whether it gives way."""


class MovePart(OptionPart):
    """Of the move tool."""

    def __init__(self, tools: ToolController) -> None:
        super().__init__(tools.settings, MoveOptions)
        self.add_box(
            "auto_select",
            "moveAutoSelectBox",
            "Auto-select layer",
            "A press takes the topmost layer that has something there",
        )
        self.add(divider())
        self.add(label("Arrow keys push by 1 px, with Shift by 10; Alt moves a copy", "dim"))
        self.finish()


class TransformPart(OptionPart):
    """Of the transform tool: the placement in numbers, and what is done to it at a click."""

    def __init__(self, tools: ToolController) -> None:
        super().__init__(tools.settings, TransformOptions)
        self._tools = tools
        far, part = (-_FAR, _FAR), (-10000.0, 10000.0)
        self._fields: dict[str, DecimalField] = {}
        for key, name, caption, limits, unit, tip in (
            ("x", "X", "X", far, "", "Where the pivot is, from the left edge of the canvas"),
            ("y", "Y", "Y", far, "", "Where the pivot is, from the top edge of the canvas"),
            ("width", "Width in percent", "W", part, " %", "Width in percent; below 0 mirrors"),
            ("height", "Height in percent", "H", part, " %", "Height in percent; below 0 mirrors"),
            ("angle", "Angle", "∠", (-360.0, 360.0), "°", "Turned by so many degrees, with the clock"),
            ("skew", "Skew", "▱", (-MAX_SKEW, MAX_SKEW), "°", "Skewed by so many degrees"),
        ):
            field = DecimalField(f"transform{key.capitalize()}Field", name, limits, tip, unit)
            field.setMaximumWidth(76)
            field.setMinimumWidth(56)
            field.value_committed.connect(lambda value, key=key: self._take(key, value))
            self._fields[key] = field
            self.add(label(caption, "dim"))
            self.add(field)
            if key == "width":
                self.add_toggle(
                    "keeps_ratio",
                    "transformRatioButton",
                    "link",
                    "Keep the ratio",
                    "Keep the ratio; Shift says the opposite",
                )
        for (object_name, icon_name, name), change, gives_way in _TURNS:
            self.add(icon_button(object_name, icon_name, name, partial(self._place, change)), gives_way=gives_way)
        kinds = {kind: kind.value for kind in Interpolation}
        words = "How pixels between pixels are made"
        self.add_combo("interpolation", "transformInterpolationBox", "Resampling", kinds, words, gives_way=True)
        self.add(icon_button("transformResetButton", "undo", "Reset", self._reset, "Back to where it was"))
        self.add(icon_button("transformApplyButton", "check", "Apply", tools.confirm_shape, "Apply (Enter)"))
        self.add(icon_button("transformCancelButton", "close", "Cancel", tools.drop_shape, "Cancel (Esc)"))
        self.finish()
        tools.edits.draft_changed.connect(lambda _draft: self._show_placement())
        self._show_placement()

    def _place(self, change: Callable[[Placement], Placement]) -> None:
        tool = self._tools.held.current(TransformTool)
        placement = None if tool is None else tool.placement
        if placement is not None:
            self._tools.held.act_on(
                TransformTool, lambda tool, context: tool.set_placement(context, change(placement))
            )

    def _reset(self) -> None:
        self._tools.held.act_on(TransformTool, lambda tool, context: tool.reset(context))

    def _take(self, key: str, value: float) -> None:
        keeps = self._tools.settings.get(TransformOptions).keeps_ratio
        self._place(lambda placement: with_number(placement, key, value, keeps))

    def _show_placement(self) -> None:
        tool = self._tools.held.current(TransformTool)
        placement = None if tool is None else tool.placement
        for field in self._fields.values():
            field.setEnabled(placement is not None)
        if placement is not None:
            for key, value in numbers_of(placement).items():
                self._fields[key].set_value(value)


def numbers_of(placement: Placement) -> dict[str, float]:
    """What the fields show: the pivot's place in px, percent, degrees."""
    return {
        "x": placement.at.x,
        "y": placement.at.y,
        "width": placement.scale_x * 100,
        "height": placement.scale_y * 100,
        "angle": placement.angle,
        "skew": placement.skew,
    }


def with_number(placement: Placement, key: str, value: float, keeps_ratio: bool) -> Placement:
    """The placement with one of those numbers typed anew. A side of 0 % isn't taken."""
    match key:
        case "x":
            return replace(placement, at=Point(value, placement.at.y))
        case "y":
            return replace(placement, at=Point(placement.at.x, value))
        case "angle":
            return placement.turned_by(value - placement.angle)
        case "skew":
            return replace(placement, skew=value)
    scale = value / 100
    if abs(scale) < 1e-4:
        return placement
    if key == "width":
        other = placement.scale_y * scale / placement.scale_x if keeps_ratio else placement.scale_y
        return replace(placement, scale_x=scale, scale_y=other)
    other = placement.scale_x * scale / placement.scale_y if keeps_ratio else placement.scale_x
    return replace(placement, scale_x=other, scale_y=scale)


class CropPart(OptionPart):
    """Of the crop tool."""

    def __init__(self, tools: ToolController) -> None:
        super().__init__(tools.settings, CropOptions)
        self._tools = tools
        ratios = {ratio: ratio.value for ratio in CropRatio}
        self.add_combo("ratio", "cropRatioBox", "Ratio", ratios, "Proportions that the box keeps")
        self.add_toggle(
            "upright", "cropUprightButton", "swap", "Turn the ratio", "Swap width and height of the ratio"
        )
        self._width = IntField("cropWidthField", "Width of the crop", 1, MAX_SIDE_PX, "Width, in px")
        self._height = IntField("cropHeightField", "Height of the crop", 1, MAX_SIDE_PX, "Height, in px")
        for field in (self._width, self._height):
            field.setFixedWidth(60)
        self._width.value_committed.connect(lambda value: self._take_size(value, None))
        self._height.value_committed.connect(lambda value: self._take_size(None, value))
        for widget in (divider(), self._width, label("×", "dim"), self._height, divider()):
            self.add(widget)
        self.add_box("thirds", "cropThirdsBox", "Thirds", "Lines at thirds of the box")
        self.add_box(
            "deletes",
            "cropDeletesBox",
            "Delete what is cut off",
            "Otherwise layers keep it, beyond the edge of the canvas",
            gives_way=True,
        )
        self._apply = push_button("cropApplyButton", "Crop", tools.confirm_shape, "Crop the canvas (Enter)")
        self._cancel = icon_button(
            "cropCancelButton", "close", "Start over", tools.drop_shape, "The whole canvas again (Esc)"
        )
        self.add(self._apply)
        self.add(self._cancel)
        self.finish()
        tools.edits.draft_changed.connect(lambda _draft: self._show_rect())
        self._show_rect()

    def _take_size(self, width: int | None, height: int | None) -> None:
        tool = self._tools.held.current(CropTool)
        if tool is None or tool.rect is None:
            return
        rect = with_size(tool.rect, width, height, tool.ratio)
        self._tools.held.act_on(CropTool, lambda tool, context: tool.set_rect(context, rect))

    def _show_rect(self) -> None:
        tool = self._tools.held.current(CropTool)
        rect = None if tool is None else tool.rect
        for widget in (self._width, self._height):
            widget.setEnabled(rect is not None)
        for button in (self._apply, self._cancel):
            button.setEnabled(tool is not None and tool.is_open)
        if rect is not None:
            self._width.set_value(rect.width)
            self._height.set_value(rect.height)

    def show_values(self, options: Any) -> None:
        """Show these options."""
        super().show_values(options)
        self.control("upright").setEnabled(options.ratio is not CropRatio.FREE)


def with_size(rect: Rect, width: int | None, height: int | None, ratio: float | None) -> Rect:
    """The box at a typed size around its middle; where a ratio (width ÷ height) is kept, the other side follows."""
    if width is None:
        new_height = height or rect.height
        new_width = rect.width if ratio is None else max(1, round(new_height * ratio))
    else:
        new_width = width
        new_height = rect.height if ratio is None else max(1, round(new_width / ratio))
    x, y = rect.x + (rect.width - new_width) // 2, rect.y + (rect.height - new_height) // 2
    return Rect(x, y, new_width, new_height)
