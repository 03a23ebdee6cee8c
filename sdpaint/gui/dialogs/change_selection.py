"""ChangeSelectionDialog: by how many pixels to change the selection's outline, with the outcome on the canvas."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from sdpaint.controllers.document_controller import DocumentController
from sdpaint.document.document import Document
from sdpaint.document.selection_edits import change_selection
from sdpaint.errors import SdPaintError
from sdpaint.gui.dialogs.base import Form
from sdpaint.gui.widgets.number_slider import NumberSlider, NumberSpec
from sdpaint.imaging.selection import SelectionChange
from sdpaint.worker.background import Background

MAX_PX = 500
_WORDS = {
    SelectionChange.GROW: ("Grow the selection", "Grow", "By", "How far the outline moves out"),
    SelectionChange.SHRINK: (
        "Shrink the selection",
        "Shrink",
        "By",
        "How far the outline moves in; the canvas's edge stays",
    ),
    SelectionChange.FEATHER: ("Feather the selection", "Feather", "By", "How far the edge is softened to each side"),
    SelectionChange.BORDER: ("Border of the selection", "Select", "Width", "Of a band along the outline"),
    SelectionChange.SMOOTH: (
        "Smooth the selection",
        "Smooth",
        "Radius",
        "Corners, bumps and specks smaller than this go",
    ),
}
_amounts: dict[SelectionChange, int] = {}
"""What was chosen last, for the next time."""


class SelectionPreview(QObject):
    """Shows a changed selection as a preview of the document. The latest amount wins; nothing waits for the others."""

    shown = Signal(int)
    """The amount whose outcome is on the canvas."""

    def __init__(
        self,
        documents: DocumentController,
        change: SelectionChange,
        background: Background,
        failed: Callable[[SdPaintError], None],
    ) -> None:
        """`background` outlives the dialog: what it still computes then needn't be waited for."""
        super().__init__()
        self._documents = documents
        self._change = change
        self._background = background
        self._failed = failed
        self._wanted: int | None = None
        self._shown: tuple[int, Document, Document] | None = None
        self._is_computing = False
        self._is_over = False

    def show(self, amount_px: int) -> None:
        """Compute it, after what is being computed now."""
        is_waiting = self._wanted is not None
        self._wanted = amount_px
        if not is_waiting and not self._is_computing:
            self._start()

    def outcome(self, amount_px: int) -> Document | None:
        """The document with this amount where it is on the canvas already; None where it must be computed."""
        if self._shown is None:
            return None
        amount, before, after = self._shown
        return after if amount == amount_px and before is self._documents.committed else None

    def end(self) -> None:
        """The document as it was, unless the outcome was taken."""
        self._is_over = True
        self._documents.cancel_preview()

    def _start(self) -> None:
        amount, self._wanted = self._wanted, None
        if amount is None or self._is_over:
            return
        before, change = self._documents.committed, self._change

        def take(after: Document) -> None:
            self._is_computing = False
            if self._is_over:
                return
            if before is self._documents.committed:
                self._shown = amount, before, after
                self._documents.preview(after)
                self.shown.emit(amount)
            elif self._wanted is None:
                self._wanted = amount
            self._start()

        def fail(error: SdPaintError) -> None:
            self._is_computing = False
            self._failed(error)

        self._is_computing = True
        self._background.run(lambda: change_selection(before, change, amount), take, fail)


class ChangeSelectionDialog(Form):
    """One number. The outline on the canvas follows it."""

    def __init__(self, parent: QWidget | None, change: SelectionChange, preview: SelectionPreview) -> None:
        title, verb, name, help_text = _WORDS[change]
        super().__init__(parent, "changeSelectionDialog", title, verb)
        self._change = change
        self._preview = preview
        preview.setParent(self)
        spec = NumberSpec(1, MAX_PX, 8, unit=" px", curve=2.0, soft_maximum=100)
        self._amount = NumberSlider("selectionAmountSlider", name, spec, help_text, shows_name=False)
        self._amount.setMinimumWidth(220)
        self._amount.set_value(_amounts.get(change, 8))
        self.add_row(name, self._amount, help_text)
        self._amount.value_changed.connect(lambda value: preview.show(round(value)))
        self.finished.connect(self._finish)
        preview.show(self.amount_px)

    @property
    def amount_px(self) -> int:
        """What is chosen."""
        return round(self._amount.value)

    def _finish(self, _result: int) -> None:
        _amounts[self._change] = self.amount_px
        self._preview.end()
