"""ToolBar: the tools at the left edge, with the colours below them."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QSizePolicy, QToolBar, QWidget

from sdpaint.controllers.tool_controller import ToolController
from sdpaint.gui.actions import TOOL_ACTIONS
from sdpaint.gui.theme import ICON_SIZE
from sdpaint.gui.widgets.controls import action_button
from sdpaint.tools.base import ToolName

_BUTTON = 36
_GROUPS_END = {"eraserTool", "mask_eraserTool", "pickerTool"}


class ToolBar(QToolBar):
    """One button for each tool; the one in hand is marked, a temporary one too."""

    def __init__(self, tools: ToolController, actions: Mapping[str, QAction]) -> None:
        super().__init__("Tools")
        self.setObjectName("toolBar")
        self.setAccessibleName("Tools")
        self.setMovable(False)
        self.setOrientation(Qt.Orientation.Vertical)
        self.setIconSize(QSize(ICON_SIZE, ICON_SIZE))
        self._actions = actions
        for spec in TOOL_ACTIONS:
            self.addWidget(action_button(f"{spec.id}Button", actions[spec.id], _BUTTON))
            if spec.id in _GROUPS_END:
                self.addSeparator()
        filler = QWidget()
        filler.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Expanding)
        self.addWidget(filler)
        for name in ("undo", "redo"):
            self.addWidget(action_button(f"{name}Button", actions[name], _BUTTON))
        tools.tool_changed.connect(self._mark)
        self._mark(tools.tool)

    def _mark(self, tool: ToolName) -> None:
        self._actions[f"{tool.value}Tool"].setChecked(True)
