"""SheetDialog: a contact sheet that was made, to be looked at; its file is there already."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QDialog, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from sdpaint.controllers.picture_table import TableMade
from sdpaint.gui.dialogs.base import resize_on_screen
from sdpaint.gui.theme import SPACE
from sdpaint.gui.widgets.controls import label, push_button
from sdpaint.gui.widgets.picture_view import PictureView


class SheetDialog(QDialog):
    """Not modal: painting goes on beside it. Deletes itself when closed."""

    def __init__(
        self,
        parent: QWidget,
        made: TableMade,
        show_in_folder: Callable[[Path], None],
        copy: Callable[[TableMade], None],
    ) -> None:
        super().__init__(parent)
        self.setObjectName("sheetDialog")
        self.setWindowTitle("Contact sheet")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.view = PictureView("sheetView", "Contact sheet")
        self.view.show_picture(made.sheet)
        name = label(made.path.name, "small")
        name.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        row = QHBoxLayout()
        row.setSpacing(2 * SPACE)
        row.addWidget(name, 1)
        row.addWidget(push_button("sheetCopyButton", "Copy", lambda: copy(made), "Copy the sheet"))
        row.addWidget(
            push_button("sheetFolderButton", "Show in folder", lambda: show_in_folder(made.path), "Open its folder")
        )
        row.addWidget(push_button("sheetCloseButton", "Close", self.close, "Close (Esc)"))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(3 * SPACE, 3 * SPACE, 3 * SPACE, 3 * SPACE)
        layout.setSpacing(2 * SPACE)
        layout.addWidget(self.view, 1)
        layout.addLayout(row)
        for button in self.findChildren(QPushButton):
            button.setAutoDefault(False)    # Enter is for none of them
        resize_on_screen(self, QSize(900, 700))
