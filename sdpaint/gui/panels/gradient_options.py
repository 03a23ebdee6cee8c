"""What can be set of the gradient tool: a part of the bar above the canvas, and the card with presets and stops."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPalette, QPen
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QVBoxLayout, QWidget

from sdpaint.controllers.tool_controller import ToolController
from sdpaint.gui.panels.option_part import OptionPart
from sdpaint.gui.panels.paint_options import Card, card_button
from sdpaint.gui.theme import CONTROL_HEIGHT, SPACE
from sdpaint.gui.widgets.color_wheel import ColorWheel
from sdpaint.gui.widgets.combo_box import ComboBox
from sdpaint.gui.widgets.controls import describe, divider, icon_button, push_button, signals_blocked
from sdpaint.gui.widgets.fields import HexField
from sdpaint.gui.widgets.gradient_bar import GradientBar, GradientSheet, gradient_pixmap
from sdpaint.gui.widgets.images import draw_checkerboard
from sdpaint.gui.widgets.number_slider import PERCENT, NumberSlider
from sdpaint.imaging.color import Color
from sdpaint.imaging.color_models import Hsv
from sdpaint.imaging.gradient import PRESETS, GradientRepeat, GradientShape, Preset, Stop, Stops
from sdpaint.tools.options import GradientOptions, Target

SHAPE_NAMES = {
    GradientShape.LINEAR: "Linear",
    GradientShape.RADIAL: "Radial",
    GradientShape.ANGULAR: "Angular",
    GradientShape.REFLECTED: "Reflected",
    GradientShape.DIAMOND: "Diamond",
}
REPEAT_NAMES = {
    GradientRepeat.NONE: "Ends with its last colour",
    GradientRepeat.REPEAT: "Begins again",
    GradientRepeat.MIRROR: "Goes back and forth",
}
TARGET_NAMES = {Target.LAYER: "Layer", Target.MASK: "Inpaint mask"}
OWN = "Own"
"""What a gradient is called that isn't a preset."""
_WIDTH = 284


class GradientPart(OptionPart):
    """Of the gradient tool."""

    def __init__(self, tools: ToolController) -> None:
        super().__init__(tools.settings, GradientOptions)
        self._tools = tools
        self._button = card_button(
            "gradientButton",
            "gradient",
            "Gradient",
            lambda: GradientCard(tools, self),
            "Gradient: presets and stops",
        )
        self._swatch = _Swatch()
        self._swatch.setParent(self._button)
        self._button.setFixedSize(84, CONTROL_HEIGHT)
        self._swatch.setGeometry(4, 4, 76, CONTROL_HEIGHT - 8)
        self.add(self._button)
        self.add_combo("shape", "gradientShapeCombo", "Type", SHAPE_NAMES, "How the colours run")
        self.add_slider(
            "opacity", NumberSlider("gradientOpacitySlider", "Opacity", replace(PERCENT, minimum=0.01), "Opacity")
        )
        self.add_box("reverse", "gradientReverseBox", "Reverse", "From the last colour to the first")
        self.add_blend_modes("blend_mode", "gradientBlendCombo")
        self.add_combo("target", "gradientTargetCombo", "On", TARGET_NAMES, "What it is laid on")
        self.finish()
        tools.colors_changed.connect(lambda: self.show_values(tools.settings.get(GradientOptions)))

    def show_values(self, options: Any) -> None:
        """Show these options."""
        super().show_values(options)
        stops = options.preset.stops_for(self._tools.foreground, self._tools.background)
        self._swatch.set_stops(tuple(replace(each, position=1 - each.position) for each in stops)
                               if options.reverse else stops)
        self._button.setChecked(False)


class _Swatch(QWidget):
    """The gradient in use, on its button."""

    def __init__(self) -> None:
        super().__init__()
        self._stops: Stops = PRESETS[2].stops or ()
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)

    def set_stops(self, stops: Stops) -> None:
        if stops != self._stops:
            self._stops = stops
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        draw_checkerboard(painter, self.rect())
        painter.drawPixmap(0, 0, gradient_pixmap(self._stops, self.size(), self.devicePixelRatioF()))
        painter.setPen(QPen(self.palette().color(QPalette.ColorRole.Mid), 1))
        painter.drawRect(self.rect().adjusted(0, 0, -1, -1))


