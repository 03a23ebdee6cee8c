"""SizeFields: another size of a picture: width and height, linked or not, or one number in per cent."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from sdpaint.document.document import MAX_SIDE_PX
from sdpaint.document.transforms import Resampling
from sdpaint.gui.dialogs.base import side_by_side
from sdpaint.gui.widgets.combo_box import ComboBox
from sdpaint.gui.widgets.controls import icon_button, label
from sdpaint.gui.widgets.fields import IntField
from sdpaint.imaging.geometry import Size

_MOST_PERCENT = 1000


class SizeFields(QObject):
    """Keeps its fields in step; where they lie is up to whoever makes them. It begins with the size as it is."""

    changed = Signal()

    def __init__(self, prefix: str, size: Size, per_cent_of: str, field_width: int, parent: QWidget) -> None:
        """`prefix` begins the object names, `per_cent_of` is the tooltip of the per cent."""
        super().__init__(parent)
        self._before = size
        self._width = IntField(f"{prefix}Width", "Width", 1, MAX_SIDE_PX, "Width in pixels")
        self._height = IntField(f"{prefix}Height", "Height", 1, MAX_SIDE_PX, "Height in pixels")
        self.percent = IntField(f"{prefix}Percent", "Per cent", 1, _MOST_PERCENT, per_cent_of, unit=" %")
        for field in (self._width, self._height, self.percent):
            field.setFixedWidth(field_width)
        self._link = icon_button(
            f"{prefix}SizeLink", "link", "Keep the proportions", tooltip="Keep the proportions", checkable=True
        )
        self._link.setChecked(True)
        self._width.set_value(size.width)
        self._height.set_value(size.height)
        self.percent.set_value(100)
        self._width.value_committed.connect(self._follow_width)
        self._height.value_committed.connect(self._follow_height)
        self.percent.value_committed.connect(self._follow_percent)
        self._link.toggled.connect(lambda is_on: self._follow_width(self._width.value) if is_on else None)

    def sides(self) -> QHBoxLayout:
        """Width × height and the link, as one row."""
        return side_by_side(self._width, label("×", "dim"), self._height, label("px", "dim"), self._link)

    @property
    def size(self) -> Size:
        """What is set."""
        return Size(self._width.value, self._height.value)

    def _follow_width(self, width: int) -> None:
        if self._link.isChecked():
            self._height.set_value(max(1, round(width * self._before.height / self._before.width)))
        self._say_percent()

    def _follow_height(self, height: int) -> None:
        if self._link.isChecked():
            self._width.set_value(max(1, round(height * self._before.width / self._before.height)))
        self._say_percent()

    def _follow_percent(self, percent: int) -> None:
        self._width.set_value(max(1, round(self._before.width * percent / 100)))
        self._height.set_value(max(1, round(self._before.height * percent / 100)))
        self.changed.emit()

    def _say_percent(self) -> None:
        self.percent.set_value(round(100 * self._width.value / self._before.width))
        self.changed.emit()


class MethodBox(ComboBox):
    """How pixels are made at another size."""

    def __init__(self, object_name: str, shows_name: bool = False) -> None:
        tooltip = "Smooth for paintings, hard pixels for pixel art"
        super().__init__(object_name, "Method", tooltip, shows_name=shows_name)
        for each in Resampling:
            self.addItem(each.value, each)

    @property
    def resampling(self) -> Resampling:
        """What is chosen."""
        chosen: Resampling = self.currentData()
        return chosen
