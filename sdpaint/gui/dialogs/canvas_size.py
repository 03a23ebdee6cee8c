"""CanvasSizeDialog: another size of the canvas, and where the picture stands in it."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QGridLayout, QToolButton, QWidget

from sdpaint.document.document import MAX_SIDE_PX
from sdpaint.gui.dialogs.base import Form, side_by_side
from sdpaint.gui.icons import icon
from sdpaint.gui.widgets.controls import describe, label
from sdpaint.gui.widgets.fields import IntField
from sdpaint.imaging.geometry import Size

_ROWS = ("top", "middle", "bottom")
_COLUMNS = ("left", "centre", "right")


class CanvasSizeDialog(Form):
    """Two numbers and an anchor of nine places."""

    def __init__(self, parent: QWidget | None, size: Size) -> None:
        super().__init__(parent, "canvasSizeDialog", "Canvas size", "Resize")
        self._before = size
        self._anchor = (1, 1)
        self._width = IntField("canvasWidth", "Width", 1, MAX_SIDE_PX, "Width in pixels")
        self._height = IntField("canvasHeight", "Height", 1, MAX_SIDE_PX, "Height in pixels")
        self._width.set_value(size.width)
        self._height.set_value(size.height)
        for field in (self._width, self._height):
            field.setFixedWidth(80)
        self.add_row("Now", label(f"{size.width} × {size.height} px", "dim"))
        self.add_row("Size", side_by_side(self._width, label("×", "dim"), self._height, label("px", "dim")))
        self.add_row("Picture", self._anchors(), "Where it stands. What falls outside is kept in its layers")

    @property
    def size_chosen(self) -> Size:
        """The new size."""
        return Size(self._width.value, self._height.value)

    @property
    def offset(self) -> tuple[int, int]:
        """How far the picture moves to the right and down."""
        size, (column, row) = self.size_chosen, self._anchor
        dx = round((size.width - self._before.width) * column / 2)
        dy = round((size.height - self._before.height) * row / 2)
        return dx, dy

    def _anchors(self) -> QWidget:
        box = QWidget()
        self._places: dict[tuple[int, int], QToolButton] = {}
        grid = QGridLayout(box)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(2)
        for row, row_name in enumerate(_ROWS):
            for column, column_name in enumerate(_COLUMNS):
                button = QToolButton()
                name = f"{row_name} {column_name}"
                describe(button, f"anchor{column}{row}", f"Picture at the {name}")
                button.setCheckable(True)
                button.setAutoExclusive(True)
                button.setFixedSize(QSize(32, 32))
                button.setProperty("role", "choice")
                button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
                button.setChecked((column, row) == self._anchor)
                button.clicked.connect(lambda _checked=False, place=(column, row): self._set_anchor(place))
                grid.addWidget(button, row, column)
                self._places[column, row] = button
        grid.setColumnStretch(3, 1)
        self._set_anchor(self._anchor)
        return box

    def _set_anchor(self, place: tuple[int, int]) -> None:
        self._anchor = place
        for where, button in self._places.items():
            button.setIcon(icon("image") if where == place else QIcon())
