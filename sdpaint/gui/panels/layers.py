"""LayersPanel: the layers with what can be done to them, and the inpaint mask above them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from PySide6.QtCore import QMimeData, QPoint, QSize, Qt
from PySide6.QtGui import QAction, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QMenu, QVBoxLayout, QWidget

from sdpaint.controllers.document_controller import DocumentController
from sdpaint.controllers.layer_controller import LayerController
from sdpaint.document.document import Document, EditTarget
from sdpaint.document.layers import Adjustment, Group, Layer, LayerId
from sdpaint.gui.commands import DocumentCommands
from sdpaint.gui.menus import fill_menu
from sdpaint.gui.messages import Messages
from sdpaint.gui.panels.layer_buttons import LayerButtons
from sdpaint.gui.panels.layer_drop import DropPlace
from sdpaint.gui.panels.layer_filter import LayerFilter
from sdpaint.gui.panels.layer_list import LayerList
from sdpaint.gui.panels.layer_menu import LAYER_ENTRIES, LAYER_MASK_ENTRIES
from sdpaint.gui.panels.layer_row import ROW_HEIGHT, RowPart
from sdpaint.gui.panels.layer_search import LayerSearch
from sdpaint.gui.panels.layer_thumbnails import LayerThumbnails
from sdpaint.gui.panels.layers_model import LayersModel
from sdpaint.gui.panels.mask_row import MaskRow
from sdpaint.gui.theme import PANEL_WIDTH, SPACE
from sdpaint.gui.widgets.combo_box import ComboBox
from sdpaint.gui.widgets.controls import action_button, label, signals_blocked
from sdpaint.gui.widgets.number_slider import PERCENT, NumberSlider
from sdpaint.imaging.blend import BlendMode
from sdpaint.imaging.selection import SelectionMode

SelectPixels = Callable[[LayerId, SelectionMode], None]
"""Puts what a layer holds, or what its mask shows, to the selection."""
_PASS_THROUGH = "pass through"
_ROOM_FOR_MASK = 250
_LOCKS = ("alphaLock", "lockPixels", "lockPosition", "lockLayer")


class LayerServices(NamedTuple):
    """What the panel asks of others."""

    select_pixels: SelectPixels
    select_mask: SelectPixels
    edit_layer: Callable[[], object]
    """Set the values of the active fill or adjustment."""
    insert: Callable[[QMimeData, LayerId | None, int], object]
    """Put the files or the picture of a drag at this place in the tree."""


def mode_of_click(keys: Qt.KeyboardModifier) -> SelectionMode:
    """What Ctrl+click with more keys does to the selection, as with the selection tools."""
    shift, alt = keys & Qt.KeyboardModifier.ShiftModifier, keys & Qt.KeyboardModifier.AltModifier
    if shift and alt:
        return SelectionMode.INTERSECT
    if shift:
        return SelectionMode.ADD
    return SelectionMode.SUBTRACT if alt else SelectionMode.REPLACE


class LayersPanel(QWidget):
    """Blend mode, opacity and locks of the chosen layers, search, the inpaint mask, the list, and buttons."""

    def __init__(
        self,
        documents: DocumentController,
        commands: DocumentCommands,
        layers: LayerController,
        actions: Mapping[str, QAction],
        services: LayerServices,
        messages: Messages,
    ) -> None:
        super().__init__()
        self._edits = layers
        self._view_mask = actions["viewLayerMask"]
        self._services = services
        self._messages = messages
        self.setObjectName("layersPanel")
        self._documents = documents
        self._thumbnails = LayerThumbnails(documents, self)
        self._model = LayersModel(documents, commands, self._thumbnails)
        self._build(actions)
        self._menus = self._build_menus(dict(actions))
        documents.document_changed.connect(self._follow)
        self._follow(None, documents.document)

    @property
    def is_drawing(self) -> bool:
        """Whether thumbnails are on their way."""
        return self._thumbnails.is_drawing

    def mark_stale(self, stale: frozenset[LayerId]) -> None:
        """Mark the generated layers beneath which something has changed."""
        self._model.mark_stale(stale)

    def shutdown(self) -> None:
        """End the thread that draws thumbnails."""
        self._thumbnails.shutdown()

    def sizeHint(self) -> QSize:
        return QSize(PANEL_WIDTH, 320)

    def minimumSizeHint(self) -> QSize:
        # Without the row of the inpaint mask, which gives way.
        size = super().minimumSizeHint()
        return size if self._mask.isHidden() else QSize(size.width(), size.height() - ROW_HEIGHT - SPACE)

    # ------------------------------------------------------------------------------------------------------- layout

    def _build(self, actions: Mapping[str, QAction]) -> None:
        self._blend = ComboBox("blendModeCombo", "Blend mode", "How the layers meet what lies below them")
        for mode in BlendMode:
            self._blend.addItem(mode.label, mode)
        self._blend.activated.connect(self._take_blend)
        self._opacity = NumberSlider("layerOpacitySlider", "Opacity", PERCENT, "Opacity of the layers")
        self._opacity.value_changed.connect(self._edits.set_opacity)
        self._opacity.value_committed.connect(lambda _value: self._edits.end_change())
        self._list = LayerList(self._documents, self._model, self._edits)
        self._list.part_clicked.connect(self._click_part)
        self._list.edit_asked.connect(self._edit_values)
        self._list.menu_asked.connect(self._show_menu)
        self._list.files_dropped.connect(self._insert)
        self._list.refused.connect(self._messages.info)
        self._search = LayerSearch()
        self._search.changed.connect(self._look_for)
        self._search.left.connect(lambda: self._list.setFocus(Qt.FocusReason.OtherFocusReason))
        self._nothing = label("", "dim")
        self._nothing.setWordWrap(True)
        self._nothing.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._nothing.hide()
        self._mask = MaskRow(self._documents, self._thumbnails, actions)

        look = QHBoxLayout()
        look.setSpacing(SPACE)
        look.addWidget(self._blend, 1)
        look.addWidget(self._opacity, 1)
        locks = QHBoxLayout()
        locks.setSpacing(0)
        for name in _LOCKS:
            locks.addWidget(action_button(f"{name}Button", actions[name]))
        locks.addSpacing(SPACE)
        locks.addWidget(self._search, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(2 * SPACE, 2 * SPACE, 2 * SPACE, SPACE)
        layout.setSpacing(SPACE)
        layout.addLayout(look)
        layout.addLayout(locks)
        layout.addWidget(self._mask)
        layout.addWidget(self._nothing)
        layout.addWidget(self._list, 1)
        layout.addWidget(LayerButtons(actions, self._edits))

    def _build_menus(self, actions: dict[str, QAction]) -> tuple[QMenu, QMenu]:
        menus = (QMenu(self), QMenu(self))
        for menu, entries in zip(menus, (LAYER_ENTRIES, LAYER_MASK_ENTRIES), strict=True):
            fill_menu(menu, entries, actions)
        menus[0].setObjectName("layerContextMenu")
        menus[1].setObjectName("layerMaskContextMenu")
        return menus

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        # In a low window the layers themselves are what counts.
        self._mask.setVisible(self.height() >= _ROOM_FOR_MASK)

    # ---------------------------------------------------------------------------------------------------- following

    def _follow(self, old: Document | None, new: Document) -> None:
        is_other = old is None or old.active != new.active
        if is_other or old is None or old.selected != new.selected or old.layers is not new.layers:
            self._list.show_chosen(new, scrolls=is_other)
        layer = new.active_layer
        if old is None or is_other or _look(old.active_layer) != _look(layer):
            self._show_look(layer)
        self._mask.refresh(new)

    def _show_look(self, layer: Layer) -> None:
        self._opacity.set_value(layer.opacity)
        with signals_blocked(self._blend):
            is_group = isinstance(layer.content, Group)
            if is_group is not (self._blend.findData(_PASS_THROUGH) >= 0):
                if is_group:
                    self._blend.insertItem(0, "Pass through", _PASS_THROUGH)
                else:
                    self._blend.removeItem(self._blend.findData(_PASS_THROUGH))
            passes = isinstance(layer.content, Group) and layer.content.pass_through
            self._blend.setCurrentIndex(self._blend.findData(_PASS_THROUGH if passes else layer.blend_mode))

    def _take_blend(self, place: int) -> None:
        chosen = self._blend.itemData(place)
        if chosen == _PASS_THROUGH:
            self._edits.set_pass_through(True)
        else:
            self._edits.set_blend_mode(chosen)

    def _look_for(self, wanted: LayerFilter) -> None:
        self._model.set_filter(wanted)
        finds_nothing = not self._model.rowCount()
        self._nothing.setText("No layer is like that. Esc in the search shows all.")
        self._nothing.setVisible(finds_nothing)
        self._list.show_chosen(self._documents.document, scrolls=True)

    # ----------------------------------------------------------------------------------------------------- commands

    def rename_active(self) -> None:
        """Begin to type another name for the active layer."""
        self._list.edit(self._list.currentIndex())

    def _click_part(self, layer_id: LayerId, part: RowPart, keys: Qt.KeyboardModifier) -> None:
        mask = self._documents.committed.layer(layer_id).mask
        if keys & Qt.KeyboardModifier.ControlModifier:
            select = self._services.select_mask if part is RowPart.MASK else self._services.select_pixels
            select(layer_id, mode_of_click(keys))
        elif part is RowPart.MASK and keys & Qt.KeyboardModifier.AltModifier:
            is_seen = self._view_mask.isChecked() and layer_id == self._documents.committed.active
            self._edits.work_on(layer_id, EditTarget.MASK)
            if self._view_mask.isChecked() is is_seen:
                self._view_mask.trigger()
        elif part is RowPart.LINK and mask is not None:
            self._edits.set_mask_linked(not mask.linked, layer_id)
        elif part is RowPart.MASK and mask is not None and keys & Qt.KeyboardModifier.ShiftModifier:
            self._edits.set_mask_enabled(not mask.enabled, layer_id)

    def _edit_values(self, layer_id: LayerId) -> None:
        content = self._documents.committed.layer(layer_id).content
        if isinstance(content, Adjustment) and not content.filter.parameters:
            self._messages.info(f"{content.filter.label} has no values to set", "Change its opacity or its mask")
            return
        self._services.edit_layer()

    def _show_menu(self, place: QPoint, is_about_mask: bool) -> None:
        self._menus[1 if is_about_mask else 0].popup(place)

    def _insert(self, data: QMimeData, place: DropPlace) -> None:
        self._services.insert(data, place.parent, place.index)


def _look(layer: Layer) -> tuple[object, ...]:
    passes = isinstance(layer.content, Group) and layer.content.pass_through
    return layer.opacity, layer.blend_mode, layer.is_group, passes
