"""ColorPanel: wheel, values, hexadecimal, and the colours used last."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QAction, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from sdpaint.controllers.document_controller import DocumentController
from sdpaint.controllers.tool_controller import ToolController
from sdpaint.document.document import Document
from sdpaint.gui.theme import PANEL_WIDTH, SPACE
from sdpaint.gui.widgets.color_wheel import ColorWheel, Hsv
from sdpaint.gui.widgets.controls import action_button
from sdpaint.gui.widgets.fields import HexField
from sdpaint.gui.widgets.number_slider import NumberSlider, NumberSpec
from sdpaint.gui.widgets.swatches import ColorPair, Swatches
from sdpaint.imaging.color import Color
from sdpaint.tools.base import ToolName

MAX_USED = 24
DEGREES = NumberSpec(0, 360, 0, unit="°", step=1)
SHARE = NumberSpec(0.0, 1.0, 0.0, unit=" %", factor=100.0, step=0.01)
FIRST_COLORS = tuple(
    Color.from_hex(each)
    for each in (
        "000000",
        "ffffff",
        "808080",
        "c0392b",
        "e67e22",
        "f1c40f",
        "27ae60",
        "16a085",
        "2980b9",
        "8e44ad",
    )
)
_ROOM_FOR_VALUES = 210
_VALUES_WIDTH = 108


class ColorPanel(QWidget):
    """Choose the foreground colour. A colour joins the used ones when something was painted with it."""

    def __init__(
        self, documents: DocumentController, tools: ToolController, actions: Mapping[str, QAction]
    ) -> None:
        super().__init__()
        self.setObjectName("colorPanel")
        self._tools = tools
        self._hsv = Hsv()
        self._used: tuple[Color, ...] = FIRST_COLORS
        self._build(actions)
        tools.colors_changed.connect(self._refresh)
        documents.document_changed.connect(self._note_use)
        self._refresh()

    def sizeHint(self) -> QSize:
        return QSize(PANEL_WIDTH, 240)

    def _build(self, actions: Mapping[str, QAction]) -> None:
        self._wheel = ColorWheel(self._hsv)
        self._wheel.color_changed.connect(self._tools.set_foreground)
        self._pair = ColorPair()
        self._pair.swap_requested.connect(self._tools.swap_colors)
        self._hex = HexField()
        self._hex.color_entered.connect(self._tools.set_foreground)
        self._hue = NumberSlider("hueSlider", "H", DEGREES, "Hue")
        self._saturation = NumberSlider("saturationSlider", "S", SHARE, "Saturation")
        self._value = NumberSlider("valueSlider", "V", SHARE, "Value")
        self._values = (self._hue, self._saturation, self._value)
        for slider in self._values:
            slider.value_changed.connect(lambda _value: self._take_values())
        self._swatches = Swatches("colorSwatches", "Colours used last")
        self._swatches.picked.connect(self._tools.set_foreground)
        self._swatches.set_colors(self._used)

        colors = QHBoxLayout()
        colors.setSpacing(0)
        colors.addWidget(self._pair)
        colors.addStretch(1)
        for name in ("swapColors", "resetColors"):
            colors.addWidget(action_button(f"{name}Button", actions[name]), 0, Qt.AlignmentFlag.AlignVCenter)
        values = QWidget()
        values.setFixedWidth(_VALUES_WIDTH)
        beside = QVBoxLayout(values)
        beside.setContentsMargins(0, 0, 0, 0)
        beside.setSpacing(SPACE)
        beside.addLayout(colors)
        beside.addWidget(self._hex)
        for slider in self._values:
            beside.addWidget(slider)
        beside.addStretch(1)
        top = QHBoxLayout()
        top.setSpacing(2 * SPACE)
        top.addWidget(self._wheel, 1)
        top.addWidget(values)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(2 * SPACE, 2 * SPACE, 2 * SPACE, 2 * SPACE)
        layout.setSpacing(2 * SPACE)
        layout.addLayout(top, 1)
        layout.addWidget(self._swatches)

    def minimumSizeHint(self) -> QSize:
        return QSize(224, 2 * SPACE + 100 + 2 * SPACE + 20 + 2 * SPACE)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        # In a low window the wheel says it all.
        has_room = self.height() >= _ROOM_FOR_VALUES
        for slider in self._values:
            slider.setVisible(has_room)

    def _take_values(self) -> None:
        self._hsv.hue = self._hue.value / 360.0
        self._hsv.saturation = self._saturation.value
        self._hsv.value = self._value.value
        self._tools.set_foreground(self._hsv.color)
        self._show_values()

    def _refresh(self) -> None:
        self._hsv.take(self._tools.foreground)
        self._pair.set_colors(self._tools.foreground, self._tools.background)
        self._hex.set_color(self._tools.foreground)
        self._show_values()

    def _show_values(self) -> None:
        self._wheel.refresh()
        self._hue.set_value(self._hsv.hue * 360.0)
        self._saturation.set_value(self._hsv.saturation)
        self._value.set_value(self._hsv.value)

    def _note_use(self, old: Document | None, new: Document) -> None:
        if old is None or not self._tools.is_busy or self._tools.tool is not ToolName.BRUSH:
            return
        color = self._tools.foreground
        if self._used and self._used[0] == color:
            return
        self._used = (color, *(each for each in self._used if each != color))[:MAX_USED]
        self._swatches.set_colors(self._used)