class GradientCard(Card):
    """Presets, the stops of the gradient in use, and what comes beyond its end."""

    def __init__(self, tools: ToolController, parent: QWidget | None = None) -> None:
        super().__init__("gradientCard", "Gradient", parent)
        self.setFixedWidth(_WIDTH)
        self._tools = tools
        self._hsv = Hsv()
        self._presets = GradientSheet("gradientPresets", "Presets")
        self._presets.picked.connect(self._pick)
        self._bar = GradientBar(self._stops())
        self._bar.stops_changed.connect(self._take_stops)
        self._bar.chosen_changed.connect(self._show_stop)
        self._position = NumberSlider("stopPositionSlider", "Place", PERCENT, "Where the stop lies")
        self._position.value_changed.connect(lambda value: self._bar.change_chosen(position=value))
        self._alpha = NumberSlider("stopOpacitySlider", "Opacity", PERCENT, "Opacity of the stop")
        self._alpha.value_changed.connect(self._take_alpha)
        self._wheel = ColorWheel(self._hsv)
        self._wheel.setObjectName("stopWheel")
        self._wheel.setFixedSize(120, 120)
        self._wheel.color_changed.connect(self._take_color)
        self._hex = HexField()
        self._hex.setObjectName("stopHexEdit")
        self._hex.color_entered.connect(self._take_color)
        self._repeat = ComboBox("gradientRepeatCombo", "Beyond the end", "What comes beyond the end of the drag")
        self._repeat.addItems(list(REPEAT_NAMES.values()))
        self._repeat.activated.connect(lambda i: self._change(repeat=list(REPEAT_NAMES)[i]))
        self._dither = QCheckBox("Dither: no bands")
        describe(self._dither, "gradientDitherBox", "Dither", "Mixes neighbouring levels, so that no bands are seen")
        self._dither.toggled.connect(lambda on: self._change(dither=on))
        self._lay_out()
        tools.settings.changed.connect(self._show)
        tools.colors_changed.connect(lambda: self._show(tools.settings.get(GradientOptions)))
        self._show(tools.settings.get(GradientOptions))
        self._show_stop(self._bar.chosen)

    def _lay_out(self) -> None:
        beside = QVBoxLayout()
        beside.setSpacing(SPACE)
        beside.addWidget(self._hex)
        for slider in (self._position, self._alpha):
            beside.addWidget(slider)
        beside.addWidget(
            push_button("stopForegroundButton", "Foreground", self._take_foreground, "The colour in hand for this stop")
        )
        beside.addStretch(1)
        row = QHBoxLayout()
        row.setSpacing(2 * SPACE)
        row.addWidget(self._wheel)
        row.addLayout(beside, 1)
        stop = QWidget()
        stop.setLayout(row)
        row.setContentsMargins(0, 0, 0, 0)
        below = QHBoxLayout()
        below.setContentsMargins(0, 0, 0, 0)
        below.setSpacing(SPACE)
        below.addWidget(self._dither, 1)
        self._forget = icon_button("forgetGradientButton", "trash", "Forget this preset of your own", self._forget_it)
        self._keep = push_button("keepGradientButton", "Keep", self._keep_it, "Keep it as a preset of your own")
        below.addWidget(self._forget)
        below.addWidget(self._keep)
        last = QWidget()
        last.setLayout(below)
        for widget in (self._presets, divider(vertical=False), self._bar, stop, self._repeat, last):
            self.add(widget)

    # -- showing

    def _options(self) -> GradientOptions:
        return self._tools.settings.get(GradientOptions)

    def _stops(self, preset: Preset | None = None) -> Stops:
        preset = self._options().preset if preset is None else preset
        return preset.stops_for(self._tools.foreground, self._tools.background)

    def _all(self) -> tuple[Preset, ...]:
        return (*PRESETS, *self._options().own)

    def _show(self, options: object) -> None:
        if not isinstance(options, GradientOptions):
            return
        presets = self._all()
        chosen = presets.index(options.preset) if options.preset in presets else None
        self._presets.set_items(tuple((each.name, self._stops(each)) for each in presets), chosen)
        self._bar.set_stops(self._stops())
        with signals_blocked(self._repeat, self._dither):
            self._repeat.setCurrentIndex(list(REPEAT_NAMES).index(options.repeat))
            self._dither.setChecked(options.dither)
        self._forget.setVisible(chosen is not None and chosen >= len(PRESETS))
        self._keep.setEnabled(chosen is None)
        self.adjustSize()

    def _show_stop(self, stop: Stop) -> None:
        self._position.set_value(stop.position)
        self._alpha.set_value(stop.color.alpha / 255)
        opaque = replace(stop.color, alpha=255)
        self._hsv.take(opaque)
        self._wheel.refresh()
        self._hex.set_color(opaque)

    # -- changes

    def _change(self, **changes: Any) -> None:
        self._tools.settings.put(replace(self._options(), **changes))

    def _pick(self, i: int) -> None:
        self._change(preset=self._all()[i])
        self._show_stop(self._bar.chosen)

    def _take_stops(self, stops: Stops) -> None:
        self._change(preset=Preset(OWN, stops))

    def _take_color(self, color: Color) -> None:
        self._bar.change_chosen(replace(color, alpha=self._bar.chosen.color.alpha))

    def _take_foreground(self) -> None:
        self._take_color(self._tools.foreground)

    def _take_alpha(self, value: float) -> None:
        self._bar.change_chosen(replace(self._bar.chosen.color, alpha=round(255 * value)))

    def _keep_it(self) -> None:
        options = self._options()
        if options.preset not in self._all():
            preset = Preset(f"{OWN} {len(options.own) + 1}", self._stops())
            self._change(preset=preset, own=(*options.own, preset))

    def _forget_it(self) -> None:
        options = self._options()
        own = tuple(each for each in options.own if each != options.preset)
        self._change(preset=Preset(OWN, options.preset.stops), own=own)

    def sizeHint(self) -> QSize:
        return QSize(_WIDTH, super().sizeHint().height())
