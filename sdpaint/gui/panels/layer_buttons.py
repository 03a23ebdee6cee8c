"""The buttons below the list of layers: new ones of every kind, and places to drop layers on."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QAction, QDragEnterEvent, QDragMoveEvent, QDropEvent
from PySide6.QtWidgets import QHBoxLayout, QToolButton, QWidget

from sdpaint.controllers.layer_controller import LayerController
from sdpaint.document.layers import LayerId
from sdpaint.gui.dropped import dropped_layers
from sdpaint.gui.layer_actions import ADJUSTMENT_ACTIONS
from sdpaint.gui.widgets.controls import action_button, give_menu, icon_button

Take = Callable[[tuple[LayerId, ...]], object]


class LayerButtons(QWidget):
    """One row of them."""

    def __init__(self, actions: Mapping[str, QAction], edits: LayerController) -> None:
        super().__init__()
        self.setObjectName("layerButtons")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        buttons = {name: action_button(f"{name}Button", actions[name]) for name in _NAMES}
        adjust = _adjust_button(actions)
        for name in ("addLayer", "addGroup", "addLayerMask"):
            row.addWidget(buttons[name])
        row.addWidget(adjust)
        for name in ("duplicateLayer", "mergeDown"):
            row.addWidget(buttons[name])
        row.addStretch(1)
        row.addWidget(buttons["deleteLayer"])
        # Dropped onto a button, layers are what it would act on.
        for name, take in (
            ("addLayer", edits.duplicate),
            ("duplicateLayer", edits.duplicate),
            ("addGroup", edits.group),
            ("deleteLayer", edits.delete),
        ):
            _DropTarget(buttons[name], take)


_NAMES = ("addLayer", "addGroup", "addLayerMask", "duplicateLayer", "mergeDown", "deleteLayer")


def _adjust_button(actions: Mapping[str, QAction]) -> QToolButton:
    button = icon_button(
        "addAdjustmentButton",
        "adjust",
        "New fill or adjustment layer",
        tooltip="New fill or adjustment layer: it can be changed at any time",
    )
    menu = give_menu(button)
    menu.setObjectName("addAdjustmentMenu")
    menu.addAction(actions["addFillLayer"])
    menu.addSeparator()
    for spec in ADJUSTMENT_ACTIONS:
        menu.addAction(actions[spec.id])
    return button


class _DropTarget(QObject):
    """Lets layers be dropped on a button."""

    def __init__(self, button: QToolButton, take: Take) -> None:
        super().__init__(button)
        self._button = button
        self._take = take
        button.setAcceptDrops(True)
        button.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QDragEnterEvent | QDragMoveEvent) and dropped_layers(event.mimeData()):
            self._button.setDown(True)
            event.acceptProposedAction()
            return True
        if event.type() == QEvent.Type.DragLeave:
            self._button.setDown(False)
        if isinstance(event, QDropEvent) and event.type() == QEvent.Type.Drop:
            self._button.setDown(False)
            ids = dropped_layers(event.mimeData())
            # A copy for Qt: what is done to the layers is done here.
            event.setDropAction(Qt.DropAction.CopyAction)
            event.accept()
            self._take(ids)
            return True
        return False
