"""LayerList: the rows of the layers panel, and what mouse and keys do to them."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import (
    QEvent,
    QItemSelection,
    QItemSelectionModel,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QContextMenuEvent, QDropEvent, QFocusEvent, QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QAbstractItemView

from sdpaint.controllers.document_controller import DocumentController
from sdpaint.controllers.layer_controller import LayerController
from sdpaint.document.document import Document, EditTarget
from sdpaint.document.layers import Adjustment, Fill, LayerId
from sdpaint.gui.panels.layer_delegate import LayerDelegate
from sdpaint.gui.panels.layer_drop_list import LayerDropList
from sdpaint.gui.panels.layer_row import ROW_HEIGHT, RowPart, row_places
from sdpaint.gui.panels.layers_model import LayersModel
from sdpaint.gui.widgets.controls import describe, signals_blocked

_KEYS = Qt.KeyboardModifier
_KEEP = QItemSelectionModel.SelectionFlag.NoUpdate


@dataclass(frozen=True)
class _Press:
    """What the pointer went down on, while what it means isn't clear yet."""

    layer_id: LayerId
    at: QPoint


class LayerList(LayerDropList):
    """Click chooses, Ctrl and Shift choose several, dragging moves them; eyes, arrows and pictures act by themselves.

    What is chosen is the document's affair: the rows show it.
    """

    part_clicked = Signal(str, object, object)
    """A picture was clicked with keys: LayerId, RowPart, KeyboardModifiers."""
    edit_asked = Signal(str)
    """LayerId: the values of a fill or adjustment are to be set."""
    menu_asked = Signal(object, bool)
    """QPoint on the screen; whether it is about the mask."""

    def __init__(self, documents: DocumentController, model: LayersModel, edits: LayerController) -> None:
        super().__init__(documents, model, edits)
        self._press: _Press | None = None
        self._swipe: bool | None = None
        self._anchor: LayerId = documents.document.active
        describe(
            self,
            "layersList",
            "Layers",
            "Drag to reorder, double click to rename, Space hides or shows\n"
            "Ctrl or Shift+click chooses several, Alt+click on an eye shows one alone\n"
            "Ctrl+click a picture to select its pixels",
        )
        self.setItemDelegate(LayerDelegate(self))
        self.setMouseTracking(True)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.EditKeyPressed)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setUniformItemSizes(True)
        self.setMinimumHeight(ROW_HEIGHT)

    def sizeHint(self) -> QSize:
        return QSize(200, 3 * ROW_HEIGHT)

    # ---------------------------------------------------------------------------------------------- what is chosen

    def show_chosen(self, document: Document, scrolls: bool) -> None:
        """Let the rows show what is chosen; `scrolls`: bring the active one into sight."""
        rows = [row for row in (self._layers.index_of(each.id) for each in document.selected_layers) if row.isValid()]
        selection = self.selectionModel()
        current = self._layers.index_of(document.active)
        if selection.currentIndex() != current or set(selection.selectedIndexes()) != set(rows):
            wanted = QItemSelection()
            for row in rows:
                wanted.select(row, row)
            with signals_blocked(selection):
                selection.setCurrentIndex(current, _KEEP)
                selection.select(wanted, QItemSelectionModel.SelectionFlag.ClearAndSelect)
            self.viewport().update()
        if scrolls and current.isValid():
            self.scrollTo(current)

    def selectionCommand(
        self, index: QModelIndex | QPersistentModelIndex, event: QEvent | None = None
    ) -> QItemSelectionModel.SelectionFlag:
        """Nothing by itself: see `show_chosen`."""
        return _KEEP

    def _choose(self, layer_id: LayerId, keys: Qt.KeyboardModifier) -> None:
        """As every list does it."""
        document = self._documents.committed
        if keys & _KEYS.ShiftModifier:
            self._edits.choose(layer_id, self._between(layer_id))
            return
        self._anchor = layer_id
        if not keys & _KEYS.ControlModifier:
            self._edits.choose(layer_id, ())
            return
        chosen = [layer.id for layer in document.selected_layers]
        if layer_id not in chosen:
            self._edits.choose(layer_id, chosen)
        elif len(chosen) > 1:
            rest = [each for each in chosen if each != layer_id]
            self._edits.choose(document.active if document.active in rest else rest[-1], rest)

    def _between(self, layer_id: LayerId) -> list[LayerId]:
        """All that are listed from the one that was chosen by itself to this one."""
        start, end = self._layers.index_of(self._anchor), self._layers.index_of(layer_id)
        if not start.isValid():
            return []
        first, last = sorted((start.row(), end.row()))
        return [row.layer.id for row in self._layers.rows[first : last + 1]]

    # -------------------------------------------------------------------------------------------------------- mouse

    def _hit(self, place: QPoint) -> tuple[LayerId, RowPart] | None:
        index = self.indexAt(place)
        if not index.isValid():
            return None
        part = row_places(self.visualRect(index), index).part_at(place)
        return self._layers.layer_at(index).id, part

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._press, self._swipe = None, None
        hit = self._hit(event.position().toPoint())
        if event.button() is not Qt.MouseButton.LeftButton or hit is None:
            if hit is not None and event.button() is Qt.MouseButton.RightButton:
                self._choose_for_menu(hit[0])
            return
        layer_id, part = hit
        keys = event.modifiers()
        if part is RowPart.EYE:
            self._press_eye(layer_id, keys)
        elif part is RowPart.FOLD:
            self._fold(layer_id)
        elif part is RowPart.LINK or (
            part in (RowPart.PICTURE, RowPart.MASK) and keys & (_KEYS.ControlModifier | _KEYS.AltModifier)
        ) or (part is RowPart.MASK and keys & _KEYS.ShiftModifier):
            self.part_clicked.emit(layer_id, part, keys)
        else:
            self._press_row(layer_id, part, event)

    def _press_row(self, layer_id: LayerId, part: RowPart, event: QMouseEvent) -> None:
        document = self._documents.committed
        chosen = {layer.id for layer in document.selected_layers}
        keys = event.modifiers()
        if layer_id in chosen and len(chosen) > 1 and not keys & (_KEYS.ControlModifier | _KEYS.ShiftModifier):
            # A drag takes all of them along; only a click that ends here chooses this one.
            self._press = _Press(layer_id, event.position().toPoint())
        else:
            self._choose(layer_id, keys)
        if part in (RowPart.PICTURE, RowPart.MASK) and not keys & _KEYS.ShiftModifier:
            self._edits.work_on(layer_id, EditTarget.MASK if part is RowPart.MASK else EditTarget.CONTENT)
        super().mousePressEvent(event)

    def _press_eye(self, layer_id: LayerId, keys: Qt.KeyboardModifier) -> None:
        self.setFocus(Qt.FocusReason.MouseFocusReason)
        if keys & _KEYS.AltModifier:
            self._edits.toggle_solo(layer_id)
            return
        document = self._documents.committed
        chosen = {layer.id for layer in document.selected_layers}
        visible = not document.layer(layer_id).visible
        self._swipe = visible
        self._edits.set_visible(visible, chosen if layer_id in chosen else (layer_id,))

    def _fold(self, layer_id: LayerId) -> None:
        if not self._layers.filter.is_empty:
            self.refused.emit("While layers are searched, groups stay open", "Clear the search first")
            return
        content = self._documents.committed.layer(layer_id).content
        self._edits.set_expanded(layer_id, not getattr(content, "expanded", True))

    def _choose_for_menu(self, layer_id: LayerId) -> None:
        if layer_id not in {layer.id for layer in self._documents.committed.selected_layers}:
            self._choose(layer_id, _KEYS.NoModifier)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._swipe is not None:
            # Over one eye after the other: all of them as the first.
            index = self.indexAt(QPoint(2, event.position().toPoint().y()))
            if index.isValid() and self._layers.layer_at(index).visible is not self._swipe:
                self._edits.set_visible(self._swipe, (self._layers.layer_at(index).id,))
            return
        super().mouseMoveEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._swipe is not None:
            self._swipe = None
            self._edits.end_change()
            return
        press, self._press = self._press, None
        super().mouseReleaseEvent(event)
        if press is not None:
            target = self._documents.committed.target
            self._choose(press.layer_id, _KEYS.NoModifier)
            self._edits.work_on(press.layer_id, target)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        hit = self._hit(event.position().toPoint())
        if hit is None or event.button() is not Qt.MouseButton.LeftButton:
            return
        layer_id, part = hit
        if part is RowPart.NAME:
            self.edit(self._layers.index_of(layer_id))
        elif part in (RowPart.EYE, RowPart.FOLD, RowPart.LINK):
            self.mousePressEvent(event)
        elif part is RowPart.PICTURE:
            layer = self._documents.committed.layer(layer_id)
            if isinstance(layer.content, Fill | Adjustment):
                self.edit_asked.emit(layer_id)
            elif layer.is_group:
                self._fold(layer_id)

    def dropEvent(self, event: QDropEvent) -> None:
        self._press = None      # a drag has come of it
        super().dropEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        if event.reason() is QContextMenuEvent.Reason.Keyboard:
            index = self.currentIndex()
            self.menu_asked.emit(self.viewport().mapToGlobal(self.visualRect(index).center()), False)
            return
        hit = self._hit(self.viewport().mapFromGlobal(event.globalPos()))
        self.menu_asked.emit(event.globalPos(), hit is not None and hit[1] is RowPart.MASK)

    # --------------------------------------------------------------------------------------------------------- keys

    def keyPressEvent(self, event: QKeyEvent) -> None:
        keys, document = event.modifiers(), self._documents.committed
        if event.key() == Qt.Key.Key_Space:
            self._edits.set_visible(
                not document.active_layer.visible, [layer.id for layer in document.selected_layers]
            )
            self._edits.end_change()
        elif event.key() in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            self._walk_tree(opens=event.key() == Qt.Key.Key_Right)
        elif event.key() in (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_Home, Qt.Key.Key_End):
            self._step(event.key(), keys)
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            if isinstance(document.active_layer.content, Fill | Adjustment):
                self.edit_asked.emit(document.active)
        elif event.key() == Qt.Key.Key_F2:
            self.edit(self.currentIndex())
        elif event.key() == Qt.Key.Key_Delete:
            self._edits.delete()
        else:
            event.ignore()

    def _step(self, key: int, keys: Qt.KeyboardModifier) -> None:
        rows, row = self._layers.rows, self.currentIndex().row()
        last = len(rows) - 1
        to = {Qt.Key.Key_Up: row - 1, Qt.Key.Key_Down: row + 1, Qt.Key.Key_Home: 0, Qt.Key.Key_End: last}[Qt.Key(key)]
        if 0 <= to <= last:
            self._choose(rows[to].layer.id, keys & _KEYS.ShiftModifier)

    def _walk_tree(self, opens: bool) -> None:
        """As in every tree: open, close, or go to the group around."""
        active = self._documents.committed.active_layer
        is_open = bool(getattr(active.content, "expanded", False))
        if active.is_group and is_open is not opens:
            self._fold(active.id)
        elif opens and active.children:
            self._choose(active.children[-1].id, _KEYS.NoModifier)
        elif not opens and (group := self._documents.committed.parent_of(active.id)) is not None:
            self._choose(group.id, _KEYS.NoModifier)

    def keyboardSearch(self, search: str) -> None:
        """Nothing: letters choose tools."""

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.viewport().update()
