"""InpaintMenu: what lies under the mask at the start, and what becomes of the result's colours and of the canvas."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QMenu, QToolButton

from sdpaint.controllers.generation_controller import GenerationController
from sdpaint.generation.params import GenerationParams
from sdpaint.generation.request import MaskFill
from sdpaint.gui.widgets.controls import add_to_menu, dress, give_menu
from sdpaint.gui.widgets.number_slider import NumberSlider, NumberSpec
from sdpaint.gui.wording import FILL_HELP, FILL_WORDS
from sdpaint.imaging.masks import MAX_BAND_PX

_AUTOMATIC = -1.0
_AUTOMATIC_OR_PX = NumberSpec(_AUTOMATIC, MAX_BAND_PX, _AUTOMATIC, unit=" px", soft_maximum=128, least_word="automatic")
_WIDTHS = (
    ("grow_px", "Grow", "By how much more than the mask is made anew"),
    ("feather_px", "Feather", "How softly what is made anew sets in, half of it outside the grown mask"),
)


class InpaintMenu(QToolButton):
    """A button beside the strength, in sight while something is inpainted or expanded."""

    def __init__(self, generation: GenerationController) -> None:
        super().__init__()
        self._generation = generation
        dress(
            self,
            "inpaintMenuButton",
            "mask",
            "Inpainting",
            "Under the mask at the start, colours, canvas. Outside the dashed line, no pixel changes by a single bit",
        )
        menu = give_menu(self)
        menu.setToolTipsVisible(True)
        self._fills = self._fill_actions(menu)
        preview = menu.addAction("&Preview the fill on the canvas")
        preview.setObjectName("previewFill")
        preview.setToolTip("Show what the engine will find under the mask; Esc takes it away")
        preview.triggered.connect(generation.preview_fill)
        self._widths = self._width_sliders(menu)
        self._context = menu.addAction("Automatic con&text")
        self._context.setObjectName("automaticContext")
        self._context.setToolTip("Let go of the box that was dragged by hand; so does a double click on its handle")
        self._context.triggered.connect(lambda: generation.set_params(context=None))
        menu.addSeparator()
        self._match = _checkable(
            menu,
            "matchColors",
            "Match the surrounding &colours",
            "Take out the shift that the checkpoint brings in; nothing outside the blend band changes",
        )
        self._match.triggered.connect(lambda on: self._generation.set_params(color_match=on))
        self._passes = _checkable(
            menu,
            "inPasses",
            "Work out large &regions in passes",
            "A region larger than the checkpoint allows is composed first, then refined in tiles; else it is scaled up",
        )
        self._passes.triggered.connect(lambda on: self._generation.set_params(in_passes=on))
        self._control = _checkable(
            menu,
            "inpaintControl",
            "&Use a ControlNet for inpainting",
            "Where one is installed that fits the checkpoint, it reads what is around the mask; the canvas names it",
        )
        self._control.triggered.connect(lambda on: self._generation.set_params(inpaint_control=on))
        self._grow = _checkable(
            menu,
            "growCanvas",
            "&Expand the canvas beyond its edge",
            "A frame that reaches out of the canvas continues the picture there; else it stays within",
        )
        self._grow.triggered.connect(lambda on: self._generation.set_params(grow_canvas=on))
        generation.params_changed.connect(self._refresh)
        self._refresh(generation.params)

    def _fill_actions(self, menu: QMenu) -> dict[MaskFill, QAction]:
        group = QActionGroup(self)
        actions = {}
        menu.addSection("Under the mask at the start")
        for fill in MaskFill:
            action = _checkable(menu, f"fill-{fill.value}", FILL_WORDS[fill], FILL_HELP[fill])
            action.setActionGroup(group)
            action.triggered.connect(lambda _on, fill=fill: self._generation.set_params(fill=fill))
            actions[fill] = action
        return actions

    def _width_sliders(self, menu: QMenu) -> dict[str, NumberSlider]:
        """Grow and feather: at the left end automatic."""
        menu.addSection("Edge, in pixels of the canvas")
        sliders = {}
        for name, word, help_text in _WIDTHS:
            slider = NumberSlider(f"{name}Slider", word, _AUTOMATIC_OR_PX, help_text)
            slider.set_value(_AUTOMATIC)
            slider.value_changed.connect(lambda value, name=name: self._set_width(name, value))
            add_to_menu(menu, slider)
            sliders[name] = slider
        return sliders

    def _set_width(self, name: str, value: float) -> None:
        width = None if value < 0 else round(value)
        self._generation.set_params(bands=replace(self._generation.params.bands, **{name: width}))

    def _refresh(self, params: GenerationParams) -> None:
        self._fills[params.fill].setChecked(True)
        self._match.setChecked(params.color_match)
        self._passes.setChecked(params.in_passes)
        self._control.setChecked(params.inpaint_control)
        for name, slider in self._widths.items():
            width = getattr(params.bands, name)
            slider.set_value(_AUTOMATIC if width is None else width)
        self._context.setEnabled(params.context is not None)
        self._grow.setChecked(params.grow_canvas)


def _checkable(menu: QMenu, object_name: str, text: str, tooltip: str) -> QAction:
    action = menu.addAction(text)
    action.setObjectName(object_name)
    action.setToolTip(tooltip)
    action.setCheckable(True)
    return action
