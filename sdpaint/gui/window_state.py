"""WindowState: where the window stood and how its panels lay, kept with the settings."""

from __future__ import annotations

import base64
import binascii

from PySide6.QtCore import QByteArray
from PySide6.QtWidgets import QMainWindow

from sdpaint.settings.store import SettingsStore

STATE_VERSION = 5
"""Raised when panels change so much that an old layout makes no sense any more."""


def save_window_state(window: QMainWindow, settings: SettingsStore) -> None:
    """Remember geometry and panels."""
    settings.change(
        window_geometry=text_of_state(window.saveGeometry()),
        window_state=text_of_state(window.saveState(STATE_VERSION)),
    )


def restore_window_state(window: QMainWindow, settings: SettingsStore) -> bool:
    """As it was the last time. False where nothing is remembered, or nothing that can be used."""
    geometry = state_of_text(settings.settings.window_geometry)
    state = state_of_text(settings.settings.window_state)
    if geometry is None or state is None:
        return False
    return window.restoreGeometry(geometry) and window.restoreState(state, STATE_VERSION)


def text_of_state(data: QByteArray) -> str:
    """As it is kept with the settings."""
    return base64.b64encode(bytes(data.data())).decode("ascii")


def state_of_text(text: str) -> QByteArray | None:
    """None where there is none, or none that can be used."""
    if not text:
        return None
    try:
        return QByteArray(base64.b64decode(text, validate=True))
    except (binascii.Error, ValueError):
        return None  # damaged by hand: the default layout will do
