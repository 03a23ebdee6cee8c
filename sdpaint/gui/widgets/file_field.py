"""FileField: the path of a file, typed or chosen; empty: none."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QLineEdit, QWidget

from sdpaint.gui.theme import SPACE
from sdpaint.gui.widgets.controls import describe, icon_button


class FileField(QWidget):
    """A line with a button to choose; `path` is what stands there. `name_filter`: what is offered, as Qt writes it."""

    def __init__(self, object_name: str, name: str, path: str, tooltip: str, name_filter: str) -> None:
        super().__init__()
        self._filter = name_filter
        self._edit = QLineEdit(path)
        describe(self._edit, object_name, name, tooltip)
        self._edit.setPlaceholderText("None")
        self._edit.setClearButtonEnabled(True)
        button = icon_button(f"{object_name}Button", "folder", f"{name}: choose", self._choose, "Choose a file")
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(SPACE)
        layout.addWidget(self._edit, 1)
        layout.addWidget(button)

    @property
    def path(self) -> str:
        """What stands there."""
        return self._edit.text().strip()

    def _choose(self) -> None:
        dialog = QFileDialog(self, "Choose a file", str(Path(self.path).parent) if self.path else "")
        dialog.setObjectName("fileDialog")
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.setNameFilters([self._filter, "All files (*)"])
        dialog.fileSelected.connect(self._edit.setText)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()
