"""ExportSize: how large an exported picture is, in pixels or per cent of the document."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from sdpaint.document.document import MAX_SIDE_PX
from sdpaint.document.transforms import Resampling
from sdpaint.gui.dialogs.base import side_by_side
from sdpaint.gui.theme import SPACE
from sdpaint.gui.widgets.combo_box import ComboBox
from sdpaint.gui.widgets.controls import icon_button, label
from sdpaint.gui.widgets.fields import IntField
from sdpaint.imaging.geometry import Size

_MOST_PERCENT = 1000


class ExportSize(QWidget):
    """Width and height, linked or not, a number in per cent, and how pixels are made at another size."""

    changed = Signal()

    def __init__(self, size: Size) -> None:
        """`size`: of the document."""
        super().__init__()
        self._document = size
        self._width = IntField("exportWidth", "Width", 1, MAX_SIDE_PX, "Width in pixels")
        self._height = IntField("exportHeight", "Height", 1, MAX_SIDE_PX, "Height in pixels")
        self._percent = IntField("exportPercent", "Per cent", 1, _MOST_PERCENT, "Of the document's size", unit=" %")
        for field in (self._width, self._height, self._percent):
            field.setFixedWidth(72)
        self._link = icon_button(
            "exportSizeLink", "link", "Keep the proportions", tooltip="Keep the proportions", checkable=True
        )
        self._link.setChecked(True)
        self._method = ComboBox(
            "exportResampling", "Method", "Smooth for paintings, hard pixels for pixel art", shows_name=True
        )
        for each in Resampling:
            self._method.addItem(each.value, each)
        self._width.set_value(size.width)
        self._height.set_value(size.height)
        self._percent.set_value(100)
        self._width.value_committed.connect(self._follow_width)
        self._height.value_committed.connect(self._follow_height)
        self._percent.value_committed.connect(self._follow_percent)
        self._link.toggled.connect(lambda is_on: self._follow_width(self._width.value) if is_on else None)
        self._method.currentIndexChanged.connect(lambda _index: self.changed.emit())
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2 * SPACE)
        layout.addLayout(side_by_side(self._width, label("×", "dim"), self._height, label("px", "dim"), self._link))
        layout.addLayout(side_by_side(self._percent, label("of the document", "dim")))
        layout.addWidget(self._method)
        self._show_method()

    @property
    def size_chosen(self) -> Size:
        """In pixels."""
        return Size(self._width.value, self._height.value)

    @property
    def resampling(self) -> Resampling:
        """How pixels are made."""
        chosen: Resampling = self._method.currentData()
        return chosen

    def _follow_width(self, width: int) -> None:
        if self._link.isChecked():
            self._height.set_value(max(1, round(width * self._document.height / self._document.width)))
        self._say()

    def _follow_height(self, height: int) -> None:
        if self._link.isChecked():
            self._width.set_value(max(1, round(height * self._document.width / self._document.height)))
        self._say()

    def _follow_percent(self, percent: int) -> None:
        self._width.set_value(max(1, round(self._document.width * percent / 100)))
        self._height.set_value(max(1, round(self._document.height * percent / 100)))
        self._show_method()
        self.changed.emit()

    def _say(self) -> None:
        self._percent.set_value(round(100 * self._width.value / self._document.width))
        self._show_method()
        self.changed.emit()

    def _show_method(self) -> None:
        """At the document's own size there is nothing to choose."""
        self._method.setVisible(self.size_chosen != self._document)
