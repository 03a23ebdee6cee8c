"""FilterPanel: what can be set of the filter that is open. It floats beside the picture and is in nobody's way."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QApplication,
    QCheckBox,
    QHBoxLayout,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from sdpaint.controllers.filter_controller import FilterController
from sdpaint.gui.panels.canvas_card import CanvasCard
from sdpaint.gui.theme import SPACE
from sdpaint.gui.widgets.combo_box import ComboBox
from sdpaint.gui.widgets.controls import (
    describe,
    icon_button,
    label,
    push_button,
    signals_blocked,
)
from sdpaint.gui.widgets.curve_editor import CurveEditor
from sdpaint.gui.widgets.histogram import Histogram
from sdpaint.gui.widgets.number_slider import NumberSlider, number_spec
from sdpaint.imaging.filter_table import Filter, Parameter, Values

WIDTH = 304
_CURVE_HEIGHT = 220
_ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)
_MARKS = {"levels": ("black", "white"), "threshold": ("level",)}
"""Which values are marked in the histogram."""


class FilterPanel(CanvasCard):
    """A card at the upper right of the canvas. `beside` is the canvas; the panel is a child of the window."""

    def __init__(self, window: QWidget, beside: QWidget, filters: FilterController) -> None:
        super().__init__(window, beside, "filterPanel", "Filter", WIDTH)
        self._filters = filters
        self._sliders: dict[str, NumberSlider] = {}
        self._switches: dict[str, QCheckBox] = {}
        self._curve: CurveEditor | None = None
        self._channel: ComboBox | None = None
        self._build()
        filters.closed.connect(self._leave)
        filters.values_changed.connect(self._show_values)
        filters.histogram_ready.connect(self._histogram.set_weights)
        filters.applying_changed.connect(self._show_applying)

    def _build(self) -> None:
        self._title = label("", "title")
        close = icon_button(
            "filterCloseButton", "close", "Close the filter", self._filters.cancel, "Leave the layer as it is (Esc)"
        )
        top = QHBoxLayout()
        top.addWidget(self._title, 1)
        top.addWidget(close)
        self._histogram = Histogram("filterHistogram")
        self._scroll = QScrollArea()
        self._scroll.setObjectName("filterScroll")
        self._scroll.setWidgetResizable(True)
        self._scroll.viewport().setAutoFillBackground(False)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._preview = QCheckBox("Preview")
        describe(self._preview, "filterPreviewCheck", "Preview", "Show on the canvas what the layer would become")
        self._preview.toggled.connect(self._filters.set_preview_visible)
        self._reset = push_button(
            "filterResetButton", "Reset", self._reset_values, "The values that the filter comes with", "flat"
        )
        self._apply = push_button(
            "filterApplyButton", "Apply", self._filters.apply, "Filter the layer (Enter)", "primary"
        )
        bottom = QHBoxLayout()
        bottom.setSpacing(2 * SPACE)
        bottom.addWidget(self._preview)
        bottom.addStretch(1)
        bottom.addWidget(self._reset)
        bottom.addWidget(self._apply)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(3 * SPACE, 2 * SPACE, 3 * SPACE, 3 * SPACE)
        layout.setSpacing(2 * SPACE)
        layout.addLayout(top)
        layout.addWidget(self._histogram)
        layout.addWidget(self._scroll)
        layout.addLayout(bottom)

    # ------------------------------------------------------------------------------------------------ showing

    def show_filter(self, spec: Filter) -> None:
        """A filter was opened: show what can be set of it."""
        self._title.setText(spec.label)
        self._histogram.clear()
        self._histogram.setVisible(spec.shows_histogram)
        page = self._controls(spec, self._filters.values)
        self._scroll.setWidget(page)
        page.setAutoFillBackground(False)       # the card shows through
        self._mark()
        with signals_blocked(self._preview):
            self._preview.setChecked(self._filters.shows_preview)
        self._show_applying(False)
        self.show()
        self.place()
        self.raise_()
        first = self._curve or next(iter((*self._sliders.values(), *self._switches.values())), None)
        if first is not None:
            first.setFocus(Qt.FocusReason.OtherFocusReason)

    def _controls(self, spec: Filter, values: Values) -> QWidget:
        self._sliders.clear()
        self._switches.clear()
        self._curve = self._channel = None
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACE)
        curves = [each for each in spec.parameters if each.is_curve]
        if curves:
            self._add_curves(column, spec, curves)
        for each in spec.parameters:
            if each.is_curve:
                continue
            if each.section:
                column.addWidget(label(each.section, "section"))
            if each.is_switch:
                column.addWidget(self._switch(spec, each, values[each.name]))
            else:
                column.addWidget(self._slider(spec, each, values[each.name]))
        column.addStretch(1)
        return page

    def _add_curves(self, column: QVBoxLayout, spec: Filter, curves: list[Parameter]) -> None:
        """One editor for all of them, and a choice of which it shows."""
        channel = ComboBox(f"{_prefix(spec)}_channel", "Channel", "Which curve is shown", shows_name=True)
        for each in curves:
            channel.addItem(each.label, each.name)
        editor = CurveEditor(f"{_prefix(spec)}_curve", "Curve", "From the value that is to the value that it becomes")
        editor.setFixedHeight(_CURVE_HEIGHT)
        channel.currentIndexChanged.connect(lambda _index: self._show_curve())
        editor.curve_changed.connect(lambda curve: self._change(channel.currentData(), curve))
        editor.curve_committed.connect(lambda _curve: self._filters.commit_values())
        self._channel, self._curve = channel, editor
        self._show_curve()
        column.addWidget(channel)
        column.addWidget(editor)

    def _show_curve(self) -> None:
        if self._curve is not None and self._channel is not None:
            self._curve.set_curve(self._filters.values[self._channel.currentData()])

    def _slider(self, spec: Filter, parameter: Parameter, value: float) -> NumberSlider:
        name = f"{parameter.section} {parameter.label}".strip()
        slider = NumberSlider(
            f"{_prefix(spec)}_{parameter.name}", parameter.label, number_spec(parameter), name
        )
        slider.set_value(value)
        slider.value_changed.connect(lambda new, name=parameter.name: self._change(name, new))
        slider.installEventFilter(self)
        slider.value_committed.connect(lambda _value: self._filters.commit_values())
        self._sliders[parameter.name] = slider
        return slider

    def _switch(self, spec: Filter, parameter: Parameter, value: float) -> QCheckBox:
        box = QCheckBox(parameter.label)
        describe(box, f"{_prefix(spec)}_{parameter.name}", parameter.label)
        box.setChecked(bool(value))
        box.toggled.connect(lambda on, name=parameter.name: self._change(name, float(on)))
        box.toggled.connect(lambda _on: self._filters.commit_values())
        self._switches[parameter.name] = box
        return box

    def _change(self, name: str, value: Any) -> None:
        self._filters.set_values(**{name: value})
        self._mark()

    def _reset_values(self) -> None:
        self._filters.reset_values()
        self._show_values()

    def _show_values(self) -> None:
        values = self._filters.values
        for name, slider in self._sliders.items():
            slider.set_value(values[name])
        self._show_curve()
        for name, box in self._switches.items():
            with signals_blocked(box):
                box.setChecked(bool(values[name]))
        self._mark()

    def _mark(self) -> None:
        spec = self._filters.filter
        if spec is not None:
            self._histogram.set_marks([self._filters.values[name] for name in _MARKS.get(spec.id, ())])

    def _show_applying(self, is_applying: bool) -> None:
        for widget in (self._scroll, self._preview, self._reset, self._apply):
            widget.setEnabled(not is_applying)
        # An adjustment layer has taken the values already.
        adjusts = self._filters.adjusts
        self._preview.setVisible(not adjusts)
        self._apply.setText("Done" if adjusts else "Applying…" if is_applying else "Apply")

    def _leave(self) -> None:
        focus = QApplication.focusWidget()
        had_focus = focus is not None and self.isAncestorOf(focus)
        self.hide()
        if had_focus:
            self._beside.setFocus(Qt.FocusReason.OtherFocusReason)

    # ------------------------------------------------------------------------------------------------- place

    def height_within(self, room_px: int) -> int:
        """What can't be seen at once is scrolled to."""
        page = self._scroll.widget()
        wanted = page.sizeHint().height() if page is not None else 0
        self._scroll.setFixedHeight(wanted)
        layout = self.layout()
        assert layout is not None
        spare = layout.totalMinimumSize().height() - room_px
        if spare > 0:
            self._scroll.setFixedHeight(max(40, wanted - spare))
        return layout.totalMinimumSize().height()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(watched, NumberSlider) and event.type() == QEvent.Type.KeyPress:
            # A digit or F2 begins to type; Enter ends that, and the next one applies, as in any dialog.
            assert isinstance(event, QKeyEvent)
            if event.key() in _ENTER and not event.modifiers() & Qt.KeyboardModifier.ControlModifier:
                self._filters.apply()
                return True
        return super().eventFilter(watched, event)

    def escape(self) -> None:
        """The layer stays as it is."""
        self._filters.cancel()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in _ENTER and not isinstance(QApplication.focusWidget(), QPushButton):
            self._filters.apply()
        else:
            super().keyPressEvent(event)


def _prefix(spec: Filter) -> str:
    return f"filter{spec.id[0].upper()}{spec.id[1:]}"
