"""LayerDropList: the rows of the layers panel, and where what is dragged over them would land.

Layers of this document are moved, or copied with Ctrl or Alt; pictures and files from elsewhere become layers.
"""

from __future__ import annotations

from collections.abc import Collection

from PySide6.QtCore import QModelIndex, QPoint, QRect, QSize, Qt, QTimer, Signal
from PySide6.QtGui import (
    QDrag,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDragMoveEvent,
    QDropEvent,
    QPainter,
    QPaintEvent,
    QPalette,
    QPen,
    QPixmap,
)
from PySide6.QtWidgets import QAbstractItemView, QListView, QStyle, QStyleOptionViewItem

from sdpaint.controllers.document_controller import DocumentController
from sdpaint.controllers.layer_controller import LayerController
from sdpaint.document.layers import LayerId
from sdpaint.gui.dropped import dropped_files, dropped_layers
from sdpaint.gui.panels.layer_drop import DropPlace, place_of_drop
from sdpaint.gui.panels.layer_row import INDENT, ROW_HEIGHT, depth_left
from sdpaint.gui.panels.layers_model import LayersModel

_CARRIED_ROWS, _CARRIED_WIDTH, _CARRIED_BESIDE = 4, 200, 10
"""How much of what is dragged is seen at the pointer, and how far from it."""
_DUPLICATES = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier
"""Held while dragging, they leave the layers where they are and drop copies."""


class LayerDropList(QListView):
    """The base of LayerList, which adds what clicks and keys do."""

    files_dropped = Signal(object, object)
    """QMimeData, DropPlace."""
    refused = Signal(str, str)
    """Sentence and remedy."""

    def __init__(self, documents: DocumentController, model: LayersModel, edits: LayerController) -> None:
        super().__init__()
        self._documents = documents
        self._layers = model
        self._edits = edits
        self._drop: DropPlace | None = None
        self.setModel(model)
        self.setDragDropMode(QAbstractItemView.DragDropMode.DragDrop)
        self.setDefaultDropAction(Qt.DropAction.MoveAction)
        self.setDropIndicatorShown(False)

    def startDrag(self, supportedActions: Qt.DropAction) -> None:  # noqa: N803 - Qt's own signature
        indexes = sorted(self.selectedIndexes(), key=lambda index: index.row())
        if not indexes:
            return
        drag = QDrag(self)
        drag.setMimeData(self._layers.mimeData(indexes))
        drag.setPixmap(self._carried(indexes[:_CARRIED_ROWS]))
        # Beside the pointer, so that the place where it would land is seen.
        drag.setHotSpot(QPoint(-_CARRIED_BESIDE, -_CARRIED_BESIDE))
        drag.exec(supportedActions, Qt.DropAction.MoveAction)

    def _carried(self, indexes: list[QModelIndex]) -> QPixmap:
        """The first rows that are dragged, as something that is seen through."""
        ratio = self.devicePixelRatioF()
        size = QSize(min(_CARRIED_WIDTH, self.viewport().width()), ROW_HEIGHT * len(indexes))
        pixmap = QPixmap(size * ratio)
        pixmap.setDevicePixelRatio(ratio)
        pixmap.fill(Qt.GlobalColor.transparent)
        painter = QPainter(pixmap)
        painter.setOpacity(0.8)
        option = QStyleOptionViewItem()
        self.initViewItemOption(option)
        option.state |= QStyle.StateFlag.State_Selected
        for place, index in enumerate(indexes):
            option.rect = QRect(0, place * ROW_HEIGHT, size.width(), ROW_HEIGHT)
            self.itemDelegate().paint(painter, option, index)
        painter.end()
        return pixmap

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if self._dragged(event) or _has_picture(event):
            event.acceptProposedAction()

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        super().dragMoveEvent(event)        # scrolls at the edges
        self._drop = self._place(event)
        if self._drop is None:
            event.ignore()
        else:
            copies = not self._dragged(event) or event.modifiers() & _DUPLICATES
            event.setDropAction(Qt.DropAction.CopyAction if copies else Qt.DropAction.MoveAction)
            event.accept()
        self.viewport().update()

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        super().dragLeaveEvent(event)
        self._drop = None
        self.viewport().update()

    def dropEvent(self, event: QDropEvent) -> None:
        place, self._drop = self._place(event), None
        self.viewport().update()
        self.stopAutoScroll()
        self.setState(QAbstractItemView.State.NoState)
        if not self._layers.filter.is_empty and self._dragged(event):
            self.refused.emit("While layers are searched, they can't be moved", "Clear the search first")
        if place is None:
            event.ignore()
            return
        ids = self._dragged(event)
        # Always a copy for Qt: it would take the rows away by itself.
        event.setDropAction(Qt.DropAction.CopyAction)
        event.accept()
        if not ids:
            self.files_dropped.emit(event.mimeData(), place)
            return
        act = self._edits.copy if event.modifiers() & _DUPLICATES else self._edits.move
        # After the drop is over: the view still holds on to the rows of now.
        QTimer.singleShot(0, self, lambda: act(ids, place.parent, place.index))

    def _dragged(self, event: QDropEvent | QDragEnterEvent | QDragMoveEvent) -> tuple[LayerId, ...]:
        """Layers of this document; those of others count as none."""
        ids = dropped_layers(event.mimeData())
        return ids if ids and all(map(self._documents.committed.has_layer, ids)) else ()

    def _place(self, event: QDropEvent | QDragMoveEvent) -> DropPlace | None:
        ids: Collection[LayerId] = self._dragged(event)
        if not self._layers.filter.is_empty or not (ids or _has_picture(event)):
            return None
        place = event.position().toPoint()
        index = self.indexAt(place)
        rows = self._layers.rows
        row, share = (len(rows), 0.0) if not index.isValid() else (index.row(), self._share(index, place))
        depth = (place.x() - depth_left(0)) // INDENT
        moving = () if event.modifiers() & _DUPLICATES else ids
        return place_of_drop(self._documents.committed, rows, moving, row, share, max(0, depth))

    def _share(self, index: QModelIndex, place: QPoint) -> float:
        rect = self.visualRect(index)
        return (place.y() - rect.top()) / rect.height()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self._drop is None:
            return
        painter = QPainter(self.viewport())
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        accent = self.palette().color(QPalette.ColorRole.Accent)
        painter.setPen(QPen(accent, 2))
        if self._drop.onto is not None:
            rect = self.visualRect(self.model().index(self._drop.onto, 0))
            painter.drawRoundedRect(rect.adjusted(2, 2, -2, -2), 4, 4)
            return
        y = self._line_y(self._drop.line)
        left = depth_left(self._drop.depth)
        painter.drawLine(left + 6, y, self.viewport().width() - 4, y)
        painter.drawEllipse(QPoint(left + 3, y), 3, 3)

    def _line_y(self, row: int) -> int:
        count = self.model().rowCount()
        if row < count:
            return max(2, self.visualRect(self.model().index(row, 0)).top())
        return self.visualRect(self.model().index(count - 1, 0)).bottom() if count else 2


def _has_picture(event: QDropEvent | QDragEnterEvent | QDragMoveEvent) -> bool:
    data = event.mimeData()
    return bool(dropped_files(data)) or data.hasImage()
