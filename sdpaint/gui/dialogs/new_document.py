"""NewDocumentDialog: size, background and depth of a new document."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QGridLayout, QToolButton, QWidget

from sdpaint.document.document import MAX_SIDE_PX
from sdpaint.document.edits import NewDocument
from sdpaint.gui.dialogs.base import Form, side_by_side
from sdpaint.gui.theme import SPACE
from sdpaint.gui.widgets.combo_box import ComboBox
from sdpaint.gui.widgets.controls import describe, icon_button, label
from sdpaint.gui.widgets.fields import IntField
from sdpaint.imaging.color import Color
from sdpaint.imaging.geometry import Size


@dataclass(frozen=True)
class Preset:
    """A size that has a name."""

    name: str
    size: Size


PRESETS: tuple[Preset, ...] = (
    Preset("Tile", Size(256, 256)),
    Preset("Square", Size(512, 512)),
    Preset("Landscape", Size(768, 512)),
    Preset("Portrait", Size(512, 768)),
    Preset("Large square", Size(1024, 1024)),
    Preset("Full HD", Size(1920, 1080)),
    Preset("A4, 150 dpi", Size(1240, 1754)),
    Preset("4K", Size(3840, 2160)),
)


class NewDocumentDialog(Form):
    """Presets above, numbers below; begins with what was chosen the last time."""

    def __init__(self, parent: QWidget | None, last: NewDocument, foreground: Color) -> None:
        super().__init__(parent, "newDocumentDialog", "New document", "Create")
        self._width = IntField("newWidth", "Width", 1, MAX_SIDE_PX, "Width in pixels")
        self._height = IntField("newHeight", "Height", 1, MAX_SIDE_PX, "Height in pixels")
        for field in (self._width, self._height):
            field.setFixedWidth(80)
            field.value_committed.connect(lambda _value: self._mark_preset())
        swap = icon_button("newSwap", "swap", "Swap width and height", self._swap)
        self._background = ComboBox("newBackground", "Background", "What the lowest layer is filled with")
        self._background.addItem("White", (255, 255, 255))
        self._background.addItem("Transparent", None)
        self._background.addItem(
            f"Foreground colour ({foreground.hex})", (foreground.red, foreground.green, foreground.blue)
        )
        self._background.addItem("Black", (0, 0, 0))
        self._depth = ComboBox(
            "newDepth",
            "Bits a channel",
            "16 bits keep soft strokes that are built up and wide gradients free of bands, in twice the memory",
        )
        self._depth.addItem("8 bits", 8)
        self._depth.addItem("16 bits", 16)
        self._depth.setCurrentIndex(self._depth.findData(last.depth))
        self.rows.addRow(self._preset_grid())
        self.add_row(
            "Size", side_by_side(self._width, label("×", "dim"), self._height, label("px", "dim"), swap)
        )
        self.add_row("Background", self._background)
        self.add_row("Bits a channel", self._depth)
        self._show_size(last.size)
        place = self._background.findData(last.background)
        self._background.setCurrentIndex(max(0, place))

    @property
    def choice(self) -> NewDocument:
        """What is set."""
        size = Size(self._width.value, self._height.value)
        return NewDocument(size, self._background.currentData(), self._depth.currentData())

    def _preset_grid(self) -> QGridLayout:
        grid = QGridLayout()
        grid.setSpacing(2 * SPACE)
        self._presets: dict[QToolButton, Size] = {}
        for number, preset in enumerate(PRESETS):
            button = QToolButton()
            words = f"{preset.name}\n{preset.size.width} × {preset.size.height}"
            describe(button, f"preset{preset.size.width}x{preset.size.height}", words.replace("\n", ", "))
            button.setText(words)
            button.setCheckable(True)
            button.setFixedSize(QSize(120, 52))
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            button.setProperty("role", "choice")
            button.clicked.connect(lambda _checked=False, size=preset.size: self._show_size(size))
            self._presets[button] = preset.size
            grid.addWidget(button, number // 4, number % 4)
        return grid

    def _show_size(self, size: Size) -> None:
        self._width.set_value(size.width)
        self._height.set_value(size.height)
        self._mark_preset()

    def _mark_preset(self) -> None:
        size = Size(self._width.value, self._height.value)
        for button, preset in self._presets.items():
            button.setChecked(preset == size)

    def _swap(self) -> None:
        self._show_size(Size(self._height.value, self._width.value))
