"""What can be set of selection tools and of the fill tool, as parts of the bar above the canvas."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from PySide6.QtGui import QAction, QResizeEvent
from PySide6.QtWidgets import QButtonGroup, QCheckBox, QHBoxLayout, QWidget

from sdpaint.controllers.tool_controller import ToolController
from sdpaint.gui.theme import SPACE
from sdpaint.gui.widgets.controls import action_button, describe, divider, icon_button, signals_blocked
from sdpaint.gui.widgets.number_slider import PERCENT, NumberSlider, NumberSpec
from sdpaint.imaging.selection import SelectionMode
from sdpaint.tools.base import ToolName
from sdpaint.tools.options import MAX_FEATHER_PX, MAX_GAP_PX, MAX_GROW_PX, FillOptions, SelectionOptions

TOLERANCE = NumberSpec(0, 255, 32)
FEATHER = NumberSpec(0, MAX_FEATHER_PX, 0, unit=" px", curve=2.0, soft_maximum=100)
GAP = NumberSpec(0, MAX_GAP_PX, 0, unit=" px", soft_maximum=32)
GROW = NumberSpec(0, MAX_GROW_PX, 0, unit=" px", soft_maximum=16)
_MOST_WIDTH = 148
_ROOM = 640
"""Below this width, less goes into the bar."""

_MODES = (
    (SelectionMode.REPLACE, "select-new", "New selection", "Each shape is a new selection"),
    (SelectionMode.ADD, "select-add", "Add", "Add each shape to the selection; or hold Shift"),
    (SelectionMode.SUBTRACT, "select-subtract", "Subtract", "Take each shape away; or hold Alt"),
    (SelectionMode.INTERSECT, "select-intersect", "Intersect", "Keep what both have; or hold Shift and Alt"),
)


class _Part(QWidget):
    """Controls in a row, each of which sets one field of the options."""

    _room = _ROOM

    def __init__(self, change: Callable[..., None]) -> None:
        super().__init__()
        self._change = change
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(SPACE)
        self._sliders: dict[str, NumberSlider] = {}
        self._boxes: dict[str, QCheckBox] = {}
        self._spared: tuple[QWidget, ...] = ()
        self._unused: tuple[QWidget, ...] = ()

    def _add_slider(self, field: str, slider: NumberSlider, whole: bool = True) -> None:
        slider.setMaximumWidth(_MOST_WIDTH)
        slider.value_changed.connect(
            lambda value: self._change(**{field: round(value) if whole else value})
        )
        self._sliders[field] = slider
        self._row.addWidget(slider, 1)

    def _add_box(self, field: str, object_name: str, text: str, tooltip: str) -> None:
        box = QCheckBox(text)
        describe(box, object_name, text, tooltip)
        box.toggled.connect(lambda checked: self._change(**{field: checked}))
        self._boxes[field] = box
        self._row.addWidget(box)

    def _put_last(self, *widgets: QWidget) -> None:
        """Widgets that have menus or keys beside them; they and smoothing go where the window is narrow."""
        for widget in widgets:
            self._row.addWidget(widget)
        self._spared = (*widgets, self._boxes["antialias"])

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._make_room()

    def _make_room(self) -> None:
        for widget in self._spared:
            widget.setVisible(self.width() >= self._room and widget not in self._unused)

    def _show_values(self, options: SelectionOptions | FillOptions) -> None:
        for field, slider in self._sliders.items():
            slider.set_value(getattr(options, field))
        for field, box in self._boxes.items():
            with signals_blocked(box):
                box.setChecked(getattr(options, field))


class SelectionPart(_Part):
    """Of the selection tools: what a shape does, its edge, and what the wand takes."""

    def __init__(self, tools: ToolController, actions: Mapping[str, QAction]) -> None:
        super().__init__(lambda **values: tools.set_selection_options(replace(tools.selection_options, **values)))
        self._add_modes()
        self._row.addWidget(divider())
        self._add_slider(
            "tolerance",
            NumberSlider("wandToleranceSlider", "Tolerance", TOLERANCE, "How much colours may differ"),
        )
        self._add_slider(
            "feather_px",
            NumberSlider("selectionFeatherSlider", "Feather", FEATHER, "Softens the edge of new shapes"),
        )
        self._add_box("antialias", "selectionAntialiasBox", "Smooth", "Smooth edges (anti-alias)")
        self._add_box("contiguous", "wandContiguousBox", "Adjacent", "Only what hangs together (contiguous)")
        self._add_box(
            "sample_all_layers", "wandAllLayersBox", "All layers", "Look at what is seen, not at the layer alone"
        )
        self._put_last(
            action_button("optionsSelectionToMaskButton", actions["selectionToMask"]),
            action_button("optionsDeselectButton", actions["deselect"]),
        )
        self._row.addStretch(1)
        tools.selection_options_changed.connect(self._show)
        tools.tool_changed.connect(self._show_tool)
        self._show(tools.selection_options)
        self._show_tool(tools.tool)

    def _add_modes(self) -> None:
        modes = QHBoxLayout()
        modes.setSpacing(0)
        self._group = QButtonGroup(self)
        self._modes: dict[SelectionMode, QWidget] = {}
        for mode, icon_name, name, tooltip in _MODES:
            button = icon_button(f"{mode.value}SelectionButton", icon_name, name, tooltip=tooltip, checkable=True)
            button.clicked.connect(lambda _checked=False, mode=mode: self._change(mode=mode))
            self._group.addButton(button)
            self._modes[mode] = button
            modes.addWidget(button)
        self._row.addLayout(modes)

    def _show_tool(self, tool: ToolName) -> None:
        """Show what counts for this one."""
        is_wand = tool is ToolName.SELECT_ALIKE
        self._sliders["tolerance"].setVisible(is_wand)
        for field in ("contiguous", "sample_all_layers"):
            self._boxes[field].setVisible(is_wand)
        self._unused = (self._boxes["antialias"],) if tool is ToolName.SELECT_RECTANGLE else ()
        self._make_room()

    def _show(self, options: SelectionOptions) -> None:
        self._show_values(options)
        button: Any = self._modes[options.mode]
        button.setChecked(True)


class FillPart(_Part):
    """Of the fill tool."""

    _room = 760

    def __init__(self, tools: ToolController) -> None:
        super().__init__(lambda **values: tools.set_fill_options(replace(tools.fill_options, **values)))
        self._add_slider(
            "tolerance",
            NumberSlider("fillToleranceSlider", "Tolerance", TOLERANCE, "How much colours may differ"),
        )
        self._add_slider(
            "grow_px", NumberSlider("fillGrowSlider", "Grow", GROW, "Spreads the fill beneath the lines around it")
        )
        self._add_slider(
            "gap_px", NumberSlider("fillGapSlider", "Gaps", GAP, "Doesn't leak through gaps of up to this width")
        )
        opacity = NumberSlider(
            "fillOpacitySlider", "Opacity", replace(PERCENT, minimum=0.01), "Opacity of the fill"
        )
        self._add_slider("opacity", opacity, whole=False)
        self._add_box("antialias", "fillAntialiasBox", "Anti-alias", "Smooth edges")
        self._add_box("contiguous", "fillContiguousBox", "Contiguous", "Only what hangs together")
        self._add_box(
            "sample_all_layers", "fillAllLayersBox", "All layers", "Look at what is seen, not at the layer alone"
        )
        self._put_last()
        self._row.addStretch(1)
        tools.fill_options_changed.connect(self._show_values)
        self._show_values(tools.fill_options)
