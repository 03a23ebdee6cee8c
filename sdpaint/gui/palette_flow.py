"""PaletteFlow: what is asked before something is done with palettes."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QInputDialog, QWidget

from sdpaint.controllers.palettes_controller import PalettesController
from sdpaint.controllers.tool_controller import ToolController
from sdpaint.fileio.palettes.library import PALETTE_FORMATS
from sdpaint.gui.dialogs.files import Asker, FileKind
from sdpaint.gui.messages import Messages

_KINDS = tuple(FileKind(each.name, (suffix,)) for suffix, each in PALETTE_FORMATS.items())


class PaletteFlow(QObject):
    """Names and files of palettes; what went wrong is said."""

    def __init__(
        self,
        palettes: PalettesController,
        tools: ToolController,
        messages: Messages,
        asker: Asker,
        window: QWidget,
    ) -> None:
        super().__init__(window)
        self._palettes = palettes
        self._tools = tools
        self._asker = asker
        self._window = window
        palettes.failed.connect(messages.error)
        palettes.noted.connect(messages.info)

    def add_foreground(self) -> None:
        """The foreground colour into the open palette."""
        self._palettes.add(self._tools.foreground)

    def new(self) -> None:
        """Ask for the name of an empty palette."""
        dialog = self._dialog("New palette", "Palette")
        dialog.textValueSelected.connect(lambda name: self._palettes.new(name))
        dialog.open()

    def rename(self) -> None:
        """Ask for another name of the open palette."""
        current = self._palettes.current
        if current is not None:
            dialog = self._dialog("Rename palette", current.name)
            dialog.textValueSelected.connect(self._palettes.rename)
            dialog.open()

    def from_picture(self) -> None:
        """A palette of what is on the canvas."""
        self._palettes.take_from_picture()

    def open(self) -> None:
        """Ask for a palette file."""
        self._asker.file("Import palette", _KINDS, self._palettes.import_file)

    def save(self) -> None:
        """Ask under which name to write the open palette."""
        current = self._palettes.current
        if current is not None:
            self._asker.name("Export palette", Path(f"{current.name}.gpl"), _KINDS, self._palettes.export_file)

    def _dialog(self, title: str, name: str) -> QInputDialog:
        dialog = QInputDialog(self._window)
        dialog.setObjectName("paletteNameDialog")
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setWindowTitle(title)
        dialog.setLabelText("Name")
        dialog.setTextValue(name)
        return dialog
