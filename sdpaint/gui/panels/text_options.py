"""What can be set of the text tool, as a part of the bar above the canvas."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from PySide6.QtGui import QShowEvent

from sdpaint.controllers.tool_controller import ToolController
from sdpaint.gui.panels.option_part import OptionPart
from sdpaint.gui.widgets.combo_box import ComboBox
from sdpaint.gui.widgets.controls import signals_blocked
from sdpaint.gui.widgets.number_slider import NumberSlider, NumberSpec
from sdpaint.imaging.typeset import families
from sdpaint.imaging.words import MAX_TEXT_PX, MIN_TEXT_PX, TextAlign, TextStyle

SIZE = NumberSpec(MIN_TEXT_PX, MAX_TEXT_PX, 48, unit=" px", curve=2.5, soft_maximum=400)
LINE_HEIGHT = NumberSpec(0.3, 5.0, 1.0, unit=" %", factor=100.0, step=0.05, soft_maximum=2.0)
SPACING = NumberSpec(-100.0, 1000.0, 0.0, unit=" px", decimals=1, step=0.5, soft_maximum=50.0)
WEIGHTS = {300: "Light", 400: "Regular", 500: "Medium", 600: "Semibold", 700: "Bold", 900: "Black"}
ALIGNS = {
    TextAlign.LEFT: ("align-left", "Align left", ""),
    TextAlign.CENTER: ("align-center", "Centre", ""),
    TextAlign.RIGHT: ("align-right", "Align right", ""),
}
_FAMILY_WIDTH = 170


class TextPart(OptionPart):
    """Of the text tool. Its colour is the foreground."""

    def __init__(self, tools: ToolController) -> None:
        super().__init__(tools.settings, TextStyle)
        self._family = ComboBox("textFamilyCombo", "Font", "Font of the text")
        self._family.setFixedWidth(_FAMILY_WIDTH)
        self._family.activated.connect(lambda i: self.change(family=self._family.itemText(i)))
        self.add(self._family)
        self.add_slider("size_px", NumberSlider("textSizeSlider", "Size", SIZE, "Size of the font"), whole=True)
        self.add_combo("weight", "textWeightCombo", "Weight", WEIGHTS, "How bold the letters are")
        self.add_toggle("italic", "textItalicButton", "italic", "Italic")
        self.add_choice("align", "AlignButton", ALIGNS)
        line_height = NumberSlider("textLineHeightSlider", "Lines", LINE_HEIGHT, "Distance of lines")
        self.add_slider("line_height", line_height)
        spacing = NumberSlider("textSpacingSlider", "Letters", SPACING, "Space between letters")
        self.add_slider("letter_spacing_px", spacing)
        self.finish()

    def showEvent(self, event: QShowEvent) -> None:
        # Looking at all fonts of a machine takes a while that a start shouldn't.
        if not self._family.count():
            with signals_blocked(self._family):
                self._family.addItems(list(families()))
            self.show_values(self._settings.get(TextStyle))
        super().showEvent(event)

    def show_values(self, options: Any) -> None:
        """Show these options. A font that isn't here is listed all the same: the text has it."""
        weight = min(WEIGHTS, key=lambda each: abs(each - options.weight))
        super().show_values(replace(options, weight=weight))
        with signals_blocked(self._family):
            if self._family.count() and self._family.findText(options.family) < 0:
                self._family.addItem(options.family)
            self._family.setCurrentIndex(self._family.findText(options.family))
