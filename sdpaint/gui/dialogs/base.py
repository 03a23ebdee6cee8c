"""Form: the frame that all dialogs share: rows of name and field, a line for what is wrong, the buttons."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLayout,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from sdpaint.gui.theme import CONTROL_HEIGHT, SPACE
from sdpaint.gui.widgets.controls import describe, label

_TITLE_BAR = QSize(4, 40)


class Form(QDialog):
    """A window-modal dialog with rows. `open()` it and listen to `accepted`; it deletes itself when closed."""

    def __init__(self, parent: QWidget | None, object_name: str, title: str, accept_text: str) -> None:
        super().__init__(parent)
        self.setObjectName(object_name)
        self.setWindowTitle(title)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.rows = QFormLayout()
        self.rows.setHorizontalSpacing(4 * SPACE)
        self.rows.setVerticalSpacing(2 * SPACE)
        self.rows.setLabelAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignTop)
        self.rows.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        self._buttons = QDialogButtonBox()
        self.accept_button = QPushButton(accept_text)
        describe(self.accept_button, "acceptButton", accept_text, f"{accept_text} (Enter)")
        self.accept_button.setDefault(True)
        cancel = QPushButton("Cancel")
        describe(cancel, "cancelButton", "Cancel", "Close without a change (Esc)")
        self._buttons.addButton(self.accept_button, QDialogButtonBox.ButtonRole.AcceptRole)
        self._buttons.addButton(cancel, QDialogButtonBox.ButtonRole.RejectRole)
        self._buttons.accepted.connect(self.accept)
        self._buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(5 * SPACE, 5 * SPACE, 5 * SPACE, 4 * SPACE)
        layout.setSpacing(4 * SPACE)
        layout.addLayout(self.rows)
        layout.addWidget(self._buttons)

    def add_row(self, name: str, field: QWidget | QLayout, help_text: str = "") -> None:
        """A field with its name before it and, where there is more to say, a small line below."""
        caption = QLabel(name)
        caption.setFixedHeight(CONTROL_HEIGHT)
        if help_text:
            below = QVBoxLayout()
            below.setSpacing(2)
            if isinstance(field, QWidget):
                below.addWidget(field)
            else:
                below.addLayout(field)
            words = label(help_text, "small")
            words.setWordWrap(True)
            below.addWidget(words)
            self.rows.addRow(caption, below)
        else:
            self.rows.addRow(caption, field)


def resize_on_screen(dialog: QWidget, size: QSize) -> None:
    """Make a dialog so large, or as large as its screen allows with a title bar: its buttons stay in reach."""
    dialog.resize(size.boundedTo(dialog.screen().availableSize() - _TITLE_BAR))


def side_by_side(*widgets: QWidget) -> QHBoxLayout:
    """Widgets in a row, packed to the left."""
    row = QHBoxLayout()
    row.setSpacing(2 * SPACE)
    for widget in widgets:
        row.addWidget(widget)
    row.addStretch(1)
    return row
