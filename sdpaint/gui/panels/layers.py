"""LayersPanel: the layers with what can be done to them, and the mask above them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from PySide6.QtCore import QItemSelectionModel, QModelIndex, QSize, Qt
from PySide6.QtGui import QAction, QFocusEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPalette
from PySide6.QtWidgets import QAbstractItemView, QHBoxLayout, QListView, QVBoxLayout, QWidget

from sdpaint.controllers.document_controller import DocumentController
from sdpaint.controllers.layer_controller import LayerController
from sdpaint.document.document import Document
from sdpaint.document.layers import Group, LayerId
from sdpaint.gui.commands import DocumentCommands
from sdpaint.gui.panels.layer_delegate import (
    EYE_WIDTH,
    ROW_HEIGHT,
    LayerDelegate,
    draw_thumbnail,
    row_rect,
    thumbnail_rect,
)
from sdpaint.gui.panels.layers_model import MASK_KEY, LayersModel, LayerThumbnails
from sdpaint.gui.theme import PANEL_WIDTH, SPACE
from sdpaint.gui.widgets.combo_box import ComboBox
from sdpaint.gui.widgets.controls import action_button, describe, label, signals_blocked
from sdpaint.gui.widgets.number_slider import PERCENT, NumberSlider
from sdpaint.imaging.blend import BlendMode
from sdpaint.imaging.selection import SelectionMode

SelectPixels = Callable[[LayerId, SelectionMode], None]
"""Puts what a layer holds to the selection."""


def mode_of_click(keys: Qt.KeyboardModifier) -> SelectionMode:
    """What Ctrl+click with more keys does to the selection, as with the selection tools."""
    shift, alt = keys & Qt.KeyboardModifier.ShiftModifier, keys & Qt.KeyboardModifier.AltModifier
    if shift and alt:
        return SelectionMode.INTERSECT
    if shift:
        return SelectionMode.ADD
    return SelectionMode.SUBTRACT if alt else SelectionMode.REPLACE


class LayersPanel(QWidget):
    """Blend mode and opacity of the active layer, the mask, the list, and buttons."""

    def __init__(
        self,
        documents: DocumentController,
        commands: DocumentCommands,
        layers: LayerController,
        actions: Mapping[str, QAction],
        select_pixels: SelectPixels,
    ) -> None:
        super().__init__()
        self._layer_edits = layers
        self.setObjectName("layersPanel")
        self._documents = documents
        self._commands = commands
        self._thumbnails = LayerThumbnails(documents, self)
        self._model = LayersModel(documents, commands, layers, self._thumbnails)
        self._build(actions, select_pixels)
        documents.document_changed.connect(self._follow)
        self._refresh(documents.document)

    @property
    def is_drawing(self) -> bool:
        """Whether thumbnails are on their way."""
        return self._thumbnails.is_drawing

    def shutdown(self) -> None:
        """End the thread that draws thumbnails."""
        self._thumbnails.shutdown()

    def sizeHint(self) -> QSize:
        return QSize(PANEL_WIDTH, 280)

    def _build(self, actions: Mapping[str, QAction], select_pixels: SelectPixels) -> None:
        self._blend = ComboBox("blendModeCombo", "Blend mode", "How the layer meets what lies below it")
        for mode in BlendMode:
            self._blend.addItem(mode.label, mode)
        self._blend.activated.connect(lambda i: self._layer_edits.set_blend_mode(self._blend.itemData(i)))
        self._opacity = NumberSlider("layerOpacitySlider", "Opacity", PERCENT, "Opacity of the layer")
        self._opacity.value_changed.connect(self._layer_edits.set_opacity)
        self._opacity.value_committed.connect(lambda _value: self._layer_edits.end_change())
        self._list = _LayerList(self._model, self._commands, self._layer_edits, select_pixels)
        self._mask = _MaskRow(self._documents, self._commands, self._thumbnails, actions)

        look = QHBoxLayout()
        look.setSpacing(SPACE)
        look.addWidget(self._blend, 1)
        look.addWidget(self._opacity, 1)
        buttons = QHBoxLayout()
        buttons.setSpacing(0)
        for name in ("addLayer", "addGroup", "addLayerMask", "duplicateLayer", "mergeDown", "alphaLock"):
            buttons.addWidget(action_button(f"{name}Button", actions[name]))
        buttons.addStretch(1)
        buttons.addWidget(action_button("deleteLayerButton", actions["deleteLayer"]))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(2 * SPACE, 2 * SPACE, 2 * SPACE, SPACE)
        layout.setSpacing(SPACE)
        layout.addLayout(look)
        layout.addWidget(self._mask)
        layout.addWidget(self._list, 1)
        layout.addLayout(buttons)

    def _follow(self, old: Document | None, new: Document) -> None:
        self._refresh(new)

    def _refresh(self, document: Document) -> None:
        layer = document.active_layer
        self._opacity.set_value(layer.opacity)
        with signals_blocked(self._blend):
            self._blend.setCurrentIndex(self._blend.findData(layer.blend_mode))
        self._list.show_active(document.active)
        self._mask.refresh(document)

    def rename_active(self) -> None:
        """Begin to type another name for the active layer."""
        self._list.edit(self._list.currentIndex())


class _LayerList(QListView):
    """The rows. Space shows and hides, F2 or a double click renames, dragging reorders, Ctrl+click selects pixels."""

    def __init__(
        self, model: LayersModel, commands: DocumentCommands, edits: LayerController, select_pixels: SelectPixels
    ) -> None:
        super().__init__()
        self._select_pixels = select_pixels
        self._layers = model
        self._edits = edits
        self._commands = commands
        describe(
            self,
            "layersList",
            "Layers",
            "Drag to reorder, double click to rename, Space hides or shows\nCtrl+click a picture to select its pixels",
        )
        self.setModel(model)
        delegate = LayerDelegate(self)
        delegate.eye_clicked.connect(commands.toggle_layer_visible)
        self.setItemDelegate(delegate)
        self.setMouseTracking(True)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(
            QAbstractItemView.EditTrigger.DoubleClicked | QAbstractItemView.EditTrigger.EditKeyPressed
        )
        self.setDragDropMode(QAbstractItemView.DragDropMode.InternalMove)
        self.setDropIndicatorShown(True)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setUniformItemSizes(True)
        self.setMinimumHeight(ROW_HEIGHT)
        self.selectionModel().currentChanged.connect(self._on_current)

    def show_active(self, layer_id: str) -> None:
        """Select the row of the active layer."""
        index = self._layers.index_of(layer_id)
        selection = self.selectionModel()
        if selection.currentIndex() != index or not selection.isSelected(index):
            with signals_blocked(selection):
                selection.setCurrentIndex(index, QItemSelectionModel.SelectionFlag.ClearAndSelect)
            self.scrollTo(index)
            self.viewport().update()

    def _on_current(self, current: QModelIndex, previous: QModelIndex) -> None:
        if current.isValid():
            self._commands.activate_layer(self._layers.layer_at(current).id)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        place = event.position().toPoint()
        index = self.indexAt(place)
        on_picture = index.isValid() and thumbnail_rect(row_rect(self.visualRect(index), index)).contains(place)
        if on_picture and self._layers.layer_at(index).is_group:
            content = self._layers.layer_at(index).content
            expanded = isinstance(content, Group) and content.expanded
            self._edits.set_expanded(self._layers.layer_at(index).id, not expanded)
            return
        if on_picture and event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            # Not handed on: with Ctrl, Qt would take the row out of its own selection.
            self._select_pixels(self._layers.layer_at(index).id, mode_of_click(event.modifiers()))
            return
        super().mousePressEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Space and self.currentIndex().isValid():
            self._commands.toggle_layer_visible(self._layers.layer_at(self.currentIndex()).id)
            return
        super().keyPressEvent(event)

    def keyboardSearch(self, search: str) -> None:
        """Nothing: letters choose tools."""

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.viewport().update()

    def sizeHint(self) -> QSize:
        return QSize(200, 3 * ROW_HEIGHT)


class _MaskRow(QWidget):
    """The mask: its eye, a picture of it, and what can be done to it."""

    def __init__(
        self,
        documents: DocumentController,
        commands: DocumentCommands,
        thumbnails: LayerThumbnails,
        actions: Mapping[str, QAction],
    ) -> None:
        super().__init__()
        self._documents = documents
        self._thumbnails = thumbnails
        self.setObjectName("maskRow")
        self.setFixedHeight(ROW_HEIGHT)
        self._eye = action_button("maskVisibleButton", actions["showMask"])
        self._words = label("Mask")
        layout = QHBoxLayout(self)
        layout.setContentsMargins(thumbnail_rect(self.rect()).right() + 10, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self._words, 1)
        for name in ("selectionToMask", "maskToSelection", "fillMask", "invertMask", "clearMask"):
            layout.addWidget(action_button(f"{name}Button", actions[name]))
        self._eye.setParent(self)
        self._eye.move((EYE_WIDTH - self._eye.width()) // 2, (ROW_HEIGHT - self._eye.height()) // 2 + 1)
        thumbnails.changed.connect(lambda key: self.update() if key == MASK_KEY else None)

    def refresh(self, document: Document) -> None:
        """The document has changed."""
        words = "Mask" if not document.mask.is_empty else "Mask (empty)"
        if self._words.text() != words:
            self._words.setText(words)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        colors = self.palette()
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colors.color(QPalette.ColorRole.AlternateBase))
        painter.drawRect(self.rect())
        edge = colors.color(QPalette.ColorRole.Mid)
        draw_thumbnail(painter, thumbnail_rect(self.rect()), self._thumbnails.pixmap(MASK_KEY), edge)
