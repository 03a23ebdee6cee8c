"""DeviceCurves: which stylus has a pressure curve of its own, and that curve."""

from __future__ import annotations

from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QVBoxLayout, QWidget

from sdpaint.gui.theme import SPACE
from sdpaint.gui.widgets.combo_box import ComboBox
from sdpaint.gui.widgets.controls import describe, label, signals_blocked
from sdpaint.gui.widgets.pressure_field import PressureField
from sdpaint.settings.schema import Settings


class DeviceCurves(QWidget):
    """A choice among the styluses that were seen; the field below edits the curve of the chosen one."""

    def __init__(self, object_name: str, name: str, settings: Settings) -> None:
        super().__init__()
        self._curves = dict(settings.device_curves)
        devices = dict.fromkeys((*settings.seen_devices, *settings.device_curves))
        self._common = settings.pressure_curve
        self._device = ComboBox(object_name, name, "Styluses that were used")
        self._device.addItems(list(devices))
        self._has_own = QCheckBox("Curve of its own")
        describe(self._has_own, f"{object_name}Own", "Curve of its own", "Else it follows the curve of all")
        self._field = PressureField(f"{object_name}Curve", f"{name}: curve", "", "What this stylus does to brushes")
        self._shown = ""
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(SPACE)
        if not devices:
            layout.addWidget(label("No stylus was used yet", "dim"))
            for widget in (self._device, self._has_own, self._field):
                widget.setParent(self)
                widget.hide()
            return
        row = QHBoxLayout()
        row.setSpacing(2 * SPACE)
        row.addWidget(self._device, 1)
        row.addWidget(self._has_own)
        layout.addLayout(row)
        layout.addWidget(self._field)
        self._device.currentTextChanged.connect(self._show)
        self._has_own.toggled.connect(self._toggle)
        self._show(self._device.currentText())

    def read(self) -> dict[str, str]:
        """Name of the device → its curve, of those that have their own."""
        self._keep()
        return dict(self._curves)

    def _keep(self) -> None:
        if self._shown in self._curves:
            self._curves[self._shown] = self._field.text

    def _show(self, device: str) -> None:
        self._keep()
        self._shown = device
        with signals_blocked(self._has_own):
            self._has_own.setChecked(device in self._curves)
        self._field.set_text(self._curves.get(device, self._common))
        self._field.setVisible(device in self._curves)

    def _toggle(self, has_own: bool) -> None:
        if has_own:
            self._curves[self._shown] = self._common
        else:
            self._curves.pop(self._shown, None)
        self._show(self._shown)
