"""What can be set of the tools that place things (move, transform, crop), as parts of the bar above the canvas."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QWidget

from sdpaint.controllers.tool_controller import ToolController
from sdpaint.document.document import MAX_SIDE_PX
from sdpaint.gui.theme import SPACE
from sdpaint.gui.widgets.combo_box import ComboBox
from sdpaint.gui.widgets.controls import (
    describe,
    divider,
    icon_button,
    label,
    push_button,
    signals_blocked,
)
from sdpaint.gui.widgets.decimal_field import DecimalField
from sdpaint.gui.widgets.fields import IntField
from sdpaint.imaging.geometry import Point, Rect
from sdpaint.imaging.placement import MAX_SKEW, Placement
from sdpaint.imaging.warp import Interpolation
from sdpaint.tools.crop import CropTool
from sdpaint.tools.placing_options import CropOptions, CropRatio, MoveOptions, TransformOptions
from sdpaint.tools.transform import TransformTool

_FAR = 1e6
_ROOMY = 1060
"""From this width on, words that explain keys find room."""


class _Part(QWidget):
    """Controls in a row. Those in `_spared` go where there is no room."""

    def __init__(self, tools: ToolController) -> None:
        super().__init__()
        self._tools = tools
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(SPACE)
        self._spared: list[tuple[QWidget, int]] = []

    def _add(self, *widgets: QWidget) -> None:
        for widget in widgets:
            self._row.addWidget(widget)

    def _add_last(self, widget: QWidget, room: int = _ROOMY) -> None:
        self._row.addWidget(widget)
        self._spared.append((widget, room))

    def _box(self, object_name: str, text: str, tooltip: str, take: Callable[[bool], None]) -> QCheckBox:
        box = QCheckBox(text)
        describe(box, object_name, text, tooltip)
        box.toggled.connect(take)
        self._row.addWidget(box)
        return box

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        for widget, room in self._spared:
            widget.setVisible(self.width() >= room)


class MovePart(_Part):
    """Of the move tool."""

    def __init__(self, tools: ToolController) -> None:
        super().__init__(tools)
        self._auto = self._box(
            "moveAutoSelectBox",
            "Auto-select layer",
            "A press takes the topmost layer that has something there",
            lambda checked: tools.settings.put(replace(tools.settings.get(MoveOptions), auto_select=checked)),
        )
        self._add(divider())
        self._add_last(label("Arrow keys push by 1 px, with Shift by 10; Alt moves a copy", "dim"), 480)
        self._row.addStretch(1)
        tools.settings.changed.connect(self._show)
        self._show(tools.settings.get(MoveOptions))

    def _show(self, value: object) -> None:
        if isinstance(value, MoveOptions):
            with signals_blocked(self._auto):
                self._auto.setChecked(value.auto_select)


class TransformPart(_Part):
    """Of the transform tool: the placement in numbers, and what is done to it at a click."""

    def __init__(self, tools: ToolController) -> None:
        super().__init__(tools)
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
            field.setMinimumWidth(44)
            field.value_committed.connect(lambda value, key=key: self._take(key, value))
            self._fields[key] = field
            self._add(label(caption, "dim"), field)
            if key == "width":
                self._ratio = icon_button(
                    "transformRatioButton", "link", "Keep the ratio", tooltip="Keep the ratio; Shift says the opposite",
                    checkable=True,
                )
                self._ratio.toggled.connect(self._set_ratio)
                self._add(self._ratio)
        self._add(
            icon_button(
                "transformFlipLevelButton", "flip", "Flip horizontally", lambda: self._change(lambda p: p.flipped(True))
            ),
            icon_button(
                "transformFlipUprightButton",
                "flip-upright",
                "Flip vertically",
                lambda: self._change(lambda p: p.flipped(False)),
            ),
        )
        self._add_last(
            icon_button(
                "transformLeftButton",
                "rotate-left",
                "Turn left by 90°",
                lambda: self._change(lambda p: p.turned_by(-90.0)),
            ),
            800,
        )
        self._add_last(
            icon_button(
                "transformRightButton",
                "rotate-right",
                "Turn right by 90°",
                lambda: self._change(lambda p: p.turned_by(90.0)),
            ),
            800,
        )
        self._kinds = ComboBox("transformInterpolationBox", "Resampling", "How pixels between pixels are made")
        for kind in Interpolation:
            self._kinds.addItem(kind.value, kind)
        self._kinds.activated.connect(self._set_interpolation)
        self._add_last(self._kinds, 740)
        self._add(
            icon_button("transformResetButton", "undo", "Reset", self._reset, "Back to where it was"),
            icon_button("transformApplyButton", "check", "Apply", tools.confirm_shape, "Apply (Enter)"),
            icon_button("transformCancelButton", "close", "Cancel", tools.drop_shape, "Cancel (Esc)"),
        )
        self._row.addStretch(1)
        tools.edits.draft_changed.connect(lambda _draft: self._show_placement())
        tools.settings.changed.connect(self._show_options)
        self._show_options(tools.settings.get(TransformOptions))
        self._show_placement()

    def _change(self, change: Callable[[Placement], Placement]) -> None:
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
        self._change(lambda placement: with_number(placement, key, value, keeps))

    def _set_ratio(self, keeps: bool) -> None:
        self._tools.settings.put(replace(self._tools.settings.get(TransformOptions), keeps_ratio=keeps))

    def _set_interpolation(self, index: int) -> None:
        options = self._tools.settings.get(TransformOptions)
        self._tools.settings.put(replace(options, interpolation=self._kinds.itemData(index)))

    def _show_options(self, value: object) -> None:
        if isinstance(value, TransformOptions):
            with signals_blocked(self._ratio, self._kinds):
                self._ratio.setChecked(value.keeps_ratio)
                self._kinds.setCurrentIndex(self._kinds.findData(value.interpolation))

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


class CropPart(_Part):
    """Of the crop tool."""

    def __init__(self, tools: ToolController) -> None:
        super().__init__(tools)
        self._ratios = ComboBox("cropRatioBox", "Ratio", "Proportions that the box keeps", shows_name=True)
        for ratio in CropRatio:
            self._ratios.addItem(ratio.value, ratio)
        self._ratios.activated.connect(lambda index: self._put(ratio=self._ratios.itemData(index)))
        self._upright = icon_button(
            "cropUprightButton", "swap", "Turn the ratio", tooltip="Swap width and height of the ratio", checkable=True
        )
        self._upright.toggled.connect(lambda checked: self._put(upright=checked))
        self._width = IntField("cropWidthField", "Width of the crop", 1, MAX_SIDE_PX, "Width, in px")
        self._height = IntField("cropHeightField", "Height of the crop", 1, MAX_SIDE_PX, "Height, in px")
        for field in (self._width, self._height):
            field.setFixedWidth(60)
        self._width.value_committed.connect(lambda value: self._take_size(value, None))
        self._height.value_committed.connect(lambda value: self._take_size(None, value))
        self._add(self._ratios, self._upright, divider(), self._width, label("×", "dim"), self._height, divider())
        self._thirds = self._box(
            "cropThirdsBox", "Thirds", "Lines at thirds of the box", lambda checked: self._put(thirds=checked)
        )
        self._deletes = self._box(
            "cropDeletesBox",
            "Delete what is cut off",
            "Otherwise layers keep it, beyond the edge of the canvas",
            lambda checked: self._put(deletes=checked),
        )
        self._spared.append((self._deletes, 560))
        self._apply = push_button("cropApplyButton", "Crop", tools.confirm_shape, "Crop the canvas (Enter)")
        self._cancel = icon_button(
            "cropCancelButton", "close", "Start over", tools.drop_shape, "The whole canvas again (Esc)"
        )
        self._add(self._apply, self._cancel)
        self._row.addStretch(1)
        tools.edits.draft_changed.connect(lambda _draft: self._show_rect())
        tools.settings.changed.connect(self._show_options)
        self._show_options(tools.settings.get(CropOptions))
        self._show_rect()

    def _put(self, **values: object) -> None:
        options = self._tools.settings.get(CropOptions)
        self._tools.settings.put(replace(options, **values))  # type: ignore[arg-type]

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

    def _show_options(self, value: object) -> None:
        if isinstance(value, CropOptions):
            with signals_blocked(self._ratios, self._upright, self._thirds, self._deletes):
                self._ratios.setCurrentIndex(self._ratios.findData(value.ratio))
                self._upright.setChecked(value.upright)
                self._upright.setEnabled(value.ratio is not CropRatio.FREE)
                self._thirds.setChecked(value.thirds)
                self._deletes.setChecked(value.deletes)


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
