"""ImageSizeDialog: the picture at another size, its proportions kept or not."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from sdpaint.document.document import MAX_SIDE_PX
from sdpaint.document.transforms import Resampling
from sdpaint.gui.dialogs.base import Form, side_by_side
from sdpaint.gui.widgets.combo_box import ComboBox
from sdpaint.gui.widgets.controls import icon_button, label
from sdpaint.gui.widgets.fields import IntField
from sdpaint.imaging.geometry import Size

_MOST_PERCENT = 1000


class ImageSizeDialog(Form):
    """Width and height in pixels, linked, or one number in per cent."""

    def __init__(self, parent: QWidget | None, size: Size) -> None:
        super().__init__(parent, "imageSizeDialog", "Image size", "Scale")
        self._before = size
        self._width = IntField("imageWidth", "Width", 1, MAX_SIDE_PX, "Width in pixels")
        self._height = IntField("imageHeight", "Height", 1, MAX_SIDE_PX, "Height in pixels")
        self._percent = IntField("imagePercent", "Per cent", 1, _MOST_PERCENT, "Of the size now", unit=" %")
        for field in (self._width, self._height, self._percent):
            field.setFixedWidth(80)
        self._link = icon_button(
            "imageSizeLink", "link", "Keep the proportions", tooltip="Keep the proportions", checkable=True
        )
        self._link.setChecked(True)
        self._link.toggled.connect(self._follow_link)
        self._method = ComboBox("imageResampling", "Method", "Smooth for paintings, hard pixels for pixel art")
        for each in Resampling:
            self._method.addItem(each.value, each)
        self._width.set_value(size.width)
        self._height.set_value(size.height)
        self._percent.set_value(100)
        self._width.value_committed.connect(self._follow_width)
        self._height.value_committed.connect(self._follow_height)
        self._percent.value_committed.connect(self._follow_percent)
        self.add_row("Now", label(f"{size.width} × {size.height} px", "dim"))
        self.add_row(
            "Size", side_by_side(self._width, label("×", "dim"), self._height, label("px", "dim"), self._link)
        )
        self.add_row("Scale", side_by_side(self._percent))
        self.add_row(
            "Method", side_by_side(self._method), "All layers are scaled. What lies beyond the canvas is cut off"
        )

    @property
    def size_chosen(self) -> Size:
        """The new size."""
        return Size(self._width.value, self._height.value)

    @property
    def resampling(self) -> Resampling:
        """How pixels are made."""
        chosen: Resampling = self._method.currentData()
        return chosen

    def _follow_width(self, width: int) -> None:
        if self._link.isChecked():
            self._height.set_value(round(width * self._before.height / self._before.width))
        self._say_percent()

    def _follow_height(self, height: int) -> None:
        if self._link.isChecked():
            self._width.set_value(round(height * self._before.width / self._before.height))
        self._say_percent()

    def _follow_percent(self, percent: int) -> None:
        self._width.set_value(round(self._before.width * percent / 100))
        self._height.set_value(round(self._before.height * percent / 100))

    def _follow_link(self, is_linked: bool) -> None:
        if is_linked:
            self._follow_width(self._width.value)

    def _say_percent(self) -> None:
        self._percent.set_value(round(100 * self._width.value / self._before.width))
