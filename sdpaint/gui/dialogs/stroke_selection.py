"""StrokeSelectionDialog: with what to paint along the outline of the selection."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from sdpaint.gui.dialogs.base import Form
from sdpaint.gui.widgets.combo_box import ComboBox
from sdpaint.gui.widgets.number_slider import NumberSlider, NumberSpec
from sdpaint.imaging.selection import StrokePlace
from sdpaint.tools.outline_stroke import StrokeChoice

WIDTH = NumberSpec(1, 500, 3, unit=" px", curve=2.0, soft_maximum=100)


class StrokeSelectionDialog(Form):
    """A line of even width, or the brush."""

    def __init__(self, parent: QWidget | None, choice: StrokeChoice) -> None:
        super().__init__(parent, "strokeSelectionDialog", "Stroke the selection", "Stroke")
        self._kind = ComboBox("strokeKindCombo", "With", "What is led along the outline")
        self._kind.addItems(["A line", "The current brush"])
        self._kind.setCurrentIndex(int(choice.uses_brush))
        self._width = NumberSlider("strokeWidthSlider", "Width", WIDTH, "Of the line", shows_name=False)
        self._width.setMinimumWidth(220)
        self._width.set_value(choice.width_px)
        self._place = ComboBox("strokePlaceCombo", "Place", "Where the line lies")
        self._place.addItems([place.value for place in StrokePlace])
        self._place.setCurrentIndex(list(StrokePlace).index(choice.place))
        self.add_row("With", self._kind, "In the foreground colour")
        self.add_row("Width", self._width)
        self.add_row("Place", self._place)
        self._kind.currentIndexChanged.connect(lambda _index: self._show())
        self._show()

    @property
    def choice(self) -> StrokeChoice:
        """What is chosen."""
        place = list(StrokePlace)[self._place.currentIndex()]
        return StrokeChoice(self._kind.currentIndex() == 1, round(self._width.value), place)

    def _show(self) -> None:
        for field in (self._width, self._place):
            field.setEnabled(not self.choice.uses_brush)
