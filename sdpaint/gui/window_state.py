"""WindowState: where the window stood and how its panels lay, kept with the settings."""

from __future__ import annotations

import base64
import binascii

from PySide6.QtCore import QByteArray
from PySide6.QtWidgets import QMainWindow

from sdpaint.settings.store import SettingsStore

_VERSION = 4
"""Raised when panels change so much that an old layout makes no sense any more."""


def save_window_state(window: QMainWindow, settings: SettingsStore) -> None:
    """Remember geometry and panels."""
    settings.change(
        window_geometry=_text(window.saveGeometry()), window_state=_text(window.saveState(_VERSION))
    )


def restore_window_state(window: QMainWindow, settings: SettingsStore) -> bool:
    """As it was the last time. False where nothing is remembered, or nothing that can be used."""
    geometry = _bytes(settings.settings.window_geometry)
    state = _bytes(settings.settings.window_state)
    if geometry is None or state is None:
        return False
    return window.restoreGeometry(geometry) and window.restoreState(state, _VERSION)


def _text(data: QByteArray) -> str:
    return base64.b64encode(bytes(data.data())).decode("ascii")


def _bytes(text: str) -> QByteArray | None:
    if not text:
        return None
    try:
        return QByteArray(base64.b64decode(text, validate=True))
    except (binascii.Error, ValueError):
        return None  # damaged by hand: the default layout will do
