"""ToolOptions: the bar above the canvas with what can be set of the tool in hand."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QToolBar, QWidget

from sdpaint.controllers.document_controller import DocumentController
from sdpaint.controllers.generation_controller import GenerationController
from sdpaint.controllers.tool_controller import DEFAULT_BRUSHES, ToolController
from sdpaint.gui.commands import DocumentCommands
from sdpaint.gui.panels.paint_options import CloneCard, StabiliserCard, SymmetryCard, card_button
from sdpaint.gui.panels.tool_parts import make_part
from sdpaint.gui.theme import SPACE
from sdpaint.gui.tool_actions import TOOL_ACTIONS
from sdpaint.gui.widgets.controls import (
    divider,
    follow_keys,
    icon_button,
    label,
    push_button,
    signals_blocked,
    with_key,
)
from sdpaint.gui.widgets.frame_size import FrameSize
from sdpaint.gui.widgets.number_slider import PERCENT, NumberSlider, NumberSpec
from sdpaint.imaging.brush import MAX_SIZE_PX, MIN_SIZE_PX, BrushParams
from sdpaint.imaging.stabiliser import StabiliserKind
from sdpaint.imaging.symmetry import SymmetryKind
from sdpaint.tools.base import ToolName
from sdpaint.tools.options import PaintOptions

SIZE = NumberSpec(MIN_SIZE_PX, MAX_SIZE_PX, 24, unit=" px", step=1, curve=3)
FLOW = replace(PERCENT, minimum=0.01)
_MOST_WIDTH = 168

HINTS: dict[ToolName, str] = {
    ToolName.PAN: "Drag to move the view. While painting, hold Space; the wheel zooms",
}


class ToolOptions(QToolBar):
    """Shows the part that belongs to the tool in hand."""

    def __init__(
        self,
        tools: ToolController,
        documents: DocumentController,
        generation: GenerationController,
        commands: DocumentCommands,
        actions: Mapping[str, QAction],
        warm_textures: Callable[[], None] = lambda: None,
    ) -> None:
        super().__init__("Tool options")
        self.setObjectName("toolOptionsBar")
        self.setAccessibleName("Tool options")
        self.setAllowedAreas(Qt.ToolBarArea.TopToolBarArea | Qt.ToolBarArea.BottomToolBarArea)
        self._tools = tools
        self._warm = warm_textures
        self._name = label("", "title")
        self._name.setFixedWidth(96)
        self._brush = self._brush_part()
        self._make_frame = lambda: self._frame_part(documents, generation, commands, actions["fitFrame"])
        self._make_part = lambda tool: make_part(tool, tools, actions)
        self._parts: dict[ToolName, QWidget] = {}
        """By the tool; those that were needed so far."""
        self._hint = label("", "dim")
        parts = QWidget()
        self._row = QHBoxLayout(parts)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(2 * SPACE)
        self._row.addWidget(self._name)
        self._row.addWidget(self._brush, 1)
        self._row.addWidget(self._hint, 1)
        parts.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.addWidget(parts)
        tools.tool_changed.connect(self._show_tool)
        tools.brush_changed.connect(self._show_brush)
        tools.paint_options_changed.connect(self._show_paint_options)
        self._show_tool(tools.tool)

    def _brush_part(self) -> QWidget:
        part = QWidget()
        self._size = NumberSlider("brushSizeSlider", "Size", SIZE, "Diameter of the brush; [ and ] change it")
        self._hardness = NumberSlider("brushHardnessSlider", "Hardness", PERCENT, "How sharp the edge is")
        self._opacity = NumberSlider("brushOpacitySlider", "Opacity", FLOW, "What a whole stroke can reach")
        self._flow = NumberSlider("brushFlowSlider", "Flow", FLOW, "What one dab lays down")
        self._sliders: dict[str, NumberSlider] = {
            "size_px": self._size,
            "hardness": self._hardness,
            "opacity": self._opacity,
            "flow": self._flow,
        }
        layout = QHBoxLayout(part)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(SPACE)
        for field, slider in self._sliders.items():
            slider.value_changed.connect(self._setter(field))
            slider.setMaximumWidth(_MOST_WIDTH)
            layout.addWidget(slider, 1)
        self._pressure_size = icon_button(
            "pressureSizeButton", "pressure-size", "Pressure sets the size", checkable=True
        )
        self._pressure_opacity = icon_button(
            "pressureOpacityButton", "pressure-opacity", "Pressure sets the opacity", checkable=True
        )
        self._pressure_size.toggled.connect(self._setter("pressure_size"))
        self._pressure_opacity.toggled.connect(self._setter("pressure_opacity"))
        layout.addWidget(self._pressure_size)
        layout.addWidget(self._pressure_opacity)
        layout.addWidget(divider())
        self._settings_button = card_button(
            "brushSettingsButton",
            "brush-settings",
            "Brush settings",
            self._brush_settings,
            "Brush settings: tip, paper, and what drives the brush",
        )
        self._settings_button.clicked.connect(lambda _checked=False: self._warm())
        self._stabiliser_button = card_button(
            "stabiliserButton",
            "stabiliser",
            "Stabiliser",
            lambda: StabiliserCard(self._tools, self),
            "Stabiliser: takes the trembling out",
        )
        self._symmetry_button = card_button(
            "symmetryButton",
            "symmetry",
            "Symmetry",
            lambda: SymmetryCard(self._tools, self),
            "Symmetry, and edges that meet",
        )
        self._clone = card_button(
            "cloneOptionsButton",
            "clone",
            "Clone options",
            lambda: CloneCard(self._tools, self),
            "Clone options: where copies come from",
        )
        layout.addWidget(self._clone)
        for button in (self._settings_button, self._stabiliser_button, self._symmetry_button):
            layout.addWidget(button)
        layout.addStretch(1)
        return part

    def _brush_settings(self) -> QWidget:
        from sdpaint.gui.panels.brush_settings import BrushSettings

        return BrushSettings(self._tools, self)

    def _part_of(self, tool: ToolName) -> QWidget | None:
        """What the tool has besides a brush; made when it is first needed."""
        if tool not in self._parts:
            part = self._make_frame() if tool is ToolName.FRAME else self._make_part(tool)
            if part is None:
                return None
            self._row.addWidget(part, 1)
            self._parts |= dict.fromkeys((each for each in ToolName if each.selects) if tool.selects else (tool,), part)
        return self._parts[tool]

    def _frame_part(
        self,
        documents: DocumentController,
        generation: GenerationController,
        commands: DocumentCommands,
        fit_action: QAction,
    ) -> QWidget:
        part = QWidget()
        layout = QHBoxLayout(part)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2 * SPACE)
        layout.addWidget(FrameSize("tool", documents, generation, commands))
        layout.addWidget(divider())
        fit = push_button("fitFrameButton", "Fit to canvas", commands.fit_frame_to_canvas)
        follow_keys(fit_action, lambda key: fit.setToolTip(with_key("Frame the whole canvas", key)))
        layout.addWidget(fit)
        layout.addWidget(label("Shift keeps the proportions", "dim"))
        layout.addStretch(1)
        return part

    def _setter(self, field: str) -> Callable[[float | bool], None]:
        def take(value: float | bool) -> None:
            self._tools.set_brush(replace(self._tools.brush, **{field: value}))  # type: ignore[arg-type]

        return take

    def _show_tool(self, tool: ToolName) -> None:
        self._name.setText(next(spec.name for spec in TOOL_ACTIONS if spec.value is tool))
        self._brush.setVisible(tool.has_brush)
        self._clone.setVisible(tool is ToolName.CLONE)
        own = self._part_of(tool)
        for part in self._parts.values():
            part.setVisible(part is own)
        self._hint.setVisible(tool in HINTS)
        self._hint.setText(HINTS.get(tool, ""))
        if tool.has_brush:
            self._take_defaults(DEFAULT_BRUSHES[tool])
            self._show_brush(self._tools.brush)

    def _take_defaults(self, brush: BrushParams) -> None:
        """What a double click goes back to."""
        for field, slider in self._sliders.items():
            slider.set_spec(replace(slider.spec, default=getattr(brush, field)))

    def _show_paint_options(self, options: PaintOptions) -> None:
        self._stabiliser_button.setChecked(options.stabilising.kind is not StabiliserKind.NONE)
        self._symmetry_button.setChecked(options.wraps or options.symmetry.kind is not SymmetryKind.NONE)

    def _show_brush(self, brush: BrushParams) -> None:
        self._settings_button.setChecked(not brush.is_plain)
        self._hardness.setEnabled(brush.tip is None)    # a texture has a hardness of its own
        for field, slider in self._sliders.items():
            slider.set_value(getattr(brush, field))
        with signals_blocked(self._pressure_size, self._pressure_opacity):
            self._pressure_size.setChecked(brush.pressure_size)
            self._pressure_opacity.setChecked(brush.pressure_opacity)

    def sizeHint(self) -> QSize:
        return QSize(super().sizeHint().width(), 44)

    def contextMenuEvent(self, event: object) -> None:
        """Nothing: Qt's menu would offer to hide the bar for good."""
