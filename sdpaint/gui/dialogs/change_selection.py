"""ChangeSelectionDialog: by how many pixels to change the selection's outline, with the outcome on the canvas."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from sdpaint.gui.dialogs.base import Form
from sdpaint.gui.dialogs.selection_preview import SelectionPreview
from sdpaint.gui.widgets.number_slider import NumberSlider, NumberSpec
from sdpaint.imaging.selection import SelectionChange

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


class ChangeSelectionDialog(Form):
    """One number. The outline on the canvas follows it."""

    def __init__(self, parent: QWidget | None, change: SelectionChange, preview: SelectionPreview[int]) -> None:
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
