"""OptionPart: controls in a row of the bar above the canvas, each of which sets one field of a tool's options."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from enum import Enum
from typing import Any

from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QWidget

from sdpaint.controllers.tool_settings import ToolSettings
from sdpaint.gui.theme import SPACE
from sdpaint.gui.widgets.combo_box import ComboBox
from sdpaint.gui.widgets.controls import describe, signals_blocked
from sdpaint.gui.widgets.number_slider import NumberSlider
from sdpaint.imaging.blend import BlendMode

_MOST_WIDTH = 148


class OptionPart(QWidget):
    """What is added first matters most: where the window is narrow, the last ones give way."""

    def __init__(self, settings: ToolSettings, kind: type) -> None:
        super().__init__()
        self._settings = settings
        self._kind: type[Any] = kind
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(SPACE)
        self._sliders: dict[str, NumberSlider] = {}
        self._boxes: dict[str, QCheckBox] = {}
        self._combos: dict[str, tuple[ComboBox, list[Enum]]] = {}
        self._order: list[QWidget] = []
        self._unused: set[QWidget] = set()

    def add(self, widget: QWidget, stretch: int = 0) -> None:
        """Any control."""
        self._order.append(widget)
        self._row.addWidget(widget, stretch)

    def add_slider(self, field: str, slider: NumberSlider, whole: bool = False) -> None:
        """A number."""
        slider.setMaximumWidth(_MOST_WIDTH)
        slider.value_changed.connect(lambda value: self.change(**{field: round(value) if whole else value}))
        self._sliders[field] = slider
        self.add(slider, 1)

    def add_box(self, field: str, object_name: str, text: str, tooltip: str) -> None:
        """Something that is on or off."""
        box = QCheckBox(text)
        describe(box, object_name, text, tooltip)
        box.toggled.connect(lambda checked: self.change(**{field: checked}))
        self._boxes[field] = box
        self.add(box)

    def add_combo(self, field: str, object_name: str, name: str, words: Mapping[Any, str], tooltip: str) -> None:
        """A choice; its values and what they are called."""
        combo, values = ComboBox(object_name, name, tooltip, shows_name=True), list(words)
        combo.addItems(list(words.values()))
        combo.activated.connect(lambda i: self.change(**{field: values[i]}))
        self._combos[field] = (combo, values)
        self.add(combo)

    def add_blend_modes(self, field: str, object_name: str) -> None:
        """How it meets what is there."""
        words = {mode: mode.label for mode in BlendMode}
        self.add_combo(field, object_name, "Blend", words, "How it meets what is there")

    def finish(self) -> None:
        """All is added."""
        self._row.addStretch(1)
        self._settings.changed.connect(self._follow)
        self.show_values(self._settings.get(self._kind))

    def change(self, **values: Any) -> None:
        """Set fields."""
        self._settings.put(replace(self._settings.get(self._kind), **values))

    def use_only(self, unused: set[QWidget]) -> None:
        """Hide those that don't count now."""
        self._unused = unused
        self._make_room()

    def control(self, field: str) -> QWidget:
        """What sets a field. Raises KeyError."""
        if field in self._combos:
            return self._combos[field][0]
        return self._boxes[field] if field in self._boxes else self._sliders[field]

    def show_values(self, options: Any) -> None:
        """Show these options."""
        for field, slider in self._sliders.items():
            slider.set_value(getattr(options, field))
        for field, box in self._boxes.items():
            with signals_blocked(box):
                box.setChecked(getattr(options, field))
        for field, (combo, values) in self._combos.items():
            with signals_blocked(combo):
                combo.setCurrentIndex(values.index(getattr(options, field)))

    def _follow(self, options: object) -> None:
        if isinstance(options, self._kind):
            self.show_values(options)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._make_room()

    def _make_room(self) -> None:
        room = self.width()
        for widget in self._order:
            if widget in self._unused:
                widget.setVisible(False)
                continue
            room -= (widget.minimumWidth() or widget.minimumSizeHint().width()) + SPACE
            widget.setVisible(room >= 0)
