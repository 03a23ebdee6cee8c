"""ExportSize: how large an exported picture is, in pixels or per cent of the document."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from sdpaint.document.transforms import Resampling
from sdpaint.gui.dialogs.base import side_by_side
from sdpaint.gui.dialogs.size_fields import MethodBox, SizeFields
from sdpaint.gui.theme import SPACE
from sdpaint.gui.widgets.controls import label
from sdpaint.imaging.geometry import Size


class ExportSize(QWidget):
    """Width and height, linked or not, a number in per cent, and how pixels are made at another size."""

    changed = Signal()

    def __init__(self, size: Size) -> None:
        """`size`: of the document."""
        super().__init__()
        self._document = size
        self._fields = SizeFields("export", size, "Of the document's size", 72, self)
        self._method = MethodBox("exportResampling", shows_name=True)
        self._fields.changed.connect(self._show_method)
        self._fields.changed.connect(self.changed)
        self._method.currentIndexChanged.connect(lambda _index: self.changed.emit())
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2 * SPACE)
        layout.addLayout(self._fields.sides())
        layout.addLayout(side_by_side(self._fields.percent, label("of the document", "dim")))
        layout.addWidget(self._method)
        self._show_method()

    @property
    def size_chosen(self) -> Size:
        """In pixels."""
        return self._fields.size

    @property
    def resampling(self) -> Resampling:
        """How pixels are made."""
        return self._method.resampling

    def _show_method(self) -> None:
        """At the document's own size there is nothing to choose."""
        self._method.setVisible(self.size_chosen != self._document)
