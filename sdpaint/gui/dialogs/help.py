"""What the program is, and the keys by which it is driven."""

from __future__ import annotations

import platform

from PySide6.QtCore import Qt, qVersion
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import (
    QDialog,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from sdpaint import __version__
from sdpaint.gui.actions import ACTIONS
from sdpaint.gui.icons import app_icon
from sdpaint.gui.menus import MENUS, Entry
from sdpaint.gui.theme import SPACE, font
from sdpaint.gui.widgets.controls import describe, label

CANVAS_KEYS: tuple[tuple[str, str], ...] = (
    ("Pan", "Space and drag, or the middle button"),
    ("Zoom at the pointer", "Wheel, or pinch"),
    ("Rotate the view", "Shift+Space and drag"),
    ("Pick a colour while painting", "Alt"),
    ("Straight line from the last stroke", "Shift and click"),
)


class AboutDialog(QDialog):
    """Name, version, licence."""

    def __init__(self, parent: QWidget | None, device: str) -> None:
        super().__init__(parent)
        self.setObjectName("aboutDialog")
        self.setWindowTitle("About sdpaint")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        picture = QLabel()
        picture.setPixmap(app_icon().pixmap(72, 72))
        picture.setAccessibleName("sdpaint's icon")
        words = QVBoxLayout()
        words.setSpacing(SPACE)
        name = label("sdpaint", "title")
        name.setFont(font(strong=True))
        words.addWidget(name)
        words.addWidget(label(f"Version {__version__}"))
        words.addWidget(label("Painting, with Stable Diffusion as one of the tools"))
        words.addSpacing(2 * SPACE)
        facts = [
            f"Python {platform.python_version()}",
            f"Qt {qVersion()}",
            device or "The engine hasn't started",
        ]
        for fact in facts:
            words.addWidget(label(fact, "small"))
        words.addWidget(label("Licensed under Apache-2.0", "small"))
        words.addStretch(1)
        close = QPushButton("Close")
        describe(close, "closeAboutButton", "Close", "Close (Esc)")
        close.setDefault(True)
        close.clicked.connect(self.accept)
        top = QHBoxLayout()
        top.setSpacing(5 * SPACE)
        top.addWidget(picture, 0, Qt.AlignmentFlag.AlignTop)
        top.addLayout(words, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(6 * SPACE, 6 * SPACE, 6 * SPACE, 4 * SPACE)
        layout.setSpacing(4 * SPACE)
        layout.addLayout(top)
        layout.addWidget(close, 0, Qt.AlignmentFlag.AlignRight)


class ShortcutsDialog(QDialog):
    """Every key, by menu, with a field to search in."""

    def __init__(self, parent: QWidget | None) -> None:
        super().__init__(parent)
        self.setObjectName("shortcutsDialog")
        self.setWindowTitle("Keyboard shortcuts")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._rows: list[tuple[str, list[QWidget]]] = []
        self._search = QLineEdit()
        describe(self._search, "shortcutSearch", "Search", "Search in the shortcuts")
        self._search.setPlaceholderText("Search")
        self._search.setClearButtonEnabled(True)
        self._search.textChanged.connect(self._filter)
        page = QWidget()
        self._grid = QGridLayout(page)
        self._grid.setContentsMargins(0, 0, 3 * SPACE, 0)
        self._grid.setVerticalSpacing(2 * SPACE)
        self._grid.setHorizontalSpacing(6 * SPACE)
        self._grid.setColumnStretch(0, 1)
        for section, lines in shortcut_lines():
            self._add_section(section, lines)
        self._grid.setRowStretch(self._grid.rowCount(), 1)
        area = QScrollArea()
        area.setObjectName("shortcutsScroll")
        area.setWidgetResizable(True)
        area.setWidget(page)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(5 * SPACE, 4 * SPACE, 5 * SPACE, 4 * SPACE)
        layout.setSpacing(3 * SPACE)
        layout.addWidget(self._search)
        layout.addWidget(area, 1)
        self.resize(560, 600)

    def _add_section(self, section: str, lines: list[tuple[str, str]]) -> None:
        title = label(section, "section")
        row = self._grid.rowCount()
        self._grid.addWidget(title, row, 0, 1, 2)
        self._rows.append((" ".join(name for name, _keys in lines).casefold(), [title]))
        for name, keys in lines:
            row += 1
            words, combination = label(name), label(keys, "dim")
            self._grid.addWidget(words, row, 0)
            self._grid.addWidget(combination, row, 1, Qt.AlignmentFlag.AlignRight)
            self._rows.append((f"{name} {keys}".casefold(), [words, combination]))

    def _filter(self, text: str) -> None:
        for words, widgets in self._rows:
            for widget in widgets:
                widget.setVisible(text.strip().casefold() in words)


def shortcut_lines() -> list[tuple[str, list[tuple[str, str]]]]:
    """(section, [(what, keys)]) as this system writes the keys."""
    specs = {spec.id: spec for spec in ACTIONS}
    sections = []
    for title, entries in MENUS:
        lines = []
        for entry in _flat(entries):
            spec = specs[entry]
            if spec.shortcuts:
                native = (QKeySequence(each) for each in spec.shortcuts)
                keys = " or ".join(each.toString(QKeySequence.SequenceFormat.NativeText) for each in native)
                lines.append((spec.name, keys))
        if lines:
            sections.append((title.replace("&", ""), lines))
    sections.append(("On the canvas", list(CANVAS_KEYS)))
    return sections


def _flat(entries: tuple[Entry, ...]) -> list[str]:
    flat: list[str] = []
    for entry in entries:
        if isinstance(entry, str):
            flat.append(entry)
        elif entry is not None:
            flat += _flat(entry[1])
    return flat
