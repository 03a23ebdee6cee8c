"""OptionPart: controls in a row of the bar above the canvas, each of which sets one field of a tool's options."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from enum import Enum
from typing import Any

from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QAbstractButton, QButtonGroup, QCheckBox, QHBoxLayout, QWidget

from sdpaint.controllers.tool_settings import ToolSettings
from sdpaint.gui.theme import SPACE
from sdpaint.gui.widgets.combo_box import ComboBox
from sdpaint.gui.widgets.controls import describe, icon_button, signals_blocked
from sdpaint.gui.widgets.number_slider import NumberSlider
from sdpaint.imaging.blend import BlendMode

_MOST_WIDTH = 148


class OptionPart(QWidget):
    """What is added first matters most: in a narrow window the last ones go, and before them what gives way."""

    def __init__(self, settings: ToolSettings, kind: type) -> None:
        super().__init__()
        self._settings = settings
        self._kind: type[Any] = kind
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(SPACE)
        self._sliders: dict[str, NumberSlider] = {}
        self._boxes: dict[str, QAbstractButton] = {}
        self._combos: dict[str, tuple[ComboBox, list[Enum]]] = {}
        self._choices: dict[str, dict[Enum, QAbstractButton]] = {}
        self._firm: list[QWidget] = []
        self._yielding: list[QWidget] = []
        self._unused: set[QWidget] = set()

    def add(self, widget: QWidget, stretch: int = 0, gives_way: bool = False) -> None:
        """Any control. `gives_way`: it can be done without, or elsewhere."""
        (self._yielding if gives_way else self._firm).append(widget)
        self._row.addWidget(widget, stretch)

    def add_slider(self, field: str, slider: NumberSlider, whole: bool = False) -> None:
        """A number."""
        slider.setMaximumWidth(_MOST_WIDTH)
        slider.value_changed.connect(lambda value: self.change(**{field: round(value) if whole else value}))
        self._sliders[field] = slider
        self.add(slider, 1)

    def add_box(self, field: str, object_name: str, text: str, tooltip: str, gives_way: bool = False) -> None:
        """Something that is on or off, in words."""
        box = QCheckBox(text)
        describe(box, object_name, text, tooltip)
        self._add_switch(field, box, gives_way)

    def add_toggle(self, field: str, object_name: str, icon_name: str, name: str, tooltip: str = "") -> None:
        """Something that is on or off, as an icon."""
        self._add_switch(field, icon_button(object_name, icon_name, name, tooltip=tooltip, checkable=True), False)

    def _add_switch(self, field: str, button: QAbstractButton, gives_way: bool) -> None:
        button.toggled.connect(lambda checked: self.change(**{field: checked}))
        self._boxes[field] = button
        self.add(button, gives_way=gives_way)

    def add_choice(self, field: str, object_suffix: str, choices: Mapping[Any, tuple[str, str, str]]) -> None:
        """A choice, all of it in sight: its values, each with an icon, a name and a tooltip."""
        holder = QWidget()
        row = QHBoxLayout(holder)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        group = QButtonGroup(holder)
        self._choices[field] = {}
        for value, (icon_name, name, tooltip) in choices.items():
            button = icon_button(f"{value.value}{object_suffix}", icon_name, name, tooltip=tooltip, checkable=True)
            button.clicked.connect(lambda _checked=False, value=value: self.change(**{field: value}))
            group.addButton(button)
            self._choices[field][value] = button
            row.addWidget(button)
        holder.setFixedWidth(row.sizeHint().width())
        self.add(holder)

    def add_combo(
        self,
        field: str,
        object_name: str,
        name: str,
        words: Mapping[Any, str],
        tooltip: str,
        gives_way: bool = False,
    ) -> None:
        """A choice; its values and what they are called."""
        combo, values = ComboBox(object_name, name, tooltip, shows_name=True), list(words)
        combo.addItems(list(words.values()))
        combo.activated.connect(lambda i: self.change(**{field: values[i]}))
        self._combos[field] = (combo, values)
        self.add(combo, gives_way=gives_way)

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
        for field, buttons in self._choices.items():
            buttons[getattr(options, field)].setChecked(True)

    def _follow(self, options: object) -> None:
        if isinstance(options, self._kind):
            self.show_values(options)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._make_room()

    def _make_room(self) -> None:
        room = self.width()
        for widget in (*self._firm, *self._yielding):
            if widget in self._unused:
                widget.setVisible(False)
                continue
            room -= (widget.minimumWidth() or widget.minimumSizeHint().width()) + SPACE
            widget.setVisible(room >= 0)
