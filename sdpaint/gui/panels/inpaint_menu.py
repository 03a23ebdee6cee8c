"""InpaintMenu: what lies under the mask at the start, and what becomes of the result's colours and of the canvas."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QMenu, QToolButton

from sdpaint.controllers.generation_controller import GenerationController
from sdpaint.generation.params import GenerationParams
from sdpaint.generation.request import MaskFill
from sdpaint.gui.icons import icon
from sdpaint.gui.theme import CONTROL_HEIGHT, HIT_SIZE, ICON_SIZE
from sdpaint.gui.widgets.controls import describe
from sdpaint.gui.wording import FILL_HELP, FILL_WORDS


class InpaintMenu(QToolButton):
    """A button beside the strength, in sight while something is inpainted or expanded."""

    def __init__(self, generation: GenerationController) -> None:
        super().__init__()
        self._generation = generation
        describe(self, "inpaintMenuButton", "Inpainting", "Under the mask at the start, colours, canvas")
        self.setIcon(icon("mask"))
        self.setIconSize(QSize(ICON_SIZE, ICON_SIZE))
        self.setFixedSize(HIT_SIZE, CONTROL_HEIGHT)
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        menu = QMenu(self)
        menu.setToolTipsVisible(True)
        self._fills = self._fill_actions(menu)
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
        self._grow = _checkable(
            menu,
            "growCanvas",
            "&Expand the canvas beyond its edge",
            "A frame that reaches out of the canvas continues the picture there; else it stays within",
        )
        self._grow.triggered.connect(lambda on: self._generation.set_params(grow_canvas=on))
        self.setMenu(menu)
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

    def _refresh(self, params: GenerationParams) -> None:
        self._fills[params.fill].setChecked(True)
        self._match.setChecked(params.color_match)
        self._passes.setChecked(params.in_passes)
        self._grow.setChecked(params.grow_canvas)


def _checkable(menu: QMenu, object_name: str, text: str, tooltip: str) -> QAction:
    action = menu.addAction(text)
    action.setObjectName(object_name)
    action.setToolTip(tooltip)
    action.setCheckable(True)
    return action
