"""RecoveryDialog: which of several pictures to restore after an unexpected end."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QSize
from PySide6.QtWidgets import QDialogButtonBox, QListWidget, QListWidgetItem, QPushButton, QWidget

from sdpaint.document.journal_session import Leftover
from sdpaint.gui.dialogs.base import Form
from sdpaint.gui.theme import CONTROL_HEIGHT, set_role
from sdpaint.gui.widgets.controls import describe, label


class RecoveryDialog(Form):
    """A list with one picture chosen. Restore accepts; Discard takes it off the list; Cancel leaves all for later."""

    def __init__(
        self,
        parent: QWidget | None,
        leftovers: Sequence[Leftover],
        words: Callable[[Leftover], str],
        discard: Callable[[Leftover], object],
    ) -> None:
        """`words` describe one, `discard` is called for each that isn't wanted."""
        super().__init__(parent, "recoveryDialog", "Restore a picture", "Restore")
        self._left = list(leftovers)
        self._discard = discard
        self._list = QListWidget()
        describe(self._list, "recoveryList", "Pictures that can be restored")
        self._list.setMinimumSize(QSize(420, 5 * CONTROL_HEIGHT))
        for leftover in self._left:
            item = QListWidgetItem(words(leftover))
            item.setToolTip(str(leftover.summary.path or "Never saved"))
            item.setSizeHint(QSize(0, CONTROL_HEIGHT))
            self._list.addItem(item)
        self._list.setCurrentRow(0)
        self._list.itemActivated.connect(lambda _item: self.accept())
        caption = label("sdpaint ended unexpectedly. What isn't restored now is offered again at the next start.")
        caption.setWordWrap(True)
        self.rows.addRow(caption)
        self.rows.addRow(self._list)
        button = QPushButton("Discard")
        describe(button, "discardRecoveryButton", "Discard", "Take it off the list for good")
        set_role(button, "danger")
        button.setAutoDefault(False)
        button.clicked.connect(self._discard_chosen)
        self._buttons.addButton(button, QDialogButtonBox.ButtonRole.DestructiveRole)

    @property
    def chosen(self) -> Leftover:
        """The picture to restore."""
        return self._left[self._list.currentRow()]

    def _discard_chosen(self) -> None:
        row = self._list.currentRow()
        leftover = self._left.pop(row)
        self._list.takeItem(row)
        self._discard(leftover)
        if not self._left:
            self.reject()
