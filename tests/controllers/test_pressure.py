"""Pressure curves by device, from the event to what tools feel, and in the preferences."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from sdpaint.controllers.pressure import PressureCurves
from sdpaint.gui.dialogs.preferences import PreferencesDialog
from sdpaint.imaging.dynamics import FALLING, LINEAR, SOFT
from sdpaint.imaging.geometry import Point
from sdpaint.settings.schema import Settings, from_json, to_json
from sdpaint.tools.base import PointerEvent


def event(device: str, pressure: float = 0.25) -> PointerEvent:
    return PointerEvent(Point(0, 0), pressure, has_pressure=True, device=device)


def test_a_device_with_a_curve_of_its_own_doesnt_follow_the_common_one(qapp):
    curves = PressureCurves()
    curves.set_curves(SOFT, {"Tablet B": FALLING, "Tablet C": LINEAR})
    assert curves.felt(event("Tablet A")).pressure == pytest.approx(SOFT.at(0.25))
    assert curves.felt(event("Tablet B")).pressure == pytest.approx(FALLING.at(0.25))
    assert curves.felt(event("Tablet C")).pressure == pytest.approx(0.25, abs=0.005)


def test_straight_curves_and_mice_change_nothing(qapp):
    curves = PressureCurves()
    sample = event("Tablet")
    assert curves.felt(sample) is sample
    curves.set_curves(SOFT, {})
    mouse = PointerEvent(Point(0, 0))
    assert curves.felt(mouse) is mouse


def test_a_stylus_is_announced_once(qapp):
    curves, seen = PressureCurves(), []
    curves.device_seen.connect(seen.append)
    curves.know(("Old",))
    for name in ("Old", "New", "New", ""):
        curves.note(event(name))
    curves.note(PointerEvent(Point(0, 0), device="Mouse"))
    assert seen == ["New"]


def test_preferences_give_a_stylus_a_curve_and_take_it_away(qtbot):
    dialog = PreferencesDialog(None, replace(Settings(), seen_devices=("Intuos", "Cintiq"), pressure_curve=SOFT.text))
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)
    qtbot.addWidget(dialog)
    own = dialog.findChild(QWidget, "device_curvesSettingOwn")
    devices = dialog.findChild(QWidget, "device_curvesSetting")
    devices.setCurrentText("Cintiq")
    assert dialog.changes == {}
    own.click()
    assert dialog.changes == {"device_curves": {"Cintiq": SOFT.text}}
    dialog.findChild(QWidget, "device_curvesSettingCurveReset").click()
    devices.setCurrentText("Intuos")
    assert not own.isChecked()
    assert dialog.changes == {"device_curves": {"Cintiq": ""}}
    devices.setCurrentText("Cintiq")
    assert own.isChecked()
    own.click()
    assert dialog.changes == {}


def test_curves_and_devices_are_kept_with_the_settings():
    settings = replace(Settings(), seen_devices=("Intuos",), device_curves={"Intuos": FALLING.text})
    assert from_json(json.loads(json.dumps(to_json(settings))))[0] == settings
