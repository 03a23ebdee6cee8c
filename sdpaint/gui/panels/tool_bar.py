"""ToolBar: the tools at the left edge, in one column; where the window is low, smaller or in two."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QAction, QResizeEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QSizePolicy, QToolBar, QToolButton, QWidget

from sdpaint.controllers.tool_controller import ToolController
from sdpaint.gui.theme import ICON_SIZE, SPACE
from sdpaint.gui.tool_actions import TOOL_ACTIONS
from sdpaint.gui.widgets.controls import action_button, divider
from sdpaint.tools.base import ToolName

_BUTTON = 36
_SMALL_BUTTON = 30
_FORMS = ((1, _BUTTON), (1, _SMALL_BUTTON), (2, _SMALL_BUTTON))
"""Columns and side of the buttons, the best first."""
_GAP = 1
_LINE = SPACE + 3
_HANDLE = 16
"""What the bar is dragged by, with its spacing, in px."""
_PADDING = SPACE
"""At both ends of the bar, as the style sheet says."""
_GROUPS_END = {"textTool", "mask_eraserTool", "select_alikeTool", "cropTool"}


class ToolBar(QToolBar):
    """One button for each tool; the one in hand is marked, a temporary one too."""

    def __init__(self, tools: ToolController, actions: Mapping[str, QAction]) -> None:
        super().__init__("Tools")
        self.setObjectName("toolBar")
        self.setAccessibleName("Tools")
        self.setAllowedAreas(Qt.ToolBarArea.LeftToolBarArea | Qt.ToolBarArea.RightToolBarArea)
        self.setFloatable(False)  # its columns follow the height of the window
        self.setOrientation(Qt.Orientation.Vertical)
        self.setIconSize(QSize(ICON_SIZE, ICON_SIZE))
        self._actions = actions
        self._columns = _Columns(actions)
        self.addWidget(self._columns)
        tools.tool_changed.connect(self._mark)
        self._mark(tools.tool)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._columns.arrange(self.height() - 2 * _PADDING - _HANDLE)

    def _mark(self, tool: ToolName) -> None:
        self._actions[f"{tool.value}Tool"].setChecked(True)


class _Columns(QWidget):
    """The buttons in their groups, with undo and redo at the lower end."""

    def __init__(self, actions: Mapping[str, QAction]) -> None:
        super().__init__()
        self._groups: list[list[QToolButton]] = [[]]
        for spec in TOOL_ACTIONS:
            self._groups[-1].append(action_button(f"{spec.id}Button", actions[spec.id], _BUTTON))
            if spec.id in _GROUPS_END:
                self._groups.append([])
        self._ends = [action_button(f"{name}Button", actions[name], _BUTTON) for name in ("undo", "redo")]
        self._lines = [self._line() for _ in self._groups[1:]]
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(_GAP)
        # The bar may be lower than this; Qt would put all of it into a menu then.
        self.setMinimumHeight(1)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Expanding)
        self._form = (0, 0)
        self._place(*_FORMS[0])

    def arrange(self, height: int) -> None:
        """Put the buttons so that they fit into this height, if they can."""
        form = next((form for form in _FORMS if self._height_of(*form) <= height), _FORMS[-1])
        if form != self._form:
            self._place(*form)

    def _line(self) -> QFrame:
        line = divider(vertical=False)
        line.setParent(self)
        return line

    def _height_of(self, columns: int, side: int) -> int:
        rows = sum(-(-len(group) // columns) for group in (*self._groups, self._ends))
        return rows * (side + _GAP) + len(self._lines) * (_LINE + _GAP)

    def _place(self, columns: int, side: int) -> None:
        while self._grid.count():
            self._grid.takeAt(0)
        for row in range(self._grid.rowCount()):
            self._grid.setRowStretch(row, 0)
            self._grid.setRowMinimumHeight(row, 0)
        self._form = (columns, side)
        row = 0
        for group, line in zip(self._groups, (*self._lines, None), strict=True):
            row = self._fill(row, group, columns)
            if line is not None:
                self._grid.addWidget(line, row, 0, 1, columns, Qt.AlignmentFlag.AlignVCenter)
                self._grid.setRowMinimumHeight(row, _LINE)
                row += 1
        self._grid.setRowStretch(row, 1)
        self._fill(row + 1, self._ends, columns)
        for button in (*(button for group in self._groups for button in group), *self._ends):
            button.setFixedSize(side, side)
        self.setFixedWidth(columns * (side + _GAP) - _GAP)

    def _fill(self, row: int, buttons: list[QToolButton], columns: int) -> int:
        for i, button in enumerate(buttons):
            self._grid.addWidget(button, row + i // columns, i % columns)
        return row + -(-len(buttons) // columns)
