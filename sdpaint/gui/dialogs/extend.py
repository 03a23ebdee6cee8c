"""ExtendDialog: by how much the picture is to be continued on each side."""

from __future__ import annotations

from enum import Enum

from PySide6.QtWidgets import QWidget

from sdpaint.document.document import MAX_SIDE_PX
from sdpaint.gui.dialogs.base import Form, side_by_side
from sdpaint.gui.widgets.combo_box import ComboBox
from sdpaint.gui.widgets.controls import label
from sdpaint.gui.widgets.fields import IntField
from sdpaint.imaging.geometry import Rect, Size

_MULTIPLE = 8


class ExtendUnit(Enum):
    """What the numbers mean; the value is what the artist reads."""

    PIXELS = "Pixels"
    PERCENT = "Per cent"


class ExtendDialog(Form):
    """Four sides, in pixels or shares of the canvas."""

    def __init__(self, parent: QWidget | None, size: Size) -> None:
        super().__init__(parent, "extendDialog", "Extend by", "Extend")
        self._size = size
        self._fields = {
            side: IntField(f"extend{side}", side, 0, MAX_SIDE_PX, f"How far to continue the picture: {side.lower()}")
            for side in ("Left", "Top", "Right", "Bottom")
        }
        self._unit = ComboBox("extendUnit", "Unit", "Pixels, or shares of the canvas")
        for unit in ExtendUnit:
            self._unit.addItem(unit.value, unit)
        self._unit.setCurrentText(ExtendUnit.PERCENT.value)
        self._result = label("", "dim")
        for side, field in self._fields.items():
            field.set_value(25 if side == "Right" else 0)
            field.setFixedWidth(80)
            field.value_committed.connect(self._refresh)
        self._unit.currentIndexChanged.connect(self._refresh)
        for side, field in self._fields.items():
            self.add_row(side, side_by_side(field))
        self.add_row("In", side_by_side(self._unit))
        self.add_row("New size", self._result, "The prompt says what continues there; an empty one carries on")
        self._refresh()

    @property
    def extent(self) -> Rect:
        """The canvas that is wanted, seen from the present one: sides grow by multiples of 8."""
        by = {side: self._pixels(side) for side in self._fields}
        return Rect(
            -by["Left"],
            -by["Top"],
            self._size.width + by["Left"] + by["Right"],
            self._size.height + by["Top"] + by["Bottom"],
        )

    def _pixels(self, side: str) -> int:
        value = self._fields[side].value
        if self._unit.currentData() is ExtendUnit.PERCENT:
            length = self._size.width if side in ("Left", "Right") else self._size.height
            value = round(length * value / 100)
        return -(-value // _MULTIPLE) * _MULTIPLE

    def _refresh(self, _value: int = 0) -> None:
        extent = self.extent
        self._result.setText(f"{extent.width} × {extent.height} px")
        fits = max(extent.width, extent.height) <= MAX_SIDE_PX
        self.accept_button.setEnabled(fits and extent.size != self._size)
