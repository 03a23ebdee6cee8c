"""PreferencesDialog: built from the schema of the settings; a setting with a label has a row."""

from __future__ import annotations

import typing
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import (
    QAbstractItemView,
    QCheckBox,
    QHBoxLayout,
    QLineEdit,
    QListWidget,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from sdpaint.gui.dialogs.base import Form, resize_on_screen
from sdpaint.gui.dialogs.files import choose_folder
from sdpaint.gui.theme import SPACE
from sdpaint.gui.widgets.combo_box import ComboBox
from sdpaint.gui.widgets.controls import describe, icon_button
from sdpaint.gui.widgets.device_curves import DeviceCurves
from sdpaint.gui.widgets.file_field import FileField
from sdpaint.gui.widgets.number_slider import NumberSlider, NumberSpec
from sdpaint.gui.widgets.pressure_field import PressureField
from sdpaint.settings.schema import SettingInfo, Settings, info, setting_names, setting_type


@dataclass(frozen=True)
class Field:
    """A control of the dialog and how its value is read."""

    widget: QWidget
    read: Callable[[], Any]


class PreferencesDialog(Form):
    """All settings that have a label. `changes` says what differs from what was."""

    def __init__(self, parent: QWidget | None, settings: Settings) -> None:
        super().__init__(parent, "preferencesDialog", "Preferences", "Apply")
        self._before = settings
        self._fields: dict[str, Field] = {}
        for name in setting_names():
            facts = info(name)
            if not facts.label:
                continue
            if facts.is_curve and typing.get_origin(setting_type(name)) is dict:
                curves = DeviceCurves(f"{name}Setting", facts.label, settings)
                field = Field(curves, curves.read)
            else:
                field = _field(name, facts, setting_type(name), getattr(settings, name))
            self._fields[name] = field
            words = facts.help + (". Counts from the next start on" if facts.needs_restart else "")
            self.add_row("" if isinstance(field.widget, QCheckBox) else facts.label, field.widget, words)
        self._make_scrollable()
        resize_on_screen(self, QSize(560, 640))

    @property
    def changes(self) -> dict[str, Any]:
        """Name → value of every setting that was changed."""
        values = {name: field.read() for name, field in self._fields.items()}
        return {name: value for name, value in values.items() if value != getattr(self._before, name)}

    def _make_scrollable(self) -> None:
        """On low screens the rows move, the buttons stay."""
        layout = self.layout()
        assert isinstance(layout, QVBoxLayout)
        layout.removeItem(self.rows)
        self.rows.setParent(None)
        page = QWidget()
        self.rows.setContentsMargins(0, 0, 3 * SPACE, 0)
        page.setLayout(self.rows)
        area = QScrollArea()
        area.setObjectName("preferencesScroll")
        area.setWidgetResizable(True)
        area.setWidget(page)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        layout.insertWidget(0, area, 1)


def _field(name: str, facts: SettingInfo, kind: Any, value: Any) -> Field:
    """The control that suits the type."""
    object_name = f"{name}Setting"
    if kind is bool:
        box = QCheckBox(facts.label)
        describe(box, object_name, facts.label, facts.help)
        box.setChecked(value)
        return Field(box, box.isChecked)
    if isinstance(kind, type) and issubclass(kind, Enum):
        combo = ComboBox(object_name, facts.label, facts.help)
        for choice in kind:
            combo.addItem(facts.choices.get(choice, choice.name.capitalize()), choice)
        combo.setCurrentIndex(combo.findData(value))
        return Field(combo, combo.currentData)
    if kind in (int, float):
        return _number(object_name, facts, kind, value)
    if typing.get_origin(kind) is tuple:
        folders = FolderList(object_name, facts.label, value)
        return Field(folders, lambda: folders.folders)
    if kind is Path:
        folder = FolderField(object_name, facts.label, value)
        return Field(folder, lambda: folder.folder)
    if facts.file_filter:
        file = FileField(object_name, facts.label, value, facts.help, facts.file_filter)
        return Field(file, lambda: file.path)
    if facts.is_curve:
        pressure = PressureField(object_name, facts.label, value, facts.help)
        return Field(pressure, lambda: pressure.text)
    edit = QLineEdit(str(value))
    describe(edit, object_name, facts.label, facts.help)
    return Field(edit, edit.text)


def _number(object_name: str, facts: SettingInfo, kind: type, value: float) -> Field:
    low = facts.minimum if facts.minimum is not None else 0
    high = facts.maximum if facts.maximum is not None else 1_000_000
    wide = high / max(1.0, low) > 100
    spec = NumberSpec(
        low,
        high,
        value,
        unit=f" {facts.unit}" if facts.unit else "",
        decimals=0 if kind is int else 2,
        curve=3 if wide else 1,
    )
    slider = NumberSlider(object_name, facts.label, spec, facts.help, shows_name=False)
    slider.set_value(value)
    return Field(slider, lambda: kind(round(slider.value) if kind is int else slider.value))


class FolderField(QWidget):
    """A folder with a button to choose another."""

    def __init__(self, object_name: str, name: str, folder: Path) -> None:
        super().__init__()
        self._folder = folder
        self._edit = QLineEdit(str(folder))
        describe(self._edit, object_name, name, str(folder))
        self._edit.setReadOnly(True)
        button = icon_button(
            f"{object_name}Button", "folder", f"{name}: choose", self._choose, "Choose a folder"
        )
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(SPACE)
        layout.addWidget(self._edit, 1)
        layout.addWidget(button)

    @property
    def folder(self) -> Path:
        """What is chosen."""
        return self._folder

    def _choose(self) -> None:
        choose_folder(self, self._folder, self._take)

    def _take(self, folder: Path) -> None:
        self._folder = folder
        self._edit.setText(str(folder))
        self._edit.setToolTip(str(folder))


class FolderList(QWidget):
    """Folders that can be added and removed."""

    def __init__(self, object_name: str, name: str, folders: tuple[Path, ...]) -> None:
        super().__init__()
        self._list = QListWidget()
        describe(self._list, object_name, name)
        self._list.setFixedHeight(64)
        self._list.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        for folder in folders:
            self._list.addItem(str(folder))
        buttons = QVBoxLayout()
        buttons.setSpacing(SPACE)
        buttons.addWidget(
            icon_button(f"{object_name}Add", "folder-add", f"{name}: add", self._add, "Add a folder")
        )
        buttons.addWidget(
            icon_button(
                f"{object_name}Remove",
                "trash",
                f"{name}: remove",
                self._remove,
                "Take the folder off the list",
            )
        )
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(SPACE)
        layout.addWidget(self._list, 1)
        layout.addLayout(buttons)

    @property
    def folders(self) -> tuple[Path, ...]:
        """What is on the list."""
        return tuple(Path(self._list.item(row).text()) for row in range(self._list.count()))

    def _add(self) -> None:
        choose_folder(self, None, self._take)

    def _take(self, folder: Path) -> None:
        if folder not in self.folders:
            self._list.addItem(str(folder))

    def _remove(self) -> None:
        self._list.takeItem(self._list.currentRow())
