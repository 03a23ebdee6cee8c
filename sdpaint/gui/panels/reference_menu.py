"""ReferenceMenu: which IP-Adapter reads a reference layer, and in which share of the steps it counts."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QToolButton

from sdpaint.controllers.fitting import Fitting
from sdpaint.document.reference import LayerReference
from sdpaint.gui.widgets.controls import add_to_menu, dress, give_menu
from sdpaint.gui.widgets.number_slider import PERCENT, NumberSlider, NumberSpec

_START = NumberSpec(0.0, 1.0, 0.0, unit=" %", factor=100.0, step=0.01)


class ReferenceMenu(QToolButton):
    """A button in the row of a reference. `change` takes fields of its LayerReference, `end` ends a slider's step."""

    def __init__(
        self, adapters: Fitting, manage: QAction, change: Callable[..., None], end: Callable[[], None]
    ) -> None:
        super().__init__()
        self._adapters, self._manage, self._change, self._end = adapters, manage, change, end
        self._reference = LayerReference()
        tooltip = "Which IP-Adapter reads the reference, and when it counts"
        dress(self, "referenceMenuButton", "brush-settings", "IP-Adapter", tooltip)
        menu = give_menu(self)
        menu.setToolTipsVisible(True)
        self._group = QActionGroup(self)
        self._section = menu.addSection("Read by")
        from_when, till_when = "From which share of the steps on it counts", "Up to which share of the steps it counts"
        self._start = NumberSlider("referenceStartSlider", "Start", _START, from_when)
        self._stop = NumberSlider("referenceEndSlider", "End", PERCENT, till_when)
        self._start.value_changed.connect(self._on_start)
        self._stop.value_changed.connect(self._on_end)
        self._when = menu.addSection("Steps in which it counts")
        for slider in (self._start, self._stop):
            slider.value_committed.connect(lambda _value: self._end())
            add_to_menu(menu, slider)
        menu.aboutToShow.connect(self._adapters.look)
        menu.aboutToShow.connect(self._list)
        adapters.changed.connect(self._list)

    def show_reference(self, reference: LayerReference) -> None:
        """What is set of the layer."""
        self._reference = reference
        self._start.set_value(reference.start)
        self._stop.set_value(reference.end)
        for action in self._group.actions():
            action.setChecked(action.data() == reference.adapter)

    # An end is never before the start: the other one is pushed along.

    def _on_start(self, start: float) -> None:
        self._change(start=start, end=max(start, self._reference.end))

    def _on_end(self, end: float) -> None:
        self._change(start=min(end, self._reference.start), end=end)

    def _list(self) -> None:
        menu = self.menu()
        for action in self._group.actions():
            self._group.removeAction(action)
            menu.removeAction(action)
            action.deleteLater()
        menu.removeAction(self._manage)
        found = self._adapters.found
        chosen = self._reference.adapter
        self._add("Automatic", "", "One that fits the checkpoint, the more exact first")
        for name in found or ():
            self._add(name.replace("&", "&&"), name, "Read the layer through this one")
        if chosen and chosen not in (found or ()):
            self._add(f"{chosen.replace('&', '&&')} (not there)", chosen, "Not installed, or not for this checkpoint")
        if found == ():
            menu.insertAction(self._when, self._manage)

    def _add(self, text: str, name: str, tooltip: str) -> None:
        action = QAction(text, self)
        action.setData(name)
        action.setToolTip(tooltip)
        action.setCheckable(True)
        action.setChecked(name == self._reference.adapter)
        action.setActionGroup(self._group)
        action.triggered.connect(lambda: self._change(adapter=name))
        self.menu().insertAction(self._when, action)
