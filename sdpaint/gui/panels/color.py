"""ColorPanel: wheel, sliders of three kinds, hexadecimal, and the colours used last."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QAction, QResizeEvent
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QStackedWidget, QToolButton, QVBoxLayout, QWidget

from sdpaint.controllers.document_controller import DocumentController
from sdpaint.controllers.tool_controller import ToolController
from sdpaint.document.document import Document
from sdpaint.gui.theme import PANEL_WIDTH, SPACE, font
from sdpaint.gui.widgets.channel_slider import ChannelSlider
from sdpaint.gui.widgets.color_wheel import ColorWheel
from sdpaint.gui.widgets.controls import action_button, describe
from sdpaint.gui.widgets.fields import HexField
from sdpaint.gui.widgets.swatches import ColorPair, Swatches
from sdpaint.imaging.color import Color
from sdpaint.imaging.color_models import ColorModel, Hsv, Oklch, Rgb
from sdpaint.settings.store import SettingsStore
from sdpaint.tools.base import ToolName

MAX_USED = 24
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
_ROOM_FOR_VALUES = 226
_BESIDE_WIDTH = 124
_STEPS = 128
_MODEL_TIPS = {
    "HSV": "Hue, saturation and value, as on the wheel",
    "OKLCH": "Lightness, chroma and hue as the eye sees them: equal steps look equal",
    "RGB": "Red, green and blue",
}


class ColorPanel(QWidget):
    """Choose the foreground colour. A colour joins the used ones when something was painted with it."""

    def __init__(
        self,
        documents: DocumentController,
        tools: ToolController,
        settings: SettingsStore,
        actions: Mapping[str, QAction],
    ) -> None:
        super().__init__()
        self.setObjectName("colorPanel")
        self._tools = tools
        self._settings = settings
        self._hsv = Hsv()
        self._models: dict[str, ColorModel] = {each.name: each for each in (self._hsv, Oklch(), Rgb())}
        self._used = _colors_of(settings.settings.used_colors) or FIRST_COLORS
        self._build(actions)
        tools.colors_changed.connect(self._refresh)
        documents.document_changed.connect(self._note_use)
        self._choose_model(settings.settings.color_model)
        self._refresh()

    def sizeHint(self) -> QSize:
        return QSize(PANEL_WIDTH, 280)

    def minimumSizeHint(self) -> QSize:
        return QSize(224, 2 * SPACE + 104 + 2 * SPACE + 20 + 2 * SPACE)

    # ----------------------------------------------------------------------------------------------- layout

    def _build(self, actions: Mapping[str, QAction]) -> None:
        self._wheel = ColorWheel(self._hsv)
        self._wheel.color_changed.connect(lambda color: self._set(color, self._hsv))
        top = QHBoxLayout()
        top.setSpacing(2 * SPACE)
        top.addWidget(self._wheel, 1)
        top.addWidget(self._build_beside(actions))
        self._sliders = QStackedWidget()
        self._pages = {name: self._build_sliders(model) for name, model in self._models.items()}
        self._swatches = Swatches("colorSwatches", "Colours used last")
        self._swatches.picked.connect(self._tools.set_foreground)
        self._swatches.set_colors(self._used)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(2 * SPACE, 2 * SPACE, 2 * SPACE, 2 * SPACE)
        layout.setSpacing(2 * SPACE)
        layout.addLayout(top, 1)
        layout.addWidget(self._sliders)
        layout.addWidget(self._swatches)

    def _build_beside(self, actions: Mapping[str, QAction]) -> QWidget:
        self._pair = ColorPair()
        self._pair.swap_requested.connect(self._tools.swap_colors)
        self._hex = HexField()
        self._hex.color_entered.connect(self._tools.set_foreground)
        colors = QHBoxLayout()
        colors.setSpacing(0)
        colors.addWidget(self._pair)
        colors.addStretch(1)
        for name in ("swapColors", "resetColors"):
            colors.addWidget(action_button(f"{name}Button", actions[name]), 0, Qt.AlignmentFlag.AlignVCenter)
        choices = QHBoxLayout()
        choices.setSpacing(2)
        self._choice = QButtonGroup(self)
        for name in self._models:
            button = QToolButton()
            describe(button, f"{name.lower()}ModelButton", f"{name} sliders", _MODEL_TIPS[name])
            button.setText(name)
            button.setFont(font(small=True))
            button.setCheckable(True)
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            button.setFixedHeight(24)
            button.setMinimumWidth(button.fontMetrics().horizontalAdvance(name) + 8)
            button.setProperty("role", "choice")
            button.clicked.connect(lambda _checked=False, name=name: self._choose_model(name))
            self._choice.addButton(button)
            choices.addWidget(button, len(name))
        self._choices = QWidget()
        self._choices.setLayout(choices)
        choices.setContentsMargins(0, 0, 0, 0)
        beside = QWidget()
        beside.setFixedWidth(_BESIDE_WIDTH)
        column = QVBoxLayout(beside)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2 * SPACE)
        column.addLayout(colors)
        words = QHBoxLayout()
        words.setSpacing(2)
        words.addWidget(self._hex, 1)
        words.addWidget(action_button("pickFromScreenButton", actions["pickFromScreen"]))
        column.addLayout(words)
        column.addStretch(1)
        column.addWidget(self._choices)
        return beside

    def _build_sliders(self, model: ColorModel) -> tuple[ChannelSlider, ...]:
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        sliders = tuple(ChannelSlider(channel, model.name) for channel in model.channels)
        for place, slider in enumerate(sliders):
            slider.value_changed.connect(lambda value, place=place: self._take(model, place, value))
            column.addWidget(slider)
        self._sliders.addWidget(page)
        return sliders

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        # In a low window the wheel says it all.
        has_room = self.height() >= _ROOM_FOR_VALUES
        self._sliders.setVisible(has_room)
        self._choices.setVisible(has_room)

    # ----------------------------------------------------------------------------------------------- values

    def _choose_model(self, name: str) -> None:
        name = name if name in self._models else self._hsv.name
        place = list(self._models).index(name)
        self._sliders.setCurrentIndex(place)
        self._choice.buttons()[place].setChecked(True)
        if name != self._settings.settings.color_model:
            self._settings.change(color_model=name)
        self._show_values()

    def _take(self, model: ColorModel, channel: int, value: float) -> None:
        model.set_value(channel, value)
        self._set(model.color, model)
        # Numbers beyond what a screen shows change without changing the colour.
        self._show_values()

    def _set(self, color: Color, source: ColorModel) -> None:
        """A colour that `source` says: the others follow, it keeps its own numbers."""
        for model in self._models.values():
            if model is not source:
                model.take(color)
        self._tools.set_foreground(color)

    def _refresh(self) -> None:
        color = self._tools.foreground
        for model in self._models.values():
            model.take(color)
        self._pair.set_colors(color, self._tools.background)
        self._hex.set_color(color)
        self._show_values()

    def _show_values(self) -> None:
        self._wheel.refresh()
        place = self._sliders.currentIndex()
        model = list(self._models.values())[place]
        for channel, slider in enumerate(self._pages[model.name]):
            slider.show_value(model.values[channel], model.ramp(channel, _STEPS))

    def _note_use(self, old: Document | None, new: Document) -> None:
        if old is None or not self._tools.is_busy or self._tools.tool is not ToolName.BRUSH:
            return
        color = self._tools.foreground
        if self._used and self._used[0] == color:
            return
        self._used = (color, *(each for each in self._used if each != color))[:MAX_USED]
        self._swatches.set_colors(self._used)
        self._settings.change(used_colors=tuple(each.hex for each in self._used))


def _colors_of(texts: tuple[str, ...]) -> tuple[Color, ...]:
    """What can be read of them."""
    colors = []
    for text in texts[:MAX_USED]:
        try:
            colors.append(Color.from_hex(text))
        except ValueError:
            continue    # somebody wrote into the settings; the others are good
    return tuple(colors)
