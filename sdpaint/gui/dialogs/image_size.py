"""ImageSizeDialog: the picture at another size, its proportions kept or not."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from sdpaint.document.transforms import Resampling
from sdpaint.gui.dialogs.base import Form, side_by_side
from sdpaint.gui.dialogs.size_fields import MethodBox, SizeFields
from sdpaint.gui.widgets.controls import label
from sdpaint.imaging.geometry import Size


class ImageSizeDialog(Form):
    """Width and height in pixels, linked, or one number in per cent."""

    def __init__(self, parent: QWidget | None, size: Size) -> None:
        super().__init__(parent, "imageSizeDialog", "Image size", "Scale")
        self._fields = SizeFields("image", size, "Of the size now", 80, self)
        self._method = MethodBox("imageResampling")
        self.add_row("Now", label(f"{size.width} × {size.height} px", "dim"))
        self.add_row("Size", self._fields.sides())
        self.add_row("Scale", side_by_side(self._fields.percent))
        self.add_row(
            "Method", side_by_side(self._method), "All layers are scaled. What lies beyond the canvas is cut off"
        )

    @property
    def size_chosen(self) -> Size:
        """The new size."""
        return self._fields.size

    @property
    def resampling(self) -> Resampling:
        """How pixels are made."""
        return self._method.resampling
