"""GridDialog: spacing, offset and colour of the grid over the canvas."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from sdpaint.gui.dialogs.base import Form, side_by_side
from sdpaint.gui.widgets.controls import label
from sdpaint.gui.widgets.fields import HexField, IntField
from sdpaint.imaging.color import Color
from sdpaint.imaging.snapping import Grid

MAX_SPACING_PX = 4096


class GridDialog(Form):
    """Three numbers and a colour."""

    def __init__(self, parent: QWidget | None, grid: Grid, color: Color) -> None:
        super().__init__(parent, "gridDialog", "Grid", "Use")
        most = MAX_SPACING_PX
        self._spacing = IntField("gridSpacing", "Spacing", 1, most, "Between two lines, in pixels")
        self._x = IntField("gridOffsetX", "Offset across", -most, most, "Where one of the upright lines is")
        self._y = IntField("gridOffsetY", "Offset down", -most, most, "Where one of the level lines is")
        self._spacing.set_value(grid.spacing_px)
        self._x.set_value(grid.offset_x)
        self._y.set_value(grid.offset_y)
        self._color = HexField()
        self._color.set_color(color)
        self._chosen = color
        self._color.color_entered.connect(self._take_color)
        for field in (self._spacing, self._x, self._y, self._color):
            field.setFixedWidth(80)
        self.add_row("Spacing", side_by_side(self._spacing, label("px", "dim")))
        self.add_row("Offset", side_by_side(self._x, label("×", "dim"), self._y, label("px", "dim")))
        self.add_row("Colour", side_by_side(self._color))

    @property
    def grid(self) -> Grid:
        """The grid that was chosen."""
        return Grid(self._spacing.value, self._x.value, self._y.value)

    @property
    def color(self) -> Color:
        """Of its lines."""
        return self._chosen

    def _take_color(self, color: Color) -> None:
        self._chosen = color
