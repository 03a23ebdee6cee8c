"""BrushSettings: everything that a brush can be, in a card that opens under the tool options."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import (
    QCheckBox,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QListWidget,
    QListWidgetItem,
    QVBoxLayout,
    QWidget,
)

from sdpaint.controllers.tool_controller import ToolController
from sdpaint.gui.theme import SPACE, set_role
from sdpaint.gui.widgets.combo_box import ComboBox
from sdpaint.gui.widgets.controls import describe, divider, icon_button, label, signals_blocked
from sdpaint.gui.widgets.curve_editor import CurveEditor
from sdpaint.gui.widgets.number_slider import PERCENT, NumberSlider, NumberSpec
from sdpaint.imaging.blend import BlendMode
from sdpaint.imaging.brush import BrushParams
from sdpaint.imaging.dynamics import Driver, Property, Sensor
from sdpaint.imaging.tips import GRAINS, TIPS, Grain, Tip, bundled_tip

ROUND = "Round"
NO_GRAIN = "No paper"

ANGLE = NumberSpec(-180, 180, 0, unit="°", step=1)
SPACING = NumberSpec(0.01, 10.0, 0.1, unit=" %", factor=100.0, step=0.01, soft_maximum=1.0)
ROUNDNESS = NumberSpec(0.02, 1.0, 1.0, unit=" %", factor=100.0, step=0.01)
SCATTER = NumberSpec(0.0, 5.0, 0.0, unit=" %", factor=100.0, step=0.05, soft_maximum=2.0)
FADE = NumberSpec(0.5, 1000.0, 20.0, unit=" sizes", step=1, curve=3, soft_maximum=100.0)
AIRBRUSH = NumberSpec(0.0, 200.0, 0.0, unit=" /s", step=1, soft_maximum=100.0)
GRAIN_SCALE = NumberSpec(0.25, 4.0, 1.0, unit=" %", factor=100.0, step=0.05)
WET = replace(PERCENT, default=0.0)
GRAIN_DEPTH = replace(PERCENT, default=0.5)

PROPERTY_NAMES = {
    Property.SIZE: "Size",
    Property.OPACITY: "Opacity",
    Property.FLOW: "Flow",
    Property.HARDNESS: "Hardness",
    Property.ANGLE: "Angle",
    Property.ROUNDNESS: "Roundness",
    Property.SCATTER: "Scatter",
    Property.SPACING: "Spacing",
    Property.HUE: "Hue",
    Property.SATURATION: "Saturation",
    Property.VALUE: "Brightness",
}
SENSOR_NAMES = {
    Sensor.PRESSURE: "Pressure",
    Sensor.TILT: "Tilt",
    Sensor.TILT_DIRECTION: "Tilt direction",
    Sensor.SPEED: "Speed",
    Sensor.DIRECTION: "Direction of the stroke",
    Sensor.RANDOM: "Random, each dab",
    Sensor.STROKE_RANDOM: "Random, each stroke",
    Sensor.FADE: "Fade along the stroke",
}


class BrushSettings(QFrame):
    """A popup: a click elsewhere closes it."""

    def __init__(self, tools: ToolController, parent: QWidget | None = None) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setObjectName("brushSettings")
        self.setAccessibleName("Brush settings")
        self.setFrameShape(QFrame.Shape.StyledPanel)
        set_role(self, "card")
        self._tools = tools
        layout = QHBoxLayout(self)
        layout.setContentsMargins(3 * SPACE, 3 * SPACE, 3 * SPACE, 3 * SPACE)
        layout.setSpacing(3 * SPACE)
        layout.addLayout(self._shape_part(), 1)
        layout.addWidget(_line())
        layout.addLayout(self._dynamics_part(), 1)
        tools.brush_changed.connect(self._show)
        self._show(tools.brush)

    def sizeHint(self) -> QSize:
        return QSize(620, super().sizeHint().height())

    # -- shape

    def _shape_part(self) -> QVBoxLayout:
        self._tip = _combo("brushTipCombo", "Tip", "What one dab looks like", [ROUND, *map(str.capitalize, TIPS)])
        self._tip.activated.connect(lambda _index: self._take_tip())
        self._mode = _combo(
            "brushBlendCombo", "Mode", "How the stroke meets what is there", [mode.label for mode in BlendMode]
        )
        self._mode.activated.connect(lambda i: self._change(blend_mode=list(BlendMode)[i]))
        self._grain = _combo(
            "brushGrainCombo", "Paper", "Grain that the stroke is laid on", [NO_GRAIN, *map(str.capitalize, GRAINS)]
        )
        self._grain.activated.connect(lambda _index: self._take_grain())
        self._numbers: dict[str, NumberSlider] = {
            "spacing": NumberSlider("brushSpacingSlider", "Spacing", SPACING, "Distance of dabs, of the size"),
            "angle": NumberSlider("brushAngleSlider", "Angle", ANGLE, "Turns the tip clockwise"),
            "roundness": NumberSlider("brushRoundnessSlider", "Roundness", ROUNDNESS, "Squeezes the tip"),
            "scatter": NumberSlider("brushScatterSlider", "Scatter", SCATTER, "Throws dabs off the path"),
            "wet_edge": NumberSlider("brushWetSlider", "Wet edge", WET, "Pigment that gathers at the rim"),
            "smudge": NumberSlider("brushSmudgeSlider", "Smudge", WET, "How far it carries along what it finds"),
            "paint_load": NumberSlider("brushLoadSlider", "Paint", WET, "Own colour that a smudging brush adds"),
            "airbrush_hz": NumberSlider(
                "brushAirbrushSlider", "Airbrush", AIRBRUSH, "Dabs a second while the pointer rests"
            ),
        }
        for field, slider in self._numbers.items():
            slider.value_changed.connect(self._setter(field))
        self._depth = NumberSlider("brushGrainDepthSlider", "Depth", GRAIN_DEPTH, "How much the paper shows")
        self._scale = NumberSlider("brushGrainScaleSlider", "Scale", GRAIN_SCALE, "How coarse the paper is")
        for slider in (self._depth, self._scale):
            slider.value_changed.connect(lambda _value: self._take_grain())
        self._build_up = QCheckBox("Build up where the stroke crosses itself")
        describe(
            self._build_up,
            "brushBuildUpCheck",
            "Build up",
            "Dabs go on to add up; without it a stroke stays below its opacity",
        )
        self._build_up.toggled.connect(lambda on: self._change(build_up=on))
        return self._shape_layout()

    def _shape_layout(self) -> QVBoxLayout:
        layout = QVBoxLayout()
        layout.setSpacing(2 * SPACE)
        layout.addWidget(label("Tip", "section"))
        grid = QGridLayout()
        grid.setSpacing(SPACE)
        grid.addWidget(self._tip, 0, 0)
        grid.addWidget(self._mode, 0, 1)
        for i, slider in enumerate(self._numbers.values()):
            grid.addWidget(slider, 1 + i // 2, i % 2)
        layout.addLayout(grid)
        layout.addWidget(self._build_up)
        layout.addWidget(label("Paper", "section"))
        paper = QGridLayout()
        paper.setSpacing(SPACE)
        paper.addWidget(self._grain, 0, 0, 1, 2)
        paper.addWidget(self._depth, 1, 0)
        paper.addWidget(self._scale, 1, 1)
        layout.addLayout(paper)
        layout.addStretch(1)
        return layout

    # -- dynamics

    def _dynamics_part(self) -> QVBoxLayout:
        self._list = QListWidget()
        describe(self._list, "brushDriversList", "Dynamics", "What drives the brush")
        self._list.setFixedHeight(96)
        self._list.currentRowChanged.connect(lambda _row: self._show_driver())
        self._property = _combo(
            "driverPropertyCombo", "Property", "What of the brush is driven", list(PROPERTY_NAMES.values())
        )
        self._sensor = _combo("driverSensorCombo", "Driven by", "What drives it", list(SENSOR_NAMES.values()))
        for combo in (self._property, self._sensor):
            combo.activated.connect(lambda _index: self._take_driver())
        self._strength = NumberSlider("driverStrengthSlider", "Strength", PERCENT, "How far it is driven")
        self._strength.value_changed.connect(lambda _value: self._take_driver())
        self._curve = CurveEditor("driverCurve", "Curve", "From what the sensor says to what it does")
        self._curve.curve_changed.connect(lambda _curve: self._take_driver())
        self._fade = NumberSlider("brushFadeSlider", "Fade after", FADE, "Where a brush that fades has faded")
        self._fade.value_changed.connect(self._setter("fade_length"))
        head = QHBoxLayout()
        head.addWidget(label("Dynamics", "section"))
        head.addStretch(1)
        head.addWidget(icon_button("addDriverButton", "plus", "Add a driver", self._add_driver))
        self._remove = icon_button("removeDriverButton", "trash", "Remove the driver", self._remove_driver)
        head.addWidget(self._remove)
        layout = QVBoxLayout()
        layout.setSpacing(SPACE)
        layout.addLayout(head)
        layout.addWidget(self._list)
        row = QHBoxLayout()
        row.setSpacing(SPACE)
        row.addWidget(self._property, 1)
        row.addWidget(self._sensor, 2)
        layout.addLayout(row)
        for widget in (self._strength, self._curve, self._fade):
            layout.addWidget(widget)
        return layout

    def _add_driver(self) -> None:
        drivers = self._tools.brush.drivers
        used = {driver.property for driver in drivers if driver.sensor is Sensor.PRESSURE}
        free = next((each for each in Property if each not in used), Property.SIZE)
        self._change(drivers=(*drivers, Driver(free, Sensor.PRESSURE)))
        self._list.setCurrentRow(len(drivers))

    def _remove_driver(self) -> None:
        row, drivers = self._list.currentRow(), self._tools.brush.drivers
        if 0 <= row < len(drivers):
            self._change(drivers=(*drivers[:row], *drivers[row + 1 :]))

    def _take_driver(self) -> None:
        row, drivers = self._list.currentRow(), self._tools.brush.drivers
        if not 0 <= row < len(drivers):
            return
        driver = Driver(
            list(PROPERTY_NAMES)[self._property.currentIndex()],
            list(SENSOR_NAMES)[self._sensor.currentIndex()],
            self._curve.curve,
            self._strength.value,
        )
        self._change(drivers=(*drivers[:row], driver, *drivers[row + 1 :]))

    # -- changes

    def _change(self, **changes: Any) -> None:
        self._tools.set_brush(replace(self._tools.brush, **changes))

    def _setter(self, field: str) -> Callable[[float], None]:
        return lambda value: self._change(**{field: value})

    def _take_tip(self) -> None:
        row = self._tip.currentIndex()
        names = list(TIPS)
        if row == 0:
            self._change(tip=None)
        elif row <= len(names):
            self._change(tip=bundled_tip(names[row - 1]))

    def _take_grain(self) -> None:
        row = self._grain.currentIndex()
        kind = None if row <= 0 else list(GRAINS)[row - 1]
        self._change(grain=None if kind is None else Grain(kind, self._scale.value, self._depth.value))

    # -- showing

    def _show(self, brush: BrushParams) -> None:
        with signals_blocked(self._tip, self._mode, self._grain, self._build_up):
            self._show_tip(brush.tip)
            self._mode.setCurrentIndex(list(BlendMode).index(brush.blend_mode))
            self._grain.setCurrentIndex(0 if brush.grain is None else 1 + list(GRAINS).index(brush.grain.kind))
            self._build_up.setChecked(brush.build_up)
        for field, slider in self._numbers.items():
            slider.set_value(getattr(brush, field))
        self._numbers["paint_load"].setEnabled(brush.smudge > 0.0)
        self._fade.set_value(brush.fade_length)
        if brush.grain is not None:
            self._depth.set_value(brush.grain.depth)
            self._scale.set_value(brush.grain.scale)
        for slider in (self._depth, self._scale):
            slider.setEnabled(brush.grain is not None)
        self._show_drivers(brush.drivers)

    def _show_tip(self, tip: Tip | None) -> None:
        names = list(TIPS)
        while self._tip.count() > 1 + len(names):
            self._tip.removeItem(self._tip.count() - 1)
        if tip is None:
            self._tip.setCurrentIndex(0)
        elif tip.name in TIPS:
            self._tip.setCurrentIndex(1 + names.index(tip.name))
        else:
            self._tip.addItem(tip.name)     # one of the artist's own
            self._tip.setCurrentIndex(self._tip.count() - 1)

    def _show_drivers(self, drivers: tuple[Driver, ...]) -> None:
        row = self._list.currentRow()
        with signals_blocked(self._list):
            while self._list.count() > len(drivers):
                self._list.takeItem(self._list.count() - 1)
            while self._list.count() < len(drivers):
                self._list.addItem(QListWidgetItem())
            for i, driver in enumerate(drivers):
                words = f"{PROPERTY_NAMES[driver.property]} ← {SENSOR_NAMES[driver.sensor]}"
                item = self._list.item(i)
                assert item is not None
                item.setText(words)
            self._list.setCurrentRow(min(max(row, 0), len(drivers) - 1))
        self._fade.setVisible(any(driver.sensor is Sensor.FADE for driver in drivers))
        self._show_driver()

    def _show_driver(self) -> None:
        row, drivers = self._list.currentRow(), self._tools.brush.drivers
        is_one = 0 <= row < len(drivers)
        for widget in (self._property, self._sensor, self._strength, self._curve, self._remove):
            widget.setEnabled(is_one)
        if not is_one:
            return
        driver = drivers[row]
        with signals_blocked(self._property, self._sensor):
            self._property.setCurrentIndex(list(PROPERTY_NAMES).index(driver.property))
            self._sensor.setCurrentIndex(list(SENSOR_NAMES).index(driver.sensor))
        self._strength.set_value(driver.strength)
        self._curve.set_curve(driver.curve)


def _combo(object_name: str, name: str, tooltip: str, items: list[str]) -> ComboBox:
    combo = ComboBox(object_name, name, tooltip)
    combo.addItems(items)
    return combo


def _line() -> QFrame:
    line = divider()
    line.setMinimumHeight(0)
    line.setMaximumHeight(16777215)
    return line
